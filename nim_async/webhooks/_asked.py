"""Callbacks: what is asked beforehand."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from nim_async._generated.models import ClientPlatform, MessageType
from nim_async.webhooks._event import Asked, Spoken


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class MessageAsked(Spoken, Asked, event_type=6):
    """
    A client wants to send a message in a room; messages of the server API are never asked about.

    Attributes:
        room_id: Room id (wire ``roomId``).
        from_account: accid of the sender (wire ``fromAccount``).
        from_nick: Nick of the sender (wire ``fromNick``).
        from_client_type: Kind of program (wire ``fromClientType``).
        from_device_id: Id of the device (wire ``fromDeviceId``).
        from_client_ip: Address of the program, IPv4 or IPv6 (wire ``fromClientIp``).
        from_client_port: Port of the program (wire ``fromClientPort``).
        msg_type: Type of the message; ``None`` for one that is no type of rooms (wire
            ``msgType``).
        msg_id_client: Id of the message (wire ``msgidClient``).
        attach: Content; see also ``text`` and ``content``.
        ext: Extension of the message.
        time: When, milliseconds (wire ``msgTimestamp``).
    """

    _identity = ("room_id", "msg_id_client")

    room_id: int | None = field(default=None, metadata={"wire": "roomId"})
    from_account: str = field(metadata={"wire": "fromAccount"})
    from_nick: str | None = field(default=None, metadata={"wire": "fromNick"})
    from_client_type: ClientPlatform | None = field(
        default=None, metadata={"wire": "fromClientType"}
    )
    from_device_id: str | None = field(default=None, metadata={"wire": "fromDeviceId"})
    from_client_ip: str | None = field(default=None, metadata={"wire": "fromClientIp"})
    from_client_port: int | None = field(default=None, metadata={"wire": "fromClientPort"})
    msg_type: MessageType | None = field(default=None, metadata={"wire": "msgType"})
    msg_id_client: str | None = field(default=None, metadata={"wire": "msgidClient"})
    attach: str | None = field(default=None, metadata={"wire": "attach"})
    ext: str | None = field(default=None, metadata={"wire": "ext"})
    time: int | None = field(default=None, metadata={"wire": "msgTimestamp"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)

    @property
    def text(self) -> str:
        """The text of a text message; empty for any other."""
        return self._text() or ""


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class LoginAsked(Asked, event_type=36):
    """
    A client wants to log in to the IM service.

    Attributes:
        from_account: The account (wire ``fromAccount``).
        from_device_id: Id of the device (wire ``fromDeviceId``).
        from_client_type: Kind of program (wire ``fromClientType``).
        from_client_ip: Address of the program, IPv4 or IPv6 (wire ``fromClientIp``).
        from_client_port: Port of the program (wire ``fromClientPort``).
        token: What the client logs in with; never shown.
        login_auth_type: 0 for a static token, 1 for a dynamic one, 2 where the verdict decides
            (wire ``loginAuthType``).
        login_ext: What the client adds for the verdict (wire ``loginExt``).
        time: When, milliseconds (wire ``timestamp``).
    """

    _identity = ("from_account", "from_device_id", "time")

    from_account: str = field(metadata={"wire": "fromAccount"})
    from_device_id: str | None = field(default=None, metadata={"wire": "fromDeviceId"})
    from_client_type: ClientPlatform | None = field(
        default=None, metadata={"wire": "fromClientType"}
    )
    from_client_ip: str | None = field(default=None, metadata={"wire": "fromClientIp"})
    from_client_port: int | None = field(default=None, metadata={"wire": "fromClientPort"})
    token: str | None = field(default=None, metadata={"wire": "token", "secret": True})
    login_auth_type: int | None = field(default=None, metadata={"wire": "loginAuthType"})
    login_ext: str | None = field(default=None, metadata={"wire": "loginExt"})
    time: int | None = field(default=None, metadata={"wire": "timestamp"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class EnterAsked(Asked, event_type=37):
    """
    A client wants to enter a room.

    Attributes:
        room_id: Room id (wire ``roomid``).
        from_account: The account (wire ``fromAccount``).
        from_device_id: Id of the device (wire ``fromDeviceId``).
        from_client_type: Kind of program (wire ``fromClientType``).
        from_client_ip: Address of the program, IPv4 or IPv6 (wire ``fromClientIp``).
        from_client_port: Port of the program (wire ``fromClientPort``).
        anonymous: Whether the account is not registered.
        nick: Name to be used in the room.
        avatar: Avatar to be used in the room.
        ext: Extension of the member.
        notify_ext: Extension of the notification (wire ``notifyExt``).
        tags: Tags of the member.
        notify_target_tags: Tag expression of the member (wire ``notifyTargetTags``).
        token: What the client enters with; never shown.
        login_auth_type: 0 for a static token, 1 for a dynamic one, 2 where the verdict decides
            (wire ``loginAuthType``).
        login_ext: What the client adds for the verdict (wire ``loginExt``).
        time: When, milliseconds (wire ``timestamp``).
    """

    _identity = ("room_id", "from_account", "from_device_id", "time")

    room_id: int | None = field(default=None, metadata={"wire": "roomId"})
    from_account: str = field(metadata={"wire": "fromAccount"})
    from_device_id: str | None = field(default=None, metadata={"wire": "fromDeviceId"})
    from_client_type: ClientPlatform | None = field(
        default=None, metadata={"wire": "fromClientType"}
    )
    from_client_ip: str | None = field(default=None, metadata={"wire": "fromClientIp"})
    from_client_port: int | None = field(default=None, metadata={"wire": "fromClientPort"})
    anonymous: bool | None = field(default=None, metadata={"wire": "anonymous"})
    nick: str | None = field(default=None, metadata={"wire": "nick"})
    avatar: str | None = field(default=None, metadata={"wire": "avatar"})
    ext: str | None = field(default=None, metadata={"wire": "ext"})
    notify_ext: str | None = field(default=None, metadata={"wire": "notifyExt"})
    tags: tuple[str, ...] = field(default=(), metadata={"wire": "tags"})
    notify_target_tags: str | None = field(default=None, metadata={"wire": "notifyTargetTags"})
    token: str | None = field(default=None, metadata={"wire": "token", "secret": True})
    login_auth_type: int | None = field(default=None, metadata={"wire": "loginAuthType"})
    login_ext: str | None = field(default=None, metadata={"wire": "loginExt"})
    time: int | None = field(default=None, metadata={"wire": "timestamp"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)
