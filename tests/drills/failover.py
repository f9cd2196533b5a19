"""
The first of two endpoints fails under load: it dies, never answers, or answers nonsense.

Or it serves all calls but some, which it refuses with 404 or lets wait longer than their tiny
timeout: then nothing may be held against it, and all calls stay with it.

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
from typing import TYPE_CHECKING, Any

import anyio
from attrs import Factory, define, evolve, frozen

from benchmarks.tables import percentile, show, verdict
from nim_async import NimClient, NimError
from nim_async.observe import AttemptFinished
from tests.drills import canned
from tests.drills.children import child

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    from nim_async.observe import Event
    from tests.drills.canned import Command

_TIMEOUT = 1.0
_DEADLINE = 10.0
# As few as the rate needs: httpx looks at its whole pool for every request, several times.
_CONNECTIONS = 10
_LOOPS: tuple[str, ...] = ("asyncio", "trio")
_SCENES: tuple[tuple[Command, str], ...] = (
    ("die", "dies"),
    ("stall", "never answers"),
    ("babble", "answers nonsense"),
    ("refuse reads", "refuses reads"),
    ("stall reads", "lets hasty reads wait"),
)
_SPARED: frozenset[Command] = frozenset({"refuse reads", "stall reads"})
_HASTE = 0.02  # attempt timeout of hasty reads


@frozen(kw_only=True)
class Load:
    """What one process does: calls in a second, for how long, and whether reads are hasty."""

    rate: float
    seconds: float
    hasty: bool = False


@define
class Found:
    """What became of the calls."""

    times: list[float] = Factory(list[float])
    failures: Counter[str] = Factory(Counter[str])
    failed_reads: int = 0
    attempts: int = 0
    strayed: int = 0  # attempts on the second endpoint
    seconds: float = 0.0
    first_late: float = 0.0  # how late the client itself started a call, at worst


async def load(bases: list[str], size: Load, half: Callable[[], None]) -> Found:
    """Make calls at a steady rate; tell when half of the time is over."""
    found = Found()

    def count(event: Event) -> None:
        if isinstance(event, AttemptFinished):
            found.attempts += 1
            found.strayed += event.endpoint == bases[1]

    async def call(nim: NimClient, number: int) -> None:
        started = anyio.current_time()
        try:
            if number % 2:
                await reader.chatroom.get(room_id=66)
            else:
                await nim.chatroom.queue_offer(room_id=66, key="k", value=str(number))
        except NimError as error:
            found.failures[type(error).__name__] += 1
            found.failed_reads += number % 2
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
        reader = nim.options(timeout=_HASTE, max_attempts=1) if size.hasty else nim
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


def scene(failing: Command, loop: str, size: Load, processes: int) -> Found:
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
            whole.failed_reads += part.failed_reads
            whole.attempts += part.attempts
            whole.strayed += part.strayed
            whole.seconds = max(whole.seconds, part.seconds)
            whole.first_late = max(whole.first_late, part.first_late)
        return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Go through all scenes on both event loops."""
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
    judged: dict[str, bool] = {}
    for failing, shown in _SCENES:
        for loop in loops:
            found = scene(failing, loop, evolve(size, hasty=failing == "stall reads"), processes)
            name = f"{shown}, {loop}"
            calls = len(found.times)
            rows.append([name, calls, calls / found.seconds, *_figures(found)])
            judged |= {f"{name}: {text}": met for text, met in criteria(failing, found).items()}
            for error, count in found.failures.items():
                print(f"{name}: {count} x {error}")
    show("the first of two endpoints", _HEADER, rows)
    return verdict(judged)


def criteria(failing: Command, found: Found) -> dict[str, bool]:
    """Judge a scene."""
    if failing in _SPARED:
        return {
            "reads failed, and nothing else": 0 < found.failed_reads == found.failures.total(),
            "all calls stayed": not found.strayed,
        }
    judged = {"no call failed": not found.failures}
    if failing == "babble":
        # Half of the calls come later than the failure, and would all try it first.
        judged["most calls kept away"] = found.attempts - len(found.times) < len(found.times) / 4
    return judged


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
