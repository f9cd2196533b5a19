"""What is planted for what is to come, and how often it strikes."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from attrs import define

Subject = TypeVar("Subject")
Thing = TypeVar("Thing")


@define(eq=False)
class _Planted(Generic[Subject, Thing]):
    thing: Thing
    fits: Callable[[Subject], bool]
    times: int | None


class Planting(Generic[Subject, Thing]):
    """Whatever comes meets the first thing that fits it, in the order they were planted."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._lock = Lock()
        self._planted: list[_Planted[Subject, Thing]] = []

    def _plant(self, thing: Thing, fits: Callable[[Subject], bool], times: int | None) -> None:
        """Plant something, to strike so many times what it fits, or always."""
        with self._lock:
            self._planted.append(_Planted(thing, fits, times))

    def clear(self) -> None:
        """Take all faults out."""
        with self._lock:
            self._planted.clear()

    def __len__(self) -> int:
        """Return how many faults are still planted."""
        with self._lock:
            return len(self._planted)

    def _strike(self, subject: Subject) -> Thing | None:
        """Return what strikes, and count that it did."""
        with self._lock:
            candidates = tuple(self._planted)
        for planted in candidates:
            if planted.fits(subject) and self._count(planted):
                return planted.thing
        return None

    def _count(self, planted: _Planted[Subject, Thing]) -> bool:
        """Count that something strikes, unless it was used up or taken out meanwhile."""
        with self._lock:
            if planted not in self._planted:
                return False
            if planted.times is not None:
                planted.times -= 1
                if not planted.times:
                    self._planted.remove(planted)
            return True
