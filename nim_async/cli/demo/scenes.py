"""The scenes of the demo, in order; every operation has its place."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Any, cast

from nim_async._generated.models import (
    ClientType,
    DelayClosePolicy,
    HistoryOrder,
    MemberKind,
    MessageItem,
    MessageType,
    QueueItem,
    QueueLevel,
    RankOrder,
    RankPeriod,
    RoleOpt,
)
from nim_async.cli.demo.stage import APP_KEY
from nim_async.cli.demo.walk import Ending
from nim_async.client import NimClient
from nim_async.emulator import Refused
from nim_async.errors import (
    ApiError,
    AuthenticationError,
    Duplicate,
    NotFound,
    ParameterError,
    PermissionDenied,
)
from nim_async.messages import Custom, Location, Picture, Text, Tips

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nim_async._generated.models import HistoryMessage, Member, Mute, Queue
    from nim_async.cli.demo.stage import Stage

_DAY_SECONDS = 24 * 60 * 60
_UNKNOWN = 1  # no room has this id

# Owner, manager, two guests and somebody who will not behave.
OWNER, MANAGER, GUEST, FRIEND, PEST = "zhangsan", "lisi", "wangwu", "zhaoliu", "laowang"
ROBOTS = ["robot-1", "robot-2", "robot-3"]

_PICTURE = Picture(
    name="longjing.jpg",
    md5="9e107d9d372bb6826bd81d3542a419d6",
    url="https://example.com/longjing.jpg",
    ext="jpg",
    w=800,
    h=600,
    size=48_213,
)


async def opening(stage: Stage) -> int:
    """Make a room, read it and change it."""
    stage.heading("Rooms", "聊天室")
    nim, ask = stage.nim, stage.walk.ask
    room = await ask(
        nim.chatroom.create,
        creator=OWNER,
        name="一盏茶 · tea house",
        announcement="今日新茶：龙井",
        ext={"theme": "tea"},
        queue_level=QueueLevel.EVERYBODY,
    ).tells(lambda r: f"room {r.room_id}, {_state(r.valid)}")
    room_id = room.room_id
    await ask(nim.chatroom.create, creator=OWNER, name="茶" * 129).refused(ParameterError, 414)
    await ask(nim.chatroom.get, room_id=room_id, need_online_user_count=True).tells(
        lambda r: f"{r.name}, {r.online_user_count} online", "一盏茶 · tea house, 0 online"
    )
    await ask(nim.chatroom.get, room_id=_UNKNOWN).refused(NotFound, 404)
    await ask(nim.chatroom.get_batch, room_ids=[room_id, _UNKNOWN]).tells(
        lambda r: f"{len(r.succ_rooms)} found, {len(r.no_exist_rooms)} unknown",
        "1 found, 1 unknown",
    )
    await ask(nim.chatroom.update, room_id=room_id, announcement="明前龙井到店").tells(
        lambda r: f"announcement is now {r.announcement}", "announcement is now 明前龙井到店"
    )
    await ask(
        nim.chatroom.update_delay_close_policy,
        room_id=room_id,
        delay_close_policy=DelayClosePolicy.WHEN_EMPTY,
        delay_seconds=3600,
    ).tells(
        lambda r: f"closes when empty for {r.delay_info.delay_seconds if r.delay_info else 0} s",
        "closes when empty for 3600 s",
    )
    await ask(nim.chatroom.update_in_out_notification, room_id=room_id, close=False).done()
    await ask(nim.chatroom.query_user_room_ids, creator=OWNER).tells(
        lambda r: f"room {', '.join(map(str, r.room_ids))}", f"room {room_id}"
    )
    for client_type in (ClientType.WECHAT, ClientType.WEB):
        await ask(
            nim.chatroom.request_addr, room_id=room_id, accid=GUEST, client_type=client_type
        ).tells(lambda r: ", ".join(r.addr))
    return room_id


async def people(stage: Stage, room_id: int) -> None:
    """Let people in, give them roles, list them, put one out."""
    stage.heading("Members and roles", "成员与角色")
    nim, ask = stage.nim, stage.walk.ask
    devices = {OWNER: "PC", MANAGER: "MAC", GUEST: "IOS", FRIEND: "AOS", PEST: "WEB"}
    for accid, client_type in devices.items():
        stage.enter(room_id, accid, client_type)
    set_role = nim.chatroom.set_member_role
    await ask(
        set_role,
        room_id=room_id,
        operator=OWNER,
        target=MANAGER,
        opt=RoleOpt.MANAGER,
        opt_value=True,
    ).tells(lambda r: f"{r.accid} is {r.type}", "lisi is MANAGER")
    await ask(
        set_role,
        room_id=room_id,
        operator=GUEST,
        target=FRIEND,
        opt=RoleOpt.MANAGER,
        opt_value=True,
    ).refused(PermissionDenied, 403)
    await ask(
        set_role,
        room_id=room_id,
        operator=MANAGER,
        target=GUEST,
        opt=RoleOpt.COMMON,
        opt_value=True,
    ).tells(lambda r: f"{r.accid} is {r.type}", "wangwu is COMMON")
    await ask(
        nim.chatroom.update_my_room_role, room_id=room_id, accid=MANAGER, nick="茶博士", save=True
    ).done()
    await ask(nim.chatroom.query_members, room_id=room_id, accids=[MANAGER, GUEST]).tells(
        lambda r: _names(r.data), "lisi (茶博士), wangwu"
    )
    await ask(
        nim.chatroom.query_members_by_role,
        room_id=room_id,
        roles={"creator": True, "manager": True},
    ).tells(lambda r: _names(r.data), "zhangsan, lisi (茶博士)")
    lists = {
        MemberKind.FIXED: "wangwu, lisi (茶博士), zhangsan",
        MemberKind.FIXED_ONLINE: "wangwu, lisi (茶博士), zhangsan",
        MemberKind.TEMPORARY: "laowang, zhaoliu",
    }
    for kind, expected in lists.items():
        await ask(
            nim.chatroom.members_by_page, room_id=room_id, type=kind, end_time=0, limit=10
        ).tells(lambda r: _names(r.data), expected)
    await stage.walk.gather(
        "chatroom.iter_members",
        nim.chatroom.iter_members,
        room_id=room_id,
        type=MemberKind.FIXED,
        limit=2,
    ).tells(lambda members: f"{len(members)} members, page by page", "3 members, page by page")
    await ask(nim.chatroom.kick_member, room_id=room_id, target_accid=PEST, accid=OWNER).done()
    await ask(
        set_role,
        room_id=room_id,
        operator=OWNER,
        target=PEST,
        opt=RoleOpt.BLACKLIST,
        opt_value=True,
    ).tells(lambda r: f"{r.accid} is {r.type}", "laowang is LIMITED")
    try:
        stage.emulator.enter(room_id, PEST)
    except Refused as refused:
        stage.act(f"{PEST} may not enter again: {refused}")
    else:
        stage.walk.endings.append(Ending.FAILED)
        stage.act(f"{PEST} entered again, which should not be possible")


async def robots(stage: Stage, room_id: int) -> None:
    """Let robots in and out."""
    stage.heading("Robots", "机器人")
    chatroom, ask = stage.nim.chatroom, stage.walk.ask
    await ask(chatroom.add_robot, room_id=room_id, accids=ROBOTS).tells(
        lambda r: f"{len(r.success_accids)} let in", "3 let in"
    )
    await ask(chatroom.remove_robot, room_id=room_id, accids=ROBOTS[:1]).tells(
        lambda r: f"{', '.join(r.success_accids)} is out", "robot-1 is out"
    )
    await ask(chatroom.clean_robot, room_id=room_id, notify=True).tells(
        lambda r: f"{r.size} more are out", "2 more are out"
    )


async def messages(stage: Stage, room_id: int) -> None:
    """Send messages of every kind, and take one back."""
    stage.heading("Messages", "消息")
    chatroom, ask = stage.nim.chatroom, stage.walk.ask
    bodies = (
        Text("大家好，今天喝什么？"),
        Location(title="龙井村", lng=120.1, lat=30.2),
        Custom({"gift": "tea", "count": 3}),
        Tips("wangwu poured tea"),
    )
    for body in bodies:
        await ask(chatroom.send_msg, room_id=room_id, from_accid=GUEST, attach=body).tells(
            lambda r: f"{r.type.name} from {r.from_account}", f"{body.msg_type.name} from wangwu"
        )
    picture = await ask(
        chatroom.send_msg, room_id=room_id, from_accid=GUEST, attach=_PICTURE, msg_id="picture-1"
    ).tells(lambda r: f"{r.type.name} from {r.from_account}", "PICTURE from wangwu")
    await ask(
        chatroom.recall,
        room_id=room_id,
        from_acc=GUEST,
        msg_timetag=picture.time,
        msg_id=picture.msg_id_client,
        operator_acc=MANAGER,
    ).done()
    await ask(
        chatroom.send_msg,
        room_id=room_id,
        from_accid=OWNER,
        msg_type=MessageType.TEXT,
        attach="水开了！",
        high_priority=True,
    ).tells(lambda r: f"{r.type.name}, priority {r.high_priority_flag}", "TEXT, priority 1")
    await ask(
        chatroom.batch_send_msg,
        room_id=room_id,
        from_accid=MANAGER,
        msg_list=[MessageItem(attach=Text(f"第{n}泡")) for n in "一二三"],
    ).tells(lambda r: f"{len(r.success)} sent, {len(r.fail)} failed", "3 sent, 0 failed")
    stage.emulator.speak(room_id, FRIEND, "好茶！")
    stage.act(f"{FRIEND} says 好茶！ in the app")


async def private(stage: Stage, room_id: int) -> None:
    """Send messages to a few, and to all rooms."""
    stage.heading("Messages to some, and to everybody", "定向消息与全服广播")
    chatroom, ask = stage.nim.chatroom, stage.walk.ask
    await ask(
        chatroom.send_msg_to_someone,
        room_id=room_id,
        from_accid=OWNER,
        to_accids=[GUEST],
        attach=Text("给你留了一杯"),
    ).tells(lambda r: f"{r.type.name} from {r.from_account}", "TEXT from zhangsan")
    await ask(
        chatroom.batch_send_msg_to_someone,
        room_id=room_id,
        from_accid=OWNER,
        to_accids=[GUEST, FRIEND],
        msg_list=[{"attach": Text("结账")}, {"attach": Custom({"bill": 66})}],
    ).tells(lambda r: f"{len(r.success)} sent, {len(r.fail)} failed", "2 sent, 0 failed")
    await ask(chatroom.broadcast, from_accid=OWNER, attach=Text("全场八折")).tells(
        lambda r: f"{r.type.name} from {r.from_account} to every room",
        "TEXT from zhangsan to every room",
    )


async def queue(stage: Stage, room_id: int) -> None:
    """Hand out seats in order."""
    stage.heading("Queue", "麦序队列")
    chatroom, ask = stage.nim.chatroom, stage.walk.ask
    await ask(chatroom.queue_init, room_id=room_id, size_limit=8).done()
    await ask(
        chatroom.queue_offer, room_id=room_id, key="seat-1", value=MANAGER, operator=MANAGER
    ).done()
    await ask(
        chatroom.queue_batch_offer,
        room_id=room_id,
        operator=OWNER,
        elements=[
            QueueItem(key="seat-2", value=GUEST, accid=GUEST, transient=True),
            QueueItem(key="seat-3", value=FRIEND, accid=FRIEND),
        ],
    ).tells(lambda r: f"{len(r.failed_keys or ())} failed", "0 failed")
    await ask(
        chatroom.queue_batch_update_elements,
        room_id=room_id,
        operator=OWNER,
        elements={"seat-1": "茶博士", "seat-9": "?"},
    ).tells(lambda r: f"unknown: {', '.join(r.no_exist_element_key)}", "unknown: seat-9")
    await ask(chatroom.queue_list, room_id=room_id).tells(
        _seats, "seat-1 茶博士, seat-2 wangwu, seat-3 zhaoliu"
    )
    await ask(chatroom.queue_multi_get, room_id=room_id, keys=["seat-2", "seat-3"]).tells(
        _seats, "seat-2 wangwu, seat-3 zhaoliu"
    )
    await ask(chatroom.queue_poll, room_id=room_id).tells(
        lambda r: f"{r.key} {r.value}", "seat-1 茶博士"
    )
    await ask(chatroom.queue_poll, room_id=room_id, key="seat-3").tells(
        lambda r: f"{r.key} {r.value}", "seat-3 zhaoliu"
    )
    await ask(chatroom.queue_drop, room_id=room_id).done()
    await ask(chatroom.queue_poll, room_id=room_id).refused(NotFound, 404)


async def mutes(stage: Stage, room_id: int) -> None:
    """Mute a member, then the whole room."""
    stage.heading("Mutes", "禁言")
    chatroom, ask = stage.nim.chatroom, stage.walk.ask
    talk = ask(chatroom.send_msg, room_id=room_id, from_accid=GUEST, attach=Text("我想说话"))
    mute = chatroom.temporary_mute
    await ask(mute, room_id=room_id, operator=MANAGER, target=GUEST, mute_duration=60).tells(
        lambda r: f"muted for {r.mute_duration} s", "muted for 60 s"
    )
    await talk.refused(PermissionDenied, 13004)
    await ask(mute, room_id=room_id, operator=MANAGER, target=GUEST, mute_duration=0).tells(_lifted)
    await ask(chatroom.mute_room, room_id=room_id, operator=OWNER, mute=True).tells(
        lambda r: "everybody is muted" if r.success else "no success", "everybody is muted"
    )
    await talk.refused(PermissionDenied, 13006)
    await ask(chatroom.mute_room, room_id=room_id, operator=OWNER, mute=False).tells(
        lambda r: "lifted" if r.success else "no success", "lifted"
    )
    await talk.tells(lambda r: f"{r.type.name} from {r.from_account}", "TEXT from wangwu")


async def tags(stage: Stage, room_id: int) -> None:
    """Mark members, and speak to those with a mark."""
    stage.heading("Tags", "标签")
    chatroom, ask = stage.nim.chatroom, stage.walk.ask
    for accid, tags in ((GUEST, ["vip", "绿茶"]), (FRIEND, ["vip"])):
        await ask(
            chatroom.update_chat_room_role_tag, room_id=room_id, accid=accid, tags=tags
        ).done()
    await ask(chatroom.tag_members_count, room_id=room_id, tag="vip").tells(
        lambda r: f"{r.online_user_count} online", "2 online"
    )
    await ask(chatroom.tag_members_query, room_id=room_id, tag="绿茶", end_time=0, limit=10).tells(
        lambda r: _names(r.data), "wangwu"
    )
    await stage.walk.gather(
        "chatroom.iter_tag_members", chatroom.iter_tag_members, room_id=room_id, tag="vip", limit=1
    ).tells(_names, "zhaoliu, wangwu")
    await ask(
        chatroom.send_msg,
        room_id=room_id,
        from_accid=OWNER,
        attach=Text("贵宾请上楼"),
        notify_target_tags='{"tag": "vip"}',
    ).tells(lambda r: f"{r.type.name} from {r.from_account}", "TEXT from zhangsan")
    mute = chatroom.tag_temporary_mute
    await ask(mute, room_id=room_id, operator=OWNER, target_tag="vip", mute_duration=60).tells(
        lambda r: f"muted for {r.mute_duration} s", "muted for 60 s"
    )
    await ask(mute, room_id=room_id, operator=OWNER, target_tag="vip", mute_duration=0).tells(
        _lifted
    )


async def history(stage: Stage, room_id: int) -> None:
    """Read what was said, and delete some of it."""
    stage.heading("History", "历史消息")
    nim, ask = stage.nim, stage.walk.ask
    texts = [MessageType.TEXT]
    newest = await ask(
        nim.history.query_chatroom_msg,
        room_id=room_id,
        accid=MANAGER,
        timetag=int(stage.clock() * 1000) + 1,
        limit=2,
        type=texts,
    ).tells(lambda r: f"newest: {_texts(r.msgs)}", "newest: 贵宾请上楼, 我想说话")
    await ask(
        nim.history.query_chatroom_msg,
        room_id=room_id,
        accid=MANAGER,
        timetag=newest.msgs[-1].send_time - 60_000,
        limit=2,
        reverse=HistoryOrder.OLDEST_FIRST,
        type=texts,
    ).tells(lambda r: f"oldest: {_texts(r.msgs)}", "oldest: 大家好，今天喝什么？, 水开了！")
    await ask(nim.history.query_tag_history_msg, room_id=room_id, tags=["vip"]).tells(
        lambda r: f"for the tag: {_texts(r.msgs)}", "for the tag: 贵宾请上楼"
    )
    everything = stage.walk.gather(
        "history.iter_chatroom_msgs",
        nim.history.iter_chatroom_msgs,
        room_id=room_id,
        accid=MANAGER,
        type=texts,
        limit=7,
    )
    found = await everything.tells(
        lambda m: f"{len(m)} texts, page by page", "8 texts, page by page"
    )
    unwanted = found[1]
    await ask(
        nim.chatroom.delete_history_message,
        room_id=room_id,
        from_acc=unwanted.from_accid,
        msg_timetag=unwanted.send_time,
    ).done()
    await everything.tells(lambda m: f"{len(m)} texts are left", "7 texts are left")


async def statistics(stage: Stage) -> None:
    """Rank the rooms of a past day, which is played first."""
    stage.heading("Statistics", "统计")
    nim, ask = stage.nim, stage.walk.ask
    room = await ask(nim.chatroom.create, creator=OWNER, name="昨日茶会").tells(
        lambda r: f"room {r.room_id}, {_state(r.valid)}"
    )
    stage.clock.advance(-_DAY_SECONDS)
    for accid in (MANAGER, GUEST, FRIEND):
        stage.emulator.enter(room.room_id, accid)
        stage.emulator.speak(room.room_id, accid, "干杯")
        stage.emulator.leave(room.room_id, accid)
    yesterday = int(stage.clock())
    stage.clock.advance(_DAY_SECONDS)
    stage.act("yesterday three people were there and said a word each")
    await ask(
        nim.stats.chatroom_topn,
        topn=3,
        timestamp=yesterday,
        period=RankPeriod.DAY,
        order_by=RankOrder.MESSAGE,
    ).tells(
        lambda r: "; ".join(
            f"{line.enter_nums} entries, {line.msgs} messages, {line.active_nums} active"
            for line in r.data
        ),
        "3 entries, 3 messages, 3 active",
    )


async def closing(stage: Stage, room_id: int) -> None:
    """Close the room and open it again."""
    stage.heading("Closing and opening again", "关闭与重开")
    chatroom, ask = stage.nim.chatroom, stage.walk.ask
    toggle = chatroom.toggle_close_stat
    await ask(toggle, room_id=room_id, operator=MANAGER, valid=False).refused(PermissionDenied, 403)
    close = ask(toggle, room_id=room_id, operator=OWNER, valid=False)
    await close.tells(lambda r: _state(r.valid), "closed")
    await close.refused(Duplicate, 417)
    await ask(
        chatroom.send_msg, room_id=room_id, from_accid=OWNER, attach=Text("还有人吗？")
    ).refused(ApiError, 13002)
    await ask(toggle, room_id=room_id, operator=OWNER, valid=True).tells(
        lambda r: _state(r.valid), "open"
    )
    await ask(chatroom.get, room_id=room_id, need_online_user_count=True).tells(
        lambda r: f"{_state(r.valid)}, {r.online_user_count} online", "open, 0 online"
    )


async def wrong_secret(stage: Stage, room_id: int) -> None:
    """Try it without the right secret."""
    stage.heading("A wrong secret", "密钥不符")
    async with NimClient(
        APP_KEY, token_hex(16), base_url=stage.base_url, verify=False, hooks=[stage.walk]
    ) as stranger:
        await stage.walk.ask(stranger.chatroom.get, room_id=room_id).refused(
            AuthenticationError, 414
        )


def _state(valid: bool) -> str:  # noqa: FBT001
    return "open" if valid else "closed"


def _lifted(mute: Mute) -> str:
    return f"lifted, {mute.mute_duration} s were left"


def _names(members: Iterable[Member]) -> str:
    return ", ".join(f"{m.accid} ({m.nick})" if m.nick else m.accid for m in members)


def _seats(queue: Queue) -> str:
    return ", ".join(f"{element.key} {element.value}" for element in queue.elements)


def _texts(messages: Iterable[HistoryMessage]) -> str:
    return ", ".join(_text(message.body) for message in messages)


def _text(body: Any) -> str:
    """Return a text, which one of the two queries wraps in an object."""
    return str(cast("dict[str, Any]", body)["msg"]) if isinstance(body, dict) else str(body)
