"""`run`: one operation on many rows."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, cast

import anyio
from attrs import frozen

from nim_async._checks import awaits, is_iterable, kind, refused, shown
from nim_async._core import wire
from nim_async._core.operation import Repeat, operation_of
from nim_async.batch._engine import Engine
from nim_async.batch._messages import has_ids
from nim_async.batch._outcome import Outcome, Progress, status_of
from nim_async.errors import ConfigurationError, NimError, ParameterError, TransportError

if TYPE_CHECKING:
    from types import TracebackType

    from nim_async._core.operation import Operation

R = TypeVar("R")
_log = logging.getLogger("nim_async.batch")
_ID = "id"


def run(
    method: Callable[..., Awaitable[R]],
    rows: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
    *,
    concurrency: int = 100,
    order: Literal["completion", "input"] = "completion",
    stop_on_error: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Run[R]:
    """
    Call an operation for each row, several at a time.

    ::

        async for outcome in run(nim.chatroom.send_msg, rows, concurrency=100):
            print(outcome.row, outcome.status, outcome.result, outcome.error)

    Rows are read as they are needed, and no more of them than twice the concurrency are in hand
    at any time, so that there may be any number. Nothing is sent before the first outcome is
    asked for, and nothing more once the loop is left. The rate limit of the client sets the pace.

    Args:
        method: A method that stands for one operation, such as ``nim.chatroom.send_msg``.
        rows: Keyword arguments of the method, one mapping for each call, with an ``"id"`` of the
            caller's own where that is wanted; any iterable or async iterable.
        concurrency: Most calls under way at a time; a client has ``max_connections`` of them at
            most, the others wait.
        order: ``"completion"``, or ``"input"`` for the order of the rows.
        stop_on_error: Begin no more rows once one failed or is uncertain; those under way end.
        progress: Called after each row with the `Progress` of the run, which goes on changing.

    Returns:
        An async iterator of the outcomes, each row once; see `Run`.

    Raises:
        ConfigurationError: An argument cannot be. When iterated: the client is closed, or belongs
            to another event loop.

    Errors of calls are values, in ``outcome.error``. What the rows themselves raise as they are
    read is raised once the rows before are done.
    """
    operation = operation_of(method)
    _check(rows, concurrency, order, progress)
    job = _Job(method, operation, Progress(), progress)
    return Run(job, _numbered(rows), concurrency, in_order=order == "input", stop=stop_on_error)


class Run(Generic[R]):
    """
    The outcomes of a batch job, one after the other.

    Leaving the loop ends the job: at once with ``async with run(...) as job``, or by `aclose`,
    else when the object is let go of. Rows under way are cut off then. Cancelling whoever waits
    for an outcome does the same. Afterwards the outcomes that were not handed out can still be
    iterated; of a row that was cut off it tells that it may have happened.
    """

    def __init__(
        self,
        job: _Job[R],
        rows: Iterable[_Row] | AsyncIterable[_Row],
        concurrency: int,
        *,
        in_order: bool,
        stop: bool,
    ) -> None:
        """Prepare; nothing is begun before the first outcome is asked for."""
        self._engine: Engine[_Row, Outcome[R]] = Engine(
            rows, job.carry_out, job.cut_off, concurrency=concurrency, in_order=in_order
        )
        if stop:
            job.on_trouble = self._engine.stop
        self._progress = job.progress

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return self._progress

    def __aiter__(self) -> Self:
        """Return itself."""
        return self

    async def __anext__(self) -> Outcome[R]:
        """
        Return the next outcome.

        Raises:
            ConfigurationError: The client is closed, or belongs to another event loop.
        """
        self._engine.start()
        try:
            return await self._engine.next()
        except anyio.get_cancelled_exc_class():
            await self.aclose()
            raise

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


@frozen(eq=False)
class _Row:
    n: int
    given: Mapping[str, Any]


class _Job(Generic[R]):
    """Carries rows out by a method."""

    def __init__(
        self,
        method: Callable[..., Awaitable[R]],
        operation: Operation[Any],
        progress: Progress,
        report: Callable[[Progress], None] | None,
    ) -> None:
        self._method = method
        self._operation = operation
        self._required = frozenset(
            p.python_name for p in operation.params if p.required and not p.generated
        )
        self.progress = progress
        self._report = report
        self.on_trouble: Callable[[], None] | None = None

    async def carry_out(self, row: _Row) -> Outcome[R]:
        """Call the method for a row."""
        progress = self.progress
        progress.under_way += 1
        try:
            arguments = self._arguments(row.given)
            result = await self._method(**arguments)
        except ConfigurationError:  # of the client, so that no other row would fare better
            progress.under_way -= 1
            raise
        except NimError as error:
            outcome = self._failed(row, error)
        except BaseException:
            progress.under_way -= 1
            raise
        else:
            given = row.given
            outcome = Outcome(n=row.n, row=given, id=given.get(_ID), status="done", result=result)
        progress.under_way -= 1
        self._note(outcome)
        return outcome

    def cut_off(self, row: _Row) -> Outcome[R]:
        """Say what became of a row whose call was cancelled."""
        error = TransportError("cut off with the run").located(
            operation=self._operation.qualified_name
        )
        outcome = self._failed(row, error)
        self._note(outcome)
        return outcome

    def _arguments(self, given: object) -> dict[str, Any]:
        if not isinstance(given, Mapping):
            raise self._refused(given)
        arguments = dict(cast("Mapping[str, Any]", given))
        arguments.pop(_ID, None)
        names = arguments.keys()
        if not (names <= self._operation.names and self._required <= names):
            raise self._refused(arguments)
        return arguments

    def _refused(self, arguments: Any) -> ParameterError:
        """Return what the client says to arguments that the method does not even take."""
        try:
            wire.encode(self._operation, arguments, new_id=str)
        except ParameterError as error:
            return error.located(operation=self._operation.qualified_name)
        raise AssertionError("the operation takes what its method does not")

    def _failed(self, row: _Row, error: NimError) -> Outcome[R]:
        given: Any = row.given if isinstance(cast("object", row.given), Mapping) else {}
        operation = self._operation
        harmless = operation.repeat is Repeat.ALWAYS or (
            operation.repeat is Repeat.MARKED and has_ids(operation, given)
        )
        return Outcome(
            n=row.n,
            row=row.given,
            id=given.get(_ID),
            status=status_of(error, harmless=harmless),
            error=error,
        )

    def _note(self, outcome: Outcome[R]) -> None:
        self.progress.add(outcome)
        if outcome.status != "done" and self.on_trouble is not None:
            self.on_trouble()
        if self._report is not None:
            try:
                self._report(self.progress)
            except Exception:  # noqa: BLE001  whatever it does, the job goes on
                _log.exception("the progress callback failed")


def _numbered(
    rows: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
) -> Iterable[_Row] | AsyncIterable[_Row]:
    if isinstance(rows, AsyncIterable):
        return _numbered_async(rows)
    return (_Row(n, row) for n, row in enumerate(rows, 1))


async def _numbered_async(rows: AsyncIterable[Mapping[str, Any]]) -> AsyncIterable[_Row]:
    n = 0
    async for row in rows:
        n += 1
        yield _Row(n, row)


def _check(rows: object, concurrency: object, order: object, progress: object) -> None:
    if not (is_iterable(rows) or isinstance(rows, AsyncIterable)):
        rule = "must be an iterable or async iterable of mappings"
        raise refused("rows", rule, kind(rows), "put it into a list")
    if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
        raise refused("concurrency", "must be a whole number above 0", shown(concurrency))
    if order not in {"completion", "input"}:
        raise refused("order", "must be 'completion' or 'input'", shown(order))
    if progress is not None and (not callable(progress) or awaits(progress)):
        raise refused("progress", "must be a plain function", shown(progress))
