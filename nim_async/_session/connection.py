"""One connection of the pool: a request out, its reply in, and nothing else."""

from __future__ import annotations

import asyncio
import select
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias, cast

from nim_async._session import IDLE_SECONDS, Reply
from nim_async._session.replies import ReplyReader
from nim_async.errors import DecodeError, TimedOut, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nim_async._session.deadlines import Deadlines
    from nim_async._session.outbox import Outbox

Origin: TypeAlias = tuple[str, int, bool]  # host, port, whether over TLS
# What became of a request; nothing when time ran out. A failure is given as what makes the error:
# the error itself would hold the connection.
Arrival: TypeAlias = "Reply | Callable[[], TransportError] | None"
Waiter: TypeAlias = "asyncio.Future[Arrival]"


class Connection(asyncio.Protocol):
    """
    A connection that carries one request at a time.

    Attributes:
        origin: Where it leads.
        idle_since: When it was last used, on the clock of `time.monotonic`.
        made: Whether it was opened.
        lost: Done once it is closed.
    """

    def __init__(
        self,
        origin: Origin,
        *,
        loop: asyncio.AbstractEventLoop,
        deadlines: Deadlines,
        family: set[Connection],
        buffer: memoryview,
    ) -> None:
        """
        Be no connection yet.

        Args:
            origin: Where it leads.
            loop: The loop it is used on.
            deadlines: What ends a request that takes too long.
            family: The open connections, to which this one belongs until it is closed.
            buffer: Where what comes may be put until it is read, which is at once: all
                connections of a session share it.
        """
        self.origin = origin
        self.idle_since = monotonic()
        self.lost: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._deadlines = deadlines
        self._family = family
        self._buffer = buffer
        self._reader: ReplyReader
        self._transport: asyncio.Transport
        self._news: select.poll | None = None
        self.made = False
        self._ended = False
        self._waiter: Waiter | None = None

    def send(self, request: bytes, until: float, outbox: Outbox | None) -> Waiter:
        """
        Send a request.

        Args:
            request: All of its bytes.
            until: When to give up, on the clock of `time.monotonic`.
            outbox: What sends it; nothing for at once.

        Returns:
            What its reply comes in, to be read by `reply`.
        """
        waiter = self._waiter = self._loop.create_future()
        self._deadlines.watch(waiter, until)
        if outbox is None:
            self._transport.write(request)
        else:
            outbox.add(waiter, self._transport.write, request)
        return waiter

    def reply(self, arrival: Arrival) -> Reply:
        """
        Return the reply to what was sent.

        Raises:
            TransportError: There was no reply in time, or none that can be read.
        """
        self.forget()
        if isinstance(arrival, Reply):
            return arrival
        if arrival is None:
            unsent = self._transport.get_write_buffer_size()
            raise TimedOut(phase="write" if unsent else "read", maybe_processed=True)
        raise arrival()

    def forget(self) -> None:
        """Expect no reply any more."""
        if self._waiter is not None:
            self._deadlines.forget(self._waiter)
            self._waiter = None

    def rest(self) -> bool:
        """Become idle if another request can follow the one whose reply was read."""
        transport, reader = self._transport, self._reader
        self.idle_since = monotonic()
        reusable = reader.reusable
        reader.next()
        return (
            reusable
            and not self._ended
            and not transport.is_closing()
            and not transport.get_write_buffer_size()
        )

    def usable(self) -> bool:
        """Return whether an idle connection is still good, as far as can be known."""
        if self._ended or monotonic() - self.idle_since >= IDLE_SECONDS:
            return False
        # Of an end that came just now the loop may not have reported yet; the kernel knows.
        return self._news is None or not self._news.poll(0)

    def abort(self) -> None:
        """Close it at once."""
        self._family.discard(self)
        self._transport.abort()

    # what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be open."""
        self.made = True
        self._reader = ReplyReader()
        self._transport = cast("asyncio.Transport", transport)
        if hasattr(select, "poll"):
            self._news = select.poll()
            self._news.register(transport.get_extra_info("socket"), select.POLLIN)
        self._family.add(self)

    def data_received(self, data: bytes | memoryview) -> None:
        """Take a part of the reply; what nobody asked for ends the connection."""
        waiter = self._waiter
        if waiter is None or waiter.done():
            self._ended = True
            self.abort()
            return
        reader = self._reader
        try:
            reader.feed(data)
        except DecodeError as error:
            waiter.set_result(partial(DecodeError, error.problems, raw=error.raw))
            return
        if reader.reply is not None:
            waiter.set_result(reader.reply)

    def eof_received(self) -> None:
        """Take the end of what the server sends."""
        self._ended = True
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        try:
            self._reader.end()
        except TransportError as error:
            waiter.set_result(partial(TransportError, *error.args))
        else:
            waiter.set_result(self._reader.reply)

    def connection_lost(self, exc: Exception | None) -> None:
        """Be closed."""
        self._ended = True
        self._family.discard(self)
        self._reader.close()
        # The transport of asyncio keeps a method of its own, and by that itself.
        getattr(self._transport, "__dict__", {}).pop("_read_ready_cb", None)
        self.lost.set_result(None)
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            reason = "the connection was closed" if exc is None else type(exc).__name__
            waiter.set_result(partial(TransportError, reason))


class PlainConnection(Connection, asyncio.BufferedProtocol):
    """
    A connection without TLS, whose replies come by way of the shared buffer.

    Over TLS asyncio loses what does not fit into the buffer when the server closes behind it.
    """

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where to put what comes."""
        del sizehint
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take a part of the reply out of the buffer."""
        self.data_received(self._buffer[:nbytes])
