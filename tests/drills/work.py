"""The calls of a run, each with data of its own, and what their callers were told."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from random import Random
from typing import TYPE_CHECKING, Any

import anyio
from attrs import Factory, define, frozen

from nim_async import NimClient, NimError
from nim_async.errors import ConnectError, Duplicate, TimedOut
from nim_async.observe import AttemptFinished
from tests.drills.service import AFTER, BEFORE, CREATOR, QUEUE_ROOM, QUEUED, SHARED_ROOMS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from nim_async.observe import Event

SEND = "send_msg"
CLASSES = (SEND, "READ", "IDEMPOTENT_WRITE", "NON_IDEMPOTENT")
_OWN_ROOMS = 500_000_000


class Told(Enum):
    """What a caller knows when its call is over."""

    OK = "ok"
    WRONG = "ok, with the answer of something else"
    ACCEPTED = "already accepted"
    SURELY_NOT = "surely not"
    MAYBE = "maybe"
    CRASHED = "an error that is none of the library's"


@frozen
class Job:
    """One call to make: its class, its operation, and the text or room no other call has."""

    group: str
    operation: str
    key: str

    @property
    def room_id(self) -> int:
        """The room that is used by this call alone, where there is one."""
        return int(self.key.removeprefix("roomid="))

    @property
    def number(self) -> int:
        """The last digits of its key."""
        return int(self.key[-6:])


@define
class Result:
    """What became of a call, as its caller saw it."""

    job: Job
    told: Told = Told.OK
    error: BaseException | None = None
    attempts: int = 0
    unreached: int = 0  # attempts that found nobody listening
    timed_out: int = 0  # attempts that the caller gave up

    @property
    def decidable(self) -> bool:
        """Whether the caller was told "maybe" although an attempt had brought certainty."""
        error = self.error
        return (
            self.told is Told.MAYBE
            and isinstance(error, NimError)
            and any(isinstance(e, Duplicate) and e.processed for e in error.earlier)
        )


def jobs(sends: int, others: int, seed: int) -> list[Job]:
    """Return the calls of a run in random order."""
    made = [Job(SEND, "send", f"send-{i:06}") for i in range(sends)]
    room = _OWN_ROOMS
    for group, with_room, with_text in (
        ("READ", "get", "queue_list"),
        ("IDEMPOTENT_WRITE", "update", "offer"),
        ("NON_IDEMPOTENT", "poll", "create"),
    ):
        for i in range(others):
            operation = with_text if i % 2 else with_room
            room += 1
            text = operation in {"offer", "create"}
            made.append(Job(group, operation, f"{operation}-{i:06}" if text else f"roomid={room}"))
    Random(seed).shuffle(made)  # noqa: S311  no secret
    return made


def own_rooms(made: Iterable[Job]) -> list[int]:
    """Return the rooms that must be there before the calls are made."""
    return [job.room_id for job in made if job.key.startswith("roomid=")]


async def _send(nim: NimClient, job: Job) -> bool:
    room_id = SHARED_ROOMS[job.number % len(SHARED_ROOMS)]
    sent = await nim.chatroom.send_msg(
        room_id=room_id, from_accid=CREATOR, msg_type=0, attach=job.key
    )
    return sent.attach == job.key


async def _get(nim: NimClient, job: Job) -> bool:
    room = await nim.chatroom.get(room_id=job.room_id)
    return (room.room_id, room.name) == (job.room_id, BEFORE)


async def _queue_list(nim: NimClient, job: Job) -> bool:
    queue = await nim.chatroom.queue_list(room_id=job.room_id)
    return [e.key for e in queue.elements] == [f"{job.room_id}-{i}" for i in range(QUEUED)]


async def _update(nim: NimClient, job: Job) -> bool:
    room = await nim.chatroom.update(room_id=job.room_id, name=AFTER)
    return (room.room_id, room.name) == (job.room_id, AFTER)


async def _offer(nim: NimClient, job: Job) -> bool:
    await nim.chatroom.queue_offer(room_id=QUEUE_ROOM, key=job.key, value=job.key)
    return True


async def _poll(nim: NimClient, job: Job) -> bool:
    element = await nim.chatroom.queue_poll(room_id=job.room_id)
    return element.key == f"{job.room_id}-0"


async def _create(nim: NimClient, job: Job) -> bool:
    return (await nim.chatroom.create(creator=CREATOR, name=job.key)).name == job.key


_CALLS: Mapping[str, Callable[[NimClient, Job], Awaitable[bool]]] = {
    "send": _send,
    "get": _get,
    "queue_list": _queue_list,
    "update": _update,
    "offer": _offer,
    "poll": _poll,
    "create": _create,
}


async def work(made: list[Job], concurrency: int, options: Mapping[str, Any]) -> list[Result]:
    """
    Make all calls.

    Args:
        made: The calls.
        concurrency: How many at a time.
        options: Of the client.
    """
    results = {job.key: Result(job) for job in made}
    attempts = _Attempts(results)
    waiting = iter(made)

    async def worker(nim: NimClient) -> None:
        for job in waiting:
            await _carry_out(nim, results[job.key])

    async with NimClient(**options, hooks=[attempts]) as nim, anyio.create_task_group() as group:
        for _ in range(concurrency):
            group.start_soon(worker, nim)
    return list(results.values())


async def _carry_out(nim: NimClient, result: Result) -> None:
    job = result.job
    view = nim.options(trace_id=job.key)
    try:
        if not await _CALLS[job.operation](view, job):
            result.told = Told.WRONG
    except NimError as error:
        result.error = error
        result.told = Told.SURELY_NOT
        if error.processed:
            result.told = Told.ACCEPTED
        elif error.maybe_processed:
            result.told = Told.MAYBE
    except Exception as error:  # noqa: BLE001  it must not end the run, it is counted
        result.error = error
        result.told = Told.CRASHED


@define
class _Attempts:
    """Counts the attempts of each call."""

    _results: Mapping[str, Result] = Factory(dict[str, Result])

    def __call__(self, event: Event) -> None:
        if isinstance(event, AttemptFinished):
            result = self._results[event.trace_id]
            result.attempts += 1
            result.unreached += isinstance(event.error, ConnectError)
            result.timed_out += isinstance(event.error, TimedOut)
