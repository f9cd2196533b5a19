"""Tag expressions and the patterns inside them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nim_async.emulator.patterns import Pattern, PatternError
from nim_async.emulator.tags import TagExpressionError, parse

A = '{"tag":"a"}'
B = '{"tag":"b"}'
ATOMS = ["a", "b", ".", "[ab]", "[^a]", r"\d", r"\W", "(a|b)", "(?:ab)", "(ab|)", "[a-c0]", r"\."]
QUANTIFIERS = ["", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?"]
PATTERNS = st.lists(
    st.tuples(st.sampled_from(ATOMS), st.sampled_from(QUANTIFIERS)).map("".join), max_size=4
).map("".join)


@pytest.mark.parametrize(
    ("expression", "tags", "matches"),
    [
        (A, {"a"}, True),
        (A, {"b"}, False),
        (A, set[str](), False),
        (f"{A} and {B}", {"a", "b"}, True),
        (f"{A} and {B}", {"a"}, False),
        (f"{A} or {B}", {"b"}, True),
        (f"{A} or {B}", {"c"}, False),
        (f"{A} or {B} and {B}", {"a"}, True),
        (f"{A} and {A} or {B}", {"b"}, True),
        (f"  {A}  OR{B} ", {"b"}, True),
        ('{"tag":"x.*","matchType":"regex"}', {"xyz"}, True),
        ('{"tag":"x.*","matchType":"regex"}', {"yx"}, False),
        ('{"tag":"x.*"}', {"xyz"}, False),
        ('{"tag":"茶"}', {"茶"}, True),
    ],
)
def test_an_expression_means_some_accounts(
    expression: str,
    tags: set[str],
    matches: bool,  # noqa: FBT001
) -> None:
    """Tags are compared as they are or by pattern; ``and`` binds tighter than ``or``."""
    assert parse(expression).matches(tags) is matches


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "vip",
        "{}",
        "[]",
        '"a"',
        "{tag:a}",
        '{"tag":1}',
        '{"tag":""}',
        '{"tag":"a","matchType":"glob"}',
        '{"tag":"a","other":1}',
        '{"tag":"(","matchType":"regex"}',
        f"{A} {B}",
        f"{A} xor {B}",
        f"{A} and",
        f"and {A}",
        f"({A})",
        f"{A},{B}",
        '{"tag":"' + "x" * 130 + '"}',
        "[" * 128,
    ],
)
def test_a_malformed_expression_is_refused(expression: str) -> None:
    """Whatever is not objects joined by and/or is an error, not a surprise."""
    with pytest.raises(TagExpressionError):
        parse(expression)


@given(PATTERNS, st.text(alphabet="abc.0 \n", max_size=8))
def test_patterns_match_like_the_usual_engine(pattern: str, text: str) -> None:
    """For what is supported the answer is that of the library's regular expressions."""
    assert Pattern(pattern).matches(text) is bool(re.fullmatch(pattern, text, re.ASCII))


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("^ab$", "ab", True),
        (r"a\$", "a$", True),
        (r"[\d\-]+", "1-2", True),
        (r"[a\]]+", "a]", True),
        ("[]a]+", "]a", True),
        ("[a-]", "-", True),
        (r"\t\n", "\t\n", True),
        (r"\D\S", "xy", True),
        (r"[!-\/]", "#", True),
        ("", "", True),
    ],
)
def test_details_of_patterns(pattern: str, text: str, matches: bool) -> None:  # noqa: FBT001
    """Anchors at the ends, escapes and odd classes do what they usually do."""
    assert Pattern(pattern).matches(text) is matches
    assert not Pattern(pattern).matches(text + "\0")


UNSUPPORTED = [
    *("(", ")", "a)", "[", "[a", "*", "+a", "a{", "a{x}", "a{2,1}", "a{9999}", "(?=a)"),
    *(r"\1", "\\", "[b-a]", "a^b", r"\b", "{1}", "a$b", "a{,2}", "(?", "a**", "a*+"),
]


@pytest.mark.parametrize("pattern", [*UNSUPPORTED, "(((a{99}){99}){99})"])
def test_unsupported_patterns_are_refused(pattern: str) -> None:
    """Malformed, unsupported and enormous patterns are errors at once."""
    with pytest.raises(PatternError):
        Pattern(pattern)


def test_hostile_patterns_take_no_time() -> None:
    """What makes engines that backtrack run for years is done in as many steps as letters."""
    for pattern in ("(a+)+b", "(a|a)*b", "(a*)*b", "(a|b|ab)*c"):
        assert not Pattern(pattern).matches("a" * 2000)
    assert Pattern("(" * 60 + "a" + ")" * 60).matches("a")
