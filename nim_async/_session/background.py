"""A task that belongs to nobody: begun by one task, awaited by another, left at any place."""

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
    Runs a coroutine function beside whoever begins it, until it ends or is cancelled.

    A task group must be left by the task that entered it, and in the right order with the scopes
    around it. Servers do not promise that: some run what begins and what ends an application in
    different tasks. Nor does `break` out of an asynchronous iterator.

    Attributes:
        clock: Returns the time, by the clock of its event loop.
        ended: Whether it has ended.
        error: What the function ended with, unless it ended well.
    """

    def __init__(self, function: Callable[[], Awaitable[None]]) -> None:
        """Begin at once."""
        self._function = function
        self._scope = anyio.CancelScope()
        self._end = anyio.Event()
        self.ended = False
        self.error: BaseException | None = None
        if on_asyncio():
            loop = asyncio.get_running_loop()
            self.clock: Callable[[], float] = loop.time
            self._call_soon: Callable[[Callable[[], None]], object] = loop.call_soon_threadsafe
            task = loop.create_task(self._run())
            _running.add(task)
            task.add_done_callback(_running.discard)
        else:
            self.clock = anyio.current_time
            trio = sys.modules["trio"].lowlevel
            self._call_soon = trio.current_trio_token().run_sync_soon
            trio.spawn_system_task(self._run)

    async def _run(self) -> None:
        try:
            with suppress(asyncio.CancelledError), self._scope:
                await self._function()
        except Exception as error:  # noqa: BLE001  it is for who waits
            self.error = error
        finally:
            self.ended = True
            self._end.set()

    def cancel(self) -> None:
        """Cut it off."""
        self._scope.cancel()

    def abandon(self) -> None:
        """Cut it off from wherever the garbage is collected, if its event loop still runs."""
        with suppress(RuntimeError):
            self._call_soon(self._scope.cancel)

    async def wait(self) -> None:
        """Wait until it has ended."""
        await self._end.wait()
