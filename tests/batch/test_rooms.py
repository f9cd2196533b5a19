"""Whole rooms: everybody, everything that was said, the same message to many."""

from __future__ import annotations

import json
import stat
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from nim_async import ConfigurationError, MemberKind, NimClient, NimError, NotFound, RoleOpt, Text
from nim_async.batch import all_members, all_messages, save_messages, send_to_rooms
from nim_async.emulator import Clock, Code, Emulator
from tests.batch.conftest import ROOM
from tests.doubles import client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from nim_async.models import HistoryMessage, Member

pytestmark = pytest.mark.slow

BEGINNING = 1_700_000_000.0
OK = 200


async def accids(members: AsyncIterator[Member]) -> list[str]:
    """Return the accounts of members, in order."""
    return [member.accid async for member in members]


async def texts(messages: AsyncIterator[HistoryMessage]) -> list[str]:
    """Return what messages say, in order."""
    return [message.body["msg"] async for message in messages]


class Meanwhile(httpx.AsyncBaseTransport):
    """A way to the emulator on which something happens before each request."""

    def __init__(self, emulator: Emulator, happens: Callable[[int], object]) -> None:
        self._inner = emulator.transport()
        self._happens = happens
        self.requests = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        self._happens(self.requests)
        return await self._inner.handle_async_request(request)


# members


async def test_members_of_every_kind(emulator: Emulator, nim: NimClient) -> None:
    """Fixed members come first, away or not, then the others, each newest first and once."""
    for accid in ("bob", "eve", "zoe"):
        emulator.enter(ROOM, accid)
    for target in ("eve", "max"):
        await nim.chatroom.set_member_role(
            room_id=ROOM, operator="amy", target=target, opt=RoleOpt.COMMON, opt_value=True
        )
    await nim.chatroom.add_robot(room_id=ROOM, accids=["robot"], role_ext="")
    everybody = await accids(all_members(nim, room_id=ROOM))
    assert everybody == ["max", "eve", "amy", "robot", "zoe", "bob"]


async def test_a_small_room_takes_a_call_for_each_pass(emulator: Emulator, nim: NimClient) -> None:
    """What fits into one page need not be looked at again."""
    emulator.enter(ROOM, "bob")
    assert await accids(all_members(nim, room_id=ROOM)) == ["amy", "bob"]
    kinds = [int(call.form["type"]) for call in emulator.calls]
    assert kinds == [MemberKind.FIXED, MemberKind.TEMPORARY, MemberKind.FIXED]


async def test_members_while_others_enter(emulator: Emulator) -> None:
    """Who was there comes in order, and who enters meanwhile after them; nobody twice."""
    before = [f"u{number}" for number in range(950)]
    for accid in before:
        emulator.enter(ROOM, accid)
    entered: list[str] = []

    def enter(request: int) -> None:
        for number in range(30 if request < 15 else 0):
            entered.append(f"new{request}-{number}")
            emulator.enter(ROOM, entered[-1])

    async with client(Meanwhile(emulator, enter)) as nim:
        found = await accids(all_members(nim, room_id=ROOM))
    assert Counter(found).most_common(1)[0][1] == 1
    assert set(found) == {"amy", *before, *entered}
    there = [accid for accid in found if accid in set(before)]
    assert there == before[::-1]


async def test_who_comes_back_meanwhile_is_not_missed(emulator: Emulator) -> None:
    """A member that leaves and enters again stands at the top, where reading has been already."""
    before = [f"u{number}" for number in range(350)]
    for accid in before:
        emulator.enter(ROOM, accid)

    def return_(request: int) -> None:
        if 3 <= request <= 6:
            emulator.leave(ROOM, before[request])
            emulator.enter(ROOM, before[request])

    async with client(Meanwhile(emulator, return_)) as nim:
        found = await accids(all_members(nim, room_id=ROOM))
    assert sorted(found) == sorted(["amy", *before])


async def test_a_crowd_that_comes_back_hides_nobody(emulator: Emulator) -> None:
    """More known members than a page, come back after one that was not read yet, do not hide it."""
    before = [f"u{number}" for number in range(450)]
    for accid in before:
        emulator.enter(ROOM, accid)

    def return_(request: int) -> None:
        if request == 4:  # two pages of them are read
            for accid in [before[0], *before[-150:]]:
                emulator.leave(ROOM, accid)
                emulator.enter(ROOM, accid)

    async with client(Meanwhile(emulator, return_)) as nim:
        found = await accids(all_members(nim, room_id=ROOM))
    assert sorted(found) == sorted(["amy", *before])


@pytest.mark.parametrize("fixed_at", range(1, 9))
@pytest.mark.parametrize("to_be_fixed", [True, False], ids=["fixed", "withdrawn"])
async def test_who_changes_kind_meanwhile_is_not_missed(
    fixed_at: int,
    to_be_fixed: bool,  # noqa: FBT001
) -> None:
    """Whenever a member becomes fixed, or ceases to be, it comes, and once."""
    clock = Clock()
    emulator = Emulator("key", "the-secret", clock=clock)
    emulator.add_room("amy", "tea house", room_id=ROOM)
    before = [f"u{number}" for number in range(250)]
    for accid in before:
        emulator.enter(ROOM, accid)
    member = emulator.members(ROOM)["u3"]
    roles = [member.role, emulator.members(ROOM)["amy"].role]
    roles[1] = type(member.role).COMMON
    first, then = roles if to_be_fixed else roles[::-1]
    member.role = first

    def change(request: int) -> None:
        if request == fixed_at:
            member.role = then

    async with client(Meanwhile(emulator, change)) as nim:
        found = await accids(all_members(nim, room_id=ROOM))
    assert sorted(found) == sorted(["amy", *before])


async def test_members_of_no_room(nim: NimClient) -> None:
    """What the service says no to is raised."""
    with pytest.raises(NotFound):
        await accids(all_members(nim, room_id=1))


# history


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock(BEGINNING)


@pytest.fixture(name="spoken")
def _spoken(clock: Clock) -> Emulator:
    """Return an emulator with a room in which something is said each second."""
    emulator = Emulator("key", "the-secret", clock=clock)
    emulator.add_room("amy", "tea house", room_id=ROOM)
    emulator.enter(ROOM, "amy")
    for number in range(500):
        clock.advance(1)
        emulator.speak(ROOM, "amy", f"m{number}")
    return emulator


def names_in(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return [entry.name for entry in folder.iterdir()]


def at(number: int) -> int:
    """Return the time of a message, milliseconds."""
    return int((BEGINNING + 1 + number) * 1000)


@pytest.mark.parametrize("times", ["milliseconds", "datetimes"])
async def test_messages_between_two_times(spoken: Emulator, times: str) -> None:
    """Oldest first, both ends included, however many pages it takes."""
    since: Any = at(100)
    until: Any = at(420)
    if times == "datetimes":
        since, until = (datetime.fromtimestamp(t / 1000, UTC) for t in (since, until))
    async with client(spoken.transport()) as nim:
        reading = all_messages(nim, room_id=ROOM, accid="amy", type=[0], since=since, until=until)
        found = await texts(reading)
    assert found == [f"m{number}" for number in range(100, 421)]
    assert [call.code for call in spoken.calls][-2:] == [200, 200]
    assert spoken.calls[-2].form["timetag"] == str(at(100))


async def test_messages_while_others_are_sent(spoken: Emulator, clock: Clock) -> None:
    """Without an end what is sent meanwhile comes too; everything in order, nothing twice."""
    sent: list[str] = []

    def speak(request: int) -> None:
        for number in range(20 if request < 5 else 0):
            clock.advance(0.01)
            sent.append(f"new{request}-{number}")
            spoken.speak(ROOM, "amy", sent[-1])

    async with client(Meanwhile(spoken, speak)) as nim:
        found = await texts(all_messages(nim, room_id=ROOM, accid="amy", type=[0]))
    assert found == [*(f"m{number}" for number in range(500)), *sent]
    sent.clear()
    async with client(Meanwhile(spoken, speak)) as nim:
        reading = all_messages(nim, room_id=ROOM, accid="amy", type=[0], until=at(499))
        found = await texts(reading)
    assert found == [f"m{number}" for number in range(500)]


async def test_messages_of_one_moment(spoken: Emulator) -> None:
    """Messages that share a millisecond come all, also at the ends."""
    for number in range(50):
        spoken.speak(ROOM, "amy", f"same{number}")
    async with client(spoken.transport()) as nim:
        reading = all_messages(
            nim, room_id=ROOM, accid="amy", type=[0], since=at(499), until=at(499)
        )
        found = await texts(reading)
    assert sorted(found) == sorted(["m499", *(f"same{number}" for number in range(50))])


async def test_a_datetime_needs_a_zone(nim: NimClient, emulator: Emulator) -> None:
    """Whose clock is meant is not guessed."""
    with pytest.raises(ConfigurationError, match="since must have a zone"):
        await texts(all_messages(nim, room_id=ROOM, accid="amy", since=datetime(2026, 1, 1)))  # noqa: DTZ001
    assert emulator.calls == []


async def test_a_history_in_a_file(spoken: Emulator, tmp_path: Path) -> None:
    """The file has a line for each message, and only its owner may read it."""
    path = tmp_path / "history.jsonl"
    path.write_text("what was there before")
    path.chmod(0o644)
    spoken.speak(ROOM, "amy", "half a pair: \ud800 茶馆")
    async with client(spoken.transport()) as nim:
        count = await save_messages(nim, path, room_id=ROOM, accid="amy", type=[0])
        read = [m async for m in all_messages(nim, room_id=ROOM, accid="amy", type=[0])]
    assert count == 501
    lines = path.read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [message.to_dict() for message in read]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names_in(tmp_path) == ["history.jsonl"]


async def test_a_history_that_cannot_be_read_whole(spoken: Emulator, tmp_path: Path) -> None:
    """A failure leaves the file that was there, and nothing half done beside it."""
    path = tmp_path / "history.jsonl"
    path.write_text("what was there before")
    spoken.faults.add(Code(403), when=lambda _: any(c.code == OK for c in spoken.calls))
    async with client(spoken.transport()) as nim:
        with pytest.raises(NimError):
            await save_messages(nim, path, room_id=ROOM, accid="amy")
    assert path.read_text() == "what was there before"
    assert names_in(tmp_path) == ["history.jsonl"]


async def test_a_file_that_cannot_be(nim: NimClient, emulator: Emulator, tmp_path: Path) -> None:
    """A folder that is not there is said before anything is asked for."""
    with pytest.raises(OSError, match="none"):
        await save_messages(nim, tmp_path / "none" / "x", room_id=ROOM, accid="amy")
    assert emulator.calls == []


# the same to many


async def test_the_same_message_to_many_rooms(emulator: Emulator, nim: NimClient) -> None:
    """Each room gets the message once, with an id of its own; one that is not there fails alone."""
    rooms = [emulator.add_room("amy", f"room {number}") for number in range(30)]
    job = send_to_rooms(nim, iter([*rooms, 1]), from_accid="amy", msg_type=Text("hello"))
    found = {outcome.id: outcome async for outcome in job}
    assert Counter(o.status for o in found.values()) == {"done": 30, "failed": 1}
    assert isinstance(found[1].error, NotFound)
    said = [message for room in rooms for message in emulator.messages(room)]
    assert [message.attach for message in said] == ["hello"] * 30
    assert len({message.msg_id for message in said}) == 30


@pytest.mark.parametrize("wrong", [{"room_id": 5}, {"msg_id": "x"}], ids=str)
def test_what_differs_from_room_to_room(wrong: dict[str, Any]) -> None:
    """One id for all rooms is no id, and is refused."""
    nim = NimClient("key", "the-secret", base_url="http://127.0.0.1:1/nimserver")
    with pytest.raises(ConfigurationError, match="room_id and msg_id"):
        send_to_rooms(nim, [1], from_accid="amy", msg_type=Text("hello"), **wrong)
