"""What is believed of httpx, its transports and proxies: proofs, and nothing else."""

from __future__ import annotations

import gc
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import httpx2
import pytest

from nim_async import (
    ConfigurationError,
    ConnectError,
    NimClient,
    NimError,
    SigningTransport,
    TimedOut,
    TransportError,
)
from nim_async._session import Ticket
from nim_async._session.evidence import Tracing
from tests.doubles import BASE, OK, Scripted, client, reply
from tests.session.rude import Act, Peer, patience, reset, rude, stall

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

pytestmark = pytest.mark.slow


async def failed(nim: NimClient) -> NimError:
    """Return what a call that must not be repeated ends with."""
    with pytest.raises(NimError) as caught:
        await nim.options(max_attempts=1).chatroom.create(creator="a", name="b")
    return caught.value


# transports of others


class ClientOSError(OSError):
    """Stands for that of aiohttp, which its transport calls a failure to connect."""


class ServerDisconnectedError(Exception):
    """Stands for that of aiohttp, which its transport calls a timeout of connecting."""


class ClientConnectorError(ClientOSError):
    """Stands for that of aiohttp, raised where a connection could not be made."""


RAISED: list[tuple[Exception, Exception | None, bool | None]] = [
    (httpx.ConnectError("x"), None, False),
    (httpx.ConnectTimeout("x"), None, False),
    (httpx.PoolTimeout("x"), None, False),
    (httpx.ProxyError("x"), None, False),
    (httpx.UnsupportedProtocol("x"), None, False),
    (httpx.ConnectError("x"), ConnectionRefusedError(), False),
    (httpx.ConnectError("x"), ClientConnectorError(), False),
    (httpx.ConnectError("x"), ClientOSError(104, "reset"), True),
    (httpx.ConnectTimeout("x"), ServerDisconnectedError(), True),
    (httpx.ReadTimeout("x"), None, True),
    (httpx.WriteError("x"), None, True),
    (httpx.RemoteProtocolError("x"), None, True),
    (httpx.StreamClosed(), None, True),
    (httpx.InvalidURL("x"), None, True),
    (httpx.CookieConflict("x"), None, True),
    (anyio.BrokenResourceError(), None, True),
    (anyio.ClosedResourceError(), None, True),
    (ConnectionRefusedError(), None, True),
    (TimeoutError(), None, True),
    (httpx2.ConnectError("x"), None, None),
    (RuntimeError("a bug"), None, None),
    (ValueError("a bug"), None, None),
]
"""What a transport raises, from what, and whether something may have been sent, bugs apart."""


@pytest.mark.parametrize(("raised", "cause", "sent"), RAISED, ids=range(len(RAISED)))
async def test_what_a_transport_raises(
    raised: Exception, cause: Exception | None, *, sent: bool | None
) -> None:
    """Only what proves that it never connected is believed; what is no failure of a way passes."""
    raised.__cause__ = cause
    async with client(Scripted([raised])) as nim:
        if sent is None:
            with pytest.raises(type(raised)) as caught:
                await nim.chatroom.create(creator="a", name="b")
            assert caught.value is raised
            return
        error = await failed(nim)
    assert isinstance(error, TransportError)
    assert error.maybe_processed == sent
    assert error.__cause__ is raised


async def test_a_client_that_its_owner_closed() -> None:
    """It is an error of the library that says whose client it is."""
    own = httpx.AsyncClient(transport=Scripted([reply(OK)]))
    nim = NimClient("k", "s", base_url=BASE, http_client=own)
    await own.aclose()
    with pytest.raises(ConfigurationError, match="http_client was closed"):
        await nim.chatroom.get(room_id=66)


async def test_a_proxy_that_cannot_be_is_named_without_its_password() -> None:
    """What httpx makes no client of is an error of the library."""
    try:
        unusable = NimClient("k", "s", base_url=BASE, proxy="gopher://amy:geheim@127.0.0.1:1")
        with pytest.raises(ConfigurationError) as caught:
            await unusable.chatroom.get(room_id=66)
        await unusable.aclose()
        error: ConfigurationError = caught.value
    except ConfigurationError as refused:
        error = refused
    assert "geheim" not in str(error) + repr(error) + repr(error.__cause__)


# proxies


def refuse(status: bytes) -> Act:
    """Refuse a tunnel."""

    async def act(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")

    return act


async def _hang_up(peer: Peer) -> None:
    del peer


@pytest.mark.parametrize(
    "act",
    [refuse(b"407 Proxy Authentication Required"), refuse(b"502 Bad"), _hang_up, reset(), stall],
    ids=["407", "502", "hangs up", "resets", "says nothing"],
)
async def test_a_tunnel_that_was_never_built(act: Callable[[Peer], Awaitable[None]]) -> None:
    """The service surely saw nothing, and nothing shows the proxy's password."""
    kind, calls = TimedOut if act is stall else ConnectError, 0
    async with rude([act]) as server:
        proxy = server.url.replace("http://", "http://amy:geheim@").removesuffix("/nimserver")
        async for seconds in patience(server):
            timeout = seconds if act is stall else 60
            async with NimClient(
                "k", "s", base_url="https://api.invalid/nimserver", proxy=proxy, timeout=timeout
            ) as nim:
                error = await failed(nim)
            calls += 1
            assert isinstance(error, kind)
            # Whose time is up before it has asked for the tunnel may be less sure.
            assert not error.maybe_processed or not server.requests
            assert "geheim" not in str(error) + repr(error) + repr(error.__cause__)
            if act is not stall:
                assert len(server.requests) == 1
    assert len(server.requests) <= calls
    assert all(request.startswith(b"CONNECT ") for request in server.requests)


@pytest.mark.parametrize("library", [None, httpx, httpx2], ids=["own", "httpx", "httpx2"])
@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_tunnel_that_ends_while_tls_is_agreed_upon(
    library: Any, *, cancelled: bool
) -> None:
    """It gives its place back, whether the proxy hangs up or the caller gives up."""
    greeted = anyio.Event()

    async def silent(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        if cancelled:
            await peer.stream.receive()
            greeted.set()
            await peer.until_closed()

    async with rude([silent], [silent], [refuse(b"407 No")]) as server:
        proxy = server.url.removesuffix("/nimserver")
        options: dict[str, Any] = {"proxy": proxy}
        if library is not None:
            limits = library.Limits(max_connections=2)
            transport = library.AsyncHTTPTransport(proxy=library.Proxy(proxy), limits=limits)
            options = {"transport": transport}
        async with NimClient(
            "k", "s", base_url="https://api.invalid/nimserver", max_connections=2, **options
        ) as nim:
            for _ in range(2):
                async with anyio.create_task_group() as group:
                    group.start_soon(failed, nim)
                    if cancelled:
                        await greeted.wait()
                        greeted = anyio.Event()
                        group.cancel_scope.cancel()
            error = await failed(nim)
    assert "407" in str(error)
    assert len(server.requests) == 3


# the library's own transport


class Mute:
    """Takes connections, and answers no greeting."""

    def __init__(self) -> None:
        self.greeted, self.ended = anyio.Event(), anyio.Event()

    async def serve(self, stream: Any) -> None:
        """Listen until the other side goes."""
        async with stream:
            try:
                await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return
            self.greeted.set()
            await Peer(stream, None).until_closed()  # type: ignore[arg-type]
            self.ended.set()

    @asynccontextmanager
    async def called(self, library: Any, **options: Any) -> AsyncGenerator[NimClient]:
        """Make a client that speaks TLS to it over httpx."""
        async with (
            await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
            anyio.create_task_group() as serving,
        ):
            serving.start_soon(listener.serve, self.serve)
            port = listener.extra(anyio.abc.SocketAttribute.local_port)
            url = f"https://127.0.0.1:{port}/nimserver"
            transport = library.AsyncHTTPTransport(verify=False)
            async with NimClient("k", "s", base_url=url, transport=transport, **options) as nim:
                yield nim
            serving.cancel_scope.cancel()


@pytest.mark.slow
@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_time_runs_out_while_httpx_connects(library: Any) -> None:
    """A handshake without an answer proves that nothing was sent."""
    mute, seconds = Mute(), 0.25
    while not mute.greeted.is_set():  # a slow machine may not have got so far in time
        async with mute.called(library, timeout=seconds) as nim:
            error = await failed(nim)
        seconds *= 2
        assert isinstance(error, TimedOut)
        assert not error.maybe_processed
        assert error.phase == "connect" or not mute.greeted.is_set()


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_a_handshake_that_is_cancelled(library: Any) -> None:
    """Its socket is closed at once, and not left to the garbage collector."""
    mute = Mute()
    async with mute.called(library) as nim:
        gc.disable()
        try:
            async with anyio.create_task_group() as calling:
                calling.start_soon(failed, nim)
                await mute.greeted.wait()
                calling.cancel_scope.cancel()
            with anyio.fail_after(10):
                await mute.ended.wait()
        finally:
            gc.enable()


async def test_events_of_httpcore() -> None:
    """Being known to connect is the only proof; once out, nothing is taken back."""
    ticket = Ticket()
    trace = Tracing(ticket)
    tunnel = {"request": httpx.Request("CONNECT", BASE)}
    tunnel["request"].method = b"CONNECT"  # type: ignore[assignment]
    for event, info, sent in (
        ("connection.connect_tcp.started", {}, False),
        ("connection.connect_tcp.complete", {}, True),
        ("http11.send_request_headers.started", tunnel, False),
        ("http11.receive_response_headers.failed", {}, False),
        ("http11.response_closed.started", {}, False),
        ("proxy.start_tls.started", {}, False),
        ("something.new.started", {}, True),
        ("connection.connect_tcp.started", {}, True),
    ):
        await trace(event, info)
        assert ticket.sent == sent, event


# signatures


async def test_a_redirect_is_not_signed() -> None:
    """A plain client that follows redirects gets no signature for where they lead."""
    moved = httpx.Response(307, headers={"Location": "https://elsewhere.example/"})
    inner = Scripted([moved, reply(OK)])
    transport = SigningTransport("key", "the-secret", transport=inner)
    async with httpx.AsyncClient(transport=transport, follow_redirects=True) as plain:
        with pytest.raises(httpx.UnsupportedProtocol, match="redirect"):
            await plain.post(f"{BASE}/x.action", data={"a": "b"})
    assert len(inner.requests) == 1
