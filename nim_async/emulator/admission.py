"""What may be asked about: a message, and the entry of a client program; see `asking`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from nim_async._generated.models import ClientPlatform
from nim_async._generated.operations import OPERATIONS
from nim_async.emulator.arguments import validate
from nim_async.emulator.asking import (
    ALLOWED,
    Checked,
    Draft,
    EntryQuestion,
    LoginQuestion,
    MessageQuestion,
    Verdict,
)
from nim_async.emulator.changes import MessageSent
from nim_async.emulator.refusal import Refused, bad_parameter, forbidden, not_found, room_closed
from nim_async.emulator.room.members import Presence
from nim_async.emulator.room.messages import Message, milliseconds
from nim_async.emulator.room.tags import TagExpression, TagExpressionError, parse

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from nim_async.emulator.accounts import Account
    from nim_async.emulator.room.room import Room
    from nim_async.emulator.state import State

_ALL_DELIVERIES = 10_000  # an abandonRatio counts in ten thousandths
_MAX_TAGS = 10
_SEND = "/nimserver/chatroom/sendMsg.action"
_PROFILE = "/nimserver/chatroom/updateMyRoomRole.action"
_SERVER = "REST"
_CLIENT_PROGRAMS = frozenset(ClientPlatform.__members__) - {_SERVER, "HARMONY_NODE"}


def hand_in(state: State, room: Room, draft: Draft) -> Message:
    """
    Take a message of the server API into a room, about which nobody is asked.

    Raises:
        Refused: As `check_message` says.
    """
    return check_message(state, room, draft).commit(ALLOWED)


def check_message(state: State, room: Room, draft: Draft) -> Checked[Message]:
    """
    Check a message, whether its sender is in the room or not.

    A second send (``resendFlag`` 1) of a known id gives the first message and changes nothing,
    not even if the sender has been muted since. What an ``abandonRatio`` drops is neither
    delivered nor stored.

    Raises:
        Refused: The room is closed, the sender is blocked, muted or may not speak here, the tag
            expression is malformed, or the message would have to be downgraded and may not.
    """
    if draft.resend and (first := room.log.known(draft.msg_id)):
        return Checked(None, lambda _: first)
    state.accounts.check_sender(draft.sender, logged_in=draft.client_type != _SERVER)
    now = state.now()
    refusal = room.refusal_to_hear(draft.sender, now, ignore_mute=draft.ignore_mute)
    if refusal:
        raise refusal
    heard_by = _receivers(room, draft)
    if _wants_priority(draft) and draft.no_downgrade and not room.has_priority_left(now):
        raise forbidden("too many high priority messages in this second")
    question = MessageQuestion(
        room_id=room.room_id,
        time=milliseconds(now),
        nick=room.member(draft.sender).profile.nick,
        draft=draft,
    )
    return Checked(question, partial(_send, state, room, draft, heard_by, now))


def _receivers(room: Room, draft: Draft) -> AbstractSet[str]:
    receivers = room.audience(audience(draft.notify_target_tags, "notifyTargetTags"))
    if draft.to is not None:
        receivers = draft.to.intersection(receivers)
    return unseen(room, draft.msg_id, receivers)


def unseen(room: Room, msg_id: str, receivers: AbstractSet[str]) -> AbstractSet[str]:
    """Return who gets a message: clients drop one whose id they have seen."""
    earlier = room.log.known(msg_id)
    return receivers if earlier is None else frozenset(receivers).difference(earlier.receivers)


def _wants_priority(draft: Draft) -> bool:
    return draft.high_priority and draft.abandon_ratio is None


def _send(
    state: State,
    room: Room,
    draft: Draft,
    heard_by: AbstractSet[str],
    now: float,
    verdict: Verdict,
) -> Message:
    if not verdict.drops:
        verdict.enforce()
    draft = verdict.applied_to(draft)
    member = room.member(draft.sender)
    message = Message(
        room_id=room.room_id,
        msg_id=draft.msg_id,
        sender=draft.sender,
        time=milliseconds(now),
        msg_type=draft.msg_type,
        attach=draft.attach,
        ext=draft.ext,
        sub_type=draft.sub_type,
        nick=member.profile.nick,
        avatar=member.profile.avatar,
        client_type=draft.client_type,
        notify_target_tags=draft.notify_target_tags,
        stored=False,
        callback_ext=verdict.callback_ext,
    )
    if verdict.drops:
        return message
    high_priority = _wants_priority(draft) and room.take_priority(now)
    abandoned = bool(draft.abandon_ratio) and (
        state.random.randrange(_ALL_DELIVERIES) < (draft.abandon_ratio or 0)
    )
    message = evolve(
        message,
        high_priority=high_priority,
        abandoned=abandoned,
        stored=not (abandoned or draft.skip_history or draft.to is not None),
        receivers=frozenset() if abandoned else heard_by,
    )
    publish_message(room, draft, message)
    return message


def publish_message(room: Room, draft: Draft, message: Message, *, broadcast: bool = False) -> None:
    """Publish a message that was taken."""
    member = room.member(draft.sender)
    room.publish(
        MessageSent(
            room_id=room.room_id,
            time=message.time,
            operator=message.sender,
            message=message,
            sender_ext=member.profile.ext,
            profile_time=member.profile_time,
            resent=draft.resend,
            route=draft.route,
            env=draft.env,
            broadcast=broadcast,
        )
    )


def check_speech(
    state: State, *, room_id: int, draft: Draft, client_type: str | None
) -> Checked[Message]:
    """
    Check a message of a client program, which must be in the room.

    Raises:
        Refused: It is not, or something is wrong with the message.
    """
    sender = state.account(draft.sender)
    room = state.room(room_id)
    if not room.open:
        raise room_closed()
    presences = room.member(sender).presences
    if not presences or (client_type is not None and client_type not in presences):
        raise not_found("the account in this room")
    _check(
        _SEND,
        roomid=str(room_id),
        msgId=draft.msg_id,
        fromAccid=sender,
        msgType=str(int(draft.msg_type)),
        attach=draft.attach,
        ext=draft.ext,
    )
    client_type = client_type or next(reversed(presences))
    return check_message(state, room, evolve(draft, sender=sender, client_type=client_type))


@frozen(kw_only=True)
class Entry:
    """What a client program brings when it enters."""

    accid: str
    token: str | None = field(default=None, repr=False)
    nick: str | None
    avatar: str | None
    ext: str | None
    tags: tuple[str, ...]
    notify_target_tags: str | None
    client_type: str


def check_client_type(name: str) -> None:
    """
    Check the kind of a client program.

    Raises:
        Refused: There is none of this name (414).
    """
    if name not in _CLIENT_PROGRAMS:
        raise bad_parameter("client_type", f"{name!r} is no kind of client program")


def check_entry(state: State, *, room_id: int, entry: Entry) -> Checked[None]:
    """
    Check the entry of a client program.

    Raises:
        Refused: The account may not enter, or not so.
    """
    check_client_type(entry.client_type)
    now = state.now()
    accid = state.account(entry.accid)
    auth_type = state.accounts.check_login(accid, entry.token, now)
    room = state.room(room_id)
    if not room.open:
        raise room_closed()
    _check(
        _PROFILE,
        roomid=str(room_id),
        accid=accid,
        nick=entry.nick,
        avator=entry.avatar,
        ext=entry.ext,
    )
    member = room.member(accid)
    if member.blacklisted:
        raise Refused(13003, "account is in the blacklist of the room")
    if len(entry.tags) > _MAX_TAGS:
        raise bad_parameter("tags", f"holds more than {_MAX_TAGS} items")
    presence = Presence(
        client_type=entry.client_type,
        tags=entry.tags,
        notify_target_tags=entry.notify_target_tags,
        audience=audience(entry.notify_target_tags, "notify_target_tags"),
    )
    profile = member.saved.changed(entry.nick, entry.avatar, entry.ext)
    question = EntryQuestion(
        room_id=room_id,
        time=milliseconds(now),
        accid=accid,
        presence=presence,
        profile=profile,
        token=entry.token or "",
        auth_type=auth_type,
    )
    return Checked(question, partial(_enter, room, question, now))


def _enter(room: Room, entry: EntryQuestion, now: float, verdict: Verdict) -> None:
    verdict.enforce()
    room.enter(entry.accid, entry.presence, entry.profile, now)


@frozen(kw_only=True)
class Login:
    """What a client program brings when it logs in to IM."""

    accid: str
    token: str | None = field(default=None, repr=False)
    client_type: str


def check_log_in(state: State, *, login: Login) -> Checked[str]:
    """
    Check a login to IM, which gives the account as it is stored.

    Raises:
        Refused: The account may not log in, or not so.
    """
    check_client_type(login.client_type)
    now = state.now()
    auth_type = state.accounts.check_login(login.accid, login.token, now)
    account = state.accounts.find(login.accid)
    if account is None:
        raise Refused(302, "wrong account or token")
    question = LoginQuestion(
        time=milliseconds(now),
        accid=account.accid,
        client_type=login.client_type,
        token=login.token or "",
        auth_type=auth_type,
    )
    return Checked(question, partial(_log_in, account, question))


def _log_in(account: Account, login: LoginQuestion, verdict: Verdict) -> str:
    verdict.enforce()
    account.logins[login.client_type] = login.time
    account.ever_logged_in = True
    return account.accid


def audience(expression: str | None, name: str) -> TagExpression | None:
    """
    Return a parsed tag expression; an empty one counts as none.

    Raises:
        Refused: It is malformed (414).
    """
    if not expression:
        return None
    try:
        return parse(expression)
    except TagExpressionError as error:
        raise bad_parameter(name, str(error)) from None


def _check(path: str, **fields: str | None) -> None:
    """Check what a client program sends by the limits of the server's own operation."""
    pairs = [(name, text) for name, text in fields.items() if text is not None]
    validate(OPERATIONS[path], pairs)
