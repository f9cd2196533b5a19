"""One connection of the pool: a request out, its reply in, and nothing else."""

from __future__ import annotations

import asyncio
import select
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from nim_async._session import CLOSED, IDLE_SECONDS, Reply
from nim_async._session.replies import ReplyReader
from nim_async.errors import DecodeError, TimedOut, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nim_async._session import Sending
    from nim_async._session.deadlines import Deadlines
    from nim_async._session.outbox import Outbox
    from nim_async._session.targets import Origin

UNSENT: Literal["unsent"] = "unsent"
# What became of a request; nothing when time ran out. A failure is given as what makes the error:
# the error itself would hold the connection.
Arrival: TypeAlias = "Reply | Callable[[], TransportError] | Literal['unsent'] | None"
Waiter: TypeAlias = "asyncio.Future[Arrival]"


class Connection(asyncio.Protocol):
    """
    A connection that carries one request at a time.

    What comes before a request is written belongs to none: it ends the connection, and the
    request is ``UNSENT``.

    Attributes:
        origin: Where it leads.
        idle_since: When it was last used, on the clock of `time.monotonic`.
        made: Whether it was opened.
        lost: Done once it is closed.
    """

    # Over TLS there may be something to read that says nothing, such as tickets for later
    # sessions. So many turns of the loop are left for it to be read before a request is written.
    _reading_turns = 8

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
        self._sending: Sending
        self._written = False

    def send(self, request: bytes, until: float, outbox: Outbox | None, sending: Sending) -> Waiter:
        """
        Send a request.

        Args:
            request: All of its bytes.
            until: When to give up, on the clock of `time.monotonic`.
            outbox: What sends it; nothing for at once.
            sending: Where to note that it was written.

        Returns:
            What its reply comes in, to be read by `reply`.
        """
        waiter = self._waiter = self._loop.create_future()
        self._sending, self._written = sending, False
        self._deadlines.watch(waiter, until)
        if outbox is None:
            self._write(request)
        else:
            outbox.add(waiter, self._write, request)
        return waiter

    def _write(self, request: bytes, turns: int = 0) -> None:
        """Write a request, unless something came before it."""
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        # Of what came just now the loop may not have reported yet; the kernel knows.
        if self._ended or (self._news is not None and self._news.poll(0)):
            if self._ended or turns == self._reading_turns:
                waiter.set_result(UNSENT)
            else:
                self._loop.call_soon(self._write, request, turns + 1)
            return
        self._sending.sent = self._written = True
        self._transport.write(request)

    def reply(self, arrival: Arrival) -> Reply | None:
        """
        Return the reply to what was sent; nothing if it was not written.

        Raises:
            TransportError: There was no reply in time, or none that can be read.
        """
        self.forget()
        if isinstance(arrival, Reply):
            return arrival
        if arrival == UNSENT:
            return None
        if arrival is None:
            unsent = not self._written or self._transport.get_write_buffer_size()
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
        """Return whether an idle connection is worth a try."""
        return not self._ended and monotonic() - self.idle_since < IDLE_SECONDS

    def abort(self) -> None:
        """Close it at once."""
        self._family.discard(self)
        self._transport.abort()

    def end(self) -> None:
        """Close it because the session is closed; a request on it is not written any more."""
        self._ended = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(partial(TransportError, CLOSED))
        self.abort()

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
        waiter = self._asked()
        if waiter is None:
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
        waiter = self._asked()
        if waiter is None:
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
        # The transport of asyncio keeps methods of its own, and by them itself.
        for name in ("_read_ready_cb", "_write_ready"):
            getattr(self._transport, "__dict__", {}).pop(name, None)
        self.lost.set_result(None)
        waiter = self._asked()
        if waiter is not None:
            reason = "the connection was closed" if exc is None else type(exc).__name__
            waiter.set_result(partial(TransportError, reason))

    def _asked(self) -> Waiter | None:
        """Return what waits for what comes; a request that is not written waits no longer."""
        waiter = self._waiter
        if waiter is None or waiter.done():
            return None
        if not self._written:
            waiter.set_result(UNSENT)
            return None
        return waiter


class PlainConnection(Connection, asyncio.BufferedProtocol):
    """
    A connection without TLS, whose replies come by way of the shared buffer.

    Over TLS asyncio loses what does not fit into the buffer when the server closes behind it.
    """

    _reading_turns = 0

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where to put what comes."""
        del sizehint
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take a part of the reply out of the buffer."""
        self.data_received(self._buffer[:nbytes])
