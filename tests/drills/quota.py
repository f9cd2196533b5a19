"""
Whether a rate limit that many processes share is kept, used up, and a part for everyone.

``python -m tests.drills.quota [--seconds 60] [--processes 8] [--kill]``

Starts a Redis, an emulator that allows 100 calls a second and refuses for 10 s what exceeds
that, and processes that call as fast as they are let. With ``--kill`` Redis is killed in the
middle and starts again, empty, some seconds later. The exit status is 1 when a criterion is not
met. Needs the program ``redis-server``.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread
from attrs import define, field, frozen

from benchmarks.tables import show, verdict
from nim_async import NimClient, NimError, RateLimit
from nim_async.emulator import Emulator
from nim_async.limits.redis import RedisLimits
from nim_async.observe import AttemptFinished
from tests.drills.children import child

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

    from nim_async.observe import Event

_KEY, _SECRET = "app", "the-secret"
_ROOM = 66
_PATH = "/nimserver/chatroom/get.action"
_LIMIT = RateLimit(calls=100, per_seconds=1.0, block_seconds=10.0)
_TOO_FAST = 416
_TASKS = 30  # of each process
_MOST_CALLS = 1_000_000
_AWAY = 8.0  # seconds for which Redis stays dead
_LEAST_RATE = 95.0
_LEAST_PART = 0.5  # of an even part


@frozen(kw_only=True)
class Plan:
    """What a process is to do."""

    service: str
    redis: str
    processes: int
    seconds: float


@define
class Done:
    """What a process did."""

    answered: int = 0
    refused: int = 0  # attempts that were answered with 416
    failed: int = 0
    errors: Counter[str] = field(factory=Counter[str])


class RedisServer:
    """A Redis without a memory, on a port that stays the same."""

    def __init__(self, folder: str) -> None:
        """Choose a port."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        options = {"port": str(self.port), "bind": "127.0.0.1", "save": "", "dir": self._folder}
        command = ["redis-server", "--appendonly", "no"]
        for name, value in options.items():
            command += [f"--{name}", value]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
        while not self._answers():
            if self._process.poll() is not None:
                raise RuntimeError("redis-server did not start")
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def kill(self) -> None:
        """Kill it with SIGKILL, so that nothing is saved and nobody told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def serve(parent: Connection[Any, Any]) -> None:
    """Run the emulator; tell its URL, and the codes it answered once something is received."""
    anyio.run(_serve, parent)


async def _serve(parent: Connection[Any, Any]) -> None:
    emulator = Emulator(_KEY, _SECRET, rate_limits={_PATH: _LIMIT}, max_calls=_MOST_CALLS)
    emulator.add_room("amy", "tea house", room_id=_ROOM)
    async with emulator.serve() as url:
        parent.send(url)
        await to_thread.run_sync(parent.recv)
    parent.send(Counter(call.code for call in emulator.calls))


def hammer(parent: Connection[Any, Any], plan: Plan) -> None:
    """Call as fast as the limit lets."""
    anyio.run(_hammer, parent, plan)


async def _hammer(parent: Connection[Any, Any], plan: Plan) -> None:
    done = Done()

    def count(event: Event) -> None:
        if isinstance(event, AttemptFinished):
            done.refused += event.outcome == "RateLimited"

    async def work(nim: NimClient) -> None:
        while True:
            try:
                await nim.chatroom.get(room_id=_ROOM)
            except NimError as error:
                done.failed += 1
                done.errors[str(error).partition(" [")[0]] += 1
            else:
                done.answered += 1

    limits = RedisLimits(plan.redis, app_key=_KEY, processes=plan.processes)
    client = NimClient(_KEY, _SECRET, base_url=plan.service, limiter=limits, hooks=[count])
    async with limits, client as nim:
        await nim.chatroom.get(room_id=_ROOM)
        parent.send("ready")
        await to_thread.run_sync(parent.recv)
        with anyio.move_on_after(plan.seconds):
            async with anyio.create_task_group() as tasks:
                for _ in range(_TASKS):
                    tasks.start_soon(work, nim)
    parent.send(done)


def run(seconds: float, processes: int, *, kill: bool) -> tuple[list[Done], Counter[int]]:
    """Run it all; return what each process did, and the codes the emulator answered."""
    with ExitStack() as stack:
        redis = RedisServer(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.callback(redis.kill)
        redis.start()
        service = stack.enter_context(child(serve))
        plan = Plan(service=service.recv(), redis=redis.url, processes=processes, seconds=seconds)
        workers = [stack.enter_context(child(hammer, plan)) for _ in range(processes)]
        for worker in workers:
            worker.recv()
        for worker in workers:
            worker.send("go")
        if kill:
            time.sleep(seconds / 3)
            redis.kill()
            time.sleep(min(_AWAY, seconds / 3))
            redis.start()
        done: list[Done] = [worker.recv() for worker in workers]
        service.send("stop")
        return done, service.recv()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the table and the criteria."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--kill", action="store_true", help="kill Redis in the middle")
    given = parser.parse_args(arguments)

    done, codes = run(given.seconds, given.processes, kill=given.kill)
    total = Done(
        answered=sum(one.answered for one in done),
        refused=sum(one.refused for one in done),
        failed=sum(one.failed for one in done),
        errors=sum((one.errors for one in done), Counter[str]()),
    )
    rows = [*((str(i), one) for i, one in enumerate(done, start=1)), ("all", total)]
    show(
        f"{given.seconds:g} s, {given.processes} processes of {_TASKS} tasks, "
        f"limit {_LIMIT.calls} in {_LIMIT.per_seconds:g} s"
        + (f", Redis killed and up to {_AWAY:g} s later started empty" if given.kill else ""),
        ["process", "answered", "per second", "416", "failed"],
        (
            [name, one.answered, one.answered / given.seconds, one.refused, one.failed]
            for name, one in rows
        ),
    )
    for reason, times in total.errors.most_common(5):
        print(f"{times} x {reason}")
    print(f"the emulator answered 416 {codes[_TOO_FAST]} times")
    least = min(one.answered for one in done)
    criteria = {
        "no 416": codes[_TOO_FAST] == total.refused == 0,
        "no failed call": total.failed == 0,
        f"nobody below {_LEAST_PART:.0%} of an even part": least
        >= _LEAST_PART * total.answered / given.processes,
    }
    if not given.kill:
        criteria[f"at least {_LEAST_RATE:g} a second"] = (
            total.answered >= _LEAST_RATE * given.seconds
        )
    return verdict(criteria)


if __name__ == "__main__":
    sys.exit(main())
