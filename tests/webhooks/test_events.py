"""What webhooks say."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from attrs import evolve, fields
from pydantic import TypeAdapter

from nim_async import (
    ClientPlatform,
    ConfigurationError,
    Custom,
    MalformedCallback,
    MessageType,
    MissingField,
    Picture,
    RoleType,
    Text,
    webhooks,
)
from nim_async._core.model import OUTSIDE
from nim_async.webhooks import (
    AddressCheck,
    AntispamEvent,
    AntispamResult,
    Asked,
    CallbackFailedEvent,
    EnterAsked,
    EnteredEvent,
    Event,
    ExitReason,
    FailureReason,
    KickedEvent,
    LeftEvent,
    LoginAsked,
    LoginEvent,
    LoginFailedEvent,
    LoginScope,
    LogoutEvent,
    MessageAsked,
    MessageEvent,
    Moved,
    QueueEvent,
    QueueOperation,
    Source,
    Told,
    UnknownEvent,
    parse,
)
from tests.webhooks.signed import EXAMPLES, VECTORS, body

EACH = pytest.mark.parametrize(("source", "cls", "example"), EXAMPLES)
ROOM_NAMES = {"roomId", "roomid", "chatRoomId"}


def message(**members: object) -> Any:
    """Read a copy of a message."""
    return parse(body("4", **members))


def asked(**members: object) -> Any:
    """Read what is asked before a message."""
    return parse(body(6, **members))


# examples of the documentation


@EACH
def test_each_example(source: Any, cls: str, example: str) -> None:
    """An example is read into its class, every field known, wherever it is said to come from."""
    event = parse(example.encode(), source=source)
    assert type(event).__name__ == cls
    assert parse(example.encode()) == event
    assert event.raw == json.loads(example)
    assert event.source == source
    assert event.event_type == int(event.raw["eventType"])
    assert event.extra == {}
    assert event.unreadable == ()
    assert isinstance(event, Told if source == "copies" else Asked)
    assert event.time is None or event.time > 1_735_000_000_000
    assert event.room_id in {66, None}
    assert event.sender in {"lisi", "zhangsan", None}


@EACH
def test_events_travel(source: str, cls: str, example: str) -> None:
    """An event can be pickled, copied, written as a dict, and made again by its own values."""
    event = parse(example.encode())
    for again in (pickle.loads(pickle.dumps(event)), copy.deepcopy(event)):  # noqa: S301
        assert again == event
        assert (again.key, again.raw) == (event.key, event.raw)
    json.dumps(event.to_dict(), allow_nan=False)
    attrs_class: Any = event
    by_hand: Any = evolve(attrs_class)
    assert by_hand == event
    assert by_hand.key == event.key
    through_json = parse(json.dumps(by_hand.raw).encode())
    assert (through_json, through_json.key) == (event, event.key)
    assert (source, cls) == (event.source, type(event).__name__)


@pytest.mark.parametrize("vector", VECTORS["events"], ids=lambda v: str(v["eventType"]))
def test_the_fields_are_those_documented(vector: dict[str, Any]) -> None:
    """Between them the classes of an event have every documented field, by its wire name."""
    known = set[str]()
    for example in vector["examples"]:
        cls: Any = getattr(webhooks, example["class"])
        known |= {a.metadata["wire"] for a in fields(cls) if a.name not in OUTSIDE}
    wanted = set(vector["fields"]) - {"event"}
    if ROOM_NAMES & wanted:
        wanted = wanted - ROOM_NAMES | {"roomId"}
    # Login and logout have one list, and the callback of a login none.
    assert wanted <= known
    if wanted and vector["eventType"] not in {"3", "84"}:
        assert known == wanted
    results: Any = AntispamResult
    if vector["object_fields"]:
        names = {a.metadata["wire"] for a in fields(results) if a.name not in OUTSIDE}
        assert names == set(vector["object_fields"])


@pytest.mark.parametrize("other", VECTORS["other"], ids=lambda v: v["source"])
def test_other_events_are_unknown(other: dict[str, Any]) -> None:
    """What has no class of its own is kept whole, number and source included."""
    for number in other["eventTypes"]:
        sent = int(number) if other["source"] == "callbacks" else str(number)
        event = parse(body(sent, roomid="66", timestamp="5", x=[1]))
        assert type(event) is UnknownEvent
        assert (event.source, event.event_type) == (other["source"], int(number))
        assert (event.room_id, event.time, event.extra) == (66, 5, {"x": [1]})


# which event


def test_the_same_number_twice() -> None:
    """6 is a question before a message among callbacks, and another product's among copies."""
    assert type(parse(body(6, fromAccount="a"))) is MessageAsked
    assert type(parse(body("6", fromAccount="a"))) is UnknownEvent
    assert type(parse(body("6", fromAccount="a"), source="callbacks")) is MessageAsked
    assert type(parse(body(6, fromAccount="a"), source="copies")) is UnknownEvent
    assert type(parse(body(4, fromAccount="a"), source="copies")) is MessageEvent
    assert type(parse(body("37", fromAccount="a"), source="callbacks")) is EnterAsked


@pytest.mark.parametrize(
    "kind",
    [True, None, [], {}, "", "x", "4 ", " 4", "4.0", 4.0, -1, "-1", 10**30, "٤", "999"],
    ids=repr,
)
def test_a_kind_that_is_none(kind: object) -> None:
    """Whatever stands in place of the number, the event is kept."""
    event = parse(body(kind, a=1))
    assert type(event) is UnknownEvent
    assert event.raw == {"eventType": kind, "a": 1}
    assert event.extra["a"] == 1
    assert event.key.isascii()
    assert len(event.key) <= 60


def test_a_body_without_a_kind() -> None:
    """An object that does not say what it is, is unknown; only an empty one checks the address."""
    assert type(parse(b'{"a":1}')) is UnknownEvent
    assert parse(b'{"a":1}').source is None
    sources: tuple[Source | None, ...] = (None, "copies", "callbacks")
    for source in sources:
        for raw in (b"{}", b"", b" \r\n", b" { } "):
            assert type(parse(raw, source=source)) is AddressCheck


@pytest.mark.parametrize(
    "raw",
    [
        *(b"[]", b"5", b"null", b'"x"', b"{", b"{}{}", b'{"a":NaN}', b'{"a":1e}', b"\xff"),
        *(
            b'{"\xff":1}',
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b'{"a":' + b"9" * 5000 + b"}",
            b"\x00",
        ),
    ],
    ids=lambda b: repr(b[:12]),
)
def test_what_is_no_object(raw: bytes) -> None:
    """Anything but an object is malformed, however deep or long it is."""
    with pytest.raises(MalformedCallback) as caught:
        parse(raw)
    assert caught.value.check == "body"


def test_a_source_that_is_none() -> None:
    """A source that cannot be is a mistake of ours."""
    with pytest.raises(ConfigurationError, match="copies"):
        parse(b"{}", source="copy")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("word", "cls"), [("IN", EnteredEvent), ("OUT", LeftEvent), ("KICK", KickedEvent)]
)
def test_coming_and_going(word: str, cls: type[Event]) -> None:
    """Entering, leaving and being kicked are three classes, none of which is another's."""
    event = parse(body("9", roomId="66", event=word, accid="lisi", timestamp="5", code="200"))
    assert type(event) is cls
    assert isinstance(event, Moved)
    classes: tuple[type[Event], ...] = (EnteredEvent, LeftEvent, KickedEvent)
    assert [c for c in classes if isinstance(event, c)] == [cls]
    assert type(parse(body("9", roomId="66", event=word + "?"))) is UnknownEvent
    assert type(parse(body("9", roomId="66"))) is UnknownEvent


# fields


def test_fields_are_typed() -> None:
    """Numbers, booleans, words and JSON that come as text are what they stand for."""
    _, _, entered, left, queue, late, login, logout, failed, callback, *asks = (
        parse(example.encode()) for _, _, example in EXAMPLES
    )
    assert isinstance(entered, EnteredEvent)
    assert (entered.client_type, entered.role_type) == (ClientPlatform.IOS, RoleType.TEMPORARY)
    assert (entered.anonymous, entered.tags, entered.code) == (False, ("tag1",), 200)
    assert isinstance(left, LeftEvent)
    assert (left.log_out_reason, left.client_ip) == (ExitReason.EXIT, "2001:db8::9")
    assert isinstance(queue, QueueEvent)
    assert (queue.operation, queue.elements) == (QueueOperation.ADD, {"seat-1": "lisi"})
    assert (queue.keys, queue.from_web_api, queue.time) == (("seat-1",), True, 1735689600123)
    assert isinstance(late, AntispamEvent)
    assert [(r.room_id, r.antispam, r.yidun_res) for r in late.results] == [
        (66, True, {"action": 2})
    ]
    assert isinstance(login, LoginEvent)
    assert isinstance(logout, LogoutEvent)
    assert (login.sdk_human_version, logout.code, logout.log_out_reason) == ("9.17.0", 200, 1)
    assert isinstance(failed, LoginFailedEvent)
    assert (failed.scope, failed.code) == (LoginScope.CHATROOM, 13003)
    assert isinstance(callback, CallbackFailedEvent)
    assert callback.reason is FailureReason.TIMEOUT
    inner = parse((callback.callback_body or "").encode(), source="callbacks")
    assert isinstance(inner, MessageAsked)
    assert inner.from_account == "lisi"
    _, enter, login_asked = asks
    assert isinstance(enter, EnterAsked)
    assert (enter.tags, enter.login_auth_type) == (("tag1", "tag2"), 2)
    assert isinstance(login_asked, LoginAsked)
    assert login_asked.from_client_port == 39000


@pytest.mark.parametrize("name", ["roomId", "roomid", "chatRoomId", "ROOMID"])
@pytest.mark.parametrize("value", ["66", 66], ids=repr)
@pytest.mark.parametrize("kind", ["4", "14", "84", "11", 6, 37], ids=repr)
def test_the_room_has_one_name(name: str, value: object, kind: object) -> None:
    """However a room id is spelled and written, it is ``room_id``, a number."""
    event = parse(body(kind, **{name: value}, fromAccount="a"))
    assert event.room_id == 66
    assert name not in event.extra


@pytest.mark.parametrize("value", ["", "tea", [], None, "66.5", " 66"])
def test_a_room_id_that_is_none(value: object) -> None:
    """A room id that cannot be read is no room."""
    assert message(roomId=value).room_id is None


def test_what_is_asked_before_a_message_is_spelled_in_many_ways() -> None:
    """Content and room are also read from where messages between users have them."""
    assert (asked(to="66").room_id, asked(to="66", roomId="5").room_id) == (66, 5)
    assert asked(body="hello").text == "hello"
    assert asked(body='{"msg":"hello"}', msgType="TEXT").text == "hello"
    assert asked(body='{"msg":5}').text == '{"msg":5}'
    assert asked(body="x", attach='{"msg":"hello"}').text == '{"msg":"hello"}'
    assert asked(body='{"msg":"hello"}', msgType="CUSTOM").attach == '{"msg":"hello"}'


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("[tag1, tag2]", ("tag1", "tag2")),
        ('["a,b", "c"]', ("a,b", "c")),
        (["a"], ("a",)),
        ("", ()),
        ("[]", ()),
        ("[ ]", ()),
        ("alone", ("alone",)),
        ("[,,x", ("x",)),
        (5, ()),
        ([["a"], "b"], ("b",)),
    ],
)
def test_tags_in_any_form(tags: object, expected: tuple[str, ...]) -> None:
    """Tags are a list, whether JSON or words in brackets."""
    event = parse(body(37, tags=tags))
    assert isinstance(event, EnterAsked)
    assert event.tags == expected


def test_what_is_missing_or_odd() -> None:
    """A missing field is nothing until it is read; an odd one is kept as it came."""
    event = message(fromClientType="TOASTER", msgType="NETCALL_VEDIO", msgTimestamp="", new=[1])
    assert (event.room_id, event.time, event.text, event.content) == (None, None, None, None)
    assert (event.from_client_type, event.msg_type) == (None, None)
    assert event.extra == {"fromClientType": "TOASTER", "msgType": "NETCALL_VEDIO", "new": [1]}
    assert event.sender is None
    with pytest.raises(MissingField, match=r"MessageEvent\.from_account"):
        _ = event.from_account
    assert "from_account" not in event.to_dict()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = event.nothing


def test_values_that_are_not_known_yet() -> None:
    """New words and numbers of an enumeration stay readable."""
    left = parse(body("9", event="OUT", accid="a", logOutReason="BORED", roleType="9"))
    assert isinstance(left, LeftEvent)
    assert (left.log_out_reason, left.role_type) == ("BORED", "9")
    queue = parse(body("14", qEvent="77"))
    assert isinstance(queue, QueueEvent)
    assert queue.operation == 77


def test_tokens_are_not_shown() -> None:
    """What a client logs in with is there to be checked, and in no text that may be logged."""
    for kind in (36, 37):
        event = parse(body(kind, fromAccount="a", token="hunter2"))
        assert isinstance(event, EnterAsked | LoginAsked)
        assert event.token == "hunter2"
        assert "hunter2" not in f"{event} {event!r} {event.key}"
    assert "hunter2" not in repr(parse(body(40, token="hunter2")))
    failed = parse(body("83", callbackBody='{"token":"hunter2"}'))
    assert "hunter2" not in repr(failed)


def test_content_is_typed() -> None:
    """A message has its content by kind, as it would be sent."""
    assert message(msgType="TEXT", attach="hi").content == Text("hi")
    assert message(msgType="CUSTOM", attach='{"a":1}').content == Custom({"a": 1})
    picture = message(msgType="PICTURE", attach='{"url":"u","w":"5"}')
    assert picture.msg_type is MessageType.PICTURE
    assert isinstance(picture.content, Picture)
    assert (picture.content.url, picture.content.w, picture.text) == ("u", 5, None)
    assert asked(msgType="PICTURE", attach="{}").text == ""
    assert asked(attach="untyped").text == "untyped"


def test_results_of_several_rooms() -> None:
    """A late result has the room of its messages, if they are of one room."""

    def late(*results: dict[str, str]) -> Any:
        return parse(body("20", objects=json.dumps(results)))

    one = {"type": "CHATROOM_MSG_AUDIO", "to": "66", "serverMsgId": "1"}
    user = {"type": "MSG_AUDIO", "to": "66", "serverMsgId": "2"}
    assert late(one).room_id == 66
    assert late(one, one | {"to": "67"}).room_id is None
    assert late(one, user).room_id is None
    assert late().room_id is None
    odd: Any = [5, one]
    assert [r.server_msg_id for r in late(*odd).results] == ["1"]
    assert late(*odd).unreadable == (5,)


# keys


@EACH
def test_a_key_is_of_the_content(source: str, cls: str, example: str) -> None:
    """Order and form of what is sent do not matter to the key, nor do fields beside the event."""
    event = parse(example.encode())
    members = json.loads(example)
    backwards = dict(reversed(members.items()))
    assert parse(json.dumps(backwards, indent=1).encode()).key == event.key
    assert event.key.startswith(f"{source}-{event.event_type}-")
    assert (event.key.isascii(), event.key.isprintable(), len(event.key) <= 60) == (True,) * 3
    assert cls


IDENTITY: list[tuple[dict[str, Any], list[str], list[str]]] = [
    # what makes the event, and what another delivery may differ in
    (
        {"eventType": "4", "roomId": "66", "msgidClient": "i", "fromNick": "A", "resendFlag": "0"},
        ["roomId", "msgidClient"],
        ["fromNick", "resendFlag"],
    ),
    (
        {"eventType": "9", "roomId": "66", "event": "IN", "accid": "a", "timestamp": "5"}
        | {"clientIp": "::1"},
        ["roomId", "accid", "timestamp"],
        ["clientIp"],
    ),
    (
        {"eventType": "14", "roomid": "66", "qEvent": "2", "operationTime": 5, "keys": '["k"]'}
        | {"elements": '{"k":"v"}', "operator": "a"},
        ["roomid", "qEvent", "operationTime", "keys", "elements"],
        ["operator"],
    ),
    (
        {"eventType": 6, "roomId": "66", "msgidClient": "i", "fromNick": "A"},
        ["roomId", "msgidClient"],
        ["fromNick"],
    ),
    (
        {"eventType": 37, "roomid": 66, "fromAccount": "a", "fromDeviceId": "d", "timestamp": "5"}
        | {"nick": "A"},
        ["roomid", "fromAccount", "fromDeviceId", "timestamp"],
        ["nick"],
    ),
    (
        {"eventType": "2", "accid": "a", "timestamp": "5", "deviceId": "d"},
        ["accid", "timestamp", "deviceId"],
        [],
    ),
    ({"eventType": "11", "x": "1", "y": ["2"]}, ["x", "y"], []),
]


@pytest.mark.parametrize(("members", "identity", "beside"), IDENTITY)
def test_what_makes_a_key(
    members: dict[str, object], identity: list[str], beside: list[str]
) -> None:
    """What identifies an event changes its key, and nothing else does."""

    def key(**changes: object) -> str:
        return parse(json.dumps(members | changes).encode()).key

    for name in identity:
        value = members[name]
        changed = str(value).replace("k", "q") if name in {"keys", "elements"} else f"{value}7"
        assert key(**{name: changed}) != key()
    for name in beside:
        assert key(**{name: "1"}) == key()


def test_keys_of_the_same_fields_differ_by_event() -> None:
    """Told and asked, coming and going, are different events with the same fields."""
    same = {"roomId": "66", "msgidClient": "i", "accid": "a", "timestamp": "5", "fromAccount": "a"}
    events = [parse(body(kind, **same)) for kind in ("4", 6, "11", 11, "2", "3", 36, 37)]
    events += [parse(body("9", event=word, **same)) for word in ("IN", "OUT", "KICK")]
    assert len({event.key for event in events}) == len(events)


def test_a_key_without_what_makes_it() -> None:
    """Where what identifies an event is missing, the whole content does."""
    assert message(attach="a").key != message(attach="b").key
    assert message(attach="a").key == message(attach="a").key
    assert message(msgidClient="i").key != message(msgidClient="i", attach="b").key
    deep = b'{"eventType":"4","x":' + b"[" * 500 + b"]" * 500 + b"}"
    assert parse(deep).key == parse(deep).key
    assert parse(b'{"eventType":"4","x":"\\ud800"}').key.isascii()


# by hand


def test_events_made_by_hand() -> None:
    """An event can be made for a test, is one like any other, and can be sent on."""
    event = MessageEvent(
        room_id=66, from_account="lisi", msg_type=MessageType.TEXT, attach="hi", msg_id_client="i"
    )
    assert (event.text, event.sender, event.source) == ("hi", "lisi", "copies")
    assert event.raw == {
        "eventType": "4", "roomId": 66, "fromAccount": "lisi", "msgType": 0, "attach": "hi",
        "msgidClient": "i",
    }  # fmt: skip
    assert parse(json.dumps(event.raw).encode()) == event
    assert KickedEvent(accid="a", room_id=1, time=5).raw["event"] == "KICK"
    asks = EnterAsked(from_account="lisi", room_id=66)
    assert asks.raw == {"eventType": 37, "roomId": 66, "fromAccount": "lisi", "tags": []}


@EACH
def test_events_are_fields_of_pydantic(source: str, cls: str, example: str) -> None:
    """An event goes through pydantic like any reply."""
    kind: Any = getattr(webhooks, cls)
    event = parse(example.encode(), source=source)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    assert adapter.validate_json(adapter.dump_json(event)) == event
    assert adapter.json_schema()["title"] == cls


def test_everything_public_is_there() -> None:
    """``__all__`` is sorted and whole; every public name is documented."""
    names = webhooks.__all__
    assert names == sorted(names, key=lambda n: (n[:1].islower(), n))
    assert {n for n in dir(webhooks) if not n.startswith("_")} == set(names)
    for name in names:
        if isinstance(getattr(webhooks, name), type):
            assert getattr(webhooks, name).__doc__
