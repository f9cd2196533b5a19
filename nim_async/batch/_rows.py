"""Rows on their way: what is called, with what, and under which number."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, cast

from attrs import asdict, define, frozen, has

from nim_async._checks import is_sequence, kind
from nim_async._core import wire
from nim_async._core.operation import Operation
from nim_async.errors import NimError, ParameterError

_DIGEST_BYTES = 16
_SHOWN_BYTES = 4


@frozen(eq=False)
class Target:
    """
    What a row calls.

    Attributes:
        method: The method, bound to a client.
        operation: The operation behind it.
        arguments: What it is called with.
    """

    method: Callable[..., Awaitable[Any]]
    operation: Operation[Any]
    arguments: dict[str, Any]


@define(eq=False)
class Row:
    """
    One row.

    Attributes:
        n: Its number, from 1: the line of a file, or the position among rows in memory.
        given: As it was given.
        id: The caller's own name for it.
        target: What it calls, or what is wrong with it.
        digest: Hash of the row, where there is a journal.
        watched: The `Watched` call that is made of it.
    """

    n: int
    given: Any
    id: Any
    target: Target | NimError
    digest: bytes = b""
    watched: Any = None

    @property
    def h(self) -> str:
        """The hash of the row as a journal shows it."""
        return shown_digest(self.digest)


def digest_of(raw: bytes) -> bytes:
    """Return the hash of a row that is written as bytes."""
    return hashlib.blake2b(raw, digest_size=_DIGEST_BYTES).digest()


def shown_digest(digest: bytes) -> str:
    """Return the piece of a hash that a journal holds."""
    return digest[:_SHOWN_BYTES].hex()


def digest_of_values(given: object) -> bytes:
    """Return the hash of a row in memory, the same in each process for equal rows."""
    text = json.dumps(_plain(given), sort_keys=True, separators=(",", ":"))
    return digest_of(text.encode())


def _plain(value: object) -> Any:
    if value is None or type(value) in {str, int, float, bool}:
        return value
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, Mapping):
        members = cast("Mapping[object, object]", value)
        return {str(key): _plain(member) for key, member in members.items()}
    if is_sequence(value):
        return [_plain(item) for item in cast("list[object]", value)]
    if has(type(value)):
        return {kind(value): _plain(asdict(cast("Any", value), recurse=False))}
    return [kind(value), str(value)]


def target_of(
    method: Callable[..., Awaitable[Any]], operation: Operation[Any], arguments: Any
) -> Target | ParameterError:
    """Return what a row calls, or what is wrong with its names: a method would not say it well."""
    given = cast("dict[str, Any]", arguments) if isinstance(arguments, dict) else None
    names = given.keys() if given is not None else None
    if names is None or not (names <= operation.names and operation.required <= names):
        problem = refusal(operation, arguments)
        if problem is not None:
            return problem
    return Target(method, operation, given or {})


def refusal(operation: Operation[Any], arguments: Any) -> ParameterError | None:
    """Return what a client says to arguments that it refuses before it sends anything."""
    try:
        wire.encode(operation, arguments, new_id=lambda: "0" * 32)
    except ParameterError as error:
        return error.located(operation=operation.qualified_name)
    return None
