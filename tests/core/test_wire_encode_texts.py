"""Texts on their way into the form: how long they may be, and whatever their class shows."""

from __future__ import annotations

import json
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any

import pytest

from nim_async import (
    ClientType,
    Custom,
    MessageItem,
    Operation,
    Param,
    RankPeriod,
    RoleOpt,
    Text,
    Tips,
)
from nim_async._core.operation import Kind
from nim_async._core.wire import encode, encode_plain, utf16_length
from tests.core.encoding import ALL, each, example, form, refusal, short, with_value

if TYPE_CHECKING:
    from collections.abc import Iterator

EMOJI = "😀"  # two UTF-16 units


# lengths


def texts_of(param: Param, units: int) -> Iterator[str]:
    """Make texts of a length, counted in UTF-16 units, that a parameter can take."""
    frame = '{"k":"%s"}' if param.kind is Kind.OBJECT else "%s"
    units -= len(frame % "")
    yield frame % ("x" * units)
    if param.pattern is None:
        yield frame % (EMOJI * (units // 2) + "中" * (units % 2))


@each(lambda p: p.pattern is not None)
@pytest.mark.parametrize("text", ["", "a b", "茶", "a\n", "é"])
def test_a_text_of_other_characters(operation: Operation[Any], param: Param, text: str) -> None:
    """A text that does not match as a whole is refused before it is sent, unless unchecked."""
    error = refusal(operation, param.python_name, text)
    assert error.parameter == param.python_name
    assert error.limit == f"text that matches {param.pattern}"
    unchecked = form(operation, {**example(operation), param.python_name: text}, validate=False)
    assert unchecked[param.wire_name] == text


@pytest.mark.slow
@each(lambda p: p.max_length is not None)
def test_a_length_at_its_limit(operation: Operation[Any], param: Param) -> None:
    """A text as long as documented is sent; characters beyond the basic plane count twice."""
    assert param.max_length is not None
    for text in texts_of(param, param.max_length):
        assert with_value(operation, param.python_name, text)[param.wire_name] == text


@pytest.mark.slow
@each(lambda p: p.max_length is not None)
def test_a_length_above_its_limit(operation: Operation[Any], param: Param) -> None:
    """A longer text is refused; the error tells both lengths and shows no text."""
    assert param.max_length is not None
    for text in texts_of(param, param.max_length + 1):
        error = refusal(operation, param.python_name, text)
        assert error.parameter == param.python_name
        assert error.limit == f"at most {param.max_length} characters"
        assert error.given == f"{param.max_length + 1} characters"
        assert text[-20:] not in str(error)
        unchecked = form(operation, {**example(operation), param.python_name: text}, validate=False)
        assert unchecked[param.wire_name] == text


INNER = [(o, p, q) for o in ALL for p in o.params for q in p.items if q.max_length is not None]


@pytest.mark.parametrize(
    ("operation", "outer", "param"), INNER, ids=[f"{o.name}-{q.python_name}" for o, _, q in INNER]
)
def test_a_length_inside_a_batch(operation: Operation[Any], outer: Param, param: Param) -> None:
    """Lengths are checked inside the items of a batch, and the error names the place."""
    assert param.max_length is not None
    item = example(operation)[outer.python_name][0]
    for text in texts_of(param, param.max_length):
        changed = [item, {**item, param.wire_name: text}]
        written = json.loads(with_value(operation, outer.python_name, changed)[outer.wire_name])
        assert written[1][param.wire_name] == text
    for text in texts_of(param, param.max_length + 1):
        changed = [item, {**item, param.wire_name: text}]
        error = refusal(operation, outer.python_name, changed)
        assert error.parameter == f"{outer.python_name}[1].{param.python_name}"
        assert error.limit == f"at most {param.max_length} characters"


def test_utf16_units() -> None:
    """Length counts UTF-16 units."""
    for text in ("", "abc", "中文", EMOJI, f"a{EMOJI}中", "\uffff", "\U00010000"):
        assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


# text


@pytest.mark.parametrize("text", ["", " ", "a+b&c=d%20", "茶馆 🍵", "\0\r\n\t", "*.-_~", "\u202e"])
def test_any_text_arrives(text: str) -> None:
    """Every character that UTF-8 can hold comes out of the form as it went in."""
    assert with_value(short("create"), "announcement", text)["announcement"] == text


def test_the_form_is_plain_ascii() -> None:
    """Spaces become plus signs and other characters percent signs of UTF-8."""
    body = encode(short("create"), {"creator": "amy", "name": "茶 馆"}, new_id=lambda: "made-id")
    assert body == b"creator=amy&name=%E8%8C%B6+%E9%A6%86"


@pytest.mark.parametrize("validate", [True, False])
@pytest.mark.parametrize(
    ("name", "argument", "value"),
    [
        ("create", "name", "\ud83d"),
        ("create", "ext", {"k": "\ud83d"}),
        ("create", "ext", "\udc00"),
        ("queryMembers", "accids", ["a", "\ud83d"]),
        ("batchSendMsg", "msg_list", [{"msgType": 0, "attach": "\ud83d"}]),
    ],
)
def test_half_of_a_surrogate_pair(name: str, argument: str, value: Any, *, validate: bool) -> None:
    """Text that UTF-8 cannot hold is refused by name, never sent as something else."""
    error = refusal(short(name), argument, value, validate=validate)
    assert error.parameter == argument
    assert "\ud83d" not in str(error)


@pytest.mark.parametrize("value", [5, True, b"amy", ["amy"], {"a": 1}])
def test_what_is_no_text(value: Any) -> None:
    """Nothing but text is taken for text; the error shows a number, and else the type alone."""
    error = refusal(short("create"), "name", value)
    shown = repr(value) if isinstance(value, int) else f"a {type(value).__name__}"
    assert (error.parameter, error.given) == ("name", shown)


class Accid(StrEnum):
    """Accounts of an application."""

    AMY = "amy"


class OldAccid(str, Enum):  # noqa: UP042  as pydantic's and Django's models have them
    """Accounts of an application, whose display form is another text."""

    AMY = "amy"


class Veiled(str):
    """A text that shows something else, as markup and secret types do."""

    __slots__ = ()

    def __str__(self) -> str:
        """Hide the text."""
        return "<veiled>"

    __repr__ = __str__

    def __format__(self, _: str) -> str:
        """Hide the text."""
        return "<veiled>"


AMYS = [Accid.AMY, OldAccid.AMY, Veiled("amy")]


@pytest.mark.parametrize("amy", AMYS, ids=lambda amy: type(amy).__name__)
def test_texts_of_an_application(amy: str) -> None:
    """The characters of a text are written, wherever it stands and whatever its class shows."""
    assert with_value(short("create"), "creator", amy)["creator"] == "amy"
    assert with_value(short("create"), "ext", amy)["ext"] == "amy"
    assert with_value(short("create"), "ext", {amy: [amy]})["ext"] == '{"amy":["amy"]}'
    assert with_value(short("queryMembers"), "accids", [amy])["accids"] == '["amy"]'
    assert with_value(short("queueOffer"), "key", amy)["key"] == "amy"
    assert with_value(short("sendMsg"), "msg_id", amy)["msgId"] == "amy"
    bare = {"room_id": 1, "from_accid": amy}
    for body, written in ((Text(amy), "amy"), (Tips(amy), "amy"), (Custom([amy]), '["amy"]')):
        found = form(short("sendMsg"), {**bare, "attach": body})
        assert (found["attach"], found["fromAccid"]) == (written, "amy")
    items = [{"msgType": 0, "msgId": amy, "attach": amy}, MessageItem(attach=Text(amy))]
    for item in json.loads(with_value(short("batchSendMsg"), "msg_list", items)["msgList"]):
        assert item["attach"] == "amy"
    element = {OldKey.KEY: amy, OldKey.VALUE: amy}
    (found,) = json.loads(with_value(short("queueBatchOffer"), "elements", [element])["elements"])
    assert found == {"key": "amy", "value": "amy"}
    plain = encode_plain({"accid": amy, "list": [amy], amy: 1})
    assert plain == b"accid=amy&list=%5B%22amy%22%5D&amy=1"


class OldKey(str, Enum):  # noqa: UP042  as above
    """Names of the members of an element."""

    KEY = "key"
    VALUE = "value"


@pytest.mark.parametrize(
    ("name", "argument", "text", "wire"),
    [
        ("get", "room_id", "66", "roomid"),
        ("queryChatroomMsg", "type", "0,1", "type"),
        ("queryMembers", "accids", '["amy"]', "accids"),
        ("create", "bid", '{"k":"v"}', "bid"),
        ("batchSendMsg", "msg_list", '[{"msgType":0}]', "msgList"),
        ("get", "need_online_user_count", "true", "needOnlineUserCount"),
        ("sendMsg", "loc_x", "1.5", "locX"),
        ("topn", "period", "day", "period"),
    ],
)
def test_texts_for_every_kind_of_parameter(name: str, argument: str, text: str, wire: str) -> None:
    """Where text stands for a number, a list or JSON, its characters go on the wire, too."""
    assert with_value(short(name), argument, Veiled(text))[wire] == text


def test_members_of_enumerations() -> None:
    """Enumerations of the library are written by their value."""
    assert with_value(short("requestAddr"), "client_type", ClientType.WECHAT)["clienttype"] == "3"
    assert with_value(short("setMemberRole"), "opt", RoleOpt.BLACKLIST)["opt"] == "-1"
    assert with_value(short("topn"), "period", RankPeriod.DAY)["period"] == "day"
