"""What reaches a terminal: characters it can hold, and none that steer it."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import sys
from typing import Any, TextIO

# Control characters but for tab and line feed, and those that turn the direction of writing.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TEXTS_AND_WORDS = re.compile(r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN')
# JSON has no infinity, but a number that is beyond every bound; it has nothing like NaN.
_WRITTEN = {"Infinity": "1e999", "-Infinity": "-1e999", "NaN": "null"}
_UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


def prepare() -> None:
    """Have the standard streams escape what their encodings lack."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_terminal() -> bool:
    """Return whether stdout is a terminal."""
    return stdout().isatty()


def write(text: str) -> None:
    """
    Write a line to stdout at once.

    Raises:
        OSError: Nobody reads it, or there is no room for it; see `let_go`.
    """
    stream = stdout()
    stream.write(f"{_harmless(text)}\n")
    stream.flush()


def write_json(value: Any, *, indent: int | None = None) -> None:
    """Write a value to stdout, as `write` does; as ASCII where the stream lacks its characters."""
    encoding = getattr(stdout(), "encoding", None) or "utf-8"
    text = _json(value, indent, ascii_only=False)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = _json(value, indent, ascii_only=True)
    write(text)


def say(text: str) -> None:
    """Write a line of prose to stderr, if anybody is there to read it."""
    stream: TextIO | None = sys.stderr
    if stream is None:
        return
    shown = _harmless(text)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        stream.write(f"{shown.encode(encoding, 'backslashreplace').decode(encoding)}\n")
        stream.flush()
    except OSError:
        _forget(stream)


def let_go(error: OSError) -> None:
    """
    Give stdout up after an error that says it takes no more.

    Raises:
        OSError: The error says something else.
    """
    if error.errno not in _UNWRITABLE:
        raise error
    say(f"Error: cannot write: {error.strerror}")
    if sys.stdout is not None:
        _forget(sys.stdout)


def fitting(text: str) -> str:
    """Return a text with what stdout cannot hold escaped."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def stdout() -> TextIO:
    """
    Return the standard output.

    Raises:
        OSError: It was closed before the program began.
    """
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return sys.stdout


def _forget(stream: TextIO) -> None:
    """Send what is left in a stream nowhere, or the interpreter would complain as it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    except (OSError, ValueError):  # a stream without a file
        return
    finally:
        os.close(nowhere)


def _json(value: Any, indent: int | None, *, ascii_only: bool) -> str:
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, separators=separators)
    return _TEXTS_AND_WORDS.sub(lambda found: _WRITTEN.get(found[0], found[0]), text)


def _harmless(text: str) -> str:
    """Escape what steers a terminal, the way that JSON does."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
