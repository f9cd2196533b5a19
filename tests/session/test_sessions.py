"""What every session does with servers good and bad: one set of tests for all of them."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from nim_async import ConfigurationError, ConnectError, TimedOut, TransportError
from nim_async._session import MAX_REPLY_BYTES
from nim_async._session.over_httpx import HttpxSession
from nim_async._session.pool import PoolSession
from nim_async.config import ConnectionOptions
from tests.session.rude import Peer, Server, Step, patience, reset, rude, stall, then

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from nim_async._session import Reply, Session

BODY = b'{"code":200}'
GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n" + BODY
CLOSED = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY
HEAD = b"HTTP/1.1 200 OK\r\n"


def chunked(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """Make a chunked reply."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + end


@pytest.fixture(
    params=[
        "asyncio-pool",
        pytest.param("asyncio-httpx", marks=pytest.mark.slow),
        pytest.param("trio-httpx", marks=pytest.mark.slow),
    ],
    name="kind",
)
def _kind(request: pytest.FixtureRequest) -> str:
    """Choose the kind of session; our own is for asyncio."""
    return str(request.param)


@pytest.fixture
def anyio_backend(kind: str) -> str:
    """Run on the event loop of the session."""
    return kind.partition("-")[0]


@pytest.fixture(name="new")
def _new(kind: str) -> Callable[..., Session]:
    """Find the class of the session."""
    return PoolSession if kind.endswith("pool") else HttpxSession


@pytest.fixture(name="session")
async def _session(new: Callable[..., Session]) -> AsyncIterator[Session]:
    """Make a session of two connections."""
    session = new(ConnectionOptions(max_connections=2, headers=(("X-Static", "yes"),)))
    session.bind()
    yield session
    await session.aclose()


async def post(
    session: Session,
    server: Server,
    body: bytes = b"a=b",
    *,
    timeout: float = 60.0,  # noqa: ASYNC109
) -> Reply:
    """Send one request through a session."""
    deadline = anyio.current_time() + 60
    await session.enter(deadline)
    try:
        return await session.request(
            "POST",
            f"{server.url}/x.action",
            body,
            "RequestId: mine\r\n",
            until=anyio.current_time() + timeout,
        )
    finally:
        session.leave()


# replies as they should be


async def test_what_is_sent(session: Session) -> None:
    """Method, path, host, both kinds of headers, length and body arrive; a GET has no body."""
    async with rude([GOOD, GOOD]) as server:
        await post(session, server)
        await session.enter(anyio.current_time() + 60)
        soon = anyio.current_time() + 60
        reply = await session.request("GET", f"{server.url}/y?z=1", b"", "", until=soon)
        session.leave()
        assert (reply.status, reply.body) == (200, BODY)
    first, second = server.requests
    head, _, body = first.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /nimserver/x.action HTTP/1.1"
    headers = {k.lower(): v.strip() for k, v in (line.split(b":", 1) for line in lines[1:])}
    assert headers[b"host"] == server.url.split("/")[2].encode()
    assert headers[b"x-static"] == b"yes"
    assert headers[b"requestid"] == b"mine"
    assert headers[b"content-length"] == b"3"
    assert body == b"a=b"
    assert second.startswith(b"GET /nimserver/y?z=1 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "raw",
    [
        GOOD,
        GOOD.lower().replace(b"http/1.1 200 ok", b"HTTP/1.1 200 OK"),
        GOOD.replace(b"Content-Length", b"cOnTeNt-LeNgTh"),
        GOOD.replace(b"Content-Length: 12", b"Content-Length:12"),
        GOOD.replace(b"Content-Length: 12", b"Content-Length: \t 12"),
        GOOD.replace(b"200 OK", b"200 "),
        chunked(BODY),
        chunked(*(BODY[i : i + 1] for i in range(12))),
        chunked(BODY, end=b"0\r\nX-Trailer: yes\r\n\r\n"),
        chunked(BODY).replace(b"c\r\n", b"00c;name=value\r\n", 1),
        CLOSED,
        HEAD + b"\r\n" + BODY,
        CLOSED.replace(b"HTTP/1.1", b"HTTP/1.0"),
        GOOD.replace(b"HTTP/1.1", b"HTTP/1.0"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD,
        b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + GOOD,
        b"HTTP/1.1 100 Continue\r\n\r\n" + chunked(BODY),
    ],
)
@pytest.mark.parametrize("pieces", [False, True])
async def test_a_good_reply(session: Session, raw: bytes, pieces: bool) -> None:  # noqa: FBT001
    """Every form of a reply is read, in one piece and byte by byte."""
    parts = [raw[i : i + 1] for i in range(len(raw))] if pieces else [raw]
    async with rude([then(*parts)]) as server:
        reply = await post(session, server)
    assert (reply.status, reply.body) == (200, BODY)


async def test_a_reply_without_a_body(session: Session) -> None:
    """204 has none, whatever its headers; a length of nothing is a body of nothing."""
    empty = HEAD + b"Content-Length: 0\r\n\r\n"
    async with rude([b"HTTP/1.1 204 No Content\r\n\r\n", empty, GOOD]) as server:
        assert await post(session, server) == (204, b"", b"", "")
        assert (await post(session, server)).body == b""
        assert (await post(session, server)).body == BODY
    assert server.connections == 1


async def test_a_large_reply(session: Session) -> None:
    """A body of many segments arrives whole, by length, in chunks, or up to the end."""
    body = bytes(range(256)) * 4096
    by_length = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    to_the_end = HEAD + b"Connection: close\r\n\r\n" + body
    pieces = [body[i : i + 50_000] for i in range(0, len(body), 50_000)]
    async with rude([by_length, chunked(*pieces), to_the_end]) as server:
        for _ in range(3):
            assert (await post(session, server)).body == body
    assert server.connections == 1


async def test_the_date_is_told(session: Session) -> None:
    """The ``Date`` header is there whatever its case, and ``None`` when it is missing."""
    dated = GOOD.replace(b"Content-Type", b"dAtE: Tue, 24 Nov 2026 00:00:00 GMT\r\nContent-Type")
    async with rude([dated, GOOD]) as server:
        assert (await post(session, server)).date == "Tue, 24 Nov 2026 00:00:00 GMT"
        assert (await post(session, server)).date is None


async def test_a_redirect_is_a_reply(session: Session) -> None:
    """Nobody is followed elsewhere with a signature in hand."""
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    async with rude([moved]) as server:
        assert (await post(session, server)).status == 302
    assert len(server.requests) == 1


# replies as they should not be

CUT = [
    b"",
    b"HTTP",
    HEAD,
    HEAD + b"Content-Len",
    HEAD + b"Content-Length: 12\r\n\r\n",
    GOOD[:-1],
    chunked(BODY, end=b""),
    chunked(BODY)[:-1],
    chunked(BODY, end=b"5\r\nab"),
    b"HTTP/1.1 100 Continue\r\n\r\n",
]


@pytest.mark.parametrize("raw", CUT)
async def test_a_reply_that_is_cut(session: Session, raw: bytes) -> None:
    """The end of the connection in the middle of a reply leaves the call undecided."""

    async def cut(peer: Peer) -> None:
        if raw:
            await peer.send(raw)
        await peer.stream.send_eof()

    for end in (cut, reset(raw)):
        async with rude([end]) as server:
            with pytest.raises(TransportError) as caught:
                await post(session, server)
        assert not isinstance(caught.value, ConnectError | TimedOut)
        assert caught.value.maybe_processed
        assert not caught.value.processed


BAD = [
    b"<html>nothing like HTTP</html>\r\n\r\n",
    b"HTTP/2.0 200 OK\r\nContent-Length: 12\r\n\r\n" + BODY,
    b"HTTP/1.1 2000 OK\r\nContent-Length: 12\r\n\r\n" + BODY,
    b"HTTP/1.1 abc OK\r\nContent-Length: 12\r\n\r\n" + BODY,
    b"\x00" * 64,
    HEAD + b"Content-Length: -1\r\n\r\n" + BODY,
    HEAD + b"Content-Length: twelve\r\n\r\n" + BODY,
    HEAD + b"Content-Length: 0x0c\r\n\r\n" + BODY,
    HEAD + b"Content-Length: 12, 13\r\n\r\n" + BODY,
    HEAD + b"Content-Length: 12\r\nContent-Length: 13\r\n\r\n" + BODY,
    HEAD + b"Content-Length: 99999999999999999999999999\r\n\r\n" + BODY,
    HEAD + b"No colon in here\r\nContent-Length: 12\r\n\r\n" + BODY,
    HEAD + b"Bad name: x\r\nContent-Length: 12\r\n\r\n" + BODY,
    HEAD + b": nameless\r\nContent-Length: 12\r\n\r\n" + BODY,
    HEAD + b"X: a\rContent-Length: 12\r\n\r\n" + BODY,
    HEAD + b"X: a\x00b\r\nContent-Length: 12\r\n\r\n" + BODY,
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n" + BODY,
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n-c\r\n" + BODY + b"\r\n0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nc\r\n" + BODY + b"XX0\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n" + BODY,
    HEAD + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
    HEAD + b"".join(b"X-%d: y\r\n" % i for i in range(20_000)) + b"\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc",
]
"""What is refused by all sessions."""

DESYNC = [
    GOOD + GOOD,
    GOOD + b"x",
    chunked(BODY) + GOOD,
    HEAD + b"Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0\r\n\r\n" + BODY,
]
"""What makes requests and replies go out of step."""

ENDLESS = BAD[19]  # httpx waits for the rest of a chunk of this size


@pytest.mark.parametrize("raw", BAD, ids=range(len(BAD)))
async def test_a_bad_reply(session: Session, raw: bytes) -> None:
    """It is a clear error, its connection is closed, and the next call is not concerned."""
    waits = raw == ENDLESS and isinstance(session, HttpxSession)
    closed = anyio.Event()

    async def misbehave(peer: Peer) -> None:
        await peer.send(raw)
        await peer.until_closed()
        closed.set()

    async with rude([misbehave], [GOOD]) as server:
        with pytest.raises(TransportError) as caught:
            await post(session, server, timeout=0.2 if waits else 20)
        assert isinstance(caught.value, ConnectError | TimedOut) == waits
        assert caught.value.maybe_processed
        assert len(str(caught.value)) < 400
        await closed.wait()
        assert (await post(session, server)).body == BODY


@pytest.mark.parametrize("raw", DESYNC, ids=range(len(DESYNC)))
async def test_more_than_a_reply(session: Session, raw: bytes) -> None:
    """Whatever comes with a reply, no later call gets it for an answer."""
    other = GOOD.replace(b"200}", b"404}")
    async with rude([raw, raw, raw], [other]) as server:
        with pytest.raises(TransportError, match=r"no HTTP|more than one"):
            await post(session, server)
        assert (await post(session, server)).body == other[-12:]
    assert server.connections == 2


async def test_bytes_nobody_asked_for(session: Session) -> None:
    """What a server says on an idle connection ends it; the next call opens another."""
    said = anyio.Event()

    async def talk(peer: Peer) -> None:
        await peer.send(GOOD)
        await idle.wait()
        await peer.send(GOOD.replace(b"200}", b"999}"))
        said.set()
        await peer.until_closed()

    idle = anyio.Event()
    async with rude([talk], [GOOD]) as server:
        assert (await post(session, server)).body == BODY
        idle.set()
        await said.wait()
        assert (await post(session, server)).body == BODY
    assert server.connections == 2


# The generators inside httpx are not closed one by one, which trio remarks upon.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
async def test_a_reply_without_an_end(session: Session) -> None:
    """A body is read up to a bound, however it is told."""
    part = b"x" * (1 << 20)

    def endless(head: bytes, piece: bytes) -> Step:
        async def flood(peer: Peer) -> None:
            await peer.send(head)
            while True:
                await peer.send(piece)

        return flood

    in_chunks = b"%x\r\n%s\r\n" % (len(part), part)
    for step in (
        endless(HEAD + b"\r\n", part),
        endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", in_chunks),
        endless(HEAD + b"Content-Length: %d\r\n\r\n" % (MAX_REPLY_BYTES * 2), part),
    ):
        async with rude([step]) as server:
            with pytest.raises(TransportError):
                await post(session, server)
        gc.collect()


# connections


async def test_connections_are_used_again(session: Session) -> None:
    """Calls in a row share a connection; calls at once have one each, up to the limit."""
    async with rude([GOOD] * 100) as server:
        for _ in range(5):
            await post(session, server)
        assert server.connections == 1
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(post, session, server)
        assert server.connections == 2
    assert len(server.requests) == 25


async def test_a_connection_the_server_closed_is_no_failure(session: Session) -> None:
    """An idle connection that has ended is noticed before it is used, even if it ended just now."""
    async with rude([GOOD]) as server:
        for _ in range(5):
            assert (await post(session, server)).body == BODY
            await anyio.wait_all_tasks_blocked()
    assert server.connections == 5


async def test_a_reply_before_the_whole_request(session: Session) -> None:
    """A server may answer while the body is on its way; that ends the connection."""

    async def early(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    class Impatient(Server):
        async def serve(self, stream: Any) -> None:
            self.connections += 1
            async with stream:
                await stream.receive(1)
                await early(Peer(stream, self))
                await Peer(stream, self).until_closed()

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server = Impatient([])
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    server.url = f"http://127.0.0.1:{port}/nimserver"
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, server.serve)
        for _ in range(2):
            assert (await post(session, server, b"x" * 8_000_000)).status == 413
        group.cancel_scope.cancel()
    assert server.connections == 2


async def test_a_half_closed_connection(session: Session) -> None:
    """A server that ends its side after a whole reply is believed, and not asked again there."""

    async def half(peer: Peer) -> None:
        await peer.send(GOOD)
        await peer.stream.send_eof()
        await peer.until_closed()

    async with rude([half]) as server:
        for _ in range(3):
            assert (await post(session, server)).body == BODY
            await anyio.wait_all_tasks_blocked()
    assert server.connections == 3


async def test_nobody_listens(session: Session) -> None:
    """A refused connection is an error that says that nothing was sent."""
    async with rude([GOOD]) as server:
        pass
    with pytest.raises(ConnectError) as caught:
        await post(session, server)
    assert not caught.value.maybe_processed


# time


async def test_a_reply_that_does_not_come(session: Session) -> None:
    """Time runs out while reading: the call may have been carried out, the connection is closed."""
    for script in ([stall], [then(HEAD), stall]):
        async with rude(script) as server:
            async for seconds in patience(server):
                began = anyio.current_time()
                with pytest.raises(TimedOut) as caught:
                    await post(session, server, timeout=seconds)
                assert anyio.current_time() - began >= seconds - 0.01
                if server.requests:
                    assert caught.value.phase == "read"
                    assert caught.value.maybe_processed
    async with rude([GOOD]) as server:
        assert (await post(session, server)).body == BODY


async def test_an_exchange_ends_in_time(session: Session) -> None:
    """Whatever is sent, its end comes when it was said to."""
    async with rude([stall]) as server:
        for method in ("GET", "POST"):
            await session.enter(anyio.current_time() + 20)
            until = anyio.current_time() + 0.05
            with pytest.raises(TimedOut):
                await session.request(method, f"{server.url}/x", b"", "", until=until)
            session.leave()
            assert anyio.current_time() >= until - 0.01


async def test_waiting_for_a_connection(session: Session) -> None:
    """Who waits is served in order of arrival; who runs out of time is told so."""
    order: list[int] = []

    async def wait(number: int) -> None:
        await session.enter(anyio.current_time() + 60)
        order.append(number)
        session.leave()

    far = anyio.current_time() + 60
    await session.enter(far)
    await session.enter(far)
    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(wait, number)
            await anyio.wait_all_tasks_blocked()
        with pytest.raises(TimedOut) as caught:
            await session.enter(anyio.current_time() + 0.02)
        assert caught.value.phase == "pool"
        assert not caught.value.maybe_processed
        session.leave()
    session.leave()
    assert order == list(range(20))


async def test_cancelled_while_waiting(session: Session) -> None:
    """A task cancelled in the queue, even just as its turn came, takes no place from others."""
    far = anyio.current_time() + 60

    async def pass_through() -> None:
        await session.enter(far)
        session.leave()

    for given in (False, True):
        await session.enter(far)
        await session.enter(far)
        async with anyio.create_task_group() as group:
            group.start_soon(pass_through)
            await anyio.wait_all_tasks_blocked()
            if given:
                session.leave()
            group.cancel_scope.cancel()
        if not given:
            session.leave()
        session.leave()
        await session.enter(far)
        await session.enter(far)
        session.leave()
        session.leave()


async def test_cancelled_on_the_way(session: Session) -> None:
    """The connection of a cancelled call is closed, and its late reply given to nobody."""
    asked = anyio.Event()

    async def late(peer: Peer) -> None:
        asked.set()
        await peer.until_closed()

    async with rude([late], [GOOD]) as server:
        async with anyio.create_task_group() as group:
            group.start_soon(post, session, server)
            await asked.wait()
            group.cancel_scope.cancel()
        assert (await post(session, server)).body == BODY
    assert server.connections == 2


# the end


async def test_a_closed_session(session: Session) -> None:
    """It says that it is closed, however often it is closed."""
    async with rude([GOOD]) as server:
        await post(session, server)
        await session.aclose()
        await session.aclose()
        with pytest.raises(TransportError, match="the client was closed") as caught:
            await post(session, server)
        assert not caught.value.maybe_processed


def test_another_event_loop(new: Callable[..., Session], anyio_backend: Any) -> None:
    """A session belongs to the loop it was first used on."""
    session = new(ConnectionOptions(max_connections=1))

    async def bind() -> None:
        session.bind()
        session.bind()

    anyio.run(bind, backend=anyio_backend)
    with pytest.raises(ConfigurationError, match="another event loop"):
        anyio.run(bind, backend=anyio_backend)
