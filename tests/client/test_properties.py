"""What holds for any argument and any answer."""

from __future__ import annotations

import copy
import json
import pickle
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve, fields, has
from hypothesis import given, settings
from hypothesis import strategies as st

from nim_async import OPERATIONS, DecodeError, NimError, Operation, Param, ParameterError
from nim_async._core import wire
from nim_async._core.operation import Kind
from nim_async._core.reading import Reading, read
from nim_async.emulator.arguments import decode_form, validate
from tests import strategies
from tests.facts import SPEC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ALL = tuple(OPERATIONS.values())
REPLIES: list[tuple[Operation[Any], dict[str, Any]]] = [
    (OPERATIONS[o["path"]], o["reply"][kind])
    for o in SPEC["operations"]
    for kind in ("example", "example_recorded")
    if kind in o["reply"]
]
MUTATED = 40_000  # replies tried in all
EACH = pytest.mark.parametrize("operation", ALL, ids=lambda o: o.qualified_name)


def new_id() -> str:
    """Make no id, since each is given."""
    raise AssertionError


# requests


def assert_read(param: Param, given_value: Any, read: Any) -> None:
    """Check what the service's side reads against what was given."""
    if param.kind is Kind.TEXTS:
        assert read == [str(v) for v in given_value]
    elif param.kind is Kind.OBJECTS:
        assert len(read) == len(given_value)
        for item, members in zip(given_value, read, strict=True):
            assert_item(param, item, members)
    elif param.kind is Kind.JSON and not isinstance(given_value, str):
        assert json.loads(read) == given_value
    elif param.kind is Kind.INTEGER:
        assert read == int(given_value)
    else:
        assert read == given_value


def assert_item(outer: Param, item: Any, read: dict[str, Any]) -> None:
    """Check one object inside a parameter."""
    if has(item.__class__):
        item = {f.name: getattr(item, f.name) for f in fields(item.__class__)}
    sent: set[str] = set()
    for param in outer.items:
        value = item.get(param.python_name, item.get(param.wire_name))
        if value is not None:
            assert_read(param, value, read[param.wire_name])
            sent.add(param.wire_name)
    assert read.keys() == sent


@EACH
@settings(strategies.PATIENT, max_examples=25)
@given(data=st.data())
def test_the_service_reads_what_was_written(operation: Operation[Any], data: st.DataObject) -> None:
    """
    Arguments within the limits arrive as they were given.

    The reader is the emulator's, which shares no code with the writer.
    """
    arguments = data.draw(strategies.arguments(operation))
    before = copy.deepcopy(arguments)
    body = wire.encode(operation, arguments, new_id=new_id)
    read = validate(operation, decode_form(body), anti_spam=True).values
    sent = {name for name, value in arguments.items() if value is not None}
    assert read.keys() == {p.wire_name for p in operation.params if p.python_name in sent}
    for param in operation.params:
        if param.python_name in sent:
            assert_read(param, arguments[param.python_name], read[param.wire_name])
    assert arguments == before


@EACH
@settings(strategies.PATIENT, max_examples=10)
@given(data=st.data())
def test_writing_again_gives_the_same_bytes(operation: Operation[Any], data: st.DataObject) -> None:
    """A form depends on the arguments alone, and the checks do not change it."""
    arguments = data.draw(strategies.arguments(operation))
    body = wire.encode(operation, arguments, new_id=new_id)
    assert wire.encode(operation, arguments, new_id=new_id) == body
    assert wire.encode(operation, arguments, new_id=new_id, validate=False) == body


ANYTHING = (
    strategies.JSON_VALUES
    | st.text()
    | st.binary()
    | st.floats()
    | st.complex_numbers()
    | st.sets(st.integers())
    | st.lists(st.binary())
    | st.builds(object)
)


@EACH
@settings(strategies.PATIENT, max_examples=15)
@given(data=st.data())
def test_any_argument_is_written_or_refused(operation: Operation[Any], data: st.DataObject) -> None:
    """Whatever is given for a parameter, it is written, or refused by a name that was given."""
    arguments = {p.python_name: data.draw(ANYTHING) for p in operation.params}
    one = data.draw(st.sampled_from(operation.params))
    valid = {**data.draw(strategies.arguments(operation)), one.python_name: data.draw(ANYTHING)}
    for tried in (arguments, valid):
        for checked in (True, False):
            try:
                body = wire.encode(operation, tried, new_id=lambda: "made", validate=checked)
            except ParameterError as refused:
                error = refused
            else:
                decode_form(body)
                continue
            assert error.parameter is not None
            assert error.parameter.split("[")[0] in tried or error.limit == "required"
            assert str(error).isprintable()


@settings(strategies.PATIENT, max_examples=200)
@given(st.dictionaries(strategies.texts(1), strategies.JSON_VALUES, max_size=6))
def test_plain_calls_arrive(parameters: dict[str, Any]) -> None:
    """Parameters the table does not know arrive under their names; ``None`` does not."""
    read = dict(decode_form(wire.encode_plain(parameters)))
    assert read.keys() == {name for name, value in parameters.items() if value is not None}
    for name, text in read.items():
        value = parameters[name]
        assert (text if isinstance(value, str) else json.loads(text)) == value


# replies

JUNK: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    200,
    2**63,
    10**40,
    1.5,
    1e308,
    "",
    "0",
    "null",
    "true",
    "[]",
    "{}",
    '["a"]',
    '{"a":',
    "\ud83d",
    "\0",
    "x" * 5000,
    [],
    [[]],
    [None],
    [{}],
    {},
    {"": {}},
    {"code": 200},
]
Place = tuple[Any, Any]  # a container and a key or index of it


def keys_of(value: Any) -> list[Any]:
    """Return what the values inside a JSON value are reached by."""
    kind = value.__class__
    return [] if kind not in {dict, list} else list(value if kind is dict else range(len(value)))


def places(value: Any) -> Iterator[Place]:
    """Go through all places of a JSON value, however deep it is."""
    left = [value]
    while left:
        container: Any = left.pop()
        for key in keys_of(container):
            yield container, key
            left.append(container[key])


def swap(random: Random, container: Any, key: Any, root: Any) -> None:
    """Put the value of another place here."""
    other, other_key = random.choice(list(places(root)))
    container[key] = json.loads(json.dumps(other[other_key]))


def replace(random: Random, container: Any, key: Any, _: Any) -> None:
    """Put something else here."""
    container[key] = copy.deepcopy(random.choice(JUNK))


def delete(_: Random, container: Any, key: Any, __: Any) -> None:
    """Take the place away."""
    del container[key]


def add(random: Random, container: Any, _: Any, __: Any) -> None:
    """Add a place."""
    junk = copy.deepcopy(random.choice(JUNK))
    if isinstance(container, dict):
        container[random.choice(["new", "code", "desc", "data", ""])] = junk
    else:
        container.insert(random.randrange(len(container) + 1), junk)


def retype(random: Random, container: Any, key: Any, _: Any) -> None:
    """Write the value in another form."""
    value = container[key]
    container[key] = random.choice(
        [str(value), json.dumps(value), [value], {"a": value}, [value] * 3]
    )


def nest(random: Random, container: Any, key: Any, _: Any) -> None:
    """Put the value deeper, once or very often."""
    value = container[key]
    for _level in range(random.choice([1, 2, 50, 250])):
        value = [value] if random.random() < 0.5 else {"a": value}
    container[key] = value


CHANGES: list[Callable[[Random, Any, Any, Any], None]] = [swap, replace, delete, add, retype, nest]


def with_other_values(random: Random, reply: dict[str, Any]) -> bytes:
    """Change a reply in a few places."""
    root = {"reply": copy.deepcopy(reply)}
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        found = list(places(root))
        # Mostly inside the payload: without the code a reply is refused before it is looked at.
        inside = [(c, k) for c, k in found if c is not root and k != "code"]
        if not (found and inside):
            break
        container, key = random.choice(inside if random.random() < 0.9 else found)
        random.choice(CHANGES)(random, container, key, root)
    return json.dumps(root.get("reply")).encode()


def with_other_bytes(random: Random, reply: dict[str, Any]) -> bytes:
    """Change the bytes of a reply."""
    raw = bytearray(json.dumps(reply, ensure_ascii=random.random() < 0.5).encode())
    for _ in range(random.choice([1, 1, 2, 5])):
        at = random.randrange(len(raw) + 1)
        how = random.randrange(5)
        if how == 0:
            raw[at : at + 1] = bytes([random.randrange(256)])
        elif how == 1:
            del raw[at:]
        elif how == 2:
            del raw[at : at + random.randrange(1, 20)]
        elif how == 3:
            raw[at:at] = random.choice(
                [b"\x00", b"\xff", b"{", b"]", b'"', b"9" * 30, b"NaN", b","]
            )
        else:
            raw[at:at] = raw[: random.randrange(1, 40)]
    return bytes(raw)


def read_reply(operation: Operation[Any], raw: bytes, *, strict: bool = False) -> Any:
    """Read a reply as a client does."""
    return read(operation, wire.decode(raw), strict=strict)[0]


def assert_sound(operation: Operation[Any], outcome: Any, raw: bytes) -> None:
    """Check that an outcome can be used as any other, and that only what is odd is refused."""
    if isinstance(outcome, NimError):
        text = str(outcome)
        assert text.isprintable()
        assert len(text) < 400
        assert len(getattr(outcome, "raw", b"")) <= 4096
        assert str(pickle.loads(pickle.dumps(outcome))) == text  # noqa: S301
        return
    assert type(outcome) is operation.reply
    assert outcome == read_reply(operation, raw)
    assert hash(outcome) == hash(read_reply(operation, raw))
    assert repr(outcome).startswith(operation.reply.__name__)
    assert evolve(outcome) == outcome
    json.dumps(outcome.to_dict())
    members = wire.decode(raw)
    if read(operation, members, strict=False)[1]:
        with pytest.raises(DecodeError) as caught:
            read(operation, members, strict=True)
        assert caught.value.processed
    else:
        # The slow way takes what the quick way takes, and finds nothing odd in it.
        slow = Reading()
        assert repr(slow.whole(operation, members)) == repr(outcome)
        assert slow.problems == []


@pytest.mark.slow
def test_any_answer_becomes_a_reply_or_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is changed in a valid reply, the outcome is a reply class or a `NimError`."""
    random = Random(20_261_123)  # noqa: S311
    tried = replies = errors = 0
    for turn in range(MUTATED):
        operation, reply = REPLIES[turn % len(REPLIES)]
        mutate = with_other_bytes if random.random() < 0.25 else with_other_values
        raw = mutate(random, reply)
        outcome: Any
        try:
            outcome = read_reply(operation, raw)
            replies += 1
        except NimError as error:
            outcome = error
            errors += 1
        assert_sound(operation, outcome, raw)
        tried += 1
    assert tried == replies + errors >= 20_000
    assert min(replies, errors) > tried / 10  # both sides are really tried
    with capsys.disabled():
        print(f"\n{tried} mutated replies: {replies} replies, {errors} errors")  # noqa: T201


@settings(strategies.PATIENT, max_examples=300)
@given(raw=st.binary(max_size=200), operation=st.sampled_from(ALL))
def test_any_bytes_are_read_or_refused(raw: bytes, operation: Operation[Any]) -> None:
    """Bytes that are no reply at all are an error of this library; a bare yes is none."""
    try:
        read_reply(operation, raw)
    except NimError:
        return
    assert json.loads(raw)["code"] == 200


@settings(strategies.PATIENT, max_examples=300)
@given(payload=strategies.JSON_VALUES, operation=st.sampled_from(ALL))
def test_any_payload_is_read_or_refused(payload: Any, operation: Operation[Any]) -> None:
    """Any JSON under the documented key is a reply class or an error of this library."""
    key = operation.envelope
    reply = {"code": 200, key: payload} if key is not None else {"code": 200, "x": payload}
    raw = json.dumps(reply).encode()
    try:
        outcome = read_reply(operation, raw)
    except NimError as error:
        outcome = error
    assert_sound(operation, outcome, raw)
