"""The ways to run a client, each with what it needs around it."""

from __future__ import annotations

import ssl
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import anyio
import httpx
import httpx2
import httpx_aiohttp
import trustme
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSListener
from attrs import frozen

from nim_async import NimClient
from tests.session.rude import Server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from tests.session.rude import Step

Over = Literal["own", "proxy", "transport", "http_client", "aiohttp"]


@frozen(kw_only=True)
class Way:
    """
    A way to run a client.

    Attributes:
        loop: ``"asyncio"``, ``"uvloop"`` or ``"trio"``.
        over: What requests go over.
        library: Whose transport or client that is.
        tls: Whether the server speaks TLS.
    """

    loop: str
    over: Over = "own"
    library: Any = httpx
    tls: bool = False

    @property
    def name(self) -> str:
        """What the way is called in the names of tests."""
        library = self.library.__name__ if self.over in {"transport", "http_client"} else ""
        parts = (self.loop, self.over, library, "tls" if self.tls else "")
        return "-".join(part for part in parts if part)

    @property
    def backend(self) -> tuple[str, dict[str, Any]]:
        """What anyio runs a test with."""
        if self.loop == "uvloop":
            return "asyncio", {"use_uvloop": True}
        return self.loop, {}

    @property
    def pooled(self) -> bool:
        """Whether the pool of our own serves it."""
        return self.over == "own" and self.loop != "trio"


WAYS = [
    Way(loop="asyncio"),
    Way(loop="asyncio", tls=True),
    Way(loop="uvloop"),
    Way(loop="uvloop", tls=True),
    Way(loop="trio"),
    Way(loop="trio", tls=True),
    Way(loop="asyncio", over="proxy"),
    Way(loop="asyncio", over="proxy", tls=True),
    Way(loop="trio", over="proxy", tls=True),
    Way(loop="asyncio", over="transport"),
    Way(loop="uvloop", over="transport", tls=True),
    Way(loop="trio", over="transport", library=httpx2, tls=True),
    Way(loop="asyncio", over="http_client"),
    Way(loop="trio", over="http_client", library=httpx2),
    Way(loop="asyncio", over="aiohttp"),
]


class Ground:
    """Where a client meets servers: opens both, and closes them at its end."""

    def __init__(self, way: Way, stack: AsyncExitStack) -> None:
        self.way = way
        self._stack = stack
        self._authority: Any = trustme.CA() if way.tls else None
        self.brought: Any = None  # the transport or client of httpx that was passed in
        self.passed = bytearray()  # what the proxy gave to the client

    async def server(self, *scripts: Sequence[Step]) -> Server:
        """Serve scripts."""
        serving = None
        if self._authority is not None:
            serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._authority.issue_cert("localhost").configure_cert(serving)
        return await self._stack.enter_async_context(served(Server(scripts), serving))

    async def client(self, server: Server, **options: Any) -> NimClient:
        """Open a client that asks a server, once, without limits of frequency."""
        way = self.way
        verify: Any = True
        if self._authority is not None:
            verify = ssl.create_default_context()
            self._authority.configure_trust(verify)
        settings: dict[str, Any] = {"rate_limit": None, "max_connections": 2}
        match way.over:
            case "own":
                settings["verify"] = verify
            case "proxy":
                proxy = await self._stack.enter_async_context(tunnels(self.passed))
                settings |= {"verify": verify, "proxy": proxy}
            case "transport":
                self.brought = settings["transport"] = way.library.AsyncHTTPTransport(verify=verify)
            case "http_client":
                self.brought = settings["http_client"] = way.library.AsyncClient(verify=verify)
                self._stack.push_async_callback(self.brought.aclose)
            case "aiohttp":
                self.brought = settings["transport"] = httpx_aiohttp.AiohttpTransport(verify=verify)
        nim = NimClient("key", "the-secret", base_url=server.url, **settings | options)
        self._stack.push_async_callback(nim.aclose)
        return nim


@asynccontextmanager
async def ground(way: Way) -> AsyncGenerator[Ground]:
    """Prepare the ground for a client."""
    async with AsyncExitStack() as stack:
        yield Ground(way, stack)


@asynccontextmanager
async def served(server: Server, context: ssl.SSLContext | None) -> AsyncGenerator[Server]:
    """Let a server listen on a free port, over TLS perhaps."""
    listener: Any = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    server.url = f"http://127.0.0.1:{port}/nimserver"
    if context is not None:
        listener = TLSListener(listener, context, standard_compatible=False)
        server.url = f"https://localhost:{port}/nimserver"
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, server.serve)
        yield server
        group.cancel_scope.cancel()


@asynccontextmanager
async def tunnels(passed: bytearray) -> AsyncGenerator[str]:
    """Serve as an HTTP proxy, by tunnel or by itself, that notes what it gave to the client."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, partial(_tunnel, passed))
        yield f"http://user:word@127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
        group.cancel_scope.cancel()


async def _tunnel(passed: bytearray, stream: ByteStream) -> None:
    async with stream:
        head = b""
        while b"\r\n\r\n" not in head:
            try:
                head += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return
        method, target, _ = head.split(b" ", 2)
        host, _, port = target.removeprefix(b"http://").partition(b"/")[0].rpartition(b":")
        try:
            server = await anyio.connect_tcp(host.decode(), int(port))
        except OSError:
            await stream.send(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        async with server, anyio.create_task_group() as group:
            if method == b"CONNECT":
                await stream.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                await server.send(head)
            group.start_soon(_pass_on, server, stream, passed)
            await _pass_on(stream, server, bytearray())
            group.cancel_scope.cancel()


async def _pass_on(source: ByteStream, sink: ByteStream, passed: bytearray) -> None:
    try:
        async for part in source:
            await sink.send(part)
            passed += part
        await sink.send_eof()
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        return
