"""The history: reading it, taking messages out of it, recalling them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from nim_async._generated.models import ClientPlatform, HistoryOrder, MessageType
from nim_async.emulator.changes import HistoryDeleted, MessageRecalled
from nim_async.emulator.refusal import Refused, bad_parameter, not_found
from nim_async.emulator.room.messages import Message, milliseconds
from nim_async.emulator.room.tags import parse

if TYPE_CHECKING:
    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.room.room import Room
    from nim_async.emulator.state import State

_FIRST_13_DIGITS = 10**12
_LAST_13_DIGITS = 10**13 - 1


def query_chatroom_msg(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Read stored messages from a moment on, or back from it; that moment is included.

    The moment 0 stands for the earliest message, or for now, whichever the reading begins with.
    Notifications are in the history too. Whoever asks need not be in the room.
    """
    room = state.room(arguments.integer("roomid"))
    state.account(arguments.text("accid"))
    anchor = arguments.integer("timetag")
    if anchor and not _FIRST_13_DIGITS <= anchor <= _LAST_13_DIGITS:
        raise bad_parameter("timetag", "must have 13 digits")
    types = arguments.integers("type")
    stored = [m for m in room.log if m.stored and (not types or m.msg_type in types)]
    if arguments.integer("reverse", HistoryOrder.NEWEST_FIRST) == HistoryOrder.OLDEST_FIRST:
        found = [m for m in stored if m.time >= anchor]
    else:
        latest = anchor or milliseconds(state.now())
        found = [m for m in reversed(stored) if m.time <= latest]
    page = found[: arguments.integer("limit")]
    return {"size": len(page), "msgs": [_kept(m, wrap_text=True) for m in page]}


def query_tag_history_msg(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Read stored messages whose tag expression means an account with the given tags.

    Little is documented: the order is newest first unless asked otherwise, as in the other
    query, both ends of the range belong to it, and without a limit everything comes.
    """
    room = state.room(arguments.integer("roomId"))
    tags = arguments.texts("tags")
    types = arguments.integers("types")
    reverse = arguments.integer("reverse", HistoryOrder.NEWEST_FIRST)
    if reverse not in set(HistoryOrder):
        raise bad_parameter("reverse", "must be 1 or 2")
    if "limit" in arguments and arguments.integer("limit") < 1:
        raise bad_parameter("limit", "must be at least 1")
    first = arguments.integer("fromTime")
    last = arguments.integer("toTime", _LAST_13_DIGITS)
    found = [
        message
        for message in room.log
        if message.stored
        and first <= message.time <= last
        and (not types or message.msg_type in types)
        and message.notify_target_tags
        and parse(message.notify_target_tags).matches(tags)
    ]
    if reverse == HistoryOrder.NEWEST_FIRST:
        found.reverse()
    page = found[: arguments.integer("limit", len(found))]
    return {"msgs": [_kept(m, wrap_text=False) for m in page]}


def delete_history_message(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Delete what an account sent at a moment; nothing there is 404, which is not documented.

    Sender and time name the message, so all it sent in that millisecond go.
    """
    room = state.room(arguments.integer("roomid"))
    sender = state.account(arguments.text("fromAcc"), "fromAcc")
    moment = arguments.integer("msgTimetag")
    meant = tuple(m for m in _sent(room, sender, moment) if m.stored)
    if not meant:
        raise not_found("message")
    room.publish(
        HistoryDeleted(
            room_id=room.room_id,
            time=milliseconds(state.now()),
            operator=sender,
            messages=meant,
        )
    )
    return {}


def recall(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Recall a message, which takes it out of the history.

    Id, sender and time must fit one message that was not recalled before; otherwise 414 with
    the text that was seen. Who may recall is not documented, so any account may.
    """
    room = state.room(arguments.integer("roomid"))
    sender = state.account(arguments.text("fromAcc"), "fromAcc")
    operator = state.account(arguments.text("operatorAcc"), "operatorAcc")
    msg_id = arguments.text("msgId")
    moment = arguments.integer("msgTimetag")
    meant = tuple(m for m in _sent(room, sender, moment) if m.msg_id == msg_id and not m.recalled)
    if not meant:
        raise Refused(414, "some param not match message")
    room.publish(
        MessageRecalled(
            room_id=room.room_id,
            time=milliseconds(state.now()),
            operator=operator,
            target=(sender,),
            notify_ext=arguments.maybe_text("notifyExt"),
            messages=meant,
        )
    )
    return {}


def _sent(room: Room, sender: str, moment: int) -> list[Message]:
    """Return what an account sent at a moment, notifications left out."""
    return [
        m
        for m in room.log
        if m.msg_type is not MessageType.NOTIFICATION and m.sender == sender and m.time == moment
    ]


def _kept(message: Message, *, wrap_text: bool) -> dict[str, Any]:
    """
    Describe a stored message.

    The examples of the two queries differ in how they show a text: as an object in one, as
    the bare text in the other.
    """
    kept: dict[str, Any] = {
        "from": message.sender,
        "msgid": message.msg_id,
        "sendtime": message.time,
        "type": message.msg_type,
        "fromclienttype": ClientPlatform[message.client_type],
        "body": _body(message, wrap_text=wrap_text),
    }
    if message.ext:
        kept["ext"] = message.ext
    return kept


def _body(message: Message, *, wrap_text: bool) -> object:
    if message.msg_type is MessageType.TEXT:
        return {"msg": message.attach} if wrap_text else message.attach
    try:
        value: object = json.loads(message.attach)
    except (ValueError, RecursionError):
        return message.attach
    if isinstance(value, dict):
        return cast("dict[str, object]", value)
    return message.attach
