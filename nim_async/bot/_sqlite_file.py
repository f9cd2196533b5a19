"""What is in the file of an inbox: tables, and the changes of them."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from nim_async.bot._letters import Letter, dead_letter, dead_members
from nim_async.errors import CallbackError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from nim_async.bot._letters import DeadLetter

T = TypeVar("T")

_VERSION = 1
_SCHEMA = """
CREATE TABLE known (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, at REAL NOT NULL);
CREATE TABLE waiting (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, room BLOB NOT NULL,
    source TEXT, unknown INTEGER NOT NULL, time INTEGER, body BLOB NOT NULL,
    repeated INTEGER NOT NULL
);
CREATE TABLE dead (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, room BLOB NOT NULL,
    source TEXT, unknown INTEGER NOT NULL, time INTEGER, body BLOB NOT NULL, told TEXT NOT NULL
);
"""
_LOCK_SECONDS = 2.0  # how long the file of a process that is just ending is waited for
_PRUNED_ROWS = 10_000  # forgotten at once, at most
_ROWS = 64  # of one statement, which takes little longer than one of a single row
_INT64 = 2**63


def open_file(path: Path, *, fsync: bool, bodies: int) -> tuple[sqlite3.Connection, list[Letter]]:
    """
    Open the file for this process alone.

    Args:
        path: The file, made if it is not there.
        fsync: Wait for the disk with each write.
        bodies: How many letters are read with their bodies.

    Returns:
        The connection, and the letters that wait.

    Raises:
        ConfigurationError: Another process has it, it is none of an inbox, or cannot be written.
    """
    try:
        # Before SQLite does, which would let everybody read it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            path,
            timeout=_LOCK_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=8 * _ROWS,
        )
        try:
            _prepare(connection, fsync=fsync)
            return connection, _waiting(connection, bodies)
        except BaseException:
            connection.close()
            raise
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            text = f"another process has the inbox {path}; one file is for one process"
        else:
            text = f"the inbox {path} cannot be opened: {error}"
        raise ConfigurationError(text, option="inbox") from None
    except (sqlite3.DatabaseError, OSError) as error:
        text = f"the inbox {path} cannot be opened: {error}"
        raise ConfigurationError(text, option="inbox") from None


def _prepare(connection: sqlite3.Connection, *, fsync: bool) -> None:
    """Lock the file for this process."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {'FULL' if fsync else 'NORMAL'}")
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


def _waiting(connection: sqlite3.Connection, bodies: int) -> list[Letter]:
    rows = connection.execute(
        "SELECT number, key, room, source, unknown, time,"
        " CASE WHEN number < (SELECT min(number) FROM waiting) + ? THEN body ELSE x'' END, repeated"
        " FROM waiting ORDER BY number",
        (bodies,),
    )
    return [_letter(*row) for row in rows]


def accept(letters: Sequence[Letter], connection: sqlite3.Connection) -> list[int | None]:
    """
    Write letters down.

    Returns:
        Their numbers in the file; ``None`` for one whose key is known.
    """
    numbers: list[int | None] = []
    for some in _pieces(letters):
        keys = [letter.key for letter in some]
        places = _places(len(keys))
        found = connection.execute(f"SELECT key FROM known WHERE key IN {places}", keys)  # noqa: S608
        known = {key for (key,) in found}
        new: dict[str, Letter] = {}
        for letter in some:
            if letter.key not in known:
                new.setdefault(letter.key, letter)
        now = time.time()
        _insert(connection, "known (key, at)", [(key, now) for key in new])
        given = dict(zip(new, insert(list(new.values()), connection), strict=True))
        numbers += [given.pop(key, None) for key in keys]
    return numbers


def insert(letters: Sequence[Letter], connection: sqlite3.Connection) -> range:
    """Add letters to those that wait, and return their numbers."""
    rows = [(*_columns(letter), letter.repeated) for letter in letters]
    last = _insert(connection, "waiting (key, room, source, unknown, time, body, repeated)", rows)
    return range(last - len(rows) + 1, last + 1)


def forget(numbers: Sequence[int], connection: sqlite3.Connection) -> None:
    """Take letters out of those that wait."""
    for some in _pieces(numbers):
        places = _places(len(some))
        connection.execute(f"DELETE FROM waiting WHERE number IN {places}", some)  # noqa: S608


def forget_keys(before: float, connection: sqlite3.Connection) -> None:
    """Forget keys that came before a time, which is UTC in seconds since 1970."""
    connection.execute(
        "DELETE FROM known WHERE number IN (SELECT number FROM known WHERE number <"
        " coalesce((SELECT number FROM known WHERE at >= ? ORDER BY number LIMIT 1), ?)"
        " ORDER BY number LIMIT ?)",
        (before, _INT64 - 1, _PRUNED_ROWS),
    )


def body_of(number: int, connection: sqlite3.Connection) -> bytes:
    """Return the body of a letter that waits."""
    row = connection.execute("SELECT body FROM waiting WHERE number = ?", (number,)).fetchone()
    return b" " if row is None else row[0] or b" "


def bury(letter: Letter, dead: DeadLetter, connection: sqlite3.Connection) -> None:
    """Keep a dead letter."""
    connection.execute(
        "INSERT OR REPLACE INTO dead (key, room, source, unknown, time, body, told)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*_columns(letter), json.dumps(dead_members(dead))),
    )


def all_dead(connection: sqlite3.Connection) -> list[DeadLetter]:
    """Return the dead letters, the oldest first."""
    rows = connection.execute(
        "SELECT number, key, room, source, unknown, time, body, 1, told FROM dead ORDER BY number"
    )
    found: list[DeadLetter] = []
    for *columns, told in rows:
        with suppress(CallbackError):
            found.append(dead_letter(_letter(*columns), json.loads(told)))
    return found


def revive(keys: list[str], connection: sqlite3.Connection) -> list[Letter]:
    """Make dead letters wait again, and return them."""
    letters: list[Letter] = []
    for key in keys:
        row = connection.execute(
            "SELECT number, key, room, source, unknown, time, body, 1 FROM dead WHERE key = ?",
            (key,),
        ).fetchone()
        if row is not None:
            letter = _letter(*row)
            connection.execute("DELETE FROM dead WHERE number = ?", (letter.tag,))
            (letter.tag,) = insert([letter], connection)
            letters.append(letter)
    return letters


def _letter(
    number: int,
    key: str,
    room: bytes,
    source: Any,
    unknown: int,
    when: int | None,
    body: bytes,
    repeated: int,
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


def _insert(connection: sqlite3.Connection, what: str, rows: Sequence[tuple[Any, ...]]) -> int:
    """Insert rows at once, and return the number of the last."""
    if not rows:
        return 0
    values = ", ".join([_places(len(rows[0]))] * len(rows))
    cells = [cell for row in rows for cell in row]
    cursor = connection.execute(f"INSERT INTO {what} VALUES {values}", cells)  # noqa: S608
    return cursor.lastrowid or 0


def _places(count: int) -> str:
    return f"({', '.join('?' * count)})"


def _pieces(things: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), _ROWS):
        yield things[start : start + _ROWS]
