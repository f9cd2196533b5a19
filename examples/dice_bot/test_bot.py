"""The dice bot, played against the emulator."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING

import pytest

from examples.dice_bot.bot import HELP, make_bot
from nim_async import NimClient
from nim_async.emulator import Chances, Emulator

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nim_async.emulator import Guest


@asynccontextmanager
async def a_guest(emulator: Emulator | None = None) -> AsyncGenerator[Guest]:
    """Let somebody into a room that the bot hears, with dice that always fall the same."""
    emulator = emulator or Emulator("app-key", "app-secret")
    room_id = emulator.add_room("owner", "game night")
    async with NimClient("app-key", "app-secret", transport=emulator.transport()) as nim:
        bot = make_bot(nim, chance=Random(1))  # noqa: S311  a game
        async with emulator.plays(bot) as play:
            yield await play.enter(room_id, "lisi")


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("/roll", r"lisi rolls 1d6: [1-6]"),
        ("/roll 20", r"lisi rolls 1d20: \d+"),
        ("/roll 3d6", r"lisi rolls 3d6: [1-6] \+ [1-6] \+ [1-6] = \d+"),
        ("/coin", r"lisi tosses: (heads|tails)"),
        ("/help", re.escape(f"I know {HELP}") + ".*"),
        ("/roll 0d6", "I know .*"),
        ("/roll 21d6", "I know .*"),
        ("/roll 1001", "I know .*"),
        ("/roll ones", "I know .*"),
    ],
)
async def test_commands(said: str, answered: str) -> None:
    """Each command has its answer; what is none is explained."""
    async with a_guest() as lisi:
        await lisi.says(said)
        assert re.fullmatch(answered, lisi.heard[-1].text)


async def test_the_sum_is_that_of_the_dice() -> None:
    """What stands behind the equals sign is their sum."""
    async with a_guest() as lisi:
        await lisi.says("/roll 5d100")
        rolled, total = lisi.heard[-1].text.partition(": ")[2].split(" = ")
        assert sum(map(int, rolled.split(" + "))) == int(total)


async def test_talk_is_not_answered() -> None:
    """A newcomer is welcomed by name; what is no command has no answer."""
    async with a_guest() as lisi:
        await lisi.says("shall we roll?")
        assert [message.text for message in lisi.heard] == [f"welcome, lisi: {HELP}"]


async def test_a_doubled_event_rolls_once() -> None:
    """The service may tell of the same message twice; the dice fall once."""
    emulator = Emulator("app-key", "app-secret")
    emulator.webhooks.faults.add(Chances(doubled=1.0), times=None)
    async with a_guest(emulator) as lisi:
        await lisi.says("/roll")
        rolls = [message.text for message in lisi.heard if "rolls" in message.text]
        assert len(rolls) == 1
