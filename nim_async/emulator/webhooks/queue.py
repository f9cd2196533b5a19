"""The copies that wait to be sent: bounded, in order within a room, each when it is due."""

from __future__ import annotations

import logging
from bisect import insort
from collections.abc import Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from attrs import define

from nim_async.emulator.waking import Waker
from nim_async.emulator.webhooks.signing import Flaw
from nim_async.emulator.webhooks.targets import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


_log = logging.getLogger("nim_async.emulator")


@define(eq=False, kw_only=True)
class Copy:
    """
    A copy on its way.

    Attributes:
        body: Its body.
        event_type: Number of the event, if it is one.
        lane: Of copies with the same one no two are under way at once; ``None`` for any.
        target: Where it goes.
        due: When, seconds since 1970.
        behind: How many others have to go first.
        flaw: What is wrong with the signature the next time.
        attempt: How often it was sent.
        headers: Those it was signed with first.
        number: Its place among those that are due at once.
    """

    body: bytes
    event_type: int | None
    lane: str | None
    target: Target
    due: float
    behind: int = 0
    flaw: Flaw | None = None
    attempt: int = 0
    headers: Mapping[str, str] | None = None
    number: int = 0


def _order(copy: Copy) -> tuple[float, int]:
    return copy.due, copy.number


class Queue:
    """Copies that wait, safe to use from any thread."""

    def __init__(self, clock: Callable[[], float], most: int) -> None:
        """
        Start empty.

        Args:
            clock: Returns the time, seconds since 1970.
            most: How many may wait; of more the oldest are dropped.
        """
        self._clock = clock
        self._most = most
        self._lock = Lock()
        self._number = 0
        self._waiting: list[Copy] = []
        self._under_way: set[Copy] = set()
        self._busy: set[str] = set()
        self._wakers: set[Waker] = set()
        self.dropped: int = 0

    def __len__(self) -> int:
        """Return how many wait."""
        with self._lock:
            return len(self._waiting)

    @property
    def under_way(self) -> int:
        """How many are being sent."""
        with self._lock:
            return len(self._under_way)

    def put(self, copy: Copy) -> None:
        """Add a copy, behind those that are due at the same time."""
        with self._lock:
            dropped = self._waiting.pop(0) if len(self._waiting) >= self._most else None
            self._number += 1
            copy.number = self._number
            insort(self._waiting, copy, key=_order)
            if dropped is not None:
                self.dropped += 1
            first = self.dropped == 1
            self._stir()
        if dropped is not None and first:
            _log.warning("more than %d copies wait: the oldest are dropped", self._most)

    def take(self, *, flush: bool = False) -> Copy | None:
        """
        Take the next copy that may go now; to be given back to `end`.

        Args:
            flush: Take those too that others have to overtake.
        """
        now = self._clock()
        with self._lock:
            copy = self._next(now, flush=flush)
            if copy is None:
                return None
            self._waiting.remove(copy)
            self._under_way.add(copy)
            if copy.lane is not None:
                self._busy.add(copy.lane)
            for other in self._waiting:
                other.behind = max(0, other.behind - 1)
            return copy

    def is_due(self, *, flush: bool = False) -> bool:
        """Return whether `take` would find a copy."""
        now = self._clock()
        with self._lock:
            return self._next(now, flush=flush) is not None

    def _next(self, now: float, *, flush: bool) -> Copy | None:
        for copy in self._waiting:
            if copy.due > now:
                break
            if copy.lane not in self._busy and (flush or not copy.behind):
                return copy
        return None

    def end(self, copy: Copy, *, again: float | None = None) -> None:
        """
        Take a copy off that was sent.

        Args:
            copy: The copy.
            again: When it is to be sent again, if it is.
        """
        with self._lock:
            known = copy in self._under_way
            self._under_way.discard(copy)
            self._busy.discard(copy.lane or "")
            if known and again is not None:
                copy.due = again
                insort(self._waiting, copy, key=_order)
            self._stir()

    def forget(self, target: Target) -> None:
        """Drop what waits for a target that is there no more."""
        with self._lock:
            self._waiting = [copy for copy in self._waiting if copy.target is not target]

    def clear(self) -> None:
        """Forget all, those under way included, which are not sent again."""
        with self._lock:
            self._waiting.clear()
            self._under_way.clear()
            self._busy.clear()
            self.dropped = 0
            self._stir()

    def next_due(self) -> float | None:
        """Return when the next one is due of those that are not yet."""
        now = self._clock()
        with self._lock:
            return next((copy.due for copy in self._waiting if copy.due > now), None)

    @contextmanager
    def watched(self) -> Generator[Waker]:
        """Give what is set by the next change."""
        waker = Waker()
        with self._lock:
            self._wakers.add(waker)
        try:
            yield waker
        finally:
            with self._lock:
                self._wakers.discard(waker)

    def _stir(self) -> None:
        for waker in self._wakers:
            waker.set()
