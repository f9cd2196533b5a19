"""Many rows at a time, and outcomes as they are asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

from nim_async._session.background import Background

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from nim_async.batch._pace import Pace

T = TypeVar("T")
R = TypeVar("R")
# Rows that may be begun or wait to be handed out, as a multiple of the concurrency.
_ROWS_FOR_EACH_CALL = 2


class Engine(Generic[T, R]):
    """
    Takes items, handles several at a time, and keeps what came of them until it is taken.

    No item is taken before there is room for what comes of it, so that whoever takes nothing
    stops the work after a while.

    Args:
        items: What to handle.
        handle: Handles an item; what it raises ends the work, once the others are handled.
        cut_off: Says what became of an item whose handling was cancelled.
        note: Is told of all that comes of items, as it comes.
        concurrency: How many items are handled at a time, at most.
        pace: Says how many it is at the moment.
        in_order: Whether what comes of them is handed out in the order of the items.
        begin: Is done before the first item is taken.
        end: Is called when nothing is handled any more.

    Attributes:
        ready: What came of items, to be taken.
    """

    def __init__(
        self,
        items: Iterable[T] | AsyncIterable[T],
        handle: Callable[[T], Awaitable[R]],
        cut_off: Callable[[T], R],
        note: Callable[[R], None],
        *,
        concurrency: int,
        pace: Pace,
        in_order: bool,
        begin: Callable[[], Awaitable[None]],
        end: Callable[[], None],
    ) -> None:
        """Begin nothing yet."""
        self._items = items
        self._handle = handle
        self._cut_off = cut_off
        self._note = note
        self._concurrency = concurrency
        self._pace = pace
        self._in_order = in_order
        self._begin = begin
        self._end = end
        self.ready: deque[R] = deque()
        self._early: dict[int, R] = {}  # what waits for those before it
        self._taken = self._handed_on = 0
        self._exhausted = False
        self._error: Exception | None = None
        self._workers = 0
        self._background: Background | None = None
        self._iterator: Iterator[T] | None = None
        self._aiterator: AsyncIterator[T] | None = None
        self._changed: anyio.Event
        self._turn: anyio.Lock
        self._room: anyio.Semaphore
        self._finished = False

    def start(self) -> None:
        """Begin, in the event loop that runs."""
        if self._background is not None or self._finished:
            return
        self._changed = anyio.Event()
        self._turn = anyio.Lock(fast_acquire=True)
        self._room = anyio.Semaphore(_ROWS_FOR_EACH_CALL * self._concurrency, fast_acquire=True)
        if isinstance(self._items, AsyncIterable):
            self._aiterator = aiter(self._items)
        else:
            self._iterator = iter(self._items)
        self._background = Background(self._work)

    def stop(self) -> None:
        """Take no more items; those that are begun go on."""
        self._exhausted = True

    def cancel(self) -> None:
        """Take no more items, and cut off those that are begun."""
        self._exhausted = True
        if self._background is None:
            self._finished = True
        else:
            self._background.cancel()

    def abandon(self) -> None:
        """Cut off what is begun, for an owner who is gone; there may be no event loop any more."""
        if self._background is not None and not self._finished:
            self._exhausted = True
            self._background.abandon()

    async def wait_closed(self) -> None:
        """Wait until nothing is handled any more."""
        if self._background is not None:
            await self._background.wait()

    async def wait(self) -> None:
        """
        Wait until there is something to take.

        Raises:
            StopAsyncIteration: There is no more.
            BaseException: What ended the work.
        """
        while not self.ready:
            if self._finished:
                error, self._error = self._error, None
                raise error or StopAsyncIteration
            if self._changed.is_set():
                self._changed = anyio.Event()
            await self._changed.wait()

    def take(self) -> R:
        """Take what came of an item."""
        self._room.release()
        return self.ready.popleft()

    async def _work(self) -> None:
        try:
            try:
                await self._begin()
                async with anyio.create_task_group() as group:
                    self._grow(group)
            finally:
                self._end()
        except Exception as error:  # noqa: BLE001  it is for who iterates
            self.fail(error)
        finally:
            self.ready.extend(self._early[position] for position in sorted(self._early))
            self._early.clear()
            self._finished = True
            self._changed.set()

    def _grow(self, group: TaskGroup) -> None:
        while self._workers < self._pace.limit and not self._exhausted:
            self._workers += 1
            group.start_soon(self._worker, group)

    async def _worker(self, group: TaskGroup) -> None:
        try:
            while not self._exhausted and self._workers <= self._pace.limit:
                try:
                    self._room.acquire_nowait()
                except anyio.WouldBlock:
                    await self._room.acquire()
                item = await self._next_later() if self._iterator is None else self._next_now()
                position = self._taken
                self._taken += 1
                try:
                    outcome = await self._handle(item)
                except anyio.get_cancelled_exc_class():
                    self._put(position, self._cut_off(item))
                    raise
                self._put(position, outcome)
                if self._workers < self._pace.limit:
                    self._grow(group)
        except StopAsyncIteration:
            self._exhausted = True
        except Exception as error:  # noqa: BLE001  it is for who iterates
            self.fail(error)
        finally:
            self._workers -= 1

    def _next_now(self) -> T:
        if not self._exhausted and self._iterator is not None:
            for item in self._iterator:
                return item
        raise StopAsyncIteration

    async def _next_later(self) -> T:
        async with self._turn:
            if self._exhausted or self._aiterator is None:
                raise StopAsyncIteration
            return await anext(self._aiterator)

    def fail(self, error: Exception) -> None:
        """Take no more items; the error is raised once the others are handed out."""
        self._exhausted = True
        self._error = self._error or error

    def _put(self, position: int, outcome: R) -> None:
        self._note(outcome)
        if self._in_order:
            self._early[position] = outcome
            while self._handed_on in self._early:
                self.ready.append(self._early.pop(self._handed_on))
                self._handed_on += 1
        else:
            self.ready.append(outcome)
        if self.ready:
            self._changed.set()
