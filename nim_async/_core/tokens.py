"""Login tokens that are made from the secret of the app, without a request."""

from __future__ import annotations

import hashlib
import json
import re
import time
from base64 import b64encode
from math import floor
from numbers import Integral, Real

from nim_async._checks import plain_text, refused, shown
from nim_async._core.operation import INT64_LIMIT
from nim_async.config import Credentials

_ACCID = re.compile(r"[A-Za-z0-9_@.-]{1,32}", re.ASCII)
_FIRST_13_DIGITS, _LAST_13_DIGITS = 10**12, 10**13 - 1  # as milliseconds have
_FLOAT_ERROR_MILLISECONDS = 0.001  # seconds since 1970 are no more exact than that


def dynamic_token(
    app_key: str, app_secret: str, accid: str, *, ttl: int, now: float | None = None
) -> str:
    """
    Make a login token that holds for a while, in place of the static token of an account.

    Nothing is sent, and the service stores nothing: such a token cannot be taken back; blocking
    the account or changing the secret of the app ends it. The account must be registered, and
    logging in with dynamic tokens must be enabled in the console, for IM and for chatrooms each,
    or else the login fails with code 403. The client program states it as way of login 1, and asks
    for a fresh one whenever it connects again.

    For IM the formula is documented. For chatrooms it is named with the same three inputs, but
    shown nowhere: that the same token is good for them is likely, not certain. How long ``ttl``
    may be, and how far the clocks may differ, is not documented.

    Args:
        app_key: Key of the app.
        app_secret: Secret of the app; it must not leave the server.
        accid: The account, 1 to 32 letters, digits, ``_``, ``@``, ``.`` and ``-``; it is signed in
            lower case, as it is stored.
        ttl: How long the token holds, seconds from ``now``, a whole number; 600 is a usual value.
        now: Time of making it, seconds since 1970; the time of this machine when ``None``.

    Returns:
        The token, about 120 characters of Base64. Whoever has it can log in: do not log it.

    Raises:
        ConfigurationError: A value cannot be.
    """
    credentials = Credentials(app_key=app_key, app_secret=app_secret)
    account = _checked_accid(accid)
    seconds = _checked_ttl(ttl)
    curtime = _checked_milliseconds(time.time() if now is None else now)
    plain = f"{credentials.app_key}{account}{curtime}{seconds}{credentials.app_secret}"
    signature = hashlib.sha1(plain.encode(), usedforsecurity=False).hexdigest()
    members = {"signature": signature, "curTime": curtime, "ttl": seconds}
    return b64encode(json.dumps(members, separators=(",", ":")).encode()).decode()


def _checked_accid(accid: object) -> str:
    if not isinstance(accid, str):
        raise refused("accid", "must be text", shown(accid))
    text = plain_text(accid)
    if not _ACCID.fullmatch(text):
        rule = "must have 1 to 32 letters, digits, _, @, . and -"
        raise refused("accid", rule, shown(accid))
    return text.lower()


def _checked_ttl(ttl: object) -> int:
    if isinstance(ttl, bool) or not isinstance(ttl, Integral):
        instead = "write int() of it" if isinstance(ttl, float) and ttl.is_integer() else ""
        raise refused("ttl", "must be a whole number of seconds", shown(ttl), instead)
    seconds = int(ttl)
    if not 0 < seconds < INT64_LIMIT:
        raise refused("ttl", "must be at least 1 second, and a number of 64 bits", shown(ttl))
    return seconds


def _checked_milliseconds(now: object) -> int:
    if isinstance(now, bool) or not isinstance(now, Real):
        raise refused("now", "must be seconds since 1970", shown(now))
    try:
        seconds = float(now)
        milliseconds = floor(seconds * 1000 + _FLOAT_ERROR_MILLISECONDS)
    except (OverflowError, ValueError):  # no number, or none that has an end
        seconds = milliseconds = 0
    if not _FIRST_13_DIGITS <= milliseconds <= _LAST_13_DIGITS:
        meant = _FIRST_13_DIGITS <= seconds <= _LAST_13_DIGITS
        instead = "divide milliseconds by 1000" if meant else ""
        raise refused("now", "must be seconds since 1970", shown(now), instead)
    return milliseconds
