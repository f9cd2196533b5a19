"""How a batch job looks: in a log, and on a terminal."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from time import monotonic
from typing import TYPE_CHECKING, Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from nim_async._generated.operations import OPERATIONS
from nim_async.cli.terminal import say

if TYPE_CHECKING:
    from types import TracebackType

    from nim_async.batch._outcome import Progress
    from nim_async.client import NimClient

_LOG_SECONDS = 10.0
_SCREEN_SECONDS = 0.25
_RATE_SECONDS = 5.0  # over which the rate is taken
_SHOWN_PROBLEMS = 20
_SHOWN_CODES = 4
_MINUTE_SECONDS, _HOUR_SECONDS = 60, 3600


class Show(AbstractContextManager["Show"], Protocol):
    """Shows a job, for as long as it is open."""

    def update(self) -> None:
        """Show how far it is, if it is time to."""
        ...

    def problem(self, text: str) -> None:
        """Show what is wrong with a row."""
        ...


def show(nim: NimClient, progress: Progress, total: int) -> Show:
    """Return what shows a job on stderr."""
    view = View(nim, progress, total)
    return Screen(view) if sys.stderr is not None and sys.stderr.isatty() else Log(view)


class View:
    """What there is to show of a job at a moment."""

    def __init__(self, nim: NimClient, progress: Progress, total: int) -> None:
        """Begin to count."""
        self._nim = nim
        self.progress = progress
        self.total = total
        self._began = self._since = monotonic()
        self._before = progress.ended
        self._rate: float | None = None

    @property
    def rate(self) -> float:
        """Rows a second, of late."""
        now, ended = monotonic(), self.progress.ended
        seconds = now - self._since
        if seconds >= _RATE_SECONDS or self._rate is None:
            recent = (ended - self._before) / seconds if seconds else 0.0
            if seconds >= _RATE_SECONDS:
                self._rate, self._since, self._before = recent, now, ended
            return recent
        return self._rate

    @property
    def left(self) -> str:
        """The time that is left."""
        rows, rate = self.total - self.progress.ended, self.rate
        return duration(rows / rate) if rate and rows else "0 s" if not rows else "?"

    @property
    def passed(self) -> str:
        """The time that has passed."""
        return duration(monotonic() - self._began)

    @property
    def codes(self) -> str:
        """The most frequent failures."""
        found = self.progress.failures.most_common(_SHOWN_CODES)
        return ", ".join(f"{label} {count}" for label, count in found)

    @property
    def waiting(self) -> str:
        """Which rate limit most calls wait for."""
        limits = self._nim.statistics().limits
        path, state = max(limits.items(), key=lambda item: item[1].waiting, default=(None, None))
        if path is None or state is None or not state.waiting:
            return ""
        name = OPERATIONS[path].qualified_name if path in OPERATIONS else path
        closed = f", closed for {state.closed_for:.0f} s" if state.closed_for else ""
        limit = state.limit
        return f"{state.waiting} wait for {name} ({limit.calls}/{limit.per_seconds:g} s{closed})"


def duration(seconds: float) -> str:
    """Show seconds in two units at most."""
    whole = round(seconds)
    if whole < _MINUTE_SECONDS:
        return f"{whole} s"
    if whole < _HOUR_SECONDS:
        return f"{whole // _MINUTE_SECONDS} min {whole % _MINUTE_SECONDS} s"
    return f"{whole // _HOUR_SECONDS} h {whole % _HOUR_SECONDS // _MINUTE_SECONDS} min"


class Log:
    """A plain line now and then."""

    def __init__(self, view: View) -> None:
        """Show nothing yet."""
        self._view = view
        self._due = monotonic() + _LOG_SECONDS
        self._problems = 0

    def __enter__(self) -> Self:
        """Say how much there is."""
        view = self._view
        resumed = f", {view.progress.resumed} of them ended before" if view.progress.resumed else ""
        say(f"batch    {view.total} rows{resumed}")
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Say how it ended."""
        self._line("ended")

    def update(self) -> None:
        """Write a line if it is time to."""
        if monotonic() >= self._due:
            self._due = monotonic() + _LOG_SECONDS
            self._line("going")

    def _line(self, word: str) -> None:
        view, progress = self._view, self._view.progress
        parts = [
            f"{word:<7}  {progress.ended}/{view.total}",
            f"done {progress.done}",
            f"failed {progress.failed}",
            f"uncertain {progress.uncertain}",
        ]
        if view.codes:
            parts.append(f"[{view.codes}]")
        if word == "going":
            parts.append(f"{view.rate:.0f}/s, {view.left} left")
            if view.waiting:
                parts.append(view.waiting)
        else:
            parts.append(f"in {view.passed}")
        say("  ".join(parts))

    def problem(self, text: str) -> None:
        """Write what is wrong with a row, of the first ones."""
        self._problems += 1
        if self._problems <= _SHOWN_PROBLEMS:
            say(text)
        elif self._problems == _SHOWN_PROBLEMS + 1:
            say("more rows cannot be read; the output has what is wrong with them")


class Screen:
    """A bar and some lines that stay where they are."""

    def __init__(self, view: View, console: Console | None = None) -> None:
        """Show nothing yet."""
        self._view = view
        self._console = console or Console(stderr=True, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._due = 0.0
        self._problems = 0

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        self._draw()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Draw it as it ended, and leave it there."""
        self._draw()
        self._live.stop()

    def update(self) -> None:
        """Draw again if it is time to."""
        if monotonic() >= self._due:
            self._draw()

    def _draw(self) -> None:
        self._due = monotonic() + _SCREEN_SECONDS
        self._live.update(self.drawn(), refresh=True)

    def drawn(self) -> Table:
        """Return what is drawn."""
        view, progress = self._view, self._view.progress
        share = progress.ended / view.total if view.total else 1.0
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(no_wrap=True)
        grid.add_column(ratio=1)
        grid.add_column(no_wrap=True, justify="right")
        grid.add_row(
            Text(f"{progress.ended}/{view.total}", "bold"),
            ProgressBar(total=max(view.total, 1), completed=progress.ended),
            Text(f"{share:4.0%}  {view.rate:.0f}/s  {view.left} left", "cyan"),
        )
        counts = Text.assemble(
            (f"done {progress.done}", "green"),
            "  ",
            (f"failed {progress.failed}", "red" if progress.failed else "dim"),
            "  ",
            (f"uncertain {progress.uncertain}", "yellow" if progress.uncertain else "dim"),
        )
        if view.codes:
            counts.append(f"  [{view.codes}]", "dim")
        whole = Table.grid(expand=True)
        whole.add_column(no_wrap=True, overflow="ellipsis")
        whole.add_row(grid)
        whole.add_row(counts)
        whole.add_row(Text(view.waiting or f"{progress.under_way} under way", "dim"))
        return whole

    def problem(self, text: str) -> None:
        """Write what is wrong with a row above the bar, of the first ones."""
        self._problems += 1
        if self._problems <= _SHOWN_PROBLEMS:
            self._console.print(Text(text, "red"), no_wrap=True, crop=True)
