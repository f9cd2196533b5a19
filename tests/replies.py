"""Replies of any class, built from its fields."""

from __future__ import annotations

import inspect
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from attrs import fields, resolve_types
from hypothesis import strategies as st

from nim_async import models
from nim_async._core.model import OpenIntEnum, OpenStrEnum, Reply
from tests.strategies import JSON_VALUES, LONG, Strategy, texts

PUBLIC: list[Any] = [getattr(models, name) for name in models.__all__]
REPLIES: list[Any] = [c for c in PUBLIC if issubclass(c, Reply)]
ENUMS: list[Any] = [c for c in PUBLIC if issubclass(c, OpenIntEnum | OpenStrEnum)]

_INTEGERS = st.integers(-LONG, LONG - 1)
_PLAIN: dict[Any, Strategy] = {
    int: _INTEGERS,
    bool: st.booleans(),
    str: texts(),
    Any: JSON_VALUES,
    dict[str, Any]: st.dictionaries(texts(most=5), JSON_VALUES, max_size=3),
}


def kinds(cls: Any) -> dict[str, Any]:
    """Return the types of the fields of a reply class, by name."""
    resolve_types(cls)
    return {a.name: a.type for a in fields(cls)}


def replies(cls: Any) -> Strategy:
    """Make replies of a class: any values of its types, members of no name included."""
    return st.builds(cls, **{name: _values(kind) for name, kind in kinds(cls).items()})


def members(cls: Any) -> Strategy:
    """Make members of an enumeration, with and without a name."""
    anything = _INTEGERS if issubclass(cls, OpenIntEnum) else texts(1)
    return st.sampled_from(list(cls)) | anything.map(cls)


def _values(kind: Any) -> Strategy:
    if kind in _PLAIN:
        return _PLAIN[kind]
    if get_origin(kind) is UnionType:
        inner, none = get_args(kind)
        assert none is NoneType
        return st.none() | _values(inner)
    if get_origin(kind) is dict:
        return st.dictionaries(texts(most=5), _values(get_args(kind)[1]), max_size=2)
    if get_origin(kind) is tuple:
        return st.lists(_values(get_args(kind)[0]), max_size=2).map(tuple)
    assert inspect.isclass(kind)
    return replies(kind) if issubclass(kind, Reply) else members(kind)
