"""Documented requests as Python values, and forms read back by the standard library."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from nim_async import OPERATIONS, Operation, Param, ParameterError
from nim_async._core.operation import Kind
from nim_async._core.wire import encode
from tests.facts import SPEC

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EXAMPLES: dict[str, dict[str, str]] = {o["path"]: o["example_request"] for o in SPEC["operations"]}
ALL = tuple(OPERATIONS.values())
READERS: dict[Kind, Callable[[str], Any]] = {
    Kind.TEXT: str,
    Kind.JSON: str,
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.BOOLEAN: lambda text: {"true": True, "false": False}[text],
    Kind.INTEGERS: lambda text: [int(part) for part in text.split(",")],
    Kind.TEXTS: json.loads,
    Kind.OBJECT: json.loads,
    Kind.OBJECTS: json.loads,
}


def short(name: str) -> Operation[Any]:
    """Find an operation by the last part of its path."""
    return next(o for o in ALL if o.path.endswith(f"/{name}.action"))


def example(operation: Operation[Any]) -> dict[str, Any]:
    """Return the arguments of the documented request as Python values."""
    given = EXAMPLES[operation.path]
    return {
        p.python_name: READERS[p.kind](given[p.wire_name])
        for p in operation.params
        if p.wire_name in given
    }


def form(operation: Operation[Any], arguments: Mapping[str, Any], **options: Any) -> dict[str, str]:
    """Encode, and read the form by the standard library."""
    body = encode(operation, arguments, new_id=lambda: "made-id", **options)
    pairs = parse_qsl(
        body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict"
    )
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def with_value(operation: Operation[Any], name: str, value: Any) -> dict[str, str]:
    """Encode the documented request with one argument changed."""
    return form(operation, {**example(operation), name: value})


def refusal(
    operation: Operation[Any], name: str, value: Any, *, validate: bool = True, **others: Any
) -> ParameterError:
    """Return the error that changed arguments of the documented request bring."""
    with pytest.raises(ParameterError) as caught:
        form(operation, {**example(operation), name: value, **others}, validate=validate)
    return caught.value


def each(wanted: Callable[[Param], bool]) -> pytest.MarkDecorator:
    """Parametrize over the parameters of all operations."""
    found = [(o, p) for o in ALL for p in o.params if wanted(p)]
    assert found
    names = [f"{o.qualified_name}-{p.python_name}" for o, p in found]
    return pytest.mark.parametrize(("operation", "param"), found, ids=names)
