"""JSON in replies, by whatever reads it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nim_async._core import jsontext
from tests import strategies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(name="plain")
def _plain() -> Iterator[Callable[[bytes], Any]]:
    """Return what reads without the extra."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "msgspec", None)
        jsontext.quickest.cache_clear()
        plain = jsontext.quickest()
    jsontext.quickest.cache_clear()
    yield plain
    assert jsontext.quickest() is not plain


def outcome(read: Callable[[bytes], Any], raw: bytes) -> str:
    """Return what came of reading, in a form that tells 1 from 1.0 and from True."""
    try:
        return repr(read(raw))
    except (ValueError, RecursionError) as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize(
    "text",
    [
        *("{}", " {} ", "[1, 2]", "null", "true", "", " ", "{", "{}x", "[1,]", "nul", "\ufeff{}"),
        *("1", "-0", "01", "1.0", "1e5", "1e400", "5e-324", "1.", ".5", "+1", "NaN", "-Infinity"),
        *("9007199254740993", "18446744073709551616", "-9223372036854775809", "9" * 300),
        *("9" * 5000, "12345678901234567890.5", '"\\ud800"', '"\\ud83d\\ude00"', '"\x01"'),
        *('{"a":1,"a":2}', '{"":1}', "{1:2}", "{'a':1}", "[" * 5000, "[" * 400 + "]" * 400),
    ],
    ids=lambda text: f"{len(text)} {text[:20]!a}",
)
def test_the_extra_makes_no_difference(plain: Callable[[bytes], Any], text: str) -> None:
    """With and without it values, types and errors are the same."""
    assert outcome(jsontext.loads, text.encode()) == outcome(plain, text.encode())


@pytest.mark.parametrize("raw", [b"\xff", b'"\xff"', b'{"a":"\xed\xa0\x80"}'])
def test_what_is_no_utf_8(plain: Callable[[bytes], Any], raw: bytes) -> None:
    """It is refused as such, with the place."""
    for read in (plain, jsontext.loads):
        with pytest.raises(UnicodeDecodeError):
            read(raw)


@settings(strategies.PATIENT, max_examples=500)
@given(value=strategies.JSON_VALUES, cut=st.integers(1, 30), ascii_only=st.booleans())
def test_any_json(value: Any, cut: int, ascii_only: bool) -> None:  # noqa: FBT001
    """Whatever is written is read again, and what is cut off is refused."""
    raw = json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":")).encode()
    assert repr(jsontext.loads(raw)) == repr(value)
    if raw[:1] in b"{[":
        with pytest.raises(ValueError, match=r"."):
            jsontext.loads(raw[: -min(cut, len(raw))])
