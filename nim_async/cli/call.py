"""``nim-async call``: any operation, or any path."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nim_async._checks import shown
from nim_async._core.model import plain
from nim_async._core.operation import Kind
from nim_async.cli.common import Wrong, method_of, run
from nim_async.cli.described import alike, complete_names, description_of, operation_named
from nim_async.cli.terminal import write_json
from nim_async.client import NimClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from nim_async._core.operation import Operation, Param

_KEY = re.compile(r"[\w.-]+")
_DECIMAL = re.compile(r"-?[0-9]+", re.ASCII)


@click.command("call", short_help="Call an operation.")
@click.argument("operation", shell_complete=complete_names)
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
    given = [_pair(pair, number) for number, pair in enumerate(pairs, 1)]
    if operation.startswith("/"):
        request = _raw(_typed(operation, "the path"), given)
    else:
        request = _named(operation, given, check_choices=not no_validate)
    options = {"timeout": timeout, "deadline": deadline, "validate": not no_validate}

    async def reply() -> object:
        settings = {name: value for name, value in options.items() if value is not None}
        async with NimClient.from_env(**settings) as nim:
            return await request(nim.options(trace_id=trace_id))

    write_json(plain(run(reply)), indent=2)


def _typed(argument: str, place: str) -> str:
    """Return an argument as it was typed, in UTF-8 where the locale knows less than that."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        try:
            return os.fsencode(argument).decode()
        except UnicodeError:
            raise Wrong(f"{place} is no text in UTF-8") from None
    return argument


def _pair(pair: str, number: int) -> tuple[str, str]:
    """Read an argument; one that is no pair may hold a secret, so only its place is told."""
    place = f"argument {number} after the operation"
    key, equals, value = _typed(pair, place).partition("=")
    if not equals or not _KEY.fullmatch(key):
        raise Wrong(f"{place} is not KEY=VALUE")
    if value.startswith("@@"):
        return key, value[1:]
    if value.startswith("@"):
        return key, _file(key, value[1:])
    return key, value


def _file(key: str, name: str) -> str:
    """Read a value; a byte order mark and the line end of editors do not belong to it."""
    if name == "-" and sys.stdin is None:
        raise Wrong(f"{shown(key)}: cannot read standard input: it is closed")
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a text file in UTF-8"
        raise Wrong(f"{shown(key)}: cannot read {shown(name)}: {reason}") from None
    return text.removesuffix("\n").removesuffix("\r")


def _raw(path: str, given: Iterable[tuple[str, str]]) -> Callable[[NimClient], Awaitable[object]]:
    parameters: dict[str, str] = {}
    for key, value in given:
        if key in parameters:
            raise Wrong(f"{shown(key)} is given twice")
        parameters[key] = value
    return lambda nim: nim.call(path, parameters)


def _named(
    name: str, given: Iterable[tuple[str, str]], *, check_choices: bool
) -> Callable[[NimClient], Awaitable[object]]:
    operation = operation_named(name)
    arguments = _arguments(operation, given)
    if check_choices:
        _check_choices(operation, arguments)
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
            hint = alike(key, {p.python_name for p in operation.params}) or f"; it takes {names}"
            raise Wrong(f"{operation.qualified_name} has no parameter {shown(key)}{hint}")
        if param.python_name in arguments:
            raise Wrong(f"{param.python_name} is given twice")
        arguments[param.python_name] = _value(operation, param, text)
    # Which of them are really missed is for the client to say.
    return {p.python_name: None for p in operation.params if p.required} | arguments


def _check_choices(operation: Operation[Any], arguments: Mapping[str, Any]) -> None:
    """Check what the client would refuse with the values alone, without what they mean."""
    for param in operation.params:
        value = arguments.get(param.python_name)
        if value is not None and param.choices is not None and value not in param.choices:
            raise _none_of(operation, param, value)


def _none_of(operation: Operation[Any], param: Param, value: object) -> Wrong:
    """Return the refusal of a value of a parameter that takes but a few, with their meanings."""
    meaning = description_of(operation).parameters[param.python_name]
    return Wrong(f"{param.python_name}: {shown(value)} is none of its values: {meaning}")


def _value(operation: Operation[Any], param: Param, text: str) -> Any:
    """Read what is no text on the wire either; the rest goes as it is."""
    read = _READERS.get(param.kind)
    if read is None:
        return text
    wanted, convert = read
    try:
        return convert(text)
    except (KeyError, ValueError):
        if param.choices is not None:
            raise _none_of(operation, param, text) from None
        raise Wrong(f"{param.python_name}: {shown(text)} is not {wanted}") from None


def _integer(text: str) -> int:
    if not _DECIMAL.fullmatch(text):
        raise ValueError(text)
    return int(text)


_READERS: Mapping[Kind, tuple[str, Callable[[str], Any]]] = {
    Kind.INTEGER: ("a whole number", _integer),
    Kind.NUMBER: ("a number", float),
    Kind.BOOLEAN: ("true or false", lambda text: {"true": True, "false": False}[text.lower()]),
}
