"""Everything the service remembers: rooms, accounts, activity."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import TYPE_CHECKING

from attrs import Factory, define, field, fields, frozen

from nim_async._checks import truth
from nim_async.emulator.accounts import Accounts
from nim_async.emulator.activity import Activity
from nim_async.emulator.arguments import utf16_length
from nim_async.emulator.changes import Change
from nim_async.emulator.gate import Signature
from nim_async.emulator.refusal import Refused, bad_parameter, not_found
from nim_async.emulator.room.messages import Message
from nim_async.emulator.room.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_ACCID_LENGTH = 32
_FIRST_ROOM_ID = 10_000_000_000  # eleven digits, beyond 32 bits, as those of recent rooms


@frozen(kw_only=True)
class Features:
    """
    What is enabled for the app, and how the service does what is not documented.

    A call that needs what is not enabled is refused with 403.

    Args:
        broadcast: Messages to every room.
        delay_close: Timed closing of rooms.
        in_out_notification: Notifications of entry and exit.
        anti_spam: An anti-spam service, which wants JSON objects in ``bid`` (of rooms and
            profiles), ``yidunAntiCheating``, ``yidunAntiSpamExt`` and ``antispamCustom``. Any
            text will do without it.
        id_taken_on_arrival: When a ``RequestId`` is taken: on arrival, so that the repeat of a
            slow request gets 431 while the first one still works; or once it is carried out,
            so that the quicker of the two is. What is refused gives its id back either way.
        malformed_calls_count: Whether a call with wrong parameters counts for the call
            frequency, which is then looked at before them (416 comes before 414).
        lifting_no_mute_is_repeated: Whether ``temporaryMute`` with 0 seconds gives 417 where
            nobody is muted, in place of 200 and 0 seconds.
        dynamic_tokens: Logging in with tokens made from the secret of the app.
        uinfos_want_registered: Whether ``getUinfos`` is refused with 414 for an account that is
            not registered, which is left out otherwise.
        donnop_wants_login: Whether ``setDonnop`` is refused with 414 for an account that has never
            logged in from a client.

    Raises:
        ConfigurationError: One of them is neither true nor false.
    """

    broadcast: bool = True
    delay_close: bool = True
    in_out_notification: bool = True
    anti_spam: bool = False
    id_taken_on_arrival: bool = True
    malformed_calls_count: bool = True
    lifting_no_mute_is_repeated: bool = False
    dynamic_tokens: bool = True
    uinfos_want_registered: bool = False
    donnop_wants_login: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse what is neither true nor false."""
        for attribute in fields(Features):
            truth(self, attribute, getattr(self, attribute.name))


@define(eq=False, kw_only=True)
class State:
    """
    The memory of the stand-in.

    Args:
        clock: Returns the time, seconds since 1970.
        features: What is enabled for the app.
        signature: Knows key and secret of the app.
        registered: Accounts that are registered from the start; when ``None`` there are none, and
            rooms take everybody for registered.
        seed: Makes ids and chances repeatable.
        report: Is called with every change in any room.
    """

    clock: Callable[[], float]
    features: Features
    signature: Signature
    registered: Iterable[str] | None
    seed: int | None
    report: Callable[[Change], None]
    activity: Activity = Factory(Activity)
    broadcasts: dict[str, Message] = Factory(dict[str, "Message"])  # by message id
    accounts: Accounts = field(init=False)
    random: Random = field(init=False)
    _token_random: Random = field(init=False)  # so that ids stay the same whoever is registered
    _rooms: dict[int, Room] = Factory(dict[int, Room])
    _last_room_id: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Start the sequence of ids, and register accounts."""
        self.random = Random(self.seed)  # noqa: S311  no secret depends on it
        token_seed = None if self.seed is None else f"tokens {self.seed}"
        self._token_random = Random(token_seed)  # noqa: S311  as above
        self._last_room_id = _FIRST_ROOM_ID + self.random.randrange(_FIRST_ROOM_ID)
        self.accounts = Accounts(
            anybody=self.registered is None,
            dynamic_tokens=self.features.dynamic_tokens,
            signature=self.signature,
            new_token=self._new_token,
        )
        for accid in self.registered or ():
            self.accounts.add(accid)

    def now(self) -> float:
        """Return the time, seconds since 1970."""
        return self.clock()

    def new_id(self) -> str:
        """Return an id for a message of the service itself."""
        return f"{self.random.getrandbits(128):032x}"

    def _new_token(self) -> str:
        return f"{self._token_random.getrandbits(128):032x}"

    def new_room(self, creator: str, name: str, room_id: int | None = None) -> Room:
        """Make a room, with an id no room has had unless one is given."""
        while room_id is None or room_id in self._rooms:
            self._last_room_id += self.random.randrange(1, 100)
            room_id = self._last_room_id
        room = Room(
            room_id=room_id,
            creator=creator,
            name=name,
            new_id=self.new_id,
            report=self._note,
            created=self.now(),
            io_notify=self.features.in_out_notification,
        )
        self._rooms[room_id] = room
        return room

    def _note(self, change: Change) -> None:
        self.activity.take(change)
        self.report(change)

    def find(self, room_id: int) -> Room | None:
        """Return a room as it is now."""
        room = self._rooms.get(room_id)
        if room is not None:
            room.settle(self.now())
        return room

    def room(self, room_id: int) -> Room:
        """
        Return a room as it is now.

        Raises:
            Refused: There is none; 404, also for operations that do not list it.
        """
        room = self.find(room_id)
        if room is None:
            raise not_found("chatroom")
        return room

    def rooms(self) -> Iterator[Room]:
        """Go through all rooms as they are now, oldest first."""
        for room_id in tuple(self._rooms):
            yield self.room(room_id)

    def account(self, accid: str, name: str = "accid") -> str:
        """
        Return an account as the service writes it, in lower case.

        Raises:
            Refused: The text is no account (414), or nobody registered it (404).
        """
        if not accid:
            raise bad_parameter(name, "is empty")
        if utf16_length(accid) > _MAX_ACCID_LENGTH:
            raise bad_parameter(name, f"is longer than {_MAX_ACCID_LENGTH} characters")
        if not self.accounts.exist_in_rooms(accid):
            raise Refused(404, f"{name} is not registered")
        return accid.lower()
