"""The ordered queue of a room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nim_async._generated.models import QueueLevel
from nim_async.emulator.arguments import utf16_length
from nim_async.emulator.changes import QueueChanged, QueueChangeKind
from nim_async.emulator.handlers._common import check_runs
from nim_async.emulator.refusal import Refused, bad_parameter, forbidden, not_found
from nim_async.emulator.room.messages import milliseconds
from nim_async.emulator.room.queue import DEFAULT_SIZE_LIMIT, Element

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.room.room import Room
    from nim_async.emulator.state import State

_MAX_KEY_LENGTH = 128
_MAX_VALUE_LENGTH = 4096


def queue_init(state: State, arguments: Arguments) -> dict[str, Any]:
    """Set the size limit."""
    room = state.room(arguments.integer("roomid"))
    room.queue.size_limit = arguments.integer("sizeLimit", DEFAULT_SIZE_LIMIT)
    _publish(state, room, QueueChangeKind.INIT, room.creator)
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
    replaced = room.queue.offer(element)
    _publish(state, room, QueueChangeKind.OFFER, operator, [element], replaced, priority=priority)
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
    offered: dict[str, Element] = {}
    replaced: list[Element] = []
    failed: list[str] = []
    for item in arguments.items("elements"):
        key = item.text("key")
        owner = item.text("accid", operator).lower()
        transient = item.flag("transient", default=arguments.flag("transient"))
        away = transient and not room.is_online(owner)
        if away or not state.accounts.exist_in_rooms(owner) or not room.queue.has_room_for(key):
            failed.append(key)
            continue
        element = Element(key=key, value=item.text("value"), owner=owner, transient=transient)
        replaced += room.queue.offer(element)
        offered[key] = element
    if offered:
        _publish(
            state,
            room,
            QueueChangeKind.BATCH_OFFER,
            operator,
            offered.values(),
            replaced,
            priority=priority,
            arguments=arguments,
        )
    return {"desc": {"failedKeys": failed, "highPriority": bool(priority)}}


def queue_batch_update_elements(state: State, arguments: Arguments) -> dict[str, Any]:
    """Change the values of elements; keys that are not there are named. Owners stay."""
    room = state.room(arguments.integer("roomid"))
    operator = state.account(arguments.text("operator"), "operator")
    check_runs(room, operator)
    values = _values(arguments)
    priority = _priority(state, room, arguments)
    missing = [key for key in values if key not in room.queue]
    changed = [room.queue.update(k, value) for k, value in values.items() if k in room.queue]
    if changed:
        _publish(
            state,
            room,
            QueueChangeKind.BATCH_UPDATE,
            operator,
            changed,
            changed,
            priority=priority,
            arguments=arguments,
        )
    return {"desc": {"noExistElementKey": missing} | _shown(priority)}


def _values(arguments: Arguments) -> dict[str, str]:
    values: dict[str, str] = {}
    for key, value in arguments.mapping("elements").items():
        if not isinstance(value, str):
            raise bad_parameter("elements", "is no JSON object of strings")
        if utf16_length(key) > _MAX_KEY_LENGTH or utf16_length(value) > _MAX_VALUE_LENGTH:
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
    taken = [element]
    _publish(state, room, QueueChangeKind.POLL, room.creator, taken, taken, priority=priority)
    return {"desc": {"key": element.key, "value": element.value} | _shown(priority)}


def queue_drop(state: State, arguments: Arguments) -> dict[str, Any]:
    """Take everything out."""
    room = state.room(arguments.integer("roomid"))
    priority = _priority(state, room, arguments)
    taken = room.queue.clear()
    _publish(state, room, QueueChangeKind.DROP, room.creator, taken, taken, priority=priority)
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
    if room.queue_level is QueueLevel.MANAGERS:
        check_runs(room, operator)
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


def _publish(
    state: State,
    room: Room,
    kind: QueueChangeKind,
    operator: str,
    elements: Iterable[Element] = (),
    replaced: Iterable[Element] = (),
    *,
    priority: bool | None = None,
    arguments: Arguments | None = None,
) -> None:
    """Publish a change; the arguments of a batch say whether the room is told, and with what."""
    room.publish(
        QueueChanged(
            room_id=room.room_id,
            time=milliseconds(state.now()),
            operator=operator,
            silent=arguments is not None and not arguments.flag("needNotify", default=True),
            notify_ext=arguments.maybe_text("notifyExt") if arguments else None,
            high_priority=bool(priority),
            kind=kind,
            elements=tuple(elements),
            replaced=frozenset(element.key for element in replaced),
        )
    )
