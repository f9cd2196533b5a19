"""The demo from beginning to end."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING

from nim_async._generated.operations import OPERATIONS
from nim_async.cli.demo import scenes
from nim_async.cli.demo.accounts import accounts
from nim_async.cli.demo.stage import APP_KEY, Stage
from nim_async.cli.demo.walk import Astray, Ending, Opening, Walk
from nim_async.client import NimClient
from nim_async.emulator import Clock, Emulator, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from nim_async.cli.demo.walk import Event, Summary


async def play(tell: Callable[[Event], None]) -> Summary:
    """
    Play all scenes on an emulator of their own.

    Args:
        tell: Is told of everything as it happens, the summary included.

    Returns:
        The score.
    """
    walk = Walk(tell)
    clock = Clock(running=True)
    secret = token_hex(16)
    emulator = Emulator(APP_KEY, secret, clock=clock, accounts=[])
    async with (
        emulator.serve() as base_url,
        NimClient(APP_KEY, secret, base_url=base_url, verify=False, hooks=[walk]) as nim,
    ):
        tell(Opening(base_url=base_url, operations=len(OPERATIONS)))
        stage = Stage(walk, nim, emulator, clock, base_url)
        try:
            await _all(stage)
        except Astray:
            stage.act("the rest needs what failed here, so the walk ends")
        except Refused as refused:
            walk.endings.append(Ending.FAILED)
            stage.act(f"the emulator turned a client program away: {refused}")
    summary = walk.summary()
    tell(summary)
    return summary


async def _all(stage: Stage) -> None:
    await accounts(stage)
    room_id = await scenes.opening(stage)
    await scenes.people(stage, room_id)
    await scenes.robots(stage, room_id)
    await scenes.messages(stage, room_id)
    await scenes.private(stage, room_id)
    await scenes.queue(stage, room_id)
    await scenes.mutes(stage, room_id)
    await scenes.tags(stage, room_id)
    await scenes.history(stage, room_id)
    await scenes.statistics(stage)
    await scenes.closing(stage, room_id)
    await scenes.wrong_secret(stage, room_id)
