"""What tests of bots set up."""

from __future__ import annotations

import pytest

from nim_async import NimClient
from nim_async.bot import Bot
from nim_async.emulator import Emulator

KEY, SECRET, ACCID = "the-key", "s3cr3t-example", "tea-bot"
ROOM = 66


@pytest.fixture
def emulator() -> Emulator:
    """Make a service with one room."""
    emulator = Emulator(KEY, SECRET)
    emulator.add_room("zhangsan", "tea house", room_id=ROOM)
    return emulator


@pytest.fixture
def nim(emulator: Emulator) -> NimClient:
    """Make a client of the service; in process there is nothing to be closed."""
    return NimClient(KEY, SECRET, transport=emulator.transport())


@pytest.fixture
def bot(nim: NimClient) -> Bot:
    """Make a bot that tries again at once."""
    return Bot(nim, accid=ACCID, backoff=0, drain=5)
