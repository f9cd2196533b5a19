"""`run` in one process: outcomes, bounds, order, ends."""

from __future__ import annotations

import gc
from collections import Counter
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from attrs import evolve

from nim_async import (
    ConfigurationError,
    NimClient,
    NotFound,
    ParameterError,
    TransportError,
)
from nim_async.batch import Outcome, Progress, Run, run
from nim_async.batch._engine import Engine
from nim_async.batch._pace import Pace
from nim_async.emulator import Act, Broken, Code, Drop, Emulator, Ending, Status
from tests.batch.conftest import ROOM

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

CREATE = "/nimserver/chatroom/create.action"
GET = "/nimserver/chatroom/get.action"
SEND = "/nimserver/chatroom/sendMsg.action"


def greetings(count: int) -> list[dict[str, Any]]:
    """Return rows of messages."""
    row = {"room_id": ROOM, "from_accid": "amy", "msg_type": 0}
    return [row | {"attach": f"hello {i}", "id": f"r-{i}"} for i in range(count)]


async def outcomes(job: Run[Any]) -> list[Outcome[Any]]:
    """Return all outcomes of a job."""
    return [outcome async for outcome in job]


class Held:
    """A fault that holds requests until it is told to let them go."""

    def __init__(self) -> None:
        self.arrived = 0
        self.most = 0
        self.under_way = 0
        self.free = anyio.Event()

    async def __call__(self, act: Act) -> Ending:
        self.arrived += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.free.wait()
            return act()
        finally:
            self.under_way -= 1

    async def until(self, count: int) -> None:
        """Wait until so many requests are held."""
        while self.under_way < count:
            await anyio.lowlevel.checkpoint()


async def test_every_row_comes_out_once(nim: NimClient, emulator: Emulator) -> None:
    """Each row is called once, with its reply, its number and its id."""
    rows = greetings(250)
    found = await outcomes(run(nim.chatroom.send_msg, rows, concurrency=20))
    assert sorted(o.n for o in found) == list(range(1, 251))
    for outcome in found:
        assert (outcome.status, outcome.error, outcome.resumed) == ("done", None, False)
        assert outcome.row is rows[outcome.n - 1]
        assert outcome.id == f"r-{outcome.n - 1}"
        assert outcome.result is not None
        assert outcome.result.attach == outcome.row["attach"]
    said = Counter(message.attach for message in emulator.messages(ROOM))
    assert said == Counter(row["attach"] for row in rows)


async def test_rows_come_from_anywhere(nim: NimClient) -> None:
    """Rows may be a list, a generator, an async generator, or none at all."""

    async def slowly() -> AsyncIterator[Mapping[str, Any]]:
        for row in greetings(7):
            await anyio.lowlevel.checkpoint()
            yield row

    assert len(await outcomes(run(nim.chatroom.send_msg, slowly(), concurrency=3))) == 7
    assert len(await outcomes(run(nim.chatroom.send_msg, (r for r in greetings(7))))) == 7
    assert await outcomes(run(nim.chatroom.send_msg, [])) == []


async def test_other_namespaces(nim: NimClient) -> None:
    """Any operation of any namespace is run, also one that is written by hand."""
    made = await outcomes(run(nim.user.create, [{"accid": "ben"}, {"accid": "cid"}]))
    assert {o.result.accid for o in made if o.result} == {"ben", "cid"}
    rows = [{"room_id": ROOM, "operator": "amy", "valid": False}]
    (closed,) = await outcomes(run(nim.chatroom.toggle_close_stat, rows))
    assert closed.status == "done"


async def test_no_more_than_asked_at_a_time(nim: NimClient, emulator: Emulator) -> None:
    """No more calls than the concurrency are under way, and no more rows than twice it in hand."""
    held = Held()
    emulator.faults.add(held, path=SEND, times=None)
    taken = 0

    def rows() -> Iterator[Mapping[str, Any]]:
        nonlocal taken
        for row in greetings(100):
            taken += 1
            yield row

    job = run(nim.chatroom.send_msg, rows(), concurrency=7)
    assert taken == 0
    async with anyio.create_task_group() as group:
        group.start_soon(anext, job)
        await held.until(7)
        assert (taken, job.progress.under_way) == (7, 7)
        held.free.set()
    while taken < 15 or job.progress.under_way:  # nobody takes the others
        await anyio.lowlevel.checkpoint()
    assert (held.most, taken) == (7, 15)
    assert len(await outcomes(job)) == 99


async def test_order_of_the_input(nim: NimClient, emulator: Emulator) -> None:
    """Outcomes come in the order of the rows where that is asked for."""
    held = Held()
    emulator.faults.add(held, path=SEND)
    job = run(nim.chatroom.send_msg, greetings(30), concurrency=4, order="input")
    numbers: list[int] = []

    async def take() -> None:
        numbers.extend([outcome.n async for outcome in job])

    async with anyio.create_task_group() as group:
        group.start_soon(take)
        while job.progress.done < 7:  # all that there is room for but the first
            await anyio.lowlevel.checkpoint()
        assert numbers == []
        held.free.set()
    assert numbers == list(range(1, 31))


@pytest.mark.parametrize(
    ("name", "row", "fault", "status"),
    [
        ("create", {"creator": "amy", "name": "n"}, Drop(), "uncertain"),
        ("create", {"creator": "amy", "name": "n"}, Code(500), "uncertain"),
        ("create", {"creator": "amy", "name": "n"}, Code(403), "failed"),
        ("create", {"creator": "amy", "name": "n"}, Status(400), "failed"),
        ("get", {"room_id": ROOM}, Drop(), "failed"),
        ("get", {"room_id": ROOM}, Code(500), "failed"),
        ("send_msg", greetings(1)[0], Drop(), "uncertain"),
        ("send_msg", greetings(1)[0] | {"msg_id": "m-1"}, Drop(), "failed"),
        ("queue_poll", {"room_id": ROOM}, Drop(), "uncertain"),
    ],
)
async def test_outcomes(
    nim: NimClient, emulator: Emulator, name: str, row: dict[str, Any], fault: Any, status: str
) -> None:
    """What may have happened is uncertain unless a repeat does no harm; a no is a failure."""
    method = getattr(nim.chatroom, name)
    emulator.faults.add(fault, path=f"chatroom.{name}", times=None)
    (outcome,) = await outcomes(run(method, [row]))
    assert (outcome.status, outcome.result) == (status, None)
    assert outcome.error is not None
    assert outcome.error.operation == f"chatroom.{name}"


async def test_what_surely_happened_is_done(nim: NimClient, emulator: Emulator) -> None:
    """A yes that cannot be read is a yes."""

    async def no_room(act: Act) -> Ending:
        answer = act()
        assert not isinstance(answer, Broken)
        return evolve(answer, body=b'{"code":200}')

    emulator.faults.add(no_room, path=CREATE)
    (outcome,) = await outcomes(run(nim.chatroom.create, [{"creator": "amy", "name": "n"}]))
    assert (outcome.status, outcome.result) == ("done", None)
    assert outcome.error is not None
    assert outcome.error.processed


async def test_bad_rows_stop_nothing(nim: NimClient) -> None:
    """A row that cannot be sent fails by itself, with what is wrong."""
    rows: list[Any] = [
        {"room_id": ROOM},
        {"roomid": ROOM},
        {},
        {"room_id": "a tea house"},
        ["room_id", ROOM],
        {1: 2, "room_id": ROOM},
        {"room_id": 67},
        {"room_id": ROOM, "id": 17},
    ]
    found = await outcomes(run(nim.chatroom.get, rows, order="input"))
    assert [o.status for o in found] == ["done", *["failed"] * 6, "done"]
    for outcome in found[1:6]:
        assert isinstance(outcome.error, ParameterError)
        assert outcome.error.operation == "chatroom.get"
    assert "do you mean room_id?" in str(found[1].error)
    assert isinstance(found[6].error, NotFound)
    assert [o.id for o in found] == [None] * 7 + [17]


async def test_stop_on_error(nim: NimClient, emulator: Emulator) -> None:
    """When asked to, a failure lets no more rows begin; those under way end."""
    held = Held()
    emulator.faults.add(held, path=GET, times=4)
    rows = [{"room_id": ROOM}] * 4 + [{"room_id": 1}] + [{"room_id": ROOM}] * 100
    job = run(nim.chatroom.get, rows, concurrency=5, stop_on_error=True)
    first = await anext(job)
    assert (first.n, first.status) == (5, "failed")
    held.free.set()
    assert sorted(o.n for o in await outcomes(job)) == [1, 2, 3, 4]


async def test_progress(nim: NimClient, emulator: Emulator) -> None:
    """The callback is called after each row; one that raises is passed over."""
    emulator.faults.add(Drop(), path=CREATE, times=1)
    seen: list[tuple[int, int, int]] = []

    def note(progress: Progress) -> None:
        seen.append((progress.done, progress.failed, progress.uncertain))
        raise KeyError("a mistake")

    rows = [{"creator": "amy", "name": "n"}, {"creator": "amy"}, {"creator": "amy", "name": "m"}]
    job = run(nim.chatroom.create, rows, concurrency=1, progress=note)
    await outcomes(job)
    assert seen == [(0, 0, 1), (0, 1, 1), (1, 1, 1)]
    assert job.progress.failures == {"TransportError": 1, "414": 1}
    assert job.progress.ended == 3


async def test_a_mistake_of_the_rows_is_raised(nim: NimClient) -> None:
    """What the rows raise is raised once the rows before it are handed out."""

    def rows() -> Iterator[Mapping[str, Any]]:
        yield from greetings(3)
        raise KeyError("a mistake")

    job = run(nim.chatroom.send_msg, rows())
    assert {(await anext(job)).n for _ in range(3)} == {1, 2, 3}
    with pytest.raises(KeyError, match="a mistake"):
        await anext(job)
    assert await outcomes(job) == []


async def test_what_fails_at_the_end_is_raised() -> None:
    """A journal that cannot be closed, say, ends the job with an error once all is handed out."""

    async def handled(item: int) -> int:
        return item

    async def begin() -> None:
        pass

    def end() -> None:
        raise OSError("the disk is gone")

    engine = Engine(
        [1, 2],
        handled,
        lambda item: item,
        lambda _: None,
        concurrency=1,
        pace=Pace(1),
        in_order=True,
        begin=begin,
        end=end,
    )
    engine.start()
    taken = list[int]()
    for _ in range(2):
        await engine.wait()
        taken.append(engine.take())
    assert taken == [1, 2]
    with pytest.raises(OSError, match="the disk is gone"):
        await engine.wait()
    await engine.wait_closed()


async def test_several_who_take(nim: NimClient, emulator: Emulator) -> None:
    """Several tasks may wait for outcomes of one run: each gets others, and all come to the end."""
    held = Held()
    emulator.faults.add(held, path=SEND, times=None)
    job, numbers = run(nim.chatroom.send_msg, greetings(20), concurrency=4), list[int]()

    async def take() -> None:
        numbers.extend([outcome.n async for outcome in job])

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(take)
        await held.until(4)
        held.free.set()
    assert sorted(numbers) == list(range(1, 21))


async def test_a_closed_client_ends_the_job(emulator: Emulator) -> None:
    """That the client cannot be used is no failure of each row."""
    nim = NimClient("key", "the-secret", transport=emulator.transport())
    await nim.aclose()
    job = run(nim.chatroom.get, [{"room_id": ROOM}] * 1000)
    with pytest.raises(ConfigurationError, match="the client is closed"):
        await anext(job)
    assert await outcomes(job) == []


async def test_leaving_the_loop_ends_the_job(nim: NimClient, emulator: Emulator) -> None:
    """After `break` nothing is sent any more, inside of a scope of the caller's own too."""
    held = Held()
    emulator.faults.add(held, path=SEND, times=None, when=lambda r: b"hello+0" not in r.body)
    with anyio.fail_after(60):
        async for _ in run(nim.chatroom.send_msg, greetings(50), concurrency=5):
            await held.until(5)
            break
        gc.collect()
        while held.under_way:
            await anyio.lowlevel.checkpoint()
    await anyio.lowlevel.checkpoint()
    assert held.arrived == 5


async def test_cancelling_reports_what_was_done(nim: NimClient, emulator: Emulator) -> None:
    """Cancelling ends the rows under way; what became of all that was begun can be asked for."""
    held = Held()
    emulator.faults.add(held, path=SEND, times=None)
    rows = [{"room_id": ROOM, "from_accid": "amy", "msg_type": 0, "attach": str(i)} for i in "abc"]
    job = run(nim.chatroom.send_msg, rows + greetings(50), concurrency=3)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(anext, job)
            await held.until(3)
            scope.cancel()
    assert held.under_way == 0
    found = await outcomes(job)
    assert sorted(o.n for o in found) == [1, 2, 3]
    assert {o.status for o in found} == {"uncertain"}
    assert all(isinstance(o.error, TransportError) for o in found)
    assert job.progress.uncertain == 3
    assert held.arrived == 3


async def test_closing_ends_the_job(nim: NimClient, emulator: Emulator) -> None:
    """``async with`` ends the job with its block, begun or not."""
    held = Held()
    emulator.faults.add(held, path=GET, times=None)
    async with run(nim.chatroom.get, [{"room_id": ROOM}] * 9, concurrency=2) as job:
        pass
    assert await outcomes(job) == []
    assert held.arrived == 0


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"rows": 7}, "rows must be an iterable"),
        ({"rows": {"room_id": 66}}, "put it into a list"),
        ({"rows": "66"}, "rows must be an iterable"),
        ({"concurrency": 0}, "concurrency must be a whole number above 0"),
        ({"concurrency": True}, "concurrency must be"),
        ({"order": "random"}, "order must be"),
        ({"progress": anyio.sleep}, "progress must be a plain function"),
        ({"method": print}, "print is no method of an operation"),
    ],
)
def test_arguments_that_cannot_be(options: dict[str, Any], text: str) -> None:
    """What can be known to be wrong is refused at once."""
    nim = NimClient("key", "the-secret")
    given: dict[str, Any] = {"method": nim.chatroom.get, "rows": [], **options}
    with pytest.raises(ConfigurationError, match=text):
        run(given.pop("method"), given.pop("rows"), **given)
