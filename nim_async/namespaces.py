"""The namespaces of a client: the generated operations, and iterators over their pages."""

from __future__ import annotations

from collections import Counter
from time import time
from typing import TYPE_CHECKING, TypeVar

from nim_async._generated.methods import ChatroomMethods, HistoryMethods, StatsMethods
from nim_async._generated.models import HistoryOrder
from nim_async.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence

    from nim_async._generated.models import HistoryMessage, Member, MemberKind

__all__ = ["Chatroom", "History", "Stats"]

T = TypeVar("T")

_FIRST_13_DIGITS = 10**12  # the service asks for times of 13 digits


class Chatroom(ChatroomMethods):
    """Operations under ``/nimserver/chatroom/``, and iterators over their pages."""

    async def iter_members(
        self,
        *,
        room_id: int,
        type: MemberKind | int,  # noqa: A002
        limit: int = 100,
    ) -> AsyncIterator[Member]:
        """
        Go through the members of a room, newest first, asking for pages as needed.

        POST ``/nimserver/chatroom/membersByPage.action``, once for each page

        Args:
            room_id: Chatroom id.
            type: Which members: 0 fixed, 1 temporary, 2 fixed and online.
            limit: Members asked for at a time, 1 to 100.

        Yields:
            Each member once, also where several entered in the same millisecond.

        Raises:
            NimError: As `members_by_page`; what was yielded before stays good.

        Safe to repeat: it only reads.
        """

        async def page(end_time: int) -> Sequence[Member]:
            members = await self.members_by_page(
                room_id=room_id, type=type, end_time=end_time, limit=limit
            )
            return members.data

        async for member in _newest_first(page, 0, limit, _entered, _account):
            yield member

    async def iter_tag_members(
        self, *, room_id: int, tag: str, limit: int = 100
    ) -> AsyncIterator[Member]:
        """
        Go through the online members that carry a tag, newest first.

        POST ``/nimserver/chatroom/tagMembersQuery.action``, once for each page

        Args:
            room_id: Chatroom id.
            tag: The tag.
            limit: Members asked for at a time, 1 to 100.

        Yields:
            Each member; an account on several devices once for each device.

        Raises:
            NimError: As `tag_members_query`; what was yielded before stays good.

        Safe to repeat: it only reads.
        """

        async def page(end_time: int) -> Sequence[Member]:
            members = await self.tag_members_query(
                room_id=room_id, tag=tag, end_time=end_time, limit=limit
            )
            return members.data

        async for member in _newest_first(page, 0, limit, _entered, _account):
            yield member


class History(HistoryMethods):
    """Operations under ``/nimserver/history/``, and an iterator over stored messages."""

    async def iter_chatroom_msgs(
        self,
        *,
        room_id: int,
        accid: str,
        timetag: int | None = None,
        reverse: HistoryOrder | int = HistoryOrder.NEWEST_FIRST,
        type: Sequence[int] | str | None = None,  # noqa: A002
        limit: int = 100,
    ) -> AsyncIterator[HistoryMessage]:
        """
        Go through the stored messages of a room, asking for pages as needed.

        POST ``/nimserver/history/queryChatroomMsg.action``, once for each page

        Args:
            room_id: Chatroom id.
            accid: Account on whose behalf the history is read.
            timetag: Where to begin, milliseconds since 1970 (13 digits); now, or the earliest
                time of 13 digits when oldest first, when left out.
            reverse: 1 oldest first, 2 newest first.
            type: Message types to return, all when left out.
            limit: Messages asked for at a time, 1 to 200.

        Yields:
            Each message once, also where several were sent in the same millisecond.

        Raises:
            NimError: As `query_chatroom_msg`; what was yielded before stays good.

        Safe to repeat: it only reads.
        """

        async def page(at: int) -> Sequence[HistoryMessage]:
            history = await self.query_chatroom_msg(
                room_id=room_id, accid=accid, timetag=at, limit=limit, reverse=reverse, type=type
            )
            return history.msgs

        if reverse == HistoryOrder.OLDEST_FIRST:
            start = _FIRST_13_DIGITS if timetag is None else timetag
            messages = _pages(page, start, limit, 1, _sent, _message)
        else:
            start = int(time() * 1000) if timetag is None else timetag
            messages = _pages(page, start, limit, -1, _sent, _message)
        async for message in messages:
            yield message


class Stats(StatsMethods):
    """Operations under ``/nimserver/stats/``."""


def _entered(member: Member) -> int | None:
    return member.enter_time


def _account(member: Member) -> str:
    return member.accid


def _sent(message: HistoryMessage) -> int:
    return message.send_time


def _message(message: HistoryMessage) -> Hashable:
    return message.from_accid, message.msg_id


def _newest_first(
    page: Callable[[int], Awaitable[Sequence[T]]],
    start: int,
    limit: int,
    time_of: Callable[[T], int | None],
    key_of: Callable[[T], Hashable],
) -> AsyncIterator[T]:
    return _pages(page, start, limit, -1, time_of, key_of)


async def _pages(
    page: Callable[[int], Awaitable[Sequence[T]]],
    start: int,
    limit: int,
    direction: int,
    time_of: Callable[[T], int | None],
    key_of: Callable[[T], Hashable],
) -> AsyncIterator[T]:
    """
    Follow a time cursor.

    Whether the service takes the cursor's own millisecond in or leaves it out is not documented.
    So the next page is asked for with an overlap of a millisecond, and what was seen there
    before is dropped; if nothing else comes, the cursor steps on until something does.
    """
    cursor = start
    edge = start
    seen = Counter[tuple[int | None, "Hashable"]]()
    step = -1
    while True:
        elements = await page(cursor)
        repeated = Counter(seen)
        fresh: list[T] = []
        for element in elements:
            mark = time_of(element), key_of(element)
            if repeated[mark]:
                repeated[mark] -= 1
            else:
                fresh.append(element)
        for element in fresh:
            yield element
        if len(elements) < limit:
            return
        last = time_of(elements[-1])
        if last is None:
            raise DecodeError(["$: the last element has no time to go on from"], raw=b"")
        step = -1 if fresh else step + 1
        if step > 1:
            raise DecodeError(["$: the same page comes again and again"], raw=b"")
        marks = Counter((time_of(e), key_of(e)) for e in fresh)
        edge = last
        seen = Counter(
            {m: n for m, n in (seen + marks).items() if m[0] is not None and abs(m[0] - edge) <= 1}
        )
        cursor = edge + direction * step
