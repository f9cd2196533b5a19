"""
How far calls run past their deadline when the service accepts and never answers.

``python -m tests.drills.deadline [--calls N] [--seed N] [--quick]``

Two stalled endpoints, repeats on; every call has a deadline of its own. A call may end early,
when the last attempt allowed is over or the next pause would be too long. The event loop stands
still while garbage is collected, so the longest collection is shown beside.
"""

from __future__ import annotations

import argparse
import gc
import sys
from functools import partial
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING

import anyio

from benchmarks.tables import percentile, show, verdict
from nim_async import NimClient, NimError, RetryPolicy
from tests.drills import canned
from tests.drills.children import child

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONCURRENCY = 40
_TIMEOUT = 0.25
_LONGEST = 0.050  # seconds past the deadline
_SHARES = (0.0, 0.1, 0.5, 0.9, 0.99, 0.999)


async def measure(bases: list[str], deadlines: Sequence[float]) -> tuple[list[float], int]:
    """Return how far each call ran past its deadline, and how many attempts all made."""
    policy = RetryPolicy(max_attempts=100, backoff=0.02, longest_backoff=0.1)
    overshoots: list[float] = []
    attempts = 0
    waiting = iter(deadlines)

    async def worker(nim: NimClient) -> None:
        nonlocal attempts
        for deadline in waiting:
            started = anyio.current_time()
            try:
                await nim.options(deadline=deadline).chatroom.get(room_id=66)
            except NimError as error:
                overshoots.append(anyio.current_time() - started - deadline)
                attempts += error.attempts

    client = NimClient(
        "app",
        "the-secret",
        base_url=bases,
        timeout=_TIMEOUT,
        retry=policy,
        rate_limit=None,
        # Fewer than calls, so that some of the time goes by in the queue for a connection.
        max_connections=_CONCURRENCY * 3 // 4,
    )
    gc.collect()
    gc.freeze()  # the modules themselves need no looking through
    async with client as nim, anyio.create_task_group() as group:
        for _ in range(_CONCURRENCY):
            group.start_soon(worker, nim)
    return overshoots, attempts


class Pauses:
    """The longest garbage collection since it was made."""

    def __init__(self) -> None:
        """Start to listen."""
        self.longest = 0.0
        self._began = 0.0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._began = perf_counter()
        else:
            self.longest = max(self.longest, perf_counter() - self._began)

    def stop(self) -> float:
        """Stop listening, and return the seconds of the longest."""
        gc.callbacks.remove(self._note)
        return self.longest


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure on both event loops."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="few calls")
    given = parser.parse_args(arguments)
    calls = 40 if given.quick else given.calls

    random = Random(given.seed)  # noqa: S311  no secret
    deadlines = [random.uniform(0.3, 1.2) for _ in range(calls)]
    rows: list[list[object]] = []
    criteria: dict[str, bool] = {}
    with child(canned.serve, 2, 0.0) as server:
        bases = canned.urls(server.recv())
        for number in range(len(bases)):
            server.send((number, "stall"))
        for backend in ("asyncio", "trio"):
            pauses = Pauses()
            found, attempts = anyio.run(partial(measure, bases, deadlines), backend=backend)
            values = [percentile(found, share) for share in _SHARES]
            longest = pauses.stop()
            shown = [f"{value * 1000:.1f}" for value in (*values, max(found), longest)]
            rows.append([backend, len(found), attempts, *shown])
            criteria[f"{backend}: every call failed in the end"] = len(found) == calls
            criteria[f"{backend}: at most {_LONGEST * 1000:.0f} ms past the deadline"] = (
                max(found) <= _LONGEST
            )
    header = ["loop", "calls", "attempts", "least", "p10", "p50", "p90", "p99", "p99.9"]
    header += ["most", "longest gc"]
    show("milliseconds past the deadline (negative: ended before)", header, rows)
    return verdict(criteria)


if __name__ == "__main__":
    sys.exit(main())
