"""The one pooled HTTP session of a client, behind a narrow interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

# Our own bound against endless answers. The largest documented one, 200 stored messages of 4096
# characters with an extension of the same length, stays below it even if all is escaped.
MAX_REPLY_BYTES = 32 * 1024 * 1024


class Reply(NamedTuple):
    """
    An HTTP answer.

    Attributes:
        status: HTTP status.
        body: The whole body.
        headers: Names and values, as they came.
    """

    status: int
    body: bytes
    headers: Sequence[tuple[bytes, bytes]] = ()

    @property
    def date(self) -> str | None:
        """The ``Date`` header, if there is one."""
        for name, value in self.headers:
            if name.lower() == b"date":
                return value.decode("latin-1")
        return None


class Session(Protocol):
    """What sends requests over shared connections, each between `enter` and `leave`."""

    @property
    def free(self) -> int:
        """How many more requests may be under way."""
        ...

    def now(self) -> float:
        """Return the time of `anyio.current_time`, by the shortest way."""
        ...

    def bind(self) -> None:
        """
        Belong to the running event loop from the first time on.

        Raises:
            ConfigurationError: It is another than before.
        """
        ...

    async def enter(self, deadline: float) -> None:
        """
        Wait, first come, first served, until there is a connection for a request.

        Args:
            deadline: When to give up, on the clock of `anyio.current_time`.

        Raises:
            ConfigurationError: The session is closed.
            TimedOut: There was none in time.
        """
        ...

    def leave(self) -> None:
        """Let the next have the connection."""
        ...

    def post(
        self,
        url: str,
        body: bytes,
        headers: Sequence[tuple[str, str]],
        *,
        timeout: float,
        deadline: float,
    ) -> Coroutine[Any, Any, Reply]:
        """
        Send one request and read its answer.

        Args:
            url: Whole URL.
            body: Form bytes.
            headers: Names and values.
            timeout: Bound of the exchange, seconds.
            deadline: When to give up altogether, on the clock of `anyio.current_time`.

        Raises:
            ConnectError: The server was not reached.
            TimedOut: Time ran out; ``phase`` says while doing what.
            DecodeError: The answer is too long or not HTTP.
            TransportError: The connection was lost.
        """
        ...

    def get(self, url: str, *, deadline: float) -> Coroutine[Any, Any, Reply]:
        """
        Fetch a page that needs no signature.

        Args:
            url: Whole URL.
            deadline: When to give up, on the clock of `anyio.current_time`.

        Raises:
            TransportError: There was no usable answer; see `post`.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections that belong to the session."""
        ...
