"""``nim-async call``: any operation, or any path."""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nim_async._core.model import plain
from nim_async._core.operation import Kind
from nim_async._generated.operations import OPERATIONS
from nim_async.cli.common import Wrong, method_of, run, write_json
from nim_async.client import NimClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from nim_async._core.operation import Operation, Param

_DECIMAL = re.compile(r"-?[0-9]+", re.ASCII)
_ALIKE = 0.7
_BY_NAME = {operation.qualified_name: operation for operation in OPERATIONS.values()}


@click.command("call", short_help="Call an operation.")
@click.argument("operation")
@click.argument("pairs", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--timeout", type=float, metavar="SECONDS", help="Bound of one attempt.")
@click.option("--deadline", type=float, metavar="SECONDS", help="Bound of the whole call.")
@click.option("--trace-id", metavar="TEXT", help="RequestId to send, for support tickets.")
@click.option("--no-validate", is_flag=True, help="Leave the documented limits to the service.")
def call_command(
    operation: str,
    pairs: tuple[str, ...],
    timeout: float | None,
    deadline: float | None,
    trace_id: str | None,
    no_validate: bool,  # noqa: FBT001
) -> None:
    """
    Call OPERATION and print the reply as JSON.

    OPERATION is a name as `nim-async operations` lists it, or any path of the service.
    Keys are names of parameters, in Python's spelling or that of the wire.
    Values are text; lists and objects are written as JSON.
    @FILE takes the value from a file, @- from standard input, @@ stands for one @.

    \b
    Examples:
      nim-async call chatroom.get room_id=66
      nim-async call chatroom.query_members roomid=66 accids='["amy", "ben"]'
      nim-async call chatroom.update room_id=66 announcement=@notice.txt
      nim-async call /nimserver/user/create.action accid=amy

    Key, secret and endpoint come from the environment: NIM_APP_KEY, NIM_APP_SECRET, NIM_REGION,
    NIM_BASE_URL. Exit status: 1 when the service says no, 2 when used wrongly, 3 when stopped.
    """  # noqa: D301  click wants the character itself
    given = [_pair(pair) for pair in pairs]
    request = _raw(operation, given) if operation.startswith("/") else _named(operation, given)
    options = {"timeout": timeout, "deadline": deadline, "validate": not no_validate}

    async def reply() -> object:
        settings = {name: value for name, value in options.items() if value is not None}
        async with NimClient.from_env(**settings) as nim:
            return await request(nim.options(trace_id=trace_id))

    write_json(plain(run(reply)), indent=2)


def _pair(pair: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not key or not equals:
        raise Wrong(f"{pair!r} is not KEY=VALUE")
    if value.startswith("@@"):
        return key, value[1:]
    if value.startswith("@"):
        return key, _file(key, value[1:])
    return key, value


def _file(key: str, name: str) -> str:
    """Read a value; the line end that editors leave behind does not belong to it."""
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        text = raw.decode()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a text file in UTF-8"
        raise Wrong(f"{key}: cannot read {name!r}: {reason}") from None
    return text.removesuffix("\n").removesuffix("\r")


def _raw(path: str, given: Iterable[tuple[str, str]]) -> Callable[[NimClient], Awaitable[object]]:
    parameters: dict[str, str] = {}
    for key, value in given:
        if key in parameters:
            raise Wrong(f"{key} is given twice")
        parameters[key] = value
    return lambda nim: nim.call(path, parameters)


def _named(name: str, given: Iterable[tuple[str, str]]) -> Callable[[NimClient], Awaitable[object]]:
    operation = _BY_NAME.get(name)
    if operation is None:
        hint = _like(name, _BY_NAME) or "; see nim-async operations"
        raise Wrong(f"there is no operation {name!r}{hint}")
    arguments = _arguments(operation, given)
    return lambda nim: method_of(nim, operation)(**arguments)


def _arguments(operation: Operation[Any], given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return arguments by Python name; required ones that are missing are ``None``."""
    known = {p.wire_name: p for p in operation.params}
    known |= {p.python_name: p for p in operation.params}
    arguments: dict[str, Any] = {}
    for key, text in given:
        param = known.get(key)
        if param is None:
            names = ", ".join(p.python_name for p in operation.params)
            hint = _like(key, {p.python_name for p in operation.params}) or f"; it takes {names}"
            raise Wrong(f"{operation.qualified_name} has no parameter {key!r}{hint}")
        if param.python_name in arguments:
            raise Wrong(f"{param.python_name} is given twice")
        arguments[param.python_name] = _value(param, text)
    # Which of them are really missed is for the client to say.
    return {p.python_name: None for p in operation.params if p.required} | arguments


def _value(param: Param, text: str) -> Any:
    """Read what is no text on the wire either; the rest goes as it is."""
    read = _READERS.get(param.kind)
    if read is None:
        return text
    wanted, convert = read
    try:
        return convert(text)
    except (KeyError, ValueError):
        raise Wrong(f"{param.python_name}: {text[:40]!r} is not {wanted}") from None


def _integer(text: str) -> int:
    if not _DECIMAL.fullmatch(text):
        raise ValueError(text)
    return int(text)


_READERS: Mapping[Kind, tuple[str, Callable[[str], Any]]] = {
    Kind.INTEGER: ("a whole number", _integer),
    Kind.NUMBER: ("a number", float),
    Kind.BOOLEAN: ("true or false", lambda text: {"true": True, "false": False}[text.lower()]),
}


def _like(name: str, known: Iterable[str]) -> str:
    """Suggest what is written alike, or has another namespace before it."""
    names = sorted(known)
    close = [n for n in names if n.endswith(f".{name}")]
    close = close or get_close_matches(name, names, n=3, cutoff=_ALIKE)
    return f"; do you mean {' or '.join(close)}?" if close else ""
