"""Inboxes: what every one promises, and what those do that outlive the process."""

# What handlers are given is known by name, which lambdas do not say the types of.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from functools import partial
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
from tests.bot.conftest import KEY, SECRET, names
from tests.bot.events import entered, message
from tests.bot.test_handling import until
from tests.webhooks.signed import NOW, signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

pytestmark = pytest.mark.slow


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
    url, name = request.getfixturevalue("redis_url"), f"bot-{next(names)}"
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
        time=float(next(names)),
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
        monkeypatch.setattr(f"nim_async.bot.{module}._BODIES_IN_MEMORY", 3)
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
