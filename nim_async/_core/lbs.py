"""What the service's directory of endpoints (LBS) is asked, and how its answer is read."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Any, cast
from urllib.parse import urlencode

from attrs import frozen

from nim_async._core import wire
from nim_async._core.regions import endpoint
from nim_async.errors import ApiError, DecodeError

LIVENESS = "/health/liveness.action"
_UNCHANGED = 304
_TTL_SECONDS = 30  # where the answer has no time, or none that can be
_MAX_TTL_SECONDS = 86_400
_MAX_ENDPOINTS = 32  # our own bound; the official SDKs know five
_MAX_URL_CHARACTERS = 512  # our own bound
# What every session and name server takes as it is written.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = rf"(?=[^/:]{{1,253}}(?:[/:]|$)){_LABEL}(?:\.{_LABEL})*\.?"
_URL = re.compile(
    rf"https?://(?:{_HOST}|\[(?P<v6>[0-9a-f:.]+)\])(?::[0-9]{{1,5}})?(?:/[\w~-][\w.~-]*)+/?",
    re.ASCII | re.IGNORECASE,
)
_SUM = re.compile(r"[!-~]{1,128}")


@frozen(kw_only=True)
class Allocation:
    """
    Endpoints as the LBS names them.

    Attributes:
        urls: Base URLs, best first.
        whole: Every URL that was named is usable and among them.
        seconds: How long they hold.
        md5: What to send with the next question.
    """

    urls: tuple[str, ...]
    whole: bool
    seconds: float
    md5: str | None


def question(lbs: str, *, app_key: str, version: str, md5: str | None) -> str:
    """
    Return the URL to fetch.

    Args:
        lbs: URL of the LBS.
        app_key: Key of the app.
        version: Version of this library.
        md5: What the last answer had.
    """
    # The names of the official SDKs, java and go, are the only languages known to be accepted.
    asked = {"k": app_key, "sv": version, "biz": "1", "p": "java"}
    if md5 is not None:
        asked["md5"] = md5
    return f"{lbs}?{urlencode(asked)}"


def allocation(lbs: str, raw: bytes) -> Allocation | None:
    """
    Read an answer.

    Args:
        lbs: URL that was asked. When that was asked over TLS, no endpoint without it counts.
        raw: Body of the answer.

    Returns:
        What it says, or ``None`` when nothing has changed.

    Raises:
        ApiError: The LBS said no.
        DecodeError: The answer names no usable endpoint.
    """
    try:
        reply = wire.decode(raw)
    except ApiError as error:
        if error.code == _UNCHANGED:
            return None
        raise
    data = _mapping(reply.get("data"))
    backups = data.get("backup.endpoints")
    named: list[Any] = [data.get("default.endpoint")]
    if isinstance(backups, list):
        named += backups  # pyright: ignore[reportUnknownArgumentType]
    named = [url for url in named if url is not None]
    schemes = ("https://",) if lbs.startswith("https://") else ("https://", "http://")
    urls = tuple(
        dict.fromkeys(
            usable
            for url in named[:_MAX_ENDPOINTS]
            if (usable := _usable(url, schemes)) is not None
        )
    )
    if not urls:
        raise DecodeError(["$.data: no usable endpoint"])
    md5 = data.get("md5")
    return Allocation(
        urls=urls,
        whole=len(urls) == len(named),
        seconds=_seconds(data.get("ttl")),
        md5=md5 if isinstance(md5, str) and _SUM.fullmatch(md5) else None,
    )


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _usable(url: object, schemes: tuple[str, ...]) -> str | None:
    if not (isinstance(url, str) and url.startswith(schemes) and len(url) <= _MAX_URL_CHARACTERS):
        return None
    match = _URL.fullmatch(url)
    try:
        if match is None or (match["v6"] and not IPv6Address(match["v6"])):
            return None
        return endpoint(url)
    except ValueError:  # a ConfigurationError is one too
        return None


def _seconds(ttl: object) -> float:
    good = isinstance(ttl, int) and not isinstance(ttl, bool) and 0 < ttl <= _MAX_TTL_SECONDS
    return float(cast("int", ttl)) if good else _TTL_SECONDS
