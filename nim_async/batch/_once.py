"""Rooms that are made once, whatever becomes of the calls: each is found again by a key."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Mapping
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, cast

import anyio
from attrs import frozen

from nim_async._checks import shown
from nim_async._core import jsonwriter
from nim_async._generated.operations import CHATROOM_CREATE
from nim_async.batch._chunks import in_chunks
from nim_async.batch._options import check_list
from nim_async.batch._outcome import Outcome, status_of
from nim_async.batch._stream import GroupRun, each, new_job
from nim_async.errors import (
    ConfigurationError,
    NimError,
    NotFound,
    ParameterError,
    TransportError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence

    from nim_async._generated.models import Room
    from nim_async.batch._outcome import Progress
    from nim_async.batch._run import Run
    from nim_async.client import NimClient

_KEY = "create_key"  # its name in the ``ext`` of a room
_PAUSES_SECONDS = (0.0, 1.0, 2.0)  # before each look for a room that may have been made
_NEEDED = frozenset({"key", "name"})
_KNOWN = CHATROOM_CREATE.names - {"creator"} | {"key"}


@frozen(eq=False)
class _Row:
    n: int
    given: Mapping[str, Any]


class KeyedRooms:
    """
    The rooms of a creator, found by the key in their ``ext``.

    Use one for many rooms: what is known of them is read once. Several tasks may use it at once;
    two programs that make the same room at the same time make two.

    Args:
        nim: The client.
        creator: accid of the owner of the rooms.
    """

    def __init__(self, nim: NimClient, *, creator: str) -> None:
        """Read nothing yet."""
        self._nim = nim
        self._creator = creator
        self._ids: dict[str, int] = {}
        self._looked_at: set[int] = set()
        self._looked = False
        self._looking = anyio.Lock()
        self._under_way: dict[str, anyio.Event] = {}

    async def find(self, key: str) -> Room | None:
        """
        Return the open room with a key, if there is one; of several the oldest.

        POST ``/nimserver/chatroom/queryUserRoomIds.action`` and ``getBatch.action`` the first time,
        and ``get.action`` for a room that is known

        Args:
            key: The key.

        Raises:
            NimError: As `NimClient.chatroom` does for these operations.

        Safe to repeat: it only reads.
        """
        return await self._find(self._nim, key)

    async def create(
        self, *, key: str, name: str, ext: Mapping[str, Any] | None = None, **arguments: Any
    ) -> Room:
        """
        Create a room, unless there is one with its key already.

        POST ``/nimserver/chatroom/create.action``, and what `find` needs

        After an unclear answer the room is looked for, three times within some seconds.

        Args:
            key: What distinguishes the room from all others of the creator.
            name: Room name, at most 128 characters.
            ext: Members of its ``ext``, a JSON object beside the key; 4096 characters in all.
            arguments: As ``nim.chatroom.create``.

        Returns:
            The room, new or found.

        Raises:
            ParameterError: Key or ``ext`` cannot be.
            NimError: As ``nim.chatroom.create``. If ``maybe_processed``, the room was not found,
                but may still turn up.

        Safe to repeat with the same key, once calls that were sent before have come to an end:
        a room that is there is found. One that was closed is not.
        """
        return await self._create(self._nim, key, name, ext, arguments)

    def create_all(
        self,
        rows: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
        *,
        concurrency: int = 100,
        progress: Callable[[Progress], None] | None = None,
    ) -> Run[Room]:
        """
        Create many rooms, unless they are there already.

        Args:
            rows: The arguments of `create`, one mapping for each room; read as they are needed.
            concurrency: Most rooms created at a time.
            progress: Called after each room with the `Progress` of the run, which goes on
                changing.

        Returns:
            An async iterator of what became of each room, in the order of completion; see `Run`.
            ``id`` is the key, ``result`` the room, new or found.

        Raises:
            ConfigurationError: An argument cannot be. When iterated: the client is closed, or
                belongs to another event loop.

        Safe to repeat with the same keys, as `create`.
        """
        check_list("rows", rows)
        patient = self._nim.options(deadline=inf)  # many rows wait for one limit
        job = new_job(concurrency, progress)
        return GroupRun(_numbered(rows), partial(self._carry_out, patient), _cut_off, job)

    async def _carry_out(self, nim: NimClient, row: _Row) -> Sequence[Outcome[Room]]:
        try:
            given = _arguments(row.given)
            key, name, ext = given.pop("key"), given.pop("name"), given.pop("ext", None)
            room = await self._create(nim, key, name, ext, given)
        except ConfigurationError:  # of the client, so that no other row would fare better
            raise
        except NimError as error:
            return [_outcome(row, error)]
        return [_outcome(row, room)]

    async def _create(
        self,
        nim: NimClient,
        key: str,
        name: str,
        ext: Mapping[str, Any] | None,
        arguments: Mapping[str, Any],
    ) -> Room:
        text = _ext(key, ext)
        while (under_way := self._under_way.get(key)) is not None:
            await under_way.wait()
        self._under_way[key] = anyio.Event()
        try:
            found = await self._find(nim, key)
            return found or await self._make(nim, key, name=name, ext=text, **arguments)
        finally:
            self._under_way.pop(key).set()

    async def _make(self, nim: NimClient, key: str, **arguments: Any) -> Room:
        try:
            room = await nim.chatroom.create(creator=self._creator, **arguments)
        except NimError as error:
            found = await self._found_again(nim, key, error) if error.maybe_processed else None
            if found is None:
                raise
            return found
        self._note(room)
        return room

    async def _found_again(self, nim: NimClient, key: str, error: NimError) -> Room | None:
        """Look for a room that may have been made; that cannot be done is no other failure."""
        for pause in _PAUSES_SECONDS:
            await anyio.sleep(pause)
            try:
                await self._look(nim, again=True)
                room = await self._find(nim, key)
            except NimError as failed:
                raise error from failed
            if room is not None:
                return room
        return None

    async def _find(self, nim: NimClient, key: str) -> Room | None:
        await self._look(nim, again=False)
        room_id = self._ids.get(key)
        return None if room_id is None else await nim.chatroom.get(room_id=room_id)

    async def _look(self, nim: NimClient, *, again: bool) -> None:
        """Read the rooms that were not looked at yet, the newest first."""
        async with self._looking:
            if self._looked and not again:
                return
            listed = await nim.chatroom.query_user_room_ids(creator=self._creator)
            new = sorted(set(listed.room_ids) - self._looked_at, reverse=True)
            async with in_chunks(nim.chatroom.get_batch, new) as rooms:
                async for outcome in rooms:
                    if outcome.result is not None:
                        self._note(outcome.result)
                    elif outcome.error is not None and not isinstance(outcome.error, NotFound):
                        raise outcome.error
            self._looked = True

    def _note(self, room: Room) -> None:
        self._looked_at.add(room.room_id)
        key = _key_in(room.ext)
        if key is not None:
            self._ids[key] = min(room.room_id, self._ids.get(key, room.room_id))


async def create_once(
    nim: NimClient,
    *,
    key: str,
    creator: str,
    name: str,
    ext: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> Room:
    """
    Create a room, unless the creator has one with the same key already.

    POST ``/nimserver/chatroom/create.action``, ``queryUserRoomIds.action``, ``getBatch.action``

    All open rooms of the creator are read first; for many rooms use one `KeyedRooms`, which reads
    them once.

    Args:
        nim: The client.
        key: What distinguishes the room from all others of the creator; ``ext`` carries it.
        creator: accid of the owner.
        name: Room name, at most 128 characters.
        ext: Members of its ``ext``, a JSON object beside the key; 4096 characters in all.
        arguments: As ``nim.chatroom.create``.

    Returns:
        The room, new or found.

    Raises:
        ParameterError: Key or ``ext`` cannot be.
        NimError: As `KeyedRooms.create`.

    Safe to repeat with the same key; see `KeyedRooms.create`.
    """
    rooms = KeyedRooms(nim, creator=creator)
    return await rooms.create(key=key, name=name, ext=ext, **arguments)


def _ext(key: object, ext: object) -> str:
    if not isinstance(key, str) or not key:
        raise _refused("key", "text that is not empty", shown(key))
    if ext is not None and not isinstance(ext, Mapping):
        raise _refused("ext", "a mapping, to which the key is added", shown(ext))
    members = dict(cast("Mapping[str, Any]", ext or {}))
    try:
        return jsonwriter.written({**members, _KEY: key})
    except jsonwriter.NotJson:
        raise _refused("ext", "a mapping that JSON can hold", "another one") from None


def _key_in(ext: str | None) -> str | None:
    try:
        members: object = json.loads(ext or "null")
    except (ValueError, RecursionError):
        return None
    key: object = cast("dict[str, Any]", members).get(_KEY) if isinstance(members, dict) else None
    return key if isinstance(key, str) else None


async def _numbered(
    rows: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
) -> AsyncIterator[_Row]:
    n = 0
    async for row in each(rows):
        n += 1
        yield _Row(n, row)


def _arguments(given: object) -> dict[str, Any]:
    """Return the arguments of a row for `KeyedRooms.create`, which it fits."""
    if not isinstance(given, Mapping):
        raise _refused("rows", "mappings of arguments", shown(given))
    arguments = dict(cast("Mapping[str, Any]", given))
    if missing := _NEEDED - arguments.keys():
        raise _refused(min(missing), "given", "nothing")
    if unknown := arguments.keys() - _KNOWN:
        raise _refused("rows", "arguments of KeyedRooms.create", shown(unknown.pop()))
    return arguments


def _outcome(row: _Row, came: Room | NimError) -> Outcome[Room]:
    given = cast("object", row.given)
    key = cast("Mapping[str, Any]", given).get("key") if isinstance(given, Mapping) else None
    if not isinstance(came, NimError):
        return Outcome(n=row.n, row=row.given, id=key, status="done", result=came)
    # That a second call finds the room is sure only once the first has come to an end.
    status = status_of(came, harmless=False)
    return Outcome(n=row.n, row=row.given, id=key, status=status, error=came)


def _cut_off(row: _Row) -> Sequence[Outcome[Room]]:
    return [_outcome(row, TransportError("cut off with the run"))]


def _refused(parameter: str, limit: str, given: str) -> ParameterError:
    error = ParameterError.refused(parameter, limit, given)
    return error.located(operation=CHATROOM_CREATE.qualified_name)
