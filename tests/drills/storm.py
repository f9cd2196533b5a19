"""
What is left of a client after storms of cancelled calls, beside a plain ``httpx.AsyncClient``.

``python -m tests.drills.storm [--seeds N] [--waves N] [--quick]``

A wave is 100 calls on a pool of 10, each cancelled at a moment of its own. After all waves come
1,000 calls, of which all must succeed, and then sockets, permits and tasks are counted.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
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
from tests.drills import canned
from tests.drills.children import child

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
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
async def ours(base: str) -> AsyncGenerator[tuple[Call, Callable[[], int]]]:
    """Open a client; tell how to call, and how many permits are missing or left over."""
    limit = RateLimit(calls=1_000_000, per_seconds=_WINDOW, block_seconds=1.0)
    client = NimClient(
        "app",
        "the-secret",
        base_url=base,
        max_connections=_POOL,
        rate_limit={"chatroom.get": limit},
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
async def plain(base: str) -> AsyncGenerator[tuple[Call, Callable[[], int]]]:
    """Open an ``httpx.AsyncClient`` with a pool of the same size and its own pool timeout."""
    limits = httpx.Limits(max_connections=_POOL)
    async with httpx.AsyncClient(limits=limits) as client:

        async def call() -> object:
            answer = await client.post(base + _PATH, data={"roomid": "66"})
            return answer.raise_for_status()

        yield call, lambda: 0


_LOOPS = ("asyncio", "trio")
_CLIENTS = {"nim_async": ours, "httpx": plain}


async def storm(which: str, base: str, seed: int, size: Size) -> Left:
    """Go through one storm."""
    random = Random(seed)  # noqa: S311  no secret
    left = Left()
    tasks, before, started = len(anyio.get_running_tasks()), sockets(), perf_counter()
    async with _CLIENTS[which](base) as (call, permits):
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
    """Go through all storms on both event loops and both clients."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--plain-seeds", type=int, default=3, help="seeds of the plain client")
    parser.add_argument("--waves", type=int, default=200)
    parser.add_argument("--calls", type=int, default=1000, help="calls after the storm")
    parser.add_argument("--quick", action="store_true", help="one seed, few waves, ours alone")
    given = parser.parse_args(arguments)
    size = Size(waves=given.waves, calls=given.calls)
    seeds = {"nim_async": given.seeds, "httpx": given.plain_seeds}
    if given.quick:
        size, seeds = Size(waves=5, calls=100), {"nim_async": 1}

    rows: list[list[object]] = []
    criteria: dict[str, bool] = {}
    with child(canned.serve, len(_CLIENTS) * len(_LOOPS), _DELAY) as server, ExitStack() as stack:
        bases = iter(canned.urls(server.recv()))
        # All at the same time, each in a process of its own with a port of its own.
        going = {
            (which, loop): stack.enter_context(
                child(storms, which, loop, next(bases), seeds[which], size)
            )
            for which in seeds
            for loop in _LOOPS
        }
        for (which, loop), process in going.items():
            lefts: list[Left] = process.recv()
            name = f"{which}, {loop}"
            rows.append([name, *_summed(lefts)])
            if which == "nim_async":
                criteria |= _criteria(name, lefts)
    show(f"after {size.waves} waves and {size.calls} calls, summed over the seeds", _HEADER, rows)
    return verdict(criteria)


def storms(
    parent: Connection[Any, Any], which: str, loop: str, base: str, seeds: int, size: Size
) -> None:
    """Go through one storm after the other, and send what each left behind."""
    run = partial(anyio.run, backend=loop)
    parent.send([run(partial(storm, which, base, seed, size)) for seed in range(1, seeds + 1)])


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


def _criteria(name: str, lefts: Sequence[Left]) -> dict[str, bool]:
    return {
        f"{name}: all calls after the storm succeed": not any(left.failed for left in lefts),
        f"{name}: permits are all back": not any(left.permits for left in lefts),
        f"{name}: no socket and no task is left": not any(
            getattr(left, part) for left in lefts for part in _NOTHING
        ),
    }


if __name__ == "__main__":
    sys.exit(main())
