"""What may happen to an attempt on its way, decided by seed."""

from __future__ import annotations

import re
from collections import Counter
from enum import Enum
from random import Random

_SHARES_OF_EACH = 0.028  # of nine fates, so that a quarter of all attempts meet one
_REFUSED = 0.05  # of connections


class Fate(Enum):
    """What became of an attempt."""

    CLEAN = "clean"
    RESET_BEFORE = "reset before the request reached the service"
    RESET_AFTER = "reset after the service acted"
    STALL_BEFORE = "stalled before the request reached the service"
    STALL_AFTER = "stalled after the service acted"
    BAD_GATEWAY_BEFORE = "502 before the request reached the service"
    BAD_GATEWAY_AFTER = "502 after the service acted"
    GARBLED_BODY = "reply with a body of noise"
    GARBLED_HEAD = "reply that is no HTTP"
    TRUNCATED = "reply cut in the middle"
    CUT = "the endpoint died"
    LATE = "clean, but too late"


NOT_FORWARDED = frozenset({Fate.RESET_BEFORE, Fate.STALL_BEFORE, Fate.BAD_GATEWAY_BEFORE})
_CHOSEN = tuple(f for f in Fate if f not in {Fate.CLEAN, Fate.CUT, Fate.LATE})

# What tells one call from all others stands in its form: a text, or a room of its own.
_KEY = re.compile(rb"(?:send|offer|create)-[0-9]{6}|roomid=[5-9][0-9]{8}")


def key_of(body: bytes) -> str:
    """Return what tells a call from all others; its form or whole request is given."""
    found = _KEY.search(body)
    return found.group().decode() if found else ""


class Dice:
    """Decides by seed; an attempt of a call meets the same fate in every run."""

    def __init__(self, seed: int) -> None:
        """Start from a seed."""
        self._seed = seed
        self._seen = Counter[str]()
        self._random = Random(seed)  # noqa: S311  faults are no secret

    def refuses(self) -> bool:
        """Decide whether a connection is reset as soon as it is accepted."""
        return self._random.random() < _REFUSED

    def fate(self, key: str) -> Fate:
        """Decide on the next attempt of a call."""
        self._seen[key] += 1
        own = Random(f"{self._seed}/{key}/{self._seen[key]}")  # noqa: S311  same
        chosen = int(own.random() / _SHARES_OF_EACH)
        return _CHOSEN[chosen] if chosen < len(_CHOSEN) else Fate.CLEAN

    def noise(self, size: int) -> bytes:
        """Return bytes that are no reply."""
        return self._random.randbytes(size)
