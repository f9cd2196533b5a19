"""What a bot says while it handles an event has ids that a repeated handling finds again."""

from __future__ import annotations

from contextvars import ContextVar, Token
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Self

from attrs import define, field, frozen

from nim_async.errors import ConfigurationError
from nim_async.messages import Text

if TYPE_CHECKING:
    from nim_async._core.operation import Body
    from nim_async._generated.models import SentMessage
    from nim_async.client import NimClient
    from nim_async.webhooks import Event


@frozen
class Said:
    """
    How a message is sent.

    Attributes:
        msg_id: Its id.
        again: Whether it may have been sent before.
    """

    msg_id: str
    again: bool


@define(eq=False)
class Handling:
    """
    The handling of one event, which is what runs inside of it.

    Attributes:
        key: Key of the event.
        repeated: Whether it may have been handled before, wholly or in part.
        said: How many messages it has sent.
    """

    key: str
    repeated: bool
    said: int = 0
    _outer: Token[Handling | None] | None = field(init=False, default=None)

    def __enter__(self) -> Self:
        """Begin."""
        self._outer = _current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        if self._outer is not None:
            _current.reset(self._outer)

    def next(self, accid: str) -> Said:
        """
        Return the id of the next message: the same whenever the event is handled.

        Args:
            accid: Who speaks; another bot that handles the same event has other ids.
        """
        self.said += 1
        text = f"{len(accid)}:{accid}:{self.key}:{self.said}"
        digest = blake2b(text.encode(errors="surrogatepass"), digest_size=16)
        return Said(digest.hexdigest(), self.repeated)


_current: ContextVar[Handling | None] = ContextVar("nim_async_bot_handling", default=None)


def current() -> Handling | None:
    """Return the handling that the calling task or thread is part of."""
    return _current.get()


class Speaker:
    """Speaks in rooms as an account."""

    def __init__(self, nim: NimClient, accid: str | None) -> None:
        """
        Take who speaks.

        Args:
            nim: The client to speak by.
            accid: The account; without one nothing can be said.
        """
        self._nim = nim
        self._accid = accid

    @property
    def accid(self) -> str | None:
        """Account that the bot speaks as."""
        return self._accid

    @property
    def nim(self) -> NimClient:
        """The client it speaks by."""
        return self._nim

    async def reply(
        self, event: Event, content: Body | str, *, ext: Any = None, **options: Any
    ) -> SentMessage:
        """
        Say something in the room of an event; see `say`.

        Raises:
            ConfigurationError: The event has no room, or the bot no account.
        """
        if event.room_id is None:
            raise ConfigurationError("the event has no room to reply in", option="event")
        return await self.say(event.room_id, content, ext=ext, **options)

    async def say(
        self, room_id: int, content: Body | str, *, ext: Any = None, **options: Any
    ) -> SentMessage:
        """
        Say something in a room.

        While an event is handled, the id of the message is made of the event and of how many
        messages came before it. If the event is handled again, the message is marked as a repeat,
        which the service drops if it has the first: it is not changed by then.

        POST ``/nimserver/chatroom/sendMsg.action``

        Args:
            room_id: The room.
            content: Text, or a body such as `Picture`.
            ext: Extension of the message.
            options: Any other parameter of ``nim.chatroom.send_msg``.

        Returns:
            The message as the service has it.

        Raises:
            ConfigurationError: The bot has no account.
            NimError: As ``nim.chatroom.send_msg``.

        Safe to repeat while an event is handled; otherwise each call is a message of its own.
        """
        if self._accid is None:
            raise ConfigurationError("a bot needs accid=... to speak", option="accid")
        now = current()
        if now is not None and "msg_id" not in options:
            said = now.next(self._accid)
            options["msg_id"] = said.msg_id
            if said.again:
                options["resend_flag"] = 1
        body = Text(content) if isinstance(content, str) else content
        return await self._nim.chatroom.send_msg(
            room_id=room_id, from_accid=self._accid, attach=body, ext=ext, **options
        )
