"""Calls that workers of Dask make: whatever becomes of a worker, no finished one is made again."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from nim_async import (
    ConfigurationError,
    MessageItem,
    NimClient,
    NotFound,
    RateLimit,
    Text,
    TimedOut,
    TransportError,
)
from nim_async.batch import in_chunks, run
from tests.batch.conftest import ROOM
from tests.doubles import name_in_environment
from tests.needed import needed

distributed = needed("distributed")
from nim_async.batch import _shard  # noqa: E402  needs the extra
from nim_async.batch.dask import on_dask  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from pathlib import Path

    from nim_async._core.call import Call
    from nim_async.batch import Outcome, Run
    from nim_async.emulator import Act, Emulator, Ending

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


class Held:
    """A fault that holds requests until they are let go, on whichever event loop they come."""

    def __init__(self) -> None:
        self.arrived = 0
        self.free = threading.Event()

    async def __call__(self, act: Act) -> Ending:
        self.arrived += 1
        while not self.free.is_set():  # noqa: ASYNC110  the event is one of threads
            await anyio.sleep(0.01)
        return act()

    async def until(self, count: int) -> None:
        """Wait until so many requests have come."""
        while self.arrived < count:  # noqa: ASYNC110  as above
            await anyio.sleep(0.01)


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as Dask does."""
    return "asyncio"


@pytest.fixture(name="url")
async def _url(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """Serve the emulator, and name it in the environment of this process and those it starts."""
    async with emulator.serve() as url:
        name_in_environment(monkeypatch, "key", "the-secret", url)
        yield url


@asynccontextmanager
async def cluster(*, processes: bool = False, workers: int = 2) -> AsyncGenerator[Any]:
    """Run a cluster on this machine, in this process unless its workers are to be killed."""
    async with distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=processes,
        asynchronous=True,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
        protocol="tcp://",
    ) as running:
        yield running


@asynccontextmanager
async def workers(**options: Any) -> AsyncGenerator[tuple[NimClient, Any]]:
    """Give a client over two workers in this process, and their cluster."""
    async with (
        cluster() as running,
        on_dask(running.scheduler_address, redis=None, rate_limit=None, **options) as nim,
    ):
        yield nim, running


async def outcomes(job: Run[Any]) -> list[Outcome[Any]]:
    """Return all outcomes of a job."""
    return [outcome async for outcome in job]


def greetings(count: int) -> list[dict[str, Any]]:
    """Return rows of messages."""
    row = {"room_id": ROOM, "from_accid": "amy"}
    return [{**row, "msg_type": Text(f"m{i}"), "id": i} for i in range(count)]


@pytest.mark.usefixtures("url")
async def test_workers_make_the_calls(emulator: Emulator) -> None:
    """Each row is called once, its reply is what a client returns, and both workers take part."""
    async with workers(concurrency=20) as (nim, running):
        found = await outcomes(run(nim.chatroom.send_msg, greetings(200), concurrency=40))
        plugins = {w.plugins[name] for w in running.workers.values() for name in w.plugins}
        clients = [plugin for plugin in plugins if isinstance(plugin, _shard.ClientOfWorker)]
        assert len(clients) == 2
        assert "secret" not in repr(clients)
        statistics = nim.statistics()
    assert Counter(o.status for o in found) == {"done": 200}
    assert {o.result.attach for o in found if o.result} == {f"m{i}" for i in range(200)}
    assert len(emulator.calls) == len(emulator.messages(ROOM)) == 200
    assert (statistics.under_way, statistics.waiting) == (0, 0)


@pytest.mark.usefixtures("url")
async def test_whatever_a_client_can_do(emulator: Emulator) -> None:
    """Errors keep their class and trace; other jobs, views and paths beyond the table work."""
    async with workers() as (nim, _):
        with pytest.raises(NotFound) as caught:
            await nim.options(trace_id="a" * 32).chatroom.get(room_id=1)
        assert (caught.value.code, caught.value.trace_id) == (404, "a" * 32)
        items = [MessageItem(msg_type=0, attach=f"{i}") for i in range(25)]
        job = in_chunks(nim.chatroom.batch_send_msg, items, room_id=ROOM, from_accid="amy")
        assert {o.status for o in await outcomes(job)} == {"done"}
        reply = await nim.call("/nimserver/chatroom/get.action", {"roomid": ROOM})
    assert reply["chatroom"]["name"] == "tea house"
    assert len(emulator.messages(ROOM)) == 25


@pytest.mark.usefixtures("url")
async def test_a_worker_that_goes_in_the_middle(emulator: Emulator) -> None:
    """What was under way is made again by the others, where that does no harm."""
    held = Held()
    emulator.faults.add(held, path="chatroom.get", times=20)
    found: list[Outcome[Any]] = []
    async with workers(concurrency=10) as (nim, running):

        async def job() -> None:
            rows = ({"room_id": ROOM} for _ in range(40))
            get = nim.options(timeout=60).chatroom.get
            found.extend(await outcomes(run(get, rows, concurrency=20)))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(job)
            await held.until(20)
            await next(iter(running.workers.values())).close()
            held.free.set()
    assert Counter(o.status for o in found) == {"done": 40}
    assert len(emulator.calls) == 40 + 10


@pytest.mark.usefixtures("url")
async def test_a_lost_call_that_must_not_be_repeated(emulator: Emulator) -> None:
    """A room that may have been made is uncertain; it is not made again."""
    held = Held()
    emulator.faults.add(held, path="chatroom.create", times=None)
    found: list[Outcome[Any]] = []
    lost = anyio.Event()  # the calls of the worker that went
    async with workers(concurrency=3) as (nim, running):

        async def job() -> None:
            rows = ({"creator": "amy", "name": f"r{i}"} for i in range(6))
            create = nim.options(timeout=60).chatroom.create
            async for outcome in run(create, rows, concurrency=6):
                found.append(outcome)
                if len(found) == 3:
                    lost.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(job)
            await held.until(6)
            await next(iter(running.workers.values())).close()
            await lost.wait()
            held.free.set()
    assert Counter(o.status for o in found) == {"done": 3, "uncertain": 3}
    names = Counter(room.name for room in emulator.rooms.values())
    assert max(names.values()) == 1
    for outcome in found:
        if outcome.status == "uncertain":
            assert isinstance(outcome.error, TransportError)
            assert "lost" in str(outcome.error)


@pytest.mark.usefixtures("url")
async def test_a_worker_process_that_is_killed(emulator: Emulator) -> None:
    """With kill -9 in the middle every message is there once, and each row comes out once."""
    async with (
        cluster(processes=True) as running,
        on_dask(running.scheduler_address, redis=None, rate_limit=None, concurrency=20) as nim,
    ):
        victim = running.workers[0].pid
        found: list[Outcome[Any]] = []
        job = run(nim.chatroom.send_msg, greetings(600), concurrency=40)
        finished: set[Any] = set()
        called = Counter[str]()
        async for outcome in job:
            found.append(outcome)
            if len(found) == 200:
                finished = {o.id for o in found}
                called = Counter(call.form["attach"] for call in emulator.calls)
                os.kill(victim, signal.SIGKILL)
    assert Counter(o.status for o in found) == {"done": 600}
    assert sorted(o.id for o in found) == list(range(600))
    assert Counter(m.attach for m in emulator.messages(ROOM)) == {f"m{i}": 1 for i in range(600)}
    calls = Counter(call.form["attach"] for call in emulator.calls)
    assert len(finished) == 200
    assert all(calls[f"m{row}"] == called[f"m{row}"] for row in finished)


@pytest.mark.usefixtures("url")
async def test_this_process_writes_the_journal(emulator: Emulator, tmp_path: Path) -> None:
    """A journal has a mark and a line for each row, and a later run calls none of them again."""
    journal = tmp_path / "done.jsonl"
    async with workers() as (nim, _):
        job = run(nim.chatroom.send_msg, greetings(50), journal=journal)
        assert {o.status for o in await outcomes(job)} == {"done"}
        calls = len(emulator.calls)
        again = await outcomes(run(nim.chatroom.send_msg, greetings(60), journal=journal))
    assert sum(o.resumed for o in again) == 50
    assert len(emulator.calls) == calls + 10
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert sorted(line["n"] for line in lines) == list(range(1, 61))
    marks = journal.with_name("done.jsonl.journal").read_text().splitlines()
    assert {int(mark.split()[0]) for mark in marks[1:]} == set(range(1, 61))


@pytest.mark.usefixtures("url")
async def test_a_journal_that_takes_no_more(emulator: Emulator) -> None:
    """What cannot be noted is not sent."""

    class Full:
        call: Call | None = None
        request_id: str | None = None

        def begin_now(self) -> bool:
            raise OSError("the disk is full")

        async def begin(self) -> None:
            raise AssertionError

        def attempted(self, seconds: float, error: BaseException | None) -> None:  # noqa: ARG002
            raise AssertionError

    async with workers(concurrency=1) as (nim, _):
        for _ in range(4):  # the places in workers come free again
            with pytest.raises(OSError, match="the disk is full"):
                await nim.watched(Full()).chatroom.get(room_id=ROOM)
        assert (await nim.chatroom.get(room_id=ROOM)).room_id == ROOM
    assert len(emulator.calls) == 1


@pytest.mark.usefixtures("url")
async def test_calls_that_nobody_waits_for_any_more(emulator: Emulator) -> None:
    """A call that is cancelled before a worker has it is not made."""
    held = Held()
    emulator.faults.add(held, times=2)
    async with workers(concurrency=1) as (nim, _):

        async def call() -> None:
            await nim.chatroom.get(room_id=ROOM)

        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(call)
            await held.until(2)
            with anyio.move_on_after(0.1):
                await nim.chatroom.create(creator="amy", name="x")
            held.free.set()
        await call()
    assert list(emulator.rooms) == [ROOM]


@pytest.mark.usefixtures("url")
async def test_a_deadline_holds(emulator: Emulator) -> None:
    """A call that no worker answers in time ends as one that may have happened."""
    held = Held()
    emulator.faults.add(held, times=None)
    async with workers() as (nim, _):
        phase, deadline = "pool", 0.25
        while phase == "pool":  # a slow machine may not have sent it when the time is up
            with pytest.raises(TimedOut) as caught:
                await nim.options(deadline=deadline, timeout=600).chatroom.get(room_id=ROOM)
            phase, deadline = caught.value.phase, 2 * deadline
            assert caught.value.maybe_processed == (phase != "pool")
        held.free.set()


@pytest.mark.usefixtures("url")
async def test_the_end(emulator: Emulator) -> None:
    """Afterwards calls are refused, and nothing is left on the workers."""
    held = Held()
    emulator.faults.add(held, times=1)
    async with cluster() as running:
        ended: list[BaseException] = []
        async with anyio.create_task_group() as tasks:
            async with on_dask(running.scheduler_address, redis=None, rate_limit=None) as nim:

                async def call() -> None:
                    try:
                        await nim.chatroom.get(room_id=ROOM)
                    except TransportError as error:
                        ended.append(error)

                tasks.start_soon(call)
                await held.until(1)
            held.free.set()
            with pytest.raises(ConfigurationError, match="closed"):
                await nim.chatroom.get(room_id=ROOM)
        (error,) = ended
        assert isinstance(error, TransportError)
        assert error.maybe_processed
        left = [name for w in running.workers.values() for name in w.plugins if "nim" in name]
        assert left == []
        assert running.scheduler.tasks == {}


@pytest.mark.usefixtures("url")
async def test_workers_that_can_make_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker lacks is said before any call is made."""

    async def setup(self: object, worker: object) -> None:  # noqa: ARG001
        raise ConfigurationError("NIM_APP_KEY is not set")

    monkeypatch.setattr(_shard.ClientOfWorker, "setup", setup)
    with pytest.raises(ConfigurationError, match="NIM_APP_KEY is not set"):
        async with workers():
            raise AssertionError


@pytest.mark.usefixtures("url")
async def test_a_shard_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that no other worker would mend ends the calls, with what it was."""

    async def break_(self: object, order: bytes) -> None:  # noqa: ARG001
        raise KeyError("a mistake")

    monkeypatch.setattr(_shard.Shard, "carry_out", break_)
    async with workers() as (nim, _):
        with pytest.raises(TransportError, match="a worker cannot make calls") as caught:
            await nim.chatroom.get(room_id=ROOM)
        assert caught.value.maybe_processed
        with pytest.raises(ConfigurationError, match="a worker cannot make calls"):
            await nim.chatroom.get(room_id=ROOM)


@pytest.mark.usefixtures("url")
async def test_shards_that_hear_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """They end by themselves, and are submitted again by a process that is still there."""
    monkeypatch.setattr(_shard, "LEASE_SECONDS", 0.2)
    monkeypatch.setattr(_shard, "PING_SECONDS", 60)
    work, begun = _shard.Shard.__init__, 0

    def noted(self: _shard.Shard, *args: Any) -> None:
        nonlocal begun
        begun += 1
        work(self, *args)

    monkeypatch.setattr(_shard.Shard, "__init__", noted)
    async with workers() as (nim, _):
        while begun < 4:  # noqa: ASYNC110  two that ended, and two in their place
            await anyio.sleep(0.01)
        monkeypatch.setattr(_shard, "LEASE_SECONDS", 60)
        assert (await nim.chatroom.get(room_id=ROOM)).room_id == ROOM


async def test_limits_need_redis(url: str) -> None:  # noqa: ARG001
    """Workers that each kept the limits alone would send many times as much."""
    with pytest.raises(ConfigurationError, match="redis must be a URL"):
        async with on_dask("tcp://127.0.0.1:1", redis=None):
            raise AssertionError
    limits = {"chatroom.get": RateLimit(calls=1, per_seconds=1, block_seconds=1)}
    config = NimClient("key", "the-secret", rate_limit=limits).config
    with pytest.raises(ConfigurationError, match="options must be in the config"):
        async with on_dask("tcp://127.0.0.1:1", redis=None, config=config, timeout=5):
            raise AssertionError


@pytest.mark.usefixtures("url")
async def test_a_cluster_without_workers() -> None:
    """There is nobody to make the calls."""
    async with cluster(workers=0) as running:
        with pytest.raises(ConfigurationError, match="no workers"):
            async with on_dask(running.scheduler_address, redis=None, rate_limit=None):
                raise AssertionError


@pytest.mark.parametrize("dask", [None, 5])
async def test_what_is_no_cluster(dask: Any) -> None:
    """Something else than an address or a client is refused."""
    with pytest.raises(ConfigurationError, match="dask must be the address"):
        async with on_dask(dask, redis=None):
            raise AssertionError


@pytest.mark.usefixtures("url")
async def test_a_client_of_the_callers_own() -> None:
    """It is used, and left open."""
    async with (
        cluster() as running,
        distributed.Client(running, asynchronous=True, set_as_default=False) as client,
    ):
        config = NimClient.from_env(rate_limit=None).config
        async with on_dask(client, redis=None, config=config) as nim:
            assert (await nim.chatroom.get(room_id=ROOM)).room_id == ROOM
        assert client.status == "running"
