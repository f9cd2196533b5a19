"""
A stateful stand-in for the service, to develop and test against without an account.

It checks signatures, parameters, permissions and the state of rooms as the service does, so far
as that is documented; where it is not, the docstrings say what was chosen. It sends webhooks of
what happens, and asks before. It does not run anti-spam checks.
"""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from nim_async._checks import refused, shown
from nim_async.config import Credentials
from nim_async.emulator import changes, checks
from nim_async.emulator.accounts import Account
from nim_async.emulator.app import Application
from nim_async.emulator.asking_side import AskingSide
from nim_async.emulator.clock import Clock
from nim_async.emulator.exchange import Exchange, RecordedCall
from nim_async.emulator.faults import (
    Act,
    Code,
    Delay,
    Drop,
    Fault,
    Faults,
    Garbage,
    Status,
    Truncate,
)
from nim_async.emulator.gate import Signature
from nim_async.emulator.listeners import Listener, Listeners
from nim_async.emulator.playing import Guest, Play, Playable, playing
from nim_async.emulator.refusal import Refused
from nim_async.emulator.requests import Broken, Ending, Request, Response
from nim_async.emulator.room.members import Member
from nim_async.emulator.room.messages import Message, Notification
from nim_async.emulator.room.room import Room
from nim_async.emulator.server import serve
from nim_async.emulator.state import Features, State
from nim_async.emulator.webhooks import (
    Chances,
    CircuitOpen,
    Console,
    Doubled,
    InProcess,
    Late,
    Lost,
    Mischief,
    Overtaken,
    Planned,
    SentWebhook,
    Target,
    Webhooks,
    WronglySigned,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
    from contextlib import AbstractAsyncContextManager

    from nim_async.config import RateLimit
    from nim_async.emulator.in_process import InProcessTransport

__all__ = [
    "Account",
    "Act",
    "Broken",
    "Chances",
    "CircuitOpen",
    "Clock",
    "Code",
    "Console",
    "Delay",
    "Doubled",
    "Drop",
    "Emulator",
    "Ending",
    "Fault",
    "Faults",
    "Features",
    "Garbage",
    "Guest",
    "InProcess",
    "Late",
    "Listener",
    "Lost",
    "Member",
    "Message",
    "Mischief",
    "Notification",
    "Overtaken",
    "Planned",
    "Play",
    "Playable",
    "RecordedCall",
    "Refused",
    "Request",
    "Response",
    "Room",
    "SentWebhook",
    "Status",
    "Target",
    "Truncate",
    "Webhooks",
    "WronglySigned",
    "changes",
]


class Emulator(AskingSide):
    """
    One app on an emulated service; state lives on the instance.

    Requests come in by `app`, `transport` or `serve`, in any mix and from any thread. What only
    client programs can do, such as entering a room, is done by methods.
    """

    def __init__(
        self,
        app_key: str,
        app_secret: str,
        *,
        clock: Callable[[], float] = time.time,
        accounts: Iterable[str] | None = None,
        rate_limits: bool | Mapping[str, RateLimit | None] = False,
        features: Features | None = None,
        seed: int | None = None,
        max_calls: int = 10_000,
        copies_to: Target | Mapping[str, Target] | None = None,
        callbacks_to: Target | Mapping[str, Target] | None = None,
        console: Console | None = None,
    ) -> None:
        """
        Set an app up; nothing is opened.

        Args:
            app_key: Key of the app.
            app_secret: Secret of the app.
            clock: Returns the time, seconds since 1970, from any thread; a `Clock` can be turned
                by hand. Everything that passes with time goes by it: the window of signatures,
                mutes, robots, timed closing, call frequency.
            accounts: Accounts that are registered from the start, and rooms then turn away whoever
                is not registered, also where the list is empty. When ``None``, everybody exists
                for rooms, and registering says only whom ``nim.user`` knows.
            rate_limits: Whether to refuse calls that come too fast: by the documented limits
                when true, with some of them replaced where paths or names such as ``chatroom.get``
                are mapped to limits, or to ``None`` for no limit.
            features: What is enabled for the app; everything when ``None``.
            seed: Makes ids and chances repeatable.
            max_calls: How many of the latest requests `calls` keeps, and of the latest webhooks
                ``webhooks.sent``.
            copies_to: Where copies of what happens go: a URL, an ASGI application, `InProcess` for
                one with a path, or a bot. Several by the name of their environment, which ``env``
                of a message chooses, that without a name for all others. Nowhere when ``None``.
            callbacks_to: Where it is asked before client programs speak, enter or log in, likewise.
                Nobody is asked when ``None``.
            console: What the console of the app says about webhooks; everything is switched on
                when ``None``.

        Raises:
            ConfigurationError: An argument cannot be.
        """
        app = _credentials(app_key, app_secret)
        checks.clock(clock)
        if seed is not None:
            checks.whole("seed", seed)
        checks.whole("max_calls", max_calls, least=0)
        self._clock = clock
        self._registered = None if accounts is None else checks.accounts(accounts)
        self._features = Features() if features is None else _checked(features)
        self._seed = seed
        self._listeners = Listeners()
        self._signature = Signature(app_key=app.app_key, app_secret=app.app_secret)
        exchange = Exchange(
            self._fresh(), self._signature, checks.limits(rate_limits), max_calls, self._listeners
        )
        webhooks = Webhooks(
            self._signature,
            clock,
            self._listeners,
            console=_console(console),
            copies_to=copies_to,
            callbacks_to=callbacks_to,
            max_sent=max_calls,
        )
        super().__init__(exchange, webhooks)
        self._app = Application(exchange, webhooks)

    def _fresh(self) -> State:
        return State(
            clock=self._clock,
            features=self._features,
            signature=self._signature,
            registered=self._registered,
            seed=self._seed,
            report=self._listeners.note,
        )

    @property
    def app(self) -> Application:
        """The emulator as an ASGI application: run it under any server, mount it anywhere."""
        return self._app

    def transport(self) -> InProcessTransport:
        """
        Return an httpx transport that ends in this emulator, whatever the host.

        Several transports share the same state. Works on asyncio and trio.
        """
        from nim_async.emulator.in_process import InProcessTransport  # noqa: PLC0415  httpx

        return InProcessTransport(self._exchange)

    def serve(self, *, port: int = 0, host: str = "127.0.0.1") -> AbstractAsyncContextManager[str]:
        """
        Serve for as long as the context is open.

        Args:
            port: Port to listen on; a free one when 0.
            host: Address to listen on. Whoever reaches any other than a loopback one can do
                everything a signed request can; ``"0.0.0.0"`` and ``"::"`` are for containers.

        Returns:
            A context that gives the base URL, such as ``http://127.0.0.1:8085/nimserver``; the
            loopback one where it listens on every address.

        Raises:
            ConfigurationError: Host or port cannot be.
            OSError: The port is taken, or the host is none of this machine; raised when the
                context is entered.
            RuntimeError: uvicorn is not installed; the extra ``nim-async[emulator]`` brings it.
        """
        checks.address(host, port)
        return self._served(host, port)

    @asynccontextmanager
    async def _served(self, host: str, port: int) -> AsyncGenerator[str]:
        async with serve(self._app, host, port) as base_url:
            if not self.webhooks.sends_copies:
                yield base_url
                return
            async with self.webhooks.sending():
                yield base_url

    def plays(
        self, bot: Playable, *, callbacks: Iterable[int] | None = None
    ) -> AbstractAsyncContextManager[Play]:
        """
        Play a conversation with a bot, in process, signed, over real bytes.

        The bot runs while the context is open, hears of all that happens in the rooms, and is asked
        before. Other addresses for webhooks are left alone meanwhile.

        ::

            async with emulator.plays(bot) as play:
                lisi = play.enter(room.room_id, "lisi")
                await lisi.says("/roll 6")
                assert lisi.heard[-1].text.startswith("lisi")

        Args:
            bot: A `Bot`, or whatever else has ``answer``, ``idle`` and ``async with``.
            callbacks: Numbers of the callbacks that the console has switched on for it: 6 for
                messages, 37 for entering, 36 for logging in; those a `Bot` has handlers for when
                ``None``.

        Raises:
            ConfigurationError: That is no bot.
        """
        return playing(self, bot, callbacks)

    @property
    def calls(self) -> list[RecordedCall]:
        """The latest requests in the order they were answered; a copy."""
        return self._exchange.calls

    @property
    def faults(self) -> Faults:
        """The faults planted for requests to come."""
        return self._exchange.faults

    def forget_request_ids(self) -> None:
        """Forget which ids of requests were seen, as the service does after a time of its own."""
        self._exchange.forget_request_ids()

    def reset(self) -> None:
        """Go back to the beginning: no rooms, calls, webhooks or faults; the first accounts."""
        self._exchange.start_over(self._fresh())
        self.webhooks.clear()


def _credentials(app_key: str, app_secret: str) -> Credentials:
    given: dict[str, object] = {"app_key": app_key, "app_secret": app_secret}
    for option, value in given.items():
        if value is None:
            raise refused(option, "must be text", "None", "any text without spaces will do")
    return Credentials(app_key=app_key, app_secret=app_secret)


def _console(console: object) -> Console:
    if console is None:
        return Console()
    if not isinstance(console, Console):
        raise refused("console", "must be a Console", shown(console), "write Console(...)")
    return console


def _checked(features: object) -> Features:
    if not isinstance(features, Features):
        instead = "write Features(...)"
        raise refused("features", "must be Features", shown(features), instead)
    return features
