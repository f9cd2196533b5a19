"""Messages: into a room, to a few in it, to every room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from nim_async._generated.models import MessageType
from nim_async.emulator.admission import audience, hand_in, publish_message, unseen
from nim_async.emulator.asking import Draft
from nim_async.emulator.refusal import Refused, forbidden, room_closed
from nim_async.emulator.room.messages import Message, milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.room.room import Room
    from nim_async.emulator.state import State


def send_msg(state: State, arguments: Arguments) -> dict[str, Any]:
    """Send one message into a room."""
    room = state.room(arguments.integer("roomid"))
    draft = _with_content(_draft(state, arguments), arguments)
    return {"desc": _sent(hand_in(state, room, draft))}


def batch_send_msg(state: State, arguments: Arguments) -> dict[str, Any]:
    """Send several messages into a room."""
    room = state.room(arguments.integer("roomid"))
    return _batch(state, room, _draft(state, arguments), arguments.items("msgList"))


def send_msg_to_someone(state: State, arguments: Arguments) -> dict[str, Any]:
    """Send one message to a few in a room; others in the list are passed over in silence."""
    room = state.room(arguments.integer("roomid"))
    draft = _with_content(_draft(state, arguments), arguments)
    return {"desc": _sent(hand_in(state, room, draft))}


def batch_send_msg_to_someone(state: State, arguments: Arguments) -> dict[str, Any]:
    """Send several messages to a few in a room."""
    room = state.room(arguments.integer("roomid"))
    return _batch(state, room, _draft(state, arguments), arguments.items("msgList"))


def _batch(state: State, room: Room, common: Draft, items: Iterable[Arguments]) -> dict[str, Any]:
    """
    Hand messages in one by one.

    No reply of these operations was ever seen. What is wrong with a message or its sender goes
    into ``fail``; a closed room refuses the whole call.
    """
    if not room.open:
        raise room_closed()
    success: list[dict[str, Any]] = []
    fail: list[dict[str, str]] = []
    for item in items:
        draft = _with_content(common, item)
        try:
            success.append({draft.msg_id: _sent(hand_in(state, room, draft))})
        except Refused as refused:
            fail.append({draft.msg_id: refused.desc})
    return {"success": success, "fail": fail}


def broadcast(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Send one message to everybody in every open room; never stored.

    Known ids are remembered for the app as a whole. Mutes of single rooms do not hold it back,
    that of the account does, and the limit of high-priority messages of single rooms is not
    applied: nothing of it is documented.
    """
    if not state.features.broadcast:
        raise forbidden("no right to send chatroom broadcast msg!")
    draft = _with_content(_draft(state, arguments), arguments)
    expression = audience(draft.notify_target_tags, "notifyTargetTags")
    state.accounts.check_sender(draft.sender, logged_in=False)
    sent = state.broadcasts.get(draft.msg_id) if draft.resend else None
    if sent is None:
        sent = _unstored(state, draft)
        state.broadcasts.setdefault(draft.msg_id, sent)
        for room in state.rooms():
            if room.open:
                heard_by = unseen(room, sent.msg_id, room.audience(expression))
                message = evolve(sent, room_id=room.room_id, receivers=heard_by)
                publish_message(room, draft, message, broadcast=True)
    reply = _sent(sent)
    del reply["roomId"]
    return {"desc": reply}


def _unstored(state: State, draft: Draft) -> Message:
    return Message(
        room_id=0,
        msg_id=draft.msg_id,
        sender=draft.sender,
        time=milliseconds(state.now()),
        msg_type=draft.msg_type,
        attach=draft.attach,
        ext=draft.ext,
        sub_type=draft.sub_type,
        notify_target_tags=draft.notify_target_tags,
        high_priority=draft.high_priority,
        stored=False,
    )


def _draft(state: State, arguments: Arguments) -> Draft:
    """Read what the messages of a call have in common."""
    expression = arguments.maybe_text("notifyTargetTags")
    audience(expression, "notifyTargetTags")  # malformed, it refuses the call, not one message
    to = None
    if "toAccids" in arguments:
        to = frozenset(accid.lower() for accid in arguments.texts("toAccids"))
    return Draft(
        sender=state.account(arguments.text("fromAccid"), "fromAccid"),
        notify_target_tags=expression,
        ignore_mute=arguments.flag("ignoreMute"),
        skip_history=arguments.integer("skipHistory") == 1,
        to=to,
        abandon_ratio=arguments.integer("abandonRatio") if "abandonRatio" in arguments else None,
        high_priority=arguments.flag("highPriority"),
        no_downgrade=arguments.integer("forbiddenIfHighPriorityMsgFreq") == 1,
        route=arguments.integer("route", 1) == 1,
        env=arguments.maybe_text("env"),
    )


def _with_content(draft: Draft, arguments: Arguments) -> Draft:
    """Add what belongs to one message."""
    return evolve(
        draft,
        msg_id=arguments.text("msgId"),
        msg_type=MessageType(arguments.integer("msgType")),
        attach=arguments.text("attach"),
        ext=arguments.text("ext"),
        sub_type=arguments.integer("subType") if "subType" in arguments else None,
        resend=arguments.integer("resendFlag") == 1,
    )


def _sent(message: Message) -> dict[str, Any]:
    """Describe an accepted message: numbers as text, flags only where they apply."""
    described: dict[str, Any] = {
        "time": str(message.time),
        "fromAvator": message.avatar or "",
        "msgid_client": message.msg_id,
        "fromClientType": message.client_type,
        "attach": message.attach,
        "roomId": str(message.room_id),
        "fromAccount": message.sender,
        "fromNick": message.nick,
        "type": str(int(message.msg_type)),
        "ext": message.ext,
    }
    if message.high_priority:
        described["highPriorityFlag"] = 1
    if message.abandoned:
        described["msgAbandonFlag"] = 1
    return described
