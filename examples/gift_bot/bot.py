"""
A ranking of gifts, kept in the queue of the room.

A gift is a custom message such as ``{"type": 7, "data": {"giftId": "rose", "count": 3}}``. What
each account gave stands in the queue, under its name, so that client programs see the ranking
change by the notifications they get anyway, and a bot that starts again knows it. ``/rank`` shows
the best.

An event may be handled twice, when the process ends in the middle of it. So the element of an
account also holds the key of the last gift that was counted: the events of a room are handled one
after the other, so a gift that is handled again is the last one.
"""

from __future__ import annotations

import json
from typing import Any, cast

from attrs import frozen

from nim_async import MessageType, NimClient
from nim_async.bot import Bot
from nim_async.messages import Custom
from nim_async.webhooks import MessageEvent

WORTH = {"rose": 1, "tea": 5, "dragon": 100}
MOST_AT_ONCE = 999
SHOWN = 3
_PREFIX = "gifts:"


@frozen
class Given:
    """What an account gave so far, and the key of the last gift that counts in it."""

    total: int = 0
    last: str = ""

    def to_text(self) -> str:
        """Write it as the value of an element."""
        return json.dumps({"total": self.total, "last": self.last})

    @classmethod
    def from_text(cls, text: str) -> Given:
        """Read the value of an element."""
        members = json.loads(text)
        return cls(int(members["total"]), str(members["last"]))


def worth_of(event: MessageEvent) -> int:
    """Return what a gift is worth; nothing for what is no gift."""
    sent: Any = event.content.content if isinstance(event.content, Custom) else None
    match sent:
        case {"type": 7, "data": {"giftId": str(gift), "count": int(count)}} if gift in WORTH:
            return WORTH[gift] * max(0, min(count, MOST_AT_ONCE))
        case _:
            return 0


def make_bot(nim: NimClient) -> Bot:
    """Make the bot; the queue of a room has to be set up once, by ``queue_init``."""
    bot = Bot(nim, accid="gift-bot")

    @bot.on(MessageEvent, kind=MessageType.CUSTOM, when=worth_of)
    async def count(event: MessageEvent) -> None:
        room_id, giver = cast("int", event.room_id), event.from_account
        key = _PREFIX + giver
        found = await nim.chatroom.queue_multi_get(room_id=room_id, keys=[key])
        given = Given.from_text(found.elements[0].value) if found.elements else Given()
        if given.last != event.key:
            given = Given(given.total + worth_of(event), event.key)
            await nim.chatroom.queue_offer(room_id=room_id, key=key, value=given.to_text())
        await bot.reply(event, f"{event.from_nick or giver} has given {given.total} in all")

    @bot.on(MessageEvent, text=r"^/rank *$")
    async def rank(event: MessageEvent) -> None:
        queue = await nim.chatroom.queue_list(room_id=cast("int", event.room_id))
        totals = {
            element.key.removeprefix(_PREFIX): Given.from_text(element.value).total
            for element in queue.elements
            if element.key.startswith(_PREFIX)
        }
        best = sorted(totals, key=lambda giver: (-totals[giver], giver))[:SHOWN]
        lines = [f"{place}. {giver}: {totals[giver]}" for place, giver in enumerate(best, 1)]
        await bot.reply(event, "\n".join(lines) or "no gifts yet")

    return bot
