"""Whole rooms: everybody who is in one, and everything that was said in it."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from anyio import to_thread

from nim_async._checks import refused
from nim_async._core.operation import operation_of
from nim_async._generated.models import HistoryOrder, MemberKind
from nim_async.batch._options import check_list
from nim_async.batch._run import run
from nim_async.batch._stream import each

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Hashable, Iterable, Sequence
    from typing import Any, TextIO

    from nim_async._core.operation import Body, Json
    from nim_async._generated.models import HistoryMessage, Member, MessageType, SentMessage
    from nim_async.batch._outcome import Progress
    from nim_async.batch._run import Run
    from nim_async.client import NimClient

# Who becomes fixed while the others are read is found by the last pass.
_PASSES = (MemberKind.FIXED, MemberKind.TEMPORARY, MemberKind.FIXED)
_MOST_SWEEPS = 20
_LINES_AT_ONCE = 1000


async def all_members(nim: NimClient, *, room_id: int) -> AsyncIterator[Member]:
    """
    Go through everybody in a room, of every kind, each account once.

    POST ``/nimserver/chatroom/membersByPage.action``, once for each page

    Fixed members come first, then the others, each newest first. Those who enter, come back or
    become fixed meanwhile come after those of their kind; so whoever is in the room all the time
    comes, however many others enter. Only who changes kind twice during the reading may be
    missed, and who comes back while more than a page of others enter with each request.

    Args:
        nim: The client.
        room_id: Chatroom id.

    Yields:
        The members; an account that left meanwhile may be among them. Memory grows with their
        number, by the accounts alone.

    Raises:
        NimError: As ``nim.chatroom.iter_members``; what was yielded before stays good.

    Safe to repeat: it only reads.
    """
    seen: set[Hashable] = set()
    for kind in _PASSES:
        async for member in _of_kind(nim, room_id, kind, seen):
            yield member


async def _of_kind(
    nim: NimClient, room_id: int, kind: MemberKind, seen: set[Hashable]
) -> AsyncIterator[Member]:
    """
    Read the members of a kind, and then those who entered meanwhile, until these fit into a page.

    What one page shows was true at one moment, so that nobody who is there can have moved from what
    was yet to be read to what was read already.
    """
    page = _longest_page(nim.chatroom.members_by_page)
    before: int | None = None
    for sweep in range(_MOST_SWEEPS):
        newest: int | None = None
        read = known = 0
        async for member in nim.chatroom.iter_members(room_id=room_id, type=kind, limit=page):
            read += 1
            entered = member.enter_time
            newest = newest or entered
            account: Hashable = getattr(member, "accid", member)
            known += 1
            if account not in seen:
                seen.add(account)
                known = 0
                yield member
            seen_all = known >= page if entered is None or before is None else entered < before
            if sweep and seen_all:
                break
        if read <= page and (sweep or read < page):
            return
        before = newest


async def all_messages(
    nim: NimClient,
    *,
    room_id: int,
    accid: str,
    since: datetime | int | None = None,
    until: datetime | int | None = None,
    type: Sequence[int] | str | None = None,  # noqa: A002
) -> AsyncIterator[HistoryMessage]:
    """
    Go through the stored messages of a room between two times, oldest first, each once.

    POST ``/nimserver/history/queryChatroomMsg.action``, once for each page

    Args:
        nim: The client.
        room_id: Chatroom id.
        accid: Account on whose behalf the history is read.
        since: Time of the first message, that of a datetime with a zone or milliseconds since
            1970 (13 digits); the earliest there is when left out.
        until: Time of the last message, likewise; the end of the history when left out, what is
            sent during the reading included.
        type: Message types to return, all when left out.

    Yields:
        The messages from ``since`` to ``until``, both included. Those that share a millisecond
        all come, unless there are more of them than a page holds. The service keeps a history for
        some time only.

    Raises:
        ConfigurationError: A datetime has no zone.
        NimError: As ``nim.history.iter_chatroom_msgs``; what was yielded before stays good. To go
            on, read again since the time of the last message.

    Safe to repeat: it only reads.
    """
    last = _milliseconds("until", until)
    async for message in nim.history.iter_chatroom_msgs(
        room_id=room_id,
        accid=accid,
        timetag=_milliseconds("since", since),
        reverse=HistoryOrder.OLDEST_FIRST,
        type=type,
        limit=_longest_page(nim.history.query_chatroom_msg),
    ):
        sent: int | None = getattr(message, "send_time", None)
        if last is not None and sent is not None and sent > last:
            return
        yield message


async def save_messages(
    nim: NimClient,
    path: str | os.PathLike[str],
    *,
    room_id: int,
    accid: str,
    since: datetime | int | None = None,
    until: datetime | int | None = None,
    type: Sequence[int] | str | None = None,  # noqa: A002
) -> int:
    """
    Write the stored messages of a room between two times into a file, oldest first.

    POST ``/nimserver/history/queryChatroomMsg.action``, once for each page

    Each line is a message as JSON, as ``to_dict()`` returns it. The file is there when it is
    whole: until then the lines stand in one beside it, whose name ends with ``.part``.

    Args:
        nim: The client.
        path: The file; one that exists is replaced. Only its owner may read it (mode 0600).
        room_id: Chatroom id.
        accid: As for `all_messages`.
        since: As for `all_messages`.
        until: As for `all_messages`.
        type: As for `all_messages`.

    Returns:
        How many messages it holds.

    Raises:
        OSError: The file cannot be written.
        ConfigurationError: A datetime has no zone.
        NimError: As `all_messages`; the file that was there stays as it was.

    Safe to repeat: it only reads.
    """
    whole = Path(path)
    part = whole.with_name(f"{whole.name}.part")
    lines: list[str] = []
    count = 0
    file = await to_thread.run_sync(_new_file, part)
    try:
        with file:
            async for message in all_messages(
                nim, room_id=room_id, accid=accid, since=since, until=until, type=type
            ):
                lines.append(f"{json.dumps(message.to_dict(), ensure_ascii=False)}\n")
                count += 1
                if len(lines) >= _LINES_AT_ONCE:
                    await to_thread.run_sync(file.writelines, lines)
                    lines = []
            await to_thread.run_sync(_finish, file, lines)
        part.replace(whole)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    return count


def send_to_rooms(
    nim: NimClient,
    room_ids: Iterable[int] | AsyncIterable[int],
    *,
    from_accid: str,
    msg_type: MessageType | int | Body | None = None,
    attach: Json | Body | None = None,
    concurrency: int = 100,
    progress: Callable[[Progress], None] | None = None,
    **arguments: Any,
) -> Run[SentMessage]:
    """
    Send the same message into many rooms.

    POST ``/nimserver/chatroom/sendMsg.action``, once for each room

    A broadcast reaches every room of the app with one call, but no history keeps it.

    Args:
        nim: The client.
        room_ids: The rooms; any iterable or async iterable, read as it is needed.
        from_accid: accid of the sender.
        msg_type: As for ``nim.chatroom.send_msg``.
        attach: As for ``nim.chatroom.send_msg``.
        concurrency: Most calls under way at a time.
        progress: Called after each room with the `Progress` of the run, which goes on changing.
        arguments: What else ``nim.chatroom.send_msg`` takes; each message gets an id of its own.

    Returns:
        An async iterator of what became of each room, in the order of completion; see `Run`.
        ``id`` is the room, ``row`` the arguments of ``nim.chatroom.send_msg``.

    Raises:
        ConfigurationError: An argument cannot be. When iterated: the client is closed, or belongs
            to another event loop.

    A room whose message is ``"uncertain"`` may have it; see `Outcome`.
    """
    message = {"from_accid": from_accid, "msg_type": msg_type, "attach": attach, **arguments}
    check_list("room_ids", room_ids)
    if {"room_id", "msg_id"} & message.keys():
        rule = "must leave out room_id and msg_id"
        raise refused("arguments", rule, "one of them", "they differ from room to room")

    async def rows() -> AsyncIterator[dict[str, Any]]:
        async for room_id in each(room_ids):
            yield {"id": room_id, "room_id": room_id, **message}

    return run(nim.chatroom.send_msg, rows(), concurrency=concurrency, progress=progress)


def _new_file(path: Path) -> TextIO:
    path.unlink(missing_ok=True)  # or it would keep its mode
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    # Half of a surrogate pair, which JSON alone can hold, is written the way that JSON has.
    return os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace")


def _finish(file: TextIO, lines: Sequence[str]) -> None:
    file.writelines(lines)
    file.flush()
    os.fsync(file.fileno())


def _longest_page(method: Callable[..., Any]) -> int:
    """Return how many elements the service lists in one call at most, by the table."""
    limits = {p.python_name: p.maximum for p in operation_of(method).params}
    return cast("int", limits["limit"])


def _milliseconds(option: str, moment: datetime | int | None) -> int | None:
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        raise refused(
            option, "must have a zone", "a datetime without one", "write datetime(..., tzinfo=UTC)"
        )
    return round(moment.timestamp() * 1000)
