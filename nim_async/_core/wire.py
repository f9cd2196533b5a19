"""Arguments to form bytes, reply bytes to payload or error."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote_plus

from attrs import fields, has

from nim_async._checks import is_iterable, is_sequence, near, plain_text, shown
from nim_async._core import jsontext, jsonwriter
from nim_async._core.bodies import completed, makes_id
from nim_async._core.operation import INT64_LIMIT, Kind, Operation, Param
from nim_async._core.refusals import as_given, missing, not_json, wrong_type
from nim_async.errors import DecodeError, ParameterError, api_error

SUCCESS = 200
_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,4})?", re.ASCII)
_INTEGERS = re.compile(r"[0-9]{1,19}(,[0-9]{1,19})*", re.ASCII)

# requests


def encode(  # noqa: C901  the path of every call, written out
    operation: Operation[Any],
    arguments: Mapping[str, Any],
    *,
    new_id: Callable[[], str],
    validate: bool = True,
) -> bytes:
    """
    Write the arguments of an operation as a form.

    Args:
        operation: What is called.
        arguments: Python names to values; ``None`` is not sent.
        new_id: Makes a message id where the caller gave none.
        validate: Check the documented limits.

    Raises:
        ParameterError: A value breaks a limit or cannot be written at all.
    """
    values = arguments
    if values.__class__ is not dict or len(values) != len(operation.params):
        values = _named(operation, values, validate)
    if operation.carries_message:
        values = completed(operation.params, values, new_id, validate)
    pairs: list[str] = []
    for param in operation.params:
        try:
            value = values[param.python_name]
        except KeyError:  # as many as there are parameters, but others
            values = _named(operation, values, validate)
            value = values[param.python_name]
        if value is None:
            if validate and param.required:
                raise missing(param)
            continue
        if type(value) is int and value in param.whole_numbers:
            pairs.append(f"{param.wire_name}={value}")
            continue
        if type(value) is not str and isinstance(value, str):
            value = plain_text(value)
        text = _WRITERS[param.kind](param, value, validate, new_id)
        if validate and param.max_length is not None:
            _check_length(param, text)
        if not (text.isascii() and text.isalnum()):
            text = _quoted(param.python_name, text)
        pairs.append(f"{param.wire_name}={text}")
    return "&".join(pairs).encode("ascii")


def encode_plain(parameters: Mapping[str, Any]) -> bytes:
    """
    Write wire names and values of a call the table does not know as a form.

    Text goes as it is, numbers in decimal, booleans as ``true`` and ``false``, anything else as
    JSON; ``None`` is not sent.

    Raises:
        ParameterError: A value cannot be written.
    """
    given = cast("object", parameters)
    if not isinstance(given, Mapping):
        raise ParameterError.refused("parameters", "a mapping of wire names", shown(given))
    pairs: list[str] = []
    for key, value in cast("Mapping[object, object]", given).items():
        if not isinstance(key, str):
            raise ParameterError.refused("parameters", "names that are text", shown(key))
        if value is not None:
            name = plain_text(key)
            text = plain_text(value) if isinstance(value, str) else _dumps(name, value)
            pairs.append(f"{_quoted(name, name)}={_quoted(name, text)}")
    return "&".join(pairs).encode("ascii")


def utf16_length(text: str) -> int:
    """Count UTF-16 units, which is never less than what is counted elsewhere."""
    return len(text) if text.isascii() else len(text) + sum(c > "\uffff" for c in text)


def _named(
    operation: Operation[Any],
    arguments: object,
    validate: bool,  # noqa: FBT001
) -> dict[str, Any]:
    """Refuse names that the operation does not know, and add those that are left out."""
    if not isinstance(arguments, Mapping):
        raise ParameterError.refused("arguments", "a mapping of Python names", shown(arguments))
    found = dict.fromkeys(operation.names) | dict(cast("Mapping[str, Any]", arguments))
    for name in found if validate else ():
        if name not in operation.names:
            param = operation.by_wire_name.get(name)
            meant = param.python_name if param else near(str(name), operation.names)
            raise ParameterError.refused(
                "arguments",
                "names of the operation's parameters",
                shown(name),
                None if meant is None else f"do you mean {meant}?",
            )
    return found


def _check_length(param: Param, text: str) -> None:
    limit = param.max_length
    if limit is not None and (length := utf16_length(text)) > limit:
        raise ParameterError.refused(
            param.python_name, f"at most {limit} characters", f"{length} characters"
        )


def _check_items(param: Param, count: int, validate: bool) -> None:  # noqa: FBT001
    if validate and param.max_items is not None and count > param.max_items:
        raise ParameterError.refused(
            param.python_name, f"at most {param.max_items} items", f"{count} items"
        )


def _quoted(name: str, text: str) -> str:
    try:
        return quote_plus(text)
    except UnicodeEncodeError:
        raise ParameterError.refused(
            name, "text that UTF-8 can hold", "text with half of a surrogate pair"
        ) from None


def _dumps(name: str, value: object) -> str:
    try:
        return jsonwriter.written(value)
    except jsonwriter.NotJson as error:
        raise not_json(name, error) from None


def _text(param: Param, value: object, validate: bool, _: object) -> str:  # noqa: FBT001
    if not isinstance(value, str):
        raise wrong_type(param, "text", value)
    if validate and param.choices is not None and value not in param.choices:
        raise wrong_type(param, f"one of {', '.join(map(str, param.choices))}", value)
    if validate and param.pattern is not None and not re.fullmatch(param.pattern, value):
        raise wrong_type(param, f"text that matches {param.pattern}", value)
    return value


def _integer(param: Param, value: object, validate: bool, _: object) -> str:  # noqa: FBT001
    if isinstance(value, str):
        if not _INTEGER.fullmatch(value):
            raise wrong_type(param, "a whole number", value)
        value = int(value)
    if isinstance(value, bool) and param.choices != (0, 1):
        raise wrong_type(param, "a whole number", value)
    if not isinstance(value, int):
        raise wrong_type(param, "a whole number", value)
    number = int.__index__(value)
    if validate:
        _check_range(param, number)
    return _decimal(param, number)


def _decimal(param: Param, number: int) -> str:
    try:
        return int.__repr__(number)
    except ValueError:  # more digits than Python writes
        raise ParameterError.refused(
            param.python_name, "a number of 64 bits", "a longer number"
        ) from None


def _check_range(param: Param, number: int) -> None:
    if param.choices is not None and number not in param.choices:
        limit = f"one of {', '.join(map(str, param.choices))}"
    elif param.minimum is not None and number < param.minimum:
        limit = f"at least {param.minimum}"
    elif param.maximum is not None and number > param.maximum:
        limit = f"at most {param.maximum}"
    elif not -INT64_LIMIT <= number < INT64_LIMIT:
        limit = "a number of 64 bits"
    else:
        return
    raise ParameterError.refused(param.python_name, limit, _decimal(param, number)[:40])


def _number(param: Param, value: object, validate: bool, _: object) -> str:  # noqa: FBT001, ARG001
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise wrong_type(param, "a number", value)
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(param, "a number", value)
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond them all
        number = math.inf
    if not math.isfinite(number):
        raise ParameterError.refused(param.python_name, "a finite number", str(number))
    return str(int(value)) if isinstance(value, int) else repr(number)


def _boolean(param: Param, value: object, validate: bool, _: object) -> str:  # noqa: FBT001, ARG001
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, str) and value in {"true", "false"}:
        return value
    raise wrong_type(param, "true or false", value)


def _integers(param: Param, value: object, validate: bool, new_id: object) -> str:  # noqa: FBT001
    if isinstance(value, str):
        if validate and not _INTEGERS.fullmatch(value):
            raise wrong_type(param, "whole numbers with commas between them", value)
        return value
    if not is_iterable(value):
        raise wrong_type(param, "whole numbers", value)
    items = list(cast("Iterable[object]", value))
    if validate and not items:
        raise ParameterError.refused(param.python_name, "at least one whole number", "none")
    return ",".join(
        _integer(param, plain_text(item) if isinstance(item, str) else item, validate, new_id)
        for item in items
    )


def _texts(param: Param, value: object, validate: bool, _: object) -> str:  # noqa: FBT001
    if isinstance(value, str):
        if validate:
            _check_items(param, len(_loaded(param, value, list, "a JSON array of texts")), validate)
        return value
    if not is_iterable(value):
        raise wrong_type(param, "a list of texts", value)
    items = list(cast("Iterable[object]", value))
    _check_items(param, len(items), validate)
    texts: list[str] = []
    for i, item in enumerate(items):
        if isinstance(item, str):
            texts.append(plain_text(item))
        elif isinstance(item, int) and not isinstance(item, bool):
            texts.append(_decimal(param, item))
        else:
            given = f"{as_given(param, item)} at {param.python_name}[{i}]"
            raise ParameterError.refused(param.python_name, "a list of texts", given)
    return _dumps(param.python_name, texts)


def _object(param: Param, value: object, validate: bool, _: object) -> str:  # noqa: FBT001
    if isinstance(value, str):
        if validate:
            _check_items(param, len(_loaded(param, value, dict, "a JSON object")), validate)
        return value
    if not isinstance(value, Mapping):
        raise wrong_type(param, "a mapping", value)
    members = dict(cast("Mapping[object, object]", value))
    _check_items(param, len(members), validate)
    return _dumps(param.python_name, members)


def _json(param: Param, value: object, validate: bool, _: object) -> str:  # noqa: FBT001, ARG001
    return value if isinstance(value, str) else _dumps(param.python_name, value)


def _objects(
    param: Param,
    value: object,
    validate: bool,  # noqa: FBT001
    new_id: Callable[[], str],
) -> str:
    if isinstance(value, str):
        if validate:
            found = _loaded(param, value, list, "a JSON array of objects")
            _check_items(param, len(found), validate)
        return value
    if not is_sequence(value):
        raise wrong_type(param, "a list of objects", value)
    items = list(cast("Sequence[object]", value))
    _check_items(param, len(items), validate)
    return _dumps(
        param.python_name,
        [_item(param, i, item, validate, new_id) for i, item in enumerate(items)],
    )


_Writer = Callable[[Param, object, bool, Callable[[], str]], str]
_WRITERS: dict[Kind, _Writer] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.INTEGERS: _integers,
    Kind.TEXTS: _texts,
    Kind.OBJECT: _object,
    Kind.OBJECTS: _objects,
    Kind.JSON: _json,
}


def _item(
    outer: Param,
    index: int,
    item: object,
    validate: bool,  # noqa: FBT001
    new_id: Callable[[], str],
) -> dict[str, object]:
    """Turn one object inside a parameter into what is written as JSON."""
    given: Mapping[str, Any]
    cls: Any = type(item)
    if has(cls):
        given = {f.name: getattr(item, f.name) for f in fields(cls)}
    elif isinstance(item, Mapping):
        names = {p.wire_name: p.python_name for p in outer.items}
        members = cast("Mapping[object, Any]", item)
        texts = [plain_text(key) if isinstance(key, str) else str(key) for key in members]
        given = {names.get(k, k): v for k, v in zip(texts, members.values(), strict=True)}
    else:
        text = f"{as_given(outer, item)} at {outer.python_name}[{index}]"
        raise ParameterError.refused(outer.python_name, "a list of objects", text)
    given = {"msg_id": None, **given} if makes_id(outer.items) else given
    written: dict[str, object] = {}
    place = f"{outer.python_name}[{index}]"
    try:
        given = completed(outer.items, given, new_id, validate)
        for param in outer.items:
            value = given.get(param.python_name)
            if value is None:
                if validate and param.required:
                    raise missing(param)
                continue
            if isinstance(value, str):
                value = plain_text(value)
            text = _WRITERS[param.kind](param, value, validate, new_id)
            if validate:
                _check_length(param, text)
            written[param.wire_name] = _JSON_VALUES.get(param.kind, str)(text)
        sent = {name for name, value in given.items() if value is not None}
        known = {p.python_name for p in outer.items}
        if validate and (unknown := sent - known):
            meant = near(min(unknown), known)
            raise ParameterError.refused(
                min(unknown),
                "a documented name",
                "an unknown name",
                None if meant is None else f"do you mean {meant}?",
            )
    except ParameterError as error:
        name = f"{place}.{error.parameter}"
        raise ParameterError.refused(
            name, error.limit or "", error.given or "", error.instead
        ) from None
    return written


_JSON_VALUES: dict[Kind, Callable[[str], object]] = {
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.BOOLEAN: lambda text: text == "true",
}


def _loaded(param: Param, text: str, kind: type[list[Any] | dict[str, Any]], limit: str) -> Any:
    try:
        value: Any = jsontext.loads_text(text)
    except (ValueError, RecursionError):
        raise ParameterError.refused(param.python_name, limit, "text that is not JSON") from None
    if type(value) is not kind:
        raise ParameterError.refused(param.python_name, limit, f"JSON of {type(value).__name__}")
    return value


# replies


def decode(raw: bytes) -> dict[str, Any]:
    """
    Read a reply and check that the service said yes.

    Args:
        raw: Body of a reply with HTTP status 200.

    Returns:
        The whole reply, ``code`` included.

    Raises:
        ApiError: The service said no.
        DecodeError: The reply is not a JSON object with a ``code``.
    """
    try:
        reply = jsontext.loads(raw)
    except UnicodeDecodeError as error:
        raise DecodeError([f"$: not UTF-8 at byte {error.start}"]) from None
    except json.JSONDecodeError as error:
        raise DecodeError([f"$: not JSON: {error.msg} at {error.pos}"]) from None
    except (ValueError, RecursionError):
        raise DecodeError(["$: not JSON that can be held"]) from None
    if not isinstance(reply, dict):
        raise DecodeError([f"$: {_kind_of(reply)} in place of an object"])
    members: dict[str, Any] = reply  # pyright: ignore[reportUnknownVariableType]
    code = members.get("code")
    if type(code) is not int:
        code = _code(members)
    if code != SUCCESS:
        desc = members.get("desc")
        raise api_error(code, desc if isinstance(desc, str) else "", payload=members)
    return members


def _code(members: dict[str, Any]) -> int:
    if "code" not in members:
        raise DecodeError(["$.code: missing"])
    code = members["code"]
    if isinstance(code, str) and _INTEGER.fullmatch(code):
        return int(code)
    raise DecodeError([f"$.code: {_kind_of(code)} in place of a whole number"])


def _kind_of(value: object) -> str:
    for cls, name in (
        (dict, "an object"),
        (list, "an array"),
        (str, "a text"),
        (bool, "a boolean"),
    ):
        if isinstance(value, cls):
            return name
    return "null" if value is None else "a number"
