"""Bases of the enumerations in replies: a value the library does not know stays readable."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Self


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


class OpenStrEnum(str, Enum):
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

    def __str__(self) -> str:
        """Return the word itself."""
        return str(self.value)
