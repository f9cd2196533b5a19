"""What client programs do, and what tests look at: the side of the emulator without HTTP."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from nim_async._core.operation import INT64_LIMIT
from nim_async._generated.models import MessageType
from nim_async.emulator import checks
from nim_async.emulator.admission import (
    Entry,
    Login,
    check_client_type,
    check_entry,
    check_log_in,
    check_speech,
)
from nim_async.emulator.asking import Draft
from nim_async.emulator.refusal import Refused, not_found
from nim_async.emulator.room.messages import Message, Notification, milliseconds
from nim_async.emulator.webhooks.bodies import logged_in, logged_out, login_failed

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from nim_async.emulator.accounts import Account
    from nim_async.emulator.asking import Check
    from nim_async.emulator.exchange import Exchange
    from nim_async.emulator.listeners import Listener
    from nim_async.emulator.room.members import Member
    from nim_async.emulator.room.room import Room
    from nim_async.emulator.webhooks import Webhooks

_INT64_MAX = INT64_LIMIT - 1


class ClientSide:
    """
    The methods of `Emulator` that need no request.

    What client programs do here is told of by copies, but nobody is asked before; see `AskingSide`.

    An argument of the wrong type is a `ConfigurationError`; what the service would refuse is
    `Refused`.
    """

    def __init__(self, exchange: Exchange, webhooks: Webhooks) -> None:
        """Share state and lock with the requests."""
        self._exchange = exchange
        self._webhooks = webhooks

    @property
    def webhooks(self) -> Webhooks:
        """The webhooks that are sent, and the faults planted for them."""
        return self._webhooks

    def announce(self, *endpoints: str, ttl: int | None = 30) -> None:
        """
        Have the LBS tell other endpoints than its own address.

        It is asked at ``/srv-sdk/allocate``, beside ``/nimserver``.

        Args:
            endpoints: Base URLs, best first; its own address when there are none.
            ttl: How long they hold, seconds; not told when ``None``.

        Raises:
            ConfigurationError: One is no URL, or the time cannot be.
        """
        for endpoint in endpoints:
            checks.endpoint(endpoint)
        if ttl is not None:
            checks.whole("ttl", ttl, least=0)
        with self._exchange.holding():
            directory = self._exchange.directory
            directory.endpoints, directory.ttl = endpoints, ttl

    def register(self, *accids: str, token: str | None = None) -> None:
        """
        Register accounts; those that are registered already stay as they are.

        Args:
            accids: The accounts.
            token: Static login token of each; one of its own when ``None``.

        Raises:
            ConfigurationError: One of them cannot be an account, or the token none; then none is
                registered.
        """
        for accid in accids:
            checks.account("accid", accid)
        checks.static_token(token)
        with self._exchange.holding() as state:
            for accid in accids:
                if state.accounts.find(accid) is None:
                    state.accounts.add(accid, token)

    @property
    def accounts(self) -> Mapping[str, Account]:
        """The registered accounts by accid; to look at, not to change."""
        with self._exchange.holding() as state:
            return {account.accid: account for account in state.accounts}

    def log_in(self, accid: str, *, token: str | None = None, client_type: str = "WEB") -> None:
        """
        Log in to IM as a client program does, which is not needed to enter rooms.

        Args:
            accid: The account, which must be registered.
            token: Its static token or a dynamic one; not looked at when ``None``.
            client_type: AOS, IOS, PC, WINPHONE, WEB, MAC or HARMONY.

        Raises:
            Refused: 302 no such account or a wrong token, 403 dynamic tokens are not enabled, 414
                no such kind of client, 422 blocked.
        """
        check = self._login(accid, token, client_type)
        with self._telling_of_failure(accid):
            self._note_login(self._exchange.carry_out(check), client_type)

    def _login(self, accid: str, token: str | None, client_type: str) -> Check[str]:
        checks.texts(accid=accid, client_type=client_type)
        checks.optional_texts(token=token)
        check_client_type(client_type)
        login = Login(accid=accid, token=token, client_type=client_type)
        return partial(check_log_in, login=login)

    def _note_login(self, accid: str, client_type: str) -> None:
        self._webhooks.note(logged_in(accid, client_type, self._now()))

    @contextmanager
    def _telling_of_failure(self, accid: str, room_id: int | None = None) -> Generator[None]:
        """Tell the web server where a login to a room, or to IM, is refused."""
        try:
            yield
        except Refused as refused:
            self._webhooks.note(login_failed(refused, accid, self._now(), room_id))
            raise

    def _now(self) -> int:
        return milliseconds(self._exchange.state.now())

    def log_out(self, accid: str, *, client_type: str | None = None) -> None:
        """
        Log out of IM as a client program does, or lose the connection.

        Args:
            accid: The account.
            client_type: On which kind of client; on all when ``None``.

        Raises:
            Refused: 404, it is not logged in there.
        """
        checks.texts(accid=accid)
        checks.optional_texts(client_type=client_type)
        with self._exchange.holding() as state:
            account = state.accounts.find(accid)
            if account is None or client_type not in {None, *account.logins}:
                raise not_found("the login")
            gone = [client_type] if client_type else list(account.logins)
            for kind in gone:
                del account.logins[kind]
        for kind in gone:
            self._webhooks.note(logged_out(account.accid, kind, self._now()))

    def add_room(self, creator: str, name: str = "", *, room_id: int | None = None) -> int:
        """
        Make a room without a request.

        Args:
            creator: accid of the owner.
            name: Room name.
            room_id: The id it shall have; chosen by the emulator when ``None``.

        Returns:
            The id of the room.

        Raises:
            Refused: 404, the account is not registered.
            ValueError: There is a room with that id.
        """
        checks.texts(creator=creator, name=name)
        if room_id is not None:
            checks.whole("room_id", room_id, least=0, most=_INT64_MAX)
        with self._exchange.holding() as state:
            if room_id is not None and state.find(room_id):
                raise ValueError(f"room {room_id} exists")
            return state.new_room(state.account(creator, "creator"), name, room_id).room_id

    def enter(
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
        Enter a room as a client program does.

        An account may be in a room on several kinds of client; entering again on the same one
        replaces the earlier entry.

        Args:
            room_id: The room.
            accid: The account.
            token: Its static token, or a dynamic one as `nim_async.dynamic_token` makes them; not
                looked at when ``None``.
            nick: Nick in the room; what was saved for a fixed member when ``None``.
            avatar: Avatar in the room, likewise.
            ext: Extension of the profile in the room, likewise.
            tags: Tags of this entry, at most 10.
            notify_target_tags: Tag expression that says who is told of entry and exit.
            client_type: AOS, IOS, PC, WINPHONE, WEB, MAC or HARMONY.

        Raises:
            Refused: 404 no such room or account, 13002 closed, 13003 in the blacklist, 414 a
                bad argument, 422 the account is blocked, 302 a wrong or expired token, 403 dynamic
                tokens are not enabled.
        """
        check = self._entry(
            room_id, accid, token, nick, avatar, ext, tags, notify_target_tags, client_type
        )
        with self._telling_of_failure(accid, room_id):
            self._exchange.carry_out(check)

    def _entry(
        self,
        room_id: int,
        accid: str,
        token: str | None,
        nick: str | None,
        avatar: str | None,
        ext: str | None,
        tags: Iterable[str],
        notify_target_tags: str | None,
        client_type: str,
    ) -> Check[None]:
        checks.whole("room_id", room_id)
        checks.texts(accid=accid, client_type=client_type)
        checks.optional_texts(
            token=token, nick=nick, avatar=avatar, ext=ext, notify_target_tags=notify_target_tags
        )
        entry = Entry(
            accid=accid,
            token=token,
            nick=nick,
            avatar=avatar,
            ext=ext,
            tags=checks.tags(tags),
            notify_target_tags=notify_target_tags,
            client_type=client_type,
        )
        return partial(check_entry, room_id=room_id, entry=entry)

    def leave(self, room_id: int, accid: str, *, client_type: str | None = None) -> None:
        """
        Leave a room as a client program does, or lose the connection.

        Args:
            room_id: The room.
            accid: The account.
            client_type: On which kind of client; on all when ``None``.

        Raises:
            Refused: 404, there is no such room or the account is not in it.
        """
        checks.whole("room_id", room_id)
        checks.texts(accid=accid)
        checks.optional_texts(client_type=client_type)
        with self._exchange.holding() as state:
            accid = state.account(accid)
            room = state.room(room_id)
            presences = room.member(accid).presences
            if not presences or (client_type is not None and client_type not in presences):
                raise not_found("the account in this room")
            room.leave(accid, state.now(), client_type=client_type)

    def speak(
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
        Send a message into a room as a client program does.

        Args:
            room_id: The room.
            accid: The account, which must have entered.
            attach: The text, or the content as JSON text for other types.
            msg_type: What the message is.
            msg_id: Its id; a new one when ``None``.
            ext: Extension.
            notify_target_tags: Tag expression that chooses the receivers.
            client_type: Which of its clients sends; the latest when ``None``.
            env: Name of the environment whose web server is told.

        Returns:
            The message as the service took it.

        Raises:
            Refused: 404 no such room or not in it, 13002 closed, 13004 muted, 13006 the whole
                room is muted, 423 muted in the whole app or in all chatrooms, 414 a bad argument.
        """
        return self._exchange.carry_out(
            self._speech(
                room_id, accid, attach, msg_type, msg_id, ext, notify_target_tags, client_type, env
            )
        )

    def _speech(
        self,
        room_id: int,
        accid: str,
        attach: str,
        msg_type: int,
        msg_id: str | None,
        ext: str,
        notify_target_tags: str | None,
        client_type: str | None,
        env: str | None,
    ) -> Check[Message]:
        checks.whole("room_id", room_id)
        checks.content(attach)
        checks.whole("msg_type", msg_type)
        checks.texts(accid=accid, ext=ext)
        checks.optional_texts(
            msg_id=msg_id, notify_target_tags=notify_target_tags, client_type=client_type, env=env
        )
        if not msg_id:
            with self._exchange.holding() as state:
                msg_id = state.new_id()
        draft = Draft(
            sender=accid,
            msg_id=msg_id,
            msg_type=MessageType(msg_type),
            attach=attach,
            ext=ext,
            notify_target_tags=notify_target_tags,
            env=env,
        )
        return partial(check_speech, room_id=room_id, draft=draft, client_type=client_type)

    def on_change(self, listener: Listener) -> Listener:
        """
        Call a function with every change in any room, a value of `nim_async.emulator.changes`.

        It is called once the request that made the change is done with the rooms, in the order
        of the changes, on the thread of one of the requests; so it may use the emulator, and
        should be quick. What it raises is logged, and changes nothing. It goes on through
        `reset`. May be used as a decorator.

        Returns:
            The function.

        Raises:
            ConfigurationError: It is no plain function of one argument.
        """
        checks.function("listener", listener, of="change")
        self._exchange.listeners.add(listener)
        return listener

    @property
    def rooms(self) -> Mapping[int, Room]:
        """The rooms by id, as they are now; to look at, not to change."""
        with self._exchange.holding() as state:
            return {room.room_id: room for room in state.rooms()}

    def members(self, room_id: int) -> Mapping[str, Member]:
        """
        Return the members of a room by account; to look at, not to change.

        Raises:
            Refused: 404, there is no such room.
        """
        checks.whole("room_id", room_id)
        with self._exchange.holding() as state:
            return dict(state.room(room_id).members)

    def messages(self, room_id: int) -> tuple[Message, ...]:
        """
        Return what was sent into a room, oldest first, notifications left out.

        Messages that history keeps and others alike; see `Message.stored`.

        Raises:
            Refused: 404, there is no such room.
        """
        log = self._log(room_id)
        return tuple(m for m in log if m.msg_type is not MessageType.NOTIFICATION)

    def notifications(self, room_id: int) -> tuple[Notification, ...]:
        """
        Return the notifications of a room, oldest first.

        Raises:
            Refused: 404, there is no such room.
        """
        log = self._log(room_id)
        sent = (m for m in log if m.msg_type is MessageType.NOTIFICATION)
        return tuple(Notification.from_message(m) for m in sent)

    def _log(self, room_id: int) -> tuple[Message, ...]:
        checks.whole("room_id", room_id)
        with self._exchange.holding() as state:
            return tuple(state.room(room_id).log)
