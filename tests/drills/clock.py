"""
A client whose clock is an hour wrong, with many first calls at once.

``python -m tests.drills.clock [--calls N] [--quick]``
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import anyio

from benchmarks.tables import show, verdict
from nim_async import NimClient, NimError
from nim_async.emulator import Emulator
from nim_async.observe import AttemptFinished

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nim_async.observe import Event

_HOUR = 3600.0


async def measure(shift: float, calls: int) -> tuple[int, int, int]:
    """Return how many calls failed, their attempts, and the attempts of a later call."""
    emulator = Emulator("app", "the-secret", clock=lambda: time.time() + shift)
    room_id = emulator.add_room("amy", "tea")
    failed = attempts = 0

    def count(event: Event) -> None:
        nonlocal attempts
        attempts += isinstance(event, AttemptFinished)

    async def call(nim: NimClient) -> None:
        nonlocal failed
        try:
            await nim.chatroom.get(room_id=room_id)
        except NimError as error:
            failed += 1
            if failed == 1:
                print(f"first failure: {error}")

    async with emulator.serve() as url:
        client = NimClient("app", "the-secret", base_url=url, rate_limit=None, hooks=[count])
        async with client as nim:
            async with anyio.create_task_group() as group:
                for _ in range(calls):
                    group.start_soon(call, nim)
            first = attempts
            await call(nim)
    return failed, first, attempts - first


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure for both directions and both event loops."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--quick", action="store_true", help="few calls")
    given = parser.parse_args(arguments)
    calls = 20 if given.quick else given.calls

    rows: list[list[object]] = []
    all_good = True
    for backend in ("asyncio", "trio"):
        for name, shift in (("right", 0.0), ("1 h slow", _HOUR), ("1 h fast", -_HOUR)):
            failed, attempts, later = anyio.run(partial(measure, shift, calls), backend=backend)
            rows.append([f"{backend}, {name}", calls, failed, attempts, attempts - calls, later])
            all_good &= not failed and later == 1
    header = ["client's clock", "first calls", "failed", "attempts", "extra", "of a later call"]
    show("calls of a client that has the wrong time", header, rows)
    return verdict({"every call succeeds, and a later one at the first attempt": all_good})


if __name__ == "__main__":
    sys.exit(main())
