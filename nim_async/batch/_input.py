"""
Rows of a file: lines of JSON, CSV or Parquet.

Each row names its operation: ``{"op": "chatroom.create", "args": {…}, "id": …}``; in a table ``op``
and ``id`` are columns, and so is each parameter.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Protocol, TypeAlias, cast

from attrs import frozen

from nim_async._checks import near, shown
from nim_async._core import jsontext
from nim_async._core.operation import Kind, Operation
from nim_async._generated.operations import OPERATIONS
from nim_async.batch._rows import digest_of, digest_of_values, shown_digest
from nim_async.errors import ConfigurationError, ParameterError

if TYPE_CHECKING:
    from pathlib import Path

Format: TypeAlias = Literal["jsonl", "csv", "parquet"]
FORMATS: Mapping[str, Format] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".parquet": "parquet"
}  # fmt: skip
_LINE_BYTES = 16 * 1024 * 1024
_PARQUET = b"PAR1"
_BINARY = (_PARQUET, b"\x1f\x8b", b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")
_NAMES = ("op", "args", "id")
_AS_TEXT = frozenset({Kind.TEXT, Kind.JSON})  # whose spaces may be meant
_BY_NAME = {o.qualified_name: o for o in OPERATIONS.values()} | dict(OPERATIONS)
_COLUMNS = {
    name for o in OPERATIONS.values() for p in o.params for name in (p.python_name, p.wire_name)
}


@frozen(eq=False)
class Parsed:
    """
    What a row says.

    Attributes:
        id: The caller's own name for it.
        operation: What it calls; nothing where the row is wrong.
        arguments: By Python name.
        problem: What is wrong with it.
    """

    id: Any
    operation: Operation[Any] | None = None
    arguments: dict[str, Any] | None = None
    problem: ParameterError | None = None


@frozen(eq=False)
class Entry:
    """
    A row of a file, read when that is needed.

    Attributes:
        n: Line of the file it begins on, or its number in a file without lines; from 1.
        digest: Hash of it.
        parse: Reads it.
    """

    n: int
    digest: bytes
    parse: Callable[[], Parsed]

    @property
    def h(self) -> str:
        """The hash as a journal shows it."""
        return shown_digest(self.digest)


class Input(Protocol):
    """A file of rows, which may be gone through again and again."""

    def entries(self) -> Iterator[Entry]:
        """
        Go through the rows.

        Raises:
            ConfigurationError: The file is not what it says.
        """
        ...


def opened(stream: BinaryIO, name: str, kind: Format, default: str | None) -> Input:
    """
    Return the rows of a file.

    Args:
        stream: The file, which can be read from its beginning more than once.
        name: Its name, for errors.
        kind: What it says it is.
        default: The operation of rows that name none.

    Raises:
        ConfigurationError: It is something else, or the operation is unknown.
    """
    if default is not None and default not in _BY_NAME:
        raise ConfigurationError(_unknown_operation(default), option="op")
    stream.seek(0)
    beginning = stream.read(8)
    if kind == "parquet":
        if beginning and not beginning.startswith(_PARQUET):
            raise _wrong(name, "is no Parquet file")
        return _Parquet(stream, name, default)
    if b"\0" in beginning or beginning.startswith(_BINARY):
        raise _wrong(name, "is no text")
    return _Csv(stream, name, default) if kind == "csv" else _Lines(stream, name, default)


def _wrong(name: str, problem: str) -> ConfigurationError:
    return ConfigurationError(f"{name} {problem}", option="input")


@frozen(eq=False)
class _File:
    """
    A file of rows.

    Attributes:
        stream: The file.
        name: Its name, for errors.
        default: The operation of rows that name none.
    """

    stream: BinaryIO
    name: str
    default: str | None


class _Lines(_File):
    def entries(self) -> Iterator[Entry]:
        self.stream.seek(0)
        n = 0
        while line := self.stream.readline(_LINE_BYTES):
            n += 1
            if len(line) == _LINE_BYTES and not line.endswith(b"\n"):
                yield self._too_long(n, line)
                continue
            if n == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            raw = line.strip()
            if raw:
                yield Entry(n, digest_of(raw), partial(self._parsed, raw))

    def _too_long(self, n: int, line: bytes) -> Entry:
        digest = digest_of(line)
        while line and not line.endswith(b"\n"):
            line = self.stream.readline(_LINE_BYTES)
        problem = ParameterError.refused("row", f"at most {_LINE_BYTES} bytes", "a longer line")
        return Entry(n, digest, lambda: Parsed(None, problem=problem))

    def _parsed(self, raw: bytes) -> Parsed:
        try:
            row = jsontext.loads(raw)
        except UnicodeDecodeError:
            return _malformed("text in UTF-8", "other bytes")
        except json.JSONDecodeError as error:
            return _malformed("a JSON object", f"no JSON: {error.msg} at character {error.pos + 1}")
        except (ValueError, RecursionError):
            return _malformed("a JSON object", "no JSON that can be held")
        if not isinstance(row, dict):
            return _malformed("a JSON object", shown(row))
        members = cast("dict[str, Any]", row)
        for name in members:
            if name not in _NAMES:
                meant = near(name, _NAMES)
                hint = None if meant is None else f"do you mean {meant}?"
                return _malformed("op, args and id", shown(name), hint, own_id=members.get("id"))
        return parsed(members.get("op"), members.get("args", {}), members.get("id"), self.default)


class _Csv(_File):
    def entries(self) -> Iterator[Entry]:
        self.stream.seek(0)
        text = io.TextIOWrapper(
            cast("Any", self.stream), "utf-8-sig", errors="surrogateescape", newline=""
        )
        try:
            yield from self._rows(text)
        finally:
            text.detach()

    def _rows(self, text: io.TextIOWrapper) -> Iterator[Entry]:
        csv.field_size_limit(_LINE_BYTES)
        reader = csv.reader(text, strict=True)
        try:
            header = next(reader, None)
        except csv.Error as error:
            raise _wrong(self.name, f"is no CSV: {error}") from None
        if header is None:
            return
        names = [name.strip() for name in header]
        _check_columns(self.name, names, self.default)
        before = reader.line_num
        while True:
            n = before + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _wrong(self.name, f"is no CSV from line {n} on: {error}") from None
            before = reader.line_num
            if cells:
                digest = digest_of_values([names, cells])
                yield Entry(n, digest, partial(self._parsed, names, cells))

    def _parsed(self, names: list[str], cells: list[str]) -> Parsed:
        if len(cells) > len(names):
            return _malformed(f"{len(names)} columns", f"{len(cells)}")
        given = {name: cell for name, cell in zip(names, cells, strict=False) if cell}
        try:
            "".join(cells).encode()
        except UnicodeEncodeError:
            return _malformed("text in UTF-8", "other bytes", own_id=None)
        return _of_columns(given, self.default, typed=_typed)


class _Parquet(_File):
    def entries(self) -> Iterator[Entry]:
        try:
            arrow: Any = import_module("pyarrow")  # an optional extra
            parquet: Any = import_module("pyarrow.parquet")
        except ImportError:
            text = 'Parquet needs pyarrow: pip install "nim-async[parquet]"'
            raise ConfigurationError(text, option="input") from None
        self.stream.seek(0)
        n = 0
        try:
            file: Any = parquet.ParquetFile(self.stream)
            _check_columns(self.name, list(file.schema_arrow.names), self.default)
            for batch in file.iter_batches(batch_size=1024):
                for row in batch.to_pylist():
                    n += 1
                    yield Entry(n, digest_of_values(row), partial(self._parsed, row))
        except (arrow.ArrowException, OSError) as error:
            reason = str(error).partition("\n")[0][:200]
            raise _wrong(self.name, f"is no Parquet file: {reason}") from None

    def _parsed(self, row: dict[str, Any]) -> Parsed:
        given = {name: value for name, value in row.items() if value is not None}
        return _of_columns(given, self.default, typed=lambda _, value: value)


def _check_columns(file: str, names: list[str], default: str | None) -> None:
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise _wrong(file, f"has two columns {shown(doubled)}")
    for name in names:
        if name not in _NAMES and name not in _COLUMNS:
            meant = near(name, {*_NAMES, *_COLUMNS})
            hint = f"; do you mean {meant}?" if meant else ""
            raise _wrong(file, f"has a column {shown(name)}, no parameter of any operation{hint}")
    if "op" not in names and default is None:
        raise _wrong(file, "has no column 'op', and no operation is given for all rows")


def _of_columns(
    given: dict[str, Any], default: str | None, *, typed: Callable[[Kind, Any], Any]
) -> Parsed:
    op, own_id, arguments = given.pop("op", None), given.pop("id", None), given.pop("args", {})
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except (ValueError, RecursionError):
            return _malformed("args that are a JSON object", "other text", own_id=own_id)
    if isinstance(arguments, dict):
        named = op or default
        kinds = _kinds(named) if isinstance(named, str) else {}
        arguments = cast("dict[str, Any]", arguments) | {
            name: typed(kinds.get(name, Kind.TEXT), value) for name, value in given.items()
        }
    return parsed(op, arguments, own_id, default)


@lru_cache
def _kinds(op: str) -> dict[str, Kind]:
    operation = _BY_NAME.get(op)
    params = () if operation is None else operation.params
    return {name: p.kind for p in params for name in (p.python_name, p.wire_name)}


def _typed(kind: Kind, cell: str) -> Any:
    """Return a cell as the client takes it, which reads numbers and JSON in texts by itself."""
    if kind in _AS_TEXT:
        return cell
    text = cell.strip()
    return text.lower() if kind is Kind.BOOLEAN else text


def parsed(op: object, args: object, own_id: object, default: str | None) -> Parsed:
    """Return what a row says by its parts."""
    if not isinstance(own_id, str | int | float | None):
        return _malformed("an id that is text or a number", "something else")
    op = default if op is None else op
    if not isinstance(op, str):
        given = "none" if op is None else shown(op)
        return _malformed("op, the name of an operation", given, own_id=own_id)
    operation = _BY_NAME.get(op)
    if operation is None:
        meant = near(op, [name for name in _BY_NAME if not name.startswith("/")])
        hint = None if meant is None else f"do you mean {meant}?"
        return _malformed("op, the name of an operation", shown(op), hint, own_id=own_id)
    if not isinstance(args, dict):
        return _malformed("args that are an object", shown(args), own_id=own_id)
    arguments: dict[str, Any] = {}
    for name, value in cast("dict[str, Any]", args).items():
        param = operation.by_wire_name.get(name)
        known = name if param is None else param.python_name
        if known in arguments:
            return _malformed(f"{known} once", "twice", own_id=own_id)
        arguments[known] = value
    return Parsed(own_id, operation, arguments)


def _malformed(limit: str, given: str, hint: str | None = None, *, own_id: Any = None) -> Parsed:
    own_id = own_id if isinstance(own_id, str | int | float | None) else None
    return Parsed(own_id, problem=ParameterError.refused("row", limit, given, hint))


def _unknown_operation(name: str) -> str:
    meant = near(name, [other for other in _BY_NAME if not other.startswith("/")])
    return f"there is no operation {shown(name)}" + (f"; do you mean {meant}?" if meant else "")


def format_of(path: Path) -> Format:
    """
    Return what a file says it is by the end of its name.

    Raises:
        ConfigurationError: It says nothing.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(FORMATS)
        raise _wrong(path.name, f"ends with none of {known}; say what it is with --format")
    return kind


def doubled(ids: Iterable[tuple[int, Any]], suspects: set[bytes]) -> dict[Any, list[int]]:
    """Return the ids that come more than once, with the lines they are on."""
    found: dict[Any, list[int]] = {}
    for n, own_id in ids:
        if key_of(own_id) in suspects:
            found.setdefault(json.dumps(own_id, ensure_ascii=False), []).append(n)
    return {own_id: lines for own_id, lines in found.items() if len(lines) > 1}


def key_of(own_id: Any) -> bytes:
    """Return a short key of an id."""
    return digest_of(json.dumps(own_id).encode())[:8]
