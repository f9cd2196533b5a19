"""Where events wait for their handlers: the protocol, and the one in memory."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Protocol

from nim_async.bot._letters import InboxFull, Letter
from nim_async.bot._rooms import Rooms, Stopped

if TYPE_CHECKING:
    from collections.abc import Collection

    from nim_async.bot._letters import DeadLetter

__all__ = ["Inbox", "MemoryInbox", "Stopped"]

_SERVERS = frozenset({"uvicorn", "gunicorn", "hypercorn", "granian", "sanic"})
_WORKERS = re.compile(r"(?:^|\s)(?:--workers|-w)[ =]?(\d{1,4})(?:\s|$)")
_FEW = re.compile(r"\d{1,4}", re.ASCII)
_log = logging.getLogger("nim_async.bot")


class Inbox(Protocol):
    """
    Keeps events from the moment they are accepted until they are handled.

    Attributes:
        durable: Whether what is accepted outlives the process: such an inbox need not be emptied
            before the process ends.
        shared: Whether other processes have it too, and may handle what this one accepts.
    """

    durable: bool
    shared: bool

    async def open(self) -> None:
        """
        Make ready, with what was left from before.

        Raises:
            ConfigurationError: It cannot be, such as one that another process has.
        """
        ...

    async def aclose(self) -> None:
        """Let go of everything; what is accepted stays, if the inbox is durable."""
        ...

    async def accept(self, letter: Letter) -> bool:
        """
        Keep a letter, and return when it is safe.

        Returns:
            False for one that it has, or had, already.

        Raises:
            InboxFull: It is not kept: there is no room for it, or nothing can be written.
        """
        ...

    async def take(self) -> Letter:
        """
        Wait for a letter of a room that nobody is busy with, in the order of arrival.

        Raises:
            Stopped: `stop` was called.
        """
        ...

    async def done(self, letter: Letter, dead: DeadLetter | None = None) -> None:
        """Forget a letter that was handled, and keep it as a dead one if that failed."""
        ...

    async def idle(self) -> None:
        """Wait until nothing is left to be handled."""
        ...

    def stop(self) -> None:
        """Hand out no letters any more."""
        ...

    async def dead(self) -> list[DeadLetter]:
        """Return the dead letters, the oldest first."""
        ...

    async def bury(self, letter: Letter, dead: DeadLetter) -> None:
        """Keep a dead letter that never was in the inbox."""
        ...

    async def revive(self, keys: Collection[str]) -> int:
        """Accept dead letters anew, and return how many there were."""
        ...

    @property
    def waiting(self) -> int:
        """How many letters are not handled yet."""
        ...


class MemoryInbox:
    """
    Keeps events in memory: quick, bounded, and lost when the process is killed.

    A process that is asked to stop handles what it has accepted first. One process only: several
    workers of a server would each have a part of a room's events, out of order.

    Args:
        capacity: How many events may wait; a full inbox has them sent again later.
        remembered: How many keys of events are kept to know doubled ones by.
        dead_letters: How many dead letters are kept, the newest.
        hold_back: How long an event waits for others that happened before it, seconds.
    """

    durable = False
    shared = False

    def __init__(
        self,
        *,
        capacity: int = 10_000,
        remembered: int = 100_000,
        dead_letters: int = 1000,
        hold_back: float = 0.0,
    ) -> None:
        """Begin empty."""
        self._capacity = capacity
        self._remembered = remembered
        self._hold_back = hold_back
        self._known: OrderedDict[str, None] = OrderedDict()
        self._dead: deque[tuple[Letter, DeadLetter]] = deque(maxlen=dead_letters)
        self._rooms = Rooms(hold_back)

    @property
    def waiting(self) -> int:
        """How many letters are not handled yet."""
        return self._rooms.count

    async def open(self) -> None:
        """Make ready; see `Inbox.open`."""
        if (workers := _server_workers()) > 1:
            _log.warning(
                "the server has %d workers, each of which is a process with an inbox of its own in"
                " memory: doubled events and the order in a room are not seen by all; use a"
                " RedisInbox, or one worker",
                workers,
            )
        self._rooms = Rooms(self._hold_back)

    async def aclose(self) -> None:
        """Let what is left go."""
        if self._rooms.count:
            _log.error("%d events that were accepted are lost unhandled", self._rooms.count)

    async def accept(self, letter: Letter) -> bool:
        """Keep a letter; see `Inbox.accept`."""
        if letter.key in self._known:
            return False
        if self._rooms.count >= self._capacity:
            raise InboxFull(f"{self._capacity} events wait already")
        self._known[letter.key] = None
        if len(self._known) > self._remembered:
            self._known.popitem(last=False)
        self._rooms.add(letter)
        return True

    async def take(self) -> Letter:
        """Wait for a letter; see `Inbox.take`."""
        return await self._rooms.take()

    async def done(self, letter: Letter, dead: DeadLetter | None = None) -> None:
        """Forget a letter; see `Inbox.done`."""
        if dead is not None:
            await self.bury(letter, dead)
        self._rooms.done(letter)

    async def idle(self) -> None:
        """Wait until nothing is left; see `Inbox.idle`."""
        await self._rooms.idle()

    def stop(self) -> None:
        """Hand out no letters any more."""
        self._rooms.stop()

    async def dead(self) -> list[DeadLetter]:
        """Return the dead letters, the oldest first."""
        return [dead for _, dead in self._dead]

    async def bury(self, letter: Letter, dead: DeadLetter) -> None:
        """Keep a dead letter; see `Inbox.bury`."""
        if len(self._dead) == self._dead.maxlen:
            _log.error("dead letter %s makes place for a newer one", self._dead[0][1].key)
        self._dead.append((letter, dead))

    async def revive(self, keys: Collection[str]) -> int:
        """Accept dead letters anew; see `Inbox.revive`."""
        chosen = [(letter, dead) for letter, dead in self._dead if dead.key in keys]
        for letter, dead in chosen:
            self._dead.remove((letter, dead))
            letter.repeated = True
            self._rooms.add(letter)
        return len(chosen)


def _server_workers() -> int:
    """Return how many workers a server was told to have, as far as that can be seen."""
    if not _SERVERS & sys.modules.keys():
        return 1
    told = _WORKERS.search(" ".join(sys.argv[1:]))
    number = os.environ.get("WEB_CONCURRENCY", "") if told is None else told[1]
    return int(number) if _FEW.fullmatch(number) else 1
