"""Values written as JSON, objects, and lists of texts and numbers."""

from __future__ import annotations

import json
from collections import deque
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any

import pytest

from nim_async import MessageType, Operation, Param, ParameterError
from nim_async._core.operation import Kind
from nim_async._core.wire import encode_plain
from tests.core.encoding import each, example, form, refusal, short, with_value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"k": 1}, '{"k":1}'),
        ([1, "a", None], '[1,"a",null]'),
        ({"茶": "🍵"}, '{"茶":"🍵"}'),
        (5, "5"),
        (1.5, "1.5"),
        (True, "true"),
        ("plain", "plain"),
        ('{"k": 1}', '{"k": 1}'),
        ("", ""),
    ],
)
def test_free_text_takes_values(value: Any, text: str) -> None:
    """Where JSON is customary, text goes as it is and any other value as JSON."""
    assert with_value(short("create"), "ext", value)["ext"] == text


class Colour(Enum):
    """An enumeration that is neither text nor number."""

    RED = 1


class Lent:
    """A whole number of a number library."""

    def __index__(self) -> int:
        """Return the number."""
        return 5


@pytest.mark.parametrize(
    ("value", "given"),
    [
        (float("nan"), "nan"),
        ({"k": float("inf")}, "inf at ext.k"),
        ({1, 2}, "a set; make a list of it"),
        (b"x", "a bytes; decode it"),
        ({("a",): 1}, "a tuple as a key; keys must be text"),
        ({"a": [{"b": Colour.RED}]}, "a Colour at ext.a[0].b; write its value"),
        ([0, Lent()], "a Lent at ext[1]; write int() of it"),
        ({"a": Decimal(1)}, "a Decimal at ext.a; write float() or str() of it"),
        (
            {"at": datetime(2024, 1, 1, tzinfo=UTC)},
            "a datetime at ext.at; write its isoformat() or its milliseconds",
        ),
        ({"a\nb": object()}, "an object at ext.a\\nb"),
        (MappingProxyType({"k": (1, [b"x"])}), "a bytes at ext.k[1][0]; decode it"),
    ],
    ids=lambda v: repr(v)[:30],
)
def test_what_json_cannot_hold(value: Any, given: str) -> None:
    """What has no form in JSON is refused with its place, and with what to write in its place."""
    error = refusal(short("create"), "ext", value)
    assert error.parameter == "ext"
    text = "create: nothing was sent: ext: a value that JSON can hold; given: "
    assert f"create: {error}" == text + given
    with pytest.raises(ParameterError) as caught:
        encode_plain({"ext": value})
    assert str(caught.value) == str(error)


def test_what_is_like_lists_and_dicts() -> None:
    """Any mapping is an object in JSON and any sequence an array, also inside of others."""
    value = {"k": MappingProxyType({"a": range(2)}), "q": deque([1])}
    assert with_value(short("create"), "ext", value)["ext"] == '{"k":{"a":[0,1]},"q":[1]}'


def test_a_value_that_holds_itself() -> None:
    """A list inside itself is refused and does not end the program."""
    endless: list[Any] = []
    endless.append(endless)
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert refusal(short("create"), "ext", endless).parameter == "ext"
    assert refusal(short("create"), "ext", deep).parameter == "ext"


@each(lambda p: p.kind is Kind.TEXTS)
def test_lists_of_texts(operation: Operation[Any], param: Param) -> None:
    """Any iterable of texts or numbers is written as a JSON array of texts; text goes as it is."""
    name, wire = param.python_name, param.wire_name
    for value in (["a", "中", 5], ("a", "中", 5), (v for v in ("a", "中", 5))):
        assert with_value(operation, name, value)[wire] == '["a","中","5"]'
    assert with_value(operation, name, '["a", "b"]')[wire] == '["a", "b"]'


@each(lambda p: p.kind is Kind.TEXTS)
def test_what_is_no_list_of_texts(operation: Operation[Any], param: Param) -> None:
    """Other types, other items and text that is no JSON array are refused by name."""
    name = param.python_name
    for value in (5, {"a": 1}, b"ab", [1.5], [None], [True], [["a"]], "a", "[", '{"a":1}', "[NaN]"):
        assert refusal(operation, name, value).parameter == name
    assert refusal(operation, name, [10**5000]).parameter == name
    unchecked = form(operation, {**example(operation), name: "a"}, validate=False)
    assert unchecked[param.wire_name] == "a"


@each(lambda p: p.kind is Kind.OBJECT)
def test_objects(operation: Operation[Any], param: Param) -> None:
    """A mapping is written as a JSON object, text goes as it is."""
    name, wire = param.python_name, param.wire_name
    for value in ({"k": "v"}, MappingProxyType({"k": "v"})):
        assert with_value(operation, name, value)[wire] == '{"k":"v"}'
    assert with_value(operation, name, '{"k": "v"}')[wire] == '{"k": "v"}'


@each(lambda p: p.kind is Kind.OBJECT)
def test_what_is_no_object(operation: Operation[Any], param: Param) -> None:
    """Other types and text that is no JSON object are refused by name."""
    name = param.python_name
    for value in (
        5,
        ["a"],
        "a",
        "{",
        '["a"]',
        "null",
        '{"k":NaN}',
        {"k": float("nan")},
        "[" * 10**5,
    ):
        error = refusal(operation, name, value)
        assert error.parameter == name
        assert len(str(error)) < 400


@each(lambda p: p.max_items is not None)
def test_the_number_of_items(operation: Operation[Any], param: Param) -> None:
    """As many items as documented are sent, one more is refused; the error tells the number."""
    assert param.max_items is not None
    name, wire = param.python_name, param.wire_name

    def items(count: int) -> Any:
        if param.kind is Kind.TEXTS:
            return [str(n) for n in range(count)]
        if param.kind is Kind.OBJECT:
            return {str(n): "v" for n in range(count)}
        return example(operation)[name][:1] * count

    most, more = items(param.max_items), items(param.max_items + 1)
    assert len(json.loads(with_value(operation, name, most)[wire])) == param.max_items
    assert len(json.loads(with_value(operation, name, json.dumps(most))[wire])) == param.max_items
    for value in (more, json.dumps(more)):
        error = refusal(operation, name, value)
        assert (error.parameter, error.limit) == (name, f"at most {param.max_items} items")
        assert error.given == f"{param.max_items + 1} items"
    unchecked = form(operation, {**example(operation), name: more}, validate=False)
    assert len(json.loads(unchecked[wire])) == param.max_items + 1


@each(lambda p: p.kind is Kind.INTEGERS)
def test_lists_of_numbers(operation: Operation[Any], param: Param) -> None:
    """Numbers are written with commas between them; text goes as it is when it is such."""
    name, wire = param.python_name, param.wire_name
    for value in ([0, 1, 100], (MessageType.TEXT, 1, MessageType.CUSTOM), "0,1,100"):
        assert with_value(operation, name, value)[wire] == "0,1,100"
    others: list[Any] = [5, "a", "1,", "1, 2", "", [], ["a"], [1.5], [True], [None], {1: 2}]
    for value in others:
        assert refusal(operation, name, value).parameter == name


@each(lambda p: p.kind in {Kind.INTEGERS, Kind.TEXTS, Kind.OBJECTS})
def test_bytes_are_no_list(operation: Operation[Any], param: Param) -> None:
    """Bytes are refused where a list belongs, and not taken for the numbers they consist of."""
    for value in (b"0,1", bytearray(b"0,1"), memoryview(b"0,1")):
        for validate in (True, False):
            with pytest.raises(ParameterError) as caught:
                form(operation, {**example(operation), param.python_name: value}, validate=validate)
            assert caught.value.parameter == param.python_name
            assert caught.value.given == f"a {type(value).__name__}"
