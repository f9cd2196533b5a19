"""
One function for each operation, named after it: state and arguments in, a reply or `Refused` out.

A new operation takes one function in the module of its theme; what is not for requests begins
with an underscore there, or lives in `_common`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from nim_async._generated.operations import OPERATIONS
from nim_async.emulator.arguments import Arguments
from nim_async.emulator.handlers import (
    accounts,
    history,
    members,
    messages,
    mutes,
    queue,
    robots,
    rooms,
    stats,
    tags,
)
from nim_async.emulator.state import State

if TYPE_CHECKING:
    from nim_async._core.operation import Operation

# The reply without its code, which is 200 for everything that is not refused.
Handler: TypeAlias = Callable[[State, Arguments], dict[str, Any]]

# Where the operations of a namespace are looked for.
THEMES: Mapping[str, tuple[ModuleType, ...]] = {
    "chatroom": (rooms, members, messages, history, mutes, queue, robots, tags),
    "history": (history,),
    "stats": (stats,),
    "user": (accounts,),
}


def collect(
    operations: Iterable[Operation[Any]], themes: Mapping[str, Iterable[ModuleType]]
) -> dict[str, Handler]:
    """
    Find the handler of each operation.

    Returns:
        The handlers by path.

    Raises:
        ImportError: An operation has no handler, or more than one, or a handler no operation.
    """
    found: dict[str, Handler] = {}
    idle = {f for modules in themes.values() for module in modules for f in _public(module)}
    for operation in operations:
        modules = themes.get(operation.namespace, ())
        fitting = [f for m in modules for f in _public(m) if f.__name__ == operation.name]
        if len(fitting) != 1:
            raise ImportError(f"{operation.qualified_name} has {len(fitting)} handlers")
        found[operation.path] = fitting[0]
        idle.discard(fitting[0])
    if idle:
        names = ", ".join(sorted(f"{f.__module__}.{f.__name__}" for f in idle))
        raise ImportError(f"handlers without an operation: {names}")
    return found


def _public(module: ModuleType) -> list[FunctionType]:
    """Return the functions that a module defines for others."""
    return [
        value
        for name, value in vars(module).items()
        if isinstance(value, FunctionType)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]


HANDLERS: Mapping[str, Handler] = collect(OPERATIONS.values(), THEMES)
