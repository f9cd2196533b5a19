"""An emulator in this process, and a client of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nim_async import NimClient, RetryPolicy
from nim_async.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOM = 66


@pytest.fixture(name="emulator")
def _emulator() -> Emulator:
    """Return an emulator with a room."""
    emulator = Emulator("key", "the-secret", seed=1)
    emulator.add_room("amy", "tea house", room_id=ROOM)
    return emulator


@pytest.fixture(name="nim")
async def _nim(emulator: Emulator) -> AsyncIterator[NimClient]:
    """Return a client of the emulator, that repeats at once and only once."""
    retry = RetryPolicy(max_attempts=2, backoff=0.001)
    async with NimClient(
        "key", "the-secret", transport=emulator.transport(), rate_limit=None, retry=retry
    ) as nim:
        yield nim
