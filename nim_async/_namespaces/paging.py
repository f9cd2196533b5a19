"""Following a time cursor through the pages of a list."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, Self, TypeAlias, TypeVar

from attrs import define, field, frozen

from nim_async.errors import DecodeError

T = TypeVar("T")
_Mark: TypeAlias = tuple[int | None, Hashable]
_MAX_STEPS = 2  # the cursor is then behind the last element


@frozen
class Page(Generic[T]):
    """
    What the service listed at a cursor.

    Args:
        elements: Those that can be read.
        unreadable: The others.
    """

    elements: Sequence[T]
    unreadable: Sequence[object]


@define(eq=False, kw_only=True)
class Pages(Generic[T]):
    """
    The elements of a list, one page after the other.

    Whether the service takes the cursor's own millisecond in or leaves it out is not documented.
    So each page is asked for with an overlap of a millisecond, and what was seen there before is
    dropped; a full page with nothing new moves the cursor on by a millisecond, until it lies
    behind the last element however the service reads it. More elements of one millisecond than
    ``limit`` cannot be distinguished by a time: those that do not fit into a page are passed over.

    An element without a time is an element, though the list goes on from the last one that has a
    time. One that cannot be read at all is passed over, but counts.

    Args:
        operation: Name of the operation, for errors.
        page: Asks for the page at a cursor.
        start: Cursor of the first page; 0 for the newest elements.
        limit: Elements asked for at a time.
        backwards: The list comes newest first.
        time_of: Returns the time of an element, milliseconds, if it has one.
        key_of: Distinguishes an element from others of the same time.
    """

    operation: str
    page: Callable[[int], Awaitable[Page[T]]]
    start: int
    limit: int
    backwards: bool
    time_of: Callable[[T], int | None]
    key_of: Callable[[T], Hashable]
    _ready: deque[T] = field(init=False, factory=deque[T])
    _seen: Counter[_Mark] = field(init=False, factory=Counter[_Mark])
    _edge: int | None = field(init=False, default=None)
    _begun: bool = field(init=False, default=False)
    _steps: int = field(init=False, default=0)
    _last: bool = field(init=False, default=False)

    def __aiter__(self) -> Self:
        """Return itself."""
        return self

    async def __anext__(self) -> T:
        """
        Return the next element, asking for another page when needed.

        Raises:
            DecodeError: The list cannot be followed any further.
        """
        while not self._ready:
            if self._last:
                raise StopAsyncIteration
            await self._turn()
        return self._ready.popleft()

    async def _turn(self) -> None:
        if self._steps > _MAX_STEPS:
            raise self._lost("the same page comes again and again")
        if self._begun and self._edge is None:
            raise self._lost("no element has a time to go on from")
        cursor = self.start
        if self._edge is not None:
            direction = -1 if self.backwards else 1
            cursor = self._edge + direction * (self._steps - 1)
            if cursor < 1:  # 0 would begin the list anew, and nothing is older
                self._last = True
                return
            # What lies before the start was not asked for.
            if self.start and (self.start - cursor) * direction > 0:
                cursor = self.start
        page = await self.page(cursor)
        self._begun = True
        fresh = self._unseen(page.elements)
        self._ready.extend(fresh)
        if len(page.elements) + len(page.unreadable) < self.limit:
            self._last = True
        elif fresh:
            self._steps = 0
            self._move_on(fresh, page.elements)
        else:
            self._steps += 1

    def _unseen(self, elements: Sequence[T]) -> list[T]:
        seen = self._seen.copy()
        fresh: list[T] = []
        for element in elements:
            mark = self._mark(element)
            if seen[mark]:
                seen[mark] -= 1
            else:
                fresh.append(element)
        return fresh

    def _move_on(self, fresh: list[T], elements: Sequence[T]) -> None:
        """Find the last time there is, and keep what may come again from there."""
        before = self._edge
        seen = self._seen + Counter(self._mark(element) for element in fresh)
        marks = {self._mark(element) for element in elements}
        times = [time for e in elements if (time := self.time_of(e)) is not None]
        edge = self._edge = times[-1] if times else before
        self._seen = Counter(
            {
                (time, key): count
                for (time, key), count in seen.items()
                if (
                    # What has no time stands anywhere in a page that may come again.
                    (edge == before or (time, key) in marks)
                    if time is None
                    else edge is not None and abs(time - edge) <= 1
                )
            }
        )

    def _mark(self, element: T) -> _Mark:
        return self.time_of(element), self.key_of(element)

    def _lost(self, problem: str) -> DecodeError:
        return DecodeError([f"$: {problem}"], raw=b"").located(operation=self.operation)
