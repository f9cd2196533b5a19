"""How the demo looks: in a log, and on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from nim_async._generated.operations import OPERATIONS
from nim_async.cli.demo.walk import Act, Ending, Heading, Opening, Step
from nim_async.cli.terminal import write

if TYPE_CHECKING:
    from nim_async.cli.demo.walk import Event, Summary

_USUAL = "chatroom."
_NAMES = [operation.qualified_name for operation in OPERATIONS.values()]
_LONGEST = max(map(len, _NAMES))
_TOOK = len(" 1000.0 ms")


class Log:
    """Plain lines of one layout, each beginning with what it tells."""

    _asked = 64  # columns

    def __call__(self, event: Event) -> None:
        """Write one line."""
        write(self._line(event))

    def _line(self, event: Event) -> str:
        if isinstance(event, Step):
            took = f"{event.seconds * 1000:7.1f} ms"
            asked = _cut(event.asked, self._asked).plain
            name = f"{event.operation:<{_LONGEST}}"
            return f"{event.ending.value:<7}  {name} {took}  {asked}  {event.answered}"
        if isinstance(event, Heading):
            return f"section  {event.title} {event.chinese}"
        if isinstance(event, Act):
            return f"act      {event.text}"
        if isinstance(event, Opening):
            return f"start    {event.operations} operations against {event.base_url}"
        return f"summary  {_score(event)}{_missed(event)}"


class Terminal:
    """Coloured lines that fill the width of a terminal and never wrap."""

    _wide = 110  # columns for all but mark and time; fewer are too few for columns of their own

    def __init__(self, console: Console | None = None) -> None:
        """Write to a console; to stdout by default."""
        self._console = console or Console(highlight=False)
        ascii_only = not self._console.encoding.startswith("utf")
        self._marks = _ASCII_MARKS if ascii_only else _MARKS

    def __call__(self, event: Event) -> None:
        """Write one line, with space around it where a section begins or ends."""
        self._console.print(self._text(event), no_wrap=isinstance(event, Step), crop=True)

    def _text(self, event: Event) -> Text:
        if isinstance(event, Step):
            return self._step(event)
        if isinstance(event, Heading):
            return Text.assemble("\n ", (event.title, "bold cyan"), "  ", (event.chinese, "cyan"))
        if isinstance(event, Act):
            return Text(f" · {event.text}" if self._marks is _MARKS else f" - {event.text}", "dim")
        if isinstance(event, Opening):
            where = f"{event.operations} operations against {event.base_url}"
            return Text.assemble(" ", ("nim-async demo", "bold"), "  ", (where, "dim"))
        return self._summary(event)

    def _step(self, step: Step) -> Text:
        mark, style = self._marks[step.ending]
        rest = self._console.width - len(" x ") - _TOOK
        if rest >= self._wide:
            asked = (rest - _LONGEST) * 11 // 20
            left = _cut(step.operation, _LONGEST, "bold") + Text("  ")
            left += _cut(step.asked, asked, "dim")
        else:
            # No room for columns: the arguments follow the name at once.
            left = Text.assemble((step.operation.removeprefix(_USUAL), "bold"), " ")
            left.append(step.asked, "dim")
            left.truncate(rest * 3 // 5, overflow="ellipsis", pad=True)
        answered = max(1, rest - left.cell_len - 1)
        return Text.assemble(
            (f" {mark} ", style),
            left,
            " ",
            _cut(step.answered, answered, "" if step.ending is Ending.OK else style),
            (f"{step.seconds * 1000:.1f} ms".rjust(_TOOK), "dim"),
        )

    def _summary(self, summary: Summary) -> Text:
        mark, style = self._marks[Ending.OK if summary.good else Ending.FAILED]
        text = Text.assemble("\n", (f" {mark} {_score(summary)}", f"bold {style}"))
        if summary.missed:
            text.append(f"\n   missed: {', '.join(summary.missed)}", style)
        return text


_STYLES = {Ending.OK: "green", Ending.REFUSED: "yellow", Ending.FAILED: "red"}
_MARKS = {o: (mark, style) for (o, style), mark in zip(_STYLES.items(), "✓!✗", strict=True)}
_ASCII_MARKS = {o: (mark, style) for (o, style), mark in zip(_STYLES.items(), "+!x", strict=True)}


def _cut(text: str, width: int, style: str = "") -> Text:
    """Bring a text to a width, counted in columns of a terminal."""
    cut = Text(text, style)
    cut.truncate(width, overflow="ellipsis", pad=True)
    return cut


def _score(summary: Summary) -> str:
    called = summary.operations - len(summary.missed)
    return (
        f"{called} of {summary.operations} operations, {summary.calls} calls, "
        f"{summary.refused} expected errors, {summary.failed} unexpected, {summary.seconds:.2f} s"
    )


def _missed(summary: Summary) -> str:
    return f"; missed: {', '.join(summary.missed)}" if summary.missed else ""
