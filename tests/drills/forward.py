"""An HTTP proxy that passes everything on, by tunnel where one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread

from tests.drills.port import Messages, Port

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from anyio.abc import ByteReceiveStream, ByteSendStream, ByteStream

_LOST = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)


def serve(parent: Connection[Any, Any]) -> None:
    """Run a proxy; tell its port, and end with the parent."""
    anyio.run(_serve, parent)


async def _serve(parent: Connection[Any, Any]) -> None:
    async with anyio.create_task_group() as group:
        parent.send(await group.start(Port(forward).run))
        try:
            await to_thread.run_sync(parent.recv)
        except EOFError:
            group.cancel_scope.cancel()


async def forward(stream: ByteStream, passed: bytearray | None = None) -> None:
    """
    Serve one connection of a client; both ends are closed as soon as one is.

    Args:
        stream: The connection.
        passed: Where to note what the client was given.
    """
    requests = Messages(stream)
    async with stream:
        request = await requests.next()
        if request is None:
            return
        method, target, _ = request.split(b" ", 2)
        host, _, port = target.removeprefix(b"http://").partition(b"/")[0].rpartition(b":")
        try:
            server = await anyio.connect_tcp(host.decode(), int(port))
        except OSError:
            await stream.send(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return

        async def back() -> None:
            await _pass_on(server, stream, passed)
            group.cancel_scope.cancel()

        async with server, anyio.create_task_group() as group:
            if method == b"CONNECT":
                await stream.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                group.start_soon(back)
                await _pass_on(stream, server)
            else:
                group.start_soon(back)
                await _pass_requests_on(request, requests, server)
            group.cancel_scope.cancel()


async def _pass_on(
    source: ByteReceiveStream, sink: ByteSendStream, passed: bytearray | None = None
) -> None:
    try:
        async for part in source:
            await sink.send(part)
            if passed is not None:
                passed += part
    except _LOST:
        return


async def _pass_requests_on(first: bytes, later: Messages, server: ByteSendStream) -> None:
    """Pass requests on as a server expects them, with the path alone."""
    request: bytes | None = first
    while request is not None:
        method, target, rest = request.split(b" ", 2)
        path = target.removeprefix(b"http://").partition(b"/")[2]
        try:
            await server.send(b"%s /%s %s" % (method, path, rest))
        except _LOST:
            return
        request = await later.next()
