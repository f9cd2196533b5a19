"""`Play`: a conversation with a bot, in process."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

import anyio

from nim_async._checks import is_iterable, refused, shown
from nim_async._generated.models import MessageType
from nim_async.emulator import checks
from nim_async.emulator.refusal import Refused
from nim_async.emulator.webhooks import Answers

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable

    from nim_async.emulator.asking_side import AskingSide
    from nim_async.emulator.room.messages import Message, Notification

_MAY_ENTER = 37


class Playable(Answers, AbstractAsyncContextManager[Any], Protocol):
    """What a conversation can be played with, such as a `Bot`."""

    async def idle(self) -> None:
        """Return when everything that was accepted is handled."""
        ...


@asynccontextmanager
async def playing(
    emulator: AskingSide, bot: object, callbacks: Iterable[int] | None
) -> AsyncGenerator[Play]:
    """
    Play with a bot; see `Emulator.plays`.

    Args:
        emulator: Where.
        bot: The bot.
        callbacks: Numbers of the callbacks it is to be asked by; what it says itself when ``None``.

    Yields:
        The play.
    """
    playable = _checked(bot)
    wanted: object = getattr(bot, "callbacks", None) if callbacks is None else callbacks
    switched_on = None if wanted is None else _numbers(wanted)
    async with playable:
        with emulator.webhooks.diverted(playable, switched_on):
            play = Play(emulator, playable)
            yield play
            await play.settle(flush=True)


def _checked(bot: object) -> Playable:
    if isinstance(bot, type) or not all(
        callable(getattr(bot, name, None)) for name in ("answer", "idle", "__aenter__", "__aexit__")
    ):
        raise refused("bot", "must be a Bot", shown(bot))
    return cast("Playable", bot)


def _numbers(callbacks: object) -> frozenset[int]:
    if not is_iterable(callbacks):
        raise refused("callbacks", "must be a list of numbers", shown(callbacks))
    numbers = tuple(cast("Iterable[int]", callbacks))
    for number in numbers:
        checks.whole("callbacks", number, least=0)
    return frozenset(numbers)


class Play:
    """
    A conversation with a bot.

    What happens in the rooms reaches the bot by the next ``await`` of the play, in order.
    """

    def __init__(self, emulator: AskingSide, bot: Playable) -> None:
        """Play in the rooms of an emulator, with a bot that runs."""
        self._emulator = emulator
        self._bot = bot
        self._at_the_door: list[Guest] = []
        self._letting_in = anyio.Lock()

    def enter(
        self,
        room_id: int,
        accid: str,
        *,
        nick: str | None = None,
        avatar: str | None = None,
        ext: str | None = None,
        tags: Iterable[str] = (),
        client_type: str = "WEB",
    ) -> Guest:
        """
        Let a client program enter a room.

        Unless the bot is asked about that, it is inside at once. Otherwise it is when the guest is
        awaited, which returns it, or by the next ``await`` of the play.

        Args:
            room_id: The room.
            accid: The account.
            nick: Nick in the room; the account itself where none was saved when ``None``.
            avatar: Avatar in the room.
            ext: Extension of the profile in the room.
            tags: Tags of this entry, at most 10.
            client_type: AOS, IOS, PC, WINPHONE, WEB, MAC or HARMONY.

        Returns:
            The guest, who speaks and hears.

        Raises:
            Refused: As `Emulator.enter`; by the bot only where the guest is awaited.
        """
        options: dict[str, Any] = {
            "nick": self._nick(room_id, accid) if nick is None else nick,
            "avatar": avatar,
            "ext": ext,
            "tags": tags,
            "client_type": client_type,
        }
        emulator = self._emulator
        enter = partial(emulator.ask_to_enter, room_id, accid, **options)
        guest = Guest(self, emulator, room_id, accid, client_type, enter)
        if _MAY_ENTER in emulator.webhooks.console.callbacks:
            self._at_the_door.append(guest)
        else:
            emulator.enter(room_id, accid, **options)
        return guest

    def _nick(self, room_id: int, accid: str) -> str | None:
        checks.texts(accid=accid)
        member = self._emulator.members(room_id).get(accid.lower())
        return None if member is not None and member.saved.nick else accid

    async def settle(self, *, flush: bool = False) -> None:
        """
        Return when the bot has heard everything, and has nothing more to do.

        What is to be sent again later waits until the clock of the emulator shows that time.

        Args:
            flush: Send what a fault has others overtake.
        """
        await self._open_door()
        webhooks = self._emulator.webhooks
        while True:
            await webhooks.deliver(flush=flush)
            await self._bot.idle()
            if not webhooks.is_due(flush=flush):
                return

    async def _open_door(self) -> None:
        """Let everybody enter who waits for it, in order; a refusal is for the guest."""
        async with self._letting_in:
            while self._at_the_door:
                await self._at_the_door[0].come_in()
                del self._at_the_door[0]

    async def let_in(self, guest: Guest) -> None:
        """
        Let everybody enter who waits for it.

        Raises:
            Refused: The bot, or the service, refused this guest.
        """
        await self._open_door()
        if guest.refusal is not None:
            raise guest.refusal


class Guest:
    """
    A client program in a room of a `Play`.

    ``await`` of it returns it once it is inside and the bot is idle.
    """

    def __init__(
        self,
        play: Play,
        emulator: AskingSide,
        room_id: int,
        accid: str,
        client_type: str,
        enter: Callable[[], Awaitable[None]],
    ) -> None:
        """
        Stand before the door.

        Args:
            play: Where it takes part.
            emulator: What it talks to.
            room_id: The room.
            accid: The account.
            client_type: Kind of program.
            enter: Has it enter.
        """
        self._play = play
        self._emulator = emulator
        self._client_type = client_type
        self._enter = enter
        self.room_id = room_id
        self.accid = accid
        self.refusal: Refused | None = None

    def __await__(self) -> Generator[Any, None, Guest]:
        """Enter, and return when the bot is idle."""
        return self._come().__await__()

    async def _come(self) -> Guest:
        await self._play.let_in(self)
        await self._play.settle()
        return self

    async def come_in(self) -> None:
        """Enter now, and keep the refusal."""
        try:
            await self._enter()
        except Refused as refused:
            self.refusal = refused

    async def says(self, text: str, *, ext: str = "") -> Message:
        """
        Say something, and return when the bot is idle.

        Args:
            text: The text.
            ext: Extension of the message.

        Returns:
            The message as the service took it; see `Emulator.ask_to_speak`.

        Raises:
            Refused: The bot, or the service, refused the message or the entry.
        """
        return await self.sends(text, msg_type=MessageType.TEXT, ext=ext)

    async def sends(self, attach: str, *, msg_type: int, ext: str = "") -> Message:
        """
        Send a message of any type, and return when the bot is idle.

        Args:
            attach: The content as JSON text; the text itself for text.
            msg_type: What the message is.
            ext: Extension of the message.

        Returns:
            The message as the service took it; see `Emulator.ask_to_speak`.

        Raises:
            Refused: The bot, or the service, refused the message or the entry.
        """
        await self._play.let_in(self)
        message = await self._emulator.ask_to_speak(
            self.room_id,
            self.accid,
            attach,
            msg_type=msg_type,
            ext=ext,
            client_type=self._client_type,
        )
        await self._play.settle()
        return message

    async def leaves(self) -> None:
        """
        Leave the room, and return when the bot is idle.

        Raises:
            Refused: It is not in the room (404), or was not let in.
        """
        await self._play.let_in(self)
        self._emulator.leave(self.room_id, self.accid, client_type=self._client_type)
        await self._play.settle()

    @property
    def heard(self) -> tuple[Message, ...]:
        """What others said and it received, oldest first."""
        return tuple(
            message
            for message in self._emulator.messages(self.room_id)
            if self._accid in message.receivers and message.sender != self._accid
        )

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """The notifications it received, oldest first."""
        sent = self._emulator.notifications(self.room_id)
        return tuple(notice for notice in sent if self._accid in notice.receivers)

    @property
    def _accid(self) -> str:
        return self.accid.lower()
