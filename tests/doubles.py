"""Real objects that stand in for the network."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import anyio
import httpx
from anyio.from_thread import start_blocking_portal

from nim_async import NimClient

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    import pytest

    from nim_async.emulator import Emulator

Reaction = httpx.Response | Exception
ROOM = {"roomid": 66, "valid": True, "name": "tea house", "creator": "amy"}
OK = {"code": 200, "chatroom": ROOM}
BASE = "https://one.example/nimserver"
OTHER = "https://two.example/nimserver"


def reply(body: Any, status: int = 200) -> httpx.Response:
    """Make an answer whose body is JSON, or the text given."""
    text = body if isinstance(body, str) else json.dumps(body)
    return httpx.Response(status, content=text.encode())


class Scripted(httpx.AsyncBaseTransport):
    """Answers requests with what it was told, one after the other, and remembers them."""

    def __init__(self, outcomes: Iterable[Reaction | Callable[[httpx.Request], Reaction]]) -> None:
        self.outcomes = list(outcomes)
        self.requests: list[httpx.Request] = []
        self.closed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        outcome = self.outcomes.pop(0)
        if callable(outcome):
            outcome = outcome(request)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def aclose(self) -> None:
        self.closed += 1

    @property
    def forms(self) -> list[dict[str, str]]:
        """The form of each request."""
        return [dict(parse_qsl(r.content.decode(), strict_parsing=True)) for r in self.requests]


def client(transport: httpx.AsyncBaseTransport, **options: Any) -> NimClient:
    """Make a client over a double: two endpoints, no limits of frequency, strict with replies."""
    usual = {"base_url": [BASE, OTHER], "rate_limit": None, "strict_replies": True}
    options = usual | {"transport": transport} | options
    return NimClient("key", "the-secret", **options)


@contextmanager
def served(emulator: Emulator) -> Generator[str]:
    """Serve an emulator to code that is not asynchronous, and give its base URL."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(emulator.serve()) as base_url,
    ):
        yield base_url


def name_in_environment(
    monkeypatch: pytest.MonkeyPatch, key: str, secret: str, base_url: str
) -> None:
    """Let the environment name an emulator, and no proxy on the way to it."""
    for name, value in {
        "NIM_APP_KEY": key,
        "NIM_APP_SECRET": secret,
        "NIM_BASE_URL": base_url,
        "NO_PROXY": "*",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NIM_REGION", raising=False)


class Silent(httpx.AsyncBaseTransport):
    """Takes requests and never answers."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        await anyio.sleep_forever()
        raise AssertionError
