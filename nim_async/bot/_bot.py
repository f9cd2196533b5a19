"""`Bot`: hears by webhooks, speaks by the API."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, Self, cast

import anyio

from nim_async._checks import shown
from nim_async._generated.models import ClientPlatform
from nim_async.bot._answering import Answer, Answering, asks
from nim_async.bot._asgi import BotApp
from nim_async.bot._deciding import Deciding
from nim_async.bot._filters import check_number
from nim_async.bot._handling import Handlings, HowOften
from nim_async.bot._inbox import Inbox, MemoryInbox
from nim_async.bot._letters import InboxFull, Letter
from nim_async.bot._routing import Router
from nim_async.bot._running import Running
from nim_async.bot._speaking import Speaker
from nim_async.bot._sqlite import SQLiteInbox
from nim_async.bot._statistics import BotStatistics
from nim_async.client import NimClient
from nim_async.errors import ConfigurationError
from nim_async.webhooks import (
    AddressCheck,
    CallbackFailedEvent,
    EnterAsked,
    Event,
    LoginAsked,
    MessageAsked,
    MessageEvent,
)
from nim_async.webhooks._signature import raw_bytes, secrets_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from nim_async.bot._asgi import AsgiApp
    from nim_async.bot._letters import DeadLetter
    from nim_async.bot._routing import F
    from nim_async.bot._verdicts import Verdict
    from nim_async.webhooks import Body as RawBody
    from nim_async.webhooks import Headers, Source

_log = logging.getLogger("nim_async.bot")
_COUNTED = (
    "accepted", "doubled", "ignored", "handled", "retried", "dead", "asked", "defaulted", "refused",
    "not_kept", "callbacks_failed",
)  # fmt: skip
_GIVEN = frozenset({"event", "ask", "bot", "nim", "match", "attempt", "error"})


class Bot(Router, Speaker):
    r"""
    Hears by the webhooks of the service, and speaks by its API.

    ::

        bot = Bot(nim, accid="tea-bot")

        @bot.on(MessageEvent, text=r"^/roll (?P<sides>\d+)")
        async def roll(event: MessageEvent, sides: int) -> None:
            await bot.reply(event, f"{event.from_nick}: {random.randint(1, sides)}")

    An event is accepted once and handled at least once: again if its handler fails, or if the
    process ended meanwhile and the inbox outlives that. What the bot says while an event is
    handled has ids that are made of the event, so that a second time it is not said twice.

    ``async with bot`` runs it, in the event loop of the client. It may be entered several times;
    the last exit has it finish what it was doing.

    Args:
        nim: The client to speak by; never closed here.
        app_secret: Secret that webhooks are signed with, several while it is being changed; that of
            the client when ``None``.
        accid: Account that the bot speaks as; without one it cannot speak. Its own messages are not
            handled.
        inbox: Where events wait: ``None`` for memory, the path of a file, or any `Inbox`.
        workers: How many rooms are looked after at once, at most.
        timeout: Seconds that one attempt of a handler may take. A plain function goes on in its
            thread when its time is over.
        attempts: How often a handler is tried before the event becomes a dead letter.
        backoff: Longest pause before the second attempt, seconds; twice as long before each further
            one. The room waits meanwhile, the others do not.
        drain: How long the last exit waits for handlers, seconds.
        threads: How many plain functions run at once.
        blocked_after: After how many seconds a blocked event loop is logged, with what blocks it;
            never when ``None``.
        max_age: How long before or after now a webhook may be signed, seconds; not looked at when
            ``None``. What is sent again may carry its first time.
        max_body: How long the body of a webhook may be, bytes.
        hold_back: How long an event waits for others of its room that happened before it, seconds;
            0 keeps the order of arrival. For an inbox that is made here.
        own: Handle the bot's own messages too.
        robots: Handle messages too that were sent by the server API, as those of robots are.
        context: Further values that handlers can ask for, by name.

    Raises:
        ConfigurationError: An option cannot be.
    """

    def __init__(
        self,
        nim: NimClient,
        *,
        app_secret: str | Sequence[str] | None = None,
        accid: str | None = None,
        inbox: Inbox | str | os.PathLike[str] | None = None,
        workers: int = 64,
        timeout: float = 60.0,
        attempts: int = 3,
        backoff: float = 0.5,
        drain: float = 30.0,
        threads: int = 40,
        blocked_after: float | None = 1.0,
        max_age: float | None = None,
        max_body: int = 1_048_576,
        hold_back: float = 0.0,
        own: bool = False,
        robots: bool = False,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """Check the options; nothing is opened."""
        Router.__init__(self)
        given = cast("object", nim)
        if not isinstance(given, NimClient):
            raise ConfigurationError(
                f"nim must be a NimClient; given: {shown(given)}", option="nim"
            )
        for name, value in (
            ("workers", workers),
            ("attempts", attempts),
            ("threads", threads),
            ("max_body", max_body),
        ):
            check_number(name, value, whole=True)
        for name, seconds in (
            ("timeout", timeout),
            ("blocked_after", blocked_after),
            ("max_age", max_age),
        ):
            check_number(name, seconds)
        for name, seconds in (("backoff", backoff), ("drain", drain), ("hold_back", hold_back)):
            check_number(name, seconds, zero=True)
        if taken := _GIVEN & (context or {}).keys():
            text = f"context has {min(taken)}, which is given anyway; call it something else"
            raise ConfigurationError(text, option="context")
        Speaker.__init__(self, nim, _account(accid))
        self._own = own
        self._robots = robots
        self._counts: dict[str, int] = dict.fromkeys(_COUNTED, 0)
        values = {"bot": self, "nim": nim, **(context or {})}
        self._deciding = Deciding(self, values, threads=threads, counts=self._counts)
        self._handlings = Handlings(
            self,
            values,
            threads=threads,
            usual=HowOften(timeout=timeout, attempts=attempts, backoff=backoff),
            counts=self._counts,
        )
        self._hold_back = hold_back
        self._inbox_given = inbox is not None
        self._running = Running(
            _inbox(inbox, hold_back),
            self._handlings,
            workers=workers,
            drain=drain,
            blocked_after=blocked_after,
        )
        self._answering = Answering(
            self,
            self._running,
            secrets_of(nim.config.credentials.app_secret if app_secret is None else app_secret),
            self._counts,
            app_key=nim.config.credentials.app_key,
            max_age=max_age,
            max_body=max_body,
        )
        self.adopt(context or {})

    @property
    def inbox(self) -> Inbox:
        """Where events wait."""
        return self._running.inbox

    def keep_in(
        self, inbox: Inbox | str | os.PathLike[str] | None, *, default: bool = False
    ) -> None:
        """
        Have events wait in another inbox.

        Args:
            inbox: The inbox, as for the class.
            default: Do nothing where the bot was made with an inbox.

        Raises:
            ConfigurationError: It is none, or the bot is running.
        """
        if default and self._inbox_given:
            return
        if self.running:
            text = "the bot is running: change its inbox before that"
            raise ConfigurationError(text, option="inbox")
        self._running.inbox = _inbox(inbox, self._hold_back)
        self._inbox_given = True

    @property
    def callbacks(self) -> frozenset[int]:
        """Numbers of the callbacks that it answers by handlers, for the console to switch on."""
        asking = [handler.filter.events for handler, _ in self.walk() if handler.asking is not None]
        numbers = {
            asked.event_type
            for asked in (MessageAsked, LoginAsked, EnterAsked)
            if any(issubclass(asked, events) for events in asking)
        }
        return frozenset(number for number in numbers if number is not None)

    def statistics(self) -> BotStatistics:
        """Return what it has done so far."""
        return BotStatistics(waiting=self.inbox.waiting, **self._counts)

    def on_error(self, function: F) -> F:
        """
        Register a function that is told of each event that is given up.

        Args:
            function: A coroutine function or plain function; it can ask for ``event``, ``error``,
                ``bot``, ``nim``, ``attempt`` and what the context has.

        Raises:
            ConfigurationError: It cannot be called so.
        """
        self._handlings.on_error(function)
        return function

    # hearing

    async def accept(self, event: Event, body: bytes | None = None) -> bool:
        """
        Put an event into the inbox, and return when it is safe there.

        Args:
            event: The event.
            body: What the service sent; made of the event when ``None``.

        Returns:
            False for an event that is there already, or was, and for one that no handler sees.

        Raises:
            InboxFull: It is not there: let it be sent again later.
            ConfigurationError: It asks for a verdict, or was made by hand, of what JSON cannot
                hold.
        """
        _check_told(event)
        if not self._running.now:
            raise InboxFull("the bot is not running: write `async with bot:` around your server")
        if not self._wants(event):
            self._counts["ignored"] += 1
            return False
        new = await self.inbox.accept(Letter.of(event, body))
        self._counts["accepted" if new else "doubled"] += 1
        if new and isinstance(event, CallbackFailedEvent):
            self._counts["callbacks_failed"] += 1
            _log.warning("the service did not use a verdict: %s", event.reason)
        return new

    async def answer(
        self, method: str, headers: Headers, body: RawBody, *, source: Source | None = None
    ) -> Answer:
        """
        Answer a webhook, for servers that are no ASGI servers.

        ::

            status, headers, body = await bot.answer(method, headers, raw_body)

        Args:
            method: Method of the request.
            headers: Its headers, a mapping or pairs, as text or bytes.
            body: Its body as it came: the raw bytes.
            source: Which address it came to, ``"copies"`` or ``"callbacks"``; what the event itself
                says when ``None``.

        Returns:
            Status, headers and body. 200 means that the event is safely in the inbox, or decided
            about; 503 that it should be sent again; 400, 403, 405 and 413 refuse the request.

        Raises:
            ConfigurationError: The body is decoded already.
        """
        received = anyio.current_time()
        raw = raw_bytes(body)
        refusal = self._answering.refusal(method, len(raw))
        return refusal or await self._answering.answer(headers, raw, source, received)

    def asgi(
        self,
        *,
        other: AsgiApp | None = None,
        path: str | None = None,
        source: Source | None = None,
    ) -> BotApp:
        """
        Return an ASGI application that answers webhooks, and runs the bot while a server runs it.

        Alone it answers every path. Around a whole application it answers one path, with and
        without a slash at the end, and gives it all else::

            app = bot.asgi(other=app, path="/nim")

        Frameworks run no lifespan of what is mounted in them: there write ``async with bot:`` in
        the lifespan of the application. Webhooks before that are answered 503. A mounted
        application may be reached only by a redirect, which the service does not follow.

        Args:
            other: The application that all other requests go to; its lifespan is run too, and
                the bot within.
            path: Where webhooks come to; every path when ``None``, all others are answered 404.
            source: Which address it is, as for `answer`.

        Raises:
            ConfigurationError: An option cannot be.
        """
        return BotApp(self, self._answering, other=other, path=path, source=source)

    async def dispatch(self, event: Event, *, repeated: bool = False) -> bool:
        """
        Handle an event now, for brokers of one's own; the inbox is not asked.

        Nothing is known here of doubled events, nor of the order within a room. It is tried as
        often as told, and then becomes a dead letter.

        Args:
            event: The event.
            repeated: Whether it may have been handled before; then what is said is marked so.

        Returns:
            Whether it was handled, or no handler is for it; false for a dead letter.

        Raises:
            ConfigurationError: It asks for a verdict.
        """
        _check_told(event)
        if not self._wants(event):
            self._counts["ignored"] += 1
            return True
        dead = await self._handlings.handle(event, repeated=repeated)
        if dead is not None:
            await self.inbox.bury(Letter.of(event), dead)
        return dead is None

    async def decide(self, event: Event, *, received: float | None = None) -> Verdict:
        """
        Return the verdict on what is asked, for brokers of one's own.

        Args:
            event: The question.
            received: When it came, by ``anyio.current_time()``; now when ``None``.

        Returns:
            What the handler returned, its default, or ``Allow()`` where no handler is for it.

        Raises:
            ConfigurationError: The event asks nothing.
        """
        if not asks(event):
            raise ConfigurationError(f"{type(event).__name__} asks for no verdict", option="event")
        now = anyio.current_time() if received is None else received
        return await self._deciding.decide(event, now)

    async def feed(self, event: Event) -> Verdict | None:
        """
        Handle an event now, in tests: an error of a handler is raised, and nothing is repeated.

        Returns:
            The verdict, where one is asked for.

        Raises:
            Exception: Whatever the handler, or a middleware, raises.
        """
        if asks(event):
            return await self._deciding.decide(event, anyio.current_time(), strict=True)
        if self._wants(event):
            await self._handlings.once(event)
        return None

    async def dead_letters(self) -> list[DeadLetter]:
        """Return the events that were given up, the oldest first."""
        return await self.inbox.dead()

    async def replay(self, *keys: str) -> int:
        """
        Handle dead letters anew, after what was still waiting in their rooms.

        Args:
            keys: Keys of dead letters; all when left out.

        Returns:
            How many there were.
        """
        chosen = keys or tuple(letter.key for letter in await self.inbox.dead())
        return await self.inbox.revive(frozenset(chosen))

    def _wants(self, event: Event) -> bool:
        if isinstance(event, AddressCheck):
            return False
        if not isinstance(event, MessageEvent):
            return True
        if not self._robots and event.from_client_type is ClientPlatform.REST:
            return self._own and self._is_own(event)
        return self._own or not self._is_own(event)

    def _is_own(self, event: Event) -> bool:
        own = self._accid
        return own is not None and (event.sender or "").lower() == own.lower()

    # running

    @property
    def running(self) -> bool:
        """Whether it runs, and accepts events."""
        return self._running.now

    async def idle(self) -> None:
        """
        Wait until every event that was accepted is handled, in tests for example.

        Raises:
            ConfigurationError: The bot is not running.
        """
        await self._running.idle()

    async def __aenter__(self) -> Self:
        """
        Begin to handle events, unless it has begun.

        Raises:
            ConfigurationError: The inbox cannot be opened.
        """
        await self._running.enter()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """
        Finish what was begun, if this is the last exit.

        Raises:
            Exception: What a mistake of this library, or of the inbox, ended the bot with.
        """
        await self._running.leave()


def _check_told(event: Event) -> None:
    if asks(event):
        text = f"{type(event).__name__} asks for a verdict: give it to decide()"
        raise ConfigurationError(text, option="event")


def _account(given: object) -> str | None:
    if given is not None and not (isinstance(given, str) and given):
        text = f"accid must be an account; given: {shown(given)}"
        raise ConfigurationError(text, option="accid")
    return given


def _inbox(given: Inbox | str | os.PathLike[str] | None, hold_back: float) -> Inbox:
    if given is None:
        return MemoryInbox(hold_back=hold_back)
    if isinstance(given, str | os.PathLike):
        return SQLiteInbox(given, hold_back=hold_back)
    if not callable(getattr(given, "accept", None)):
        text = f"inbox must be None, a path or an Inbox; given: {shown(given)}"
        raise ConfigurationError(text, option="inbox")
    if hold_back:
        text = "hold_back belongs to the inbox: give it there"
        raise ConfigurationError(text, option="hold_back")
    return given
