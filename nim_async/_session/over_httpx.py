"""The session over httpx, or over its API-compatible successor when a caller passes that."""

from __future__ import annotations

import sys
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

import anyio
import httpx
from anyio.lowlevel import current_token

from nim_async._session import IDLE_SECONDS, MAX_REPLY_BYTES, OTHER_LOOP, Reply
from nim_async._session.select import PROXIED
from nim_async._session.tls import named_certificates, unreadable
from nim_async.config import check_proxy
from nim_async.errors import (
    ConfigurationError,
    ConnectError,
    DecodeError,
    TimedOut,
    TransportError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import ModuleType

    from nim_async.config import ConnectionOptions
    from nim_async.errors import Phase

# What each timeout of httpx bounds.
TIMEOUT_PHASES: dict[str, Phase] = {
    "ConnectTimeout": "connect",
    "PoolTimeout": "pool",
    "WriteTimeout": "write",
    "ReadTimeout": "read",
}
_REASON_CHARACTERS = 200
# They describe the body as it came, which httpx has unpacked.
_OF_THE_WIRE = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
_UNREACHED = frozenset({"ConnectError", "ProxyError", "UnsupportedProtocol"})


def library_of(thing: object | None) -> ModuleType:
    """
    Return the library whose client or transport this is: httpx, or one with its API.

    A subclass or a transport of the caller's own is recognised by its bases; anything else is taken
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

    def __init__(self, options: ConnectionOptions) -> None:
        """Keep the settings; nothing is opened before the first request."""
        self._options = options
        self._loop: object = None
        brought = options.http_client if options.http_client is not None else options.transport
        self._library = library_of(brought)
        self._client: Any = None
        self._slots: anyio.Semaphore
        self._closed = False

    def _open(self) -> None:
        if self._closed:
            raise ConfigurationError("the client is closed")
        options = self._options
        self._slots = anyio.Semaphore(options.max_connections, fast_acquire=True)
        self._body_type = _marked_body(self._library)
        own = options.http_client is None
        self._client = self._new_client() if own else options.http_client

    def _new_client(self) -> Any:
        options = self._options
        if options.trust_env and options.transport is None and options.proxy is None:
            for scheme in PROXIED & (named := getproxies()).keys():
                url = named[scheme]
                check_proxy(f"{scheme.upper()}_PROXY", url if "://" in url else f"http://{url}")
        if options.verify is True:
            named_certificates()
        try:
            return self._library.AsyncClient(
                transport=options.transport,
                verify=options.verify,
                proxy=options.proxy,
                trust_env=options.trust_env,
                limits=self._library.Limits(
                    max_connections=options.max_connections,
                    max_keepalive_connections=options.max_connections,
                    keepalive_expiry=IDLE_SECONDS,
                ),
            )
        except OSError as error:
            raise unreadable(error) from error
        except (ValueError, self._library.InvalidURL) as error:
            raise ConfigurationError("NO_PROXY names what is no host; mend it") from error

    @property
    def free(self) -> int:
        """How many more requests may be under way; see `Session.free`."""
        return self._slots.value if self._client is not None else self._options.max_connections

    @property
    def connections(self) -> None:
        """Not known: httpx keeps them to itself."""

    def now(self) -> float:
        """Return the time; see `Session.now`."""
        return anyio.current_time()

    def bind(self) -> float:
        """Belong to the running event loop; see `Session.bind`."""
        loop = current_token().native_token
        if self._loop is None:
            self._loop = loop
        elif self._loop is not loop:
            raise ConfigurationError(OTHER_LOOP)
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
        if getattr(self._client, "is_closed", False) is True:
            raise ConfigurationError("http_client was closed; keep it open as long as this one")
        own = [line.split(": ", 1) for line in headers.splitlines()]
        timeout = self._library.Timeout(until - anyio.current_time(), pool=None)
        try:
            request = self._client.build_request(
                method,
                url,
                content=body,
                headers=[*self._options.headers, *own],
                timeout=timeout,
            )
        except (UnicodeError, self._library.InvalidURL) as error:  # a host that is no name
            raise ConnectError(f"{type(error).__name__}: {error}") from error
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
        raw = [pair for pair in response.headers.raw if pair[0].lower() not in _OF_THE_WIRE]
        return Reply(response.status_code, body, list(chain.from_iterable(raw)))

    async def aclose(self) -> None:
        """Close the client, unless it is the caller's, and a transport even if never used."""
        unopened = self._client is None and not self._closed
        self._closed = True
        client, self._client = self._client, None
        if client is not None and client is not self._options.http_client:
            await client.aclose()
        elif unopened and self._options.transport is not None:
            await self._options.transport.aclose()


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
        if name in TIMEOUT_PHASES:
            phase = TIMEOUT_PHASES[name]
            safe = phase in {"connect", "pool"} and not sent
            return TimedOut(phase=phase, maybe_processed=not safe)
        if name in _UNREACHED and not sent:
            return ConnectError(f"{reason}: {str(error)[:_REASON_CHARACTERS]}")
        if name == "DecodingError":
            return DecodeError([f"$: {reason}"], raw=b"")
    return TransportError(reason)
