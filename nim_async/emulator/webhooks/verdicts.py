"""What the answer to a callback says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from nim_async.emulator.asking import Verdict

if TYPE_CHECKING:
    from nim_async.emulator.webhooks.targets import Answer

TIMED_OUT, ODD, CIRCUIT_OPEN = 1, 2, 3  # why a verdict is not used, as copies say it
MOST_BYTES = 256 * 1024  # the longest content and extension fit in, however they are escaped
_OK = 200
_REFUSED = 403
_DROPPED = 200
_OWN_CODES = range(20_000, 20_100)
_EXT_CHARACTERS = 1024


class OddAnswer(ValueError):
    """The answer to a callback is not in the right form."""


def read(answer: Answer, *, about_message: bool) -> Verdict:
    """
    Return the verdict of an answer.

    Args:
        answer: What the web server said.
        about_message: Whether a message was asked about, which alone can be changed, or dropped in
            silence.

    Raises:
        OddAnswer: It is in no form that the service takes.
    """
    if answer.status != _OK:
        raise OddAnswer(f"HTTP status {answer.status}")
    if len(answer.body) > MOST_BYTES:
        raise OddAnswer(f"longer than {MOST_BYTES} bytes")
    members = _object(answer.body)
    ext = _text(members, "callbackExt")
    if ext is not None and len(ext) > _EXT_CHARACTERS:
        raise OddAnswer(f"callbackExt is longer than {_EXT_CHARACTERS} characters")
    decision = _number(members, "errCode")
    if decision == 1:
        return Verdict(code=_code(members, about_message=about_message), callback_ext=ext)
    if decision != 0:
        raise OddAnswer("errCode is neither 0 nor 1")
    changes = _text(members, "modifyResponse")
    if not changes or not about_message:
        return Verdict(callback_ext=ext)
    changed = _object(changes)
    attach = _text(changed, "attach")
    return Verdict(
        attach=_text(changed, "body") if attach is None else attach,
        ext=_text(changed, "ext"),
        callback_ext=ext,
    )


def _code(members: dict[str, Any], *, about_message: bool) -> int:
    code = _number(members, "responseCode")
    if code in _OWN_CODES or (about_message and code == _DROPPED):
        return cast("int", code)
    return _REFUSED


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(text)
    except (ValueError, RecursionError):
        raise OddAnswer("no JSON") from None
    if not isinstance(decoded, dict):
        raise OddAnswer("no JSON object")
    return cast("dict[str, Any]", decoded)


def _text(members: dict[str, Any], name: str) -> str | None:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise OddAnswer(f"{name} is no text")
    return value


def _number(members: dict[str, Any], name: str) -> int | None:
    value = members.get(name)
    if value is not None and type(value) is not int:
        raise OddAnswer(f"{name} is no number")
    return value
