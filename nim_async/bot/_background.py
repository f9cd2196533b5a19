"""A task that belongs to nobody: it may be begun by one task and awaited by another."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from nim_async._session.eventloop import on_asyncio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_running: set[Any] = set()  # the event loop itself holds tasks but weakly


class Background:
    """
    Runs a coroutine function beside whoever begins it, until it ends by itself.

    A task group must be left by the task that entered it, which servers do not promise: some run
    what begins and what ends an application in different tasks.
    """

    def __init__(self, function: Callable[[], Awaitable[None]]) -> None:
        """Begin at once."""
        self._function = function
        self._ended = anyio.Event()
        self.error: BaseException | None = None
        if on_asyncio():
            task = asyncio.get_running_loop().create_task(self._run())
            _running.add(task)
            task.add_done_callback(_running.discard)
        else:
            sys.modules["trio"].lowlevel.spawn_system_task(self._run)

    async def _run(self) -> None:
        try:
            with suppress(asyncio.CancelledError):
                await self._function()
        except Exception as error:  # noqa: BLE001  it is for who waits
            self.error = error
        finally:
            self._ended.set()

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._ended.is_set()

    async def wait(self) -> None:
        """Wait until it has ended."""
        await self._ended.wait()
