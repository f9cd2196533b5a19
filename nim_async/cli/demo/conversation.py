"""``nim-async demo --bot``: people talk, a bot hears of it, is asked before, and answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from secrets import token_hex
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias

from attrs import Factory, define, frozen

from nim_async._generated.models import MessageType
from nim_async.bot import Bot
from nim_async.cli.demo.stage import APP_KEY
from nim_async.cli.demo.tea_bot import BANNED, BOT, NO_ADVERTS, NOT_TODAY, make_bot
from nim_async.cli.demo.walk import Act, Heading
from nim_async.client import NimClient
from nim_async.emulator import Clock, Doubled, Emulator, Lost, Play, Refused, WronglySigned

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from nim_async.emulator import Guest, Message, SentWebhook

_REPEAT_SECONDS = 5  # after which the emulator sends a copy again
_NAMES = {
    ("copies", 4): "a message of {fromAccount}",
    ("copies", 9): "{accid} comes or goes",
    ("copies", 14): "the queue has changed",
    ("copies", 83): "a callback has failed",
    ("callbacks", 6): "may {fromAccount} send this?",
    ("callbacks", 37): "may {fromAccount} enter?",
}


@frozen(kw_only=True)
class Spoken:
    """
    Somebody said something, and the others have heard it.

    Args:
        who: Account of the speaker.
        text: What was heard.
        bot: Whether it was the bot.
        said: What was said, where that is something else.
    """

    who: str
    text: str
    bot: bool
    said: str | None = None


@frozen(kw_only=True)
class Turned:
    """
    A message or an entry was turned away.

    Args:
        who: Account that was turned away.
        what: What it wanted.
        code: What its program was told.
    """

    who: str
    what: str
    code: int


@frozen(kw_only=True)
class Delivered:
    """
    A webhook was sent to the bot.

    Args:
        source: ``"copies"`` or ``"callbacks"``.
        event_type: Its number.
        name: What it is about.
        attempt: How often it was sent by then.
        status: HTTP status of the answer.
        answer: The answer.
    """

    source: str
    event_type: int
    name: str
    attempt: int
    status: int
    answer: str


@frozen(kw_only=True)
class Result:
    """
    The conversation is over.

    Args:
        sent: Webhooks that were sent to the bot.
        accepted: Events it accepted.
        doubled: Events it was sent again.
        asked: Questions it answered.
        replies: Messages it sent.
        odd: What did not go as it should have.
        seconds: How long everything took.
    """

    sent: int
    accepted: int
    doubled: int
    asked: int
    replies: int
    odd: tuple[str, ...]
    seconds: float


Scene: TypeAlias = Heading | Act | Spoken | Turned | Delivered | Result


async def converse(tell: Callable[[Scene], None]) -> Result:
    """
    Play the conversation on an emulator of its own.

    Args:
        tell: Is told of everything as it happens, the result included.

    Returns:
        The result; everything went as it should where nothing in it is odd.
    """
    secret = token_hex(16)
    clock = Clock(running=True)
    emulator = Emulator(APP_KEY, secret, clock=clock)
    async with NimClient(APP_KEY, secret, transport=emulator.transport()) as nim:
        room = await nim.chatroom.create(creator="zhangsan", name="一盏茶 · tea house")
        bot = make_bot(nim)
        async with emulator.plays(bot) as play:
            conversation = Conversation(tell, emulator, clock, bot, play, room.room_id)
            await conversation.go()
        result = conversation.result()
    tell(result)
    return result


@define(eq=False)
class Conversation:
    """People in a room, and what they should see there."""

    tell: Callable[[Scene], None]
    emulator: Emulator
    clock: Clock
    bot: Bot
    play: Play
    room_id: int
    _shown: int = 0
    _heard: int = 0
    _odd: list[str] = Factory(list[str])
    _begun: float = Factory(perf_counter)

    async def go(self) -> None:
        """Play all scenes."""
        self._heading("People come in", "进门")
        lisi, wangwu = await self._enter("lisi"), await self._enter("wangwu")
        await self._enter(BANNED, refused=NOT_TODAY)
        self._heading("Commands", "口令")
        await self._say(lisi, "/roll 2d6", "🎲 lisi: ")
        await self._say(wangwu, "/tea", "🍵 one 龙井 for wangwu")
        await self._say(lisi, "good tea here")
        self._heading("Asked before a message is sent", "先问后发")
        await self._say(wangwu, "你这个笨蛋", heard="你这个**")
        await self._say(wangwu, "cheap tea: http://shop.example", refused=NO_ADVERTS)
        await self._say(wangwu, "buy!!! now!!!", heard="")
        self._heading("Gifts, ranked in the queue of the room", "礼物榜")
        await self._give(lisi, "rose", 3, "🌹 lisi has given 3")
        await self._give(wangwu, "longjing", 2, "🌹 wangwu has given 10")
        await self._give(lisi, "rose", 9, "🌹 lisi has given 12")
        await self._say(wangwu, "/rank", "🏆 lisi 12, wangwu 10")
        await self._trouble(lisi)

    async def _trouble(self, lisi: Guest) -> None:
        faults = self.emulator.webhooks.faults
        self._heading("When things go wrong", "出错的时候")
        self.tell(Act("the service sends the same copy three times: one answer"))
        faults.add(Doubled(3), event_type=4)
        await self._say(lisi, "/tea", "🍵 one 龙井 for lisi")
        self.tell(Act("the handler fails once it has spoken, and is repeated: said once"))
        await self._say(lisi, "/spill", "🫖 carefully now …")
        self.tell(Act("somebody else signs a copy: not heard, until the service repeats it"))
        faults.add(WronglySigned(), event_type=4)
        await self._say(lisi, "/roll 1d20")
        self.clock.advance(_REPEAT_SECONDS)
        await self._until_idle(self.play.settle(), "🎲 lisi: ")
        self.tell(Act("a question is lost on its way: allowed, as the console says"))
        faults.add(Lost(), source="callbacks")
        await self._say(lisi, "is anybody there?")

    def _heading(self, title: str, chinese: str) -> None:
        self.tell(Heading(title=title, chinese=chinese))

    async def _enter(self, accid: str, *, refused: int | None = None) -> Guest:
        guest = self.play.enter(self.room_id, accid)
        try:
            await guest
        except Refused as error:
            self._turned(accid, "enter", error.code, refused)
        else:
            self._expect(refused is None, f"{accid} was not turned away")
            self.tell(Act(f"{accid} enters"))
        answer = None if refused else f"welcome, {accid}!"
        self._look(answer)
        return guest

    async def _say(
        self,
        who: Guest,
        text: str,
        answer: str | None = None,
        *,
        heard: str | None = None,
        refused: int | None = None,
    ) -> None:
        """
        Let somebody speak.

        Args:
            who: The speaker.
            text: What is said.
            answer: How the answer of the bot begins; there must be none when ``None``.
            heard: What the others hear in place of it; nothing when empty.
            refused: Code that it is turned away with.
        """
        expected = [] if refused or heard == "" else [text if heard is None else heard]
        try:
            await who.says(text)
        except Refused as error:
            self._turned(who.accid, f"say “{text}”", error.code, refused)
        else:
            self._expect(refused is None, f"{text!r} was not turned away")
            if heard == "":
                self.tell(Act(f"{who.accid} says “{text}”, sees it sent, and nobody hears it"))
        self._look(answer, *expected, said=text)

    async def _give(self, who: Guest, gift: str, count: int, answer: str) -> None:
        content = {"gift": gift, "count": count}
        sent = await who.sends(json.dumps(content), msg_type=MessageType.CUSTOM)
        self._look(answer, sent.attach)

    async def _until_idle(self, waiting: Awaitable[None], answer: str) -> None:
        await waiting
        self._look(answer)

    def _turned(self, who: str, what: str, code: int, expected: int | None) -> None:
        self._expect(code == expected, f"{who}, who wanted to {what}, got {code}")
        self.tell(Turned(who=who, what=what, code=code))

    def _look(self, answer: str | None, *expected: str, said: str | None = None) -> None:
        """
        Show what was heard in the room and what went to the bot, and compare it.

        Args:
            answer: How the answer of the bot begins; there must be none when ``None``.
            expected: What others say.
            said: What the first of them has said before it was changed.
        """
        messages = self.emulator.messages(self.room_id)[self._heard :]
        self._heard += len(messages)
        replies = [message.text for message in messages if message.sender == BOT]
        others = [message.attach for message in messages if message.sender != BOT]
        self._expect(others == list(expected), f"heard {others} in place of {list(expected)}")
        fits = len(replies) == (answer is not None)
        fits = fits and all(reply.startswith(answer or "") for reply in replies)
        self._expect(fits, f"the bot said {replies} in place of {answer!r}")
        for message in messages:
            self.tell(_spoken(message, said))
        sent = self.emulator.webhooks.sent
        for webhook in sent[self._shown :]:
            self.tell(
                Delivered(
                    source=webhook.source,
                    event_type=webhook.event_type or 0,
                    name=_name(webhook),
                    attempt=webhook.attempt,
                    status=webhook.status or 0,
                    answer=webhook.answer.decode(errors="replace"),
                )
            )
        self._shown = len(sent)

    def _expect(self, fits: bool, otherwise: str) -> None:  # noqa: FBT001
        if not fits:
            self._odd.append(otherwise)

    def result(self) -> Result:
        """Return how it went."""
        done = self.bot.statistics()
        if done.dead:
            self._odd.append(f"{done.dead} events were given up")
        messages = self.emulator.messages(self.room_id)
        return Result(
            sent=len(self.emulator.webhooks.sent),
            accepted=done.accepted,
            doubled=done.doubled,
            asked=done.asked,
            replies=sum(message.sender == BOT for message in messages),
            odd=tuple(self._odd),
            seconds=perf_counter() - self._begun,
        )


def _name(webhook: SentWebhook) -> str:
    name = _NAMES.get((webhook.source, webhook.event_type or 0), "")
    return name.format_map(webhook.members)


def _spoken(message: Message, said: str | None) -> Spoken:
    if message.msg_type is MessageType.CUSTOM:
        gift = json.loads(message.attach)
        text = f"🎁 {gift['count']} × {gift['gift']}"
    else:
        text = message.text
    bot = message.sender == BOT
    changed = None if bot or said == text else said
    return Spoken(who=message.sender, text=text, bot=bot, said=changed)
