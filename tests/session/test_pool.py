"""Our own session: idle connections, one timer for all, TLS, and who is served by it."""

from __future__ import annotations

import asyncio  # noqa: TID251  it is asyncio's own session
import socket
import ssl
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import httpx2
import pytest
import trustme
from anyio.streams.tls import TLSListener

from nim_async import ConnectError, NimClient, SigningTransport
from nim_async._session import connection, dialing
from nim_async._session.deadlines import Deadlines
from nim_async._session.outbox import Outbox
from nim_async._session.over_httpx import HttpxSession
from nim_async._session.pool import PoolSession
from nim_async._session.select import new_session
from nim_async.config import ConnectionOptions
from nim_async.emulator import Delay, Drop, Emulator, Garbage
from tests.session.rude import Peer, Server, patience, rude, stall
from tests.session.test_sessions import BODY, GOOD, HEAD, post

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from nim_async._session.names import Info
    from tests.session.rude import Step

pytestmark = pytest.mark.anyio


@pytest.fixture(name="anyio_backend")
def _anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(name="session")
async def _session() -> AsyncIterator[PoolSession]:
    session = PoolSession(ConnectionOptions(max_connections=4))
    session.bind()
    yield session
    await session.aclose()


async def until(condition: Any) -> None:
    """Wait for a condition."""
    while not condition():  # noqa: ASYNC110  it is the outside that changes
        await anyio.sleep(0.005)


# idle connections


async def at_once(session: PoolSession, server: Server, calls: int) -> None:
    """Make calls at the same time."""
    async with anyio.create_task_group() as group:
        for _ in range(calls):
            group.start_soon(post, session, server)


async def test_the_newest_is_taken_and_the_old_are_closed(
    session: PoolSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of connections a crowd left behind one goes on serving; the others are closed in time."""
    monkeypatch.setattr("nim_async._session.pool.IDLE_SECONDS", 0.1)
    monkeypatch.setattr(connection, "IDLE_SECONDS", 0.1)
    ended: list[int] = []

    async def serve(peer: Peer) -> None:
        number = peer.server.connections
        while True:
            await peer.send(GOOD)
            if not await peer.request():
                ended.append(number)
                return

    async with rude([serve]) as server:
        await at_once(session, server, 4)
        assert server.connections == 4
        while len(ended) < 3:
            await post(session, server)
            await anyio.sleep(0.01)
        assert server.connections == 4
        await until(lambda: len(ended) == 4)


async def test_an_old_connection_is_not_used(
    session: PoolSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was idle for too long is closed rather than trusted."""
    async with rude([GOOD] * 9) as server:
        await post(session, server)
        monkeypatch.setattr(connection, "IDLE_SECONDS", 0.0)
        await post(session, server)
    assert server.connections == 2


async def test_connections_elsewhere_make_room(session: PoolSession) -> None:
    """Idle connections of one endpoint are closed where another needs them."""
    async with rude([GOOD] * 9) as one, rude([GOOD] * 9) as two:
        await at_once(session, one, 4)
        await post(session, two)
        await at_once(session, one, 3)
        assert (one.connections, two.connections) == (4, 1)
        await at_once(session, two, 4)
        assert len(vars(session)["_open"]) == 4
    assert (one.connections, two.connections) == (4, 4)


async def test_closing_ends_what_is_under_way(session: PoolSession) -> None:
    """Calls under way end with an error when the session is closed, and nothing stays open."""
    asked = anyio.Event()

    async def wait(peer: Peer) -> None:
        asked.set()
        await peer.until_closed()

    async def call() -> None:
        with pytest.raises(Exception, match="closed"):
            await post(session, server)

    async with rude([wait]) as server, anyio.create_task_group() as group:
        group.start_soon(call)
        await asked.wait()
        await session.aclose()
    assert not vars(session)["_open"]


# deadlines


async def test_many_deadlines_on_one_timer() -> None:
    """Each future ends in its time, whatever came before or after, and none without need."""
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop)
    now = monotonic()
    ended: list[float] = []

    async def wait(after: float) -> None:
        future: asyncio.Future[None] = loop.create_future()
        deadlines.watch(future, now + after)
        await future
        assert monotonic() >= now + after - 0.002
        ended.append(after)

    order = [0.05, 0.01, 0.03, 0.02, 0.04]
    kept: asyncio.Future[None] = loop.create_future()
    deadlines.watch(kept, now + 0.015)
    deadlines.forget(kept)
    endless: asyncio.Future[None] = loop.create_future()
    deadlines.watch(endless, float("inf"))
    async with anyio.create_task_group() as group:
        for after in order:
            group.start_soon(wait, after)
    assert sorted(ended) == sorted(order)
    assert not kept.done()
    assert not endless.done()
    deadlines.close()


async def test_a_deadline_that_has_passed() -> None:
    """It ends at once; a future that is done already is left alone."""
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop)
    late: asyncio.Future[None] = loop.create_future()
    done: asyncio.Future[int] = loop.create_future()
    deadlines.watch(done, monotonic() - 1)
    done.set_result(7)
    deadlines.watch(late, monotonic() - 2)
    await late
    await until(lambda: not vars(deadlines)["_due"])
    assert done.result() == 7


# requests sent together


async def test_requests_go_out_together() -> None:
    """A request waits for the tasks that run now, and is not sent once nobody waits for it."""
    loop = asyncio.get_running_loop()
    outbox, sent = Outbox(loop), list[bytes]()
    waiters = [loop.create_future() for _ in range(4)]
    for i, waiter in enumerate(waiters):
        outbox.add(waiter, sent.append, b"%d" % i)
    waiters[2].cancel()
    waiters[3].set_result(None)
    assert not sent
    await asyncio.sleep(0)
    assert sent == [b"0", b"1"]
    outbox.add(waiters[0], sent.append, b"again")
    await asyncio.sleep(0)
    assert sent == [b"0", b"1", b"again"]


async def test_no_request_waits_for_a_thousand_others() -> None:
    """Those that were held go out, in order, as soon as they are many."""
    loop = asyncio.get_running_loop()
    outbox, sent = Outbox(loop), list[bytes]()
    waiter = loop.create_future()
    requests = [b"%d" % i for i in range(1000)]
    for i, request in enumerate(requests):
        outbox.add(waiter, sent.append, request)
        assert len(sent) >= i - 63
    await asyncio.sleep(0)
    assert sent == requests
    waiter.cancel()


async def test_who_leaves_a_crowd_before_it_was_sent_sends_nothing() -> None:
    """A call cancelled while its request is held back is one the server never sees."""
    session = PoolSession(ConnectionOptions(max_connections=6))
    session.bind()
    async with rude([GOOD] * 9) as server:
        await at_once(session, server, 6)
        del server.requests[:]
        calls = [asyncio.create_task(post(session, server, b"n=%d" % n)) for n in range(6)]
        await asyncio.sleep(0)
        calls[5].cancel()
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(one).__name__ for one in found] == ["Reply"] * 5 + ["CancelledError"]
        await post(session, server, b"n=6")
        await session.aclose()
        bodies = sorted(request[-3:] for request in server.requests)
        assert bodies == [b"n=0", b"n=1", b"n=2", b"n=3", b"n=4", b"n=6"]
    assert session.free == 6


async def test_closing_ends_what_was_not_sent() -> None:
    """Calls whose requests are held back when the session is closed end at once."""
    session = PoolSession(ConnectionOptions(max_connections=6))
    session.bind()
    async with rude([GOOD, stall]) as server:
        await at_once(session, server, 6)
        calls = [asyncio.create_task(post(session, server)) for _ in range(6)]
        await asyncio.sleep(0)
        await session.aclose()
        found = await asyncio.gather(*calls, return_exceptions=True)
    assert {str(error) for error in found} == {"the client was closed"}
    assert not vars(session)["_open"]


# addresses


async def raced(
    monkeypatch: pytest.MonkeyPatch, server: Server, *fates: str
) -> tuple[socket.socket | None, list[tuple[str, int]]]:
    """Dial a host of several addresses that serve, refuse or are silent; tell which were tried."""
    loop = asyncio.get_running_loop()
    port = int(server.url.split(":")[2].split("/")[0])
    addresses = [(f"127.0.0.{number}", port) for number in range(1, len(fates) + 1)]
    tried: list[tuple[str, int]] = []

    infos: list[Info] = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses
    ]

    async def connect(sock: socket.socket, address: tuple[str, int]) -> None:
        tried.append(address)
        fate = fates[addresses.index(address)]
        if fate == "silent":
            await anyio.sleep_forever()
        if fate == "refuses":
            raise ConnectionRefusedError(address)
        with suppress(BlockingIOError):
            sock.connect(("127.0.0.1", port))

    monkeypatch.setattr(loop, "sock_connect", connect)
    monkeypatch.setattr(dialing, "_HEAD_START_SECONDS", 0.02)
    try:
        return await dialing.dial(loop, infos), tried
    except OSError:
        return None, tried


@pytest.mark.parametrize(
    ("fates", "tries"),
    [
        (["serves", "serves"], 1),
        (["refuses", "serves"], 2),
        (["silent", "serves"], 2),
        (["silent", "silent", "refuses", "serves", "serves"], 4),
    ],
)
async def test_addresses_race(
    fates: list[str], tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A silent or refusing address does not keep a call from the next; losers are closed."""
    async with rude([GOOD]) as server:
        winner, tried = await raced(monkeypatch, server, *fates)
        assert winner is not None
        winner.close()
        assert len(tried) == tries
        assert "_connected" not in repr(asyncio.all_tasks())


async def test_no_address_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """When all refuse, that is an error; when all are silent, the caller's patience decides."""
    async with rude([GOOD]) as server:
        winner, tried = await raced(monkeypatch, server, "refuses", "refuses")
        assert (winner, len(tried)) == (None, 2)
        with anyio.move_on_after(0.1) as scope:
            await raced(monkeypatch, server, "silent", "silent")
        assert scope.cancelled_caught


# TLS


@asynccontextmanager
async def over_tls(authority: Any, name: str, *scripts: Sequence[Step]) -> AsyncGenerator[Server]:
    """Serve over TLS with a certificate for a name."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(serving)
    plain = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = plain.extra(anyio.abc.SocketAttribute.local_port)
    listener = TLSListener(plain, serving, standard_compatible=False)
    server = Server(scripts)
    server.url = f"https://localhost:{port}/nimserver"
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, server.serve)
        yield server
        group.cancel_scope.cancel()


async def test_tls_is_verified() -> None:
    """A certificate that is trusted serves; another, or one of another host, is refused."""
    authority: Any = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    for name, context, good in (
        ("localhost", trusting, True),
        ("elsewhere.example", trusting, False),
        ("localhost", True, False),
        ("elsewhere.example", False, True),
    ):
        async with over_tls(authority, name, [GOOD, GOOD]) as server:
            session = PoolSession(ConnectionOptions(max_connections=2, verify=context))
            session.bind()
            if good:
                assert (await post(session, server)).body == BODY
                assert (await post(session, server)).body == BODY
                assert server.connections == 1
            else:
                with pytest.raises(ConnectError, match=r"(?i)cert"):
                    await post(session, server)
            await session.aclose()


async def test_large_replies_over_tls() -> None:
    """Replies that come at the same time, in many pieces, are not mixed up."""
    authority: Any = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    bodies = [bytes([i]) * 1_000_000 for i in range(4)]
    found: list[bytes] = []
    scripts = [[HEAD + b"Content-Length: 1000000\r\n\r\n" + body] for body in bodies]
    async with over_tls(authority, "localhost", *scripts) as server:
        session = PoolSession(ConnectionOptions(max_connections=4, verify=trusting))
        session.bind()

        async def fetch() -> None:
            found.append((await post(session, server)).body)

        async with anyio.create_task_group() as group:
            for _ in bodies:
                group.start_soon(fetch)
        await session.aclose()
    assert sorted(found) == bodies


# who is served by it


def kind(**options: Any) -> type:
    """Tell which session a client gets."""
    urls = options.pop("urls", ["https://one.example/nimserver"])
    return type(new_session(urls, ConnectionOptions(**options)))


@pytest.fixture(name="no_proxies")
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.usefixtures("no_proxies")
async def test_who_is_served_by_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """It serves asyncio; httpx serves proxies and who brings something of httpx."""
    assert kind() is PoolSession
    assert kind(transport=httpx.MockTransport(lambda _: httpx.Response(200))) is HttpxSession
    assert kind(proxy="http://127.0.0.1:1") is HttpxSession
    async with httpx.AsyncClient() as client:
        assert kind(http_client=client) is HttpxSession
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert kind() is HttpxSession
    monkeypatch.setenv("NO_PROXY", "one.example")
    assert kind() is PoolSession
    assert kind(urls=["https://one.example/x", "https://two.example/x"]) is HttpxSession


@pytest.mark.usefixtures("no_proxies")
def test_trio_is_served_by_httpx() -> None:
    """There the pool cannot be used."""

    async def choose() -> type:
        return kind()

    assert anyio.run(choose, backend="trio") is HttpxSession


async def test_a_client_over_the_pool() -> None:
    """A client on asyncio uses it for calls to a real port, faults and cancellation included."""
    emulator = Emulator("key", "the-secret")
    room = emulator.add_room("amy")
    async with emulator.serve() as url, NimClient("key", "the-secret", base_url=url) as nim:
        for fault in (None, Drop(), Drop(after=True), Garbage(), Delay(0.01)):
            if fault is not None:
                emulator.faults.add(fault, path="chatroom/get")
            assert (await nim.chatroom.get(room_id=room)).creator == "amy"
        inside: Any = vars(nim)["_attempts"]
        assert type(inside._session) is PoolSession
        assert inside._session.free == 100


# the pool under plain clients of httpx


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_a_plain_client_over_the_pool(library: Any) -> None:
    """Requests of httpx are signed and sent over the pool; replies are those of httpx."""
    emulator = Emulator("key", "the-secret")
    room = emulator.add_room("amy")
    transport: Any = SigningTransport("key", "the-secret")
    async with (
        emulator.serve() as url,
        library.AsyncClient(transport=transport, base_url=url) as plain,
    ):
        for _ in range(3):
            reply = await plain.post("/chatroom/get.action", data={"roomid": room})
            assert reply.json()["chatroom"]["creator"] == "amy"
            assert reply.headers["content-type"].startswith("application/json")
        assert (await plain.get("/health/liveness.action")).status_code == 200
        assert (await plain.get("/nothing")).status_code == 404
        with pytest.raises(library.UnsupportedProtocol):
            await plain.head("/chatroom/get.action")
        emulator.faults.add(Drop(), path="chatroom/get")
        with pytest.raises(library.ReadError):
            await plain.post("/chatroom/get.action", data={"roomid": room})
    assert type(transport._session) is PoolSession


async def test_failures_of_a_plain_client_over_the_pool() -> None:
    """What goes wrong is told by the exceptions of httpx."""
    async with rude([stall]) as silent, rude([b"nothing like HTTP\r\n\r\n"]) as server:
        transport = SigningTransport("key", "the-secret", max_connections=1)
        async with httpx.AsyncClient(transport=transport, timeout=60) as plain:
            async for seconds in patience(silent):
                with pytest.raises(httpx.TimeoutException) as caught:
                    await plain.post(silent.url, data={"a": "b"}, timeout=seconds)
                assert not silent.requests or caught.type is httpx.ReadTimeout
            with pytest.raises(httpx.RemoteProtocolError):
                await plain.post(server.url, data={"a": "b"})
    transport = SigningTransport("key", "the-secret", max_connections=1)
    async with httpx.AsyncClient(transport=transport, timeout=None) as plain:  # noqa: S113
        with pytest.raises(httpx.ConnectError):
            await plain.post(server.url, data={"a": "b"})
