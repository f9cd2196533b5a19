"""The limit of one operation among the tasks of one client."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import anyio
from anyio.lowlevel import current_token

from nim_async._session.eventloop import clock, on_asyncio
from nim_async.errors import ConfigurationError, TimedOut
from nim_async.limits.options import check_limit
from nim_async.limits.window import Window
from nim_async.observe.statistics import LimitState

if TYPE_CHECKING:
    from nim_async.config import RateLimit


class LocalLimiter:
    """
    Keeps the limit of one operation among the tasks of one client.

    It may serve several event loops of a kind one after the other, not at the same time.
    """

    def __init__(self, path: str, limit: RateLimit) -> None:
        """
        Take the limit to keep; the path makes no difference here.

        Raises:
            ConfigurationError: The path is no text, or the limit no `RateLimit`.
        """
        check_limit(path, limit)
        self._window = Window(limit)
        self._now = clock()
        self._loop: object = None
        self._on_asyncio = False
        self._turn: anyio.Lock
        self._freed: anyio.Event | None = None  # what the first in the queue listens to
        self._waiting = 0

    def enter_now(self) -> bool:
        """Take a place if nobody waits for one; see `Limiter.enter_now`."""
        return not self._waiting and self._window.take(self._now()) <= 0

    async def enter(self, deadline: float) -> None:
        """Wait for a place; see `Limiter.enter`."""
        self._bind()
        self._waiting += 1
        try:
            with anyio.CancelScope(deadline=deadline):
                async with self._turn:
                    while (wait := self._window.take(self._now())) > 0:
                        if self._window.earliest(self._now()) > deadline:
                            break
                        await self._until_freed(wait)
                    else:
                        return
        finally:
            self._waiting -= 1
        raise TimedOut(phase="rate limit", maybe_processed=False)

    def _bind(self) -> None:
        loop = current_token().native_token
        if loop is self._loop:
            return
        same_clock = self._loop is None or self._on_asyncio == on_asyncio()
        if self._waiting or not same_clock:
            raise ConfigurationError(
                "the LocalLimiter belongs to another event loop; make one for each"
            )
        self._loop, self._on_asyncio, self._now = loop, on_asyncio(), clock()
        self._turn = anyio.Lock(fast_acquire=True)

    async def _until_freed(self, seconds: float) -> None:
        """Wait for so long, or until a place comes free early."""
        self._freed = anyio.Event()
        try:
            with anyio.move_on_after(seconds):
                await self._freed.wait()
        finally:
            self._freed = None

    def leave_now(self, *, used: bool) -> bool:
        """Let the place come free; see `Limiter.leave_now`."""
        self._window.give_back(self._now(), used=used)
        if not used and self._freed is not None:
            self._freed.set()
        return True

    async def leave(self, *, used: bool, deadline: float = inf) -> None:
        """Let the place come free; see `Limiter.leave`."""
        del deadline
        self.leave_now(used=used)

    async def close(self, seconds: float, *, deadline: float = inf) -> None:
        """Close the operation; see `Limiter.close`."""
        del deadline
        self._window.close(self._now(), seconds)

    @property
    def state(self) -> LimitState:
        """How full it is; see `Limiter.state`."""
        taken, closed_for = self._window.state(self._now())
        return LimitState(
            limit=self._window.limit, taken=taken, waiting=self._waiting, closed_for=closed_for
        )
