"""Requests that are sent one right after the other, which costs less than one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Callable

_MAX_REQUESTS = 64  # so that the first does not wait for a thousand others


class Outbox:
    """
    Holds requests back until the tasks that run now have made theirs.

    Between two runs of Python code the network stack of the kernel displaces both from the caches
    of the processor, and the other way round. Among many tasks it pays to let each go on for a
    while.
    """

    def __init__(self, loop: AbstractEventLoop) -> None:
        """Hold nothing yet."""
        self._loop = loop
        self._held: list[tuple[Future[Any], Callable[[bytes], object], bytes]] = []

    def add(self, waiter: Future[Any], write: Callable[[bytes], object], request: bytes) -> None:
        """
        Take a request that is sent before the loop looks for what has come.

        Args:
            waiter: What waits for the reply; once it is done the request is not sent any more.
            write: Sends the request.
            request: All of its bytes.
        """
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append((waiter, write, request))
        if len(self._held) >= _MAX_REQUESTS:
            self._send()

    def _send(self) -> None:
        held, self._held = self._held, []
        for waiter, write, request in held:
            if not waiter.done():
                write(request)
