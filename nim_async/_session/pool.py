"""The session of our own: pooled HTTP/1.1 connections on asyncio."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

from nim_async._session import (
    CLOSE_SECONDS,
    IDLE_SECONDS,
    OTHER_LOOP,
    Ticket,
    header_lines,
    was_closed,
)
from nim_async._session.connection import Connection, PlainConnection
from nim_async._session.deadlines import Deadlines
from nim_async._session.names import Names
from nim_async._session.opening import Opening, let_close
from nim_async._session.outbox import Outbox
from nim_async._session.targets import Target
from nim_async._session.tls import context_for
from nim_async.errors import ConfigurationError, ConnectError, TimedOut

if TYPE_CHECKING:
    import ssl

    from nim_async._session import Reply, Sending
    from nim_async._session.targets import Origin
    from nim_async.config import ConnectionOptions

_MAX_TARGETS = 1024
_BUFFER_BYTES = 64 * 1024
_FEW_REQUESTS = 4  # requests under way among which holding one back for the others does not pay
_MAX_OPENED = 3  # connections for a request that end, or speak, before it is written


class PoolSession:
    """
    A session on connections of its own.

    At most ``max_connections`` requests are under way; more wait in order of arrival. A request
    takes the connection that became idle last, so that those not needed grow old and are closed.
    """

    def __init__(self, options: ConnectionOptions, *, tls: bool = False) -> None:
        """
        Keep the settings; nothing is opened before the first request.

        Args:
            options: How to reach servers.
            tls: Whether connections will need a TLS context, which is slow to make.
        """
        self._max_connections = options.max_connections
        self._verify = options.verify
        self._context: ssl.SSLContext | None = context_for(options.verify) if tls else None
        self._headers = header_lines(options.headers)
        self._bound = False
        self._loop: asyncio.AbstractEventLoop
        self._deadlines: Deadlines
        self._outbox: Outbox
        self._names: Names
        self.free = options.max_connections
        self._waiting: deque[asyncio.Future[bool | None]] = deque()
        self._idle: dict[Origin, list[Connection]] = {}
        self._open: set[Connection] = set()
        self._openings: set[Opening] = set()
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._sweep: asyncio.TimerHandle | None = None
        self._targets: dict[str, Target] = {}
        self.closed = False

    now = staticmethod(monotonic)

    def bind(self) -> float:
        """Belong to the running event loop; see `Session.bind`."""
        loop = asyncio.get_running_loop()
        if not self._bound:
            self._bound, self._loop = True, loop
            self._deadlines, self._outbox = Deadlines(loop), Outbox(loop)
            self._names = Names(loop)
        elif loop is not self._loop:
            raise ConfigurationError(OTHER_LOOP)
        return monotonic()

    def orphaned(self) -> bool:
        """Return whether its event loop has ended; see `Session.orphaned`."""
        return self._bound and self._loop.is_closed()

    def enter_now(self) -> bool:
        """Take a free connection; see `Session.enter_now`."""
        if self.closed:
            raise was_closed()
        if self.free:
            self.free -= 1
            return True
        return False

    async def enter(self, deadline: float) -> None:
        """Wait for a connection, first come, first served; see `Session.enter`."""
        if self.enter_now():
            return
        waiter = self._loop.create_future()
        self._waiting.append(waiter)
        self._deadlines.watch(waiter, deadline)
        try:
            granted = await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.result():
                self.leave()
            raise
        finally:
            self._deadlines.forget(waiter)
        if self.closed:
            raise was_closed()
        if not granted:
            raise TimedOut(phase="pool", maybe_processed=False)

    def leave(self) -> None:
        """Let the next have the connection; see `Session.leave`."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(True)
                return
        self.free += 1

    async def request(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: str,
        *,
        until: float,
        sending: Sending | None = None,
    ) -> Reply:
        """Send one request and read its answer; see `Session.request`."""
        target = self._targets.get(url) or self._target(url)
        head = f"{method}{target.start}{headers}Content-Length: {len(body)}\r\n\r\n"
        request, sending = head.encode("latin-1") + body, sending or Ticket()
        opened = 0
        while opened < _MAX_OPENED:
            if self.closed:
                raise was_closed()
            connection = self._take(target.origin)
            if connection is None:
                connection = await self._connect(target.origin, until)
                opened += 1
            outbox = self._outbox if self._max_connections - self.free > _FEW_REQUESTS else None
            try:
                arrival = await connection.send(request, until, outbox, sending)
                reply = connection.reply(arrival)
            except BaseException:
                connection.forget()
                connection.abort()
                raise
            if reply is not None:
                self._give_back(connection)
                return reply
            connection.abort()
        raise ConnectError("the server ends connections before it is asked, or speaks unasked")

    def _target(self, url: str) -> Target:
        if len(self._targets) >= _MAX_TARGETS:
            self._targets.clear()
        target = self._targets[url] = Target.of(url, self._headers)
        return target

    def _take(self, origin: Origin) -> Connection | None:
        """Take the connection that became idle last, if one is still good."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.usable():
                return connection
            connection.abort()
        return None

    def _give_back(self, connection: Connection) -> None:
        if self.closed or not connection.rest():
            connection.abort()
            return
        idle = self._idle.get(connection.origin)
        if idle is None:
            idle = self._idle[connection.origin] = []
        idle.append(connection)
        if self._sweep is None:
            self._sweep = self._later(IDLE_SECONDS)

    def _later(self, seconds: float) -> asyncio.TimerHandle:
        return self._loop.call_later(seconds, self._sweep_idle)

    def _sweep_idle(self) -> None:
        """Close what has been idle for too long, and come back when the next will have been."""
        now = monotonic()
        oldest = now
        for idle in self._idle.values():
            fresh = 0
            while fresh < len(idle) and now - idle[fresh].idle_since >= IDLE_SECONDS:
                idle[fresh].abort()
                fresh += 1
            del idle[:fresh]
            if idle:
                oldest = min(oldest, idle[0].idle_since)
        self._idle = {origin: idle for origin, idle in self._idle.items() if idle}
        self._sweep = self._later(oldest + IDLE_SECONDS - now) if self._idle else None

    async def _connect(self, origin: Origin, until: float) -> Connection:
        while len(self._open) + len(self._openings) >= self._max_connections and self._drop_idle():
            pass
        opening = self._begin(origin)
        task = opening.task
        try:
            await asyncio.wait((task,), timeout=None if until == inf else until - monotonic())
        except asyncio.CancelledError:
            opening.give_up()
            raise
        connection = task.result() if task.done() and not task.cancelled() else None
        if self.closed or connection is None:
            opening.give_up()
            raise was_closed() if self.closed else TimedOut(phase="connect", maybe_processed=False)
        if isinstance(connection, Exception):
            raise ConnectError(f"{type(connection).__name__}: {connection}") from connection
        return connection

    def _begin(self, origin: Origin) -> Opening:
        tls = origin[2]
        if tls and self._context is None:
            self._context = context_for(self._verify)
        new = Connection if tls else PlainConnection
        connection = new(
            origin,
            loop=self._loop,
            deadlines=self._deadlines,
            family=self._open,
            buffer=self._buffer,
        )
        opening = Opening(
            connection,
            loop=self._loop,
            names=self._names,
            context=self._context if tls else None,
        )
        self._openings.add(opening)
        opening.task.add_done_callback(lambda _: self._openings.discard(opening))
        return opening

    def _drop_idle(self) -> bool:
        for idle in self._idle.values():
            if idle:
                idle.pop(0).abort()
                return True
        return False

    @property
    def connections(self) -> tuple[int, int]:
        """How many connections are open, and idle; see `Session.connections`."""
        return len(self._open), sum(map(len, self._idle.values()))

    async def aclose(self) -> None:
        """Close all connections; see `Session.aclose`."""
        self.closed = True
        if self.orphaned():
            self._bury()
        elif self._bound:
            await self._close()

    async def _close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        self._idle.clear()
        self._deadlines.close()
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        connections, openings = list(self._open), list(self._openings)
        for opening in openings:
            opening.give_up()
        for connection in connections:
            connection.end()
        ending: list[asyncio.Future[Any]] = [
            *(one.lost for one in connections),
            *(one.task for one in openings),
        ]
        if ending:
            await asyncio.wait(ending, timeout=CLOSE_SECONDS)
        await let_close()

    def _bury(self) -> None:
        """Let go of connections whose loop cannot close them any more; collected, they close."""
        self._idle.clear()
        self._open.clear()
        self._openings.clear()
        with catch_warnings():
            simplefilter("ignore", ResourceWarning)
            gc.collect()
