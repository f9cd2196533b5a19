"""``nim-async operations``: the table, and one operation of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nim_async._generated.operations import OPERATIONS
from nim_async.cli.described import complete_names, description_of, operation_named
from nim_async.cli.terminal import is_terminal, say, write_json
from nim_async.errors import error_class

if TYPE_CHECKING:
    from rich.console import RenderableType

    from nim_async._core.operation import Operation, Param


@click.command("operations", short_help="List the operations, or describe one.")
@click.argument("name", required=False, shell_complete=complete_names)
@click.option("--json", "as_json", is_flag=True, help="JSON on a terminal too.")
def operations_command(name: str | None, as_json: bool) -> None:  # noqa: FBT001
    """
    List the operations: one JSON object a line, or a table on a terminal.

    With NAME, or a path, describe one operation: its parameters with their limits, its codes,
    its call frequency, and what a repeat does.

    A star in the table, `in_tutorial` in JSON, marks those on the tutorial page of the service.
    """
    as_json = as_json or not is_terminal()
    if name is not None:
        operation = operation_named(name)
        if as_json:
            write_json(_described(operation), indent=2)
        else:
            _show(*_page(operation))
        return
    if as_json:
        for operation in OPERATIONS.values():
            write_json(_listed(operation))
    else:
        _show(_table())
    marked = sum(operation.in_tutorial for operation in OPERATIONS.values())
    say(f"{len(OPERATIONS)} operations, {marked} on the tutorial page")


def _listed(operation: Operation[Any]) -> dict[str, Any]:
    return {
        "path": operation.path,
        "name": operation.qualified_name,
        "summary": operation.summary,
        "in_tutorial": operation.in_tutorial,
        "idempotency": operation.idempotency.value,
        "required": [p.python_name for p in operation.params if p.required and not p.generated],
        "params": [p.python_name for p in operation.params],
    }


def _described(operation: Operation[Any]) -> dict[str, Any]:
    description = description_of(operation)
    limit = operation.rate_limit
    return {
        **_listed(operation),
        "repeat": description.repeat,
        "rate_limit": None
        if limit is None
        else {
            "calls": limit.calls,
            "per_seconds": limit.per_seconds,
            "block_seconds": limit.block_seconds,
        },
        "codes": sorted(operation.codes),
        "errors": _errors(operation),
        "reply": operation.reply.__name__,
        "params": [
            {**_limits(p), "meaning": description.parameters[p.python_name]}
            for p in operation.params
        ],
    }


def _limits(param: Param) -> dict[str, Any]:
    """Describe a parameter, without the limits it does not have."""
    described = {
        "name": param.python_name,
        "wire_name": param.wire_name,
        "kind": param.kind.value,
        "required": param.required and not param.generated,
        "max_length": param.max_length,
        "minimum": param.minimum,
        "maximum": param.maximum,
        "max_items": param.max_items,
        "choices": param.choices,
        "pattern": param.pattern,
        "default": param.default,
        "empty_clears": param.empty_clears or None,
        "deprecated": param.deprecated or None,
        "items": [_limits(item) for item in param.items] or None,
    }
    return {name: value for name, value in described.items() if value is not None}


def _errors(operation: Operation[Any]) -> dict[str, str]:
    """Return the error that each code is raised as."""
    codes = sorted(operation.codes - {200})
    return {str(code): error_class(code).__name__ for code in codes}


def _show(*parts: RenderableType) -> None:
    from rich.console import Console  # noqa: PLC0415  only a terminal needs it

    Console(highlight=False).print(*parts, sep="\n")


def _page(operation: Operation[Any]) -> list[RenderableType]:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    description = description_of(operation)
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    for column in ("parameter", "kind", "meaning"):
        table.add_column(column, ratio=1 if column == "meaning" else None)
    for p in operation.params:
        needed = p.required and not p.generated
        table.add_row(
            Text(p.python_name, "bold" if needed else ""),
            Text(p.kind.value, "dim"),
            Text(f"{'Required. ' if needed else ''}{description.parameters[p.python_name]}"),
        )
    limit = operation.rate_limit
    frequency = (
        "not documented"
        if limit is None
        else f"{limit.calls} calls per {limit.per_seconds} s, blocked for {limit.block_seconds} s"
    )
    codes = ", ".join(f"{code} {error}" for code, error in _errors(operation).items())
    return [
        Text.assemble((operation.qualified_name, "bold"), "  ", (operation.path, "dim")),
        Text(operation.summary),
        Text(),
        table,
        Text(),
        Text.assemble(("returns    ", "bold"), operation.reply.__name__),
        Text.assemble(("errors     ", "bold"), codes or "none documented"),
        Text.assemble(("frequency  ", "bold"), frequency),
        Text.assemble(("repeated   ", "bold"), description.repeat),
    ]


def _table() -> RenderableType:
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("", min_width=1)
    table.add_column("operation", min_width=_LONGEST)
    table.add_column("repeated", min_width=len("acts again"))
    table.add_column("path", no_wrap=True, overflow="ellipsis", style="dim", ratio=1)
    for operation in OPERATIONS.values():
        word, style = _REPEAT[operation.idempotency.value]
        mark = "[cyan]*[/]" if operation.in_tutorial else ""
        table.add_row(mark, operation.qualified_name, f"[{style}]{word}[/]", operation.path)
    return table


_LONGEST = max(len(operation.qualified_name) for operation in OPERATIONS.values())
_REPEAT = {
    "read": ("reads", "green"),
    "idempotent_write": ("harmless", "green"),
    "non_idempotent": ("acts again", "yellow"),
}
