"""Which handler an event goes to."""

from __future__ import annotations

import re
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from re import Pattern
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from attrs import define, frozen

from nim_async._checks import shown, takes
from nim_async.bot._calling import NoMatch, Plan, is_async, name_of, planned
from nim_async.bot._filters import Filter, check_classes, check_number, filter_of
from nim_async.bot._verdicts import Verdict, check_default
from nim_async.client import NimClient
from nim_async.errors import ConfigurationError
from nim_async.webhooks import Asked, Event, UnknownEvent

if TYPE_CHECKING:
    from anyio import CapacityLimiter

    from nim_async._generated.models import MessageType

F = TypeVar("F", bound=Callable[..., Any])
Step: TypeAlias = Callable[[Event], Coroutine[Any, Any, None]]
Next: TypeAlias = Callable[[Event], Awaitable[None]]
Middleware: TypeAlias = Callable[[Event, Next], Awaitable[None]]

_MATCH: tuple[type[Any], ...] = (re.Match,)
_NUMBER: tuple[type[Any], ...] = (int,)


class Skip(Exception):
    """Raised by a handler: the event is passed on to the next one that matches."""


@frozen
class Asking:
    """
    What is to be known of a handler that gives verdicts.

    Attributes:
        default: The verdict if it gives none.
        budget: Seconds that it may take, from the moment the question came.
    """

    default: Verdict
    budget: float


@frozen(kw_only=True)
class Handler:
    """
    A function, and the events it is for.

    Attributes:
        plan: How it is called.
        filter: Which events it is for.
        timeout: Seconds that it may take; the bot's when ``None``.
        attempts: How often it is tried; the bot's when ``None``.
        asking: What else is to be known of one that gives verdicts; ``None`` for others.
    """

    plan: Plan
    filter: Filter
    timeout: float | None = None
    attempts: int | None = None
    asking: Asking | None = None

    def match(self, event: Event, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """
        Return what it is called with, or nothing for an event it is not for.

        Args:
            event: The event.
            values: What it can be given, by name.
        """
        found = self.filter.match(event)
        if found is None:
            return None
        if not found:
            return self.plan.arguments(values, {})
        words: dict[str, str | None] = found["match"].groupdict()
        try:
            return self.plan.arguments({**values, **found}, words)
        except NoMatch:
            return None


@define(eq=False)
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

    async def call(self, event: Event, threads: CapacityLimiter) -> Any:
        """
        Call the handler itself.

        Args:
            event: The event as the middlewares give it on.
            threads: What a plain function has to wait for.
        """
        for name in ("event", "ask"):
            if name in self.arguments:
                self.arguments[name] = event
        return await self.handler.plan.call(self.arguments, threads)


def through(middlewares: Sequence[Middleware], innermost: Step) -> Step:
    """Return what calls a function through middlewares, the outermost first."""
    call = innermost
    for middleware in reversed(middlewares):
        call = _around(middleware, call)
    return call


def _around(middleware: Middleware, call: Step) -> Step:
    async def wrapped(event: Event) -> None:
        await middleware(event, call)

    return wrapped


class Router:
    r"""
    Handlers in the order of their registration; the first that matches an event gets it.

    Routers go into each other and into a `Bot` by `include`, and can be filled before and after::

        games = Router()

        @games.on(MessageEvent, text=r"^/roll (?P<sides>\d+)")
        async def roll(event: MessageEvent, bot: Bot, sides: int) -> None: ...

        bot.include(games)

    A handler is a coroutine function, or a plain function, which runs in a thread. What it takes is
    given by name: ``event``, also as ``ask`` where a verdict is asked for; ``bot`` and ``nim``;
    ``match``, the match of the text; ``attempt``, 1 for the first time the event is handled; the
    named groups of the pattern, converted as they are annotated (``str``, ``int``, ``float``,
    ``bool``, ``Literal``, an ``Enum``; a word that cannot be converted, or is missing without a
    default, is no match); and what the bot's ``context`` has. All of it is checked when the handler
    is registered.
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
        check_classes(events, "on")
        for cls in events:
            if issubclass(cls, Asked):
                message = f"{cls.__name__} asks for a verdict: register with before()"
                raise ConfigurationError(message, option="events")
        check_number("timeout", timeout)
        check_number("attempts", attempts, whole=True)
        chosen = filter_of(events, text=text, room=room, sender=sender, kind=kind, when=when)
        return self._registering(chosen, timeout=timeout, attempts=attempts)

    def before(
        self,
        *events: type[Event],
        default: Verdict,
        budget: float = 1.5,
        text: str | Pattern[str] | None = None,
        room: int | Collection[int] | None = None,
        sender: str | Collection[str] | None = None,
        kind: MessageType | Collection[MessageType] | None = None,
        when: Callable[[Any], object] | None = None,
    ) -> Callable[[F], F]:
        """
        Register a handler that is asked before something happens, and returns a verdict.

        ::

            @bot.before(MessageAsked, default=Allow())
            async def moderate(ask: MessageAsked) -> Verdict:
                return Reject(20001) if "spam" in ask.text else Allow()

        It does not wait for events that are handled. Calls of a `NimClient` that are made inside
        have what is left of its budget as their deadline.

        Args:
            events: Classes of what is asked: `MessageAsked`, `EnterAsked`, `LoginAsked`; with
                `UnknownEvent` all that has no class.
            default: The verdict if the handler fails, takes too long, or returns something else.
            budget: Seconds from the moment the question came after which the default is answered.
                The service waits for 2 seconds, unless the console says otherwise.
            text: As for `on`.
            room: As for `on`.
            sender: As for `on`.
            kind: As for `on`.
            when: As for `on`.

        Returns:
            A decorator that leaves the function as it is.

        Raises:
            ConfigurationError: A filter or the default cannot fit, or the function cannot be
                called so.
        """
        check_classes(events, "before")
        for cls in events:
            if not issubclass(cls, Asked | UnknownEvent):
                message = f"{cls.__name__} has happened already: register with on()"
                raise ConfigurationError(message, option="events")
        check_number("budget", budget, needed=True)
        asking = Asking(check_default(default, events), budget)
        chosen = filter_of(events, text=text, room=room, sender=sender, kind=kind, when=when)
        return self._registering(chosen, asking=asking)

    def _registering(
        self,
        chosen: Filter,
        *,
        timeout: float | None = None,
        attempts: int | None = None,
        asking: Asking | None = None,
    ) -> Callable[[F], F]:
        def register(function: F) -> F:
            groups = chosen.text.groupindex if chosen.text is not None else ()
            plan = planned(function, _known(chosen, asking), groups)
            for context in self._contexts:
                plan.check_context(context)
            self._parts.append(
                Handler(plan=plan, filter=chosen, timeout=timeout, attempts=attempts, asking=asking)
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

    def walk(
        self, above: tuple[Middleware, ...] = ()
    ) -> Iterator[tuple[Handler, tuple[Middleware, ...]]]:
        """
        Return all handlers in their order, with the middlewares around each, the outermost first.

        Args:
            above: The middlewares of the routers that this one is in.
        """
        around = (*above, *self._middlewares)
        for part in self._parts:
            if isinstance(part, Router):
                yield from part.walk(around)
            else:
                yield part, around


def _known(chosen: Filter, asking: Asking | None) -> dict[str, tuple[type[Any], ...]]:
    from nim_async.bot._bot import Bot  # noqa: PLC0415  it is made of this

    found: dict[str, tuple[type[Any], ...]] = {"bot": (Bot,), "nim": (NimClient,)}
    found["event"] = chosen.events
    if asking is None:
        found["attempt"] = _NUMBER
    else:
        found["ask"] = chosen.events
    return found if chosen.text is None else found | {"match": _MATCH}
