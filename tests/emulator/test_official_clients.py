"""What official clients send and expect, apart from what the documentation says."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest

from nim_async import NimClient
from nim_async.config import RateLimit
from nim_async.emulator import Delay, Emulator, Features, Garbage
from tests.wire import KEY, NOON, SECRET, Caller, caller, form, signed, url

C = "chatroom/"
QUERY = "history/queryChatroomMsg"
DAY = 24 * 60 * 60
CREATE = form({"creator": "amy", "name": "tea"})


async def room_with_words(call: Caller, *words: str) -> int:
    """Make a room in which something was said, a second apart."""
    room = call.emulator.add_room("amy")
    for word in words:
        call.clock.advance(1)
        said = {"fromAccid": "amy", "msgId": word, "msgType": 0, "attach": word}
        assert await call.code(C + "sendMsg", roomid=room, **said) == 200
    return room


@pytest.mark.parametrize("timetag", [{"timetag": 0}, {}], ids=["zero", "left out"])
@pytest.mark.parametrize(("reverse", "expected"), [(1, ["a", "b"]), (2, ["c", "b"])])
async def test_history_begins_at_zero(
    timetag: dict[str, object], reverse: int, expected: list[str]
) -> None:
    """The anchor 0, written or left out, is the earliest message or now, by the order."""
    call = caller()
    room = await room_with_words(call, "a", "b", "c")
    reply = await call(QUERY, roomid=room, accid="amy", limit=2, reverse=reverse, **timetag)
    assert reply["code"] == 200
    assert [m["msgid"] for m in reply["msgs"]] == expected


@pytest.mark.parametrize(
    ("path", "fields", "name"),
    [
        (C + "membersByPage", {"type": 1, "limit": 9}, "endtime"),
        (C + "tagMembersQuery", {"tag": "t", "limit": 9}, "endTime"),
    ],
)
async def test_a_list_begins_now_when_no_time_is_sent(
    path: str, fields: dict[str, object], name: str
) -> None:
    """A client that cannot send a 0 leaves the time out, and gets the same as with a 0."""
    call = caller()
    room = call.emulator.add_room("amy")
    call.emulator.enter(room, "bob", tags=["t"])
    left_out = await call(path, roomid=room, **fields)
    assert left_out["code"] == 200
    assert [m["accid"] for m in left_out["desc"]["data"]] == ["bob"]
    assert left_out == await call(path, roomid=room, **fields, **{name: 0})


async def test_null_for_a_list_or_an_object_is_left_out() -> None:
    """A list that was never set arrives as null, which is the same as nothing."""
    call = caller()
    room = call.emulator.add_room("amy")
    call.emulator.enter(room, "amy", tags=["kept"])
    tags = {"roomId": room, "accid": "amy", "notifyTargetTags": '{"tag": "kept"}'}
    assert await call.code(C + "updateChatRoomRoleTag", tags="null", **tags) == 200
    assert (await call(C + "tagMembersCount", roomid=room, tag="kept"))["data"] == {
        "tag": "kept",
        "onlineUserCount": 1,
    }
    history = {"roomid": room, "accid": "amy", "timetag": 0, "limit": 9}
    assert await call.code(QUERY, type="null", **history) == 200
    reply = await call(C + "queryMembers", roomid=room, accids=" null ")
    assert reply == {"code": 414, "desc": "accids is required"}


async def test_null_within_a_list_or_an_object_is_left_out() -> None:
    """An official test asks for the element null and demands success."""
    call = caller()
    room = call.emulator.add_room("amy")
    assert await call.code(C + "queueOffer", roomid=room, key="k", value="v") == 200
    reply = await call(C + "queueMultiGet", roomid=room, keys="[null]")
    assert reply == {"desc": {"list": []}, "code": 200}
    reply = await call(C + "queueMultiGet", roomid=room, keys='["k", null]')
    assert reply["desc"]["list"] == [{"k": "v"}]
    roles = '{"creator": true, "manager": null}'
    reply = await call(C + "queryMembersByRole", roomid=room, roles=roles)
    assert [m["accid"] for m in reply["desc"]["data"]] == ["amy"]


ANTI_SPAM = {
    "yidunAntiCheating": "no JSON",
    "yidunAntiSpamExt": "[]",
    "antispamCustom": '{"customSpam":"data"}',
    "antispam": True,
}


async def test_what_is_for_anti_spam_may_be_any_text() -> None:
    """Nobody looks at it where the app has no anti-spam service, but for its length."""
    call = caller()
    assert await call.code(C + "create", creator="amy", name="tea", bid="plain") == 200
    room = call.emulator.add_room("amy")
    said = {"roomid": room, "fromAccid": "amy", "msgId": "m", "msgType": 0, "attach": "hi"}
    assert await call.code(C + "sendMsg", **said, **ANTI_SPAM) == 200
    reply = await call(C + "sendMsg", **said, yidunAntiCheating="x" * 1025)
    assert reply == {"code": 414, "desc": "yidunAntiCheating is longer than 1024 characters"}


async def test_an_anti_spam_service_wants_json() -> None:
    """With the feature the documented form is demanded."""
    call = caller(features=Features(anti_spam=True))
    reply = await call(C + "create", creator="amy", name="tea", bid="plain")
    assert reply == {"code": 414, "desc": "bid is no JSON"}
    assert await call.code(C + "create", creator="amy", name="tea", bid='{"textbid":"a"}') == 200


@pytest.mark.parametrize(("repeated", "code"), [(False, 200), (True, 417)])
async def test_lifting_a_mute_that_is_not_there(repeated: bool, code: int) -> None:  # noqa: FBT001
    """It gives 200 and 0 seconds, or 417 where the features say so."""
    call = caller(features=Features(lifting_no_mute_is_repeated=repeated))
    room = call.emulator.add_room("amy")
    mute = {"roomid": room, "operator": "amy", "target": "bob"}
    reply = await call(C + "temporaryMute", **mute, muteDuration=0)
    assert reply["code"] == code
    assert (reply["desc"] == {"muteDuration": 0}) is not repeated
    assert await call.code(C + "temporaryMute", **mute, muteDuration=9) == 200
    assert await call.code(C + "temporaryMute", **mute, muteDuration=0) == 200


async def test_parameters_in_the_query_count() -> None:
    """A parameter in the query is as good as one in the form, and twice is twice."""
    call = caller()
    room = call.emulator.add_room("amy", "tea")
    path = f"{url(C + 'update')}?roomid={room}&name=%E8%8C%B6+1"
    async with httpx.AsyncClient(transport=call.emulator.transport()) as client:
        sent = await client.post(path, content=b"ext=e", headers=signed(NOON))
        assert sent.json()["chatroom"]["name"] == "茶 1"
        assert call.emulator.calls[-1].form == {"roomid": str(room), "name": "茶 1", "ext": "e"}
        doubled = await client.post(path, content=b"name=b", headers=signed(NOON))
        assert doubled.json() == {"code": 414, "desc": "name is there twice"}


async def test_without_a_body_there_is_no_content_type() -> None:
    """A client that has no parameters to send sends no type of them either."""
    call = caller()
    headers = signed(NOON, Content_Type=None)
    assert (await call.post("stats/chatroom/topn", b"", headers)).json()["code"] == 200
    assert (await call.post(C + "create", CREATE, headers)).json()["code"] == 414


async def test_room_ids_are_beyond_32_bits() -> None:
    """Ids chosen by the emulator and ids of real rooms do not fit into 32 bits."""
    call = caller()
    made = (await call(C + "create", creator="amy", name="tea"))["chatroom"]["roomid"]
    real = call.emulator.add_room("amy", room_id=10_908_439_525)
    reply = await call(C + "getBatch", roomids=[made, str(real)])
    assert [room["roomid"] for room in reply["succRooms"]] == [made, real]
    assert made > 2**32


async def test_a_repeat_gets_431_while_the_first_attempt_works() -> None:
    """An id is taken on arrival, so the repeat of a slow request is not carried out before it."""
    call = caller()
    assert await _race(call) == ["second 431", "first 200"]
    assert len(call.emulator.rooms) == 1


async def test_an_id_may_be_taken_later() -> None:
    """Where the features say so, the quicker of two requests with one id is carried out."""
    call = caller(features=Features(id_taken_on_arrival=False))
    assert await _race(call) == ["second 200", "first 431"]
    assert len(call.emulator.rooms) == 1


async def _race(call: Caller) -> list[str]:
    """Send a request, which is held up, and its repeat, which ends before."""
    arrived, go_on = anyio.Event(), anyio.Event()
    ended: list[str] = []
    headers = {**signed(NOON), "RequestId": "r1"}

    async def slow(act: Any) -> Any:
        arrived.set()
        await go_on.wait()
        return act()

    async def send(name: str) -> None:
        reply = (await call.post(C + "create", CREATE, headers)).json()
        ended.append(f"{name} {reply['code']}")

    call.emulator.faults.add(slow)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send, "first")
        await arrived.wait()
        await send("second")
        go_on.set()
    return ended


async def test_an_id_is_free_again_after_a_request_that_came_to_nothing() -> None:
    """A slow request that is refused in the end leaves its id to the next."""
    call = caller()
    headers = {**signed(NOON), "RequestId": "r1"}
    call.emulator.faults.add(Delay(0))
    assert (await call.post(C + "create", b"name=tea", headers)).json()["code"] == 414
    assert (await call.post(C + "create", CREATE, headers)).json()["code"] == 200


@pytest.mark.parametrize(("counts", "codes"), [(True, [414, 416]), (False, [414, 200])])
async def test_the_frequency_counts_before_parameters(
    counts: bool,  # noqa: FBT001
    codes: list[int],
) -> None:
    """A malformed call takes the place of another one, unless the features say otherwise."""
    limits = {
        "/nimserver/chatroom/create.action": RateLimit(calls=1, per_seconds=1, block_seconds=10)
    }
    call = caller(rate_limits=limits, features=Features(malformed_calls_count=counts))
    sent = [{"name": "tea"}, {"name": "tea", "creator": "amy"}]
    assert [await call.code(C + "create", **fields) for fields in sent] == codes


async def test_some_replies_repeat_their_fields_beside_desc() -> None:
    """Two operations were recorded to show the same fields at the top and in desc."""
    call = caller()
    room = call.emulator.add_room("amy")
    by_amy = {"roomid": room, "operator": "amy"}
    toggled = await call(C + "toggleCloseStat", **by_amy, valid=False)
    changed = await call(C + "toggleCloseStat", **by_amy, valid=True)
    role = await call(C + "setMemberRole", **by_amy, target="bob", opt=1, optvalue=True)
    for reply in (toggled, changed, role):
        assert reply == {**reply["desc"], "desc": reply["desc"], "code": 200}
    assert toggled["valid"] is False
    assert role["accid"] == "bob"


async def test_replies_have_no_blanks() -> None:
    """JSON is written as the service writes it."""
    call = caller()
    room = call.emulator.add_room("amy")
    reply = await call.post(C + "muteRoom", form({"roomid": room, "operator": "amy", "mute": True}))
    assert reply.content == b'{"desc":{"success":true},"code":200}'


async def test_a_robot_in_its_last_second_does_not_say_when_it_leaves() -> None:
    """Times are missing in place of 0, also that of a robot which still is one."""
    call = caller()
    room = call.emulator.add_room("amy")
    await call(C + "addRobot", roomid=room, accids=["bot"])
    call.clock.advance(DAY - 0.5)
    page = await call(C + "membersByPage", roomid=room, type=1, limit=9)
    assert page["desc"]["data"][0]["isRobot"] is True
    assert "robotExpirAt" not in page["desc"]["data"][0]
    call.clock.advance(0.5)
    assert (await call(C + "membersByPage", roomid=room, type=1, limit=9))["desc"]["data"] == []


@pytest.mark.parametrize(("written", "read"), [("", None), (',"robotExpirAt":0', 0)])
async def test_the_client_reads_robots_about_to_leave(written: str, read: int | None) -> None:
    """A robot without a time to leave at, or with the time 0, is a robot to the client."""
    emulator = Emulator(KEY, SECRET)
    member = (
        f'{{"roomid":1,"accid":"b","type":"TEMPORARY","onlineStat":true,"isRobot":true{written}}}'
    )
    emulator.faults.add(Garbage(f'{{"code":200,"desc":{{"data":[{member}]}}}}'.encode()))
    async with NimClient(KEY, SECRET, transport=emulator.transport()) as nim:
        found = await nim.chatroom.query_members(room_id=1, accids=["b"])
    assert (found.data[0].is_robot, found.data[0].robot_expire_at) == (True, read)


@pytest.mark.parametrize(
    ("host", "named"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")],  # noqa: S104
)
async def test_the_address_to_listen_on(host: str, named: str) -> None:
    """An emulator in a container listens everywhere; the URL names what can be called."""
    async with caller().emulator.serve(host=host) as base_url, httpx.AsyncClient() as client:
        assert base_url.startswith(f"http://{named}:")
        assert (await client.get(f"{base_url}/health/liveness.action")).status_code == 200


async def test_an_address_of_another_machine() -> None:
    """It cannot be listened on."""
    with pytest.raises(OSError, match=r"."):
        async with caller().emulator.serve(host="192.0.2.1"):
            pass
