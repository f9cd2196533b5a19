"""The gift bot, played against the emulator."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from examples.gift_bot.bot import Given, make_bot
from nim_async import MessageType, NimClient, NotificationType
from nim_async.emulator import Chances, Drop, Emulator

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nim_async.bot import Bot
    from nim_async.emulator import Guest, Play

ROOM = 66


@pytest.fixture
def emulator() -> Emulator:
    """Make an app with one room."""
    emulator = Emulator("app-key", "app-secret")
    emulator.add_room("owner", "tea house", room_id=ROOM)
    return emulator


@asynccontextmanager
async def played(emulator: Emulator) -> AsyncGenerator[tuple[Play, Bot]]:
    """Let the bot listen to the room."""
    async with NimClient("app-key", "app-secret", transport=emulator.transport()) as nim:
        bot = make_bot(nim)
        async with emulator.plays(bot) as play:
            yield play, bot


async def give(guest: Guest, gift: object, count: object = 1, kind: object = 7) -> None:
    """Give something."""
    content = {"type": kind, "data": {"giftId": gift, "count": count}}
    await guest.sends(json.dumps(content), msg_type=MessageType.CUSTOM)


async def test_the_ranking(emulator: Emulator) -> None:
    """The best come first, and no more than three."""
    async with played(emulator) as (play, _):
        guests = {name: play.enter(ROOM, name) for name in ("lisi", "wangwu", "zhaoliu", "sunqi")}
        await guests["lisi"].says("/rank")
        assert guests["lisi"].heard[-1].text == "no gifts yet"
        for name, gift, count in (
            ("lisi", "rose", 3),
            ("wangwu", "tea", 2),
            ("lisi", "tea", 1),
            ("zhaoliu", "dragon", 1),
            ("sunqi", "rose", 1),
        ):
            await give(guests[name], gift, count)
        assert guests["lisi"].heard[-1].text == "sunqi has given 1 in all"
        await guests["sunqi"].says("/rank")
        ranking = "1. zhaoliu: 100\n2. wangwu: 10\n3. lisi: 8"
        assert guests["sunqi"].heard[-1].text == ranking


async def test_client_programs_see_it_in_the_queue(emulator: Emulator) -> None:
    """By the notification that a change of the queue gives."""
    async with played(emulator) as (play, _):
        lisi = play.enter(ROOM, "lisi")
        await give(lisi, "rose", 3)
        changed = lisi.notifications[-1]
        assert changed.id == NotificationType.QUEUE_CHANGED
        change = json.loads(changed.data["queueChange"])
        assert (change["key"], Given.from_text(change["content"]).total) == ("gifts:lisi", 3)


@pytest.mark.parametrize(
    ("gift", "count", "kind"),
    [("rose", 0, 7), ("rose", -5, 7), ("moon", 1, 7), ("rose", "3", 7), (5, 1, 7), ("rose", 1, 8)],
)
async def test_what_is_no_gift(emulator: Emulator, gift: object, count: object, kind: int) -> None:
    """Clients may send anything as custom messages; it counts for nothing."""
    async with played(emulator) as (play, _):
        lisi = play.enter(ROOM, "lisi")
        await give(lisi, gift, count, kind)
        assert lisi.heard == ()
        assert emulator.rooms[ROOM].queue.elements == ()


async def test_a_count_has_an_end(emulator: Emulator) -> None:
    """Nobody buys the first place by a large number."""
    async with played(emulator) as (play, _):
        lisi = play.enter(ROOM, "lisi")
        await give(lisi, "rose", 10**30)
        assert lisi.heard[-1].text == "lisi has given 999 in all"


async def test_no_gift_counts_twice(emulator: Emulator) -> None:
    """However often the service tells of it, and although answers of the service are lost."""
    emulator.webhooks.faults.add(Chances(doubled=1.0), times=None)
    emulator.faults.add(Drop(after=True), path="chatroom.queue_offer", times=2)
    async with played(emulator) as (play, bot):
        lisi = play.enter(ROOM, "lisi")
        for _ in range(3):
            await give(lisi, "rose")
        assert lisi.heard[-1].text == "lisi has given 3 in all"
        assert bot.statistics().doubled >= 3


async def test_a_gift_that_is_handled_again(emulator: Emulator) -> None:
    """The handler fails behind the counting; its second attempt counts nothing."""
    emulator.faults.add(Drop(), path="chatroom.send_msg", times=8)
    async with played(emulator) as (play, bot):
        lisi = play.enter(ROOM, "lisi")
        await give(lisi, "tea", 2)
        assert lisi.heard[-1].text == "lisi has given 10 in all"
        assert bot.statistics().retried >= 1
