"""What goes through a room, as immutable records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, cast

from attrs import frozen

from nim_async._generated.models import MessageType, NotificationType


@frozen(kw_only=True)
class Message:
    """
    A message of a room, notifications included.

    Args:
        room_id: The room.
        msg_id: Id chosen by the sender; made up for notifications.
        sender: accid of the sender; of the acting account for notifications.
        time: When the service took it, milliseconds.
        msg_type: What it is.
        attach: Content.
        ext: Extension.
        sub_type: Sub-type given by the sender.
        nick: Nick of the sender in the room.
        avatar: Avatar of the sender in the room.
        client_type: Kind of client it came from, ``REST`` for the server API.
        notify_target_tags: Tag expression that chose the receivers.
        high_priority: Whether it went out as high priority.
        abandoned: Whether its ``abandonRatio`` dropped it.
        stored: Whether the history keeps it.
        recalled: Whether it was recalled.
        receivers: Accounts it was delivered to.
        callback_ext: What a web server that was asked about it added for sender and receivers.
    """

    room_id: int
    msg_id: str
    sender: str
    time: int
    msg_type: MessageType
    attach: str = ""
    ext: str = ""
    sub_type: int | None = None
    nick: str = ""
    avatar: str | None = None
    client_type: str = "REST"
    notify_target_tags: str | None = None
    high_priority: bool = False
    abandoned: bool = False
    stored: bool = True
    recalled: bool = False
    receivers: AbstractSet[str] = frozenset()
    callback_ext: str | None = None

    @property
    def text(self) -> str:
        """The text of a text message; empty for any other."""
        return self.attach if self.msg_type is MessageType.TEXT else ""


@frozen(kw_only=True)
class Notification:
    """
    A notification of a room, such as the entry of a member.

    Args:
        id: What it says, 301 and up.
        time: When it was sent, milliseconds.
        data: Its content, as clients get it.
        receivers: Accounts it was delivered to.
        high_priority: Whether it went out as high priority.
    """

    id: NotificationType
    time: int
    data: Mapping[str, Any]
    receivers: AbstractSet[str]
    high_priority: bool = False

    @property
    def operator(self) -> str:
        """The acting account."""
        return cast("str", self.data["operator"])

    @property
    def target(self) -> tuple[str, ...]:
        """The accounts acted upon."""
        return tuple(cast("list[str]", self.data.get("target", [])))

    @classmethod
    def from_message(cls, message: Message) -> Notification:
        """Read a message of type 5."""
        content = cast("dict[str, Any]", json.loads(message.attach))
        return cls(
            id=NotificationType(content["id"]),
            time=message.time,
            data=content["data"],
            receivers=message.receivers,
            high_priority=message.high_priority,
        )


def compact(value: object) -> str:
    """Write a value as JSON text without needless space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def milliseconds(seconds: float) -> int:
    """Return a time in milliseconds, as messages and members carry it."""
    # By way of whole microseconds, so that the float of a whole millisecond is not cut below it.
    return round(seconds * 1_000_000) // 1000
