"""``nim-async operations``: the table."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from nim_async._generated.operations import OPERATIONS
from nim_async.cli.common import write_json

if TYPE_CHECKING:
    from nim_async._core.operation import Operation


@click.command("operations", short_help="List the operations.")
@click.option("--json", "as_json", is_flag=True, help="JSON on a terminal too.")
def operations_command(as_json: bool) -> None:  # noqa: FBT001
    """
    List the operations: one JSON object a line, or a table on a terminal.

    A star in the table, `in_tutorial` in JSON, marks those on the tutorial page of the service.
    """
    if as_json or not sys.stdout.isatty():
        for operation in OPERATIONS.values():
            write_json(_described(operation))
    else:
        _show_table()
    marked = sum(operation.in_tutorial for operation in OPERATIONS.values())
    click.echo(f"{len(OPERATIONS)} operations, {marked} on the tutorial page", err=True)


def _described(operation: Operation[Any]) -> dict[str, Any]:
    return {
        "path": operation.path,
        "name": operation.qualified_name,
        "summary": operation.summary,
        "in_tutorial": operation.in_tutorial,
        "idempotency": operation.idempotency.value,
        "required": [p.python_name for p in operation.params if p.required and not p.generated],
        "params": [p.python_name for p in operation.params],
    }


def _show_table() -> None:
    from rich.console import Console  # noqa: PLC0415  only a terminal needs it
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
    Console().print(table)


_LONGEST = max(len(operation.qualified_name) for operation in OPERATIONS.values())
_REPEAT = {
    "read": ("reads", "green"),
    "idempotent_write": ("harmless", "green"),
    "non_idempotent": ("acts again", "yellow"),
}
