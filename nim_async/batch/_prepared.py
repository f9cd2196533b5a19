"""A file of rows before anything is sent: what it says is checked, and compared with a journal."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from array import array
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from attrs import define, field

from nim_async.batch._calls import Bound
from nim_async.batch._input import Input, Parsed, doubled, key_of
from nim_async.batch._rows import Row, target_of
from nim_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from nim_async._core.operation import Operation
    from nim_async.batch._journal import Journal

_BUCKETS = 256
_IN_MEMORY_BYTES = 1024 * 1024
_NAMED_IDS = 5


@define(eq=False)
class Ids:
    """Finds ids that come twice, with eight bytes for each."""

    _buckets: list[array[int]] = field(
        init=False, factory=lambda: [array("Q") for _ in range(_BUCKETS)]
    )

    def add(self, own_id: Any) -> None:
        """Take the id of a row, if it has one."""
        if own_id is not None:
            key = key_of(own_id)
            self._buckets[key[0]].append(int.from_bytes(key))

    def suspects(self) -> set[bytes]:
        """Return the keys that came twice."""
        found: set[bytes] = set()
        for bucket in self._buckets:
            keys = sorted(bucket)
            found.update(a.to_bytes(8) for a, b in itertools.pairwise(keys) if a == b)
        return found


def prepare(rows: Input, journal: Journal | None) -> int:
    """
    Go through a file before anything is sent.

    Args:
        rows: The rows.
        journal: The open journal; it learns of rows that are new to it.

    Returns:
        How many rows there are.

    Raises:
        ConfigurationError: The file is not what it says, has an id twice, or is not the one that
            the journal knows.
        OSError: The journal cannot be written.
    """
    ids, count, good = Ids(), 0, False
    first: Parsed | None = None
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as learned:
        for entry in rows.entries():
            count += 1
            if journal is not None:
                new = journal.learn(entry.n, entry.h)
                if not new:  # it was looked at when it was
                    continue
                learned.write(new)
            parsed = entry.parse()
            ids.add(parsed.id)
            good = good or parsed.operation is not None
            first = first or parsed
        more = bool(learned.tell()) or journal is None
        if journal is not None and journal.knew_rows:
            if more:
                _add_known(rows, ids, journal)
        elif first is not None and not good:
            text = f"the input has no row of an operation; its first: {first.problem}"
            raise ConfigurationError(text, option="input")
        if more:
            _refuse_doubled(rows, ids)
        if journal is not None:
            journal.check_complete()
            learned.seek(0)
            while piece := learned.read(_IN_MEMORY_BYTES):
                journal.remember(piece)
    return count


def _add_known(rows: Input, ids: Ids, journal: Journal) -> None:
    """Add the ids of rows that an earlier run knew, with which new ones might collide."""
    for entry in rows.entries():
        if journal.knew(entry.n):
            ids.add(entry.parse().id)


def _refuse_doubled(rows: Input, ids: Ids) -> None:
    suspects = ids.suspects()
    if not suspects:
        return
    found = doubled(((e.n, e.parse().id) for e in rows.entries()), suspects)
    if found:
        named = [
            f"{own_id} on lines {', '.join(map(str, lines[:_NAMED_IDS]))}"
            for own_id, lines in list(found.items())[:_NAMED_IDS]
        ]
        more = f" and {len(found) - _NAMED_IDS} more" if len(found) > _NAMED_IDS else ""
        text = f"ids come more than once: {'; '.join(named)}{more}"
        raise ConfigurationError(text, option="input")


def rows_of(
    rows: Input,
    method_of: Callable[[Operation[Any]], Callable[..., Awaitable[Any]]],
    journal: Journal | None,
) -> Iterator[Row]:
    """
    Go through the rows that are to be called.

    Args:
        rows: The file.
        method_of: Returns the method that stands for an operation.
        journal: Says which rows have ended.

    Raises:
        ConfigurationError: The file was changed meanwhile.
    """
    bound: dict[str, Bound] = {}
    for entry in rows.entries():
        if journal is not None and journal.has_ended(entry.n, entry.h):
            continue
        parsed = entry.parse()
        operation = parsed.operation
        if operation is None:
            target: Any = parsed.problem
        else:
            if operation.path not in bound:
                bound[operation.path] = Bound(method_of(operation))
            target = target_of(bound[operation.path], operation, parsed.arguments or {})
        yield Row(entry.n, parsed, parsed.id, target, entry.digest)


def spooled(stream: BinaryIO) -> BinaryIO:
    """Keep what comes from a stream in a file without a name, so that it can be read twice."""
    kept = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115  it lives as long as the job
    shutil.copyfileobj(stream, kept)
    return kept
