"""Signing as a transport for plain clients of httpx, over the same pool."""

from __future__ import annotations

import math
from time import time
from typing import TYPE_CHECKING, Any

import httpx

from nim_async._checks import awaits, refused, shown, takes
from nim_async._core import signing
from nim_async._core.options import check_trace_id
from nim_async._session import header_lines
from nim_async._session.evidence import TIMEOUT_PHASES
from nim_async._session.over_httpx import library_of
from nim_async._session.select import new_session
from nim_async.config import ConnectionOptions, Credentials, check_transport
from nim_async.errors import ConnectError, DecodeError, TimedOut, TransportError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from nim_async._session import Session

_METHODS = frozenset({"DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"})
_OWN = frozenset({b"host", b"content-length", b"transfer-encoding", b"connection"})
_SIGNED_FOR = "nim_async.signed_for"
_TIMEOUTS = {phase: name for name, phase in TIMEOUT_PHASES.items()}


class SigningTransport(httpx.AsyncBaseTransport):
    """
    Sign every request that passes through, for use in a plain ``httpx.AsyncClient``.

    ::

        httpx.AsyncClient(transport=SigningTransport("app-key", "app-secret"))

    Each request gets a fresh ``Nonce``, ``CurTime`` and ``CheckSum``, and a ``RequestId`` where
    it has none. Whatever host the client asks gets a signature: give it service URLs only.
    What a redirect leads to gets none: following one raises ``UnsupportedProtocol``.

    On asyncio requests go over the pool that `NimClient` has, elsewhere over a client of
    httpx. Bodies are read whole; of a timeout, what is allowed for connecting,
    writing and reading bounds the three together.

    Args:
        app_key: Key of the app.
        app_secret: Secret of the app; it is never sent and never shown.
        transport: What sends the signed requests in place of that; closed with this one.
        trace_id: Makes the ``RequestId`` of a request that has none: a plain function without
            arguments that returns 1 to 128 printable ASCII characters.
        max_connections: Most requests under way at once; more wait in order.
        verify: TLS context, or whether to verify certificates.

    Raises:
        ConfigurationError: Key or secret is empty or not plain ASCII, or an option cannot be.
    """

    def __init__(
        self,
        app_key: str,
        app_secret: str,
        *,
        transport: Any = None,
        trace_id: Callable[[], str] = signing.new_id,
        max_connections: int = 100,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        """Keep the settings; nothing is opened."""
        self._signer = signing.Signer(Credentials(app_key=app_key, app_secret=app_secret))
        check_transport("transport", transport, client="it is a client; give its transport alone")
        _check_maker(trace_id)
        self._transport = transport
        self._new_trace_id = trace_id
        self._options = ConnectionOptions(
            max_connections=max_connections, verify=verify, trust_env=False
        )
        self._session: Session | None = None

    async def handle_async_request(self, request: Any) -> Any:
        """
        Sign the request and send it.

        Raises:
            ConfigurationError: ``trace_id`` returned what no ``RequestId`` can be.
        """
        signed_for = request.extensions.setdefault(_SIGNED_FOR, str(request.url))
        if signed_for != str(request.url):
            # A redirect carries on what the request had.
            raise library_of(request).UnsupportedProtocol(
                "a redirect gets no signature", request=request
            )
        signed = self._signer.headers(nonce=signing.new_id(), now=time())
        for name, value in signed:
            request.headers[name] = value
        if "RequestId" not in request.headers:
            trace_id = self._new_trace_id()
            check_trace_id("trace_id", trace_id)
            request.headers["RequestId"] = trace_id
        if self._transport is not None:
            return await self._transport.handle_async_request(request)
        self._session = self._session or new_session((), self._options)
        return await self._send(self._session, request)

    async def _send(self, session: Session, request: Any) -> Any:
        library = library_of(request)
        if request.method not in _METHODS:
            raise library.UnsupportedProtocol(f"cannot send {request.method}", request=request)
        body = await request.aread()
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.headers.raw
            if name.lower() not in _OWN
        ]
        allowed = request.extensions.get("timeout", {})
        try:
            session.bind()
            await session.enter(session.now() + _seconds(allowed, "pool"))
            try:
                until = session.now() + _seconds(allowed, "connect", "write", "read")
                reply = await session.request(
                    request.method, str(request.url), body, header_lines(headers), until=until
                )
            finally:
                session.leave()
        except TransportError as error:
            raise _translated(library, error, request) from error
        return library.Response(
            reply.status, headers=reply.headers, content=reply.body, request=request
        )

    async def aclose(self) -> None:
        """Close what sends."""
        for part in (self._transport, self._session):
            if part is not None:
                await part.aclose()


def _check_maker(maker: object) -> None:
    rule = "must be a function without arguments that returns text"
    if not callable(maker):
        raise refused("trace_id", rule, shown(maker), "leave it out for a new one each time")
    if awaits(maker):
        raise refused("trace_id", rule, f"{shown(maker)}, which returns a coroutine")
    if not takes(maker, 0):
        raise refused("trace_id", rule, f"{shown(maker)} with other arguments")


def _seconds(allowed: dict[str, float | None], *phases: str) -> float:
    """Return the sum of some timeouts of httpx, where none means no bound."""
    found = [allowed.get(phase) for phase in phases]
    return sum(seconds if seconds is not None else math.inf for seconds in found)


def _translated(library: Any, error: TransportError, request: Any) -> Exception:
    name = "ReadError"
    if isinstance(error, ConnectError):
        name = "ConnectError"
    elif isinstance(error, TimedOut):
        name = _TIMEOUTS[error.phase]
    elif isinstance(error, DecodeError):
        name = "RemoteProtocolError"
    found: Exception = getattr(library, name)(error.reason, request=request)
    return found
