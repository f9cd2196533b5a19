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
    """What sends requests over shared connections."""

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
            deadline: When to give up altogether, waiting for a connection included, on the
                clock of `anyio.current_time`.

        Raises:
            ConnectError: The server was not reached.
            TimedOut: Time ran out; ``phase`` says while doing what.
            DecodeError: The answer is too long or not HTTP.
            TransportError: The connection was lost.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections that belong to the session."""
        ...
