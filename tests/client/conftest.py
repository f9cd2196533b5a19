"""A Redis for the tests of limits that are kept by many processes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from nim_async.limits import redis as module
from tests.redis_server import Server, redis_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def program() -> str:
    """Find the server; where that is asked for, not to have it is a failure."""
    return redis_program()


@pytest.fixture(scope="session")
def settled(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a Redis that has been up for so long that it is in charge at once."""
    server = Server(program, tmp_path_factory.mktemp("redis"))
    server.start()
    while uptime(server) < 5:
        time.sleep(0.05)
    yield server
    server.kill()


@pytest.fixture
def server(program: str, tmp_path: Path) -> Iterator[Server]:
    """Run a Redis that may be killed."""
    server = Server(program, tmp_path)
    server.start()
    yield server
    server.kill()


def uptime(server: Server) -> int:
    """Return for how many seconds a server has been up."""
    for line in server.info().splitlines():
        if line.startswith(b"uptime_in_seconds:"):
            return int(line.partition(b":")[2])
    return 0


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Redis be told of what has ended, however long that takes on a slow machine."""
    inside: Any = module
    monkeypatch.setattr(inside, "_GIVE_BACK_SECONDS", 60.0)
