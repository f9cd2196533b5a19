"""`run`: one operation on many rows."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Collection, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar

import anyio

from nim_async._checks import is_iterable, kind, refused, shown
from nim_async._core.operation import Operation, operation_of
from nim_async.batch._calls import Bound, is_watched
from nim_async.batch._engine import Engine
from nim_async.batch._job import Job, JournaledJob, Uncertain
from nim_async.batch._journal import Journal
from nim_async.batch._options import check_count, check_progress
from nim_async.batch._outcome import Outcome, Progress
from nim_async.batch._pace import Pace
from nim_async.batch._rows import Row, digest_of_values, refusal, target_of
from nim_async.errors import ParameterError

if TYPE_CHECKING:
    from types import TracebackType

R = TypeVar("R")
_ID = "id"


def run(
    method: Callable[..., Awaitable[R]],
    rows: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
    *,
    concurrency: int = 100,
    order: Literal["completion", "input"] = "completion",
    stop_on_error: bool = False,
    progress: Callable[[Progress], None] | None = None,
    journal: str | PathLike[str] | None = None,
    uncertain: Literal["skip", "repeat"] = "skip",
    retry_failed: Collection[int | str] = (),
    fsync: bool = False,
) -> Run[R]:
    """
    Call an operation for each row, several at a time.

    ::

        async for outcome in run(nim.chatroom.send_msg, rows, concurrency=100):
            print(outcome.row, outcome.status, outcome.result, outcome.error)

    Rows are read as they are needed, and no more of them than twice the concurrency are in hand
    at any time, so that there may be any number. Nothing is sent before the first outcome is
    asked for, and nothing more once the loop is left. The rate limit of the client sets the pace:
    rows wait for it as long as it takes, its ``deadline`` does not count here. Attempts that take
    long, time-outs and a busy service lower the number of calls under way for a while.

    Args:
        method: A method that stands for one operation, such as ``nim.chatroom.send_msg``.
        rows: Keyword arguments of the method, one mapping for each call, with an ``"id"`` of the
            caller's own where that is wanted; any iterable or async iterable.
        concurrency: Most calls under way at a time; a client has ``max_connections`` of them at
            most, the others wait.
        order: ``"completion"``, or ``"input"`` for the order of the rows.
        stop_on_error: Begin no more rows once one failed or is uncertain; those under way end.
        progress: Called after each row with the `Progress` of the run, which goes on changing.
        journal: A file that takes a line for each row. A later run with the same rows goes on
            where this one ended, however that was: rows with a line come out again, ``resumed``;
            those that may have happened are repeated where that does no harm. It is for this
            process alone; ``.journal`` behind its name is a second file of it.
        uncertain: What to do with rows that an earlier run may have carried out and whose repeat
            could do harm: leave them ``"uncertain"``, or ``"repeat"`` them.
        retry_failed: Codes of the service, or class names such as ``"TimedOut"``: rows that failed
            with one of them in an earlier run are called again.
        fsync: Wait for the disk before each call and after it, for power cuts.

    Returns:
        An async iterator of the outcomes, each row once; see `Run`.

    Raises:
        ConfigurationError: An argument cannot be. When iterated: the client is closed, or belongs
            to another event loop; the journal is in use, damaged, of other rows or another job.
        OSError: When iterated: the journal cannot be written. Nothing more is begun, and what is
            under way is written into room that was kept for it.

    Errors of calls are values, in ``outcome.error``. What the rows themselves raise as they are
    read is raised once the rows before are done.
    """
    operation = operation_of(method)
    _check(rows, concurrency, order, progress)
    pace, counted = Pace(concurrency), Progress()
    job: Job
    if journal is None:
        job = Job(pace=pace, progress=counted, report=progress)
    else:
        _check_journal(method, journal, uncertain, retry_failed)
        job = JournaledJob(
            pace=pace,
            progress=counted,
            report=progress,
            journal=Journal(Path(journal), operation.qualified_name, fsync=fsync),
            uncertain=uncertain,
            retry=frozenset(map(str, retry_failed)),
        )
    maker = _RowMaker(method, operation, job)
    return Run(
        job,
        maker.read(rows),
        concurrency,
        in_order=order == "input",
        stop_on_error=stop_on_error,
    )


class Run(Generic[R]):
    """
    The outcomes of a batch job, one after the other.

    Leaving the loop ends the job: at once with ``async with run(...) as job``, or by `aclose`,
    else when the object is let go of. Rows under way are cut off then. Cancelling whoever waits
    for an outcome does the same. Afterwards the outcomes that were not handed out can still be
    iterated; that of a row which was cut off says whether it may have happened.
    """

    def __init__(
        self,
        job: Job,
        rows: Iterable[Row] | AsyncIterable[Row],
        concurrency: int,
        *,
        in_order: bool = False,
        stop_on_error: bool = False,
    ) -> None:
        """Prepare; nothing is begun before the first outcome is asked for."""
        self._engine: Engine[Row, Outcome[R]] = Engine(
            rows,
            job.carry_out,
            job.cut_off,
            job.note,
            concurrency=concurrency,
            pace=job.pace,
            in_order=in_order,
            begin=job.begin,
            end=job.end,
        )
        if stop_on_error:
            job.on_trouble = self._engine.stop
        if isinstance(job, JournaledJob):
            job.on_failure = self._engine.fail
        self._job = job

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return self._job.progress

    @property
    def concurrency(self) -> int:
        """How many calls may be under way at the moment."""
        return self._job.pace.limit

    def stop(self) -> None:
        """Begin no more rows; those under way end, and their outcomes can be iterated."""
        self._engine.stop()

    def __aiter__(self) -> Self:
        """Return itself."""
        return self

    async def __anext__(self) -> Outcome[R]:
        """
        Return the next outcome.

        Raises:
            ConfigurationError: The client or the journal cannot be used.
            OSError: The journal cannot be written.
        """
        engine = self._engine
        if engine.ready:
            return engine.take()
        engine.start()
        try:
            await engine.wait()
        except anyio.get_cancelled_exc_class():
            await self.aclose()
            raise
        return engine.take()

    async def aclose(self) -> None:
        """Begin no more rows, and cut off those under way."""
        self._engine.cancel()
        with anyio.CancelScope(shield=True):
            await self._engine.wait_closed()

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the job."""
        await self.aclose()

    def __del__(self) -> None:
        """End the job, which nobody asks any more."""
        engine: Engine[Any, Any] | None = getattr(self, "_engine", None)
        if engine is not None:
            engine.abandon()


class _RowMaker:
    """Makes rows of what a caller gives."""

    def __init__(
        self, method: Callable[..., Awaitable[Any]], operation: Operation[Any], job: Job
    ) -> None:
        self._bound = Bound(method)
        self._operation = operation
        self._journal = job.journal if isinstance(job, JournaledJob) else None

    def read(
        self, rows: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]]
    ) -> Iterable[Row] | AsyncIterable[Row]:
        """Read rows one by one, and see at their end whether all are there that were before."""
        return self._later(rows) if isinstance(rows, AsyncIterable) else self._now(rows)

    def _now(self, rows: Iterable[Mapping[str, Any]]) -> Iterable[Row]:
        for n, given in enumerate(rows, 1):
            yield self._row(n, given)
        self._finish()

    async def _later(self, rows: AsyncIterable[Mapping[str, Any]]) -> AsyncIterable[Row]:
        n = 0
        async for given in rows:
            n += 1
            yield self._row(n, given)
        self._finish()

    def _finish(self) -> None:
        if self._journal is not None:
            self._journal.check_complete()

    def _row(self, n: int, given: object) -> Row:
        digest = b"" if self._journal is None else digest_of_values(given)
        if not isinstance(given, Mapping):
            problem = refusal(self._operation, given)
            return Row(n, given, None, problem or ParameterError(414, "no row"), digest)
        arguments: dict[str, Any] = {**given}
        own_id = arguments.pop(_ID, None)
        return Row(n, given, own_id, target_of(self._bound, self._operation, arguments), digest)


def _check(rows: object, concurrency: object, order: object, progress: object) -> None:
    if not (is_iterable(rows) or isinstance(rows, AsyncIterable)):
        rule = "must be an iterable or async iterable of mappings"
        raise refused("rows", rule, kind(rows), "put it into a list")
    check_count("concurrency", concurrency)
    if order not in {"completion", "input"}:
        raise refused("order", "must be 'completion' or 'input'", shown(order))
    check_progress(progress)


def _check_journal(
    method: Callable[..., object], journal: object, uncertain: Uncertain, retry: object
) -> None:
    if not isinstance(journal, str | PathLike):
        raise refused("journal", "must be a path", shown(journal))
    if not is_watched(method):
        instead = "give one such as nim.chatroom.send_msg"
        raise refused("method", "must be that of a client, for a journal", shown(method), instead)
    if uncertain not in {"skip", "repeat"}:
        raise refused("uncertain", "must be 'skip' or 'repeat'", shown(uncertain))
    if not is_iterable(retry):
        raise refused("retry_failed", "must be a list of codes", shown(retry), "write [...]")
