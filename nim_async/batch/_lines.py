"""Outcomes as lines of a journal, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any, cast

from attrs import fields, frozen

from nim_async import errors
from nim_async._core import jsontext
from nim_async._core.converter import fields_of
from nim_async._core.model import OUTSIDE, Reply, plain
from nim_async._core.reading import read_lenient
from nim_async.batch._json import quickest, writer
from nim_async.batch._outcome import Status
from nim_async.errors import ApiError, ConnectError, NimError, TransportError

if TYPE_CHECKING:
    from nim_async._core.readers import Field
    from nim_async.batch._outcome import Outcome

_STATUSES = frozenset({"done", "failed", "uncertain"})
_SIMPLE = frozenset({str, int, NoneType})


@frozen(eq=False)
class Ended:
    """
    A line of the output.

    Attributes:
        n: Number of the row.
        h: Hash of the row.
        status: What became of it.
        id: The caller's own name for the row.
        result: The reply as plain values.
        error: What it failed with, as plain values.
    """

    n: int
    h: str
    status: Status
    id: Any
    result: Any
    error: Mapping[str, Any] | None

    @property
    def label(self) -> str:
        """The code of the service as text, or the name of the error's class."""
        error = self.error or {}
        code = error.get("code")
        return str(error.get("type")) if code is None else str(code)

    @property
    def maybe_processed(self) -> bool:
        """Whether the service may have carried it out."""
        return bool((self.error or {}).get("maybe_processed", True))


def line_of(outcome: Outcome[Any], h: str) -> bytes:
    """Write an outcome as a line; nothing secret goes in."""
    members: dict[str, Any] = {
        "n": outcome.n, "id": outcome.id, "h": h, "status": outcome.status
    }  # fmt: skip
    if outcome.error is not None:
        members["error"] = error_members(outcome.error)
    quick = quickest() if type(outcome.id) in _SIMPLE else None
    try:
        if outcome.status == "done":
            members["result"] = outcome.result
            if quick is not None and isinstance(outcome.result, Reply):
                members["result"] = _public(outcome.result)
                return b"%b\n" % quick(members)
        return f"{_encode(members)}\n".encode()
    except (ValueError, TypeError, RecursionError):  # infinity, half a surrogate pair, no end
        members["result"] = _writable(plain(_public(outcome.result)))
        return f"{json.dumps(_writable(members), separators=(',', ':'))}\n".encode()


def error_members(error: NimError) -> dict[str, Any]:
    """Return what a line says of an error."""
    return {
        "type": type(error).__name__,
        "code": error.code if isinstance(error, ApiError) else None,
        "text": str(error),
        "maybe_processed": error.maybe_processed,
    }


def _public(value: object) -> Any:
    """Return what JSON knows in place of a reply, or of the id of a row."""
    if not isinstance(value, Reply):
        return str(value)
    cls: Any = type(value)
    secret, replies = _special(cls)
    found = {**value.__dict__}
    for name in OUTSIDE:
        if not found.get(name, True):
            del found[name]
    for name in secret:
        found.pop(name, None)
    for name in replies:
        if found.get(name):
            found[name] = _public_inside(found[name])
    return found


def _public_inside(value: Any) -> Any:
    if isinstance(value, dict):
        lists = cast("dict[str, object]", value)
        return {key: _public_inside(listed) for key, listed in lists.items()}
    if isinstance(value, tuple):
        return [_public(one) for one in cast("tuple[object, ...]", value)]
    return _public(value)


@cache
def _special(cls: Any) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the fields that may not be kept, tokens and what may be one, and those of replies."""
    secret = {a.name for a in fields(cls) if "secret" in a.metadata}
    replies = tuple(f.name for f in fields_of(cls).values() if f.model is not None)
    return frozenset(secret | OUTSIDE if secret else ()), replies


_encode = writer(_public)


def _writable(value: object) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        members = cast("dict[object, object]", value)
        return {str(key): _writable(member) for key, member in members.items()}
    if isinstance(value, list | tuple):
        return [_writable(item) for item in cast("list[object]", value)]
    if isinstance(value, Reply):
        return _writable(_public(value))
    return value if value is None or isinstance(value, str | int) else str(value)


def read_line(line: bytes) -> Ended:
    """
    Read a line.

    Raises:
        ValueError: It is none.
    """
    try:
        members = jsontext.loads(line)
        ended = Ended(
            members["n"],
            members["h"],
            members["status"],
            members.get("id"),
            members.get("result"),
            members.get("error"),
        )
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        raise ValueError("no line of a journal") from None
    good = type(ended.n) is int and ended.n > 0 and ended.status in _STATUSES
    if not (good and type(ended.h) is str and isinstance(ended.error, dict | None)):
        raise ValueError("no line of a journal")
    return ended


def result_of(cls: Any, members: object) -> Any:
    """Return the reply of a line; its plain values where no reply can be made of them."""
    if not isinstance(members, dict):
        return members
    try:
        return read_lenient(cls, _on_the_wire(cls, cast("dict[str, Any]", members)))
    except (ValueError, KeyError, TypeError):
        return cast("object", members)


def _on_the_wire(cls: Any, members: dict[str, Any]) -> dict[str, Any]:
    """Give fields their names on the wire again."""
    found: dict[str, Any] = dict(members.get("extra") or {})
    for wire_name, field in fields_of(cls).items():
        if field.name in members:
            found[wire_name] = _value(field, members[field.name])
    return found


def _value(field: Field, value: Any) -> Any:
    if field.keyed and isinstance(value, dict):
        lists = cast("dict[str, Any]", value)
        return {key: _elements(field, element) for key, element in lists.items()}
    if field.element is not None:
        return _elements(field, value)
    if field.model is not None and isinstance(value, dict):
        return _on_the_wire(field.model, cast("dict[str, Any]", value))
    return value


def _elements(field: Field, value: Any) -> Any:
    if field.model is None or not isinstance(value, list):
        return value
    elements = [
        _on_the_wire(field.model, cast("dict[str, Any]", element))
        for element in cast("list[object]", value)
    ]
    if field.pair is None:
        return elements
    name, content = field.pair
    return [{element[name]: element[content]} for element in elements]


def error_of(members: Mapping[str, Any] | None) -> NimError | None:
    """Return the error of a line, of its class where that needs no more than a line has."""
    if members is None:
        return None
    text, code = str(members.get("text", "")), members.get("code")
    cls = getattr(errors, str(members.get("type")), None)
    error: NimError
    if isinstance(cls, type) and issubclass(cls, ApiError) and isinstance(code, int):
        error = cls(code)
        error.args = (text,)
    elif cls is ConnectError:
        error = ConnectError(text)
    else:
        error = TransportError(text)
    error.maybe_processed = bool(members.get("maybe_processed", True))
    return error
