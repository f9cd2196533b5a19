"""
What a bot needs of memory does not grow with the events and the rooms that it has seen.

``python -m tests.drills.flat memory|sqlite [--events N] [--rooms N] [--remembered N] [--quick]``
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import anyio

from benchmarks.tables import show, verdict
from nim_async import NimClient
from nim_async.bot import Bot, Inbox, MemoryInbox, SQLiteInbox
from nim_async.webhooks import MessageEvent
from tests.drills.answers import KEY, SECRET, request
from tests.webhooks.signed import signed

if TYPE_CHECKING:
    from collections.abc import Sequence

_PARTS = 10
_WARM = 4  # parts after which nothing may grow any more
_BATCH = 500
_ALLOWED_MIB = 4.0  # what an allocator may keep besides


def resident() -> float:
    """Return how much memory the process has, MiB."""
    gc.collect()
    status = Path("/proc/self/statm")
    pages = int(status.read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


async def run(inbox: Inbox, events: int, rooms: int, seed: int) -> list[float]:
    """Have events of many rooms handled, and return the memory after each part of them."""
    dice = random.Random(seed)  # noqa: S311  no secret
    bot = Bot(NimClient(KEY, SECRET), inbox=inbox, blocked_after=None)
    samples: list[float] = []

    @bot.on(MessageEvent)
    async def handler() -> None:
        pass

    async def send(number: int) -> None:
        body = request("4", 1 + dice.randrange(rooms), number).partition(b"\r\n\r\n")[2]
        answer = await bot.answer("POST", signed(body, secret=SECRET, key=KEY), body)
        assert answer.status == 200

    async with bot:
        for number in range(0, events, _BATCH):
            async with anyio.create_task_group() as tasks:
                for one in range(number, number + _BATCH):
                    tasks.start_soon(send, one)
            await bot.idle()
            if (number + _BATCH) * _PARTS // events > len(samples):
                samples.append(resident())
    assert bot.statistics().handled == len(range(0, events, _BATCH)) * _BATCH
    return samples


def criteria(samples: Sequence[float]) -> dict[str, bool]:
    """Return what must hold of the memory after each part."""
    before, after = samples[:_WARM], samples[_WARM:]
    flat = max(after) <= max(before) + _ALLOWED_MIB
    return {f"memory grows by no more than {_ALLOWED_MIB} MiB once it is warm": flat}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one kind of inbox, and print what it needed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inbox", choices=["memory", "sqlite"])
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--rooms", type=int, default=100_000)
    parser.add_argument("--remembered", type=int, default=100_000, help="keys kept in memory")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="few events")
    given = parser.parse_args(arguments)
    events, rooms, remembered = given.events, given.rooms, given.remembered
    if given.quick:
        events, rooms, remembered = 20_000, 4000, 4000
    with tempfile.TemporaryDirectory() as folder:
        inbox: Inbox = MemoryInbox(remembered=remembered)
        if given.inbox == "sqlite":
            inbox = SQLiteInbox(Path(folder) / "bot.db")
        began = perf_counter()
        samples = anyio.run(run, inbox, events, rooms, given.seed)
        took = perf_counter() - began
    rows = [[f"{100 * n // _PARTS} %", mib] for n, mib in enumerate(samples, 1)]
    show(f"{events} events, {rooms} rooms, {took:.0f} s", ["handled", "MiB"], rows)
    return verdict(criteria(samples))


if __name__ == "__main__":
    sys.exit(main())
