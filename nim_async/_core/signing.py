"""Nonce, time and checksum: the headers that sign one attempt."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nim_async.config import Credentials


def new_id() -> str:
    """Return 32 random hex digits: a nonce, a ``RequestId``, the id of a message."""
    return os.urandom(16).hex()


class Signer:
    """Signs the attempts of an app."""

    def __init__(self, credentials: Credentials) -> None:
        """Begin the checksums, all of which begin with the secret."""
        secret = credentials.app_secret.encode()
        self._app_key = credentials.app_key
        self._begun = hashlib.sha1(secret, usedforsecurity=False)

    def checksum(self, nonce: str, curtime: str) -> str:
        """Return the lower-case hex SHA1 over secret, nonce and time, put together as they are."""
        found = self._begun.copy()
        found.update(f"{nonce}{curtime}".encode())
        return found.hexdigest()

    def headers(self, *, nonce: str, now: float) -> list[tuple[str, str]]:
        """
        Return the headers that sign one attempt.

        Args:
            nonce: Random text of 1 to 128 characters, new for each attempt.
            now: UTC time in seconds since 1970; the service allows five minutes of difference.
        """
        curtime = str(int(now))
        return [
            ("AppKey", self._app_key),
            ("Nonce", nonce),
            ("CurTime", curtime),
            ("CheckSum", self.checksum(nonce, curtime)),
        ]

    def header_lines(self, request_id: str, now: float) -> str:
        """
        Return what one attempt of a client adds to the head of its requests, line by line.

        The key of the app is not among it: it is the same in all requests.

        Args:
            request_id: The ``RequestId``, printable ASCII.
            now: UTC time in seconds since 1970.
        """
        nonce, curtime = new_id(), str(int(now))
        return (
            f"RequestId: {request_id}\r\nNonce: {nonce}\r\nCurTime: {curtime}\r\n"
            f"CheckSum: {self.checksum(nonce, curtime)}\r\n"
        )
