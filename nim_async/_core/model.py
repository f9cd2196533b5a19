"""
Bases of generated classes.

Values compare, hash and show alike by one implementation here: attrs would write each class its
own, which half of the time to import the package went into. Enumerations are open: a value the
library does not know stays readable. Replies and enumerations can be fields of pydantic's models.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Hashable
from enum import Enum, IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import NOTHING, Attribute, evolve, fields

from nim_async._core import schemas
from nim_async.errors import MissingField

DEPTH_LEVELS = 100  # what writes JSON, pydantic too, takes more
OUTSIDE = frozenset({"extra", "unreadable"})  # what holds things that have no field
_MASK = "***"
_PLAIN = frozenset({str, int, type(None)})  # types of most elements, which need no look inside
_NUMBER = re.compile(r"-?[0-9]{1,9}", re.ASCII)


class Value:
    """A frozen attrs class that is compared and shown by its fields; unset ones are not shown."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Compare class and fields."""
        if type(other) is not type(self):
            return NotImplemented
        return all(_get(self, a) == _get(other, a) for a in _fields(self))

    def __hash__(self) -> int:
        """Hash the fields, but for those that no hash can take in."""
        values = [_get(self, a) for a in _fields(self) if a.hash is None]
        return hash((type(self), *(v for v in values if isinstance(v, Hashable))))

    def __repr__(self) -> str:
        """Show the fields that are set, secrets masked, and those that are missing."""
        shown = [(a.name, _shown(self, a)) for a in _fields(self)]
        text = ", ".join(f"{name}={value}" for name, value in shown if value)
        return f"{type(self).__name__}({text})"


class Reply(Value):
    """
    What the service answers.

    A field that the documentation always has is missing where the service left it out or sent
    it in a form that cannot be read: then reading it raises `MissingField`.

    Attributes:
        extra: Fields that the class does not know, and values that cannot be read, by wire name.
        unreadable: Elements of its lists that cannot be read, as they came.
    """

    __slots__ = ()

    extra: dict[str, Any]
    unreadable: tuple[Any, ...] = ()

    if not TYPE_CHECKING:  # or every name would be an attribute

        def __getattr__(self, name: str) -> object:
            """Say of a field that it is missing; Python asks only where there is no value."""
            cls = type(self)
            if not any(a.name == name for a in fields(cls)):
                raise AttributeError(f"{cls.__name__!r} object has no attribute {name!r}")
            if inspect.currentframe().f_back.f_code is evolve.__code__:
                return NOTHING  # what is missing is missing in the copy
            raise MissingField(cls.__name__, name)

    def __attrs_post_init__(self) -> None:
        """Leave out the fields that are made missing on purpose, by ``attrs.NOTHING``."""
        own = self.__dict__
        for name in [name for name, value in own.items() if value is NOTHING]:
            del own[name]

    def to_dict(self) -> dict[str, Any]:
        """
        Return the fields, ready for ``json.dumps``.

        Returns:
            Python names to plain values: enumerations as their values, tuples as lists, other
            replies as dicts; fields that are missing are left out, ``extra`` and ``unreadable``
            are there where they hold something. Lists and objects more than 100 levels deep are
            cut: ``"…"`` stands for them.
        """
        members: dict[str, Any] = plain(self)
        return members

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, handler: schemas.Handler) -> schemas.Schema:
        """Say how pydantic reads and writes a reply."""
        return schemas.of_reply(cls, handler, write=cls.to_dict)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: schemas.Schema, handler: schemas.Handler
    ) -> schemas.Schema:
        """Say how a reply is shown in JSON schemas."""
        shown = handler.resolve_ref_schema(handler(core_schema))
        return schemas.described_reply(cls, shown)


def plain(value: object, levels: int = DEPTH_LEVELS) -> Any:
    """
    Return a reply, or a value that one holds, as JSON knows it.

    Args:
        value: The value; what is no reply, enumeration, list or dict stays as it is.
        levels: How deep lists and objects may lie in each other; ``"…"`` stands for the rest.
    """
    if isinstance(value, Enum):
        return value.value
    if not isinstance(value, (Reply, dict, list, tuple)):
        return value
    if levels == 0:
        return "…"
    if isinstance(value, Reply):
        value = _members(value)
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return {name: plain(member, levels - 1) for name, member in members.items()}
    return [
        element if type(element) in _PLAIN else plain(element, levels - 1)
        for element in cast("list[object]", value)
    ]


def _members(reply: Reply) -> dict[str, object]:
    members = {a.name: _get(reply, a) for a in _fields(reply)}
    return {
        name: value
        for name, value in members.items()
        if value is not NOTHING and (name not in OUTSIDE or value)
    }


def _shown(owner: Value, a: Attribute[Any]) -> str:
    """Show a field; nothing of one that is not set."""
    value = _get(owner, a)
    if value is NOTHING:
        return "<missing>"
    if value is None or (a.name in OUTSIDE and not value):
        return ""
    if "secret" in a.metadata:
        return _MASK
    if a.name in OUTSIDE and any("secret" in f.metadata for f in _fields(owner)):
        return _MASK  # it may be what should have been read
    return repr(value)


def _get(value: Value, a: Attribute[Any]) -> Any:
    return getattr(value, a.name, NOTHING)


def _fields(value: Value) -> tuple[Attribute[Any], ...]:
    cls: Any = type(value)
    return tuple(fields(cls))


class _Open:
    """What pydantic asks of an enumeration that may get members the library does not know."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, __: schemas.Handler) -> schemas.Schema:
        """Say how pydantic reads and writes a member."""
        return schemas.of_enum(cls)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: schemas.Schema, handler: schemas.Handler
    ) -> schemas.Schema:
        """Say how a member is shown in JSON schemas."""
        return schemas.described_enum(cls, handler(core_schema))


class OpenIntEnum(_Open, IntEnum):
    """Numbers with names; an unknown number becomes a member called ``UNKNOWN_…``."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member


class OpenStrEnum(_Open, StrEnum):
    """Words with names; an unknown word becomes a member called ``UNKNOWN_…``."""

    @classmethod
    def _numbers(cls) -> dict[int, str]:
        """Return which words once were numbers."""
        return {}

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if isinstance(value, int):
            value = str(value)
        if not isinstance(value, str):
            return None
        if _NUMBER.fullmatch(value):
            value = cls._numbers().get(int(value), value)
        for member in cls:
            if member.value.lower() == value.lower():
                return member
        member = str.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member
