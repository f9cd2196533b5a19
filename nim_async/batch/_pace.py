"""How many calls at a time the service bears."""

from __future__ import annotations

from math import inf

from nim_async.errors import ServerBusy, StatusError, TimedOut

_OVERLOADED = frozenset({502, 503, 504})  # a gateway that gets no answer
_SLOW_TIMES = 2.0  # the best mean, and so many seconds more, before an attempt counts as slow
_SLOW_SECONDS = 0.25
_GROWTH_OF_BEST = 1.02  # by how much the best mean is forgotten each round, since services change
_EASED_SHARE = 0.8
_GROWTH = 0.1


class Pace:
    """
    Adapts the number of calls under way to what becomes of their attempts.

    It begins with all that are allowed. An answer that the service is busy, or none in time, halves
    it, once for all calls that were under way then. Attempts that take much longer than they did
    lower it by a fifth, and each round without either raises it by a tenth. A round is as many
    attempts as are under way. Waiting for a rate limit is no part of an attempt.

    Attributes:
        limit: How many calls may be under way.
    """

    def __init__(self, most: int) -> None:
        """Begin with all that are allowed."""
        self.limit: int = most
        self._most = most
        self._best = inf
        self._pardoned = 0
        self._begin_round()

    def _begin_round(self) -> None:
        self._attempts = 0
        self._seconds = 0.0

    def attempted(self, seconds: float, error: BaseException | None) -> None:
        """Take how long an attempt took, and what it failed with, unless it was cancelled."""
        if error is not None and not isinstance(error, Exception):
            return
        if error is not None and _is_trouble(error):
            if self._pardoned:
                self._pardoned -= 1
                return
            # The others that are under way now were begun no later.
            self._pardoned = self.limit - 1
            self.limit = max(1, self.limit // 2)
            self._begin_round()
            return
        if self._pardoned:
            self._pardoned -= 1
        self._attempts += 1
        self._seconds += seconds
        if self._attempts >= self.limit:
            self._end_round()

    def _end_round(self) -> None:
        mean = self._seconds / self._attempts
        self._best = min(self._best * _GROWTH_OF_BEST, mean)
        if mean > _SLOW_TIMES * self._best + _SLOW_SECONDS:
            self.limit = max(1, int(self.limit * _EASED_SHARE))
        elif self.limit < self._most:
            self.limit = min(self._most, self.limit + max(1, int(self.limit * _GROWTH)))
        self._begin_round()


def _is_trouble(error: Exception) -> bool:
    if isinstance(error, StatusError):
        return error.status_code in _OVERLOADED
    return isinstance(error, ServerBusy | TimedOut)
