"""What goes through a room, as immutable records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import IntEnum
from typing import Any, cast

from attrs import frozen

NOTIFICATION = 5

# Names in replies, numbers in the history.
CLIENT_TYPES: Mapping[str, int] = {
    "AOS": 1,
    "IOS": 2,
    "PC": 4,
    "WINPHONE": 8,
    "WEB": 16,
    "REST": 32,
    "MAC": 64,
    "HARMONY": 65,
}


@frozen(kw_only=True)
class Message:
    """
    A message of a room, notifications included.

    Args:
        room_id: The room.
        msg_id: Id chosen by the sender; made up for notifications.
        sender: accid of the sender; of the acting account for notifications.
        time: When the service took it, milliseconds.
        msg_type: What it is; 5 for notifications.
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
    """

    room_id: int
    msg_id: str
    sender: str
    time: int
    msg_type: int
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


@frozen(kw_only=True)
class Notification:
    """
    A notification of a room, such as the entry of a member.

    Args:
        id: What it tells, 301 and up.
        time: When it was sent, milliseconds.
        data: Its content, as clients get it.
        receivers: Accounts it was delivered to.
        high_priority: Whether it went out as high priority.
    """

    id: int
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
            id=content["id"],
            time=message.time,
            data=content["data"],
            receivers=message.receivers,
            high_priority=message.high_priority,
        )


def compact(value: object) -> str:
    """Write a value as JSON text without needless space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Notice(IntEnum):
    """What a notification tells; the ``id`` in its content."""

    MEMBER_ENTER = 301
    MEMBER_EXIT = 302
    BLACKLIST_ADD = 303
    BLACKLIST_REMOVE = 304
    MUTE_ADD = 305
    MUTE_REMOVE = 306
    MANAGER_ADD = 307
    MANAGER_REMOVE = 308
    COMMON_ADD = 309
    COMMON_REMOVE = 310
    ROOM_CLOSED = 311
    ROOM_INFO_UPDATED = 312
    MEMBER_KICKED = 313
    TEMP_MUTE_ADD = 314
    TEMP_MUTE_REMOVE = 315
    MEMBER_INFO_UPDATED = 316
    QUEUE_CHANGED = 317
    ROOM_MUTED = 318
    ROOM_UNMUTED = 319
    QUEUE_BATCH_CHANGED = 320
    TAG_TEMP_MUTE_ADD = 321
    TAG_TEMP_MUTE_REMOVE = 322
    MESSAGE_RECALLED = 323
    QUEUE_BATCH_OFFER = 324
    TAGS_UPDATED = 325
