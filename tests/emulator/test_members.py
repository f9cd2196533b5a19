"""Members, mutes and robots of the emulator."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nim_async.emulator import Refused
from tests.emulator.rooms import DAY, C, listed, member, notices, opened, role
from tests.wire import caller


@pytest.mark.parametrize(
    ("opt", "type_", "set_notice", "lift_notice"),
    [
        (1, "MANAGER", 307, 308),
        (2, "COMMON", 309, 310),
        (-1, "LIMITED", 303, 304),
        (-2, "LIMITED", 305, 306),
    ],
)
async def test_a_role_is_set_and_lifted(
    opt: int, type_: str, set_notice: int, lift_notice: int
) -> None:
    """Each role shows its type, lifting it leaves a guest, and a repeat is 417."""
    call, room = opened()
    fields = {"roomid": room, "operator": "amy", "target": "BOB", "opt": opt}
    reply = await call(C + "setMemberRole", optvalue=True, **fields)
    assert reply["desc"] == {"roomid": room, "level": 0, "accid": "bob", "type": type_}
    assert await call.code(C + "setMemberRole", optvalue=True, **fields) == 417
    assert await listed(call, room) == ["bob", "amy"]
    reply = await call(C + "setMemberRole", optvalue=False, **fields)
    assert reply["desc"]["type"] == "TEMPORARY"
    assert await call.code(C + "setMemberRole", optvalue=False, **fields) == 417
    assert await listed(call, room) == ["amy"]
    assert notices(call, room) == [set_notice, lift_notice]
    assert call.emulator.notifications(room)[0].target == ("bob",)


async def test_who_may_change_roles() -> None:
    """Managers are the creator's matter; a manager may do the rest, and nobody else anything."""
    call, room = opened()
    await role(call, room, "bob", 1)
    await role(call, room, "cat", 1)

    async def by(operator: str, target: str, opt: int) -> int:
        return await call.code(
            C + "setMemberRole",
            roomid=room,
            operator=operator,
            target=target,
            opt=opt,
            optvalue=True,
        )

    assert await by("bob", "dan", 1) == 403
    assert await by("bob", "dan", 2) == 200
    assert await by("dan", "eve", -2) == 403
    assert await by("bob", "cat", -1) == 403
    assert await by("bob", "amy", -2) == 403
    assert await by("amy", "amy", 2) == 403


async def test_a_restriction_replaces_a_role_and_the_other_way_round() -> None:
    """A muted manager is no manager any more; a new role lifts mute and block."""
    call, room = opened()
    await role(call, room, "bob", 1)
    await role(call, room, "bob", -2)
    assert (await member(call, room, "bob"))["type"] == "LIMITED"
    await role(call, room, "bob", -2, "false")
    assert await listed(call, room) == ["amy"]
    await role(call, room, "bob", -1)
    await role(call, room, "bob", 2)
    shown = await member(call, room, "bob")
    assert shown["type"] == "COMMON"
    assert "blacklisted" not in shown


async def test_a_blacklisted_member_is_out_and_stays_out() -> None:
    """Block-listing removes who is inside, and entering is 13003 until it is lifted."""
    call, room = opened("bob")
    await role(call, room, "bob", -1)
    assert call.emulator.rooms[room].online == frozenset()
    assert "bob" in call.emulator.notifications(room)[-1].receivers
    with pytest.raises(Refused, match="13003"):
        call.emulator.enter(room, "Bob")
    assert (await member(call, room, "bob"))["blacklisted"] is True
    await role(call, room, "bob", -1, "false")
    call.emulator.enter(room, "bob")


async def test_profiles_last_for_fixed_members_only() -> None:
    """Without ``save``, or for a guest, the change is gone with the visit."""
    call, room = opened("bob", "cat")
    await role(call, room, "cat", 2)
    rename = C + "updateMyRoomRole"
    for accid in ("bob", "cat"):
        assert await call.code(rename, roomid=room, accid=accid, nick="kept", save=True) == 200
        assert (await member(call, room, accid))["nick"] == "kept"
    await call(rename, roomid=room, accid="cat", avator="a.png", needNotify=False)
    assert (await member(call, room, "cat"))["avator"] == "a.png"
    for accid in ("bob", "cat"):
        call.emulator.leave(room, accid)
        call.emulator.enter(room, accid)
    assert (await member(call, room, "bob"))["nick"] == ""
    shown = await member(call, room, "cat")
    assert (shown["nick"], shown["avator"]) == ("kept", None)
    assert notices(call, room).count(316) == 2
    assert await call.code(rename, roomid=room, accid="eve", nick="x") == 404


async def test_a_fixed_member_changes_a_profile_from_outside() -> None:
    """What is saved while away shows at once in the list of fixed members."""
    call, room = opened()
    await call(C + "updateMyRoomRole", roomid=room, accid="amy", nick="Amy", save=True)
    shown = await member(call, room, "amy")
    assert (shown["nick"], shown["onlineStat"]) == ("Amy", False)


async def test_who_may_be_kicked() -> None:
    """The target must be inside, and the operator have the right."""
    call, room = opened("bob", "cat")
    kick = C + "kickMember"
    assert await call.code(kick, roomid=room, accid="bob", targetAccid="cat") == 403
    assert await call.code(kick, roomid=room, accid="amy", targetAccid="dan") == 404
    assert await call.code(kick, roomid=room, accid="amy", targetAccid="Cat") == 200
    assert call.emulator.rooms[room].online == {"bob"}
    assert call.emulator.notifications(room)[-1].id == 313
    assert await call.code(kick, roomid=room, accid="amy", targetAccid="cat") == 404
    call.emulator.enter(room, "cat")


async def test_paging_by_the_time_of_the_last_shows_everybody_once() -> None:
    """The documented way of paging works, even for entries at the same moment."""
    call, room = opened(*(f"guest{n}" for n in range(7)))
    seen: list[str] = []
    end = 0
    while True:
        reply = await call(C + "membersByPage", roomid=room, type=1, endtime=end, limit=3)
        page = reply["desc"]["data"]
        seen += [m["accid"] for m in page]
        if len(page) < 3:
            break
        end = page[-1]["enterTime"]
    assert seen == [f"guest{n}" for n in reversed(range(7))]


async def test_the_three_lists_of_members() -> None:
    """Fixed members are there while away, guests only while online."""
    call, room = opened("bob", "cat")
    await role(call, room, "cat", 2)
    await role(call, room, "dan", 2)
    assert set(await listed(call, room, 0)) == {"amy", "cat", "dan"}
    assert await listed(call, room, 1) == ["bob"]
    assert await listed(call, room, 2) == ["cat"]
    call.emulator.leave(room, "bob")
    assert await listed(call, room, 1) == []


async def test_members_by_role() -> None:
    """The roles that are true are united; other values than booleans are refused."""
    call, room = opened("eve")
    for accid, opt in (("bob", 1), ("cat", -1), ("dan", -2)):
        await role(call, room, accid, opt)

    async def found(**roles: object) -> list[str]:
        reply = await call(C + "queryMembersByRole", roomid=room, roles=roles)
        return [m["accid"] for m in reply["desc"]["data"]]

    assert await found(creator=True, manager=True) == ["amy", "bob"]
    assert await found(blacklist=True, mute=False) == ["cat"]
    assert await found(mute=True) == ["dan"]
    assert await found() == []
    assert await call.code(C + "queryMembersByRole", roomid=room, roles={"mute": 1}) == 414


async def test_named_members() -> None:
    """Strangers are left out, unset texts are null, and there is no time of entry."""
    call, room = opened("bob")
    reply = await call(C + "queryMembers", roomid=room, accids=["AMY", "bob", "eve"])
    amy, bob = reply["desc"]["data"]
    assert (amy["type"], amy["onlineStat"], amy["ext"]) == ("CREATOR", False, None)
    assert (bob["type"], bob["onlineStat"], bob["avator"]) == ("TEMPORARY", True, None)
    assert "enterTime" not in amy


async def test_a_temporary_mute_passes() -> None:
    """It shows the seconds that are left, ends by itself, and starts anew when repeated."""
    call, room = opened("bob")
    mute = {"roomid": room, "operator": "amy", "target": "Bob"}
    reply = await call(C + "temporaryMute", muteDuration=300, notifyExt="why", **mute)
    assert reply == {"desc": {"muteDuration": 300}, "code": 200}
    with pytest.raises(Refused, match="13004"):
        call.emulator.speak(room, "bob", "hi")
    call.clock.advance(100)
    shown = await member(call, room, "bob")
    assert (shown["tempMuted"], shown["tempMuteTtl"]) == (True, 200)
    await call(C + "temporaryMute", muteDuration=300, needNotify=False, **mute)
    call.clock.advance(299)
    with pytest.raises(Refused, match="13004"):
        call.emulator.speak(room, "bob", "hi")
    call.clock.advance(1)
    call.emulator.speak(room, "bob", "hi")
    assert "tempMuted" not in await member(call, room, "bob")
    assert notices(call, room) == [301, 314]
    notice = call.emulator.notifications(room)[1]
    assert (notice.data["muteDuration"], notice.data["ext"]) == (300, "why")


async def test_a_temporary_mute_is_lifted() -> None:
    """Zero lifts it and answers what was left."""
    call, room = opened("bob")
    mute = {"roomid": room, "operator": "amy", "target": "bob"}
    await call(C + "temporaryMute", muteDuration=300, **mute)
    call.clock.advance(100)
    reply = await call(C + "temporaryMute", muteDuration=0, **mute)
    assert reply["desc"] == {"muteDuration": 200}
    call.emulator.speak(room, "bob", "hi")
    assert notices(call, room)[-1] == 315
    assert await call.code(C + "temporaryMute", muteDuration=2_592_001, **mute) == 414


async def test_a_mute_outlives_the_visit() -> None:
    """Leaving and entering again does not help, and the entry tells of the mute."""
    call, room = opened("bob")
    await call(C + "temporaryMute", roomid=room, operator="amy", target="bob", muteDuration=60)
    call.emulator.leave(room, "bob")
    assert await listed(call, room, 1) == []
    call.emulator.enter(room, "bob")
    with pytest.raises(Refused, match="13004"):
        call.emulator.speak(room, "bob", "hi")
    assert call.emulator.notifications(room)[-1].data["muteTtl"] == 60
    await role(call, room, "bob", -2)
    call.emulator.enter(room, "bob", client_type="IOS")
    assert call.emulator.notifications(room)[-1].data["muted"] == 1


@pytest.mark.parametrize("path", ["temporaryMute", "muteRoom", "tagTemporaryMute"])
async def test_only_creator_and_managers_mute(path: str) -> None:
    """A guest gets 403, a manager does not."""
    call, room = opened("bob")
    fields = {"target": "cat", "muteDuration": 5, "targetTag": "t", "mute": True}
    assert await call.code(C + path, roomid=room, operator="bob", **fields) == 403
    await role(call, room, "bob", 1)
    assert await call.code(C + path, roomid=room, operator="bob", **fields) == 200


async def test_nobody_mutes_those_above() -> None:
    """The creator cannot be muted, and a manager only by the creator."""
    call, room = opened()
    await role(call, room, "bob", 1)
    await role(call, room, "cat", 1)
    mute = {"roomid": room, "muteDuration": 5}
    assert await call.code(C + "temporaryMute", operator="bob", target="cat", **mute) == 403
    assert await call.code(C + "temporaryMute", operator="amy", target="cat", **mute) == 200
    assert await call.code(C + "temporaryMute", operator="amy", target="amy", **mute) == 403


async def test_a_muted_room_is_for_creator_and_managers() -> None:
    """Others get 13006; a repeat changes nothing but is told again."""
    call, room = opened("bob", "cat", "amy")
    await role(call, room, "cat", 1)
    mute = {"roomid": room, "operator": "amy"}
    for _ in range(2):
        reply = await call(C + "muteRoom", mute=True, **mute)
        assert reply == {"desc": {"success": True}, "code": 200}
    assert (await call(C + "get", roomid=room))["chatroom"]["muted"] is True
    with pytest.raises(Refused, match="13006"):
        call.emulator.speak(room, "bob", "hi")
    call.emulator.speak(room, "cat", "hi")
    call.emulator.speak(room, "amy", "hi")
    await call(C + "muteRoom", mute=False, needNotify=False, **mute)
    call.emulator.speak(room, "bob", "hi")
    assert notices(call, room)[-2:] == [318, 318]


def lists(reply: dict[str, Any]) -> dict[str, list[str]]:
    """Read lists that are JSON text inside strings."""
    return {name: json.loads(text) for name, text in reply["desc"].items()}


async def test_robots_come_for_a_day() -> None:
    """A repeat reports them as old and does not prolong their stay."""
    call, room = opened()
    add = C + "addRobot"
    reply = await call(add, roomid=room, accids=["Bot1", 2], roleExt="r", notifyExt="n")
    assert lists(reply) == {"failAccids": [], "successAccids": ["bot1", "2"], "oldAccids": []}
    shown = await member(call, room, "bot1")
    assert (shown["isRobot"], shown["robotExpirAt"], shown["ext"]) == (True, DAY, "r")
    assert call.emulator.notifications(room)[0].data["ext"] == "n"
    call.clock.advance(DAY - 1)
    reply = await call(add, roomid=room, accids=["bot1", "bot3"])
    assert lists(reply) == {"failAccids": [], "successAccids": ["bot3"], "oldAccids": ["bot1"]}
    assert (await member(call, room, "bot1"))["robotExpirAt"] == 1
    call.clock.advance(1)
    assert await listed(call, room, 1) == ["bot3"]


async def test_who_cannot_be_a_robot() -> None:
    """Strangers to the app, the block-listed and people inside fail one by one."""
    call, room = opened("bob", accounts=["amy", "bob", "cat", "bot"])
    await role(call, room, "cat", -1)
    add = C + "addRobot"
    reply = await call(add, roomid=room, accids=["nobody", "cat", "bob", "bot", "bot"])
    assert lists(reply)["failAccids"] == ["nobody", "cat", "bob"]
    assert lists(reply)["successAccids"] == ["bot"]
    assert await call.code(add, roomid=room, accids=["cat"]) == 13003
    assert await call.code(add, roomid=room, accids=[str(n) for n in range(101)]) == 414


async def test_robots_leave() -> None:
    """Those who are none fail; cleaning counts what it removed and tells only on request."""
    call, room = opened("bob")
    await call(C + "addRobot", roomid=room, accids=["b1", "b2", "b3"])
    reply = await call(C + "removeRobot", roomid=room, accids=["B1", "bob"])
    assert lists(reply) == {"failAccids": ["bob"], "successAccids": ["b1"]}
    before = len(notices(call, room))
    assert (await call(C + "cleanRobot", roomid=room))["desc"] == {"size": 2}
    assert (await call(C + "cleanRobot", roomid=room))["desc"] == {"size": 0}
    assert len(notices(call, room)) == before
    assert await listed(call, room, 1) == ["bob"]
    await call(C + "addRobot", roomid=room, accids=["b1"])
    await call(C + "cleanRobot", roomid=room, notify=True)
    assert notices(call, room)[-1] == 302


async def test_a_person_takes_over_from_a_robot() -> None:
    """Who enters under the account of a robot is not thrown out with it."""
    call, room = opened()
    await call(C + "addRobot", roomid=room, accids=["bot"])
    call.emulator.enter(room, "bot")
    call.clock.advance(DAY)
    assert await listed(call, room, 1) == ["bot"]
    assert "isRobot" not in await member(call, room, "bot")


async def test_an_account_on_two_devices() -> None:
    """It is one member, and gone when the last device is."""
    call, room = opened("bob")
    call.emulator.enter(room, "bob", client_type="IOS")
    assert len(call.emulator.rooms[room].online) == 1
    call.emulator.leave(room, "bob", client_type="WEB")
    assert call.emulator.rooms[room].online == {"bob"}
    with pytest.raises(Refused, match="404"):
        call.emulator.leave(room, "bob", client_type="WEB")
    call.emulator.leave(room, "bob")
    assert call.emulator.rooms[room].online == frozenset()
    assert notices(call, room) == [301, 301, 302]
    with pytest.raises(Refused, match="404"):
        call.emulator.leave(room, "bob")


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_type": "REST"},
        {"client_type": "TV"},
        {"tags": [str(n) for n in range(11)]},
        {"notify_target_tags": "vip"},
        {"nick": "x" * 65},
    ],
)
async def test_a_client_program_cannot_enter_anyhow(wrong: dict[str, Any]) -> None:
    """Unknown kinds of client, too many tags and malformed expressions are 414."""
    call, room = opened()
    with pytest.raises(Refused, match="414"):
        call.emulator.enter(room, "bob", **wrong)
    assert call.emulator.rooms[room].online == frozenset()


def test_rooms_and_accounts_are_added_by_hand() -> None:
    """An id is good for one room, and with a list of accounts a room is for those on it."""
    call, room = opened()
    with pytest.raises(ValueError, match="exists"):
        call.emulator.add_room("amy", room_id=room)
    strict = caller(accounts=["Amy"]).emulator
    strict.add_room("AMY")
    with pytest.raises(Refused, match="404"):
        strict.add_room("bob")
    strict.register("Bob")
    strict.add_room("bob")
    assert set(call.emulator.members(room)) == {"amy"}


async def test_receivers_are_those_of_the_moment() -> None:
    """Who comes or goes later changes nothing about what was delivered before."""
    call, room = opened("bob")
    emulator = call.emulator
    emulator.speak(room, "bob", "one")
    emulator.enter(room, "cat")
    emulator.speak(room, "cat", "two")
    emulator.leave(room, "bob")
    emulator.speak(room, "cat", "three")
    one, two, three = (m.receivers for m in emulator.messages(room))
    assert (set(one), set(two), set(three)) == ({"bob"}, {"bob", "cat"}, {"cat"})
    assert "bob" in one
    assert "cat" not in one
    assert (len(one), len(two)) == (1, 2)
    assert two - one == {"cat"}
    assert repr(three) == "{'cat'}"
