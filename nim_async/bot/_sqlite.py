"""An inbox in a file, by the SQLite of the standard library."""

from __future__ import annotations

import json
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

from nim_async.bot._letters import InboxFull, Letter, dead_letter, dead_members
from nim_async.bot._rooms import Rooms
from nim_async.errors import CallbackError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection

    from nim_async.bot._letters import DeadLetter

T = TypeVar("T")
_log = logging.getLogger("nim_async.bot")

_VERSION = 1
_SCHEMA = """
CREATE TABLE known (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, at REAL NOT NULL);
CREATE INDEX known_at ON known (at);
CREATE TABLE waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, room BLOB NOT NULL,
    source TEXT, unknown INTEGER NOT NULL, time INTEGER, repeated INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE dead (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, room BLOB NOT NULL,
    source TEXT, unknown INTEGER NOT NULL, time INTEGER, body BLOB NOT NULL, told TEXT NOT NULL
);
"""
_LOCK_SECONDS = 2.0  # how long the file of a process that is just ending is waited for
_PRUNE_SECONDS = 60.0  # between two looks for keys that need not be known any more
_PRUNED_ROWS = 10_000  # forgotten at once, at most
_IN_MEMORY = 10_000  # letters whose bodies are kept beside the file
_LOAD_PAUSE_SECONDS = 1.0  # between two tries to read a body
_INT64 = 2**63


@define(eq=False)
class _Job:
    """A change of the file that somebody waits for."""

    write: Callable[[sqlite3.Connection], Any]
    then: Callable[[Any], None] = field(default=lambda _: None)
    result: Any = None
    error: Exception | None = None
    done: bool = False
    left: bool = False
    woken: anyio.Event = field(factory=anyio.Event)


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
        self._writing = False
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
        self._thread = anyio.CapacityLimiter(1)
        self._process = os.getpid()
        with anyio.CancelScope(shield=True):  # or the file would stay open behind us
            self._add_all(await self._in_thread(self._open))
        if self._rooms.count:
            _log.info("%d events are left in %s from before", self._rooms.count, self._path.name)

    async def aclose(self) -> None:
        """Close the file; what waits stays in it."""
        if self._connection is not None and self._process == os.getpid():
            if self._pending and not self._writing:  # of workers that were stopped meanwhile
                await self._write_what_waits()
            connection, self._connection = self._connection, None
            await self._in_thread(connection.close)

    async def accept(self, letter: Letter) -> bool:
        """Write a letter down; see `Inbox.accept`."""
        if self._rooms.count + len(self._pending) >= self._capacity:
            raise InboxFull(f"{self._capacity} events wait already")
        try:
            return bool(await self._write(partial(_accept, letter), partial(self._add, letter)))
        except Exception as error:
            raise InboxFull(f"nothing can be written: {type(error).__name__}") from error

    async def take(self) -> Letter:
        """Wait for a letter; see `Inbox.take`."""
        letter = await self._rooms.take()
        while not letter.body:
            try:
                letter.body = await self._read(partial(_body, letter.tag))
            except sqlite3.Error as error:
                _log.error("an event cannot be read from the file: %s", type(error).__name__)
                await anyio.sleep(_LOAD_PAUSE_SECONDS)
        return letter

    async def done(self, letter: Letter, dead: DeadLetter | None = None) -> None:
        """
        Forget a letter; see `Inbox.done`.

        Raises:
            sqlite3.Error: That cannot be written; the letter comes again at the next start.
        """
        self._rooms.done(letter)
        await self._write(partial(_done, letter, dead))

    async def idle(self) -> None:
        """Wait until nothing is left; see `Inbox.idle`."""
        await self._rooms.idle()

    def stop(self) -> None:
        """Hand out no letters any more."""
        self._rooms.stop()

    async def dead(self) -> list[DeadLetter]:
        """Return the dead letters, the oldest first."""
        return await self._read(_dead)

    async def bury(self, letter: Letter, dead: DeadLetter) -> None:
        """Keep a dead letter; see `Inbox.bury`."""
        await self._write(partial(_bury, letter, dead))

    async def revive(self, keys: Collection[str]) -> int:
        """Accept dead letters anew; see `Inbox.revive`."""
        letters: list[Letter]
        letters = await self._write(partial(_revive, sorted(keys)), self._add_all)
        return len(letters)

    def _add_all(self, letters: list[Letter]) -> None:
        for letter in letters:
            self._rooms.add(letter)

    def _add(self, letter: Letter, number: int | None) -> None:
        """Hand a letter on that was written just now."""
        if number is None:
            return
        letter.tag = number
        if self._rooms.count >= _IN_MEMORY:
            letter.leave_body()
        self._rooms.add(letter)

    # the file

    async def _write(
        self, write: Callable[[sqlite3.Connection], T], then: Callable[[T], None] = lambda _: None
    ) -> T:
        """
        Change the file, together with whoever else waits to.

        Args:
            write: Changes it, in a thread.
            then: Takes what that returned, in the order of the changes, even if the caller is gone.

        Raises:
            Exception: It is not changed; as a rule an error of SQLite.
        """
        job = _Job(write, then)
        self._pending.append(job)
        if self._writing:
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
        result: T = job.result
        return result

    async def _write_what_waits(self) -> None:
        """Write for all that wait, and have the first of those that came meanwhile go on."""
        self._writing = True
        jobs, self._pending = self._pending, []
        with anyio.CancelScope(shield=True):
            await self._in_thread(partial(self._commit, jobs))
        for job in jobs:
            if job.error is None:
                job.then(job.result)
            job.woken.set()
        self._hand_over()

    def _hand_over(self) -> None:
        # What somebody left is written with what the next one brings.
        first = next((job for job in self._pending if not job.left), None)
        self._writing = first is not None
        if first is not None:
            first.woken.set()

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

    def _commit(self, jobs: list[_Job]) -> None:
        """Make changes in one transaction: all of them, or none."""
        try:
            connection = self._open_connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                for job in jobs:
                    job.result = job.write(connection)
                self._prune(connection)
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
        except Exception as error:  # noqa: BLE001  all of it is for who waits
            for job in jobs:
                job.error = error
        finally:
            for job in jobs:
                job.done = True

    def _prune(self, connection: sqlite3.Connection) -> None:
        """Forget the keys of long ago."""
        now = time.time()
        if now - self._pruned_at < _PRUNE_SECONDS:
            return
        self._pruned_at = now
        connection.execute(
            "DELETE FROM known WHERE number IN"
            " (SELECT number FROM known WHERE at < ? ORDER BY at LIMIT ?)",
            (now - self._remember, _PRUNED_ROWS),
        )

    def _open(self) -> list[Letter]:
        try:
            # Before SQLite does, which would let everybody read it.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = connection = sqlite3.connect(
                self._path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                return self._prepare(connection)
            except BaseException:
                self._connection = None
                connection.close()
                raise
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                text = f"another process has the inbox {self._path}; one file is for one process"
            else:
                text = f"the inbox {self._path} cannot be opened: {error}"
            raise ConfigurationError(text, option="inbox") from None
        except (sqlite3.DatabaseError, OSError) as error:
            text = f"the inbox {self._path} cannot be opened: {error}"
            raise ConfigurationError(text, option="inbox") from None

    def _prepare(self, connection: sqlite3.Connection) -> list[Letter]:
        """Lock the file for this process, and read what waits."""
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._fsync else 'NORMAL'}")
        connection.execute("BEGIN IMMEDIATE")  # from here on nobody else can open it
        ((version,),) = connection.execute("PRAGMA user_version")
        if version not in (0, _VERSION):
            connection.execute("ROLLBACK")
            raise sqlite3.DatabaseError(f"it is of another version, {version}")
        if version == 0:
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        # What waits may have been begun before the process ended.
        connection.execute("UPDATE waiting SET repeated = 1 WHERE repeated = 0")
        connection.execute("COMMIT")
        rows = connection.execute(
            "SELECT number, key, room, source, unknown, time, repeated,"
            " CASE WHEN number < (SELECT min(number) FROM waiting) + ? THEN body ELSE x'' END"
            " FROM waiting ORDER BY number",
            (_IN_MEMORY,),
        )
        return [_letter(*row) for row in rows]


def _letter(
    number: int,
    key: str,
    room: bytes,
    source: Any,
    unknown: int,
    when: int | None,
    repeated: int,
    body: bytes,
) -> Letter:
    return Letter(
        key=key,
        room=room.decode(errors="surrogatepass"),
        body=body,
        source=source,
        unknown=bool(unknown),
        time=when,
        repeated=bool(repeated),
        tag=number,
    )


def _columns(letter: Letter) -> tuple[Any, ...]:
    """Return what both tables have of a letter, in forms that SQLite can hold."""
    when = letter.time if letter.time is not None and abs(letter.time) < _INT64 else None
    room = letter.room.encode(errors="surrogatepass")
    return letter.key, room, letter.source, letter.unknown, when, letter.body


def _accept(letter: Letter, connection: sqlite3.Connection) -> int | None:
    new = connection.execute(
        "INSERT OR IGNORE INTO known (key, at) VALUES (?, ?)", (letter.key, time.time())
    )
    return _insert(letter, connection) if new.rowcount else None


def _insert(letter: Letter, connection: sqlite3.Connection) -> int | None:
    return connection.execute(
        "INSERT INTO waiting (key, room, source, unknown, time, body, repeated)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*_columns(letter), letter.repeated),
    ).lastrowid


def _body(number: int, connection: sqlite3.Connection) -> bytes:
    row = connection.execute("SELECT body FROM waiting WHERE number = ?", (number,)).fetchone()
    return b" " if row is None else row[0] or b" "


def _done(letter: Letter, dead: DeadLetter | None, connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM waiting WHERE number = ?", (letter.tag,))
    if dead is not None:
        _bury(letter, dead, connection)


def _bury(letter: Letter, dead: DeadLetter, connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO dead (key, room, source, unknown, time, body, told)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*_columns(letter), json.dumps(dead_members(dead))),
    )


def _dead(connection: sqlite3.Connection) -> list[DeadLetter]:
    rows = connection.execute(
        "SELECT number, key, room, source, unknown, time, 1, body, told FROM dead ORDER BY number"
    )
    found: list[DeadLetter] = []
    for *columns, told in rows:
        with suppress(CallbackError):
            found.append(dead_letter(_letter(*columns), json.loads(told)))
    return found


def _revive(keys: list[str], connection: sqlite3.Connection) -> list[Letter]:
    letters: list[Letter] = []
    for key in keys:
        row = connection.execute(
            "SELECT number, key, room, source, unknown, time, 1, body FROM dead WHERE key = ?",
            (key,),
        ).fetchone()
        if row is not None:
            letter = _letter(*row)
            connection.execute("DELETE FROM dead WHERE number = ?", (letter.tag,))
            letter.tag = _insert(letter, connection)
            letters.append(letter)
    return letters
