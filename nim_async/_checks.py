"""What options must be, and how a refusal shows what was given."""

from __future__ import annotations

import functools
import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import ip_address
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, cast

from attrs import NOTHING

from nim_async.errors import ConfigurationError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from attrs import Attribute

    Validator = Callable[[Any, Attribute[Any], Any], None]

_SHOWN_CHARACTERS = 40
_SHOWN_NUMBERS = 10**_SHOWN_CHARACTERS
_HOST_CHARACTERS = 253
_LABELS = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?", re.ASCII)
_ONE_VALUE = str | bytes | bytearray | memoryview
_FOUR_NUMBERS = re.compile(r"[0-9]+(\.[0-9]+){3}", re.ASCII)


def shown(value: object) -> str:
    """
    Show what was given in one short line.

    Text and numbers are shown, cut and escaped; of all else, which may hold anything, the kind.
    """
    if isinstance(value, str):
        text = plain_text(value)
        return repr(text[:_SHOWN_CHARACTERS]) + ("…" if len(text) > _SHOWN_CHARACTERS else "")
    if value is None or isinstance(value, int | float):
        return _shown_number(value)
    if isinstance(value, type):
        return f"the class {value.__name__[:_SHOWN_CHARACTERS]}"
    name: str | None = getattr(value, "__qualname__", None)
    if callable(value) and isinstance(name, str):
        return f"the function {name[-_SHOWN_CHARACTERS:]}"
    return kind(value)


def _shown_number(value: float | None) -> str:
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, float):
        return float.__repr__(value)
    long = not -_SHOWN_NUMBERS < value < _SHOWN_NUMBERS
    return f"a number of {value.bit_length()} bits" if long else int.__repr__(value)


def kind(value: object) -> str:
    """Show the type of a value alone."""
    name = type(value).__name__[:_SHOWN_CHARACTERS]
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def plain_text(text: str) -> str:
    """Return the characters of a text, whatever its class shows in their place."""
    return text if type(text) is str else str.__str__(text)


def refused(option: str, rule: str, given: str, instead: str = "") -> ConfigurationError:
    """
    Make the error of an option that cannot be.

    Args:
        option: Its name.
        rule: What it must be, or what is wrong with it, as the end of a sentence.
        given: What was given, as it may be shown.
        instead: What to do about it.
    """
    text = f"{option} {rule}; given: {given}"
    return ConfigurationError(f"{text}; {instead}" if instead else text, option=option)


def near(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was meant, if there is one that looks like it."""
    from difflib import get_close_matches  # noqa: PLC0415  only a mistake pays for it

    bare: dict[str, str] = {}
    for other in known:
        bare[_bare(other)] = bare[_bare(other.rpartition(".")[2])] = other
    found = get_close_matches(_bare(name), bare, n=1)
    return bare[found[0]] if found else None


def _bare(name: str) -> str:
    letters = "".join(filter(str.isalnum, name.lower()))
    return letters.removeprefix("nimserver").removesuffix("action")


def number(*, zero: bool = False, endless: bool = False, optional: bool = False) -> Validator:
    """
    Make what checks an option that is a number, such as seconds.

    Args:
        zero: Whether 0 is one.
        endless: Whether infinity is one.
        optional: Whether it may be left out.
    """

    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        name = attribute.name
        if optional and value is None:
            return
        if isinstance(value, bool) or not isinstance(value, Real):
            raise refused(name, "must be a number", shown(value), _as_number(attribute, value))
        try:
            plain = float(value)
        except OverflowError:  # a whole number beyond them all
            plain = math.nan
        if not (plain >= 0 if zero else plain > 0):
            raise refused(name, f"must be {'0 or more' if zero else 'more than 0'}", shown(value))
        if plain == math.inf and not endless:
            raise refused(name, "must have an end", shown(value))

    return check


def _as_number(attribute: Attribute[Any], value: object) -> str:
    if value is None or isinstance(value, bool):
        return "" if attribute.default is NOTHING else "leave it out for the default"
    return "write it without quotes" if isinstance(value, str) else ""


def as_text(value: object, *, optional: bool = False) -> str:
    """
    Say how to make text of a value that is none, if that can be said.

    Args:
        value: What was given.
        optional: Whether ``None`` may be left out.
    """
    if isinstance(value, bytes | bytearray):
        return "decode it"
    if value is None:
        return "leave it out" if optional else ""
    own = not isinstance(value, type) and type(value).__str__ is not object.__str__
    return "write str() of it" if own else ""


def count(_: object, attribute: Attribute[Any], value: object) -> None:
    """Refuse what is no whole number above 0, as a validator of attrs."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise refused(
            attribute.name, "must be a whole number", shown(value), _as_number(attribute, value)
        )
    plain = int(value) if isinstance(value, Integral) else float(value)
    if not plain > 0:
        raise refused(attribute.name, "must be more than 0", shown(value))
    if not isinstance(plain, int):
        raise refused(attribute.name, "must be a whole number", shown(value))


def truth(_: object, attribute: Attribute[Any], value: object) -> None:
    """Refuse what is neither ``True`` nor ``False``, as a validator of attrs."""
    if not isinstance(value, bool):
        raise refused(attribute.name, "must be True or False", shown(value))


def has_host(url: SplitResult) -> bool:
    """
    Return whether a URL names a host, and a port that can be.

    Raises:
        ValueError: The port is no number, or too large.
    """
    host = url.hostname or ""
    if "[" in url.netloc or _FOUR_NUMBERS.fullmatch(host):
        try:
            ip_address(host)
        except ValueError:
            return False
        return url.port != 0
    named = len(host) <= _HOST_CHARACTERS and _LABELS.fullmatch(host) is not None
    return named and url.port != 0


def is_iterable(value: object) -> bool:
    """Return whether a value lists others; texts, bytes and mappings are taken for one."""
    return isinstance(value, Iterable) and not isinstance(value, _ONE_VALUE | Mapping)


def is_sequence(value: object) -> bool:
    """Return whether a value lists others in an order; texts and bytes are taken for one."""
    return isinstance(value, Sequence) and not isinstance(value, _ONE_VALUE)


def functions(option: str, given: object, *, of: str) -> tuple[Any, ...]:
    """
    Return the functions that an option lists, each of which takes one argument.

    Args:
        option: Its name.
        given: What was given for it.
        of: What the argument is.

    Raises:
        ConfigurationError: It is no list, or one of them cannot be called so.
    """
    if not is_iterable(given):
        instead = f"write {option}=[...]" if callable(given) else f"leave {option} out for none"
        raise refused(option, "must be a list of functions", shown(given), instead)
    found: tuple[object, ...] = tuple(cast("Iterable[object]", given))
    for function in found:
        name = getattr(function, "__qualname__", type(function).__qualname__)
        name = name[-_SHOWN_CHARACTERS:]
        if not callable(function):
            raise ConfigurationError(
                f"{option}: {shown(function)} cannot be called; give functions of one {of}",
                option=option,
            )
        if awaits(function):
            raise ConfigurationError(
                f"{option}: {name} is a coroutine function, which nobody would await; "
                "give a plain function",
                option=option,
            )
        if not takes(function, 1):
            raise ConfigurationError(
                f"{option}: {name} does not take one argument, the {of}", option=option
            )
    return found


def awaits(function: object) -> bool:
    """Return whether calling it makes a coroutine or an asynchronous generator, and no more."""
    while isinstance(function, functools.partial | staticmethod):
        function = function.func if isinstance(function, functools.partial) else function.__func__
    own_call = getattr(type(function), "__call__", None)  # noqa: B004  the method is looked at
    return any(
        inspect.iscoroutinefunction(part) or inspect.isasyncgenfunction(part)
        for part in (function, own_call)
    )


def takes(function: Callable[..., Any], arguments: int) -> bool:
    """Return whether a function can be called with so many arguments, as far as can be seen."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some that are not written in Python do not say
        return True
    try:
        signature.bind(*range(arguments))
    except TypeError:
        return False
    return True
