"""The places of a limit that one process has taken, by its own clock."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from attrs import define, field

from nim_async._core.signing import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

NEVER = float("-inf")


@define(eq=False)
class Places:
    """
    The places that this process has taken, by its own clock.

    Redis holds a place for as long as the call may take, unless it is told sooner that it ended.

    Attributes:
        notes: What Redis does not know yet: names of places, and when they come free.
    """

    _names: count[int] = field(factory=count)
    _mark: str = field(factory=new_id)
    _under_way: list[tuple[float, str]] = field(factory=list[tuple[float, str]])
    _ended: deque[tuple[float, str]] = field(factory=deque[tuple[float, str]])
    _held: set[str] = field(factory=set[str])  # by Redis, for as long as the call may take
    notes: dict[str, float] = field(factory=dict[str, float])

    def new(self) -> str:
        """Name a place."""
        return f"{self._mark}-{next(self._names)}"

    def take(self, token: str, free_at: float, *, known: bool) -> None:
        """Note a place that comes free at some time, if its call has not ended before."""
        heappush(self._under_way, (free_at, token))
        if known:
            self._held.add(token)
        else:
            self.notes[token] = free_at

    def end(self, free_at: float | None) -> None:
        """
        Note that a call has ended, and when its place comes free; at once if never.

        Which call it was makes no difference, so long as the places that remain are those held
        longest: then each call under way has one that outlasts it.
        """
        if not self._under_way:
            return
        _, token = heappop(self._under_way)
        if free_at is not None:
            self._ended.append((free_at, token))
        self.notes[token] = NEVER if free_at is None else free_at

    def taken(self, now: float) -> int:
        """Count the places that are not free."""
        while self._ended and self._ended[0][0] <= now:
            _, token = self._ended.popleft()
            if token not in self._held:
                self.notes.pop(token, None)
        while self._under_way and self._under_way[0][0] <= now:
            _, token = heappop(self._under_way)
            self.notes.pop(token, None)  # Redis lets it go by itself
            self._held.discard(token)
        return len(self._under_way) + len(self._ended)

    def told(self, notes: Mapping[str, float]) -> None:
        """Take it that Redis knows what was noted, but for what was noted anew meanwhile."""
        under_way = {token for _, token in self._under_way}
        for token in notes:
            if token in under_way or token in self.notes:
                self._held.add(token)
            else:
                self._held.discard(token)

    def next_free(self) -> float | None:
        """Return when the first place comes free, where that is known."""
        return self._ended[0][0] if self._ended else None

    def tell_all(self) -> None:
        """Tell Redis of every place once more."""
        for free_at, token in (*self._under_way, *self._ended):
            self.notes[token] = free_at
