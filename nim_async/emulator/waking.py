"""What wakes a task from any thread."""

from __future__ import annotations

from contextlib import suppress
from threading import get_ident
from typing import Any

import anyio
from anyio.lowlevel import current_token


class Waker:
    """An event of the running event loop that may be set from any thread."""

    def __init__(self) -> None:
        """Belong to the running event loop."""
        self._event = anyio.Event()
        self._thread = get_ident()
        loop: Any = current_token().native_token
        self._soon = getattr(loop, "call_soon_threadsafe", None) or loop.run_sync_soon

    def set(self) -> None:
        """Wake who waits; nobody waits any more where the event loop has ended."""
        if get_ident() == self._thread:
            self._event.set()
        else:
            with suppress(RuntimeError):
                self._soon(self._event.set)

    async def wait(self) -> None:
        """Wait until it is set."""
        await self._event.wait()
