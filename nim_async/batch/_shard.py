"""What runs in a worker of Dask: a client, and a shard that makes calls with it."""

from __future__ import annotations

from contextlib import AsyncExitStack, suppress
from math import inf
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import cloudpickle  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
import distributed
from attrs import frozen

from nim_async._core.call import Call
from nim_async._core.reading import whole
from nim_async._core.signing import new_id
from nim_async.client import NimClient
from nim_async.errors import NimError
from nim_async.limits.redis import RedisLimits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nim_async._core.options import ClientConfig

# Their types say little.
_distributed: Any = distributed
_cloudpickle: Any = cloudpickle

LEASE_SECONDS = 15.0  # after which a shard ends that hears nothing
PING_SECONDS = 3.0
# What a call is made with, and what becomes of it on the way.
_GIVEN = ("name", "path", "body", "options", "repeat", "penalty")
_CHANGED = ("trace_id", "request_id", "maybe", "processed")


@frozen(kw_only=True)
class Hello:
    """What a shard says of itself when it begins."""

    number: int
    address: str


@frozen(kw_only=True)
class Came:
    """
    What came of a call.

    Attributes:
        number: Number of the call.
        members: The members of a reply that says yes.
        error: What it failed with otherwise.
        attempts: How long each attempt took, and what it failed with.
    """

    number: int
    members: dict[str, Any]
    error: NimError | None
    attempts: list[tuple[float, BaseException | None]]


def order(number: int, call: Call) -> bytes:
    """Write a call down for a worker."""
    return dumped((number, {name: getattr(call, name) for name in _GIVEN + _CHANGED}))


def dumped(value: object) -> bytes:
    """Write anything for the other side, functions of retry policies included."""
    data: bytes = _cloudpickle.dumps(value)
    return data


def loaded(data: bytes) -> Any:
    """Read what the other side wrote; Dask has it run programs of ours anyway."""
    return _cloudpickle.loads(data)


def queue_of(job: str, token: str) -> str:
    """Return the name of the queue that a shard listens to."""
    return f"{job}-{token}"


class ClientOfWorker(distributed.WorkerPlugin):
    """
    The client of a worker, as a plugin of Dask: made when the worker begins, closed when it ends.

    Args:
        app_key: Key of the app, whose limits are shared.
        config: What the client is made from; the worker's environment when ``None``.
        options: Options beside the environment.
        redis: URL of the Redis that keeps the limits, if any are kept.
        processes: How many workers there are.
    """

    def __init__(
        self,
        *,
        app_key: str,
        config: ClientConfig | None,
        options: Mapping[str, Any],
        redis: str | None,
        processes: int,
    ) -> None:
        """Make nothing yet."""
        self._app_key = app_key
        self._config = config
        self._options = options
        self._redis = redis
        self._processes = processes
        self._open: AsyncExitStack | None = None

    async def setup(self, worker: object) -> None:  # noqa: ARG002  Dask gives it
        """
        Make the client.

        Raises:
            ConfigurationError: It cannot be made.
        """
        limiter: RedisLimits | None = None
        if self._redis is not None:
            limiter = RedisLimits(self._redis, app_key=self._app_key, processes=self._processes)
        if self._config is None:
            nim = NimClient.from_env(limiter=limiter, **self._options)
        else:
            nim = NimClient.from_config(self._config, limiter=limiter)
        self.nim = nim
        self.closing = anyio.Event()
        self._open = AsyncExitStack()
        if limiter is not None:
            await self._open.enter_async_context(limiter)
        await self._open.enter_async_context(nim)

    async def teardown(self, worker: object) -> None:  # noqa: ARG002  Dask gives it
        """End the shards that use the client, and close it."""
        self.closing.set()
        await anyio.lowlevel.checkpoint()  # in which they end
        if self._open is not None:
            await self._open.aclose()

    def __repr__(self) -> str:
        """Show no secret, and no password of Redis."""
        return f"{type(self).__name__}(app_key={self._app_key!r})"


async def work(job: str, number: int) -> None:
    """
    Take calls until there are no more, or the process that hands them out is gone.

    Args:
        job: Name of the job.
        number: Number of the shard.
    """
    worker = _distributed.get_worker()
    async with _distributed.Client(
        worker.scheduler.address, security=worker.security, asynchronous=True, set_as_default=False
    ) as client:
        token = new_id()
        orders = await _distributed.Queue(queue_of(job, token), client=client)
        news = await _distributed.Queue(job, client=client)
        await news.put(dumped((token, Hello(number=number, address=worker.address))))
        owner: ClientOfWorker = worker.plugins[job]
        shard = Shard(owner.nim, token, news)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(shard.report)
            tasks.start_soon(_leave, owner, tasks.cancel_scope)
            with suppress(TimeoutError):
                while (granted := loaded(await orders.get(timeout=LEASE_SECONDS))) is not None:
                    for order in granted:
                        tasks.start_soon(shard.carry_out, order)
            tasks.cancel_scope.cancel()


async def _leave(owner: ClientOfWorker, scope: anyio.CancelScope) -> None:
    """End a shard with its worker; that its calls ended so is no outcome of them."""
    await owner.closing.wait()
    scope.cancel()


class Shard:
    """Makes calls, and reports what came of them."""

    def __init__(self, nim: NimClient, token: str, news: Any) -> None:
        self._nim = nim
        self._token = token
        self._news = news
        self._ended: list[Came] = []
        self._any = anyio.Event()

    async def carry_out(self, order: bytes) -> None:
        """Make a call."""
        number, state = loaded(order)
        call = Call(**{name: state[name] for name in _GIVEN})
        call.wait_left = inf  # it has waited where it was made
        for name in _CHANGED:
            setattr(call, name, state[name])
        watch = call.watch = _Watch()
        members: dict[str, Any] = {}
        error: NimError | None = None
        try:
            members = await self._nim.attempts.carry_out(call, whole)
        except NimError as failed:
            error = failed
        self._ended.append(
            Came(number=number, members=members, error=error, attempts=watch.attempts)
        )
        self._any.set()

    async def report(self) -> None:
        """Send what came of calls, all at once that came meanwhile."""
        while True:
            await self._any.wait()
            self._any = anyio.Event()
            ended, self._ended = self._ended, []
            await self._news.put(dumped((self._token, ended)))


class _Watch:
    """Notes the attempts of a call."""

    def __init__(self) -> None:
        self.call: Call | None = None
        self.request_id: str | None = None
        self.attempts: list[tuple[float, BaseException | None]] = []

    def begin_now(self) -> bool:
        """Do nothing: what comes before a call was done before it was handed out."""
        return True

    async def begin(self) -> None:
        """Do nothing."""

    def attempted(self, seconds: float, error: BaseException | None) -> None:
        """Note an attempt."""
        self.attempts.append((seconds, error if isinstance(error, NimError) else None))
