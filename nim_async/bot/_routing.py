"""Which handler an event goes to."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from math import isfinite
from re import Pattern
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from attrs import frozen

from nim_async._checks import is_iterable, kind, shown, takes
from nim_async.bot._calling import NoMatch, Plan, is_async, name_of, planned
from nim_async.client import NimClient
from nim_async.errors import ConfigurationError
from nim_async.webhooks import Asked, Event, Spoken

if TYPE_CHECKING:
    from nim_async._generated.models import MessageType

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T", int, str)
Next: TypeAlias = Callable[[Event], Awaitable[None]]
Middleware: TypeAlias = Callable[[Event, Next], Awaitable[None]]

_MATCH: tuple[type[Any], ...] = (re.Match,)
_NUMBER: tuple[type[Any], ...] = (int,)


class Skip(Exception):
    """Raised by a handler: the event is passed on to the next one that matches."""


@frozen(kw_only=True)
class Filter:
    """
    Which events a handler is for.

    Attributes:
        events: Classes, of one of which the event must be.
        text: What is searched for in the text of a message.
        rooms: Ids of rooms.
        senders: Accids.
        kinds: Types of messages.
        when: Decides about what all else let through.
    """

    events: tuple[type[Event], ...]
    text: Pattern[str] | None
    rooms: frozenset[int] | None
    senders: frozenset[str] | None
    kinds: frozenset[int] | None
    when: Callable[[Any], object] | None

    def match(self, event: Event) -> dict[str, Any] | None:
        """Return the match of the text, if one is looked for, or nothing for another event."""
        fits = (
            isinstance(event, self.events)
            and (self.rooms is None or event.room_id in self.rooms)
            and (self.senders is None or event.sender in self.senders)
            and (self.kinds is None or getattr(event, "msg_type", None) in self.kinds)
        )
        if not fits:
            return None
        found: dict[str, Any] = {}
        if self.text is not None:
            text = getattr(event, "text", None)
            match = self.text.search(text) if text else None
            if match is None:
                return None
            found["match"] = match
        return found if self.when is None or self.when(event) else None


@frozen(kw_only=True)
class Handler:
    """
    A function, and the events it is for.

    Attributes:
        plan: How it is called.
        filter: Which events it is for.
        middlewares: What its calls go through, the outermost first; those of the routers above it
            go before.
        timeout: Seconds that it may take; the bot's when ``None``.
        attempts: How often it is tried; the bot's when ``None``.
    """

    plan: Plan
    filter: Filter
    timeout: float | None
    attempts: int | None


@frozen
class Matched:
    """
    A handler that an event goes to.

    Attributes:
        handler: The handler.
        middlewares: What the call goes through, the outermost first.
        arguments: What it is called with.
    """

    handler: Handler
    middlewares: tuple[Middleware, ...]
    arguments: dict[str, Any]


class Router:
    r"""
    Handlers in the order of their registration; the first that matches an event gets it.

    Routers go into each other and into a `Bot` by `include`, and can be filled before and after::

        games = Router()

        @games.on(MessageEvent, text=r"^/roll (?P<sides>\d+)")
        async def roll(event: MessageEvent, bot: Bot, sides: int) -> None: ...

        bot.include(games)

    A handler is a coroutine function, or a plain function, which runs in a thread. What it takes is
    given by name: ``event``; ``bot`` and ``nim``; ``match``, the match of the text; ``attempt``, 1
    for the first time the event is handled; the named groups of the pattern, converted as they are
    annotated (``str``, ``int``, ``float``, ``bool``, ``Literal``, an ``Enum``; a word that cannot
    be converted, or is missing without a default, is no match); and what the bot's ``context`` has.
    All of it is checked when the handler is registered.
    """

    def __init__(self) -> None:
        """Begin without handlers."""
        self._parts: list[Handler | Router] = []
        self._middlewares: list[Middleware] = []
        self._contexts: list[Mapping[str, Any]] = []

    def on(
        self,
        *events: type[Event],
        text: str | Pattern[str] | None = None,
        room: int | Collection[int] | None = None,
        sender: str | Collection[str] | None = None,
        kind: MessageType | Collection[MessageType] | None = None,
        when: Callable[[Any], object] | None = None,
        timeout: float | None = None,
        attempts: int | None = None,
    ) -> Callable[[F], F]:
        """
        Register a handler of events; everything that is given must fit.

        Args:
            events: Classes of events, of `nim_async.webhooks`; also a base, such as `Moved`.
            text: Pattern that is searched for in the text of a message; write ``^`` for its
                beginning. Named groups become arguments.
            room: Id of the room, or several.
            sender: Accid of who caused the event, or several.
            kind: Type of the message, or several.
            when: Function of the event that decides; it must be quick.
            timeout: Seconds that one attempt may take; the bot's when ``None``.
            attempts: How often it is tried when it fails; the bot's when ``None``.

        Returns:
            A decorator that leaves the function as it is.

        Raises:
            ConfigurationError: A filter cannot fit, or the function cannot be called so.
        """
        chosen = Filter(
            events=_classes(events, text),
            text=_pattern(text),
            rooms=_several("room", room, int),
            senders=_several("sender", sender, str),
            kinds=_several("kind", kind, int),
            when=_decider(when),
        )
        check_number("timeout", timeout)
        check_number("attempts", attempts, whole=True)

        def register(function: F) -> F:
            groups = chosen.text.groupindex if chosen.text is not None else ()
            plan = planned(function, _known(chosen), groups)
            self._check(plan)
            self._parts.append(
                Handler(plan=plan, filter=chosen, timeout=timeout, attempts=attempts)
            )
            return function

        return register

    def middleware(self, function: Middleware) -> Middleware:
        """
        Register a coroutine function of event and ``call_next``, around each call of a handler.

        It calls ``await call_next(event)`` or lets that be, and may give another event to the
        handler. Those registered first are outermost; those of an outer router go before.

        Raises:
            ConfigurationError: It is no coroutine function of two arguments.
        """
        if not (is_async(function) and takes(function, 2)):
            text = f"{name_of(function)} must be a coroutine function of event and call_next"
            raise ConfigurationError(text, option="middleware")
        self._middlewares.append(function)
        return function

    def include(self, router: Router) -> None:
        """
        Put the handlers of a router here, also those that it is given later.

        Args:
            router: The router. It may be included in several places.

        Raises:
            ConfigurationError: It is none, it holds this one, or a handler of it asks for
                something that is not there.
        """
        given = cast("object", router)
        if not isinstance(given, Router):
            text = f"only a Router can be included; given: {shown(given)}"
            raise ConfigurationError(text, option="router")
        if self in router.routers():
            raise ConfigurationError("a router cannot be part of itself", option="router")
        for context in self._contexts:
            router.adopt(context)
        self._parts.append(router)

    def adopt(self, context: Mapping[str, Any]) -> None:
        """
        Check that a context has everything that handlers here ask for, now and later.

        Raises:
            ConfigurationError: It has not.
        """
        parts = [part for router in self.routers() for part in router.handlers()]
        for handler in parts:
            handler.plan.check_context(context)
        for router in self.routers():
            router._contexts.append(context)  # noqa: SLF001  another of the same class

    def routers(self) -> Iterator[Router]:
        """Return this router and those in it."""
        yield self
        for part in self._parts:
            if isinstance(part, Router):
                yield from part.routers()

    def handlers(self) -> Iterator[Handler]:
        """Return the handlers of this router alone."""
        return (part for part in self._parts if isinstance(part, Handler))

    def matches(
        self, event: Event, values: Mapping[str, Any], above: tuple[Middleware, ...] = ()
    ) -> Iterator[Matched]:
        """
        Return the handlers that an event goes to, each if those before passed it on.

        Args:
            event: The event.
            values: What handlers can be given, by name.
            above: The middlewares of the routers that this one is in.
        """
        around = (*above, *self._middlewares)
        for part in self._parts:
            if isinstance(part, Router):
                yield from part.matches(event, values, around)
                continue
            found = part.filter.match(event)
            if found is None:
                continue
            words: dict[str, str | None] = found["match"].groupdict() if found else {}
            try:
                arguments = part.plan.arguments({**values, **found}, words)
            except NoMatch:
                continue
            yield Matched(part, around, arguments)

    def _check(self, plan: Plan) -> None:
        for context in self._contexts:
            plan.check_context(context)


def _known(chosen: Filter) -> dict[str, tuple[type[Any], ...]]:
    from nim_async.bot._bot import Bot  # noqa: PLC0415  it is made of this

    found: dict[str, tuple[type[Any], ...]] = {"event": chosen.events, "attempt": _NUMBER}
    found |= {"bot": (Bot,), "nim": (NimClient,)}
    return found if chosen.text is None else found | {"match": _MATCH}


def _classes(events: tuple[type[Event], ...], text: object) -> tuple[type[Event], ...]:
    if not events:
        raise ConfigurationError("on() needs a class of events", option="events")
    for cls in events:
        given = cast("object", cls)
        if not (isinstance(given, type) and issubclass(given, Event)):
            message = f"on() takes classes of events; given: {shown(cls)}"
            raise ConfigurationError(message, option="events")
        if issubclass(cls, Asked):
            message = f"{cls.__name__} asks for a verdict: register with before()"
            raise ConfigurationError(message, option="events")
        if text is not None and not issubclass(cls, Spoken):
            message = f"{cls.__name__} has no text"
            raise ConfigurationError(message, option="text")
    return events


def _pattern(text: object) -> Pattern[str] | None:
    if text is None:
        return None
    compiled: Any = text
    if isinstance(text, Pattern) and isinstance(compiled.pattern, str):
        return cast("Pattern[str]", compiled)
    if not isinstance(text, str):
        message = f"text must be a pattern of text; given: {kind(compiled)}"
        raise ConfigurationError(message, option="text")
    try:
        return re.compile(text)
    except re.error as error:
        message = f"text is no pattern: {error}"
        raise ConfigurationError(message, option="text") from None


def _several(option: str, given: object, kind: type[T]) -> frozenset[T] | None:
    """Return one value, or those of a collection, as a set."""
    if given is None:
        return None
    several = is_iterable(given)
    values = frozenset(cast("Iterable[object]", given) if several else [given])
    wrong = [v for v in values if not isinstance(v, kind) or isinstance(v, bool)]
    if wrong or not values:
        what = shown(wrong[0]) if wrong else "nothing"
        message = f"{option} must be {kind.__name__} or several of them; given: {what}"
        raise ConfigurationError(message, option=option)
    return cast("frozenset[T]", values)


def _decider(when: Callable[[Any], object] | None) -> Callable[[Any], object] | None:
    if when is not None and (not callable(when) or is_async(when) or not takes(when, 1)):
        message = f"when must be a plain function of the event; given: {shown(when)}"
        raise ConfigurationError(message, option="when")
    return when


def check_number(option: str, value: object, *, whole: bool = False, zero: bool = False) -> None:
    """
    Check an option that is a number above 0, or ``None``.

    Args:
        option: Its name.
        value: What was given.
        whole: Whether it must be a whole one.
        zero: Whether 0 is one.

    Raises:
        ConfigurationError: It is not.
    """
    if value is None:
        return
    if isinstance(value, int if whole else int | float) and not isinstance(value, bool):
        number = float(value)
        if isfinite(number) and (number > 0 or (zero and number == 0)):
            return
    least = "0 or more" if zero else "more than 0"
    what = f"a whole number, {least}" if whole else f"seconds, {least}"
    message = f"{option} must be {what}; given: {shown(value)}"
    raise ConfigurationError(message, option=option)
