"""
Tag expressions, which say who a message or notification is for.

One or more objects ``{"tag": "NAME"}`` joined by ``and`` and ``or``; with ``"matchType":
"regex"`` the tag is a pattern, of which the module `patterns` refuses some. How the two words
bind is not documented: here ``and`` binds tighter. Brackets around parts are not documented and
refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

from nim_async.emulator.room.patterns import Pattern, PatternError

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Self

MAX_EXPRESSION_LENGTH = 128
_WORD = re.compile(r"\s*(and|or)\s*", re.IGNORECASE)
_SPACE = re.compile(r"\s*")


class TagExpressionError(ValueError):
    """The text is no tag expression."""


@frozen
class TagExpression:
    """
    A parsed tag expression.

    Args:
        alternatives: Groups of conditions; one whole group has to hold.
    """

    alternatives: tuple[tuple[Callable[[str], bool], ...], ...]

    @classmethod
    def of(cls, tag: str) -> Self:
        """Return the expression that means one tag."""
        return cls(((tag.__eq__,),))

    def matches(self, tags: Collection[str]) -> bool:
        """Return whether an account with these tags is meant."""
        return any(
            all(any(condition(tag) for tag in tags) for condition in group)
            for group in self.alternatives
        )


def parse(text: str) -> TagExpression:
    """
    Parse a tag expression.

    Raises:
        TagExpressionError: It is malformed, or longer than 128 characters.
    """
    if len(text) > MAX_EXPRESSION_LENGTH:
        raise TagExpressionError("is too long")
    groups: list[list[Callable[[str], bool]]] = [[]]
    at = 0
    while True:
        condition, at = _condition(text, at)
        groups[-1].append(condition)
        if not text[at:].strip():
            return TagExpression(tuple(tuple(group) for group in groups))
        word = _WORD.match(text, at)
        if word is None:
            raise TagExpressionError("has something other than and/or between its tags")
        if word[1].lower() == "or":
            groups.append([])
        at = word.end()


def _condition(text: str, at: int) -> tuple[Callable[[str], bool], int]:
    space = _SPACE.match(text, at)
    start = space.end() if space else at
    try:
        value, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        raise TagExpressionError("is no tag expression") from None
    if not isinstance(value, dict):
        raise TagExpressionError("is no tag expression")
    return _test(cast("dict[str, Any]", value)), end


def _test(condition: dict[str, Any]) -> Callable[[str], bool]:
    tag = condition.get("tag")
    if not isinstance(tag, str) or not tag or not condition.keys() <= {"tag", "matchType"}:
        raise TagExpressionError("is no tag expression")
    if "matchType" not in condition:
        return tag.__eq__
    if condition["matchType"] != "regex":
        raise TagExpressionError("has an unknown matchType")
    try:
        return Pattern(tag).matches
    except PatternError:
        raise TagExpressionError("holds a pattern that cannot be used") from None
