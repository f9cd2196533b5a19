"""Rows on their way: what is called, with what, and under which number."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import Enum
from typing import Any, cast

from attrs import asdict, define, frozen, has

from nim_async._checks import is_sequence, kind
from nim_async._core import wire
from nim_async._core.operation import Operation
from nim_async.batch._calls import Bound, Watched
from nim_async.batch._json import writer
from nim_async.errors import NimError, ParameterError

_DIGEST_BYTES = 16
_SHOWN_BYTES = 4


@frozen(eq=False, slots=False)
class Target:
    """
    What a row calls.

    Attributes:
        method: The method of a client.
        operation: The operation behind it.
        arguments: What it is called with.
    """

    method: Bound
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
    watched: Watched | None = None

    @property
    def h(self) -> str:
        """The hash of the row as a journal shows it."""
        return shown_digest(self.digest)

    def let_go(self) -> None:
        """Forget the call, which knows the row, so that neither waits for the garbage collector."""
        if self.watched is not None:
            self.watched.call = None
            self.watched = None


def digest_of(raw: bytes) -> bytes:
    """Return the hash of a row that is written as bytes."""
    return hashlib.blake2b(raw, digest_size=_DIGEST_BYTES).digest()


def shown_digest(digest: bytes) -> str:
    """Return the piece of a hash that a journal holds."""
    return digest[:_SHOWN_BYTES].hex()


def digest_of_values(given: object) -> bytes:
    """Return the hash of a row in memory, the same in each process for equal rows."""
    try:
        text = _encode(given)
    except (TypeError, ValueError, RecursionError):  # keys of several kinds, or no end
        text = _encode([kind(given), str(given)])
    return digest_of(text.encode())


def _plain(value: object) -> Any:
    """Return what JSON knows in place of a value that it does not."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(cast("Mapping[object, object]", value))
    if is_sequence(value):
        return list(cast("list[object]", value))
    if has(type(value)):
        return {kind(value): asdict(cast("Any", value), recurse=False)}
    return [kind(value), str(value)]


_encode = writer(_plain, sort_keys=True, ascii_only=True)


def target_of(
    method: Bound, operation: Operation[Any], arguments: dict[str, Any]
) -> Target | ParameterError:
    """Return what a row calls, or what is wrong with its names: a method would not say it well."""
    names = arguments.keys()
    if not (names <= operation.names and operation.required <= names):
        problem = refusal(operation, arguments)
        if problem is not None:
            return problem
    return Target(method, operation, arguments)


def refusal(operation: Operation[Any], arguments: Any) -> ParameterError | None:
    """Return what a client says to arguments that it refuses before it sends anything."""
    try:
        wire.encode(operation, arguments, new_id=lambda: "0" * 32)
    except ParameterError as error:
        return error.located(operation=operation.qualified_name)
    return None
