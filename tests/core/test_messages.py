"""Message bodies and how they are written."""

from __future__ import annotations

import json
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
    Picture,
    Text,
    Tips,
    Video,
)
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
