"""One rate limit for many processes, on a real Redis."""

from __future__ import annotations

import logging
import socket
import sys
import time
from contextlib import AsyncExitStack
from functools import partial
from importlib.resources import files
from itertools import count
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import httpx
import pytest
import redis
from attrs import define, field
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import ConnectionError as NoConnection

from nim_async import ConfigurationError, NimClient, RateLimit, TimedOut
from nim_async.emulator import Emulator
from nim_async.limits import LocalLimiter
from nim_async.limits import redis as module
from nim_async.limits.options import masked
from nim_async.limits.places import Places
from nim_async.limits.redis import RedisLimits
from tests.redis_server import Server, free_port, redis_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nim_async.limits import Limiter

pytestmark = pytest.mark.slow

LATE = INF = float("inf")
PATH = "/nimserver/chatroom/get.action"
MARGIN = 0.05
inside: Any = module
_apps = count()


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, the only loop that redis-py knows."""
    return "asyncio"


@pytest.fixture(scope="session")
def program() -> str:
    """Find the server; where that is asked for, not to have it is a failure."""
    return redis_program()


@pytest.fixture(scope="session")
def settled(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a Redis that has been up for so long that it is in charge at once."""
    server = Server(program, tmp_path_factory.mktemp("redis"))
    server.start()
    while uptime(server) < 5:
        time.sleep(0.05)
    yield server
    server.kill()


@pytest.fixture
def server(program: str, tmp_path: Path) -> Iterator[Server]:
    """Run a Redis that may be killed."""
    server = Server(program, tmp_path)
    server.start()
    yield server
    server.kill()


def uptime(server: Server) -> int:
    """Return for how many seconds a server has been up."""
    for line in server.info().splitlines():
        if line.startswith(b"uptime_in_seconds:"):
            return int(line.partition(b":")[2])
    return 0


def new_app() -> str:
    """Name an app that no other test uses."""
    return f"app-{next(_apps)}"


def limits(url: str, app: str, *, processes: int = 2, **options: Any) -> RedisLimits:
    """Make what a process would make; quick to ask again, slow to give up."""
    options = {"timeout": 1.0, "retry": 0.02, "margin": MARGIN} | options
    return RedisLimits(url, app_key=app, processes=processes, **options)


def link(one: RedisLimits) -> Any:
    """Return what stands between an object and Redis."""
    looked_at: Any = one
    return looked_at._server


def client(url: str, **options: Any) -> Any:
    """Make a client of Redis, whose types are not known in full."""
    made: Any = Redis
    return made.from_url(url, **options)


async def keys_of(redis: Any, one: RedisLimits) -> list[bytes]:
    """Return the names of the keys of an app."""
    looked_at: Any = one
    found: list[bytes] = await redis.keys(f"{looked_at._prefix}*")
    return found


def limit(calls: int, per_seconds: float) -> RateLimit:
    """Make a limit."""
    return RateLimit(calls=calls, per_seconds=per_seconds, block_seconds=60)


@define
class Traffic:
    """Calls, from the moment they were let in to the moment they had ended."""

    window: float
    spans: list[tuple[float, float]] = field(factory=list[tuple[float, float]])
    by: dict[str, int] = field(factory=dict[str, int])

    async def call(self, name: str, gate: Limiter, seconds: float = 0.0) -> None:
        """Make one call."""
        await gate.enter(LATE)
        started = time.monotonic()
        self.by[name] = self.by.get(name, 0) + 1
        try:
            await anyio.sleep(seconds)
        finally:
            self.spans.append((started, time.monotonic()))
            await gate.leave(used=True)

    async def keep_calling(self, name: str, gate: Limiter, seconds: float = 0.0) -> None:
        """Call without an end."""
        while True:
            await self.call(name, gate, seconds)

    def most(self) -> int:
        """Return how many a service may have counted in one window, at worst."""
        most = 0
        for at, _ in self.spans:
            most = max(most, sum(s <= at < e + self.window for s, e in self.spans))
        return most

    def total(self) -> int:
        """Return how many were let in."""
        return sum(self.by.values())


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    while not condition():  # noqa: ASYNC110  what it looks at lies in other processes too
        await anyio.sleep(0.005)


async def test_the_limit_is_kept_by_all_together(settled: Server) -> None:
    """However long calls take, no window of the service can hold more than the limit."""
    app, traffic = new_app(), Traffic(0.1)
    async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
        for name in ("a", "b", "c"):
            made = await stack.enter_async_context(limits(settled.url, app, processes=3))
            gate = made(PATH, limit(10, 0.1))
            for number in range(30):
                tasks.start_soon(traffic.call, name, gate, number % 5 * 0.01)
        await until(lambda: traffic.total() == 90)
    assert traffic.most() <= 10


async def test_everyone_gets_a_part(settled: Server) -> None:
    """Processes that all want more than there is get about the same."""
    app, traffic = new_app(), Traffic(0.02)
    names = ("a", "b", "c", "d")
    async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
        for name in names:
            made = await stack.enter_async_context(limits(settled.url, app, processes=4))
            gate = made(PATH, limit(5, 0.02))
            for _ in range(8):
                tasks.start_soon(traffic.keep_calling, name, gate)
        await until(lambda: traffic.total() >= 200)
        tasks.cancel_scope.cancel()
    assert min(traffic.by[name] for name in names) >= traffic.total() / len(names) / 4
    assert traffic.most() <= 5


async def test_a_penalty_holds_for_all(settled: Server) -> None:
    """What the service refused to one process, no other asks for meanwhile."""
    app = new_app()
    async with limits(settled.url, app) as one, limits(settled.url, app) as other:
        first, second = (made(PATH, limit(10, 0.01)) for made in (one, other))
        await second.enter(LATE)
        await second.leave(used=True)
        await first.close(0.2)
        closed = anyio.current_time()
        await second.enter(LATE)
        assert anyio.current_time() - closed >= 0.19
        await first.close(60)
        deadline = anyio.current_time() + 30
        with pytest.raises(TimedOut):
            await second.enter(deadline)
        assert anyio.current_time() < deadline


async def test_a_longer_penalty_goes_before_a_shorter_one(settled: Server) -> None:
    """A second refusal lengthens the penalty, and never shortens it."""
    app = new_app()
    async with limits(settled.url, app) as one, limits(settled.url, app) as other:
        first, second = (made(PATH, limit(10, 0.01)) for made in (one, other))
        await first.close(60)
        await second.close(0.01)
        with pytest.raises(TimedOut):
            await second.enter(anyio.current_time() + 30)


async def test_a_place_that_was_not_used_is_given_back(settled: Server) -> None:
    """A call that never reached the service leaves its place to the next, of any process."""
    app = new_app()
    async with limits(settled.url, app) as one, limits(settled.url, app) as other:
        first, second = (made(PATH, limit(1, 2.5)) for made in (one, other))
        before_it_would_come_free = anyio.current_time() + 2.4
        await first.enter(LATE)
        await first.leave(used=False)
        await second.enter(before_it_would_come_free)


async def test_a_place_that_comes_too_late_is_told_at_once(settled: Server) -> None:
    """When the first free place lies past the deadline, nobody waits for it."""
    app = new_app()
    async with limits(settled.url, app) as one, limits(settled.url, app) as other:
        first, second = (made(PATH, limit(1, 2.5)) for made in (one, other))
        deadline = anyio.current_time() + 2.4
        await first.enter(LATE)
        await first.leave(used=True)
        with pytest.raises(TimedOut) as caught:
            await second.enter(deadline)
        assert anyio.current_time() < deadline
    assert caught.value.phase == "rate limit"
    assert not caught.value.maybe_processed


async def test_a_call_that_never_ends_holds_its_place_until_its_deadline(settled: Server) -> None:
    """A process that died under way takes its place along for the time of its call, no longer."""
    app = new_app()
    async with limits(settled.url, app) as other:
        async with limits(settled.url, app) as one:
            began = anyio.current_time()
            await one(PATH, limit(1, 0.05)).enter(began + 2)
        await other(PATH, limit(1, 0.05)).enter(LATE)
        assert anyio.current_time() - began >= 2.05


async def test_cancelled_tasks_leave_nothing_behind(settled: Server) -> None:
    """Tasks cancelled while they ask, wait or leave keep neither a place nor the turn."""
    app = new_app()
    async with limits(settled.url, app) as one, limits(settled.url, app) as other:
        first, second = (made(PATH, limit(1, 0.05)) for made in (one, other))
        await first.enter(LATE)
        for turns in range(12):
            async with anyio.create_task_group() as tasks:
                for _ in range(3):
                    tasks.start_soon(first.enter, LATE)
                for _ in range(turns):
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await first.leave(used=False)
        for _ in range(3):
            await first.enter(LATE)
            await first.leave(used=False)
            await second.enter(LATE)
            await second.leave(used=False)


async def test_nobody_notices_that_redis_died(server: Server) -> None:
    """Redis may be killed and come back empty: no call fails, and the limit is kept throughout."""
    app, traffic = new_app(), Traffic(0.1)
    async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
        made = [await stack.enter_async_context(limits(server.url, app)) for _ in range(2)]
        for name, one in zip("ab", made, strict=True):
            gate = one(PATH, limit(10, 0.1))
            for number in range(12):
                tasks.start_soon(traffic.keep_calling, name, gate, number * 0.002)
        for _ in range(2):
            before = traffic.total()
            await until(lambda: traffic.total() >= before + 40)  # noqa: B023
            server.kill()
            await until(lambda: all(link(one).lost for one in made))
            traffic.by.clear()
            await until(lambda: all(traffic.by.get(name, 0) >= 10 for name in "ab"))
            server.start()
            await until(lambda: not any(link(one).lost for one in made))
            traffic.by.clear()
            # While it learns what was let in, and when it is in charge again.
            ready = anyio.current_time() + 1.5
            await until(lambda: anyio.current_time() > ready and traffic.total() > 40)  # noqa: B023
        tasks.cancel_scope.cancel()
    assert traffic.most() <= 10


async def test_a_penalty_outlives_redis(server: Server) -> None:
    """Who waits for the end of a penalty tells a Redis that came back empty."""
    app = new_app()
    async with limits(server.url, app) as one, limits(server.url, app) as other:
        first, second = (made(PATH, limit(10, 0.05)) for made in (one, other))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.enter, LATE)
            await first.close(2.5)
            closed = anyio.current_time()
            server.kill()
            await until(lambda: link(one).lost)
            server.start()
            await until(lambda: not link(one).lost)
            await second.enter(LATE)
            assert anyio.current_time() - closed >= 2.4


@define
class Cable:
    """Stands between a process and Redis, and can be cut."""

    ask: Any
    cut: bool = False

    async def __call__(self, keys: list[str], arguments: list[Any]) -> Any:
        """Ask Redis, if there is a way."""
        if self.cut:
            raise NoConnection
        return await self.ask(keys, arguments)


async def test_who_comes_back_first_leaves_room_for_who_does_not_know_yet(settled: Server) -> None:
    """When the way to Redis is cut for all and mended one by one, the limit is kept."""
    app, traffic = new_app(), Traffic(0.1)
    async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
        cables: list[Cable] = []
        for name, retry in (("a", 0.02), ("b", 0.4)):
            one = await stack.enter_async_context(limits(settled.url, app, retry=retry))
            cables.append(Cable(link(one).ask))
            link(one).ask = cables[-1]
            gate = one(PATH, limit(10, 0.1))
            for _ in range(12):
                tasks.start_soon(traffic.keep_calling, name, gate, 0.01)
        for _ in range(2):
            before = traffic.total()
            await until(lambda: traffic.total() >= before + 40)  # noqa: B023
            for cable in cables:
                cable.cut = True
            traffic.by.clear()
            cut = anyio.current_time()
            await until(
                lambda: anyio.current_time() > cut + 1 and min(traffic.by.values()) > 10  # noqa: B023
            )
            for cable in cables:
                cable.cut = False
            mended = anyio.current_time()
            await until(lambda: anyio.current_time() > mended + 2)  # noqa: B023
        tasks.cancel_scope.cancel()
    assert traffic.most() <= 10


@pytest.mark.parametrize("accident", ["flushed", "read from disk"])
async def test_a_redis_that_forgot_is_not_trusted(settled: Server, accident: str) -> None:
    """Where keys are gone, or come from an earlier run, nobody is let in as if nothing was."""
    app = new_app()
    async with limits(settled.url, app, processes=1) as one, client(settled.url) as redis:
        gate = one(PATH, limit(1, 0.1))
        began = anyio.current_time()
        await gate.enter(LATE)
        await gate.leave(used=False)
        keys = await keys_of(redis, one)
        state = next(key for key in keys if key.endswith(b":state"))
        if accident == "flushed":
            await redis.delete(*keys)
        else:
            await redis.hset(state, "run", "another")
        await gate.enter(LATE)
        assert anyio.current_time() - began >= 0.1 + MARGIN


async def test_without_redis_each_process_keeps_to_its_share() -> None:
    """Shares are used a window and a margin after Redis was missed, and hold a part each."""
    traffic = Traffic(0.1)
    url = f"redis://127.0.0.1:{free_port()}"
    async with limits(url, new_app(), processes=4) as one, anyio.create_task_group() as tasks:
        began = time.monotonic()
        gate = one(PATH, limit(11, 0.1))
        for _ in range(9):
            tasks.start_soon(traffic.keep_calling, "a", gate)
        await until(lambda: traffic.total() >= 8)
        await gate.close(60)
        deadline = anyio.current_time() + 30
        with pytest.raises(TimedOut):
            await gate.enter(deadline)
        assert anyio.current_time() < deadline
        assert min(start for start, _ in traffic.spans) - began >= 0.1 + MARGIN
        tasks.cancel_scope.cancel()
    assert traffic.most() == 2


async def test_with_more_processes_than_calls_there_is_no_share() -> None:
    """One call each would be too many, so calls wait for Redis until their deadline."""
    url = f"redis://127.0.0.1:{free_port()}"
    async with limits(url, new_app(), processes=9) as one:
        gate = one(PATH, limit(8, 0.01))
        began = anyio.current_time()
        with pytest.raises(TimedOut) as caught:
            await gate.enter(began + 0.3)
        assert anyio.current_time() - began >= 0.3
    assert not caught.value.maybe_processed


async def test_a_redis_that_does_not_answer_is_given_up() -> None:
    """A server that takes connections and says nothing holds calls up for the timeout only."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}"
        async with limits(url, new_app(), processes=1, timeout=0.05) as one:
            gate = one(PATH, limit(1, 0.05))
            await gate.enter(LATE)
            await gate.leave(used=True)


async def test_a_loss_is_told_once_and_no_password(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """The log tells when Redis goes and comes, where it is, and never how to log in."""
    caplog.set_level(logging.DEBUG, "nim_async.limits")
    server.kill()
    secret = "pass-word"
    url = server.url.replace("//", f"//someone:{secret}@") + f"?password={secret}"
    async with limits(url, new_app(), processes=1) as one:
        gate = one(PATH, limit(5, 0.02))
        for _ in range(10):
            await gate.enter(LATE)
            await gate.leave(used=True)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        plain = limits(server.url, new_app(), processes=1)
        assert secret not in repr(one)
        assert str(server.port) in repr(one)
        await plain.aclose()
    assert secret not in caplog.text
    assert str(server.port) in caplog.text


async def test_the_return_of_redis_is_told(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """One line tells that Redis is back."""
    caplog.set_level(logging.DEBUG, "nim_async.limits")
    server.kill()
    async with limits(server.url, new_app(), processes=1) as one:
        gate = one(PATH, limit(5, 0.02))
        await gate.enter(LATE)
        await gate.leave(used=True)
        server.start()
        while link(one).lost:
            await gate.enter(LATE)
            await gate.leave(used=True)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_client_that_was_passed_in_stays_open(settled: Server) -> None:
    """The caller's own client works, with texts for answers too, and is not closed."""
    for decode in (False, True):
        async with client(settled.url, decode_responses=decode) as redis:
            async with RedisLimits(redis, app_key=new_app(), processes=2) as one:
                gate = one(PATH, limit(1, 0.1))
                await gate.enter(LATE)
                await gate.leave(used=False)
                await gate.enter(LATE)
                assert repr(one).startswith("RedisLimits(redis='Redis', ")
            assert await redis.ping()


async def test_redis_sees_a_hash_of_the_key_and_lets_all_expire(settled: Server) -> None:
    """Keys stand in one slot of a cluster, name no app, and go when nobody asks."""
    app = new_app()
    async with limits(settled.url, app) as one, client(settled.url) as redis:
        await one(PATH, limit(1, 0.1)).enter(LATE)
        keys = await keys_of(redis, one)
        assert len(keys) == 2
        for key in keys:
            assert app.encode() not in key
            assert key.count(b"{") == key.count(b"}") == 1
            assert await redis.pttl(key) > 0


async def test_clients_share_a_limit_through_redis(settled: Server) -> None:
    """Two clients with limits of their own never get 416 from a service that counts strictly."""
    app = new_app()
    strict = limit(5, 0.2)
    emulator = Emulator(app, "the-secret", rate_limits={PATH: strict})
    emulator.add_room("amy", "tea house", room_id=66)
    async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
        for _ in range(2):
            one = await stack.enter_async_context(limits(settled.url, app))
            calling = NimClient(
                app,
                "the-secret",
                transport=emulator.transport(),
                rate_limit={PATH: strict},
                limiter=one,
            )
            nim = await stack.enter_async_context(calling)
            for _ in range(10):
                tasks.start_soon(partial(nim.chatroom.get, room_id=66))
        await until(lambda: len(emulator.calls) == 20)
    assert {call.code for call in emulator.calls} == {200}


def test_a_path_has_one_limiter() -> None:
    """Clients that share the object share the share, so they must agree about the limit."""
    made = limits("redis://127.0.0.1", "app")
    assert made(PATH, limit(1, 1)) is made(PATH, limit(1, 1))
    assert made(PATH, limit(1, 1)) is not made("/other", limit(1, 1))
    with pytest.raises(ConfigurationError, match="differ"):
        made(PATH, limit(2, 1))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("http://:pass-word@127.0.0.1", "another scheme; or with rediss or unix"),
        ("redis://:pass-word@127.0.0.1:port", "another text"),
        ("pass-word", "another text"),
        ("", "another text"),
        (" redis://:pass-word@h", "another text"),
        ("redis://:pass-word@h:0", "a URL whose host or port cannot be"),
        ("redis://:pass-word@a..b", "a URL whose host or port cannot be"),
        ("redis://:0", "a URL whose host or port cannot be"),
        ("redis://h/pass-word", "a URL whose database is no number; end it in /0"),
        ("redis://h/-1", "a URL whose database is no number; end it in /0"),
        ("redis://h?db=-1", "a URL whose database is below 0"),
        ("redis://h?db=pass-word", "a URL with options that cannot be"),
        ("redis://h?pass-word=1", "a URL with options that cannot be"),
        ("unix://", "a URL without a path; write unix:///run/redis.sock"),
        (None, "None"),
        (5, "5"),
        (b"redis://:pass-word@h", "a bytes; decode it"),
        (object(), "an object"),
        (httpx.URL("redis://:pass-word@h"), "an URL; write str() of it"),
        (Redis, "the class Redis; give an object of the class"),
        (ConnectionPool(), "a ConnectionPool"),
        (
            redis.Redis(password="pass-word"),
            "a Redis; it is synchronous; give a redis.asyncio.Redis",
        ),
    ],
)
def test_what_is_no_redis(given: Any, shown: str) -> None:
    """What cannot share a limit is refused at once, without telling a password."""
    with pytest.raises(ConfigurationError) as caught:
        RedisLimits(given, app_key="app", processes=1)
    rule = "redis must be a URL such as redis://127.0.0.1:6379/0 or a redis.asyncio.Redis"
    assert caught.value.option == "redis"
    assert str(caught.value) == f"{rule}; given: {shown}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


class Own(Redis):
    """A client of somebody's own."""


class Ducks:
    """What can be asked, and no more."""

    async def evalsha(self, digest: str, keys: int, *arguments: object) -> object:
        """Run a script that is known."""
        raise NotImplementedError

    async def eval(self, script: bytes, keys: int, *arguments: object) -> object:
        """Run a script."""
        raise NotImplementedError


@pytest.mark.parametrize(
    "given",
    [
        *("redis://", "redis://h", "redis:///1", "redis://h/1/", "rediss://me:x@[::1]:6380/2"),
        *("redis://my_redis?socket_keepalive=yes", "unix:///run/redis.sock?db=1"),
        *(Redis(), Own(), Ducks()),
    ],
)
def test_what_is_a_redis(given: Any) -> None:
    """What redis-py takes, and what can be asked as its clients can, is taken."""
    assert RedisLimits(given, app_key="app", processes=1)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"processes": 0}, "processes must be more than 0; given: 0"),
        ({"processes": 1.5}, "processes must be a whole number; given: 1.5"),
        ({"processes": True}, "processes must be a whole number; given: True"),
        (
            {"processes": "2"},
            "processes must be a whole number; given: '2'; write it without quotes",
        ),
        ({"app_key": ""}, "app_key is empty"),
        ({"app_key": None}, "app_key must be text; given: None"),
        ({"app_key": b"app"}, "app_key must be text; given: a bytes; decode it"),
        ({"app_key": "\ud800"}, "app_key holds characters that cannot be shown"),
        ({"prefix": 5}, "prefix must be text; given: an int"),
        ({"prefix": None}, "prefix must be text; given: None; leave it out"),
        ({"prefix": ""}, "prefix is empty"),
        ({"timeout": 0}, "timeout must be more than 0; given: 0"),
        ({"timeout": "x"}, "timeout must be a number; given: 'x'; write it without quotes"),
        ({"retry": 0}, "retry must be more than 0; given: 0"),
        ({"retry": INF}, "retry must have an end; given: inf"),
        ({"margin": -1}, "margin must be 0 or more; given: -1"),
        ({"margin": None}, "margin must be a number; given: None; leave it out for the default"),
    ],
)
def test_options_are_checked(options: dict[str, Any], text: str) -> None:
    """What cannot be is refused before anything is opened."""
    given: dict[str, Any] = {"app_key": "app", "processes": 1, **options}
    with pytest.raises(ConfigurationError) as caught:
        RedisLimits("redis://127.0.0.1", **given)
    assert str(caught.value) == text
    assert caught.value.option in options


@pytest.mark.parametrize("make", [LocalLimiter, limits("redis://127.0.0.1", "app")])
def test_what_a_limiter_cannot_keep(make: Any) -> None:
    """Whoever makes limiters refuses what is no path and what is no limit."""
    with pytest.raises(ConfigurationError, match="path must be text; given: 5"):
        make(5, limit(1, 1))
    with pytest.raises(ConfigurationError, match=r"limit must be a RateLimit; given: 5; write "):
        make(PATH, 5)


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without redis-py the error says which extra brings it."""
    monkeypatch.setitem(sys.modules, "redis.exceptions", None)
    with pytest.raises(ConfigurationError, match=r"nim-async\[redis\]"):
        RedisLimits("redis://127.0.0.1", app_key="app", processes=1)


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_trio_is_refused() -> None:
    """On trio the error says so, before anything is sent."""
    made = limits("redis://127.0.0.1", "app")
    with pytest.raises(ConfigurationError, match="asyncio"):
        await made(PATH, limit(1, 1)).enter(LATE)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("rediss://me:secret@host/1?password=secret", "rediss://***@host/1"),
        ("unix://:secret@/run/redis.sock?db=1", "unix://***@/run/redis.sock"),
    ],
)
def test_a_url_is_shown_without_login(url: str, shown: str) -> None:
    """User, password and options are left out."""
    assert masked(url) == shown


def test_the_places_of_a_process_by_its_own_clock() -> None:
    """Places are counted from taking them until they are free, and those held longest remain."""
    places = Places()
    places.take("long", 40.0, known=True)
    places.take("short", 10.0, known=False)
    assert places.taken(0.0) == 2
    assert places.notes == {"short": 10.0}
    assert places.next_free() is None
    places.end(3.0)  # whichever call it was, the longer place stays
    assert places.notes == {"short": 3.0}
    assert places.next_free() == 3.0
    assert places.taken(2.9) == 2
    assert places.taken(3.0) == 1
    assert not places.notes
    places.tell_all()
    assert places.notes == {"long": 40.0}
    places.end(None)
    assert places.taken(3.0) == 0
    assert places.notes == {"long": float("-inf")}


def test_redis_is_told_however_late() -> None:
    """A place that Redis holds for a long call comes free there, though it long is free here."""
    places = Places()
    places.take("held", 600.0, known=True)
    places.take("own", 600.0, known=False)
    places.end(1.0)
    places.end(1.0)
    assert places.taken(2.0) == 0
    assert places.notes == {"held": 1.0}
    sent, places.notes = places.notes, {}
    places.told(sent)
    assert places.taken(3.0) == 0
    assert not places.notes


def test_what_redis_was_told_of_and_ends_meanwhile() -> None:
    """A place that Redis takes over from a process is held there, until it is told of the end."""
    places = Places()
    places.take("own", 600.0, known=False)
    sent, places.notes = places.notes, {}
    places.end(1.0)
    places.told(sent)
    assert places.taken(2.0) == 0
    assert places.notes == {"own": 1.0}


async def test_a_call_does_not_wait_for_a_redis_that_hangs(server: Server) -> None:
    """Leaving and closing are over by the deadline of the call, and told later."""
    made = limits(server.url, new_app(), timeout=60.0)
    async with made as limiter:
        gate = limiter(PATH, limit(10, 0.01))
        await gate.enter(LATE)
        await gate.enter(LATE)
        server.freeze()
        began = anyio.current_time()
        await gate.leave(used=True, deadline=began + 0.05)
        await gate.close(0.01, deadline=began + 0.1)
        assert anyio.current_time() - began < 60  # which is how long it would wait for an answer
        server.thaw()
        await gate.leave(used=True)
        await gate.enter(LATE)


@pytest.mark.parametrize(
    ("turn", "after"),
    [
        (-10, -1),  # long missed: the next two turns have come already
        (-1, 0),
        (0, 1),
        (50, 1),  # the clock was set back
    ],
)
async def test_turns_that_were_missed_are_made_up_for(
    settled: Server, turn: int, after: int
) -> None:
    """Let in one by one, calls keep their average pace though each asks a bit late."""
    pace, hold, minute = 1_000_000, 120_000_000, 60_000_000
    places, state = f"{new_app()}:places", f"{new_app()}:state"
    script = files("nim_async.limits").joinpath("redis.lua").read_text("utf-8")
    async with client(settled.url, decode_responses=True) as redis:

        async def ask(token: str) -> str:
            settings = [2, minute, 0, 0, "", 0, 0, 0, token, hold, 1, 60_000, pace]
            verdict, *_ = await redis.eval(script, 2, places, state, *settings)
            return str(verdict)

        assert await ask("first") == "in"
        seconds, micro = await redis.time()
        now = seconds * 1_000_000 + micro
        await redis.hset(state, "next", now + turn * pace)
        # On the clock of the script: what it knows of its own is when the place comes free.
        assert await ask("second") == "in"
        let_in = int(await redis.zscore(places, "second")) - hold
        assert abs(int(await redis.hget(state, "next")) - now - after * pace) <= let_in - now
