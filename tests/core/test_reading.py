"""Replies in which something is missing or odd: what is good is taken, the rest is told."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from attrs import NOTHING, evolve

from nim_async import OPERATIONS, DecodeError, MessageType, MissingField, NimError, Operation
from nim_async._core.reading import read
from nim_async.models import (
    BatchMessage,
    ClientPlatform,
    DelayClose,
    Member,
    QueueElement,
    RoleType,
    SendSuccess,
    SentMessage,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SEND = OPERATIONS["/nimserver/chatroom/sendMsg.action"]
CREATE = OPERATIONS["/nimserver/chatroom/create.action"]
BATCH = OPERATIONS["/nimserver/chatroom/batchSendMsg.action"]
GET_BATCH = OPERATIONS["/nimserver/chatroom/getBatch.action"]
HISTORY = OPERATIONS["/nimserver/history/queryChatroomMsg.action"]
MEMBERS = OPERATIONS["/nimserver/chatroom/membersByPage.action"]
ONLINE = OPERATIONS["/nimserver/user/userOnlineStatus.action"]
REGISTER = OPERATIONS["/nimserver/user/create.action"]
QUEUE = OPERATIONS["/nimserver/chatroom/queueList.action"]
QUEUE_INIT = OPERATIONS["/nimserver/chatroom/queueInit.action"]
ROOM = {"roomid": 66, "valid": True, "name": "tea house", "creator": "amy"}
MEMBER = {"roomid": 66, "accid": "amy", "type": "COMMON", "onlineStat": True}
SENT = {
    "time": "1456396333115",
    "msgid_client": "m-1",
    "fromClientType": "REST",
    "attach": "hi",
    "roomId": "36",
    "fromAccount": "amy",
    "type": "100",
}
MESSAGE = {"from": "amy", "msgid": "m", "sendtime": 1, "type": 0, "fromclienttype": 32}


def lenient(operation: Operation[Any], **members: Any) -> Any:
    """Read a successful reply as a client does that is not told otherwise."""
    return read(operation, {"code": 200, **members}, strict=False)[0]


def places(operation: Operation[Any], **members: Any) -> set[str]:
    """Return the places of what is missing or odd in a reply."""
    return set(read(operation, {"code": 200, **members}, strict=False)[1])


def without(members: dict[str, Any], *names: str) -> dict[str, Any]:
    """Leave members out."""
    return {name: value for name, value in members.items() if name not in names}


def sent(**changes: Any) -> SentMessage:
    """Read the reply to a message, with changes; ``...`` leaves a member out."""
    members = SENT | changes
    gone = [name for name, value in members.items() if value is ...]
    reply: SentMessage = lenient(SEND, desc=without(members, *gone))
    return reply


LACKING = sent(fromClientType=..., time={"at": 5}, ext=None)

# fields


def test_a_message_that_went_out_is_no_failure() -> None:
    """What is good of a reply is there, though a field that every reply has is missing."""
    assert (LACKING.msg_id_client, LACKING.room_id, LACKING.ext) == ("m-1", 36, None)
    assert LACKING.type is MessageType.CUSTOM


@pytest.mark.parametrize("name", ["from_client_type", "time"])
def test_reading_what_is_missing(name: str) -> None:
    """Only reading a missing field raises, with the names of reply and field."""
    with pytest.raises(MissingField) as caught:
        getattr(LACKING, name)
    error = caught.value
    assert isinstance(error, NimError)
    assert isinstance(error, AttributeError)
    assert (error.reply, error.field) == ("SentMessage", name)
    assert f"SentMessage.{name} is missing" in str(error)
    assert (error.maybe_processed, error.processed) == (True, True)
    assert error.obj is None  # an error holds no reply
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(again), str(again), again.field) == (MissingField, str(error), name)
    assert getattr(LACKING, name, None) is None
    assert not hasattr(LACKING, name)


def test_what_is_no_field() -> None:
    """A name that no reply of the class has is an error of the program, not of the service."""
    with pytest.raises(AttributeError, match="'SentMessage' object has no attribute 'tme'") as no:
        LACKING.tme  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # noqa: B018
    assert not isinstance(no.value, NimError)


@pytest.mark.parametrize(
    ("raw", "extra"),
    [(..., {}), (None, {"time": None}), ("", {"time": ""}), ([], {"time": []})],
    ids=repr,
)
def test_where_the_raw_value_is(raw: Any, extra: dict[str, Any]) -> None:
    """The value that cannot be read is in ``extra`` by its wire name, if there was one."""
    assert sent(time=raw).extra == extra


@pytest.mark.parametrize("raw", [{}, "", [], "soon", 5, {"unknown": 1}], ids=repr)
def test_an_optional_field_that_is_odd(raw: Any) -> None:
    """It is ``None``, and what came is in ``extra``."""
    room = lenient(CREATE, chatroom={**ROOM, "delayInfo": raw})
    assert (room.room_id, room.delay_info) == (66, None)
    assert room.extra == {"delayInfo": raw}


def test_an_object_that_lacks_something() -> None:
    """An object inside a reply is read as far as it goes."""
    room = lenient(CREATE, chatroom={**ROOM, "delayInfo": {"delaySeconds": "60", "status": "x"}})
    closing: DelayClose = room.delay_info
    assert closing.delay_seconds == 60
    assert closing.extra == {"status": "x"}
    assert repr(closing) == (
        "DelayClose(delay_close_enable=<missing>, delay_close_policy=<missing>, "
        "delay_seconds=60, status=<missing>, extra={'status': 'x'})"
    )


def test_empty_text_in_place_of_tags() -> None:
    """Tags that are an empty text are none, and the member is whole."""
    (member,) = lenient(MEMBERS, desc={"data": [{**MEMBER, "tags": "", "type": "1"}]}).data
    assert (member.tags, member.type, member.extra) == (None, RoleType.CREATOR, {"tags": ""})


# what can be done with a reply that lacks something


def test_it_is_shown() -> None:
    """A missing field is shown as missing."""
    assert repr(LACKING) == (
        "SentMessage(time=<missing>, msg_id_client='m-1', from_client_type=<missing>, "
        "attach='hi', room_id=36, from_account='amy', type=<MessageType.CUSTOM: 100>, "
        "extra={'time': {'at': 5}})"
    )


def test_it_is_left_out_of_the_dict() -> None:
    """A missing field is left out, an optional one is ``None``."""
    members = LACKING.to_dict()
    assert members.keys() == {
        *("from_avatar", "msg_id_client", "attach", "room_id", "from_account", "from_nick"),
        *("type", "ext", "high_priority_flag", "msg_abandon_flag", "extra"),
    }
    assert json.loads(json.dumps(members)) == members


def copied(value: SentMessage) -> SentMessage:
    """Copy by `copy.copy`."""
    return copy.copy(value)


def pickled(value: SentMessage) -> SentMessage:
    """Copy by `pickle`."""
    again: SentMessage = pickle.loads(pickle.dumps(value))  # noqa: S301
    return again


@pytest.mark.parametrize("duplicate", [copied, copy.deepcopy, pickled, evolve])
def test_it_is_copied(duplicate: Callable[[SentMessage], SentMessage]) -> None:
    """A copy is equal, has the same hash, and lacks the same."""
    again = duplicate(LACKING)
    assert (again, hash(again), repr(again)) == (LACKING, hash(LACKING), repr(LACKING))
    assert not hasattr(again, "time")


def test_it_is_changed() -> None:
    """`attrs.evolve` changes some fields, and gives values to missing ones."""
    changed = evolve(LACKING, ext="new")
    assert (changed.ext, changed.attach, hasattr(changed, "time")) == ("new", "hi", False)
    assert evolve(LACKING, time=1456396333115, from_client_type="REST", extra={}) == sent()
    with pytest.raises(MissingField):
        evolve(LACKING, time=LACKING.time)


def test_it_equals_what_lacks_the_same() -> None:
    """Missing is equal to missing, and to no value."""
    assert sent(time=...) == sent(time=...)
    assert sent(time=...) != sent()
    nothing: Any = NOTHING
    assert evolve(sent(), time=nothing) == sent(time=...)
    assert len({sent(), sent(time=...), sent(time=...)}) == 2


# elements


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, {"unknown": 1}], ids=repr)
def test_an_odd_element_loses_no_other(odd: Any) -> None:
    """The others of its list are there, in order; it is kept as it came."""
    members = lenient(MEMBERS, desc={"data": [MEMBER, odd, {**MEMBER, "accid": "bob"}]})
    assert [member.accid for member in members.data] == ["amy", "bob"]
    assert members.unreadable == (odd,)
    assert members.to_dict()["unreadable"] == [odd]
    assert repr(members).endswith(f", unreadable=({odd!r},))")
    assert evolve(members, unreadable=()) == evolve(members, unreadable=()) != members
    assert len({members, copy.deepcopy(members)}) == 1


def test_a_message_of_history_that_lacks_something() -> None:
    """A message without the kind of its sender is a message."""
    history = lenient(HISTORY, msgs=[MESSAGE, without(MESSAGE, "fromclienttype", "sendtime")])
    assert [message.msg_id for message in history.msgs] == ["m", "m"]
    assert history.unreadable == ()
    assert [hasattr(message, "send_time") for message in history.msgs] == [True, False]


def test_elements_of_several_lists() -> None:
    """A class with several lists keeps what cannot be read in the order of the lists."""
    rooms = lenient(
        GET_BATCH, succRooms=[without(ROOM, "roomid"), ROOM], noExistRooms=["7", "x"], failRooms=""
    )
    assert [room.room_id for room in rooms.succ_rooms] == [66]
    assert rooms.no_exist_rooms == (7,)
    assert not hasattr(rooms, "fail_rooms")
    assert rooms.unreadable == (without(ROOM, "roomid"), "x")
    assert rooms.extra == {"failRooms": ""}


def test_a_batch_without_failures() -> None:
    """A batch went out, whatever is said of its messages and though no failures are listed."""
    batch = lenient(BATCH, success=[{"m1": {"time": 5}}, {"m2": "ok"}, "m3"])
    nothing: Any = NOTHING
    assert batch.success == (
        SendSuccess(msg_id="m1", message=BatchMessage(time=5)),
        SendSuccess(msg_id="m2", message=nothing, extra={"message": "ok"}),
    )
    assert batch.unreadable == ("m3",)
    assert not hasattr(batch, "fail")


def test_pairs_that_cannot_be_read() -> None:
    """Of an object with several pairs, the good ones are there."""
    queue = lenient(QUEUE, desc={"list": [{"k1": None, "k2": "b"}, 7, '{"k3":"c"}']})
    assert queue.elements == (
        QueueElement(key="k2", value="b"),
        QueueElement(key="k3", value="c"),
    )
    assert queue.unreadable == ({"k1": None}, 7)


def test_lists_behind_keys() -> None:
    """Of lists behind keys that are data, what cannot be read is kept and the others are read."""
    good = {"loginTime": 1, "clientType": 16}
    status = {"amy": [good, 5], "ben": "none", "cat": [], "dan": [{"loginTime": "x"} | good]}
    reply = lenient(ONLINE, data={"status": status | {"eve": [{"clientType": 2}]}})
    assert reply.status.keys() == {"amy", "cat", "dan", "eve"}
    assert [login.client_type for login in reply.status["amy"]] == [ClientPlatform.WEB]
    assert reply.status["cat"] == ()
    assert not hasattr(reply.status["eve"][0], "login_time")
    assert reply.unreadable == (5, {"ben": "none"})
    assert reply.to_dict()["status"]["amy"] == [{"login_time": 1, "client_type": 16}]
    assert places(ONLINE, data={"status": status}) == {"$.data.status.*", "$.data.status.*[]"}
    for odd in (None, ["amy"], 5, "text"):
        assert lenient(ONLINE, data={"status": odd}).status is None
    assert lenient(ONLINE, data={"status": json.dumps({"amy": [good]})}).status.keys() == {"amy"}


def test_every_reply_has_unreadable() -> None:
    """Where nothing is unreadable, or there is no list, there are no such elements."""
    assert lenient(MEMBERS, desc={"data": [MEMBER]}).unreadable == ()
    assert sent().unreadable == ()
    assert "unreadable" not in lenient(MEMBERS, desc={"data": [MEMBER]}).to_dict()


# payloads

NO_PAYLOAD: dict[str, Any] = {
    "left out": ...,
    "null": None,
    "text": "ok",
    "number": 5,
    "array": [],
    "cut off": "{",
    "deep": "[" * 100_000,
    "an array in a text": "[]",
}
EACH_NO_PAYLOAD = pytest.mark.parametrize("why", NO_PAYLOAD)


def enveloped(key: str, why: str) -> dict[str, Any]:
    """Put what is no payload under a key."""
    value = NO_PAYLOAD[why]
    return {} if value is ... else {key: value}


@EACH_NO_PAYLOAD
def test_no_payload_where_nothing_is_needed_of_it(why: str) -> None:
    """A call that was carried out has a reply, and what came in its place is in ``extra``."""
    came = enveloped("desc", why)
    assert lenient(QUEUE_INIT, **came).extra == came
    message = lenient(SEND, **came)
    assert message.extra == came
    assert not hasattr(message, "time")
    assert (message.ext, message.room_id) == (None, None)
    assert places(SEND, **came) == {"$.desc"}


@EACH_NO_PAYLOAD
def test_no_payload_where_something_is_needed_of_it(why: str) -> None:
    """A room without an id is an error, which says that the call was carried out all the same."""
    with pytest.raises(DecodeError) as caught:
        lenient(CREATE, **enveloped("chatroom", why))
    missing = NO_PAYLOAD[why] is ...
    expected = "missing" if missing else "an object was expected"
    assert caught.value.problems == [f"$.chatroom: {expected}"]
    assert (caught.value.maybe_processed, caught.value.processed) == (True, True)


def test_a_payload_as_text() -> None:
    """A payload may arrive as JSON text, also one that lacks something."""
    assert lenient(CREATE, chatroom=json.dumps(ROOM)).name == "tea house"
    assert lenient(CREATE, chatroom=json.dumps(without(ROOM, "name"))).room_id == 66


def test_fields_beside_the_code() -> None:
    """Where no key holds the payload, it is all that stands beside the code."""
    rooms = lenient(GET_BATCH, succRooms=[], noExistRooms=[1], new=1)
    assert (rooms.succ_rooms, rooms.no_exist_rooms, rooms.extra) == ((), (1,), {"new": 1})


# what is told


def test_places_are_told_once_by_wire_names() -> None:
    """What is missing or odd is told by place, however many elements it concerns."""
    data = [{**MEMBER, "accid": None, "tags": "x"}, 5, without(MEMBER, "accid"), None]
    assert places(MEMBERS, desc={"data": data}) == {
        *("$.desc.data[].accid", "$.desc.data[].tags", "$.desc.data[]")
    }
    assert places(MEMBERS, desc={"data": [MEMBER]}) == set()
    batch = [{"m1": {"time": "x"}}]
    assert places(BATCH, success=batch, fail=[]) == {"$.success[].message.time"}


def test_strictly() -> None:
    """Told to be strict, reading names all that is missing or odd, with the numbers of elements."""
    data = [MEMBER, {**MEMBER, "accid": None, "tags": ["a", 1.5]}, 5]
    with pytest.raises(DecodeError) as caught:
        read(MEMBERS, {"code": 200, "desc": {"data": data}}, strict=True)
    assert caught.value.problems == [
        "$.desc.data[1].accid: a text was expected",
        "$.desc.data[1].tags[1]: a text was expected",
        "$.desc.data[2]: an object was expected",
    ]
    assert caught.value.processed


@pytest.mark.parametrize("element", [1, "x", {}, {"accid": "amy"}], ids=repr)
def test_problems_are_counted(element: Any) -> None:
    """However much is odd, the first few problems are named, and the rest is a number."""
    with pytest.raises(DecodeError) as caught:
        read(MEMBERS, {"code": 200, "desc": {"data": [element] * 1000}}, strict=True)
    *named, rest = caught.value.problems
    assert len(named) == 8
    each = 3 if element == {"accid": "amy"} else 1
    assert rest == f"{1000 * each - 8} more"
    assert len(str(caught.value)) < 400


def test_what_is_needed_is_named_before_the_rest() -> None:
    """The problem that makes a reply unusable is not lost among others."""
    rooms = {"succRooms": 5, "noExistRooms": ["x"] * 100, "failRooms": ["x"] * 100}
    with pytest.raises(DecodeError) as caught:
        lenient(GET_BATCH, **rooms)
    assert caught.value.problems[0] == "$.succRooms: an array was expected"


def test_the_payload_is_left_alone() -> None:
    """Reading changes nothing of what came."""
    came = {"data": [{**MEMBER, "accid": None, "tags": "x"}, 5]}
    before = copy.deepcopy(came)
    members = lenient(MEMBERS, desc=came)
    assert came == before
    nothing: Any = NOTHING
    assert members.data[0] == Member(
        room_id=66,
        accid=nothing,
        type=RoleType.COMMON,
        online_stat=True,
        extra={"accid": None, "tags": "x"},
    )


@pytest.mark.parametrize("desc", [{"data": []}, {"data": [5]}])
def test_what_stands_beside_the_payload(desc: dict[str, Any]) -> None:
    """It is kept, but for what a reply repeats there."""
    assert lenient(MEMBERS, desc=desc, newField=1, data=[]).extra == {"newField": 1}


def test_a_payload_without_its_envelope() -> None:
    """Fields beside the code are read as those of the payload would be; the rest is kept."""
    login = {"platformType": 1, "loginTime": 1}
    members = {"invalidAccids": ["q"], "status": {"amy": [login]}, "new": 1}
    assert lenient(ONLINE, **members) == lenient(ONLINE, data=members)
    assert lenient(ONLINE, **members).extra == {"new": 1}
    assert places(ONLINE, invalidAccids=["q"]) == {"$.data"}
    account = lenient(REGISTER, token="hunter2", accid="amy")
    assert (account.accid, account.token) == ("amy", "hunter2")


@pytest.mark.parametrize("info", ["tok hunter2", [{"token": "hunter2"}], {"Token": "hunter2"}])
def test_a_token_is_not_shown_wherever_it_stands(info: object) -> None:
    """What could not be read of an account is kept, and not shown."""
    account = lenient(REGISTER, info=info)
    assert "hunter2" in str(account.to_dict())
    assert "hunter2" not in repr(account)
