"""Operations as users know them: by name or path, with what the docstrings of methods say."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from attrs import frozen

from nim_async._checks import shown
from nim_async._generated.operations import OPERATIONS
from nim_async.cli.common import Wrong, method_of
from nim_async.client import NimClient

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click

    from nim_async._core.operation import Operation

BY_NAME = {operation.qualified_name: operation for operation in OPERATIONS.values()}
_LIKENESS = 0.7
_ARGUMENT = re.compile(r"^    (\w+): (.*\n?(?:^        .*\n?)*)", re.MULTILINE)


@frozen
class Description:
    """
    What the method of an operation says of it.

    Args:
        parameters: Python names to meanings, limits and choices included.
        repeat: What a second, equal call does.
    """

    parameters: Mapping[str, str]
    repeat: str


def description_of(operation: Operation[Any]) -> Description:
    """Read the docstring of the method that stands for an operation."""
    text = inspect.getdoc(method_of(NimClient("key", "secret"), operation)) or ""
    arguments = text.partition("\nArgs:\n")[2].partition("\n\n")[0]
    return Description(
        parameters={m[1]: _one_line(m[2]) for m in _ARGUMENT.finditer(arguments)},
        repeat=_one_line(text.rpartition("\n\n")[2]),
    )


def operation_named(name: str) -> Operation[Any]:
    """
    Return an operation by name or path.

    Raises:
        Wrong: There is none; names that are written alike are suggested.
    """
    operation = BY_NAME.get(name) or OPERATIONS.get(name)
    if operation is None:
        hint = alike(name, BY_NAME) or "; see nim-async operations"
        raise Wrong(f"there is no operation {shown(name)}{hint}")
    return operation


def complete_names(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Complete the name of an operation, for shells."""
    return [name for name in BY_NAME if name.startswith(begun)]


def alike(name: str, known: Iterable[str]) -> str:
    """Suggest what is written alike, or has another namespace before it."""
    names = sorted(known)
    close = [n for n in names if n.endswith(f".{name}")]
    close = close or get_close_matches(name, names, n=3, cutoff=_LIKENESS)
    return f"; do you mean {' or '.join(close)}?" if close else ""


def _one_line(text: str) -> str:
    """Return a piece of a docstring as plain text."""
    return " ".join(text.replace("``", "").split())
