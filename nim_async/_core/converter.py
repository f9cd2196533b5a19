"""
Payloads to reply classes, by cattrs with strict hooks.

The hooks accept what the service is known to send in more than one form (numbers as text, JSON
as text, booleans as text or 0 and 1) and refuse the rest; cattrs' own hooks would turn ``None``
into ``"None"`` and ``"false"`` into ``True``.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin

from attrs import NOTHING, Attribute, fields, has, resolve_types
from cattrs import BaseConverter, Converter, transform_error
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn, override

from nim_async._core.jsontext import in_text
from nim_async._core.model import OpenIntEnum, OpenStrEnum
from nim_async._core.readers import Field, Hook, write_reader
from nim_async.errors import DecodeError

T = TypeVar("T")
_AS_THEY_ARE = frozenset({bool, int, str})
_DECIMAL = re.compile(r"-?[0-9]{1,19}", re.ASCII)


def structure(payload: dict[str, Any], cls: type[T]) -> T:
    """
    Build a reply class from a payload.

    Args:
        payload: The payload of a successful reply.
        cls: A generated reply class.

    Raises:
        DecodeError: The payload does not fit; ``problems`` names each place.
    """
    kind: Any = cls
    try:
        built: T = _hook(kind)(payload, kind)
    except (ValueError, TypeError, KeyError):
        return _explained_structure(payload, cls)
    return built


def _explained_structure(payload: dict[str, Any], cls: type[T]) -> T:
    """Do it once more with the slower converter that can say what is wrong where."""
    try:
        return explaining().structure(payload, cls)
    except BaseValidationError as error:
        problems = transform_error(error, format_exception=_explained)
        raise DecodeError(problems, processed=True) from None


@cache
def _hook(cls: Any) -> Hook:
    return quick().get_structure_hook(cls)


@lru_cache(maxsize=1)
def quick() -> Converter:
    """Return the converter that is asked first, which does not say what is wrong."""
    return _converter(detailed=False)


@lru_cache(maxsize=1)
def explaining() -> Converter:
    """Return the converter that takes and refuses the same, and says what is wrong where."""
    return _converter(detailed=True)


def _converter(*, detailed: bool) -> Converter:
    converter = Converter(detailed_validation=detailed)
    # By class, which cattrs asks for first: its own hooks for numbers and text stand there.
    converter.register_structure_hook(int, _integer)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(bool, _boolean)
    converter.register_structure_hook(OpenIntEnum, _number)
    converter.register_structure_hook(OpenStrEnum, _word)
    converter.register_structure_hook_factory(_is_tuple, _sequence)
    converter.register_structure_hook_factory(has, _model if detailed else _quick_model)
    return converter


def _is_optional(cls: Any) -> bool:
    return get_origin(cls) is UnionType and get_args(cls)[1:] == (NoneType,)


def _is_tuple(cls: Any) -> bool:
    return get_origin(cls) is tuple


def _integer(value: object, _: object = None) -> int:
    if type(value) is int:
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return int(value)
    raise ValueError("a whole number was expected")


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


def _number(value: Any, cls: Any) -> Any:
    known = _members(cls).get(value) if type(value) is int else None
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
    return lambda value, _: tuple(hook(_array(value), inner))


def _pairs(element: Any, names: tuple[str, str], converter: BaseConverter) -> Hook:
    """Read objects with one pair each, whose name is data: ``[{"seat-1": "amy"}]``."""
    inner: Any = list[element]
    hook: Hook = converter.get_structure_hook(inner)

    def read(value: object, _: object) -> tuple[Any, ...]:
        members = [_object(v) for v in _array(value)]
        pairs = [dict(zip(names, pair, strict=True)) for m in members for pair in m.items()]
        return tuple(hook(pairs, inner))

    return read


def _array(value: object) -> list[object]:
    if isinstance(value, str):
        value = in_text(value)
    if not isinstance(value, list):
        raise ValueError("an array was expected")  # noqa: TRY004  cattrs reports both alike
    return cast("list[object]", value)


def _object(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        value = in_text(value)
    if not isinstance(value, dict):
        raise ValueError("an object was expected")  # noqa: TRY004  cattrs reports both alike
    members: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
    return members


def _model(cls: type[Any], converter: BaseConverter) -> Hook:
    """Read a class by a hook that cattrs writes, which can say what is wrong where."""
    known = _fields(cls, converter)
    overrides: dict[str, Any] = {
        field.name: override(rename=name, struct_hook=field.hook) for name, field in known.items()
    }
    build: Hook = make_dict_structure_fn(cls, converter, **overrides, extra=override(omit=True))

    def read(value: object, _: object) -> Any:
        members = _object(value)
        given = {
            name: v
            for name, v in members.items()
            if name in known and not (v is None and known[name].default is not None)
        }
        result = build(given, cls)
        result.extra.update((name, v) for name, v in members.items() if name not in known)
        return result

    return read


def _quick_model(cls: type[Any], converter: BaseConverter) -> Hook:
    return write_reader(cls, _fields(cls, converter), _object)


def _fields(cls: type[Any], converter: BaseConverter) -> dict[str, Field]:
    """Return how the fields of a class are read, by wire name."""
    resolve_types(cls)
    attributes: tuple[Attribute[Any], ...] = fields(cls)
    return {a.metadata["wire"]: _field(a, converter) for a in attributes if a.name != "extra"}


def _field(a: Attribute[Any], converter: BaseConverter) -> Field:
    optional = a.default is None or _is_optional(a.type)
    inner = get_args(a.type)[0] if _is_optional(a.type) else a.type
    hook: Hook
    if "pair" in a.metadata:
        hook = _pairs(get_args(a.type)[0], a.metadata["pair"], converter)
    elif a.type is Any:
        hook = _open_value
    else:
        hook = converter.get_structure_hook(a.type)
    return Field(
        name=a.name,
        kind=a.type,
        hook=hook,
        exact=inner if inner in _AS_THEY_ARE else None,
        required=a.default is NOTHING,
        optional=optional or a.default == (),
        default=() if a.default == () else None,
    )


def _open_value(value: object, _: object) -> object:
    return in_text(value) if isinstance(value, str) else value


def _explained(error: BaseException, _: object) -> str:
    if isinstance(error, KeyError):
        return "missing"
    return str(error)
