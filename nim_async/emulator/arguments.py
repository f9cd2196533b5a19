"""Form fields to values, as the table of operations describes them; anything else is 414."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, cast
from urllib.parse import unquote_to_bytes

from attrs import frozen

from nim_async._core.operation import INT64_LIMIT, Kind, Operation, Param
from nim_async.emulator.refusal import bad_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_INTEGERS = re.compile(r"[0-9]{1,10}(,[0-9]{1,10})*", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", re.ASCII)
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_MAX_FIELDS = 1000  # our own bound, far above what any operation takes
# 0 stands for now in these times, and some clients cannot send a 0: they leave them out.
_NOW_WHEN_LEFT_OUT = frozenset({"endtime", "endTime", "timetag"})
# What goes to an anti-spam service, so that nobody looks at it where the app has none.
_FOR_ANTI_SPAM = frozenset({"bid", "yidunAntiCheating", "yidunAntiSpamExt", "antispamCustom"})
_MAY_BE_NULL = frozenset({Kind.INTEGERS, Kind.TEXTS, Kind.OBJECT, Kind.OBJECTS})


class FormError(ValueError):
    """The body is no form."""


def utf16_length(text: str) -> int:
    """Count UTF-16 units, which is never less than what is counted elsewhere."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def decode_form(body: bytes) -> list[tuple[str, str]]:
    """
    Decode a form into its fields, in order.

    Raises:
        FormError: A field is no ``name=value``, an escape is broken, or the text is not UTF-8.
    """
    parts = body.split(b"&") if body else []
    if len(parts) > _MAX_FIELDS:
        raise FormError("form has too many fields")
    return [_pair(part) for part in parts if part]


def _pair(part: bytes) -> tuple[str, str]:
    name, equals, value = part.partition(b"=")
    if not equals or not name:
        raise FormError("form has a field without name or value")
    return _decoded(name), _decoded(value)


def _decoded(raw: bytes) -> str:
    if _BAD_ESCAPE.search(raw):
        raise FormError("form has a broken escape")
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise FormError("form is not UTF-8") from None


@frozen
class Arguments:
    """The validated arguments of one call, by wire name."""

    values: Mapping[str, Any]

    def __contains__(self, name: str) -> bool:
        """Return whether the parameter was sent."""
        return name in self.values

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        return cast("str", self.values.get(name, default))

    def maybe_text(self, name: str) -> str | None:
        """Return a text, or nothing where it was not sent."""
        return cast("str | None", self.values.get(name))

    def integer(self, name: str, default: int = 0) -> int:
        """Return a whole number."""
        return cast("int", self.values.get(name, default))

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a truth value."""
        return cast("bool", self.values.get(name, default))

    def texts(self, name: str) -> list[str]:
        """Return a list of texts."""
        return cast("list[str]", self.values.get(name, []))

    def integers(self, name: str) -> list[int]:
        """Return a list of whole numbers."""
        return cast("list[int]", self.values.get(name, []))

    def mapping(self, name: str) -> dict[str, Any]:
        """Return a JSON object."""
        return cast("dict[str, Any]", self.values.get(name, {}))

    def items(self, name: str) -> list[Arguments]:
        """Return a list of objects."""
        return [Arguments(item) for item in cast("list[dict[str, Any]]", self.values[name])]


def validate(
    operation: Operation[Any], pairs: Sequence[tuple[str, str]], *, anti_spam: bool = False
) -> Arguments:
    """
    Return the values of a call; fields the table does not know are passed over.

    A list or an object that is ``null`` counts as left out, and so does an item that is: some
    clients write lists that were never set like this.

    Args:
        operation: What is called.
        pairs: The fields in order.
        anti_spam: Whether what goes to an anti-spam service has to have its form.

    Raises:
        Refused: A parameter is missing, sent twice, of the wrong form or outside its limits.
    """
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in operation.by_wire_name and name in fields:
            raise bad_parameter(name, "is there twice")
        fields[name] = value
    values: dict[str, Any] = {}
    for param in operation.params:
        name = param.wire_name
        text = fields.get(name)
        kind = Kind.TEXT if name in _FOR_ANTI_SPAM and not anti_spam else param.kind
        if text is not None and not (kind in _MAY_BE_NULL and text.strip() == "null"):
            values[name] = _value(param, kind, text)
        elif param.required and name not in _NOW_WHEN_LEFT_OUT:
            raise bad_parameter(name, "is required")
    return Arguments(values)


def _value(param: Param, kind: Kind, text: str) -> Any:
    if param.required and not text:
        raise bad_parameter(param.wire_name, "is empty")
    _check_length(param, text)
    value = _READERS[kind](param, text)
    _check_range(param, value)
    return value


def _check_length(param: Param, text: str) -> None:
    if param.max_length is not None and utf16_length(text) > param.max_length:
        raise bad_parameter(param.wire_name, f"is longer than {param.max_length} characters")


def _check_range(param: Param, value: Any) -> None:
    if param.choices is not None and value not in param.choices:
        raise bad_parameter(param.wire_name, f"must be one of {list(param.choices)}")
    if param.minimum is not None and value < param.minimum:
        raise bad_parameter(param.wire_name, f"must be at least {param.minimum}")
    if param.maximum is not None and value > param.maximum:
        raise bad_parameter(param.wire_name, f"must be at most {param.maximum}")
    if param.max_items is not None and len(value) > param.max_items:
        raise bad_parameter(param.wire_name, f"holds more than {param.max_items} items")


def _text(param: Param, text: str) -> str:
    if param.pattern is not None and not re.fullmatch(param.pattern, text):
        raise bad_parameter(param.wire_name, "has a character that is not allowed")
    return text


def _integer(param: Param, text: str) -> int:
    if not _INTEGER.fullmatch(text) or not -INT64_LIMIT <= int(text) < INT64_LIMIT:
        raise bad_parameter(param.wire_name, "is no whole number")
    return int(text)


def _number(param: Param, text: str) -> float:
    if not _NUMBER.fullmatch(text) or not math.isfinite(value := float(text)):
        raise bad_parameter(param.wire_name, "is no number")
    return value


def _boolean(param: Param, text: str) -> bool:
    if text not in {"true", "false"}:
        raise bad_parameter(param.wire_name, "is neither true nor false")
    return text == "true"


def _integers(param: Param, text: str) -> list[int]:
    if not _INTEGERS.fullmatch(text):
        raise bad_parameter(param.wire_name, "is no list of numbers with commas between")
    return [int(part) for part in text.split(",")]


def _texts(param: Param, text: str) -> list[str]:
    """Read a JSON array of strings; numbers were seen to be accepted and come back as text."""
    values: list[str] = []
    for item in _array(param, text):
        if isinstance(item, bool) or not isinstance(item, str | int):
            raise bad_parameter(param.wire_name, "is no JSON array of strings")
        values.append(str(item))
    return values


def _object(param: Param, text: str) -> dict[str, Any]:
    value = _json(param, text)
    if not isinstance(value, dict):
        raise bad_parameter(param.wire_name, "is no JSON object")
    return cast("dict[str, Any]", value)


def _objects(param: Param, text: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for item in _array(param, text):
        if not isinstance(item, dict):
            raise bad_parameter(param.wire_name, "is no JSON array of objects")
        items.append(_item(param, cast("dict[str, Any]", item)))
    return items


def _item(param: Param, item: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for inner in param.items:
        value = item.get(inner.wire_name)
        if value is None:
            if inner.required:
                raise bad_parameter(f"{param.wire_name}.{inner.wire_name}", "is required")
            continue
        if not _of_kind(inner.kind, value):
            raise bad_parameter(f"{param.wire_name}.{inner.wire_name}", "has the wrong type")
        if isinstance(value, str):
            _check_length(inner, value)
        _check_range(inner, value)
        values[inner.wire_name] = value
    return values


def _of_kind(kind: Kind, value: object) -> bool:
    if kind is Kind.BOOLEAN:
        return isinstance(value, bool)
    if kind is Kind.INTEGER:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is Kind.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _array(param: Param, text: str) -> list[object]:
    value = _json(param, text)
    if not isinstance(value, list):
        raise bad_parameter(param.wire_name, "is no JSON array")
    return [item for item in cast("list[object]", value) if item is not None]


def _json(param: Param, text: str) -> object:
    try:
        return cast("object", json.loads(text, parse_constant=_refuse_constant))
    except (ValueError, RecursionError):
        raise bad_parameter(param.wire_name, "is no JSON") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_READERS: Mapping[Kind, Callable[[Param, str], Any]] = {
    Kind.TEXT: _text,
    Kind.JSON: _text,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.INTEGERS: _integers,
    Kind.TEXTS: _texts,
    Kind.OBJECT: _object,
    Kind.OBJECTS: _objects,
}
