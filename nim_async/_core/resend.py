"""The form of a repeat, of which the service drops the messages it has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote_plus, unquote_plus

from nim_async._core.operation import Kind

if TYPE_CHECKING:
    from nim_async._core.operation import Operation


def resent(operation: Operation[Any], body: bytes) -> bytes | None:
    """
    Return the body of a repeat, of which the service drops messages it has, by ``msgId``.

    ``None`` when it cannot be made so: the operation sends no messages, or one has no id.
    """
    if not operation.deduplicated:
        return None
    fields = dict(pair.split("=", 1) for pair in body.decode("ascii").split("&") if "=" in pair)
    if "resendFlag" in operation.by_wire_name:
        if not fields.get("msgId"):
            return None
        fields["resendFlag"] = "1"
    else:
        name = next(p.wire_name for p in operation.params if p.kind is Kind.OBJECTS)
        try:
            messages = cast("list[Any]", json.loads(unquote_plus(fields.get(name, ""))))
        except (ValueError, RecursionError):
            return None
        if type(messages) is not list or not messages or not all(map(_has_id, messages)):
            return None
        for message in messages:
            message["resendFlag"] = 1
        fields[name] = quote_plus(json.dumps(messages, ensure_ascii=False, separators=(",", ":")))
    return "&".join(f"{name}={value}" for name, value in fields.items()).encode("ascii")


def _has_id(message: object) -> bool:
    return isinstance(message, dict) and bool(cast("dict[str, Any]", message).get("msgId"))
