"""Rooms of the emulator."""

from __future__ import annotations

import pytest

from nim_async import NotificationType
from nim_async.emulator import Features, Refused
from tests.emulator.rooms import DAY, C, notices, opened, role
from tests.wire import NOON, caller


async def test_a_room_keeps_what_it_was_made_with() -> None:
    """Texts come back as given, unset ones as null, and the creator in lower case."""
    call = caller()
    made = await call(
        C + "create", creator="AMY", name="茶", broadcasturl="rtmp://x", ext="{}", queuelevel=1
    )
    room = made["chatroom"]
    assert room["creator"] == "amy"
    assert (room["announcement"], room["broadcasturl"], room["ext"]) == (None, "rtmp://x", "{}")
    got = (await call(C + "get", roomid=room["roomid"]))["chatroom"]
    assert got == {**room, "ionotify": True}
    off = await call(C + "create", creator="amy", name="x", inOutNotification=0)
    got = await call(C + "get", roomid=off["chatroom"]["roomid"])
    assert got["chatroom"]["ionotify"] is False


async def test_an_update_changes_what_is_sent_alone() -> None:
    """Fields that are left out stay; the room is told unless that is not wanted."""
    call, room = opened("bob")
    await call(C + "update", roomid=room, announcement="closed on Monday", notifyExt="e")
    await call(C + "update", roomid=room, broadcasturl="rtmp://y", needNotify=False)
    reply = await call(C + "update", roomid=room, name="", needNotify=False)
    assert reply["code"] == 414
    reply = await call(C + "update", roomid=room, ext="x", needNotify=False)
    shown = reply["chatroom"]
    assert shown["broadcasturl"] == "rtmp://y"
    assert (shown["name"], shown["announcement"], shown["ext"]) == (
        "tea house",
        "closed on Monday",
        "x",
    )
    assert notices(call, room) == [301, 312]
    assert call.emulator.notifications(room)[1].data["ext"] == "e"


async def test_rooms_are_read_together() -> None:
    """Ids may be sent as text or number and come back as numbers, each once."""
    call, room = opened("bob", "cat")
    wanted = [str(room), room, 5]
    reply = await call(C + "getBatch", roomids=wanted, needOnlineUserCount=True)
    assert [r["roomid"] for r in reply["succRooms"]] == [room]
    assert reply["succRooms"][0]["onlineusercount"] == 2
    assert (reply["noExistRooms"], reply["failRooms"]) == ([5], [])
    assert "onlineusercount" not in (await call(C + "get", roomid=room))["chatroom"]


async def test_only_the_creator_opens_and_closes() -> None:
    """Others get 403, a state that already holds 417; closing puts everybody offline."""
    call, room = opened("bob", "amy")
    await role(call, room, "bob", 1)
    close = {"roomid": room, "valid": False}
    assert await call.code(C + "toggleCloseStat", operator="bob", **close) == 403
    assert await call.code(C + "toggleCloseStat", operator="amy", roomid=room, valid=True) == 417
    reply = await call(C + "toggleCloseStat", operator="Amy", **close)
    assert reply["desc"]["valid"] is False
    assert await call.code(C + "toggleCloseStat", operator="amy", **close) == 417
    assert call.emulator.rooms[room].online == frozenset()
    assert call.emulator.notifications(room)[-1].id == NotificationType.ROOM_CLOSED
    assert call.emulator.notifications(room)[-1].receivers == {"amy", "bob"}


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("update", {"name": "x"}),
        ("requestAddr", {"accid": "bob"}),
        ("setMemberRole", {"operator": "amy", "target": "bob", "opt": 2, "optvalue": True}),
        ("temporaryMute", {"operator": "amy", "target": "bob", "muteDuration": 1}),
        ("tagTemporaryMute", {"operator": "amy", "targetTag": "t", "muteDuration": 1}),
        ("addRobot", {"accids": ["bot"]}),
        ("sendMsg", {"fromAccid": "amy", "msgId": "m", "msgType": 0}),
        ("batchSendMsg", {"fromAccid": "amy", "msgList": []}),
    ],
)
async def test_a_closed_room_is_13002(path: str, fields: dict[str, object]) -> None:
    """What needs an open room says so, and works again once it is open."""
    call, room = opened()
    toggle = {"roomid": room, "operator": "amy"}
    await call(C + "toggleCloseStat", valid=False, **toggle)
    assert await call.code(C + path, roomid=room, **fields) == 13002
    with pytest.raises(Refused, match="13002"):
        call.emulator.enter(room, "bob")
    await call(C + "toggleCloseStat", valid=True, **toggle)
    assert await call.code(C + path, roomid=room, **fields) == 200


async def test_the_rooms_of_a_creator_are_the_open_ones() -> None:
    """Ids come as decimal text; closed rooms and those of others are not among them."""
    call, room = opened()
    second = call.emulator.add_room("amy")
    call.emulator.add_room("bob")
    reply = await call(C + "queryUserRoomIds", creator="AMY")
    assert reply["desc"]["roomids"] == [str(room), str(second)]
    await call(C + "toggleCloseStat", roomid=room, operator="amy", valid=False)
    reply = await call(C + "queryUserRoomIds", creator="amy")
    assert reply["desc"]["roomids"] == [str(second)]


@pytest.mark.parametrize(
    ("client_type", "addresses"),
    [
        ({}, ["testchat.netease.im:6666", "testchat.netease.im:8888"]),
        ({"clienttype": 1}, ["testchat.netease.im:6666", "testchat.netease.im:8888"]),
        ({"clienttype": 2}, ["link-sg.netease.im:7000"]),
        ({"clienttype": 3}, ["wlnimsc1.netease.im:443"]),
    ],
)
async def test_addresses_depend_on_the_kind_of_client(
    client_type: dict[str, int], addresses: list[str]
) -> None:
    """Web is the default, and mini programs have their fixed address."""
    call, room = opened()
    reply = await call(C + "requestAddr", roomid=room, accid="bob", **client_type)
    assert reply == {"addr": addresses, "code": 200}


async def test_a_room_closes_at_a_fixed_time() -> None:
    """With policy 1 it closes when the time is over, people inside or not."""
    call = caller()
    made = await call(C + "create", creator="amy", name="x", delayClosePolicy=1, delaySeconds=60)
    info = made["chatroom"]["delayInfo"]
    assert info == {
        "delayCloseEnable": True,
        "delayClosePolicy": 1,
        "delaySeconds": 60,
        "status": 0,
        "startTime": int(NOON * 1000),
    }
    room = made["chatroom"]["roomid"]
    call.emulator.enter(room, "bob")
    call.clock.advance(59)
    assert (await call(C + "get", roomid=room))["chatroom"]["valid"] is True
    call.clock.advance(1)
    assert (await call(C + "get", roomid=room))["chatroom"]["valid"] is False
    assert call.emulator.rooms[room].online == frozenset()
    assert call.emulator.notifications(room)[-1].time == int((NOON + 60) * 1000)


async def test_a_room_closes_once_it_has_been_empty_for_long() -> None:
    """With policy 2 the time counts from the moment the last one left."""
    call, room = opened("bob")
    await call(C + "updateDelayClosePolicy", roomid=room, delayClosePolicy=2, delaySeconds=60)
    call.clock.advance(1000)
    assert call.emulator.rooms[room].open
    call.emulator.leave(room, "bob")
    call.clock.advance(59)
    assert call.emulator.rooms[room].open
    call.emulator.enter(room, "bob")
    call.clock.advance(60)
    call.emulator.leave(room, "bob")
    call.clock.advance(60)
    assert not call.emulator.rooms[room].open


async def test_setting_the_timer_again_starts_it_anew() -> None:
    """The default is seven days; policy 0 switches timed closing off; reopening restarts it."""
    call, room = opened()
    set_timer = C + "updateDelayClosePolicy"
    reply = await call(set_timer, roomid=room, delayClosePolicy=1)
    assert reply["chatroom"]["delayInfo"]["delaySeconds"] == 604_800
    await call(set_timer, roomid=room, delayClosePolicy=1, delaySeconds=60)
    call.clock.advance(59)
    await call(set_timer, roomid=room, delaySeconds=60)
    call.clock.advance(59)
    assert call.emulator.rooms[room].open
    call.clock.advance(1)
    assert not call.emulator.rooms[room].open
    await call(C + "toggleCloseStat", roomid=room, operator="amy", valid=True)
    call.clock.advance(59)
    assert call.emulator.rooms[room].open
    toggle = {"roomid": room, "operator": "amy", "delayClosePolicy": 1, "delaySeconds": 5}
    await call(C + "toggleCloseStat", valid=False, **toggle)
    reply = await call(C + "toggleCloseStat", valid=True, **toggle)
    assert reply["desc"]["delayInfo"]["delaySeconds"] == 5
    await call(set_timer, roomid=room, delayClosePolicy=0)
    call.clock.advance(10 * DAY)
    assert call.emulator.rooms[room].open


async def test_features_that_are_off_are_403() -> None:
    """What is not enabled for the app is refused with the texts that were recorded."""
    off = Features(broadcast=False, delay_close=False, in_out_notification=False)
    call, room = opened("bob", features=off)
    reply = await call(C + "updateInOutNotification", roomid=room, close=True)
    assert reply == {"code": 403, "desc": "app io notify closed"}
    reply = await call(C + "broadcast", fromAccid="amy", msgId="m", msgType=0)
    assert reply == {"code": 403, "desc": "no right to send chatroom broadcast msg!"}
    assert await call.code(C + "updateDelayClosePolicy", roomid=room, delayClosePolicy=1) == 403
    assert await call.code(C + "create", creator="amy", name="x", delayClosePolicy=2) == 403
    assert await call.code(C + "create", creator="amy", name="x", delayClosePolicy=0) == 200
    assert notices(call, room) == []


async def test_entry_and_exit_are_told_unless_that_is_switched_off() -> None:
    """Both have their notification; ``close=true`` switches them off, ``false`` on."""
    call, room = opened("bob")
    call.emulator.leave(room, "bob")
    assert notices(call, room) == [301, 302]
    await call(C + "updateInOutNotification", roomid=room, close=True)
    call.emulator.enter(room, "bob")
    call.emulator.leave(room, "bob")
    assert notices(call, room) == [301, 302]
    await call(C + "updateInOutNotification", roomid=room, close=False)
    call.emulator.enter(room, "bob")
    assert notices(call, room) == [301, 302, 301]
