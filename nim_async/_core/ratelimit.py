"""How long to wait before an operation may be called, so that the service never says 416."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nim_async.config import RateLimit


class Window:
    """
    Reservations in a sliding window: never more than ``calls`` in any ``per_seconds``.

    Reservations are given out in order, so tasks that wait for theirs are served fairly.
    """

    def __init__(self, limit: RateLimit) -> None:
        """Take the limit to keep."""
        self._per_seconds = limit.per_seconds
        self._block_seconds = limit.block_seconds
        self._times: deque[float] = deque(maxlen=limit.calls)
        self._closed_until = float("-inf")

    def wait(self, now: float) -> float:
        """Return the seconds until the next reservation would be due."""
        due = max(now, self._closed_until)
        if len(self._times) == self._times.maxlen:
            due = max(due, self._times[0] + self._per_seconds)
        if self._times:
            due = max(due, self._times[-1])
        return due - now

    def reserve(self, now: float) -> float:
        """Take the next place and return the seconds until it is due."""
        wait = self.wait(now)
        self._times.append(now + wait)
        return wait

    def close(self, now: float) -> None:
        """Remember that the service closed the operation: nothing is due before it opens."""
        self._closed_until = max(self._closed_until, now + self._block_seconds)
