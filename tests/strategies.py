"""Valid arguments for any operation, built from the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from nim_async import MessageItem, Operation, Param, QueueItem
from nim_async._core.operation import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = 2**63
# A busy machine is no reason to fail.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
Strategy = st.SearchStrategy[Any]
ITEM_CLASSES = {"msg_list": MessageItem, "elements": QueueItem}


def texts(least: int = 0, most: int = 30) -> st.SearchStrategy[str]:
    """Make any text that UTF-8 can hold: emoji, control characters, whatever."""
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=most)


# Integers of any size, but floats that stay themselves when they are written and read.
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts(most=10)
)
JSON_VALUES: Strategy = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(most=5), inner, max_size=3),
    max_leaves=6,
)


def _text(p: Param) -> Strategy:
    if p.choices is not None:
        return st.sampled_from(p.choices)
    if p.pattern is not None:
        matching = st.from_regex(p.pattern, fullmatch=True)
        return matching.filter(lambda text: len(text) <= (p.max_length or LONG))
    least = 1 if p.required else 0
    if p.max_length is None:
        return texts(least)
    # Each character counts at most two units.
    short = texts(least, min(30, p.max_length // 2))
    longest = st.sampled_from(["x", "中", "😀"]).map(
        lambda c: c * ((p.max_length or 0) // (2 if c > "\uffff" else 1))
    )
    return short | longest


def _integer(p: Param) -> Strategy:
    if p.choices is not None:
        switch = st.booleans() if p.choices == (0, 1) else st.nothing()
        return st.sampled_from(p.choices) | switch
    numbers = st.integers(
        -LONG if p.minimum is None else p.minimum, LONG - 1 if p.maximum is None else p.maximum
    )
    return numbers | numbers.map(str)


def _number(_: Param) -> Strategy:
    return st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False)


def _boolean(_: Param) -> Strategy:
    return st.booleans()


def _integers(_: Param) -> Strategy:
    return st.lists(st.integers(0, 10**9), min_size=1, max_size=5)


def _texts(p: Param) -> Strategy:
    most = 5 if p.max_items is None else min(p.max_items, 5)
    return st.lists(texts(most=10) | st.integers(0, LONG), max_size=most)


def _object(p: Param) -> Strategy:
    most = 4 if p.max_items is None else min(p.max_items, 4)
    return st.dictionaries(texts(most=5), JSON_VALUES, max_size=most)


def _json(p: Param) -> Strategy:
    return _text(p) | JSON_VALUES.filter(lambda v: v is not None)


def _objects(p: Param) -> Strategy:
    cls = ITEM_CLASSES[p.python_name]
    as_item = _members(p.items).map(lambda members: cls(**members))
    by_python_name = _members(p.items)
    wire = {q.python_name: q.wire_name for q in p.items}
    by_wire_name = _members(p.items).map(lambda m: {wire[name]: v for name, v in m.items()})
    return st.lists(as_item | by_python_name | by_wire_name, max_size=min(p.max_items or 3, 3))


_MAKERS: dict[Kind, Callable[[Param], Strategy]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.INTEGERS: _integers,
    Kind.TEXTS: _texts,
    Kind.OBJECT: _object,
    Kind.OBJECTS: _objects,
    Kind.JSON: _json,
}


def _members(params: tuple[Param, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Give each required parameter a value; others may be left out or be ``None``."""
    required = {p.python_name: _MAKERS[p.kind](p) for p in params if p.required}
    others = {p.python_name: st.none() | _MAKERS[p.kind](p) for p in params if not p.required}
    return cast(
        "st.SearchStrategy[dict[str, Any]]", st.fixed_dictionaries(required, optional=others)
    )


def arguments(operation: Operation[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Make arguments of an operation that keep every documented limit."""
    return _members(operation.params)
