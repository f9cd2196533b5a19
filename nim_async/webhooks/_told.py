"""Copies: what has happened."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from nim_async._core.model import OpenIntEnum, OpenStrEnum, Reply
from nim_async._generated.models import ClientPlatform, MessageType, RoleType
from nim_async.webhooks._event import Event, Spoken, Told

_ROOM_ID = re.compile(r"[0-9]{1,19}", re.ASCII)


class ExitReason(OpenStrEnum):
    """Why a member left a room."""

    OFFLINE = "OFFLINE"
    """The link was lost."""
    KICK = "KICK"
    """Kicked."""
    LOGIN_KICK = "LOGIN_KICK"
    """Pushed out by another login of the account."""
    EXIT = "EXIT"
    """Left by itself."""


class QueueOperation(OpenIntEnum):
    """What was done to the queue of a room."""

    INIT = 1
    """Set up."""
    ADD = 2
    """Element added."""
    UPDATE = 3
    """Element updated."""
    DELETE = 4
    """Element deleted."""
    POLL = 5
    """Element taken out."""
    PEEK = 6
    """First element read."""
    LIST = 7
    """Elements read."""
    DROP = 8
    """Whole queue cleared."""
    BATCH_UPDATE = 9
    """Several elements updated."""


class LoginScope(OpenIntEnum):
    """What a login that failed was to."""

    CHATROOM = 0
    """A room."""
    IM = 1
    """The IM service."""


class FailureReason(OpenIntEnum):
    """Why a verdict of ours was not used."""

    TIMEOUT = 1
    """It came too late."""
    ODD_REPLY = 2
    """It was not in the right form."""
    CIRCUIT_OPEN = 3
    """The service has stopped asking for a while."""


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class MessageEvent(Spoken, Told, event_type=4):
    """
    A message was sent in a room, by a client or by the server API.

    Attributes:
        room_id: Room id (wire ``roomId``).
        from_account: accid of the sender (wire ``fromAccount``).
        from_nick: Nick of the sender, often missing (wire ``fromNick``).
        from_avatar: Address of the avatar of the sender (wire ``fromAvator``).
        from_ext: Extension of the sender in the room (wire ``fromExt``).
        from_client_type: Kind of program it was sent with; ``REST`` for the server API (wire
            ``fromClientType``).
        role_info_timetag: Last change of what the room shows of the sender, milliseconds (wire
            ``roleInfoTimetag``).
        msg_type: Type of the message; ``None`` for one that is no type of rooms (wire
            ``msgType``).
        msg_id_client: The ``msg_id`` it was sent with (wire ``msgidClient``).
        attach: Content as it was sent; see also ``text`` and ``content``.
        ext: Extension of the message.
        time: When it was sent, milliseconds (wire ``msgTimestamp``).
        resend_flag: 1 for one that was sent again (wire ``resendFlag``).
        antispam: True where the anti-spam check hit: the message was not delivered.
        yidun_res: What that check found (wire ``yidunRes``).
    """

    _identity = ("room_id", "msg_id_client")

    room_id: int | None = field(default=None, metadata={"wire": "roomId"})
    from_account: str = field(metadata={"wire": "fromAccount"})
    from_nick: str | None = field(default=None, metadata={"wire": "fromNick"})
    from_avatar: str | None = field(default=None, metadata={"wire": "fromAvator"})
    from_ext: str | None = field(default=None, metadata={"wire": "fromExt"})
    from_client_type: ClientPlatform | None = field(
        default=None, metadata={"wire": "fromClientType"}
    )
    role_info_timetag: int | None = field(default=None, metadata={"wire": "roleInfoTimetag"})
    msg_type: MessageType | None = field(default=None, metadata={"wire": "msgType"})
    msg_id_client: str | None = field(default=None, metadata={"wire": "msgidClient"})
    attach: str | None = field(default=None, metadata={"wire": "attach"})
    ext: str | None = field(default=None, metadata={"wire": "ext"})
    time: int | None = field(default=None, metadata={"wire": "msgTimestamp"})
    resend_flag: int | None = field(default=None, metadata={"wire": "resendFlag"})
    antispam: bool | None = field(default=None, metadata={"wire": "antispam"})
    yidun_res: Any = field(default=None, metadata={"wire": "yidunRes"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)

    @property
    def text(self) -> str | None:
        """The text of a text message; ``None`` for any other."""
        return self._text()


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Moved(Told, event_type=9):
    """
    A member came or went.

    Attributes:
        room_id: Room id (wire ``roomId``).
        accid: Account of the member.
        client_ip: Address of its program, IPv4 or IPv6 (wire ``clientIp``).
        client_type: Kind of program (wire ``clientType``).
        code: 200 for success.
        sdk_version: Version of its SDK (wire ``sdkVersion``).
        time: When, milliseconds (wire ``timestamp``).
        role_type: Role in the room (wire ``roleType``).
        anonymous: Whether the account is not registered.
        tags: Tags of the member.
        notify_target_tags: Tag expression of the member (wire ``notifyTargetTags``).
        ext: Extension of the member.
    """

    _identity = ("room_id", "accid", "time")

    room_id: int | None = field(default=None, metadata={"wire": "roomId"})
    accid: str = field(metadata={"wire": "accid"})
    client_ip: str | None = field(default=None, metadata={"wire": "clientIp"})
    client_type: ClientPlatform | None = field(default=None, metadata={"wire": "clientType"})
    code: int | None = field(default=None, metadata={"wire": "code"})
    sdk_version: int | None = field(default=None, metadata={"wire": "sdkVersion"})
    time: int | None = field(default=None, metadata={"wire": "timestamp"})
    role_type: RoleType | None = field(default=None, metadata={"wire": "roleType"})
    anonymous: bool | None = field(default=None, metadata={"wire": "anonymous"})
    tags: tuple[str, ...] = field(default=(), metadata={"wire": "tags"})
    notify_target_tags: str | None = field(default=None, metadata={"wire": "notifyTargetTags"})
    ext: str | None = field(default=None, metadata={"wire": "ext"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class EnteredEvent(Moved):
    """A member entered a room; the fields are those of `Moved`."""

    _fixed = MappingProxyType({"event": "IN"})


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class LeftEvent(Moved):
    """
    A member left a room; the fields are those of `Moved`, and one more.

    Attributes:
        log_out_reason: Why, where the console is set to say so (wire ``logOutReason``).
    """

    _fixed = MappingProxyType({"event": "OUT"})

    log_out_reason: ExitReason | None = field(default=None, metadata={"wire": "logOutReason"})


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class KickedEvent(Moved):
    """
    A member was kicked out of a room, by a manager or the server API, not by the blacklist.

    The fields are those of `Moved`.
    """

    _fixed = MappingProxyType({"event": "KICK"})


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class QueueEvent(Told, event_type=14):
    """
    Something was done to the queue of a room.

    Attributes:
        room_id: Room id (wire ``roomid``).
        operation: What was done (wire ``qEvent``).
        from_web_api: Whether by the server API (wire ``fromWebApi``).
        operator: accid of who did it.
        belong_to: accid that owns the element (wire ``belongTo``).
        elements: Keys and values.
        keys: Keys alone.
        transient: Whether the element goes away with its owner.
        time: When, milliseconds; older services do not say (wire ``operationTime``).
    """

    _identity = ("room_id", "operation", "time", "_changed")

    room_id: int | None = field(default=None, metadata={"wire": "roomId"})
    operation: QueueOperation | None = field(default=None, metadata={"wire": "qEvent"})
    from_web_api: bool | None = field(default=None, metadata={"wire": "fromWebApi"})
    operator: str | None = field(default=None, metadata={"wire": "operator"})
    belong_to: str | None = field(default=None, metadata={"wire": "belongTo"})
    elements: dict[str, Any] | None = field(default=None, hash=False, metadata={"wire": "elements"})
    keys: tuple[str, ...] = field(default=(), metadata={"wire": "keys"})
    transient: bool | None = field(default=None, metadata={"wire": "transient"})
    time: int | None = field(default=None, metadata={"wire": "operationTime"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)

    @property
    def _changed(self) -> list[object]:
        return [self.keys, self.elements]


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class AntispamResult(Reply):
    """
    What the late check of a file found.

    Attributes:
        type: Kind of message: ``CHATROOM_MSG_AUDIO``, ``CHATROOM_MSG_VIDEO`` or
            ``CHATROOM_MSG_PICTURE``; others are not of rooms.
        from_account: accid of the sender (wire ``from``).
        to: Room id for messages of rooms, as text.
        client_msg_id: The ``msg_id`` of the message (wire ``clientMsgId``).
        server_msg_id: Id that the service gave it (wire ``serverMsgId``).
        audio_url: Address of the file, for audio (wire ``audioUrl``).
        antispam: Whether the check hit.
        yidun_res: What it found (wire ``yidunRes``).
        yidun_api_version: Form of that (wire ``yidunApiVersion``).
    """

    type: str | None = field(default=None, metadata={"wire": "type"})
    from_account: str | None = field(default=None, metadata={"wire": "from"})
    to: str | None = field(default=None, metadata={"wire": "to"})
    client_msg_id: str | None = field(default=None, metadata={"wire": "clientMsgId"})
    server_msg_id: str | None = field(default=None, metadata={"wire": "serverMsgId"})
    audio_url: str | None = field(default=None, metadata={"wire": "audioUrl"})
    antispam: bool | None = field(default=None, metadata={"wire": "antispam"})
    yidun_res: Any = field(default=None, metadata={"wire": "yidunRes"})
    yidun_api_version: str | None = field(default=None, metadata={"wire": "yidunApiVersion"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)

    @property
    def room_id(self) -> int | None:
        """Id of the room, for a message of a room."""
        to = self.to or ""
        of_room = (self.type or "").startswith("CHATROOM_") and _ROOM_ID.fullmatch(to)
        return int(to) if of_room else None


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class AntispamEvent(Told, event_type=20):
    """
    The late check of pictures, audio or video has found something.

    Attributes:
        results: One for each message (wire ``objects``).
    """

    _identity = ("_messages",)

    results: tuple[AntispamResult, ...] = field(default=(), metadata={"wire": "objects"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)

    if not TYPE_CHECKING:  # where it is an attribute, as it is of most events

        @property
        def room_id(self) -> int | None:
            """The room of the messages, if all are of one."""
            rooms = {result.room_id for result in self.results}
            return rooms.pop() if len(rooms) == 1 else None

    @property
    def _messages(self) -> list[str | None] | None:
        ids = [result.server_msg_id for result in self.results]
        return None if not ids or None in ids or self.unreadable else ids


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class _Logged(Told):
    accid: str = field(metadata={"wire": "accid"})
    client_ip: str | None = field(default=None, metadata={"wire": "clientIp"})
    client_type: ClientPlatform | None = field(default=None, metadata={"wire": "clientType"})
    code: int | None = field(default=None, metadata={"wire": "code"})
    sdk_version: int | None = field(default=None, metadata={"wire": "sdkVersion"})
    sdk_human_version: str | None = field(default=None, metadata={"wire": "sdkHumanVersion"})
    time: int | None = field(default=None, metadata={"wire": "timestamp"})
    custom_tag: str | None = field(default=None, metadata={"wire": "customTag"})
    device_id: str | None = field(default=None, metadata={"wire": "deviceId"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class LoginEvent(_Logged, event_type=2):
    """
    An account logged in to the IM service, not to a room.

    Attributes:
        accid: The account.
        client_ip: Address of its program, IPv4 or IPv6 (wire ``clientIp``).
        client_type: Kind of program (wire ``clientType``).
        code: 200 for success.
        sdk_version: Version of its SDK (wire ``sdkVersion``).
        sdk_human_version: The same, as people write it (wire ``sdkHumanVersion``).
        time: When, milliseconds (wire ``timestamp``).
        custom_tag: What the program calls itself (wire ``customTag``).
        device_id: Id of the device (wire ``deviceId``).
    """


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class LogoutEvent(_Logged, event_type=3):
    """
    An account logged out of the IM service.

    Attributes:
        accid: The account.
        client_ip: Address of its program, IPv4 or IPv6 (wire ``clientIp``).
        client_type: Kind of program (wire ``clientType``).
        code: 200 for success.
        sdk_version: Version of its SDK (wire ``sdkVersion``).
        sdk_human_version: The same, as people write it (wire ``sdkHumanVersion``).
        time: When, milliseconds (wire ``timestamp``).
        custom_tag: What the program calls itself (wire ``customTag``).
        device_id: Id of the device (wire ``deviceId``).
        log_out_reason: Number of the reason, 1 to 4 (wire ``logOutReason``).
    """

    log_out_reason: int | None = field(default=None, metadata={"wire": "logOutReason"})


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class LoginFailedEvent(Told, event_type=84):
    """
    A login to the IM service, or an attempt to enter a room, failed.

    Attributes:
        scope: Which of the two (wire ``event``).
        room_id: Room id, where it was a room (wire ``chatRoomId``).
        accid: The account.
        code: Why, by the codes of the service.
        fail: Why, as a word such as ``chatroom.in.blacklist``.
        time: When, milliseconds (wire ``timestamp``).
    """

    scope: LoginScope | None = field(default=None, metadata={"wire": "event"})
    room_id: int | None = field(default=None, metadata={"wire": "roomId"})
    accid: str | None = field(default=None, metadata={"wire": "accid"})
    code: int | None = field(default=None, metadata={"wire": "code"})
    fail: str | None = field(default=None, metadata={"wire": "fail"})
    time: int | None = field(default=None, metadata={"wire": "timestamp"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class CallbackFailedEvent(Told, event_type=83):
    """
    A verdict of ours was not used; the policy that the console names was used in its place.

    Attributes:
        reason: Why.
        callback_body: What was asked, as JSON text; not shown, since it may hold a token (wire
            ``callbackBody``). Give it to `parse`, with ``source="callbacks"``.
        time: When, milliseconds (wire ``timestamp``).
    """

    reason: FailureReason | None = field(default=None, metadata={"wire": "reason"})
    callback_body: str | None = field(
        default=None, metadata={"wire": "callbackBody", "secret": True}
    )
    time: int | None = field(default=None, metadata={"wire": "timestamp"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class AddressCheck(Told):
    """The console checks the address that is being saved: ``{}`` or nothing; answer 200."""

    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class UnknownEvent(Event):
    """
    An event that has no class here, of another product perhaps.

    What it says is in ``raw`` and ``extra``, and not shown: it may be secret.

    Attributes:
        event_type: Its number; ``None`` where there is none (wire ``eventType``).
        room_id: Room id, where there is one (wire ``roomId``).
        time: When, milliseconds, where it says so (wire ``timestamp``).
    """

    event_type: int | None = field(default=None, metadata={"wire": "eventType"})
    room_id: int | None = field(default=None, metadata={"wire": "roomId"})
    time: int | None = field(default=None, metadata={"wire": "timestamp"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False, metadata={"secret": True})
