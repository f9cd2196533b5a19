"""Runs whose rows are handled in groups."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from nim_async.batch._engine import Engine
from nim_async.batch._job import Job
from nim_async.batch._options import check_count, check_progress
from nim_async.batch._pace import Pace
from nim_async.batch._run import Run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

    from nim_async.batch._outcome import Outcome, Progress

G = TypeVar("G")


class GroupRun(Run[Any]):
    """
    A `Run` in which several outcomes come of one thing that is handled.

    Args:
        groups: What is handled at a time.
        handle: Handles a group, and returns what became of each of its rows.
        cut_off: Says what became of the rows of a group whose handling was cancelled.
        job: Counts rows, and says how many groups are handled at a time.
    """

    def __init__(
        self,
        groups: Iterable[G] | AsyncIterable[G],
        handle: Callable[[G], Awaitable[Sequence[Outcome[Any]]]],
        cut_off: Callable[[G], Sequence[Outcome[Any]]],
        job: Job,
    ) -> None:
        """Prepare; nothing is begun before the first outcome is asked for."""
        self._job = job
        self._ready: deque[Outcome[Any]] = deque()

        def note(outcomes: Sequence[Outcome[Any]]) -> None:
            for outcome in outcomes:
                job.note(outcome)

        async def handled(group: G) -> Sequence[Outcome[Any]]:
            job.progress.under_way += 1
            try:
                return await handle(group)
            finally:
                job.progress.under_way -= 1

        self._engine: Engine[Any, Any] = Engine(
            groups,
            handled,
            cut_off,
            note,
            concurrency=job.pace.limit,
            pace=job.pace,
            in_order=False,
            begin=job.begin,
            end=job.end,
        )

    async def __anext__(self) -> Outcome[Any]:
        """
        Return the next outcome.

        Raises:
            ConfigurationError: The client is closed, or belongs to another event loop.
        """
        while not self._ready:
            group: Any = await super().__anext__()
            self._ready.extend(group)
        return self._ready.popleft()


def new_job(concurrency: int, progress: Callable[[Progress], None] | None) -> Job:
    """
    Return what counts rows, and says how many things are handled at a time.

    Raises:
        ConfigurationError: An option cannot be.
    """
    check_count("concurrency", concurrency)
    check_progress(progress)
    return Job(pace=Pace(concurrency), report=progress)


async def each(items: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[Any]:
    """Go through anything that can be iterated; through the pairs of a mapping."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
        return
    for item in _pairs(items) if isinstance(items, Mapping) else items:
        yield item


def _pairs(items: Any) -> Iterable[Any]:
    return cast("Mapping[Any, Any]", items).items()
