"""The headers of a webhook, signed over its raw body."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from nim_async.emulator.gate import Signature

Flaw: TypeAlias = Literal["secret", "body", "key", "stale", "unsigned"]
Source: TypeAlias = Literal["copies", "callbacks"]

_STALE_SECONDS = 24 * 60 * 60
_TYPES = {"copies": "application/json", "callbacks": "application/json; charset=utf-8"}


def headers_of(
    signature: Signature, source: Source, body: bytes, now: float, flaw: Flaw | None = None
) -> dict[str, str]:
    """
    Return the headers of a webhook.

    Args:
        signature: Knows key and secret of the app.
        source: Whether it is a copy or a callback.
        body: Its body.
        now: When it is signed, seconds since 1970.
        flaw: What is wrong with the signature, if anything.
    """
    signed = body + b" " if flaw == "body" else body
    digest = hashlib.md5(signed, usedforsecurity=False).hexdigest()
    moment = now - _STALE_SECONDS if flaw == "stale" else now
    curtime = str(max(0, round(moment * 1000)))
    secret = signature.app_secret + (" " if flaw == "secret" else "")
    checksum = hashlib.sha1((secret + digest + curtime).encode(), usedforsecurity=False)
    headers = {
        "AppKey": signature.app_key + ("-other" if flaw == "key" else ""),
        "CurTime": curtime,
        "MD5": digest,
        "CheckSum": checksum.hexdigest(),
        "Content-Type": _TYPES[source],
    }
    if source == "copies":
        headers["charset"] = "utf-8"
    if flaw == "unsigned":
        del headers["CheckSum"]
    return headers
