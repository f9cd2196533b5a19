"""Configuration as frozen values, each validated in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from attrs import field, frozen

from nim_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Region: TypeAlias = Literal["cn", "sg"]

# Main host first, then backups, in the order of the official SDKs.
_REGIONS: Mapping[str, tuple[str, ...]] = {
    "cn": (
        "https://api-cn.yunxinapi.com/nimserver",
        "https://api-cn-bak.yunxinapi.com/nimserver",
        "https://api-cn-01.yunxinapi.com/nimserver",
        "https://api-cn-02.yunxinapi.com/nimserver",
        "https://api-cn-03.yunxinapi.com/nimserver",
    ),
    "sg": (
        "https://api-sg.yunxinapi.com/nimserver",
        "https://api-sg-bak.yunxinapi.com/nimserver",
        "https://api-sg-01.yunxinapi.com/nimserver",
        "https://api-sg-02.yunxinapi.com/nimserver",
        "https://api-sg-03.yunxinapi.com/nimserver",
    ),
}


def _header_safe(_: object, attribute: object, value: str) -> None:
    name = getattr(attribute, "name", "value")
    if not value:
        raise ConfigurationError(f"{name} is empty")
    if not (value.isascii() and value.isprintable()):
        raise ConfigurationError(f"{name} holds characters that no key has")


@frozen(kw_only=True)
class Credentials:
    """
    Key and secret of an app; the secret is never shown.

    Args:
        app_key: Key of the app.
        app_secret: Secret of the app.

    Raises:
        ConfigurationError: One of them is empty or not plain ASCII.
    """

    app_key: str = field(validator=_header_safe)
    app_secret: str = field(validator=_header_safe, repr=lambda _: "***")


def _positive(_: object, attribute: object, value: Any) -> None:
    if not value > 0:
        raise ConfigurationError(f"{getattr(attribute, 'name', 'value')} must be more than 0")


def _not_negative(_: object, attribute: object, value: Any) -> None:
    if not value >= 0:
        raise ConfigurationError(f"{getattr(attribute, 'name', 'value')} must be 0 or more")


@frozen(kw_only=True)
class RateLimit:
    """
    How often an operation may be called.

    Args:
        calls: Calls allowed in any window of ``per_seconds``.
        per_seconds: Length of the window, seconds.
        block_seconds: How long the service refuses the operation after code 416, seconds.

    Raises:
        ConfigurationError: A number cannot be.
    """

    calls: int = field(validator=_positive)
    per_seconds: float = field(validator=_positive)
    block_seconds: float = field(validator=_not_negative)


def endpoints(region: str, base_url: str | Sequence[str] | None) -> tuple[str, ...]:
    """
    Return the base URLs to use, best first.

    Args:
        region: ``"cn"`` or ``"sg"``, where the app's data centre is.
        base_url: One URL or several, ending in ``/nimserver``, in place of the region's.

    Raises:
        ConfigurationError: The region is unknown, or a URL cannot be one.
    """
    if base_url is None:
        if region not in _REGIONS:
            known = ", ".join(get_args(Region))
            raise ConfigurationError(f"region {region!r} is not one of {known}")
        return _REGIONS[region]
    urls = [base_url] if isinstance(base_url, str) else list(base_url)
    if not urls:
        raise ConfigurationError("base_url names no URL")
    return tuple(dict.fromkeys(_checked(url) for url in urls))


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        usable = usable and url.isprintable() and " " not in url
    except ValueError:
        usable = False
        parts = urlsplit("")
    # The URL may hold a password, so only the reason is told.
    if not usable:
        raise ConfigurationError("base_url is no http or https URL")
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise ConfigurationError("base_url may hold scheme, host, port and path only")
    if not parts.path.rstrip("/").endswith("/nimserver"):
        raise ConfigurationError("base_url must end in /nimserver")
    return url.rstrip("/")


@frozen(kw_only=True)
class RetryPolicy:
    """
    How often and how soon a failed attempt is repeated.

    A call that never reached the service is repeated on the next endpoint; one that may have
    been carried out is repeated only where that does no harm. Waits are random, from nothing to
    a bound that doubles with each attempt.

    Args:
        max_attempts: Attempts in all, the first included; 1 switches repeats off.
        backoff: Bound of the first wait, seconds.
        longest_backoff: Bound that no wait exceeds, seconds.
    """

    max_attempts: int = field(default=3, validator=_positive)
    backoff: float = field(default=0.1, validator=_positive)
    longest_backoff: float = field(default=5.0, validator=_positive)


_LONGEST_TRACE_ID = 128  # our own bound; the official SDKs send 32 hex digits


def _printable(_: object, __: object, value: str | None) -> None:
    if value is not None and not (
        0 < len(value) <= _LONGEST_TRACE_ID and value.isascii() and value.isprintable()
    ):
        raise ConfigurationError(f"trace_id must be 1 to {_LONGEST_TRACE_ID} printable ASCII")


@frozen(kw_only=True)
class Options:
    """
    What may differ from call to call.

    Args:
        timeout: Bound of one attempt, seconds.
        deadline: Bound of a whole call, seconds: waiting for the rate limit and a connection,
            attempts, pauses and failover together.
        retry: How often and how soon a failed attempt is repeated.
        trace_id: The ``RequestId`` to send; a new one for each call when ``None``.
        validate: Check the documented limits before anything is sent.
    """

    timeout: float = field(default=5.0, validator=_positive)
    deadline: float = field(default=30.0, validator=_positive)
    retry: RetryPolicy = field(factory=RetryPolicy)
    trace_id: str | None = field(default=None, validator=_printable)
    validate: bool = True
