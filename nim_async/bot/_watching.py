"""Whether the event loop is blocked, and by what."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import anyio

if TYPE_CHECKING:
    from collections.abc import Generator

_log = logging.getLogger("nim_async.bot")
_FRAMES = 12  # the innermost, which show what blocks


class Watch:
    """
    Notices, from a thread of its own, that an event loop does nothing for a while.

    A process that is stopped as a whole is not taken for blocked: the thread must have looked
    several times meanwhile. As long as nothing runs, it is said again after twice the time.
    """

    def __init__(self, seconds: float) -> None:
        """Take how long is too long."""
        self._seconds = seconds
        self._pace = seconds / 4
        self._beats = 0
        self._over = threading.Event()
        self._loop_thread = threading.get_ident()

    async def beat(self) -> None:
        """Show that the loop runs, until cancelled."""
        while True:
            self._beats += 1
            await anyio.sleep(self._pace)

    @contextmanager
    def watching(self) -> Generator[None]:
        """Watch the loop of the thread that enters."""
        self._loop_thread = threading.get_ident()
        thread = threading.Thread(target=self._look, name="nim_async bot watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()

    def _look(self) -> None:
        heard, since, looks, due = self._beats, monotonic(), 0, self._seconds
        while not self._over.wait(self._pace):
            if self._beats != heard:
                if due > self._seconds:
                    took = monotonic() - since
                    _log.warning("the event loop runs again, after about %.1f s", took)
                heard, since, looks, due = self._beats, monotonic(), 0, self._seconds
                continue
            looks += 1
            if looks * self._pace >= due:
                due *= 2  # by then something else may block
                _log.warning(
                    "the event loop is blocked for %.1f s; a handler does this, which should be a "
                    "plain function, or wait with await:\n%s",
                    monotonic() - since,
                    self._stack(),
                )

    def _stack(self) -> str:
        frames: dict[int, Any] = vars(sys)["_current_frames"]()
        frame = frames.get(self._loop_thread)
        if frame is None:
            return "(no stack)"
        return "".join(traceback.format_stack(frame)[-_FRAMES:])
