"""Login tokens, as the service reads them."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64decode
from enum import IntEnum
from typing import cast


class AuthType(IntEnum):
    """By which kind of token a client program logs in."""

    STATIC = 0
    DYNAMIC = 1
    ASKED = 2  # by none: a web server decides


_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)
_MILLISECONDS = re.compile(r"[1-9][0-9]{12}", re.ASCII)


def is_dynamic_token(token: str, *, app_key: str, app_secret: str, accid: str, now: float) -> bool:
    """
    Return whether a token was made from the secret of the app, for this account, and still holds.

    Its times may be numbers or digits in a text: one of the clients that make them writes texts.
    How far its time may be ahead is not documented, so it may be by any measure.

    Args:
        token: What the client program brings.
        app_key: Key of the app.
        app_secret: Secret of the app.
        accid: The account as stored, in lower case.
        now: Time of the service, seconds since 1970.
    """
    try:
        members = cast("dict[str, object]", json.loads(b64decode(token, validate=True)))
        signature, curtime, ttl = (members[name] for name in ("signature", "curTime", "ttl"))
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
    made, seconds = _digits(curtime), _digits(ttl)
    if not isinstance(signature, str) or not _MILLISECONDS.fullmatch(made) or not seconds:
        return False
    plain = f"{app_key}{accid}{made}{seconds}{app_secret}"
    expected = hashlib.sha1(plain.encode(), usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), expected.encode()):
        return False
    return round(now * 1000) < int(made) + int(seconds) * 1000


def _digits(value: object) -> str:
    text = str(value) if isinstance(value, int | str) else ""
    return text if _DIGITS.fullmatch(text) else ""
