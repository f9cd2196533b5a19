"""What httpx and httpcore let us know: what was surely not sent, and what is left over."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from nim_async.errors import ConnectError, DecodeError, TimedOut, TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nim_async._session import Sending
    from nim_async.errors import Phase

# What each timeout of httpx bounds.
TIMEOUT_PHASES: dict[str, Phase] = {
    "ConnectTimeout": "connect",
    "PoolTimeout": "pool",
    "WriteTimeout": "write",
    "ReadTimeout": "read",
}
_UNREACHED = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"}
)
# A transport may dress up any trouble as one of those; what it raised at first is believed.
_PROOFS = _UNREACHED | {
    "ClientConnectorError",
    "ClientHttpProxyError",
    "ConnectionRefusedError",
    "ConnectionTimeoutError",
    "NonHttpUrlClientError",
    "gaierror",
}
_CONNECTING = ("connection.", "proxy.", "socks.")  # events of httpcore
_WRAPPED = ("_stream", "_httpcore_stream", "_connection")
_MAX_DEPTH = 8
_REASON_CHARACTERS = 200


class Tracing:
    """
    Takes the events of httpcore, and notes whether a request is still being connected.

    Nothing is concluded from an event that does not come, or is not known.

    Attributes:
        shaking_hands: The stream that TLS is being agreed upon; httpcore does not close it when it
            is cancelled meanwhile.
    """

    shaking_hands: Any = None

    def __init__(self, sending: Sending) -> None:
        """Note in this."""
        self._sending = sending
        self._out = False
        self._stream: Any = None

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        """Take an event: something was begun, was completed, or failed."""
        if event == "connection.connect_tcp.complete":
            self._stream = info.get("return_value")
        elif event == "connection.start_tls.started":
            self.shaking_hands = self._stream
        elif event == "connection.start_tls.complete":
            self.shaking_hands = self._stream = None
        if self._out or event.endswith(".failed") or "response_closed" in event:
            return
        request = info.get("request")
        tunnel = getattr(request, "method", None) == b"CONNECT"
        begun = event.endswith(".started")
        self._sending.sent = not (begun and (tunnel or event.startswith(_CONNECTING)))
        # A wrapped transport may connect once more, which takes nothing back.
        self._out = begun and self._sending.sent
        if self._out and request is not None:
            request.extensions.pop("trace", None)  # what follows tells nothing more, and costs


def known(client: Any, request: Any, library: Any) -> bool:
    """Return whether a request goes through the library's own transport and nothing else."""
    choose = getattr(client, "_transport_for_url", None)
    return (
        type(client) is library.AsyncClient
        and choose is not None
        and type(choose(request.url)) is library.AsyncHTTPTransport
    )


def take_out_abandoned(client: Any, request: Any) -> list[Any]:
    """
    Take connections that belong to no request, and can get none, out of a pool of httpcore.

    It keeps those for ever whose request ended while TLS was agreed upon behind a proxy, say, and
    each has a place that others then lack. Without a proxy it forgets them, and leaves the socket
    open.

    Args:
        client: The client of httpx.
        request: A request it has just failed to carry out.

    Returns:
        What is to be closed.
    """
    stream = getattr(request.extensions.get("trace"), "shaking_hands", None)
    streams = [] if stream is None else [stream]
    try:
        pool = client._transport_for_url(request.url)._pool  # noqa: SLF001  nothing else tells
        used = {id(one.connection) for one in pool._requests}  # noqa: SLF001  same
        connections = pool._connections  # noqa: SLF001  same
        abandoned = [
            connection
            for connection in connections
            if id(connection) not in used and not (connection.is_idle() or connection.is_closed())
        ]
    except (AttributeError, TypeError):  # no pool of httpcore, or none as we know it
        return streams
    for connection in abandoned:
        connections.remove(connection)
    return abandoned + streams


def parser_of(response: Any) -> Any:
    """Return the HTTP/1.1 parser of h11 that a response comes from, if it can be found."""
    part = response.stream
    for _ in range(_MAX_DEPTH):
        parser = getattr(part, "_h11_state", None)
        if parser is not None:
            return parser if hasattr(parser, "trailing_data") else None
        part = next((found for name in _WRAPPED if (found := getattr(part, name, None))), None)
    return None


def left_over(response: Any, parser: Any) -> bool:
    """Return whether something came behind a response that was read to its end."""
    if parser.trailing_data[0]:
        return True
    network = response.extensions.get("network_stream")
    tls = None if network is None else network.get_extra_info("ssl_object")
    if tls is None:
        return False
    try:
        return bool(tls.read(1))
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLError:  # the end of what the server says
        parser.send_failed()
        return False


def translated(error: BaseException, library: Any, sending: Sending) -> TransportError:
    """
    Turn a failure into the error of ours that says most.

    One that proves that nothing was sent is noted.
    """
    names = [cls.__name__ for cls in type(error).__mro__]
    reason = names[0]
    if isinstance(error, library.RequestError) and _UNREACHED.intersection(names):
        causes = list(_causes(error))
        proofs = {cls.__name__ for cause in causes for cls in type(cause).__mro__} & _PROOFS
        if proofs or not causes:
            sending.sent = False
    if isinstance(error, TimeoutError | library.TimeoutException):
        phases: list[Phase] = [TIMEOUT_PHASES[name] for name in names if name in TIMEOUT_PHASES]
        phase = phases[0] if phases else "read"
        if sending.sent == (phase in {"connect", "pool"}):
            phase = "read" if sending.sent else "connect"
        return TimedOut(phase=phase, maybe_processed=True)
    if not sending.sent:
        return ConnectError(f"{reason}: {str(error)[:_REASON_CHARACTERS]}")
    if "DecodingError" in names:
        return DecodeError([f"$: {reason}"], raw=b"")
    return TransportError(reason)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Go from an exception to the one it was raised from or after, and on."""
    for _ in range(_MAX_DEPTH):
        found = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if found is None:
            return
        yield found
        error = found
