"""A yes of the service stays a yes, whatever single thing of its reply is missing or odd."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from attrs import fields

from nim_async import DecodeError, Operation
from nim_async._core.converter import fields_of
from nim_async._core.model import OUTSIDE, Reply
from nim_async._core.reading import read
from tests.client.test_properties import REPLIES, assert_sound, places

if TYPE_CHECKING:
    from nim_async._core.readers import Field

pytestmark = pytest.mark.slow

EACH = pytest.mark.parametrize(
    ("operation", "reply"),
    REPLIES,
    ids=[f"{o.qualified_name}-{i}" for i, (o, _) in enumerate(REPLIES)],
)
# In place of a value: nothing at all, and what may be sent for nothing or by mistake.
ODD: list[Any] = [..., None, "", {}, [], 5.5, "odd", {"odd": {}}, [[]]]
Path = tuple[Any, ...]


def known(operation: Operation[Any]) -> dict[str, Field]:
    """Return how the fields of a reply are read."""
    cls: Any = operation.reply
    return fields_of(cls)


def changed(reply: dict[str, Any], at: int, odd: Any) -> tuple[dict[str, Any], Any, Any]:
    """Put something odd in a place of a reply; return it with the container and the key there."""
    whole = copy.deepcopy(reply)
    container, key = list(places(whole))[at]
    if odd is ...:
        del container[key]
    else:
        container[key] = copy.deepcopy(odd)
    return whole, container, key


def leaves(value: Any, path: Path = ()) -> dict[Path, Any]:
    """Return all that a reply holds by the names and numbers on the way; ``...`` for missing."""
    inside: dict[Any, Any]
    if isinstance(value, Reply):
        cls: Any = type(value)
        names = [a.name for a in fields(cls) if a.name not in OUTSIDE]
        inside = {name: getattr(value, name, ...) for name in names}
    elif isinstance(value, tuple):
        elements: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
        inside = dict(enumerate(elements))
    else:
        return {path: value}
    found: dict[Path, Any] = {path: ()}
    for name, inner in inside.items():
        found |= leaves(inner, (*path, name))
    return found


def assert_rest_unchanged(good: Any, lenient: Any) -> None:
    """Check that one branch of the reply is all that differs from the good one."""
    before, after = leaves(good), leaves(lenient)
    paths = [path for path in before if after.get(path, None) != before[path]]
    if paths:
        top = min(paths, key=len)
        # Elements move up where one before them is unreadable.
        cut = next((i for i, part in enumerate(top) if isinstance(part, int)), len(top))
        assert {path[:cut] for path in paths} == {top[:cut]}


@EACH
def test_the_rest_is_read(operation: Operation[Any], reply: dict[str, Any]) -> None:
    """
    Each value at every depth is left out or odd: all others are as they were.

    Only what the overrides call needed is refused, and only of the reply itself: in a list, an
    element without it is unreadable.
    """
    good, odd_places = read(operation, reply, strict=True)
    assert not odd_places
    needed = {name for name, f in known(operation).items() if f.needed}
    for at, (_, name) in enumerate(list(places(reply))):
        if name == "code":
            continue
        for odd in ODD:
            whole, container, key = changed(reply, at, odd)
            raw = json.dumps(whole).encode()
            payload = whole if operation.envelope is None else whole.get(operation.envelope)
            of_needed = key in needed if container is payload else key == operation.envelope
            try:
                lenient, _ = read(operation, json.loads(raw), strict=False)
            except DecodeError:
                assert needed, (key, odd)
                assert of_needed, (key, odd)
                continue
            if key != operation.envelope:  # the whole of it
                assert_rest_unchanged(good, lenient)
            assert_sound(operation, lenient, raw)
            assert pickle.loads(pickle.dumps(lenient)) == lenient  # noqa: S301


@EACH
@pytest.mark.parametrize("odd", [..., None, 5.5], ids=["left out", "null", "5.5"])
def test_strictly_nothing_is_missing(
    operation: Operation[Any], reply: dict[str, Any], odd: Any
) -> None:
    """Being strict refuses a reply without a field that the documentation always has."""
    key = operation.envelope
    for name, f in known(operation).items():
        payload = dict(reply if key is None else reply[key])
        if not f.required or name not in payload:
            continue
        payload |= {name: odd}
        if odd is ...:
            del payload[name]
        whole = {"code": 200, **payload} if key is None else {"code": 200, key: payload}
        with pytest.raises(DecodeError, match=rf"^\$\.(\w+\.)?{name}: ") as caught:
            read(operation, whole, strict=True)
        assert caught.value.processed
