"""Messages on their way into the form, alone and in batches, and elements of a queue."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from nim_async import Custom, MessageItem, MessageType, Operation, Param, Picture, QueueItem, Text
from nim_async._core.wire import encode
from tests.core.encoding import each, example, form, refusal, short, with_value


@each(lambda p: p.python_name == "msg_type")
def test_message_bodies(operation: Operation[Any], param: Param) -> None:
    """A body goes where type or content is asked for, and tells both."""
    del param
    body = Custom({"dice": 6})
    bare = {k: v for k, v in example(operation).items() if k not in {"msg_type", "attach"}}
    by_type = form(operation, {**bare, "msg_type": body, "attach": None})
    by_attach = form(operation, {**bare, "msg_type": None, "attach": body})
    assert by_type == by_attach
    assert (by_type["msgType"], by_type["attach"]) == ("100", '{"dice":6}')


def test_a_type_beside_a_body() -> None:
    """A type beside a body is that of the body; another is refused, unless checks are off."""
    given = {**example(short("sendMsg")), "attach": Text("a")}
    for same in (0, "0", MessageType.TEXT, None):
        assert form(short("sendMsg"), {**given, "msg_type": same})["msgType"] == "0"
    error = refusal(short("sendMsg"), "attach", Text("a"), msg_type=10)
    assert (error.parameter, error.limit, error.given) == ("msg_type", "that of Text, 0", "10")
    unchecked = form(short("sendMsg"), {**given, "msg_type": 10}, validate=False)
    assert (unchecked["msgType"], unchecked["attach"]) == ("10", "a")


def test_two_contents() -> None:
    """A body as type beside another content is refused: one of them would be lost."""
    error = refusal(short("sendMsg"), "msg_type", Text("hi"))
    assert error.parameter == "attach"


@pytest.mark.parametrize("content", [float("nan"), {1, 2}, {"k": object()}])
def test_a_body_that_cannot_be_written(content: Any) -> None:
    """A body whose content JSON cannot hold is refused by name, alone and inside a batch."""
    assert refusal(short("sendMsg"), "attach", Custom(content), msg_type=100).parameter == "attach"
    error = refusal(short("batchSendMsg"), "msg_list", [MessageItem(attach=Custom(content))])
    assert error.parameter == "msg_list[0].attach"


def test_raw_contents() -> None:
    """Type and content may be plain values, the content also a value for JSON."""
    found = form(
        short("sendMsg"),
        {"room_id": 1, "from_accid": "amy", "msg_id": "m", "msg_type": 100, "attach": {"a": [1]}},
    )
    assert (found["msgType"], found["attach"]) == ("100", '{"a":[1]}')


# batches


PICTURE = Picture(md5="m", url="u", ext="jpg", w=1, h=2, size=3)


@pytest.mark.parametrize(
    "item",
    [
        {"msgId": "m1", "msgType": 100, "attach": '{"a":1}', "subType": 2, "locX": 1.5},
        {"msg_id": "m1", "msg_type": 100, "attach": {"a": 1}, "sub_type": 2, "loc_x": 1.5},
        {"msg_id": "m1", "attach": Custom({"a": 1}), "sub_type": "2", "loc_x": 1.5},
        MessageItem(msg_id="m1", msg_type=100, attach={"a": 1}, sub_type=2, loc_x=1.5),
        MessageItem(msg_id="m1", msg_type=Custom({"a": 1}), sub_type=2, loc_x=1.5),
        MessageItem(msg_id="m1", attach=Custom({"a": 1}), sub_type=2, loc_x=1.5),
    ],
)
def test_messages_of_a_batch(item: Any) -> None:
    """The messages of a batch may be mappings by either name, or items with or without bodies."""
    written = json.loads(with_value(short("batchSendMsg"), "msg_list", [item])["msgList"])
    assert written == [
        {"msgId": "m1", "msgType": 100, "attach": '{"a":1}', "subType": 2, "locX": 1.5}
    ]


def test_one_class_serves_both_batches() -> None:
    """A message without what the other batch knows goes to either; one with it is refused."""
    item = MessageItem(msg_id="m1", attach=Text("hi"))
    written = json.loads(with_value(short("batchSendMsgToSomeone"), "msg_list", [item])["msgList"])
    assert written == [{"msgId": "m1", "msgType": 0, "attach": "hi"}]
    error = refusal(
        short("batchSendMsgToSomeone"), "msg_list", [MessageItem(attach=Text("hi"), loc_x=1.0)]
    )
    assert error.parameter == "msg_list[0].loc_x"


def test_ids_of_a_batch() -> None:
    """Each message of a batch without an id gets one of its own."""
    ids = iter(["one", "two"])
    body = encode(
        short("batchSendMsg"),
        {
            "room_id": 1,
            "from_accid": "amy",
            "msg_list": [
                MessageItem(attach=Text("a")),
                {"attach": PICTURE},
                {"msgId": "mine", "attach": Text("c")},
            ],
        },
        new_id=lambda: next(ids),
    )
    written = json.loads(dict(parse_qsl(body.decode()))["msgList"])
    assert [m["msgId"] for m in written] == ["one", "two", "mine"]
    assert [m["msgType"] for m in written] == [0, 1, 0]
    assert json.loads(written[1]["attach"])["url"] == "u"


@pytest.mark.parametrize(
    "item",
    [
        {"key": "k", "value": "v", "accid": "amy", "transient": True},
        QueueItem(key="k", value="v", accid="amy", transient=True),
    ],
)
def test_elements_of_a_queue(item: Any) -> None:
    """Elements may be mappings or items; members keep their JSON types."""
    written = json.loads(with_value(short("queueBatchOffer"), "elements", [item])["elements"])
    assert written == [{"key": "k", "value": "v", "accid": "amy", "transient": True}]


@pytest.mark.parametrize(
    ("name", "argument", "value", "place"),
    [
        ("batchSendMsg", "msg_list", [{"attach": "hi"}], "msg_list[0].msg_type"),
        ("batchSendMsg", "msg_list", [{"msgType": 5}], "msg_list[0].msg_type"),
        ("batchSendMsg", "msg_list", [{"msgType": Text("a"), "attach": "b"}], "msg_list[0].attach"),
        ("batchSendMsg", "msg_list", [{"msgType": 0, "subType": 0}], "msg_list[0].sub_type"),
        ("batchSendMsg", "msg_list", [{"msgType": 0, "colour": 1}], "msg_list[0].colour"),
        ("batchSendMsg", "msg_list", [5], "msg_list"),
        ("batchSendMsg", "msg_list", {"msgType": 0}, "msg_list"),
        ("batchSendMsg", "msg_list", "[", "msg_list"),
        ("batchSendMsg", "msg_list", "{}", "msg_list"),
        ("queueBatchOffer", "elements", [{"key": "k"}], "elements[0].value"),
        ("queueBatchOffer", "elements", [{"key": "k", "value": 5}], "elements[0].value"),
    ],
)
def test_a_faulty_batch(name: str, argument: str, value: Any, place: str) -> None:
    """What is wrong inside a batch is told by its place."""
    assert refusal(short(name), argument, value).parameter == place


def test_a_batch_as_text() -> None:
    """A batch that is JSON text already goes as it is."""
    text = '[ {"msgType": 0} ]'
    assert with_value(short("batchSendMsg"), "msg_list", text)["msgList"] == text
