"""The demo of batch jobs: many rooms opened, filled with robots, and greeted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from secrets import token_hex
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from nim_async._generated.models import MessageType
from nim_async.batch import KeyedRooms, run, send_to_rooms
from nim_async.cli.batch_show import show
from nim_async.cli.demo.stage import APP_KEY
from nim_async.client import NimClient
from nim_async.config import RateLimit
from nim_async.emulator import Emulator

if TYPE_CHECKING:
    from nim_async.batch import Outcome, Run
    from nim_async.cli.batch_show import Show

_CREATOR = "zhangsan"
_ROBOTS = [f"robot-{number}" for number in range(1, 6)]
_GREETING = "happy new year 新年快乐"
# More than the documented 100 a second, which would take a minute.
_LIMIT = RateLimit(calls=500, per_seconds=1.0, block_seconds=10.0)
_LIMITED: tuple[str, ...] = ("chatroom.create", "chatroom.add_robot", "chatroom.send_msg")
_LIMITS: Mapping[str, RateLimit | None] = dict.fromkeys(_LIMITED, _LIMIT)


@frozen(kw_only=True)
class Part:
    """
    How one job of the demo went.

    Attributes:
        title: What it did.
        chinese: The same in Chinese.
        rows: How many rows it had.
        done: How many of them are done.
        seconds: How long it took.
    """

    title: str
    chinese: str
    rows: int
    done: int
    seconds: float


Tell: TypeAlias = Callable[[Part], None]


async def play_batch(rooms: int, tell: Tell) -> bool:
    """
    Run the jobs on an emulator of their own, which keeps the limits.

    Args:
        rooms: How many rooms to open.
        tell: Is told of each job that ended.

    Returns:
        Whether the emulator holds what the jobs said.
    """
    secret = token_hex(16)
    emulator = Emulator(
        APP_KEY, secret, accounts=[_CREATOR, *_ROBOTS], rate_limits=_LIMITS, max_calls=0
    )
    async with (
        emulator.serve() as base_url,
        NimClient(APP_KEY, secret, base_url=base_url, verify=False, rate_limit=_LIMITS) as nim,
    ):
        await _play(nim, rooms, tell)
    return (
        all(
            [message.attach for message in emulator.messages(room_id)] == [_GREETING]
            and emulator.members(room_id).keys() >= set(_ROBOTS)
            for room_id in emulator.rooms
        )
        and len(emulator.rooms) == rooms
    )


async def _play(nim: NimClient, rooms: int, tell: Tell) -> None:
    keyed = KeyedRooms(nim, creator=_CREATOR)
    job: Run[Any] = keyed.create_all(
        {"key": f"new-year-{number}", "name": f"new year {number}"}
        for number in range(1, rooms + 1)
    )
    opened = await _shown(nim, job, rooms, ("rooms opened", "开通聊天室"), tell)
    room_ids: list[int] = [outcome.result.room_id for outcome in opened if outcome.result]
    job = run(
        nim.chatroom.add_robot,
        ({"room_id": room_id, "accids": _ROBOTS, "role_ext": ""} for room_id in room_ids),
    )
    await _shown(nim, job, len(room_ids), ("rooms filled with robots", "添加机器人"), tell)
    job = send_to_rooms(
        nim, room_ids, from_accid=_CREATOR, msg_type=MessageType.TEXT, attach=_GREETING
    )
    await _shown(nim, job, len(room_ids), ("rooms greeted", "发送问候"), tell)


async def _shown(
    nim: NimClient, job: Run[Any], rows: int, titles: tuple[str, str], tell: Tell
) -> list[Outcome[Any]]:
    """Run a job to its end with its progress on stderr."""
    began = perf_counter()
    outcomes: list[Outcome[Any]] = []
    display: Show
    async with job:
        with show(nim, job.progress, rows) as display:
            async for outcome in job:
                outcomes.append(outcome)
                display.update()
    title, chinese = titles
    tell(
        Part(
            title=title,
            chinese=chinese,
            rows=rows,
            done=job.progress.done,
            seconds=perf_counter() - began,
        )
    )
    return outcomes
