"""
Bases of generated classes.

Values compare, hash and show alike by one implementation here: attrs would write each class its
own, which half of the time to import the package went into. Enumerations are open: a value the
library does not know stays readable.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import IntEnum, StrEnum
from typing import Any, Self

from attrs import Attribute, fields


class Value:
    """A frozen attrs class that is compared and shown by its fields; unset ones are not shown."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Compare class and fields."""
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, a.name) == getattr(other, a.name) for a in _fields(self))

    def __hash__(self) -> int:
        """Hash the fields, but for those that no hash can take in."""
        values = [getattr(self, a.name) for a in _fields(self) if a.hash is None]
        return hash((type(self), *(v for v in values if isinstance(v, Hashable))))

    def __repr__(self) -> str:
        """Show the fields that are set."""
        shown = [(a.name, getattr(self, a.name)) for a in _fields(self)]
        text = ", ".join(f"{name}={value!r}" for name, value in shown if value not in (None, {}))
        return f"{type(self).__name__}({text})"


def _fields(value: Value) -> tuple[Attribute[Any], ...]:
    cls: Any = type(value)
    return tuple(fields(cls))


class OpenIntEnum(IntEnum):
    """Numbers with names; an unknown number becomes a member called ``UNKNOWN_…``."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member


class OpenStrEnum(StrEnum):
    """Words with names; an unknown word becomes a member called ``UNKNOWN_…``."""

    @classmethod
    def _numbers(cls) -> dict[int, str]:
        """Return which words once were numbers."""
        return {}

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if isinstance(value, int):
            value = cls._numbers().get(value, str(value))
        if not isinstance(value, str):
            return None
        for member in cls:
            if member.value.lower() == value.lower():
                return member
        member = str.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member
