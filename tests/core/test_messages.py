"""Message bodies and how they are written."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from attrs import NOTHING, fields
from attrs.exceptions import FrozenInstanceError

from nim_async import (
    OPERATIONS,
    Audio,
    Custom,
    File,
    Location,
    MessageType,
    MissingField,
    NotificationType,
    ParameterError,
    Picture,
    Text,
    Tips,
    Video,
)
from nim_async.messages import Notification, QueueNotice, read
from tests.facts import SPEC

FILE: dict[str, Any] = {"md5": "9894907e4ad9de4678091277509361f7", "url": "https://x/y", "size": 6}
BODIES: list[tuple[Any, MessageType, Any]] = [
    (
        Picture(**FILE, ext="jpg", w=640, h=480),
        MessageType.PICTURE,
        {**FILE, "ext": "jpg", "w": 640, "h": 480},
    ),
    (
        Picture(**FILE, ext="jpg", w=640, h=480, name="茶"),
        MessageType.PICTURE,
        {**FILE, "ext": "jpg", "w": 640, "h": 480, "name": "茶"},
    ),
    (Audio(**FILE, ext="aac", dur=4551), MessageType.AUDIO, {**FILE, "ext": "aac", "dur": 4551}),
    (
        Video(**FILE, ext="mp4", dur=8003, w=360, h=480),
        MessageType.VIDEO,
        {**FILE, "ext": "mp4", "dur": 8003, "w": 360, "h": 480},
    ),
    (
        Location(title="中国 杭州", lng=120.1908686708565, lat=30.18704515647036),
        MessageType.LOCATION,
        {"title": "中国 杭州", "lng": 120.1908686708565, "lat": 30.18704515647036},
    ),
    (
        File(**FILE, name="a.ttf", ext="ttf"),
        MessageType.FILE,
        {**FILE, "name": "a.ttf", "ext": "ttf"},
    ),
    (Custom({"dice": [6, None]}), MessageType.CUSTOM, {"dice": [6, None]}),
    (Custom('{"dice":6}'), MessageType.CUSTOM, {"dice": 6}),
    (Tips({"msg": "hi"}), MessageType.TIPS, {"msg": "hi"}),
]


@pytest.mark.parametrize(("body", "kind", "content"), BODIES, ids=lambda v: repr(v)[:60])
def test_bodies_are_written_as_json(body: Any, kind: MessageType, content: Any) -> None:
    """A body knows its type and is written under the documented names; unset fields are not."""
    assert body.msg_type is kind
    assert json.loads(body.attach()) == content


@pytest.mark.parametrize("text", ["hi", "", '{"not": "json"}', "茶 🍵\n"])
@pytest.mark.parametrize(("cls", "kind"), [(Text, MessageType.TEXT), (Tips, MessageType.TIPS)])
def test_text_goes_as_it_is(cls: Any, kind: MessageType, text: str) -> None:
    """Plain text is not written as JSON."""
    assert (cls(text).msg_type, cls(text).attach()) == (kind, text)


def test_json_is_compact_and_keeps_its_characters() -> None:
    """No space is wasted, and characters outside ASCII count once against the limit."""
    assert Custom({"茶": ["🍵", 1.5]}).attach() == '{"茶":["🍵",1.5]}'


@pytest.mark.parametrize("content", [float("nan"), {"a": float("inf")}])
def test_what_json_cannot_hold(content: Any) -> None:
    """NaN and the infinities are not JSON."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        Custom(content).attach()


def test_every_type_that_can_be_sent_has_a_class() -> None:
    """The bodies are those that the service lets a server send."""
    sendable = OPERATIONS["/nimserver/chatroom/sendMsg.action"].by_wire_name["msgType"].choices
    types = {int(body.msg_type) for body, _, _ in BODIES} | {int(Text("hi").msg_type)}
    assert sorted(types) == list(sendable or ())


def test_the_types_are_those_of_the_spec() -> None:
    """The enumeration of types has the documented numbers and names."""
    assert {m.value: m.name for m in MessageType} == {
        t["value"]: t["name"] for t in SPEC["message_types"]
    }


@pytest.mark.parametrize("body", [b for b, _, _ in BODIES[1:6]], ids=lambda b: type(b).__name__)
def test_fields_are_those_of_the_spec(body: Any) -> None:
    """A body has the documented fields, and asks for those that are required."""
    facts = next(t for t in SPEC["message_types"] if t["value"] == body.msg_type)
    documented = {f["name"]: f["required"] for f in facts["fields"]}
    assert {f.name: f.default is NOTHING for f in fields(body.__class__)} == documented


def test_bodies_are_values() -> None:
    """Bodies are frozen, compare by content and show what they hold."""
    assert Text("hi") == Text("hi") != Text("ho")
    assert Text("hi") != Tips("hi")
    assert repr(Text("hi")) == "Text(text='hi')"
    assert len({Text("hi"), Text("hi"), Custom({"a": 1}), Custom({"a": 1})}) == 2
    with pytest.raises(FrozenInstanceError):
        Text("hi").text = "ho"  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("body", [*(b for b, _, _ in BODIES), Text("hi"), Tips("hi")], ids=repr)
def test_what_is_written_is_read(body: Any) -> None:
    """A body that was sent is read as what it was; JSON that was given as text is decoded."""
    again = read(body.msg_type, body.attach())
    assert again == (Custom({"dice": 6}) if body == Custom('{"dice":6}') else body)
    assert read(int(body.msg_type), body.attach()) == again


def test_a_body_that_lacks_a_field_is_still_one() -> None:
    """What came without a field, or with an odd one, has the others; it is not sent on so."""
    body = read(MessageType.PICTURE, '{"url":"u","w":"640","h":[],"size":65536,"more":1}')
    assert isinstance(body, Picture)
    assert (body.url, body.w, body.size, body.name) == ("u", 640, 65536, None)
    for name in ("h", "md5"):
        with pytest.raises(MissingField, match=rf"Picture\.{name} "):
            getattr(body, name)
    assert "md5=<missing>" in repr(body)
    with pytest.raises(ParameterError, match=r"attach\.md5: text; given: nothing"):
        body.attach()
    for again in (pickle.loads(pickle.dumps(body)), copy.deepcopy(body)):  # noqa: S301
        assert again == body
        assert hash(again) == hash(body)
    assert body != read(MessageType.PICTURE, '{"url":"u"}')
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = body.nothing  # type: ignore[attr-defined] # pyright: ignore[reportUnknownVariableType, reportAttributeAccessIssue]


@pytest.mark.parametrize("size", ["65536", 65536], ids=repr)
def test_numbers_may_be_text(size: object) -> None:
    """A number that came as text is one."""
    file = read(MessageType.FILE, json.dumps({"name": "a", "size": size}))
    assert isinstance(file, File)
    assert file.size == 65536
    place = read(MessageType.LOCATION, '{"lng":"121.5","lat":31}')
    assert isinstance(place, Location)
    assert (place.lng, place.lat) == (121.5, 31.0)


@pytest.mark.parametrize(
    ("msg_type", "attach"),
    [
        (None, "x"),
        (MessageType.TEXT, None),
        (MessageType.TEXT, {"msg": "x"}),
        (MessageType.PICTURE, "x"),
        (MessageType.PICTURE, "{}"),
        (MessageType.PICTURE, '{"other":1}'),
        (MessageType.PICTURE, '{"w":1e400}'),
        (MessageType.PICTURE, "[" * 100_000),
        (MessageType.NOTIFICATION, "{}"),
        (MessageType.NOTIFICATION, '{"data":{}}'),
        (MessageType.NOTIFICATION, '{"id":[]}'),
        (MessageType.ROBOT, "x"),
        (MessageType(77), "x"),
    ],
    ids=lambda v: repr(v)[:40],
)
def test_what_is_no_body(msg_type: MessageType | None, attach: object) -> None:
    """What cannot be read is nothing; it never fails."""
    assert read(msg_type, attach) is None


@pytest.mark.parametrize("kind", NotificationType, ids=lambda k: k.name)
def test_every_notification_is_read(kind: NotificationType) -> None:
    """Each kind of notification is typed, whatever of its fields is there."""
    assert 301 <= kind <= 326
    told: list[dict[str, Any]] = [{}, {"operator": "amy", "target": ["bob"], "new": 1}]
    for data in told:
        for body in ({"id": int(kind), "data": data}, {"id": str(int(kind)), "data": data}):
            found = read(MessageType.NOTIFICATION, json.dumps(body))
            assert isinstance(found, Notification)
            assert found.type is kind
            assert found.operator == data.get("operator")
            assert found.targets == tuple(data.get("target", ()))
            assert found.extra == ({"new": 1} if data else {})


def test_the_fields_of_a_notification() -> None:
    """Numbers, lists, and JSON inside of text are read; an odd field is kept as it came."""
    data: dict[str, Any] = {
        "operator": "zhangsan", "opeNick": "Zhang", "target": '["lisi",[]]', "tarNick": ["Li"],
        "muteDuration": "300", "muted": 1, "tempMuted": False, "muteTtl": "soon",
        "queueChange": '{"_e":"OFFER","key":"seat-1","content":"{\\"uid\\":\\"lisi\\"}"}',
        "ext": '{"reason":"spam"}', "targetTag": "vip", "msgTime": "5", "msgId": 7,
    }  # fmt: skip
    found = read(MessageType.NOTIFICATION, {"id": 314, "data": data})
    assert isinstance(found, Notification)
    assert (found.operator, found.operator_nick, found.targets) == ("zhangsan", "Zhang", ("lisi",))
    assert (found.mute_duration, found.muted, found.temp_muted) == (300, True, False)
    assert (found.mute_ttl, found.extra, found.unreadable) == (None, {"muteTtl": "soon"}, ([],))
    assert found.queue_change == QueueNotice(kind="OFFER", key="seat-1", content='{"uid":"lisi"}')
    assert (found.ext, found.target_tag) == ('{"reason":"spam"}', "vip")
    assert (found.msg_time, found.msg_id) == (5, "7")
    unknown = read(MessageType.NOTIFICATION, '{"id":999,"data":"{\\"operator\\":\\"amy\\"}"}')
    assert isinstance(unknown, Notification)
    assert (unknown.type, unknown.operator) == (999, "amy")


def test_history_is_read_alike() -> None:
    """A message of the history gives its type and body, decoded or not."""
    place: dict[str, Any] = {"title": "Longjing", "lng": 120.1, "lat": 30.2}
    for stored in (place, json.dumps(place)):
        assert read(MessageType.LOCATION, stored) == Location(**place)
