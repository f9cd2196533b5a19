"""The way to Redis: over forks and event loops, with calls cancelled and answers that are odd."""

from __future__ import annotations

import asyncio  # noqa: TID251  a native cancellation and a scope are different things
import gc
import subprocess
import sys
import warnings
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.abc
import anyio.to_thread
import pytest
from attrs import define, field

from nim_async import ConfigurationError, TimedOut
from nim_async.limits.redis import RedisLimits
from tests.client.sharing import (
    LATE,
    PATH,
    client,
    in_charge,
    keys_of,
    limit,
    limits,
    link,
    new_app,
    two,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from anyio.abc import SocketStream

    from nim_async.limits import Limiter
    from tests.redis_server import Server

pytestmark = pytest.mark.slow

TOKEN = 8  # where a question says which place it is for


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, the only loop that redis-py knows."""
    return "asyncio"


# places that come back


@pytest.mark.usefixtures("unhurried")
async def test_a_place_that_may_come_free_in_time_is_waited_for(settled: Server) -> None:
    """A call under way, of any process, may end without having used its place."""
    app = new_app()
    async with two(settled, app) as (one, other):
        first, second = await in_charge(settled, one, 1, 60), other(PATH, limit(1, 60))
        for gate in (first, second):
            await first.enter(anyio.current_time() + 300)
            entered = anyio.Event()

            async def wait(gate: Limiter, entered: anyio.Event) -> None:
                await gate.enter(anyio.current_time() + 200)
                entered.set()
                await gate.leave(used=False)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wait, gate, entered)
                await until_told_to_wait(gate)
                assert not entered.is_set()
                await first.leave(used=False)
                with anyio.fail_after(60):
                    await entered.wait()


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("how", ["scope", "native"])
async def test_the_place_of_a_cancelled_call_comes_back(
    settled: Server, how: str, *, used: bool
) -> None:
    """It is given back although its caller is cancelled and its process falls silent."""
    app = new_app()
    async with two(settled, app) as (one, other):
        first, second = await in_charge(settled, one, 1, 0.1), other(PATH, limit(1, 0.1))

        async def call() -> None:
            await first.enter(anyio.current_time() + 300)
            try:
                await anyio.sleep_forever()
            finally:
                await first.leave(used=used)

        if how == "scope":
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call)
                await until_taken(first)
                tasks.cancel_scope.cancel()
        else:
            task = asyncio.create_task(call())
            await until_taken(first)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        with anyio.fail_after(10):
            await second.enter(LATE)


async def until_told_to_wait(gate: Any) -> None:
    """Wait until Redis has told that there is no place yet."""
    while gate._freed is None:  # noqa: ASYNC110  nobody reports it
        await anyio.sleep(0.005)


async def until_taken(gate: Limiter) -> None:
    """Wait until a place is taken."""
    while not gate.state.taken:  # noqa: ASYNC110  nobody reports it
        await anyio.sleep(0.005)


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("ended_by", ["cancelled", "deadline"])
async def test_a_place_whose_answer_was_not_waited_for_comes_back(
    settled: Server, ended_by: str
) -> None:
    """A question that Redis has answered, though its caller was gone by then, holds nothing."""
    app = new_app()
    async with two(settled, app) as (one, other):
        first, second = await in_charge(settled, one, 1, 60), other(PATH, limit(1, 60))
        ask, asked = link(one).ask, anyio.Event()

        async def late_answer(keys: list[str], arguments: list[Any]) -> Any:
            answer = await ask(keys, arguments)
            if arguments[TOKEN] and not asked.is_set():
                asked.set()
                await anyio.sleep_forever()
            return answer

        link(one).ask = late_answer
        if ended_by == "deadline":
            seconds = 0.25
            while not asked.is_set():  # a slow Redis may not have answered when the time is up
                with pytest.raises(TimedOut):
                    await first.enter(anyio.current_time() + seconds)
                seconds *= 2
        else:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(first.enter, anyio.current_time() + 300)
                await asked.wait()
                tasks.cancel_scope.cancel()
        with anyio.fail_after(10):
            await second.enter(LATE)


# forks and event loops

FORKED = """
import os, sys, threading, time
import anyio, anyio.to_thread
from nim_async import RateLimit
from nim_async.limits.redis import RedisLimits

url, app, aclose = sys.argv[1:]
limits = RedisLimits(url, app_key=app, processes=3, margin=0.05, timeout=5.0, retry=0.02)
gate = limits("/path", RateLimit(calls=4, per_seconds=0.2, block_seconds=1))


async def calls(times):
    for _ in range(times):
        await gate.enter(float("inf"))
        began = time.monotonic()
        await anyio.sleep(0)
        print(began, time.monotonic(), flush=True)
        await gate.leave(used=True)


async def work():
    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(calls, 4)


async def before():
    await calls(1)
    if aclose == "closed":
        await limits.aclose()
    if aclose == "running":
        children = fork()
        await calls(4)
        await anyio.to_thread.run_sync(wait, children)


def fork():
    children = []
    for _ in range(2):
        child = os.fork()
        if not child:
            break
        children.append(child)
    else:
        return children
    status = 1
    try:
        os.dup2(os.open(f"{sys.argv[0]}.{os.getpid()}", os.O_CREAT | os.O_WRONLY), 1)
        thread = threading.Thread(target=anyio.run, args=(work,))  # has no running loop
        thread.start()
        thread.join()
        status = 0
    finally:
        os._exit(status)


def wait(children):
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]


anyio.run(before)
if aclose != "running":
    wait(fork())
"""


@pytest.mark.parametrize("aclose", ["closed", "open", "running"])
def test_the_children_of_a_fork_share_nothing(settled: Server, tmp_path: Any, aclose: str) -> None:
    """Made and used before a fork, by a parent that may go on: the limit is kept by all."""
    program = tmp_path / "forked.py"
    program.write_text(FORKED)
    done = subprocess.run(  # noqa: S603  nothing foreign
        [sys.executable, str(program), settled.url, new_app(), aclose],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = [done.stdout, *(p.read_text() for p in tmp_path.glob("forked.py.*"))]
    spans = [tuple(map(float, line.split())) for text in told for line in text.splitlines()]
    assert len(spans) == 1 + 48 + 4 * (aclose == "running")
    for at, _ in spans:
        assert sum(began <= at < ended + 0.2 for began, ended in spans) <= 4


def test_event_loops_one_after_the_other(settled: Server) -> None:
    """Closed in between or not, each loop gets connections of its own, and counts go on."""
    one = limits(settled.url, new_app())

    async def use(*, close: bool) -> None:
        gate = one(PATH, limit(5, 0.1))
        await gate.enter(LATE)
        await gate.leave(used=True)
        if close:
            await one.aclose()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # connections nobody closed
        for close in (True, False, False, True):
            asyncio.run(use(close=close))
        anyio.run(one.aclose)
        gc.collect()


async def test_event_loops_at_the_same_time(settled: Server) -> None:
    """While one loop runs, another is told to have an object of its own."""
    async with limits(settled.url, new_app()) as one:
        gate = one(PATH, limit(5, 0.1))
        await gate.enter(LATE)
        with pytest.raises(ConfigurationError, match="another event loop"):
            await anyio.to_thread.run_sync(anyio.run, partial(gate.enter, LATE))
        await gate.leave(used=True)


async def test_a_client_that_was_passed_in_stays_on_its_loop(settled: Server) -> None:
    """Its connections cannot be made anew, so another loop is refused in plain words."""
    made: Any = None

    async def use() -> None:
        await made(PATH, limit(5, 0.1)).enter(LATE)

    def elsewhere() -> None:
        with pytest.raises(ConfigurationError, match="pass a URL"):
            asyncio.run(use())

    async def at_first() -> None:
        nonlocal made
        async with client(settled.url) as redis:
            made = RedisLimits(redis, app_key=new_app(), processes=2)
            await use()

    await anyio.to_thread.run_sync(asyncio.run, at_first())
    await anyio.to_thread.run_sync(elsewhere)


# answers that are odd


@define
class OddServer:
    """Speaks the protocol of Redis, and answers the script with what it is told to."""

    answer: bytes = b""
    asked: int = 0
    clients: int = 0
    _good: bytes = field(default=b"*4\r\n$2\r\nin\r\n:0\r\n$5\r\nrun/1\r\n$1\r\n0\r\n", init=False)

    async def serve(self, stream: SocketStream) -> None:
        """Answer one connection."""
        self.clients += 1
        received = b""
        async with stream:
            try:
                while True:
                    received += await stream.receive()
                    while words := parsed(received):
                        command, received = words
                        await stream.send(self._reply(command))
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return

    def _reply(self, command: list[bytes]) -> bytes:
        if command[0].upper() in {b"EVALSHA", b"EVAL"}:
            self.asked += 1
            return self.answer or self._good
        return b"-ERR unknown command\r\n" if command[0].upper() == b"HELLO" else b"+OK\r\n"


def parsed(received: bytes) -> tuple[list[bytes], bytes] | None:
    """Take the first command from what was received, if it is whole."""
    head, end, rest = received.partition(b"\r\n")
    if not end:
        return None
    words: list[bytes] = []
    for _ in range(int(head[1:])):
        size, end, rest = rest.partition(b"\r\n")
        if not end or len(rest) < int(size[1:]) + 2:
            return None
        words.append(rest[: int(size[1:])])
        rest = rest[int(size[1:]) + 2 :]
    return words, rest


@asynccontextmanager
async def odd_server() -> AsyncGenerator[tuple[OddServer, str]]:
    """Run one."""
    server = OddServer()
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as tasks,
    ):
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        tasks.start_soon(listener.serve, server.serve)
        yield server, f"redis://127.0.0.1:{port}/0"
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize(
    "answer",
    [
        b"-READONLY You can't write against a read only replica.\r\n",
        b"-MOVED 3999 127.0.0.1:1\r\n",
        b"-ASK 3999 127.0.0.1:1\r\n",
        b"-CLUSTERDOWN The cluster is down\r\n",
        b"-LOADING Redis is loading the dataset in memory\r\n",
        b"-NOSCRIPT No matching script.\r\n",
        b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
        b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
        b"-NOAUTH Authentication required.\r\n",
        b"-BUSY Redis is busy running a script.\r\n",
        b"-\r\n",
        b"+OK\r\n",
        b":1\r\n",
        b":x\r\n",
        b"$-1\r\n",
        b"$x\r\n",
        b"*0\r\n",
        b"*-1\r\n",
        b"*4\r\n$2\r\nin\r\n$1\r\nx\r\n$1\r\na\r\n$1\r\n0\r\n",
        b"*4\r\n$2\r\nno\r\n:0\r\n$1\r\na\r\n$1\r\n0\r\n",
        b"*4\r\n$2\r\n\xff\xff\r\n:0\r\n$1\r\na\r\n$1\r\n0\r\n",
        b"*4\r\n$2\r\nin\r\n:-1\r\n$1\r\na\r\n$1\r\n0\r\n",
        b"*4\r\n*0\r\n*0\r\n*0\r\n*0\r\n",
        b"*1\r\n" * 5000 + b":1\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00\xff\x00\r\n",
    ],
)
async def test_an_answer_that_is_odd_fails_no_call(answer: bytes) -> None:
    """The share serves meanwhile; once the answers are good again, Redis is in charge again."""
    async with odd_server() as (server, url), limits(url, new_app(), processes=1) as one:
        gate = one(PATH, limit(5, 0.02))
        for odd in (b"", answer, b""):
            server.answer, before = odd, server.asked
            with anyio.fail_after(30):
                while server.asked == before or link(one).lost is not bool(odd):
                    await gate.enter(LATE)
                    await gate.leave(used=True)


async def test_after_an_odd_answer_redis_is_looked_for_anew() -> None:
    """A connection to what is a replica by now is not kept."""
    async with odd_server() as (server, url), limits(url, new_app(), processes=1) as one:
        gate = one(PATH, limit(5, 0.02))
        for answer in (b"", b"-READONLY replica\r\n"):
            server.answer, clients, before = answer, server.clients, server.asked
            while server.asked < before + 3:
                await gate.enter(LATE)
                await gate.leave(used=True)
        assert server.clients > clients


@pytest.mark.parametrize("broken", ["state", "places", "a time", "a time that is missing"])
async def test_keys_that_are_broken_are_made_anew(settled: Server, broken: str) -> None:
    """What stands under the keys and is no state counts as lost: no call fails, none too many."""
    made = limits(settled.url, new_app(), timeout=60.0)
    async with made as one, client(settled.url) as redis:
        gate = await in_charge(settled, one, 4, 0.05)
        keys = {key.rpartition(b":")[2].decode(): key for key in await keys_of(redis, one)}
        if broken in {"state", "places"}:
            await redis.set(f"{keys['state'].decode().rpartition(':')[0]}:{broken}", "text")
        elif broken == "a time":
            await redis.hset(keys["state"], "since", "soon")
        else:
            await redis.hdel(keys["state"], "closed")
        with anyio.fail_after(10):
            await gate.enter(LATE)
        assert not link(one).lost
        assert gate.state.taken == 1
        assert await redis.type(keys["state"]) == b"hash"
