"""Waiting until an operation may be called."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING, Any, Protocol, cast

from nim_async._checks import awaits, near, refused, shown, takes
from nim_async._core.regions import PATH
from nim_async.config import RateLimit
from nim_async.errors import ConfigurationError, NimError
from nim_async.limits.local import LocalLimiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from nim_async._core.operation import Operation
    from nim_async.observe.statistics import LimitState

__all__ = ["Limiter", "Limiters", "LocalLimiter"]

_METHODS = ("enter_now", "enter", "leave_now", "leave", "close")
_REPLACED = 'write {"chatroom.send_msg": RateLimit(calls=..., per_seconds=..., block_seconds=...)}'


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

        Raises:
            ConfigurationError: A limit or a name cannot be, or ``new_limiter`` makes no limiter.
        """
        super().__init__()
        self._operations = operations
        self._overrides = None if overrides is None else self._checked(overrides)
        _check_maker(new_limiter)
        self._new_limiter = new_limiter

    def _checked(self, limits: object) -> dict[str, RateLimit | None]:
        if not isinstance(limits, Mapping):
            instead = "write None to switch all limits off" if limits is False else _REPLACED
            raise refused("rate_limit", "must map names to limits", shown(limits), instead)
        names = {operation.qualified_name for operation in self._operations.values()}
        found = dict(cast("Mapping[object, object]", limits))
        for name, limit in found.items():
            if not isinstance(name, str) or (name not in names and not PATH.fullmatch(name)):
                meant = near(name, names) if isinstance(name, str) else None
                raise ConfigurationError(
                    f"rate_limit names {shown(name)}, which is no operation and no path"
                    + (f"; do you mean {meant!r}?" if meant else ""),
                    option="rate_limit",
                )
            if limit is not None and not isinstance(limit, RateLimit):
                rule = f"of {shown(name)} must be a RateLimit or None"
                instead = "write RateLimit(calls=..., per_seconds=..., block_seconds=...)"
                raise refused("rate_limit", rule, shown(limit), instead)
        return cast("dict[str, RateLimit | None]", found)

    def __missing__(self, path: str) -> Limiter | None:
        """Make the limiter of a path."""
        limit = self.limit(path)
        found = None if limit is None else self._made(path, limit)
        if found is not None or path in self._operations:  # others may be any number
            self[path] = found
        return found

    def _made(self, path: str, limit: RateLimit) -> Limiter:
        try:
            made = self._new_limiter(path, limit)
        except NimError:
            raise
        except Exception as error:
            text = f"limiter raised {type(error).__name__} for {path}"
            raise ConfigurationError(text, option="limiter") from error
        if not _is_limiter(made):
            text = f"limiter returned {shown(made)} for {path}, which is no Limiter"
            raise ConfigurationError(text, option="limiter")
        return made

    def limit(self, path: str) -> RateLimit | None:
        """Return the limit of a path, documented or in its place, if it has one."""
        overrides, operation = self._overrides, self._operations.get(path)
        if overrides is None:
            return None
        if path in overrides or operation is None:
            return overrides.get(path)
        return overrides.get(operation.qualified_name, operation.rate_limit)


def _is_limiter(made: object) -> bool:
    found = all(callable(getattr(made, method, None)) for method in _METHODS)
    return found and not isinstance(made, type)


def _check_maker(maker: object) -> None:
    rule = "must be a function of path and limit that returns a Limiter"
    if not callable(maker):
        instead = "give its class" if _is_limiter(maker) else ""
        raise refused("limiter", rule, shown(maker), instead)
    if awaits(maker):
        raise refused("limiter", rule, f"{shown(maker)}, which returns a coroutine")
    if not takes(maker, 2):
        instead = "give an object of the class" if isinstance(maker, type) else ""
        raise refused("limiter", rule, f"{shown(maker)} with other arguments", instead)
