"""The ordered queue of a room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nim_async.emulator.arguments import utf16_length
from nim_async.emulator.messages import Notice, compact
from nim_async.emulator.queue import DEFAULT_SIZE_LIMIT, Element
from nim_async.emulator.refusal import Refused, bad_parameter, forbidden, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.room import Room
    from nim_async.emulator.state import State

_LONGEST_KEY = 128
_LONGEST_VALUE = 4096


def queue_init(state: State, arguments: Arguments) -> dict[str, Any]:
    """Set the size limit."""
    room = state.room(arguments.integer("roomid"))
    room.queue.size_limit = arguments.integer("sizeLimit", DEFAULT_SIZE_LIMIT)
    return {"desc": {}}


def queue_offer(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Add an element, or change it where it stands.

    A full queue gives 419, the general code for a number over its limit: what this operation
    gives is not documented.
    """
    room = state.room(arguments.integer("roomid"))
    operator = _operator(state, room, arguments)
    transient = arguments.flag("transient")
    if transient and not room.is_online(operator):
        raise forbidden("operator is not in the chatroom")
    key = arguments.text("key")
    if not room.queue.has_room_for(key):
        raise Refused(419, "queue is full")
    element = Element(key=key, value=arguments.text("value"), owner=operator, transient=transient)
    priority = _priority(state, room, arguments)
    room.queue.offer(element)
    _tell(state, room, operator, {"_e": "OFFER", "key": key, "content": element.value}, priority)
    return {"desc": _shown(priority)}


def queue_batch_offer(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Add or change several elements; those that cannot be are named, the others stay.

    An existing key is updated, as the newer API does by default. An element fails when its owner
    is not registered, when it is transient and its owner not in the room, or when the queue is
    full.
    """
    room = state.room(arguments.integer("roomid"))
    operator = _operator(state, room, arguments)
    priority = _priority(state, room, arguments)
    offered: dict[str, str] = {}
    failed: list[str] = []
    for item in arguments.items("elements"):
        key = item.text("key")
        owner = item.text("accid", operator).lower()
        transient = item.flag("transient", default=arguments.flag("transient"))
        away = transient and not room.is_online(owner)
        if away or not state.exists(owner) or not room.queue.has_room_for(key):
            failed.append(key)
            continue
        element = Element(key=key, value=item.text("value"), owner=owner, transient=transient)
        room.queue.offer(element)
        offered[key] = element.value
    if offered:
        _tell_of_batch(state, room, arguments, operator, offered, priority)
    return {"desc": {"failedKeys": failed, "highPriority": bool(priority)}}


def queue_batch_update_elements(state: State, arguments: Arguments) -> dict[str, Any]:
    """Change the values of elements; keys that are not there are named. Owners stay."""
    room = state.room(arguments.integer("roomid"))
    operator = state.account(arguments.text("operator"), "operator")
    if not room.runs(operator):
        raise forbidden("operator is neither creator nor manager")
    values = _values(arguments)
    priority = _priority(state, room, arguments)
    missing = [key for key in values if key not in room.queue]
    changed = {key: value for key, value in values.items() if key in room.queue}
    for key, value in changed.items():
        room.queue.update(key, value)
    if changed:
        _tell_of_batch(state, room, arguments, operator, changed, priority, offer=False)
    return {"desc": {"noExistElementKey": missing} | _shown(priority)}


def _values(arguments: Arguments) -> dict[str, str]:
    values: dict[str, str] = {}
    for key, value in arguments.mapping("elements").items():
        if not isinstance(value, str):
            raise bad_parameter("elements", "is no JSON object of strings")
        if utf16_length(key) > _LONGEST_KEY or utf16_length(value) > _LONGEST_VALUE:
            raise bad_parameter("elements", "holds a key or value that is too long")
        values[key] = value
    return values


def queue_list(state: State, arguments: Arguments) -> dict[str, Any]:
    """List the queue in order."""
    room = state.room(arguments.integer("roomid"))
    return {"desc": {"list": [{e.key: e.value} for e in room.queue.elements]}}


def queue_multi_get(state: State, arguments: Arguments) -> dict[str, Any]:
    """Read named elements; keys that are not there are left out, which is not documented."""
    room = state.room(arguments.integer("roomid"))
    found = [room.queue.get(key) for key in dict.fromkeys(arguments.texts("keys"))]
    return {"desc": {"list": [{e.key: e.value} for e in found if e is not None]}}


def queue_poll(state: State, arguments: Arguments) -> dict[str, Any]:
    """Take an element out; an empty queue or an unknown key is 404."""
    room = state.room(arguments.integer("roomid"))
    key = arguments.text("key")
    element = room.queue.get(key) if key else room.queue.head()
    if element is None:
        raise not_found("queue element")
    priority = _priority(state, room, arguments)
    room.queue.remove(element.key)
    change = {"_e": "POLL", "key": element.key, "content": element.value}
    _tell(state, room, room.creator, change, priority)
    return {"desc": {"key": element.key, "value": element.value} | _shown(priority)}


def queue_drop(state: State, arguments: Arguments) -> dict[str, Any]:
    """Take everything out."""
    room = state.room(arguments.integer("roomid"))
    priority = _priority(state, room, arguments)
    room.queue.clear()
    _tell(state, room, room.creator, {"_e": "DROP"}, priority)
    return {"desc": _shown(priority)}


def _operator(state: State, room: Room, arguments: Arguments) -> str:
    """
    Return who offers, the creator when nobody is named.

    Of those who are not in the room, only the creator may. In a room whose queue belongs to
    creator and managers nobody else may offer.
    """
    if "operator" not in arguments:
        return room.creator
    operator = state.account(arguments.text("operator"), "operator")
    if operator != room.creator and not room.is_online(operator):
        raise forbidden("operator is not in the chatroom")
    if room.queue_level == 1 and not room.runs(operator):
        raise forbidden("operator is neither creator nor manager")
    return operator


def _priority(state: State, room: Room, arguments: Arguments) -> bool | None:
    """Return whether the notification has high priority; nothing where that was not asked."""
    if arguments.integer("highPriority") != 1:
        return None
    if room.take_priority(state.now()):
        return True
    if arguments.integer("highPriorityPolicy") == 1:
        raise Refused(416, "too many high priority messages in this second")
    return False


def _shown(priority: bool | None) -> dict[str, Any]:  # noqa: FBT001
    """Show the priority where it was asked for; old replies lack it, newer ones have it."""
    return {} if priority is None else {"highPriority": priority}


def _tell(
    state: State,
    room: Room,
    operator: str,
    change: Mapping[str, str],
    priority: bool | None,  # noqa: FBT001
) -> None:
    room.notify(
        Notice.QUEUE_CHANGED,
        operator,
        state.now(),
        high_priority=bool(priority),
        queueChange=compact(change),
    )


def _tell_of_batch(
    state: State,
    room: Room,
    arguments: Arguments,
    operator: str,
    values: Mapping[str, str],
    priority: bool | None,  # noqa: FBT001
    *,
    offer: bool = True,
) -> None:
    if not arguments.flag("needNotify", default=True):
        return
    # The names of the kinds are not confirmed.
    kind = "BATCH_OFFER" if offer else "BATCH_UPDATE"
    room.notify(
        Notice.QUEUE_BATCH_OFFER if offer else Notice.QUEUE_BATCH_CHANGED,
        operator,
        state.now(),
        ext=arguments.maybe_text("notifyExt"),
        high_priority=bool(priority),
        queueChange=compact({"_e": kind, "content": compact(values)}),
    )
