"""
Whether workers of Dask share a limit, and make no call twice when one of them is killed.

``python -m tests.drills.dask_workers [--rows 4000] [--rate 200] [--quick]``

Starts a Redis, an emulator that keeps the limits, and two workers in processes of their own. Rows
are messages, rooms to create and rooms to read, with a journal; in the middle one worker is killed
with SIGKILL. The exit status is 1 when a criterion is not met. Needs the program ``redis-server``.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import anyio
import distributed
from attrs import define, field

from benchmarks.tables import show, verdict
from nim_async import RateLimit
from nim_async.batch import Outcome, run
from nim_async.batch.dask import on_dask
from nim_async.emulator import Emulator
from tests.drills.quota import RedisServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nim_async import NimClient
    from nim_async.batch import Run

_KEY, _SECRET, _ROOM = "app", "the-secret", 66
_TOO_FAST = 416
_OPERATIONS = ("send_msg", "create", "get")
_WORKERS = 2


@define
class Job:
    """
    What became of the rows of one operation.

    Attributes:
        name: The operation.
        outcomes: The outcomes, by row.
        again: Rows whose answer had come before the kill, and that were called again after it.
        twice: Rows that took effect more than once.
        wrong: Rows that are done and took no effect, or failed and took one.
        refused: Calls that the emulator refused as too many.
        resumed: Rows that a second run took from the journal.
        seconds: How long it took.
    """

    name: str
    outcomes: dict[int, Outcome[Any]] = field(factory=dict[int, Outcome[Any]])
    again: int = 0
    twice: int = 0
    wrong: int = 0
    refused: int = 0
    resumed: int = 0
    seconds: float = 0.0

    def count(self, status: str) -> int:
        """Return how many rows ended so."""
        return sum(outcome.status == status for outcome in self.outcomes.values())


def rows_of(name: str, count: int) -> Iterator[dict[str, Any]]:
    """Return rows of an operation, each of which can be told from the others in a form."""
    for number in range(count):
        if name == "send_msg":
            message = {"from_accid": "amy", "msg_type": 0, "attach": f"row {number}"}
            yield {"id": number, "room_id": _ROOM, **message}
        elif name == "create":
            yield {"id": number, "creator": "amy", "name": f"row {number}"}
        else:
            yield {"id": number, "room_id": _ROOM}


def calls_of(emulator: Emulator, name: str) -> Counter[str]:
    """Return how often each row was called."""
    wire = {"send_msg": ("sendMsg", "attach"), "create": ("create", "name")}
    if name not in wire:
        return Counter()
    path, field_name = wire[name]
    return Counter(
        call.form[field_name]
        for call in emulator.calls
        if call.path.endswith(f"/{path}.action") and call.code != _TOO_FAST
    )


def effects_of(emulator: Emulator, name: str) -> Counter[str]:
    """Return how often each row took effect."""
    if name == "send_msg":
        return Counter(message.attach for message in emulator.messages(_ROOM))
    return Counter(room.name for room in emulator.rooms.values() if room.room_id != _ROOM)


async def one(
    nim: NimClient, emulator: Emulator, job: Job, count: int, journal: Path, victim: int
) -> None:
    """Run a job, and kill a worker in its middle."""
    method = getattr(nim.chatroom, job.name)
    began = perf_counter()
    finished: set[str] = set()
    called = Counter[str]()
    running: Run[Any] = run(method, rows_of(job.name, count), concurrency=100, journal=journal)
    async for outcome in running:
        job.outcomes[outcome.id] = outcome
        if len(job.outcomes) == count // 2:
            finished = {f"row {number}" for number in job.outcomes}
            called = calls_of(emulator, job.name)
            os.kill(victim, signal.SIGKILL)
    job.seconds = perf_counter() - began
    calls = calls_of(emulator, job.name)
    job.again = sum(calls[row] != called[row] for row in finished)
    job.refused = sum(call.code == _TOO_FAST for call in emulator.calls)
    if job.name != "get":
        effects = effects_of(emulator, job.name)
        job.twice = sum(times > 1 for times in effects.values())
        for number, outcome in job.outcomes.items():
            took = bool(effects[f"row {number}"])
            job.wrong += outcome.status != "uncertain" and took != (outcome.status == "done")
    again = run(method, rows_of(job.name, count), journal=journal)
    job.resumed = len([outcome async for outcome in again if outcome.resumed])


def criteria(job: Job, count: int) -> dict[str, bool]:
    """Return what has to be so."""
    return {
        f"{job.name}: each row came out once": sorted(job.outcomes) == list(range(count)),
        f"{job.name}: no finished row was called again": not job.again,
        f"{job.name}: nothing took effect twice": not job.twice,
        f"{job.name}: what was told is what happened": not job.wrong,
        f"{job.name}: the limit was kept": not job.refused,
        f"{job.name}: none but creates are uncertain": job.name == "create"
        or not job.count("uncertain"),
        f"{job.name}: none failed": not job.count("failed"),
        f"{job.name}: the journal has every row": job.resumed == count,
    }


async def drill(count: int, rate: int) -> dict[str, bool]:
    """Run a job of each operation, with a cluster of its own."""
    limit = RateLimit(calls=rate, per_seconds=1.0, block_seconds=10.0)
    limits = {f"chatroom.{name}": limit for name in _OPERATIONS}
    jobs: list[Job] = []
    for name in _OPERATIONS:
        emulator = Emulator(_KEY, _SECRET, rate_limits=limits, max_calls=1_000_000)
        emulator.add_room("amy", "hall", room_id=_ROOM)
        with tempfile.TemporaryDirectory() as folder:
            redis = RedisServer(folder)
            redis.start()
            try:
                jobs.append(await _clustered(emulator, redis.url, name, count, limits, folder))
            finally:
                redis.kill()
    show(
        f"{_WORKERS} workers, one killed after half of the rows; limit {rate}/s",
        ["", "rows", "done", "failed", "uncertain", "called again", "twice", "416", "s", "rows/s"],
        [
            [
                job.name,
                len(job.outcomes),
                job.count("done"),
                job.count("failed"),
                job.count("uncertain"),
                job.again,
                job.twice,
                job.refused,
                job.seconds,
                len(job.outcomes) / job.seconds,
            ]
            for job in jobs
        ],
    )
    return {name: met for job in jobs for name, met in criteria(job, count).items()}


async def _clustered(
    emulator: Emulator,
    redis: str,
    name: str,
    count: int,
    limits: dict[str, RateLimit],
    folder: str,
) -> Job:
    job = Job(name)
    cluster: Any = distributed.LocalCluster
    async with emulator.serve() as url:
        os.environ |= {
            "NIM_APP_KEY": _KEY,
            "NIM_APP_SECRET": _SECRET,
            "NIM_BASE_URL": url,
            "NO_PROXY": "*",
        }
        async with (
            cluster(
                n_workers=_WORKERS,
                threads_per_worker=1,
                asynchronous=True,
                dashboard_address="127.0.0.1:0",
                host="127.0.0.1",
            ) as running,
            on_dask(running.scheduler_address, redis=redis, rate_limit=limits) as nim,
        ):
            victim: int = running.workers[0].pid
            await one(nim, emulator, job, count, Path(folder) / "done.jsonl", victim)
    return job


def main() -> int:
    """Run the drill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4000, help="of each operation")
    parser.add_argument("--rate", type=int, default=200, help="calls a second of each operation")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    options = parser.parse_args()
    count = options.rows // (10 if options.quick else 1)
    return verdict(anyio.run(drill, count, options.rate))


if __name__ == "__main__":
    sys.exit(main())
