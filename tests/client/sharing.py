"""Processes that share a rate limit through Redis, and what they let in."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Any, Self

import anyio
from attrs import define, field
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NoConnection

from nim_async import RateLimit
from nim_async.limits.redis import RedisLimits

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from nim_async.limits import Limiter
    from tests.redis_server import Server

LATE = INF = float("inf")
PATH = "/nimserver/chatroom/get.action"
MARGIN = 0.05
_apps = count()


def new_app() -> str:
    """Name an app that no other test uses."""
    return f"app-{next(_apps)}"


def limits(url: str, app: str, *, processes: int = 2, **options: Any) -> RedisLimits:
    """Make what a process would make; quick to ask again, slow to give up."""
    options = {"timeout": 1.0, "retry": 0.02, "margin": MARGIN} | options
    return RedisLimits(url, app_key=app, processes=processes, **options)


@asynccontextmanager
async def two(server: Server, app: str) -> AsyncGenerator[tuple[RedisLimits, RedisLimits]]:
    """Make what two processes would make, that do not take a slow Redis for lost."""
    made = [limits(server.url, app, timeout=60.0) for _ in range(2)]
    async with made[0], made[1]:
        yield made[0], made[1]


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


async def in_charge(server: Server, one: RedisLimits, calls: int, per_seconds: float) -> Limiter:
    """Return a limiter for which Redis is in charge."""
    gate: Any = one(PATH, limit(calls, per_seconds))
    gate._bind()
    await gate._exchange()
    async with client(server.url) as redis:
        for key in await keys_of(redis, one):
            if key.endswith(b":state"):
                await redis.hset(key, "since", 0)
    made: Limiter = gate
    return made


@define
class Cable:
    """
    Stands between a process and Redis, and can be cut.

    Attributes:
        cut: Whether it is.
        in_charge_from: When Redis is in charge, as it said last, by the time of day.
    """

    ask: Any
    cut: bool = False
    in_charge_from: float = INF

    @classmethod
    def of(cls, one: RedisLimits) -> Self:
        """Lay one."""
        cable = cls(link(one).ask)
        link(one).ask = cable
        return cable

    async def __call__(self, keys: list[str], arguments: list[Any]) -> Any:
        """Ask Redis, if there is a way."""
        if self.cut:
            raise NoConnection
        answer = await self.ask(keys, arguments)
        since, grace = int(answer[3]), arguments[2]
        self.in_charge_from = (since + grace) / 1_000_000
        return answer


async def until_in_charge(cables: list[Cable]) -> None:
    """Wait until all have asked Redis anew, and it is in charge for each of them."""
    for cable in cables:
        cable.in_charge_from = INF
    await until(lambda: all(time.time() > cable.in_charge_from for cable in cables))
