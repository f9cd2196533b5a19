"""
What is left of a client after storms of cancelled calls, beside a plain ``httpx.AsyncClient``.

``python -m tests.drills.storm [--seeds N] [--waves N] [--way NAME] [--quick]``

A wave is 100 calls on a pool of 10, each cancelled at a moment of its own. After all waves come
1,000 calls, of which all must succeed, and then sockets, permits and tasks are counted. That is
done on each way to run the client.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING, Any

import anyio
import httpx
from attrs import define, frozen

from benchmarks.tables import show, verdict
from nim_async import NimClient, NimError, RateLimit
from tests.drills import canned, ways
from tests.drills.children import child
from tests.drills.ways import Ground, ground

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Sequence
    from multiprocessing.connection import Connection

Call = Callable[[], Awaitable[object]]

_POOL = 10
_CALLS_IN_A_WAVE = 100
_LATEST = 0.020  # seconds until a call of a wave is cancelled
_DELAY = 0.001  # of the server
_WINDOW = 0.02  # a limit that is kept, yet holds nobody back
_PATH = "/chatroom/get.action"


@frozen(kw_only=True)
class Size:
    """How much is done."""

    waves: int
    calls: int


@define
class Left:
    """What a storm left behind."""

    cancelled: int = 0
    failed: int = 0
    wedged: bool = False
    sockets_kept: int = 0  # while the client is open, beyond its pool
    sockets_left: int = 0  # when it is closed
    permits: int = 0
    tasks: int = 0
    seconds: float = 0.0


def sockets() -> int:
    """Count the open sockets of this process."""
    found = 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            found += str(link.readlink()).startswith("socket:")
        except FileNotFoundError:  # the one that lists them
            continue
    return found


@asynccontextmanager
async def ours(base: str, here: Ground) -> AsyncGenerator[tuple[Call, Callable[[], int]]]:
    """Open a client; tell how to call, and how many permits are missing or left over."""
    limit = RateLimit(calls=1_000_000, per_seconds=_WINDOW, block_seconds=1.0)
    client = NimClient(
        "app",
        "the-secret",
        base_url=base,
        max_connections=_POOL,
        rate_limit={"chatroom.get": limit},
        **here.settings(),
    )
    async with client as nim:

        async def call() -> object:
            return await nim.chatroom.get(room_id=66)

        def permits() -> int:
            inside: Any = nim._attempts  # pyright: ignore[reportPrivateUsage]
            limiter = next(iter(inside._limiters.values()))
            window: Any = limiter._window
            under_way = int(window._taken) - len(window._free_at)
            return abs(under_way) + abs(_POOL - int(inside._session.free))

        yield call, permits


@asynccontextmanager
async def plain(base: str, here: Ground) -> AsyncGenerator[tuple[Call, Callable[[], int]]]:
    """Open an ``httpx.AsyncClient`` with a pool of the same size and its own pool timeout."""
    del here
    limits = httpx.Limits(max_connections=_POOL)
    async with httpx.AsyncClient(limits=limits) as client:

        async def call() -> object:
            answer = await client.post(base + _PATH, data={"roomid": "66"})
            return answer.raise_for_status()

        yield call, lambda: 0


_PLAIN_WAYS = ("asyncio", "trio")
_CLIENTS = {"nim_async": ours, "httpx": plain}


async def storm(which: str, base: str, here: Ground, seed: int, size: Size) -> Left:
    """Go through one storm."""
    random = Random(seed)  # noqa: S311  no secret
    left = Left()
    tasks, before, started = len(anyio.get_running_tasks()), sockets(), perf_counter()
    async with _CLIENTS[which](base, here) as (call, permits):
        await call()
        for _ in range(size.waves):
            async with anyio.create_task_group() as group:
                for _ in range(_CALLS_IN_A_WAVE):
                    group.start_soon(_cancelled, call, random.uniform(0, _LATEST), left)
        async with anyio.create_task_group() as group:
            for _ in range(size.calls):
                group.start_soon(_kept, call, left)
        # One that hands out no connection at all fails every call.
        left.wedged = left.failed == size.calls
        left.permits = permits()
        left.tasks = len(anyio.get_running_tasks()) - tasks
        left.sockets_kept = max(0, sockets() - before - _POOL)
    left.sockets_left = sockets() - before
    left.seconds = perf_counter() - started
    return left


async def _cancelled(call: Call, after: float, left: Left) -> None:
    with anyio.move_on_after(after) as scope:
        try:
            await call()
        except (NimError, httpx.HTTPError):
            return
    left.cancelled += scope.cancelled_caught


async def _kept(call: Call, left: Left) -> None:
    try:
        await call()
    except (NimError, httpx.HTTPError):
        left.failed += 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Go through all storms, ours on each way, those of the plain client beside them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--plain-seeds", type=int, default=3, help="seeds of the plain client")
    parser.add_argument("--waves", type=int, default=200)
    parser.add_argument("--calls", type=int, default=1000, help="calls after the storm")
    ways.add_option(parser)
    parser.add_argument("--quick", action="store_true", help="one seed, few waves, ours alone")
    given = parser.parse_args(arguments)
    size, seeds = Size(waves=given.waves, calls=given.calls), given.seeds
    plain_ways = _PLAIN_WAYS if given.plain_seeds else ()
    if given.quick:
        size, seeds, plain_ways = Size(waves=5, calls=100), 1, ()

    rows: list[list[object]] = []
    judged: dict[str, bool] = {}
    with ExitStack() as stack:
        # In processes of their own, and at the same time as the others.
        beside = {
            way: stack.enter_context(storms("httpx", way, given.plain_seeds, size))
            for way in plain_ways
        }
        for way in ways.chosen(given.way):
            with storms("nim_async", way, seeds, size) as process:
                lefts: list[Left] = process.recv()
            rows.append([f"nim_async, {way}", *_summed(lefts)])
            judged |= criteria(way, lefts)
        rows += ([f"httpx, {way}", *_summed(process.recv())] for way, process in beside.items())
    show(f"after {size.waves} waves and {size.calls} calls, summed over the seeds", _HEADER, rows)
    return verdict(judged)


@contextmanager
def storms(which: str, way: str, seeds: int, size: Size) -> Generator[Connection[Any, Any]]:
    """Let a process go through one storm after the other, and send what each left behind."""
    with ground(way) as here, child(canned.serve, 1, _DELAY, here.authority) as server:
        base = here.url(server.recv()[0])
        with child(_storms, which, base, here, seeds, size) as process:
            yield process


def _storms(
    parent: Connection[Any, Any], which: str, base: str, here: Ground, seeds: int, size: Size
) -> None:
    numbers = range(1, seeds + 1)
    parent.send([here.run(partial(storm, which, base, here, seed, size)) for seed in numbers])


_HEADER = [
    *("client", "seeds", "cancelled", "wedged", "failed calls", "of seeds"),
    *("sockets beyond pool", "sockets left", "permits off", "tasks left", "seconds"),
]


def _summed(lefts: Sequence[Left]) -> list[object]:
    total = Counter[str]()
    for left in lefts:
        for name in ("cancelled", "wedged", "failed", *_NOTHING, "permits"):
            total[name] += int(getattr(left, name))
    return [
        *(len(lefts), total["cancelled"], total["wedged"], total["failed"]),
        sum(left.failed > 0 for left in lefts),
        *(total["sockets_kept"], total["sockets_left"], total["permits"], total["tasks"]),
        sum(left.seconds for left in lefts),
    ]


_NOTHING = ("sockets_kept", "sockets_left", "tasks")


def criteria(name: str, lefts: Sequence[Left]) -> dict[str, bool]:
    """Judge what the storms of one way left behind."""
    return {
        f"{name}: all calls after the storm succeed": not any(left.failed for left in lefts),
        f"{name}: permits are all back": not any(left.permits for left in lefts),
        f"{name}: no socket and no task is left": not any(
            getattr(left, part) for left in lefts for part in _NOTHING
        ),
    }


if __name__ == "__main__":
    sys.exit(main())
