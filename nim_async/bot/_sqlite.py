"""An inbox in a file, by the SQLite of the standard library."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.to_thread
from attrs import define, field

from nim_async.bot import _sqlite_file as file
from nim_async.bot._letters import InboxFull, Letter
from nim_async.bot._rooms import Rooms

if TYPE_CHECKING:
    from collections.abc import Collection

    from nim_async.bot._letters import DeadLetter

T = TypeVar("T")
_log = logging.getLogger("nim_async.bot")

_PRUNE_SECONDS = 60.0  # between two looks for keys that need not be known any more
_BODIES_IN_MEMORY = 10_000  # letters whose bodies are kept beside the file
_STUCK_SECONDS = 4.0  # of a write; the service waits 5 for an answer, and sends again
_LOAD_PAUSE_SECONDS = 1.0  # between two tries to read a body


@define(eq=False)
class _Job:
    """
    A change of the file.

    Attributes:
        then: Takes what came of it, in the order of the changes, even if nobody waits any more.
        result: What came of it.
        error: Why it was not made.
        done: Whether all is over.
        left: Whether nobody waits for it.
        woken: Wakes who waits: it is done, or next to write.
    """

    then: Callable[[Any], None] = field(kw_only=True, default=lambda _: None)
    result: Any = field(init=False, default=None)
    error: Exception | None = field(init=False, default=None)
    done: bool = field(init=False, default=False)
    left: bool = field(init=False, default=False)
    woken: anyio.Event | None = field(init=False, default=None)

    def wake(self) -> None:
        """Let who waits for it look."""
        if self.woken is not None:
            self.woken.set()


@define(eq=False)
class _Accept(_Job):
    letter: Letter


@define(eq=False)
class _Change(_Job):
    write: Callable[[sqlite3.Connection], Any]


class SQLiteInbox:
    """
    Keeps events in a file: what was accepted is handled even if the process is killed.

    Events that arrive together are written together, so that thousands a second are. One process
    has the file; a second one is refused. The file is not readable by other users of the machine.
    It may grow with what waits, and is not made smaller; it must not be on a network drive.

    Args:
        path: The file, made if it is not there. Two more are beside it while it is in use.
        capacity: How many events may wait; a full inbox has them sent again later.
        remember: How long keys of events are kept to know doubled ones by, seconds.
        hold_back: How long an event waits for others that happened before it, seconds.
        fsync: Wait for the disk with each write, so that a power cut loses nothing either.
    """

    durable = True
    shared = False

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        capacity: int = 100_000,
        remember: float = 3 * 86_400.0,
        hold_back: float = 0.0,
        fsync: bool = True,
    ) -> None:
        """Open nothing yet."""
        self._path = Path(path)
        self._capacity = capacity
        self._remember = remember
        self._hold_back = hold_back
        self._fsync = fsync
        self._rooms = Rooms(hold_back)
        self._connection: sqlite3.Connection | None = None
        self._pending: list[_Job] = []
        self._handled: list[int] = []  # numbers of letters that can be forgotten
        self._writing = False
        self._began = 0.0
        self._thread = anyio.CapacityLimiter(1)
        self._pruned_at = 0.0
        self._process = 0

    def __repr__(self) -> str:
        """Show the file."""
        return f"{type(self).__name__}({str(self._path)!r})"

    @property
    def waiting(self) -> int:
        """How many letters are not handled yet."""
        return self._rooms.count

    async def open(self) -> None:
        """
        Open the file, with what was left from before; see `Inbox.open`.

        Raises:
            ConfigurationError: Another process has it, it is none of an inbox, or cannot be
                written.
        """
        self._rooms = Rooms(self._hold_back)
        self._writing = False
        self._pending.clear()
        self._handled.clear()
        self._thread = anyio.CapacityLimiter(1)
        self._process = os.getpid()
        with anyio.CancelScope(shield=True):  # or the file would stay open behind us
            opening = partial(
                file.open_file, self._path, fsync=self._fsync, bodies=_BODIES_IN_MEMORY
            )
            self._connection, letters = await self._in_thread(opening)
            self._add_all(letters)
        if self._rooms.count:
            _log.info("%d events are left in %s from before", self._rooms.count, self._path.name)

    async def aclose(self) -> None:
        """Close the file; what waits stays in it."""
        if self._connection is not None and self._process == os.getpid():
            # Of senders and workers that were stopped meanwhile.
            if (self._pending or self._handled) and not self._writing:
                await self._write_what_waits()
            connection, self._connection = self._connection, None
            await self._in_thread(connection.close)

    async def accept(self, letter: Letter) -> bool:
        """Write a letter down; see `Inbox.accept`."""
        if self._rooms.count + len(self._pending) >= self._capacity:
            raise InboxFull(f"{self._capacity} events wait already")
        if self._writing and time.monotonic() - self._began > _STUCK_SECONDS:
            raise InboxFull(f"the file takes longer than {_STUCK_SECONDS:.0f} s to be written")
        try:
            return bool(await self._write(_Accept(letter, then=partial(self._add, letter))))
        except Exception as error:
            raise InboxFull(f"nothing can be written: {type(error).__name__}") from error

    async def take(self) -> Letter:
        """Wait for a letter; see `Inbox.take`."""
        letter = await self._rooms.take()
        while not letter.body:
            try:
                letter.body = await self._read(partial(file.body_of, letter.tag))
            except sqlite3.Error as error:
                _log.error("an event cannot be read from the file: %s", type(error).__name__)
                await anyio.sleep(_LOAD_PAUSE_SECONDS)
        return letter

    async def done(self, letter: Letter, dead: DeadLetter | None = None) -> None:
        """
        Forget a letter; see `Inbox.done`.

        Raises:
            sqlite3.Error: That cannot be written now. It is written with the next change; if there
                is none, the letter comes again at the next start.
        """
        self._rooms.done(letter)
        if dead is not None:
            await self._write(_Change(partial(_give_up, letter, dead)))
            return
        self._handled.append(letter.tag)
        if not (self._writing and self._pending):  # else it is written with what others wait for
            await self._write(_Job())

    async def idle(self) -> None:
        """Wait until nothing is left; see `Inbox.idle`."""
        await self._rooms.idle()

    def stop(self) -> None:
        """Hand out no letters any more."""
        self._rooms.stop()

    async def dead(self) -> list[DeadLetter]:
        """Return the dead letters, the oldest first."""
        return await self._read(file.all_dead)

    async def bury(self, letter: Letter, dead: DeadLetter) -> None:
        """Keep a dead letter; see `Inbox.bury`."""
        await self._write(_Change(partial(file.bury, letter, dead)))

    async def revive(self, keys: Collection[str]) -> int:
        """Accept dead letters anew; see `Inbox.revive`."""
        job = _Change(partial(file.revive, sorted(keys)), then=self._add_all)
        return len(await self._write(job))

    def _add_all(self, letters: list[Letter]) -> None:
        for letter in letters:
            self._rooms.add(letter)

    def _add(self, letter: Letter, number: int | None) -> None:
        """Hand a letter on that was written just now."""
        if number is None:
            return
        letter.tag = number
        if self._rooms.count >= _BODIES_IN_MEMORY:
            letter.leave_body()
        self._rooms.add(letter)

    # the file

    async def _write(self, job: _Job) -> Any:
        """
        Change the file, together with whoever else waits to.

        Raises:
            Exception: It is not changed; as a rule an error of SQLite.
        """
        self._pending.append(job)
        if self._writing:
            job.woken = anyio.Event()
            try:
                await job.woken.wait()
            except BaseException:
                job.left = True
                if job.woken.is_set() and not job.done:
                    self._hand_over()
                raise
        if not job.done:
            await self._write_what_waits()
        if job.error is not None:
            raise job.error
        return job.result

    async def _write_what_waits(self) -> None:
        """Write for all that wait, and have the first of those that came meanwhile go on."""
        self._writing = True
        self._began = time.monotonic()
        jobs, self._pending = self._pending, []
        handled, self._handled = self._handled, []
        written = False
        with anyio.CancelScope(shield=True):
            written = await self._in_thread(partial(self._commit, jobs, handled))
        if not written:
            self._handled += handled
        for job in jobs:
            if written:
                job.then(job.result)
            job.wake()
        self._hand_over()

    def _hand_over(self) -> None:
        # What somebody left is written with what the next one brings.
        first = next((job for job in self._pending if not job.left), None)
        self._writing = first is not None
        self._began = time.monotonic()
        if first is not None:
            first.wake()

    async def _read(self, read: Callable[[sqlite3.Connection], T]) -> T:
        return await self._in_thread(lambda: read(self._open_connection()))

    async def _in_thread(self, function: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(function, limiter=self._thread)

    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.ProgrammingError("the inbox is not open")
        if self._process != os.getpid():
            raise sqlite3.ProgrammingError("the inbox was opened before a fork")
        return self._connection

    def _commit(self, jobs: list[_Job], handled: list[int]) -> bool:
        """Make changes in one transaction: all of them, or none; return whether they are made."""
        try:
            connection = self._open_connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                file.forget(handled, connection)
                self._change(connection, jobs)
                self._prune(connection)
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
        except Exception as error:  # noqa: BLE001  all of it is for who waits
            for job in jobs:
                job.error = error
            return False
        else:
            return True
        finally:
            for job in jobs:
                job.done = True

    def _change(self, connection: sqlite3.Connection, jobs: list[_Job]) -> None:
        new = [job for job in jobs if isinstance(job, _Accept)]
        numbers = file.accept([accepted.letter for accepted in new], connection)
        for accepted, number in zip(new, numbers, strict=True):
            accepted.result = number
        for job in jobs:
            if isinstance(job, _Change):
                job.result = job.write(connection)

    def _prune(self, connection: sqlite3.Connection) -> None:
        """Forget the keys of long ago."""
        now = time.time()
        if now - self._pruned_at < _PRUNE_SECONDS:
            return
        self._pruned_at = now
        file.forget_keys(now - self._remember, connection)


def _give_up(letter: Letter, dead: DeadLetter, connection: sqlite3.Connection) -> None:
    file.forget([letter.tag], connection)
    file.bury(letter, dead, connection)
