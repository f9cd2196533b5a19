"""``nim.chatroom``: the generated operations, those written by hand, and iterators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from nim_async._core.operation import implements
from nim_async._core.signing import new_id
from nim_async._generated.methods import ChatroomMethods
from nim_async._generated.operations import CHATROOM_TOGGLE_CLOSE_STAT
from nim_async._namespaces.paging import Page, Pages
from nim_async.errors import Duplicate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Hashable

    from nim_async._generated.models import DelayClosePolicy, Member, MemberKind, Room

_MIN_DEADLINE_SECONDS = 0.001  # seconds of a deadline that has passed


class Chatroom(ChatroomMethods):
    """Operations under ``/nimserver/chatroom/``, and iterators over their pages."""

    __slots__ = ()

    @implements(CHATROOM_TOGGLE_CLOSE_STAT)
    async def toggle_close_stat(
        self,
        *,
        room_id: int,
        operator: str,
        valid: bool,
        delay_close_policy: DelayClosePolicy | int | None = None,
        delay_seconds: int | None = None,
    ) -> Room:
        started = anyio.current_time()
        try:
            return await super().toggle_close_stat(
                room_id=room_id,
                operator=operator,
                valid=valid,
                delay_close_policy=delay_close_policy,
                delay_seconds=delay_seconds,
            )
        except Duplicate as error:
            if not error.processed:
                raise
        # An attempt before the last made the room as asked for; what it looks like is read.
        spent = anyio.current_time() - started
        left = max(self._client.config.deadline - spent, _MIN_DEADLINE_SECONDS)
        view = Chatroom(self._client.options(deadline=left, trace_id=new_id()))
        return await view.get(room_id=room_id)

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
            DecodeError: No element of a full page has a time to go on from.
            NimError: As `members_by_page`; what was yielded before stays good.

        Safe to repeat: it only reads.
        """

        async def page(end_time: int) -> Page[Member]:
            members = await self.members_by_page(
                room_id=room_id, type=type, end_time=end_time, limit=limit
            )
            return Page(members.data, members.unreadable)

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
            DecodeError: No element of a full page has a time to go on from.
            NimError: As `tag_members_query`; what was yielded before stays good.

        Safe to repeat: it only reads.
        """

        async def page(end_time: int) -> Page[Member]:
            members = await self.tag_members_query(
                room_id=room_id, tag=tag, end_time=end_time, limit=limit
            )
            return Page(members.data, members.unreadable)

        return _members("chatroom.tag_members_query", page, limit)


def _members(
    operation: str, page: Callable[[int], Awaitable[Page[Member]]], limit: int
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


def _account(member: Member) -> Hashable:
    return getattr(member, "accid", member)
