"""The ids of messages in a row, by which the service knows a message that comes again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from nim_async._checks import is_sequence
from nim_async._core.bodies import makes_id

if TYPE_CHECKING:
    from nim_async._core.operation import Operation

_ID = "msg_id"


def has_ids(operation: Operation[Any], row: Mapping[str, Any]) -> bool:
    """Return whether all messages of a row bring ids of their own."""
    if makes_id(operation.params):
        return bool(row.get(_ID))
    for param in operation.params:
        if makes_id(param.items):
            items = row.get(param.python_name)
            return is_sequence(items) and all(map(_has_id, cast("list[object]", items)))
    return False


def _has_id(item: object) -> bool:
    if isinstance(item, Mapping):
        members = cast("Mapping[str, Any]", item)
        return bool(members.get(_ID) or members.get("msgId"))
    return bool(getattr(item, _ID, None))
