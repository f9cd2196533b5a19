"""
Commands and dice.

Whoever writes ``/roll``, ``/roll 20`` or ``/roll 3d6`` into a room gets an answer in that room.
Each handler has its pattern, whose named groups become its arguments; what is no command is no
business of the bot, and a command that is none is answered with the list of them.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from nim_async.bot import Bot, Router, Skip
from nim_async.webhooks import EnteredEvent, MessageEvent

if TYPE_CHECKING:
    from nim_async import NimClient

MOST_DICE, MOST_SIDES = 20, 1000
HELP = "/roll · /roll 20 · /roll 3d6 · /coin · /help"

commands = Router()


def name_of(event: MessageEvent) -> str:
    """Return how a sender is called; the service often leaves the nick out."""
    return event.from_nick or event.from_account


@commands.on(MessageEvent, text=r"^/roll(?: +(?:(?P<dice>\d{1,9})d)?(?P<sides>\d{1,9}))? *$")
async def roll(
    event: MessageEvent, bot: Bot, chance: Random, dice: int = 1, sides: int = 6
) -> None:
    """Roll dice: one with six sides where nothing else is said."""
    if not (1 <= dice <= MOST_DICE and 2 <= sides <= MOST_SIDES):  # noqa: PLR2004  a coin has 2
        raise Skip
    rolled = [chance.randint(1, sides) for _ in range(dice)]
    shown = f"{' + '.join(map(str, rolled))} = {sum(rolled)}" if dice > 1 else f"{rolled[0]}"
    await bot.reply(event, f"{name_of(event)} rolls {dice}d{sides}: {shown}")


@commands.on(MessageEvent, text=r"^/coin *$")
async def coin(event: MessageEvent, bot: Bot, chance: Random) -> None:
    """Toss a coin."""
    await bot.reply(event, f"{name_of(event)} tosses: {chance.choice(['heads', 'tails'])}")


@commands.on(MessageEvent, text=r"^/")
async def explain(event: MessageEvent, bot: Bot) -> None:
    """Answer what no other command took."""
    await bot.reply(event, f"I know {HELP}; at most {MOST_DICE} dice of {MOST_SIDES} sides")


@commands.on(EnteredEvent)
async def greet(event: EnteredEvent, bot: Bot) -> None:
    """Tell newcomers what the bot can do."""
    await bot.reply(event, f"welcome, {event.accid}: {HELP}")


def make_bot(nim: NimClient, *, chance: Random | None = None) -> Bot:
    """
    Make the bot.

    Args:
        nim: The client it speaks by.
        chance: Rolls the dice; give one with a seed where they shall fall the same again.
    """
    bot = Bot(nim, accid="dice-bot", context={"chance": chance or Random()})  # noqa: S311  a game
    bot.include(commands)
    return bot
