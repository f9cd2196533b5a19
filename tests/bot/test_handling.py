"""What happens when handlers fail, take long, block, or speak."""

# What handlers are given is known by name, which lambdas do not say the types of.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import anyio
import anyio.from_thread
import pytest

from nim_async import ConfigurationError, NimClient, NotFound, Text
from nim_async.bot import Bot, InboxFull, MemoryInbox, Skip
from nim_async.emulator import Drop, Emulator
from nim_async.webhooks import CallbackFailedEvent, Event, LoginEvent, MessageEvent, parse
from tests.bot.conftest import ACCID, KEY, ROOM, SECRET
from tests.bot.events import entered, message

if TYPE_CHECKING:
    from collections.abc import Callable


def said(emulator: Emulator) -> list[str]:
    """Return what is in the room."""
    return [m.attach for m in emulator.messages(ROOM)]


async def until(met: Callable[[], object]) -> None:
    """Wait for a condition."""
    with anyio.fail_after(30):
        while not met():  # noqa: ASYNC110  any condition, also of threads
            await anyio.sleep(0.005)


# errors


async def test_an_error_is_tried_again(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """A handler that fails is called again, and knows for the how many-th time."""
    attempts: list[int] = []

    @bot.on(MessageEvent)
    async def handler(attempt: int) -> None:
        attempts.append(attempt)
        if attempt < 3:
            raise ValueError("hunter2")

    with caplog.at_level(logging.INFO):
        assert await bot.dispatch(message())
    assert attempts == [1, 2, 3]
    assert (bot.statistics().handled, bot.statistics().retried) == (1, 2)
    assert "hunter2" not in caplog.text
    assert caplog.text.count("ValueError") == 2


async def test_an_error_that_stays_makes_a_dead_letter(bot: Bot) -> None:
    """An event is given up after the attempts that were told, and can be looked at."""
    told: list[Any] = []

    @bot.on(MessageEvent, attempts=2)
    async def handler(event: MessageEvent) -> None:
        raise ValueError("on\npurpose")

    @bot.on_error
    async def report(event: Event, error: Exception, attempt: int, bot: Bot) -> None:
        told.append((event, type(error), attempt))

    @bot.on_error
    def fails() -> None:
        raise KeyError

    @bot.on_error
    def last(error: ValueError | Exception) -> None:
        told.append(str(error))

    event = message()
    assert not await bot.dispatch(event)
    assert told == [(event, ValueError, 2), "on\npurpose"]
    (dead,) = await bot.dead_letters()
    assert (dead.key, dead.event, dead.attempts) == (event.key, event, 2)
    assert dead.error == "ValueError: on purpose"
    assert dead.handler is not None
    assert dead.handler.endswith("handler")
    assert abs(dead.time - time.time()) < 600
    assert bot.statistics().dead == 1


def test_what_is_told_of_errors_is_checked(bot: Bot) -> None:
    """A function that could not be told is refused when it is registered."""
    with pytest.raises(ConfigurationError, match="match is nothing"):
        bot.on_error(lambda match: None)
    with pytest.raises(ConfigurationError, match="event is a Event here"):

        @bot.on_error
        def wrong(event: int) -> None: ...


async def test_feed_raises(bot: Bot) -> None:
    """In a test the error itself comes out, at once."""
    calls: list[int] = []

    @bot.on(MessageEvent)
    async def handler() -> None:
        calls.append(1)
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        await bot.feed(message())
    assert calls == [1]
    assert await bot.dead_letters() == []


async def test_an_error_of_a_filter(bot: Bot) -> None:
    """A filter of one's own that fails is an error like one of a handler."""
    bot.on(MessageEvent, when=lambda event: 1 / 0)(lambda: None)
    assert not await bot.dispatch(message())
    (dead,) = await bot.dead_letters()
    assert (dead.handler, dead.error) == (None, "ZeroDivisionError: division by zero")


async def test_errors_without_a_text(bot: Bot) -> None:
    """An error whose text fails, or has no end, is kept short all the same."""

    class Broken(Exception):
        def __str__(self) -> str:
            raise ValueError

    errors = [Broken(), ValueError("x" * 10_000), KeyError()]

    @bot.on(MessageEvent, attempts=1)
    async def handler() -> None:
        raise errors[len(await bot.dead_letters())]

    for _ in errors:
        await bot.dispatch(message())
    texts = [dead.error for dead in await bot.dead_letters()]
    assert texts[0] == "Broken"
    assert len(texts[1]) == 500
    assert texts[2] == "KeyError"


@pytest.mark.virtual_time
async def test_pauses_grow(nim: NimClient) -> None:
    """Between attempts is a pause, at random, whose bound doubles."""
    bot = Bot(nim, attempts=5, backoff=1.0, timeout=1000)
    moments: list[float] = []

    @bot.on(MessageEvent)
    async def handler() -> None:
        moments.append(anyio.current_time())
        raise ValueError

    assert not await bot.dispatch(message())
    pauses = [after - before for before, after in pairwise(moments)]
    assert len(pauses) == 4
    assert all(0 <= pause <= 2**n for n, pause in enumerate(pauses))
    assert sum(pauses) > 0


@pytest.mark.virtual_time
async def test_a_handler_has_a_time_limit(nim: NimClient) -> None:
    """A handler that takes longer than it may is stopped, and has failed."""
    bot = Bot(nim, timeout=10, attempts=1)
    ended: list[float] = []

    async def slow() -> None:
        began = anyio.current_time()
        try:
            await anyio.sleep(3600)
        finally:
            ended.append(anyio.current_time() - began)

    bot.on(MessageEvent, timeout=2.0)(slow)
    bot.on(LoginEvent)(slow)
    await bot.dispatch(message())
    await bot.dispatch(LoginEvent(accid="a"))
    assert ended == [pytest.approx(2.0), pytest.approx(10.0)]
    assert [dead.error for dead in await bot.dead_letters()] == ["TimeoutError"] * 2


@pytest.mark.virtual_time
async def test_time_limits_of_one_worker(nim: NimClient) -> None:
    """Each handler has its own time, whatever those before it did, and is tried again."""
    bot = Bot(nim, workers=1, timeout=5, attempts=3, backoff=0.001)
    tried: list[tuple[str | None, int]] = []
    said: list[str | None] = []

    @bot.on(MessageEvent, text="^pass")
    async def passes() -> None:
        await anyio.sleep(4)
        raise Skip

    @bot.on(MessageEvent)
    async def handler(event: MessageEvent, attempt: int) -> None:
        tried.append((event.text, attempt))
        if event.text in ("late", f"late {attempt}"):
            await anyio.sleep(3600)
        if event.text == "fails, then late" and attempt == 1:
            raise ValueError
        if event.text == "fails, then late" and attempt == 2:
            await anyio.sleep(3600)
        await anyio.sleep(4 if event.text in ("pauses", "pass it on") else 0)
        said.append(event.text)

    texts = ["quick", "pauses", "late", "late 1", "fails, then late", "pass it on", "last"]
    async with bot:
        for text in texts:
            await bot.accept(message(text))
        await bot.idle()
    assert said == ["quick", "pauses", "late 1", "fails, then late", "pass it on", "last"]
    assert Counter(text for text, _ in tried) == {
        "quick": 1, "pauses": 1, "late": 3, "late 1": 2, "fails, then late": 3, "pass it on": 1,
        "last": 1,
    }  # fmt: skip
    assert [dead.event.raw["attach"] for dead in await bot.dead_letters()] == ["late"]
    told = bot.statistics()
    assert (told.handled, told.dead, told.retried) == (6, 1, 5)


# threads and blocking


async def test_a_plain_function_runs_in_a_thread(bot: Bot, emulator: Emulator) -> None:
    """It may block without anybody noticing, and speak from there."""
    begun, go_on = threading.Event(), threading.Event()
    threads: list[int] = []

    @bot.on(MessageEvent)
    def handler(event: MessageEvent) -> None:
        threads.append(threading.get_ident())
        begun.set()
        go_on.wait(30)
        anyio.from_thread.run(bot.reply, event, Text("done"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bot.feed, message())
        await until(begun.is_set)
        go_on.set()
    assert threads[0] != threading.get_ident()
    assert said(emulator) == ["done"]


async def test_a_plain_function_has_a_time_limit_too(nim: NimClient) -> None:
    """The event does not wait for a thread that hangs."""
    bot = Bot(nim, attempts=1)
    go_on = threading.Event()
    bot.on(MessageEvent, timeout=0.01)(lambda: go_on.wait(30))
    try:
        assert not await bot.dispatch(message())
    finally:
        go_on.set()
    assert (await bot.dead_letters())[0].error == "TimeoutError"


@pytest.mark.slow
async def test_a_blocked_event_loop_is_noticed(
    nim: NimClient, caplog: pytest.LogCaptureFixture
) -> None:
    """What blocks the loop is in the log while it does, with the line that blocks."""
    bot = Bot(nim, blocked_after=0.5)
    noticed = threading.Event()

    class Notices(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "in thoughtless" in record.getMessage():
                noticed.set()

    @bot.on(MessageEvent)
    async def thoughtless() -> None:
        noticed.wait(30)

    logger, handler = logging.getLogger("nim_async.bot"), Notices()
    logger.addHandler(handler)
    try:
        async with bot:
            await bot.accept(message())
            await until(lambda: bot.statistics().handled)
            assert noticed.is_set()
            await until(lambda: "runs again" in caplog.text)
    finally:
        logger.removeHandler(handler)
    assert "in thoughtless" in caplog.text
    assert "noticed.wait(30)" in caplog.text


# speaking


async def test_a_reply_is_in_the_room(bot: Bot, emulator: Emulator) -> None:
    """A bot speaks as its account, text or any body, with whatever a message can have."""

    @bot.on(MessageEvent)
    async def handler(event: MessageEvent) -> None:
        sent = await bot.reply(event, "one", ext={"a": 1})
        assert sent.from_account == ACCID
        await bot.say(ROOM, Text("two"), skip_history=1)

    await bot.feed(message())
    assert said(emulator) == ["one", "two"]


async def test_handled_twice_is_not_said_twice(bot: Bot, emulator: Emulator) -> None:
    """A handler that fails after it spoke says nothing twice, whatever it says then."""
    numbers = iter(range(100))

    @bot.on(MessageEvent, attempts=3)
    async def handler(event: MessageEvent, attempt: int) -> None:
        await bot.reply(event, f"first {next(numbers)}")
        await bot.reply(event, f"second {next(numbers)}")
        if attempt < 3:
            raise ValueError

    event = message()
    assert await bot.dispatch(event)
    assert said(emulator) == ["first 0", "second 1"]
    assert await bot.dispatch(event, repeated=True)
    assert said(emulator) == ["first 0", "second 1"]
    assert await bot.dispatch(message())
    assert len(said(emulator)) == 4


async def test_what_was_not_said_before_a_repeat_is_said(bot: Bot, emulator: Emulator) -> None:
    """Marked as a repeat, a message that the service does not have is sent like any other."""
    bot.on(MessageEvent)(lambda event: anyio.from_thread.run(bot.reply, event, "hi"))
    assert await bot.dispatch(message(), repeated=True)
    assert said(emulator) == ["hi"]


async def test_a_lost_answer_is_not_said_twice(bot: Bot, emulator: Emulator) -> None:
    """Whether the client or the handler repeats it, one message is in the room."""
    emulator.faults.add(Drop(after=True), path="chatroom/sendMsg")

    @bot.on(MessageEvent)
    async def handler(event: MessageEvent) -> None:
        await bot.nim.options(max_attempts=1).chatroom.get(room_id=ROOM)
        await bot.reply(event, "hi")

    assert await bot.dispatch(message())
    assert said(emulator) == ["hi"]


async def test_two_bots_answer_the_same_event(nim: NimClient, emulator: Emulator) -> None:
    """The ids of what two bots say to one event differ."""
    event = message()
    for accid in ("one", "two"):
        bot = Bot(nim, accid=accid)
        bot.on(MessageEvent)(lambda event, bot: anyio.from_thread.run(bot.reply, event, "hi"))
        assert await bot.dispatch(event, repeated=True)
    assert said(emulator) == ["hi", "hi"]


async def test_outside_of_a_handler_each_message_is_new(bot: Bot, emulator: Emulator) -> None:
    """What is said without an event is said as often as it is called."""
    for _ in range(2):
        await bot.say(ROOM, "news")
    await bot.reply(message(), "by the way", msg_id="mine")
    assert said(emulator) == ["news", "news", "by the way"]


async def test_who_cannot_speak(nim: NimClient, bot: Bot) -> None:
    """Without an account, or a room, nothing can be said; errors of the service come out."""
    with pytest.raises(ConfigurationError, match="accid"):
        await Bot(nim).say(ROOM, "hi")
    with pytest.raises(ConfigurationError, match="no room"):
        await bot.reply(LoginEvent(accid="a"), "hi")
    with pytest.raises(NotFound):
        await bot.say(5, "hi")


# running


async def test_accepted_once(bot: Bot) -> None:
    """The same event is handled once, however often it comes; the last exit has all handled."""
    seen: list[str | None] = []
    bot.on(MessageEvent)(lambda event: seen.append(event.text))
    events = [message(str(n)) for n in range(20)]
    async with bot:
        assert [await bot.accept(event) for event in events] == [True] * 20
        assert [await bot.accept(event) for event in events] == [False] * 20
    assert seen == [str(n) for n in range(20)]
    told = bot.statistics()
    assert (told.accepted, told.doubled, told.handled, told.waiting) == (20, 20, 20, 0)


async def test_a_bot_that_does_not_run_takes_nothing(bot: Bot) -> None:
    """Before it is entered, and after it was left, an event is refused, and may come again."""
    for _ in range(2):
        with pytest.raises(InboxFull, match="async with bot"):
            await bot.accept(message())
        async with bot:
            assert await bot.accept(message())


async def test_entering_counts(bot: Bot) -> None:
    """It may be entered and left by different tasks; the last exit ends it."""
    inside, leave = anyio.Event(), anyio.Event()

    async def other() -> None:
        async with bot:
            inside.set()
            await leave.wait()

    async with anyio.create_task_group() as tasks:
        async with bot:
            tasks.start_soon(other)
            await inside.wait()
        assert await bot.accept(message())
        leave.set()
    with pytest.raises(InboxFull):
        await bot.accept(message())
    await bot.__aenter__()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bot.__aexit__, None, None, None)
    with pytest.raises(InboxFull):
        await bot.accept(message())


async def test_rooms_run_side_by_side(bot: Bot) -> None:
    """A slow handler holds up its own room, and no other; order is kept in each."""
    go_on = anyio.Event()
    seen: list[str] = []

    @bot.on(MessageEvent)
    async def handler(event: MessageEvent) -> None:
        if event.text == "slow":
            await go_on.wait()
        seen.append(f"{event.room_id} {event.text}")

    async with bot:
        for text in ("slow", "1", "2"):
            await bot.accept(message(text, room=5))
        for text in ("1", "2"):
            await bot.accept(message(text, room=6))
        await until(lambda: len(seen) == 2)
        assert seen == ["6 1", "6 2"]
        go_on.set()
    assert seen[2:] == ["5 slow", "5 1", "5 2"]


@pytest.mark.virtual_time
async def test_draining_has_an_end(nim: NimClient, caplog: pytest.LogCaptureFixture) -> None:
    """A handler that does not end is stopped when the time to drain is over, and that is told."""
    bot = Bot(nim, drain=7, blocked_after=None)
    bot.on(MessageEvent)(anyio.sleep_forever)
    began = anyio.current_time()
    async with bot:
        await bot.accept(message())
        await bot.accept(message())
    assert anyio.current_time() - began == pytest.approx(7)
    assert "2 events that were accepted are lost" in caplog.text


async def test_a_full_inbox_refuses(nim: NimClient) -> None:
    """What does not fit is not accepted, and is accepted when it comes again later."""
    bot = Bot(nim, inbox=MemoryInbox(capacity=2))
    go_on = anyio.Event()
    bot.on(MessageEvent)(go_on.wait)
    third = message()
    async with bot:
        assert await bot.accept(message())
        assert await bot.accept(message())
        with pytest.raises(InboxFull):
            await bot.accept(third)
        go_on.set()
        await until(lambda: not bot.statistics().waiting)
        assert await bot.accept(third)


async def test_dead_letters_are_replayed(bot: Bot, emulator: Emulator) -> None:
    """A dead letter is handled anew when it is told to be, without saying anything twice."""
    broken = True

    @bot.on(MessageEvent, attempts=1)
    async def handler(event: MessageEvent) -> None:
        await bot.reply(event, "hi")
        if broken:
            raise ValueError

    first, second = message(), message()
    async with bot:
        for event in (first, second):
            await bot.accept(event)
        await until(lambda: bot.statistics().dead == 2)
        assert await bot.replay("no such key") == 0
        broken = False
        assert await bot.replay(first.key) == 1
        await until(lambda: bot.statistics().handled == 1)
        assert [dead.key for dead in await bot.dead_letters()] == [second.key]
        assert await bot.replay() == 1
    assert await bot.dead_letters() == []
    assert said(emulator) == ["hi", "hi"]


async def test_callbacks_that_failed_are_counted(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    """That the service did not use a verdict is logged and counted, and handlers hear of it."""
    seen: list[Event] = []
    bot.on(CallbackFailedEvent)(lambda event: seen.append(event))
    event = parse(b'{"eventType":"83","reason":"1","callbackBody":"{\\"token\\":\\"hunter2\\"}"}')
    async with bot:
        for _ in range(2):
            await bot.accept(event)
    assert seen == [event]
    assert bot.statistics().callbacks_failed == 1
    assert "did not use a verdict: 1" in caplog.text
    assert "hunter2" not in caplog.text


async def test_a_mistake_of_the_inbox_is_survived(
    nim: NimClient, caplog: pytest.LogCaptureFixture
) -> None:
    """An inbox that fails for a while is asked again, and what it loses is told."""

    class Faulty(MemoryInbox):
        failing = 1

        async def done(self, letter: Any, dead: Any = None) -> None:
            await super().done(letter, dead)
            if self.failing:
                self.failing -= 1
                raise OSError("disk full")

    bot = Bot(nim, inbox=Faulty())
    seen: list[Event] = []
    bot.on(MessageEvent)(lambda event: seen.append(event))
    async with bot:
        for _ in range(3):
            await bot.accept(message())
    assert len(seen) == 3
    assert "stays in the inbox" in caplog.text


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"app_secret": ""}, "app_secret"),
        ({"app_secret": ["a", ""]}, "app_secret"),
        ({"accid": ""}, "accid"),
        ({"accid": 5}, "accid"),
        ({"inbox": 5}, "inbox"),
        ({"inbox": MemoryInbox(), "hold_back": 1}, "hold_back"),
        ({"workers": 0}, "workers"),
        ({"timeout": -1}, "timeout"),
        ({"attempts": "3"}, "attempts"),
        ({"backoff": -1}, "backoff"),
        ({"drain": float("inf")}, "drain"),
        ({"threads": 0}, "threads"),
        ({"blocked_after": 0}, "blocked_after"),
        ({"context": {"event": 5}}, "context"),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_options_that_cannot_be(options: Any, option: str) -> None:
    """An option that cannot be is refused by its name."""
    with pytest.raises(ConfigurationError) as caught:
        Bot(NimClient(KEY, SECRET), **options)
    assert caught.value.option == option
    with pytest.raises(ConfigurationError, match="NimClient"):
        Bot("nim")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


async def test_events_that_cannot_be_sent_on(bot: Bot) -> None:
    """An event made by hand of what JSON cannot hold is refused."""
    async with bot:
        with pytest.raises(ConfigurationError, match="JSON"):
            await bot.accept(message(extra={"x": {1, 2}}))
        with pytest.raises(Skip):
            raise Skip
    assert entered().room_id == 66
