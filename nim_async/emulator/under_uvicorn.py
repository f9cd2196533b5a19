"""uvicorn without signals, polling or logs, and with connections that can be cut."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import anyio
import anyio.lowlevel
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from nim_async.emulator.app import ABORT

if TYPE_CHECKING:
    import socket

    from anyio.abc import TaskStatus

    from nim_async.emulator.app import Application, Receive, Scope, Send

_log = logging.getLogger("nim_async.emulator")
_log.addHandler(logging.NullHandler())
_TURNS = 5
_KEEP_ALIVE_SECONDS = 75  # so much that a machine that stands still for a while ends no connection


class QuietServer(uvicorn.Server):
    """A uvicorn server that starts and stops by events."""

    def __init__(self, application: Application) -> None:
        """Configure it for an application; the global logging setup stays as it is."""
        super().__init__(
            uvicorn.Config(
                cast("Any", application),
                http=_Protocol,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            )
        )
        self._stopping: anyio.Event
        self._task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED

    async def run_on(self, listener: socket.socket, *, task_status: TaskStatus[None]) -> None:
        """Serve on a bound socket until `stop` is called."""
        self._stopping = anyio.Event()  # made here, since it belongs to the loop it is made in
        self._task_status = task_status
        await self.serve(sockets=[listener])

    async def main_loop(self) -> None:
        """Wait for the end in place of asking for it ten times a second."""
        self._task_status.started()
        await self._stopping.wait()

    async def stop(self) -> None:
        """Let the server end."""
        self._stopping.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cut every connection at once and wait for nothing but our own tasks."""
        del sockets
        for server in self.servers:
            server.close()
        # A connection accepted a moment ago takes some turns of the loop to get here, and one
        # that is cut takes another to be closed.
        for _ in range(_TURNS):
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await anyio.lowlevel.checkpoint()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(anyio.get_cancelled_exc_class()):
                await task


class _Protocol(H11Protocol):
    """HTTP/1.1 whose requests carry a way to cut their connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _log
        self.access_log = False
        served = cast("Application", self.app)

        async def with_abort(scope: Scope, receive: Receive, send: Send) -> None:
            offered: dict[str, Any] = {"extensions": {ABORT: self.transport.abort}}
            # Only the end of the server cancels, after it cut the connection.
            with suppress(anyio.get_cancelled_exc_class()):
                await served({**scope, **offered}, receive, send)

        self.app = cast("Any", with_abort)
