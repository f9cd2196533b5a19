"""Who hears of the changes, and when."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import TypeAlias

from nim_async.emulator.changes import Change

Listener: TypeAlias = Callable[[Change], None]

_log = logging.getLogger("nim_async.emulator")
_log.addHandler(logging.NullHandler())


class Listeners:
    """Passes changes on in the order they happened, one at a time."""

    def __init__(self) -> None:
        """Start with nobody listening."""
        self._listeners: list[Listener] = []
        self._pending: deque[Change] = deque()
        self._turn = Lock()

    def add(self, listener: Listener) -> None:
        """Let somebody listen from now on."""
        self._listeners.append(listener)

    def note(self, change: Change) -> None:
        """Keep a change until `pass_on`."""
        if self._listeners:
            self._pending.append(change)

    def pass_on(self) -> None:
        """
        Pass on what was noted; to be called while nothing is held.

        Whoever comes while another is passing on leaves it to the other, so that a listener may
        use the emulator, and the order is kept.
        """
        while self._pending and self._turn.acquire(blocking=False):
            try:
                while self._pending:
                    self._report(self._pending.popleft())
            finally:
                self._turn.release()

    def _report(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(change)
            except Exception:  # noqa: BLE001  whatever it is, the request goes on
                _log.exception("a listener failed on %s", type(change).__name__)
