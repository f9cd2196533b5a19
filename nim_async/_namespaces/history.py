"""``nim.history``: the generated operations, and an iterator over stored messages."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from nim_async._generated.methods import HistoryMethods
from nim_async._generated.models import HistoryOrder
from nim_async._namespaces.paging import Page, Pages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Hashable, Sequence

    from nim_async._generated.models import HistoryMessage

_FIRST_13_DIGITS = 10**12  # the service asks for times of 13 digits


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
            DecodeError: No element of a full page has a time to go on from.
            NimError: As `query_chatroom_msg`; what was yielded before stays good.

        Safe to repeat: it only reads.
        """

        async def page(at: int) -> Page[HistoryMessage]:
            history = await self.query_chatroom_msg(
                room_id=room_id, accid=accid, timetag=at, limit=limit, reverse=reverse, type=type
            )
            return Page(history.msgs, history.unreadable)

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


def _sent(message: HistoryMessage) -> int | None:
    return getattr(message, "send_time", None)


def _message(message: HistoryMessage) -> Hashable:
    known = hasattr(message, "from_accid") and hasattr(message, "msg_id")
    return (message.from_accid, message.msg_id) if known else message
