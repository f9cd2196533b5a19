"""Python values as JSON text, and the place of one that cannot be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

from nim_async._checks import is_sequence, kind, plain_text, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEEP_LEVELS = 200  # the place of what lies deeper is not looked for
_KEY_CHARACTERS = 40


class NotJson(ValueError):
    """
    A value that JSON cannot hold.

    Attributes:
        given: What it is, as it may be shown.
        place: Where it is, behind the name of what holds it, such as ``.gifts[2]``.
        instead: What to write in its place, where that is known.
    """

    def __init__(self, given: str, place: str, instead: str) -> None:
        """Keep what is wrong where."""
        super().__init__(f"{given} is not JSON compliant")
        self.given, self.place, self.instead = given, place, instead


def written(value: object) -> str:
    """
    Write a value as compact JSON; any mapping is an object, any sequence an array.

    Raises:
        NotJson: It cannot be written.
    """
    try:
        return _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError):
        raise _culprit(value, "", _DEEP_LEVELS) from None


def _as_known(value: object) -> Any:
    """Turn what is like a dict or a list into one."""
    if isinstance(value, Mapping):
        return dict(cast("Mapping[object, object]", value))
    if is_sequence(value):
        return list(cast("Sequence[object]", value))
    raise TypeError


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_as_known
)


def _culprit(value: object, place: str, levels: int) -> NotJson:
    """Find what cannot be written inside of a value that cannot."""
    if levels == 0:
        return NotJson("lists or objects in each other without end", "", "")
    try:
        inside = _as_known(value)
    except TypeError:
        return NotJson(_shown(value), place, _instead(value))
    if isinstance(inside, dict):
        members = cast("dict[object, object]", inside)
        parts = [(f".{_key(key)}", member) for key, member in members.items()]
        for key in members:
            if not _writes({key: None}):
                return NotJson(f"{_shown(key)} as a key", place, "keys must be text")
    else:
        parts = [(f"[{i}]", item) for i, item in enumerate(cast("list[object]", inside))]
    for step, part in parts:
        if not _writes(part):
            return _culprit(part, place + step, levels - 1)
    return NotJson(kind(value), place, "")


def _writes(value: object) -> bool:
    try:
        _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _key(key: object) -> str:
    return repr(plain_text(key))[1:-1][:_KEY_CHARACTERS] if isinstance(key, str) else shown(key)


def _shown(value: object) -> str:
    return shown(value) if isinstance(value, int | float) else kind(value)


def _instead(value: object) -> str:
    from datetime import date, time  # noqa: PLC0415  only a mistake pays for it
    from decimal import Decimal  # noqa: PLC0415

    for cls, instead in (
        (Enum, "write its value"),
        (Decimal, "write float() or str() of it"),
        (date | time, "write its isoformat() or its milliseconds"),
        (bytes | bytearray, "decode it"),
        ((set, frozenset), "make a list of it"),
    ):
        if isinstance(value, cls):
            return instead
    if hasattr(value, "__index__"):
        return "" if isinstance(value, int) else "write int() of it"
    return (
        "" if isinstance(value, float) or not hasattr(value, "__float__") else "write float() of it"
    )
