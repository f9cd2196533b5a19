"""Each framework with its server, a real socket, and a sender that follows no redirect."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from contextlib import ExitStack, asynccontextmanager, contextmanager
from http.client import HTTPConnection
from itertools import count
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import uvicorn
from aiohttp import web
from anyio.from_thread import start_blocking_portal

from examples.web_frameworks import (
    with_aiohttp,
    with_django,
    with_fastapi,
    with_litestar,
    with_sanic,
    with_starlette,
)
from examples.web_frameworks.tea import make_bot
from nim_async import NimClient
from nim_async.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from nim_async.bot import Bot

KEY, SECRET, ROOM = "app-key", "app-secret", 66
NAMES = count()
MAKERS: dict[str, Callable[[Bot], Any]] = {
    "fastapi": with_fastapi.make_app,
    "starlette": with_starlette.make_app,
    "litestar": with_litestar.make_app,
    "django": with_django.make_app,
    "aiohttp": with_aiohttp.make_app,
    "sanic": lambda bot: with_sanic.make_app(bot, f"tea-{next(NAMES)}"),
}


@pytest.fixture
def emulator() -> Emulator:
    """Make a service with one room."""
    emulator = Emulator(KEY, SECRET)
    emulator.add_room("owner", room_id=ROOM)
    return emulator


@asynccontextmanager
async def serving(app: Any, listener: socket.socket) -> AsyncGenerator[None]:
    """Serve an application by the server that its framework is used with."""
    if isinstance(app, web.Application):
        runner = web.AppRunner(app)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        yield
        await runner.cleanup()
    elif hasattr(app, "create_server"):  # Sanic's own
        server = await app.create_server(sock=listener, return_asyncio_server=True)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        yield
        await server.before_stop()
        await server.close()
    else:
        config = uvicorn.Config(app, lifespan="on", log_config=None, ws="none")
        instance = uvicorn.Server(config)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(instance.serve, [listener])
            while not instance.started:  # noqa: ASYNC110  uvicorn has no event for it
                await anyio.sleep(0.01)
            yield
            instance.should_exit = True


@contextmanager
def running(framework: str, emulator: Emulator) -> Generator[int]:
    """Run a framework with the bot in a thread, and give its port."""
    bot = make_bot(NimClient(KEY, SECRET, transport=emulator.transport()))
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        portal = stack.enter_context(start_blocking_portal("asyncio"))
        app = MAKERS[framework](bot)
        stack.enter_context(portal.wrap_async_context_manager(serving(app, listener)))
        yield listener.getsockname()[1]


def signed(body: bytes) -> dict[str, str]:
    """Return the headers that the service sends with a body."""
    now = str(int(time.time() * 1000))
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    text = f"{SECRET}{digest}{now}".encode()
    checksum = hashlib.sha1(text, usedforsecurity=False).hexdigest()
    return {"AppKey": KEY, "CurTime": now, "MD5": digest, "CheckSum": checksum}


def webhook(event_type: object, text: str, number: int = 1) -> bytes:
    """Write the webhook of a message."""
    members = {"eventType": event_type, "attach": text, "fromAccount": "lisi", "msgType": "TEXT"}
    members |= {"msgidClient": f"m-{number}", "roomId": str(ROOM), "fromClientType": "WEB"}
    return json.dumps(members).encode()


def send(
    port: int,
    body: bytes,
    headers: dict[str, str] | None = None,
    *,
    path: str = "/nim",
    method: str = "POST",
) -> tuple[int, bytes]:
    """Send a webhook as the service does, which follows no redirect."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    kind = {"Content-Type": "application/json"}
    connection.request(method, path, body, (signed(body) if headers is None else headers) | kind)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response.status, answer


@pytest.mark.parametrize("framework", MAKERS)
def test_a_bot_in_a_framework(framework: str, emulator: Emulator) -> None:
    """
    Webhooks are answered on their path, with and without its slash, and refused without a hint.

    What was answered 200 is handled when the server has ended, once. All other paths are those of
    the application.
    """
    with running(framework, emulator) as port:
        for path in ("/nim", "/nim/"):
            for number in range(2):
                answer = send(port, webhook("4", "/tea", number), path=path)
                assert answer == (200, b'{"code":200}')
            assert send(port, b"{}", path=path) == (200, b'{"code":200}')
            verdict = send(port, webhook(6, "coffee"), path=path)
            assert verdict == (200, b'{"errCode":1,"responseCode":20001}')
            assert send(port, webhook(6, "tea"), path=path) == (200, b'{"errCode":0}')
        forged = webhook("4", "/tea", 3)
        assert send(port, forged, signed(b"{}")) == (403, b"")
        assert send(port, forged, {}) == (403, b"")
        assert send(port, b"[]") == (400, b"")
        assert send(port, b"", {}, method="GET")[0] == 405
        assert send(port, b'"' + b"x" * 1_100_000 + b'"')[0] == 413
        status, page = send(port, b"", {}, path="/", method="GET")
        assert (status, page.strip(b'"')) == (200, b"welcome")
        assert send(port, forged, path="/elsewhere")[0] == 404
    said = [message.attach for message in emulator.messages(ROOM)]
    assert said == ["one tea for lisi"] * 2
