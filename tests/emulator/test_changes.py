"""The changes: what is published, to whom, and what is made of them."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError

from nim_async import NotificationType, RankPeriod, RoleOpt, RoleType
from nim_async.emulator import Clock, Emulator, changes
from nim_async.emulator.activity import Activity
from nim_async.emulator.changes import (
    Change,
    Entered,
    HistoryDeleted,
    Kicked,
    LeaveReason,
    Left,
    MemberMuted,
    MessageRecalled,
    MessageSent,
    ProfileChanged,
    QueueChanged,
    QueueChangeKind,
    RoleChanged,
    RoomClosed,
    RoomMuted,
    RoomOpened,
    RoomUpdated,
    TagMuted,
    TagsChanged,
)
from nim_async.emulator.room.log import Log
from tests.wire import NOON, Caller, caller

C = "chatroom/"
NOW = int(NOON * 1000)
DAY = 86_400


def listened(*inside: str) -> tuple[Caller, int, list[Change]]:
    """Make a room of amy's, with accounts in it and somebody who listens from then on."""
    call = caller()
    room = call.emulator.add_room("amy", "tea house")
    for accid in inside:
        call.emulator.enter(room, accid)
    heard: list[Change] = []
    call.emulator.on_change(heard.append)
    return call, room, heard


# What each call publishes; bob and cat are in the room, amy's message "m" was sent.
SILENT: dict[str, Any] = {"needNotify": False}
BY_AMY: dict[str, Any] = {"operator": "amy", "target": "bob"}
PUBLISHED: list[tuple[str, dict[str, Any], list[type[Change]]]] = [
    ("sendMsg", {"fromAccid": "amy", "msgId": "n", "msgType": 0}, [MessageSent]),
    ("sendMsgToSomeone", {"fromAccid": "amy", "msgId": "n", "msgType": 0, "toAccids": ["bob"]},
     [MessageSent]),
    ("broadcast", {"fromAccid": "amy", "msgId": "n", "msgType": 0}, [MessageSent]),
    ("recall", {"fromAcc": "amy", "operatorAcc": "amy", "msgId": "m", "msgTimetag": NOW},
     [MessageRecalled]),
    ("deleteHistoryMessage", {"fromAcc": "amy", "msgTimetag": NOW}, [HistoryDeleted]),
    ("setMemberRole", {"opt": 1, "optvalue": True} | BY_AMY, [RoleChanged]),
    ("setMemberRole", {"opt": -1, "optvalue": True} | BY_AMY, [RoleChanged, Left]),
    ("updateMyRoomRole", {"accid": "bob", "nick": "B"} | SILENT, [ProfileChanged]),
    ("kickMember", {"accid": "amy", "targetAccid": "bob"}, [Kicked, Left]),
    ("addRobot", {"accids": ["rob"]}, [Entered]),
    ("temporaryMute", {"muteDuration": 9} | BY_AMY | SILENT, [MemberMuted]),
    ("muteRoom", {"operator": "amy", "mute": True} | SILENT, [RoomMuted]),
    ("tagTemporaryMute", {"operator": "amy", "targetTag": "t", "muteDuration": 9}, [TagMuted]),
    ("updateChatRoomRoleTag", {"accid": "bob", "tags": ["t"]}, [TagsChanged]),
    ("update", {"ext": "e"} | SILENT, [RoomUpdated]),
    ("updateDelayClosePolicy", {"delayClosePolicy": 1}, [RoomUpdated]),
    ("updateInOutNotification", {"close": True}, [RoomUpdated]),
    ("toggleCloseStat", {"operator": "amy", "valid": False}, [RoomClosed, Left, Left]),
    ("queueInit", {}, [QueueChanged]),
    ("queueOffer", {"key": "k", "value": "v"}, [QueueChanged]),
    ("queueBatchOffer", {"elements": [{"key": "k", "value": "v"}]} | SILENT, [QueueChanged]),
    ("queueDrop", {}, [QueueChanged]),
    ("get", {}, []),
    ("membersByPage", {"type": 0, "endtime": 0, "limit": 1}, []),
    ("queueList", {}, []),
]  # fmt: skip


@pytest.mark.parametrize(("path", "fields", "kinds"), PUBLISHED)
async def test_whatever_changes_a_room_is_published(
    path: str, fields: dict[str, Any], kinds: list[type[Change]]
) -> None:
    """Each change comes once, told to the members or not; reading publishes nothing."""
    call, room, heard = listened("bob", "cat")
    await call(C + "sendMsg", roomid=room, fromAccid="amy", msgId="m", msgType=0)
    heard.clear()
    assert await call.code(C + path, roomid=room, roomId=room, **fields) == 200
    assert [type(change) for change in heard] == kinds
    assert {(change.room_id, change.time) for change in heard} <= {(room, NOW)}


def test_every_kind_of_change_has_its_case() -> None:
    """The calls above publish every class there is, but for the opening of a room."""
    kinds = {k for k in vars(changes).values() if isinstance(k, type) and issubclass(k, Change)}
    assert {kind for *_, found in PUBLISHED for kind in found} | {Change, RoomOpened} == kinds


async def test_a_refused_call_publishes_nothing() -> None:
    """What is refused changed nothing."""
    call, room, heard = listened("bob")
    fields = {"fromAccid": "amy", "msgId": "m", "msgType": 0}
    await call(C + "muteRoom", roomid=room, operator="amy", mute=True)
    heard.clear()
    assert await call.code(C + "sendMsg", roomid=room, **fields | {"fromAccid": "bob"}) == 13006
    assert heard == []


async def test_a_sent_message_carries_what_a_copy_of_it_needs() -> None:
    """Sender, profile and its age, device, id, resend flag, and where the copy may go."""
    call, room, heard = listened()
    call.emulator.enter(room, "bob", nick="Bob", avatar="b.png", ext="vip", client_type="IOS")
    call.clock.advance(5)
    call.emulator.speak(room, "bob", "hello", msg_id="m", ext="e")
    await call(
        C + "sendMsg",
        roomid=room,
        fromAccid="amy",
        msgId="n",
        msgType=100,
        attach="{}",
        resendFlag=1,
        route=0,
        env="test",
    )
    _, spoken, sent = heard
    assert isinstance(spoken, MessageSent)
    message = spoken.message
    assert (message.sender, message.nick, message.avatar) == ("bob", "Bob", "b.png")
    assert (message.client_type, message.msg_id, message.ext) == ("IOS", "m", "e")
    assert (spoken.operator, spoken.sender_ext, spoken.profile_time) == ("bob", "vip", NOW)
    assert (spoken.time, spoken.resent, spoken.route, spoken.env) == (NOW + 5000, False, True, None)
    assert isinstance(sent, MessageSent)
    assert (sent.resent, sent.route, sent.env, sent.profile_time) == (True, False, "test", None)
    with pytest.raises(FrozenInstanceError):
        setattr(sent, "env", "other")  # noqa: B010


async def test_entries_and_exits_carry_the_device_and_the_reason() -> None:
    """Each device is told of; the last one to go takes the account with it."""
    call, room, heard = listened()
    emulator = call.emulator
    emulator.enter(room, "bob", tags=["t"], client_type="IOS")
    emulator.enter(room, "bob", client_type="PC")
    emulator.enter(room, "bob", client_type="PC")
    emulator.leave(room, "bob")
    emulator.enter(room, "cat")
    await call(C + "kickMember", roomid=room, accid="amy", targetAccid="cat")
    await call(C + "addRobot", roomid=room, accids=["rob", "ron", "rex"])
    emulator.enter(room, "rex")
    await call(C + "removeRobot", roomid=room, accids=["rob"])
    call.clock.advance(DAY)
    assert await call.code(C + "get", roomid=room) == 200
    left = [c for c in heard if isinstance(c, Left)]
    assert [(c.operator, c.presence.client_type, c.reason, c.still_inside) for c in left] == [
        ("bob", "PC", LeaveReason.REPLACED, True),
        ("bob", "IOS", LeaveReason.EXIT, True),
        ("bob", "PC", LeaveReason.EXIT, False),
        ("cat", "WEB", LeaveReason.KICKED, False),
        ("rex", "REST", LeaveReason.REPLACED, True),
        ("rob", "REST", LeaveReason.ROBOT_REMOVED, False),
        ("ron", "REST", LeaveReason.ROBOT_EXPIRED, False),
    ]
    entered = [c for c in heard if isinstance(c, Entered)]
    assert [c.robot for c in entered] == [False] * 4 + [True] * 3 + [False]
    assert (entered[0].presence.tags, entered[0].role) == (("t",), RoleType.TEMPORARY)


async def test_changes_of_the_queue_carry_their_elements() -> None:
    """With owner and transience, whether a key was there before, and who did it."""
    call, room, heard = listened("bob")
    offer = {"roomid": room, "key": "k", "operator": "bob", "transient": True}
    await call(C + "queueOffer", value="one", **offer)
    await call(C + "queueOffer", value="two", **offer)
    call.emulator.leave(room, "bob")
    queue = [c for c in heard if isinstance(c, QueueChanged)]
    assert [(c.kind, c.elements[0].value, c.replaced, c.by_server) for c in queue] == [
        (QueueChangeKind.OFFER, "one", frozenset[str](), True),
        (QueueChangeKind.OFFER, "two", {"k"}, True),
        (QueueChangeKind.PART_CLEAR, "two", {"k"}, False),
    ]
    assert {(e.owner, e.transient) for c in queue for e in c.elements} == {("bob", True)}


async def test_log_notifications_and_figures_are_made_of_the_changes() -> None:
    """Whoever hears all changes can make the same log, notifications and ranking."""
    call, room, heard = listened()
    other = call.emulator.add_room("dan")
    call.emulator.enter(room, "bob")
    call.emulator.enter(other, "bob")
    await call(C + "addRobot", roomid=room, accids=["rob"])
    for n in range(3):
        call.emulator.speak(room, "bob", "hi", msg_id=f"m{n}")
        call.clock.advance(1)
    await call(C + "broadcast", fromAccid="amy", msgId="b", msgType=0)
    recall = {"fromAcc": "bob", "operatorAcc": "bob", "msgId": "m1", "msgTimetag": NOW + 1000}
    assert await call.code(C + "recall", roomid=room, **recall) == 200
    await call(C + "deleteHistoryMessage", roomid=room, fromAcc="bob", msgTimetag=NOW)
    call.clock.advance(DAY)
    mine = [change for change in heard if change.room_id == room]
    log, activity = Log(), Activity()
    for change in mine:
        log.take(change, None)
    for change in heard:
        activity.take(change)
    assert tuple(log) == call.emulator.messages(room)
    notices = [n.id for n in call.emulator.notifications(room)]
    assert notices == [c.notice for c in mine if c.notice is not None and not c.silent]
    ranking = await call("stats/chatroom/topn", timestamp=int(NOON), period="day")
    ranked = activity.of_day(NOON, RankPeriod.DAY, call.clock())
    assert [(d["roomId"], d["enterNums"], d["msgs"]) for d in ranking["data"]] == [
        (r.room_id, r.figures.enters, r.figures.messages) for r in ranked
    ]
    assert [(r.figures.enters, r.figures.messages) for r in ranked] == [(1, 3), (1, 0)]


@pytest.mark.parametrize(
    ("opt", "granted", "notice"),
    [
        (RoleOpt.MANAGER, True, NotificationType.MANAGER_ADD),
        (RoleOpt.MUTE, False, NotificationType.MUTE_REMOVE),
    ],
)
def test_a_role_has_a_notice_for_each_way(
    opt: RoleOpt,
    granted: bool,  # noqa: FBT001
    notice: NotificationType,
) -> None:
    """Roles and restrictions are told of under numbers of their own."""
    change = RoleChanged(
        room_id=1, time=0, operator="amy", opt=opt, granted=granted, role=RoleType.COMMON
    )
    assert change.notice is notice


async def test_a_listener_that_raises_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The request goes on, the error is logged, and the others hear the change."""
    call, room, _ = listened()

    @call.emulator.on_change
    def fail(_: Change) -> None:
        raise LookupError("out of order")

    heard: list[Change] = []
    call.emulator.on_change(heard.append)
    with caplog.at_level(logging.ERROR, "nim_async.emulator"):
        fields = {"fromAccid": "amy", "msgId": "m", "msgType": 0}
        assert await call.code(C + "sendMsg", roomid=room, **fields) == 200
    assert "a listener failed on MessageSent" in caplog.text
    assert "out of order" in caplog.text
    assert len(heard) == 1
    assert callable(fail)


async def test_a_listener_sees_rooms_that_are_done_changing() -> None:
    """It is called after the whole request: at the closing nobody is inside any more."""
    call, room, _ = listened("bob", "cat")
    seen: list[tuple[type[Change], int]] = []

    @call.emulator.on_change
    def look(change: Change) -> None:
        seen.append((type(change), len(call.emulator.rooms[room].online)))

    await call(C + "toggleCloseStat", roomid=room, operator="amy", valid=False)
    await call(C + "toggleCloseStat", roomid=room, operator="amy", valid=True)
    assert seen == [(RoomClosed, 0), (Left, 0), (Left, 0), (RoomOpened, 0)]
    assert callable(look)


def test_a_listener_may_act() -> None:
    """What it does is published too, after the change it was called with."""
    call, room, _ = listened("bob")
    order: list[str] = []

    def echo(change: Change) -> None:
        if isinstance(change, MessageSent) and change.message.attach == "ping":
            call.emulator.speak(room, "bob", "pong")

    def note(change: Change) -> None:
        if isinstance(change, MessageSent):
            order.append(change.message.attach)

    call.emulator.on_change(echo)
    call.emulator.on_change(note)
    call.emulator.speak(room, "bob", "ping")
    assert order == ["ping", "pong"]


def test_listeners_hear_one_change_at_a_time() -> None:
    """Requests of many threads are told of in the order of the log, each once."""
    emulator = Emulator("k", "s", clock=Clock())
    room = emulator.add_room("amy")
    emulator.enter(room, "bob")
    inside, heard = 0, list[str]()

    def note(change: Change) -> None:
        nonlocal inside
        inside += 1
        assert inside == 1
        assert isinstance(change, MessageSent)
        heard.append(change.message.attach)
        inside -= 1

    emulator.on_change(note)
    with ThreadPoolExecutor(8) as pool:
        for n in range(400):
            pool.submit(emulator.speak, room, "bob", str(n))
    assert heard == [message.attach for message in emulator.messages(room)]
    assert len(heard) == 400


def test_listening_goes_on_after_a_reset() -> None:
    """Rooms made later are listened to as well."""
    call, _, heard = listened()
    call.emulator.reset()
    call.emulator.enter(call.emulator.add_room("dan"), "dan")
    assert [type(change) for change in heard] == [Entered]


def test_what_time_changes_is_told_when_it_is_seen() -> None:
    """A robot whose time is over leaves when rooms are next looked at, as of its moment."""
    call, room, heard = listened()
    call.emulator.rooms[room].enter_robot("rob", "", call.clock() + 60, call.clock(), None)
    call.clock.advance(100)
    assert call.emulator.members(room).keys() == {"amy"}
    (left,) = (change for change in heard if isinstance(change, Left))
    assert left.time == NOW + 60_000
