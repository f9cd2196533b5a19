"""The order of letters: one after the other within a room, rooms side by side."""

from __future__ import annotations

from collections import deque
from contextlib import nullcontext, suppress
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

if TYPE_CHECKING:
    from nim_async.bot._letters import Letter

_LETTERS_IN_A_ROW = 16  # letters that are handed out before the event loop has its turn


class Stopped(Exception):
    """No letter is handed out any more."""


class Outstanding:
    """How many of something there are, for whoever waits until there are none."""

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0
        self._waiting: list[anyio.Event] = []

    def begin(self) -> None:
        """Count one more."""
        self.count += 1

    def end(self) -> None:
        """Count one less."""
        self.count -= 1
        if not self.count:
            for event in self._waiting:
                event.set()
            self._waiting.clear()

    async def none(self) -> None:
        """Wait until there are none."""
        while self.count:
            event = anyio.Event()
            self._waiting.append(event)
            await event.wait()


class _Room:
    """
    The letters of a room.

    Attributes:
        letters: They, each behind the time it says and its number; a heap.
        arrived: Numbers of those that are held back, and when they no longer are, in that order.
        busy: Whether one of the room is handed out.
    """

    __slots__ = ("arrived", "busy", "letters")

    def __init__(self) -> None:
        self.letters: list[tuple[float, int, Letter]] = []
        self.arrived: dict[int, float] = {}
        self.busy = False

    def due(self) -> float:
        """Return when the letter that waits longest may be handed out."""
        return next(iter(self.arrived.values()), inf)

    def pop(self) -> Letter:
        """Take out the first letter."""
        _, number, letter = heappop(self.letters)
        self.arrived.pop(number, None)
        return letter


class Rooms:
    """
    Hands out letters: those of a room one by one, in the order they came, those of others beside.

    With ``hold_back`` a letter waits so many seconds for others that happened before it; then
    those of the room come in the order of the time they say. A room without letters costs nothing.
    """

    def __init__(self, hold_back: float = 0.0) -> None:
        """Take how long letters are held back, seconds."""
        self._hold_back = hold_back
        self._rooms: dict[str, _Room] = {}
        self._ready: deque[_Room] = deque()
        self._later: list[tuple[float, int, _Room]] = []
        self._waiting: deque[anyio.Event] = deque()
        self._number = 0
        self._woken: anyio.Event | None = None  # of a worker that does not run yet
        self._in_a_row = 0
        self._stopped = False
        self._outstanding = Outstanding()

    @property
    def count(self) -> int:
        """How many letters are not done."""
        return self._outstanding.count

    def add(self, letter: Letter) -> None:
        """Put a letter at the end of its room."""
        self._number += 1
        self._outstanding.begin()
        room = self._rooms.get(letter.room)
        if room is None:
            room = self._rooms[letter.room] = _Room()
        time = 0.0
        if self._hold_back:
            room.arrived[self._number] = anyio.current_time() + self._hold_back
            time = float(letter.time or 0)
        heappush(room.letters, (time, self._number, letter))
        if len(room.letters) == 1 and not room.busy:
            self._schedule(room)

    def _schedule(self, room: _Room) -> None:
        if self._hold_back:
            self._number += 1
            heappush(self._later, (room.due(), self._number, room))
        else:
            self._ready.append(room)
        self._wake()

    def _wake(self) -> None:
        """Have a worker look, unless one is about to; it wakes the next if there is more to do."""
        while self._waiting and self._woken is None:
            event = self._waiting.popleft()
            if not event.is_set():
                event.set()
                self._woken = event

    async def take(self) -> Letter:
        """
        Wait for a letter whose room nobody else is busy with.

        Raises:
            Stopped: None is handed out any more.
        """
        while not self._stopped:
            if self._later:
                self._ripen()
            if not self._ready:
                await self._wait(self._later[0][0] if self._later else inf)
            elif self._in_a_row >= _LETTERS_IN_A_ROW:
                self._in_a_row = 0
                await anyio.lowlevel.checkpoint()
            else:
                self._in_a_row += 1
                room = self._ready.popleft()
                room.busy = True
                if self._ready or self._later:
                    self._wake()
                return room.pop()
        raise Stopped

    def _ripen(self) -> None:
        """Let the rooms go whose first letters were held back long enough."""
        now = anyio.current_time()
        while self._later and self._later[0][0] <= now:
            self._ready.append(heappop(self._later)[2])

    async def _wait(self, until: float) -> None:
        event = anyio.Event()
        self._waiting.append(event)
        try:
            with nullcontext() if until == inf else anyio.CancelScope(deadline=until):
                await event.wait()
        except BaseException:
            self._leave(event)
            self._wake()  # what this one was to look after, another must
            raise
        self._leave(event)

    def _leave(self, event: anyio.Event) -> None:
        if self._woken is event:
            self._woken = None
        if event.is_set():
            return
        event.set()
        with suppress(ValueError):
            self._waiting.remove(event)

    def done(self, letter: Letter) -> None:
        """Let the next letter of the room go, after one that was handed out."""
        room = self._rooms[letter.room]
        room.busy = False
        if room.letters:
            self._schedule(room)
        else:
            del self._rooms[letter.room]
        self._outstanding.end()

    async def idle(self) -> None:
        """Wait until no letter is left."""
        await self._outstanding.none()

    def stop(self) -> None:
        """Hand out nothing any more."""
        self._stopped = True
        for event in self._waiting:
            event.set()
        self._waiting.clear()
