"""
Batch jobs that are killed: what happened in the service, by its own records.

``python -m tests.drills.batch_kills [--rows N] [--kills N] [--rate N] [--forget] [--seed N]``

Messages, updates, reads and rooms in one file, `nim-async batch` with limits on, ended by
``SIGKILL`` at random moments and begun again each time. ``--forget`` lets the service forget the
ids of requests between runs, as it may. ``--quick`` takes few rows and kills.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread
from attrs import define, field, frozen

from benchmarks.tables import show, verdict
from nim_async.config import RateLimit
from nim_async.emulator import Emulator
from tests.drills.children import child

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

KEY, SECRET, ROOM = "app", "the-secret", 100_000_001
_MOST_CALLS = 1_000_000
_KINDS = ("send_msg", "update", "get", "create")
_POLL_SECONDS = 0.002


@frozen(kw_only=True)
class Records:
    """
    What the service has.

    Args:
        messages: How often each text was said.
        rooms: How many rooms have each name.
        processed: Requests that were carried out.
        refused: Requests that came too fast.
    """

    messages: Mapping[str, int]
    rooms: Mapping[str, int]
    processed: int
    refused: int


def serve(parent: Connection[Any, Any], rate: int) -> None:
    """Run an emulator; tell its URL, then obey: ``forget`` the ids of requests, ``tell`` all."""
    anyio.run(_serve, parent, rate)


async def _serve(parent: Connection[Any, Any], rate: int) -> None:
    limit = RateLimit(calls=rate, per_seconds=1, block_seconds=1)
    limits = {f"chatroom.{kind}": limit for kind in _KINDS}
    emulator = Emulator(KEY, SECRET, clock=time.time, rate_limits=limits, max_calls=_MOST_CALLS)
    emulator.add_room("amy", "shared", room_id=ROOM)
    async with emulator.serve() as url:
        parent.send(url)
        while True:
            try:
                order = await to_thread.run_sync(parent.recv)
            except EOFError:
                return
            if order == "forget":
                emulator.forget_request_ids()
            else:
                parent.send(_records(emulator))


def _records(emulator: Emulator) -> Records:
    calls = emulator.calls
    return Records(
        messages=Counter(message.attach for message in emulator.messages(ROOM)),
        rooms=Counter(room.name for room in emulator.rooms.values() if room.name != "shared"),
        processed=sum(call.processed for call in calls),
        refused=sum(call.code == 416 for call in calls),
    )


def row(i: int) -> dict[str, Any]:
    """Return a row of the job."""
    kind = _KINDS[i % len(_KINDS)]
    arguments: dict[str, Any] = {"room_id": ROOM}
    if kind == "send_msg":
        arguments |= {"from_accid": "amy", "msg_type": 0, "attach": f"m-{i}"}
    elif kind == "update":
        arguments |= {"announcement": f"a-{i}"}
    elif kind == "create":
        arguments = {"creator": "amy", "name": f"c-{i}"}
    return {"op": f"chatroom.{kind}", "args": arguments, "id": i}


@define
class Job:
    """A job, the process it runs in, and how far its output has come."""

    folder: Path
    url: str
    rate: int
    lines: int = 0
    _at: int = field(init=False, default=0)

    @property
    def out(self) -> Path:
        """The output."""
        return self.folder / "done.jsonl"

    def start(self) -> subprocess.Popen[bytes]:
        """Begin, or go on."""
        rates = [f"--rate=chatroom.{kind}={self.rate}/1" for kind in _KINDS]
        command = [sys.executable, "-m", "nim_async", "batch", str(self.folder / "jobs.jsonl")]
        return subprocess.Popen(  # noqa: S603  our own program
            [*command, "--out", str(self.out), *rates],
            env=os.environ | {
                "NIM_APP_KEY": KEY, "NIM_APP_SECRET": SECRET, "NIM_BASE_URL": self.url
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def run_until(self, lines: int) -> bool:
        """Run until the output has so many lines, and kill; return whether it ended before."""
        process = self.start()
        while self._count() < lines:
            if process.poll() is not None:
                self._count()
                return True
            time.sleep(_POLL_SECONDS)
        process.kill()
        process.wait()
        return False

    def _count(self) -> int:
        if self.out.exists():
            with self.out.open("rb") as stream:
                stream.seek(self._at)
                added = stream.read().rpartition(b"\n")
            whole = added[0] + added[1]
            self._at += len(whole)
            self.lines += whole.count(b"\n")
        return self.lines


def criteria(rows: int, lines: Sequence[bytes], records: Records, kills: int) -> dict[str, bool]:
    """Judge an output by the records of the service."""
    ended = [json.loads(line) for line in lines]
    by_n = {line["n"]: line for line in ended}
    uncertain = [line for line in ended if line["status"] == "uncertain"]
    done = {n for n, line in by_n.items() if line["status"] == "done"}
    of_kind = {kind: {i for i in range(rows) if row(i)["op"].endswith(kind)} for kind in _KINDS}
    sent = {f"m-{i}" for i in of_kind["send_msg"] if i + 1 in done}
    made = {f"c-{i}" for i in of_kind["create"] if i + 1 in done}
    return {
        "no message twice": max(records.messages.values(), default=0) == 1,
        "no room twice": max(records.rooms.values(), default=0) == 1,
        "each row has one line": len(ended) == len(by_n) == rows,
        "each line is of its row": all(by_n[i + 1]["id"] == i for i in range(rows)),
        "each row is done or uncertain": len(done) + len(uncertain) == rows,
        "only rooms are uncertain": {line["n"] - 1 for line in uncertain} <= of_kind["create"],
        "what is done happened": sent <= records.messages.keys() and made <= records.rooms.keys(),
        "all messages were said": len(records.messages) == len(of_kind["send_msg"]),
        "it was killed as often as asked": kills > 0,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a job with kills, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rate", type=int, default=400, help="calls of each operation a second")
    parser.add_argument("--forget", action="store_true", help="ids of requests between runs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a few rows and kills")
    given = parser.parse_args(arguments)
    rows, kills = (2000, 3) if given.quick else (given.rows, given.kills)
    dice = random.Random(given.seed)  # noqa: S311  no secret
    began = perf_counter()
    with tempfile.TemporaryDirectory() as folder, child(serve, given.rate) as service:
        job = Job(Path(folder), service.recv(), given.rate)
        with (job.folder / "jobs.jsonl").open("w", encoding="utf-8") as stream:
            stream.writelines(f"{json.dumps(row(i))}\n" for i in range(rows))
        killed = 0
        for mark in sorted(dice.sample(range(1, rows - 200), kills)):
            killed += not job.run_until(max(mark, job.lines + 1))
            if given.forget:
                service.send("forget")
        complete = job.run_until(rows + 1)
        service.send("tell")
        records: Records = service.recv()
        raw = job.out.read_bytes()
    lines = raw.splitlines()
    judged = criteria(rows, lines, records, killed)
    judged["it was killed as often as asked"] = killed == kills
    judged["the last run came to its end"] = complete and raw.endswith(b"\n")
    statuses = Counter(json.loads(line)["status"] for line in lines)
    header = [
        "rows",
        "kills",
        "done",
        "failed",
        "uncertain",
        "requests carried out",
        "too fast",
        "s",
    ]
    cells = [rows, killed, statuses["done"], statuses["failed"], statuses["uncertain"],
             records.processed, records.refused, perf_counter() - began]  # fmt: skip
    title = "a batch job that is killed" + (", ids forgotten" if given.forget else "")
    show(title, header, [cells])
    return verdict(judged)


if __name__ == "__main__":
    sys.exit(main())
