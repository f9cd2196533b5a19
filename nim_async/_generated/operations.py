"""
The table of operations.

Written by ``python -m nim_async._codegen``; do not edit.
"""

# NetEase Yunxin IM server API v1, chatroom part. Facts gathered from the official tutorial,
# reference pages and server SDKs and from recorded replies; labels under sources. Collected
# 2026-11-23.

# NetEase Yunxin IM server API v1, account part. Facts gathered from the official reference pages
# and server SDKs and from recorded replies; labels under sources. Collected 2026-11-26.
# Spec: sha256 6a631fd30abfcb77a354f37f5ba2b58c592e6b8f60a4880092eab44d07cb1ef4
from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from nim_async._core.operation import Idempotency, Kind, Operation, Param
from nim_async._generated.models import (
    Account,
    Ack,
    Addresses,
    BatchSent,
    History,
    MemberRole,
    Members,
    ModuleMutes,
    Mute,
    OnlineStatus,
    Profiles,
    Queue,
    QueueBatchOffer,
    QueueBatchUpdate,
    QueueChange,
    QueueElement,
    Robots,
    RobotsCleaned,
    Room,
    RoomIds,
    RoomMute,
    RoomRanking,
    Rooms,
    SentMessage,
    TagCount,
)
from nim_async.config import RateLimit

if TYPE_CHECKING:
    from collections.abc import Mapping

CHATROOM_CREATE = Operation(
    path="/nimserver/chatroom/create.action",
    namespace="chatroom",
    name="create",
    summary="Create a chatroom and return its description with the new room id.",
    params=(
        Param(wire_name="creator", python_name="creator", kind=Kind.TEXT, required=True, max_length=32),
        Param(wire_name="name", python_name="name", kind=Kind.TEXT, required=True, max_length=128),
        Param(wire_name="announcement", python_name="announcement", kind=Kind.TEXT, max_length=4096),
        Param(wire_name="broadcasturl", python_name="broadcast_url", kind=Kind.TEXT, max_length=1024),
        Param(wire_name="ext", python_name="ext", kind=Kind.JSON, max_length=4096),
        Param(wire_name="queuelevel", python_name="queue_level", kind=Kind.INTEGER, choices=(0, 1,), default=0),
        Param(wire_name="bid", python_name="bid", kind=Kind.OBJECT),
        Param(wire_name="delayClosePolicy", python_name="delay_close_policy", kind=Kind.INTEGER, choices=(0, 1, 2,)),
        Param(wire_name="delaySeconds", python_name="delay_seconds", kind=Kind.INTEGER, maximum=604800, default=604800),
        Param(wire_name="inOutNotification", python_name="in_out_notification", kind=Kind.INTEGER),
    ),
    reply=Room,
    envelope="chatroom",
    idempotency=Idempotency.NON_IDEMPOTENT,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 419, 431, 500}),
    in_tutorial=True,
)

CHATROOM_GET = Operation(
    path="/nimserver/chatroom/get.action",
    namespace="chatroom",
    name="get",
    summary="Read one chatroom's description, optionally with the online count.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="needOnlineUserCount", python_name="need_online_user_count", kind=Kind.BOOLEAN, default=False),
    ),
    reply=Room,
    envelope="chatroom",
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 404, 414, 416, 431, 500}),
    in_tutorial=True,
)

CHATROOM_GET_BATCH = Operation(
    path="/nimserver/chatroom/getBatch.action",
    namespace="chatroom",
    name="get_batch",
    summary="Read up to 20 chatrooms in one call, with lists of unknown and failed ids.",
    params=(
        Param(wire_name="roomids", python_name="room_ids", kind=Kind.TEXTS, required=True, max_items=20),
        Param(wire_name="needOnlineUserCount", python_name="need_online_user_count", kind=Kind.BOOLEAN, default=False),
    ),
    reply=Rooms,
    envelope=None,
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 404, 414, 416, 431, 500}),
    in_tutorial=True,
)

CHATROOM_UPDATE = Operation(
    path="/nimserver/chatroom/update.action",
    namespace="chatroom",
    name="update",
    summary="Change the given fields of a chatroom.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="name", python_name="name", kind=Kind.TEXT, max_length=128),
        Param(wire_name="announcement", python_name="announcement", kind=Kind.TEXT, max_length=4096),
        Param(wire_name="broadcasturl", python_name="broadcast_url", kind=Kind.TEXT, max_length=1024),
        Param(wire_name="ext", python_name="ext", kind=Kind.JSON, max_length=4096),
        Param(wire_name="needNotify", python_name="need_notify", kind=Kind.BOOLEAN, default=True),
        Param(wire_name="notifyExt", python_name="notify_ext", kind=Kind.JSON, max_length=2048),
        Param(wire_name="queuelevel", python_name="queue_level", kind=Kind.INTEGER, choices=(0, 1,)),
        Param(wire_name="bid", python_name="bid", kind=Kind.OBJECT),
    ),
    reply=Room,
    envelope="chatroom",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 404, 414, 416, 431, 500, 13002}),
    in_tutorial=True,
)

CHATROOM_TOGGLE_CLOSE_STAT = Operation(
    path="/nimserver/chatroom/toggleCloseStat.action",
    namespace="chatroom",
    name="toggle_close_stat",
    summary="Open or close a chatroom, optionally setting timed closing.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="operator", python_name="operator", kind=Kind.TEXT, required=True),
        Param(wire_name="valid", python_name="valid", kind=Kind.BOOLEAN, required=True),
        Param(wire_name="delayClosePolicy", python_name="delay_close_policy", kind=Kind.INTEGER, choices=(0, 1, 2,)),
        Param(wire_name="delaySeconds", python_name="delay_seconds", kind=Kind.INTEGER, maximum=604800, default=604800),
    ),
    reply=Room,
    envelope="desc",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 404, 414, 416, 417, 419, 431, 500}),
    duplicate_is_success=True,
    in_tutorial=True,
)

CHATROOM_REQUEST_ADDR = Operation(
    path="/nimserver/chatroom/requestAddr.action",
    namespace="chatroom",
    name="request_addr",
    summary="Get the link addresses a client needs to enter a chatroom.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True),
        Param(wire_name="clienttype", python_name="client_type", kind=Kind.INTEGER, choices=(1, 2, 3,), default=1),
        Param(wire_name="clientip", python_name="client_ip", kind=Kind.TEXT),
    ),
    reply=Addresses,
    envelope=None,
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 431, 500, 514, 13002}),
    in_tutorial=True,
)

CHATROOM_QUERY_USER_ROOM_IDS = Operation(
    path="/nimserver/chatroom/queryUserRoomIds.action",
    namespace="chatroom",
    name="query_user_room_ids",
    summary="List the ids of the open chatrooms that an account created.",
    params=(
        Param(wire_name="creator", python_name="creator", kind=Kind.TEXT, required=True),
    ),
    reply=RoomIds,
    envelope="desc",
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 431, 500}),
    in_tutorial=True,
)

CHATROOM_UPDATE_DELAY_CLOSE_POLICY = Operation(
    path="/nimserver/chatroom/updateDelayClosePolicy.action",
    namespace="chatroom",
    name="update_delay_close_policy",
    summary="Set or change a room's timed closing; the timer restarts at the call.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="delayClosePolicy", python_name="delay_close_policy", kind=Kind.INTEGER, choices=(0, 1, 2,)),
        Param(wire_name="delaySeconds", python_name="delay_seconds", kind=Kind.INTEGER, maximum=604800, default=604800),
    ),
    reply=Room,
    envelope="chatroom",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
)

CHATROOM_UPDATE_IN_OUT_NOTIFICATION = Operation(
    path="/nimserver/chatroom/updateInOutNotification.action",
    namespace="chatroom",
    name="update_in_out_notification",
    summary="Switch a room's entry/exit notifications off or on.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="close", python_name="close", kind=Kind.BOOLEAN, required=True),
    ),
    reply=Ack,
    envelope=None,
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403}),
)

CHATROOM_SET_MEMBER_ROLE = Operation(
    path="/nimserver/chatroom/setMemberRole.action",
    namespace="chatroom",
    name="set_member_role",
    summary="Grant or withdraw a fixed role, block or mute for one account.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="operator", python_name="operator", kind=Kind.TEXT, required=True),
        Param(wire_name="target", python_name="target", kind=Kind.TEXT, required=True),
        Param(wire_name="opt", python_name="opt", kind=Kind.INTEGER, required=True, choices=(1, 2, -1, -2,)),
        Param(wire_name="optvalue", python_name="opt_value", kind=Kind.BOOLEAN, required=True),
        Param(wire_name="notifyExt", python_name="notify_ext", kind=Kind.JSON, max_length=2048),
    ),
    reply=MemberRole,
    envelope="desc",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 404, 414, 416, 417, 419, 431, 500, 13002}),
    in_tutorial=True,
)

CHATROOM_UPDATE_MY_ROOM_ROLE = Operation(
    path="/nimserver/chatroom/updateMyRoomRole.action",
    namespace="chatroom",
    name="update_my_room_role",
    summary="Change the nick, avatar or extension an account shows inside a room.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True),
        Param(wire_name="save", python_name="save", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="needNotify", python_name="need_notify", kind=Kind.BOOLEAN),
        Param(wire_name="notifyExt", python_name="notify_ext", kind=Kind.JSON, max_length=2048),
        Param(wire_name="nick", python_name="nick", kind=Kind.TEXT, max_length=64),
        Param(wire_name="avator", python_name="avatar", kind=Kind.TEXT),
        Param(wire_name="ext", python_name="ext", kind=Kind.JSON),
        Param(wire_name="bid", python_name="bid", kind=Kind.OBJECT),
    ),
    reply=Ack,
    envelope=None,
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 431, 500}),
    in_tutorial=True,
)

CHATROOM_KICK_MEMBER = Operation(
    path="/nimserver/chatroom/kickMember.action",
    namespace="chatroom",
    name="kick_member",
    summary="Remove an account from a chatroom.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="targetAccid", python_name="target_accid", kind=Kind.TEXT, required=True),
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True),
        Param(wire_name="notifyExt", python_name="notify_ext", kind=Kind.JSON),
    ),
    reply=Ack,
    envelope=None,
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 404, 414}),
)

CHATROOM_MEMBERS_BY_PAGE = Operation(
    path="/nimserver/chatroom/membersByPage.action",
    namespace="chatroom",
    name="members_by_page",
    summary="Page through the fixed or the non-fixed members of a room, newest first.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="type", python_name="type", kind=Kind.INTEGER, required=True, choices=(0, 1, 2,)),
        Param(wire_name="endtime", python_name="end_time", kind=Kind.INTEGER, required=True),
        Param(wire_name="limit", python_name="limit", kind=Kind.INTEGER, required=True, minimum=1, maximum=100),
    ),
    reply=Members,
    envelope="desc",
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 431, 500}),
    in_tutorial=True,
)

CHATROOM_QUERY_MEMBERS_BY_ROLE = Operation(
    path="/nimserver/chatroom/queryMembersByRole.action",
    namespace="chatroom",
    name="query_members_by_role",
    summary="List the fixed members that hold any of the named roles.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="roles", python_name="roles", kind=Kind.OBJECT, required=True),
    ),
    reply=Members,
    envelope="desc",
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
)

CHATROOM_QUERY_MEMBERS = Operation(
    path="/nimserver/chatroom/queryMembers.action",
    namespace="chatroom",
    name="query_members",
    summary="Read the members behind a list of accounts (online ones and fixed ones).",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="accids", python_name="accids", kind=Kind.TEXTS, required=True, max_items=200),
    ),
    reply=Members,
    envelope="desc",
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 431, 500}),
    in_tutorial=True,
)

CHATROOM_SEND_MSG = Operation(
    path="/nimserver/chatroom/sendMsg.action",
    namespace="chatroom",
    name="send_msg",
    summary="Send one message into a chatroom as a given account.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="msgId", python_name="msg_id", kind=Kind.TEXT, required=True, generated=True),
        Param(wire_name="fromAccid", python_name="from_accid", kind=Kind.TEXT, required=True),
        Param(wire_name="msgType", python_name="msg_type", kind=Kind.INTEGER, required=True, choices=(0, 1, 2, 3, 4, 6, 10, 100,), generated=True),
        Param(wire_name="attach", python_name="attach", kind=Kind.JSON, max_length=4096),
        Param(wire_name="ext", python_name="ext", kind=Kind.JSON, max_length=4096),
        Param(wire_name="subType", python_name="sub_type", kind=Kind.INTEGER, minimum=1),
        Param(wire_name="resendFlag", python_name="resend_flag", kind=Kind.INTEGER, choices=(0, 1,), default=0),
        Param(wire_name="ignoreMute", python_name="ignore_mute", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="route", python_name="route", kind=Kind.INTEGER, choices=(0, 1,), default=1),
        Param(wire_name="skipHistory", python_name="skip_history", kind=Kind.INTEGER, choices=(0, 1,), default=0),
        Param(wire_name="abandonRatio", python_name="abandon_ratio", kind=Kind.INTEGER, minimum=0, maximum=9999, default=0),
        Param(wire_name="highPriority", python_name="high_priority", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="needHighPriorityMsgResend", python_name="need_high_priority_msg_resend", kind=Kind.BOOLEAN, default=True),
        Param(wire_name="useYidun", python_name="use_yidun", kind=Kind.INTEGER, choices=(0, 1,)),
        Param(wire_name="yidunAntiCheating", python_name="yidun_anti_cheating", kind=Kind.OBJECT, max_length=1024),
        Param(wire_name="yidunAntiSpamExt", python_name="yidun_anti_spam_ext", kind=Kind.OBJECT),
        Param(wire_name="bid", python_name="bid", kind=Kind.TEXT),
        Param(wire_name="antispam", python_name="antispam", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="antispamCustom", python_name="antispam_custom", kind=Kind.OBJECT, max_length=5000),
        Param(wire_name="notifyTargetTags", python_name="notify_target_tags", kind=Kind.TEXT, max_length=128),
        Param(wire_name="env", python_name="env", kind=Kind.TEXT),
        Param(wire_name="chatMsgPriority", python_name="chat_msg_priority", kind=Kind.INTEGER, minimum=0, maximum=3),
        Param(wire_name="forbiddenIfHighPriorityMsgFreq", python_name="forbidden_if_high_priority_msg_freq", kind=Kind.INTEGER, choices=(0, 1,), default=0),
        Param(wire_name="locX", python_name="loc_x", kind=Kind.NUMBER),
        Param(wire_name="locY", python_name="loc_y", kind=Kind.NUMBER),
        Param(wire_name="locZ", python_name="loc_z", kind=Kind.NUMBER),
    ),
    reply=SentMessage,
    envelope="desc",
    idempotency=Idempotency.NON_IDEMPOTENT,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 431, 500}),
    deduplicated=True,
    in_tutorial=True,
)

CHATROOM_BATCH_SEND_MSG = Operation(
    path="/nimserver/chatroom/batchSendMsg.action",
    namespace="chatroom",
    name="batch_send_msg",
    summary="Send up to ten messages into a chatroom as one account.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(
            wire_name="msgList", python_name="msg_list", kind=Kind.OBJECTS, required=True, max_items=10,
            items=(
                Param(wire_name="msgId", python_name="msg_id", kind=Kind.TEXT, required=True, generated=True),
                Param(wire_name="msgType", python_name="msg_type", kind=Kind.INTEGER, required=True, choices=(0, 1, 2, 3, 4, 6, 10, 100,), generated=True),
                Param(wire_name="attach", python_name="attach", kind=Kind.JSON, max_length=4096),
                Param(wire_name="ext", python_name="ext", kind=Kind.JSON, max_length=4096),
                Param(wire_name="subType", python_name="sub_type", kind=Kind.INTEGER, minimum=1),
                Param(wire_name="resendFlag", python_name="resend_flag", kind=Kind.INTEGER, choices=(0, 1,), default=0),
                Param(wire_name="locX", python_name="loc_x", kind=Kind.NUMBER),
                Param(wire_name="locY", python_name="loc_y", kind=Kind.NUMBER),
                Param(wire_name="locZ", python_name="loc_z", kind=Kind.NUMBER),
            ),
        ),
        Param(wire_name="fromAccid", python_name="from_accid", kind=Kind.TEXT, required=True),
        Param(wire_name="ignoreMute", python_name="ignore_mute", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="skipHistory", python_name="skip_history", kind=Kind.INTEGER, choices=(0, 1,), default=0),
        Param(wire_name="route", python_name="route", kind=Kind.INTEGER, choices=(0, 1,), default=1),
        Param(wire_name="abandonRatio", python_name="abandon_ratio", kind=Kind.INTEGER, minimum=0, maximum=9999, default=0),
        Param(wire_name="highPriority", python_name="high_priority", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="needHighPriorityMsgResend", python_name="need_high_priority_msg_resend", kind=Kind.BOOLEAN, default=True),
        Param(wire_name="useYidun", python_name="use_yidun", kind=Kind.INTEGER, choices=(0, 1,)),
        Param(wire_name="yidunAntiCheating", python_name="yidun_anti_cheating", kind=Kind.OBJECT, max_length=1024),
        Param(wire_name="yidunAntiSpamExt", python_name="yidun_anti_spam_ext", kind=Kind.OBJECT),
        Param(wire_name="bid", python_name="bid", kind=Kind.TEXT),
        Param(wire_name="antispam", python_name="antispam", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="antispamCustom", python_name="antispam_custom", kind=Kind.OBJECT, max_length=5000),
        Param(wire_name="notifyTargetTags", python_name="notify_target_tags", kind=Kind.TEXT, max_length=128),
        Param(wire_name="env", python_name="env", kind=Kind.TEXT),
        Param(wire_name="chatMsgPriority", python_name="chat_msg_priority", kind=Kind.INTEGER, minimum=0, maximum=3),
        Param(wire_name="forbiddenIfHighPriorityMsgFreq", python_name="forbidden_if_high_priority_msg_freq", kind=Kind.INTEGER, choices=(0, 1,), default=0),
    ),
    reply=BatchSent,
    envelope=None,
    idempotency=Idempotency.NON_IDEMPOTENT,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
    deduplicated=True,
)

CHATROOM_RECALL = Operation(
    path="/nimserver/chatroom/recall.action",
    namespace="chatroom",
    name="recall",
    summary="Withdraw a chatroom message; its cloud history record goes too.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="msgTimetag", python_name="msg_timetag", kind=Kind.INTEGER, required=True),
        Param(wire_name="fromAcc", python_name="from_acc", kind=Kind.TEXT, required=True),
        Param(wire_name="msgId", python_name="msg_id", kind=Kind.TEXT, required=True),
        Param(wire_name="operatorAcc", python_name="operator_acc", kind=Kind.TEXT, required=True),
        Param(wire_name="notifyExt", python_name="notify_ext", kind=Kind.JSON, max_length=1024),
    ),
    reply=Ack,
    envelope=None,
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 414, 416}),
)

CHATROOM_SEND_MSG_TO_SOMEONE = Operation(
    path="/nimserver/chatroom/sendMsgToSomeone.action",
    namespace="chatroom",
    name="send_msg_to_someone",
    summary="Send one message to named accounts inside a chatroom; never stored in history.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="msgId", python_name="msg_id", kind=Kind.TEXT, required=True, generated=True),
        Param(wire_name="fromAccid", python_name="from_accid", kind=Kind.TEXT, required=True),
        Param(wire_name="toAccids", python_name="to_accids", kind=Kind.TEXTS, required=True, max_items=100),
        Param(wire_name="msgType", python_name="msg_type", kind=Kind.INTEGER, required=True, choices=(0, 1, 2, 3, 4, 6, 10, 100,), generated=True),
        Param(wire_name="attach", python_name="attach", kind=Kind.JSON, max_length=4096),
        Param(wire_name="ext", python_name="ext", kind=Kind.JSON, max_length=4096),
        Param(wire_name="subType", python_name="sub_type", kind=Kind.INTEGER, minimum=1),
        Param(wire_name="resendFlag", python_name="resend_flag", kind=Kind.INTEGER, choices=(0, 1,), default=0),
        Param(wire_name="route", python_name="route", kind=Kind.INTEGER, choices=(0, 1,), default=1),
        Param(wire_name="useYidun", python_name="use_yidun", kind=Kind.INTEGER, choices=(0, 1,)),
        Param(wire_name="yidunAntiCheating", python_name="yidun_anti_cheating", kind=Kind.OBJECT, max_length=1024),
        Param(wire_name="yidunAntiSpamExt", python_name="yidun_anti_spam_ext", kind=Kind.OBJECT),
        Param(wire_name="bid", python_name="bid", kind=Kind.TEXT),
        Param(wire_name="antispam", python_name="antispam", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="antispamCustom", python_name="antispam_custom", kind=Kind.OBJECT, max_length=5000),
        Param(wire_name="env", python_name="env", kind=Kind.TEXT),
    ),
    reply=SentMessage,
    envelope="desc",
    idempotency=Idempotency.NON_IDEMPOTENT,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
    deduplicated=True,
)

CHATROOM_BATCH_SEND_MSG_TO_SOMEONE = Operation(
    path="/nimserver/chatroom/batchSendMsgToSomeone.action",
    namespace="chatroom",
    name="batch_send_msg_to_someone",
    summary="Send up to ten messages to named accounts inside a chatroom; never stored in history.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(
            wire_name="msgList", python_name="msg_list", kind=Kind.OBJECTS, required=True, max_items=10,
            items=(
                Param(wire_name="msgId", python_name="msg_id", kind=Kind.TEXT, required=True, generated=True),
                Param(wire_name="msgType", python_name="msg_type", kind=Kind.INTEGER, required=True, choices=(0, 1, 2, 3, 4, 6, 10, 100,), generated=True),
                Param(wire_name="attach", python_name="attach", kind=Kind.JSON, max_length=4096),
                Param(wire_name="ext", python_name="ext", kind=Kind.JSON, max_length=4096),
                Param(wire_name="subType", python_name="sub_type", kind=Kind.INTEGER, minimum=1),
                Param(wire_name="resendFlag", python_name="resend_flag", kind=Kind.INTEGER, choices=(0, 1,), default=0),
            ),
        ),
        Param(wire_name="fromAccid", python_name="from_accid", kind=Kind.TEXT, required=True),
        Param(wire_name="toAccids", python_name="to_accids", kind=Kind.TEXTS, required=True, max_items=100),
        Param(wire_name="route", python_name="route", kind=Kind.INTEGER, choices=(0, 1,), default=1),
        Param(wire_name="useYidun", python_name="use_yidun", kind=Kind.INTEGER, choices=(0, 1,)),
        Param(wire_name="yidunAntiCheating", python_name="yidun_anti_cheating", kind=Kind.OBJECT, max_length=1024),
        Param(wire_name="yidunAntiSpamExt", python_name="yidun_anti_spam_ext", kind=Kind.OBJECT),
        Param(wire_name="bid", python_name="bid", kind=Kind.TEXT),
        Param(wire_name="antispam", python_name="antispam", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="antispamCustom", python_name="antispam_custom", kind=Kind.OBJECT, max_length=5000),
        Param(wire_name="env", python_name="env", kind=Kind.TEXT),
    ),
    reply=BatchSent,
    envelope=None,
    idempotency=Idempotency.NON_IDEMPOTENT,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
    deduplicated=True,
)

CHATROOM_BROADCAST = Operation(
    path="/nimserver/chatroom/broadcast.action",
    namespace="chatroom",
    name="broadcast",
    summary="Send one message to everyone online in every chatroom of the app; never stored in history.",
    params=(
        Param(wire_name="msgId", python_name="msg_id", kind=Kind.TEXT, required=True, generated=True),
        Param(wire_name="fromAccid", python_name="from_accid", kind=Kind.TEXT, required=True),
        Param(wire_name="msgType", python_name="msg_type", kind=Kind.INTEGER, required=True, choices=(0, 1, 2, 3, 4, 6, 10, 100,), generated=True),
        Param(wire_name="attach", python_name="attach", kind=Kind.JSON, max_length=4096),
        Param(wire_name="ext", python_name="ext", kind=Kind.JSON, max_length=4096),
        Param(wire_name="subType", python_name="sub_type", kind=Kind.INTEGER, minimum=1),
        Param(wire_name="resendFlag", python_name="resend_flag", kind=Kind.INTEGER, choices=(0, 1,), default=0),
        Param(wire_name="route", python_name="route", kind=Kind.INTEGER, choices=(0, 1,), default=1),
        Param(wire_name="highPriority", python_name="high_priority", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="needHighPriorityMsgResend", python_name="need_high_priority_msg_resend", kind=Kind.BOOLEAN, default=True),
        Param(wire_name="useYidun", python_name="use_yidun", kind=Kind.INTEGER, choices=(0, 1,)),
        Param(wire_name="yidunAntiCheating", python_name="yidun_anti_cheating", kind=Kind.OBJECT, max_length=1024),
        Param(wire_name="bid", python_name="bid", kind=Kind.TEXT),
        Param(wire_name="antispam", python_name="antispam", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="antispamCustom", python_name="antispam_custom", kind=Kind.OBJECT, max_length=5000),
        Param(wire_name="notifyTargetTags", python_name="notify_target_tags", kind=Kind.TEXT, max_length=128),
        Param(wire_name="env", python_name="env", kind=Kind.TEXT),
    ),
    reply=SentMessage,
    envelope="desc",
    idempotency=Idempotency.NON_IDEMPOTENT,
    rate_limit=RateLimit(calls=10, per_seconds=60, block_seconds=60),
    codes=frozenset({200, 403, 416}),
    deduplicated=True,
)

CHATROOM_ADD_ROBOT = Operation(
    path="/nimserver/chatroom/addRobot.action",
    namespace="chatroom",
    name="add_robot",
    summary="Put robot accounts into a chatroom for 24 hours.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="accids", python_name="accids", kind=Kind.TEXTS, required=True, max_items=100),
        Param(wire_name="roleExt", python_name="role_ext", kind=Kind.JSON, max_length=4096),
        Param(wire_name="notifyExt", python_name="notify_ext", kind=Kind.JSON, max_length=2048),
    ),
    reply=Robots,
    envelope="desc",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 417, 419, 431, 500, 13003}),
    in_tutorial=True,
)

CHATROOM_REMOVE_ROBOT = Operation(
    path="/nimserver/chatroom/removeRobot.action",
    namespace="chatroom",
    name="remove_robot",
    summary="Take named robot accounts out of a chatroom.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="accids", python_name="accids", kind=Kind.TEXTS, required=True, max_items=100),
    ),
    reply=Robots,
    envelope="desc",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 404, 414, 416, 419, 431, 500}),
    in_tutorial=True,
)

CHATROOM_CLEAN_ROBOT = Operation(
    path="/nimserver/chatroom/cleanRobot.action",
    namespace="chatroom",
    name="clean_robot",
    summary="Remove every robot from a chatroom.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="notify", python_name="notify", kind=Kind.BOOLEAN, default=False),
    ),
    reply=RobotsCleaned,
    envelope="desc",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
)

CHATROOM_TEMPORARY_MUTE = Operation(
    path="/nimserver/chatroom/temporaryMute.action",
    namespace="chatroom",
    name="temporary_mute",
    summary="Mute one member of a room for a time, or lift that mute.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="operator", python_name="operator", kind=Kind.TEXT, required=True),
        Param(wire_name="target", python_name="target", kind=Kind.TEXT, required=True),
        Param(wire_name="muteDuration", python_name="mute_duration", kind=Kind.INTEGER, required=True, minimum=0, maximum=2592000),
        Param(wire_name="needNotify", python_name="need_notify", kind=Kind.BOOLEAN, default=True),
        Param(wire_name="notifyExt", python_name="notify_ext", kind=Kind.JSON, max_length=2048),
    ),
    reply=Mute,
    envelope="desc",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 404, 414, 416, 417, 419, 431, 500, 13002}),
    in_tutorial=True,
)

CHATROOM_MUTE_ROOM = Operation(
    path="/nimserver/chatroom/muteRoom.action",
    namespace="chatroom",
    name="mute_room",
    summary="Mute or unmute a whole room; creator and managers can still speak.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="operator", python_name="operator", kind=Kind.TEXT, required=True),
        Param(wire_name="mute", python_name="mute", kind=Kind.BOOLEAN, required=True),
        Param(wire_name="needNotify", python_name="need_notify", kind=Kind.BOOLEAN, default=True),
        Param(wire_name="notifyExt", python_name="notify_ext", kind=Kind.JSON, max_length=2048),
    ),
    reply=RoomMute,
    envelope="desc",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 431, 500}),
    in_tutorial=True,
)

CHATROOM_TAG_TEMPORARY_MUTE = Operation(
    path="/nimserver/chatroom/tagTemporaryMute.action",
    namespace="chatroom",
    name="tag_temporary_mute",
    summary="Mute every member that carries a tag for a time, or lift it.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="operator", python_name="operator", kind=Kind.TEXT, required=True),
        Param(wire_name="targetTag", python_name="target_tag", kind=Kind.TEXT, required=True),
        Param(wire_name="muteDuration", python_name="mute_duration", kind=Kind.INTEGER, required=True, minimum=0, maximum=2592000),
        Param(wire_name="needNotify", python_name="need_notify", kind=Kind.BOOLEAN, default=True),
        Param(wire_name="notifyExt", python_name="notify_ext", kind=Kind.JSON),
        Param(wire_name="notifyTargetTags", python_name="notify_target_tags", kind=Kind.TEXT, max_length=128),
    ),
    reply=Mute,
    envelope="desc",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
)

CHATROOM_TAG_MEMBERS_COUNT = Operation(
    path="/nimserver/chatroom/tagMembersCount.action",
    namespace="chatroom",
    name="tag_members_count",
    summary="Count the online users that carry a tag.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="tag", python_name="tag", kind=Kind.TEXT, required=True),
    ),
    reply=TagCount,
    envelope="data",
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
)

CHATROOM_TAG_MEMBERS_QUERY = Operation(
    path="/nimserver/chatroom/tagMembersQuery.action",
    namespace="chatroom",
    name="tag_members_query",
    summary="Page through the online members that carry a tag, newest first.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="tag", python_name="tag", kind=Kind.TEXT, required=True),
        Param(wire_name="endTime", python_name="end_time", kind=Kind.INTEGER, required=True),
        Param(wire_name="limit", python_name="limit", kind=Kind.INTEGER, required=True, minimum=1, maximum=100),
    ),
    reply=Members,
    envelope="desc",
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
)

CHATROOM_UPDATE_CHAT_ROOM_ROLE_TAG = Operation(
    path="/nimserver/chatroom/updateChatRoomRoleTag.action",
    namespace="chatroom",
    name="update_chat_room_role_tag",
    summary="Replace the tags of an account in a room.",
    params=(
        Param(wire_name="roomId", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True),
        Param(wire_name="tags", python_name="tags", kind=Kind.TEXTS, max_items=10),
        Param(wire_name="notifyTargetTags", python_name="notify_target_tags", kind=Kind.TEXT, max_length=128),
    ),
    reply=Ack,
    envelope=None,
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
)

CHATROOM_QUEUE_INIT = Operation(
    path="/nimserver/chatroom/queueInit.action",
    namespace="chatroom",
    name="queue_init",
    summary="Set up a room's ordered queue with a size limit.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="sizeLimit", python_name="size_limit", kind=Kind.INTEGER, minimum=0, maximum=1000),
    ),
    reply=Ack,
    envelope="desc",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 431, 500}),
    in_tutorial=True,
)

CHATROOM_QUEUE_OFFER = Operation(
    path="/nimserver/chatroom/queueOffer.action",
    namespace="chatroom",
    name="queue_offer",
    summary="Add an element to a room's queue or update it when its key exists.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="key", python_name="key", kind=Kind.TEXT, required=True, max_length=128),
        Param(wire_name="value", python_name="value", kind=Kind.TEXT, required=True, max_length=4096),
        Param(wire_name="operator", python_name="operator", kind=Kind.TEXT),
        Param(wire_name="transient", python_name="transient", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="highPriority", python_name="high_priority", kind=Kind.INTEGER, choices=(0, 1,), default=0),
        Param(wire_name="highPriorityPolicy", python_name="high_priority_policy", kind=Kind.INTEGER, choices=(0, 1,), default=0),
    ),
    reply=QueueChange,
    envelope="desc",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 431, 500}),
    in_tutorial=True,
)

CHATROOM_QUEUE_BATCH_OFFER = Operation(
    path="/nimserver/chatroom/queueBatchOffer.action",
    namespace="chatroom",
    name="queue_batch_offer",
    summary="Add up to 20 elements to a room's queue in one call.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="operator", python_name="operator", kind=Kind.TEXT),
        Param(
            wire_name="elements", python_name="elements", kind=Kind.OBJECTS, required=True, max_items=20,
            items=(
                Param(wire_name="key", python_name="key", kind=Kind.TEXT, required=True, max_length=128),
                Param(wire_name="value", python_name="value", kind=Kind.TEXT, required=True, max_length=4096),
                Param(wire_name="accid", python_name="accid", kind=Kind.TEXT),
                Param(wire_name="transient", python_name="transient", kind=Kind.BOOLEAN),
            ),
        ),
        Param(wire_name="transient", python_name="transient", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="needNotify", python_name="need_notify", kind=Kind.BOOLEAN, default=True),
        Param(wire_name="notifyExt", python_name="notify_ext", kind=Kind.JSON, max_length=2048),
        Param(wire_name="highPriority", python_name="high_priority", kind=Kind.INTEGER, choices=(0, 1,), default=0),
        Param(wire_name="highPriorityPolicy", python_name="high_priority_policy", kind=Kind.INTEGER, choices=(0, 1,), default=0),
    ),
    reply=QueueBatchOffer,
    envelope="desc",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
)

CHATROOM_QUEUE_BATCH_UPDATE_ELEMENTS = Operation(
    path="/nimserver/chatroom/queueBatchUpdateElements.action",
    namespace="chatroom",
    name="queue_batch_update_elements",
    summary="Change the values of existing queue elements in one call.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="operator", python_name="operator", kind=Kind.TEXT, required=True),
        Param(wire_name="elements", python_name="elements", kind=Kind.OBJECT, required=True, max_items=200),
        Param(wire_name="needNotify", python_name="need_notify", kind=Kind.BOOLEAN, default=True),
        Param(wire_name="notifyExt", python_name="notify_ext", kind=Kind.JSON, max_length=2048),
        Param(wire_name="highPriority", python_name="high_priority", kind=Kind.INTEGER, choices=(0, 1,), default=0),
        Param(wire_name="highPriorityPolicy", python_name="high_priority_policy", kind=Kind.INTEGER, choices=(0, 1,), default=0),
    ),
    reply=QueueBatchUpdate,
    envelope="desc",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 431, 500}),
    in_tutorial=True,
)

CHATROOM_QUEUE_LIST = Operation(
    path="/nimserver/chatroom/queueList.action",
    namespace="chatroom",
    name="queue_list",
    summary="List a room's queue in order.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
    ),
    reply=Queue,
    envelope="desc",
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 431, 500}),
    in_tutorial=True,
)

CHATROOM_QUEUE_MULTI_GET = Operation(
    path="/nimserver/chatroom/queueMultiGet.action",
    namespace="chatroom",
    name="queue_multi_get",
    summary="Read named elements of a room's queue without removing them.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="keys", python_name="keys", kind=Kind.TEXTS, required=True, max_items=100),
    ),
    reply=Queue,
    envelope="desc",
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
)

CHATROOM_QUEUE_POLL = Operation(
    path="/nimserver/chatroom/queuePoll.action",
    namespace="chatroom",
    name="queue_poll",
    summary="Take one element out of a room's queue and return it.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="key", python_name="key", kind=Kind.TEXT, max_length=128),
        Param(wire_name="highPriority", python_name="high_priority", kind=Kind.INTEGER, choices=(0, 1,), default=0),
        Param(wire_name="highPriorityPolicy", python_name="high_priority_policy", kind=Kind.INTEGER, choices=(0, 1,), default=0),
    ),
    reply=QueueElement,
    envelope="desc",
    idempotency=Idempotency.NON_IDEMPOTENT,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 404, 414, 416, 431, 500}),
    in_tutorial=True,
)

CHATROOM_QUEUE_DROP = Operation(
    path="/nimserver/chatroom/queueDrop.action",
    namespace="chatroom",
    name="queue_drop",
    summary="Clear a room's whole queue.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="highPriority", python_name="high_priority", kind=Kind.INTEGER, choices=(0, 1,), default=0),
        Param(wire_name="highPriorityPolicy", python_name="high_priority_policy", kind=Kind.INTEGER, choices=(0, 1,), default=0),
    ),
    reply=QueueChange,
    envelope="desc",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 403, 414, 416, 431, 500}),
    in_tutorial=True,
)

STATS_CHATROOM_TOPN = Operation(
    path="/nimserver/stats/chatroom/topn.action",
    namespace="stats",
    name="chatroom_topn",
    summary="Rank the app's chatrooms by activity, entries or messages in a period.",
    params=(
        Param(wire_name="topn", python_name="topn", kind=Kind.INTEGER, minimum=1, maximum=500, default=100),
        Param(wire_name="timestamp", python_name="timestamp", kind=Kind.INTEGER),
        Param(wire_name="period", python_name="period", kind=Kind.TEXT, choices=("hour", "day",), default="hour"),
        Param(wire_name="orderby", python_name="order_by", kind=Kind.TEXT, choices=("active", "enter", "message",), default="active"),
    ),
    reply=RoomRanking,
    envelope=None,
    idempotency=Idempotency.READ,
    rate_limit=None,
    codes=frozenset({200, 403, 414, 416, 431, 500}),
    in_tutorial=True,
)

HISTORY_QUERY_CHATROOM_MSG = Operation(
    path="/nimserver/history/queryChatroomMsg.action",
    namespace="history",
    name="query_chatroom_msg",
    summary="Read a room's stored messages from a point in time in either direction.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True),
        Param(wire_name="timetag", python_name="timetag", kind=Kind.INTEGER, required=True),
        Param(wire_name="limit", python_name="limit", kind=Kind.INTEGER, required=True, minimum=1, maximum=200),
        Param(wire_name="reverse", python_name="reverse", kind=Kind.INTEGER, choices=(1, 2,), default=2),
        Param(wire_name="type", python_name="type", kind=Kind.INTEGERS),
    ),
    reply=History,
    envelope=None,
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=1200, per_seconds=60, block_seconds=60),
    codes=frozenset({200, 403, 414, 416, 431, 500}),
)

CHATROOM_DELETE_HISTORY_MESSAGE = Operation(
    path="/nimserver/chatroom/deleteHistoryMessage.action",
    namespace="chatroom",
    name="delete_history_message",
    summary="Delete one message from a room's cloud history.",
    params=(
        Param(wire_name="roomid", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="fromAcc", python_name="from_acc", kind=Kind.TEXT, required=True),
        Param(wire_name="msgTimetag", python_name="msg_timetag", kind=Kind.INTEGER, required=True),
    ),
    reply=Ack,
    envelope=None,
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
)

HISTORY_QUERY_TAG_HISTORY_MSG = Operation(
    path="/nimserver/history/queryTagHistoryMsg.action",
    namespace="history",
    name="query_tag_history_msg",
    summary="Read a room's stored messages that were addressed to given tags.",
    params=(
        Param(wire_name="roomId", python_name="room_id", kind=Kind.INTEGER, required=True),
        Param(wire_name="tags", python_name="tags", kind=Kind.TEXTS, required=True),
        Param(wire_name="types", python_name="types", kind=Kind.INTEGERS),
        Param(wire_name="fromTime", python_name="from_time", kind=Kind.INTEGER),
        Param(wire_name="toTime", python_name="to_time", kind=Kind.INTEGER),
        Param(wire_name="limit", python_name="limit", kind=Kind.INTEGER),
        Param(wire_name="reverse", python_name="reverse", kind=Kind.INTEGER),
    ),
    reply=History,
    envelope=None,
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200}),
)

USER_CREATE = Operation(
    path="/nimserver/user/create.action",
    namespace="user",
    name="create",
    summary="Register an account, with its static login token and its profile.",
    params=(
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True, max_length=32, pattern=r"[A-Za-z0-9_@.-]+"),
        Param(wire_name="token", python_name="token", kind=Kind.TEXT, max_length=128),
        Param(wire_name="name", python_name="name", kind=Kind.TEXT, max_length=64),
        Param(wire_name="props", python_name="props", kind=Kind.OBJECT, max_length=1024, deprecated=True),
        Param(wire_name="icon", python_name="icon", kind=Kind.TEXT, max_length=1024),
        Param(wire_name="sign", python_name="sign", kind=Kind.TEXT, max_length=256),
        Param(wire_name="email", python_name="email", kind=Kind.TEXT, max_length=64),
        Param(wire_name="birth", python_name="birth", kind=Kind.TEXT, max_length=16),
        Param(wire_name="mobile", python_name="mobile", kind=Kind.TEXT, max_length=32),
        Param(wire_name="gender", python_name="gender", kind=Kind.INTEGER, choices=(0, 1, 2,), default=0),
        Param(wire_name="ex", python_name="ex", kind=Kind.JSON, max_length=1024),
        Param(wire_name="bid", python_name="bid", kind=Kind.OBJECT),
    ),
    reply=Account,
    envelope="info",
    idempotency=Idempotency.NON_IDEMPOTENT,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 414, 416}),
)

USER_UPDATE = Operation(
    path="/nimserver/user/update.action",
    namespace="user",
    name="update",
    summary="Replace an account's static login token by a given one.",
    params=(
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True, max_length=32),
        Param(wire_name="token", python_name="token", kind=Kind.TEXT, required=True, max_length=128),
        Param(wire_name="props", python_name="props", kind=Kind.OBJECT, max_length=1024, deprecated=True),
    ),
    reply=Ack,
    envelope=None,
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 414, 416}),
)

USER_REFRESH_TOKEN = Operation(
    path="/nimserver/user/refreshToken.action",
    namespace="user",
    name="refresh_token",
    summary="Replace an account's static login token by one that the service makes, and return it.",
    params=(
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True, max_length=32),
    ),
    reply=Account,
    envelope="info",
    idempotency=Idempotency.NON_IDEMPOTENT,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 414, 416}),
)

USER_BLOCK = Operation(
    path="/nimserver/user/block.action",
    namespace="user",
    name="block",
    summary="Block an account: no new login.",
    params=(
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True, max_length=32),
        Param(wire_name="needkick", python_name="need_kick", kind=Kind.BOOLEAN, default=False),
        Param(wire_name="kickNotifyExt", python_name="kick_notify_ext", kind=Kind.JSON, max_length=256),
        Param(wire_name="needUnbindPushToken", python_name="need_unbind_push_token", kind=Kind.BOOLEAN, default=False),
    ),
    reply=Ack,
    envelope=None,
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 414, 416}),
)

USER_UNBLOCK = Operation(
    path="/nimserver/user/unblock.action",
    namespace="user",
    name="unblock",
    summary="Lift the block of an account.",
    params=(
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True, max_length=32),
    ),
    reply=Ack,
    envelope=None,
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 414, 416}),
)

USER_UPDATE_UINFO = Operation(
    path="/nimserver/user/updateUinfo.action",
    namespace="user",
    name="update_uinfo",
    summary="Change fields of an account's profile.",
    params=(
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True, max_length=32),
        Param(wire_name="name", python_name="name", kind=Kind.TEXT, max_length=64, empty_clears=True),
        Param(wire_name="icon", python_name="icon", kind=Kind.TEXT, max_length=1024, empty_clears=True),
        Param(wire_name="sign", python_name="sign", kind=Kind.TEXT, max_length=256, empty_clears=True),
        Param(wire_name="email", python_name="email", kind=Kind.TEXT, max_length=64, empty_clears=True),
        Param(wire_name="birth", python_name="birth", kind=Kind.TEXT, max_length=16, empty_clears=True),
        Param(wire_name="mobile", python_name="mobile", kind=Kind.TEXT, max_length=32, empty_clears=True),
        Param(wire_name="gender", python_name="gender", kind=Kind.INTEGER, choices=(0, 1, 2,)),
        Param(wire_name="ex", python_name="ex", kind=Kind.JSON, max_length=1024, empty_clears=True),
        Param(wire_name="bid", python_name="bid", kind=Kind.OBJECT),
    ),
    reply=Ack,
    envelope=None,
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 414, 416}),
)

USER_GET_UINFOS = Operation(
    path="/nimserver/user/getUinfos.action",
    namespace="user",
    name="get_uinfos",
    summary="Read the profiles, and on request the mutes, of a list of accounts.",
    params=(
        Param(wire_name="accids", python_name="accids", kind=Kind.TEXTS, required=True, max_items=200),
        Param(wire_name="muteStatus", python_name="mute_status", kind=Kind.BOOLEAN, default=False),
    ),
    reply=Profiles,
    envelope=None,
    idempotency=Idempotency.READ,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 414, 416}),
)

USER_SET_DONNOP = Operation(
    path="/nimserver/user/setDonnop.action",
    namespace="user",
    name="set_donnop",
    summary="Choose whether an account's phones get pushes while it is online on a desktop.",
    params=(
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True, max_length=32),
        Param(wire_name="donnopOpen", python_name="donnop_open", kind=Kind.BOOLEAN, required=True),
    ),
    reply=Ack,
    envelope=None,
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 414, 416}),
)

USER_MUTE = Operation(
    path="/nimserver/user/mute.action",
    namespace="user",
    name="mute",
    summary="Mute an account in the whole app, or lift that.",
    params=(
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True, max_length=32),
        Param(wire_name="mute", python_name="mute", kind=Kind.BOOLEAN, required=True),
    ),
    reply=Ack,
    envelope=None,
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 414, 416}),
)

USER_MUTE_MODULE = Operation(
    path="/nimserver/user/muteModule.action",
    namespace="user",
    name="mute_module",
    summary="Mute an account in single modules, or lift that.",
    params=(
        Param(wire_name="accid", python_name="accid", kind=Kind.TEXT, required=True, max_length=32),
        Param(wire_name="muteP2P", python_name="mute_p2p", kind=Kind.BOOLEAN),
        Param(wire_name="muteTeam", python_name="mute_team", kind=Kind.BOOLEAN),
        Param(wire_name="muteRoom", python_name="mute_room", kind=Kind.BOOLEAN),
        Param(wire_name="muteQChat", python_name="mute_qchat", kind=Kind.BOOLEAN),
    ),
    reply=ModuleMutes,
    envelope="data",
    idempotency=Idempotency.IDEMPOTENT_WRITE,
    rate_limit=RateLimit(calls=100, per_seconds=1, block_seconds=10),
    codes=frozenset({200, 414, 416}),
)

USER_USER_ONLINE_STATUS = Operation(
    path="/nimserver/user/userOnlineStatus.action",
    namespace="user",
    name="user_online_status",
    summary="Read on which kinds of client a list of accounts is logged in.",
    params=(
        Param(wire_name="accids", python_name="accids", kind=Kind.TEXTS, required=True, max_items=100),
    ),
    reply=OnlineStatus,
    envelope="data",
    idempotency=Idempotency.READ,
    rate_limit=None,
    codes=frozenset({200, 414}),
)

OPERATIONS: Mapping[str, Operation[Any]] = MappingProxyType(
    {
        o.path: o
        for o in (
            CHATROOM_CREATE,
            CHATROOM_GET,
            CHATROOM_GET_BATCH,
            CHATROOM_UPDATE,
            CHATROOM_TOGGLE_CLOSE_STAT,
            CHATROOM_REQUEST_ADDR,
            CHATROOM_QUERY_USER_ROOM_IDS,
            CHATROOM_UPDATE_DELAY_CLOSE_POLICY,
            CHATROOM_UPDATE_IN_OUT_NOTIFICATION,
            CHATROOM_SET_MEMBER_ROLE,
            CHATROOM_UPDATE_MY_ROOM_ROLE,
            CHATROOM_KICK_MEMBER,
            CHATROOM_MEMBERS_BY_PAGE,
            CHATROOM_QUERY_MEMBERS_BY_ROLE,
            CHATROOM_QUERY_MEMBERS,
            CHATROOM_SEND_MSG,
            CHATROOM_BATCH_SEND_MSG,
            CHATROOM_RECALL,
            CHATROOM_SEND_MSG_TO_SOMEONE,
            CHATROOM_BATCH_SEND_MSG_TO_SOMEONE,
            CHATROOM_BROADCAST,
            CHATROOM_ADD_ROBOT,
            CHATROOM_REMOVE_ROBOT,
            CHATROOM_CLEAN_ROBOT,
            CHATROOM_TEMPORARY_MUTE,
            CHATROOM_MUTE_ROOM,
            CHATROOM_TAG_TEMPORARY_MUTE,
            CHATROOM_TAG_MEMBERS_COUNT,
            CHATROOM_TAG_MEMBERS_QUERY,
            CHATROOM_UPDATE_CHAT_ROOM_ROLE_TAG,
            CHATROOM_QUEUE_INIT,
            CHATROOM_QUEUE_OFFER,
            CHATROOM_QUEUE_BATCH_OFFER,
            CHATROOM_QUEUE_BATCH_UPDATE_ELEMENTS,
            CHATROOM_QUEUE_LIST,
            CHATROOM_QUEUE_MULTI_GET,
            CHATROOM_QUEUE_POLL,
            CHATROOM_QUEUE_DROP,
            STATS_CHATROOM_TOPN,
            HISTORY_QUERY_CHATROOM_MSG,
            CHATROOM_DELETE_HISTORY_MESSAGE,
            HISTORY_QUERY_TAG_HISTORY_MSG,
            USER_CREATE,
            USER_UPDATE,
            USER_REFRESH_TOKEN,
            USER_BLOCK,
            USER_UNBLOCK,
            USER_UPDATE_UINFO,
            USER_GET_UINFOS,
            USER_SET_DONNOP,
            USER_MUTE,
            USER_MUTE_MODULE,
            USER_USER_ONLINE_STATUS,
        )
    }
)
