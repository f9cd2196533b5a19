"""Lists of any length, as many elements in a call as the service takes."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, AsyncIterator, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

from nim_async._checks import refused, shown
from nim_async._core.operation import Kind, Repeat, operation_of
from nim_async.batch._calls import Bound, Watched
from nim_async.batch._listed import LISTED
from nim_async.batch._messages import repeats_harmlessly, with_ids
from nim_async.batch._options import check_count, check_list
from nim_async.batch._outcome import Outcome, status_of
from nim_async.batch._rows import Target
from nim_async.batch._stream import GroupRun, each, new_job
from nim_async.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    NimError,
    ParameterError,
    RateLimited,
    ServerError,
    TransportError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nim_async._core.operation import Operation
    from nim_async.batch._listed import Listed
    from nim_async.batch._outcome import Progress
    from nim_async.batch._pace import Pace
    from nim_async.batch._run import Run

_CONCURRENCY = 10
_ENDS = 2
# What says nothing of the elements.
_OF_THE_CALL = (AuthenticationError, RateLimited, ServerError)


@frozen(kw_only=True)
class _Item:
    """An element, with its place in the input, from 1."""

    n: int
    given: Any
    key: Hashable


def in_chunks(
    method: Callable[..., Awaitable[Any]],
    items: Iterable[Any] | AsyncIterable[Any],
    *,
    concurrency: int = _CONCURRENCY,
    size: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    **arguments: Any,
) -> Run[Any]:
    """
    Call an operation that takes a list with one of any length, and say what became of each element.

    ::

        async for outcome in in_chunks(nim.chatroom.add_robot, accids, room_id=66):
            print(outcome.id, outcome.status, outcome.result, outcome.error)

    The list is cut into chunks as long as the service takes, by the table of operations. An
    element that a reply lists among the failed is ``"failed"``, with an `ApiError` whose code is
    that of the reply, 200; one that a reply does not speak of is done, without a result. Where the
    service refuses a chunk, nothing of it having been done, its halves are sent by themselves,
    and so on, so that one bad element does not condemn the others. That ends where it would not
    help: once all elements of a chunk were refused alike, later ones are tried at both ends
    first.

    Args:
        method: ``get_batch``, ``query_members``, ``add_robot``, ``remove_robot``,
            ``batch_send_msg``, ``batch_send_msg_to_someone`` (the messages),
            ``send_msg_to_someone`` (the receivers; each chunk is a message of its own),
            ``queue_batch_offer``, ``queue_batch_update_elements`` or ``queue_multi_get`` of
            ``nim.chatroom``, or ``get_uinfos`` or ``user_online_status`` of ``nim.user``.
        items: The elements: ids; messages such as `MessageItem` or a body such as `Text`; elements
            of a queue; for ``queue_batch_update_elements`` a mapping, or pairs of key and value.
            Any iterable or async iterable; it is taken as it is needed.
        concurrency: Most calls under way at a time.
        size: How many elements a call takes; as many as the service does when ``None``.
        progress: Called after each element with the `Progress` of the run, which goes on changing.
        arguments: What all calls have in common, such as ``room_id``.

    Returns:
        An async iterator of what became of each element, in the order of completion; see `Run`.
        ``n`` is its place, ``id`` the id or key (of a message its ``msg_id``), ``row`` what to
        call the method with for it alone. ``result`` is the room, member, profile, element or
        message; ``"success"`` or ``"old"`` for robots; the logins for ``user_online_status``.

    Raises:
        ConfigurationError: The method takes no such list, or an argument is not one of it. When
            iterated: the client is closed, or belongs to another event loop.

    An element that is ``"uncertain"`` must not be repeated without a look; see `Outcome`. The row
    of a message that may have been sent has ``resend_flag`` set: the service drops a second one.
    """
    job = new_job(concurrency, progress)
    chunks = _Chunks(method, items, job.pace, size=size, arguments=arguments)
    return GroupRun(chunks.cut(), chunks.send, chunks.cut_off, job)


class _Chunks:
    """Sends chunks of a list, divided where that tells the good from the bad."""

    def __init__(
        self,
        method: Callable[..., Awaitable[Any]],
        items: Iterable[Any] | AsyncIterable[Any],
        pace: Pace,
        *,
        size: int | None,
        arguments: Mapping[str, Any],
    ) -> None:
        operation = operation_of(method)
        self._method = Bound(method)
        self._pace = pace
        self._items = items
        self._arguments = arguments
        self._operation: Operation[Any] = operation
        self._listed = _listed(operation)
        self._param = next(p for p in operation.params if p.python_name == self._listed.param)
        self._hopeless: set[int] = set()  # codes that refused all elements of a chunk alike
        most = cast("int", self._param.max_items)
        self._size = most if size is None else size
        check_count("size", self._size, most)
        if not isinstance(items, Mapping):
            check_list("items", items)
        if self._listed.param in arguments:
            raise refused(self._listed.param, "must be left out", "one beside the items")
        try:
            inspect.signature(method).bind(**arguments, **{self._listed.param: ()})
        except TypeError as error:
            rule = f"must fit {operation.qualified_name}"
            raise refused("arguments", rule, str(error)) from None

    async def cut(self) -> AsyncIterator[Sequence[_Item]]:
        """Yield chunks of a list."""
        chunk: list[_Item] = []
        n = 0
        async for given in each(self._items):
            n += 1
            prepared = self._listed.prepared(given)
            chunk.append(_Item(n=n, given=prepared, key=self._listed.key_of(prepared)))
            if len(chunk) == self._size:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    async def send(self, chunk: Sequence[_Item]) -> Sequence[Outcome[Any]]:
        """Send a chunk, and say what became of its elements."""
        outcomes, refusal = await self._call(chunk)
        if refusal is None:
            return outcomes
        hopeless = refusal.code in self._hopeless
        half = len(chunk) // 2
        parts = [chunk[:half], chunk[half:]]
        if hopeless:
            parts = [chunk[:1], chunk[-1:], chunk[1:-1]]
        found: list[Outcome[Any]] = []
        for part in parts:
            if hopeless and len(found) == _ENDS and _all_refused(found, refusal):
                found += [self._outcome(item, refusal) for item in part]
            else:
                found += await self._divided(part)
        if _all_refused(found, refusal):
            self._hopeless.add(refusal.code)
        return found

    async def _divided(self, part: Sequence[_Item]) -> Sequence[Outcome[Any]]:
        """Send a part of a chunk that was refused, in halves if that is refused too."""
        outcomes, refusal = await self._call(part) if part else ((), None)
        if refusal is None:
            return outcomes
        half = len(part) // 2
        return [*await self._divided(part[:half]), *await self._divided(part[half:])]

    async def _call(self, items: Sequence[_Item]) -> tuple[Sequence[Outcome[Any]], ApiError | None]:
        """Make one call; beside what came of it return a refusal that may be of some alone."""
        first: dict[Hashable, _Item] = {}
        for item in items:
            first.setdefault(item.key, item)
        try:
            reply = await self._method(self._asking(first.values()), Watched(self._pace))
        except ConfigurationError:  # of the client, so that no other chunk would fare better
            raise
        except NimError as error:
            outcomes = [self._outcome(item, error) for item in items]
            divisible = len(items) > 1 and self._is_of_elements(error)
            return outcomes, cast("ApiError", error) if divisible else None
        said = dict(self._listed.said(reply))
        otherwise = self._listed.otherwise(reply)
        return [
            self._outcome(item, said.get(item.key, otherwise))
            if self._is_same(item, first[item.key])
            else self._outcome(item, self._doubled(item))
            for item in items
        ], None

    def cut_off(self, chunk: Sequence[_Item]) -> Sequence[Outcome[Any]]:
        """Say what became of a chunk whose call was cancelled."""
        error = TransportError("cancelled before it was answered")
        error.located(operation=self._operation.qualified_name)
        return [self._outcome(item, error) for item in chunk]

    def _asking(self, items: Iterable[_Item]) -> dict[str, Any]:
        """Return the arguments of a call for some elements."""
        given = [item.given for item in items]
        as_object = self._param.kind is Kind.OBJECT
        return {**self._arguments, self._param.python_name: dict(given) if as_object else given}

    def _outcome(self, item: _Item, said: Any) -> Outcome[Any]:
        error = said if isinstance(said, NimError) else None
        row = self._asking([item])
        if error is None:
            return Outcome(n=item.n, row=row, id=item.key, status="done", result=said)
        target = Target(self._method, self._operation, row)
        harmless = repeats_harmlessly(target)
        if harmless and error.maybe_processed and self._operation.repeat is Repeat.MARKED:
            row = with_ids(target, str, again=True).arguments
        status = status_of(error, harmless=harmless)
        return Outcome(n=item.n, row=row, id=item.key, status=status, error=error)

    def _is_of_elements(self, error: NimError) -> bool:
        """Return whether a call surely did nothing, perhaps because of some of its elements."""
        if not isinstance(error, ApiError) or isinstance(error, _OF_THE_CALL):
            return False
        parameter = error.parameter if isinstance(error, ParameterError) else None
        ours = parameter is None or parameter.partition("[")[0] == self._param.python_name
        return ours and not error.maybe_processed

    def _is_same(self, item: _Item, first: _Item) -> bool:
        """Return whether an element is the one that its key stood for."""
        return self._param.kind is Kind.TEXTS or item is first or item.given == first.given

    def _doubled(self, item: _Item) -> ParameterError:
        error = ParameterError.refused(
            self._param.python_name, "one element of a key", f"another of {shown(item.key)}"
        )
        return error.located(operation=self._operation.qualified_name)


def _all_refused(outcomes: Iterable[Outcome[Any]], refusal: ApiError) -> bool:
    """Return whether all failed as their chunk did."""
    return all(isinstance(o.error, ApiError) and o.error.code == refusal.code for o in outcomes)


def _listed(operation: Operation[Any]) -> Listed:
    listed = LISTED.get(operation.path)
    if listed is None:
        name = operation.qualified_name
        raise refused("method", "must take a list of elements", name, "run() takes any method")
    return listed
