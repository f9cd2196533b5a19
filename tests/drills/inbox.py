"""
Bots that are killed at random moments under load: what was accepted is handled, and said once.

Events of many rooms, a tenth of them doubled, go to one process with an inbox in a file, to three
that share one in Redis, or to one with an inbox in memory, which is asked to end in place of being
killed. Each event is answered in its room. What is in the rooms is compared with what was accepted.

``python -m tests.drills.inbox sqlite|redis|memory [--kills N] [--seed N] [--quick]``
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter, deque
from contextlib import ExitStack, suppress
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from attrs import define, field

from benchmarks.tables import show, verdict
from nim_async import NimClient
from nim_async.bot import Bot, Inbox, MemoryInbox, RedisInbox, SQLiteInbox
from nim_async.emulator import Emulator
from nim_async.webhooks import MessageEvent, parse
from tests.doubles import served
from tests.redis_server import Server, redis_program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anyio.abc import TaskGroup

KEY, SECRET = "the-key", "the-secret"
_LANES = 16
_LEASE_SECONDS = 3.0
_OUTSTANDING = 60  # events that a process has not answered
_BATCH = 10
_STILL_SECONDS = 60.0  # after so long without any progress the rest is lost
Item = tuple[int, int, bytes]


def inbox_of(kind: str, where: str) -> Inbox:
    """Make the inbox of a process."""
    if kind == "sqlite":
        return SQLiteInbox(where)
    if kind == "redis":
        return RedisInbox(where, partitions=12, lease=_LEASE_SECONDS)
    return MemoryInbox()


def work(connection: Any, kind: str, where: str, base_url: str) -> None:
    """Be a bot, until the other end of the pipe is closed or the process is asked to end."""
    anyio.run(_work, connection, kind, where, base_url)
    os._exit(0)  # without waiting for the thread that listens


async def _end(tasks: TaskGroup) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM) as signals:
        async for _ in signals:
            tasks.cancel_scope.cancel()
            return


async def _work(connection: Any, kind: str, where: str, base_url: str) -> None:
    lanes: list[Any] = [anyio.create_memory_object_stream[Item](1000) for _ in range(_LANES)]

    async def accept(lane: int) -> None:
        async for number, _, body in lanes[lane][1]:
            await bot.accept(parse(body), body)
            connection.send(number)

    async def hear(tasks: TaskGroup) -> None:
        with suppress(EOFError):
            while True:
                items: list[Item]
                items = await anyio.to_thread.run_sync(connection.recv, abandon_on_cancel=True)
                for item in items:
                    await lanes[item[1] % _LANES][0].send(item)
        tasks.cancel_scope.cancel()

    async with NimClient(KEY, SECRET, base_url=base_url, rate_limit=None) as nim:
        bot = Bot(nim, accid="tea-bot", inbox=inbox_of(kind, where), blocked_after=None)

        @bot.on(MessageEvent)
        async def answer(event: MessageEvent) -> None:
            await bot.reply(event, event.text or "")

        async with bot, anyio.create_task_group() as tasks:
            tasks.start_soon(_end, tasks)
            tasks.start_soon(hear, tasks)
            for lane in range(_LANES):
                tasks.start_soon(accept, lane)
            connection.send("ready")


@define(eq=False)
class Member:
    """A process, and the events that are its to accept."""

    kind: str
    where: str
    base_url: str
    unanswered: deque[Item] = field(factory=deque[Item])
    sent: int = 0  # how many of those it was given since it began
    ready: bool = False
    process: Any = None
    connection: Any = None

    def start(self) -> None:
        """Begin, with what was not answered before."""
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(
            target=work, args=(theirs, self.kind, self.where, self.base_url), daemon=True
        )
        self.process.start()
        theirs.close()
        self.sent, self.ready = 0, False

    def hear(self) -> list[int]:
        """Take the answers that are there."""
        answered: list[int] = []
        try:
            while self.connection.poll():
                told = self.connection.recv()
                if told == "ready":
                    self.ready = True
                else:
                    answered.append(told)
        except (EOFError, OSError):
            pass
        done = set(answered)
        kept = [item for item in self.unanswered if item[0] not in done]
        self.sent -= len(self.unanswered) - len(kept)
        self.unanswered = deque(kept)
        return answered

    def feed(self) -> None:
        """Give it what it does not have yet, in order."""
        batch = list(self.unanswered)[self.sent : self.sent + _BATCH]
        if self.ready and batch and self.sent < _OUTSTANDING:
            try:
                self.connection.send(batch)
            except OSError:
                return
            self.sent += len(batch)

    def end(self, *, gently: bool) -> list[int]:
        """End it, and take the answers that it gave until then."""
        self.process.terminate() if gently else self.process.kill()
        answered: list[int] = []
        while self.process.is_alive():
            answered += self.hear()
            self.process.join(0.01)
        answered += self.hear()
        self.connection.close()
        return answered


@define
class Run:
    """What came of a run."""

    accepted: set[int]
    rooms: dict[int, list[int]]
    sent: dict[int, list[int]]
    kills: int
    seconds: float

    def criteria(self) -> dict[str, bool]:
        """Return what must hold."""
        said = Counter(number for numbers in self.rooms.values() for number in numbers)
        return {
            "every event that was accepted is handled": self.accepted <= said.keys(),
            "nothing is said twice": max(said.values(), default=0) == 1,
            "the order of each room is that of arrival": self.rooms == self.sent,
            "there was a load": len(self.accepted) >= 20 * self.kills,
        }


def body_of(number: int, room: int) -> bytes:
    """Write the webhook of a message."""
    members = {
        "eventType": "4", "attach": str(number), "fromAccount": "lisi", "fromClientType": "WEB",
        "msgTimestamp": str(1735689600000 + number), "msgType": "TEXT",
        "msgidClient": f"event-{number}", "roomId": str(room),
    }  # fmt: skip
    return json.dumps(members).encode()


@define
class Load:
    """The events of a run, which come into being as processes ask for more."""

    dice: random.Random
    members: list[Member]
    sent: dict[int, list[int]]
    items: list[Item] = field(factory=list[Item])
    accepted: set[int] = field(factory=set[int])
    known: list[int] = field(factory=list[int])  # which may be sent again

    def note(self, numbers: list[int]) -> None:
        """Take the answers of a process."""
        self.accepted.update(numbers)
        self.known += numbers

    def add(self, position: int) -> None:
        """Give the process that has a room an event of it, and now and then one it had."""
        count, total = len(self.members), len(self.items)
        room = self.dice.choice([room for room in self.sent if room % count == position])
        self.items.append((total, room, body_of(total, room)))
        self.sent[room].append(total)
        self.members[position].unanswered.append(self.items[-1])
        if self.known and total % 10 == 0:
            doubled = self.items[self.dice.choice(self.known)]
            self.members[doubled[1] % count].unanswered.append(doubled)

    def forget(self) -> None:
        """Let doubles of the past be: a memory that began anew cannot know them."""
        self.known.clear()
        for member in self.members:
            new = (item for item in member.unanswered if item[0] not in self.accepted)
            member.unanswered = deque(new)


def drill(kind: str, where: str, kills: int, seed: int, rooms: int) -> Run:
    """Send events, end processes, and look at the rooms."""
    dice = random.Random(seed)  # noqa: S311  no secret
    emulator = Emulator(KEY, SECRET)
    numbers = [emulator.add_room("amy", f"room {n}", room_id=1000 + n) for n in range(rooms)]
    began = due = perf_counter()
    with served(emulator) as base_url:
        members = [Member(kind, where, base_url) for _ in range(3 if kind == "redis" else 1)]
        load = Load(dice, members, {room: [] for room in numbers})
        for member in members:
            member.start()
        left = kills
        while left or any(member.unanswered for member in members):
            for position, member in enumerate(members):
                load.note(member.hear())
                while left and len(member.unanswered) < 2 * _OUTSTANDING:
                    load.add(position)
                member.feed()
            wait([member.connection for member in members], 0.005)
            if not all(member.ready for member in members):
                due = perf_counter() + dice.uniform(0.1, 1.5)
            elif left and perf_counter() >= due:
                member = dice.choice(members)
                load.note(member.end(gently=kind == "memory"))
                if kind == "memory":
                    load.forget()
                member.start()
                left -= 1
        _until_said(emulator, numbers, len(load.items))
        for member in members:
            member.end(gently=True)
    found = {room: [int(m.attach) for m in emulator.messages(room)] for room in numbers}
    return Run(load.accepted, found, load.sent, kills, perf_counter() - began)


def _until_said(emulator: Emulator, rooms: list[int], total: int) -> None:
    """Wait until as much is said as was sent, or nothing happens any more."""
    said, since = -1, perf_counter()
    while said < total and perf_counter() - since < _STILL_SECONDS:
        now = sum(len(emulator.messages(room)) for room in rooms)
        if now != said:
            said, since = now, perf_counter()
        anyio.run(anyio.sleep, 0.1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one kind of inbox, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inbox", choices=["sqlite", "redis", "memory"])
    parser.add_argument("--kills", type=int, default=20, help="processes to end")
    parser.add_argument("--rooms", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="few processes to end")
    given = parser.parse_args(arguments)
    kills = 3 if given.quick else given.kills
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        where = str(folder / "bot.db")
        if given.inbox == "redis":
            server = Server(redis_program(), folder)
            server.start()
            stack.callback(server.kill)
            where = server.url
        run = drill(given.inbox, where, kills, given.seed, given.rooms)
    row = [given.inbox, kills, len(run.accepted), run.seconds, len(run.accepted) / run.seconds]
    header = ["inbox", "ended", "accepted", "seconds", "accepted a second"]
    show("bots that are ended under load", header, [row])
    return verdict(run.criteria())


if __name__ == "__main__":
    sys.exit(main())
