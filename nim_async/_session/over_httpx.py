"""The session over httpx, or over its API-compatible successor when a caller passes that."""

from __future__ import annotations

import gc
import sys
from contextlib import suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies
from warnings import catch_warnings, simplefilter

import anyio
import httpx
from anyio.lowlevel import current_token

from nim_async._session import (
    CLOSE_SECONDS,
    CLOSED,
    IDLE_SECONDS,
    MAX_REPLY_BYTES,
    OTHER_LOOP,
    PROXIED,
    Reply,
    Ticket,
    was_closed,
)
from nim_async._session.evidence import (
    Tracing,
    known,
    left_over,
    parser_of,
    take_out_abandoned,
    translated,
)
from nim_async._session.targets import without_root_dot
from nim_async._session.tls import named_certificates, unreadable
from nim_async.config import check_proxy
from nim_async.errors import ConfigurationError, ConnectError, DecodeError, TimedOut, TransportError

if TYPE_CHECKING:
    from types import ModuleType

    from nim_async._session import Sending
    from nim_async.config import ConnectionOptions

_EARLIER_SECONDS = 0.05  # its own timeout of connecting says for certain that nothing was sent
_RAW_BYTES = 4096
_VERSIONS = frozenset({b"HTTP/1.0", b"HTTP/1.1"})
_MULTIPLEXED = b"HTTP/2"


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

    Behind each answer the parser below is asked whether more came than that. As long as no answer
    has shown a parser, each request asks for a connection of its own.
    """

    def __init__(self, options: ConnectionOptions) -> None:
        """
        Make the client; nothing is opened before the first request.

        Raises:
            ConfigurationError: The environment names what is no proxy or no certificate.
        """
        self._options = options
        self._loop: Any = None
        brought = options.http_client if options.http_client is not None else options.transport
        self._library: Any = library_of(brought)
        self._failures = _failures(self._library)
        self._client: Any = options.http_client
        if self._client is None:
            self._client = self._new_client()
        self._slots = anyio.Semaphore(options.max_connections, fast_acquire=True)
        self._scopes: set[anyio.CancelScope] = set()
        self._left: anyio.Event | None = None
        self._parsed = False
        self.closed = False

    def _new_client(self) -> Any:
        options, library = self._options, self._library
        if options.trust_env and options.transport is None and options.proxy is None:
            for scheme in PROXIED & (named := getproxies()).keys():
                url = named[scheme]
                check_proxy(f"{scheme.upper()}_PROXY", url if "://" in url else f"http://{url}")
        if options.verify is True and options.transport is None:
            named_certificates()
        try:
            return library.AsyncClient(
                transport=options.transport,
                verify=options.verify,
                proxy=options.proxy,
                trust_env=options.trust_env,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                limits=library.Limits(
                    max_connections=options.max_connections,
                    max_keepalive_connections=options.max_connections,
                    keepalive_expiry=IDLE_SECONDS,
                ),
            )
        except ImportError as error:
            raise ConfigurationError(f"the proxy needs a package: {error}") from None
        except OSError as error:
            raise unreadable(error) from error
        except (ValueError, library.InvalidURL) as error:
            raise ConfigurationError("NO_PROXY names what is no host; mend it") from error

    @property
    def free(self) -> int:
        """How many more requests may be under way; see `Session.free`."""
        return self._slots.value

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

    def orphaned(self) -> bool:
        """Return whether its event loop has ended; see `Session.orphaned`."""
        if self._loop is None:
            return False
        if hasattr(self._loop, "is_closed"):
            return bool(self._loop.is_closed())
        try:
            self._loop.run_sync_soon(int)
        except RuntimeError:  # what trio raises then is one
            return True
        return False

    def enter_now(self) -> bool:
        """Take a free connection; see `Session.enter_now`."""
        if self.closed:
            raise was_closed()
        if getattr(self._client, "is_closed", False) is True:
            raise ConfigurationError("http_client was closed; keep it open as long as this one")
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
            self._scopes.add(waiting)
            try:
                await self._slots.acquire()
            finally:
                self._forget(waiting)
        if waiting.cancelled_caught:
            raise was_closed() if self.closed else TimedOut(phase="pool", maybe_processed=False)

    def leave(self) -> None:
        """Let the next have the connection; see `Session.leave`."""
        self._slots.release()

    def _forget(self, scope: anyio.CancelScope) -> None:
        self._scopes.discard(scope)
        if self._left is not None and not self._scopes:
            self._left.set()

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
        if self.closed:
            raise was_closed()
        request = self._built(method, url, body, headers, until - anyio.current_time())
        sending = sending or Ticket()
        plain = known(self._client, request, self._library)
        if plain:
            request.extensions["trace"] = Tracing(sending)
        if not (plain or self._parsed):
            request.headers["Connection"] = "close"
        scope = anyio.CancelScope(deadline=until)
        self._scopes.add(scope)
        try:
            with scope:
                sending.sent = True
                return await self._exchange(request)
        except self._failures as error:
            if self.closed:
                raise TransportError(CLOSED) from error
            raise translated(error, self._library, sending) from error
        except (RuntimeError, ValueError, ImportError) as error:
            # Whoever brings a transport is shown the faults of that.
            if plain or self._client.is_closed:
                raise translated(error, self._library, sending) from error
            raise
        finally:
            self._forget(scope)
        if self.closed:
            raise TransportError(CLOSED)
        raise TimedOut(phase="read" if sending.sent else "connect", maybe_processed=True)

    def _built(self, method: str, url: str, body: bytes, headers: str, seconds: float) -> Any:
        own = [line.split(": ", 1) for line in headers.splitlines()]
        earlier = seconds - min(seconds / 10, _EARLIER_SECONDS)
        try:
            request = self._client.build_request(
                method,
                without_root_dot(url),
                content=body,
                headers=[*self._options.headers, *own],
                timeout=self._library.Timeout(seconds, connect=earlier, pool=None),
            )
        except (UnicodeError, self._library.InvalidURL) as error:  # a host that is no name
            raise ConnectError(f"{type(error).__name__}: {error}") from error
        except (ValueError, self._library.CookieConflict) as error:
            raise ConfigurationError("a URL or a header holds what it cannot") from error
        request.headers.pop("Cookie", None)
        return request

    async def _exchange(self, request: Any) -> Reply:
        try:
            return await self._send(request)
        except BaseException:
            for abandoned in take_out_abandoned(self._client, request):
                with anyio.move_on_after(CLOSE_SECONDS, shield=True), suppress(*self._failures):
                    await abandoned.aclose()
            raise

    async def _send(self, request: Any) -> Reply:
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            self._drop_cookies(response)
            parser = parser_of(response)
            version = response.extensions.get("http_version", b"HTTP/1.1")
            if parser is not None and version not in _VERSIONS:
                raise DecodeError(["$: no HTTP/1"], raw=version)
            body = await _read(response)
            self._parsed = parser is not None or version == _MULTIPLEXED
            if parser is not None and left_over(response, parser):
                parser.send_failed()  # so that the connection is closed
                raise DecodeError(["$: more than one reply"], raw=body[:_RAW_BYTES])
        finally:
            await response.aclose()
        raw = [pair for pair in response.headers.raw if pair[0].lower() != b"transfer-encoding"]
        return Reply.of(response.status_code, body, raw)

    def _drop_cookies(self, response: Any) -> None:
        """Take out of the caller's own client what it has kept of an answer."""
        brought = self._client is self._options.http_client
        if brought and "set-cookie" in response.headers:
            for cookie in response.cookies.jar:
                with suppress(KeyError):
                    self._client.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)

    async def aclose(self) -> None:
        """Close the client unless it is the caller's, a transport always; see `Session.aclose`."""
        self.closed = True
        closing = None if self._client is self._options.http_client else self._client
        if self.orphaned():
            await self._bury(closing)
            return
        with anyio.move_on_after(CLOSE_SECONDS, shield=True):
            if self._scopes:
                self._left = self._left or anyio.Event()
                for scope in tuple(self._scopes):
                    scope.cancel()
                await self._left.wait()
            if closing is not None:
                with suppress(*self._failures):
                    await closing.aclose()

    async def _bury(self, closing: Any) -> None:
        """Let go of connections whose loop cannot close them any more; collected, they close."""
        self._client = None
        with catch_warnings():
            simplefilter("ignore", ResourceWarning)
            if closing is not None:
                with anyio.move_on_after(CLOSE_SECONDS), suppress(*self._failures, RuntimeError):
                    await closing.aclose()
            del closing
            gc.collect()


def _failures(library: Any) -> tuple[type[BaseException], ...]:
    """Return what goes wrong on the way, whoever brings the transport."""
    return (
        library.HTTPError,
        library.InvalidURL,
        library.CookieConflict,
        library.StreamError,
        anyio.BrokenResourceError,
        anyio.ClosedResourceError,
        anyio.BusyResourceError,
        anyio.EndOfStream,
        OSError,
    )


async def _read(response: Any) -> bytes:
    """Read a body as it came, whatever its encoding."""
    if response.is_stream_consumed:  # a transport that knew it all at once, or read it itself
        content: bytes = response.content
        return content
    found = bytearray()
    parts = aiter(response.stream)
    async for part in parts:
        found += part
        if len(found) > MAX_REPLY_BYTES:
            raise DecodeError(
                [f"$: more than {MAX_REPLY_BYTES} bytes"], raw=bytes(found[:_RAW_BYTES])
            )
    return bytes(found)
