"""Payloads to reply classes."""

from __future__ import annotations

import json
from typing import Any, TypeVar, cast

import pytest
from attrs import Attribute, evolve, fields, has

from nim_async import (
    OPERATIONS,
    ClientPlatform,
    DecodeError,
    MessageType,
    Operation,
    QueueLevel,
    RankPeriod,
    RoleType,
)
from nim_async._core.model import OUTSIDE, OpenStrEnum
from nim_async._core.reading import read
from nim_async._core.wire import decode
from nim_async._generated.models import (
    Ack,
    Addresses,
    BatchSent,
    History,
    Member,
    Members,
    Queue,
    QueueElement,
    Robots,
    Room,
    RoomIds,
    RoomMute,
    RoomRanking,
    Rooms,
    SentMessage,
)
from tests.facts import SPEC

EXAMPLES = [
    (o["path"], kind, o["reply"][kind])
    for o in SPEC["operations"]
    for kind in ("example", "example_recorded")
    if kind in o["reply"]
]
ROOM = {"roomid": 66, "valid": True, "name": "tea house", "creator": "amy"}
MEMBER = {"roomid": 66, "accid": "amy", "type": "COMMON", "onlineStat": True}
NUMBERED_ROLES = {1: "CREATOR"}  # numbers in place of words that occur in the examples


T = TypeVar("T")
ANY: Operation[Any] = OPERATIONS["/nimserver/chatroom/getBatch.action"]


def structure(payload: dict[str, Any], cls: type[T]) -> T:
    """Read a payload strictly, as it stands beside the code."""
    operation: Operation[T] = evolve(ANY, reply=cls)
    assert operation.envelope is None
    reply, odd = read(operation, {"code": 200, **payload}, strict=True)
    assert not odd
    return reply


def attributes(cls: Any) -> dict[str, Attribute[Any]]:
    """Return the attributes of a reply class by the name they have on the wire."""
    return {a.metadata["wire"]: a for a in fields(cls) if a.name not in OUTSIDE}


def is_a(value: Any, cls: type) -> bool:
    """Tell the type of a value without telling type checkers."""
    return isinstance(value, cls)


def assert_holds(value: Any, wire: Any, pair: tuple[str, str] | None = None) -> None:
    """Check that a value says all that was on the wire."""
    if has(cast("Any", type(value))):
        members = json.loads(wire) if isinstance(wire, str) else wire
        known = attributes(type(value))
        for name, inner in members.items():
            if name in known:
                names = known[name].metadata.get("pair")
                assert_holds(getattr(value, known[name].name), inner, names)
        assert value.extra == {k: v for k, v in members.items() if k not in known}
    elif is_a(value, dict):
        assert_holds(tuple(value), list(wire))
        assert_holds(tuple(value.values()), list(wire.values()))
    elif is_a(value, tuple):
        items = json.loads(wire) if isinstance(wire, str) else wire
        if pair is not None:
            items = [dict(zip(pair, p, strict=True)) for item in items for p in item.items()]
        assert len(value) == len(items)
        for one, item in zip(value, items, strict=True):
            assert_holds(one, item)
    elif isinstance(value, OpenStrEnum):
        word = NUMBERED_ROLES[wire] if isinstance(wire, int) else wire
        assert value.value.lower() == word.lower()
    elif isinstance(value, int) and isinstance(wire, str):
        assert value == int(wire)
    else:
        assert value == wire
        assert isinstance(value, type(wire))


@pytest.mark.parametrize(
    ("path", "kind", "reply"), EXAMPLES, ids=[f"{p}-{k}" for p, k, _ in EXAMPLES]
)
def test_nothing_of_an_example_is_lost(path: str, kind: str, reply: dict[str, Any]) -> None:
    """Each field of a documented or recorded reply is an attribute, or is kept in ``extra``."""
    del kind
    operation: Operation[Any] = OPERATIONS[path]
    value, odd = read(operation, decode(json.dumps(reply).encode()), strict=True)
    assert type(value) is operation.reply
    assert not odd
    payload = {name: v for name, v in reply.items() if name != "code"}
    assert_holds(value, payload if operation.envelope is None else payload[operation.envelope])


DOCUMENTED = [(o["path"], f["name"]) for o in SPEC["operations"] for f in o["reply"]["fields"]]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "name"), DOCUMENTED)
def test_each_documented_field_has_an_attribute(path: str, name: str) -> None:
    """A documented field of a reply is never left to ``extra``."""
    assert name in attributes(OPERATIONS[path].reply)


def test_no_example_needs_extra() -> None:
    """The classes know every field of the documented examples."""
    for path, _, reply in EXAMPLES:
        operation: Operation[Any] = OPERATIONS[path]
        assert read(operation, reply, strict=True)[0].extra == {}


# what arrives in more than one form


@pytest.mark.parametrize("room_id", [66, "66"], ids=repr)
def test_numbers_as_text(room_id: Any) -> None:
    """A number may arrive as text."""
    assert structure({**ROOM, "roomid": room_id}, Room).room_id == 66


@pytest.mark.parametrize(
    "room_id",
    [None, True, 66.0, "", " 66", "66a", "６６", "1e3", [], {}, "9" * 20, "0x10", "--1"],
    ids=repr,
)
def test_what_is_no_number(room_id: Any) -> None:
    """Nothing else becomes a number, and the problem names the place."""
    with pytest.raises(DecodeError) as caught:
        structure({**ROOM, "roomid": room_id}, Room)
    assert caught.value.problems == ["$.roomid: a whole number was expected"]


@pytest.mark.parametrize(
    ("wire", "value"),
    [(True, True), (False, False), ("true", True), ("false", False), (1, True), (0, False)],
    ids=repr,
)
def test_truth_values(wire: Any, value: bool) -> None:  # noqa: FBT001
    """A truth value may arrive as text or as 0 and 1; ``"false"`` is false."""
    assert structure({"success": wire}, RoomMute).success is value


@pytest.mark.parametrize("wire", [None, 2, -1, 1.0, "", "True", "1", "yes", [], {}], ids=repr)
def test_what_is_no_truth_value(wire: Any) -> None:
    """Nothing else becomes a truth value."""
    with pytest.raises(DecodeError) as caught:
        structure({"success": wire}, RoomMute)
    assert caught.value.problems == ["$.success: true or false was expected"]


@pytest.mark.parametrize(("wire", "value"), [("tea", "tea"), ("", ""), (5, "5"), ("{}", "{}")])
def test_texts(wire: Any, value: str) -> None:
    """A text stays as it is, also where it looks like JSON; a whole number becomes its digits."""
    assert structure({**ROOM, "name": wire}, Room).name == value


@pytest.mark.parametrize("wire", [None, True, 1.5, [], {}])
def test_what_is_no_text(wire: Any) -> None:
    """``null`` does not become the text ``None``, nor ``true`` the text ``True``."""
    with pytest.raises(DecodeError) as caught:
        structure({**ROOM, "name": wire}, Room)
    assert caught.value.problems == ["$.name: a text was expected"]


@pytest.mark.parametrize("name", ["announcement", "broadcasturl", "ext", "queuelevel", "delayInfo"])
def test_null_is_none_where_a_field_is_optional(name: str) -> None:
    """An optional field is ``None`` when it is missing and when it is ``null``."""
    missing = structure(ROOM, Room)
    null = structure({**ROOM, name: None}, Room)
    assert missing == null
    assert getattr(null, attributes(Room)[name].name) is None


@pytest.mark.parametrize("name", ROOM)
def test_a_required_field_is_missing(name: str) -> None:
    """A field that every reply has is missed by name."""
    with pytest.raises(DecodeError) as caught:
        structure({k: v for k, v in ROOM.items() if k != name}, Room)
    assert caught.value.problems == [f"$.{name}: missing"]


def test_unknown_fields_are_kept() -> None:
    """What the class does not know is kept as it came, and the payload is left alone."""
    payload = {**ROOM, "new": {"a": [1, None]}, "room_id": 7, "extra": "x"}
    room = structure(payload, Room)
    assert room.extra == {"new": {"a": [1, None]}, "room_id": 7, "extra": "x"}
    assert room.room_id == 66
    assert payload == {**ROOM, "new": {"a": [1, None]}, "room_id": 7, "extra": "x"}


def test_unknown_fields_inside() -> None:
    """Objects inside a reply keep what they do not know themselves."""
    member = structure({"data": [{**MEMBER, "new": 1}]}, Members).data[0]
    assert member.extra == {"new": 1}


def test_an_empty_payload() -> None:
    """Where the service says nothing more, nothing is missed."""
    assert structure({}, Ack) == Ack()
    assert structure({"desc": {}}, Ack).extra == {"desc": {}}


# JSON inside texts


@pytest.mark.parametrize("wire", ['["a","b"]', ["a", "b"]])
def test_lists_as_text(wire: Any) -> None:
    """A list may arrive as JSON text."""
    found = structure({"failAccids": wire, "successAccids": "[]"}, Robots)
    assert (found.fail_accids, found.success_accids, found.old_accids) == (("a", "b"), (), None)


def test_objects_as_text() -> None:
    """Objects and lists of objects may arrive as JSON text, at any depth."""
    room = structure(
        {
            "succRooms": json.dumps(
                [
                    {
                        **ROOM,
                        "delayInfo": json.dumps(
                            {
                                "delayCloseEnable": True,
                                "delayClosePolicy": 1,
                                "delaySeconds": "60",
                                "status": 0,
                            }
                        ),
                    }
                ]
            ),
            "noExistRooms": '["1"]',
            "failRooms": [],
        },
        Rooms,
    )
    assert room.succ_rooms[0].delay_info is not None
    assert room.succ_rooms[0].delay_info.delay_seconds == 60
    assert room.no_exist_rooms == (1,)


@pytest.mark.parametrize(
    "wire", ["", "a", "{}", "[1", 5, {}, None, "[" * 9999], ids=lambda v: repr(v)[:9]
)
def test_what_is_no_list(wire: Any) -> None:
    """Nothing but an array, or its text, becomes a list."""
    with pytest.raises(DecodeError) as caught:
        structure({"addr": wire}, Addresses)
    assert caught.value.problems == ["$.addr: an array was expected"]


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ({"msg": "hi"}, {"msg": "hi"}),
        ('{"msg":"hi"}', {"msg": "hi"}),
        ("hello", "hello"),
        ("{hello", "{hello"),
        (None, None),
        ([1], [1]),
    ],
)
def test_bodies_of_any_form(wire: Any, value: Any) -> None:
    """The body of a stored message may be anything; JSON text is read where it is such."""
    message = {"from": "amy", "msgid": "m", "sendtime": "1", "type": 0, "fromclienttype": 32}
    found = structure({"msgs": [{**message, "body": wire}]}, History)
    assert found.msgs[0].body == value
    assert found.size is None


# lists of pairs


def test_pairs() -> None:
    """Objects whose names are data become elements with key and value, in order."""
    wire = {"list": [{"seat-1": "amy"}, {"seat-2": "bob", "seat-3": "cy"}, {}]}
    assert structure(wire, Queue).elements == (
        QueueElement(key="seat-1", value="amy"),
        QueueElement(key="seat-2", value="bob"),
        QueueElement(key="seat-3", value="cy"),
    )


@pytest.mark.parametrize("wire", [{}, {"list": None}, {"list": []}, {"list": "[]"}], ids=repr)
def test_an_empty_queue(wire: dict[str, Any]) -> None:
    """An empty queue may come with an empty list, with null or without the list."""
    assert structure(wire, Queue).elements == ()


@pytest.mark.parametrize("wire", [[5], ["a"], [None], [["a", "b"]], 5, [{"k": None}], [{"k": {}}]])
def test_what_is_no_pair(wire: Any) -> None:
    """Other shapes are refused."""
    with pytest.raises(DecodeError) as caught:
        structure({"list": wire}, Queue)
    assert all(problem.startswith("$.list") for problem in caught.value.problems)


def test_a_batch_of_messages() -> None:
    """What became of each message of a batch is told by its id."""
    sent = structure(
        {"success": [{"m1": {"time": "5", "type": "0"}}], "fail": [{"m2": "muted"}]},
        BatchSent,
    )
    assert (sent.success[0].msg_id, sent.success[0].message.time) == ("m1", 5)
    assert (sent.fail[0].msg_id, sent.fail[0].reason) == ("m2", "muted")


# enumerations


def test_roles_of_old_replies() -> None:
    """Numbers that once stood for roles, as text too, are read as the words of today."""
    roles = [-1, 0, 1, 2, 3, 4, "MANAGER", "-1", "1"]
    found = structure({"data": [{**MEMBER, "type": r} for r in roles]}, Members)
    assert [m.type for m in found.data] == [
        RoleType.LIMITED,
        RoleType.COMMON,
        RoleType.CREATOR,
        RoleType.MANAGER,
        RoleType.TEMPORARY,
        RoleType.ANONYMOUS,
        RoleType.MANAGER,
        RoleType.LIMITED,
        RoleType.CREATOR,
    ]


def test_unknown_values_of_enumerations() -> None:
    """A value the library does not know stays readable and does not break the reply."""
    member = structure({**MEMBER, "type": "EMPEROR"}, Member)
    assert member.type == "EMPEROR"
    assert isinstance(member.type, RoleType)
    room = structure({**ROOM, "queuelevel": 7}, Room)
    assert room.queue_level == 7
    assert isinstance(room.queue_level, QueueLevel)


def test_numbers_of_enumerations_as_text() -> None:
    """The type of a sent message arrives as text, the platform of a stored one as a number."""
    sent = structure(
        {
            "time": "1456396333115",
            "msgid_client": "m",
            "fromClientType": "REST",
            "attach": "hi",
            "roomId": "36",
            "fromAccount": "amy",
            "type": "100",
        },
        SentMessage,
    )
    assert sent.type is MessageType.CUSTOM
    assert (sent.time, sent.room_id) == (1456396333115, 36)
    assert ClientPlatform(32) is ClientPlatform.REST


@pytest.mark.parametrize("wire", [None, True, 1.5, [], {}])
def test_what_is_no_word(wire: Any) -> None:
    """Other types do not become members of an enumeration of words."""
    with pytest.raises(DecodeError):
        structure({**MEMBER, "type": wire}, Member)


@pytest.mark.parametrize("wire", ["HOUR", "hour", "Hour"])
def test_words_in_any_case(wire: str) -> None:
    """A word is known in whatever case the service writes it."""
    row = {"activeNums": 1, "datetime": 2, "enterNums": 3, "msgs": 4, "roomId": 5, "period": wire}
    assert structure({"data": [row]}, RoomRanking).data[0].period is RankPeriod.HOUR


# errors


def test_every_problem_is_told_with_its_place() -> None:
    """The problems of a reply are told at once, each with its place on the wire."""
    payload = {
        "succRooms": [ROOM, {**ROOM, "valid": "maybe", "roomid": None}],
        "noExistRooms": [1, "x"],
    }
    with pytest.raises(DecodeError) as caught:
        structure(payload, Rooms)
    error = caught.value
    assert sorted(error.problems) == [
        "$.failRooms: missing",
        "$.noExistRooms[1]: a whole number was expected",
        "$.succRooms[1].roomid: a whole number was expected",
        "$.succRooms[1].valid: true or false was expected",
    ]
    assert (error.maybe_processed, error.processed) == (True, True)


def test_problems_do_not_show_values() -> None:
    """What is wrong is told by place and form, never by the value."""
    with pytest.raises(DecodeError) as caught:
        structure({**ROOM, "name": {"hunter2": "hunter2"}, "roomid": "hunter2"}, Room)
    assert "hunter2" not in f"{caught.value} {caught.value.problems}"


def test_ids_of_rooms() -> None:
    """Ids that arrive as text are numbers, as everywhere else."""
    found = structure({"roomids": ["1015", 2016, "23037398"]}, RoomIds)
    assert found.room_ids == (1015, 2016, 23037398)
