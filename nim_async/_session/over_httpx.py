"""The session over httpx, or over its API-compatible successor when a caller passes that."""

from __future__ import annotations

import sys
from itertools import chain
from typing import TYPE_CHECKING, Any

import anyio
import httpx
from anyio.lowlevel import current_token

from nim_async._session import MAX_REPLY_BYTES, Reply
from nim_async.errors import (
    ConfigurationError,
    ConnectError,
    DecodeError,
    TimedOut,
    TransportError,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Sequence
    from types import ModuleType

    from nim_async.errors import Phase

_TIMEOUTS: dict[str, Phase] = {
    "ConnectTimeout": "connect",
    "PoolTimeout": "pool",
    "WriteTimeout": "write",
    "ReadTimeout": "read",
}
_LONGEST_REASON = 200
_UNREACHED = frozenset({"ConnectError", "ProxyError", "UnsupportedProtocol"})


def library_of(thing: object | None) -> ModuleType:
    """
    Return the library whose client or transport this is: httpx, or one with its API.

    A subclass or a transport of the caller's own is told by its bases; anything else is taken
    for httpx.
    """
    for cls in type(thing).__mro__:
        module = sys.modules.get(cls.__module__.partition(".")[0])
        if hasattr(module, "AsyncClient") and hasattr(module, "TransportError"):
            return module  # type: ignore[return-value]
    return httpx


class HttpxSession:
    """
    A session on an ``httpx.AsyncClient``.

    Tasks queue in front of the client, first come, first served, so that httpx itself never has
    to: its own queue times out under a crowd, and it can be left wedged by cancellation.

    It believes the server more than our own session does: bytes that come behind a reply are
    taken for the next one.
    """

    def __init__(
        self,
        *,
        max_connections: int,
        headers: Sequence[tuple[str, str]] = (),
        transport: Any = None,
        http_client: Any = None,
        verify: ssl.SSLContext | bool = True,
        proxy: str | None = None,
    ) -> None:
        """
        Keep the settings; nothing is opened before the first request.

        Args:
            max_connections: Most requests under way at once.
            headers: What every request carries.
            transport: A transport to use in place of the built-in one; closed with the session.
            http_client: The caller's own client, never closed here.
            verify: TLS context, or whether to verify certificates.
            proxy: URL of a proxy.
        """
        if http_client is not None and not (transport is None and proxy is None and verify is True):
            raise ConfigurationError("http_client brings its own transport, proxy and verify")
        self._max_connections = max_connections
        self._headers = list(headers)
        self._loop: object = None
        self._transport = transport
        self._http_client = http_client
        self._verify = verify
        self._proxy = proxy
        self._library = library_of(http_client if http_client is not None else transport)
        self._client: Any = None
        self._slots: anyio.Semaphore
        self._closed = False

    def _open(self) -> None:
        if self._closed:
            raise ConfigurationError("the client is closed")
        self._slots = anyio.Semaphore(self._max_connections, fast_acquire=True)
        self._body_type = _marked_body(self._library)
        self._client = self._http_client or self._library.AsyncClient(
            transport=self._transport,
            verify=self._verify,
            proxy=self._proxy,
            limits=self._library.Limits(
                max_connections=self._max_connections,
                max_keepalive_connections=self._max_connections,
                keepalive_expiry=_KEEPALIVE,
            ),
        )

    @property
    def free(self) -> int:
        """How many more requests may be under way; see `Session.free`."""
        return self._slots.value if self._client is not None else self._max_connections

    def now(self) -> float:
        """Return the time; see `Session.now`."""
        return anyio.current_time()

    def bind(self) -> float:
        """Belong to the running event loop; see `Session.bind`."""
        loop = current_token().native_token
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ConfigurationError("the client belongs to another event loop; make one for each")
        return anyio.current_time()

    def enter_now(self) -> bool:
        """Take a free connection; see `Session.enter_now`."""
        if self._client is None:
            self._open()
        try:
            self._slots.acquire_nowait()
        except anyio.WouldBlock:
            return False
        return True

    async def enter(self, deadline: float) -> None:
        """Wait for a connection, first come, first served; see `Session.enter`."""
        if self.enter_now():
            return
        with anyio.CancelScope(deadline=deadline) as waiting:
            await self._slots.acquire()
        if waiting.cancelled_caught:
            raise TimedOut(phase="pool", maybe_processed=False)

    def leave(self) -> None:
        """Let the next have the connection; see `Session.leave`."""
        self._slots.release()

    async def request(
        self, method: str, url: str, body: bytes, headers: str, *, until: float
    ) -> Reply:
        """Send one request and read its answer; see `Session.request`."""
        if self._closed:
            raise ConfigurationError("the client is closed")
        own = [line.split(": ", 1) for line in headers.splitlines()]
        timeout = self._library.Timeout(until - anyio.current_time(), pool=None)
        request = self._client.build_request(
            method,
            url,
            content=body,
            headers=[*self._headers, *own],
            timeout=timeout,
        )
        sending = request.stream = self._body_type(body)
        try:
            with anyio.CancelScope(deadline=until):
                return await self._send(request)
        except self._library.RequestError as error:
            raise _translated(error, sent=sending.started) from error
        phase: Phase = "read" if sending.started else "connect"
        raise TimedOut(phase=phase, maybe_processed=sending.started)

    async def _send(self, request: Any) -> Reply:
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            body = await _read(response.aiter_bytes())
        finally:
            await response.aclose()
        return Reply(response.status_code, body, list(chain.from_iterable(response.headers.raw)))

    async def aclose(self) -> None:
        """Close the client, unless it is the caller's, and a transport even if never used."""
        unopened = self._client is None and not self._closed
        self._closed = True
        client, self._client = self._client, None
        if client is not None and client is not self._http_client:
            await client.aclose()
        elif unopened and self._transport is not None:
            await self._transport.aclose()


# The official SDKs drop idle connections after 3 s, since the service does so soon after.
_KEEPALIVE = 3.0


def _marked_body(library: Any) -> Any:
    """Make a body type that knows whether its bytes were asked for, so that some may be out."""

    class MarkedBody(library.ByteStream):  # type: ignore[misc]
        def __init__(self, body: bytes) -> None:
            super().__init__(body)  # pyright: ignore[reportUnknownMemberType]
            self.body = body
            self.started = False

        async def __aiter__(self) -> AsyncIterator[bytes]:
            self.started = True
            yield self.body

    return MarkedBody


async def _read(parts: AsyncIterator[bytes]) -> bytes:
    found = bytearray()
    async for part in parts:
        found += part
        if len(found) > MAX_REPLY_BYTES:
            raise DecodeError([f"$: more than {MAX_REPLY_BYTES} bytes"], raw=bytes(found[:4096]))
    return bytes(found)


def _translated(error: Exception, *, sent: bool) -> TransportError:
    """Turn an exception of the library into the one of ours that says most."""
    names = [cls.__name__ for cls in type(error).__mro__]
    reason = names[0]
    for name in names:
        if name in _TIMEOUTS:
            phase = _TIMEOUTS[name]
            safe = phase in {"connect", "pool"} and not sent
            return TimedOut(phase=phase, maybe_processed=not safe)
        if name in _UNREACHED and not sent:
            return ConnectError(f"{reason}: {str(error)[:_LONGEST_REASON]}")
        if name == "DecodingError":
            return DecodeError([f"$: {reason}"], raw=b"")
    return TransportError(reason)
