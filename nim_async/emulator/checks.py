"""What may be given to the emulator by the tests that use it; a service would not see it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from math import isfinite
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from nim_async._checks import (
    awaits,
    functions,
    has_host,
    is_iterable,
    kind,
    near,
    plain_text,
    refused,
    shown,
    takes,
)
from nim_async._generated.operations import OPERATIONS
from nim_async.config import RateLimit
from nim_async.emulator.arguments import utf16_length

if TYPE_CHECKING:
    from collections.abc import Callable

    from attrs import Attribute

LIVENESS = "/nimserver/health/liveness.action"
_LAST_SECOND = 253_402_300_799  # of the year 9999, beyond which there are no dates
_MOST_PORTS = 65_535
_CREATE = OPERATIONS["/nimserver/user/create.action"].by_wire_name
_LIMIT = "RateLimit(calls=..., per_seconds=..., block_seconds=...)"


def text(option: str, value: object, instead: str = "") -> None:
    """Refuse what is no text; a token is not shown."""
    if not isinstance(value, str):
        given = kind(value) if option == "token" and value is not None else shown(value)
        raise refused(option, "must be text", given, instead)


def texts(**options: object) -> None:
    """Refuse what is no text, by the name of its option."""
    for option, value in options.items():
        text(option, value)


def optional_texts(**options: object) -> None:
    """Refuse what is neither a text nor ``None``, by the name of its option."""
    texts(**{option: value for option, value in options.items() if value is not None})


def flag(option: str, value: object) -> None:
    """Refuse what is neither ``True`` nor ``False``."""
    if not isinstance(value, bool):
        raise refused(option, "must be True or False", shown(value))


def whole(option: str, value: object, *, least: int | None = None, most: int = sys.maxsize) -> None:
    """Refuse what is no whole number, or too small or large a one."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        instead = "write it without quotes" if isinstance(value, str) else ""
        raise refused(option, "must be a whole number", shown(value), instead)
    if least is not None and int(value) < least:
        raise refused(option, f"must be {least} or more", shown(value))
    if int(value) > most:
        raise refused(option, f"must be {most} at most", shown(value))


def whole_number(
    *, least: int | None = None, most: int = sys.maxsize
) -> Callable[[Any, Attribute[Any], Any], None]:
    """Make a validator of attrs for whole numbers."""

    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        whole(attribute.name, value, least=least, most=most)

    return check


def seconds(option: str, value: object) -> None:
    """Refuse what is no number with an end."""
    if isinstance(value, bool) or not isinstance(value, Real):
        instead = "write it without quotes" if isinstance(value, str) else ""
        raise refused(option, "must be a number of seconds", shown(value), instead)
    try:
        ends = isfinite(value)
    except OverflowError:
        ends = False
    if not ends:
        raise refused(option, "must have an end", shown(value))


def moment(option: str, value: object) -> None:
    """Refuse what is no time that has a date."""
    seconds(option, value)
    if not 0 <= cast("float", value) <= _LAST_SECOND:
        instead = "divide milliseconds by 1000" if cast("float", value) > 0 else ""
        raise refused(option, "must be seconds since 1970", shown(value), instead)


def clock(value: object) -> None:
    """Refuse what does not tell the time when it is called."""
    if isinstance(value, type) or not callable(value) or awaits(value) or not takes(value, 0):
        rule = "must be a Clock, or a plain function without arguments that returns the time"
        raise refused("clock", rule, shown(value), "write Clock()")


def account(option: str, value: object) -> str:
    """Return an accid that the service would register, without its class."""
    rule = _CREATE["accid"]
    text(option, value)
    accid = plain_text(cast("str", value))
    fits = utf16_length(accid) <= (rule.max_length or 0)
    if not (fits and re.fullmatch(rule.pattern or "", accid)):
        instead = "strip() the spaces around it" if accid != accid.strip() else ""
        must = f"must have 1 to {rule.max_length} letters, digits, _, @, . and -"
        raise refused(option, must, shown(accid), instead)
    return accid


def accounts(value: object) -> list[str]:
    """Return the accids of a list, in lower case."""
    if not is_iterable(value):
        given = shown(value)
        instead = "leave accounts out where everybody shall exist"
        if isinstance(value, str):
            instead = "write accounts=[...]"
        elif isinstance(value, Mapping):
            instead = "register(accid, token=...) gives tokens"
        raise refused("accounts", "must be a list of accids", given, instead)
    return sorted({account("accounts", a).lower() for a in cast("Iterable[object]", value)})


def static_token(value: object) -> None:
    """Refuse what cannot be the static token of an account."""
    most = _CREATE["token"].max_length or 0
    if value is None:
        return
    text("token", value)
    length = utf16_length(cast("str", value))
    if not 0 < length <= most:
        rule = f"must have 1 to {most} characters"
        raise refused("token", rule, f"{length} characters", "leave it out for one of its own")


def tags(value: object) -> tuple[str, ...]:
    """Return the texts of a list."""
    if not is_iterable(value):
        instead = "write tags=[...]" if isinstance(value, str) else "leave tags out for none"
        raise refused("tags", "must be a list of texts", shown(value), instead)
    found: tuple[str, ...] = tuple(cast("Iterable[str]", value))
    for tag in found:
        text("tags", tag)
    return found


def content(attach: object) -> None:
    """Refuse what is no text to speak, such as a message body."""
    instead = ""
    if callable(getattr(attach, "attach", None)):
        instead = "write attach=body.attach(), msg_type=body.msg_type"
    text("attach", attach, instead)


def function(option: str, value: object, *, of: str) -> None:
    """Refuse what is no plain function of one argument."""
    functions(option, [value], of=of)


def fault(value: object) -> None:
    """Refuse what is no fault."""
    awaited = awaits(value) or getattr(value, "__name__", "") == "<lambda>"  # which may return one
    if isinstance(value, type) or not callable(value) or not awaited or not takes(value, 1):
        instead = f"write {value.__name__[:40]}(...)" if isinstance(value, type) else ""
        rule = "must be one such as Drop(), or a coroutine function of one argument"
        raise refused("fault", rule, shown(value), instead)


def mischief(value: object) -> None:
    """Refuse what is no fault of webhooks."""
    usable = not isinstance(value, type) and callable(value) and not awaits(value)
    if not usable or not takes(cast("Callable[..., object]", value), 1):
        instead = f"write {value.__name__[:40]}(...)" if isinstance(value, type) else ""
        rule = "must be one such as Doubled(), or a plain function of one argument"
        raise refused("mischief", rule, shown(value), instead)


def endpoint(value: object) -> None:
    """Refuse what is no base URL."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        usable = parts is not None and parts.scheme in {"http", "https"} and has_host(parts)
    except ValueError:
        usable = False
    if not usable:
        given = "another text" if isinstance(value, str) else shown(value)  # may hold a password
        rule = "must be base URLs such as https://one.example/nimserver"
        raise refused("endpoints", rule, given)


def address(host: object, port: object) -> None:
    """Refuse what nobody can listen on."""
    text("host", host)
    if not host:
        raise refused("host", "is empty", shown(host), "leave it out for the loopback address")
    whole("port", port, least=0, most=_MOST_PORTS)


def operation_path(option: str, name: object, *, unknown: bool = False) -> str:
    """
    Return the path of an operation.

    Args:
        option: What names it.
        name: A name such as ``chatroom.get``, ``chatroom/get`` or the whole path.
        unknown: Whether any whole path will do.
    """
    if isinstance(name, str):
        name = plain_text(name)
        found = _path(name)
        if found in OPERATIONS or found == LIVENESS or (unknown and name.startswith("/")):
            return found
    known = [operation.qualified_name for operation in OPERATIONS.values()]
    meant = near(name, known) if isinstance(name, str) else None
    instead = f"do you mean {meant!r}?" if meant else "write one such as 'chatroom.get'"
    raise refused(option, "must name operations by name or path", shown(name), instead)


def _path(name: str) -> str:
    if name.startswith("/"):
        return name
    for path, operation in OPERATIONS.items():
        if operation.qualified_name == name:
            return path
    return f"/nimserver/{name}.action"


def limits(value: object) -> dict[str, RateLimit]:
    """Return the call frequency to enforce, by path: none, the table's, or the table's mended."""
    if value is False:
        return {}
    found = {path: op.rate_limit for path, op in OPERATIONS.items()}
    if value is not True:
        if not isinstance(value, Mapping):
            instead = f'write {{"chatroom.get": {_LIMIT}}}'
            rule = "must be True, False or map names to limits"
            raise refused("rate_limits", rule, shown(value), instead)
        for name, limit in cast("Mapping[object, object]", value).items():
            path = operation_path("rate_limits", name)
            if limit is not None and not isinstance(limit, RateLimit):
                rule = f"of {shown(name)} must be a RateLimit or None"
                raise refused("rate_limits", rule, shown(limit), f"write {_LIMIT}")
            found[path] = limit
    return {path: limit for path, limit in found.items() if limit is not None}
