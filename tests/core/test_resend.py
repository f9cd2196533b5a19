"""The form of a repeat."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from nim_async import OPERATIONS, Operation
from nim_async._core import wire
from nim_async._core.operation import Repeat
from nim_async._core.resend import resent

SINGLE = ["sendMsg", "sendMsgToSomeone", "broadcast"]
BATCH = ["batchSendMsg", "batchSendMsgToSomeone"]


def operation(name: str) -> Operation[Any]:
    """Return an operation by the last part of its path."""
    return OPERATIONS[f"/nimserver/chatroom/{name}.action"]


def fields(body: bytes) -> dict[str, str]:
    """Read a form."""
    return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))


def written(name: str, **arguments: Any) -> bytes:
    """Write a form without checks."""
    return wire.encode(operation(name), arguments, new_id=lambda: "made", validate=False)


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("flag", [None, 0, 1])
def test_a_message_is_marked_and_else_the_same(name: str, flag: int | None) -> None:
    """A repeat carries the same fields and id, and ``resendFlag`` 1."""
    body = written(name, room_id=66, msg_id=None, msg_type=0, attach="a&b=c 你😀", resend_flag=flag)
    again = resent(body)
    assert again is not None
    assert fields(again) == fields(body) | {"resendFlag": "1"}
    assert fields(again)["msgId"] == "made"


@pytest.mark.parametrize("name", BATCH)
def test_each_message_of_a_batch_is_marked(name: str) -> None:
    """Every element of a list of messages gets the flag, and nothing else changes."""
    messages = [{"msg_type": 0, "attach": "你😀", "msg_id": "x"}, {"msg_type": 1, "attach": "{}"}]
    body = written(name, room_id=66, msg_list=messages)
    again = resent(body)
    assert again is not None
    before, after = fields(body), fields(again)
    assert before | {"msgList": ""} == after | {"msgList": ""}
    marked = [m | {"resendFlag": 1} for m in json.loads(before["msgList"])]
    assert json.loads(after["msgList"]) == marked


@pytest.mark.parametrize(
    "text", ["", "[", "{}", "[1]", '[{"attach":"a"}]', '[{"msgId":""}]', '[{"msgId":"a"},{}]']
)
def test_a_list_without_ids_cannot_be_repeated(text: str) -> None:
    """Where a message has no id the service could not tell the repeat from another message."""
    body = written("batchSendMsg", room_id=66, msg_list=text)
    assert resent(body) is None


def test_a_form_without_an_id_cannot_be_repeated() -> None:
    """A form that did not come from the table may lack the id."""
    assert resent(b"roomid=66&attach=a") is None
    assert resent(b"") is None


@pytest.mark.parametrize("path", OPERATIONS)
def test_only_messages_are_marked(path: str) -> None:
    """The operations that send messages, and no others, are repeated in this form."""
    sends = path.rpartition("/")[2].removesuffix(".action") in {*SINGLE, *BATCH}
    assert (OPERATIONS[path].repeat is Repeat.MARKED) is sends
