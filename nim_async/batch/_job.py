"""What is done with a row, with a journal and without."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import anyio
import anyio.to_thread
from attrs import define, field

from nim_async._core.call import SEEN_REQUEST
from nim_async._core.operation import Repeat
from nim_async._core.signing import new_id
from nim_async.batch._calls import Watched
from nim_async.batch._journal import Journal
from nim_async.batch._lines import error_of, result_of
from nim_async.batch._messages import repeats_harmlessly, with_ids
from nim_async.batch._outcome import Outcome, Progress, status_of
from nim_async.batch._pace import Pace
from nim_async.batch._rows import Row, Target
from nim_async.errors import ConfigurationError, Duplicate, NimError, TransportError

_log = logging.getLogger("nim_async.batch")
Uncertain = Literal["skip", "repeat"]


@define(eq=False, kw_only=True)
class Job:
    """
    Carries rows out.

    Args:
        pace: Says how many at a time, and learns from their attempts.
        progress: Counts what became of them.
        report: Is called with that after each.
        on_trouble: Is called for each row that is not done.
    """

    pace: Pace
    progress: Progress = field(factory=Progress)
    report: Callable[[Progress], None] | None = None
    on_trouble: Callable[[], None] | None = None

    async def begin(self) -> None:
        """Do what comes before the first row."""

    def end(self) -> None:
        """Do what comes when no row is under way any more."""

    def carry_out(self, row: Row) -> Awaitable[Outcome[Any]]:
        """
        Call a row's method, and say what became of it.

        Raises:
            ConfigurationError: The client cannot be used, so that no other row would fare better.
        """
        return self._answered(row, row.target, Watched(self.pace))

    async def _answered(
        self, row: Row, target: Target | NimError, watched: Watched
    ) -> Outcome[Any]:
        if isinstance(target, NimError):
            return failed(row, target)
        row.watched = watched
        self.progress.under_way += 1
        try:
            if target.operation.repeat is Repeat.MARKED and watched.request_id is not None:
                result = await _sent(target, watched)
            else:
                result = await target.method(target.arguments, watched)
        except ConfigurationError:
            raise
        except NimError as error:
            outcome = failed(row, error, target)
        else:
            outcome = Outcome(n=row.n, row=row.given, id=row.id, status="done", result=result)
        finally:
            self.progress.under_way -= 1
        row.let_go()
        return outcome

    def cut_off(self, row: Row) -> Outcome[Any]:
        """Say what became of a row that was cancelled."""
        maybe = row.watched is not None and row.watched.maybe_processed
        return failed(row, _located(row, "cut off with the run", maybe=maybe))

    def note(self, outcome: Outcome[Any]) -> None:
        """Count an outcome, and report."""
        self.progress.add(outcome)
        if outcome.status != "done" and self.on_trouble is not None:
            self.on_trouble()
        if self.report is not None:
            try:
                self.report(self.progress)
            except Exception:  # noqa: BLE001  whatever it does, the job goes on
                _log.exception("the progress callback failed")


def failed(row: Row, error: NimError, target: Target | None = None) -> Outcome[Any]:
    """
    Return the outcome of a row whose call failed.

    Args:
        row: The row.
        error: What it failed with.
        target: What it called, where that was more than the row says.
    """
    called = target or row.target
    harmless = isinstance(called, Target) and repeats_harmlessly(called)
    status = status_of(error, harmless=harmless)
    return Outcome(n=row.n, row=row.given, id=row.id, status=status, error=error)


async def _sent(target: Target, watched: Watched) -> Any:
    """Send messages; where the service has seen the request, ask what became of it."""
    try:
        return await target.method(target.arguments, watched)
    except Duplicate as error:
        if error.code != SEEN_REQUEST:
            raise
    watched.request_id = None
    marked = with_ids(target, lambda _: new_id(), again=True)
    return await marked.method(marked.arguments, watched)


def plan(
    row: Row, target: Target, journal: Journal, uncertain: Uncertain
) -> tuple[Target, str | None] | None:
    """
    Say how a row is to be called after what an earlier run may have done with it.

    Args:
        row: A row that has not ended.
        target: What it calls.
        journal: The journal.
        uncertain: Whether to repeat what may have happened and could do harm.

    Returns:
        What to call, with an id for each message, and the ``RequestId`` to send, a new one where
        it is ``None``; nothing for a row that is uncertain.
    """
    repeat, again = target.operation.repeat, journal.was_begun(row.n)
    if repeat is Repeat.ALWAYS:
        return target, None  # a used id would be answered 431, without data
    if repeat is Repeat.MARKED:
        target = with_ids(target, lambda i: journal.id_of(row, f"message {i}"), again=again)
    elif again and uncertain == "skip":
        return None
    return target, journal.id_of(row, "request")


def left_open(row: Row) -> Outcome[Any]:
    """Return the outcome of a row that an earlier run began and that is not repeated."""
    return failed(row, _located(row, "an earlier run began it and did not see its end"))


def _located(row: Row, text: str, *, maybe: bool = True) -> TransportError:
    error = TransportError(text, maybe_processed=maybe)
    if isinstance(row.target, Target):
        error.located(operation=row.target.operation.qualified_name)
    return error


@define(eq=False, kw_only=True)
class JournaledJob(Job):
    """
    Carries rows out, and writes down what it does.

    Args:
        journal: The journal.
        uncertain: What to do with rows that may have happened and could do harm.
        retry: Which rows that ended are called again, by code or class of the error.
        on_failure: Is called with an error that ends the job.
        open: Whether `begin` opens the journal, which else is open already.
    """

    journal: Journal
    uncertain: Uncertain = "skip"
    retry: frozenset[str] = frozenset()
    on_failure: Callable[[Exception], None] = field(init=False)
    _synced: Synced | None = field(init=False, default=None)
    _freed: anyio.Event = field(init=False)
    _wanted: bool = field(init=False, default=False)

    async def begin(self) -> None:
        """
        Open the journal, unless it is.

        Raises:
            ConfigurationError: It cannot be used.
            OSError: It cannot be written.
        """
        self._freed = anyio.Event()
        if self.journal.fsync:
            self._synced = Synced(self.journal.sync)
        if not self.journal.is_open:
            await anyio.to_thread.run_sync(self.open)

    def open(self) -> None:
        """Open the journal, and take out what is to be called again."""
        retry, repeat = self.retry, self.uncertain == "repeat"
        self.journal.open(
            lambda ended: (
                repeat if ended.status == "uncertain" else
                ended.status == "failed" and ended.label in retry
            )
        )  # fmt: skip

    def end(self) -> None:
        """Close the journal."""
        self.journal.close()

    async def carry_out(self, row: Row) -> Outcome[Any]:
        """
        Call a row unless an earlier run did, and write down what became of it.

        Raises:
            ConfigurationError: As without a journal; or it is another row than before.
        """
        journal, target, h = self.journal, row.target, row.h
        if journal.has_ended(row.n, h):
            return self._resumed(row)
        planned: tuple[Target | NimError, str | None] | None = target, None
        if isinstance(target, Target):
            planned = plan(row, target, journal, self.uncertain)
        begun = False
        if planned is None:
            outcome = left_open(row)
        else:
            watched = Watched(self.pace, planned[1], (self, row))
            outcome = await self._planned(row, planned[0], watched)
            begun = watched.begun
        try:
            journal.end(outcome, h, begun=begun)
            self._free()
            if self._synced is not None:
                await self._synced()
        except OSError as error:
            self.on_failure(error)
        return outcome

    async def _planned(self, row: Row, target: Target | NimError, watched: Watched) -> Outcome[Any]:
        try:
            return await self._answered(row, target, watched)
        except BaseException:
            if watched.begun:
                self.journal.cut_off(row.n, maybe=watched.maybe_processed)
                self._free()
            raise

    def mark_now(self, row: Row) -> bool:
        """Write down that a row is sent, unless there is no room, or the disk is waited for."""
        if self._synced is not None or not self.journal.has_room():
            return False
        self.journal.begin(row)
        return True

    async def mark(self, row: Row) -> None:
        """Write it once there is room for what comes of it."""
        while not self.journal.has_room():
            self._wanted = True
            await self._freed.wait()
        self.journal.begin(row)
        if row.watched is not None:
            row.watched.begun = True
        if self._synced is not None:
            await self._synced()

    def _free(self) -> None:
        if self._wanted:
            self._wanted = False
            freed, self._freed = self._freed, anyio.Event()
            freed.set()

    def _resumed(self, row: Row) -> Outcome[Any]:
        """Return the outcome of a row that an earlier run ended."""
        ended = self.journal.ended(row.n)
        result = None
        if ended.status == "done" and isinstance(row.target, Target):
            result = result_of(row.target.operation.reply, ended.result)
        return Outcome(
            n=row.n,
            row=row.given,
            id=row.id,
            status=ended.status,
            result=result,
            error=error_of(ended.error),
            resumed=True,
        )


class Synced:
    """Waits for the disk in a thread, once for all who ask meanwhile."""

    def __init__(self, sync: Callable[[], None]) -> None:
        """Take what waits."""
        self._sync = sync
        self._lock = anyio.Lock()
        self._asked = self._done = 0

    async def __call__(self) -> None:
        """
        Return once all that was written before is on the disk.

        Raises:
            OSError: It could not be written.
        """
        self._asked += 1
        mine = self._asked
        async with self._lock:
            if self._done >= mine:
                return
            asked = self._asked
            await anyio.to_thread.run_sync(self._sync)
            self._done = asked
