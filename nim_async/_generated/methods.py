"""
One class for each namespace.

Written by ``python -m nim_async._codegen``; do not edit.
"""

# NetEase Yunxin IM server API v1, chatroom part. Facts gathered from the official tutorial,
# reference pages and server SDKs and from recorded replies; labels under sources. Collected
# 2026-11-23.

# NetEase Yunxin IM server API v1, account part. Facts gathered from the official reference pages
# and server SDKs and from recorded replies; labels under sources. Collected 2026-11-26.
# Spec: sha256 6a631fd30abfcb77a354f37f5ba2b58c592e6b8f60a4880092eab44d07cb1ef4
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nim_async._core.operation import implements
from nim_async._generated import operations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nim_async._core.operation import Body, Client, Json
    from nim_async._generated.models import (
        Account,
        Ack,
        Addresses,
        BatchSent,
        ClientType,
        DelayClosePolicy,
        Gender,
        History,
        HistoryOrder,
        MemberKind,
        MemberRole,
        Members,
        MessageItem,
        MessageType,
        ModuleMutes,
        Mute,
        OnlineStatus,
        Profiles,
        Queue,
        QueueBatchOffer,
        QueueBatchUpdate,
        QueueChange,
        QueueElement,
        QueueItem,
        QueueLevel,
        RankOrder,
        RankPeriod,
        Robots,
        RobotsCleaned,
        RoleOpt,
        Room,
        RoomIds,
        RoomMute,
        RoomRanking,
        Rooms,
        SentMessage,
        TagCount,
    )


class ChatroomMethods:
    """
    Operations under ``/nimserver/chatroom/``.

    An argument that is left out is not sent. Lengths count UTF-16 units. Where an object or JSON is
    asked for, give a Python value, or text that goes as it is.

    Each method says what a repeat does; the client by itself repeats only what is safe. Beside the
    errors that a method names, each may raise these.

    Raises:
        ParameterError: A value breaks its limit, and nothing was sent; or code 414.
        PermissionDenied: Code 403. The account or the app may not do this.
        RateLimited: Code 416. More than 100 calls of one operation in 1 s for the app; refused for
            10 s.
        Duplicate: Code 431. The service has seen this request already.
        ServerError: Code 500. The service failed, and may have acted.
        ApiError: Any other code.
        TransportError: No usable answer; see ``maybe_processed`` before you try again.
    """

    __slots__ = ("_client",)

    def __init__(self, client: Client) -> None:
        """Call by way of a client, with its options."""
        self._client = client

    @implements(operations.CHATROOM_CREATE)
    async def create(
        self,
        *,
        creator: str,
        name: str,
        announcement: str | None = None,
        broadcast_url: str | None = None,
        ext: Json | None = None,
        queue_level: QueueLevel | int | None = None,
        bid: Mapping[str, Any] | str | None = None,
        delay_close_policy: DelayClosePolicy | int | None = None,
        delay_seconds: int | None = None,
        in_out_notification: int | None = None,
    ) -> Room:
        """
        Create a chatroom and return its description with the new room id.

        POST ``/nimserver/chatroom/create.action``

        Args:
            creator: accid of the owner, at most 32 characters.
            name: Room name, at most 128 characters.
            announcement: Announcement text, at most 4096 characters.
            broadcast_url: Address of the live stream, at most 1024 characters (wire
                ``broadcasturl``).
            ext: Free extension text, at most 4096 characters.
            queue_level: Who may change the ordered queue of the room. One of 0 (any member may
                change the queue), 1 (only the creator and the managers may change it); 0 when left
                out (wire ``queuelevel``).
            bid: Business ids of the anti-spam check, an object with the texts ``textbid`` and
                ``picbid``; the app's own setting when left out.
            delay_close_policy: Timed closing. It must be enabled for the app first, and only rooms
                created after that support it. One of 0 (no timed closing), 1 (close a fixed time
                after the timer starts, even if people are inside), 2 (close once the room has been
                empty for the given time) (wire ``delayClosePolicy``).
            delay_seconds: Length of the timer in seconds, where ``delay_close_policy`` is 1 or 2,
                at most 604800; 604800 when left out (wire ``delaySeconds``).
            in_out_notification: Whether members who enter and leave are announced: 1 yes, 0 no;
                they are when left out (wire ``inOutNotification``).

        Returns:
            `Room`.

        Raises:
            ApiError: Code 419: a number is over its limit (rooms, robots, list length).

        Not idempotent: every call makes another room. After an unclear failure look with
        ``query_user_room_ids``.
        """
        return await self._client.invoke(
            operations.CHATROOM_CREATE,
            {
                "creator": creator,
                "name": name,
                "announcement": announcement,
                "broadcast_url": broadcast_url,
                "ext": ext,
                "queue_level": queue_level,
                "bid": bid,
                "delay_close_policy": delay_close_policy,
                "delay_seconds": delay_seconds,
                "in_out_notification": in_out_notification,
            },
        )

    @implements(operations.CHATROOM_GET)
    async def get(
        self,
        *,
        room_id: int,
        need_online_user_count: bool | None = None,
    ) -> Room:
        """
        Read one chatroom's description, optionally with the online count.

        POST ``/nimserver/chatroom/get.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            need_online_user_count: Also return ``online_user_count``; False when left out (wire
                ``needOnlineUserCount``).

        Returns:
            `Room`.

        Raises:
            NotFound: Code 404: the room, account or queue element does not exist.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.CHATROOM_GET,
            {
                "room_id": room_id,
                "need_online_user_count": need_online_user_count,
            },
        )

    @implements(operations.CHATROOM_GET_BATCH)
    async def get_batch(
        self,
        *,
        room_ids: Sequence[int] | Sequence[str] | str,
        need_online_user_count: bool | None = None,
    ) -> Rooms:
        """
        Read up to 20 chatrooms in one call, with lists of unknown and failed ids.

        POST ``/nimserver/chatroom/getBatch.action``

        Args:
            room_ids: Room ids, at most 20 items (wire ``roomids``).
            need_online_user_count: Also return ``online_user_count`` of each room; False when left
                out (wire ``needOnlineUserCount``).

        Returns:
            `Rooms`.

        Raises:
            NotFound: Code 404: the room, account or queue element does not exist.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.CHATROOM_GET_BATCH,
            {
                "room_ids": room_ids,
                "need_online_user_count": need_online_user_count,
            },
        )

    @implements(operations.CHATROOM_UPDATE)
    async def update(
        self,
        *,
        room_id: int,
        name: str | None = None,
        announcement: str | None = None,
        broadcast_url: str | None = None,
        ext: Json | None = None,
        need_notify: bool | None = None,
        notify_ext: Json | None = None,
        queue_level: QueueLevel | int | None = None,
        bid: Mapping[str, Any] | str | None = None,
    ) -> Room:
        """
        Change the given fields of a chatroom.

        POST ``/nimserver/chatroom/update.action``

        Only what is given changes; whether an empty text clears a field is not documented.

        Args:
            room_id: Chatroom id (wire ``roomid``).
            name: Room name, at most 128 characters.
            announcement: Announcement text, at most 4096 characters.
            broadcast_url: Address of the live stream, at most 1024 characters (wire
                ``broadcasturl``).
            ext: Free extension text, at most 4096 characters.
            need_notify: Whether to announce it in the room (notification 312); True when left out
                (wire ``needNotify``).
            notify_ext: Extension carried in the notification, at most 2048 characters (wire
                ``notifyExt``).
            queue_level: Who may change the ordered queue of the room. One of 0 (any member may
                change the queue), 1 (only the creator and the managers may change it) (wire
                ``queuelevel``).
            bid: Business ids of the anti-spam check, an object with the texts ``textbid`` and
                ``picbid``; the app's own setting when left out.

        Returns:
            `Room`.

        Raises:
            NotFound: Code 404: the room, account or queue element does not exist.
            ApiError: Code 13002: the state of the room does not allow it (closed, or not valid).

        Idempotent: the state stays the same, but the room is notified again unless
        ``need_notify=False``.
        """
        return await self._client.invoke(
            operations.CHATROOM_UPDATE,
            {
                "room_id": room_id,
                "name": name,
                "announcement": announcement,
                "broadcast_url": broadcast_url,
                "ext": ext,
                "need_notify": need_notify,
                "notify_ext": notify_ext,
                "queue_level": queue_level,
                "bid": bid,
            },
        )

    @implements(operations.CHATROOM_TOGGLE_CLOSE_STAT)
    async def toggle_close_stat(
        self,
        *,
        room_id: int,
        operator: str,
        valid: bool,
        delay_close_policy: DelayClosePolicy | int | None = None,
        delay_seconds: int | None = None,
    ) -> Room:
        """
        Open or close a chatroom, optionally setting timed closing.

        POST ``/nimserver/chatroom/toggleCloseStat.action``

        Closing a room puts everyone in it offline.

        Args:
            room_id: Chatroom id (wire ``roomid``).
            operator: Acting account; must be the room's creator.
            valid: True opens the room, False closes it.
            delay_close_policy: Timed closing. It must be enabled for the app first, and only rooms
                created after that support it. One of 0 (no timed closing), 1 (close a fixed time
                after the timer starts, even if people are inside), 2 (close once the room has been
                empty for the given time) (wire ``delayClosePolicy``).
            delay_seconds: Length of the timer in seconds, where ``delay_close_policy`` is 1 or 2,
                at most 604800; 604800 when left out (wire ``delaySeconds``).

        Returns:
            `Room`.

        Raises:
            NotFound: Code 404: the room, account or queue element does not exist.
            Duplicate: Code 417: the room already is in that state.
            ApiError: Code 419: a number is over its limit (rooms, robots, list length).

        Idempotent: asking for the state it already has gives 417. Where that answers a repeat, the
        first attempt worked, and the room is read instead.
        """
        return await self._client.invoke(
            operations.CHATROOM_TOGGLE_CLOSE_STAT,
            {
                "room_id": room_id,
                "operator": operator,
                "valid": valid,
                "delay_close_policy": delay_close_policy,
                "delay_seconds": delay_seconds,
            },
        )

    @implements(operations.CHATROOM_REQUEST_ADDR)
    async def request_addr(
        self,
        *,
        room_id: int,
        accid: str,
        client_type: ClientType | int | None = None,
        client_ip: str | None = None,
    ) -> Addresses:
        """
        Get the link addresses a client needs to enter a chatroom.

        POST ``/nimserver/chatroom/requestAddr.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            accid: Account that is going to enter.
            client_type: Kind of client. One of 1 (web clients), 2 (other clients), 3 (WeChat mini
                programs); 1 when left out (wire ``clienttype``).
            client_ip: IP address of the client; servers near it are chosen (wire ``clientip``).

        Returns:
            `Addresses`.

        Raises:
            ServerBusy: Code 514: service not available.
            ApiError: Code 13002: the state of the room does not allow it (closed, or not valid).

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.CHATROOM_REQUEST_ADDR,
            {
                "room_id": room_id,
                "accid": accid,
                "client_type": client_type,
                "client_ip": client_ip,
            },
        )

    @implements(operations.CHATROOM_QUERY_USER_ROOM_IDS)
    async def query_user_room_ids(
        self,
        *,
        creator: str,
    ) -> RoomIds:
        """
        List the ids of the open chatrooms that an account created.

        POST ``/nimserver/chatroom/queryUserRoomIds.action``

        There are no pages; how long the list may get is not documented.

        Args:
            creator: accid of the owner of the rooms.

        Returns:
            `RoomIds`.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.CHATROOM_QUERY_USER_ROOM_IDS,
            {
                "creator": creator,
            },
        )

    @implements(operations.CHATROOM_UPDATE_DELAY_CLOSE_POLICY)
    async def update_delay_close_policy(
        self,
        *,
        room_id: int,
        delay_close_policy: DelayClosePolicy | int | None = None,
        delay_seconds: int | None = None,
    ) -> Room:
        """
        Set or change a room's timed closing; the timer restarts at the call.

        POST ``/nimserver/chatroom/updateDelayClosePolicy.action``

        Closing is not exact to the second.

        Args:
            room_id: Chatroom id (wire ``roomid``).
            delay_close_policy: Timed closing. It must be enabled for the app first, and only rooms
                created after that support it. One of 0 (no timed closing), 1 (close a fixed time
                after the timer starts, even if people are inside), 2 (close once the room has been
                empty for the given time) (wire ``delayClosePolicy``).
            delay_seconds: Length of the timer in seconds, where ``delay_close_policy`` is 1 or 2,
                at most 604800; 604800 when left out (wire ``delaySeconds``).

        Returns:
            `Room`.

        Idempotent: a repeat sets the same policy, but starts the timer again.
        """
        return await self._client.invoke(
            operations.CHATROOM_UPDATE_DELAY_CLOSE_POLICY,
            {
                "room_id": room_id,
                "delay_close_policy": delay_close_policy,
                "delay_seconds": delay_seconds,
            },
        )

    @implements(operations.CHATROOM_UPDATE_IN_OUT_NOTIFICATION)
    async def update_in_out_notification(
        self,
        *,
        room_id: int,
        close: bool,
    ) -> Ack:
        """
        Switch a room's entry/exit notifications off or on.

        POST ``/nimserver/chatroom/updateInOutNotification.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            close: True switches the notifications off, False switches them on.

        Returns:
            `Ack`.

        Raises:
            PermissionDenied: Code 403: these notifications are off for the whole app.

        Idempotent: a repeat sets the same state.
        """
        return await self._client.invoke(
            operations.CHATROOM_UPDATE_IN_OUT_NOTIFICATION,
            {
                "room_id": room_id,
                "close": close,
            },
        )

    @implements(operations.CHATROOM_SET_MEMBER_ROLE)
    async def set_member_role(
        self,
        *,
        room_id: int,
        operator: str,
        target: str,
        opt: RoleOpt | int,
        opt_value: bool,
        notify_ext: Json | None = None,
    ) -> MemberRole:
        """
        Grant or withdraw a fixed role, block or mute for one account.

        POST ``/nimserver/chatroom/setMemberRole.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            operator: Acting account: the creator for ``opt=1``, creator or manager for the others.
            target: Account whose role changes.
            opt: Which role or restriction. One of 1 (manager; the operator must be the creator), 2
                (ordinary fixed member), -1 (block-listed), -2 (muted).
            opt_value: True sets it, False withdraws it; a member who is left neither blocked nor
                muted becomes a guest (wire ``optvalue``).
            notify_ext: Extension of the notification; the service asks for JSON. At most 2048
                characters (wire ``notifyExt``).

        Returns:
            `MemberRole`.

        Raises:
            NotFound: Code 404: the room, account or queue element does not exist.
            Duplicate: Code 417: the state asked for is already there (room already open, role
                already set, already muted).
            ApiError: Code 419: a number is over its limit (rooms, robots, list length). Code 13002:
                the state of the room does not allow it (closed, or not valid).

        Idempotent: a repeat of what already holds may give 417.
        """
        return await self._client.invoke(
            operations.CHATROOM_SET_MEMBER_ROLE,
            {
                "room_id": room_id,
                "operator": operator,
                "target": target,
                "opt": opt,
                "opt_value": opt_value,
                "notify_ext": notify_ext,
            },
        )

    @implements(operations.CHATROOM_UPDATE_MY_ROOM_ROLE)
    async def update_my_room_role(
        self,
        *,
        room_id: int,
        accid: str,
        save: bool | None = None,
        need_notify: bool | None = None,
        notify_ext: Json | None = None,
        nick: str | None = None,
        avatar: str | None = None,
        ext: Json | None = None,
        bid: Mapping[str, Any] | str | None = None,
    ) -> Ack:
        """
        Change the nick, avatar or extension an account shows inside a room.

        POST ``/nimserver/chatroom/updateMyRoomRole.action``

        A profile that the anti-spam check refuses may give code 13005.

        Args:
            room_id: Chatroom id (wire ``roomid``).
            accid: Account whose profile inside the room changes.
            save: Keep the change after the account leaves; works for fixed members only; False when
                left out.
            need_notify: Whether to announce it in the room (notification 316) (wire
                ``needNotify``).
            notify_ext: Extension carried in the notification, at most 2048 characters (wire
                ``notifyExt``).
            nick: Nick inside the room, at most 64 characters.
            avatar: Avatar inside the room (wire ``avator``).
            ext: Extension of the profile inside the room.
            bid: Business ids of the anti-spam check, an object with the texts ``textbid`` and
                ``picbid``; the app's own setting when left out.

        Returns:
            `Ack`.

        Idempotent: the state stays the same, but the room is notified again unless
        ``need_notify=False``.
        """
        return await self._client.invoke(
            operations.CHATROOM_UPDATE_MY_ROOM_ROLE,
            {
                "room_id": room_id,
                "accid": accid,
                "save": save,
                "need_notify": need_notify,
                "notify_ext": notify_ext,
                "nick": nick,
                "avatar": avatar,
                "ext": ext,
                "bid": bid,
            },
        )

    @implements(operations.CHATROOM_KICK_MEMBER)
    async def kick_member(
        self,
        *,
        room_id: int,
        target_accid: str,
        accid: str,
        notify_ext: Json | None = None,
    ) -> Ack:
        """
        Remove an account from a chatroom.

        POST ``/nimserver/chatroom/kickMember.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            target_accid: Account to remove (wire ``targetAccid``).
            accid: Acting account: creator or manager.
            notify_ext: Extension carried in the notification (313) (wire ``notifyExt``).

        Returns:
            `Ack`.

        Raises:
            NotFound: Code 404: the target is not in the room.

        Idempotent: a repeat finds nobody to remove (404), but an account that came back in between
        is removed again.
        """
        return await self._client.invoke(
            operations.CHATROOM_KICK_MEMBER,
            {
                "room_id": room_id,
                "target_accid": target_accid,
                "accid": accid,
                "notify_ext": notify_ext,
            },
        )

    @implements(operations.CHATROOM_MEMBERS_BY_PAGE)
    async def members_by_page(
        self,
        *,
        room_id: int,
        type: MemberKind | int,
        end_time: int,
        limit: int,
    ) -> Members:
        """
        Page through the fixed or the non-fixed members of a room, newest first.

        POST ``/nimserver/chatroom/membersByPage.action``

        A page shorter than ``limit`` is the last; `iter_members` goes through all pages.

        Args:
            room_id: Chatroom id (wire ``roomid``).
            type: Which members to list. One of 0 (fixed members), 1 (non-fixed members, of whom
                only those online exist), 2 (fixed members that are online).
            end_time: ``enter_time`` of the last member of the page before, in milliseconds; 0 for
                the first page (wire ``endtime``).
            limit: Members per page, 1 to 100.

        Returns:
            `Members`.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.CHATROOM_MEMBERS_BY_PAGE,
            {
                "room_id": room_id,
                "type": type,
                "end_time": end_time,
                "limit": limit,
            },
        )

    @implements(operations.CHATROOM_QUERY_MEMBERS_BY_ROLE)
    async def query_members_by_role(
        self,
        *,
        room_id: int,
        roles: Mapping[str, Any] | str,
    ) -> Members:
        """
        List the fixed members that hold any of the named roles.

        POST ``/nimserver/chatroom/queryMembersByRole.action``

        There are no pages.

        Args:
            room_id: Chatroom id (wire ``roomid``).
            roles: Which roles: an object of booleans with the keys ``creator``, ``manager``,
                ``blacklist`` and ``mute``, of which those that are true are listed.

        Returns:
            `Members`. Their ``enter_time`` is not the time of joining.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.CHATROOM_QUERY_MEMBERS_BY_ROLE,
            {
                "room_id": room_id,
                "roles": roles,
            },
        )

    @implements(operations.CHATROOM_QUERY_MEMBERS)
    async def query_members(
        self,
        *,
        room_id: int,
        accids: Sequence[str] | str,
    ) -> Members:
        """
        Read the members behind a list of accounts (online ones and fixed ones).

        POST ``/nimserver/chatroom/queryMembers.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            accids: Accounts, at most 200 items.

        Returns:
            `Members`. Accounts that are neither online nor fixed members are left out.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.CHATROOM_QUERY_MEMBERS,
            {
                "room_id": room_id,
                "accids": accids,
            },
        )

    @implements(operations.CHATROOM_SEND_MSG)
    async def send_msg(
        self,
        *,
        room_id: int,
        msg_id: str | None = None,
        from_accid: str,
        msg_type: MessageType | int | Body | None = None,
        attach: Json | Body | None = None,
        ext: Json | None = None,
        sub_type: int | None = None,
        resend_flag: int | None = None,
        ignore_mute: bool | None = None,
        route: int | None = None,
        skip_history: int | None = None,
        abandon_ratio: int | None = None,
        high_priority: bool | None = None,
        need_high_priority_msg_resend: bool | None = None,
        use_yidun: int | None = None,
        yidun_anti_cheating: Mapping[str, Any] | str | None = None,
        yidun_anti_spam_ext: Mapping[str, Any] | str | None = None,
        bid: str | None = None,
        antispam: bool | None = None,
        antispam_custom: Mapping[str, Any] | str | None = None,
        notify_target_tags: str | None = None,
        env: str | None = None,
        chat_msg_priority: int | None = None,
        forbidden_if_high_priority_msg_freq: int | None = None,
        loc_x: float | None = None,
        loc_y: float | None = None,
        loc_z: float | None = None,
    ) -> SentMessage:
        """
        Send one message into a chatroom as a given account.

        POST ``/nimserver/chatroom/sendMsg.action``

        Receivers get at most 20 normal and 10 high-priority messages per second; the surplus may be
        lost without an error. A blocked or muted sender may get code 13003 or 13004.

        Args:
            room_id: Chatroom id (wire ``roomid``).
            msg_id: Id of the message, of your choice; receivers drop a message whose id they have
                seen. Made for you when left out (wire ``msgId``).
            from_accid: Account the message is sent as (wire ``fromAccid``).
            msg_type: Type of the message; may be left out when a body such as `Text` is given. Type
                100 is checked for spam only where the app uses the external anti-spam service. One
                of 0 (text), 1 (picture), 2 (voice), 3 (video), 4 (location), 6 (file), 10 (tip),
                100 (custom) (wire ``msgType``).
            attach: Content: text for types 0 and 10, a JSON object for the others; or a body such
                as `Text`. At most 4096 characters.
            ext: Extension of the message; JSON is recommended. At most 4096 characters.
            sub_type: Sub type of a custom message, at least 1 (wire ``subType``).
            resend_flag: Whether this is a repeat, which the service drops if it has the ``msg_id``
                already. One of 0 (first send), 1 (repeat); 0 when left out (wire ``resendFlag``).
            ignore_mute: Send although the sender is temporarily muted; False when left out (wire
                ``ignoreMute``).
            route: Whether the message is copied to the app's webhook. One of 0 (no), 1 (yes); 1
                when left out.
            skip_history: Whether to keep the message out of the stored history. One of 0 (store
                it), 1 (do not store it); 0 when left out (wire ``skipHistory``).
            abandon_ratio: Chance that the service drops the message, in 1/10000 (9999 is 99.99 %);
                ``high_priority`` is ignored then. 0 to 9999; 0 when left out (wire
                ``abandonRatio``).
            high_priority: Deliver as high priority: at most 10 per second and room, the surplus is
                downgraded to normal; False when left out (wire ``highPriority``).
            need_high_priority_msg_resend: Deliver the message again to a member who leaves and
                comes back within its lifetime (30 s as a rule); only with ``high_priority=True``;
                True when left out (wire ``needHighPriorityMsgResend``).
            use_yidun: Whether the external anti-spam service checks it, or else the generic filter;
                the app's own setting when left out. One of 0 (do not use the external service), 1
                (use it) (wire ``useYidun``).
            yidun_anti_cheating: Data against cheating, passed on to the anti-spam service, at most
                1024 characters (wire ``yidunAntiCheating``).
            yidun_anti_spam_ext: Further data, passed on to the anti-spam service (wire
                ``yidunAntiSpamExt``).
            bid: Business id of the anti-spam check: one plain id, not the object that rooms take.
            antispam: Check ``antispam_custom`` for spam instead of the message; only with
                ``msg_type=100``; False when left out.
            antispam_custom: What to check: an object with ``type`` (1 text, 2 picture) and ``data``
                (the text, or the address of the picture); only with ``antispam=True``. At most 5000
                characters (wire ``antispamCustom``).
            notify_target_tags: Deliver only to members whose tags satisfy this expression; to
                everyone when left out. At most 128 characters. An example: ``{"tag": "a"} or
                {"tag": "b"}`` (wire ``notifyTargetTags``).
            env: Name of the environment whose webhook gets the copy.
            chat_msg_priority: Priority where messages go out by way of a CDN; what each value means
                is not documented. 0 to 3 (wire ``chatMsgPriority``).
            forbidden_if_high_priority_msg_freq: What happens over the limit of high-priority
                messages. One of 0 (downgrade to a normal message), 1 (fail with code 403); 0 when
                left out (wire ``forbiddenIfHighPriorityMsgFreq``).
            loc_x: Coordinate x of the sender, for spatial messages (wire ``locX``).
            loc_y: Coordinate y of the sender, for spatial messages (wire ``locY``).
            loc_z: Coordinate z of the sender, for spatial messages (wire ``locZ``).

        Returns:
            `SentMessage`.

        Not idempotent: a plain repeat sends the message again. One with the same ``msg_id`` and
        ``resend_flag=1`` is dropped by the service, for how long is not documented; the client
        makes its own repeats so.
        """
        return await self._client.invoke(
            operations.CHATROOM_SEND_MSG,
            {
                "room_id": room_id,
                "msg_id": msg_id,
                "from_accid": from_accid,
                "msg_type": msg_type,
                "attach": attach,
                "ext": ext,
                "sub_type": sub_type,
                "resend_flag": resend_flag,
                "ignore_mute": ignore_mute,
                "route": route,
                "skip_history": skip_history,
                "abandon_ratio": abandon_ratio,
                "high_priority": high_priority,
                "need_high_priority_msg_resend": need_high_priority_msg_resend,
                "use_yidun": use_yidun,
                "yidun_anti_cheating": yidun_anti_cheating,
                "yidun_anti_spam_ext": yidun_anti_spam_ext,
                "bid": bid,
                "antispam": antispam,
                "antispam_custom": antispam_custom,
                "notify_target_tags": notify_target_tags,
                "env": env,
                "chat_msg_priority": chat_msg_priority,
                "forbidden_if_high_priority_msg_freq": forbidden_if_high_priority_msg_freq,
                "loc_x": loc_x,
                "loc_y": loc_y,
                "loc_z": loc_z,
            },
        )

    @implements(operations.CHATROOM_BATCH_SEND_MSG)
    async def batch_send_msg(
        self,
        *,
        room_id: int,
        msg_list: Sequence[MessageItem | Mapping[str, Any]] | str,
        from_accid: str,
        ignore_mute: bool | None = None,
        skip_history: int | None = None,
        route: int | None = None,
        abandon_ratio: int | None = None,
        high_priority: bool | None = None,
        need_high_priority_msg_resend: bool | None = None,
        use_yidun: int | None = None,
        yidun_anti_cheating: Mapping[str, Any] | str | None = None,
        yidun_anti_spam_ext: Mapping[str, Any] | str | None = None,
        bid: str | None = None,
        antispam: bool | None = None,
        antispam_custom: Mapping[str, Any] | str | None = None,
        notify_target_tags: str | None = None,
        env: str | None = None,
        chat_msg_priority: int | None = None,
        forbidden_if_high_priority_msg_freq: int | None = None,
    ) -> BatchSent:
        """
        Send up to ten messages into a chatroom as one account.

        POST ``/nimserver/chatroom/batchSendMsg.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            msg_list: The messages, at most 10 items (wire ``msgList``).
            from_accid: Account the message is sent as (wire ``fromAccid``).
            ignore_mute: Send although the sender is temporarily muted; False when left out (wire
                ``ignoreMute``).
            skip_history: Whether to keep the messages out of the stored history. One of 0 (store
                it), 1 (do not store it); 0 when left out (wire ``skipHistory``).
            route: Whether the message is copied to the app's webhook. One of 0 (no), 1 (yes); 1
                when left out.
            abandon_ratio: Chance that the service drops the message, in 1/10000 (9999 is 99.99 %);
                ``high_priority`` is ignored then. 0 to 9999; 0 when left out (wire
                ``abandonRatio``).
            high_priority: Deliver as high priority: at most 10 per second and room, the surplus is
                downgraded to normal; False when left out (wire ``highPriority``).
            need_high_priority_msg_resend: Deliver the message again to a member who leaves and
                comes back within its lifetime (30 s as a rule); only with ``high_priority=True``;
                True when left out (wire ``needHighPriorityMsgResend``).
            use_yidun: Whether the external anti-spam service checks it, or else the generic filter;
                the app's own setting when left out. One of 0 (do not use the external service), 1
                (use it) (wire ``useYidun``).
            yidun_anti_cheating: Data against cheating, passed on to the anti-spam service, at most
                1024 characters (wire ``yidunAntiCheating``).
            yidun_anti_spam_ext: Further data, passed on to the anti-spam service (wire
                ``yidunAntiSpamExt``).
            bid: Business id of the anti-spam check: one plain id, not the object that rooms take.
            antispam: Check ``antispam_custom`` for spam instead of the message; only with
                ``msg_type=100``; False when left out.
            antispam_custom: What to check: an object with ``type`` (1 text, 2 picture) and ``data``
                (the text, or the address of the picture); only with ``antispam=True``. At most 5000
                characters (wire ``antispamCustom``).
            notify_target_tags: Deliver only to members whose tags satisfy this expression; to
                everyone when left out. At most 128 characters. An example: ``{"tag": "a"} or
                {"tag": "b"}`` (wire ``notifyTargetTags``).
            env: Name of the environment whose webhook gets the copy.
            chat_msg_priority: Priority where messages go out by way of a CDN; what each value means
                is not documented. 0 to 3 (wire ``chatMsgPriority``).
            forbidden_if_high_priority_msg_freq: What happens over the limit of high-priority
                messages. One of 0 (downgrade to a normal message), 1 (fail with code 403); 0 when
                left out (wire ``forbiddenIfHighPriorityMsgFreq``).

        Returns:
            `BatchSent`. Messages may be in ``fail`` although the call succeeds.

        Not idempotent: a plain repeat sends the messages again. Those with the same ``msg_id`` and
        ``resend_flag=1`` are dropped by the service, for how long is not documented; the client
        makes its own repeats so.
        """
        return await self._client.invoke(
            operations.CHATROOM_BATCH_SEND_MSG,
            {
                "room_id": room_id,
                "msg_list": msg_list,
                "from_accid": from_accid,
                "ignore_mute": ignore_mute,
                "skip_history": skip_history,
                "route": route,
                "abandon_ratio": abandon_ratio,
                "high_priority": high_priority,
                "need_high_priority_msg_resend": need_high_priority_msg_resend,
                "use_yidun": use_yidun,
                "yidun_anti_cheating": yidun_anti_cheating,
                "yidun_anti_spam_ext": yidun_anti_spam_ext,
                "bid": bid,
                "antispam": antispam,
                "antispam_custom": antispam_custom,
                "notify_target_tags": notify_target_tags,
                "env": env,
                "chat_msg_priority": chat_msg_priority,
                "forbidden_if_high_priority_msg_freq": forbidden_if_high_priority_msg_freq,
            },
        )

    @implements(operations.CHATROOM_RECALL)
    async def recall(
        self,
        *,
        room_id: int,
        msg_timetag: int,
        from_acc: str,
        msg_id: str,
        operator_acc: str,
        notify_ext: Json | None = None,
    ) -> Ack:
        """
        Withdraw a chatroom message; its cloud history record goes too.

        POST ``/nimserver/chatroom/recall.action``

        Receivers need a client SDK of version 8.7.0 or later. Code 200 does not prove that a
        message was withdrawn: data that fits no message may be accepted too.

        Args:
            room_id: Chatroom id (wire ``roomid``).
            msg_timetag: Time of the message in milliseconds: the ``time`` returned when it was sent
                (wire ``msgTimetag``).
            from_acc: Sender of the message (wire ``fromAcc``).
            msg_id: Id that the message was sent with (wire ``msgId``).
            operator_acc: Acting account (wire ``operatorAcc``).
            notify_ext: Extension carried in the notification, at most 1024 characters (wire
                ``notifyExt``).

        Returns:
            `Ack`.

        Idempotent: a message that was withdrawn stays so; what a repeat answers is not documented.
        """
        return await self._client.invoke(
            operations.CHATROOM_RECALL,
            {
                "room_id": room_id,
                "msg_timetag": msg_timetag,
                "from_acc": from_acc,
                "msg_id": msg_id,
                "operator_acc": operator_acc,
                "notify_ext": notify_ext,
            },
        )

    @implements(operations.CHATROOM_SEND_MSG_TO_SOMEONE)
    async def send_msg_to_someone(
        self,
        *,
        room_id: int,
        msg_id: str | None = None,
        from_accid: str,
        to_accids: Sequence[str] | str,
        msg_type: MessageType | int | Body | None = None,
        attach: Json | Body | None = None,
        ext: Json | None = None,
        sub_type: int | None = None,
        resend_flag: int | None = None,
        route: int | None = None,
        use_yidun: int | None = None,
        yidun_anti_cheating: Mapping[str, Any] | str | None = None,
        yidun_anti_spam_ext: Mapping[str, Any] | str | None = None,
        bid: str | None = None,
        antispam: bool | None = None,
        antispam_custom: Mapping[str, Any] | str | None = None,
        env: str | None = None,
    ) -> SentMessage:
        """
        Send one message to named accounts inside a chatroom; never stored in history.

        POST ``/nimserver/chatroom/sendMsgToSomeone.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            msg_id: Id of the message, of your choice; receivers drop a message whose id they have
                seen. Made for you when left out (wire ``msgId``).
            from_accid: Account the message is sent as (wire ``fromAccid``).
            to_accids: Receivers, at most 100 items (wire ``toAccids``).
            msg_type: Type of the message; may be left out when a body such as `Text` is given. Type
                100 is checked for spam only where the app uses the external anti-spam service. One
                of 0 (text), 1 (picture), 2 (voice), 3 (video), 4 (location), 6 (file), 10 (tip),
                100 (custom) (wire ``msgType``).
            attach: Content: text for types 0 and 10, a JSON object for the others; or a body such
                as `Text`. At most 4096 characters.
            ext: Extension of the message; JSON is recommended. At most 4096 characters.
            sub_type: Sub type of a custom message, at least 1 (wire ``subType``).
            resend_flag: Whether this is a repeat, which the service drops if it has the ``msg_id``
                already. One of 0 (first send), 1 (repeat); 0 when left out (wire ``resendFlag``).
            route: Whether the message is copied to the app's webhook. One of 0 (no), 1 (yes); 1
                when left out.
            use_yidun: Whether the external anti-spam service checks it, or else the generic filter;
                the app's own setting when left out. One of 0 (do not use the external service), 1
                (use it) (wire ``useYidun``).
            yidun_anti_cheating: Data against cheating, passed on to the anti-spam service, at most
                1024 characters (wire ``yidunAntiCheating``).
            yidun_anti_spam_ext: Further data, passed on to the anti-spam service (wire
                ``yidunAntiSpamExt``).
            bid: Business id of the anti-spam check: one plain id, not the object that rooms take.
            antispam: Check ``antispam_custom`` for spam instead of the message; only with
                ``msg_type=100``; False when left out.
            antispam_custom: What to check: an object with ``type`` (1 text, 2 picture) and ``data``
                (the text, or the address of the picture); only with ``antispam=True``. At most 5000
                characters (wire ``antispamCustom``).
            env: Name of the environment whose webhook gets the copy.

        Returns:
            `SentMessage`. Who actually got the message is not reported.

        Not idempotent: a plain repeat sends the message again. One with the same ``msg_id`` and
        ``resend_flag=1`` is dropped by the service, for how long is not documented; the client
        makes its own repeats so.
        """
        return await self._client.invoke(
            operations.CHATROOM_SEND_MSG_TO_SOMEONE,
            {
                "room_id": room_id,
                "msg_id": msg_id,
                "from_accid": from_accid,
                "to_accids": to_accids,
                "msg_type": msg_type,
                "attach": attach,
                "ext": ext,
                "sub_type": sub_type,
                "resend_flag": resend_flag,
                "route": route,
                "use_yidun": use_yidun,
                "yidun_anti_cheating": yidun_anti_cheating,
                "yidun_anti_spam_ext": yidun_anti_spam_ext,
                "bid": bid,
                "antispam": antispam,
                "antispam_custom": antispam_custom,
                "env": env,
            },
        )

    @implements(operations.CHATROOM_BATCH_SEND_MSG_TO_SOMEONE)
    async def batch_send_msg_to_someone(
        self,
        *,
        room_id: int,
        msg_list: Sequence[MessageItem | Mapping[str, Any]] | str,
        from_accid: str,
        to_accids: Sequence[str] | str,
        route: int | None = None,
        use_yidun: int | None = None,
        yidun_anti_cheating: Mapping[str, Any] | str | None = None,
        yidun_anti_spam_ext: Mapping[str, Any] | str | None = None,
        bid: str | None = None,
        antispam: bool | None = None,
        antispam_custom: Mapping[str, Any] | str | None = None,
        env: str | None = None,
    ) -> BatchSent:
        """
        Send up to ten messages to named accounts inside a chatroom; never stored in history.

        POST ``/nimserver/chatroom/batchSendMsgToSomeone.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            msg_list: The messages, at most 10 items (wire ``msgList``).
            from_accid: Account the message is sent as (wire ``fromAccid``).
            to_accids: Receivers, at most 100 items (wire ``toAccids``).
            route: Whether the message is copied to the app's webhook. One of 0 (no), 1 (yes); 1
                when left out.
            use_yidun: Whether the external anti-spam service checks it, or else the generic filter;
                the app's own setting when left out. One of 0 (do not use the external service), 1
                (use it) (wire ``useYidun``).
            yidun_anti_cheating: Data against cheating, passed on to the anti-spam service, at most
                1024 characters (wire ``yidunAntiCheating``).
            yidun_anti_spam_ext: Further data, passed on to the anti-spam service (wire
                ``yidunAntiSpamExt``).
            bid: Business id of the anti-spam check: one plain id, not the object that rooms take.
            antispam: Check ``antispam_custom`` for spam instead of the message; only with
                ``msg_type=100``; False when left out.
            antispam_custom: What to check: an object with ``type`` (1 text, 2 picture) and ``data``
                (the text, or the address of the picture); only with ``antispam=True``. At most 5000
                characters (wire ``antispamCustom``).
            env: Name of the environment whose webhook gets the copy.

        Returns:
            `BatchSent`. Messages may be in ``fail`` although the call succeeds.

        Not idempotent: a plain repeat sends the messages again. Those with the same ``msg_id`` and
        ``resend_flag=1`` are dropped by the service, for how long is not documented; the client
        makes its own repeats so.
        """
        return await self._client.invoke(
            operations.CHATROOM_BATCH_SEND_MSG_TO_SOMEONE,
            {
                "room_id": room_id,
                "msg_list": msg_list,
                "from_accid": from_accid,
                "to_accids": to_accids,
                "route": route,
                "use_yidun": use_yidun,
                "yidun_anti_cheating": yidun_anti_cheating,
                "yidun_anti_spam_ext": yidun_anti_spam_ext,
                "bid": bid,
                "antispam": antispam,
                "antispam_custom": antispam_custom,
                "env": env,
            },
        )

    @implements(operations.CHATROOM_BROADCAST)
    async def broadcast(
        self,
        *,
        msg_id: str | None = None,
        from_accid: str,
        msg_type: MessageType | int | Body | None = None,
        attach: Json | Body | None = None,
        ext: Json | None = None,
        sub_type: int | None = None,
        resend_flag: int | None = None,
        route: int | None = None,
        high_priority: bool | None = None,
        need_high_priority_msg_resend: bool | None = None,
        use_yidun: int | None = None,
        yidun_anti_cheating: Mapping[str, Any] | str | None = None,
        bid: str | None = None,
        antispam: bool | None = None,
        antispam_custom: Mapping[str, Any] | str | None = None,
        notify_target_tags: str | None = None,
        env: str | None = None,
    ) -> SentMessage:
        """
        Send one message to everyone online in every chatroom of the app; never stored in history.

        POST ``/nimserver/chatroom/broadcast.action``

        It must be enabled for the app first.

        Args:
            msg_id: Id of the message, of your choice; receivers drop a message whose id they have
                seen. Made for you when left out (wire ``msgId``).
            from_accid: Account the message is sent as (wire ``fromAccid``).
            msg_type: Type of the message; may be left out when a body such as `Text` is given. Type
                100 is checked for spam only where the app uses the external anti-spam service. One
                of 0 (text), 1 (picture), 2 (voice), 3 (video), 4 (location), 6 (file), 10 (tip),
                100 (custom) (wire ``msgType``).
            attach: Content: text for types 0 and 10, a JSON object for the others; or a body such
                as `Text`. At most 4096 characters.
            ext: Extension of the message; JSON is recommended. At most 4096 characters.
            sub_type: Sub type of a custom message, at least 1 (wire ``subType``).
            resend_flag: Whether this is a repeat, which the service drops if it has the ``msg_id``
                already. One of 0 (first send), 1 (repeat); 0 when left out (wire ``resendFlag``).
            route: Whether the message is copied to the app's webhook. One of 0 (no), 1 (yes); 1
                when left out.
            high_priority: Deliver as high priority: at most 10 per second and room, the surplus is
                downgraded to normal; False when left out (wire ``highPriority``).
            need_high_priority_msg_resend: Deliver the message again to a member who leaves and
                comes back within its lifetime (30 s as a rule); only with ``high_priority=True``;
                True when left out (wire ``needHighPriorityMsgResend``).
            use_yidun: Whether the external anti-spam service checks it, or else the generic filter;
                the app's own setting when left out. One of 0 (do not use the external service), 1
                (use it) (wire ``useYidun``).
            yidun_anti_cheating: Data against cheating, passed on to the anti-spam service, at most
                1024 characters (wire ``yidunAntiCheating``).
            bid: Business id of the anti-spam check: one plain id, not the object that rooms take.
            antispam: Check ``antispam_custom`` for spam instead of the message; only with
                ``msg_type=100``; False when left out.
            antispam_custom: What to check: an object with ``type`` (1 text, 2 picture) and ``data``
                (the text, or the address of the picture); only with ``antispam=True``. At most 5000
                characters (wire ``antispamCustom``).
            notify_target_tags: Deliver only to members whose tags satisfy this expression; to
                everyone when left out. At most 128 characters. An example: ``{"tag": "a"} or
                {"tag": "b"}`` (wire ``notifyTargetTags``).
            env: Name of the environment whose webhook gets the copy.

        Returns:
            `SentMessage`. There may be no ``room_id`` in it, since no room is named.

        Raises:
            RateLimited: Code 416. More than 10 calls in 60 s for the app; refused for 60 s.
            PermissionDenied: Code 403: it is not enabled for the app.

        Not idempotent: a plain repeat sends the message again. One with the same ``msg_id`` and
        ``resend_flag=1`` is dropped by the service, for how long is not documented; the client
        makes its own repeats so. How far that goes across rooms is not documented.
        """
        return await self._client.invoke(
            operations.CHATROOM_BROADCAST,
            {
                "msg_id": msg_id,
                "from_accid": from_accid,
                "msg_type": msg_type,
                "attach": attach,
                "ext": ext,
                "sub_type": sub_type,
                "resend_flag": resend_flag,
                "route": route,
                "high_priority": high_priority,
                "need_high_priority_msg_resend": need_high_priority_msg_resend,
                "use_yidun": use_yidun,
                "yidun_anti_cheating": yidun_anti_cheating,
                "bid": bid,
                "antispam": antispam,
                "antispam_custom": antispam_custom,
                "notify_target_tags": notify_target_tags,
                "env": env,
            },
        )

    @implements(operations.CHATROOM_ADD_ROBOT)
    async def add_robot(
        self,
        *,
        room_id: int,
        accids: Sequence[str] | str,
        role_ext: Json | None = None,
        notify_ext: Json | None = None,
    ) -> Robots:
        """
        Put robot accounts into a chatroom for 24 hours.

        POST ``/nimserver/chatroom/addRobot.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            accids: Accounts to be robots; they must be registered. At most 100 items.
            role_ext: Extension of the robots' profile inside the room, at most 4096 characters
                (wire ``roleExt``).
            notify_ext: Extension of the entry notification; the service asks for JSON. At most 2048
                characters (wire ``notifyExt``).

        Returns:
            `Robots`.

        Raises:
            Duplicate: Code 417: the state asked for is already there (room already open, role
                already set, already muted).
            ApiError: Code 419: a number is over its limit (rooms, robots, list length).
            PermissionDenied: Code 13003: account is on the blacklist of the room; entering (or
                adding as robot) refused.

        Idempotent: robots already present are listed in ``old_accids``; whether their 24 hours
        start again is not documented.
        """
        return await self._client.invoke(
            operations.CHATROOM_ADD_ROBOT,
            {
                "room_id": room_id,
                "accids": accids,
                "role_ext": role_ext,
                "notify_ext": notify_ext,
            },
        )

    @implements(operations.CHATROOM_REMOVE_ROBOT)
    async def remove_robot(
        self,
        *,
        room_id: int,
        accids: Sequence[str] | str,
    ) -> Robots:
        """
        Take named robot accounts out of a chatroom.

        POST ``/nimserver/chatroom/removeRobot.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            accids: Robots to remove, at most 100 items.

        Returns:
            `Robots`.

        Raises:
            NotFound: Code 404: the room, account or queue element does not exist.
            ApiError: Code 419: a number is over its limit (rooms, robots, list length).

        Idempotent: a repeat lists accounts that are gone in ``fail_accids``.
        """
        return await self._client.invoke(
            operations.CHATROOM_REMOVE_ROBOT,
            {
                "room_id": room_id,
                "accids": accids,
            },
        )

    @implements(operations.CHATROOM_CLEAN_ROBOT)
    async def clean_robot(
        self,
        *,
        room_id: int,
        notify: bool | None = None,
    ) -> RobotsCleaned:
        """
        Remove every robot from a chatroom.

        POST ``/nimserver/chatroom/cleanRobot.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            notify: Announce in the room that they left; False when left out.

        Returns:
            `RobotsCleaned`.

        Idempotent: the ``size`` of a repeat is 0.
        """
        return await self._client.invoke(
            operations.CHATROOM_CLEAN_ROBOT,
            {
                "room_id": room_id,
                "notify": notify,
            },
        )

    @implements(operations.CHATROOM_TEMPORARY_MUTE)
    async def temporary_mute(
        self,
        *,
        room_id: int,
        operator: str,
        target: str,
        mute_duration: int,
        need_notify: bool | None = None,
        notify_ext: Json | None = None,
    ) -> Mute:
        """
        Mute one member of a room for a time, or lift that mute.

        POST ``/nimserver/chatroom/temporaryMute.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            operator: Acting account: creator or manager.
            target: Account to mute.
            mute_duration: Seconds of muting; 0 lifts the mute. 0 to 2592000 (wire
                ``muteDuration``).
            need_notify: Whether to announce it in the room (notifications 314 and 315); True when
                left out (wire ``needNotify``).
            notify_ext: Extension carried in the notification, at most 2048 characters (wire
                ``notifyExt``).

        Returns:
            `Mute`.

        Raises:
            NotFound: Code 404: the room, account or queue element does not exist.
            Duplicate: Code 417: the state asked for is already there (room already open, role
                already set, already muted).
            ApiError: Code 419: a number is over its limit (rooms, robots, list length). Code 13002:
                the state of the room does not allow it (closed, or not valid).

        Idempotent: a repeat sets the same mute, but starts its duration and announces it again.
        """
        return await self._client.invoke(
            operations.CHATROOM_TEMPORARY_MUTE,
            {
                "room_id": room_id,
                "operator": operator,
                "target": target,
                "mute_duration": mute_duration,
                "need_notify": need_notify,
                "notify_ext": notify_ext,
            },
        )

    @implements(operations.CHATROOM_MUTE_ROOM)
    async def mute_room(
        self,
        *,
        room_id: int,
        operator: str,
        mute: bool,
        need_notify: bool | None = None,
        notify_ext: Json | None = None,
    ) -> RoomMute:
        """
        Mute or unmute a whole room; creator and managers can still speak.

        POST ``/nimserver/chatroom/muteRoom.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            operator: Acting account: creator or manager.
            mute: True mutes the room, False lifts the mute.
            need_notify: Whether to announce it in the room (notifications 318 and 319); True when
                left out (wire ``needNotify``).
            notify_ext: Extension carried in the notification, at most 2048 characters (wire
                ``notifyExt``).

        Returns:
            `RoomMute`.

        Idempotent: the state stays the same, but the room is notified again unless
        ``need_notify=False``.
        """
        return await self._client.invoke(
            operations.CHATROOM_MUTE_ROOM,
            {
                "room_id": room_id,
                "operator": operator,
                "mute": mute,
                "need_notify": need_notify,
                "notify_ext": notify_ext,
            },
        )

    @implements(operations.CHATROOM_TAG_TEMPORARY_MUTE)
    async def tag_temporary_mute(
        self,
        *,
        room_id: int,
        operator: str,
        target_tag: str,
        mute_duration: int,
        need_notify: bool | None = None,
        notify_ext: Json | None = None,
        notify_target_tags: str | None = None,
    ) -> Mute:
        """
        Mute every member that carries a tag for a time, or lift it.

        POST ``/nimserver/chatroom/tagTemporaryMute.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            operator: Acting account: creator or manager.
            target_tag: The tag (wire ``targetTag``).
            mute_duration: Seconds of muting; 0 lifts the mute. 0 to 2592000 (wire
                ``muteDuration``).
            need_notify: Whether to announce it in the room; True when left out (wire
                ``needNotify``).
            notify_ext: Extension carried in the notification (wire ``notifyExt``).
            notify_target_tags: Who gets the notification; the members that carry ``target_tag``
                when left out. At most 128 characters. An example: ``{"tag": "a"} or {"tag": "b"}``
                (wire ``notifyTargetTags``).

        Returns:
            `Mute`.

        Idempotent: a repeat sets the same mute, but starts its duration again.
        """
        return await self._client.invoke(
            operations.CHATROOM_TAG_TEMPORARY_MUTE,
            {
                "room_id": room_id,
                "operator": operator,
                "target_tag": target_tag,
                "mute_duration": mute_duration,
                "need_notify": need_notify,
                "notify_ext": notify_ext,
                "notify_target_tags": notify_target_tags,
            },
        )

    @implements(operations.CHATROOM_TAG_MEMBERS_COUNT)
    async def tag_members_count(
        self,
        *,
        room_id: int,
        tag: str,
    ) -> TagCount:
        """
        Count the online users that carry a tag.

        POST ``/nimserver/chatroom/tagMembersCount.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            tag: The tag.

        Returns:
            `TagCount`.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.CHATROOM_TAG_MEMBERS_COUNT,
            {
                "room_id": room_id,
                "tag": tag,
            },
        )

    @implements(operations.CHATROOM_TAG_MEMBERS_QUERY)
    async def tag_members_query(
        self,
        *,
        room_id: int,
        tag: str,
        end_time: int,
        limit: int,
    ) -> Members:
        """
        Page through the online members that carry a tag, newest first.

        POST ``/nimserver/chatroom/tagMembersQuery.action``

        `iter_tag_members` goes through all pages.

        Args:
            room_id: Chatroom id (wire ``roomid``).
            tag: The tag.
            end_time: ``enter_time`` of the last member of the page before, in milliseconds; 0 for
                the first page (wire ``endTime``).
            limit: Members per page, 1 to 100.

        Returns:
            `Members`. An account on several devices appears once for each.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.CHATROOM_TAG_MEMBERS_QUERY,
            {
                "room_id": room_id,
                "tag": tag,
                "end_time": end_time,
                "limit": limit,
            },
        )

    @implements(operations.CHATROOM_UPDATE_CHAT_ROOM_ROLE_TAG)
    async def update_chat_room_role_tag(
        self,
        *,
        room_id: int,
        accid: str,
        tags: Sequence[str] | str | None = None,
        notify_target_tags: str | None = None,
    ) -> Ack:
        """
        Replace the tags of an account in a room.

        POST ``/nimserver/chatroom/updateChatRoomRoleTag.action``

        Args:
            room_id: Chatroom id (wire ``roomId``).
            accid: Account whose tags change.
            tags: New tags; give at least one of ``tags`` and ``notify_target_tags``. At most 10
                items.
            notify_target_tags: New tag expression of the account, at most 128 characters. An
                example: ``{"tag": "a"} or {"tag": "b"}`` (wire ``notifyTargetTags``).

        Returns:
            `Ack`.

        Idempotent: a repeat sets the same tags.
        """
        return await self._client.invoke(
            operations.CHATROOM_UPDATE_CHAT_ROOM_ROLE_TAG,
            {
                "room_id": room_id,
                "accid": accid,
                "tags": tags,
                "notify_target_tags": notify_target_tags,
            },
        )

    @implements(operations.CHATROOM_QUEUE_INIT)
    async def queue_init(
        self,
        *,
        room_id: int,
        size_limit: int | None = None,
    ) -> Ack:
        """
        Set up a room's ordered queue with a size limit.

        POST ``/nimserver/chatroom/queueInit.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            size_limit: How many elements the queue may hold. Better give it: the limit the service
                takes otherwise is not certain. 0 to 1000 (wire ``sizeLimit``).

        Returns:
            `Ack`.

        Idempotent: a repeat sets the same limit, but what it does to elements in the queue is not
        documented: better not on a queue in use.
        """
        return await self._client.invoke(
            operations.CHATROOM_QUEUE_INIT,
            {
                "room_id": room_id,
                "size_limit": size_limit,
            },
        )

    @implements(operations.CHATROOM_QUEUE_OFFER)
    async def queue_offer(
        self,
        *,
        room_id: int,
        key: str,
        value: str,
        operator: str | None = None,
        transient: bool | None = None,
        high_priority: int | None = None,
        high_priority_policy: int | None = None,
    ) -> QueueChange:
        """
        Add an element to a room's queue or update it when its key exists.

        POST ``/nimserver/chatroom/queueOffer.action``

        Updating an element makes the operator its owner.

        Args:
            room_id: Chatroom id (wire ``roomid``).
            key: Element key, at most 128 characters.
            value: Element value, at most 4096 characters.
            operator: Account that offers the element; the room's creator when left out. One that is
                not in the room may be refused with 403.
            transient: Delete the element when the operator leaves the room or loses every
                connection to it. The operator must be in the room; False when left out.
            high_priority: Whether the notification of the change has high priority, with at most 10
                per second and receiver. One of 0 (normal), 1 (high priority); 0 when left out (wire
                ``highPriority``).
            high_priority_policy: What happens over the limit of high-priority messages; only with
                ``high_priority=1``. One of 0 (downgrade to a normal message), 1 (fail with code
                416); 0 when left out (wire ``highPriorityPolicy``).

        Returns:
            `QueueChange`.

        Raises:
            PermissionDenied: Code 302: ``transient=True`` for an operator who is not in the room,
                which may give 403 as well.
            NotFound: Code 404: the operator's account does not exist.

        Idempotent: a repeat stores the same value, and notifies again.
        """
        return await self._client.invoke(
            operations.CHATROOM_QUEUE_OFFER,
            {
                "room_id": room_id,
                "key": key,
                "value": value,
                "operator": operator,
                "transient": transient,
                "high_priority": high_priority,
                "high_priority_policy": high_priority_policy,
            },
        )

    @implements(operations.CHATROOM_QUEUE_BATCH_OFFER)
    async def queue_batch_offer(
        self,
        *,
        room_id: int,
        operator: str | None = None,
        elements: Sequence[QueueItem | Mapping[str, Any]] | str,
        transient: bool | None = None,
        need_notify: bool | None = None,
        notify_ext: Json | None = None,
        high_priority: int | None = None,
        high_priority_policy: int | None = None,
    ) -> QueueBatchOffer:
        """
        Add up to 20 elements to a room's queue in one call.

        POST ``/nimserver/chatroom/queueBatchOffer.action``

        Whether a key that exists is updated or refused is not documented.

        Args:
            room_id: Chatroom id (wire ``roomid``).
            operator: Acting account; the room's creator when left out.
            elements: The elements, at most 20 items.
            transient: Delete an element when its owner leaves; one whose owner is not in the room
                fails; False when left out.
            need_notify: Whether to announce it in the room; False also avoids the limit of
                notifications; True when left out (wire ``needNotify``).
            notify_ext: Extension carried in the notification, at most 2048 characters (wire
                ``notifyExt``).
            high_priority: Whether the notification of the change has high priority, with at most 10
                per second and receiver. One of 0 (normal), 1 (high priority); 0 when left out (wire
                ``highPriority``).
            high_priority_policy: What happens over the limit of high-priority messages; only with
                ``high_priority=1``. One of 0 (downgrade to a normal message), 1 (fail with code
                416); 0 when left out (wire ``highPriorityPolicy``).

        Returns:
            `QueueBatchOffer`. Elements may be in ``failed_keys`` although the call succeeds.

        Idempotent: as with ``queue_offer``, a repeat stores the same values.
        """
        return await self._client.invoke(
            operations.CHATROOM_QUEUE_BATCH_OFFER,
            {
                "room_id": room_id,
                "operator": operator,
                "elements": elements,
                "transient": transient,
                "need_notify": need_notify,
                "notify_ext": notify_ext,
                "high_priority": high_priority,
                "high_priority_policy": high_priority_policy,
            },
        )

    @implements(operations.CHATROOM_QUEUE_BATCH_UPDATE_ELEMENTS)
    async def queue_batch_update_elements(
        self,
        *,
        room_id: int,
        operator: str,
        elements: Mapping[str, Any] | str,
        need_notify: bool | None = None,
        notify_ext: Json | None = None,
        high_priority: int | None = None,
        high_priority_policy: int | None = None,
    ) -> QueueBatchUpdate:
        """
        Change the values of existing queue elements in one call.

        POST ``/nimserver/chatroom/queueBatchUpdateElements.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            operator: Acting account: creator or manager.
            elements: New values by key, both texts, at most 200 items.
            need_notify: Whether to announce it in the room (notification 320); False also avoids
                the limit of notifications; True when left out (wire ``needNotify``).
            notify_ext: Extension carried in the notification, at most 2048 characters (wire
                ``notifyExt``).
            high_priority: Whether the notification of the change has high priority, with at most 10
                per second and receiver. One of 0 (normal), 1 (high priority); 0 when left out (wire
                ``highPriority``).
            high_priority_policy: What happens over the limit of high-priority messages; only with
                ``high_priority=1``. One of 0 (downgrade to a normal message), 1 (fail with code
                416); 0 when left out (wire ``highPriorityPolicy``).

        Returns:
            `QueueBatchUpdate`. Keys that are not in the queue are not added, but listed in
            ``no_exist_element_key`` although the call succeeds.

        Idempotent: a repeat sets the same values, and notifies again.
        """
        return await self._client.invoke(
            operations.CHATROOM_QUEUE_BATCH_UPDATE_ELEMENTS,
            {
                "room_id": room_id,
                "operator": operator,
                "elements": elements,
                "need_notify": need_notify,
                "notify_ext": notify_ext,
                "high_priority": high_priority,
                "high_priority_policy": high_priority_policy,
            },
        )

    @implements(operations.CHATROOM_QUEUE_LIST)
    async def queue_list(
        self,
        *,
        room_id: int,
    ) -> Queue:
        """
        List a room's queue in order.

        POST ``/nimserver/chatroom/queueList.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).

        Returns:
            `Queue`.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.CHATROOM_QUEUE_LIST,
            {
                "room_id": room_id,
            },
        )

    @implements(operations.CHATROOM_QUEUE_MULTI_GET)
    async def queue_multi_get(
        self,
        *,
        room_id: int,
        keys: Sequence[str] | str,
    ) -> Queue:
        """
        Read named elements of a room's queue without removing them.

        POST ``/nimserver/chatroom/queueMultiGet.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            keys: Keys of the elements, at most 100 items.

        Returns:
            `Queue`. Expect keys that are not in the queue to be left out.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.CHATROOM_QUEUE_MULTI_GET,
            {
                "room_id": room_id,
                "keys": keys,
            },
        )

    @implements(operations.CHATROOM_QUEUE_POLL)
    async def queue_poll(
        self,
        *,
        room_id: int,
        key: str | None = None,
        high_priority: int | None = None,
        high_priority_policy: int | None = None,
    ) -> QueueElement:
        """
        Take one element out of a room's queue and return it.

        POST ``/nimserver/chatroom/queuePoll.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            key: Key of the element to take; the head of the queue when left out. At most 128
                characters.
            high_priority: Whether the notification of the change has high priority, with at most 10
                per second and receiver. One of 0 (normal), 1 (high priority); 0 when left out (wire
                ``highPriority``).
            high_priority_policy: What happens over the limit of high-priority messages; only with
                ``high_priority=1``. One of 0 (downgrade to a normal message), 1 (fail with code
                416); 0 when left out (wire ``highPriorityPolicy``).

        Returns:
            `QueueElement`.

        Raises:
            NotFound: Code 404: an unknown key or an empty queue.

        Not idempotent: a repeat without ``key`` takes the next element too; one with ``key`` cannot
        return what was lost.
        """
        return await self._client.invoke(
            operations.CHATROOM_QUEUE_POLL,
            {
                "room_id": room_id,
                "key": key,
                "high_priority": high_priority,
                "high_priority_policy": high_priority_policy,
            },
        )

    @implements(operations.CHATROOM_QUEUE_DROP)
    async def queue_drop(
        self,
        *,
        room_id: int,
        high_priority: int | None = None,
        high_priority_policy: int | None = None,
    ) -> QueueChange:
        """
        Clear a room's whole queue.

        POST ``/nimserver/chatroom/queueDrop.action``

        Args:
            room_id: Chatroom id (wire ``roomid``).
            high_priority: Whether the notification of the change has high priority, with at most 10
                per second and receiver. One of 0 (normal), 1 (high priority); 0 when left out (wire
                ``highPriority``).
            high_priority_policy: What happens over the limit of high-priority messages; only with
                ``high_priority=1``. One of 0 (downgrade to a normal message), 1 (fail with code
                416); 0 when left out (wire ``highPriorityPolicy``).

        Returns:
            `QueueChange`.

        Idempotent: an empty queue stays empty, but elements offered in between are lost.
        """
        return await self._client.invoke(
            operations.CHATROOM_QUEUE_DROP,
            {
                "room_id": room_id,
                "high_priority": high_priority,
                "high_priority_policy": high_priority_policy,
            },
        )

    @implements(operations.CHATROOM_DELETE_HISTORY_MESSAGE)
    async def delete_history_message(
        self,
        *,
        room_id: int,
        from_acc: str,
        msg_timetag: int,
    ) -> Ack:
        """
        Delete one message from a room's cloud history.

        POST ``/nimserver/chatroom/deleteHistoryMessage.action``

        Sender and time identify the message. Wait some seconds between sending and deleting.

        Args:
            room_id: Chatroom id (wire ``roomid``).
            from_acc: Sender of the message (wire ``fromAcc``).
            msg_timetag: Time of the message in milliseconds, exactly as the message has it (wire
                ``msgTimetag``).

        Returns:
            `Ack`.

        Idempotent: a deleted message stays deleted; what a repeat answers is not documented.
        """
        return await self._client.invoke(
            operations.CHATROOM_DELETE_HISTORY_MESSAGE,
            {
                "room_id": room_id,
                "from_acc": from_acc,
                "msg_timetag": msg_timetag,
            },
        )


class StatsMethods:
    """
    Operations under ``/nimserver/stats/``.

    An argument that is left out is not sent. Lengths count UTF-16 units. Where an object or JSON is
    asked for, give a Python value, or text that goes as it is.

    Each method says what a repeat does; the client by itself repeats only what is safe. Beside the
    errors that a method names, each may raise these.

    Raises:
        ParameterError: A value breaks its limit, and nothing was sent; or code 414.
        PermissionDenied: Code 403. The account or the app may not do this.
        RateLimited: Code 416. Called too often.
        Duplicate: Code 431. The service has seen this request already.
        ServerError: Code 500. The service failed, and may have acted.
        ApiError: Any other code.
        TransportError: No usable answer; see ``maybe_processed`` before you try again.
    """

    __slots__ = ("_client",)

    def __init__(self, client: Client) -> None:
        """Call by way of a client, with its options."""
        self._client = client

    @implements(operations.STATS_CHATROOM_TOPN)
    async def chatroom_topn(
        self,
        *,
        topn: int | None = None,
        timestamp: int | None = None,
        period: RankPeriod | str | None = None,
        order_by: RankOrder | str | None = None,
    ) -> RoomRanking:
        """
        Rank the app's chatrooms by activity, entries or messages in a period.

        POST ``/nimserver/stats/chatroom/topn.action``

        Figures of a day can be read from the next day on, for 30 days. The service may have retired
        this operation.

        Args:
            topn: How many rooms, 1 to 500; 100 when left out.
            timestamp: Point in time, in seconds or milliseconds; now when left out.
            period: Length of the period. One of hour (one hour), day (one day); hour when left out.
            order_by: What rooms are ranked by. One of active (active users), enter (entries),
                message (messages); active when left out (wire ``orderby``).

        Returns:
            `RoomRanking`.

        Raises:
            RateLimited: Code 416. The limit is not documented.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.STATS_CHATROOM_TOPN,
            {
                "topn": topn,
                "timestamp": timestamp,
                "period": period,
                "order_by": order_by,
            },
        )


class HistoryMethods:
    """
    Operations under ``/nimserver/history/``.

    An argument that is left out is not sent. Lengths count UTF-16 units. Where an object or JSON is
    asked for, give a Python value, or text that goes as it is.

    Each method says what a repeat does; the client by itself repeats only what is safe. Beside the
    errors that a method names, each may raise these.

    Raises:
        ParameterError: A value breaks its limit, and nothing was sent; or code 414.
        PermissionDenied: Code 403. The account or the app may not do this.
        RateLimited: Code 416. More than 100 calls of one operation in 1 s for the app; refused for
            10 s.
        Duplicate: Code 431. The service has seen this request already.
        ServerError: Code 500. The service failed, and may have acted.
        ApiError: Any other code.
        TransportError: No usable answer; see ``maybe_processed`` before you try again.
    """

    __slots__ = ("_client",)

    def __init__(self, client: Client) -> None:
        """Call by way of a client, with its options."""
        self._client = client

    @implements(operations.HISTORY_QUERY_CHATROOM_MSG)
    async def query_chatroom_msg(
        self,
        *,
        room_id: int,
        accid: str,
        timetag: int,
        limit: int,
        reverse: HistoryOrder | int | None = None,
        type: Sequence[int] | str | None = None,
    ) -> History:
        """
        Read a room's stored messages from a point in time in either direction.

        POST ``/nimserver/history/queryChatroomMsg.action``

        `iter_chatroom_msgs` goes through all pages. By hand, give the ``send_time`` of the last
        message as the next ``timetag``, and expect messages of that time again.

        Args:
            room_id: Chatroom id (wire ``roomid``).
            accid: Account on whose behalf the history is read.
            timetag: Where to begin, in milliseconds: the start of the range with ``reverse=1``, its
                end with ``reverse=2``.
            limit: How many messages, 1 to 200.
            reverse: Order of the messages. One of 1 (oldest first), 2 (newest first); 2 when left
                out.
            type: Types of messages to return; all when left out. Numbers, or text such as
                ``0,100``.

        Returns:
            `History`.

        Raises:
            RateLimited: Code 416. More than 1200 calls in 60 s for the app; refused for 60 s.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.HISTORY_QUERY_CHATROOM_MSG,
            {
                "room_id": room_id,
                "accid": accid,
                "timetag": timetag,
                "limit": limit,
                "reverse": reverse,
                "type": type,
            },
        )

    @implements(operations.HISTORY_QUERY_TAG_HISTORY_MSG)
    async def query_tag_history_msg(
        self,
        *,
        room_id: int,
        tags: Sequence[str] | str,
        types: Sequence[int] | str | None = None,
        from_time: int | None = None,
        to_time: int | None = None,
        limit: int | None = None,
        reverse: int | None = None,
    ) -> History:
        """
        Read a room's stored messages that were addressed to given tags.

        POST ``/nimserver/history/queryTagHistoryMsg.action``

        Args:
            room_id: Chatroom id (wire ``roomId``).
            tags: Tags.
            types: Types of messages to return. Numbers, or text such as ``0,100``.
            from_time: Start of the range in milliseconds (wire ``fromTime``).
            to_time: End of the range in milliseconds (wire ``toTime``).
            limit: How many messages; limits and default are not documented.
            reverse: Order of the messages: 1 oldest first, 2 newest first.

        Returns:
            `History`.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.HISTORY_QUERY_TAG_HISTORY_MSG,
            {
                "room_id": room_id,
                "tags": tags,
                "types": types,
                "from_time": from_time,
                "to_time": to_time,
                "limit": limit,
                "reverse": reverse,
            },
        )


class UserMethods:
    """
    Operations under ``/nimserver/user/``.

    An argument that is left out is not sent. Lengths count UTF-16 units. Where an object or JSON is
    asked for, give a Python value, or text that goes as it is.

    Each method says what a repeat does; the client by itself repeats only what is safe. Beside the
    errors that a method names, each may raise these.

    Raises:
        ParameterError: A value breaks its limit, and nothing was sent; or code 414.
        PermissionDenied: Code 403. The account or the app may not do this.
        RateLimited: Code 416. More than 100 calls of one operation in 1 s for the app; refused for
            10 s.
        Duplicate: Code 431. The service has seen this request already.
        ServerError: Code 500. The service failed, and may have acted.
        ApiError: Any other code.
        TransportError: No usable answer; see ``maybe_processed`` before you try again.
    """

    __slots__ = ("_client",)

    def __init__(self, client: Client) -> None:
        """Call by way of a client, with its options."""
        self._client = client

    @implements(operations.USER_CREATE)
    async def create(
        self,
        *,
        accid: str,
        token: str | None = None,
        name: str | None = None,
        props: Mapping[str, Any] | str | None = None,
        icon: str | None = None,
        sign: str | None = None,
        email: str | None = None,
        birth: str | None = None,
        mobile: str | None = None,
        gender: Gender | int | None = None,
        ex: Json | None = None,
        bid: Mapping[str, Any] | str | None = None,
    ) -> Account:
        """
        Register an account, with its static login token and its profile.

        POST ``/nimserver/user/create.action``

        The account can then log in, open rooms, enter them and send. It cannot be deleted, only
        blocked. Profile fields are visible to others in teams and chatrooms.

        Args:
            accid: Account id of letters, digits, ``_``, ``@``, ``.`` and ``-``, unique in the app.
                The service turns it to lower case, and the reply has the form that clients log in
                with. At most 32 characters.
            token: Static login token, which never expires; the service makes one when left out. At
                most 128 characters.
            name: Nick; also the name in push texts. At most 64 characters.
            props: Deprecated: free JSON text of old; use ``ex``. At most 1024 characters.
            icon: Address of the picture, at most 1024 characters.
            sign: Signature line, at most 256 characters.
            email: E-mail address, at most 64 characters.
            birth: Birthday as text, such as 2000-01-31, at most 16 characters.
            mobile: Phone number; one from outside mainland China with its country or area code,
                such as +852-12345678. At most 32 characters.
            gender: Gender. One of 0 (unknown), 1 (male), 2 (female); 0 when left out.
            ex: Free extension of the profile; JSON is recommended. At most 1024 characters.
            bid: Business ids of the anti-spam check, an object with the texts ``textbid`` and
                ``picbid``; the app's own setting when left out. Unconfirmed for this operation: the
                service may pass it over.

        Returns:
            `Account`. Keep the token: no operation reads it again.

        Raises:
            ParameterError: Code 414: a value is missing, too long or not allowed.
            AlreadyRegistered: Code 414, told by its text: the account exists; nothing of it was
                changed.

        Not idempotent: a repeat makes no second account but is refused with `AlreadyRegistered`,
        and changes neither token nor profile. So after a lost answer that refusal may mean that the
        first call was carried out: a token of your own choice is in force then, and one that the
        service chose is lost. Either way ``refresh_token`` returns a new one, and ``update`` sets
        one of yours; should they say `NotRegistered`, the first call was not carried out. Take the
        refusal for success only where the account is yours.
        """
        return await self._client.invoke(
            operations.USER_CREATE,
            {
                "accid": accid,
                "token": token,
                "name": name,
                "props": props,
                "icon": icon,
                "sign": sign,
                "email": email,
                "birth": birth,
                "mobile": mobile,
                "gender": gender,
                "ex": ex,
                "bid": bid,
            },
        )

    @implements(operations.USER_UPDATE)
    async def update(
        self,
        *,
        accid: str,
        token: str,
        props: Mapping[str, Any] | str | None = None,
    ) -> Ack:
        """
        Replace an account's static login token by a given one.

        POST ``/nimserver/user/update.action``

        The old token is good for no new login. The profile is changed by ``update_uinfo``.

        Args:
            accid: Account whose token changes, at most 32 characters.
            token: New static login token, at most 128 characters.
            props: Deprecated: free JSON text of old; use ``ex`` of ``update_uinfo``. At most 1024
                characters.

        Returns:
            `Ack`.

        Raises:
            NotRegistered: Code 414, told by its text: the account is not registered.

        Idempotent: it sets the same token again.
        """
        return await self._client.invoke(
            operations.USER_UPDATE,
            {
                "accid": accid,
                "token": token,
                "props": props,
            },
        )

    @implements(operations.USER_REFRESH_TOKEN)
    async def refresh_token(
        self,
        *,
        accid: str,
    ) -> Account:
        """
        Replace an account's static login token by one that the service makes, and return it.

        POST ``/nimserver/user/refreshToken.action``

        The token before it is good for no new login from now on.

        Args:
            accid: Account whose token changes, at most 32 characters.

        Returns:
            `Account`. Keep the token: no operation reads it again. There is no ``name`` in it.

        Raises:
            NotRegistered: Code 414, told by its text: the account is not registered.

        Not idempotent: every call makes another token and ends the one before. After a lost answer
        call it again, and use the last reply alone; of two callers at once, one is left with a dead
        token.
        """
        return await self._client.invoke(
            operations.USER_REFRESH_TOKEN,
            {
                "accid": accid,
            },
        )

    @implements(operations.USER_BLOCK)
    async def block(
        self,
        *,
        accid: str,
        need_kick: bool | None = None,
        kick_notify_ext: Json | None = None,
        need_unbind_push_token: bool | None = None,
    ) -> Ack:
        """
        Block an account: no new login.

        POST ``/nimserver/user/block.action``

        Without ``need_kick`` a login that exists goes on, and can still send and receive; the block
        takes hold at the next login.

        Args:
            accid: Account to block, at most 32 characters.
            need_kick: Also end its logins of now; recommended; False when left out (wire
                ``needkick``).
            kick_notify_ext: Extension for the client that is thrown out; JSON is recommended. Only
                with ``need_kick=True``. At most 256 characters (wire ``kickNotifyExt``).
            need_unbind_push_token: Also unbind the push tokens of all its devices, so that none
                gets pushes any more; False when left out (wire ``needUnbindPushToken``).

        Returns:
            `Ack`.

        Raises:
            NotRegistered: Code 414, told by its text: the account is not registered.

        Idempotent: it sets a state; whether a repeat is answered with success or with `Duplicate`
        is not documented.
        """
        return await self._client.invoke(
            operations.USER_BLOCK,
            {
                "accid": accid,
                "need_kick": need_kick,
                "kick_notify_ext": kick_notify_ext,
                "need_unbind_push_token": need_unbind_push_token,
            },
        )

    @implements(operations.USER_UNBLOCK)
    async def unblock(
        self,
        *,
        accid: str,
    ) -> Ack:
        """
        Lift the block of an account.

        POST ``/nimserver/user/unblock.action``

        Args:
            accid: Account to unblock, at most 32 characters.

        Returns:
            `Ack`.

        Raises:
            NotRegistered: Code 414, told by its text: the account is not registered.

        Idempotent: it sets a state; whether a repeat is answered with success or with `Duplicate`
        is not documented.
        """
        return await self._client.invoke(
            operations.USER_UNBLOCK,
            {
                "accid": accid,
            },
        )

    @implements(operations.USER_UPDATE_UINFO)
    async def update_uinfo(
        self,
        *,
        accid: str,
        name: str | None = None,
        icon: str | None = None,
        sign: str | None = None,
        email: str | None = None,
        birth: str | None = None,
        mobile: str | None = None,
        gender: Gender | int | None = None,
        ex: Json | None = None,
        bid: Mapping[str, Any] | str | None = None,
    ) -> Ack:
        """
        Change fields of an account's profile.

        POST ``/nimserver/user/updateUinfo.action``

        Fields that are left out stay as they are. Profile fields are visible to others in teams and
        chatrooms.

        Args:
            accid: Account whose profile changes, at most 32 characters.
            name: Nick, at most 64 characters; an empty text clears it.
            icon: Address of the picture, at most 1024 characters; an empty text clears it.
            sign: Signature line, at most 256 characters; an empty text clears it.
            email: E-mail address, at most 64 characters; an empty text clears it.
            birth: Birthday as text, such as 2000-01-31, at most 16 characters; an empty text clears
                it.
            mobile: Phone number; one from outside mainland China with its country or area code,
                such as +852-12345678. At most 32 characters; an empty text clears it.
            gender: Gender. One of 0 (unknown), 1 (male), 2 (female).
            ex: Free extension of the profile; JSON is recommended. At most 1024 characters; an
                empty text clears it.
            bid: Business ids of the anti-spam check, an object with the texts ``textbid`` and
                ``picbid``; the app's own setting when left out.

        Returns:
            `Ack`.

        Raises:
            NotRegistered: Code 414, told by its text: the account is not registered.

        Idempotent: it sets the same values again.
        """
        return await self._client.invoke(
            operations.USER_UPDATE_UINFO,
            {
                "accid": accid,
                "name": name,
                "icon": icon,
                "sign": sign,
                "email": email,
                "birth": birth,
                "mobile": mobile,
                "gender": gender,
                "ex": ex,
                "bid": bid,
            },
        )

    @implements(operations.USER_GET_UINFOS)
    async def get_uinfos(
        self,
        *,
        accids: Sequence[str] | str,
        mute_status: bool | None = None,
    ) -> Profiles:
        """
        Read the profiles, and on request the mutes, of a list of accounts.

        POST ``/nimserver/user/getUinfos.action``

        Args:
            accids: Accounts, at most 200 items.
            mute_status: Also return in which modules each is muted; False when left out (wire
                ``muteStatus``).

        Returns:
            `Profiles`. Fields that were never set are missing, and so are the mutes of modules
            where they were not asked for. Whether an account that is not registered is left out, or
            the whole call refused, is not documented.

        Raises:
            ParameterError: Code 414: there are too many accounts, or, unconfirmed, one is not
                registered.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.USER_GET_UINFOS,
            {
                "accids": accids,
                "mute_status": mute_status,
            },
        )

    @implements(operations.USER_SET_DONNOP)
    async def set_donnop(
        self,
        *,
        accid: str,
        donnop_open: bool,
    ) -> Ack:
        """
        Choose whether an account's phones get pushes while it is online on a desktop.

        POST ``/nimserver/user/setDonnop.action``

        Args:
            accid: Account, at most 32 characters.
            donnop_open: True: no pushes to phones while a desktop is online; false: pushes (wire
                ``donnopOpen``).

        Returns:
            `Ack`.

        Raises:
            ParameterError: Code 414: a value is wrong, or, unconfirmed, the account has never
                logged in from a client.
            NotRegistered: Code 414, told by its text: the account is not registered.

        Idempotent: it sets the same value again.
        """
        return await self._client.invoke(
            operations.USER_SET_DONNOP,
            {
                "accid": accid,
                "donnop_open": donnop_open,
            },
        )

    @implements(operations.USER_MUTE)
    async def mute(
        self,
        *,
        accid: str,
        mute: bool,
    ) -> Ack:
        """
        Mute an account in the whole app, or lift that.

        POST ``/nimserver/user/mute.action``

        A muted account is logged in and receives, but what it sends to accounts, teams and
        chatrooms is refused with code 423. The mute holds until it is lifted, and ``get_uinfos``
        shows it. For one room see ``temporary_mute`` and ``set_member_role``.

        Args:
            accid: Account, at most 32 characters.
            mute: True mutes in all modules, false lifts it.

        Returns:
            `Ack`.

        Raises:
            NotRegistered: Code 414, told by its text: the account is not registered.

        Idempotent: it sets a state; whether a repeat is answered with success or with `Duplicate`
        is not documented.
        """
        return await self._client.invoke(
            operations.USER_MUTE,
            {
                "accid": accid,
                "mute": mute,
            },
        )

    @implements(operations.USER_MUTE_MODULE)
    async def mute_module(
        self,
        *,
        accid: str,
        mute_p2p: bool | None = None,
        mute_team: bool | None = None,
        mute_room: bool | None = None,
        mute_qchat: bool | None = None,
    ) -> ModuleMutes:
        """
        Mute an account in single modules, or lift that.

        POST ``/nimserver/user/muteModule.action``

        Give at least one of the four; all four are recommended, since it is not documented whether
        those left out stay or are lifted. How they combine with ``mute`` is not documented either.
        A muted account still receives; what it sends is refused with code 423.

        Args:
            accid: Account, at most 32 characters.
            mute_p2p: Whether it is muted in one-to-one chats (wire ``muteP2P``).
            mute_team: Whether it is muted in teams (wire ``muteTeam``).
            mute_room: Whether it is muted in chatrooms, all of the app (wire ``muteRoom``).
            mute_qchat: Whether it is muted in QChat, chats of servers and channels (wire
                ``muteQChat``).

        Returns:
            `ModuleMutes`. What holds after the call, of all modules.

        Raises:
            ParameterError: Code 414: none of the four was sent, or a value is wrong.
            NotRegistered: Code 414, told by its text: the account is not registered.

        Idempotent: it sets the same values again.
        """
        return await self._client.invoke(
            operations.USER_MUTE_MODULE,
            {
                "accid": accid,
                "mute_p2p": mute_p2p,
                "mute_team": mute_team,
                "mute_room": mute_room,
                "mute_qchat": mute_qchat,
            },
        )

    @implements(operations.USER_USER_ONLINE_STATUS)
    async def user_online_status(
        self,
        *,
        accids: Sequence[str] | str,
    ) -> OnlineStatus:
        """
        Read on which kinds of client a list of accounts is logged in.

        POST ``/nimserver/user/userOnlineStatus.action``

        It tells of the connection to IM. A client that is in a chatroom alone does not count: for
        presence in a room see ``query_members``.

        Args:
            accids: Accounts, at most 100 items.

        Returns:
            `OnlineStatus`. Accounts that exist but are offline appear in neither field.

        Raises:
            RateLimited: Code 416. The limit is not documented.

        Safe to repeat.
        """
        return await self._client.invoke(
            operations.USER_USER_ONLINE_STATUS,
            {
                "accids": accids,
            },
        )
