"""Waiting until an operation may be called."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Protocol

from nim_async.limits.local import LocalLimiter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nim_async._core.operation import Operation
    from nim_async.config import RateLimit
    from nim_async.observe.statistics import LimitState

__all__ = ["Limiter", "Limiters", "LocalLimiter"]


class Limiter(Protocol):
    """Keeps the limit of one operation."""

    @property
    def state(self) -> LimitState:
        """How full it is, for `NimClient.statistics`."""
        ...

    def enter_now(self) -> bool:
        """Let a call be sent, if that can be decided at once."""
        ...

    async def enter(self, deadline: float) -> None:
        """
        Wait, first come, first served, until a call may be sent.

        Args:
            deadline: When to give up, on the clock of `anyio.current_time`.

        Raises:
            TimedOut: The call cannot be sent in time.
        """
        ...

    def leave_now(self, *, used: bool) -> bool:
        """Do what `leave` does, if that can be done at once."""
        ...

    async def leave(self, *, used: bool, deadline: float = inf) -> None:
        """
        Note that a call let in has ended.

        Args:
            used: Whether the service may have counted it.
            deadline: When to be done at the latest.
        """
        ...

    async def close(self, seconds: float, *, deadline: float = inf) -> None:
        """
        Let nobody in, since the service refuses the operation.

        Args:
            seconds: For how long.
            deadline: When to be done at the latest.
        """
        ...


class Limiters(dict[str, "Limiter | None"]):
    """The limiter of a path, if it has a limit; made when the path is first asked for."""

    def __init__(
        self,
        overrides: Mapping[str, RateLimit | None] | None,
        new_limiter: Callable[[str, RateLimit], Limiter],
        operations: Mapping[str, Operation[Any]],
    ) -> None:
        """
        Take what differs from the documented limits.

        Args:
            overrides: Paths or names such as ``chatroom.send_msg`` to limits that replace the
                documented ones; ``None`` in place of the mapping switches all limits off.
            new_limiter: Makes the limiter of a path.
            operations: The documented limits, by path.
        """
        super().__init__()
        self._overrides = overrides
        self._new_limiter = new_limiter
        self._operations = operations

    def __missing__(self, path: str) -> Limiter | None:
        """Make the limiter of a path."""
        limit = self.limit(path)
        found = None if limit is None else self._new_limiter(path, limit)
        if found is not None or path in self._operations:  # others may be any number
            self[path] = found
        return found

    def limit(self, path: str) -> RateLimit | None:
        """Return the limit of a path, documented or in its place, if it has one."""
        overrides, operation = self._overrides, self._operations.get(path)
        if overrides is None:
            return None
        if path in overrides or operation is None:
            return overrides.get(path)
        return overrides.get(operation.qualified_name, operation.rate_limit)
