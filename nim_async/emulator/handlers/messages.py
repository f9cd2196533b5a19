"""Messages: into a room, to a few in it, to every room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from nim_async.emulator.handlers.tags import audience_of
from nim_async.emulator.messages import Message
from nim_async.emulator.refusal import Refused, bad_parameter, forbidden, room_closed
from nim_async.emulator.room import milliseconds
from nim_async.emulator.tags import TagExpressionError, parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.room import Room
    from nim_async.emulator.state import State

_ALL_DELIVERIES = 10_000  # an abandonRatio counts in ten thousandths


@frozen(kw_only=True)
class Draft:
    """A message on its way in, from the server API or a client program."""

    sender: str
    msg_id: str
    msg_type: int
    attach: str = ""
    ext: str = ""
    sub_type: int | None = None
    client_type: str = "REST"
    notify_target_tags: str | None = None
    resend: bool = False
    ignore_mute: bool = False
    skip_history: bool = False
    to: frozenset[str] | None = None
    abandon_ratio: int | None = None
    high_priority: bool = False
    no_downgrade: bool = False


def hand_in(state: State, room: Room, draft: Draft) -> Message:
    """
    Take a message into a room, whether its sender is in it or not.

    A second send (``resendFlag`` 1) of a known id gives the first message and changes nothing,
    not even if the sender has been muted since. What an ``abandonRatio`` drops is neither
    delivered nor stored.

    Raises:
        Refused: The room is closed, the sender may not speak, the tag expression is malformed,
            or the message would have to be downgraded and may not.
    """
    if draft.resend and (first := room.known(draft.msg_id)):
        return first
    now = state.now()
    refusal = room.refusal_to_hear(draft.sender, now, ignore_mute=draft.ignore_mute)
    if refusal:
        raise refusal
    heard_by = _receivers(room, draft)
    high_priority = _takes_priority(room, draft, now)
    abandoned = bool(draft.abandon_ratio) and (
        state.random.randrange(_ALL_DELIVERIES) < (draft.abandon_ratio or 0)
    )
    profile = room.member(draft.sender).profile
    state.activity.spoke(room.room_id, draft.sender, now)
    return room.record(
        Message(
            room_id=room.room_id,
            msg_id=draft.msg_id,
            sender=draft.sender,
            time=milliseconds(now),
            msg_type=draft.msg_type,
            attach=draft.attach,
            ext=draft.ext,
            sub_type=draft.sub_type,
            nick=profile.nick,
            avatar=profile.avatar,
            client_type=draft.client_type,
            notify_target_tags=draft.notify_target_tags,
            high_priority=high_priority,
            abandoned=abandoned,
            stored=not (abandoned or draft.skip_history or draft.to is not None),
            receivers=frozenset() if abandoned else heard_by,
        )
    )


def _receivers(room: Room, draft: Draft) -> AbstractSet[str]:
    expression = None
    if draft.notify_target_tags:
        try:
            expression = parse(draft.notify_target_tags)
        except TagExpressionError as error:
            raise bad_parameter("notifyTargetTags", str(error)) from None
    receivers = room.audience(expression)
    return receivers if draft.to is None else draft.to.intersection(receivers)


def _takes_priority(room: Room, draft: Draft, now: float) -> bool:
    if not draft.high_priority or draft.abandon_ratio is not None:
        return False
    if room.take_priority(now):
        return True
    if draft.no_downgrade:
        raise forbidden("too many high priority messages in this second")
    return False


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
    and the limit of high-priority messages of single rooms is not applied: neither is
    documented.
    """
    if not state.features.broadcast:
        raise forbidden("no right to send chatroom broadcast msg!")
    draft = _with_content(_draft(state, arguments), arguments)
    expression = audience_of(arguments)
    sent = state.broadcasts.get(draft.msg_id) if draft.resend else None
    if sent is None:
        sent = _unstored(state, draft)
        state.broadcasts.setdefault(draft.msg_id, sent)
        for room in state.rooms():
            if room.open:
                receivers = room.audience(expression)
                room.record(evolve(sent, room_id=room.room_id, receivers=receivers))
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
    audience_of(arguments)  # a malformed expression refuses the call, not one message
    to = None
    if "toAccids" in arguments:
        to = frozenset(accid.lower() for accid in arguments.texts("toAccids"))
    return Draft(
        sender=state.account(arguments.text("fromAccid"), "fromAccid"),
        msg_id="",
        msg_type=0,
        notify_target_tags=arguments.maybe_text("notifyTargetTags"),
        ignore_mute=arguments.flag("ignoreMute"),
        skip_history=arguments.integer("skipHistory") == 1,
        to=to,
        abandon_ratio=arguments.integer("abandonRatio") if "abandonRatio" in arguments else None,
        high_priority=arguments.flag("highPriority"),
        no_downgrade=arguments.integer("forbiddenIfHighPriorityMsgFreq") == 1,
    )


def _with_content(draft: Draft, arguments: Arguments) -> Draft:
    """Add what belongs to one message."""
    return evolve(
        draft,
        msg_id=arguments.text("msgId"),
        msg_type=arguments.integer("msgType"),
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
        "type": str(message.msg_type),
        "ext": message.ext,
    }
    if message.high_priority:
        described["highPriorityFlag"] = 1
    if message.abandoned:
        described["msgAbandonFlag"] = 1
    return described
