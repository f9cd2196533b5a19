"""The one pooled HTTP session of a client, behind a narrow interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from nim_async.errors import ConfigurationError, TransportError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

# Our own bound against endless answers. The largest documented one, 200 stored messages of 4096
# characters with an extension of the same length, stays below it even if all is escaped.
MAX_REPLY_BYTES = 32 * 1024 * 1024

# How long a connection may be idle: the service closes it soon after.
IDLE_SECONDS = 3.0

# How long closing waits for what is being closed.
CLOSE_SECONDS = 5.0

# What a variable of the environment names a proxy for.
PROXIED = frozenset({"http", "https", "all"})

# Said on another event loop than before, as asyncio.run() makes a new one for each task.
OTHER_LOOP = (
    "the client belongs to another event loop; make one for each, or keep one loop in a thread "
    "for it: anyio.from_thread.start_blocking_portal()"
)


class Sending(Protocol):
    """
    What a session notes about a request.

    Attributes:
        sent: Whether bytes of it may have gone out.
    """

    sent: bool


class Ticket:
    """A `Sending` of its own, for who does not have one."""

    __slots__ = ("sent",)

    def __init__(self) -> None:
        """Nothing was sent."""
        self.sent = False


class Reply(NamedTuple):
    """
    An HTTP answer.

    Attributes:
        status: HTTP status.
        body: The whole body.
        head: The lines of its headers, in one piece: pairs would be many objects for the garbage
            collector to look at while many replies are under way.
        encoding: The content encoding of the body; nothing for ``identity``.
    """

    status: int
    body: bytes
    head: bytes = b""
    encoding: str = ""

    @classmethod
    def of(cls, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Reply:
        """Return an answer with the headers that came."""
        head = b"".join([b"%b: %b\r\n" % header for header in headers])
        named = b",".join([v for name, v in headers if name.lower() == b"content-encoding"])
        codings = [coding.strip() for coding in named.decode("latin-1").split(",")]
        encoding = ", ".join(c for c in codings if c.lower() not in {"", "identity"})
        return cls(status, body, head, encoding)

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers, one by one."""
        parts = [line.partition(b":") for line in self.head.split(b"\r\n") if line]
        return [(name, value.strip()) for name, _, value in parts]

    @property
    def date(self) -> str | None:
        """The ``Date`` header, if there is one."""
        for name, value in self.headers:
            if name.lower() == b"date":
                return value.decode("latin-1")
        return None


class Session(Protocol):
    """
    What sends requests over shared connections, each between `enter` and `leave`.

    Attributes:
        closed: Whether it was closed; nothing is sent from then on.
    """

    closed: bool

    @property
    def free(self) -> int:
        """How many more requests may be under way."""
        ...

    @property
    def connections(self) -> tuple[int, int] | None:
        """How many connections are open, and how many of them idle, where that is known."""
        ...

    def now(self) -> float:
        """Return the time of `anyio.current_time`, by the shortest way."""
        ...

    def bind(self) -> float:
        """
        Belong to the running event loop from the first time on, and return its time.

        Raises:
            ConfigurationError: It is another than before.
        """
        ...

    def orphaned(self) -> bool:
        """Return whether the event loop that it belongs to has ended."""
        ...

    def enter_now(self) -> bool:
        """Let a request have a connection, if one is free at once; see `enter`."""
        ...

    async def enter(self, deadline: float) -> None:
        """
        Wait, first come, first served, until there is a connection for a request.

        Args:
            deadline: When to give up, on the clock of `anyio.current_time`.

        Raises:
            TimedOut: There was none in time.
            TransportError: The session was closed.
        """
        ...

    def leave(self) -> None:
        """Let the next have the connection."""
        ...

    def request(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: str,
        *,
        until: float,
        sending: Sending | None = None,
    ) -> Coroutine[Any, Any, Reply]:
        """
        Send one request and read its answer.

        What an error of it says of ``maybe_processed`` counts only if ``sending`` was sent.

        Args:
            method: ``GET``, ``POST`` and so on.
            url: Whole URL.
            body: All of it.
            headers: Lines of the head that only this request has, each with its line end.
            until: When to give up, on the clock of `anyio.current_time`.
            sending: Where to note that bytes may have gone out, before they do.

        Raises:
            ConfigurationError: The URL cannot be one.
            ConnectError: The server was not reached.
            TimedOut: Time ran out; ``phase`` says while doing what.
            DecodeError: The answer is too long or not HTTP.
            TransportError: The connection was lost, or the session was closed.
        """
        ...

    async def aclose(self) -> None:
        """
        Close the connections that belong to the session, within 5 seconds.

        Nothing is sent from the beginning on; requests under way and waiting end with an error.
        """
        ...


def was_closed() -> TransportError:
    """Return the error of a request that was not sent because the session was closed."""
    return TransportError(CLOSED, maybe_processed=False)


CLOSED = "the client was closed"


def header_lines(headers: Sequence[tuple[str, str]]) -> str:
    """
    Return headers as the lines of a head.

    Raises:
        ConfigurationError: One of them would be more than a line.
    """
    text = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if not (text.count("\n") == text.count("\r") == len(headers)) or "\0" in text:
        raise ConfigurationError("a header holds a line break")
    return text
