"""What runs while a bot does: workers that take events out of the inbox, until all have left."""

from __future__ import annotations

import logging
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

import anyio

from nim_async._session.background import Background
from nim_async.bot._handling import Limit
from nim_async.bot._inbox import Inbox, Stopped
from nim_async.bot._rooms import Outstanding
from nim_async.bot._watching import Watch
from nim_async.errors import CallbackError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nim_async.bot._handling import Handlings
    from nim_async.bot._letters import DeadLetter, Letter
    from nim_async.bot._routing import Handler

_log = logging.getLogger("nim_async.bot")
_PAUSE_SECONDS = 1.0  # between two tries to get a letter out of an inbox that fails
_LATE_SECONDS = 5.0  # how long ending may take when time to drain is over


class Running:
    """
    Has events handled, from the first entry to the last exit.

    Attributes:
        inbox: Where events are taken from.
        clock: Returns the time, by the clock of the event loop.
    """

    def __init__(
        self,
        inbox: Inbox,
        handlings: Handlings,
        *,
        workers: int,
        drain: float,
        blocked_after: float | None,
    ) -> None:
        """
        Begin nothing yet.

        Args:
            inbox: Where events are taken from.
            handlings: What handles them.
            workers: How many rooms are looked after at once, at most.
            drain: How long the last exit waits for handlers, seconds.
            blocked_after: After how many seconds a blocked event loop is logged.
        """
        self.inbox = inbox
        self._handlings = handlings
        self._workers = workers
        self._drain = drain
        self._blocked_after = blocked_after
        self._entering = anyio.Lock()
        self._entered = 0
        self.clock: Callable[[], float] = anyio.current_time
        self._background: Background | None = None
        self._ending = anyio.Event()
        self._at_work = Outstanding()

    @property
    def now(self) -> bool:
        """Whether events are handled now, and new ones accepted."""
        return self._background is not None and not self._background.ended

    async def enter(self) -> None:
        """
        Begin to handle events, unless it has begun.

        Raises:
            ConfigurationError: The inbox cannot be opened.
        """
        async with self._entering:
            if not self._entered:
                await self.inbox.open()
                self._ending = anyio.Event()
                self._background = Background(self._run)
                self.clock = self._background.clock
            self._entered += 1

    async def leave(self) -> None:
        """
        Finish what was begun, if this is the last exit.

        Raises:
            Exception: What a mistake of this library, or of the inbox, ended the bot with.
        """
        background: Background | None = None
        late = anyio.current_time() + self._drain + 2 * _LATE_SECONDS
        with anyio.CancelScope(shield=True, deadline=late):
            async with self._entering:
                self._entered -= 1
                if not self._entered and self._background is not None:
                    background, self._background = self._background, None
                    self._ending.set()
                    await background.wait()
        if background is None:
            return
        if not background.ended:
            _log.error("a handler cannot be stopped, and goes on")
        elif background.error is not None:
            raise background.error

    async def idle(self) -> None:
        """
        Wait until nothing that was accepted is left to be handled.

        Raises:
            ConfigurationError: Nothing is handled, since the bot does not run.
        """
        background = self._background
        if background is None:
            raise ConfigurationError("the bot is not running: write `async with bot:`")
        async with anyio.create_task_group() as tasks:

            async def end() -> None:
                await background.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(end)
            await self._settled()
            tasks.cancel_scope.cancel()
        if background.ended:
            raise ConfigurationError("the bot has stopped")

    async def _settled(self) -> None:
        while True:
            await self.inbox.idle()
            await self._at_work.none()
            if not self.inbox.waiting:
                return

    async def _run(self) -> None:
        watch = None if self._blocked_after is None else Watch(self._blocked_after)
        try:
            async with anyio.create_task_group() as helpers:
                if watch is not None:
                    helpers.start_soon(watch.beat)
                with nullcontext() if watch is None else watch.watching():
                    async with anyio.create_task_group() as workers:
                        for _ in range(self._workers):
                            workers.start_soon(self._work)
                        await self._ending.wait()
                        await self._finish()
                        workers.cancel_scope.cancel()
                helpers.cancel_scope.cancel()
        except Exception:
            _log.critical("the bot has stopped", exc_info=True)
            raise
        finally:
            with anyio.CancelScope(shield=True, deadline=anyio.current_time() + _LATE_SECONDS):
                await self.inbox.aclose()

    async def _finish(self) -> None:
        """Let handlers finish: of an inbox that outlives the process those that have begun."""
        with anyio.move_on_after(self._drain):
            if not self.inbox.durable:
                await self.inbox.idle()
            self.inbox.stop()
            await self._at_work.none()

    async def _work(self) -> None:
        with suppress(Stopped):
            while True:
                await self._handle_some()

    async def _handle_some(self) -> None:
        """
        Handle letters, up to the first whose handler pauses: that ends the use of the scope.

        Raises:
            Stopped: The inbox hands nothing out any more.
        """
        letter: Letter | None = None
        dead: DeadLetter | None = None
        limit = Limit(anyio.CancelScope())
        try:
            with limit.scope:
                while limit.handler is None:
                    letter = await self._take()
                    self._at_work.begin()
                    dead = await self._handle(letter, limit=limit)
                    if limit.handler is None:
                        await self._done(letter, dead)
                        self._at_work.end()
                        letter = None
            if letter is not None:
                if limit.scope.cancelled_caught:
                    dead = await self._handle(letter, late=limit.handler)
                await self._done(letter, dead)
        finally:
            if letter is not None:
                self._at_work.end()

    async def _take(self) -> Letter:
        while True:
            try:
                return await self.inbox.take()
            except Stopped:
                raise
            except Exception as error:  # noqa: BLE001  an inbox of one's own may raise anything
                _log.error("no event can be taken out of the inbox: %r", error)
                await anyio.sleep(_PAUSE_SECONDS)

    def _handle(
        self, letter: Letter, *, limit: Limit | None = None, late: Handler | None = None
    ) -> Awaitable[DeadLetter | None]:
        try:
            event = letter.event
        except CallbackError as error:
            _log.error("event %s cannot be read any more: %s", letter.key, error)
            return _nothing()
        return self._handlings.handle(event, repeated=letter.repeated, limit=limit, late=late)

    async def _done(self, letter: Letter, dead: DeadLetter | None) -> None:
        try:
            await self.inbox.done(letter, dead)
        except Exception as error:  # noqa: BLE001  as above
            _log.error("an event that was handled stays in the inbox: %r", error)


async def _nothing() -> None:
    return None
