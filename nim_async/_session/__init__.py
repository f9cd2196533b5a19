"""The one pooled HTTP session of a client, behind a narrow interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

# Our own bound against endless answers. The largest documented one, 200 stored messages of 4096
# characters with an extension of the same length, stays below it even if all is escaped.
MAX_REPLY_BYTES = 32 * 1024 * 1024


@frozen
class Reply:
    """
    An HTTP answer.

    Attributes:
        status: HTTP status.
        body: The whole body.
        date: The ``Date`` header, if there is one.
    """

    status: int
    body: bytes
    date: str | None = None


class Session(Protocol):
    """What sends requests over shared connections, each between `enter` and `leave`."""

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

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Sequence[tuple[str, str]],
        *,
        timeout: float,  # noqa: ASYNC109  the session keeps it itself, with the phase it was in
        deadline: float,
    ) -> Reply:
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

    async def get(self, url: str, *, deadline: float) -> Reply:
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
