"""
Everything that can happen in a room, one frozen class for each kind; see `Emulator.on_change`.

The log of messages, the notifications and the figures of the ranking are made from these.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from nim_async._generated.models import NotificationType, RoleOpt, RoleType
from nim_async.emulator.room.members import Presence, Profile
from nim_async.emulator.room.messages import Message, compact
from nim_async.emulator.room.queue import Element
from nim_async.emulator.room.tags import TagExpression

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROLE_NOTICES = {
    (RoleOpt.MANAGER, True): NotificationType.MANAGER_ADD,
    (RoleOpt.MANAGER, False): NotificationType.MANAGER_REMOVE,
    (RoleOpt.COMMON, True): NotificationType.COMMON_ADD,
    (RoleOpt.COMMON, False): NotificationType.COMMON_REMOVE,
    (RoleOpt.BLACKLIST, True): NotificationType.BLACKLIST_ADD,
    (RoleOpt.BLACKLIST, False): NotificationType.BLACKLIST_REMOVE,
    (RoleOpt.MUTE, True): NotificationType.MUTE_ADD,
    (RoleOpt.MUTE, False): NotificationType.MUTE_REMOVE,
}


@frozen(kw_only=True)
class Change:
    """
    Something that happened in a room.

    Args:
        room_id: The room.
        time: When, milliseconds.
        operator: accid of who did it: the sender of a message, who entered or left, the creator
            where nobody is named.
        target: Accounts it was done to.
        silent: Whether the members get no notification.
        notify_ext: The ``ext`` of the notification.
        audience: Which members get the notification; all in the room when ``None``.
        high_priority: Whether the notification has high priority.
    """

    room_id: int
    time: int
    operator: str
    target: tuple[str, ...] = ()
    silent: bool = False
    notify_ext: str | None = None
    audience: TagExpression | None = None
    high_priority: bool = False
    _notice: ClassVar[NotificationType | None] = None

    @property
    def notice(self) -> NotificationType | None:
        """What the notification of it is called; nothing where there is none."""
        return self._notice

    @property
    def data(self) -> Mapping[str, Any]:
        """What the notification says besides operator, target and ext."""
        return {}


@frozen(kw_only=True)
class MessageSent(Change):
    """
    A message was taken.

    Args:
        message: The message.
        sender_ext: Extension of the sender's profile in the room.
        profile_time: When that profile last changed, milliseconds; ``None`` for one never inside.
        resent: Whether it came with ``resendFlag`` 1.
        route: Whether it may be copied to a web server.
        env: Name of the web address asked for.
        broadcast: Whether it went to every room.
    """

    message: Message
    sender_ext: str = ""
    profile_time: int | None = None
    resent: bool = False
    route: bool = True
    env: str | None = None
    broadcast: bool = False


@frozen(kw_only=True)
class MessageRecalled(Change):
    """
    A message was recalled.

    Args:
        messages: The message as it was; several where the sender used an id twice at one moment.
    """

    messages: tuple[Message, ...]

    _notice = NotificationType.MESSAGE_RECALLED

    @property
    def data(self) -> Mapping[str, Any]:
        """Which message it was."""
        return {"msgTime": self.messages[0].time, "msgId": self.messages[0].msg_id}


@frozen(kw_only=True)
class HistoryDeleted(Change):
    """
    Messages were taken out of the history.

    Args:
        messages: The messages as they were.
    """

    messages: tuple[Message, ...]


@frozen(kw_only=True)
class Entered(Change):
    """
    An account entered on one device, or as a robot.

    Args:
        presence: The device, with tags and tag expression.
        profile: What the account shows in the room.
        role: Its role.
        robot: Whether it is a robot.
        muted: Whether it is on the mute list.
        mute_left: Seconds left of a temporary mute.
    """

    presence: Presence
    profile: Profile
    role: RoleType
    robot: bool = False
    muted: bool = False
    mute_left: int = 0

    _notice = NotificationType.MEMBER_ENTER

    @property
    def data(self) -> Mapping[str, Any]:
        """The mutes of who entered."""
        temporary = {"tempMuted": 1, "muteTtl": self.mute_left} if self.mute_left else {}
        return temporary | ({"muted": 1} if self.muted else {})


class LeaveReason(StrEnum):
    """Why an account is not in a room any more, or not on one of its devices."""

    EXIT = "exit"
    REPLACED = "replaced"  # by a later entry on the same device
    KICKED = "kicked"
    BLACKLISTED = "blacklisted"
    ROOM_CLOSED = "room closed"
    ROBOT_REMOVED = "robot removed"
    ROBOT_EXPIRED = "robot expired"
    ACCOUNT_BLOCKED = "account blocked"


@frozen(kw_only=True)
class Left(Change):
    """
    An account left on one device.

    Args:
        presence: The device, with tags and tag expression.
        profile: What the account showed in the room.
        role: Its role.
        reason: Why.
        still_inside: Whether it is in the room on another device; the room is not told then.
    """

    presence: Presence
    profile: Profile
    role: RoleType
    reason: LeaveReason
    still_inside: bool = False

    _notice = NotificationType.MEMBER_EXIT


@frozen(kw_only=True)
class Kicked(Change):
    """
    An account was removed; `Left` follows for each of its devices.

    Args:
        role: Its role.
    """

    role: RoleType

    _notice = NotificationType.MEMBER_KICKED


@frozen(kw_only=True)
class RoleChanged(Change):
    """
    A role or restriction was set or lifted.

    Args:
        opt: Which one.
        granted: Whether it was set.
        role: What the member is now.
    """

    opt: RoleOpt
    granted: bool
    role: RoleType

    @property
    def notice(self) -> NotificationType:
        """Return 303 to 310."""
        return _ROLE_NOTICES[self.opt, self.granted]


@frozen(kw_only=True)
class ProfileChanged(Change):
    """
    A member changed what it shows in the room.

    Args:
        profile: What it shows now.
    """

    profile: Profile

    _notice = NotificationType.MEMBER_INFO_UPDATED


@frozen(kw_only=True)
class TagsChanged(Change):
    """
    The tags of a member changed.

    Args:
        presences: Its devices, with the new tags.
    """

    presences: tuple[Presence, ...]

    _notice = NotificationType.TAGS_UPDATED


@frozen(kw_only=True)
class MemberMuted(Change):
    """
    A temporary mute was set or lifted.

    Args:
        seconds: Its length; what was left where it was lifted.
        lifted: Whether it was lifted.
    """

    seconds: int
    lifted: bool

    @property
    def notice(self) -> NotificationType:
        """Return 314 or 315."""
        if self.lifted:
            return NotificationType.TEMP_MUTE_REMOVE
        return NotificationType.TEMP_MUTE_ADD

    @property
    def data(self) -> Mapping[str, Any]:
        """How long."""
        return {"muteDuration": self.seconds}


@frozen(kw_only=True)
class TagMuted(Change):
    """
    The members with a tag were muted for a time, or that was lifted.

    Args:
        tag: The tag.
        seconds: The length; what was left where it was lifted.
        lifted: Whether it was lifted.
    """

    tag: str
    seconds: int
    lifted: bool

    @property
    def notice(self) -> NotificationType:
        """Return 321 or 322."""
        if self.lifted:
            return NotificationType.TAG_TEMP_MUTE_REMOVE
        return NotificationType.TAG_TEMP_MUTE_ADD

    @property
    def data(self) -> Mapping[str, Any]:
        """How long, and which tag."""
        return {"muteDuration": self.seconds, "targetTag": self.tag}


@frozen(kw_only=True)
class RoomMuted(Change):
    """
    The whole room was muted, or that was lifted.

    Args:
        lifted: Whether it was lifted.
    """

    lifted: bool

    @property
    def notice(self) -> NotificationType:
        """Return 318 or 319."""
        return NotificationType.ROOM_UNMUTED if self.lifted else NotificationType.ROOM_MUTED


@frozen(kw_only=True)
class RoomUpdated(Change):
    """What a room says of itself changed, or its timed closing, or whether entries are told."""

    _notice = NotificationType.ROOM_INFO_UPDATED


@frozen(kw_only=True)
class RoomClosed(Change):
    """A room was closed; `Left` follows for everybody in it."""

    _notice = NotificationType.ROOM_CLOSED


@frozen(kw_only=True)
class RoomOpened(Change):
    """A closed room was opened again."""


class QueueChangeKind(StrEnum):
    """What was done to a queue, as notifications spell it."""

    INIT = "INIT"
    OFFER = "OFFER"
    BATCH_OFFER = "BATCH_OFFER"  # as the other batch names, not confirmed
    BATCH_UPDATE = "BATCH_UPDATE"
    POLL = "POLL"
    DROP = "DROP"
    PART_CLEAR = "PARTCLEAR"  # transient elements went with their owner


_QUEUE_NOTICES = {
    QueueChangeKind.OFFER: NotificationType.QUEUE_CHANGED,
    QueueChangeKind.POLL: NotificationType.QUEUE_CHANGED,
    QueueChangeKind.DROP: NotificationType.QUEUE_CHANGED,
    QueueChangeKind.BATCH_OFFER: NotificationType.QUEUE_BATCH_OFFER,
    QueueChangeKind.BATCH_UPDATE: NotificationType.QUEUE_BATCH_CHANGED,
    QueueChangeKind.PART_CLEAR: NotificationType.QUEUE_BATCH_CHANGED,
}


@frozen(kw_only=True)
class QueueChanged(Change):
    """
    The queue of a room changed.

    Args:
        kind: What was done.
        elements: Those added, changed or taken out.
        replaced: Keys of those that were there before.
        by_server: Whether the server API did it.
    """

    kind: QueueChangeKind
    elements: tuple[Element, ...] = ()
    replaced: frozenset[str] = frozenset()
    by_server: bool = True

    @property
    def notice(self) -> NotificationType | None:
        """Return 317, 320 or 324; setting a queue up has none."""
        return _QUEUE_NOTICES.get(self.kind)

    @property
    def data(self) -> Mapping[str, Any]:
        """What was done, to which elements."""
        change = {"_e": self.kind.value}
        if self.kind in {QueueChangeKind.OFFER, QueueChangeKind.POLL}:
            change |= {"key": self.elements[0].key, "content": self.elements[0].value}
        elif self.kind is not QueueChangeKind.DROP:
            change["content"] = compact({e.key: e.value for e in self.elements})
        return {"queueChange": compact(change)}
