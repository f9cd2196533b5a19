"""A clock to turn by hand."""

from __future__ import annotations

import time
from math import inf
from threading import Lock
from typing import TYPE_CHECKING

import anyio

from nim_async.emulator import checks
from nim_async.emulator.waking import Waker

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """
    A clock to turn by hand, for ``Emulator(clock=...)``; safe to use from any thread.

    It stands still unless it is made to run. Call it, or read `now`, for its time.
    """

    def __init__(self, now: float | None = None, *, running: bool = False) -> None:
        """
        Set the clock.

        Args:
            now: The time it shows first, seconds since 1970; the present when ``None``.
            running: Whether it goes on by itself, at the pace of real time.

        Raises:
            ConfigurationError: An argument cannot be.
        """
        checks.flag("running", running)
        self._lock = Lock()
        self._running = running
        self._waiting: set[Waker] = set()
        self._set(time.time() if now is None else now)

    def __call__(self) -> float:
        """Return the time, seconds since 1970."""
        return self.now

    @property
    def now(self) -> float:
        """The time, seconds since 1970; may be set, forward or back."""
        with self._lock:
            return self._read()

    @now.setter
    def now(self, moment: float) -> None:
        with self._lock:
            self._set(moment)

    def advance(self, seconds: float) -> None:
        """Let time pass, seconds; a negative number turns the clock back."""
        checks.seconds("seconds", seconds)
        with self._lock:
            self._set(self._read() + seconds)

    async def until(self, moment: float) -> None:
        """
        Wait until it shows a moment, or a later one.

        Args:
            moment: Seconds since 1970. If the clock stands still, it has to be turned that far.
        """
        checks.seconds("moment", moment)
        while True:
            turned = Waker()
            with self._lock:
                left = moment - self._read()
                if left <= 0:
                    return
                self._waiting.add(turned)
            try:
                with anyio.move_on_after(left if self._running else inf):
                    await turned.wait()
            finally:
                with self._lock:
                    self._waiting.discard(turned)

    def _read(self) -> float:
        return self._shown + (time.monotonic() - self._set_at if self._running else 0.0)

    def _set(self, moment: float) -> None:
        checks.moment("now", moment)
        self._shown, self._set_at = moment, time.monotonic()
        for turned in self._waiting:
            turned.set()


async def until(clock: Callable[[], float], moment: float) -> None:
    """Wait until a clock shows a moment; a `Clock` that stands still until it is turned so far."""
    if isinstance(clock, Clock):
        await clock.until(moment)
        return
    left = moment - clock()
    while left > 0:
        await anyio.sleep(left)
        left = moment - clock()
