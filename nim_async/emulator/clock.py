"""A clock to turn by hand."""

from __future__ import annotations

import time
from threading import Lock

from nim_async.emulator import checks


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

    def _read(self) -> float:
        return self._shown + (time.monotonic() - self._set_at if self._running else 0.0)

    def _set(self, moment: float) -> None:
        checks.moment("now", moment)
        self._shown, self._set_at = moment, time.monotonic()
