"""A server that says what it is told to, byte by byte, whatever was asked."""

from __future__ import annotations

import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

import anyio
from anyio.abc import ByteStream, SocketAttribute

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

Act: TypeAlias = Callable[["Peer"], Awaitable[None]]
Step: TypeAlias = bytes | Act


class Peer:
    """One connection, seen from the server."""

    def __init__(self, stream: ByteStream, server: Server) -> None:
        self.stream = stream
        self.server = server
        self._left = b""

    async def request(self) -> bytes:
        """Wait for a whole request; nothing when the client hung up."""
        while b"\r\n\r\n" not in self._left:
            try:
                self._left += await self.stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return b""
        head, _, rest = self._left.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(rest) < length:
            rest += await self.stream.receive()
        self._left = rest[length:]
        whole = head + b"\r\n\r\n" + rest[:length]
        self.server.requests.append(whole)
        return whole

    async def send(self, data: bytes) -> None:
        await self.stream.send(data)

    async def until_closed(self) -> None:
        """Wait until the client hangs up."""
        try:
            while True:
                await self.stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            return


class Server:
    """
    What connections are answered with.

    Each connection takes the next script, the last one again and again; a script is played after
    a request has come, a step for each request, and then the connection is closed. Bytes are
    sent, a function is called.
    """

    def __init__(self, scripts: Sequence[Sequence[Step]]) -> None:
        self.scripts = [list(script) for script in scripts]
        self.requests: list[bytes] = []
        self.connections = 0
        self.url = ""

    async def serve(self, stream: ByteStream) -> None:
        script = self.scripts[min(self.connections, len(self.scripts) - 1)]
        self.connections += 1
        peer = Peer(stream, self)
        async with stream:
            try:
                for step in script:
                    if not await peer.request():
                        return
                    if callable(step):
                        await step(peer)
                    else:
                        await peer.send(step)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream):
                return


@asynccontextmanager
async def rude(*scripts: Sequence[Step]) -> AsyncGenerator[Server]:
    """Serve scripts on a free port."""
    server = Server(scripts)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    server.url = f"http://127.0.0.1:{port}/nimserver"
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, server.serve)
        yield server
        group.cancel_scope.cancel()


async def stall(peer: Peer) -> None:
    """Say nothing until the client gives up."""
    await peer.until_closed()


async def patience(server: Server) -> AsyncGenerator[float]:
    """Yield timeouts, seconds, each twice as long, until a request reached the server in one."""
    seconds = 0.05
    while not server.requests:
        yield seconds
        seconds *= 2


def then(*parts: bytes) -> Act:
    """Send parts, each in a segment of its own."""

    async def act(peer: Peer) -> None:
        raw = peer.stream.extra(SocketAttribute.raw_socket)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            await peer.send(part)
            await anyio.lowlevel.checkpoint()

    return act


def reset(data: bytes = b"") -> Act:
    """Send something, then cut the connection with a reset."""

    async def act(peer: Peer) -> None:
        if data:
            await peer.send(data)
        raw = peer.stream.extra(SocketAttribute.raw_socket)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await anyio.aclose_forcefully(peer.stream)

    return act
