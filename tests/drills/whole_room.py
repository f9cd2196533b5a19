"""
Whether a large room is read whole while others enter it and speak in it.

``python -m tests.drills.whole_room [--members 50000] [--messages 100000] [--quick]``

Members and messages are read through the helpers of `nim_async.batch`, from an emulator in this
process, while accounts keep entering and speaking. The exit status is 1 when one that was there
before is missing, comes twice or out of order.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import anyio
from attrs import define, field

from benchmarks.tables import show, verdict
from nim_async import AttemptFinished, MemberKind, NimClient, RoleOpt
from nim_async.batch import all_members, all_messages, save_messages
from nim_async.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nim_async.observe import Event, Hook

_KEY, _SECRET, _ROOM, _OWNER = "app", "the-secret", 66, "owner"
_FIXED_SHARE = 100  # one member of so many is fixed
_WITH_EACH_REQUEST = 3  # accounts that enter, and messages that are sent


@define
class Read:
    """
    What came of one reading.

    Attributes:
        there: What was there before, in the order that is due.
        found: What came.
        late: What came into being meanwhile, in order.
        due: How many of that came into being before the last page that could list it.
        seconds: How long it took.
        calls: How many requests it took.
    """

    there: list[str]
    found: list[str] = field(factory=list[str])
    late: list[str] = field(factory=list[str])
    due: int = 0
    seconds: float = 0.0
    calls: int = 0

    @property
    def twice(self) -> int:
        """How many came more than once."""
        return sum(count > 1 for count in Counter(self.found).values())

    @property
    def missing(self) -> int:
        """How many of those that were there did not come."""
        return len(set(self.there) - set(self.found))

    @property
    def foreign(self) -> int:
        """How many came that were neither there nor came into being."""
        return len(set(self.found) - set(self.there) - set(self.late))

    @property
    def in_order(self) -> bool:
        """Whether those that were there came in order."""
        there = set(self.there)
        return [name for name in self.found if name in there] == self.there


class Hall:
    """A room that does not stand still."""

    def __init__(self, members: int, messages: int) -> None:
        """Fill it."""
        self.emulator = Emulator(_KEY, _SECRET, max_calls=1_000_000)
        self.emulator.add_room(_OWNER, "hall", room_id=_ROOM)
        self.members = [f"u{number}" for number in range(members)]
        self.said: list[str] = []
        self.entered: list[str] = []
        for accid in self.members:
            self.emulator.enter(_ROOM, accid)
        for _ in range(messages):
            self.speak()

    def speak(self) -> None:
        """Say something."""
        text = f"m{len(self.said)}"
        self.emulator.speak(_ROOM, self.members[0], text)
        self.said.append(text)

    def live(self, event: Event) -> None:
        """Let accounts enter and speak with each request, as a hook of the client that reads."""
        if not isinstance(event, AttemptFinished):
            return
        for _ in range(_WITH_EACH_REQUEST):
            self.entered.append(f"new{len(self.entered)}")
            self.emulator.enter(_ROOM, self.entered[-1])
            self.speak()

    async def fix(self, nim: NimClient) -> list[str]:
        """Make some members fixed, and return all in the order that is due."""
        chosen = self.members[::_FIXED_SHARE]
        for target in chosen:
            await nim.chatroom.set_member_role(
                room_id=_ROOM, operator=_OWNER, target=target, opt=RoleOpt.COMMON, opt_value=True
            )
        others = [accid for accid in self.members if accid not in set(chosen)]
        return [*chosen[::-1], _OWNER, *others[::-1]]


async def members(nim: NimClient, hall: Hall, due: list[str]) -> Read:
    """Read the members, of whom those that are there come in the order that is due."""
    read = Read(due)
    before, began = len(hall.emulator.calls), perf_counter()
    read.found = [member.accid async for member in all_members(nim, room_id=_ROOM)]
    read.seconds, read.calls = perf_counter() - began, len(hall.emulator.calls) - before
    read.late = list(hall.entered)
    # Pages that begin with the newest; the last of them shows all who are there.
    beginnings = [
        i
        for i, call in enumerate(hall.emulator.calls[before:])
        if (call.form["type"], call.form["endtime"]) == (str(MemberKind.TEMPORARY.value), "0")
    ]
    read.due = max(beginnings) * _WITH_EACH_REQUEST
    return read


async def messages(nim: NimClient, hall: Hall) -> Read:
    """Read the messages."""
    read = Read(list(hall.said))
    before, began = len(hall.emulator.calls), perf_counter()
    async for message in all_messages(nim, room_id=_ROOM, accid=_OWNER, type=[0]):
        read.found.append(message.body["msg"])
    read.seconds, read.calls = perf_counter() - began, len(hall.emulator.calls) - before
    read.late = hall.said[len(read.there) :]
    read.due = (read.calls - 1) * _WITH_EACH_REQUEST
    return read


def client(hall: Hall, hooks: Sequence[Hook] = ()) -> NimClient:
    """Return a client of the room's emulator."""
    transport = hall.emulator.transport()
    return NimClient(_KEY, _SECRET, transport=transport, rate_limit=None, hooks=hooks)


def criteria(name: str, read: Read) -> dict[str, bool]:
    """Return what has to be so."""
    return {
        f"{name}: none missing": not read.missing,
        f"{name}: none twice": not read.twice,
        f"{name}: none from elsewhere": not read.foreign,
        f"{name}: in order": read.in_order,
        f"{name}: also what came before the last page": bool(read.due)
        and set(read.late[: read.due]) <= set(read.found),
    }


async def run(count: int, said: int, folder: Path) -> dict[str, bool]:
    """Fill a room, read it, and judge."""
    began = perf_counter()
    hall = Hall(count, said)
    print(f"{count} members and {said} messages in {perf_counter() - began:.1f} s", flush=True)
    async with client(hall) as nim:
        due = await hall.fix(nim)
    async with client(hall, hooks=[hall.live]) as nim:
        people = await members(nim, hall, due)
        told = await messages(nim, hall)
    async with client(hall) as nim:
        path = folder / "hall.jsonl"
        lines = await save_messages(nim, path, room_id=_ROOM, accid=_OWNER, type=[0])
    show(
        "a room that does not stand still",
        ["", "there", "came meanwhile", "found", "missing", "twice", "calls", "s"],
        [
            [
                name,
                len(read.there),
                len(read.late),
                len(read.found),
                read.missing,
                read.twice,
                read.calls,
                read.seconds,
            ]
            for name, read in (("members", people), ("messages", told))
        ],
    )
    return (
        criteria("members", people)
        | criteria("messages", told)
        | {"file: a line for each message": lines == len(hall.said)}
    )


def main() -> int:
    """Run the drill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=50_000)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="a tenth of both")
    options = parser.parse_args()
    share = 10 if options.quick else 1
    with tempfile.TemporaryDirectory() as folder:
        found = anyio.run(run, options.members // share, options.messages // share, Path(folder))
    return verdict(found)


if __name__ == "__main__":
    sys.exit(main())
