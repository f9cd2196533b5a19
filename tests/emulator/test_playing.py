"""`Emulator.plays`: a bot heard and asked in process, by people who wait until it is idle."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest

from nim_async import ConfigurationError, MessageType, NimClient, NotificationType, Text
from nim_async.bot import Allow, Bot, DropSilently, Reject, Router, SQLiteInbox
from nim_async.emulator import (
    Chances,
    Clock,
    Doubled,
    Emulator,
    Overtaken,
    Play,
    Refused,
    WronglySigned,
)
from nim_async.webhooks import (
    Asked,
    EnterAsked,
    EnteredEvent,
    KickedEvent,
    LeftEvent,
    LoginAsked,
    MessageAsked,
    MessageEvent,
    QueueEvent,
    UnknownEvent,
)
from tests.wire import KEY, SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

CLOCK = Clock(running=True)


@asynccontextmanager
async def stage(**options: Any) -> AsyncGenerator[tuple[Emulator, Bot, int]]:
    """Make an emulator, a bot that speaks by it, and a room."""
    emulator = Emulator(KEY, SECRET, clock=CLOCK, seed=1)
    async with NimClient(KEY, SECRET, transport=emulator.transport(), rate_limit=None) as nim:
        room = await nim.chatroom.create(creator="zhangsan", name="tea house")
        yield emulator, Bot(nim, accid="tea-bot", **options), room.room_id


def echo(bot: Bot) -> None:
    """Let a bot repeat what it hears."""

    @bot.on(MessageEvent)
    async def repeat(event: MessageEvent) -> None:
        await bot.reply(event, f"{event.from_nick}: {event.text}")


async def test_a_conversation() -> None:
    """What is said is answered when `says` returns; everybody in the room hears it."""
    async with stage() as (emulator, bot, room):
        echo(bot)
        async with emulator.plays(bot) as play:
            lisi = play.enter(room, "lisi")
            wangwu = play.enter(room, "WangWu", nick="老王")
            await lisi.says("/roll 6")
            assert lisi.heard[-1].text == "lisi: /roll 6"
            await wangwu.says("hi")
            assert [m.text for m in lisi.heard] == ["lisi: /roll 6", "hi", "老王: hi"]
            assert [m.text for m in wangwu.heard] == ["/roll 6", "lisi: /roll 6", "老王: hi"]
        assert not bot.running


async def test_events_of_all_kinds_reach_the_bot() -> None:
    """Entering, kicks, the queue, leaving: by the next await, in order."""
    got: list[str] = []
    async with stage() as (emulator, bot, room):

        @bot.on(EnteredEvent, LeftEvent, KickedEvent, QueueEvent)
        async def note(event: EnteredEvent | LeftEvent | KickedEvent | QueueEvent) -> None:
            got.append(type(event).__name__)

        async with emulator.plays(bot) as play:
            await play.enter(room, "lisi")
            await bot.nim.chatroom.queue_offer(room_id=room, key="k", value="v")
            await bot.nim.chatroom.kick_member(room_id=room, accid="zhangsan", target_accid="lisi")
            await play.settle()
            wangwu = await play.enter(room, "wangwu")
            await wangwu.leaves()
    moved = ["EnteredEvent", "QueueEvent", "KickedEvent", "LeftEvent", "EnteredEvent", "LeftEvent"]
    assert got == moved


async def test_what_is_left_reaches_the_bot_at_the_end() -> None:
    """Leaving the context is such an await too."""
    got: list[str] = []
    async with stage() as (emulator, bot, room):

        @bot.on(EnteredEvent)
        async def note(event: EnteredEvent) -> None:
            got.append(event.accid)

        async with emulator.plays(bot) as play:
            play.enter(room, "lisi")
            assert got == []
        assert got == ["lisi"]


async def test_a_bot_that_is_not_asked_lets_everybody_in_at_once() -> None:
    """Nothing has to be awaited for the room to know them."""
    async with stage() as (emulator, bot, room), emulator.plays(bot) as play:
        play.enter(room, "lisi", tags=["vip"], ext="e", avatar="a", client_type="IOS")
        lisi = emulator.members(room)["lisi"]
        assert (lisi.profile.nick, lisi.profile.ext, lisi.tags) == ("lisi", "e", frozenset({"vip"}))
        assert list(lisi.presences) == ["IOS"]
        with pytest.raises(Refused, match="404"):
            play.enter(room + 1, "lisi")


async def test_a_saved_nick_stays() -> None:
    """The account stands for the nick only where there is none."""
    async with stage() as (emulator, bot, room), emulator.plays(bot) as play:
        await bot.nim.chatroom.update_my_room_role(
            room_id=room, accid="zhangsan", nick="掌柜", save=True
        )
        play.enter(room, "zhangsan")
        assert emulator.members(room)["zhangsan"].profile.nick == "掌柜"


async def test_a_bot_at_the_door() -> None:
    """Who is refused is told so when awaited, or when it speaks; the others come in, in order."""
    async with stage() as (emulator, bot, room):

        @bot.before(EnterAsked, default=Allow())
        async def guard(ask: EnterAsked) -> Allow | Reject:
            return Reject(20_001, ext="not today") if ask.from_account == "laowang" else Allow()

        async with emulator.plays(bot) as play:
            laowang = play.enter(room, "laowang")
            lisi = play.enter(room, "lisi")
            assert emulator.members(room).keys() == {"zhangsan"}
            await lisi
            assert emulator.members(room).keys() == {"zhangsan", "lisi"}
            for attempt in (laowang, laowang.says("hi"), laowang.leaves()):
                with pytest.raises(Refused) as refused:
                    await attempt
                assert (refused.value.code, refused.value.callback_ext) == (20_001, "not today")
            assert laowang.heard == ()


async def test_a_bot_asked_before_messages() -> None:
    """Rejected, changed, dropped in silence, allowed: as the room and the copies have it."""
    heard: list[str | None] = []
    async with stage() as (emulator, bot, room):

        @bot.before(MessageAsked, default=Allow())
        async def moderate(ask: MessageAsked) -> Allow | Reject | DropSilently:
            answers: dict[str, Allow | Reject | DropSilently] = {
                "spam": Reject(20_001),
                "rude": Allow(attach="***", ext="masked"),
                "shadow": DropSilently(),
            }
            return answers.get(ask.text, Allow())

        @bot.on(MessageEvent)
        async def note(event: MessageEvent) -> None:
            heard.append(event.text)

        async with emulator.plays(bot) as play:
            lisi, wangwu = play.enter(room, "lisi"), play.enter(room, "wangwu")
            with pytest.raises(Refused, match="20001"):
                await lisi.says("spam")
            assert (await lisi.says("rude")).callback_ext == "masked"
            assert (await lisi.says("shadow")).text == "shadow"
            await lisi.says("fine")
            assert [message.text for message in wangwu.heard] == ["***", "fine"]
        assert heard == ["***", "fine"]


async def test_callbacks_can_be_switched_off() -> None:
    """As in the console: nobody is asked then."""
    async with stage() as (emulator, bot, room):

        @bot.before(MessageAsked, default=Reject())
        async def never(ask: MessageAsked) -> Reject:
            raise AssertionError(ask)

        assert bot.callbacks == {6}
        async with emulator.plays(bot, callbacks=[]) as play:
            await play.enter(room, "lisi").says("hi")
        assert [sent.source for sent in emulator.webhooks.sent] == ["copies", "copies"]


async def test_a_bot_says_what_it_is_asked_about() -> None:
    """By the classes of its handlers, bases among them, in routers too."""
    async with stage() as (_, bot, _room):
        assert bot.callbacks == frozenset()
        router = Router()
        bot.include(router)

        async def decide() -> Allow:
            return Allow()

        router.before(LoginAsked, default=Allow())(decide)
        assert bot.callbacks == {36}
        bot.before(UnknownEvent, default=Allow())(decide)
        assert bot.callbacks == {36}
        bot.before(Asked, default=Allow())(decide)
        assert bot.callbacks == {6, 36, 37}


async def test_other_contents_and_notifications() -> None:
    """Messages of any type are sent as JSON text; notifications are heard apart."""
    kinds: list[MessageType | None] = []
    async with stage() as (emulator, bot, room):

        @bot.on(MessageEvent)
        async def note(event: MessageEvent) -> None:
            kinds.append(event.msg_type)

        async with emulator.plays(bot) as play:
            lisi = play.enter(room, "lisi")
            await lisi.sends('{"type":7}', msg_type=MessageType.CUSTOM, ext="e")
            play.enter(room, "wangwu")
            assert [n.id for n in lisi.notifications] == [NotificationType.MEMBER_ENTER] * 2
            assert lisi.heard == ()
        assert kinds == [MessageType.CUSTOM]


async def test_no_reply_is_said_twice() -> None:
    """However copies are doubled and mixed up, each message has one answer in the room."""
    async with stage() as (emulator, bot, room):
        echo(bot)
        chances = Chances(doubled=0.5, overtaken=0.3, seed=3)
        emulator.webhooks.faults.add(chances, times=None)
        async with emulator.plays(bot) as play:
            lisi = play.enter(room, "lisi")
            for n in range(40):
                await lisi.says(str(n))
        replies = [m.text for m in emulator.messages(room) if m.sender == "tea-bot"]
        assert sorted(replies) == sorted(f"lisi: {n}" for n in range(40))
        assert bot.statistics().doubled > 0


async def test_a_handler_that_fails_halfway_does_not_speak_twice() -> None:
    """The second attempt says the same again, and the service drops it."""
    attempts: list[int] = []
    async with stage(backoff=0) as (emulator, bot, room):

        @bot.on(MessageEvent)
        async def halfway(event: MessageEvent, attempt: int) -> None:
            await bot.reply(event, Text("once"))
            attempts.append(attempt)
            if attempt == 1:
                raise LookupError

        async with emulator.plays(bot) as play:
            lisi = play.enter(room, "lisi")
            await lisi.says("hi")
            assert [m.text for m in lisi.heard] == ["once"]
    assert attempts == [1, 2]


async def test_faults_reach_a_bot_as_they_would() -> None:
    """What is signed wrongly is not heard until it is repeated, by the clock."""
    async with stage() as (emulator, bot, room):
        echo(bot)
        async with emulator.plays(bot) as play:
            lisi = await play.enter(room, "lisi")
            emulator.webhooks.faults.add(WronglySigned(), event_type=4)
            await lisi.says("hi")
            assert not lisi.heard
            CLOCK.advance(5)
            await play.settle()
            assert [m.text for m in lisi.heard] == ["lisi: hi"]


async def test_overtaken_copies_go_by_the_end() -> None:
    """What waits for others to overtake it is sent when the play ends."""
    async with stage() as (emulator, bot, room):
        echo(bot)
        async with emulator.plays(bot) as play:
            lisi = await play.enter(room, "lisi")
            emulator.webhooks.faults.add(Overtaken(2), event_type=4).add(Doubled(), event_type=4)
            await lisi.says("one")
            assert not lisi.heard
            await lisi.says("two")
        assert [m.text for m in lisi.heard] == ["lisi: two", "lisi: one"]


async def test_a_bot_on_a_file(tmp_path: Path) -> None:
    """Any inbox will do: `says` returns when the file is empty."""
    async with stage(inbox=SQLiteInbox(tmp_path / "bot.db")) as (emulator, bot, room):
        echo(bot)
        async with emulator.plays(bot) as play:
            lisi = play.enter(room, "lisi")
            for n in range(5):
                await lisi.says(str(n))
                assert lisi.heard[-1].text == f"lisi: {n}"


async def test_a_play_of_many_rooms() -> None:
    """People of several rooms may speak at once."""
    async with stage() as (emulator, bot, room):
        echo(bot)
        rooms = [room, *(emulator.add_room("zhangsan") for _ in range(9))]
        async with emulator.plays(bot) as play:
            guests = [play.enter(room_id, f"guest{n}") for n, room_id in enumerate(rooms)]
            async with anyio.create_task_group() as tasks:
                for guest in guests:
                    tasks.start_soon(guest.says, "hi")
            assert [g.heard[-1].text for g in guests] == [f"guest{n}: hi" for n in range(10)]


async def test_addresses_are_as_before_when_a_play_ends() -> None:
    """Webhooks go to the bot meanwhile, and to it alone."""
    async with stage() as (emulator, bot, room):
        async with emulator.plays(bot):
            assert emulator.webhooks.sends_copies
        assert not emulator.webhooks.sends_copies
        emulator.enter(room, "lisi")
        assert emulator.webhooks.waiting == 0


async def test_what_the_bot_did_not_get_goes_with_it() -> None:
    """Copies that are to be repeated later do not go to a bot that has stopped."""
    async with stage() as (emulator, bot, room):
        async with emulator.plays(bot) as play:
            lisi = await play.enter(room, "lisi")
            emulator.webhooks.faults.add(WronglySigned(), event_type=4)
            await lisi.says("hi")
            assert emulator.webhooks.waiting == 1
        assert emulator.webhooks.waiting == 0


async def test_an_error_of_the_test_stays_as_it_is() -> None:
    """It is not hidden by the end of the play."""
    async with stage() as (emulator, bot, room):

        async def err() -> None:
            async with emulator.plays(bot) as play:
                play.enter(room, "lisi")
                raise LookupError("mine")

        with pytest.raises(LookupError, match="mine"):
            await err()
        assert not bot.running


@pytest.mark.parametrize("value", [None, 5, Bot, Play, object()])
async def test_what_is_no_bot(value: Any) -> None:
    """It is refused by name, and so is a list of callbacks that is none."""
    emulator = Emulator(KEY, SECRET)
    with pytest.raises(ConfigurationError, match="must be a Bot"):
        async with emulator.plays(value):
            pass
    async with stage() as (emulator, bot, _):
        with pytest.raises(ConfigurationError, match="callbacks"):
            async with emulator.plays(bot, callbacks=cast("Any", value or "6")):
                pass
