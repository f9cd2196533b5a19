"""
The journal of a job: what was begun, and what became of it.

The output has a line for each row that came to an end. Beside it a file with ``.journal`` behind
its name holds a header, and a mark for each row, written before its call is sent. So a row is done
exactly when its whole line is there, and one with a mark alone may have happened.

The lines of the second file: ``17 9f2c01ab``, row 17 with this hash is begun; ``17 -``, it did not
happen and is to be called anew; ``= 17 9f2c01ab``, the input has this row.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from array import array
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, field

from nim_async.batch._files import FULL, LineFile, largest_size, lock, open_private, sync_folder
from nim_async.batch._lines import Ended, line_of, read_line
from nim_async.batch._outcome import Status
from nim_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from nim_async.batch._outcome import Outcome
    from nim_async.batch._rows import Row

_VERSION = 1
_MAGIC = "batch"
_SIDE_BEGINS = b'{"nim_async"'
_OUT_BEGINS = b'{"n":'
_SALT_BYTES = 16
_MOST_ROWS = 10**9
_KNOWN, _BEGUN, _ENDED, _SEEN, _NEW = 1, 2, 4, 8, 16
# What is to be known of a row that is done, by the way such a line is written here.
_DONE = re.compile(
    rb'\{"n":([1-9][0-9]*),"id":(?:null|-?[0-9]+|"[^"\\]*"),'
    rb'"h":"([0-9a-f]{8})","status":"done"[,}].*\}\n'
)
_MARK_BYTES = 64  # no mark is longer
_LINE_BYTES = 2048  # what a line is taken to need before any is known
_MORE_BYTES = 64 * 1024  # room that is taken at a time beside what is needed


def changed(name: str, n: int, problem: str) -> ConfigurationError:
    """Make the error of an input that is not the one of the journal."""
    text = f"line {n} of the input {problem}: it was edited, or {name} is of another job"
    return ConfigurationError(text, option="journal")


@define(eq=False)
class Journal:
    """
    The journal of one job, held by one process at a time.

    Args:
        path: The output.
        job: What the rows are of: the name of an operation, or ``rows`` where each names its own.
        fsync: Whether to wait for the disk.

    Attributes:
        counts: How many rows an earlier run ended, by status.
        failures: How many of them did not end well, by code or name of the error.
        full: Why nothing more is begun, once there is no room.
        fresh: Whether this run made the files.
        is_open: Whether they are open.
    """

    path: Path
    job: str
    fsync: bool
    counts: Counter[Status] = field(init=False, factory=Counter["Status"])
    failures: Counter[str] = field(init=False, factory=Counter[str])
    full: OSError | None = field(init=False, default=None)
    fresh: bool = field(init=False, default=False)
    _salt: bytes = field(init=False, default=b"")
    _out: LineFile = field(init=False)
    _side: LineFile = field(init=False)
    _flags: bytearray = field(init=False, factory=bytearray)
    _tries: bytearray = field(init=False, factory=bytearray)
    _hashes: array[int] = field(init=False, factory=lambda: array("I"))
    _places: array[int] = field(init=False, factory=lambda: array("Q"))
    _most: int = field(init=False, factory=largest_size)
    _line_bytes: int = field(init=False, default=_LINE_BYTES)
    _under_way: int = field(init=False, default=0)
    is_open: bool = field(init=False, default=False)

    # opening

    def open(self, drop: Callable[[Ended], bool] | None = None) -> None:
        """
        Open both files, and read what an earlier run left.

        Args:
            drop: Which rows that ended are called again; their lines are taken out.

        Raises:
            ConfigurationError: Another run has them, or they are none of this job.
            OSError: They cannot be written.
        """
        self.path = Path(os.path.realpath(self.path))
        self._out = LineFile(open_private(self.path))
        try:
            self._side = LineFile(open_private(self._side_path))
        except BaseException:
            self._out.release()
            raise
        self.is_open = True
        try:
            self._take_over(drop)
        except BaseException:
            self.is_open = False
            self._side.release()
            self._out.release()
            raise

    def _take_over(self, drop: Callable[[Ended], bool] | None) -> None:
        if not lock(self._side.fd):
            text = f"another run has {self.path.name}"
            raise ConfigurationError(text, option="journal")
        self._read_side()
        dropped = self._read_out(drop)
        if dropped:
            self._rewrite(dropped)

    @property
    def _side_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.journal")

    def _read_side(self) -> None:
        lines = self._side.lines(_SIDE_BEGINS)
        number = 0
        try:
            for number, (_, line) in enumerate(lines, 1):
                if number == 1:
                    self._read_header(line)
                else:
                    self._read_mark(line)
        except ConfigurationError:
            raise
        except (ValueError, IndexError):
            text = f"line {max(number, 1)} of {self._side_path.name} is none of a journal"
            raise ConfigurationError(text, option="journal") from None
        if not number:
            self._begin()

    def _begin(self) -> None:
        if self._out.end:
            text = f"{self.path.name} is there, but not the journal beside it; give another output"
            raise ConfigurationError(text, option="journal")
        self.fresh = True
        self._salt = os.urandom(_SALT_BYTES)
        header = {
            "nim_async": _MAGIC, "version": _VERSION, "job": self.job, "salt": self._salt.hex()
        }  # fmt: skip
        self._side.add(f"{json.dumps(header)}\n".encode())
        if self.fsync:
            self._side.sync()
            sync_folder(self.path)

    def _read_header(self, line: bytes) -> None:
        name = self._side_path.name
        header: Any = None
        try:
            header = json.loads(line)
            version, job, salt = header["version"], header["job"], bytes.fromhex(header["salt"])
            known = header["nim_async"] == _MAGIC
        except (ValueError, KeyError, TypeError, RecursionError):
            known, version, job, salt = False, 0, "", b""
        if not known:
            raise ConfigurationError(f"{name} is no journal of a batch job", option="journal")
        if version != _VERSION:
            text = f"{name} is of version {version}, this library knows {_VERSION}"
            raise ConfigurationError(text, option="journal")
        if job != self.job:
            text = f"{name} is of another job: {job}, not {self.job}"
            raise ConfigurationError(text, option="journal")
        self._salt = salt

    def _read_mark(self, line: bytes) -> None:
        parts = line.split()
        known = parts[0] == b"="
        n, h = int(parts[known]), parts[known + 1]
        self._grow(n)
        if h == b"-":
            self._flags[n] &= ~_BEGUN
            self._tries[n] = min(255, self._tries[n] + 1)
            return
        self._flags[n] |= _KNOWN if known else _KNOWN | _BEGUN
        self._hashes[n] = int(h, 16)

    def _grow(self, n: int) -> None:
        if not 0 < n < _MOST_ROWS:
            raise ValueError(n)
        missing = n + 1 - len(self._flags)
        if missing > 0:
            missing += len(self._flags) // 8
            self._flags.extend(bytes(missing))
            self._tries.extend(bytes(missing))
            self._hashes.frombytes(bytes(missing * self._hashes.itemsize))
            self._places.frombytes(bytes(missing * self._places.itemsize))

    def _read_out(self, drop: Callable[[Ended], bool] | None) -> dict[int, bool]:
        """Read the output; return the rows to call again, and whether each may have happened."""
        dropped: dict[int, bool] = {}
        number = 0
        try:
            for at, line in self._out.lines(_OUT_BEGINS):
                number += 1
                done = _DONE.fullmatch(line)
                if done is not None:
                    n = int(done[1])
                    self._note_ended(n, int(done[2], 16))
                    self._keep("done", n, at, len(line))
                    continue
                ended = read_line(line)
                self._note_ended(ended.n, int(ended.h, 16))
                if drop is not None and drop(ended):
                    dropped[ended.n] = ended.maybe_processed
                else:
                    self._keep(ended.status, ended.n, at, len(line))
                    if ended.status != "done":
                        self.failures[ended.label] += 1
        except ValueError:
            text = f"line {max(number, 1)} of {self.path.name} is none of a journal, or comes twice"
            raise ConfigurationError(text, option="journal") from None
        return dropped

    def _note_ended(self, n: int, h: int) -> None:
        self._grow(n)
        if self._flags[n] & _ENDED:
            raise ValueError(n)
        self._flags[n] |= _ENDED | _KNOWN
        self._hashes[n] = h

    def _keep(self, status: Status, n: int, at: int, size: int) -> None:
        self._places[n] = at
        self.counts[status] += 1
        self._line_bytes = max(self._line_bytes, size)

    def _rewrite(self, dropped: dict[int, bool]) -> None:
        """Take lines out of the output: a new file, that takes its place when it is whole."""
        surely_not = [n for n, maybe in dropped.items() if not maybe]
        self._side.add(b"".join(b"%d -\n" % n for n in surely_not))
        self._side.sync()
        for n in surely_not:
            self._flags[n] &= ~_BEGUN
            self._tries[n] = min(255, self._tries[n] + 1)
        for n in dropped:
            self._flags[n] &= ~_ENDED
        new = self.path.with_name(f"{self.path.name}.new")
        target = LineFile(open_private(new))
        try:
            target.clear()
            for _, line in self._out.lines(_OUT_BEGINS):
                n = read_line(line).n
                if n not in dropped:
                    self._places[n] = target.end
                    target.add(line)
            target.sync()
            new.replace(self.path)
        except BaseException:
            target.release()
            new.unlink(missing_ok=True)
            raise
        sync_folder(self.path)
        self._out.release()
        self._out = target

    @contextmanager
    def given_up_on_error(self) -> Generator[None]:
        """Close the files where something goes wrong, and take those away that this run made."""
        try:
            yield
        except BaseException:
            if self.is_open:
                self.close()
                if self.fresh:
                    self.path.unlink()
                    self._side_path.unlink()
            raise

    def close(self) -> None:
        """Close both files, and give back the room that was kept."""
        if self.is_open:
            self.is_open = False
            self._out.close()
            self._side.close()

    # rows

    def learn(self, n: int, h: str) -> bytes:
        """
        Compare a row of the input with the one there was.

        Returns:
            The line to `remember` it by, where it is new.

        Raises:
            ConfigurationError: It is another row than before.
        """
        self._grow(n)
        if self._flags[n] & _KNOWN:
            self._check(n, h)
            return b""
        self._flags[n] |= _KNOWN | _SEEN | _NEW
        self._hashes[n] = int(h, 16)
        return f"= {n} {h}\n".encode()

    @property
    def knew_rows(self) -> bool:
        """Whether an earlier run knew any row."""
        return not self.fresh

    def knew(self, n: int) -> bool:
        """Return whether an earlier run knew a row."""
        return n < len(self._flags) and self._flags[n] & (_KNOWN | _NEW) == _KNOWN

    def remember(self, lines: bytes) -> None:
        """Keep what `learn` returned."""
        self._side.add(lines)

    def check_complete(self) -> None:
        """
        Check, after the last row of the input, that it has all that are known.

        Raises:
            ConfigurationError: One is missing.
        """
        missing = next((n for n, f in enumerate(self._flags) if f & (_KNOWN | _SEEN) == _KNOWN), 0)
        if missing:
            raise changed(self.path.name, missing, "is missing")

    def _check(self, n: int, h: str) -> None:
        if self._hashes[n] != int(h, 16):
            raise changed(self.path.name, n, "is not the row that was there")
        self._flags[n] |= _SEEN

    def has_ended(self, n: int, h: str) -> bool:
        """
        Return whether an earlier run ended a row.

        Raises:
            ConfigurationError: It is another row than before.
        """
        if n >= len(self._flags) or not self._flags[n] & _KNOWN:
            return False
        self._check(n, h)
        return bool(self._flags[n] & _ENDED)

    def was_begun(self, n: int) -> bool:
        """Return whether a row may have happened in an earlier run, which did not see its end."""
        return n < len(self._flags) and bool(self._flags[n] & _BEGUN)

    def ended(self, n: int) -> Ended:
        """Return the line of a row that has one."""
        return read_line(self._out.read(self._places[n]))

    def id_of(self, row: Row, purpose: str) -> str:
        """
        Return an id that is the same in every run: of a message, or of a request.

        That of a request is another one once it is known that the request did nothing.
        """
        tries = self._tries[row.n] if purpose == "request" and row.n < len(self._tries) else 0
        text = f"{purpose} {row.n} {tries} ".encode() + row.digest
        return hashlib.blake2b(text, digest_size=16, key=self._salt).hexdigest()

    # what happens

    def has_room(self) -> bool:
        """
        Return whether there is room for one more row, and for what is under way.

        Raises:
            OSError: There is none, and nothing under way that would give some back.
        """
        if self.full is not None:
            raise self.full
        lines = (self._under_way + 1) * self._line_bytes
        if self._out.end + lines <= self._most and self._side.has_room(
            lines + _MARK_BYTES, _MORE_BYTES
        ):
            return True
        if self._under_way:
            return False
        self.full = OSError(errno.ENOSPC, "there is no room for the outcome of another row")
        raise self.full

    def begin(self, row: Row) -> None:
        """
        Write the mark of a row, into room there is by `has_room`.

        Raises:
            OSError: It could not be written.
        """
        self._under_way += 1
        if self.was_begun(row.n):
            return
        try:
            self._side.add(f"{row.n} {row.h}\n".encode())
        except OSError as error:
            self._under_way -= 1
            self.full = error
            raise

    def end(self, outcome: Outcome[Any], h: str, *, begun: bool) -> None:
        """
        Write the line of a row.

        Args:
            outcome: What became of it.
            h: Its hash.
            begun: Whether its mark was written in this run.

        Raises:
            OSError: It could not be written, even in the room that was kept for it.
        """
        line = line_of(outcome, h)
        self._under_way -= begun
        self._line_bytes = max(self._line_bytes, len(line))
        try:
            self._out.add(line)
        except OSError as error:
            self.full = self.full or error
            if error.errno not in FULL:
                raise
            self._side.cut()  # where room was kept
            self._out.add(line)

    def cut_off(self, n: int, *, maybe: bool) -> None:
        """
        Note that a row whose mark is written was cut off; the next run sees to it.

        Args:
            n: Its number.
            maybe: Whether it may have happened.
        """
        self._under_way -= 1
        if not maybe and not self.was_begun(n):
            with suppress(OSError):  # it is uncertain then
                self._side.add(b"%d -\n" % n)

    def sync(self) -> None:
        """Wait for the disk."""
        self._side.sync()
        self._out.sync()
