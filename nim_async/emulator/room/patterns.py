r"""
Patterns for tags, and which of them are refused.

Patterns come from callers, and Python's engine tries one way of matching after the other, so a
hostile pattern could hold the emulator up for years. Hence the number of ways is bounded before
anything is matched. Refused are

- patterns longer than 128 characters, and those Python refuses;
- references back (``\1``) and every group that begins with ``(?`` other than ``(?:``, such as
  looking ahead or behind, names, flags and conditions; digits may not be escaped at all;
- a group that is repeated (``(a+)+``, ``(a|b){3}``), though it may be optional (``(ab)?``);
- brackets inside brackets and the doubled signs that Python keeps for set operations;
- more repeats (``*``, ``+``, counts in braces) and choices (``|``, ``?``) than `MAX_WAYS`
  allows: three repeats without a choice, or two with four, one with nine, none with fifteen.

The whole tag has to match, and a tag longer than 64 characters is matched by no pattern.
"""

from __future__ import annotations

import re
from math import comb

MAX_PATTERN_LENGTH = 128  # as the documented limit of the expression around it
MAX_TAG_LENGTH = 64
MAX_WAYS = 50_000  # in which a tag of that length could be matched

_TOKEN = re.compile(
    r"""
    (?P<atom> \\[^0-9] | \[ (?: \\. | (?! -- | && | ~~ | \|\| ) [^\[\]\\] )+ \] | [^\\\[()|*+?{] )
    | (?P<open> \( (?: \?: | (?!\?) ) )
    | (?P<repeated_group> \) [*+{] )
    | (?P<close> \) )
    | (?P<choice> [|?] )
    | (?P<repeat> [*+] | \{ [0-9]* ,? [0-9]* \} )
    """,
    re.VERBOSE | re.DOTALL,
)


class PatternError(ValueError):
    """The text is no pattern, or one that is refused here."""


class Pattern:
    """A pattern that takes little time to match."""

    def __init__(self, text: str) -> None:
        """
        Compile a pattern.

        Raises:
            PatternError: It is malformed, or of a kind that is refused.
        """
        if len(text) > MAX_PATTERN_LENGTH or ways(text) > MAX_WAYS:
            raise PatternError("pattern could take too long")
        try:
            self._compiled = re.compile(text, re.ASCII)
        except (re.error, OverflowError) as error:
            raise PatternError(str(error)) from None

    def matches(self, text: str) -> bool:
        """Return whether the whole text fits the pattern."""
        return len(text) <= MAX_TAG_LENGTH and self._compiled.fullmatch(text) is not None


def ways(text: str) -> int:
    """
    Return an upper bound of the ways in which a pattern could match a tag of the greatest length.

    Raises:
        PatternError: It holds something that is refused.
    """
    repeats = choices = at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup == "repeated_group":
            raise PatternError(f"pattern holds something unsupported: {text[at:]}")
        repeats += token.lastgroup == "repeat"
        choices += token.lastgroup == "choice"
        at = token.end()
    # Repeats share the tag out among themselves; a choice doubles whatever else there is.
    return comb(MAX_TAG_LENGTH + repeats, repeats) << choices
