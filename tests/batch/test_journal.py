"""`run` with a journal: what is written, and how a later run goes on."""

from __future__ import annotations

import json
import os
import resource
import stat
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from nim_async import (
    ApiError,
    ConfigurationError,
    Custom,
    Duplicate,
    MessageItem,
    NimClient,
    NotFound,
    Text,
    TransportError,
)
from nim_async.batch import Outcome, Run, run
from nim_async.emulator import Act, Code, Drop, Emulator, Ending
from tests.batch.conftest import ROOM
from tests.batch.test_run import CREATE, GET, SEND, Held, greetings, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

BATCH = "/nimserver/chatroom/batchSendMsg.action"


@pytest.fixture(name="out")
def _out(tmp_path: Path) -> Path:
    """Return where an output is to be."""
    return tmp_path / "out.jsonl"


def lines_of(out: Path) -> dict[int, dict[str, Any]]:
    """Return the lines of an output by number, each of which is whole and there once."""
    raw = out.read_bytes()
    assert not raw or raw.endswith(b"\n")
    lines = [json.loads(line) for line in raw.splitlines()]
    found = {line["n"]: line for line in lines}
    assert len(found) == len(lines)
    return found


def marks_of(out: Path) -> list[str]:
    """Return the lines of the file beside an output, without its header."""
    return out.with_name(f"{out.name}.journal").read_text("utf-8").rstrip("\0").splitlines()[1:]


class ActThenHold(Held):
    """A fault that carries requests out and never answers."""

    async def __call__(self, act: Act) -> Ending:
        act()
        return await super().__call__(act)


async def cut_off(job: Run[Any], held: Held, count: int) -> list[Outcome[Any]]:
    """Run a job until so many rows are held, and end it then as a killed process would."""
    done: list[Outcome[Any]] = []

    async def take() -> None:
        done.extend([outcome async for outcome in job])

    async with anyio.create_task_group() as group:
        group.start_soon(take)
        await held.until(count)
        group.cancel_scope.cancel()
    return done


async def until_raised(job: Run[Any]) -> tuple[list[Outcome[Any]], Exception | None]:
    """Return the outcomes of a job, and what ended it."""
    done: list[Outcome[Any]] = []
    try:
        while True:
            done.append(await anext(job))
    except StopAsyncIteration:
        return done, None
    except Exception as error:  # noqa: BLE001  it is looked at
        return done, error


def as_created() -> list[dict[str, Any]]:
    """Return rows of rooms."""
    return [{"creator": "amy", "name": f"room {i}", "id": i} for i in range(10)]


async def test_lines_and_marks(nim: NimClient, emulator: Emulator, out: Path) -> None:
    """Each row has a mark before its call and a line after it, in files that are private."""
    seen: list[int] = []

    async def look(act: Act) -> Ending:
        seen.append(len(marks_of(out)))
        return act()

    emulator.faults.add(look, path=GET, times=None)
    rows: list[dict[str, Any]]
    rows = [{"room_id": ROOM, "id": "r-1"}, {"room_id": 1, "id": 2}, {"roomid": ROOM}]
    await outcomes(run(nim.chatroom.get, rows, concurrency=1, journal=out))
    lines = lines_of(out)
    room = lines[1].pop("result")
    assert (room["room_id"], room["name"]) == (ROOM, "tea house")
    assert set(lines[1]) == {"n", "id", "h", "status"}
    assert (lines[1]["id"], lines[2]["id"], lines[3]["id"]) == ("r-1", 2, None)
    assert [lines[n]["status"] for n in (1, 2, 3)] == ["done", "failed", "failed"]
    error = lines[2]["error"]
    assert (error["type"], error["code"], error["maybe_processed"]) == ("NotFound", 404, False)
    assert error["text"].startswith("chatroom.get: 404")
    assert lines[3]["error"]["type"] == "ParameterError"
    assert seen == [1, 2]
    assert marks_of(out) == [f"{n} {lines[n]['h']}" for n in (1, 2)]
    for path in (out, out.with_name("out.jsonl.journal")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"the-secret" not in path.read_bytes()


async def test_a_second_run_calls_nothing_again(
    nim: NimClient, emulator: Emulator, out: Path
) -> None:
    """Rows that ended come out again with what became of them, and are not called."""
    rows = greetings(20)
    first = await outcomes(run(nim.chatroom.send_msg, rows, journal=out, order="input"))
    calls, raw = len(emulator.calls), out.read_bytes()
    job = run(nim.chatroom.send_msg, rows, journal=out, order="input")
    second = await outcomes(job)
    assert (len(emulator.calls), out.read_bytes()) == (calls, raw)
    assert [o.result for o in second] == [o.result for o in first]
    assert all(o.resumed and o.status == "done" for o in second)
    assert (job.progress.done, job.progress.resumed) == (20, 20)


async def test_errors_come_out_again(nim: NimClient, emulator: Emulator, out: Path) -> None:
    """The errors of an earlier run are of the same kind where a line can tell that."""
    emulator.faults.add(Drop(), path=CREATE)
    await outcomes(run(nim.chatroom.create, as_created()[:1], journal=out))
    (again,) = await outcomes(run(nim.chatroom.create, as_created()[:1], journal=out))
    assert (again.status, again.resumed) == ("uncertain", True)
    assert isinstance(again.error, TransportError)
    assert again.error.maybe_processed
    other = out.with_name("other.jsonl")
    for _ in range(2):
        (missing,) = await outcomes(run(nim.chatroom.get, [{"room_id": 1}], journal=other))
        assert isinstance(missing.error, NotFound)
        assert missing.error.code == 404


async def test_replies_of_every_shape_come_out_again(nim: NimClient, out: Path) -> None:
    """What a line keeps of a reply makes the same reply again."""
    items = [MessageItem(attach=Text(str(i)), msg_id=f"m-{i}") for i in range(3)]
    jobs: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (nim.chatroom.batch_send_msg, {"room_id": ROOM, "from_accid": "amy", "msg_list": items}),
        (nim.chatroom.queue_init, {"room_id": ROOM, "size_limit": 5}),
        (nim.chatroom.queue_offer, {"room_id": ROOM, "key": "k", "value": "v"}),
        (nim.chatroom.queue_list, {"room_id": ROOM}),
        (nim.chatroom.get_batch, {"room_ids": [ROOM, 1]}),
        (nim.chatroom.add_robot, {"room_id": ROOM, "accids": ["r1", "r2"]}),
        (nim.chatroom.request_addr, {"room_id": ROOM, "accid": "amy"}),
        (nim.history.query_chatroom_msg, {
            "room_id": ROOM, "accid": "amy", "timetag": 0, "limit": 10, "reverse": 2
        }),
    ]  # fmt: skip
    for number, (method, row) in enumerate(jobs):
        path = out.with_name(f"{number}.jsonl")
        (first,) = await outcomes(run(method, [row], journal=path))
        (again,) = await outcomes(run(method, [row], journal=path))
        assert first.status == "done", first.error
        assert again.resumed
        assert type(again.result) is type(first.result)
        assert again.result == first.result, method


async def test_tokens_are_not_kept(nim: NimClient, out: Path) -> None:
    """What lets somebody log in does not stand in a line."""
    rows = [{"accid": "ben"}, {"accid": "cid", "token": "my-own-token"}]
    first = await outcomes(run(nim.user.create, rows, journal=out))
    tokens = {o.result.token for o in first if o.result}
    assert len(tokens) == 2
    raw = out.read_text("utf-8")
    assert not any(token in raw for token in tokens)
    again = await outcomes(run(nim.user.create, rows, journal=out))
    assert {o.result.accid for o in again if o.result} == {"ben", "cid"}


async def test_messages_that_were_cut_off_are_not_sent_twice(
    nim: NimClient, emulator: Emulator, out: Path
) -> None:
    """They go again with the same id, marked, and what became of the first is told."""
    held = ActThenHold()
    emulator.faults.add(held, path=SEND, times=3)
    rows = greetings(10)
    done = await cut_off(run(nim.chatroom.send_msg, rows, concurrency=3, journal=out), held, 3)
    assert done == []
    assert (lines_of(out), len(marks_of(out))) == ({}, 3)
    found = await outcomes(run(nim.chatroom.send_msg, rows, concurrency=3, journal=out))
    assert {o.status for o in found} == {"done"}
    assert not any(o.resumed for o in found)
    said = [message.attach for message in emulator.messages(ROOM)]
    assert sorted(said) == sorted(row["attach"] for row in rows)
    ids = [call.form["msgId"] for call in emulator.calls if call.code == 200]
    assert len(set(ids)) == 10
    marked = {call.form["attach"] for call in emulator.calls if call.form.get("resendFlag") == "1"}
    assert marked == {"hello 0", "hello 1", "hello 2"}
    assert len(lines_of(out)) == 10


@pytest.mark.parametrize("as_text", [False, True])
async def test_messages_of_a_list_have_ids_too(
    nim: NimClient, emulator: Emulator, out: Path, *, as_text: bool
) -> None:
    """Each message of a list gets an id of its own, the same in each run."""
    held = ActThenHold()
    emulator.faults.add(held, path=BATCH)
    given: list[Any] = [{"msg_type": 0, "attach": "a"}, {"msgType": 0, "attach": "b"}]
    if not as_text:
        given.append(MessageItem(attach=Custom({"k": 1})))
    items = json.dumps([given[1], given[1] | {"msgId": "own"}]) if as_text else given
    row = {"room_id": ROOM, "from_accid": "amy", "msg_list": items}
    await cut_off(run(nim.chatroom.batch_send_msg, [row], journal=out), held, 1)
    (again,) = await outcomes(run(nim.chatroom.batch_send_msg, [row], journal=out))
    assert again.status == "done"
    assert len(emulator.messages(ROOM)) == len(given if not as_text else [1, 2])


@pytest.mark.parametrize("remembered", [True, False])
async def test_rooms_that_were_cut_off_are_uncertain(
    nim: NimClient, emulator: Emulator, out: Path, *, remembered: bool
) -> None:
    """They are not opened again, unless that is asked for, and then with the same request id."""
    held = ActThenHold()
    emulator.faults.add(held, path=CREATE, times=2)
    rows = as_created()
    await cut_off(run(nim.chatroom.create, rows, concurrency=2, journal=out), held, 2)
    assert len(marks_of(out)) == 2
    found = {o.n: o for o in await outcomes(run(nim.chatroom.create, rows, journal=out))}
    assert [n for n, o in found.items() if o.status == "uncertain"] == [1, 2]
    assert "an earlier run began it" in str(found[1].error)
    assert len(emulator.rooms) == 1 + 10
    if not remembered:
        emulator.forget_request_ids()
    job = run(nim.chatroom.create, rows, journal=out, uncertain="repeat", order="input")
    again = await outcomes(job)
    assert [o.resumed for o in again] == [False] * 2 + [True] * 8
    ids = {call.request_id for call in emulator.calls if call.form["name"] == "room 0"}
    assert len(ids) == 1
    if remembered:
        assert [o.status for o in again[:2]] == ["uncertain"] * 2
        assert isinstance(again[0].error, Duplicate)
        assert len(emulator.rooms) == 1 + 10
    else:
        assert [o.status for o in again[:2]] == ["done"] * 2


async def test_what_may_be_repeated_is(nim: NimClient, emulator: Emulator, out: Path) -> None:
    """Reads and writes of a state that were cut off are sent again, with a new request id."""
    held = ActThenHold()
    emulator.faults.add(held, path=GET, times=1)
    rows = [{"room_id": ROOM}]
    await cut_off(run(nim.chatroom.get, rows, journal=out), held, 1)
    (again,) = await outcomes(run(nim.chatroom.get, rows, journal=out))
    assert (again.status, again.resumed) == ("done", False)
    first, second = (call.request_id for call in emulator.calls)
    assert first != second


async def test_a_line_that_is_cut_is_no_line(nim: NimClient, emulator: Emulator, out: Path) -> None:
    """What stands behind the last line end is cut off in both files."""
    rows = greetings(5)
    await outcomes(run(nim.chatroom.send_msg, rows, concurrency=1, journal=out))
    side = out.with_name("out.jsonl.journal")
    out.write_bytes(out.read_bytes()[:-7])
    side.write_bytes(side.read_bytes() + b"6 12ab\0\0\0")
    found = await outcomes(run(nim.chatroom.send_msg, rows, journal=out, order="input"))
    assert [o.resumed for o in found] == [True] * 4 + [False]
    assert found[4].status == "done"
    assert len(lines_of(out)) == 5
    assert len(marks_of(out)) == 5
    assert len(emulator.messages(ROOM)) == 5


async def test_more_rows_are_fine(nim: NimClient, out: Path) -> None:
    """An input that became longer goes on behind what is done."""
    await outcomes(run(nim.chatroom.send_msg, greetings(5), journal=out))
    found = await outcomes(run(nim.chatroom.send_msg, greetings(8), journal=out, order="input"))
    assert [o.resumed for o in found] == [True] * 5 + [False] * 3


@pytest.mark.parametrize("change", ["edited", "missing"])
async def test_other_rows_are_refused(nim: NimClient, out: Path, change: str) -> None:
    """A row that is not the one of the earlier run is refused by its number."""
    rows = greetings(5)
    await outcomes(run(nim.chatroom.send_msg, rows, journal=out))
    if change == "edited":
        rows[2]["attach"] = "something else"
        text = "line 3 of the input is not the row that was there"
    else:
        rows.pop()
        text = "line 5 of the input is missing"
    with pytest.raises(ConfigurationError, match=text):
        await outcomes(run(nim.chatroom.send_msg, rows, journal=out))


async def test_two_runs_at_once_are_refused(nim: NimClient, emulator: Emulator, out: Path) -> None:
    """The second one is, before it sends anything."""
    held = Held()
    emulator.faults.add(held, path=SEND, times=1)
    rows = greetings(5)
    first = run(nim.chatroom.send_msg, rows, journal=out, concurrency=1)
    async with first, anyio.create_task_group() as group:
        group.start_soon(anext, first)
        await held.until(1)
        with pytest.raises(ConfigurationError, match=r"another run has out\.jsonl"):
            await outcomes(run(nim.chatroom.send_msg, rows, journal=out))
        assert held.arrived == 1
        held.free.set()
    assert len(await outcomes(run(nim.chatroom.send_msg, rows, journal=out))) == 5


@pytest.mark.parametrize(
    ("out_text", "side_text", "text"),
    [
        ("hello\n", "", "out.jsonl is there, but not the journal beside it"),
        ("", "hello\n", "line 1 of out.jsonl.journal is none of a journal"),
        ("", '{"nim_async":"bot"}\n', "out.jsonl.journal is no journal of a batch job"),
        ("", "HEADER later", "is of version 2, this library knows 1"),
        ("", "HEADER other", "is of another job: chatroom.get, not chatroom.send_msg"),
        ("", "HEADER 1 x", "line 2 of out.jsonl.journal is none of a journal"),
        ("", "HEADER 0 ab", "line 2 of out.jsonl.journal is none of a journal"),
        ('{"n":1}\n', "HEADER", "line 1 of out.jsonl is none of a journal"),
        ("precious notes", "HEADER", "line 1 of out.jsonl is none of a journal"),
        ('{"n":1,"id":1,"h":"ab","status":"well"}\n', "HEADER", "line 1 of out.jsonl is none"),
        ('{"n":1,"id":1,"h":"ab","status":"done"}\n' * 2, "HEADER", "line 2 of out.jsonl is none"),
    ],
)
async def test_files_of_something_else_are_refused(
    nim: NimClient, out: Path, out_text: str, side_text: str, text: str
) -> None:
    """A journal that is none of this job is refused, and nothing of it is changed."""
    header = {"nim_async": "batch", "version": 1, "job": "chatroom.send_msg", "salt": "ab"}
    if side_text.startswith("HEADER"):
        what = side_text.removeprefix("HEADER").strip()
        if what == "later":
            header["version"], what = 2, ""
        elif what == "other":
            header["job"], what = "chatroom.get", ""
        side_text = f"{json.dumps(header)}\n{what}\n" if what else f"{json.dumps(header)}\n"
    side = out.with_name("out.jsonl.journal")
    out.write_text(out_text, "utf-8")
    side.write_text(side_text, "utf-8")
    with pytest.raises(ConfigurationError, match=text):
        await outcomes(run(nim.chatroom.send_msg, greetings(3), journal=out))
    assert (out.read_text("utf-8"), side.read_text("utf-8")) == (out_text, side_text)


@pytest.mark.parametrize("where", ["missing/out.jsonl", "", "/dev/null"])
async def test_an_output_that_cannot_be_written(nim: NimClient, out: Path, where: str) -> None:
    """It is refused before anything is sent."""
    path = out.parent / where
    with pytest.raises((OSError, ConfigurationError)):
        await outcomes(run(nim.chatroom.send_msg, greetings(3), journal=path))
    assert list(out.parent.iterdir()) == []


async def test_retry_failed(nim: NimClient, emulator: Emulator, out: Path) -> None:
    """Rows that failed with a code are called again; the others are left as they are."""
    emulator.faults.add(Code(403), path=CREATE, times=2)
    emulator.faults.add(Code(419), path=CREATE, times=2)
    rows = as_created()
    first = await outcomes(run(nim.chatroom.create, rows, concurrency=1, journal=out))
    assert [o.status for o in first].count("failed") == 4
    failed = {o.n for o in first if o.status == "failed"}
    before = {call.request_id for call in emulator.calls}
    job = run(nim.chatroom.create, rows, journal=out, retry_failed=[403], order="input")
    second = await outcomes(job)
    forbidden = {o.n for o in first if isinstance(o.error, ApiError) and o.error.code == 403}
    assert {o.n for o in second if not o.resumed} == forbidden < failed
    assert {o.n for o in second if o.status == "failed"} == failed - forbidden
    assert before.isdisjoint(call.request_id for call in emulator.calls[-len(forbidden) :])
    assert len(lines_of(out)) == 10
    assert sorted(p.name for p in out.parent.iterdir()) == ["out.jsonl", "out.jsonl.journal"]
    third = await outcomes(run(nim.chatroom.create, rows, journal=out, retry_failed=["419"]))
    assert {o.status for o in third} == {"done"}
    assert len(emulator.rooms) == 1 + 10


async def test_a_message_that_failed_is_retried_with_its_id(
    nim: NimClient, emulator: Emulator, out: Path
) -> None:
    """One whose answers were lost failed, since its repeat does no harm: it is said once."""
    emulator.faults.add(Drop(after=True), path=SEND, times=2)
    (first,) = await outcomes(run(nim.chatroom.send_msg, greetings(1), journal=out))
    assert (first.status, type(first.error)) == ("failed", TransportError)
    (again,) = await outcomes(
        run(nim.chatroom.send_msg, greetings(1), journal=out, retry_failed=["TransportError"])
    )
    assert (again.status, again.resumed) == ("done", False)
    assert len(emulator.messages(ROOM)) == 1


async def test_full_disk(nim: NimClient, emulator: Emulator, out: Path) -> None:
    """Nothing more is begun, what is under way keeps its line, and a later run goes on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (48 * 1024, hard))
    rows = greetings(500)
    try:
        job = run(nim.chatroom.send_msg, rows, concurrency=8, journal=out)
        done, error = await until_raised(job)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(error, OSError)
    assert "no room" in str(error)
    lines = lines_of(out)
    assert 20 < len(lines) < 500
    assert {o.n for o in done} == set(lines) == {int(m.split()[0]) for m in marks_of(out)}
    assert len(emulator.messages(ROOM)) == len(lines)
    found = await outcomes(run(nim.chatroom.send_msg, rows, journal=out))
    assert {o.status for o in found} == {"done"}
    assert len(emulator.messages(ROOM)) == 500


async def test_room_that_was_kept_is_used(
    nim: NimClient, emulator: Emulator, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a write finds the disk full, the room beside is given back, and the line written."""
    held = Held()
    emulator.faults.add(held, path=SEND, times=None)
    job = run(nim.chatroom.send_msg, greetings(50), concurrency=4, journal=out)
    side = out.with_name("out.jsonl.journal")
    sizes: list[int] = []
    write = os.pwrite

    def short_of_space(fd: int, data: Any, at: int) -> int:
        if os.path.samestat(os.fstat(fd), out.stat()) and len(sizes) < 2:
            sizes.append(side.stat().st_size)
            if len(sizes) == 1:
                return write(fd, bytes(data)[:10], at)  # a short write, and then none
            raise OSError(28, "No space left on device")
        return write(fd, data, at)

    async with anyio.create_task_group() as group:
        group.start_soon(anext, job)
        await held.until(4)
        monkeypatch.setattr(os, "pwrite", short_of_space)
        held.free.set()
    done, error = await until_raised(job)
    assert "No space left" in str(error)
    assert len(done) == 3
    assert len(lines_of(out)) == len(marks_of(out)) == 4
    assert sizes[0] > 4 * 2048


async def test_fsync(nim: NimClient, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks are on the disk before their calls, lines before their outcomes, many at a time."""
    synced = 0
    sync = os.fsync

    def count(fd: int) -> None:
        nonlocal synced
        synced += 1
        sync(fd)

    monkeypatch.setattr(os, "fsync", count)
    found = await outcomes(
        run(nim.chatroom.send_msg, greetings(200), concurrency=50, journal=out, fsync=True)
    )
    assert len(found) == 200
    assert 4 <= synced < 2 * 2 * 200


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"journal": 7}, "journal must be a path"),
        ({"uncertain": "maybe"}, "uncertain must be"),
        ({"retry_failed": 416}, "retry_failed must be a list"),
    ],
)
def test_arguments_that_cannot_be(out: Path, options: dict[str, Any], text: str) -> None:
    """What can be known to be wrong is refused at once."""
    nim = NimClient("key", "the-secret")
    given: dict[str, Any] = {"journal": out}
    with pytest.raises(ConfigurationError, match=text):
        run(nim.chatroom.get, [], **(given | options))
