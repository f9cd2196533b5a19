"""What wrong uses are made of, and how what they are told is checked."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from nim_async import RateLimit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nim_async import NimError

SECRET = "hunter2"
LIMIT = RateLimit(calls=1, per_seconds=1, block_seconds=1)


async def later(event: object) -> None:
    """Be a coroutine function."""
    raise AssertionError(event)


def nothing() -> None:
    """Be a function without arguments."""


def told(error: NimError) -> str:
    """Check that an error is one line without the secret, and return what it says."""
    everything = f"{error} {error!r} {vars(error)}"
    assert SECRET not in everything
    assert str(error).isprintable()
    assert not error.maybe_processed
    assert repr(pickle.loads(pickle.dumps(error))) == repr(error)  # noqa: S301  our own
    return error.reason


def names(cases: Sequence[tuple[Any, str]]) -> list[str]:
    """Name cases by number and message, alike in every process."""
    return [f"{number} {text[:50]}" for number, (_, text) in enumerate(cases)]
