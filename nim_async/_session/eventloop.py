"""What is to be known of the running event loop."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import Callable


def on_asyncio() -> bool:
    """Return whether the running event loop is one of asyncio."""
    asyncio = sys.modules.get("asyncio")  # an import would cost those who run on trio
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def clock() -> Callable[[], float]:
    """Return what reads the clock of `anyio.current_time`, by the shortest way."""
    return monotonic if on_asyncio() else anyio.current_time
