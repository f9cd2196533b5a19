"""The session over httpx: queueing, time, bounds, cancellation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import httpx
import httpx2
import pytest

from nim_async import (
    ConfigurationError,
    ConnectError,
    DecodeError,
    NimClient,
    SigningTransport,
    TimedOut,
    TransportError,
)
from nim_async._session import MAX_REPLY_BYTES
from nim_async._session.over_httpx import HttpxSession
from nim_async.config import ConnectionOptions
from nim_async.emulator import Emulator
from tests.doubles import BASE, OK, Scripted, client, reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LATE = 1e9


class Gated(httpx.AsyncBaseTransport):
    """Holds every request until it is let through."""

    def __init__(self) -> None:
        self.gate = anyio.Event()
        self.started: list[str] = []
        self.most = 0
        self.under_way = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        async for _ in request.stream:
            pass
        self.started.append(request.headers["RequestId"])
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.gate.wait()
        finally:
            self.under_way -= 1
        return reply(OK)


@pytest.mark.slow
@pytest.mark.parametrize("connections", [1, 10])
async def test_a_crowd_waits_in_order_and_nobody_fails(
    connections: int, anyio_backend_name: str
) -> None:
    """
    1,000 tasks on 10 connections, or on one: all are answered, in order of arrival.

    Connections that come free at once are handed out in order too, but trio then runs the tasks
    that got them in an order of its own; there a task may start that many places off.
    """
    transport = Gated()
    asked: list[str] = []
    async with client(transport, max_connections=connections) as nim:

        async def call(number: int) -> None:
            trace_id = f"call-{number}"
            asked.append(trace_id)
            await nim.options(trace_id=trace_id).chatroom.get(room_id=66)

        async with anyio.create_task_group() as tasks:
            for number in range(1000):
                tasks.start_soon(call, number)
            await anyio.wait_all_tasks_blocked()
            assert sorted(transport.started) == sorted(asked[:connections])
            transport.gate.set()
    slack = connections - 1 if anyio_backend_name == "trio" else 0
    places = {trace_id: place for place, trace_id in enumerate(asked)}
    assert len(transport.started) == len(asked) == 1000
    assert all(abs(places[t] - place) <= slack for place, t in enumerate(transport.started))
    assert transport.most == connections


class Watched(httpx.AsyncBaseTransport):
    """Remembers which requests were handed to a real transport, in order."""

    def __init__(self) -> None:
        self.inner = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=10))
        self.started: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.started.append(request.headers["RequestId"])
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


@pytest.mark.slow
async def test_a_crowd_on_ten_real_connections(anyio_backend_name: str) -> None:
    """1,000 concurrent calls over sockets: all succeed, first come, first served."""
    emulator = Emulator("key", "the-secret")
    room = emulator.add_room("amy")
    transport = Watched()
    asked: list[str] = []
    async with (
        emulator.serve() as base_url,
        client(transport, base_url=base_url, max_connections=10) as nim,
    ):

        async def call(number: int) -> None:
            trace_id = f"call-{number}"
            asked.append(trace_id)
            view = nim.options(trace_id=trace_id, timeout=60, deadline=60, max_attempts=1)
            assert (await view.chatroom.get(room_id=room)).creator == "amy"

        async with anyio.create_task_group() as tasks:
            for number in range(1000):
                tasks.start_soon(call, number)
    slack = 9 if anyio_backend_name == "trio" else 0
    places = {trace_id: place for place, trace_id in enumerate(asked)}
    assert all(abs(places[t] - place) <= slack for place, t in enumerate(transport.started))
    assert len(transport.started) == len(emulator.calls) == 1000
    assert all(recorded.processed for recorded in emulator.calls)


@pytest.mark.virtual_time
async def test_waiting_for_a_connection_ends_with_the_deadline() -> None:
    """A task that never gets a connection is told so, and its call surely did not happen."""
    transport = Gated()
    async with client(transport, max_connections=1) as nim, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: nim.chatroom.get(room_id=66))
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(TimedOut) as caught:
            await nim.options(deadline=0.01).chatroom.get(room_id=66)
        assert caught.value.phase == "pool"
        assert not caught.value.maybe_processed
        transport.gate.set()
    assert len(transport.started) == 1


async def test_a_cancelled_task_gives_its_place_back() -> None:
    """Cancelled while waiting or under way, a call takes no place from those that follow."""
    transport = Gated()
    async with client(transport, max_connections=1) as nim:
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(lambda: nim.chatroom.get(room_id=66))
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        assert transport.under_way == 0
        transport.gate.set()
        assert (await nim.chatroom.get(room_id=66)).room_id == 66


@pytest.mark.virtual_time
async def test_an_attempt_ends_with_its_timeout() -> None:
    """A transport that never answers is given up, and what was sent may have been carried out."""
    async with client(Gated()) as nim:
        with pytest.raises(TimedOut) as caught:
            await nim.options(timeout=0.01, max_attempts=1).chatroom.create(creator="a", name="b")
    assert caught.value.phase == "read"
    assert caught.value.maybe_processed


class Untouched(httpx.AsyncBaseTransport):
    """Never asks for the body."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002
        await anyio.sleep_forever()
        raise AssertionError


@pytest.mark.virtual_time
async def test_what_a_foreign_transport_was_given_may_have_been_sent() -> None:
    """It may send a body without asking for it, so nothing is concluded from that."""
    async with client(Untouched()) as nim:
        with pytest.raises(TimedOut) as caught:
            await nim.options(timeout=0.01).chatroom.create(creator="a", name="b")
    assert caught.value.phase == "read"
    assert caught.value.maybe_processed
    assert caught.value.attempts == 1


@pytest.mark.parametrize(
    ("raised", "kind", "phase"),
    [
        (httpx.ConnectError("x"), ConnectError, None),
        (httpx.ProxyError("x"), TransportError, None),
        (httpx.ConnectTimeout("x"), TimedOut, "connect"),
        (httpx.PoolTimeout("x"), TimedOut, "pool"),
        (httpx.WriteTimeout("x"), TimedOut, "write"),
        (httpx.ReadTimeout("x"), TimedOut, "read"),
        (httpx.ReadError("x"), TransportError, None),
        (httpx.WriteError("x"), TransportError, None),
        (httpx.CloseError("x"), TransportError, None),
        (httpx.RemoteProtocolError("x"), TransportError, None),
        (httpx.LocalProtocolError("x"), TransportError, None),
        (httpx.DecodingError("x"), DecodeError, None),
    ],
)
async def test_exceptions_of_httpx_become_ours(
    raised: Exception, kind: type[TransportError], phase: str | None
) -> None:
    """Each exception maps to the class that says most, with the original as its cause."""
    session = HttpxSession(ConnectionOptions(transport=Scripted([raised])))
    await session.enter(LATE)
    with pytest.raises(kind) as caught:
        await session.request("POST", f"{BASE}/x", b"", "", until=anyio.current_time() + 1)
    assert getattr(caught.value, "phase", None) == phase
    assert caught.value.__cause__ is raised
    await session.aclose()


async def test_our_own_bugs_stay_visible() -> None:
    """An exception that is no transport error passes through as it is."""
    async with client(Scripted([RuntimeError("a bug")])) as nim:
        with pytest.raises(RuntimeError, match="a bug"):
            await nim.chatroom.get(room_id=66)


# httpx leaves its generators to the loop, and trio says so when it closes them.
@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")
async def test_an_endless_answer_is_cut_off() -> None:
    """A body is read up to a bound and not further."""
    served = 0

    async def flood() -> AsyncIterator[bytes]:
        nonlocal served
        while True:
            served += 1
            yield b"x" * (1 << 20)

    transport = Scripted([httpx.Response(200, content=flood())])
    async with client(transport) as nim:
        with pytest.raises(DecodeError) as caught:
            await nim.options(max_attempts=1).chatroom.get(room_id=66)
    assert served == MAX_REPLY_BYTES // (1 << 20) + 1
    assert len(caught.value.raw) <= 4096


async def test_the_constructor_opens_nothing_and_close_closes_what_is_ours() -> None:
    """A transport passed in is closed with the client; a caller's client never is."""
    transport = Scripted([reply(OK)] * 2)
    nim = client(transport)
    await nim.chatroom.get(room_id=66)
    await nim.aclose()
    assert transport.closed == 1
    with pytest.raises(ConfigurationError, match="closed"):
        await nim.chatroom.get(room_id=66)
    async with httpx.AsyncClient(transport=Scripted([reply(OK)] * 2)) as own:
        async with NimClient("k", "s", base_url=BASE, http_client=own) as nim:
            await nim.chatroom.get(room_id=66)
        assert not own.is_closed


def test_a_caller_s_client_brings_its_own_transport() -> None:
    """Options that the caller's client would ignore are refused."""
    with pytest.raises(ConfigurationError):
        NimClient("k", "s", http_client=httpx.AsyncClient(), transport=Scripted([]))


class Successor(httpx2.AsyncBaseTransport):
    """A transport of the successor library, which shares no class with httpx."""

    def __init__(self, outcomes: list[Any]) -> None:
        self.outcomes = outcomes
        self.headers: list[dict[str, str]] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        self.headers.append(dict(request.headers))
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return httpx2.Response(200, json=outcome)


async def test_the_successor_of_httpx_serves_as_well() -> None:
    """A transport or a client of httpx2 works, errors included."""
    transport = Successor([OK, httpx2.ReadTimeout("late"), httpx2.ConnectError("no")])
    async with NimClient("k", "s", base_url=BASE, transport=transport) as nim:
        once = nim.options(max_attempts=1)
        assert (await once.chatroom.get(room_id=66)).room_id == 66
        with pytest.raises(TimedOut):
            await once.chatroom.get(room_id=66)
        with pytest.raises(ConnectError):
            await once.chatroom.get(room_id=66)
    async with httpx2.AsyncClient(transport=Successor([OK])) as own:
        async with NimClient("k", "s", base_url=BASE, http_client=own) as nim:
            assert (await nim.chatroom.get(room_id=66)).room_id == 66
        assert not own.is_closed


async def test_a_plain_httpx_client_can_sign() -> None:
    """`SigningTransport` signs whatever passes, keeps a RequestId, and closes what it wraps."""
    inner = Scripted([reply(OK), reply(OK)])
    transport = SigningTransport("key", "the-secret", transport=inner)
    async with httpx.AsyncClient(transport=transport) as plain:
        await plain.post(f"{BASE}/x.action", data={"a": "b"})
        await plain.post(f"{BASE}/x.action", headers={"RequestId": "mine", "Nonce": "stale"})
    first, second = (r.headers for r in inner.requests)
    assert first["AppKey"] == "key"
    assert first["Nonce"] != second["Nonce"] != "stale"
    assert len(first["RequestId"]) == 32
    assert second["RequestId"] == "mine"
    assert len(second.get_list("Nonce")) == 1
    assert inner.closed == 1
    assert "the-secret" not in repr(transport)


NO_TRACE_ID = "trace_id must be a function without arguments that returns text; given: "


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"transport": 5},
            (
                "transport must be an httpx.AsyncBaseTransport; given: 5; "
                "give one such as httpx.AsyncHTTPTransport()"
            ),
        ),
        (
            {"transport": httpx.HTTPTransport()},
            (
                "transport must be an httpx.AsyncBaseTransport; given: a HTTPTransport; "
                "it is synchronous; give one such as httpx.AsyncHTTPTransport()"
            ),
        ),
        (
            {"transport": httpx.AsyncHTTPTransport},
            (
                "transport must be an httpx.AsyncBaseTransport; given: the class "
                "AsyncHTTPTransport; give one such as httpx.AsyncHTTPTransport()"
            ),
        ),
        (
            {"transport": httpx.AsyncClient()},
            (
                "transport must be an httpx.AsyncBaseTransport; given: an AsyncClient; "
                "it is a client; give its transport alone"
            ),
        ),
        ({"trace_id": None}, f"{NO_TRACE_ID}None; leave it out for a new one each time"),
        ({"trace_id": "t"}, f"{NO_TRACE_ID}'t'; leave it out for a new one each time"),
        (
            {"trace_id": anyio.sleep_forever},
            f"{NO_TRACE_ID}the function sleep_forever, which returns a coroutine",
        ),
        ({"trace_id": str.upper}, f"{NO_TRACE_ID}the function str.upper with other arguments"),
        ({"max_connections": 0}, "max_connections must be more than 0; given: 0"),
    ],
)
def test_what_cannot_sign(options: dict[str, Any], text: str) -> None:
    """What cannot send, or make a trace id, is refused where the transport is made."""
    with pytest.raises(ConfigurationError) as caught:
        SigningTransport("key", "the-secret", **options)
    assert str(caught.value) == text
    assert caught.value.option in options


@pytest.mark.parametrize("made", [None, 7, b"x", "", "a\nb", "x" * 129])
async def test_a_trace_id_that_cannot_be(made: Any) -> None:
    """It is refused before anything is sent, and asked for only where there is none yet."""
    inner = Scripted([reply(OK)])
    transport = SigningTransport("key", "the-secret", transport=inner, trace_id=lambda: made)
    async with httpx.AsyncClient(transport=transport) as plain:
        with pytest.raises(ConfigurationError, match="trace_id must be 1 to 128"):
            await plain.post(f"{BASE}/x.action")
        assert inner.requests == []
        await plain.post(f"{BASE}/x.action", headers={"RequestId": "mine"})
    assert inner.requests[0].headers["RequestId"] == "mine"


async def test_signing_works_in_a_client_of_the_successor() -> None:
    """The signing transport fits a client of httpx2 too."""
    inner = Successor([OK])
    transport: Any = SigningTransport("key", "the-secret", transport=inner)
    async with httpx2.AsyncClient(transport=transport) as plain:
        await plain.post(f"{BASE}/x.action", data={"a": "b"})
    assert inner.headers[0]["appkey"] == "key"
    assert len(inner.headers[0]["checksum"]) == 40
