"""Which handler an event goes to, and what it is called with."""

# What handlers are given is known by name, which lambdas do not say the types of.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import functools
import json
import re
from enum import Enum
from itertools import product
from typing import Any, Literal, Protocol

import pytest

from nim_async import ConfigurationError, MessageType, NimClient, Picture
from nim_async.bot import Bot, Next, Router, Skip
from nim_async.webhooks import (
    EnteredEvent,
    Event,
    KickedEvent,
    LeftEvent,
    MessageAsked,
    MessageEvent,
    Moved,
    QueueEvent,
    UnknownEvent,
    parse,
)
from tests.bot.events import entered, message


class Colour(Enum):
    """Something to choose."""

    RED = "r"
    BLUE = "b"


async def test_the_first_match_wins(bot: Bot) -> None:
    """Handlers are asked in the order of their registration, and one gets the event."""
    called: list[str] = []

    @bot.on(EnteredEvent)
    def other() -> None:
        called.append("other")

    @bot.on(MessageEvent, text="a")
    async def first() -> None:
        called.append("first")

    @bot.on(MessageEvent)
    async def second() -> None:
        called.append("second")

    @bot.on(Event)
    async def rest() -> None:
        called.append("rest")

    for event in (message("a"), message("b"), entered(), QueueEvent(), UnknownEvent(event_type=5)):
        await bot.feed(event)
    assert called == ["first", "second", "other", "rest", "rest"]


async def test_skip_passes_on(bot: Bot) -> None:
    """A handler that skips is as if it did not match; what nobody wants is no error."""
    called: list[str] = []

    @bot.on(MessageEvent)
    async def first() -> None:
        called.append("first")
        raise Skip

    @bot.on(MessageEvent)
    def second() -> None:
        called.append("second")
        raise Skip

    await bot.feed(message())
    assert await bot.dispatch(message())
    assert called == ["first", "second"] * 2
    assert bot.statistics().handled == 1


@pytest.mark.parametrize(
    ("filters", "events", "expected"),
    [
        ({"text": "^/go"}, ["/go on", "go", "x /go"], [True, False, False]),
        ({"text": re.compile("GO", re.IGNORECASE)}, ["go", "stop"], [True, False]),
        ({"room": 66}, [message(), message(room=67), message(room=None)], [True, False, False]),
        ({"room": [66, 67]}, [message(), message(room=67)], [True, True]),
        ({"sender": "amy"}, [message(sender="amy"), message()], [True, False]),
        ({"sender": {"amy", "bob"}}, [message(sender="bob"), message()], [True, False]),
        (
            {"kind": MessageType.PICTURE},
            [message(msg_type=MessageType.PICTURE), message(), message(msg_type=None)],
            [True, False, False],
        ),
        ({"when": lambda event: event.text == "x"}, ["x", "y"], [True, False]),
        ({"text": "x", "room": 5, "sender": "amy"}, [message("x", sender="amy")], [False]),
    ],
    ids=lambda v: min(v) if isinstance(v, dict) else None,
)
async def test_filters(bot: Bot, filters: Any, events: list[Any], expected: list[bool]) -> None:
    """Everything that is given must fit."""
    called: list[MessageEvent] = []
    bot.on(MessageEvent, **filters)(lambda event: called.append(event))
    for event, fits in zip(events, expected, strict=True):
        before = len(called)
        await bot.feed(message(event) if isinstance(event, str) else event)
        assert (len(called) > before) is fits


async def test_classes_of_events(bot: Bot) -> None:
    """Several classes, and a base for all below it, can be named."""
    called: list[str] = []
    bot.on(LeftEvent, KickedEvent)(lambda: called.append("gone"))
    bot.on(Moved)(lambda: called.append("moved"))
    for event in (LeftEvent(accid="a"), KickedEvent(accid="a"), entered()):
        await bot.feed(event)
    assert called == ["gone", "gone", "moved"]


async def test_arguments_by_name(bot: Bot, nim: NimClient) -> None:
    """A handler is given what it names, in any order, and nothing else."""
    seen: dict[str, Any] = {}

    @bot.on(MessageEvent, text=r"^/roll (?P<sides>\d+)( (?P<colour>\w+))?")
    async def roll(
        sides: int,
        event: MessageEvent,
        *,
        colour: Colour | None,
        bot: Bot,
        nim: NimClient,
        match: re.Match[str],
        attempt: int,
        extra: str = "none",
    ) -> None:
        seen.update(sides=sides, event=event, colour=colour, bot=bot, nim=nim, match=match)
        seen.update(attempt=attempt, extra=extra)

    event = message("/roll 6 red")
    await bot.feed(event)
    match = seen.pop("match")
    assert match.group() == "/roll 6 red"
    assert seen == {
        "sides": 6, "event": event, "colour": Colour.RED, "bot": bot, "nim": nim, "attempt": 1,
        "extra": "none",
    }  # fmt: skip
    await bot.feed(message("/roll 6"))
    assert seen["colour"] is None


@pytest.mark.parametrize(
    ("annotation", "word", "expected"),
    [
        (str, "x", "x"),
        (Any, "x", "x"),
        (int, "12", 12),
        (int, "x", None),
        (int, "9" * 5000, None),
        (float, "1.5", 1.5),
        (float, "x", None),
        (bool, "Yes", True),
        (bool, "off", False),
        (bool, "maybe", None),
        (Colour, "RED", Colour.RED),
        (Colour, "b", Colour.BLUE),
        (Colour, "x", None),
        (int | None, "5", 5),
        (Literal["on", "off"], "on", "on"),
        (Literal["on", "off"], "x", None),
        (Literal[1, 2], "2", 2),
    ],
    ids=lambda v: str(v)[:20],
)
async def test_words_are_converted(bot: Bot, annotation: Any, word: str, expected: object) -> None:
    """A word becomes what is asked for; one that cannot is no match."""
    seen: list[object] = []

    async def handler(word: Any) -> None:
        seen.append(word)

    handler.__annotations__["word"] = annotation
    bot.on(MessageEvent, text=r"^(?P<word>\S+)$")(handler)
    bot.on(MessageEvent)(lambda: seen.append(None))
    await bot.feed(message(word))
    assert seen == [expected]


async def test_a_word_that_is_missing(bot: Bot) -> None:
    """A part that is not in the text is its default, or ``None``, or no match."""
    seen: list[object] = []
    pattern = r"^a(?P<word>b)?"

    @bot.on(MessageEvent, text=pattern + "1")
    async def must(word: str) -> None:
        seen.append(word)

    @bot.on(MessageEvent, text=pattern + "2")
    async def may(word: str | None) -> None:
        seen.append(word)

    @bot.on(MessageEvent, text=pattern + "3")
    async def defaults(word: str = "c") -> None:
        seen.append(word)

    for text in ("a1", "a2", "a3", "ab1", "ab2", "ab3"):
        await bot.feed(message(text))
    assert seen == [None, "c", "b", "b", "b"]


async def test_the_context(nim: NimClient) -> None:
    """What the bot is given by name, handlers can ask for, and their types are compared."""
    bot = Bot(nim, context={"database": {"amy": 1}})
    seen: list[object] = []

    @bot.on(MessageEvent)
    async def handler(database: dict[str, int]) -> None:
        seen.append(database)

    await bot.feed(message())
    assert seen == [{"amy": 1}]
    with pytest.raises(ConfigurationError, match="database is a dict here"):

        @bot.on(MessageEvent)
        async def wrong(database: list[int]) -> None: ...


class Greets(Protocol):
    """A protocol, which cannot be checked at run time."""

    def greet(self) -> None:
        """Greet."""
        ...


def generator() -> Any:
    """Make a generator."""
    yield


async def asynchronous_generator() -> Any:
    """Make an asynchronous generator."""
    yield


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda event, nothing: None, "nothing is nothing that can be given"),
        (lambda match: None, "match is nothing"),
        (5, "cannot be called"),
        (generator, "generator"),
        (asynchronous_generator, "generator"),
        (int, "nothing that can be given|does not say|given by name"),
        (lambda event, /: None, "by name"),
    ],
    ids=["unknown", "match", "number", "generator", "asynchronous", "class", "positional"],
)
def test_what_cannot_be_called(bot: Bot, function: Any, said: str) -> None:
    """A function that could not be called so is refused when it is registered."""
    with pytest.raises(ConfigurationError, match=said):
        bot.on(MessageEvent)(function)
    assert list(bot.handlers()) == []


def test_annotations_are_checked(bot: Bot) -> None:
    """An annotation that the value does not have is refused; one that cannot be checked is not."""

    def wrong(event: EnteredEvent) -> None: ...

    def wider(event: Event) -> None: ...

    def either(event: EnteredEvent | MessageEvent) -> None: ...

    def number(bot: int) -> None: ...

    def protocol(bot: Greets, nim: Bot | NimClient, attempt: object) -> None: ...

    def unseen(event: NotImportedHere) -> None: ...  # type: ignore[name-defined] # noqa: F821 # pyright: ignore[reportUndefinedVariable, reportUnknownParameterType]

    def listed(word: list[str]) -> None: ...

    with pytest.raises(ConfigurationError, match="event is a MessageEvent here"):
        bot.on(MessageEvent)(wrong)
    with pytest.raises(ConfigurationError, match="event is a MessageEvent here"):
        bot.on(EnteredEvent, MessageEvent)(wrong)
    with pytest.raises(ConfigurationError, match="bot is a Bot here"):
        bot.on(MessageEvent)(number)
    with pytest.raises(ConfigurationError, match="word is a word of the text"):
        bot.on(MessageEvent, text="(?P<word>x)")(listed)
    functions: list[Any] = [wider, either, protocol, unseen]
    for function in functions:
        assert bot.on(MessageEvent)(function) is function


@pytest.mark.parametrize(
    ("events", "filters", "option"),
    [
        ((), {}, "events"),
        ((5,), {}, "events"),
        ((str,), {}, "events"),
        ((MessageEvent(from_account="a"),), {}, "events"),
        ((MessageAsked,), {}, "events"),
        ((EnteredEvent,), {"text": "x"}, "text"),
        ((MessageEvent,), {"text": "("}, "text"),
        ((MessageEvent,), {"text": 5}, "text"),
        ((MessageEvent,), {"text": re.compile(b"x")}, "text"),
        ((MessageEvent,), {"room": "66"}, "room"),
        ((MessageEvent,), {"room": []}, "room"),
        ((MessageEvent,), {"room": True}, "room"),
        ((MessageEvent,), {"sender": 5}, "sender"),
        ((MessageEvent,), {"sender": ["a", None]}, "sender"),
        ((MessageEvent,), {"kind": Picture}, "kind"),
        ((MessageEvent,), {"when": "x"}, "when"),
        ((MessageEvent,), {"when": lambda: None}, "when"),
        ((MessageEvent,), {"timeout": 0}, "timeout"),
        ((MessageEvent,), {"timeout": float("nan")}, "timeout"),
        ((MessageEvent,), {"attempts": 0}, "attempts"),
        ((MessageEvent,), {"attempts": 1.5}, "attempts"),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_filters_that_cannot_be(bot: Bot, events: Any, filters: Any, option: str) -> None:
    """A filter that never fits is refused by its name."""
    with pytest.raises(ConfigurationError) as caught:
        bot.on(*events, **filters)
    assert caught.value.option == option


async def test_callables_of_every_kind(bot: Bot) -> None:
    """Methods, partials, objects and functions that return coroutines are called alike."""
    seen: list[str] = []

    class Thing:
        async def method(self, event: Event) -> None:
            seen.append("method")

        def __call__(self, event: Event) -> None:
            seen.append("object")

    class Waits:
        async def __call__(self) -> None:
            seen.append("waits")

    async def partial(who: str, event: Event) -> None:
        seen.append(who)

    async def later() -> None:
        seen.append("later")

    functions: list[Any] = [
        *(
            Thing().method,
            Thing(),
            Waits(),
            functools.partial(partial, "partial"),
            functools.partial(partial, who="keyword"),
            lambda: later(),
            lambda *args, **more: seen.append(f"{args}{more}"),
        )
    ]
    for number, function in enumerate(functions):
        bot.on(MessageEvent, text=f"^{number}$")(function)
        await bot.feed(message(str(number)))
    assert seen == ["method", "object", "waits", "partial", "keyword", "later", "(){}"]


# routers


async def test_routers_go_into_each_other(bot: Bot) -> None:
    """A router's handlers are where it was included, also those it is given later."""
    called: list[str] = []

    def add(router: Router, name: str) -> None:
        async def handler() -> None:
            called.append(name)
            raise Skip

        router.on(MessageEvent)(handler)

    outer, inner = Router(), Router()
    add(bot, "1")
    bot.include(outer)
    add(bot, "4")
    add(outer, "2")
    outer.include(inner)
    add(inner, "3")
    await bot.feed(message())
    assert called == ["1", "2", "3", "4"]


def test_a_router_is_checked_where_it_is_included(nim: NimClient) -> None:
    """What no context has is refused at once, whichever comes first."""
    games, deep = Router(), Router()
    games.include(deep)
    deep.on(MessageEvent)(lambda event, dice: None)
    with pytest.raises(ConfigurationError, match="dice is nothing"):
        Bot(nim).include(games)
    bot = Bot(nim, context={"dice": 6})
    bot.include(games)
    with pytest.raises(ConfigurationError, match="coin is nothing"):
        deep.on(MessageEvent)(lambda coin: None)
    deep.on(MessageEvent)(lambda dice: None)
    late = Router()
    late.on(MessageEvent)(lambda coin: None)
    with pytest.raises(ConfigurationError, match="coin is nothing"):
        deep.include(late)


def test_a_router_is_not_part_of_itself(bot: Bot) -> None:
    """A circle of routers is refused."""
    outer, inner = Router(), Router()
    outer.include(inner)
    for above, below in ((outer, outer), (inner, outer), (bot, bot)):
        with pytest.raises(ConfigurationError, match="part of itself"):
            above.include(below)
    with pytest.raises(ConfigurationError, match="only a Router"):
        bot.include("games")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


# middlewares


async def test_middlewares_are_around_handlers(bot: Bot) -> None:
    """The first is outermost; those of an outer router go before those of an inner one."""
    called: list[str] = []
    router = Router()

    def add(where: Router, name: str) -> None:
        async def around(event: Event, call_next: Next) -> None:
            called.append(f"{name}(")
            await call_next(event)
            called.append(")")

        where.middleware(around)

    add(bot, "a")
    add(router, "c")
    add(bot, "b")
    bot.include(router)
    router.on(MessageEvent)(lambda: called.append("x"))
    bot.on(EnteredEvent)(lambda: called.append("y"))
    await bot.feed(message())
    await bot.feed(entered())
    await bot.feed(QueueEvent())
    assert "".join(called) == "a(b(c(x)))a(b(y))"


async def test_what_middlewares_can_do(bot: Bot) -> None:
    """One can give another event, catch an error, skip, or let the event be."""
    called: list[str] = []

    @bot.middleware
    async def censor(event: Event, call_next: Next) -> None:
        assert isinstance(event, MessageEvent)
        if event.text == "drop":
            return
        if event.text == "skip":
            raise Skip
        try:
            await call_next(message("***") if event.text == "bad" else event)
        except ValueError:
            called.append("caught")

    @bot.on(MessageEvent)
    async def handler(event: MessageEvent) -> None:
        if event.text == "fail":
            raise ValueError
        called.append(str(event.text))

    for text in ("good", "bad", "drop", "skip", "fail"):
        await bot.feed(message(text))
    assert called == ["good", "***", "caught"]


@pytest.mark.parametrize(
    "function",
    [lambda event, call_next: None, 5, test_a_word_that_is_missing],
    ids=["plain", "no", "one"],
)
def test_what_is_no_middleware(bot: Bot, function: Any) -> None:
    """A middleware is a coroutine function of two arguments."""
    with pytest.raises(ConfigurationError, match="coroutine function of event and call_next"):
        bot.middleware(function)


# what nobody sees


async def test_own_messages_and_those_of_programs(nim: NimClient) -> None:
    """The bot hears neither itself nor other programs, unless it is told to."""

    async def heard(**options: Any) -> list[str | None]:
        bot = Bot(nim, accid="Tea-Bot", **options)
        seen: list[str | None] = []
        bot.on(MessageEvent)(lambda event: seen.append(event.text))
        rest: dict[str, object] = {"roomId": 66, "fromClientType": "REST", "msgType": "TEXT"}
        for sender, client in product(("tea-bot", "amy"), ("REST", "WEB")):
            body = rest | {"eventType": "4", "fromAccount": sender, "fromClientType": client}
            await bot.feed(parse(json.dumps(body | {"attach": f"{sender} {client}"}).encode()))
        await bot.feed(parse(b"{}"))
        return seen

    assert await heard() == ["amy WEB"]
    assert await heard(robots=True) == ["amy REST", "amy WEB"]
    assert await heard(own=True) == ["tea-bot REST", "tea-bot WEB", "amy WEB"]
    assert len(await heard(own=True, robots=True)) == 4
