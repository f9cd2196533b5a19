"""Waiting until an operation may be called."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Protocol

import anyio

from nim_async._session.eventloop import clock
from nim_async.errors import TimedOut
from nim_async.limits.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nim_async._core.operation import Operation
    from nim_async.config import RateLimit


class Limiter(Protocol):
    """Keeps the limit of one operation."""

    def enter_now(self) -> bool:
        """Let a call be sent, if that can be told at once."""
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


class LocalLimiter:
    """Keeps the limit of one operation among the tasks of one client."""

    def __init__(self, path: str, limit: RateLimit) -> None:
        """Take the limit to keep; the path makes no difference here."""
        del path
        self._window = Window(limit)
        self._now = clock()
        self._turn = anyio.Lock(fast_acquire=True)
        self._waiting = 0

    def enter_now(self) -> bool:
        """Take a place if nobody waits for one; see `Limiter.enter_now`."""
        return not self._waiting and self._window.take(self._now()) <= 0

    async def enter(self, deadline: float) -> None:
        """Wait for a place; see `Limiter.enter`."""
        self._waiting += 1
        try:
            with anyio.CancelScope(deadline=deadline):
                async with self._turn:
                    while (wait := self._window.take(now := self._now())) > 0:
                        if now + wait > deadline:
                            break
                        await anyio.sleep(wait)
                    else:
                        return
        finally:
            self._waiting -= 1
        raise TimedOut(phase="rate limit", maybe_processed=False)

    def leave_now(self, *, used: bool) -> bool:
        """Let the place come free; see `Limiter.leave_now`."""
        self._window.give_back(self._now(), used=used)
        return True

    async def leave(self, *, used: bool, deadline: float = inf) -> None:
        """Let the place come free; see `Limiter.leave`."""
        del deadline
        self.leave_now(used=used)

    async def close(self, seconds: float, *, deadline: float = inf) -> None:
        """Close the operation; see `Limiter.close`."""
        del deadline
        self._window.close(self._now(), seconds)


class _Unlimited:
    """Lets everybody in."""

    def enter_now(self) -> bool:
        return True

    async def enter(self, deadline: float) -> None:
        del deadline

    def leave_now(self, *, used: bool) -> bool:
        del used
        return True

    async def leave(self, *, used: bool, deadline: float = inf) -> None:
        del used, deadline

    async def close(self, seconds: float, *, deadline: float = inf) -> None:
        del seconds, deadline


class Limiters(dict[str, tuple[Limiter, "RateLimit | None"]]):
    """Limiter and limit by path; made when a path is first asked for."""

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

    def __missing__(self, path: str) -> tuple[Limiter, RateLimit | None]:
        """Make the limiter of a path."""
        limit = self._limit(path)
        limiter = _Unlimited() if limit is None else self._new_limiter(path, limit)
        found = self[path] = limiter, limit
        return found

    def _limit(self, path: str) -> RateLimit | None:
        overrides, operation = self._overrides, self._operations.get(path)
        if overrides is None:
            return None
        if path in overrides or operation is None:
            return overrides.get(path)
        return overrides.get(operation.qualified_name, operation.rate_limit)
