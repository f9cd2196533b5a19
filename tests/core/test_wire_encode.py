"""Arguments to form bytes: all requests, refusals, and calls that the table does not know."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

import pytest

from nim_async import Custom, MessageType, Operation, Param, ParameterError, Text
from nim_async._core.operation import Kind
from nim_async._core.refusals import wrong_type
from nim_async._core.wire import encode_plain
from tests.core.encoding import ALL, EXAMPLES, each, example, form, refusal, short, with_value


@pytest.mark.parametrize("operation", ALL, ids=lambda o: o.qualified_name)
def test_the_documented_request(operation: Operation[Any]) -> None:
    """The documented example, given as Python values, is written as it is documented."""
    expected = {
        name: text
        for name, text in EXAMPLES[operation.path].items()
        if name in operation.by_wire_name
    }
    assert expected
    found = form(operation, example(operation))
    assert found.keys() == expected.keys()
    for name, text in expected.items():
        if operation.by_wire_name[name].kind is Kind.OBJECTS:  # the order of members is free
            assert json.loads(found[name]) == json.loads(text)
        else:
            assert found[name] == text


@pytest.mark.parametrize("operation", ALL, ids=lambda o: o.qualified_name)
def test_what_is_none_is_not_sent(operation: Operation[Any]) -> None:
    """``None`` leaves a parameter out; it is never written as text."""
    nothing = {p.python_name: None for p in operation.params}
    assert form(operation, {**nothing, **example(operation)}) == form(operation, example(operation))


@pytest.mark.slow
@each(lambda p: p.required and not p.generated)
def test_a_required_parameter_is_missing(operation: Operation[Any], param: Param) -> None:
    """What the service requires is asked for by its Python name."""
    error = refusal(operation, param.python_name, None)
    assert error.parameter == param.python_name
    assert error.limit == "required"
    assert param.wire_name not in form(
        operation, {**example(operation), param.python_name: None}, validate=False
    )


@each(lambda p: p.generated)
def test_what_the_client_fills_in(operation: Operation[Any], param: Param) -> None:
    """A missing message id is made; a missing type is refused unless a body tells it."""
    if param.python_name == "msg_id":
        assert with_value(operation, "msg_id", None)["msgId"] == "made-id"
        assert with_value(operation, "msg_id", "mine")["msgId"] == "mine"
    else:
        assert refusal(operation, "msg_type", None).parameter == "msg_type"
        assert form(operation, {**example(operation), "msg_type": None, "attach": Text("hi")})


def test_the_id_of_a_recall_is_not_made() -> None:
    """A recall names a message that there is, so its id is asked for."""
    assert refusal(short("recall"), "msg_id", None).parameter == "msg_id"


# errors


@pytest.mark.parametrize(
    ("name", "argument", "value"),
    [
        ("create", "name", "hunter2" * 100),
        ("create", "name", b"hunter2"),
        ("create", "bid", "hunter2"),
        ("create", "bid", ["hunter2"]),
        ("create", "ext", {"k": {"hunter2"}}),
        ("create", "queue_level", {"k": "hunter2"}),
        ("sendMsg", "attach", Custom({"k": {"hunter2"}})),
        ("queryMembers", "accids", "hunter2"),
        ("queryMembers", "accids", [["hunter2"]]),
        ("batchSendMsg", "msg_list", "hunter2"),
        ("batchSendMsg", "msg_list", [["hunter2"]]),
    ],
)
def test_errors_do_not_show_contents(name: str, argument: str, value: Any) -> None:
    """A refusal shows nothing of long text, JSON, bytes, or what lists and dicts hold."""
    error = refusal(short(name), argument, value)
    assert error.code == 414
    assert "hunter2" not in f"{error} {error!r} {error.desc} {error.given} {error.payload}"
    assert not error.maybe_processed
    assert error.__cause__ is None


@pytest.mark.parametrize(
    ("name", "argument", "value", "given"),
    [
        ("create", "queue_level", "high", "'high'"),
        ("create", "queue_level", "a\nb\u202e" * 20, repr(("a\nb\u202e" * 20)[:40]) + "…"),
        ("topn", "period", "week", "'week'"),
        ("sendMsg", "loc_x", "north", "'north'"),
        ("queryChatroomMsg", "type", "a", "'a'"),
        ("get", "room_id", 1.5, "1.5"),
        ("get", "room_id", True, "True"),
        ("batchSendMsg", "msg_list", [{"msgType": "text"}], "'text'"),
    ],
)
def test_errors_show_short_values(name: str, argument: str, value: Any, given: str) -> None:
    """A number or word that cannot be is shown, cut and escaped to one line."""
    error = refusal(short(name), argument, value)
    assert error.given == given
    assert str(error).isprintable()


def test_errors_mask_what_may_be_secret() -> None:
    """Nothing is shown of a parameter whose name says that it may be secret."""
    param = Param(wire_name="token", python_name="token", kind=Kind.INTEGER)
    assert wrong_type(param, "a whole number", "hunter2").given == "a str"


def test_names_that_are_not_known() -> None:
    """An argument that no parameter takes is refused with the one that was meant."""
    for name, meant in (("roomid", "room_id"), ("need_online_count", "need_online_user_count")):
        with pytest.raises(ParameterError, match=f"given: '{name}'; do you mean {meant}?"):
            form(short("get"), {"room_id": 66, name: 1})
    for given in (MappingProxyType({"room_id": 66, "colour": 1}), {"colour": 1, "room_id": 66}):
        assert form(short("get"), given, validate=False) == {"roomid": "66"}


# calls the table does not know


def test_plain_calls() -> None:
    """Text goes as it is, numbers in decimal, truth values in lower case, the rest as JSON."""
    body = encode_plain(
        {
            "text": "a b",
            "number": 5,
            "fraction": 1.5,
            "flag": True,
            "list": ["a", 1],
            "object": {"茶": None},
            "nothing": None,
            "名": "x",
            "type": MessageType.CUSTOM,
        }
    )
    assert dict(parse_qsl(body.decode("ascii"), strict_parsing=True)) == {
        "text": "a b",
        "number": "5",
        "fraction": "1.5",
        "flag": "true",
        "list": '["a",1]',
        "object": '{"茶":null}',
        "名": "x",
        "type": "100",
    }
    assert encode_plain({}) == b""


@pytest.mark.parametrize("value", [float("nan"), {1}, "\ud83d", b"x", object()])
def test_plain_calls_refuse(value: Any) -> None:
    """What cannot be written is refused by its name also where the table knows nothing."""
    with pytest.raises(ParameterError) as caught:
        encode_plain({"field": value})
    assert caught.value.parameter == "field"
