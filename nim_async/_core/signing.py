"""Nonce, time and checksum: the headers that sign one attempt."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nim_async.config import Credentials


_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def checksum(app_secret: str, nonce: str, curtime: str) -> str:
    """Return the lower-case hex SHA1 over secret, nonce and time, put together as they are."""
    return hashlib.sha1(f"{app_secret}{nonce}{curtime}".encode(), usedforsecurity=False).hexdigest()


def new_nonce() -> str:
    """Return 32 random hex digits; the service takes 1 to 128 characters."""
    return os.urandom(16).hex()


def new_id() -> str:
    """Return 32 random hex digits in the form of a UUID of version 4, which costs three times."""
    digits = os.urandom(16).hex()
    return f"{digits[:12]}4{digits[13:16]}{_VARIANT[digits[16]]}{digits[17:]}"


def sign(credentials: Credentials, *, nonce: str, now: float) -> list[tuple[str, str]]:
    """
    Return the headers that sign one attempt.

    Args:
        credentials: Key and secret of the app.
        nonce: Random text of 1 to 128 characters, new for each attempt.
        now: UTC time in seconds since 1970; the service allows five minutes of difference.
    """
    curtime = str(int(now))
    return [
        ("AppKey", credentials.app_key),
        ("Nonce", nonce),
        ("CurTime", curtime),
        ("CheckSum", checksum(credentials.app_secret, nonce, curtime)),
    ]


def lines(credentials: Credentials, request_id: str, now: float) -> str:
    """
    Return what one attempt of a client adds to the head of its requests, line by line.

    The key of the app is not among it: it is the same in all requests.

    Args:
        credentials: Key and secret of the app.
        request_id: The ``RequestId``, printable ASCII.
        now: UTC time in seconds since 1970.
    """
    nonce, curtime = os.urandom(16).hex(), str(int(now))
    found = checksum(credentials.app_secret, nonce, curtime)
    return (
        f"RequestId: {request_id}\r\nNonce: {nonce}\r\nCurTime: {curtime}\r\nCheckSum: {found}\r\n"
    )
