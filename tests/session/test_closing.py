"""Where and when a client may be closed, and what connecting leaves behind."""

from __future__ import annotations

import asyncio  # noqa: TID251  loops that end, and tasks that are cancelled at a turn of theirs
import gc
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from nim_async import ConfigurationError, NimClient, TransportError
from nim_async._session.over_httpx import HttpxSession
from nim_async._session.pool import PoolSession
from nim_async.config import ConnectionOptions
from tests.doubles import OK, Scripted, client, reply
from tests.session.rude import Peer, Server, rude, stall
from tests.session.test_sessions import GOOD, post
from tests.session.test_ways import serve
from tests.session.ways import Ground, Way, ground

if TYPE_CHECKING:
    from collections.abc import Callable

    from nim_async._session import Session

LOOPS = ["asyncio", "uvloop", "trio"]


def run(loop: str, main: Callable[..., Any], *arguments: Any) -> Any:
    """Run on a loop of its own."""
    backend, options = Way(loop=loop).backend
    if loop == "uvloop":
        pytest.importorskip("uvloop", reason="not for this system")
    return anyio.run(main, *arguments, backend=backend, backend_options=options)


def sockets() -> int:
    """Count the open sockets of this process."""
    gc.collect()
    found = 0
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that lists them
            found += str(link.readlink()).startswith("socket:")
    return found


def sessions(loop: str) -> list[Callable[[ConnectionOptions], Session]]:
    """Return the kinds of sessions that serve a loop."""
    return [HttpxSession] if loop == "trio" else [PoolSession, HttpxSession]


# other loops


@pytest.mark.slow
@pytest.mark.parametrize("loop", LOOPS)
def test_on_a_loop_after_the_one_that_ended(loop: str) -> None:
    """Closing is quiet there, however often, and no descriptor stays open."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc")

    async def use(session: Session) -> None:
        session.bind()
        async with rude([GOOD, stall]) as server:
            await post(session, server)

    async def close(session: Session) -> None:
        assert session.orphaned()
        await session.aclose()

    for kind in sessions(loop):
        session = kind(ConnectionOptions(max_connections=2))
        before = sockets()
        with warnings.catch_warnings():
            # What a loop says of that it was left with as it ends is no matter of closing.
            warnings.simplefilter("ignore", ResourceWarning)
            run(loop, use, session)
            for _ in range(2):
                run(loop, close, session)
            del session
        assert sockets() <= before


def test_on_another_loop_beside_its_own() -> None:
    """That is an error which says so, and the client goes on working on its own."""
    own = asyncio.new_event_loop()
    nim = client(Scripted([reply(OK)] * 2))
    own.run_until_complete(nim.chatroom.get(room_id=66))
    with pytest.raises(ConfigurationError, match="another event loop"):
        asyncio.run(nim.aclose())
    own.run_until_complete(nim.chatroom.get(room_id=66))
    own.run_until_complete(nim.aclose())
    own.close()


async def test_a_client_that_was_not_used() -> None:
    """Its transport is closed all the same, once, and it cannot be used afterwards."""
    transport = Scripted([])
    nim = client(transport)
    for _ in range(2):
        await nim.aclose()
    assert transport.closed == 1
    with pytest.raises(ConfigurationError, match="the client is closed"):
        await nim.chatroom.get(room_id=66)


class Deaf(httpx.AsyncBaseTransport):
    """Takes its time over closing."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002
        return reply(OK)

    async def aclose(self) -> None:
        await anyio.sleep_forever()


@pytest.mark.virtual_time
async def test_closing_is_bounded() -> None:
    """A transport that does not end is left after 5 seconds."""
    nim = client(Deaf())
    await nim.chatroom.get(room_id=66)
    began = anyio.current_time()
    await nim.aclose()
    assert anyio.current_time() - began == pytest.approx(5, abs=0.1)


@pytest.mark.virtual_time
async def test_pauses_and_limits_end_with_the_client() -> None:
    """Who waits for a repeat is told what the attempts before may have done."""
    transport = Scripted([httpx.ConnectError("no"), httpx.ConnectError("no")] * 9)
    nim = client(transport)
    caught: list[TransportError] = []

    async def call() -> None:
        try:
            await nim.options(deadline=1e9, max_attempts=99).chatroom.create(creator="a", name="b")
        except TransportError as error:
            caught.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        while len(transport.requests) < 3:  # noqa: ASYNC110  it is the outside that changes
            await anyio.sleep(0.001)
        await nim.aclose()
        await nim.aclose()
    [error] = caught
    assert error.reason == "the client was closed"
    assert len(error.earlier) == len(transport.requests) >= 3
    assert not error.maybe_processed


# connecting


@pytest.mark.slow
@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_cancelled_at_any_turn_of_connecting(loop: str, *, tls: bool) -> None:
    """Whatever a call was cancelled at, nothing stays open, and the loop has nothing to say."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc")
    said: list[dict[str, Any]] = []

    async def storm(around: Ground) -> None:
        server = await around.server([serve])
        nim = await around.client(server, max_connections=3)
        for turns in range(40):
            calls = [asyncio.ensure_future(nim.chatroom.get(room_id=66)) for _ in range(4)]
            for _ in range(turns):
                await asyncio.sleep(0)
            for call in calls:
                call.cancel()
            for outcome in await asyncio.gather(*calls, return_exceptions=True):
                assert not isinstance(outcome, Exception)
        assert nim.statistics().under_way == 0
        assert (await nim.chatroom.get(room_id=66)).room_id == 66
        await nim.aclose()
        inside: Any = vars(nim)["_attempts"]
        assert not inside._closing._open
        assert not inside._closing._openings

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
        async with ground(Way(loop=loop, tls=tls)) as around:
            await storm(around)

    before = sockets()
    run(loop, main)
    assert sockets() <= before
    assert not said


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_closed_while_connecting(loop: str) -> None:
    """A handshake that is not answered is given up, and the call surely did not happen."""

    class Silent(Server):
        async def serve(self, stream: Any) -> None:
            self.connections += 1
            async with stream:
                await Peer(stream, self).until_closed()

    async def main() -> None:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        server = Silent([])
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        nim = NimClient("k", "s", base_url=f"https://127.0.0.1:{port}/nimserver")

        async def call() -> None:
            with pytest.raises(TransportError, match="the client was closed") as caught:
                await nim.chatroom.create(creator="a", name="b")
            assert not caught.value.maybe_processed

        async with listener, anyio.create_task_group() as group:
            group.start_soon(listener.serve, server.serve)
            async with anyio.create_task_group() as calls:
                calls.start_soon(call)
                while not server.connections:  # noqa: ASYNC110  it is the outside that changes
                    await anyio.sleep(0.001)
                await nim.aclose()
            group.cancel_scope.cancel()

    run(loop, main)


# requests that were not written


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_what_comes_before_a_request_is_written(loop: str, *, tls: bool) -> None:
    """The request goes out on another connection in the same attempt, whatever it asks for."""

    async def main() -> None:
        async with ground(Way(loop=loop, tls=tls)) as around:
            spoken = asyncio.Event()

            async def stray(peer: Peer) -> None:
                await serve_once(peer)
                await idle.wait()
                await serve_once(peer)
                spoken.set()
                await peer.until_closed()

            idle = asyncio.Event()
            server = await around.server([stray], *[[stall]] * 5, [serve])
            nim = await around.client(server, max_connections=9)
            assert (await nim.chatroom.get(room_id=1)).room_id == 1
            slow = [asyncio.ensure_future(nim.chatroom.get(room_id=200)) for _ in range(6)]
            while server.connections < 6:  # noqa: ASYNC110  it is the outside that changes
                await asyncio.sleep(0.001)
            for call in slow:
                call.cancel()
            idle.set()
            await spoken.wait()
            once = nim.options(max_attempts=1)  # of a path that is never repeated
            await once.call("/nimserver/user/create.action", {"roomid": 2})
            assert server.requests[-1].endswith(b"roomid=2")

    async def serve_once(peer: Peer) -> None:
        await peer.send(
            b"HTTP/1.1 200 OK\r\nContent-Length: 85\r\n\r\n"
            b'{"code":200,"chatroom":{"roomid":1,"valid":true,"creator":"a","name":"b","ext":"xx"}}'
        )

    run(loop, main)
