"""The ids of messages in a row, by which the service knows a message that comes again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve

from nim_async._checks import is_sequence
from nim_async._core.bodies import makes_id
from nim_async._core.operation import Repeat
from nim_async._generated.models import MessageItem
from nim_async.batch._rows import Target

if TYPE_CHECKING:
    from nim_async._core.operation import Operation

_ID = "msg_id"
_AGAIN = "resend_flag"


def repeats_harmlessly(target: Target) -> bool:
    """Return whether a call may be sent again although it may have been carried out."""
    operation, arguments = target.operation, target.arguments
    if operation.repeat is Repeat.MARKED:
        return _has_ids(operation, arguments)
    return operation.repeat is Repeat.ALWAYS


def _has_ids(operation: Operation[Any], arguments: Mapping[str, Any]) -> bool:
    if makes_id(operation.params):
        return bool(arguments.get(_ID))
    items = _items(operation, arguments)[1]
    return bool(items) and all(map(_id_of, items))


def with_ids(target: Target, new_id: Callable[[int], str], *, again: bool) -> Target:
    """
    Give ids to the messages of a call that bring none.

    Args:
        target: What is called.
        new_id: Makes the id of a message by its number in the call.
        again: Mark them as sent again.
    """
    operation, arguments = target.operation, target.arguments
    changes: dict[str, Any] = {}
    if makes_id(operation.params):
        changes = {_ID: arguments.get(_ID) or new_id(0)} | ({_AGAIN: 1} if again else {})
    else:
        name, items = _items(operation, arguments)
        if items:  # the client refuses none
            changes[name] = [_known(i, item, new_id, again) for i, item in enumerate(items)]
    return Target(target.method, operation, arguments | changes)


def _known(index: int, item: object, new_id: Callable[[int], str], again: bool) -> object:  # noqa: FBT001
    own = _id_of(item) or new_id(index)
    if isinstance(item, MessageItem):
        return evolve(item, msg_id=own, resend_flag=1 if again else item.resend_flag)
    if not isinstance(item, Mapping):
        return item
    members = dict(cast("Mapping[str, Any]", item))
    members.pop("msgId", None)
    members[_ID] = own
    if again:
        members.pop("resendFlag", None)
        members[_AGAIN] = 1
    return members


def _items(operation: Operation[Any], arguments: Mapping[str, Any]) -> tuple[str, list[object]]:
    """Return the name of the parameter that lists messages, and what it lists."""
    param = next(p for p in operation.params if makes_id(p.items))
    value = arguments.get(param.python_name)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    items = list(cast("list[object]", value)) if is_sequence(value) else []
    return param.python_name, items


def _id_of(item: object) -> str | None:
    if isinstance(item, Mapping):
        members = cast("Mapping[str, Any]", item)
        return members.get(_ID) or members.get("msgId")
    return getattr(item, _ID, None)
