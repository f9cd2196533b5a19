"""A client that made many connections and very many calls: how much memory it takes."""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from benchmarks.speed.contenders import Task, ours

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_CONNECTIONS = 1000
_LOOKS = 10


def main() -> None:
    """Do what the argument says, and print the memory at several moments, MiB."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    os.sched_setaffinity(0, {order["core"]})
    print(json.dumps(anyio.run(_run, order["url"], order["calls"])))


async def _run(url: str, calls: int) -> dict[str, float | list[float]]:
    task = Task(url=url, concurrency=_CONNECTIONS, connections=_CONNECTIONS, authority="")
    before = _now()
    async with ours(task) as call:
        await _many(call, _CONNECTIONS, _CONNECTIONS * 3)
        gc.collect()
        idle = _now()
        seen: list[float] = []
        for _ in range(_LOOKS):
            await _many(call, 100, calls // _LOOKS)
            seen.append(_now())
    return {"before": before, "idle": idle, "during": seen, "peak": _peak()}


async def _many(call: Callable[[], Awaitable[object]], tasks: int, calls: int) -> None:
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            await call()

    async with anyio.create_task_group() as group:
        for _ in range(tasks):
            group.start_soon(work)


def _now() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
