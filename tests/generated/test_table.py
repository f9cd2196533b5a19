"""The table of operations, and the methods that stand for them."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, cast

import pytest

from nim_async import OPERATIONS, Operation, Param
from nim_async._generated import methods, operations
from tests.facts import SPEC

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = tuple(OPERATIONS.values())
CLASSES: dict[str, Any] = {
    o.namespace: getattr(methods, f"{o.namespace.capitalize()}Methods") for o in OPERATIONS.values()
}
EACH = pytest.mark.parametrize("operation", ALL, ids=lambda o: o.qualified_name)


# the table


def test_the_table_has_all_operations() -> None:
    """The table holds the operations of the spec by their paths, 23 of them in the tutorial."""
    facts = SPEC["operations"]
    assert list(OPERATIONS) == [o["path"] for o in facts]
    assert sum(o.in_tutorial for o in ALL) == 23
    assert {o.path for o in ALL if o.in_tutorial} == {o["path"] for o in facts if o["in_tutorial"]}


def test_the_table_is_read_only() -> None:
    """Nobody changes the table for all clients of a process."""
    with pytest.raises(TypeError):
        OPERATIONS["/nimserver/new.action"] = ALL[0]  # type: ignore[index] # pyright: ignore[reportIndexIssue]


@EACH
def test_names_follow_the_path(operation: Operation[Any]) -> None:
    """Whoever knows the path can guess the name: split at capitals, the first part in front."""
    short = re.fullmatch(r"/nimserver/(.+)\.action", operation.path)
    assert short is not None
    namespace, *rest = short[1].split("/")
    name = "_".join(rest)
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    assert operation.qualified_name == f"{namespace}.{snake}"
    assert getattr(operations, f"{namespace}_{snake}".upper()) is operation
    assert OPERATIONS[operation.path] is operation


def parameters() -> Iterator[tuple[str, Param]]:
    """Go through all parameters, those inside batches too."""
    for o in ALL:
        for p in o.params:
            yield o.name, p
            for q in p.items:
                yield o.name, q


def test_one_wire_name_has_one_python_name() -> None:
    """A parameter is called the same wherever it occurs, in lower case with its words apart."""
    names: dict[str, set[str]] = {}
    for _, p in parameters():
        names.setdefault(p.wire_name, set()).add(p.python_name)
        assert re.fullmatch(r"[a-z]+(_[a-z][a-z0-9]*)*", p.python_name), p.python_name
    assert {wire: found for wire, found in names.items() if len(found) > 1} == {}
    mended = {"roomid": "room_id", "roomId": "room_id", "avator": "avatar"}
    mended |= {"queuelevel": "queue_level", "notifyExt": "notify_ext", "clienttype": "client_type"}
    mended |= {"endtime": "end_time", "endTime": "end_time"}
    assert {wire: names[wire] for wire in mended} == {w: {p} for w, p in mended.items()}


@EACH
def test_parameters_are_told_apart(operation: Operation[Any]) -> None:
    """No operation has two parameters of one name."""
    assert len({p.python_name for p in operation.params}) == len(operation.params)
    assert operation.by_wire_name == {p.wire_name: p for p in operation.params}
    assert len(operation.by_wire_name) == len(operation.params)


# the methods


def method_of(operation: Operation[Any]) -> Any:
    """Return the generated method of an operation."""
    return getattr(CLASSES[operation.namespace], operation.name)


def test_each_operation_has_one_method_and_no_more() -> None:
    """The classes have the operations of the table and nothing else."""
    found = {
        f"{namespace}.{name}"
        for namespace, cls in CLASSES.items()
        for name in dir(cls)
        if not name.startswith("_")
    }
    assert found == {o.qualified_name for o in ALL}


@EACH
def test_methods_take_the_parameters_of_the_table(operation: Operation[Any]) -> None:
    """A method is a coroutine whose parameters are named, in the table's order and by its names."""
    method = method_of(operation)
    assert inspect.iscoroutinefunction(method)
    _, *found = inspect.signature(method).parameters.values()
    assert [p.name for p in found] == [p.python_name for p in operation.params]
    assert {p.kind for p in found} <= {inspect.Parameter.KEYWORD_ONLY}
    for p, param in zip(found, operation.params, strict=True):
        must = param.required and not param.generated
        assert p.default is (inspect.Parameter.empty if must else None)
        assert must != p.annotation.endswith("| None")


@EACH
async def test_methods_pass_on_what_they_are_given(operation: Operation[Any]) -> None:
    """A method hands its operation and every argument by its own name to the call."""
    given = {p.python_name: object() for p in operation.params}
    calls: list[tuple[Operation[Any], dict[str, Any]]] = []

    class Told:
        async def invoke(self, passed: Operation[Any], arguments: dict[str, Any], /) -> Any:
            calls.append((passed, arguments))
            return "the reply"

    namespace = CLASSES[operation.namespace](cast("Any", Told()))
    assert await getattr(namespace, operation.name)(**given) == "the reply"
    assert len(calls) == 1
    assert calls[0][0] is operation
    assert calls[0][1] == given
