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
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSListener
from attrs import frozen

from nim_async import NimClient
from tests.drills.forward import forward
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

    def settings(self, *, verify: ssl.SSLContext | bool, proxy: str | None) -> dict[str, Any]:
        """Return what a client is made with; a transport or client that it brings is a new one."""
        match self.over:
            case "transport":
                return {"transport": self.library.AsyncHTTPTransport(verify=verify)}
            case "http_client":
                return {"http_client": self.library.AsyncClient(verify=verify)}
            case "aiohttp":
                return {"transport": httpx_aiohttp.AiohttpTransport(verify=verify)}
            case _:
                return {"verify": verify, "proxy": proxy}

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
        way, proxy = self.way, None
        verify: Any = True
        if self._authority is not None:
            verify = ssl.create_default_context()
            self._authority.configure_trust(verify)
        if way.over == "proxy":
            proxy = await self._stack.enter_async_context(forwarding(self.passed))
        settings = way.settings(verify=verify, proxy=proxy)
        self.brought = settings.get("transport") or settings.get("http_client")
        if way.over == "http_client":
            self._stack.push_async_callback(self.brought.aclose)
        settings |= {"rate_limit": None, "max_connections": 2}
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
async def forwarding(passed: bytearray) -> AsyncGenerator[str]:
    """Serve as an HTTP proxy that notes what it gave to the client."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, partial(forward, passed=passed))
        yield f"http://user:word@127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
        group.cancel_scope.cancel()
