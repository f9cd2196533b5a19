"""The errors of parameters that are refused before anything is sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nim_async._checks import kind, shown
from nim_async._core.operation import Kind, Param
from nim_async.errors import ParameterError

if TYPE_CHECKING:
    from nim_async._core.jsonwriter import NotJson

_MAYBE_SECRET = re.compile(r"token|secret|passw|pwd|auth|sign|credential", re.IGNORECASE)


def missing(param: Param) -> ParameterError:
    instead = None
    if param.python_name == "msg_type":
        instead = "write attach=Text(...), which has a type, or give msg_type"
    return ParameterError.refused(param.python_name, "required", "nothing", instead)


def not_json(name: str, error: NotJson) -> ParameterError:
    given = f"{error.given} at {name}{error.place}" if error.place else error.given
    return ParameterError.refused(name, "a value that JSON can hold", given, error.instead or None)


def wrong_type(param: Param, limit: str, value: object) -> ParameterError:
    return ParameterError.refused(
        param.python_name, limit, as_given(param, value), _instead(param, value)
    )


def as_given(param: Param, value: object) -> str:
    """Show what was given, but for what could be a secret."""
    return kind(value) if _MAYBE_SECRET.search(param.python_name) else shown(value)


def _instead(param: Param, value: object) -> str | None:
    if isinstance(value, bytes | bytearray):
        return "decode it"
    if isinstance(value, int) and param.kind is Kind.TEXT and not isinstance(value, bool):
        return "write str() of it"
    if isinstance(value, float) and param.kind is Kind.INTEGER and value.is_integer():
        return "write int() of it"
    if isinstance(value, str) and param.kind is Kind.TEXTS:
        return "make a list of it"
    return (
        "write int() of it" if hasattr(value, "__index__") and not isinstance(value, int) else None
    )
