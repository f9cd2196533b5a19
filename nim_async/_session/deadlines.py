"""Many deadlines on one timer, so that a call need not have one of its own."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future, TimerHandle

_EARLY_SECONDS = 0.001  # some loops count milliseconds, and wake that much too soon


class Deadlines:
    """
    Gives ``None`` to futures that have no result in time.

    The timer is set for the earliest deadline there was when it was set; one that was met
    meanwhile costs nothing but a look at the others. Calls of a client mostly have the same
    timeout, so that happens once in a timeout.
    """

    def __init__(self, loop: AbstractEventLoop) -> None:
        """Watch nothing yet."""
        self._loop = loop
        self._due: dict[Future[Any], float] = {}
        self._next = inf
        self._timer: TimerHandle | None = None

    def watch(self, future: Future[Any], when: float) -> None:
        """
        End a future in time.

        Args:
            future: What to give ``None`` to.
            when: When, on the clock of `time.monotonic`.
        """
        self._due[future] = when
        if when < self._next:
            self._set(when)

    def forget(self, future: Future[Any]) -> None:
        """Watch a future no longer."""
        self._due.pop(future, None)

    def _set(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = when
        self._timer = self._loop.call_later(max(0.0, when - monotonic()), self._fire)

    def _fire(self) -> None:
        self._timer, self._next = None, inf
        now = monotonic() + _EARLY_SECONDS
        for future in [future for future, when in self._due.items() if when <= now]:
            del self._due[future]
            if not future.done():
                future.set_result(None)
        if (earliest := min(self._due.values(), default=inf)) < inf:
            self._set(earliest)

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer, self._next = None, inf
