"""The emulator in a process of its own, and its account of what happened."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
from anyio import to_thread
from attrs import frozen

from nim_async.emulator import Emulator
from nim_async.emulator.room.queue import Element
from tests.drills.fates import key_of

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

KEY, SECRET, CREATOR = "app", "the-secret", "amy"
SHARED_ROOMS = range(100_000_001, 100_000_021)
QUEUE_ROOM = SHARED_ROOMS[0]
BEFORE, AFTER = "before", "after"
QUEUED = 3
_MOST_CALLS = 1_000_000


@frozen(kw_only=True)
class Ledger:
    """
    What happened in the service, by the key of the call.

    Args:
        effects: How many messages, rooms, elements or changed states there are of a call.
        processed: How many of its requests were carried out.
    """

    effects: Mapping[str, int]
    processed: Mapping[str, int]


def serve(parent: Connection[Any, Any], own_rooms: list[int], seed: int) -> None:
    """
    Run an emulator; tell the port, and the ledger once something is received.

    Args:
        parent: Where to tell it.
        own_rooms: Rooms that are used by a single call each.
        seed: Of the emulator.
    """
    anyio.run(_serve, parent, own_rooms, seed)


async def _serve(parent: Connection[Any, Any], own_rooms: list[int], seed: int) -> None:
    emulator = Emulator(KEY, SECRET, clock=time.time, seed=seed, max_calls=_MOST_CALLS)
    for room_id in SHARED_ROOMS:
        emulator.add_room(CREATOR, "shared", room_id=room_id)
    emulator.rooms[QUEUE_ROOM].queue.size_limit = _MOST_CALLS
    for room_id in own_rooms:
        emulator.add_room(CREATOR, BEFORE, room_id=room_id)
    rooms = emulator.rooms
    for room_id in own_rooms:
        for i in range(QUEUED):
            element = Element(key=f"{room_id}-{i}", value=str(i), owner=CREATOR)
            rooms[room_id].queue.offer(element)
    async with emulator.serve() as url:
        parent.send(urlsplit(url).port)
        try:
            await to_thread.run_sync(parent.recv)
        except EOFError:
            return
    parent.send(_ledger(emulator, own_rooms))


def _ledger(emulator: Emulator, own_rooms: list[int]) -> Ledger:
    rooms = emulator.rooms
    effects = Counter[str]()
    for room_id in SHARED_ROOMS:
        effects.update(message.attach for message in emulator.messages(room_id))
    effects.update(e.key for e in rooms[QUEUE_ROOM].queue.elements if e.key == e.value)
    effects.update(room.name for room in rooms.values() if room.name.startswith("create-"))
    processed = Counter(key_of(call.body) for call in emulator.calls if call.processed)
    for room_id in own_rooms:
        room = rooms[room_id]
        key = f"roomid={room_id}"
        changed = QUEUED - len(room.queue.elements) + (room.name == AFTER)
        if changed:
            effects[key] = changed
    return Ledger(effects=dict(effects), processed=dict(processed))
