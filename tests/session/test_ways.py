"""What holds on each way to run a client."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from nim_async import (
    ConfigurationError,
    ConnectError,
    DecodeError,
    NimClient,
    NimError,
    StatusError,
    TimedOut,
    TransportError,
)
from tests.session.rude import Peer, Step, patience, rude, stall

if TYPE_CHECKING:
    from tests.session.ways import Ground, Way

pytestmark = pytest.mark.anyio


@pytest.fixture(name="anyio_backend")
def _anyio_backend(way: Way) -> tuple[str, dict[str, Any]]:
    return way.backend


def room(number: int, *headers: bytes) -> bytes:
    """Make the description of a room."""
    body = b'{"code":200,"chatroom":{"roomid":%d,"valid":true,"creator":"a","name":"b"}}' % number
    return answer(body, *headers)


def answer(body: bytes, *headers: bytes) -> bytes:
    """Make a reply."""
    lines = b"".join(header + b"\r\n" for header in (*headers, b"Content-Length: %d" % len(body)))
    return b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n" + body


async def serve(peer: Peer) -> None:
    """Describe the rooms that are asked for, one after the other."""
    while True:
        number = int(peer.server.requests[-1].rpartition(b"roomid=")[2].partition(b"&")[0])
        await peer.send(room(number))
        if not await peer.request():
            return


class Asked:
    """A step that says that it was reached, and answers nothing."""

    def __init__(self) -> None:
        self.event = anyio.Event()

    async def __call__(self, peer: Peer) -> None:
        self.event.set()
        await peer.until_closed()


async def said(nim: NimClient, number: int = 66) -> str:
    """Ask for a room; return the id of the one that came, or the error."""
    try:
        return str((await nim.chatroom.get(room_id=number)).room_id)
    except NimError as error:
        return f"{type(error).__name__}: {error.reason}"


# replies


@pytest.mark.parametrize("apart", [False, True])
async def test_one_reply_too_many_answers_nothing(ground: Ground, *, apart: bool) -> None:
    """A second reply, in the same segment or behind it, is never what a later call is answered."""

    async def twice(peer: Peer) -> None:
        first, second = room(1), room(666)
        await peer.send(first if apart else first + second)
        if apart:
            await peer.send(second)
        if await peer.request():
            await serve(peer)

    server = await ground.server([twice], [serve])
    nim = (await ground.client(server)).options(max_attempts=1)
    assert await said(nim, 1) in {"1", "DecodeError: $: more than one reply"}
    await anyio.wait_all_tasks_blocked()
    assert await said(nim, 2) == "2"
    assert await said(nim, 3) == "3"


async def test_what_an_idle_connection_says_answers_nothing(ground: Ground) -> None:
    """Bytes that come while nobody asks are no reply to whoever asks next, but over aiohttp."""
    over_aiohttp = ground.way.over == "aiohttp"  # README names this exception
    idle, spoken = anyio.Event(), anyio.Event()

    async def talk(peer: Peer) -> None:
        await peer.send(room(1))
        await idle.wait()
        try:
            await peer.send(room(666))
        finally:
            spoken.set()
        await peer.until_closed()

    server = await ground.server([talk], [serve])
    nim = (await ground.client(server)).options(max_attempts=1)
    assert await said(nim, 1) == "1"
    passed = len(ground.passed)
    idle.set()
    await spoken.wait()
    while ground.way.over == "proxy" and len(ground.passed) == passed:  # noqa: ASYNC110
        await anyio.sleep(0.005)
    assert await said(nim, 2) == ("666" if over_aiohttp else "2")


async def test_an_encoding_nobody_asked_for(ground: Ground) -> None:
    """It is refused by its name, whatever it would unpack to; ``identity`` is none."""
    body = room(1).partition(b"\r\n\r\n")[2]
    packed = answer(gzip.compress(gzip.compress(body)), b"content-ENCODING: gzip, gzip")
    plain = room(2, b"Content-Encoding: identity")
    server = await ground.server([packed, plain, stall], [plain, stall])
    nim = (await ground.client(server)).options(max_attempts=1)
    with pytest.raises(DecodeError, match="content encoding gzip, gzip, not asked for") as caught:
        await nim.chatroom.get(room_id=1)
    assert caught.value.raw[:2] == b"\x1f\x8b"
    assert await said(nim, 2) == "2"
    assert all(b"\r\naccept-encoding: identity\r\n" in r.lower() for r in server.requests)


async def test_no_cookies(ground: Ground) -> None:
    """What a server wants to be kept is not kept, and nothing of it is sent."""
    cookie = b"Set-Cookie: track=7; Path=/; Max-Age=99999"
    server = await ground.server([room(1, cookie)] * 4)
    nim = await ground.client(server)
    for _ in range(3):
        assert await said(nim, 1) == "1"
    assert not any(b"\r\ncookie:" in request.lower() for request in server.requests)
    if ground.way.over == "http_client":
        assert not list(ground.brought.cookies.jar)


async def test_no_redirect_is_followed(ground: Ground) -> None:
    """It is an answer that is no use, and no signature goes elsewhere."""
    other = await ground.server([room(2)])
    moved = b"HTTP/1.1 307 Moved\r\nLocation: %s/x\r\nContent-Length: 0\r\n\r\n"
    server = await ground.server([moved % other.url.encode()])
    nim = await ground.client(server)
    with pytest.raises(StatusError, match="307"):
        await nim.chatroom.get(room_id=1)
    assert (len(server.requests), len(other.requests)) == (1, 0)


# what was sent


# On trio httpx lets go of a body that it was sending when the time ran out.
@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")
async def test_a_call_that_may_have_arrived_is_not_repeated(ground: Ground) -> None:
    """Time that runs out while the service works leaves a call undecided."""
    server = await ground.server([stall])
    nim = await ground.client(server)
    async for seconds in patience(server):
        name = f"for-{seconds}-s"  # what came late is not of this call
        with pytest.raises(TimedOut) as caught:
            await nim.options(timeout=seconds).chatroom.create(creator="a", name=name)
        error = caught.value
        arrived = sum(f"name={name}".encode() in request for request in server.requests)
        if error.attempts > arrived:  # time ran out before the server had the first one
            server.requests.clear()
            continue
        assert (error.phase, error.maybe_processed) == ("read", True)
        assert (error.attempts, arrived) == (1, 1)


async def test_nobody_listens(ground: Ground) -> None:
    """What reached nobody surely did not happen."""
    async with rude([stall]) as server:
        server.url = server.url.replace("http:", "https:")  # through a proxy that is a tunnel
    nim = (await ground.client(server)).options(max_attempts=1)
    # The transport over aiohttp calls a refusal a timeout.
    kind = TimedOut if ground.way.over == "aiohttp" else ConnectError
    with pytest.raises(kind) as caught:
        await nim.chatroom.create(creator="a", name="b")
    assert not caught.value.maybe_processed


async def test_lost_after_it_was_sent(ground: Ground) -> None:
    """A connection that ends without an answer leaves a call undecided, however it is reported."""

    async def hang_up(peer: Peer) -> None:
        del peer

    server = await ground.server([hang_up])
    nim = await ground.client(server)
    with pytest.raises(TransportError) as caught:
        await nim.chatroom.create(creator="a", name="b")
    assert caught.value.maybe_processed
    assert len(server.requests) == 1


# the end


async def test_closing_ends_calls_with_the_truth(ground: Ground) -> None:
    """Calls under way may have happened, those that wait did not; nothing is sent any more."""
    asked = [Asked(), Asked()]
    scripts: list[list[Step]] = [[step] for step in asked]
    server = await ground.server(*scripts, [serve])
    nim = await ground.client(server)
    maybe: list[bool] = []

    async def create(view: NimClient) -> None:
        with pytest.raises(TransportError, match="the client was closed") as caught:
            await view.chatroom.create(creator="a", name="b")
        maybe.append(caught.value.maybe_processed)

    async with anyio.create_task_group() as group:
        for _ in asked:
            group.start_soon(create, nim)
        for step in asked:
            await step.event.wait()
        for _ in range(3):
            group.start_soon(create, nim.options(timeout=9))
        await anyio.wait_all_tasks_blocked()
        await nim.aclose()
    assert sorted(maybe) == [False, False, False, True, True]
    assert len(server.requests) == 2
    await nim.aclose()
    for view in (nim, nim.options(timeout=9)):
        with pytest.raises(ConfigurationError, match="the client is closed"):
            await view.chatroom.get(room_id=1)


async def test_draining(ground: Ground) -> None:
    """Calls under way finish, new ones are refused; who is not done in time is cut off."""
    asked, free = anyio.Event(), anyio.Event()

    async def late(peer: Peer) -> None:
        asked.set()
        await free.wait()
        await peer.send(room(1))

    server = await ground.server([late])
    nim = await ground.client(server)
    done: list[str] = []

    async def call() -> None:
        done.append(await said(nim, 1))

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await asked.wait()
        group.start_soon(lambda: nim.aclose(drain=60))
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(ConfigurationError, match="closed"):
            await nim.chatroom.get(room_id=2)
        free.set()
    assert done == ["1"]

    server = await ground.server([stall])
    nim = await ground.client(server)
    async with anyio.create_task_group() as group:
        group.start_soon(call)
        while not server.requests:  # noqa: ASYNC110  it is the outside that changes
            await anyio.sleep(0.005)
        await nim.aclose(drain=0.05)
    assert done[1:] == ["TransportError: the client was closed"]


async def test_cancelled_calls_leave_their_places(ground: Ground) -> None:
    """However far a cancelled call came, the next ones have all connections."""
    asked = [Asked(), Asked()]
    scripts: list[list[Step]] = [[step] for step in asked]
    server = await ground.server(*scripts, [serve])
    nim = await ground.client(server)
    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(said, nim)
        for step in asked:
            await step.event.wait()
        group.cancel_scope.cancel()
    assert await said(nim, 1) == "1"
    assert (nim.statistics().under_way, nim.statistics().waiting) == (0, 0)
