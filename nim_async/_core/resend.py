"""The form of a repeat, of which the service drops the messages it has."""

from __future__ import annotations

import json
from typing import Any, cast
from urllib.parse import quote_plus, unquote_plus

_MESSAGES = "msgList"


def resent(body: bytes) -> bytes | None:
    """
    Return the body of a repeat, of which the service drops messages it has, by ``msgId``.

    ``None`` when it cannot be made so: the body holds no messages, or one has no id.
    """
    fields = dict(pair.split("=", 1) for pair in body.decode("ascii").split("&") if "=" in pair)
    if _MESSAGES in fields:
        try:
            messages = cast("list[Any]", json.loads(unquote_plus(fields[_MESSAGES])))
        except (ValueError, RecursionError):
            return None
        if type(messages) is not list or not messages or not all(map(_has_id, messages)):
            return None
        for message in messages:
            message["resendFlag"] = 1
        text = json.dumps(messages, ensure_ascii=False, separators=(",", ":"))
        fields[_MESSAGES] = quote_plus(text)
    elif fields.get("msgId"):
        fields["resendFlag"] = "1"
    else:
        return None
    return "&".join(f"{name}={value}" for name, value in fields.items()).encode("ascii")


def _has_id(message: object) -> bool:
    return isinstance(message, dict) and bool(cast("dict[str, Any]", message).get("msgId"))
