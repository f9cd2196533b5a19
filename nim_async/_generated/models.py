"""
Enumerations and reply classes.

Written by ``python -m nim_async._codegen``; do not edit.
"""

# NetEase Yunxin IM server API v1, chatroom part. Facts gathered from the official tutorial,
# reference pages and server SDKs and from recorded replies; labels under sources. Collected
# 2026-11-23.

# NetEase Yunxin IM server API v1, account part. Facts gathered from the official reference pages
# and server SDKs and from recorded replies; labels under sources. Collected 2026-11-26.
# Spec: sha256 6a631fd30abfcb77a354f37f5ba2b58c592e6b8f60a4880092eab44d07cb1ef4
from __future__ import annotations

from typing import Any

from attrs import field, frozen

from nim_async._core.model import OpenIntEnum, OpenStrEnum, Reply, Value
from nim_async._core.operation import Body, Json


__all__ = [
    "Account",
    "Ack",
    "Addresses",
    "BatchMessage",
    "BatchSent",
    "ClientPlatform",
    "ClientType",
    "DelayClose",
    "DelayClosePolicy",
    "Gender",
    "History",
    "HistoryMessage",
    "HistoryOrder",
    "Login",
    "Member",
    "MemberKind",
    "MemberRole",
    "Members",
    "MessageItem",
    "MessageType",
    "ModuleMutes",
    "Mute",
    "NotificationType",
    "OnlineStatus",
    "Profile",
    "Profiles",
    "Queue",
    "QueueBatchOffer",
    "QueueBatchUpdate",
    "QueueChange",
    "QueueElement",
    "QueueItem",
    "QueueLevel",
    "RankOrder",
    "RankPeriod",
    "Robots",
    "RobotsCleaned",
    "RoleOpt",
    "RoleType",
    "Room",
    "RoomActivity",
    "RoomIds",
    "RoomMute",
    "RoomRanking",
    "Rooms",
    "SendFailure",
    "SendSuccess",
    "SentMessage",
    "ServiceCode",
    "TagCount",
]


class ClientPlatform(OpenIntEnum):
    """What kind of program an account uses."""

    AOS = 1
    """Android."""
    IOS = 2
    """iOS."""
    PC = 4
    """Windows."""
    WINPHONE = 8
    """Windows Phone."""
    WEB = 16
    """Web and mini programs."""
    REST = 32
    """Server API."""
    MAC = 64
    """macOS."""
    HARMONY = 65
    """HarmonyOS; may also be 128."""
    HARMONY_NODE = 128
    """HarmonyOS; see ``HARMONY``."""


class ClientType(OpenIntEnum):
    """What kind of client asks for the addresses of a room."""

    WEB = 1
    """Web clients."""
    COMMON = 2
    """Other clients."""
    WECHAT = 3
    """WeChat mini programs."""


class DelayClosePolicy(OpenIntEnum):
    """When a room is closed by itself."""

    NONE = 0
    """No timed closing."""
    FIXED_TIME = 1
    """Close a fixed time after the timer starts, even if people are inside."""
    WHEN_EMPTY = 2
    """Close once the room has been empty for the given time."""


class Gender(OpenIntEnum):
    """The gender in the profile of an account."""

    UNKNOWN = 0
    """Unknown."""
    MALE = 1
    """Male."""
    FEMALE = 2
    """Female."""


class HistoryOrder(OpenIntEnum):
    """In which order stored messages are returned."""

    OLDEST_FIRST = 1
    """Oldest first."""
    NEWEST_FIRST = 2
    """Newest first."""


class MemberKind(OpenIntEnum):
    """Which members of a room to list."""

    FIXED = 0
    """Fixed members."""
    TEMPORARY = 1
    """Non-fixed members, of whom only those online exist."""
    FIXED_ONLINE = 2
    """Fixed members that are online."""


class MessageType(OpenIntEnum):
    """What a message is."""

    TEXT = 0
    """Plain text."""
    PICTURE = 1
    """Picture."""
    AUDIO = 2
    """Voice."""
    VIDEO = 3
    """Video."""
    LOCATION = 4
    """Geographic position."""
    NOTIFICATION = 5
    """Notification, made by the service only; `NotificationType` says what it is about."""
    FILE = 6
    """Any file."""
    TIPS = 10
    """
    Hint shown in the list of messages; its text is in the content or the extension, by convention
    of the app.
    """
    ROBOT = 11
    """Message of a robot of old client SDKs, as a filter of history queries; cannot be sent."""
    CUSTOM = 100
    """Defined by the app."""


class NotificationType(OpenIntEnum):
    """What a notification (a message of type 5) is about; the ``id`` inside its body."""

    MEMBER_ENTER = 301
    """Member entered."""
    MEMBER_EXIT = 302
    """Member left."""
    BLACKLIST_ADD = 303
    """Put on the blacklist."""
    BLACKLIST_REMOVE = 304
    """Taken off the blacklist."""
    MUTE_ADD = 305
    """Put on the mute list."""
    MUTE_REMOVE = 306
    """Taken off the mute list."""
    MANAGER_ADD = 307
    """Made manager."""
    MANAGER_REMOVE = 308
    """No longer manager."""
    COMMON_ADD = 309
    """Made fixed common member."""
    COMMON_REMOVE = 310
    """No longer fixed member."""
    ROOM_CLOSED = 311
    """Room was closed."""
    ROOM_INFO_UPDATED = 312
    """Room data changed."""
    MEMBER_KICKED = 313
    """Member was kicked."""
    TEMP_MUTE_ADD = 314
    """Temporary mute set."""
    TEMP_MUTE_REMOVE = 315
    """Temporary mute lifted by hand."""
    MEMBER_INFO_UPDATED = 316
    """Member changed nick, avatar or ext in the room."""
    QUEUE_CHANGED = 317
    """Queue changed."""
    ROOM_MUTED = 318
    """Whole room muted."""
    ROOM_UNMUTED = 319
    """Whole room unmuted."""
    QUEUE_BATCH_CHANGED = 320
    """Queue elements removed because their owner left or dropped off."""
    TAG_TEMP_MUTE_ADD = 321
    """Members with a tag muted."""
    TAG_TEMP_MUTE_REMOVE = 322
    """Tag mute lifted."""
    MESSAGE_RECALLED = 323
    """Message recalled."""
    QUEUE_BATCH_OFFER = 324
    """Several queue elements added."""
    TAGS_UPDATED = 325
    """Tags of a member changed."""
    MEMBER_ROLE_UPDATED = 326
    """Role of a member changed; sent in addition to 307 to 310."""


class QueueLevel(OpenIntEnum):
    """Who may change the ordered queue of a room."""

    EVERYBODY = 0
    """Any member may change the queue."""
    MANAGERS = 1
    """Only the creator and the managers may change it."""


class RankOrder(OpenStrEnum):
    """By what rooms are ranked."""

    ACTIVE = "active"
    """Active users."""
    ENTER = "enter"
    """Entries."""
    MESSAGE = "message"
    """Messages."""


class RankPeriod(OpenStrEnum):
    """The length of the period that rooms are ranked over."""

    HOUR = "hour"
    """One hour."""
    DAY = "day"
    """One day."""


class RoleOpt(OpenIntEnum):
    """Which role or restriction is set or lifted."""

    MANAGER = 1
    """Manager; the operator must be the creator."""
    COMMON = 2
    """Ordinary fixed member."""
    BLACKLIST = -1
    """Block-listed."""
    MUTE = -2
    """Muted."""


class RoleType(OpenStrEnum):
    """What a member is in a room."""

    UNSET = "UNSET"
    """Not set."""
    LIMITED = "LIMITED"
    """Restricted: block-listed and/or muted."""
    COMMON = "COMMON"
    """Ordinary fixed member."""
    CREATOR = "CREATOR"
    """Creator."""
    MANAGER = "MANAGER"
    """Manager."""
    TEMPORARY = "TEMPORARY"
    """Temporary, not a fixed member."""
    ANONYMOUS = "ANONYMOUS"
    """Anonymous, account not registered."""

    @classmethod
    def _numbers(cls) -> dict[int, str]:
        return {-1: "LIMITED", 0: "COMMON", 1: "CREATOR", 2: "MANAGER", 3: "TEMPORARY", 4: "ANONYMOUS"}


class ServiceCode(OpenIntEnum):
    """What the ``code`` of a reply means; 200 is success."""

    OK = 200
    """Success."""
    CLIENT_VERSION_MISMATCH = 201
    """Client SDK version not accepted."""
    BANNED = 301
    """Account is banned."""
    WRONG_CREDENTIALS = 302
    """Wrong account or password (token); a wrong checksum gives 414."""
    IP_RESTRICTED = 315
    """Caller address is not allowed."""
    FORBIDDEN = 403
    """
    Not allowed: the operator lacks the role, the feature is not enabled for the app, the app is in
    another region, too many high-priority messages with the flag that forbids them, a transient
    queue element of an operator who is not in the room, or a sender that a third-party callback
    refused.
    """
    NOT_FOUND = 404
    """The room, account or queue element does not exist."""
    PARAM_TOO_LONG = 405
    """Parameter too long."""
    READ_ONLY = 406
    """Object is read-only or not modified."""
    REQUEST_TIMEOUT = 408
    """Client request timed out."""
    VERIFY_FAILED = 413
    """Verification code wrong (SMS product)."""
    PARAM_ERROR = 414
    """
    Parameter error. Also every failure of signing: a wrong checksum, a time outside the window, a
    missing or unknown app_key.
    """
    CLIENT_NETWORK_ERROR = 415
    """Client network problem."""
    RATE_LIMITED = 416
    """
    Called too often. The operation is then closed for the app: as a rule for 10 s, ``broadcast``
    and ``query_chatroom_msg`` for 1 min.
    """
    REPEATED_OPERATION = 417
    """The state asked for is already there (room already open, role already set, already muted)."""
    CHANNEL_UNAVAILABLE = 418
    """Channel not available (SMS product)."""
    QUOTA_EXCEEDED = 419
    """A number is over its limit (rooms, robots, list length)."""
    ACCOUNT_DISABLED = 422
    """Account is disabled."""
    ACCOUNT_MUTED = 423
    """Account is muted (app-wide)."""
    DUPLICATE_REQUEST = 431
    """The service has seen this request already, by its request id."""
    SERVER_ERROR = 500
    """Internal server error."""
    SERVER_DATA_ERROR = 501
    """Server data error."""
    SERVER_BUSY = 503
    """Server busy."""
    RECALL_TIME_EXCEEDED = 508
    """Message is too old to be recalled."""
    PROTOCOL_INVALID = 509
    """Invalid protocol."""
    SERVICE_UNAVAILABLE = 514
    """Service not available."""
    TEAM_MEMBER_LIMIT = 801
    """Team has too many members."""
    TEAM_NO_PERMISSION = 802
    """No permission in the team."""
    TEAM_NOT_EXIST = 803
    """Team does not exist."""
    NOT_IN_TEAM = 804
    """Account is not in the team."""
    TEAM_TYPE_MISMATCH = 805
    """Team type does not fit."""
    TEAM_CREATE_LIMIT = 806
    """Too many teams created or joined."""
    TEAM_MEMBER_STATE = 807
    """Member state does not allow it."""
    TEAM_APPLY_OK = 808
    """Application handed in."""
    ALREADY_IN_TEAM = 809
    """Already in the team."""
    TEAM_INVITE_OK = 810
    """Invitation sent."""
    TEAM_FORCE_PUSH_LIMIT = 811
    """Too many accounts in the forced-push (mention) list."""
    TEAM_MUTED = 812
    """Team is muted."""
    TEAM_PARTIAL_OK = 813
    """Some of the invited teams or members failed."""
    TEAM_READ_RECEIPT_OFF = 814
    """Read receipts are not allowed."""
    TEAM_MANAGER_LIMIT = 815
    """Too many managers."""
    TEAM_PARTIAL_QUERY = 816
    """Part of a batch query failed."""
    PROTOCOL_OUTDATED = 997
    """Protocol no longer valid."""
    UNPACK_ERROR = 998
    """Packet could not be decoded."""
    PACK_ERROR = 999
    """Packet could not be encoded."""
    BLOCKED_BY_PEER = 7101
    """The receiver has put the sender on the blacklist (message between two users)."""
    CALL_CHANNEL_INVALID = 9102
    """Call channel no longer valid."""
    CALL_ANSWERED_ELSEWHERE = 9103
    """Call answered on another device."""
    SIGNAL_PEER_OFFLINE = 10201
    """Signalling: peer is offline (invitation kept or pushed)."""
    SIGNAL_PUSH_UNREACHABLE = 10202
    """Signalling: push does not reach the peer."""
    SIGNAL_CHANNEL_NOT_EXIST = 10404
    """Signalling: channel does not exist."""
    SIGNAL_CHANNEL_EXISTS = 10405
    """Signalling: channel exists already."""
    SIGNAL_NOT_IN_CHANNEL = 10406
    """Signalling: not a channel member."""
    SIGNAL_ALREADY_IN_CHANNEL = 10407
    """Signalling: already in the channel."""
    SIGNAL_INVITE_NOT_EXIST = 10408
    """Signalling: invitation does not exist or is over."""
    SIGNAL_INVITE_REJECTED = 10409
    """Signalling: invitation was rejected."""
    SIGNAL_INVITE_ACCEPTED = 10410
    """Signalling: invitation was accepted."""
    SIGNAL_UID_CONFLICT = 10417
    """Signalling: uid conflict."""
    SIGNAL_MEMBER_LIMIT = 10419
    """Signalling: channel is full."""
    SIGNAL_IN_CHANNEL_OTHER_DEVICE = 10420
    """Signalling: already in the channel on another device."""
    EMAIL_INVALID = 10431
    """E-mail address is not valid."""
    MOBILE_INVALID = 10432
    """Mobile number is not valid."""
    PASSWORD_MISMATCH = 10433
    """The two passwords differ."""
    ENTERPRISE_NOT_EXIST = 10434
    """Enterprise does not exist."""
    LOGIN_FAILED = 10435
    """Wrong login name or password."""
    APP_NOT_EXIST = 10436
    """App does not exist."""
    EMAIL_REGISTERED = 10437
    """E-mail address is registered already."""
    MOBILE_REGISTERED = 10438
    """Mobile number is registered already."""
    APP_NAME_EXISTS = 10441
    """App name exists already."""
    CALL_UNREACHABLE = 11001
    """Called party cannot be reached."""
    CHATROOM_IM_LINK_ERROR = 13001
    """The account's connection to the IM service is not in order; it must be logged in."""
    CHATROOM_STATE_ERROR = 13002
    """The state of the room does not allow it (closed, or not valid)."""
    CHATROOM_BLACKLISTED = 13003
    """Account is on the blacklist of the room; entering (or adding as robot) refused."""
    CHATROOM_MUTED = 13004
    """Account is on the mute list of the room; it may not speak."""
    CHATROOM_PROFILE_ANTISPAM = 13005
    """Nick, avatar or extension of the member was hit by the antispam check on entering."""
    CHATROOM_ALL_MUTED = 13006
    """The whole room is muted; only creator and managers may speak."""


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Account(Reply):
    """
    An account and its static login token.

    Attributes:
        accid: Account id as stored, in lower case.
        token: Static login token now in force.
        name: Nick; empty when none was given.
    """

    accid: str = field(metadata={"wire": "accid"})
    token: str = field(metadata={"wire": "token", "secret": True})
    name: str | None = field(default=None, metadata={"wire": "name"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Ack(Reply):
    """The service did as asked and says nothing more."""

    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Addresses(Reply):
    """
    Where a client can reach a room.

    Attributes:
        addr: Addresses as ``host:port``; their order promises nothing; never missing.
    """

    addr: tuple[str, ...] = field(metadata={"wire": "addr", "needed": True})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class BatchMessage(Reply):
    """
    A message of a batch as the service accepted it.

    Attributes:
        time: Time of the message in milliseconds.
        from_avatar: Avatar of the sender (wire ``fromAvator``).
        msg_id_client: The ``msg_id`` of the message (wire ``msgid_client``).
        from_client_type: ``REST`` for messages sent by way of this API (wire ``fromClientType``).
        attach: Content of the message as sent.
        room_id: Room id (wire ``roomId``).
        from_account: accid of the sender (wire ``fromAccount``).
        from_nick: Nick of the sender (wire ``fromNick``).
        type: Type of the message.
        ext: Extension of the message.
        high_priority_flag: 1 when handled as high priority; ``None`` otherwise (wire
            ``highPriorityFlag``).
        msg_abandon_flag: 1 when the message was dropped because of ``abandon_ratio``; ``None`` when
            it was kept (wire ``msgAbandonFlag``).
    """

    time: int | None = field(default=None, metadata={"wire": "time"})
    from_avatar: str | None = field(default=None, metadata={"wire": "fromAvator"})
    msg_id_client: str | None = field(default=None, metadata={"wire": "msgid_client"})
    from_client_type: str | None = field(default=None, metadata={"wire": "fromClientType"})
    attach: str | None = field(default=None, metadata={"wire": "attach"})
    room_id: int | None = field(default=None, metadata={"wire": "roomId"})
    from_account: str | None = field(default=None, metadata={"wire": "fromAccount"})
    from_nick: str | None = field(default=None, metadata={"wire": "fromNick"})
    type: MessageType | None = field(default=None, metadata={"wire": "type"})
    ext: str | None = field(default=None, metadata={"wire": "ext"})
    high_priority_flag: int | None = field(default=None, metadata={"wire": "highPriorityFlag"})
    msg_abandon_flag: int | None = field(default=None, metadata={"wire": "msgAbandonFlag"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class DelayClose(Reply):
    """
    The timed closing of a room.

    Attributes:
        delay_close_enable: Timed closing is on (wire ``delayCloseEnable``).
        delay_close_policy: When the room is closed (wire ``delayClosePolicy``).
        delay_seconds: Length of the timer in seconds (wire ``delaySeconds``).
        status: State of the timer; its values are not documented.
        start_time: When the timer started, milliseconds (wire ``startTime``).
    """

    delay_close_enable: bool = field(metadata={"wire": "delayCloseEnable"})
    delay_close_policy: int = field(metadata={"wire": "delayClosePolicy"})
    delay_seconds: int = field(metadata={"wire": "delaySeconds"})
    status: int = field(metadata={"wire": "status"})
    start_time: int | None = field(default=None, metadata={"wire": "startTime"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class HistoryMessage(Reply):
    """
    A stored message.

    Attributes:
        from_accid: accid of the sender (wire ``from``).
        msg_id: Id that the message was sent with (wire ``msgid``).
        send_time: Time of the message in milliseconds (wire ``sendtime``).
        type: Type of the message.
        from_client_type: Kind of program it was sent with (wire ``fromclienttype``).
        body: Content: an object for most types.
    """

    from_accid: str = field(metadata={"wire": "from"})
    msg_id: str = field(metadata={"wire": "msgid"})
    send_time: int = field(metadata={"wire": "sendtime"})
    type: MessageType = field(metadata={"wire": "type"})
    from_client_type: ClientPlatform = field(metadata={"wire": "fromclienttype"})
    body: Any = field(default=None, metadata={"wire": "body"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Login(Reply):
    """
    A client that an account is logged in on.

    Attributes:
        login_time: Time of the login, milliseconds (wire ``loginTime``).
        client_type: Kind of client (wire ``clientType``).
    """

    login_time: int = field(metadata={"wire": "loginTime"})
    client_type: ClientPlatform = field(metadata={"wire": "clientType"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Member(Reply):
    """
    A member of a room.

    Attributes:
        room_id: Room id (wire ``roomid``).
        accid: Member account.
        nick: Name used in the room.
        avatar: Avatar used in the room (wire ``avator``).
        ext: Extension text.
        type: Role in the room.
        level: Member level; ``None`` when never set.
        online_stat: Online now (wire ``onlineStat``).
        enter_time: Time of entry in milliseconds; may be missing for members who are not online
            (wire ``enterTime``).
        blacklisted: On the block list; ``None`` means no.
        muted: Muted for good; ``None`` means no.
        temp_muted: Muted for a time; ``None`` means no (wire ``tempMuted``).
        temp_mute_ttl: Seconds left of the temporary mute (wire ``tempMuteTtl``).
        is_robot: Is a robot of the room; ``None`` means no (wire ``isRobot``).
        robot_expire_at: Seconds until the robot leaves; only for robots (wire ``robotExpirAt``).
        tags: Tags of the member.
        notify_target_tags: Tag expression of the member (wire ``notifyTargetTags``).
    """

    room_id: int = field(metadata={"wire": "roomid"})
    accid: str = field(metadata={"wire": "accid"})
    nick: str | None = field(default=None, metadata={"wire": "nick"})
    avatar: str | None = field(default=None, metadata={"wire": "avator"})
    ext: str | None = field(default=None, metadata={"wire": "ext"})
    type: RoleType = field(metadata={"wire": "type"})
    level: int | None = field(default=None, metadata={"wire": "level"})
    online_stat: bool = field(metadata={"wire": "onlineStat"})
    enter_time: int | None = field(default=None, metadata={"wire": "enterTime"})
    blacklisted: bool | None = field(default=None, metadata={"wire": "blacklisted"})
    muted: bool | None = field(default=None, metadata={"wire": "muted"})
    temp_muted: bool | None = field(default=None, metadata={"wire": "tempMuted"})
    temp_mute_ttl: int | None = field(default=None, metadata={"wire": "tempMuteTtl"})
    is_robot: bool | None = field(default=None, metadata={"wire": "isRobot"})
    robot_expire_at: int | None = field(default=None, metadata={"wire": "robotExpirAt"})
    tags: tuple[str, ...] | None = field(default=None, metadata={"wire": "tags"})
    notify_target_tags: str | None = field(default=None, metadata={"wire": "notifyTargetTags"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class MemberRole(Reply):
    """
    The role of a member after a change.

    Attributes:
        room_id: Room id (wire ``roomid``).
        level: Member level.
        accid: Account whose role changed.
        type: Resulting role.
        valid: Rarely sent, and not documented.
    """

    room_id: int = field(metadata={"wire": "roomid"})
    level: int = field(metadata={"wire": "level"})
    accid: str = field(metadata={"wire": "accid"})
    type: RoleType = field(metadata={"wire": "type"})
    valid: bool | None = field(default=None, metadata={"wire": "valid"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Members(Reply):
    """
    Members of a room.

    Attributes:
        data: The members; never missing.
    """

    data: tuple[Member, ...] = field(metadata={"wire": "data", "needed": True})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class ModuleMutes(Reply):
    """
    In which modules an account is muted.

    Attributes:
        mute_p2p: Muted in one-to-one chats (wire ``muteP2P``).
        mute_team: Muted in teams (wire ``muteTeam``).
        mute_room: Muted in chatrooms, all of the app (wire ``muteRoom``).
        mute_qchat: Muted in QChat, chats of servers and channels (wire ``muteQChat``).
    """

    mute_p2p: bool | None = field(default=None, metadata={"wire": "muteP2P"})
    mute_team: bool | None = field(default=None, metadata={"wire": "muteTeam"})
    mute_room: bool | None = field(default=None, metadata={"wire": "muteRoom"})
    mute_qchat: bool | None = field(default=None, metadata={"wire": "muteQChat"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Mute(Reply):
    """
    A temporary mute.

    Attributes:
        mute_duration: Seconds in force; after lifting, those that were left (wire
            ``muteDuration``).
    """

    mute_duration: int = field(metadata={"wire": "muteDuration"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class OnlineStatus(Reply):
    """
    Who of the accounts asked for is online, and on what.

    Attributes:
        invalid_accids: Accounts asked for that do not exist (wire ``invalidAccids``).
        status: Logins by account id, of accounts that are online alone; one for each client.
    """

    invalid_accids: tuple[str, ...] | None = field(default=None, metadata={"wire": "invalidAccids"})
    status: dict[str, tuple[Login, ...]] | None = field(default=None, metadata={"wire": "status"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Profile(Reply):
    """
    The profile of an account.

    Attributes:
        accid: Account id.
        name: Nick.
        icon: Address of the picture.
        sign: Signature line.
        email: E-mail address.
        birth: Birthday as text.
        mobile: Phone number.
        ex: Extension text.
        gender: Gender.
        valid: Whether the account is valid; false for one that is blocked.
        mute: Muted in the whole app.
        mute_p2p: Muted in one-to-one chats (wire ``muteP2P``).
        mute_team: Muted in teams (wire ``muteTeam``).
        mute_room: Muted in chatrooms, all of the app (wire ``muteRoom``).
        mute_qchat: Muted in QChat, chats of servers and channels (wire ``muteQChat``).
    """

    accid: str = field(metadata={"wire": "accid"})
    name: str | None = field(default=None, metadata={"wire": "name"})
    icon: str | None = field(default=None, metadata={"wire": "icon"})
    sign: str | None = field(default=None, metadata={"wire": "sign"})
    email: str | None = field(default=None, metadata={"wire": "email"})
    birth: str | None = field(default=None, metadata={"wire": "birth"})
    mobile: str | None = field(default=None, metadata={"wire": "mobile"})
    ex: str | None = field(default=None, metadata={"wire": "ex"})
    gender: Gender | None = field(default=None, metadata={"wire": "gender"})
    valid: bool | None = field(default=None, metadata={"wire": "valid"})
    mute: bool | None = field(default=None, metadata={"wire": "mute"})
    mute_p2p: bool | None = field(default=None, metadata={"wire": "muteP2P"})
    mute_team: bool | None = field(default=None, metadata={"wire": "muteTeam"})
    mute_room: bool | None = field(default=None, metadata={"wire": "muteRoom"})
    mute_qchat: bool | None = field(default=None, metadata={"wire": "muteQChat"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Profiles(Reply):
    """
    Profiles of accounts.

    Attributes:
        uinfos: Profiles found; never missing.
    """

    uinfos: tuple[Profile, ...] = field(metadata={"wire": "uinfos", "needed": True})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class QueueBatchOffer(Reply):
    """
    What became of the elements offered together.

    Attributes:
        failed_keys: Keys that were not added (wire ``failedKeys``).
        high_priority: Whether the notification went out with high priority (wire ``highPriority``).
    """

    failed_keys: tuple[str, ...] | None = field(default=None, metadata={"wire": "failedKeys"})
    high_priority: bool | None = field(default=None, metadata={"wire": "highPriority"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class QueueBatchUpdate(Reply):
    """
    What became of the elements updated together.

    Attributes:
        no_exist_element_key: Keys that are not in the queue, and so were not updated (wire
            ``noExistElementKey``).
        high_priority: Whether the notification went out with high priority (wire ``highPriority``).
    """

    no_exist_element_key: tuple[str, ...] = field(metadata={"wire": "noExistElementKey"})
    high_priority: bool | None = field(default=None, metadata={"wire": "highPriority"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class QueueChange(Reply):
    """
    The ordered queue was changed.

    Attributes:
        high_priority: Whether the notification went out with high priority (wire ``highPriority``).
    """

    high_priority: bool | None = field(default=None, metadata={"wire": "highPriority"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class QueueElement(Reply):
    """
    An element of the ordered queue.

    Attributes:
        key: Key of the element; never missing.
        value: Value of the element; never missing.
        high_priority: Whether the notification went out with high priority (wire ``highPriority``).
    """

    key: str = field(metadata={"wire": "key", "needed": True})
    value: str = field(metadata={"wire": "value", "needed": True})
    high_priority: bool | None = field(default=None, metadata={"wire": "highPriority"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Robots(Reply):
    """
    What became of each robot named.

    Attributes:
        fail_accids: Accounts that could not be added, or removed (wire ``failAccids``).
        success_accids: Accounts that were added, or removed (wire ``successAccids``).
        old_accids: Accounts that were robots of the room already (wire ``oldAccids``).
    """

    fail_accids: tuple[str, ...] = field(metadata={"wire": "failAccids"})
    success_accids: tuple[str, ...] = field(metadata={"wire": "successAccids"})
    old_accids: tuple[str, ...] | None = field(default=None, metadata={"wire": "oldAccids"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class RobotsCleaned(Reply):
    """
    How many robots left the room.

    Attributes:
        size: How many robots were removed.
    """

    size: int = field(metadata={"wire": "size"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class RoomActivity(Reply):
    """
    How busy a room was in a period.

    Attributes:
        active_nums: Active users (wire ``activeNums``).
        datetime: Start of the period in seconds: midnight for days, the full hour for hours.
        enter_nums: Entries (wire ``enterNums``).
        msgs: Messages.
        period: Length of the period.
        room_id: Room id (wire ``roomId``).
    """

    active_nums: int = field(metadata={"wire": "activeNums"})
    datetime: int = field(metadata={"wire": "datetime"})
    enter_nums: int = field(metadata={"wire": "enterNums"})
    msgs: int = field(metadata={"wire": "msgs"})
    period: RankPeriod | None = field(default=None, metadata={"wire": "period"})
    room_id: int = field(metadata={"wire": "roomId"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class RoomIds(Reply):
    """
    The ids of the open rooms an account created.

    Attributes:
        room_ids: Ids of the open rooms; never missing (wire ``roomids``).
    """

    room_ids: tuple[int, ...] = field(metadata={"wire": "roomids", "needed": True})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class RoomMute(Reply):
    """
    The mute of a whole room was switched.

    Attributes:
        success: Whether it was done.
    """

    success: bool = field(metadata={"wire": "success"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class SendFailure(Reply):
    """
    A message of a batch that was refused.

    Attributes:
        msg_id: Id of the message (wire ``msgId``).
        reason: Why it was refused.
    """

    msg_id: str = field(metadata={"wire": "msgId"})
    reason: str = field(metadata={"wire": "reason"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class SendSuccess(Reply):
    """
    A message of a batch that was accepted.

    Attributes:
        msg_id: Id of the message (wire ``msgId``).
        message: The message as accepted.
    """

    msg_id: str = field(metadata={"wire": "msgId"})
    message: BatchMessage = field(metadata={"wire": "message"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class SentMessage(Reply):
    """
    A message the service accepted, which does not mean that every member saw it.

    Attributes:
        time: Time of the message in milliseconds.
        from_avatar: Avatar of the sender (wire ``fromAvator``).
        msg_id_client: The ``msg_id`` of the message (wire ``msgid_client``).
        from_client_type: ``REST`` for messages sent by way of this API (wire ``fromClientType``).
        attach: Content of the message as sent.
        room_id: Room id (wire ``roomId``).
        from_account: accid of the sender (wire ``fromAccount``).
        from_nick: Nick of the sender (wire ``fromNick``).
        type: Type of the message.
        ext: Extension of the message.
        high_priority_flag: 1 when handled as high priority; ``None`` otherwise (wire
            ``highPriorityFlag``).
        msg_abandon_flag: 1 when the message was dropped because of ``abandon_ratio``; ``None`` when
            it was kept (wire ``msgAbandonFlag``).
    """

    time: int = field(metadata={"wire": "time"})
    from_avatar: str | None = field(default=None, metadata={"wire": "fromAvator"})
    msg_id_client: str = field(metadata={"wire": "msgid_client"})
    from_client_type: str = field(metadata={"wire": "fromClientType"})
    attach: str = field(metadata={"wire": "attach"})
    room_id: int | None = field(default=None, metadata={"wire": "roomId"})
    from_account: str = field(metadata={"wire": "fromAccount"})
    from_nick: str | None = field(default=None, metadata={"wire": "fromNick"})
    type: MessageType = field(metadata={"wire": "type"})
    ext: str | None = field(default=None, metadata={"wire": "ext"})
    high_priority_flag: int | None = field(default=None, metadata={"wire": "highPriorityFlag"})
    msg_abandon_flag: int | None = field(default=None, metadata={"wire": "msgAbandonFlag"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class TagCount(Reply):
    """
    How many online accounts carry a tag.

    Attributes:
        tag: The tag asked for.
        online_user_count: Accounts online; one on several devices counts once (wire
            ``onlineUserCount``).
    """

    tag: str = field(metadata={"wire": "tag"})
    online_user_count: int = field(metadata={"wire": "onlineUserCount"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class BatchSent(Reply):
    """
    What became of each message of a batch; look at both lists, since the call succeeds either way.

    Attributes:
        success: Messages that were accepted.
        fail: Messages that were refused, with the reason.
    """

    success: tuple[SendSuccess, ...] = field(metadata={"wire": "success", "pair": ("msgId", "message")})
    fail: tuple[SendFailure, ...] = field(metadata={"wire": "fail", "pair": ("msgId", "reason")})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class History(Reply):
    """
    Stored messages of a room.

    Attributes:
        size: Number of messages.
        msgs: Messages; never missing.
    """

    size: int | None = field(default=None, metadata={"wire": "size"})
    msgs: tuple[HistoryMessage, ...] = field(metadata={"wire": "msgs", "needed": True})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Queue(Reply):
    """
    Elements of the ordered queue of a room.

    Attributes:
        elements: Elements in the order of the queue; never missing (wire ``list``).
    """

    elements: tuple[QueueElement, ...] = field(default=(), metadata={"wire": "list", "pair": ("key", "value"), "needed": True})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Room(Reply):
    """
    A chatroom.

    Attributes:
        room_id: Room id; never missing (wire ``roomid``).
        valid: Whether the room is open.
        announcement: Announcement.
        name: Room name.
        broadcast_url: Address of the live stream (wire ``broadcasturl``).
        ext: Extension text.
        creator: accid of the owner.
        queue_level: Who may change the ordered queue (wire ``queuelevel``).
        muted: Whole-room mute: only creator and managers may speak.
        delay_info: Timed closing (wire ``delayInfo``).
        online_user_count: People online, where asked for with ``need_online_user_count=True`` (wire
            ``onlineusercount``).
        io_notify: Whether members who enter and leave are announced (wire ``ionotify``).
    """

    room_id: int = field(metadata={"wire": "roomid", "needed": True})
    valid: bool = field(metadata={"wire": "valid"})
    announcement: str | None = field(default=None, metadata={"wire": "announcement"})
    name: str = field(metadata={"wire": "name"})
    broadcast_url: str | None = field(default=None, metadata={"wire": "broadcasturl"})
    ext: str | None = field(default=None, metadata={"wire": "ext"})
    creator: str = field(metadata={"wire": "creator"})
    queue_level: QueueLevel | None = field(default=None, metadata={"wire": "queuelevel"})
    muted: bool | None = field(default=None, metadata={"wire": "muted"})
    delay_info: DelayClose | None = field(default=None, metadata={"wire": "delayInfo"})
    online_user_count: int | None = field(default=None, metadata={"wire": "onlineusercount"})
    io_notify: bool | None = field(default=None, metadata={"wire": "ionotify"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class RoomRanking(Reply):
    """
    Rooms by activity, best first.

    Attributes:
        data: Rooms, best first; never missing.
    """

    data: tuple[RoomActivity, ...] = field(metadata={"wire": "data", "needed": True})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Rooms(Reply):
    """
    Rooms asked for together.

    Attributes:
        succ_rooms: Rooms found; never missing (wire ``succRooms``).
        no_exist_rooms: Ids that do not exist (wire ``noExistRooms``).
        fail_rooms: Ids whose lookup failed, for instance with an internal error (wire
            ``failRooms``).
    """

    succ_rooms: tuple[Room, ...] = field(metadata={"wire": "succRooms", "needed": True})
    no_exist_rooms: tuple[int, ...] = field(metadata={"wire": "noExistRooms"})
    fail_rooms: tuple[int, ...] = field(metadata={"wire": "failRooms"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class MessageItem(Value):
    """
    One message of a batch. Lengths count UTF-16 units.

    Args:
        msg_id: Id of the message, of your choice; receivers drop a message whose id they have seen.
            Made for you when left out (wire ``msgId``).
        msg_type: Type of the message; may be left out when a body such as `Text` is given. One of 0
            (text), 1 (picture), 2 (voice), 3 (video), 4 (location), 6 (file), 10 (tip), 100
            (custom) (wire ``msgType``).
        attach: Content: text for types 0 and 10, a JSON object for the others; or a body such as
            `Text`. At most 4096 characters.
        ext: Extension of the message; JSON is recommended. At most 4096 characters.
        sub_type: Sub type of a custom message, at least 1 (wire ``subType``).
        resend_flag: Whether this is a repeat, which the service drops if it has the ``msg_id``
            already. One of 0 (first send), 1 (repeat); 0 when left out (wire ``resendFlag``).
        loc_x: Coordinate x of the sender, for spatial messages (wire ``locX``).
        loc_y: Coordinate y of the sender, for spatial messages (wire ``locY``).
        loc_z: Coordinate z of the sender, for spatial messages (wire ``locZ``).
    """

    msg_id: str | None = field(default=None, metadata={"wire": "msgId"})
    msg_type: MessageType | int | Body | None = field(default=None, metadata={"wire": "msgType"})
    attach: Json | Body | None = field(default=None, metadata={"wire": "attach"})
    ext: Json | None = field(default=None, metadata={"wire": "ext"})
    sub_type: int | None = field(default=None, metadata={"wire": "subType"})
    resend_flag: int | None = field(default=None, metadata={"wire": "resendFlag"})
    loc_x: float | None = field(default=None, metadata={"wire": "locX"})
    loc_y: float | None = field(default=None, metadata={"wire": "locY"})
    loc_z: float | None = field(default=None, metadata={"wire": "locZ"})


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class QueueItem(Value):
    """
    One element to be offered to the ordered queue. Lengths count UTF-16 units.

    Args:
        key: Element key, at most 128 characters.
        value: Element value, at most 4096 characters.
        accid: Owner of the element; the operator when left out.
        transient: Whether to delete this element when its owner leaves; overrides ``transient`` of
            the call.
    """

    key: str = field(metadata={"wire": "key"})
    value: str = field(metadata={"wire": "value"})
    accid: str | None = field(default=None, metadata={"wire": "accid"})
    transient: bool | None = field(default=None, metadata={"wire": "transient"})
