"""What tests of bots set up."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from nim_async import NimClient
from nim_async.bot import Bot
from nim_async.emulator import Emulator
from tests.redis_server import Server, redis_program

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY, SECRET, ACCID = "the-key", "s3cr3t-example", "tea-bot"
ROOM = 66

names = count()  # of inboxes that share a Redis


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


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Redis."""
    server = Server(redis_program(), tmp_path_factory.mktemp("redis"))
    server.start()
    yield server.url
    server.kill()
