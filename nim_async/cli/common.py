"""What the commands share: how they end, run and write."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import anyio
import click

from nim_async.errors import ConfigurationError, NimError, ParameterError, TransportError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")
INTERRUPTED = 130


class Failed(click.ClickException):
    """The service said no, or gave no usable answer."""

    exit_code = 1


class Wrong(click.ClickException):
    """The program was used wrongly."""

    exit_code = 2


def run(function: Callable[[], Awaitable[T]]) -> T:
    """
    Run a coroutine function to its end.

    Raises:
        Wrong: The call was refused before anything was sent.
        Failed: The service said no, or gave no usable answer.
    """
    try:
        return anyio.run(function)
    except KeyboardInterrupt:
        raise click.exceptions.Exit(INTERRUPTED) from None
    except NimError as error:
        _fail(error)


def _fail(error: NimError) -> NoReturn:
    ours = isinstance(error, ParameterError) and error.parameter is not None
    if ours or isinstance(error, ConfigurationError):
        raise Wrong(str(error)) from None
    text = str(error)
    if isinstance(error, TransportError):
        text += f" at {error.endpoint}"
    if error.maybe_processed and not error.processed:
        text += "; the service may have carried it out"
    raise Failed(text) from None


def needs_uvicorn() -> None:
    """
    Check that the emulator can be served.

    Raises:
        Wrong: It cannot.
    """
    if find_spec("uvicorn") is None:
        raise Wrong('the emulator needs uvicorn: pip install "nim-async[cli]"')


def write_json(value: Any, *, indent: int | None = None) -> None:
    """Write a value to stdout at once; escaped where the stream cannot hold its characters."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=indent, separators=separators)
    click.echo(text)
