"""One client in a process of its own, pinned to a core: calls until its time is up."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import TYPE_CHECKING, Any

import anyio
from attrs import asdict, frozen

from benchmarks.speed.contenders import CONTENDERS, Task, check

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

WARM = 0.3


@frozen(kw_only=True)
class Result:
    """
    What one run of one client gave.

    Attributes:
        rate: Calls a second.
        cpu: CPU time of the client per call, microseconds.
        p99: Milliseconds that 99 of 100 calls did not exceed.
        failed: Calls that ended in an error.
        memory: Most memory the client's process had, MiB.
    """

    rate: float
    cpu: float
    p99: float
    failed: int
    memory: float


def main() -> None:
    """Do what the argument says, and print the result."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    os.sched_setaffinity(0, {order["core"]})
    uvloop = order["loop"] == "uvloop"
    found = anyio.run(
        _run,
        order["name"],
        Task(**order["task"]),
        order["seconds"],
        backend_options={"use_uvloop": uvloop},
    )
    print(json.dumps(asdict(found)))


async def _run(name: str, task: Task, seconds: float) -> Result:
    async with CONTENDERS[name](task) as call:
        check(await call())
        await _drive(call, task.concurrency, min(WARM, seconds))
        return await _drive(call, task.concurrency, seconds)


async def _drive(call: Callable[[], Awaitable[object]], concurrency: int, seconds: float) -> Result:
    times: list[float] = []
    failed = 0
    clock = time.perf_counter
    busy, began = time.process_time(), clock()
    until = began + seconds

    async def work() -> None:
        nonlocal failed
        now = clock()
        while now < until:
            try:
                await call()
            except Exception:  # noqa: BLE001  every client has errors of its own
                failed += 1
            before, now = now, clock()
            times.append(now - before)

    async with anyio.create_task_group() as group:
        for _ in range(concurrency):
            group.start_soon(work)
    took, busy = clock() - began, time.process_time() - busy
    done = len(times) - failed
    times.sort()
    return Result(
        rate=done / took,
        cpu=1e6 * busy / max(done, 1),
        p99=1e3 * times[int(0.99 * (len(times) - 1))],
        failed=failed,
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


if __name__ == "__main__":
    main()
