"""A real server for applications of tests."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import uvicorn
from anyio.from_thread import start_blocking_portal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


@asynccontextmanager
async def served(app: Any) -> AsyncGenerator[str]:
    """Serve an application on a free port of the loopback, in a thread of its own."""
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", timeout_keep_alive=75)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener, start_blocking_portal() as portal:
        running = portal.start_task_soon(server.serve, [listener])
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(running.result)
