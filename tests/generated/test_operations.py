"""Every operation from its typed method to its reply: what is sent, answered and changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen

from nim_async import (
    OPERATIONS,
    AlreadyRegistered,
    AuthenticationError,
    ClientPlatform,
    ClientType,
    Custom,
    DelayClosePolicy,
    Gender,
    HistoryOrder,
    Idempotency,
    MemberKind,
    MessageItem,
    MessageType,
    NimClient,
    NotRegistered,
    Operation,
    ParameterError,
    QueueItem,
    QueueLevel,
    RankOrder,
    RankPeriod,
    RoleOpt,
    RoleType,
    Text,
)
from nim_async._core.model import Value
from nim_async._generated import models
from nim_async.emulator import Clock, Emulator
from tests.doubles import served
from tests.generated.scene import (
    AT,
    RED,
    YESTERDAY,
    Scene,
    batch,
    members,
    profile,
    queued,
    room,
    stored,
    timer,
    told,
)
from tests.wire import FORM, KEY, SECRET, checksum

if TYPE_CHECKING:
    from collections.abc import Iterator

AWAY = {"key": "k4", "value": "four", "accid": "nobody", "transient": True}
VECTORS = Path(__file__).parents[1] / "vectors"
FORMS: dict[str, dict[str, str]] = json.loads(VECTORS.joinpath("forms.json").read_text("utf-8"))
FORMS["stats/chatroom/topn"]["timestamp"] = str(YESTERDAY)


@frozen
class Case:
    """
    One call of an operation.

    Args:
        given: Arguments by Python name, beside the room; ``vectors/forms.json`` has the form.
        reply: What has to come back.
        change: Looks at what the operation changes, and what is to be seen there afterwards but
            not before; nothing for an operation that only reads.
    """

    given: dict[str, Any]
    reply: Callable[[Scene], Value]
    change: tuple[Callable[[Scene], object], object] | None = None


CASES = {
    "chatroom/create": Case(
        {"creator": "amy", "name": "茶馆 & co", "announcement": "", "ext": {"k": [1, "é"]}}
        | {"broadcast_url": "rtmp://x/1", "queue_level": QueueLevel.MANAGERS}
        | {"bid": {"textbid": "b"}, "delay_close_policy": DelayClosePolicy.WHEN_EMPTY}
        | {"delay_seconds": 60, "in_out_notification": 0},
        lambda s: room(
            room_id=max(s.emulator.rooms),
            name="茶馆 & co",
            broadcast_url="rtmp://x/1",
            ext='{"k":[1,"é"]}',
            queue_level=QueueLevel.MANAGERS,
            delay_info=timer(s, 2, 60),
        ),
        (
            lambda s: [(r.name, r.io_notify) for r in s.emulator.rooms.values()],
            [("tea house", True), ("card table", True), ("茶馆 & co", False)],
        ),
    ),
    "chatroom/get": Case(
        {"need_online_user_count": True}, lambda _: room(io_notify=True, online_user_count=4)
    ),
    "chatroom/getBatch": Case(
        {"room_ids": [66, 99], "need_online_user_count": False},
        lambda _: models.Rooms(
            succ_rooms=(room(io_notify=True),), no_exist_rooms=(99,), fail_rooms=()
        ),
    ),
    "chatroom/update": Case(
        {"announcement": "closed on Mondays", "need_notify": False},
        lambda _: room(announcement="closed on Mondays"),
        (lambda s: s.room.announcement, "closed on Mondays"),
    ),
    "chatroom/toggleCloseStat": Case(
        {"operator": "amy", "valid": False},
        lambda _: room(valid=False),
        (lambda s: (s.room.open, len(s.inside)), (False, 0)),
    ),
    "chatroom/requestAddr": Case(
        {"accid": "fay", "client_type": ClientType.WECHAT, "client_ip": "10.0.0.1"},
        lambda _: models.Addresses(addr=("wlnimsc1.netease.im:443",)),
    ),
    "chatroom/queryUserRoomIds": Case({"creator": "eve"}, lambda _: models.RoomIds(room_ids=(67,))),
    "chatroom/updateDelayClosePolicy": Case(
        {"delay_close_policy": 1, "delay_seconds": 3600},
        lambda s: room(delay_info=timer(s, 1, 3600)),
        (lambda s: (s.room.closes_at() or 0) - s.now / 1000, 3600),
    ),
    "chatroom/updateInOutNotification": Case(
        {"close": True}, lambda _: models.Ack(), (lambda s: s.room.io_notify, False)
    ),
    "chatroom/setMemberRole": Case(
        {"operator": "amy", "target": "cat", "opt": RoleOpt.BLACKLIST}
        | {"opt_value": True, "notify_ext": {"why": "spam"}},
        lambda _: models.MemberRole(room_id=66, level=0, accid="cat", type=RoleType.LIMITED),
        (
            lambda s: (s.room.member("cat").type, s.inside),
            (RoleType.LIMITED, ["ben", "dan", "rob"]),
        ),
    ),
    "chatroom/updateMyRoomRole": Case(
        {"accid": "ben", "save": True, "nick": "本", "avatar": "http://a/?b=1"}
        | {"ext": {"level": 3}, "need_notify": True, "notify_ext": "new look"},
        lambda _: models.Ack(),
        (
            lambda s: [(p.nick, p.avatar, p.ext) for p in [s.room.member("ben").saved]],
            [("本", "http://a/?b=1", '{"level":3}')],
        ),
    ),
    "chatroom/kickMember": Case(
        {"target_accid": "dan", "accid": "ben", "notify_ext": "bye"},
        lambda _: models.Ack(),
        (lambda s: s.inside, ["ben", "cat", "rob"]),
    ),
    "chatroom/membersByPage": Case(
        {"type": MemberKind.FIXED, "end_time": 0, "limit": 1},
        lambda _: members("ben", nick="Ben", type=RoleType.MANAGER, enter_time=AT + 1),
    ),
    "chatroom/queryMembersByRole": Case(
        {"roles": {"creator": True, "manager": False}},
        lambda _: members("amy", type=RoleType.CREATOR, online_stat=False, enter_time=AT),
    ),
    "chatroom/queryMembers": Case(
        {"accids": ["cat", "nobody"]}, lambda _: members("cat", ext=None)
    ),
    "chatroom/sendMsg": Case(
        {"from_accid": "ben", "msg_id": "m-3", "msg_type": Custom({"n": 1})}
        | {"ext": {"k": []}, "high_priority": True, "notify_target_tags": RED, "loc_x": 1.5},
        lambda s: models.SentMessage(
            **told(s, "m-3", '{"n":1}', type=MessageType.CUSTOM, ext='{"k":[]}'),
            high_priority_flag=1,
        ),
        (lambda s: s.last, ("m-3", {"cat"}, True)),
    ),
    "chatroom/batchSendMsg": Case(
        {"from_accid": "ben", "skip_history": 1}
        | {"msg_list": [MessageItem(msg_id="a", msg_type=Text("1")), {"msgId": "b", "msgType": 0}]},
        lambda s: batch(s, a="1", b=""),
        (
            lambda s: [(m.msg_id, m.stored) for m in s.said],
            [("m-1", True), ("m-2", True), ("a", False), ("b", False)],
        ),
    ),
    "chatroom/recall": Case(
        {"msg_timetag": AT, "from_acc": "ben", "msg_id": "m-1"}
        | {"operator_acc": "amy", "notify_ext": "oops"},
        lambda _: models.Ack(),
        (lambda s: [m.msg_id for m in s.said if m.recalled], ["m-1"]),
    ),
    "chatroom/sendMsgToSomeone": Case(
        {"from_accid": "ben", "to_accids": ["cat", "away"], "msg_id": "p-1"}
        | {"msg_type": 0, "attach": "psst"},
        lambda s: models.SentMessage(**told(s, "p-1", "psst")),
        (lambda s: s.last, ("p-1", {"cat"}, False)),
    ),
    "chatroom/batchSendMsgToSomeone": Case(
        {"from_accid": "ben", "to_accids": ["dan"], "route": 0}
        | {"msg_list": [{"msg_id": "a", "msg_type": MessageType.TEXT, "attach": "你好"}]},
        lambda s: batch(s, a="你好"),
        (lambda s: s.last, ("a", {"dan"}, False)),
    ),
    "chatroom/broadcast": Case(
        {"from_accid": "ben", "msg_id": "all-1", "attach": Text("fire drill")},
        lambda s: models.SentMessage(**told(s, "all-1", "fire drill", room_id=None, from_nick="")),
        (
            lambda s: [s.emulator.messages(number)[-1].receivers for number in (66, 67)],
            [{"ben", "cat", "dan", "rob"}, {"fay"}],
        ),
    ),
    "chatroom/addRobot": Case(
        {"accids": ["bot", "rob", "dan"], "role_ext": {"skin": 2}},
        lambda _: models.Robots(fail_accids=("dan",), success_accids=("bot",), old_accids=("rob",)),
        (
            lambda s: (s.inside, s.room.member("bot").profile.ext),
            (["ben", "bot", "cat", "dan", "rob"], '{"skin":2}'),
        ),
    ),
    "chatroom/removeRobot": Case(
        {"accids": ["rob", "dan"]},
        lambda _: models.Robots(fail_accids=("dan",), success_accids=("rob",)),
        (lambda s: s.inside, ["ben", "cat", "dan"]),
    ),
    "chatroom/cleanRobot": Case(
        {"notify": True},
        lambda _: models.RobotsCleaned(size=1),
        (lambda s: s.inside, ["ben", "cat", "dan"]),
    ),
    "chatroom/temporaryMute": Case(
        {"operator": "ben", "target": "cat", "mute_duration": 300},
        lambda _: models.Mute(mute_duration=300),
        (lambda s: s.room.member("cat").mute_left(s.now / 1000), 300),
    ),
    "chatroom/muteRoom": Case(
        {"operator": "amy", "mute": True, "notify_ext": ["quiet", None]},
        lambda _: models.RoomMute(success=True),
        (lambda s: s.room.muted, True),
    ),
    "chatroom/tagTemporaryMute": Case(
        {"operator": "amy", "target_tag": "red", "mute_duration": 60} | {"notify_target_tags": RED},
        lambda _: models.Mute(mute_duration=60),
        (lambda s: s.room.tag_mutes.get("red", 0) - s.now / 1000, 60),
    ),
    "chatroom/tagMembersCount": Case(
        {"tag": "red"}, lambda _: models.TagCount(tag="red", online_user_count=1)
    ),
    "chatroom/tagMembersQuery": Case(
        {"tag": "red", "end_time": 0, "limit": 100},
        lambda _: members("cat", enter_time=AT + 2, tags=("red",)),
    ),
    "chatroom/updateChatRoomRoleTag": Case(
        {"accid": "cat", "tags": ["blue", "绿"]},
        lambda _: models.Ack(),
        (lambda s: s.room.member("cat").tags, {"blue", "绿"}),
    ),
    "chatroom/queueInit": Case(
        {"size_limit": 10}, lambda _: models.Ack(), (lambda s: s.room.queue.size_limit, 10)
    ),
    "chatroom/queueOffer": Case(
        {"key": "k1", "value": "new", "operator": "ben", "transient": True}
        | {"high_priority": 1, "high_priority_policy": 1},
        lambda _: models.QueueChange(high_priority=True),
        (lambda s: s.queue, [("k1", "new"), ("k2", "two")]),
    ),
    "chatroom/queueBatchOffer": Case(
        {"operator": "ben", "elements": [QueueItem(key="k3", value="three"), AWAY]},
        lambda _: models.QueueBatchOffer(failed_keys=("k4",), high_priority=False),
        (lambda s: s.queue, [("k1", "one"), ("k2", "two"), ("k3", "three")]),
    ),
    "chatroom/queueBatchUpdateElements": Case(
        {"operator": "amy", "elements": {"k2": "2", "none": "0"}},
        lambda _: models.QueueBatchUpdate(no_exist_element_key=("none",)),
        (lambda s: s.queue, [("k1", "one"), ("k2", "2")]),
    ),
    "chatroom/queueList": Case({}, lambda _: queued(("k1", "one"), ("k2", "two"))),
    "chatroom/queueMultiGet": Case({"keys": ["k2", "none"]}, lambda _: queued(("k2", "two"))),
    "chatroom/queuePoll": Case(
        {"key": "k2"},
        lambda _: models.QueueElement(key="k2", value="two"),
        (lambda s: s.queue, [("k1", "one")]),
    ),
    "chatroom/queueDrop": Case(
        {"high_priority": 0}, lambda _: models.QueueChange(), (lambda s: s.queue, [])
    ),
    "stats/chatroom/topn": Case(
        {"topn": 5, "timestamp": YESTERDAY, "period": "hour", "order_by": RankOrder.MESSAGE},
        lambda _: models.RoomRanking(
            data=(
                models.RoomActivity(
                    active_nums=1,
                    datetime=YESTERDAY // 3600 * 3600,
                    enter_nums=1,
                    msgs=1,
                    period=RankPeriod.HOUR,
                    room_id=67,
                ),
            )
        ),
    ),
    "history/queryChatroomMsg": Case(
        {"accid": "amy", "timetag": AT, "limit": 1, "type": [0, 100]}
        | {"reverse": HistoryOrder.OLDEST_FIRST},
        lambda _: models.History(size=1, msgs=(stored("m-1", "ben", {"msg": "hello"}),)),
    ),
    "chatroom/deleteHistoryMessage": Case(
        {"from_acc": "ben", "msg_timetag": AT},
        lambda _: models.Ack(),
        (lambda s: [m.msg_id for m in s.said if m.stored], ["m-2"]),
    ),
    "history/queryTagHistoryMsg": Case(
        {"tags": ["red"], "types": [0], "from_time": AT, "to_time": AT + 1}
        | {"limit": 20, "reverse": 1},
        lambda _: models.History(msgs=(stored("m-2", "cat", "reds only"),)),
    ),
    "user/create": Case(
        {"accid": "ZhangSan", "token": "my-own-token-1", "name": "Zhang", "props": {"old": 1}}
        | {"icon": "http://a/?b=1", "sign": "茶", "email": "z@example.com", "birth": "2000-01-31"}
        | {"mobile": "+852-12345678", "gender": Gender.MALE, "ex": {"level": 1}}
        | {"bid": {"textbid": "b"}},
        lambda _: models.Account(accid="zhangsan", token="my-own-token-1", name="Zhang"),
        (lambda s: list(s.emulator.accounts), ["ben", "cat", "gus", "zhangsan"]),
    ),
    "user/update": Case(
        {"accid": "ben", "token": "my-own-token-2"},
        lambda _: models.Ack(),
        (lambda s: s.ben.token, "my-own-token-2"),
    ),
    "user/refreshToken": Case(
        {"accid": "ben"},
        lambda s: models.Account(accid="ben", token=s.ben.token),
        (lambda s: (len(s.ben.token), s.ben.token == "old-token"), (32, False)),
    ),
    "user/block": Case(
        {"accid": "ben", "need_kick": True, "kick_notify_ext": {"reason": "spam"}}
        | {"need_unbind_push_token": False},
        lambda _: models.Ack(),
        (
            lambda s: (s.ben.blocked, len(s.ben.logins), s.inside),
            (True, 0, ["cat", "dan", "rob"]),
        ),
    ),
    "user/unblock": Case(
        {"accid": "gus"},
        lambda _: models.Ack(),
        (lambda s: s.emulator.accounts["gus"].blocked, False),
    ),
    "user/updateUinfo": Case(
        {"accid": "ben", "name": "本", "sign": "", "gender": 2, "ex": {"level": 2}},
        lambda _: models.Ack(),
        (lambda s: dict(s.ben.profile), {"name": "本", "gender": 2, "ex": '{"level":2}'}),
    ),
    "user/getUinfos": Case(
        {"accids": ["Ben", "cat", "nobody"], "mute_status": True},
        lambda _: models.Profiles(
            uinfos=(profile("ben", name="Ben", sign="tea"), profile("cat", mute_team=True))
        ),
    ),
    "user/setDonnop": Case(
        {"accid": "ben", "donnop_open": True},
        lambda _: models.Ack(),
        (lambda s: s.ben.no_pushes, True),
    ),
    "user/mute": Case(
        {"accid": "ben", "mute": True},
        lambda _: models.Ack(),
        (lambda s: s.ben.muted, True),
    ),
    "user/muteModule": Case(
        {"accid": "cat", "mute_p2p": False, "mute_team": False}
        | {"mute_room": True, "mute_qchat": False},
        lambda _: models.ModuleMutes(
            mute_p2p=False, mute_team=False, mute_room=True, mute_qchat=False
        ),
        (lambda s: set(s.emulator.accounts["cat"].muted_in), {"muteRoom"}),
    ),
    "user/userOnlineStatus": Case(
        {"accids": ["ben", "cat", "nobody"]},
        lambda _: models.OnlineStatus(
            invalid_accids=("nobody",),
            status={"ben": (models.Login(login_time=AT, client_type=ClientPlatform.IOS),)},
        ),
    ),
}


@pytest.fixture(name="scene", scope="module")
def _scene() -> Iterator[Scene]:
    """Serve one emulator for all tests; each of them starts it over."""
    clock = Clock()
    emulator = Emulator(KEY, SECRET, clock=clock, seed=7)
    with pytest.MonkeyPatch.context() as patch, served(emulator) as base_url:
        patch.setenv("NO_PROXY", "*")
        yield Scene(emulator, clock, base_url)


EACH = pytest.mark.parametrize("short", CASES)


def operation_of(short: str) -> Operation[Any]:
    """Return an operation of the table."""
    return OPERATIONS[f"/nimserver/{short}.action"]


async def carry_out(nim: NimClient, short: str, **changes: Any) -> Any:
    """Call the typed method of an operation with the arguments of its case."""
    operation = operation_of(short)
    method = getattr(getattr(nim, operation.namespace), operation.name)
    in_room = {"room_id": 66} if {"roomid", "roomId"} & operation.by_wire_name.keys() else {}
    return await method(**in_room | CASES[short].given | changes)


def test_every_operation_has_a_case() -> None:
    """No operation of the table goes untried."""
    assert {operation_of(short).path for short in CASES} == OPERATIONS.keys()
    assert CASES.keys() == FORMS.keys()


@pytest.mark.parametrize("door", ["in process", "socket"])
@EACH
async def test_an_operation(short: str, door: str, scene: Scene) -> None:
    """
    The typed method sends the form that is written down, signed, and gives the reply in its type.

    The emulator changes what the operation is there for; one that reads changes nothing.
    """
    case, operation = CASES[short], operation_of(short)
    look, expected = case.change or (lambda s: s.all, None)
    await scene.play()
    before, calls = look(scene), len(scene.emulator.calls)
    async with scene.client(door) as nim:
        reply = await carry_out(nim, short)
    call = scene.emulator.calls[-1]
    assert len(scene.emulator.calls) == calls + 1
    assert (call.method, call.path, call.code) == ("POST", operation.path, 200)
    assert (call.form, len(call.pairs)) == (FORMS[short], len(FORMS[short]))
    assert call.headers["appkey"] == KEY
    signature = checksum(call.headers["nonce"], call.headers["curtime"])
    assert (call.headers["checksum"], call.headers["content-type"]) == (signature, FORM)
    assert re.fullmatch(r"[0-9a-f]{32}", call.request_id)
    assert type(reply) is operation.reply
    assert reply == case.reply(scene)
    assert repr(reply) == repr(case.reply(scene))  # tells True from 1
    if operation.idempotency is Idempotency.READ:
        assert case.change is None
        assert look(scene) == before
    else:
        assert look(scene) == expected != before


@EACH
async def test_a_wrong_secret(short: str, scene: Scene) -> None:
    """With another secret every operation is refused for its signature, and changes nothing."""
    await scene.play()
    before = scene.all
    async with scene.client("in process", "another-secret") as nim:
        with pytest.raises(AuthenticationError) as caught:
            await carry_out(nim, short)
    call = scene.emulator.calls[-1]
    assert (call.form, call.code, call.processed) == (FORMS[short], 414, False)
    assert (caught.value.code, caught.value.attempts) == (414, 1)
    assert caught.value.operation == operation_of(short).qualified_name
    assert not caught.value.maybe_processed
    assert scene.all == before


@EACH
async def test_a_required_argument_is_missed(short: str, scene: Scene) -> None:
    """Without one of its required arguments an operation is refused before anything is sent."""
    operation = operation_of(short)
    # A new message gets its id from the client, and its type from a body such as Text.
    made = {"msg_id", "msg_type"} if operation.deduplicated else set[str]()
    required = {p.python_name for p in operation.params if p.required} - made
    assert required or short == "stats/chatroom/topn"
    scene.emulator.reset()
    async with scene.client("in process") as nim:
        for name in required:
            with pytest.raises(ParameterError) as caught:
                await carry_out(nim, short, **{name: None})
            assert caught.value.parameter == name
            assert caught.value.operation == operation.qualified_name
    assert scene.emulator.calls == []


ACCOUNTS = [short for short in CASES if short.startswith("user/")]


@pytest.mark.parametrize("door", ["in process", "socket"])
@pytest.mark.parametrize("short", ACCOUNTS)
async def test_the_error_of_an_operation_on_accounts(short: str, door: str, scene: Scene) -> None:
    """
    An account that exists, or does not, is told by its own error, and nothing changes.

    Where accounts are listed there is none of that: text that is no list is a wrong parameter.
    """
    await scene.play()
    names = operation_of(short).names
    error: type[ParameterError] = NotRegistered
    change = {"accid": "Nobody"}
    if short == "user/create":
        change, error = {"accid": "BEN"}, AlreadyRegistered
    elif "accids" in names:
        change, error = {"accids": "ben"}, ParameterError
    before = scene.all
    async with scene.client(door) as nim:
        with pytest.raises(ParameterError) as caught:
            await carry_out(nim.options(validate=False), short, **change)
    assert type(caught.value) is error
    assert (caught.value.code, caught.value.attempts) == (414, 1)
    assert not caught.value.maybe_processed
    assert scene.all == before
