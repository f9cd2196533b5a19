"""
What a batch job costs beside the calls it makes, and how much memory it takes.

``python -m tests.drills.batch_speed [--rows N] [--rounds N] [--quick]``

Rows are generated as they are asked for. In each round the bare client, `run` and `run` with a
journal make the same number of calls, one after the other; then one job of all rows is measured.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import anyio

from benchmarks.tables import show, verdict
from nim_async import NimClient
from nim_async.batch import run
from nim_async.batch._journal import Journal
from tests.drills import canned
from tests.drills.children import child

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

_CONCURRENCY = 100
_MIB = 1024 * 1024
_FLAT_MIB = 20.0  # of growth between a tenth of the rows and all
_IN_PROCESS, _JOURNALED = 0.8, 0.6
_SCAN_SECONDS = 20.0  # for each million lines


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Generate rows."""
    return ({"room_id": i} for i in range(1, count + 1))


async def bare(nim: NimClient, count: int) -> None:
    """Make the calls without anything around them."""
    given = rows(count)

    async def work() -> None:
        for row in given:
            await nim.chatroom.get(**row)

    async with anyio.create_task_group() as group:
        for _ in range(_CONCURRENCY):
            group.start_soon(work)


async def batch(nim: NimClient, count: int, journal: Path | None = None) -> list[float]:
    """Make them as a job; return the memory in use after each tenth, MiB."""
    done, tenth, memory = 0, max(count // 10, 1), list[float]()
    job = run(nim.chatroom.get, rows(count), concurrency=_CONCURRENCY, journal=journal)
    async for outcome in job:
        done += outcome.status == "done"
        if done % tenth == 0:
            memory.append(_memory())
    if done != count:
        raise RuntimeError(f"only {done} of {count} rows are done")
    return memory


def _memory() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / _MIB


async def _seconds(function: Callable[[], Awaitable[object]]) -> float:
    began = perf_counter()
    await function()
    return perf_counter() - began


async def measure(port: int, count: int, rounds: int, folder: Path) -> dict[str, bool]:
    """Measure, and print what was found."""
    base = f"http://127.0.0.1:{port}/nimserver"
    each = max(count // 10, 1000)
    async with NimClient("app", "the-secret", base_url=base, rate_limit=None) as nim:
        await bare(nim, 1000)
        table: list[list[object]] = []
        ratios: dict[str, list[float]] = {"in process": [], "journal": []}
        for number in range(rounds):
            plain = await _seconds(partial(bare, nim, each))
            inside = await _seconds(partial(batch, nim, each))
            journal = folder / f"{number}.jsonl"
            written = await _seconds(partial(batch, nim, each, journal))
            ratios["in process"].append(plain / inside)
            ratios["journal"].append(plain / written)
            table.append([number + 1, each / plain, each / inside, each / written,
                          plain / inside, plain / written])  # fmt: skip
        header = ["round", "bare/s", "run/s", "journal/s", "run : bare", "journal : bare"]
        show(f"{each} rows, {_CONCURRENCY} at a time", header, table)
        growths: list[list[object]] = []
        flat = True
        out = folder / "all.jsonl"
        for name, path in (("in process", None), ("journal", out)):
            memory = await batch(nim, count, path)
            growth = max(memory) - memory[0]
            flat &= growth <= _FLAT_MIB
            growths.append([name, memory[0], memory[-1], max(memory), growth])
        title = f"memory of {count} rows, MiB"
        show(title, ["job", "after a tenth", "at the end", "peak", "growth"], growths)
    scan = _scan(out)
    show("resuming", ["lines", "seconds to read the journal"], [[count, scan]])
    return {
        f"run : bare is {_IN_PROCESS} at least": statistics.median(ratios["in process"])
        >= _IN_PROCESS,
        f"journal : bare is {_JOURNALED} at least": statistics.median(ratios["journal"])
        >= _JOURNALED,
        "memory is flat": flat,
        "a million lines are read in seconds": scan <= max(1.0, _SCAN_SECONDS * count / 1e6),
    }


def _scan(out: Path) -> float:
    journal = Journal(out, "chatroom.get", fsync=False)
    began = perf_counter()
    journal.open()
    seconds = perf_counter() - began
    journal.close()
    return seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run against a small server in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a few thousand rows")
    given = parser.parse_args(arguments)
    count, rounds = (20_000, 3) if given.quick else (given.rows, given.rounds)
    with tempfile.TemporaryDirectory() as folder, child(canned.serve, 1, 0.0) as server:
        port = server.recv()[0]
        return verdict(anyio.run(measure, port, count, rounds, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
