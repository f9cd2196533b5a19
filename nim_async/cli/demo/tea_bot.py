"""The bot of ``nim-async demo --bot``."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any, cast

from nim_async._generated.models import MessageType
from nim_async.bot import Allow, Bot, DropSilently, Reject, Router, Verdict
from nim_async.messages import Custom
from nim_async.webhooks import EnterAsked, EnteredEvent, MessageAsked, MessageEvent

if TYPE_CHECKING:
    from nim_async.client import NimClient

BOT = "tea-bot"
BANNED = "laowang"
NO_ADVERTS, NOT_TODAY = 20_001, 20_002
_WORTH = {"rose": 1, "longjing": 5}
_MAX_EXCLAMATION_MARKS = 3  # exclamation marks that anybody can bear

house: Router = Router()


def make_bot(nim: NimClient) -> Bot:
    """Make the bot: it pours tea, rolls dice, ranks gifts, and looks after the room."""
    chance = Random(8)  # noqa: S311  the same dice in every demo
    bot = Bot(nim, accid=BOT, backoff=0.01, context={"chance": chance})
    bot.include(house)
    return bot


@house.on(EnteredEvent)
async def _welcome(event: EnteredEvent, bot: Bot) -> None:
    await bot.reply(event, f"welcome, {event.accid}! /tea · /roll 2d6 · /rank")


@house.on(MessageEvent, text=r"^/roll (?P<dice>\d{1,2})d(?P<sides>\d{1,3})$")
async def _roll(event: MessageEvent, bot: Bot, chance: Random, dice: int, sides: int) -> None:
    rolled = [chance.randint(1, max(1, sides)) for _ in range(dice)]
    await bot.reply(event, f"🎲 {event.from_nick}: {' + '.join(map(str, rolled))}")


@house.on(MessageEvent, text=r"^/tea$")
async def _pour(event: MessageEvent, bot: Bot) -> None:
    await bot.reply(event, f"🍵 one 龙井 for {event.from_nick}")


@house.on(MessageEvent, text=r"^/spill$")
async def _spill(event: MessageEvent, bot: Bot, attempt: int) -> None:
    await bot.reply(event, "🫖 carefully now …")
    if attempt == 1:
        raise RuntimeError("spilt")


@house.on(MessageEvent, kind=MessageType.CUSTOM)
async def _count(event: MessageEvent, bot: Bot) -> None:
    """Count a gift in the queue of the room, once however often it is handled."""
    content = event.content
    gift: Any = content.content if isinstance(content, Custom) else {}
    room_id, giver = cast("int", event.room_id), event.from_account
    found = await bot.nim.chatroom.queue_multi_get(room_id=room_id, keys=[giver])
    given = json.loads(found.elements[0].value) if found.elements else {"total": 0, "last": ""}
    if given["last"] != event.key:
        total = given["total"] + _WORTH[gift["gift"]] * gift["count"]
        given = {"total": total, "last": event.key}
        await bot.nim.chatroom.queue_offer(room_id=room_id, key=giver, value=json.dumps(given))
    await bot.reply(event, f"🌹 {event.from_nick} has given {given['total']}")


@house.on(MessageEvent, text=r"^/rank$")
async def _rank(event: MessageEvent, bot: Bot) -> None:
    queue = await bot.nim.chatroom.queue_list(room_id=cast("int", event.room_id))
    totals = {element.key: json.loads(element.value)["total"] for element in queue.elements}
    best = sorted(totals, key=lambda giver: -totals[giver])
    await bot.reply(event, "🏆 " + ", ".join(f"{giver} {totals[giver]}" for giver in best))


@house.before(MessageAsked, default=Allow())
async def _moderate(ask: MessageAsked) -> Verdict:
    if "http" in ask.text:
        return Reject(NO_ADVERTS, ext="no adverts here")
    if ask.text.count("!") > _MAX_EXCLAMATION_MARKS:
        return DropSilently()
    masked = ask.text.replace("笨蛋", "**")
    return Allow(attach=masked) if masked != ask.text else Allow()


@house.before(EnterAsked, default=Allow())
async def _guard(ask: EnterAsked) -> Verdict:
    return Reject(NOT_TODAY) if ask.from_account == BANNED else Allow()
