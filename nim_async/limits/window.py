"""How long to wait before an operation may be called, so that the service never says 416."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nim_async.config import RateLimit


class Window:
    """
    Places in a sliding window: never more than ``calls`` in any ``per_seconds``.

    When the service counts a call is not known, only that it is between sending it and having
    its answer. So a place is taken before a call is sent and comes free ``per_seconds`` after
    the call has ended: then the limit is kept wherever in between the service counts, however
    the network delays one call more than another.
    """

    def __init__(self, limit: RateLimit) -> None:
        """Take the limit to keep."""
        self.limit = limit
        self._taken = 0
        self._free_at: deque[float] = deque()
        self._closed_until = float("-inf")

    def take(self, now: float) -> float:
        """Take a place and return 0, or return the seconds after which to ask again."""
        if now < self._closed_until:
            return self._closed_until - now
        while self._free_at and self._free_at[0] <= now:
            self._free_at.popleft()
            self._taken -= 1
        if self._taken < self.limit.calls:
            self._taken += 1
            return 0.0
        # A call under way that ends as sent frees its place no earlier than that.
        return self._free_at[0] - now if self._free_at else self.limit.per_seconds

    def earliest(self, now: float) -> float:
        """Return before when surely no place comes free: a call under way may end unsent."""
        under_way = self._taken > len(self._free_at)
        free = now if under_way or not self._free_at else self._free_at[0]
        return max(free, self._closed_until)

    def give_back(self, now: float, *, used: bool) -> None:
        """Let a place come free: in time if the call was sent, at once if it never was."""
        if used:
            self._free_at.append(now + self.limit.per_seconds)
        else:
            self._taken -= 1

    def close(self, now: float, seconds: float) -> None:
        """Remember that the service closed the operation: no place before it opens."""
        self._closed_until = max(self._closed_until, now + seconds)

    def state(self, now: float) -> tuple[int, float]:
        """Return how many places are taken, and the seconds until the operation opens."""
        free = sum(free_at <= now for free_at in self._free_at)
        return self._taken - free, max(0.0, self._closed_until - now)
