"""The namespaces of a client: the generated operations, and iterators over their pages."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from nim_async._generated.methods import ChatroomMethods, HistoryMethods, StatsMethods
from nim_async._generated.models import HistoryOrder
from nim_async._paging import Pages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence

    from nim_async._generated.models import HistoryMessage, Member, MemberKind

__all__ = ["Chatroom", "History", "Stats"]

_FIRST_13_DIGITS = 10**12  # the service asks for times of 13 digits


class Chatroom(ChatroomMethods):
    """Operations under ``/nimserver/chatroom/``, and iterators over their pages."""

    def iter_members(
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
            limit: Members asked for at a time, 1 to 100; of one millisecond no more are found.

        Returns:
            An iterator for ``async for``: each member once, also where several entered in
            the same millisecond.

        Raises:
            NimError: As `members_by_page`; what was yielded before stays good.

        Safe to repeat: it only reads.
        """

        async def page(end_time: int) -> Sequence[Member]:
            members = await self.members_by_page(
                room_id=room_id, type=type, end_time=end_time, limit=limit
            )
            return members.data

        return _members("chatroom.members_by_page", page, limit)

    def iter_tag_members(
        self, *, room_id: int, tag: str, limit: int = 100
    ) -> AsyncIterator[Member]:
        """
        Go through the online members that carry a tag, newest first.

        POST ``/nimserver/chatroom/tagMembersQuery.action``, once for each page

        Args:
            room_id: Chatroom id.
            tag: The tag.
            limit: Members asked for at a time, 1 to 100; of one millisecond no more are found.

        Returns:
            An iterator for ``async for``: each member; an account on several devices once for
            each device.

        Raises:
            NimError: As `tag_members_query`; what was yielded before stays good.

        Safe to repeat: it only reads.
        """

        async def page(end_time: int) -> Sequence[Member]:
            members = await self.tag_members_query(
                room_id=room_id, tag=tag, end_time=end_time, limit=limit
            )
            return members.data

        return _members("chatroom.tag_members_query", page, limit)


class History(HistoryMethods):
    """Operations under ``/nimserver/history/``, and an iterator over stored messages."""

    def iter_chatroom_msgs(
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
            limit: Messages asked for at a time, 1 to 200; of one millisecond no more are found.

        Returns:
            An iterator for ``async for``: each message once, also where several were sent in
            the same millisecond.

        Raises:
            NimError: As `query_chatroom_msg`; what was yielded before stays good.

        Safe to repeat: it only reads.
        """

        async def page(at: int) -> Sequence[HistoryMessage]:
            history = await self.query_chatroom_msg(
                room_id=room_id, accid=accid, timetag=at, limit=limit, reverse=reverse, type=type
            )
            return history.msgs

        backwards = reverse != HistoryOrder.OLDEST_FIRST
        start = int(time() * 1000) if backwards else _FIRST_13_DIGITS
        return Pages(
            operation="history.query_chatroom_msg",
            page=page,
            start=start if timetag is None else timetag,
            limit=limit,
            backwards=backwards,
            time_of=_sent,
            key_of=_message,
        )


class Stats(StatsMethods):
    """Operations under ``/nimserver/stats/``."""


def _members(
    operation: str, page: Callable[[int], Awaitable[Sequence[Member]]], limit: int
) -> Pages[Member]:
    return Pages(
        operation=operation,
        page=page,
        start=0,
        limit=limit,
        backwards=True,
        time_of=_entered,
        key_of=_account,
    )


def _entered(member: Member) -> int | None:
    return member.enter_time


def _account(member: Member) -> str:
    return member.accid


def _sent(message: HistoryMessage) -> int:
    return message.send_time


def _message(message: HistoryMessage) -> Hashable:
    return message.from_accid, message.msg_id
