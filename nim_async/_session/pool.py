"""The session of our own: pooled HTTP/1.1 connections on asyncio."""

from __future__ import annotations

import asyncio
from collections import deque
from math import inf
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from attrs import frozen

from nim_async._session import IDLE_SECONDS, OTHER_LOOP, header_lines
from nim_async._session.connection import Connection, Origin, PlainConnection
from nim_async._session.deadlines import Deadlines
from nim_async._session.dialing import dial
from nim_async._session.outbox import Outbox
from nim_async._session.tls import context_for
from nim_async.errors import ConfigurationError, ConnectError, TimedOut

if TYPE_CHECKING:
    import ssl

    from nim_async._session import Reply
    from nim_async.config import ConnectionOptions

_MAX_TARGETS = 1024
_BUFFER_BYTES = 64 * 1024
_FEW_REQUESTS = 4  # requests under way among which holding one back for the others does not pay
_START_LINES, _START_SPACES = 2, 3


@frozen
class _Target:
    """Where a URL leads, and how a request to it begins."""

    origin: Origin
    start: str  # all but the method and what differs from request to request


class PoolSession:
    """
    A session on connections of its own.

    At most ``max_connections`` requests are under way; more wait in order of arrival. A request
    takes the connection that became idle last, so that those not needed grow old and are closed.
    """

    def __init__(self, options: ConnectionOptions) -> None:
        """Keep the settings; nothing is opened before the first request."""
        self._max_connections = options.max_connections
        self._verify = options.verify
        self._context: ssl.SSLContext | None = None
        self._headers = header_lines(options.headers)
        self._bound = False
        self._loop: asyncio.AbstractEventLoop
        self._deadlines: Deadlines
        self._outbox: Outbox
        self.free = options.max_connections
        self._waiting: deque[asyncio.Future[bool | None]] = deque()
        self._idle: dict[Origin, list[Connection]] = {}
        self._open: set[Connection] = set()
        self._dialing = 0
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._sweep: asyncio.TimerHandle | None = None
        self._targets: dict[str, _Target] = {}
        self._closed = False

    now = staticmethod(monotonic)

    def bind(self) -> float:
        """Belong to the running event loop; see `Session.bind`."""
        loop = asyncio.get_running_loop()
        if not self._bound:
            self._bound, self._loop = True, loop
            self._deadlines, self._outbox = Deadlines(loop), Outbox(loop)
        elif loop is not self._loop:
            raise ConfigurationError(OTHER_LOOP)
        return monotonic()

    def enter_now(self) -> bool:
        """Take a free connection; see `Session.enter_now`."""
        if self._closed:
            raise ConfigurationError("the client is closed")
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
        self, method: str, url: str, body: bytes, headers: str, *, until: float
    ) -> Reply:
        """Send one request and read its answer; see `Session.request`."""
        if self._closed:
            raise ConfigurationError("the client is closed")
        target = self._targets.get(url) or self._target(url)
        head = f"{method}{target.start}{headers}Content-Length: {len(body)}\r\n\r\n"
        connection = self._take(target.origin) or await self._connect(target.origin, until)
        outbox = self._outbox if self._max_connections - self.free > _FEW_REQUESTS else None
        try:
            outcome = await connection.send(head.encode("latin-1") + body, until, outbox)
            reply = connection.reply(outcome)
        except BaseException:
            connection.forget()
            connection.abort()
            raise
        self._give_back(connection)
        return reply

    def _target(self, url: str) -> _Target:
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        start = f" {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        if (
            not start.isascii()
            or start.count("\n") != _START_LINES
            or start.count(" ") != _START_SPACES
        ):
            raise ConfigurationError("a URL holds what no URL can")
        target = _Target(
            origin=(parts.hostname or "", parts.port or (443 if tls else 80), tls),
            start=start + self._headers,
        )
        if len(self._targets) >= _MAX_TARGETS:
            self._targets.clear()
        self._targets[url] = target
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
        if self._closed or not connection.rest():
            connection.abort()
            return
        self._idle.setdefault(connection.origin, []).append(connection)
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
        left = any(self._idle.values())
        self._sweep = self._later(oldest + IDLE_SECONDS - now) if left else None

    async def _connect(self, origin: Origin, until: float) -> Connection:
        while len(self._open) + self._dialing >= self._max_connections and self._drop_idle():
            pass
        self._dialing += 1
        try:
            async with asyncio.timeout(None if until == inf else until - monotonic()):
                return await self._dial(origin)
        except TimeoutError:
            raise TimedOut(phase="connect", maybe_processed=False) from None
        except (OSError, UnicodeError) as error:
            raise ConnectError(f"{type(error).__name__}: {error}") from error
        finally:
            self._dialing -= 1

    async def _dial(self, origin: Origin) -> Connection:
        host, port, tls = origin
        new = Connection if tls else PlainConnection
        connection = new(
            origin,
            loop=self._loop,
            deadlines=self._deadlines,
            family=self._open,
            buffer=self._buffer,
        )
        if tls and self._context is None:
            self._context = context_for(self._verify)
        sock = await dial(self._loop, host, port)
        try:
            await self._loop.create_connection(
                lambda: connection,
                sock=sock,
                ssl=self._context if tls else None,
                server_hostname=host if tls else None,
            )
        except BaseException:
            if not connection.made:
                sock.close()
            raise
        return connection

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
        """Close all connections; requests under way end with an error."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        self._idle.clear()
        if self._bound:
            self._deadlines.close()
        connections = list(self._open)
        for connection in connections:
            connection.abort()
        for connection in connections:
            await connection.lost
        await asyncio.sleep(0)  # what was closed just before is gone by then
