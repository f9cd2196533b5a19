"""Tag expressions and the patterns inside them."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nim_async.emulator.room.patterns import Pattern, PatternError, ways
from nim_async.emulator.room.tags import TagExpressionError, parse

A = '{"tag":"a"}'
B = '{"tag":"b"}'


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


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("^ab$", "ab", True),
        (r"a\$", "a$", True),
        (r"[\d\-]+", "1-2", True),
        (r"[a\]]+", "a]", True),
        ("[a-]", "-", True),
        (r"\t\n", "\t\n", True),
        (r"\D\S", "xy", True),
        (r"\d", "٣", False),
        ("(vip|host)-[0-9]{2}", "host-07", True),
        ("(vip|host)-[0-9]{2}", "guest-07", False),
        ("(?:gold-)?vip", "gold-vip", True),
        (".*a.*b.*", "xaxbx", True),
        ("b", "ab", False),
        ("a", "ab", False),
        ("a$", "a\n", False),
        ("", "", True),
        ("x*", "x" * 64, True),
        ("x*", "x" * 65, False),
    ],
)
def test_the_whole_tag_has_to_match(pattern: str, text: str, matches: bool) -> None:  # noqa: FBT001
    """Patterns match as Python's do, in ASCII, for tags of up to 64 characters."""
    assert Pattern(pattern).matches(text) is matches


REFUSED = [
    *("(", ")", "a)", "[", "[a", "*", "+a", "a{", "a{x}", "a{2,1}", "{1}", "a**"),
    *("\\", "[b-a]", r"\y", "[]a]", "[[a]", "[a--b]", "[a&&b]", "a{99999999999}"),
    *("(?=a)", "(?<=a)b", "(?P<n>a)", "(?i)a", "(?", "(?#a)", "(?>a)", "(a)(?(1)b)"),
    *(r"(a)\1", r"(a*)\1", r"\07", "(?P=n)"),
    *("(a+)+b", "(a|a)*b", "(a*)*b", "(a|b|ab)*c", "(a{9}){9}", "(a?){64}a{64}", "((a))+"),
    *("(?:a|a)*b", "((?:a?)+)+"),
    *("a?" * 40 + "a" * 40, "(a|aa)" * 18 + "b", ".*" * 20 + "b", "x" * 129),
]


@pytest.mark.parametrize("pattern", REFUSED)
def test_patterns_that_could_take_long_are_refused(pattern: str) -> None:
    """Malformed patterns and those an engine could run for years on are errors at once."""
    with pytest.raises(PatternError):
        Pattern(pattern)


@pytest.mark.parametrize(("repeats", "choices"), [(3, 0), (2, 4), (1, 9), (0, 15)])
@pytest.mark.parametrize("repeat", [".*", "[ab]+", "a{1,9}"])
@pytest.mark.parametrize("choice", ["b?", "(a|b)", "(?:ab)?"])
def test_the_ways_to_match_are_bounded(
    repeats: int, choices: int, repeat: str, choice: str
) -> None:
    """So many repeats and choices are taken together, and one more of either is refused."""
    fits = repeat * repeats + choice * choices
    assert Pattern(fits)
    for one_more in (fits + repeat, fits + choice):
        with pytest.raises(PatternError):
            Pattern(one_more)


WAYS = st.lists(
    st.sampled_from(["a", "b", "a*", "a+", "b?", "a{0,3}", "(a|b)", "(ab)?", "(a|ab|b*)", "[ab]*"]),
    max_size=8,
).map("".join)


@given(WAYS)
def test_the_bound_counts_more_ways_than_there_are(pattern: str) -> None:
    """
    No tag is matched in more ways than were counted when the pattern was accepted.

    They are counted by laying the parts over a short tag one after the other, as an engine that
    goes back does at worst.
    """
    parts = re.findall(r"\([^)]*\)\??|(?:\[ab\]|\w)(?:[*+?]|\{0,3\})?", pattern)
    assert "".join(parts) == pattern
    tag = "ab" * 3 + "aaa"
    places = Counter({0: 1})
    for part in parts:
        reached = Counter[int]()
        for place, count in places.items():
            for end in range(place, len(tag) + 1):
                reached[end] += count * (re.fullmatch(part, tag[place:end]) is not None)
        places = reached
    assert places.total() <= ways(pattern)
