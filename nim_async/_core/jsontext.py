"""JSON read strictly, and quickly where the extra ``nim-async[json]`` is installed."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_scan: Callable[[str, int], tuple[Any, int]] = _DECODER.scan_once  # type: ignore[attr-defined]


def loads(raw: bytes) -> Any:
    """
    Read JSON in UTF-8.

    Raises:
        UnicodeDecodeError: It is no UTF-8.
        JSONDecodeError: It is no JSON.
        ValueError: It holds a number that none can write.
        RecursionError: It is too deep.
    """
    return quickest()(raw)


@cache
def quickest() -> Callable[[bytes], Any]:
    """Choose the quickest way there is."""
    try:
        from msgspec import MsgspecError  # noqa: PLC0415  an optional extra
        from msgspec.json import Decoder  # noqa: PLC0415
    except ImportError:
        return _loads
    quick = Decoder().decode

    def read(raw: bytes) -> Any:
        try:
            return quick(raw)
        except (MsgspecError, ValueError, RecursionError):
            return _loads(raw)  # it says what is wrong, and takes half a surrogate pair

    return read


def _loads(raw: bytes) -> Any:
    """Read JSON; what stands alone, as replies do, by the shortest way."""
    text = raw.decode()
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        end, value = -1, None
    return value if end == len(text) else _DECODER.decode(text)


def loads_text(text: str) -> Any:
    """
    Read JSON in text; see `loads`.

    Raises:
        ValueError: It is no JSON, or none that can be held.
        RecursionError: It is too deep.
    """
    return _DECODER.decode(text)


def in_text(text: str) -> Any:
    """Return the object or array that a text holds, or the text itself."""
    if text[:1] in "{[":
        try:
            return _DECODER.decode(text)
        except (ValueError, RecursionError):
            return text
    return text
