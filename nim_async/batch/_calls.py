"""The call of a row, as its client makes it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Protocol

from nim_async._core.operation import client_of, operation_of
from nim_async._generated import methods
from nim_async.client import NimClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nim_async._core.call import Call
    from nim_async._core.operation import Operation
    from nim_async.batch._pace import Pace
    from nim_async.batch._rows import Row


class Marks(Protocol):
    """Writes down that a row is about to be sent."""

    def mark_now(self, row: Row, /) -> bool:
        """Write it, and return true, unless that is to be waited for."""
        ...

    async def mark(self, row: Row, /) -> None:
        """Write it as soon as that can be."""
        ...


class Watched:
    """
    A call under way, whose attempts tell how many calls at a time the service bears.

    Args:
        pace: Is told of them.
        request_id: The ``RequestId`` it carries; a new one when ``None``.
        marked: What marks it before the first, and the row it is made of.
    """

    __slots__ = ("_marked", "_pace", "begun", "call", "request_id", "seen")

    def __init__(
        self, pace: Pace, request_id: str | None = None, marked: tuple[Marks, Row] | None = None
    ) -> None:
        """Begin before the call is made."""
        self.call: Call | None = None
        self.seen: bool = False  # that of other methods than a client's own is not
        self.begun: bool = False
        self.request_id: str | None = request_id
        self._marked = marked
        self._pace = pace

    def begin_now(self) -> bool:
        """Do what comes before the first attempt, unless that is to be awaited."""
        if not self.begun:
            self.begun = self._marked is None or self._marked[0].mark_now(self._marked[1])
        return self.begun

    async def begin(self) -> None:
        """Do it where it is."""
        if self._marked is not None:
            await self._marked[0].mark(self._marked[1])

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


class Bound:
    """
    A method whose calls can be watched.

    They wait for the rate limit as long as that takes: many rows wait for one limit, so that a
    deadline for all of a call, waiting included, would end most of them. Attempts stay bounded one
    by one. What is no method of a client is called as it is.
    """

    __slots__ = ("_call", "_client", "_left_out", "_namespace", "_operation")

    def __init__(self, method: Callable[..., Awaitable[Any]]) -> None:
        """Take the method apart, once for all rows."""
        client = client_of(method)
        self._client: NimClient | None = None
        self._call: Callable[..., Awaitable[Any]] = method
        self._operation: Operation[Any] | None = None  # where the method does nothing else
        self._left_out: dict[str, Any] = {}
        if isinstance(client, NimClient):
            owner: Any = getattr(method, "__self__", None)
            self._client = client.options(deadline=inf)
            self._namespace: Any = type(owner)
            self._call = getattr(self._namespace, method.__name__)
            if self._call.__module__ == methods.__name__:
                self._operation = operation_of(method)
                self._left_out = dict.fromkeys(self._operation.names)

    def __call__(self, arguments: dict[str, Any], watched: Watched) -> Awaitable[Any]:
        """
        Make a call.

        Args:
            arguments: Its arguments.
            watched: Is told of its attempts.

        Raises:
            NimError: As the method, when awaited.
        """
        if self._client is None:
            return self._call(**arguments)
        watched.seen = True
        client = self._client.watched(watched)
        if self._operation is not None:
            return client.invoke(self._operation, self._left_out | arguments)
        return self._call(self._namespace(client), **arguments)
