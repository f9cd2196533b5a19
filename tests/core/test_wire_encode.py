"""Arguments to form bytes."""

from __future__ import annotations

import json
from collections import deque
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from nim_async import (
    OPERATIONS,
    ClientType,
    Custom,
    MessageItem,
    MessageType,
    Operation,
    Param,
    ParameterError,
    Picture,
    QueueItem,
    RankPeriod,
    RoleOpt,
    Text,
    Tips,
)
from nim_async._core.operation import Kind
from nim_async._core.refusals import wrong_type
from nim_async._core.wire import encode, encode_plain, utf16_length
from tests.facts import SPEC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

EXAMPLES: dict[str, dict[str, str]] = {o["path"]: o["example_request"] for o in SPEC["operations"]}
ALL = tuple(OPERATIONS.values())
READERS: dict[Kind, Callable[[str], Any]] = {
    Kind.TEXT: str,
    Kind.JSON: str,
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.BOOLEAN: lambda text: {"true": True, "false": False}[text],
    Kind.INTEGERS: lambda text: [int(part) for part in text.split(",")],
    Kind.TEXTS: json.loads,
    Kind.OBJECT: json.loads,
    Kind.OBJECTS: json.loads,
}
EMOJI = "😀"  # two UTF-16 units


def short(name: str) -> Operation[Any]:
    """Find an operation by the last part of its path."""
    return next(o for o in ALL if o.path.endswith(f"/{name}.action"))


def example(operation: Operation[Any]) -> dict[str, Any]:
    """Return the arguments of the documented request as Python values."""
    given = EXAMPLES[operation.path]
    return {
        p.python_name: READERS[p.kind](given[p.wire_name])
        for p in operation.params
        if p.wire_name in given
    }


def form(operation: Operation[Any], arguments: Mapping[str, Any], **options: Any) -> dict[str, str]:
    """Encode, and read the form by the standard library."""
    body = encode(operation, arguments, new_id=lambda: "made-id", **options)
    pairs = parse_qsl(
        body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict"
    )
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def with_value(operation: Operation[Any], name: str, value: Any) -> dict[str, str]:
    """Encode the documented request with one argument changed."""
    return form(operation, {**example(operation), name: value})


def refusal(
    operation: Operation[Any], name: str, value: Any, *, validate: bool = True, **others: Any
) -> ParameterError:
    """Return the error that changed arguments of the documented request bring."""
    with pytest.raises(ParameterError) as caught:
        form(operation, {**example(operation), name: value, **others}, validate=validate)
    return caught.value


def each(wanted: Callable[[Param], bool]) -> pytest.MarkDecorator:
    """Parametrize over the parameters of all operations."""
    found = [(o, p) for o in ALL for p in o.params if wanted(p)]
    assert found
    names = [f"{o.qualified_name}-{p.python_name}" for o, p in found]
    return pytest.mark.parametrize(("operation", "param"), found, ids=names)


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


# numbers


@each(lambda p: p.kind is Kind.INTEGER and p.minimum is not None)
def test_the_least_number(operation: Operation[Any], param: Param) -> None:
    """The documented minimum is sent, one less is refused."""
    assert param.minimum is not None
    name = param.python_name
    assert with_value(operation, name, param.minimum)[param.wire_name] == str(param.minimum)
    error = refusal(operation, name, param.minimum - 1)
    assert (error.parameter, error.limit) == (name, f"at least {param.minimum}")
    assert error.given == str(param.minimum - 1)


@each(lambda p: p.kind is Kind.INTEGER and p.maximum is not None)
def test_the_greatest_number(operation: Operation[Any], param: Param) -> None:
    """The documented maximum is sent, one more is refused."""
    assert param.maximum is not None
    name = param.python_name
    assert with_value(operation, name, param.maximum)[param.wire_name] == str(param.maximum)
    error = refusal(operation, name, param.maximum + 1)
    assert (error.parameter, error.limit) == (name, f"at most {param.maximum}")
    unchecked = form(operation, {**example(operation), name: param.maximum + 1}, validate=False)
    assert unchecked[param.wire_name] == str(param.maximum + 1)


@each(lambda p: p.choices is not None)
def test_choices(operation: Operation[Any], param: Param) -> None:
    """Each documented choice is sent, anything else is refused."""
    assert param.choices is not None
    name = param.python_name
    for choice in param.choices:
        assert with_value(operation, name, choice)[param.wire_name] == str(choice)
    other = "other" if isinstance(param.choices[0], str) else 77
    error = refusal(operation, name, other)
    assert (error.parameter, error.limit) == (name, f"one of {', '.join(map(str, param.choices))}")
    assert "other" not in (error.given or "").split()
    unchecked = form(operation, {**example(operation), name: other}, validate=False)
    assert unchecked[param.wire_name] == str(other)


@each(lambda p: p.choices == (0, 1))
def test_switches_take_truth_values(operation: Operation[Any], param: Param) -> None:
    """Where 0 and 1 are asked for, ``False`` and ``True`` are written as such."""
    for value, text in ((True, "1"), (False, "0")):
        assert with_value(operation, param.python_name, value)[param.wire_name] == text


@pytest.mark.slow
@each(lambda p: p.kind is Kind.INTEGER and p.choices != (0, 1))
def test_other_numbers_take_no_truth_values(operation: Operation[Any], param: Param) -> None:
    """``True`` is no number where more than 0 and 1 is meant."""
    value: Any = True
    assert refusal(operation, param.python_name, value).parameter == param.python_name


@each(lambda p: p.kind is Kind.BOOLEAN)
def test_truth_values(operation: Operation[Any], param: Param) -> None:
    """Truth values are written as ``true`` and ``false``; numbers and other texts are refused."""
    for value in (True, "true"):
        assert with_value(operation, param.python_name, value)[param.wire_name] == "true"
    for value in (False, "false"):
        assert with_value(operation, param.python_name, value)[param.wire_name] == "false"
    others: list[Any] = [0, 1, "True", "yes", ""]
    for value in others:
        assert refusal(operation, param.python_name, value).parameter == param.python_name


@pytest.mark.parametrize(
    ("value", "text"),
    [(66, "66"), ("67", "67"), ("-5", "-5"), (2**63 - 1, "9223372036854775807"), (-(2**63),) * 2],
)
def test_whole_numbers(value: int | str, text: int | str) -> None:
    """Whole numbers of 64 bits are written in decimal, also when given as text."""
    assert with_value(short("get"), "room_id", value) == {
        "roomid": str(text),
        "needOnlineUserCount": "true",
    }


@pytest.mark.parametrize(
    "value",
    [2**63, -(2**63) - 1, 10**400, 1.5, 66.0, "", "6 6", "６６", "1e3", "1" * 20, [66]],
    ids=lambda v: repr(v)[:25],
)
def test_what_is_no_whole_number(value: Any) -> None:
    """Other types, other texts and longer numbers are refused before anything is sent."""
    error = refusal(short("get"), "room_id", value)
    assert error.parameter == "room_id"
    assert len(error.given or "") <= 40


@pytest.mark.parametrize("validate", [True, False])
def test_a_number_too_long_to_be_written(*, validate: bool) -> None:
    """A number that Python itself does not write is refused, also without checks."""
    error = refusal(short("get"), "room_id", 10**5000, validate=validate)
    assert error.parameter == "room_id"


class Half(float):
    """A number that shows itself by a name, as those of number libraries do."""

    def __repr__(self) -> str:
        """Show the name too."""
        return f"Half({float(self)})"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.5, "1.5"), (2, "2"), ("2.5", "2.5"), (Half(0.5), "0.5"), (1e300, "1e+300")],
)
def test_numbers(value: Any, text: str) -> None:
    """A coordinate is written in decimal, whatever kind of number it is."""
    assert with_value(short("sendMsg"), "loc_x", value)["locX"] == text


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "nan", "1,5", "1_0", "١", " 1", "", True, 10**400, [1]],
    ids=lambda v: repr(v)[:25],
)
def test_what_is_no_number(value: Any) -> None:
    """NaN, the infinities and other types are refused."""
    assert refusal(short("sendMsg"), "loc_x", value).parameter == "loc_x"


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


class Veil(int):
    """A whole number that shows something else."""

    def __str__(self) -> str:
        """Hide the number."""
        return "<veiled>"

    __repr__ = __str__

    def __int__(self) -> int:
        """Return another number."""
        return -1


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


def test_whole_numbers_of_an_application() -> None:
    """The number itself is written, whatever its class shows."""
    assert with_value(short("get"), "room_id", Veil(66))["roomid"] == "66"
    assert with_value(short("getBatch"), "room_ids", [Veil(66)])["roomids"] == '["66"]'
    assert with_value(short("create"), "ext", {"n": Veil(66)})["ext"] == '{"n":66}'
    assert with_value(short("queryChatroomMsg"), "type", [Veil(1)])["type"] == "1"
    assert encode_plain({"n": Veil(66)}) == b"n=66"


def test_members_of_enumerations() -> None:
    """Enumerations of the library are written by their value."""
    assert with_value(short("requestAddr"), "client_type", ClientType.WECHAT)["clienttype"] == "3"
    assert with_value(short("setMemberRole"), "opt", RoleOpt.BLACKLIST)["opt"] == "-1"
    assert with_value(short("topn"), "period", RankPeriod.DAY)["period"] == "day"


# JSON


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


# messages


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
