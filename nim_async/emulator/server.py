"""The door with a socket: the application under uvicorn, in a thread with a loop of its own."""

from __future__ import annotations

import os
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

import anyio
from anyio import to_thread
from anyio.from_thread import start_blocking_portal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from nim_async.emulator.app import Application
    from nim_async.emulator.under_uvicorn import QuietServer

_BACKLOG = 2048
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what to call, not to listen on


@asynccontextmanager
async def serve(application: Application, host: str, port: int) -> AsyncGenerator[str]:
    """
    Serve an application.

    Args:
        application: What answers.
        host: Address to listen on.
        port: Port to listen on; a free one when 0.

    Yields:
        The base URL, ending in ``/nimserver``.

    Raises:
        OSError: The port is taken, or the host is none of this machine.
        RuntimeError: uvicorn is not installed.
    """
    new_server = _server_class()
    with await to_thread.run_sync(_listener, host, port) as listener:
        base_url = _base_url(listener)
        # The server has a thread of its own, so it runs on asyncio while the caller may not.
        portal_context = start_blocking_portal("asyncio", name="nim_async emulator")
        portal = await to_thread.run_sync(portal_context.__enter__)
        server = new_server(application)
        try:
            running, _ = await to_thread.run_sync(portal.start_task, server.run_on, listener)

            def stop() -> None:
                portal.call(server.stop)
                running.result()

            try:
                yield base_url
            finally:
                with anyio.CancelScope(shield=True):
                    await to_thread.run_sync(stop)
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(portal_context.__exit__, None, None, None)


def _listener(host: str, port: int) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # With the protocol named, asyncio turns Nagle's algorithm off for the accepted connections;
    # otherwise an answer written in two parts would wait 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _base_url(listener: socket.socket) -> str:
    """Return the address to call, since every address is none that can be called."""
    host, port = cast("tuple[str, int]", listener.getsockname()[:2])
    called = _LOOPBACK.get(host, host)
    shown = f"[{called}]" if ":" in called else called
    return f"http://{shown}:{port}/nimserver"


def _server_class() -> Callable[[Application], QuietServer]:
    try:
        from nim_async.emulator.under_uvicorn import QuietServer  # noqa: PLC0415  an optional extra
    except ImportError as error:
        raise RuntimeError(
            "serve() needs uvicorn: install the extra nim-async[emulator]"
        ) from error
    return QuietServer
