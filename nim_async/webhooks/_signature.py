"""Whether a webhook is what the service sent: its four headers, over the raw bytes of its body."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from hmac import compare_digest
from typing import Any, TypeAlias, cast

from nim_async._checks import is_sequence, kind, refused, shown
from nim_async.errors import MalformedCallback, SignatureMismatch, StaleCallback

Headers: TypeAlias = (
    Mapping[str, str]
    | Mapping[bytes, bytes]
    | Iterable[tuple[str, str]]
    | Iterable[tuple[bytes, bytes]]
)

Body: TypeAlias = bytes | bytearray | memoryview
TYPE = "type"
_NAMES = ("AppKey", "CurTime", "MD5", "CheckSum", TYPE)
_KNOWN: dict[str | bytes, str] = {
    key: name for name in _NAMES for key in (name.lower(), name.lower().encode("ascii"))
}
_LENGTHS = frozenset(map(len, _NAMES))
_FORMS = {
    "CurTime": (re.compile(r"[0-9]{1,19}", re.ASCII), "milliseconds"),
    "MD5": (re.compile(r"[0-9a-fA-F]{32}", re.ASCII), "32 hex digits"),
    "CheckSum": (re.compile(r"[0-9a-fA-F]{40}", re.ASCII), "40 hex digits"),
}


def verify(
    headers: Headers,
    body: Body,
    app_secret: str | Sequence[str],
    *,
    app_key: str | None = None,
    max_age: float | None = None,
    now: float | None = None,
) -> None:
    """
    Make sure that a webhook was sent by the service and is unchanged, before anything is parsed.

    Args:
        headers: Headers of the request, a mapping or pairs, as text or bytes; names in any case.
        body: The body as it came: the raw bytes, not what a framework made of them.
        app_secret: Secret of the app; several while it is being changed.
        app_key: Key of the app; the header is not looked at when ``None``.
        max_age: How far the time it was signed may be from ``now``, before or after, seconds; not
            looked at when ``None``. A copy that is sent again may carry its first time.
        now: UTC time in seconds since 1970; the clock's when ``None``.

    Raises:
        MalformedCallback: A header is missing, doubled or no such header.
        SignatureMismatch: Body, secret or key do not fit.
        StaleCallback: It was signed too long ago, or in the future.
        ConfigurationError: An option cannot be, such as an empty secret or a decoded body.

    Pure: nothing is kept, so the same webhook is accepted again.
    """
    raw, secrets = raw_bytes(body), secrets_of(app_secret)
    check_age(max_age)
    checked(headers, raw, secrets, app_key=app_key, max_age=max_age, now=now)


def checked(
    headers: Headers,
    raw: bytes,
    secrets: Sequence[bytes],
    *,
    app_key: str | None,
    max_age: float | None,
    now: float | None = None,
) -> dict[str, str]:
    """Return the headers that matter once all is as `verify` wants it."""
    found = _read(headers)
    _check_forms(found)
    _check_checksum(found, raw, secrets)
    if app_key is not None:
        _check_key(found, app_key)
    if max_age is not None:
        age = (time.time() if now is None else now) - int(found["CurTime"]) / 1000
        if not abs(age) <= max_age:
            raise StaleCallback("header CurTime is too far from now", check="CurTime")
    return found


def _check_forms(found: Mapping[str, str]) -> None:
    for name, (form, meaning) in _FORMS.items():
        if name not in found:
            raise MalformedCallback(f"header {name} is missing", check=name)
        if not form.fullmatch(found[name]):
            raise MalformedCallback(f"header {name} is not {meaning}", check=name)


def _check_checksum(found: Mapping[str, str], raw: bytes, secrets: Sequence[bytes]) -> None:
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if not compare_digest(digest, found["MD5"].lower()):
        raise SignatureMismatch("the body is not the one of header MD5", check="MD5")
    signed = f"{found['MD5']}{found['CurTime']}".encode("ascii")
    given = found["CheckSum"].lower()
    fits = False
    for secret in secrets:
        checksum = hashlib.sha1(secret + signed, usedforsecurity=False).hexdigest()
        fits |= compare_digest(checksum, given)
    if not fits:
        raise SignatureMismatch("header CheckSum is not made with the secret", check="CheckSum")


def _check_key(found: Mapping[str, str], app_key: str) -> None:
    if "AppKey" not in found:
        raise MalformedCallback("header AppKey is missing", check="AppKey")
    if not compare_digest(_bytes(app_key), _bytes(found["AppKey"])):
        raise SignatureMismatch("header AppKey is that of another app", check="AppKey")


def raw_bytes(body: object) -> bytes:
    """
    Return a body that is raw.

    Raises:
        ConfigurationError: It is decoded, so that what was signed is not known any more.
    """
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray):
        return bytes(body)
    if isinstance(body, memoryview):
        return body.tobytes()
    raise refused("body", "must be the raw bytes of the request", kind(body))


def secrets_of(given: object) -> list[bytes]:
    """
    Return secrets as they are signed with.

    Raises:
        ConfigurationError: One is none.
    """
    listed = list(cast("Sequence[object]", given)) if is_sequence(given) else [given]
    secrets = [_bytes(secret) for secret in listed if isinstance(secret, str) and secret]
    if not secrets or len(secrets) < len(listed):
        what = "an empty one" if not given or "" in listed else kind(given)
        raise refused("app_secret", "must be the secret of the app, or a list of secrets", what)
    return secrets


def check_age(max_age: object) -> None:
    """
    Check an option.

    Raises:
        ConfigurationError: It is no age.
    """
    if max_age is None:
        return
    if not isinstance(max_age, int | float) or isinstance(max_age, bool) or not max_age >= 0:
        raise refused("max_age", "must be seconds, 0 or more, or None", shown(max_age))


def _read(headers: Any) -> dict[str, str]:
    """
    Return the headers that matter, as text, by their usual names.

    Raises:
        MalformedCallback: These are no headers, or one is there twice.
    """
    pairs = headers.items() if hasattr(headers, "items") else headers
    found: dict[str, str] = {}
    try:
        for name, value in pairs:
            if len(name) not in _LENGTHS:
                continue
            lower = name.lower()
            known = _KNOWN.get(lower if isinstance(lower, str) else bytes(lower))
            if known is None:
                continue
            own = (value if isinstance(value, str) else value.decode("latin-1")).strip(" \t")
            if found.setdefault(known, own) != own and known != TYPE:
                raise MalformedCallback(f"header {known} is there twice", check=known)
    except (AttributeError, TypeError, ValueError):
        raise MalformedCallback("headers are no pairs of name and value", check="headers") from None
    return found


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
