"""Copies: which are sent of what happens, and what they say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nim_async import MessageType, RoleType
from nim_async.emulator import Console, Emulator, Refused
from nim_async.webhooks import (
    AddressCheck,
    AntispamEvent,
    EnteredEvent,
    ExitReason,
    KickedEvent,
    LeftEvent,
    LoginEvent,
    LoginFailedEvent,
    LogoutEvent,
    MessageEvent,
    QueueEvent,
    QueueOperation,
    Told,
    UnknownEvent,
)
from tests.emulator.receiving import NOW, SENT, Receiver, events, told
from tests.emulator.rooms import C
from tests.wire import KEY, SECRET


@pytest.mark.parametrize(
    ("path", "fields", "kinds"),
    [
        ("sendMsg", SENT, [MessageEvent]),
        ("sendMsg", SENT | {"route": 1}, [MessageEvent]),
        ("sendMsg", SENT | {"route": 0}, []),
        ("batchSendMsg", {"fromAccid": "amy", "msgList": [
            {"msgId": f"m{n}", "msgType": 0, "attach": "hi"} for n in range(2)
        ]}, [MessageEvent] * 2),
        ("batchSendMsg", {"fromAccid": "amy", "route": 0, "msgList": [
            {"msgId": "m", "msgType": 0, "attach": "hi"}
        ]}, []),
        ("sendMsgToSomeone", SENT | {"toAccids": ["bob"]}, [MessageEvent]),
        ("broadcast", SENT, [MessageEvent]),
        ("broadcast", SENT | {"route": 0}, []),
        ("kickMember", {"accid": "amy", "targetAccid": "bob"}, [KickedEvent, LeftEvent]),
        ("setMemberRole", {"operator": "amy", "target": "bob", "opt": -1, "optvalue": True},
         [LeftEvent]),
        ("addRobot", {"accids": ["rob"]}, [EnteredEvent]),
        ("toggleCloseStat", {"operator": "amy", "valid": False}, [LeftEvent]),
        ("queueInit", {}, [QueueEvent]),
        ("queueOffer", {"key": "k", "value": "v"}, [QueueEvent]),
        ("queueBatchOffer", {"elements": [{"key": "k", "value": "v"}]}, [QueueEvent]),
        ("queueDrop", {}, [QueueEvent]),
        ("muteRoom", {"operator": "amy", "mute": True}, []),
        ("update", {"ext": "e"}, []),
        ("get", {}, []),
    ],
)  # fmt: skip
async def test_what_calls_do_is_told(
    path: str, fields: dict[str, Any], kinds: list[type[Told]]
) -> None:
    """Each call gives its copies, of the right class; a route of 0 and most changes give none."""
    call, room, receiver = told("bob")
    assert await call.code(C + path, roomid=room, roomId=room, **fields) == 200
    got = await events(call.emulator.webhooks, receiver)
    assert [type(event) for event in got] == kinds
    assert {event.room_id for event in got} <= {room}
    assert {event.time for event in got} <= {NOW}


async def test_what_client_programs_do_is_told() -> None:
    """Entering, speaking and leaving, with who it was, on what, and why."""
    call, room, receiver = told()
    emulator = call.emulator
    emulator.enter(room, "Cat", nick="C", avatar="a", ext="e", tags=["vip"], client_type="IOS")
    said = emulator.speak(room, "cat", "hi", ext="x")
    emulator.enter(room, "cat", client_type="IOS")
    emulator.leave(room, "cat")
    entered, message, replaced, again, left = await events(emulator.webhooks, receiver)
    assert isinstance(entered, EnteredEvent)
    assert isinstance(again, EnteredEvent)
    assert (entered.accid, entered.role_type, entered.tags) == ("cat", RoleType.TEMPORARY, ("vip",))
    assert (entered.code, entered.anonymous, entered.ext) == (200, False, "e")
    assert isinstance(message, MessageEvent)
    assert (message.from_account, message.from_nick, message.from_ext) == ("cat", "C", "e")
    assert (message.text, message.ext, message.msg_id_client) == ("hi", "x", said.msg_id)
    assert (message.from_avatar, message.role_info_timetag) == ("a", NOW)
    assert message.from_client_type is not None
    assert message.from_client_type.name == "IOS"
    assert isinstance(left, LeftEvent)
    assert (left.log_out_reason, left.client_type) == (ExitReason.EXIT, entered.client_type)
    assert isinstance(replaced, LeftEvent)
    assert replaced.log_out_reason is ExitReason.LOGIN_KICK


async def test_a_message_dropped_or_known_is_not_told_again() -> None:
    """A second send of a known id changes nothing, so there is no second copy."""
    call, room, receiver = told()
    for flag in (0, 1):
        await call(C + "sendMsg", roomid=room, resendFlag=flag, **SENT)
    [message] = await events(call.emulator.webhooks, receiver)
    assert message.resend_flag == 0
    await call(C + "sendMsg", roomid=room, resendFlag=1, **SENT | {"msgId": "lost before"})
    [message] = await events(call.emulator.webhooks, receiver)
    assert message.resend_flag == 1


async def test_what_is_done_to_a_queue() -> None:
    """The number of the operation, who did it, and to which elements."""
    call, room, receiver = told("bob")
    for path, fields in (
        ("queueInit", {"sizeLimit": 5}),
        ("queueOffer", {"key": "k", "value": "v", "operator": "bob", "transient": True}),
        ("queueOffer", {"key": "k", "value": "w"}),
        ("queueBatchUpdateElements", {"operator": "amy", "elements": {"k": "u"}}),
        ("queuePoll", {}),
        ("queueBatchOffer", {"elements": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]}),
        ("queueDrop", {}),
        ("queueOffer", {"key": "t", "value": "v", "operator": "bob", "transient": True}),
    ):
        assert await call.code(C + path, roomid=room, **fields) == 200
    call.emulator.leave(room, "bob")
    got = await events(call.emulator.webhooks, receiver)
    queue = [event for event in got if isinstance(event, QueueEvent)]
    assert [event.operation for event in queue] == [
        QueueOperation.INIT,
        QueueOperation.ADD,
        QueueOperation.UPDATE,
        QueueOperation.BATCH_UPDATE,
        QueueOperation.POLL,
        QueueOperation.ADD,
        QueueOperation.DROP,
        QueueOperation.ADD,
        QueueOperation.DELETE,
    ]
    added = queue[1]
    assert (added.operator, added.belong_to, added.elements) == ("bob", "bob", {"k": "v"})
    assert (added.keys, added.transient, added.from_web_api) == (("k",), True, True)
    assert queue[6].elements == {"a": "1", "b": "2"}
    assert queue[-1].from_web_api is False


async def test_logins_and_failures_are_told() -> None:
    """To IM: 2 and 3. What is refused, there and at the door of a room: 84."""
    call, room, receiver = told(accounts=["amy", "bob"])
    emulator = call.emulator
    emulator.log_in("bob", client_type="PC")
    emulator.log_out("bob")
    with pytest.raises(Refused):
        emulator.log_in("bob", token="wrong")
    await call(
        C + "setMemberRole", roomid=room, operator="amy", target="bob", opt=-1, optvalue=True
    )
    with pytest.raises(Refused):
        emulator.enter(room, "bob")
    got = await events(emulator.webhooks, receiver)
    assert [type(e) for e in got] == [LoginEvent, LogoutEvent, LoginFailedEvent, LoginFailedEvent]
    assert [(e.code, e.room_id) for e in got[2:]] == [(302, None), (13003, room)]
    assert got[3].fail == "chatroom.in.blacklist"


async def test_the_console_switches_copies_off() -> None:
    """Whole kinds of events, members that run nothing, and the reasons for leaving."""
    call, room, receiver = told(console=Console(copies=[4, 9], everybody=False, exit_reasons=False))
    for accid in ("bob", "amy"):
        call.emulator.enter(room, accid)
    await call(C + "queueInit", roomid=room)
    call.emulator.leave(room, "amy")
    entered, left = await events(call.emulator.webhooks, receiver)
    assert entered.accid == left.accid == "amy"
    assert left.log_out_reason is None


async def test_environments_have_addresses_of_their_own() -> None:
    """The ``env`` of a message chooses; one without an address has the usual one."""
    usual, gray = Receiver(), Receiver()
    emulator = Emulator(KEY, SECRET, copies_to={"": usual, "gray": gray})
    room = emulator.add_room("amy")
    emulator.enter(room, "amy")
    for env in (None, "gray", "green"):
        emulator.speak(room, "amy", str(env), env=env)
    await emulator.webhooks.deliver()
    assert [m["attach"] for m in usual.members if m["eventType"] == "4"] == ["None", "green"]
    assert [m["attach"] for m in gray.members] == ["gray"]


async def test_copies_of_ones_own() -> None:
    """Late results of the anti-spam check, unknown events, the check of the console, any bytes."""
    call, _, receiver = told()
    webhooks = call.emulator.webhooks
    webhooks.tell({"eventType": "20", "objects": '[{"type":"CHATROOM_MSG_AUDIO","to":"66"}]'})
    webhooks.tell({"eventType": "77"})
    webhooks.tell({})
    webhooks.tell(b"")
    webhooks.tell({"eventType": "4", "attach": "\ud800"})
    got = await events(webhooks, receiver)
    kinds = [AntispamEvent, UnknownEvent, AddressCheck, AddressCheck, MessageEvent]
    assert [type(event) for event in got] == kinds
    assert [sent.event_type for sent in webhooks.sent] == [20, 77, None, None, 4]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    attach=st.text(max_size=300),
    ext=st.text(max_size=50),
    nick=st.text(max_size=30),
    kind=st.sampled_from([m for m in MessageType if m.name in {"TEXT", "CUSTOM", "TIPS"}]),
)
async def test_whatever_is_said_passes_verification(
    attach: str, ext: str, nick: str, kind: MessageType
) -> None:
    """Each webhook that is sent is verified over its bytes and gives the event that was meant."""
    call, room, receiver = told()
    call.emulator.enter(room, "amy", nick=nick)
    call.emulator.speak(room, "amy", attach, ext=ext, msg_type=kind)
    entered, message = await events(call.emulator.webhooks, receiver)
    assert isinstance(entered, EnteredEvent)
    assert isinstance(message, MessageEvent)
    assert (message.attach, message.ext, message.msg_type) == (attach, ext, kind)
    assert (message.from_nick or "") == nick
    assert message.content is not None or kind is MessageType.CUSTOM
