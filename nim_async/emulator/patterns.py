r"""
Matching a tag by pattern, in time bounded by the length of pattern and tag.

Patterns come from callers, so no engine that backtracks may run them: a hostile pattern would
hold up the whole emulator. Known are literals, ``.``, classes in brackets, ``\\d \\w \\s`` and
their opposites, groups, ``|``, ``* + ?`` and counts in braces; anything else is an error, even
where the service may know it. The whole tag has to match.
"""

from __future__ import annotations

from collections.abc import Callable
from string import ascii_letters, digits

Test = Callable[[str], bool]
Node = Callable[["_Graph", int], int]  # grows the graph from a state, returns the state it ends in

_MOST_STATES = 2000
_MOST_REPEATS = 1000
_WORD = frozenset(ascii_letters + digits + "_")
_SETS: dict[str, frozenset[str]] = {
    "d": frozenset(digits),
    "w": _WORD,
    "s": frozenset(" \t\n\x0b\f\r"),
}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


class PatternError(ValueError):
    """The text is no pattern, or one that is not known here."""


class Pattern:
    """A compiled pattern."""

    def __init__(self, text: str) -> None:
        """
        Compile a pattern.

        Raises:
            PatternError: It is malformed, not supported or too large.
        """
        self._graph = _Graph()
        self._end = _Parser(text).whole()(self._graph, self._graph.state())

    def matches(self, text: str) -> bool:
        """Return whether the whole text fits the pattern."""
        states = self._graph.reached({0})
        for character in text:
            states = self._graph.reached(self._graph.step(states, character))
            if not states:
                return False
        return self._end in states


class _Graph:
    """States, steps that take a character, and jumps that take none."""

    def __init__(self) -> None:
        self._steps: list[list[tuple[Test, int]]] = []
        self._jumps: list[list[int]] = []

    def state(self) -> int:
        if len(self._steps) >= _MOST_STATES:
            raise PatternError("pattern is too large")
        self._steps.append([])
        self._jumps.append([])
        return len(self._steps) - 1

    def add_step(self, start: int, test: Test, end: int) -> None:
        self._steps[start].append((test, end))

    def add_jump(self, start: int, end: int) -> None:
        self._jumps[start].append(end)

    def reached(self, states: set[int]) -> set[int]:
        found = set(states)
        open_ends = list(states)
        while open_ends:
            for state in self._jumps[open_ends.pop()]:
                if state not in found:
                    found.add(state)
                    open_ends.append(state)
        return found

    def step(self, states: set[int], character: str) -> set[int]:
        return {end for state in states for test, end in self._steps[state] if test(character)}


def _one(test: Test) -> Node:
    def grow(graph: _Graph, start: int) -> int:
        end = graph.state()
        graph.add_step(start, test, end)
        return end

    return grow


def _sequence(nodes: list[Node]) -> Node:
    def grow(graph: _Graph, start: int) -> int:
        for node in nodes:
            start = node(graph, start)
        return start

    return grow


def _choice(nodes: list[Node]) -> Node:
    def grow(graph: _Graph, start: int) -> int:
        end = graph.state()
        for node in nodes:
            branch = graph.state()
            graph.add_jump(start, branch)
            graph.add_jump(node(graph, branch), end)
        return end

    return grow


def _any_number(node: Node) -> Node:
    def grow(graph: _Graph, start: int) -> int:
        hub = graph.state()
        graph.add_jump(start, hub)
        graph.add_jump(node(graph, hub), hub)
        end = graph.state()
        graph.add_jump(hub, end)
        return end

    return grow


def _repeated(node: Node, least: int, most: int | None) -> Node:
    nothing = _sequence([])
    if most is None:
        return _sequence([node] * least + [_any_number(node)])
    return _sequence([node] * least + [_choice([node, nothing])] * (most - least))


class _Parser:
    def __init__(self, text: str) -> None:
        # The whole tag has to match anyway, so anchors at the ends say nothing.
        self._text = text.removeprefix("^")
        if self._text.endswith("$") and not self._text.endswith("\\$"):
            self._text = self._text[:-1]
        self._at = 0

    def whole(self) -> Node:
        node = self._alternatives()
        if self._at != len(self._text):
            raise PatternError("unbalanced )")
        return node

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise PatternError("pattern ends too early")
        self._at += 1
        return self._text[self._at - 1]

    def _alternatives(self) -> Node:
        nodes = [self._run()]
        while self._peek() == "|":
            self._at += 1
            nodes.append(self._run())
        return nodes[0] if len(nodes) == 1 else _choice(nodes)

    def _run(self) -> Node:
        nodes: list[Node] = []
        while self._peek() not in {"", "|", ")"}:
            nodes.append(self._quantified(self._atom()))
        return _sequence(nodes)

    def _quantified(self, node: Node) -> Node:
        sign = self._peek()
        if not sign or sign not in "*+?{":
            return node
        self._at += 1
        if sign == "*":
            node = _any_number(node)
        elif sign == "+":
            node = _repeated(node, 1, None)
        elif sign == "?":
            node = _repeated(node, 0, 1)
        else:
            node = _repeated(node, *self._counts())
        # Where the whole text has to match, a reluctant sign means the same as a greedy one.
        self._at += self._peek() == "?"
        return node

    def _counts(self) -> tuple[int, int | None]:
        inside, closed, _ = self._text[self._at :].partition("}")
        low, comma, high = inside.partition(",")
        numbers = [part for part in (low, high) if part]
        if not closed or not low or not all(n.isascii() and n.isdecimal() for n in numbers):
            raise PatternError("malformed count")
        self._at += len(inside) + 1
        least = int(low)
        most = least if not comma else int(high) if high else None
        if max(least, most or 0) > _MOST_REPEATS or (most is not None and most < least):
            raise PatternError("malformed count")
        return least, most

    def _atom(self) -> Node:
        character = self._next()
        if character == "(":
            if self._peek() == "?" and self._text[self._at : self._at + 2] != "?:":
                raise PatternError("group is not supported")
            self._at += 2 if self._peek() == "?" else 0
            node = self._alternatives()
            self._next()  # the closing bracket, or an error: nothing else ends alternatives
            return node
        if character == "[":
            return _one(self._bracket())
        if character == "\\":
            return _one(self._escape())
        if character == ".":
            return _one(lambda c: c not in "\n\r")
        if character in "*+?{^$":
            raise PatternError(f"{character} stands where nothing can be repeated")
        return _one(character.__eq__)

    def _escape(self) -> Test:
        character = self._next()
        if character.lower() in _SETS:
            members = _SETS[character.lower()]
            if character.isupper():
                return lambda c: c not in members
            return members.__contains__
        if character in _CONTROLS:
            return _CONTROLS[character].__eq__
        if character.isalnum():
            raise PatternError("escape is not supported")
        return character.__eq__

    def _bracket(self) -> Test:
        negated = self._peek() == "^"
        self._at += negated
        tests: list[Test] = []
        while not tests or self._peek() != "]":
            tests.append(self._member())
        self._at += 1
        return lambda c: any(test(c) for test in tests) is not negated

    def _member(self) -> Test:
        first = self._next()
        if first == "\\":
            return self._escape()
        ahead = self._text[self._at : self._at + 2]
        if len(ahead) == len("-x") and ahead[0] == "-" and ahead[1] != "]":
            self._at += 2
            last = self._next() if ahead[1] == "\\" else ahead[1]
            if last < first:
                raise PatternError("range is upside down")
            return lambda c: first <= c <= last
        return first.__eq__
