"""What the commands share: how they end and run."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, NoReturn, TypeVar

import anyio
import click

from nim_async.errors import ConfigurationError, NimError, ParameterError, TransportError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nim_async._core.operation import Operation
    from nim_async.client import NimClient

R = TypeVar("R")
T = TypeVar("T")
STOPPED = 3


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
        raise click.exceptions.Exit(STOPPED) from None
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


def method_of(nim: NimClient, operation: Operation[R]) -> Callable[..., Awaitable[R]]:
    """
    Return the method that stands for an operation; the other way round is `operation_of`.

    `NimClient.invoke` sends the same, but a method may do more: `Chatroom.toggle_close_stat` reads
    the room where a repeat finds it switched already.
    """
    method: Callable[..., Awaitable[R]]
    method = getattr(getattr(nim, operation.namespace), operation.name)
    return method


def needs_uvicorn(what: str = "the emulator") -> None:
    """
    Check that something can be served.

    Raises:
        Wrong: It cannot.
    """
    if find_spec("uvicorn") is None:
        raise Wrong(f'{what} needs uvicorn: pip install "nim-async[cli]"')
