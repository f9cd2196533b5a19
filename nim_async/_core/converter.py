"""
Payloads to reply classes, by cattrs with strict hooks.

The hooks accept what the service is known to send in more than one form (numbers as text, JSON
as text, booleans as text or 0 and 1, members of enumerations by name or number) and refuse the
rest; cattrs' own hooks would turn ``None`` into ``"None"`` and ``"false"`` into ``True``. What to
do with a refused field is not known here, see `nim_async._core.reading`.
"""

from __future__ import annotations

import inspect
import re
from contextlib import suppress
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin

from attrs import NOTHING, Attribute, fields, has, resolve_types
from cattrs import BaseConverter, Converter

from nim_async._core.jsontext import in_text
from nim_async._core.model import OUTSIDE, OpenIntEnum, OpenStrEnum, Reply
from nim_async._core.readers import Field, Hook, write_reader

T = TypeVar("T")
_AS_THEY_ARE = frozenset({bool, int, str})
_DIGITS = 19  # of a whole number, at most
_REAL = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,30})?", re.ASCII)


def structure(payload: object, cls: type[T]) -> T:
    """
    Build a reply class from a payload in which nothing is missing or odd.

    Args:
        payload: The payload of a successful reply.
        cls: A generated reply class.

    Raises:
        ValueError: Something is odd.
        KeyError: Something is missing.
    """
    kind: Any = cls
    built: T = hook_of(kind)(payload, kind)
    return built


@cache
def hook_of(cls: Any) -> Hook:
    """Return what reads a type."""
    return _converter().get_structure_hook(cls)


@cache
def fields_of(cls: Any) -> dict[str, Field]:
    """Return how the fields of a reply class are read, by wire name, those needed first."""
    resolve_types(cls)
    attributes: tuple[Attribute[Any], ...] = fields(cls)
    known = {a.metadata["wire"]: _field(a) for a in attributes if a.name not in OUTSIDE}
    return dict(sorted(known.items(), key=lambda item: not item[1].needed))


@cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=False)
    # By class, which cattrs asks for first: its own hooks for numbers and text stand there.
    converter.register_structure_hook(int, _integer)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(float, _real)
    converter.register_structure_hook(bool, _boolean)
    converter.register_structure_hook(OpenIntEnum, _number)
    converter.register_structure_hook(OpenStrEnum, _word)
    converter.register_structure_hook_factory(_is_tuple, _sequence)
    converter.register_structure_hook_func(_is_dict, lambda value, _: to_object(value))
    converter.register_structure_hook_factory(_is_keyed, _lists)
    converter.register_structure_hook_factory(has, _model)
    return converter


def _is_optional(cls: Any) -> bool:
    return get_origin(cls) is UnionType and get_args(cls)[1:] == (NoneType,)


def _is_tuple(cls: Any) -> bool:
    return get_origin(cls) is tuple


def _is_keyed(cls: Any) -> bool:
    return _is_dict(cls) and _is_tuple(get_args(cls)[1])


def _is_dict(cls: Any) -> bool:
    return get_origin(cls) is dict


def _integer(value: object, _: object = None) -> int:
    if type(value) is int:
        return value
    if isinstance(value, str):
        digits = value.removeprefix("-")
        if len(digits) <= _DIGITS and digits.isascii() and digits.isdigit():
            return int(value)
    raise ValueError("a whole number was expected")


def _real(value: object, _: object = None) -> float:
    if isinstance(value, str) and _REAL.fullmatch(value):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(OverflowError):
            return float(value)
    raise ValueError("a number was expected")


def _text(value: object, _: object = None) -> str:
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    raise ValueError("a text was expected")


def _boolean(value: object, _: object = None) -> bool:
    if type(value) is bool:
        return value
    if value in ("true", "false"):
        return value == "true"
    if type(value) is int and value in (0, 1):
        return value == 1
    raise ValueError("true or false was expected")


@cache
def _members(cls: Any) -> dict[object, Any]:
    return {member.value: member for member in cls}


@cache
def _numbers(cls: Any) -> dict[object, Any]:
    """Return the members by name and number."""
    return {**cls.__members__, **_members(cls)}


def _number(value: Any, cls: Any) -> Any:
    known = _numbers(cls).get(value) if type(value) is str or type(value) is int else None
    return cls(_integer(value)) if known is None else known


def _word(value: Any, cls: Any) -> Any:
    if type(value) is str:
        known = _members(cls).get(value)
        return cls(value) if known is None else known
    if type(value) is int:
        return cls(value)
    raise ValueError("a word was expected")


def _sequence(cls: Any, converter: BaseConverter) -> Hook:
    element: Any = get_args(cls)[0]
    inner: Any = list[element]
    hook: Hook = converter.get_structure_hook(inner)
    return lambda value, _: tuple(hook(to_array(value), inner))


def _lists(cls: Any, _: BaseConverter) -> Hook:
    """Read lists behind keys that are data: ``{"amy": [...]}``."""
    inner: Any = get_args(cls)[1]
    hook = hook_of(inner)
    return lambda value, _: {name: hook(v, inner) for name, v in to_object(value).items()}


def _pairs(element: Any, names: tuple[str, str]) -> Hook:
    """Read objects with one pair each, whose name is data: ``[{"seat-1": "amy"}]``."""
    inner: Any = list[element]
    hook = hook_of(inner)

    def read(value: object, _: object) -> tuple[Any, ...]:
        members = [to_object(v) for v in to_array(value)]
        pairs = [dict(zip(names, pair, strict=True)) for m in members for pair in m.items()]
        return tuple(hook(pairs, inner))

    return read


def to_array(value: object) -> list[object]:
    """
    Return an array, which may be in a text.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, str):
        value = in_text(value)
    if not isinstance(value, list):
        raise ValueError("an array was expected")  # noqa: TRY004  what is odd is one kind of error
    return cast("list[object]", value)


def to_object(value: object) -> dict[str, Any]:
    """
    Return the members of an object, which may be in a text.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, str):
        value = in_text(value)
    if not isinstance(value, dict):
        raise ValueError("an object was expected")  # noqa: TRY004  as above
    members: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
    return members


def _model(cls: Any, _: BaseConverter) -> Hook:
    return write_reader(cls, fields_of(cls), to_object)


def _field(a: Attribute[Any]) -> Field:
    optional = _is_optional(a.type)
    inner = get_args(a.type)[0] if optional else a.type
    keyed = _is_keyed(inner)
    listed = get_args(inner)[1] if keyed else inner
    element = get_args(listed)[0] if _is_tuple(listed) else None
    pair = a.metadata.get("pair")
    classes = [t for t in (inner, element) if inspect.isclass(t) and issubclass(t, Reply)]
    hook: Hook
    if pair is not None:
        hook = _pairs(element, pair)
    elif a.type is Any:
        hook = _open_value
    else:
        kind: Any = inner  # null is seen to before
        hook = hook_of(kind)
    return Field(
        name=a.name,
        kind=inner,
        hook=hook,
        exact=inner if inner in _AS_THEY_ARE else None,
        required=a.default is NOTHING,
        optional=optional or a.default is None or a.default == (),
        default=() if a.default == () else None,
        needed="needed" in a.metadata,
        model=classes[0] if classes else None,
        element=element,
        pair=pair,
        keyed=keyed,
    )


def _open_value(value: object, _: object) -> object:
    return in_text(value) if isinstance(value, str) else value
