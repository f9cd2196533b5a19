"""Docstrings say what a caller must know, and nothing of where the facts are from."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nim_async
from nim_async import OPERATIONS, Idempotency, Operation, errors
from nim_async._generated import methods, models

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(nim_async.__file__).parent
# The generator speaks to those who keep the facts.
MODULES = [p for p in sorted(PACKAGE.rglob("*.py")) if "_codegen" not in p.parts]
CLASSES: dict[str, Any] = {
    o.namespace: getattr(methods, f"{o.namespace.capitalize()}Methods") for o in OPERATIONS.values()
}
EACH = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda o: o.qualified_name)
REPEATING = {
    Idempotency.READ: r"Safe to repeat\.",
    Idempotency.IDEMPOTENT_WRITE: r"Idempotent: .{10,}\.",
    Idempotency.NON_IDEMPOTENT: r"Not idempotent: .{10,}\.",
}
ITERATORS = {"iter_members", "iter_tag_members", "iter_chatroom_msgs"}
FORBIDDEN = re.compile(
    r"""
    \bsources?\s(?:differ|disagree) | \bknown\sof\sit\b
    | \bthe\sseed\b | \bseed\spage | \bscrape[dr]\b
    | \bsdk-\w+ | \bjava\b | \bgo\s(?:sdk|client|server)\b | \bnode\sclient
    | \bofficial\b(?!\spath) | \bthird-party\s(?!callback)
    | \bdocs\b | \bthe\sdocumentation\s(?:says|allows|names)
    | \b(?:old|parameter|reference)\stables?\b | \btables?\sof\s(?:codes|parameters)\b
    | \brecordings\b | \ba\srecording\b | \brecorded\s(?:in|with|repl\w+)\b
    | \b20[12]\d\b | \bv2\b
    | \bpresum\w+ | \bprobabl[ey]\b | \b(?:is|are|an)\sassum\w+
    """,
    re.IGNORECASE | re.VERBOSE,
)
# A name on the wire has its place: the path, or the end of the description of what it names.
WIRE = re.compile(r"``/nimserver/[^`]*``|\(wire\s+``\w+``\)")


def docstrings(source: str) -> Iterator[str]:
    """Return all texts that stand alone: docstrings, and what is below members of classes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            value = node.value.value
            if isinstance(value, str):
                yield value


def forbidden(source: str) -> list[str]:
    """Return the words in the docstrings of a module that speak of where facts are from."""
    return [found.group() for text in docstrings(source) for found in FORBIDDEN.finditer(text)]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_docstrings_name_no_source(path: Path) -> None:
    """No docstring speaks of seeds, tables, recordings, years or other clients of the service."""
    assert forbidden(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("place", "planted"),
    [
        ('"""HarmonyOS; may also be 128."""', '"""HarmonyOS (docs); the node client says 128."""'),
        ('"""A chatroom."""', '"""A chatroom. Sources differ: sdk-java has more."""'),
        ("A stored message.", "A stored message, as in a 2022 recording."),
        ("Account whose role changed.", "Account whose role changed, says the official table."),
        ("Announcement.", "Announcement; missing in old tables and in the seed."),
        ("Room name.", "Room name. Known\n            of it: the v2 API calls it so."),
    ],
)
def test_the_search_finds_what_is_planted(place: str, planted: str) -> None:
    """The search for forbidden words finds them in classes, attributes and members."""
    source = (PACKAGE / "_generated" / "models.py").read_text("utf-8")
    place = place.strip('"')
    assert place in source
    assert forbidden(source) == []
    assert forbidden(source.replace(place, planted.strip('"'), 1)) != []


def python_names() -> set[str]:
    """Return the names that a caller can write: of operations, parameters, fields, iterators."""
    names = {o.name for o in OPERATIONS.values()}
    names |= {q.python_name for o in OPERATIONS.values() for p in o.params for q in (p, *p.items)}
    for name in models.__all__:
        names |= set(inspect.signature(getattr(models, name)).parameters)
    return names


@pytest.mark.parametrize("name", ["methods", "models"])
def test_texts_speak_python(name: str) -> None:
    """Operations and parameters are named as Python has them, their wire names only to be found."""
    known = python_names() | ITERATORS | {"maybe_processed", "app_key", "nim_async"}
    wires = {
        p.wire_name
        for o in OPERATIONS.values()
        for p in o.params
        if p.wire_name != p.python_name and p.wire_name.islower()
    }
    for text in docstrings((PACKAGE / "_generated" / f"{name}.py").read_text("utf-8")):
        plain = WIRE.sub("", text)
        words = set(re.findall(r"\w+", plain))
        assert not words & wires
        assert not [w for w in words if re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", w)]
        assert {w for w in words if re.fullmatch(r"[a-z]+(_[a-z]+)+", w)} <= known
        for reference in re.findall(r"(?<!`)`(\w+)`(?!`)", plain):
            assert reference in {*ITERATORS, *nim_async.__all__, *models.__all__}


def method_of(operation: Operation[Any]) -> Any:
    """Return the generated method of an operation."""
    return getattr(CLASSES[operation.namespace], operation.name)


def sections(operation: Operation[Any]) -> dict[str, str]:
    """Return the paragraphs of a method's docstring by their first word."""
    text = inspect.cleandoc(method_of(operation).__doc__)
    return {part.split(maxsplit=1)[0]: part for part in text.split("\n\n")}


def rows(section: str) -> dict[str, str]:
    """Return the entries of a section, each on one line."""
    entries = re.split(r"\n    (?=\S)", section)[1:]
    return {
        name: " ".join(text.split()) for name, text in (entry.split(": ", 1) for entry in entries)
    }


@EACH
def test_docstrings_name_path_and_reply(operation: Operation[Any]) -> None:
    """A docstring begins with what the operation does, then path, and names what comes back."""
    text = inspect.cleandoc(method_of(operation).__doc__)
    first, second, *_ = text.split("\n\n")
    assert " ".join(first.split()) == operation.summary
    assert second == f"POST ``{operation.path}``"
    returns = sections(operation)["Returns:"]
    assert returns.startswith(f"Returns:\n    `{operation.reply.__name__}`.")


@EACH
def test_docstrings_tell_each_parameter(operation: Operation[Any]) -> None:
    """A parameter is described with each of its limits, and its wire name where it has another."""
    found = rows(sections(operation)["Args:"])
    assert list(found) == [p.python_name for p in operation.params]
    for param in operation.params:
        text = found[param.python_name]
        wire = f" (wire ``{param.wire_name}``)."
        assert text.endswith(wire) is (param.wire_name != param.python_name)
        assert text.count("(wire ") <= 1
        numbers = re.findall(r"-?\d+", text)
        for limit in (param.max_length, param.minimum, param.maximum, param.max_items):
            assert limit is None or str(limit) in numbers
        for choice in param.choices or ():
            assert re.search(rf"(?<![\w-]){re.escape(str(choice))} \(", text)
        assert param.default is None or f"; {param.default} when left out" in text
        assert not param.generated or "left out" in text


@EACH
def test_docstrings_tell_the_errors(operation: Operation[Any]) -> None:
    """Every documented code and the limit of frequency is named by the method or by its class."""
    common = inspect.cleandoc(CLASSES[operation.namespace].__doc__)
    shared = rows(common[common.index("Raises:") :])
    own = rows(sections(operation).get("Raises:", ""))
    assert {"ParameterError", "RateLimited", "ApiError", "TransportError"} <= shared.keys()
    assert own.keys() <= {c.__name__ for c in vars(errors).values() if isinstance(c, type)}
    said = " ".join([*own.values(), *shared.values()])
    for code in operation.codes - {200}:
        assert re.search(rf"\b[Cc]ode {code}\b", said), code
    limit = operation.rate_limit
    if limit is None:
        assert own["RateLimited"] == "Code 416. The limit is not documented."
    else:
        limited = own.get("RateLimited", shared["RateLimited"])
        assert re.search(rf"More than {limit.calls} calls .*in {limit.per_seconds} s\b", limited)
        assert f"refused for {limit.block_seconds} s" in limited


@EACH
def test_docstrings_tell_whether_a_call_may_be_repeated(operation: Operation[Any]) -> None:
    """A docstring ends with what a second, equal call does; unless it reads, also with why."""
    text = inspect.cleandoc(method_of(operation).__doc__)
    last = " ".join(text.split("\n\n")[-1].split())
    assert re.fullmatch(REPEATING[operation.idempotency], last)


@pytest.mark.parametrize("cls", [*CLASSES.values(), models.MessageItem, models.QueueItem])
def test_how_lengths_count_is_said_once(cls: Any) -> None:
    """The unit of lengths is said once for a class, and by none of its methods."""
    source = inspect.getsource(cls)
    assert sum(text.count("UTF-16") for text in docstrings(source)) == 1
