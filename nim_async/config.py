"""Configuration as frozen values, each validated in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from attrs import field, frozen

from nim_async.errors import ConfigurationError, NimError

if TYPE_CHECKING:
    import ssl  # noqa: TC004  a heavy import that only an annotation needs
    from collections.abc import Iterable, Mapping, Sequence

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


_LBS: Mapping[str, str] = {
    "cn": "https://srv-sdk-lbs-cn.yunxinapi.com/srv-sdk/allocate",
    "sg": "https://srv-sdk-lbs-sg.yunxinapi.com/srv-sdk/allocate",
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
    return tuple(dict.fromkeys(endpoint(url) for url in urls))


def lbs_urls(
    region: str, base_url: str | Sequence[str] | None, *, discover: bool | str | Sequence[str]
) -> tuple[str, ...]:
    """
    Return the URLs of the LBS to ask for endpoints; none when that is switched off.

    Args:
        region: Region whose LBS is asked when ``discover`` is true.
        base_url: The caller's own endpoints, which the LBS of a region does not know.
        discover: Whether to ask the region's, or the URLs of another.

    Raises:
        ConfigurationError: A URL cannot be one, or ``discover`` and ``base_url`` contradict.
    """
    if isinstance(discover, bool):
        if discover and base_url is not None:
            raise ConfigurationError("base_url names endpoints that the region's LBS does not know")
        return (_LBS[region],) if discover else ()
    urls = [discover] if isinstance(discover, str) else list(discover)
    return tuple(dict.fromkeys(_plain(url, "discover") for url in urls))


def endpoint(url: str) -> str:
    """
    Check a base URL.

    Raises:
        ConfigurationError: It cannot be one; the text tells no part of it.
    """
    url = _plain(url, "base_url").rstrip("/")
    if not url.endswith("/nimserver"):
        raise ConfigurationError("base_url must end in /nimserver")
    return url


def _plain(url: str, option: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        usable = usable and url.isprintable() and " " not in url
    except ValueError:
        usable = False
        parts = urlsplit("")
    # The URL may hold a password, so only the reason is told.
    if not usable:
        raise ConfigurationError(f"{option} is no http or https URL")
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise ConfigurationError(f"{option} may hold scheme, host, port and path only")
    return url


def _rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple(rules)


@frozen(kw_only=True, eq=False)
class Failure:
    """
    A failed attempt, as a retry policy sees it.

    Attributes:
        operation: Name of the operation, such as ``chatroom.send_msg``; the path for ``nim.call``.
        attempt: Number of the attempt, from 1.
        error: What it failed with; ``error.maybe_processed`` tells whether it may have been
            carried out.
        repeatable: The call may be sent again although an earlier attempt may have been carried
            out: it reads, it sets a state, or the service drops a second message.
        accepted: The service dropped this attempt because it has seen an earlier one.
        remaining: Seconds left before the deadline.
    """

    operation: str
    attempt: int
    error: NimError
    repeatable: bool
    accepted: bool
    remaining: float


@frozen(kw_only=True)
class Again:
    """
    Try again.

    Args:
        after: Seconds to wait; a random time up to the policy's bound when ``None``.
        elsewhere: Use another endpoint, if there is one.
    """

    after: float | None = None
    elsewhere: bool = True


@frozen(eq=False)
class Stop:
    """Do not try again."""


Rule: TypeAlias = Callable[[Failure], Again | Stop | None]


@frozen(kw_only=True)
class RetryPolicy:
    """
    Whether, when and where a failed attempt is repeated.

    Rules are asked in order until one decides; ``None`` leaves it to the next. Last come the
    rules that are built in: a call that never reached the service is repeated on the next
    endpoint; one that may have been carried out is repeated only where that does no harm; code
    416 waits for its penalty time. Waits are random, from nothing to a bound that doubles with
    each attempt. Whatever a rule says, attempts and the deadline bound it.

    Args:
        max_attempts: Attempts in all, the first included; 1 switches repeats off.
        backoff: Bound of the first wait, seconds.
        longest_backoff: Bound that no wait exceeds, seconds.
        rules: Rules of your own, asked before the built-in ones.

    Raises:
        ConfigurationError: A number cannot be.
    """

    max_attempts: int = field(default=3, validator=_positive)
    backoff: float = field(default=0.1, validator=_positive)
    longest_backoff: float = field(default=5.0, validator=_positive)
    rules: tuple[Rule, ...] = field(default=(), converter=_rules)


_LONGEST_TRACE_ID = 128  # our own bound; the official SDKs send 32 hex digits


def _printable(_: object, __: object, value: str | None) -> None:
    if value is not None and not (
        0 < len(value) <= _LONGEST_TRACE_ID and value.isascii() and value.isprintable()
    ):
        raise ConfigurationError(f"trace_id must be 1 to {_LONGEST_TRACE_ID} printable ASCII")


@frozen(kw_only=True, eq=False)
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


def _hidden(value: object) -> str:
    return "None" if value is None else "'***'"


def _listed(base_url: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if base_url is None:
        return None
    return (base_url,) if isinstance(base_url, str) else tuple(base_url)


def _asked(discover: bool | str | Sequence[str]) -> bool | tuple[str, ...]:  # noqa: FBT001
    return discover if isinstance(discover, bool) else _listed(discover) or ()


def _copied(limits: Mapping[str, RateLimit | None] | None) -> dict[str, RateLimit | None] | None:
    return None if limits is None else dict(limits)


@frozen(kw_only=True)
class ClientConfig:
    """
    What a client is made from, apart from live objects; it can be pickled.

    A pickle of it holds the secret, since a client cannot be rebuilt without. All but the
    credentials are arguments of `NimClient`.
    """

    credentials: Credentials
    region: Region = "cn"
    base_url: tuple[str, ...] | None = field(default=None, converter=_listed)
    discover: bool | tuple[str, ...] = field(default=False, converter=_asked)
    timeout: float = 5.0
    deadline: float = 30.0
    retry: RetryPolicy = field(factory=RetryPolicy)
    rate_limit: dict[str, RateLimit | None] | None = field(
        factory=dict[str, "RateLimit | None"], converter=_copied
    )
    max_connections: int = 100
    verify: ssl.SSLContext | bool = True
    proxy: str | None = field(default=None, repr=_hidden)
    validate: bool = True
