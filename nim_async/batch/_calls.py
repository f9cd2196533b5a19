"""The call of a row, as its client makes it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

from nim_async._core.operation import client_of, on_client
from nim_async.client import NimClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nim_async._core.call import Call
    from nim_async.batch._pace import Pace
    from nim_async.batch._rows import Target

R = TypeVar("R")


class Watched:
    """
    A call under way, whose attempts tell how many calls at a time the service bears.

    Args:
        pace: Is told of them.
        begin: Is done before the first.
    """

    __slots__ = ("_begin", "_pace", "begun", "call", "seen")

    def __init__(self, pace: Pace, begin: Callable[[], Awaitable[None]] | None = None) -> None:
        """Begin before the call is made."""
        self.call: Call | None = None
        self.seen = False  # that of other methods than a client's own is not
        self.begun = False
        self._begin = begin
        self._pace = pace

    async def attempting(self) -> None:
        """Do what comes before the first attempt."""
        if self._begin is not None and not self.begun:
            await self._begin()
        self.begun = True

    def attempted(self, seconds: float, error: BaseException | None) -> None:
        """Pass an attempt on."""
        self._pace.attempted(seconds, error)

    @property
    def maybe_processed(self) -> bool:
        """Whether the service may have carried it out by now."""
        if self.call is None:
            return not self.seen
        return self.call.sent or self.call.maybe


def is_watched(method: Callable[..., object]) -> bool:
    """Return whether a method is that of a client, so that its calls can be watched."""
    return isinstance(client_of(method), NimClient)


def patient(method: Callable[..., R]) -> Callable[..., R]:
    """
    Return a method whose calls wait for the rate limit as long as that takes.

    Many rows wait for one limit, so that a deadline for all of a call, waiting included, would end
    most of them; attempts stay bounded one by one. What is no method of a client stays as it is.
    """
    client = client_of(method)
    if not isinstance(client, NimClient):
        return method
    return on_client(method, client.options(deadline=inf))


async def call(target: Target, watched: Watched, request_id: str | None = None) -> Any:
    """
    Make the call of a row.

    Args:
        target: What is called.
        watched: Is told of its attempts.
        request_id: The ``RequestId`` it carries; a new one when ``None``.

    Raises:
        NimError: As the method.
    """
    client = client_of(target.method)
    if not isinstance(client, NimClient):
        return await target.method(**target.arguments)
    watched.seen = True
    view = client.watched(watched, trace_id=request_id)
    return await on_client(target.method, view)(**target.arguments)
