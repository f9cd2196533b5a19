"""The inbox in a file: what it refuses, what it writes together, and what it forgets."""

# What stands in for a function takes anything.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import threading
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from nim_async import ConfigurationError, NimClient
from nim_async.bot import Bot, InboxFull, Letter, SQLiteInbox
from tests.bot.conftest import KEY, SECRET
from tests.bot.events import message
from tests.bot.test_handling import until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def hold(path: str, connection: Any) -> None:
    """Have an inbox open, in another process, until told to end."""

    async def main() -> None:
        inbox = SQLiteInbox(path)
        await inbox.open()
        connection.send("open")
        connection.recv()
        await inbox.aclose()

    anyio.run(main)


async def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """One file is for one process; it is free again when that has ended, however it did."""
    path = tmp_path / "bot.db"
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=hold, args=(str(path), theirs), daemon=True)
    process.start()
    assert ours.recv() == "open"
    with pytest.raises(ConfigurationError, match="another process has the inbox"):
        await Bot(NimClient(KEY, SECRET), inbox=path).__aenter__()
    process.kill()
    process.join()
    async with Bot(NimClient(KEY, SECRET), inbox=path) as bot:
        assert await bot.accept(message())


@pytest.mark.parametrize(
    "content", [b"no database at all, but some text that is long enough", None]
)
async def test_what_is_no_inbox(tmp_path: Path, content: bytes | None) -> None:
    """A file of another kind, or a folder, is refused and left as it is."""
    path = tmp_path / "bot.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content * 100)
    with pytest.raises(ConfigurationError, match="cannot be opened") as caught:
        await SQLiteInbox(path).open()
    assert caught.value.option == "inbox"
    assert content is None or path.read_bytes() == content * 100


async def test_an_inbox_of_another_version(tmp_path: Path) -> None:
    """What a later version wrote is refused, not spoilt."""
    path = tmp_path / "bot.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    with pytest.raises(ConfigurationError, match="another version, 7"):
        await SQLiteInbox(path).open()


async def test_others_cannot_read_the_file(tmp_path: Path) -> None:
    """What people write is for nobody else on the machine."""
    inbox = SQLiteInbox(tmp_path / "bot.db")
    await inbox.open()
    await inbox.accept(Letter.of(message()))
    for file in list(tmp_path.iterdir()):  # noqa: ASYNC240  a test
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
    await inbox.aclose()


async def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """A full disk accepts nothing, keeps what is there, and is asked again the next time."""
    inbox = SQLiteInbox(tmp_path / "bot.db")
    await inbox.open()
    await inbox.accept(Letter.of(message("first")))
    connection: sqlite3.Connection = vars(inbox)["_connection"]
    ((pages,),) = connection.execute("PRAGMA page_count")
    connection.execute(f"PRAGMA max_page_count = {pages}")
    big = Letter.of(message("x" * 100_000))
    with pytest.raises(InboxFull, match="nothing can be written: OperationalError"):
        await inbox.accept(big)
    connection.execute("PRAGMA max_page_count = 1000000")
    assert await inbox.accept(big)
    assert (await inbox.take()).event.raw["attach"] == "first"
    await inbox.aclose()
    with pytest.raises(InboxFull, match="ProgrammingError"):
        await inbox.accept(Letter.of(message()))


async def test_what_was_handled_in_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers that could not be written any more are nothing to another file in its place."""
    other = SQLiteInbox(tmp_path / "other.db")
    await other.open()
    await other.accept(Letter.of(message("waits")))
    await other.aclose()
    inbox = SQLiteInbox(tmp_path / "bot.db")
    await inbox.open()
    await inbox.accept(Letter.of(message()))
    letter = await inbox.take()
    with monkeypatch.context() as broken:
        broken.setattr("nim_async.bot._sqlite_file.forget", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await inbox.done(letter)
        await inbox.aclose()
    for path in list(tmp_path.glob("bot.db*")):  # noqa: ASYNC240  a test
        path.unlink()
    (tmp_path / "other.db").rename(tmp_path / "bot.db")
    await inbox.open()
    await inbox.accept(Letter.of(message("new")))
    await inbox.aclose()
    await inbox.open()
    assert inbox.waiting == 2
    await inbox.aclose()


async def test_a_file_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes while a write takes too long is refused at once; who was there is accepted."""
    inbox = SQLiteInbox(tmp_path / "bot.db")
    await inbox.open()
    writing, go_on = threading.Event(), threading.Event()
    commit = vars(SQLiteInbox)["_commit"]

    def hangs(self: SQLiteInbox, *arguments: object) -> object:
        writing.set()
        go_on.wait(30)
        return commit(self, *arguments)

    monkeypatch.setattr(SQLiteInbox, "_commit", hangs)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(inbox.accept, Letter.of(message("first")))
        await until(writing.is_set)
        tasks.start_soon(inbox.accept, Letter.of(message("second")))
        await until(lambda: bool(vars(inbox)["_pending"]))
        monkeypatch.setattr("nim_async.bot._sqlite._STUCK_SECONDS", 0.0)
        with pytest.raises(InboxFull, match="takes longer than 0 s to be written"):
            await inbox.accept(Letter.of(message("third")))
        go_on.set()
    assert inbox.waiting == 2
    assert await inbox.accept(Letter.of(message("fourth")))
    await inbox.aclose()


async def test_one_bad_letter_spoils_no_other(tmp_path: Path) -> None:
    """What cannot be written at all is refused alone, or with those beside it, once."""
    inbox = SQLiteInbox(tmp_path / "bot.db")
    await inbox.open()
    bad = Letter.of(message())
    bad.source = object()  # type: ignore[assignment] # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(InboxFull):
        await inbox.accept(bad)
    assert await inbox.accept(Letter.of(message()))
    await inbox.aclose()


async def test_what_is_written_together(tmp_path: Path) -> None:
    """Many letters in one go, each of them twice: the file has them once, in their order."""
    letters = [Letter.of(message(str(number), room=number % 7)) for number in range(300)]
    inbox = SQLiteInbox(tmp_path / "bot.db")
    await inbox.open()
    new: list[str] = []

    async def send(letter: Letter) -> None:
        if await inbox.accept(letter):
            new.append(letter.key)

    async with anyio.create_task_group() as tasks:
        for letter in letters:
            tasks.start_soon(send, letter)
            tasks.start_soon(send, letter)
    assert sorted(new) == sorted(letter.key for letter in letters)
    await inbox.aclose()

    inbox = SQLiteInbox(tmp_path / "bot.db")
    await inbox.open()
    left = inbox.waiting
    found: list[Letter] = []
    async with anyio.create_task_group() as tasks:
        for _ in range(left):
            found.append(await inbox.take())
            tasks.start_soon(inbox.done, found[-1])
            await anyio.lowlevel.checkpoint()
    await inbox.aclose()
    assert sorted(letter.key for letter in found) == sorted(new)
    for room in range(7):
        numbers = [letter.tag for letter in found if letter.room == f"room:{room}"]
        assert numbers == sorted(numbers)

    inbox = SQLiteInbox(tmp_path / "bot.db")
    await inbox.open()
    assert inbox.waiting == 0, "what was handled is out of the file"
    await inbox.aclose()


@pytest.mark.virtual_time
async def test_keys_of_long_ago_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file does not grow with events that were handled long ago."""
    now = [1_000_000.0]
    monkeypatch.setattr("nim_async.bot._sqlite.time.time", lambda: now[0])
    inbox = SQLiteInbox(tmp_path / "bot.db", remember=100)
    await inbox.open()
    first = message()
    await inbox.accept(Letter.of(first))
    now[0] += 99
    assert not await inbox.accept(Letter.of(first))
    now[0] += 61
    await inbox.accept(Letter.of(message()))
    assert await inbox.accept(Letter.of(first))
    await inbox.aclose()


async def test_cancelled_senders(tmp_path: Path) -> None:
    """Whoever waits for a write may be cancelled; what comes after is written all the same."""
    inbox = SQLiteInbox(tmp_path / "bot.db", fsync=False)
    await inbox.open()
    accepted: list[str] = []

    async def send(number: int, scope: anyio.CancelScope) -> None:
        with scope:
            await inbox.accept(Letter.of(message(str(number), room=number)))
            accepted.append(str(number))

    async with anyio.create_task_group() as tasks:
        for number in range(200):
            scope = anyio.CancelScope()
            tasks.start_soon(send, number, scope)
            if number % 3 == 0:
                tasks.start_soon(anyio.sleep, 0)
                await anyio.lowlevel.checkpoint()
                scope.cancel()
    assert len(accepted) >= 100
    assert await inbox.accept(Letter.of(message("last")))
    found: set[str] = set()
    for _ in range(inbox.waiting):
        letter = await inbox.take()
        found.add(letter.event.raw["attach"])
        await inbox.done(letter)
    assert {*accepted, "last"} <= found
    await inbox.aclose()


async def test_the_child_of_a_fork_writes_nothing(tmp_path: Path) -> None:
    """A file that was opened before a fork is the parent's."""
    inbox: Any = SQLiteInbox(tmp_path / "bot.db")
    await inbox.open()
    inbox._process = os.getpid() + 1
    with pytest.raises(InboxFull):
        await inbox.accept(Letter.of(message()))
    inbox._process = os.getpid()
    await inbox.aclose()
