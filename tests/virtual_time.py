"""
Event loops whose time stands still while there is work, and jumps to what is due next.

Seconds pass at once on them, and take the same whatever the machine does meanwhile. They are for
tests without sockets and threads, marked ``virtual_time``.
"""

from __future__ import annotations

import asyncio  # noqa: TID251  a loop of its own needs another clock
from selectors import DefaultSelector
from typing import TYPE_CHECKING, Any, cast

from trio.lowlevel import current_clock
from trio.testing import MockClock

from nim_async._session.eventloop import on_asyncio

if TYPE_CHECKING:
    from selectors import SelectorKey


class _Jumping(DefaultSelector):
    """Moves the time instead of waiting."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        ready = super().select(timeout and 0)
        if not ready and timeout:
            self.now += timeout
        return ready


class Loop(asyncio.SelectorEventLoop):
    """An event loop of asyncio on virtual time."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the virtual time, seconds."""
        return self._jumping.now

    def jump(self, seconds: float) -> None:
        """Let time pass."""
        self._jumping.now += seconds


def backend(name: str) -> tuple[str, dict[str, Any]]:
    """Return what anyio runs a test on virtual time with."""
    if name == "trio":
        return name, {"clock": MockClock(autojump_threshold=0)}
    return name, {"loop_factory": Loop}


def spend(seconds: float) -> None:
    """Let time pass while the loop stands still."""
    if on_asyncio():
        cast("Loop", asyncio.get_running_loop()).jump(seconds)
    else:
        cast("MockClock", current_clock()).jump(seconds)
