"""Every documented example request is accepted, and its reply has the documented shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from nim_async import OPERATIONS
from nim_async.emulator import Clock, Emulator
from tests.facts import SPEC
from tests.wire import Caller, caller

EXAMPLES: dict[str, dict[str, Any]] = {o["path"]: o for o in SPEC["operations"]}
SENT = 1_456_396_333.115  # when the message of the history examples was sent
Setup = Callable[[Emulator, Clock, int], None]


def creator(accid: str) -> Setup:
    """Let an account own the room of the example."""

    def set_up(emulator: Emulator, _: Clock, room: int) -> None:
        emulator.add_room(accid, room_id=room)

    return set_up


def inside(owner: str, *accids: str, tags: tuple[str, ...] = ()) -> Setup:
    """Let accounts be in the room of the example."""

    def set_up(emulator: Emulator, _: Clock, room: int) -> None:
        emulator.add_room(owner, room_id=room)
        for accid in accids:
            audience = '{"tag": "abc"}' if tags else None
            emulator.enter(room, accid, tags=tags, notify_target_tags=audience)

    return set_up


def message(sender: str, msg_id: str, time: float, tags: str | None = None) -> Setup:
    """Let a message have been sent."""

    def set_up(emulator: Emulator, clock: Clock, room: int) -> None:
        clock.now = time
        emulator.add_room("owner", room_id=room)
        emulator.enter(room, sender)
        emulator.speak(room, sender, "hello", msg_id=msg_id, notify_target_tags=tags)

    return set_up


def robots(emulator: Emulator, clock: Clock, room: int) -> None:
    """Let one robot be in the room."""
    emulator.add_room("owner", room_id=room)
    emulator.rooms[room].enter_robot("zhangsan", "", clock() + 60, clock(), None)


def queued(owner: str, key: str) -> Setup:
    """Let an element be in the queue."""

    def set_up(emulator: Emulator, _: Clock, room: int) -> None:
        from nim_async.emulator.room.queue import Element  # noqa: PLC0415

        emulator.add_room(owner, room_id=room)
        element = Element(key=key, value="66666", owner=owner)
        emulator.rooms[room].queue.offer(element)

    return set_up


def closed(emulator: Emulator, clock: Clock, room: int) -> None:
    """Let the room be closed."""
    emulator.add_room("zhangsan", room_id=room)
    emulator.rooms[room].close("zhangsan", clock())


def busy(emulator: Emulator, clock: Clock, room: int) -> None:
    """Let a room have had visitors on the day of the example, which is over."""
    clock.now = 1_471_712_400
    emulator.add_room("owner", room_id=room)
    emulator.enter(room, "lisi")
    clock.advance(86_400)


def registered(emulator: Emulator, *_: object) -> None:
    """Let both accounts of the examples be registered, with a profile, and one logged in."""
    for accid in ("zhangsan", "lisi"):
        emulator.register(accid)
        emulator.accounts[accid].profile |= {"name": "Li", "email": "li@example.com"}
    emulator.log_in("zhangsan")


def two_rooms(emulator: Emulator, _: Clock, room: int) -> None:
    """Let one of two rooms exist."""
    emulator.add_room("zhangsan", room_id=6003)
    assert room == 0


def nothing(_: Emulator, __: Clock, ___: int) -> None:
    """Need nothing."""


C, U = "chatroom/", "user/"
SETUPS: dict[str, Setup] = {
    C + "create": nothing,
    C + "get": creator("zhangsan"),
    C + "getBatch": two_rooms,
    C + "update": creator("zhangsan"),
    C + "toggleCloseStat": closed,
    C + "requestAddr": creator("zhangsan"),
    C + "queryUserRoomIds": lambda e, _, __: creator("xiaoming01")(e, _, 1015),
    C + "updateDelayClosePolicy": creator("zhangsan"),
    C + "updateInOutNotification": creator("zhangsan"),
    C + "setMemberRole": creator("zhangsan"),
    C + "updateMyRoomRole": inside("owner", "hzyangfeng201403"),
    C + "kickMember": inside("wujie", "wmtest154"),
    C + "membersByPage": creator("zhangsan"),
    C + "queryMembersByRole": creator("zhangsan"),
    C + "queryMembers": inside("zhangsan", "abc"),
    C + "sendMsg": inside("owner", "zhangsan"),
    C + "batchSendMsg": creator("zhangsan"),
    C + "recall": message("acc02", "c9e6c306573778829419", 1212.121),
    C + "sendMsgToSomeone": inside("1", "2"),
    C + "batchSendMsgToSomeone": inside("zhangsan", "lisi"),
    C + "broadcast": nothing,
    C + "removeRobot": robots,
    C + "cleanRobot": robots,
    C + "temporaryMute": inside("zhangsan", "lisi"),
    C + "muteRoom": creator("zhangsan"),
    C + "tagTemporaryMute": creator("xxx"),
    C + "tagMembersCount": inside("owner", "abc", tags=("xxxTag",)),
    C + "tagMembersQuery": inside("owner", "abc", tags=("xxxTag",)),
    C + "updateChatRoomRoleTag": inside("owner", "zhangsan"),
    C + "queueBatchOffer": inside("xiaoming01", "lisi"),
    C + "queueBatchUpdateElements": queued("xiaoming01", "k1"),
    C + "queueList": queued("owner", "33333"),
    C + "queueMultiGet": queued("owner", "key1"),
    C + "queuePoll": queued("owner", "333334444"),
    C + "queueDrop": queued("owner", "333334444"),
    "stats/chatroom/topn": busy,
    "history/queryChatroomMsg": message("zhangsan", "c9e6c306", SENT),
    C + "deleteHistoryMessage": message("zhangsan", "c9e6c306", SENT),
    "history/queryTagHistoryMsg": message("zhangsan", "c9e6c306", SENT, '{"tag": "abc"}'),
    U + "create": nothing,
    U + "update": registered,
    U + "refreshToken": registered,
    U + "block": registered,
    U + "unblock": registered,
    U + "updateUinfo": registered,
    U + "getUinfos": registered,
    U + "setDonnop": registered,
    U + "mute": registered,
    U + "muteModule": registered,
    U + "userOnlineStatus": registered,
}
# What an example shows that depends on more than its request.
ABSENT = {
    C + "membersByPage": {"blacklisted", "muted", "tempMuted", "tempMuteTtl", "isRobot"}
    | {"robotExpirAt"},
    C + "sendMsg": {"highPriorityFlag"},
    C + "broadcast": {"highPriorityFlag", "roomId"},
}
# The content of notifications, which are in the history too.
NOTIFICATION = {"id", "operator", "opeNick", "target", "tarNick"}
ADDED = {"history/queryChatroomMsg": NOTIFICATION}


def path_of(short: str) -> str:
    """Return the whole path."""
    return f"/nimserver/{short}.action"


def prepared(short: str) -> tuple[Caller, dict[str, Any]]:
    """Make an emulator in which the example of an operation can be carried out."""
    call = caller()
    request = cast("dict[str, Any]", EXAMPLES[path_of(short)]["example_request"])
    room = int(request.get("roomid", request.get("roomId", 0)))
    SETUPS.get(short, creator("owner"))(call.emulator, call.clock, room)
    return call, request


def test_every_operation_has_an_example() -> None:
    """The examples cover the table, and what is set up is for one of them."""
    assert EXAMPLES.keys() == OPERATIONS.keys()
    assert {path_of(short) for short in SETUPS} <= EXAMPLES.keys()


def missing(example: Any, reply: Any, at: str = "$") -> Iterator[str]:
    """Find what an example has and a reply lacks, in names and kinds of values."""
    if isinstance(example, dict) and isinstance(reply, dict):
        inner = cast("dict[str, Any]", reply)
        for name, value in cast("dict[str, Any]", example).items():
            if name in inner:
                yield from missing(value, inner[name], f"{at}.{name}")
            else:
                yield f"{at}.{name}"
    elif isinstance(example, list) and isinstance(reply, list):
        if example and reply:
            yield from missing(example[0], reply[0], f"{at}[]")
    elif None not in (example, reply):
        kinds = {type(value).__name__ for value in cast("list[object]", [example, reply])}
        if len(kinds) > 1:
            yield f"{at} is of another kind"


def documented_names(fields: list[dict[str, Any]]) -> Iterator[str]:
    """Name the documented fields of a reply at any depth."""
    for field in fields:
        yield field["name"]
        yield from documented_names(field.get("fields", []))
        yield from documented_names(field.get("value_fields", []))


def names(reply: Any) -> Iterator[str]:
    """Name the fields of a reply at any depth."""
    if isinstance(reply, dict):
        for name, value in cast("dict[str, Any]", reply).items():
            yield name
            yield from names(value)
    elif isinstance(reply, list):
        for item in cast("list[object]", reply):
            yield from names(item)


DATA = {"msgId", "adfdas8fua8d9g", "33333", "key1", "msg", "code", "desc", "data", "chatroom"} | {
    "info",
    "zhangsan",
}


@pytest.mark.parametrize("short", SETUPS)
async def test_the_example_is_accepted_and_answered_as_documented(short: str) -> None:
    """The reply has what the example has and nothing that is not documented."""
    call, request = prepared(short)
    reply = await call(path_of(short), **request)
    assert reply["code"] == 200, reply
    documented = EXAMPLES[path_of(short)]["reply"]
    lacking = {place.rpartition(".")[2] for place in missing(documented["example"], reply)}
    assert lacking - {"33333"} == ABSENT.get(short, set()) | (
        {"type is of another kind"} if short == C + "queryMembers" else set()
    )
    known = {*documented_names(documented["fields"]), *DATA}
    assert set(names(reply)) <= known | ADDED.get(short, set())


@pytest.mark.parametrize("short", SETUPS)
async def test_a_room_that_is_not_there_is_404(short: str) -> None:
    """Every operation on a room says that the room does not exist."""
    call = caller()
    request = EXAMPLES[path_of(short)]["example_request"]
    if not {"roomid", "roomId"} & request.keys():
        assert short in {
            *(C + name for name in ("create", "getBatch", "queryUserRoomIds", "broadcast")),
            "stats/chatroom/topn",
        } or short.startswith(U)
        return
    reply = await call(path_of(short), **request)
    assert reply == {"code": 404, "desc": "chatroom does not exist"}


@pytest.mark.parametrize("short", [short for short in SETUPS if not short.startswith(U)])
async def test_an_account_that_is_not_registered_is_404(short: str) -> None:
    """With a strict list of accounts every account that acts in rooms has to be on it."""
    call, request = prepared(short)
    call.emulator._exchange.state.accounts.anybody = False  # pyright: ignore[reportPrivateUsage]
    reply = await call(path_of(short), **request)
    named = {"creator", "operator", "accid", "fromAccid", "fromAcc", "targetAccid"}
    if named & request.keys():
        assert reply["code"] == 404
        assert reply["desc"].endswith("is not registered")
    else:
        assert reply["code"] == 200


@pytest.mark.parametrize("short", [short for short in SETUPS if short.startswith(U)])
async def test_an_account_that_is_not_registered_is_414(short: str) -> None:
    """Operations on one account want it registered; those on a list say who is not, or nothing."""
    request = EXAMPLES[path_of(short)]["example_request"]
    reply = await caller()(path_of(short), **request)
    if short == U + "getUinfos":
        assert reply == {"code": 200, "uinfos": []}
    elif short == U + "userOnlineStatus":
        nobody = ["zhangsan", "lisi", "nobody"]
        assert reply == {"code": 200, "data": {"invalidAccids": nobody, "status": {}}}
    elif short != U + "create":
        assert reply == {"code": 414, "desc": "zhangsan is not registered"}
