"""Child processes that end with their parent."""

from __future__ import annotations

from contextlib import contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from multiprocessing.connection import Connection

_PATIENCE = 10.0


@contextmanager
def child(
    target: Callable[..., None], *arguments: object, has_children: bool = False
) -> Generator[Connection[Any, Any]]:
    """
    Run a function in a process of its own.

    It is called with its end of a pipe and the arguments, and is to return when nothing more
    can be received there.

    Args:
        target: The function.
        arguments: What it is given besides its end of the pipe.
        has_children: Whether it runs processes too, which a daemon may not.

    Yields:
        The other end of the pipe.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *arguments), daemon=not has_children)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(_PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()
