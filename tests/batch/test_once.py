"""Rooms that are made once: found again by their key, whatever became of the call."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from nim_async import NimClient, NimError, ParameterError, RetryPolicy, TransportError
from nim_async.batch import KeyedRooms, create_once
from nim_async.emulator import Act, Broken, Code, Drop, Emulator, Ending

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CREATE = "chatroom.create"
LIST = "chatroom.query_user_room_ids"
GET_BATCH = "chatroom.get_batch"


@pytest.fixture(name="emulator")
def _emulator() -> Emulator:
    return Emulator("key", "the-secret")


@pytest.fixture(name="nim")
async def _nim(emulator: Emulator) -> AsyncIterator[NimClient]:
    """Return a client that tries once, with the clock of the event loop."""
    async with NimClient(
        "key",
        "the-secret",
        transport=emulator.transport(),
        rate_limit=None,
        retry=RetryPolicy(max_attempts=1),
    ) as nim:
        yield nim


def called(emulator: Emulator, name: str) -> int:
    """Return how often an operation was called."""
    namespace, _, operation = name.partition(".")
    parts = operation.split("_")
    wire = parts[0] + "".join(part.capitalize() for part in parts[1:])
    return sum(call.path == f"/nimserver/{namespace}/{wire}.action" for call in emulator.calls)


class Late:
    """A fault that breaks the connection, and has the request carried out some time later."""

    def __init__(self) -> None:
        self.act: Act | None = None

    async def __call__(self, act: Act) -> Ending:
        self.act = act
        return Broken()


async def test_a_room_is_made_once(emulator: Emulator, nim: NimClient) -> None:
    """A second call with the same key finds the room of the first; another key makes another."""
    made = await create_once(nim, key="tea", creator="amy", name="tea house", ext={"floor": 2})
    found = await create_once(nim, key="tea", creator="amy", name="another name")
    other = await create_once(nim, key="coffee", creator="amy", name="tea house")
    assert made.room_id == found.room_id != other.room_id
    assert found.name == "tea house"
    assert json.loads(found.ext or "") == {"floor": 2, "create_key": "tea"}
    assert len(emulator.rooms) == 2


async def test_arguments_of_the_room(nim: NimClient) -> None:
    """Whatever `create` takes can be given."""
    room = await create_once(nim, key="tea", creator="amy", name="x", announcement="hello")
    assert room.announcement == "hello"


@pytest.mark.virtual_time
@pytest.mark.parametrize("after", [True, False], ids=["carried out", "lost"])
async def test_after_an_unclear_answer(
    emulator: Emulator,
    nim: NimClient,
    after: bool,  # noqa: FBT001
) -> None:
    """The room is found if it was made; if not, the error says that it may be."""
    emulator.faults.add(Drop(after=after), path=CREATE)
    once = partial(create_once, nim, key="tea", creator="amy", name="tea house")
    if not after:
        with pytest.raises(TransportError) as caught:
            await once()
        assert caught.value.maybe_processed
        assert emulator.rooms == {}
        assert called(emulator, LIST) == 4
    room = await once()
    assert called(emulator, CREATE) == (1 if after else 2)
    assert list(emulator.rooms) == [room.room_id]


@pytest.mark.virtual_time
async def test_a_room_that_is_made_late(emulator: Emulator, nim: NimClient) -> None:
    """One that turns up a little after the connection broke is found too."""
    late = Late()
    emulator.faults.add(late, path=CREATE)

    async def make() -> None:
        await anyio.sleep(0.5)
        assert late.act is not None
        late.act()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(make)
        room = await create_once(nim, key="tea", creator="amy", name="tea house")
        assert list(emulator.rooms) == [room.room_id]


async def test_a_clear_no_is_raised_at_once(emulator: Emulator, nim: NimClient) -> None:
    """What surely was not carried out is not looked for."""
    emulator.faults.add(Code(403), path=CREATE)
    with pytest.raises(NimError) as caught:
        await create_once(nim, key="tea", creator="amy", name="tea house")
    assert not caught.value.maybe_processed
    assert called(emulator, LIST) == 1


@pytest.mark.virtual_time
async def test_a_look_that_fails_hides_nothing(emulator: Emulator, nim: NimClient) -> None:
    """If the room cannot be looked for, the first error comes, with the second as its cause."""
    rooms = KeyedRooms(nim, creator="amy")
    assert await rooms.find("tea") is None
    emulator.faults.add(Drop(), path=CREATE).add(Code(500), path=LIST)
    with pytest.raises(TransportError) as caught:
        await rooms.create(key="tea", name="tea house")
    assert isinstance(caught.value.__cause__, NimError)
    assert caught.value.__cause__.operation == LIST


@pytest.mark.virtual_time
async def test_rooms_are_read_once(emulator: Emulator, nim: NimClient) -> None:
    """Many rooms take one reading of those that are there; after a lost answer only the new."""
    for number in range(45):
        emulator.add_room("amy", f"old {number}")
    rooms = KeyedRooms(nim, creator="amy")
    for number in range(10):
        await rooms.create(key=f"k{number}", name="x")
    assert (called(emulator, LIST), called(emulator, GET_BATCH)) == (1, 3)
    emulator.faults.add(Drop(after=True), path=CREATE)
    await rooms.create(key="k10", name="x")
    assert (called(emulator, LIST), called(emulator, GET_BATCH)) == (2, 4)
    assert len(emulator.rooms) == 45 + 11


async def test_one_key_in_many_tasks(emulator: Emulator, nim: NimClient) -> None:
    """Tasks that make the same room at the same time make one."""
    rooms = KeyedRooms(nim, creator="amy")
    found: list[int] = []

    async def make() -> None:
        found.append((await rooms.create(key="tea", name="tea house")).room_id)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(make)
    assert len(found) == 20
    assert set(found) == set(emulator.rooms)


async def test_of_several_the_oldest(emulator: Emulator, nim: NimClient) -> None:
    """Where a key was used twice by others, the answer is the same each time."""
    ids = [
        (await nim.chatroom.create(creator="amy", name="x", ext='{"create_key": "k"}')).room_id
        for _ in range(3)
    ]
    room = await KeyedRooms(nim, creator="amy").find("k")
    assert room is not None
    assert room.room_id == min(ids)
    assert len(emulator.rooms) == 3


@pytest.mark.parametrize(
    "ext", ["", "text", "[1]", '{"create_key": 5}', '{"other": 1}', "[" * 4000]
)
async def test_rooms_of_others_ways(emulator: Emulator, nim: NimClient, ext: str) -> None:
    """What else stands in the ``ext`` of a room is no key."""
    await nim.chatroom.create(creator="amy", name="x", ext=ext)
    room = await create_once(nim, key="5", creator="amy", name="y")
    assert len(emulator.rooms) == 2
    assert room.name == "y"


@pytest.mark.parametrize(
    ("wrong", "parameter"),
    [
        ({"key": ""}, "key"),
        ({"key": 5}, "key"),
        ({"ext": "text"}, "ext"),
        ({"ext": {"a": object()}}, "ext"),
        ({"ext": {"a": "x" * 5000}}, "ext"),
        ({"name": None}, "name"),
    ],
)
async def test_what_cannot_be(
    emulator: Emulator, nim: NimClient, wrong: dict[str, Any], parameter: str
) -> None:
    """Key and ``ext`` are checked before a room is made."""
    arguments: dict[str, Any] = {"key": "k", "creator": "amy", "name": "x"} | wrong
    with pytest.raises(ParameterError) as caught:
        await create_once(nim, **arguments)
    assert caught.value.parameter == parameter
    assert emulator.rooms == {}


# many


async def test_many_rooms(emulator: Emulator, nim: NimClient) -> None:
    """Each row is a room, new or found; a wrong one is told of and stops nothing."""
    rows: list[Any] = [{"key": f"k{number}", "name": f"room {number}"} for number in range(50)]
    first = [o async for o in KeyedRooms(nim, creator="amy").create_all(rows[:20])]
    wrong: list[Any] = [{"key": "x"}, {"name": "x"}, {"key": "x", "name": "x", "colour": 1}, 5]
    wrong.append({"key": "x", "name": "x", "creator": "bob"})
    job = KeyedRooms(nim, creator="amy").create_all([*rows, *wrong])
    outcomes = {outcome.n: outcome async for outcome in job}
    assert [outcomes[n].status for n in range(51, 56)] == ["failed"] * 5
    assert all(isinstance(outcomes[n].error, ParameterError) for n in range(51, 56))
    assert len(emulator.rooms) == 50
    assert {o.id: o.result and o.result.room_id for o in first}.items() <= {
        o.id: o.result and o.result.room_id for o in outcomes.values()
    }.items()
    assert (job.progress.done, job.progress.failed) == (50, 5)
    assert called(emulator, LIST) == 2


@pytest.mark.virtual_time
async def test_a_row_that_may_have_happened(emulator: Emulator, nim: NimClient) -> None:
    """A room that is not found after an unclear answer is uncertain, and found by the next run."""
    late = Late()
    emulator.faults.add(late, path=CREATE)
    rows = [{"key": "k", "name": "x"}]
    (outcome,) = [o async for o in KeyedRooms(nim, creator="amy").create_all(rows)]
    assert outcome.status == "uncertain"
    assert late.act is not None
    late.act()
    (outcome,) = [o async for o in KeyedRooms(nim, creator="amy").create_all(rows)]
    assert outcome.status == "done"
    assert len(emulator.rooms) == 1
