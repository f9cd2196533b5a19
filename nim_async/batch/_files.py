"""Files of a journal: whole lines only, and room kept for those to come."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from nim_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MODE = 0o600
_LINE_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024
_NO_LIMIT = 2**63


def open_private(path: Path) -> int:
    """
    Open a file to read and write, made where there is none, for nobody else to read.

    Raises:
        ConfigurationError: It is no file, or the system lacks what a journal needs.
        OSError: It cannot be opened.
    """
    if os.name != "posix":
        raise ConfigurationError("journals need a POSIX system", option="journal")
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise ConfigurationError(f"{path} is no regular file", option="journal")
    with suppress(PermissionError):  # a file of another user, which is left as it is
        os.fchmod(fd, _MODE)
    return fd


def lock(fd: int) -> bool:
    """Lock a file against other processes, until it is closed; return whether that is done."""
    import fcntl  # noqa: PLC0415  there is none on Windows

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def largest_size() -> int:
    """Return how large a file of this process may become."""
    import resource  # noqa: PLC0415  as above

    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return _NO_LIMIT if limit == resource.RLIM_INFINITY else limit


class LineFile:
    """
    A file to which whole lines are added.

    What stands behind its last line end when it is opened is cut off: it was left by a process
    that ended while it wrote, or kept as room for more.

    Args:
        fd: The open file, which is closed with this.

    Attributes:
        fd: The open file.
        end: Bytes of the lines that are written.
    """

    def __init__(self, fd: int) -> None:
        """Begin behind what is there, before it is read."""
        self.fd = fd
        self.end = os.fstat(fd).st_size
        self._allocated = self.end

    def lines(self, beginning: bytes) -> Iterator[tuple[int, bytes]]:
        """
        Go through the lines, each with its place, and cut off what is behind the last.

        Args:
            beginning: What the first line begins with.

        Raises:
            ValueError: It does not, or a line has no end within any reason.
        """
        at = 0
        with os.fdopen(os.dup(self.fd), "rb", buffering=_CHUNK_BYTES) as stream:
            stream.seek(0)
            first = stream.read(len(beginning)).rstrip(b"\0")
            if first != beginning[: len(first)]:
                raise ValueError("this was written by something else")
            stream.seek(0)
            while line := stream.readline(_LINE_BYTES):
                if not line.endswith(b"\n"):
                    if len(line) == _LINE_BYTES and line.strip(b"\0"):
                        raise ValueError("a line is longer than any of a journal")
                    break
                yield at, line
                at += len(line)
        self.end = at
        self.cut()

    def add(self, data: bytes) -> None:
        """
        Write lines behind the others.

        Raises:
            OSError: They could not be written; what was of them is cut off again.
        """
        try:
            written = os.pwrite(self.fd, data, self.end)
            while written < len(data):
                written += os.pwrite(self.fd, data[written:], self.end + written)
        except OSError:
            with suppress(OSError):
                self.cut()
            raise
        self.end += written
        self._allocated = max(self._allocated, self.end)

    def has_room(self, size: int, more: int) -> bool:
        """
        Make sure that there is room behind the lines.

        Args:
            size: Bytes that are needed.
            more: Bytes to take beside them, so that this is not done each time.
        """
        if self._allocated - self.end >= size:
            return True
        for wanted in (size + more, size):
            try:
                self._allocate(wanted)
            except OSError as error:
                if error.errno not in FULL:
                    raise
            else:
                self._allocated = self.end + wanted
                return True
        return False

    def _allocate(self, size: int) -> None:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(self.fd, self.end, size)
            return
        at = self._allocated
        while at < self.end + size:
            at += os.pwrite(self.fd, bytes(min(_CHUNK_BYTES, self.end + size - at)), at)

    def cut(self) -> None:
        """Give back all room behind the lines."""
        os.ftruncate(self.fd, self.end)
        self._allocated = self.end

    def read(self, at: int) -> bytes:
        """Return the line that begins at a place."""
        piece = os.pread(self.fd, _CHUNK_BYTES, at)
        while b"\n" not in piece:
            more = os.pread(self.fd, _CHUNK_BYTES, at + len(piece))
            if not more:
                raise OSError(errno.EIO, "a line of the journal is gone")
            piece += more
        return piece[: piece.index(b"\n")]

    def sync(self) -> None:
        """Wait for the disk."""
        os.fsync(self.fd)

    def clear(self) -> None:
        """Take all lines out."""
        self.end = 0
        self.cut()

    def release(self) -> None:
        """Close the file as it is."""
        os.close(self.fd)

    def close(self) -> None:
        """Give back the room behind the lines, and close the file."""
        with suppress(OSError):
            self.cut()
        self.release()


FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def sync_folder(path: Path) -> None:
    """Wait for the disk until it knows the names of files beside this one."""
    fd = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
