"""Time that a task has for all its calls together."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from attrs import define

if TYPE_CHECKING:
    from collections.abc import Generator


@define(eq=False)
class Budget:
    """
    When the calls of a task must have ended.

    Attributes:
        ends: That moment, by the clock of the event loop; ``None`` once nobody waits any more, so
            that tasks which were left behind are free.
    """

    ends: float | None

    def bound(self, until: float) -> float:
        """Return the earlier of two moments: when a call should end, and when it must."""
        return until if self.ends is None else min(until, self.ends)


current: ContextVar[Budget | None] = ContextVar("nim_async_budget", default=None)


@contextmanager
def spending(ends: float) -> Generator[None]:
    """Bound the calls that are made inside, in tasks and threads that begin there too."""
    budget = Budget(ends)
    token = current.set(budget)
    try:
        yield
    finally:
        budget.ends = None
        current.reset(token)
