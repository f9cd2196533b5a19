"""A listening port that can die and come back, and HTTP messages on its connections."""

from __future__ import annotations

import socket
import ssl
import struct
from typing import TYPE_CHECKING

import anyio
from anyio.abc import SocketAttribute

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from anyio.abc import ByteStream, SocketStream, TaskStatus

_AT_ONCE = struct.pack("ii", 1, 0)
_LENGTH = b"content-length:"
_ENDED = (
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    ssl.SSLError,  # what a client leaves behind that gives up while TLS is agreed upon
)


class Port:
    """A port on 127.0.0.1; while it is dead, connections are refused."""

    def __init__(self, serve: Callable[[SocketStream], Awaitable[None]]) -> None:
        """Take what serves one connection; nothing is opened."""
        self._serve = serve
        self._life = anyio.CancelScope()
        self._back = anyio.Event()

    async def run(self, *, task_status: TaskStatus[int]) -> None:
        """Listen, and tell the number of the port once that is done."""
        number = 0
        while True:
            # One connection attempt at a dead port must fail, so nobody listens meanwhile.
            listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=number)
            if not number:
                number = listener.extra(SocketAttribute.local_port)
                task_status.started(number)
            with self._life:
                await listener.serve(self._connection)
            await listener.aclose()
            await self._back.wait()
            self._life, self._back = anyio.CancelScope(), anyio.Event()

    async def _connection(self, stream: SocketStream) -> None:
        try:
            await self._serve(stream)
        except _ENDED:
            pass
        finally:
            await reset(stream)

    def die(self) -> None:
        """Close the port and reset its connections."""
        self._life.cancel()

    def come_back(self) -> None:
        """Listen again on the same port."""
        self._back.set()


async def reset(stream: SocketStream) -> None:
    """Cut a connection with a reset; nothing happens to one that is closed."""
    try:
        raw = stream.extra(SocketAttribute.raw_socket)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    except OSError:
        pass
    await anyio.aclose_forcefully(stream)


class Messages:
    """The HTTP messages that come out of a connection, told apart by their length alone."""

    def __init__(self, stream: ByteStream) -> None:
        """Start with nothing read."""
        self.stream = stream
        self._buffer = bytearray()

    async def next(self) -> bytes | None:
        """Return the next whole message, or nothing when the connection ended before."""
        buffer = self._buffer
        while (end := buffer.find(b"\r\n\r\n")) < 0:
            if not await self._more():
                return None
        size = end + 4 + _length(bytes(buffer[: end + 2]))
        while len(buffer) < size:
            if not await self._more():
                return None
        message = bytes(buffer[:size])
        del buffer[:size]
        return message

    async def _more(self) -> bool:
        try:
            self._buffer += await self.stream.receive()
        except _ENDED:
            return False
        return True


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(_LENGTH)
    if at < 0:
        return 0
    return int(lower[at + len(_LENGTH) : lower.index(b"\r\n", at)])
