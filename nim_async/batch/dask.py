"""
Calls that are made by the workers of a Dask cluster, for a client that makes none itself.

Each worker has a client, and a task of Dask, a shard, that takes calls as long as the job goes on.
Calls go to shards, and answers come back, by queues of Dask. A shard that Dask runs again, since
its worker died, has another token; what was under way by the old one may have happened, and is
judged like a call whose connection broke. So no call is made again whose answer came back, and
no call at all by a shard whose token is gone.
"""

from __future__ import annotations

from collections import deque
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import distributed
from attrs import define, field

from nim_async._checks import refused, shown
from nim_async._core.call import Call
from nim_async._core.operation import Repeat
from nim_async._core.signing import new_id
from nim_async._session import CLOSED
from nim_async._session.eventloop import on_asyncio
from nim_async.batch import _shard
from nim_async.batch._options import check_count
from nim_async.client import NimClient
from nim_async.errors import ConfigurationError, NimError, TimedOut, TransportError
from nim_async.observe import Statistics

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nim_async._attempts import Read
    from nim_async._core.options import ClientConfig
    from nim_async.errors import Phase
    from nim_async.observe import Observer

R = TypeVar("R")
_distributed: Any = distributed  # its types say little
_CONCURRENCY = 100
_MOST_FAILURES = 3
_LOOK_SECONDS = 0.5  # how often it is looked whether workers are there


@asynccontextmanager
async def on_dask(
    dask: str | distributed.Client,
    *,
    redis: str | None,
    config: ClientConfig | None = None,
    concurrency: int = _CONCURRENCY,
    **options: Any,
) -> AsyncGenerator[NimClient]:
    """
    Give a client whose calls are made by the workers of a Dask cluster.

    ::

        async with on_dask("tcp://10.0.0.1:8786", redis="redis://10.0.0.2/0") as nim:
            async for outcome in run(nim.chatroom.send_msg, rows, concurrency=400):
                ...

    Each worker that is there at the beginning makes calls with a client of its own; all keep the
    rate limits together, through Redis. Rows, outcomes and a journal stay in this process. If a
    worker dies, Dask runs its part elsewhere or once it is back: calls whose answers had come are
    not made again; those under way are, where a repeat does no harm (messages with their id and
    ``resendFlag``), and end with ``maybe_processed`` where it could. While there is no worker,
    calls wait.

    Args:
        dask: Address of the scheduler, or a client of it made with ``asynchronous=True``, which is
            not closed here.
        redis: URL of the Redis that keeps the rate limits, which the workers reach; ``None`` where
            there are no limits to keep.
        config: Key, secret and options of the workers' clients. When ``None`` each worker reads
            ``NIM_APP_KEY``, ``NIM_APP_SECRET``, ``NIM_REGION`` and ``NIM_BASE_URL`` of its own
            environment, as this process does; what is given goes through Dask, the secret included.
        concurrency: Most calls under way in one worker.
        options: Options of the workers' clients beside their environment, as for
            `NimClient.from_env`, such as ``rate_limit``; they must be such that pickle.

    Yields:
        The client. Its hooks are told of odd replies alone; the limits are missing in its
        statistics.

    Raises:
        ConfigurationError: An argument cannot be, the event loop is not
            asyncio, or a worker could make no client.
        OSError: There is no scheduler at the address.

    Whoever can reach the scheduler can run programs on its workers: protect it. If this process
    is killed, its workers end their calls some seconds later, see `LEASE_SECONDS`; begin the job
    again after that.
    """
    check_count("concurrency", concurrency)
    _check_environment(dask)
    if config is not None and options:
        raise refused("options", "must be in the config", ", ".join(options))
    own = NimClient.from_env(**options) if config is None else NimClient.from_config(config)
    settings = own.config
    if redis is None and settings.rate_limit is not None:
        raise refused("redis", "must be a URL where rate limits are to be kept", "None")
    async with own, _opened(dask) as client:
        fleet = _Fleet(client, concurrency, own.observer)
        plugin = _shard.ClientOfWorker(
            app_key=settings.credentials.app_key,
            config=config,
            options={"max_connections": concurrency, **options},
            redis=redis,
            processes=await fleet.count_workers(),
        )
        async with fleet.working(plugin):
            yield own.over(fleet)


def _check_environment(dask: object) -> None:
    if not on_asyncio():
        raise ConfigurationError("Dask needs asyncio as the event loop", option="dask")
    if isinstance(dask, distributed.Client):
        if not dask.asynchronous:
            instead = "make it with asynchronous=True"
            raise refused("dask", "must be an asynchronous client", "another one", instead)
    elif not isinstance(dask, str):
        raise refused("dask", "must be the address of a scheduler", shown(dask))


@asynccontextmanager
async def _opened(dask: str | distributed.Client) -> AsyncGenerator[Any]:
    if not isinstance(dask, str):
        yield dask
        return
    async with _distributed.Client(dask, asynchronous=True, set_as_default=False) as client:
        yield client


async def _queue(name: str, client: Any) -> Any:
    return await _distributed.Queue(name, client=client)


@define(eq=False)
class _Pending:
    """A call that waits for a worker, or for its answer."""

    number: int
    call: Call
    ended: anyio.Event = field(factory=anyio.Event)
    came: _shard.Came | None = None
    error: Exception | None = None
    wanted: bool = True

    def end(self, *, came: _shard.Came | None = None, error: Exception | None = None) -> None:
        """Let whoever waits go on: with what came, with an error, or without either."""
        self.came, self.error = came, error
        self.ended.set()


@define(eq=False)
class _Shard:
    """A shard that takes calls, as long as its token holds."""

    number: int
    address: str
    queue: Any
    free: int
    calls: dict[int, _Pending] = field(factory=dict[int, _Pending])
    granted: list[_Pending] = field(factory=list[_Pending])  # those that are yet to be sent


class _Fleet:
    """Hands calls to shards, in place of the attempts of a client."""

    clock_offset: float = 0.0

    def __init__(self, client: Any, concurrency: int, observer: Observer) -> None:
        """Submit nothing yet."""
        self._client = client
        self._concurrency = concurrency
        self._observer = observer
        self._job = f"nim-async-{new_id()}"
        self._shards: dict[str, _Shard] = {}  # by token
        self._waiting: deque[_Pending] = deque()
        self._numbers = count(1)
        self._under_way = 0
        self._idle = anyio.Event()
        self._granted = anyio.Event()
        self._tasks: dict[int, Any] = {}
        self._failures = 0  # of shards, since something came of a call
        self._closed = False
        self._broken: NimError | None = None

    # calls

    async def carry_out(self, call: Call, read: Read[R]) -> R:
        """
        Have a worker carry a call out.

        Raises:
            ConfigurationError: The client is closed, or no worker can make calls.
            NimError: What the worker's call ended with, or what its loss did to it.
        """
        call.until = anyio.current_time() + call.options.deadline
        self._under_way += 1
        try:
            with anyio.fail_after(call.options.deadline):
                came = await self._repeatedly(call)
        except TimeoutError:
            phase: Phase = "read" if call.sent else "pool"
            late = TimedOut(phase=phase, maybe_processed=call.sent)
            call.settle(late)
            raise late from None
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()
        if call.watch is not None:
            for seconds, error in came.attempts:
                call.watch.attempted(seconds, error)
        if came.error is not None:
            raise came.error
        reply, odd = read(came.members)
        if odd:
            self._observer.odd_reply(call, odd)
        return reply

    async def _repeatedly(self, call: Call) -> _shard.Came:
        """Hand a call out until something comes of it, or it was lost and may not be repeated."""
        while True:
            call.attempts += 1
            came = await self._answer(call)
            if came is not None:
                return came
            lost = TransportError("the worker that made the call was lost")
            call.locate(lost)
            again = call.fail(lost, anyio.current_time())
            if again is None:
                call.settle(lost)
                raise lost
            if call.repeat is Repeat.ALWAYS:
                call.request_id = new_id()  # the service may have seen the other
            await anyio.sleep(again.after or 0.0)

    async def _answer(self, call: Call) -> _shard.Came | None:
        """Return what came of a call, or ``None`` if its worker was lost."""
        if self._broken is not None:
            raise self._broken
        if self._closed:
            raise ConfigurationError("the client is closed")
        pending = _Pending(next(self._numbers), call)
        self._waiting.append(pending)
        self._assign()
        try:
            await pending.ended.wait()
        except BaseException:
            pending.wanted = False
            with suppress(ValueError):
                self._waiting.remove(pending)
            raise
        if pending.error is not None:
            raise pending.error
        return pending.came

    def _assign(self) -> None:
        """Hand waiting calls to the shards that have most places free."""
        while self._waiting and self._shards:
            shard = max(self._shards.values(), key=lambda shard: shard.free)
            if not shard.free:
                return
            pending = self._waiting.popleft()
            shard.free -= 1
            shard.calls[pending.number] = pending
            shard.granted.append(pending)
            self._granted.set()

    # shards

    async def count_workers(self) -> int:
        """
        Return how many workers there are.

        Raises:
            ConfigurationError: There is none.
        """
        workers = len(await self._client.nthreads())
        if not workers:
            raise ConfigurationError("the cluster has no workers", option="dask")
        return workers

    @asynccontextmanager
    async def working(self, plugin: _shard.ClientOfWorker) -> AsyncGenerator[None]:
        """Have shards on all workers for as long as the context is open."""
        queue = await _queue(self._job, self._client)
        try:
            await self._equip(plugin)
            for number, address in enumerate(await self._client.nthreads()):
                self._submit(number, address)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._receive, queue)
                tasks.start_soon(self._send)
                tasks.start_soon(self._watch)
                try:
                    yield
                finally:
                    tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._stop(queue)

    async def _equip(self, plugin: _shard.ClientOfWorker) -> None:
        try:
            await self._client.register_plugin(plugin, name=self._job)
        except Exception as error:  # whatever a worker lacks
            raise _cannot(error) from error

    def _submit(self, number: int, address: str | None = None) -> None:
        place = {} if address is None else {"workers": [address], "allow_other_workers": True}
        self._tasks[number] = self._client.submit(
            _shard.work, self._job, number, pure=False, **place
        )

    async def _receive(self, queue: Any) -> None:
        while True:
            for raw in (await queue.get(), *await queue.get(batch=True)):
                token, news = _shard.loaded(raw)
                if isinstance(news, _shard.Hello):
                    await self._welcome(token, news)
                else:
                    self._take(token, news)
            self._assign()

    async def _welcome(self, token: str, hello: _shard.Hello) -> None:
        """Take a shard in; if it is run again, what it did before is lost."""
        self._lose(number=hello.number)
        queue = await _queue(_shard.queue_of(self._job, token), self._client)
        self._shards[token] = _Shard(hello.number, hello.address, queue, self._concurrency)

    def _take(self, token: str, news: list[_shard.Came]) -> None:
        shard = self._shards.get(token)
        if shard is None:  # what it did counts as lost
            return
        self._failures = 0
        for came in news:
            shard.free += 1
            shard.calls.pop(came.number).end(came=came)

    def _lose(self, *, number: int) -> None:
        """Have nothing more to do with a shard; what it was not told of is for others."""
        for token in [token for token, shard in self._shards.items() if shard.number == number]:
            shard = self._shards.pop(token)
            shard.queue.close()
            for pending in shard.granted:
                del shard.calls[pending.number]
                self._waiting.appendleft(pending)
            for pending in shard.calls.values():
                pending.end()

    async def _send(self) -> None:
        """Send calls to the shards as they are handed out, and signs of life in between."""
        while True:
            with anyio.move_on_after(_shard.PING_SECONDS):
                await self._granted.wait()
            self._granted = anyio.Event()
            for shard in tuple(self._shards.values()):
                granted, shard.granted = shard.granted, []
                async with anyio.create_task_group() as marks:
                    for pending in granted:
                        marks.start_soon(self._mark, shard, pending)
                orders = [
                    _shard.order(pending.number, pending.call)
                    for pending in granted
                    if pending.number in shard.calls
                ]
                await shard.queue.put(_shard.dumped(orders))

    async def _mark(self, shard: _Shard, pending: _Pending) -> None:
        """Do what comes before a call may be sent, such as a mark in a journal."""
        watch = pending.call.watch
        if watch is not None and pending.wanted:
            try:
                if not watch.begin_now():
                    await watch.begin()
            except Exception as error:  # noqa: BLE001  it is for who waits
                pending.wanted = False
                pending.end(error=error)
        if pending.wanted:
            pending.call.sent = True  # from now on it may be
        elif shard.calls.pop(pending.number, None) is not None:
            shard.free += 1

    async def _watch(self) -> None:
        """Look whether workers and shards are there, and submit those that Dask gave up."""
        while True:
            await anyio.sleep(_LOOK_SECONDS)
            there = await self._client.nthreads()
            for shard in tuple(self._shards.values()):
                if shard.address not in there:
                    self._lose(number=shard.number)
            for number, task in tuple(self._tasks.items()):
                if task.status == "pending":
                    continue
                if task.status == "error":
                    self._judge(await task.exception())
                self._lose(number=number)
                self._submit(number)
            self._assign()

    def _judge(self, error: Exception) -> None:
        """End all calls if shards fail time and again, so that it is not that workers die."""
        self._failures += 1
        if self._failures >= _MOST_FAILURES:
            self._broken = _cannot(error)
            self._end_all(str(self._broken))

    def _end_all(self, why: str) -> None:
        calls = [pending for shard in self._shards.values() for pending in shard.calls.values()]
        for pending in (*self._waiting, *calls):
            error = TransportError(why, maybe_processed=pending.call.sent)
            pending.call.settle(error)
            pending.end(error=error)
        self._waiting.clear()
        for shard in self._shards.values():
            shard.calls.clear()
            shard.granted.clear()

    async def _stop(self, queue: Any) -> None:
        """End the shards, and give back what they had."""
        self._closed = True
        self._end_all(CLOSED)
        with suppress(Exception), anyio.move_on_after(_shard.LEASE_SECONDS):  # workers may be gone
            at_work = {shard.number: shard for shard in self._shards.values()}
            for number, task in self._tasks.items():
                if number not in at_work:  # or it would begin once another ends
                    await task.cancel()
            for shard in at_work.values():
                await shard.queue.put(_shard.dumped(None))
            ending = [self._tasks[number] for number in at_work]
            await self._client.gather(ending, errors="skip")
            await self._client.unregister_worker_plugin(self._job)
        for task in self._tasks.values():
            task.release()
        for shard in self._shards.values():
            shard.queue.close()
        queue.close()

    # what else a client asks of its attempts

    def open(self) -> None:
        """Do nothing: the workers open connections."""

    def statistics(self) -> Statistics:
        """Return how many calls are with workers, and how many wait for a place."""
        return Statistics(
            under_way=self._under_way - len(self._waiting),
            waiting=len(self._waiting),
            connections_open=None,
            connections_idle=None,
            endpoints={},
            limits={},
        )

    async def aclose(self, drain: float) -> None:
        """Refuse new calls, and let those under way finish."""
        self._closed = True
        if self._under_way and drain > 0:
            self._idle = anyio.Event()
            with anyio.move_on_after(drain):
                await self._idle.wait()
        self._end_all(CLOSED)


def _cannot(error: BaseException) -> ConfigurationError:
    inner: tuple[BaseException, ...]
    while inner := getattr(error, "exceptions", ()):  # of a task group
        error = inner[0]
    text = f"a worker cannot make calls: {type(error).__name__}: {error}"
    return ConfigurationError(text, option="dask")
