"""Inboxes: what every one promises, and what those in files and in Redis do besides."""

# What handlers are given is known by name, which lambdas do not say the types of.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import sys
import threading
from contextlib import AsyncExitStack
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from nim_async import ConfigurationError, NimClient
from nim_async.bot import (
    Bot,
    DeadLetter,
    Inbox,
    InboxFull,
    Letter,
    MemoryInbox,
    RedisInbox,
    SQLiteInbox,
)
from nim_async.webhooks import Event, MessageEvent, UnknownEvent, parse, unwrap
from tests.bot.conftest import ACCID, KEY, SECRET
from tests.bot.events import entered, message
from tests.bot.test_handling import until
from tests.redis_server import Server, redis_program
from tests.webhooks.signed import NOW, signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

_names = count()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Redis."""
    server = Server(redis_program(), tmp_path_factory.mktemp("redis"))
    server.start()
    yield server.url
    server.kill()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with each kind of inbox, on each event loop that the kind runs on."""
    kinds = {"make": ["memory", "sqlite", "redis"], "durable": ["sqlite", "redis"]}
    for name in kinds.keys() & set(metafunc.fixturenames):
        pairs = [
            (kind, backend)
            for kind in kinds[name]
            for backend in ("asyncio", "trio")
            if (kind, backend) != ("redis", "trio")  # redis-py runs on asyncio only
        ]
        mark = pytest.mark.parametrize((name, "anyio_backend"), pairs, indirect=True)
        metafunc.definition.add_marker(mark)


@pytest.fixture
def make(request: pytest.FixtureRequest) -> Callable[..., Inbox]:
    """Return what makes an inbox of a kind; of those that are durable the same one each time."""
    if request.param == "memory":
        return MemoryInbox
    if request.param == "sqlite":
        folder: Path = request.getfixturevalue("tmp_path")
        return partial(SQLiteInbox, folder / "bot.db")
    url, name = request.getfixturevalue("redis_url"), f"bot-{next(_names)}"
    return partial(RedisInbox, url, name=name, partitions=4, lease=60.0)


durable = make  # of the kinds that outlive the process


@pytest.fixture
async def inbox(make: Callable[..., Inbox]) -> AsyncIterator[Inbox]:
    """Open an inbox."""
    inbox = make()
    await inbox.open()
    if isinstance(inbox, RedisInbox):
        await until(lambda: inbox.partitions == 4)
    yield inbox
    await inbox.aclose()


def dead_of(letter: Letter) -> DeadLetter:
    """Give a letter up."""
    return DeadLetter(
        key=letter.key,
        event=letter.event,
        handler="me",
        error="why",
        attempts=3,
        time=float(next(_names)),
    )


async def test_what_goes_in_comes_out(inbox: Inbox) -> None:
    """A letter is accepted once, and the event that comes out is the one that went in."""
    event = parse(b'{"eventType":"4","roomId":"66","fromAccount":"\\ud800","msgTimestamp":"5"}')
    assert await inbox.accept(Letter.of(event))
    assert not await inbox.accept(Letter.of(event))
    letter = await inbox.take()
    assert letter.event == event
    assert (letter.key, letter.room, letter.repeated) == (event.key, "room:66", False)
    assert inbox.waiting == 1
    await inbox.done(letter)
    assert inbox.waiting == 0
    assert not await inbox.accept(Letter.of(event))
    with anyio.fail_after(30):
        await inbox.idle()


@pytest.mark.parametrize(
    "event",
    [
        parse(b'{"eventType":"4","msgTimestamp":' + b"9" * 40 + b"}"),
        parse(b'{"eventType":"2","accid":"\\ud800\\udc01x\\udfff"}'),
        parse(b'{"eventType":"99","x":{"y":[1,null]}}'),
        parse(b'{"a":1}'),
        unwrap(
            signed(b'{"eventType":"4","channel":1}') | {"type": "calls"},
            b'{"eventType":"4","channel":1}',
            "s3cr3t-example",
            now=NOW,
        ),
        message("by hand"),
        entered(),
    ],
    ids=["time", "accid", "number", "nothing", "foreign", "message", "entry"],
)
async def test_events_of_every_kind(inbox: Inbox, event: Event) -> None:
    """Whatever an event holds, it comes out as it went in, class and source included."""
    assert await inbox.accept(Letter.of(event))
    taken = await inbox.take()
    again = Letter(
        key=taken.key, room=taken.room, body=taken.body, source=taken.source, unknown=taken.unknown
    ).event
    assert (again, type(again), again.source, again.key) == (
        event,
        type(event),
        event.source,
        event.key,
    )
    await inbox.done(taken)


async def test_what_is_kept_in_order() -> None:
    """Events of a room are in order, and those of no room by account, or by themselves."""
    assert Letter.of(message(room=5)).room == "room:5"
    assert Letter.of(parse(b'{"eventType":"2","accid":"amy"}')).room == "accid:amy"
    alone = parse(b'{"eventType":"20"}')
    assert Letter.of(alone).room == f"key:{alone.key}"
    assert not isinstance(alone, UnknownEvent)


async def test_dead_letters_are_kept(inbox: Inbox) -> None:
    """What was given up can be listed, and comes out again when it is asked for."""
    for text in ("a", "b"):
        await inbox.accept(Letter.of(message(text)))
    for _ in range(2):
        letter = await inbox.take()
        await inbox.done(letter, dead_of(letter))
    first, second = await inbox.dead()
    assert [dead.event.raw["attach"] for dead in (first, second)] == ["a", "b"]
    assert (first.handler, first.error, first.attempts) == ("me", "why", 3)
    assert first.time < second.time
    await inbox.bury(Letter.of(message("c")), dead_of(Letter.of(message("c"))))
    assert len(await inbox.dead()) == 3
    assert await inbox.revive({"no such key"}) == 0
    assert await inbox.revive({first.key}) == 1
    letter = await inbox.take()
    assert (letter.key, letter.repeated) == (first.key, True)
    assert len(await inbox.dead()) == 2
    await inbox.done(letter, dead_of(letter))
    assert len(await inbox.dead()) == 3


async def test_a_full_inbox(make: Callable[..., Inbox]) -> None:
    """What is over the capacity is refused, until there is room again."""
    inbox = make(capacity=3)
    await inbox.open()
    try:
        for _ in range(3):
            assert await inbox.accept(Letter.of(message()))
        late = Letter.of(message())
        with pytest.raises(InboxFull, match="3 events wait already"):
            await inbox.accept(late)
        await inbox.done(await inbox.take())
        assert await inbox.accept(late)
    finally:
        await inbox.aclose()


async def test_many_at_once(make: Callable[..., Inbox]) -> None:
    """Fifty senders, a tenth of it doubled: each accepted once, and in order in each room."""
    rooms, each = 40, 25
    bot = Bot(NimClient(KEY, SECRET), inbox=make(), blocked_after=None)
    seen: dict[int | None, list[int]] = {room: [] for room in range(rooms)}

    @bot.on(MessageEvent)
    async def handler(event: MessageEvent) -> None:
        seen[event.room_id].append(int(event.text or ""))

    async def send(room: int) -> None:
        for number in range(each):
            event = message(str(number), room=room)
            assert await bot.accept(event)
            if number % 10 == 0:
                assert not await bot.accept(event)

    async with bot:
        async with anyio.create_task_group() as tasks:
            for room in range(rooms):
                tasks.start_soon(send, room)
        await until(lambda: bot.statistics().handled == rooms * each)
    assert all(numbers == list(range(each)) for numbers in seen.values())
    told = bot.statistics()
    assert (told.accepted, told.doubled) == (rooms * each, rooms * 3)


async def test_a_bot_that_is_idle(make: Callable[..., Inbox]) -> None:
    """Whoever waits for that waits until all that was accepted is handled, in any inbox."""
    bot = Bot(NimClient(KEY, SECRET), inbox=make(), blocked_after=None)
    bot.on(MessageEvent)(lambda: None)
    async with bot:
        for number in range(1, 4):
            for room in range(5):
                await bot.accept(message(room=room))
            with anyio.fail_after(60):
                await bot.idle()
            assert bot.statistics().handled == 5 * number


@pytest.mark.parametrize(
    ("arguments", "environment", "warned"),
    [
        (["app:app", "--workers", "4"], "", True),
        (["app:app", "--workers=4"], "", True),
        (["-w4", "app:app"], "", True),
        (["app:app"], "3", True),
        (["app:app", "--workers", "1"], "3", False),
        (["app:app"], "", False),
        (["app:app"], "many", False),
        (["app:app", "--workers"], "", False),
    ],
    ids=[str(number) for number in range(8)],
)
async def test_several_workers_of_a_server(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    arguments: list[str],
    environment: str,
    warned: bool,  # noqa: FBT001
) -> None:
    """An inbox in memory says that others do not see it, where it can know of them."""
    monkeypatch.setitem(sys.modules, "gunicorn", sys)
    monkeypatch.setattr(sys, "argv", ["server", *arguments])
    monkeypatch.setenv("WEB_CONCURRENCY", environment)
    await MemoryInbox().open()
    assert ("workers" in caplog.text) is warned


async def test_another_inbox(tmp_path: Path) -> None:
    """A bot may be given another inbox before it runs, as a default or in any case."""
    nim = NimClient(KEY, SECRET)
    bot, own = Bot(nim), MemoryInbox()
    bot.keep_in(tmp_path / "bot.db", default=True)
    assert repr(bot.inbox) == f"SQLiteInbox({str(tmp_path / 'bot.db')!r})"
    bot.keep_in(own)
    bot.keep_in(tmp_path / "bot.db", default=True)
    assert bot.inbox is own
    async with bot:
        assert await bot.accept(message())
        with pytest.raises(ConfigurationError, match="is running"):
            bot.keep_in(None)


# what outlives the process


async def test_what_is_left_comes_again(durable: Callable[..., Inbox]) -> None:
    """What was not handled is there after a restart, in order, marked as perhaps handled."""
    inbox = durable()
    await inbox.open()
    for number in range(5):
        await inbox.accept(Letter.of(message(str(number))))
    first = await inbox.take()
    await inbox.done(first)
    begun = await inbox.take()
    await inbox.aclose()

    again = durable()
    await again.open()
    for number in range(1, 5):
        letter = await again.take()
        assert letter.event.raw["attach"] == str(number)
        assert letter.repeated
        await again.done(letter)
    assert not await again.accept(Letter.of(begun.event))
    await again.aclose()


async def test_a_stopped_bot_leaves_the_rest(durable: Callable[..., Inbox]) -> None:
    """A durable inbox is not emptied at the end: what was begun is finished, no more."""
    seen: list[str | None] = []
    begun, go_on = anyio.Event(), anyio.Event()

    async def handler(event: MessageEvent) -> None:
        begun.set()
        await go_on.wait()
        seen.append(event.text)

    for number in range(2):
        bot = Bot(NimClient(KEY, SECRET), inbox=durable(), blocked_after=None)
        bot.on(MessageEvent)(handler)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(bot)
            if number == 0:
                for text in ("1", "2", "3"):
                    await bot.accept(message(text))
                await begun.wait()
                inside: Any = bot
                inside._running._ending.set()
                await anyio.lowlevel.checkpoint()
                go_on.set()
            else:
                await until(lambda: len(seen) == 3)
    assert seen == ["1", "2", "3"]


async def test_bodies_beyond_what_is_kept_in_memory(
    durable: Callable[..., Inbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many letters only the first have their bodies in memory, the others are read late."""
    for module in ("_sqlite", "_redis"):
        monkeypatch.setattr(f"nim_async.bot.{module}._IN_MEMORY", 3)
    for number in range(2):
        inbox = durable()
        await inbox.open()
        if number == 0:
            for n in range(10):
                await inbox.accept(Letter.of(message(str(n))))
        for n in range(5):
            letter = await inbox.take()
            assert letter.event.raw["attach"] == str(n + 5 * number)
            await inbox.done(letter)
        await inbox.aclose()


# SQLite


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


# Redis


on_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"])  # as redis-py


@on_asyncio
async def test_processes_share_the_rooms(redis_url: str) -> None:
    """Each partition has one owner; when one leaves, the others have its rooms at once."""
    name = f"bot-{next(_names)}"
    seen: list[tuple[int, str | None]] = []

    def process(number: int) -> Bot:
        inbox = RedisInbox(redis_url, name=name, partitions=6, lease=60.0)
        bot = Bot(NimClient(KEY, SECRET), accid=ACCID, inbox=inbox, blocked_after=None)
        bot.on(MessageEvent)(lambda event: seen.append((number, event.text)))
        return bot

    def shares(*bots: Any) -> list[int]:
        return [bot.inbox.partitions for bot in bots]

    one, two = process(1), process(2)
    async with one:
        await until(lambda: shares(one) == [6])
        async with two:
            await until(lambda: shares(one, two) == [3, 3])
            for number in range(60):
                await (one, two)[number % 2].accept(message(str(number), room=number))
            await until(lambda: len(seen) == 60)
            assert {number for number, _ in seen} == {1, 2}
            assert sorted(int(text or "") for _, text in seen) == list(range(60))
        await until(lambda: shares(one) == [6])
        await one.accept(message("after", room=7))
        await until(lambda: len(seen) == 61)


@on_asyncio
async def test_a_lost_lease_is_fenced(redis_url: str) -> None:
    """Who lost its lease meanwhile cannot say that an event is handled; the new owner does it."""
    name = f"bot-{next(_names)}"
    first: Any = RedisInbox(redis_url, name=name, partitions=1, lease=60.0)
    second: Any = RedisInbox(redis_url, name=name, partitions=1, lease=60.0)
    await first.open()
    await first.accept(Letter.of(message("x")))
    letter = await first.take()
    await first._client.set(first._key("lease:0"), "another")
    await first.done(letter)
    assert await first._client.xlen(first._stream(0)) == 1
    await until(lambda: first.partitions == 0)
    await first._client.delete(first._key("lease:0"))
    await second.open()
    await first.aclose()
    again = await second.take()
    assert (again.key, again.repeated) == (letter.key, True)
    await second.done(again)
    assert await second._client.xlen(second._stream(0)) == 0
    await second.aclose()


@on_asyncio
async def test_redis_that_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """While Redis is away nothing is accepted; when it is back all goes on."""
    server = Server(redis_program(), tmp_path)
    server.start()
    try:
        inbox: Any = RedisInbox(server.url, partitions=2, lease=60.0)
        seen: list[str | None] = []
        bot = Bot(NimClient(KEY, SECRET), inbox=inbox, blocked_after=None)
        bot.on(MessageEvent)(lambda event: seen.append(event.text))
        async with bot:
            await bot.accept(message("1"))
            await until(lambda: seen == ["1"])
            server.kill()
            with pytest.raises(InboxFull, match="Redis keeps nothing"):
                await bot.accept(message("2"))
            await until(lambda: "Redis is away" in caplog.text)
            server.start()
            await bot.accept(message("3"))
            await until(lambda: seen == ["1", "3"])
    finally:
        server.kill()
    assert server.url not in caplog.text


@on_asyncio
async def test_what_redis_cannot_be(redis_url: str) -> None:
    """Options that cannot be, a server that is not there, and others that differ, are refused."""
    name = f"bot-{next(_names)}"
    with pytest.raises(ConfigurationError, match="no redis, rediss or unix URL"):
        RedisInbox("http://:hunter2@127.0.0.1")
    with pytest.raises(ConfigurationError, match="above 0"):
        RedisInbox(redis_url, partitions=0)
    with pytest.raises(ConfigurationError, match="cannot reach Redis"):
        await RedisInbox("redis://127.0.0.1:1").open()
    inbox = RedisInbox(redis_url, name=name, partitions=2)
    await inbox.open()
    with pytest.raises(ConfigurationError, match="others have 2 partitions"):
        await RedisInbox(redis_url, name=name, partitions=3).open()
    await inbox.aclose()
    assert "127.0.0.1" not in repr(inbox)


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_redis_needs_asyncio() -> None:
    """On trio the inbox in Redis says that it cannot run there."""
    with pytest.raises(ConfigurationError, match="asyncio only"):
        await RedisInbox("redis://127.0.0.1:1").open()


@on_asyncio
async def test_a_lease_that_lapsed_is_begun_anew(redis_url: str) -> None:
    """What was let go while a lease could not be relied on is read again, not lost."""
    inbox: Any = RedisInbox(redis_url, name=f"bot-{next(_names)}", partitions=1, lease=60.0)
    await inbox.open()
    await until(lambda: inbox.partitions == 1)
    (partition,) = inbox._owned.values()
    await inbox.accept(Letter.of(message("x")))
    await until(lambda: inbox.waiting)
    partition.until = 0.0
    with anyio.fail_after(30):
        letter = await inbox.take()
    assert letter.event.raw["attach"] == "x"
    assert letter.repeated
    assert letter.tag[0] is not partition
    await inbox.done(letter)
    assert await inbox._client.xlen(inbox._stream(0)) == 0
    await inbox.aclose()
