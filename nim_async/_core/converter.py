"""
Payloads to reply classes, by cattrs with strict hooks.

The hooks accept what the service is known to send in more than one form (numbers as text, JSON
as text, booleans as text or 0 and 1) and refuse the rest; cattrs' own hooks would turn ``None``
into ``"None"`` and ``"false"`` into ``True``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin

from attrs import Attribute, fields, has, resolve_types
from cattrs import BaseConverter, Converter, transform_error
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn, override

from nim_async._core.model import OpenIntEnum, OpenStrEnum
from nim_async._core.wire import json_in_text
from nim_async.errors import DecodeError

T = TypeVar("T")
_Hook = Callable[[Any, Any], Any]
_AS_THEY_ARE = frozenset({bool, int, str})
_DECIMAL = re.compile(r"-?[0-9]{1,19}", re.ASCII)


def structure(payload: dict[str, Any], cls: type[T], raw: bytes) -> T:
    """
    Build a reply class from a payload.

    Args:
        payload: The payload of a successful reply.
        cls: A generated reply class.
        raw: The whole reply, for the error.

    Raises:
        DecodeError: The payload does not fit; ``problems`` names each place.
    """
    kind: Any = cls
    try:
        built: T = _hook(kind)(payload, kind)
    except (ValueError, TypeError, KeyError):
        return _explained_structure(payload, cls, raw)
    return built


def _explained_structure(payload: dict[str, Any], cls: type[T], raw: bytes) -> T:
    """Do it once more with the slower converter that can say what is wrong where."""
    try:
        return _detailed().structure(payload, cls)
    except BaseValidationError as error:
        problems = transform_error(error, format_exception=_explained)
        raise DecodeError(problems, raw=raw, processed=True) from None


@cache
def _hook(cls: Any) -> _Hook:
    return _fast().get_structure_hook(cls)


@lru_cache(maxsize=1)
def _fast() -> Converter:
    return _converter(detailed=False)


@lru_cache(maxsize=1)
def _detailed() -> Converter:
    return _converter(detailed=True)


def _converter(*, detailed: bool) -> Converter:
    converter = Converter(detailed_validation=detailed)
    # By class, which cattrs asks for first: its own hooks for numbers and text stand there.
    converter.register_structure_hook(int, _integer)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(bool, _boolean)
    converter.register_structure_hook(OpenIntEnum, lambda v, t: t(_integer(v)))
    converter.register_structure_hook(OpenStrEnum, _word)
    converter.register_structure_hook_factory(_is_optional, _optional)
    converter.register_structure_hook_factory(_is_tuple, _sequence)
    converter.register_structure_hook_factory(has, _model)
    return converter


def _is_optional(cls: Any) -> bool:
    return get_origin(cls) is UnionType and get_args(cls)[1:] == (NoneType,)


def _optional(cls: Any, converter: BaseConverter) -> _Hook:
    inner = get_args(cls)[0]
    hook: _Hook = converter.get_structure_hook(inner)
    exact = inner if inner in _AS_THEY_ARE else NoneType

    def read(value: object, _: object) -> object:
        return value if value is None or type(value) is exact else hook(value, inner)

    return read


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


def _word(value: object, cls: Any) -> Any:
    if type(value) is int or type(value) is str:
        return cls(value)
    raise ValueError("a word was expected")


def _sequence(cls: Any, converter: BaseConverter) -> _Hook:
    element: Any = get_args(cls)[0]
    inner: Any = list[element]
    hook: _Hook = converter.get_structure_hook(inner)
    return lambda value, _: tuple(hook(_array(value), inner))


def _pairs(element: Any, names: tuple[str, str], converter: BaseConverter) -> _Hook:
    """Read objects with one pair each, whose name is data: ``[{"seat-1": "amy"}]``."""
    inner: Any = list[element]
    hook: _Hook = converter.get_structure_hook(inner)

    def read(value: object, _: object) -> tuple[Any, ...]:
        members = [_object(v) for v in _array(value)]
        pairs = [dict(zip(names, pair, strict=True)) for m in members for pair in m.items()]
        return tuple(hook(pairs, inner))

    return read


def _array(value: object) -> list[object]:
    if isinstance(value, str):
        value = json_in_text(value)
    if not isinstance(value, list):
        raise ValueError("an array was expected")  # noqa: TRY004  cattrs reports both alike
    return cast("list[object]", value)


def _object(value: object) -> dict[str, Any]:
    if isinstance(value, str):
        value = json_in_text(value)
    if not isinstance(value, dict):
        raise ValueError("an object was expected")  # noqa: TRY004  cattrs reports both alike
    members: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
    return members


def _model(cls: type[Any], converter: BaseConverter) -> _Hook:
    resolve_types(cls)
    attributes: tuple[Attribute[Any], ...] = fields(cls)
    known = {a.metadata["wire"] for a in attributes if a.name != "extra"}
    overrides: dict[str, Any] = {"extra": override(omit=True)}
    for a in attributes:
        if a.name == "extra":
            continue
        struct_hook: _Hook | None = None
        if "pair" in a.metadata:
            struct_hook = _pairs(get_args(a.type)[0], a.metadata["pair"], converter)
        elif a.type is Any:
            struct_hook = _open_value
        overrides[a.name] = override(rename=a.metadata["wire"], struct_hook=struct_hook)
    build: _Hook = make_dict_structure_fn(cls, converter, **overrides)
    absent_as_default = {a.metadata["wire"] for a in attributes if a.default == ()}

    def read(value: Any, _: object) -> Any:
        members = _object(value)
        for name in absent_as_default:
            if name in members and members[name] is None:
                members = {k: v for k, v in members.items() if k != name}
        result = build(members, cls)
        if not known.issuperset(members):
            result.extra.update((k, v) for k, v in members.items() if k not in known)
        return result

    return read


def _open_value(value: object, _: object) -> object:
    return json_in_text(value) if isinstance(value, str) else value


def _explained(error: BaseException, _: object) -> str:
    if isinstance(error, KeyError):
        return "missing"
    return str(error)
