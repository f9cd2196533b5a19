"""What client programs do once a web server was asked: the side of the emulator that waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nim_async._generated.models import MessageType
from nim_async.emulator.client_side import ClientSide

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nim_async.emulator.room.messages import Message


class AskingSide(ClientSide):
    """
    The methods of `Emulator` that ask the web server of ``callbacks_to`` first.

    What would be refused is, before the question and once more after it. Without an address, and
    of what the console has switched off, nobody is asked.
    """

    async def ask_to_log_in(
        self, accid: str, *, token: str | None = None, client_type: str = "WEB"
    ) -> None:
        """
        Log in to IM as a client program does, if the web server allows it.

        Args:
            accid: The account, which must be registered.
            token: Its static token or a dynamic one; not looked at when ``None``.
            client_type: AOS, IOS, PC, WINPHONE, WEB, MAC or HARMONY.

        Raises:
            Refused: As `log_in`; or the web server refuses it, with 403 or a code of its own.
        """
        check = self._login(accid, token, client_type)
        with self._telling_of_failure(accid):
            self._note_login(await self._exchange.ask(check, self._webhooks.ask), client_type)

    async def ask_to_enter(
        self,
        room_id: int,
        accid: str,
        *,
        token: str | None = None,
        nick: str | None = None,
        avatar: str | None = None,
        ext: str | None = None,
        tags: Iterable[str] = (),
        notify_target_tags: str | None = None,
        client_type: str = "WEB",
    ) -> None:
        """
        Enter a room as a client program does, if the web server allows it.

        Args:
            room_id: The room.
            accid: The account.
            token: As for `enter`.
            nick: Nick in the room, as for `enter`.
            avatar: Avatar in the room, likewise.
            ext: Extension of the profile in the room, likewise.
            tags: Tags of this entry, at most 10.
            notify_target_tags: Tag expression that says who is told of entry and exit.
            client_type: AOS, IOS, PC, WINPHONE, WEB, MAC or HARMONY.

        Raises:
            Refused: As `enter`; or the web server refuses it, with 403 or a code of its own.
        """
        check = self._entry(
            room_id, accid, token, nick, avatar, ext, tags, notify_target_tags, client_type
        )
        with self._telling_of_failure(accid, room_id):
            await self._exchange.ask(check, self._webhooks.ask)

    async def ask_to_speak(
        self,
        room_id: int,
        accid: str,
        attach: str,
        *,
        msg_type: int = MessageType.TEXT,
        msg_id: str | None = None,
        ext: str = "",
        notify_target_tags: str | None = None,
        client_type: str | None = None,
        env: str | None = None,
    ) -> Message:
        """
        Send a message into a room as a client program does, if the web server allows it.

        Args:
            room_id: The room.
            accid: The account, which must have entered.
            attach: The text, or the content as JSON text for other types.
            msg_type: What the message is.
            msg_id: Its id; a new one when ``None``.
            ext: Extension.
            notify_target_tags: Tag expression that chooses the receivers.
            client_type: Which of its clients sends; the latest when ``None``.
            env: Name of the environment whose web server is asked, and told.

        Returns:
            The message as the service took it, changed perhaps by the web server. One that it
            dropped in silence looks as if it were sent.

        Raises:
            Refused: As `speak`; or the web server refuses it, with 403 or a code of its own.
        """
        return await self._exchange.ask(
            self._speech(
                room_id, accid, attach, msg_type, msg_id, ext, notify_target_tags, client_type, env
            ),
            self._webhooks.ask,
        )
