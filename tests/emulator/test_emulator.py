"""What every request to the emulator passes: route, signature, request id, form, frequency."""

from __future__ import annotations

import email.utils
from types import ModuleType
from urllib.parse import quote

import httpx
import pytest
from attrs import evolve

from nim_async._core.operation import Kind, Operation
from nim_async._generated.operations import OPERATIONS
from nim_async.config import RateLimit
from nim_async.emulator import Clock, Emulator, Refused
from nim_async.emulator.gate import RequestIds
from nim_async.emulator.handlers import HANDLERS, THEMES, collect, stats
from tests.wire import FORM, KEY, NOON, SECRET, Caller, caller, checksum, form, signed, url

CREATE = form({"creator": "amy", "name": "tea"})


async def desc_of(call: Caller, body: bytes, headers: dict[str, str] | None = None) -> str:
    """Return the text of a refusal with 414."""
    reply = (await call.post("chatroom/create", body, headers)).json()
    assert reply["code"] == 414
    return str(reply["desc"])


def test_every_operation_of_the_table_has_its_handler() -> None:
    """The handlers are those of the table, no more and no less."""
    assert HANDLERS.keys() == OPERATIONS.keys()
    names = {path: (handler.__name__) for path, handler in HANDLERS.items()}
    assert names == {path: operation.name for path, operation in OPERATIONS.items()}


def test_a_handler_is_found_by_the_name_of_its_operation() -> None:
    """An operation without a handler is an error that names it, and so is the reverse."""
    operations = list(OPERATIONS.values())
    unknown = evolve(operations[0], name="dissolve")
    with pytest.raises(ImportError, match=r"chatroom\.dissolve has 0 handlers"):
        collect([*operations, unknown], THEMES)
    elsewhere = evolve(operations[0], namespace="team")
    with pytest.raises(ImportError, match=rf"team\.{operations[0].name} has 0 handlers"):
        collect([*operations, elsewhere], THEMES)
    with pytest.raises(ImportError, match=rf"without an operation: .*\.{operations[-1].name}"):
        collect(operations[:-1], THEMES)
    doubled = {**THEMES, "stats": [stats, _another("chatroom_topn")]}
    with pytest.raises(ImportError, match=r"stats\.chatroom_topn has 2 handlers"):
        collect(operations, doubled)


def _another(name: str) -> ModuleType:
    """Make a module with one function."""
    module = ModuleType("another")
    exec(f"def {name}(state, arguments): return {{}}", vars(module))  # noqa: S102
    return module


async def test_a_signed_call_is_answered_in_the_documented_form() -> None:
    """A reply is JSON in UTF-8 with HTTP status 200, an integer code and the emulator's date."""
    call = caller()
    response = await call.post("chatroom/create", CREATE)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    date = email.utils.parsedate_to_datetime(response.headers["date"])
    assert date.timestamp() == NOON
    assert response.json()["code"] == 200


@pytest.mark.parametrize(
    ("secret", "nonce", "curtime", "expected"),
    [
        (
            "3f2a9c417be0",
            "d41d8cd98f00b204e9800998ecf8427e",
            "1735689600",
            "fc6c5f9713608e50494b693977575736f9db69cd",
        ),
        ("s3cr3t-example", "1", "1451217360", "a96e9e156f97eee51599bdb9ecbef9d6c02f63ed"),
    ],
)
async def test_published_signatures_pass(
    secret: str, nonce: str, curtime: str, expected: str
) -> None:
    """The sum is SHA1 over secret, nonce and time in lower-case hex; the vectors prove it."""
    clock = Clock(float(curtime))
    call = Caller(Emulator("k", secret, clock=clock), clock)
    headers = signed(clock(), AppKey="k", Nonce=nonce, CheckSum=expected)
    response = await call.post("chatroom/create", CREATE, headers)
    assert response.json()["code"] == 200
    upper = {**headers, "CheckSum": expected.upper()}
    assert await desc_of(call, CREATE, upper) == "checksum"


@pytest.mark.parametrize(
    ("changes", "desc"),
    [
        ({"AppKey": None}, "appkey"),
        ({"AppKey": ""}, "appkey"),
        ({"AppKey": "another"}, "appkey"),
        ({"CheckSum": None}, "checksum"),
        ({"CheckSum": checksum("n1", str(int(NOON)), "another secret")}, "checksum"),
        ({"CheckSum": "é" * 40}, "checksum"),
        ({"Nonce": "another"}, "checksum"),
        ({"CurTime": str(int(NOON) + 1)}, "checksum"),
        ({"Nonce": None}, "Nonce must have 1 to 128 characters"),
        ({"CurTime": None}, "CurTime is no time in seconds"),
        ({"CurTime": "soon"}, "CurTime is no time in seconds"),
        ({"CurTime": "１７０００００００００"}, "CurTime is no time in seconds"),
    ],
)
async def test_a_bad_signature_is_414(changes: dict[str, str | None], desc: str) -> None:
    """A wrong key, sum, nonce or time is refused with 414 and changes nothing."""
    call = caller()
    headers = [(k.encode(), v.encode()) for k, v in signed(NOON, **changes).items()]
    request = httpx.Request("POST", url("chatroom/create"), content=CREATE, headers=headers)
    reply = await call.emulator.transport().handle_async_request(request)
    assert (await reply.aread()) == b'{"code":414,"desc":"%s"}' % desc.encode()
    assert not call.emulator.rooms


@pytest.mark.parametrize("length", [1, 128])
async def test_a_nonce_has_1_to_128_characters(length: int) -> None:
    """The longest nonce passes and one character more does not."""
    call = caller()

    def headers(nonce: str) -> dict[str, str]:
        return signed(NOON, Nonce=nonce, CheckSum=checksum(nonce, str(int(NOON))))

    response = await call.post("chatroom/create", CREATE, headers("x" * length))
    assert response.json()["code"] == 200
    assert "Nonce" in await desc_of(call, CREATE, headers("x" * 129))


@pytest.mark.parametrize(
    ("skew", "passes"), [(-301, False), (-300, True), (300, True), (301, False)]
)
async def test_the_time_may_differ_by_five_minutes(skew: int, passes: bool) -> None:  # noqa: FBT001
    """Five minutes before or after pass, one second more does not."""
    call = caller()
    response = await call.post("chatroom/create", CREATE, signed(NOON + skew))
    expected = {"code": 200} if passes else {"code": 414, "desc": "CurTime is expired"}
    assert expected.items() <= response.json().items()


async def test_milliseconds_are_no_seconds() -> None:
    """A time in milliseconds is outside the window even when it is signed well."""
    assert await desc_of(caller(), CREATE, signed(NOON * 1000)) == "CurTime is expired"


async def test_the_signature_comes_before_the_parameters() -> None:
    """A call that is wrong in both ways hears of the signature."""
    assert await desc_of(caller(), b"%zz", signed(NOON, AppKey="x")) == "appkey"


async def test_routes() -> None:
    """Other methods are 405, other paths 404, and the liveness probe answers 200."""
    call = caller()
    async with httpx.AsyncClient(transport=call.emulator.transport()) as client:
        assert (await client.get(url("chatroom/create"))).status_code == 405
        assert (await client.get(url("health/liveness"))).status_code == 200
        assert (await client.get(url("chatroom/none"))).status_code == 404


@pytest.mark.parametrize("path", ["/nimserver/chatroom/none.action", "/elsewhere"])
async def test_a_path_that_is_lacking_is_named(path: str) -> None:
    """The service always answers HTTP 200, so a client finds code 404 and the path in desc."""
    call = caller()
    reply = await call(path, a="b")
    assert reply == {"code": 404, "desc": f"there is no operation {path}"}
    assert (call.emulator.calls[-1].code, call.emulator.calls[-1].processed) == (404, False)


async def test_an_enormous_body_is_413() -> None:
    """A body beyond any legal call is not even decoded."""
    response = await caller().post("chatroom/create", b"a=" + b"x" * (16 * 1024 * 1024))
    assert response.status_code == 413


async def test_a_request_id_is_good_for_one_call_carried_out() -> None:
    """A repeated id gives 431; a refused call leaves its id good."""
    call = caller()
    headers = {**signed(NOON), "RequestId": "r1"}
    assert (await call.post("chatroom/create", b"name=tea", headers)).json()["code"] == 414
    assert (await call.post("chatroom/create", CREATE, headers)).json()["code"] == 200
    assert (await call.post("chatroom/create", CREATE, headers)).json()["code"] == 431
    other = {**headers, "RequestId": "r2"}
    assert (await call.post("chatroom/create", CREATE, other)).json()["code"] == 200
    assert len(call.emulator.rooms) == 2


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"creator=amy&name=%E8%8C", "UTF-8"),
        (b"creator=amy&name=%zz", "escape"),
        (b"creator=amy&name", "without name or value"),
        (b"creator=amy&=tea", "without name or value"),
        (b"creator=amy&name=a&name=b", "name is there twice"),
        (b"&".join([b"x=1"] * 1001), "too many fields"),
        (b"", "creator is required"),
        (b"name=tea", "creator is required"),
        (b"creator=&name=tea", "creator is empty"),
    ],
)
async def test_a_bad_form_is_414(body: bytes, says: str) -> None:
    """A form that cannot be read as it stands is refused, and the text says why."""
    call = caller()
    assert says in await desc_of(call, body)
    assert not call.emulator.rooms


@pytest.mark.parametrize(
    "written", [b"a+b%2B", "茶".encode(), quote("茶").encode(), b"%F0%9F%8D%B5", b"a%20b%2b"]
)
async def test_forms_are_decoded_as_utf8(written: bytes) -> None:
    """Plus is a space, escapes are UTF-8 in either case of hex, and raw UTF-8 is taken as well."""
    call = caller()
    reply = (await call.post("chatroom/create", b"creator=amy&name=" + written)).json()
    expected = {b"a+b%2B": "a b+", b"%F0%9F%8D%B5": "🍵", b"a%20b%2b": "a b+"}.get(written, "茶")
    assert reply["chatroom"]["name"] == expected


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        (FORM, 200),
        ("application/x-www-form-urlencoded", 200),
        ("Application/X-WWW-form-urlencoded; Charset=UTF-8", 200),
        ("application/json", 414),
        ("application/x-www-form-urlencoded; charset=gbk", 414),
        ("application/x-www-form-urlencoded;charset=UTF-8;", 200),
        ("application/x-www-form-urlencoded; charset=UTF-8; q=1", 200),
        ('application/x-www-form-urlencoded; charset="utf-8"', 200),
        ("application/x-www-form-urlencoded; q=1; charset=gbk", 414),
        ("application/x-www-form-urlencoded; charset=utf-8; charset=gbk", 414),
        ("application/x-www-form-urlencoded; charset*=utf-8''gbk", 414),
        ("", 414),
    ],
)
async def test_the_content_type_is_a_form_in_utf8(content_type: str, code: int) -> None:
    """A form without charset passes, another type or charset does not."""
    headers = signed(NOON, Content_Type=content_type)
    assert (await caller().post("chatroom/create", CREATE, headers)).json()["code"] == code


@pytest.mark.parametrize(
    ("path", "fields", "named"),
    [
        ("chatroom/create", {"creator": "a" * 33, "name": "x"}, "creator"),
        ("chatroom/create", {"creator": "a", "name": "茶" * 129}, "name"),
        ("chatroom/create", {"creator": "a", "name": "🍵" * 65}, "name"),
        ("chatroom/create", {"creator": "a", "name": "x", "queuelevel": 2}, "queuelevel"),
        ("chatroom/queryMembersByRole", {"roomid": 1, "roles": "[]"}, "roles"),
        ("chatroom/queryMembersByRole", {"roomid": 1, "roles": "{"}, "roles"),
        ("chatroom/queryMembersByRole", {"roomid": 1, "roles": '{"a":NaN}'}, "roles"),
        ("chatroom/queryMembersByRole", {"roomid": 1, "roles": "[" * 100_000}, "roles"),
        ("chatroom/create", {"creator": "a", "name": "x", "delaySeconds": 604801}, "delaySeconds"),
        ("chatroom/create", {"creator": "a", "name": "x", "delaySeconds": -1}, "delaySeconds"),
        ("chatroom/create", {"creator": "a", "name": "x", "inOutNotification": 2}, "inOut"),
        ("chatroom/get", {"roomid": "one"}, "roomid"),
        ("chatroom/get", {"roomid": "1.0"}, "roomid"),
        ("chatroom/get", {"roomid": "+1"}, "roomid"),
        ("chatroom/get", {"roomid": "١"}, "roomid"),
        ("chatroom/get", {"roomid": str(2**63)}, "roomid"),
        ("chatroom/get", {"roomid": 1, "needOnlineUserCount": "True"}, "needOnlineUserCount"),
        ("chatroom/get", {"roomid": 1, "needOnlineUserCount": "1"}, "needOnlineUserCount"),
        ("chatroom/getBatch", {"roomids": list(range(21))}, "roomids"),
        ("chatroom/getBatch", {"roomids": "6001,6002"}, "roomids"),
        ("chatroom/getBatch", {"roomids": [True]}, "roomids"),
        ("chatroom/getBatch", {"roomids": ["six"]}, "roomids"),
        ("chatroom/getBatch", {"roomids": "{}"}, "roomids"),
        ("history/queryChatroomMsg", {"limit": 0}, "limit"),
        ("history/queryChatroomMsg", {"limit": 201}, "limit"),
        ("history/queryChatroomMsg", {"reverse": 3}, "reverse"),
        ("history/queryChatroomMsg", {"type": "0,one"}, "type"),
        ("history/queryChatroomMsg", {"timetag": 1_700_000_000}, "timetag"),
        ("stats/chatroom/topn", {"period": "week"}, "period"),
        ("stats/chatroom/topn", {"topn": 501}, "topn"),
        ("chatroom/sendMsg", {"msgId": "m", "msgType": 5}, "msgType"),
        ("chatroom/sendMsg", {"msgId": "m", "msgType": 0, "locX": "nan"}, "locX"),
        ("chatroom/sendMsg", {"msgId": "m", "msgType": 0, "locX": "1e999"}, "locX"),
        ("chatroom/batchSendMsg", {"msgList": [1]}, "msgList"),
        ("chatroom/batchSendMsg", {"msgList": [{"msgType": 0}]}, "msgList.msgId"),
        ("chatroom/batchSendMsg", {"msgList": [{"msgId": "m", "msgType": "0"}]}, "msgType"),
        ("chatroom/batchSendMsg", {"msgList": [{"msgId": "m", "msgType": True}]}, "msgType"),
        ("chatroom/batchSendMsg", {"msgList": [{"msgId": "m", "msgType": 0, "locX": "1"}]}, "locX"),
        (
            "chatroom/batchSendMsg",
            {"msgList": [{"msgId": "m", "msgType": 0, "attach": "x" * 4097}]},
            "attach",
        ),
    ],
)
async def test_parameters_outside_their_limits_are_414(
    path: str, fields: dict[str, object], named: str
) -> None:
    """A value outside its documented limits is refused, and the text names the parameter."""
    call = caller()
    room = call.emulator.add_room("amy")
    basis: dict[str, object] = {}
    if path.startswith("history/"):
        basis = {"roomid": room, "accid": "amy", "timetag": int(NOON * 1000), "limit": 10}
    elif "end" in path:
        basis = {"roomid": room, "fromAccid": "amy"}
    reply = await call(path, **{**basis, **fields})
    assert reply["code"] == 414
    assert named in reply["desc"]
    assert len(call.emulator.rooms) == 1
    assert not call.emulator.messages(room)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda o: o.qualified_name)
async def test_a_required_parameter_is_missed_by_name(operation: Operation[object]) -> None:
    """Every operation names the required parameter that is missing, but for times that mean now."""
    call = caller()
    examples = {
        Kind.TEXT: "x",
        Kind.JSON: "x",
        Kind.INTEGER: "1",
        Kind.BOOLEAN: "true",
        Kind.TEXTS: '["1"]',
        Kind.OBJECT: "{}",
        Kind.OBJECTS: "[]",
    }
    required = [p for p in operation.params if p.required]
    for missing in required:
        fields = {
            p.wire_name: str(p.choices[0]) if p.choices else examples[p.kind]
            for p in required
            if p is not missing
        }
        reply = await call(operation.path, **fields)
        expected = {"code": 414, "desc": f"{missing.wire_name} is required"}
        assert (reply == expected) is (missing.wire_name not in {"endtime", "endTime", "timetag"})
    assert bool(required) is (operation.name != "chatroom_topn")


async def test_the_call_frequency_is_counted_in_any_window() -> None:
    """One call too many within a second is 416 and blocks that operation for ten seconds."""
    call = caller(rate_limits=True)
    call.clock.advance(0.6)
    for _ in range(100):
        assert await call.code("chatroom/create", creator="amy", name="tea") == 200
    call.clock.advance(0.8)
    reply = await call("chatroom/create", creator="amy", name="tea")
    assert reply == {"code": 416, "desc": "query too fast"}
    assert await call.code("chatroom/getBatch", roomids=[1]) == 200
    call.clock.advance(9.9)
    assert await call.code("chatroom/create", creator="amy", name="tea") == 416
    call.clock.advance(0.1)
    assert await call.code("chatroom/create", creator="amy", name="tea") == 200


async def test_a_call_while_blocked_does_not_lengthen_the_penalty() -> None:
    """Of the penalty only its length is documented; calls within it leave it as it is."""
    limits = {"/nimserver/chatroom/get.action": RateLimit(calls=1, per_seconds=1, block_seconds=2)}
    call = caller(rate_limits=limits)
    room = call.emulator.add_room("amy")
    assert await call.code("chatroom/get", roomid=room) == 200
    assert await call.code("chatroom/get", roomid=room) == 416
    call.clock.advance(1.9)
    assert await call.code("chatroom/get", roomid=room) == 416
    call.clock.advance(0.1)
    assert await call.code("chatroom/get", roomid=room) == 200


async def test_the_frequency_is_not_limited_unless_asked_for() -> None:
    """Without ``rate_limits`` nothing counts calls; unknown paths in it are an error."""
    call = caller()
    codes = [await call.code("chatroom/create", creator="amy", name="t") for _ in range(101)]
    assert set(codes) == {200}
    limit = RateLimit(calls=1, per_seconds=1, block_seconds=1)
    with pytest.raises(ValueError, match="chatroom/gets"):
        caller(rate_limits={"/nimserver/chatroom/gets.action": limit})


async def test_calls_are_recorded() -> None:
    """A recorded call shows what was sent, unknown and repeated fields too, and the answer."""
    call = caller()
    body = b"creator=amy&name=tea&x=1&x=2"
    await call.post("chatroom/create", body, {**signed(NOON), "RequestId": "r1"})
    await call("chatroom/get", roomid=1)
    made, refused = call.emulator.calls
    assert made.path == "/nimserver/chatroom/create.action"
    assert made.method == "POST"
    assert made.body == body
    assert made.pairs == (("creator", "amy"), ("name", "tea"), ("x", "1"), ("x", "2"))
    assert made.form == {"creator": "amy", "name": "tea", "x": "2"}
    assert made.headers["appkey"] == KEY
    assert made.request_id == "r1"
    assert made.time == NOON
    assert (made.processed, made.status, made.code, made.desc) == (True, 200, 200, None)
    assert (refused.processed, refused.code) == (False, 404)
    assert refused.desc == "chatroom does not exist"


async def test_the_latest_calls_are_kept() -> None:
    """The record is bounded, and what it returns is a copy."""
    call = caller(max_calls=2)
    for room in range(3):
        await call("chatroom/get", roomid=room)
    call.emulator.calls.clear()
    assert [c.form["roomid"] for c in call.emulator.calls] == ["1", "2"]


async def test_reset_goes_back_to_the_beginning() -> None:
    """After a reset nothing is left of rooms, calls, request ids and registered accounts."""
    call = caller(accounts=["amy"])
    call.emulator.register("Bob")
    headers = {**signed(NOON), "RequestId": "r1"}
    first = (await call.post("chatroom/create", CREATE, headers)).json()
    call.emulator.reset()
    assert not call.emulator.rooms
    assert not call.emulator.calls
    assert (await call.post("chatroom/create", CREATE, headers)).json() == first
    assert await call.code("chatroom/create", creator="bob", name="x") == 404


async def test_a_seed_makes_ids_repeatable() -> None:
    """Two emulators with one seed choose the same room ids; without a seed they differ."""
    seeded = {Emulator(KEY, SECRET, seed=3).add_room("amy") for _ in range(4)}
    free = {Emulator(KEY, SECRET).add_room("amy") for _ in range(4)}
    assert len(seeded) == 1
    assert len(free) > 1


def test_the_latest_request_ids_are_remembered() -> None:
    """How long the service remembers is unknown; here the oldest of ten thousand goes first."""
    ids = RequestIds()
    ids.note("first", "a")
    for n in range(9_999):
        ids.note(str(n), "a")
    with pytest.raises(Refused, match="431"):
        ids.check("first", "b")
    ids.note("one more", "a")
    ids.check("first", "b")
    ids.note("", "a")
    ids.check("", "b")


async def test_text_that_json_alone_can_hold_comes_back() -> None:
    """Half of a surrogate pair has no UTF-8, so it is escaped in the reply as in the request."""
    call = caller()
    room = call.emulator.add_room("amy")
    elements = b'[{"key":"\\ud83c","value":"v"}]'
    body = b"roomid=%d&elements=%s" % (room, quote(elements).encode())
    assert (await call.post("chatroom/queueBatchOffer", body)).json()["code"] == 200
    reply = await call.post("chatroom/queueList", b"roomid=%d" % room)
    assert reply.content == b'{"desc":{"list":[{"\\ud83c":"v"}]},"code":200}'


@pytest.mark.parametrize(("accid", "code"), [("a" * 32, 200), ("a" * 33, 414), ("", 414)])
async def test_an_account_has_up_to_32_characters(accid: str, code: int) -> None:
    """The limit holds wherever an account is named, also where the table does not repeat it."""
    call = caller()
    fields = {"fromAccid": accid, "msgId": "m", "msgType": 0, "locX": "1.5", "locY": "-2e3"}
    item = {"msgId": "m", "msgType": 0, "locX": 1.5, "locY": 2}
    room = call.emulator.add_room("amy")
    assert await call.code("chatroom/sendMsg", roomid=room, **fields) == code
    batch = {"roomid": room, "fromAccid": accid, "msgList": [item]}
    assert await call.code("chatroom/batchSendMsg", **batch) == code
    robots = {"roomid": room, "accids": [accid]}
    reply = await call("chatroom/addRobot", **robots)
    assert (accid in reply["desc"]["failAccids"]) is (code == 414)


async def test_two_transports_share_one_state() -> None:
    """All doors of an emulator lead to the same rooms."""
    call = caller()
    room = (await call("chatroom/create", creator="amy", name="tea"))["chatroom"]["roomid"]
    assert await Caller(call.emulator, call.clock).code("chatroom/get", roomid=room) == 200
