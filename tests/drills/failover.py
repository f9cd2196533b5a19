"""
The first of two endpoints fails under load: it dies, or it accepts and never answers.

``python -m tests.drills.failover [--rate N] [--seconds N] [--processes N] [--quick]``

Calls of operations that may be repeated, reads and writes by turns, start at a steady rate
whether or not those before them are over. The server is a canned one, since an emulator would
need more of the machine than the load itself.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections import Counter
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import anyio
from attrs import Factory, define, frozen

from benchmarks.tables import percentile, show, verdict
from nim_async import NimClient, NimError
from nim_async.observe import AttemptFinished
from tests.drills import canned
from tests.drills.children import child

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    from nim_async.observe import Event

Failing = Literal["die", "stall"]

_TIMEOUT = 1.0
_DEADLINE = 10.0
# As few as the rate needs: httpx looks at its whole pool for every request, several times.
_CONNECTIONS = 10
_LOOPS: tuple[str, ...] = ("asyncio", "trio")
_SCENES: tuple[tuple[Failing, str], ...] = (("die", "dies"), ("stall", "never answers"))


@frozen(kw_only=True)
class Load:
    """What one process does: calls in a second, for how long."""

    rate: float
    seconds: float


@define
class Found:
    """What became of the calls."""

    times: list[float] = Factory(list[float])
    failures: Counter[str] = Factory(Counter[str])
    attempts: int = 0
    seconds: float = 0.0
    first_late: float = 0.0  # how late the client itself started a call, at worst


async def load(bases: list[str], size: Load, half: Callable[[], None]) -> Found:
    """Make calls at a steady rate; tell when half of the time is over."""
    found = Found()

    def count(event: Event) -> None:
        found.attempts += isinstance(event, AttemptFinished)

    async def call(nim: NimClient, number: int) -> None:
        started = anyio.current_time()
        try:
            if number % 2:
                await nim.chatroom.get(room_id=66)
            else:
                await nim.chatroom.queue_offer(room_id=66, key="k", value=str(number))
        except NimError as error:
            found.failures[type(error).__name__] += 1
        found.times.append(anyio.current_time() - started)

    client = NimClient(
        "app",
        "the-secret",
        base_url=bases,
        timeout=_TIMEOUT,
        deadline=_DEADLINE,
        rate_limit=None,
        max_connections=_CONNECTIONS,
        hooks=[count],
    )
    calls = round(size.rate * size.seconds)
    async with client as nim:
        await nim.chatroom.get(room_id=66)  # what the first call sets up is not timed
        found.attempts = 0
        gc.collect()
        gc.freeze()  # the modules themselves need no looking through
        began = anyio.current_time()
        async with anyio.create_task_group() as group:
            for number in range(calls):
                due = began + number / size.rate
                await anyio.sleep_until(due)
                found.first_late = max(found.first_late, anyio.current_time() - due)
                group.start_soon(call, nim, number)
                if number == calls // 2:
                    half()
            found.seconds = anyio.current_time() - began
    return found


def run_load(parent: Connection[Any, Any], bases: list[str], size: Load, loop: str) -> None:
    """Make calls; send a mark when half of the time is over, and then what became of them."""
    half = partial(parent.send, None)
    parent.send(anyio.run(partial(load, bases, size, half), backend=loop))


def scene(failing: Failing, loop: str, size: Load, processes: int) -> Found:
    """Let the first endpoint fail when half of the calls have started."""
    with child(canned.serve, 2, 0.0) as server, ExitStack() as stack:
        bases = canned.urls(server.recv())
        clients = [
            stack.enter_context(child(run_load, bases, size, loop)) for _ in range(processes)
        ]
        clients[0].recv()
        server.send((0, failing))
        for client in clients[1:]:
            client.recv()
        whole = Found()
        for client in clients:
            part: Found = client.recv()
            whole.times += part.times
            whole.failures += part.failures
            whole.attempts += part.attempts
            whole.seconds = max(whole.seconds, part.seconds)
            whole.first_late = max(whole.first_late, part.first_late)
        return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Go through both scenes on both event loops."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=500.0, help="calls in a second, in all")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--processes", type=int, default=2, help="clients that share the rate")
    parser.add_argument(
        "--quick", action="store_true", help="one client at a low rate, on one event loop"
    )
    given = parser.parse_args(arguments)
    processes: int = given.processes
    loops = _LOOPS
    size = Load(rate=given.rate / processes, seconds=given.seconds)
    if given.quick:
        processes, size, loops = 1, Load(rate=50.0, seconds=0.6), _LOOPS[:1]

    rows: list[list[object]] = []
    criteria: dict[str, bool] = {}
    for failing, shown in _SCENES:
        for loop in loops:
            found = scene(failing, loop, size, processes)
            name = f"{shown}, {loop}"
            calls = len(found.times)
            rows.append([name, calls, calls / found.seconds, *_figures(found)])
            criteria[f"{name}: no call failed"] = not found.failures
            for error, count in found.failures.items():
                print(f"{name}: {count} x {error}")
    show("the first of two endpoints", _HEADER, rows)
    return verdict(criteria)


_HEADER = [
    *("", "calls", "calls/s", "failed", "extra attempts"),
    *("p50 ms", "p99 ms", "longest ms", "started late ms"),
]


def _figures(found: Found) -> list[object]:
    times = found.times
    figures = (percentile(times, 0.5), percentile(times, 0.99), max(times), found.first_late)
    return [
        found.failures.total(),
        found.attempts - len(times),
        *(f"{seconds * 1000:.1f}" for seconds in figures),
    ]


if __name__ == "__main__":
    sys.exit(main())
