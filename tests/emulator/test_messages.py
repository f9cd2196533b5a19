"""Messages, history and tags of the emulator."""

from __future__ import annotations

from typing import Any

import pytest

from nim_async.emulator import Refused
from tests.emulator.rooms import C, opened
from tests.wire import NOON, Caller

QUERY = "history/queryChatroomMsg"
NOW = int(NOON * 1000)


async def send(call: Caller, room: int, msg_id: str = "m1", **fields: object) -> dict[str, Any]:
    """Send a text of amy's."""
    message: dict[str, object] = {"fromAccid": "amy", "msgType": 0, "attach": "hello"}
    return await call(C + "sendMsg", roomid=room, msgId=msg_id, **{**message, **fields})


async def history(call: Caller, room: int, **fields: object) -> list[str]:
    """Return the ids of the stored messages, notifications left out, newest first."""
    basis: dict[str, object] = {"timetag": int(call.clock() * 1000), "limit": 200}
    basis["type"] = "0,1,2,3,4,6,10,100"
    reply = await call(QUERY, roomid=room, accid="amy", **{**basis, **fields})
    assert reply["size"] == len(reply["msgs"])
    return [message["msgid"] for message in reply["msgs"]]


async def test_a_sent_message_comes_back_as_text() -> None:
    """Numbers are written as text, and flags are missing where they do not apply."""
    call, room = opened("bob")
    reply = await send(call, room, fromAccid="AMY", ext="e", subType=3)
    assert reply == {
        "desc": {
            "time": str(NOW),
            "fromAvator": "",
            "msgid_client": "m1",
            "fromClientType": "REST",
            "attach": "hello",
            "roomId": str(room),
            "fromAccount": "amy",
            "fromNick": "",
            "type": "0",
            "ext": "e",
        },
        "code": 200,
    }
    (message,) = call.emulator.messages(room)
    assert message.receivers == {"bob"}
    assert (message.sub_type, message.stored) == (3, True)


async def test_the_profile_in_the_room_is_shown() -> None:
    """Nick and avatar of the sender are those of the room."""
    call, room = opened()
    call.emulator.enter(room, "bob", nick="Bob", avatar="b.png", client_type="IOS")
    reply = await send(call, room, fromAccid="bob")
    assert (reply["desc"]["fromNick"], reply["desc"]["fromAvator"]) == ("Bob", "b.png")
    spoken = call.emulator.speak(room, "bob", "hi")
    assert (spoken.nick, spoken.client_type) == ("Bob", "IOS")


async def test_a_known_id_is_sent_once_with_the_resend_flag() -> None:
    """A second send answers with the first message; without the flag it is another one."""
    call, room = opened("bob")
    first = await send(call, room, resendFlag=1)
    call.clock.advance(1)
    call.emulator.enter(room, "cat")
    assert await send(call, room, resendFlag=1, attach="changed") == first
    assert len(call.emulator.messages(room)) == 1
    again = await send(call, room)
    assert again["desc"]["time"] != first["desc"]["time"]
    one, two = call.emulator.messages(room)
    assert (one.receivers, two.receivers) == (frozenset({"bob"}), frozenset({"cat"}))
    assert await history(call, room) == ["m1", "m1"]


@pytest.mark.parametrize(
    ("opt", "code", "ignored"), [(-1, 13003, False), (-2, 13004, True), (0, 13004, True)]
)
async def test_the_muted_do_not_speak(opt: int, code: int, ignored: bool) -> None:  # noqa: FBT001
    """A mute can be ignored, a block cannot; nothing of a refused message stays."""
    call, room = opened()
    by = {"roomid": room, "operator": "amy", "target": "bob"}
    if opt:
        await call(C + "setMemberRole", opt=opt, optvalue=True, **by)
    else:
        await call(C + "temporaryMute", muteDuration=9, **by)
    assert (await send(call, room, fromAccid="bob"))["code"] == code
    assert not call.emulator.messages(room)
    reply = await send(call, room, fromAccid="bob", ignoreMute=True)
    assert reply["code"] == (200 if ignored else code)


async def test_a_muted_room_hears_managers_alone() -> None:
    """Of the mute of a whole room a sender cannot be excepted."""
    call, room = opened()
    await call(C + "muteRoom", roomid=room, operator="amy", mute=True)
    assert (await send(call, room, fromAccid="bob"))["code"] == 13006
    assert (await send(call, room, fromAccid="bob", ignoreMute=True))["code"] == 13006
    assert (await send(call, room))["code"] == 200


async def test_ten_messages_a_second_have_high_priority() -> None:
    """The eleventh is downgraded, or refused where that is not wanted."""
    call, room = opened()
    for n in range(10):
        sent = await send(call, room, f"m{n}", highPriority=True)
        assert sent["desc"]["highPriorityFlag"] == 1
    downgraded = await send(call, room, "x", highPriority=True)
    assert "highPriorityFlag" not in downgraded["desc"]
    strict = {"highPriority": True, "forbiddenIfHighPriorityMsgFreq": 1}
    assert (await send(call, room, "y", **strict))["code"] == 403
    assert len(call.emulator.messages(room)) == 11
    call.clock.advance(1)
    assert (await send(call, room, "z", **strict))["desc"]["highPriorityFlag"] == 1


async def test_an_abandon_ratio_drops_its_share() -> None:
    """What is dropped carries the flag and is not stored; priority is ignored beside a ratio."""
    call, room = opened("bob")
    replies = [
        await send(call, room, f"m{n}", abandonRatio=5000, highPriority=True) for n in range(200)
    ]
    dropped = {r["desc"]["msgid_client"] for r in replies if "msgAbandonFlag" in r["desc"]}
    assert 60 < len(dropped) < 140
    assert not any("highPriorityFlag" in r["desc"] for r in replies)
    assert dropped.isdisjoint(await history(call, room))
    for message in call.emulator.messages(room):
        assert message.abandoned is (message.msg_id in dropped)
        assert message.receivers == (frozenset() if message.abandoned else {"bob"})
    assert "msgAbandonFlag" not in (await send(call, room, "n", abandonRatio=0))["desc"]


async def test_what_is_not_stored() -> None:
    """``skipHistory`` keeps a message out of the history, though not from the members."""
    call, room = opened("bob")
    await send(call, room, skipHistory=1)
    (message,) = call.emulator.messages(room)
    assert (message.receivers, message.stored) == (frozenset({"bob"}), False)
    assert await history(call, room) == []


async def test_messages_to_some_in_the_room() -> None:
    """Only the named who are inside get it, and it is never stored."""
    call, room = opened("bob", "cat")
    fields = {"fromAccid": "amy", "msgId": "m", "msgType": 0, "toAccids": ["BOB", "dan"]}
    reply = await call(C + "sendMsgToSomeone", roomid=room, **fields)
    assert reply["desc"]["msgid_client"] == "m"
    assert [m.receivers for m in call.emulator.messages(room)] == [{"bob"}]
    assert await history(call, room) == []
    assert "highPriorityFlag" not in reply["desc"]


@pytest.mark.parametrize("path", ["batchSendMsg", "batchSendMsgToSomeone"])
async def test_a_batch_may_fail_in_part(path: str) -> None:
    """Each message is under its id, in one list or the other, and the call succeeds."""
    call, room = opened("bob")
    items = [{"msgId": f"m{n}", "msgType": 0, "attach": str(n)} for n in range(2)]
    fields: dict[str, object] = {"roomid": room, "toAccids": ["bob"], "fromAccid": "bob"}
    reply = await call(C + path, msgList=items, **fields)
    assert [next(iter(s)) for s in reply["success"]] == ["m0", "m1"]
    assert reply["success"][1]["m1"]["attach"] == "1"
    assert reply["fail"] == []
    await call(C + "muteRoom", roomid=room, operator="amy", mute=True)
    items = [{"msgId": "m1", "msgType": 0, "resendFlag": 1}, {"msgId": "new", "msgType": 0}]
    reply = await call(C + path, msgList=items, **fields)
    assert [next(iter(s)) for s in reply["success"]] == ["m1"]
    assert reply["fail"] == [{"new": "chatroom is muted"}]
    assert reply["code"] == 200
    assert [m.stored for m in call.emulator.messages(room)] == [path == "batchSendMsg"] * 2
    many = [{"msgId": f"m{n}", "msgType": 0} for n in range(11)]
    assert await call.code(C + path, msgList=many, **fields) == 414


async def test_a_broadcast_reaches_every_open_room() -> None:
    """It names no room, is never stored, and a second send of its id does nothing."""
    call, room = opened("bob")
    other = call.emulator.add_room("dan")
    closed = call.emulator.add_room("eve")
    call.emulator.enter(other, "cat")
    await call(C + "toggleCloseStat", roomid=closed, operator="eve", valid=False)
    fields = {"fromAccid": "amy", "msgId": "b", "msgType": 0, "attach": "all", "resendFlag": 1}
    first = await call(C + "broadcast", **fields)
    assert "roomId" not in first["desc"]
    call.clock.advance(1)
    assert await call(C + "broadcast", **fields) == first
    assert [m.receivers for m in call.emulator.messages(room)] == [{"bob"}]
    assert [m.receivers for m in call.emulator.messages(other)] == [{"cat"}]
    assert call.emulator.messages(closed) == ()
    assert await history(call, room) == []
    await call(C + "broadcast", **{**fields, "resendFlag": 0})
    assert len(call.emulator.messages(room)) == 2


@pytest.mark.parametrize(
    ("wrong", "desc"),
    [
        ({"msgId": "other"}, "some param not match message"),
        ({"fromAcc": "bob"}, "some param not match message"),
        ({"msgTimetag": NOW + 1}, "some param not match message"),
    ],
)
async def test_a_recall_must_fit_its_message(wrong: dict[str, object], desc: str) -> None:
    """Another id, sender or time is 414; so is a second recall."""
    call, room = opened("bob")
    await send(call, room)
    await send(call, room, "m2")
    fits: dict[str, object] = {"msgId": "m1", "fromAcc": "amy", "msgTimetag": NOW}
    fits |= {"roomid": room, "operatorAcc": "bob", "notifyExt": "why"}
    assert await call(C + "recall", **{**fits, **wrong}) == {"code": 414, "desc": desc}
    assert await history(call, room) == ["m2", "m1"]
    assert await call(C + "recall", **fits) == {"code": 200}
    assert await history(call, room) == ["m2"]
    assert [m.recalled for m in call.emulator.messages(room)] == [True, False]
    notice = call.emulator.notifications(room)[-1]
    assert (notice.id, notice.operator) == (323, "bob")
    assert (notice.data["msgId"], notice.data["msgTime"], notice.data["ext"]) == ("m1", NOW, "why")
    assert await call(C + "recall", **fits) == {"code": 414, "desc": desc}


async def test_a_message_is_deleted_by_sender_and_time() -> None:
    """Others of that sender or time stay; deleting again finds nothing."""
    call, room = opened("bob")
    await send(call, room)
    await send(call, room, "m2", fromAccid="bob")
    call.clock.advance(0.001)
    await send(call, room, "m3")
    delete = {"roomid": room, "fromAcc": "amy", "msgTimetag": NOW}
    assert await call(C + "deleteHistoryMessage", **delete) == {"code": 200}
    assert await history(call, room) == ["m3", "m2"]
    assert await call.code(C + "deleteHistoryMessage", **delete) == 404


async def test_the_history_is_read_from_a_moment_in_either_direction() -> None:
    """The moment itself is included; oldest first goes on from it, newest first back from it."""
    call, room = opened()
    for n in range(4):
        await send(call, room, f"m{n}")
        call.clock.advance(1)
    anchor = {"timetag": NOW + 1000}
    assert await history(call, room, **anchor) == ["m1", "m0"]
    assert await history(call, room, reverse=2, **anchor) == ["m1", "m0"]
    assert await history(call, room, reverse=1, **anchor) == ["m1", "m2", "m3"]
    assert await history(call, room, reverse=1, limit=2, **anchor) == ["m1", "m2"]
    assert await history(call, room, limit=2) == ["m3", "m2"]


async def test_the_history_is_filtered_by_type() -> None:
    """Several types may be asked for; without any, notifications come too."""
    call, room = opened("bob")
    for kind in (0, 100, 1):
        await send(call, room, f"t{kind}", msgType=kind, attach='{"k": 1}')
    assert await history(call, room, type="100,0") == ["t100", "t0"]
    fields = {"roomid": room, "accid": "amy", "timetag": NOW, "limit": 10}
    everything = (await call(QUERY, **fields))["msgs"]
    assert [m["type"] for m in everything] == [1, 100, 0, 5]
    assert everything[-1]["body"]["id"] == 301
    assert everything[1]["body"] == {"k": 1}
    assert everything[2]["body"] == {"msg": '{"k": 1}'}


@pytest.mark.parametrize("attach", ["plain", "[1]", "{", "[" * 4000])
async def test_content_that_is_no_object_stays_text(attach: str) -> None:
    """The body of a custom message is whatever the sender wrote."""
    call, room = opened()
    await send(call, room, msgType=100, attach=attach, ext="e")
    reply = await call(QUERY, roomid=room, accid="amy", timetag=NOW, limit=1)
    assert (reply["msgs"][0]["body"], reply["msgs"][0]["ext"]) == (attach, "e")
    assert reply["msgs"][0]["fromclienttype"] == 32


VIP = '{"tag": "vip"}'


async def test_a_tag_expression_chooses_who_gets_a_message() -> None:
    """Only members whose tags satisfy it are receivers; a malformed one is 414."""
    call, room = opened("dan")
    call.emulator.enter(room, "bob", tags=["vip"])
    call.emulator.enter(room, "cat", tags=["host"])
    expected = {
        VIP: {"bob"},
        VIP + ' or {"tag": "host"}': {"bob", "cat"},
        VIP + ' and {"tag": "host"}': set[str](),
        '{"tag": ".*o.*", "matchType": "regex"}': {"cat"},
    }
    for n, expression in enumerate(expected):
        await send(call, room, f"m{n}", notifyTargetTags=expression)
    assert [m.receivers for m in call.emulator.messages(room)] == list(expected.values())
    contents: dict[str, dict[str, object]] = {
        "sendMsg": {"msgId": "m", "msgType": 0},
        "batchSendMsg": {"msgList": "[]"},
        "broadcast": {"msgId": "m", "msgType": 0},
    }
    for path, content in contents.items():
        reply = await call(
            C + path, roomid=room, fromAccid="amy", notifyTargetTags="vip", **content
        )
        assert reply["code"] == 414
        assert "notifyTargetTags" in reply["desc"]


async def test_a_tag_is_muted() -> None:
    """Who carries it cannot speak until the time is over; the tagged are told."""
    call, room = opened("cat")
    call.emulator.enter(room, "bob", tags=["vip"])
    mute = {"roomid": room, "operator": "amy", "targetTag": "vip"}
    reply = await call(C + "tagTemporaryMute", muteDuration=60, notifyExt="e", **mute)
    assert reply == {"desc": {"muteDuration": 60}, "code": 200}
    notice = call.emulator.notifications(room)[-1]
    assert (notice.id, notice.data["targetTag"], notice.receivers) == (
        321,
        "vip",
        frozenset({"bob"}),
    )
    with pytest.raises(Refused, match="13004"):
        call.emulator.speak(room, "bob", "hi")
    call.emulator.speak(room, "cat", "hi")
    call.clock.advance(60)
    call.emulator.speak(room, "bob", "hi")


async def test_the_mute_of_a_tag_is_lifted() -> None:
    """Lifting answers what was left, nothing where nothing was; the expression says who hears."""
    call, room = opened()
    call.emulator.enter(room, "bob", tags=["vip"])
    call.emulator.enter(room, "cat", tags=["host"])
    mute = {"roomid": room, "operator": "amy", "targetTag": "vip"}
    await call(C + "tagTemporaryMute", muteDuration=60, needNotify=False, **mute)
    assert call.emulator.notifications(room)[-1].id == 301
    call.clock.advance(20)
    host = '{"tag": "host"}'
    reply = await call(C + "tagTemporaryMute", muteDuration=0, notifyTargetTags=host, **mute)
    assert reply["desc"] == {"muteDuration": 40}
    notice = call.emulator.notifications(room)[-1]
    assert (notice.id, notice.receivers) == (322, frozenset({"cat"}))
    call.emulator.speak(room, "bob", "hi")
    reply = await call(C + "tagTemporaryMute", muteDuration=0, **mute)
    assert reply["desc"] == {"muteDuration": 0}


async def test_members_by_tag() -> None:
    """Accounts are counted once, and listed once per device, newest first."""
    call, room = opened("dan")
    call.emulator.enter(room, "bob", tags=["vip", "b"], notify_target_tags=VIP)
    call.emulator.enter(room, "bob", tags=["vip"], client_type="IOS")
    call.emulator.enter(room, "cat", tags=["vip"])
    reply = await call(C + "tagMembersCount", roomid=room, tag="vip")
    assert reply["data"] == {"tag": "vip", "onlineUserCount": 2}
    query = {"roomid": room, "tag": "vip"}
    reply = await call(C + "tagMembersQuery", endTime=0, limit=2, **query)
    page = reply["desc"]["data"]
    assert [(m["accid"], m["tags"]) for m in page] == [("cat", '["vip"]'), ("bob", '["vip"]')]
    assert "notifyTargetTags" not in page[0]
    end = page[-1]["enterTime"]
    page = (await call(C + "tagMembersQuery", endTime=end, limit=2, **query))["desc"]["data"]
    assert [(m["accid"], m["tags"]) for m in page] == [("bob", '["vip","b"]')]
    assert page[0]["notifyTargetTags"] == VIP


async def test_tags_are_replaced() -> None:
    """Either part may be changed alone, both missing is 414, and somebody away is 404."""
    call, room = opened("bob")
    change = {"roomId": room, "accid": "Bob"}
    path = C + "updateChatRoomRoleTag"
    assert await call.code(path, **change) == 414
    assert await call.code(path, tags=["a", "b"], **change) == 200
    assert await call.code(path, notifyTargetTags=VIP, **change) == 200
    query = {"roomid": room, "tag": "a", "endTime": 0, "limit": 1}
    (shown,) = (await call(C + "tagMembersQuery", **query))["desc"]["data"]
    assert (shown["tags"], shown["notifyTargetTags"]) == ('["a","b"]', VIP)
    assert call.emulator.notifications(room)[-1].id == 325
    assert await call.code(path, roomId=room, accid="dan", tags=["a"]) == 404
    assert await call.code(path, notifyTargetTags="x", **change) == 414
    call.emulator.leave(room, "bob")
    assert call.emulator.notifications(room)[-1].receivers == set()


async def test_entry_is_told_to_whom_the_member_wants() -> None:
    """The expression of a member says who hears of entry and exit."""
    call, room = opened("dan")
    call.emulator.enter(room, "cat", tags=["vip"])
    call.emulator.enter(room, "bob", notify_target_tags=VIP)
    call.emulator.leave(room, "bob")
    enter, leave = call.emulator.notifications(room)[-2:]
    assert (enter.id, enter.receivers) == (301, frozenset({"cat"}))
    assert (leave.id, leave.receivers) == (302, frozenset({"cat"}))


async def test_the_history_of_tags() -> None:
    """Messages are found whose expression means somebody with the given tags."""
    call, room = opened()
    for n, tag in enumerate(("vip", "host", "vip")):
        expression = f'{{"tag": "{tag}"}}'
        await send(call, room, f"m{n}", notifyTargetTags=expression, msgType=n * 10 % 20)
        call.clock.advance(1)
    await send(call, room, "to all")

    async def found(*tags: str, **fields: object) -> list[str]:
        reply = await call("history/queryTagHistoryMsg", roomId=room, tags=tags, **fields)
        return [m["msgid"] for m in reply["msgs"]]

    assert await found("vip") == ["m2", "m0"]
    assert await found("vip", reverse=1) == ["m0", "m2"]
    assert await found("vip", "host", limit=2) == ["m2", "m1"]
    assert await found("vip", limit=1) == ["m2"]
    assert await found("vip", "host", types="10") == ["m1"]
    assert await found("vip", fromTime=NOW + 1, toTime=NOW + 2000) == ["m2"]
    assert await found("vip", fromTime=NOW, toTime=NOW) == ["m0"]
    assert await found("other") == []
    query = {"roomId": room, "tags": ["vip"]}
    assert await call.code("history/queryTagHistoryMsg", reverse=3, **query) == 414
    assert await call.code("history/queryTagHistoryMsg", limit=0, **query) == 414


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"client_type": "PC"}, 404),
        ({"accid": "eve"}, 404),
        ({"notify_target_tags": "vip"}, 414),
        ({"msg_type": 5}, 414),
        ({"ext": "x" * 4097}, 414),
    ],
)
async def test_who_is_not_inside_does_not_speak(wrong: dict[str, Any], code: int) -> None:
    """A client program must have entered on the device it speaks from."""
    call, room = opened("bob")
    wrong = dict(wrong)
    with pytest.raises(Refused, match=str(code)):
        call.emulator.speak(room, wrong.pop("accid", "bob"), "hi", **wrong)
    assert call.emulator.messages(room) == ()
    await call(C + "toggleCloseStat", roomid=room, operator="amy", valid=False)
    with pytest.raises(Refused, match="13002"):
        call.emulator.speak(room, "bob", "hi")
