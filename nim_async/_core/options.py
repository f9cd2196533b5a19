"""What a client is made from, and what may differ from call to call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from nim_async._checks import as_text, number, refused, shown, truth
from nim_async.config import Credentials, RateLimit, Region, as_plain, hidden
from nim_async.retry import RetryPolicy

if TYPE_CHECKING:
    import ssl  # noqa: TC004  a heavy import that only an annotation needs
    from collections.abc import Mapping, Sequence

    from attrs import Attribute

_TRACE_ID_CHARACTERS = 128  # our own bound; the official SDKs send 32 hex digits


def _printable(_: object, attribute: Attribute[str | None], value: object) -> None:
    if value is not None:
        check_trace_id(attribute.name, value)


def check_trace_id(name: str, value: object) -> None:
    """
    Check what becomes a ``RequestId``.

    Args:
        name: What names it.
        value: What was given.

    Raises:
        ConfigurationError: It cannot be one.
    """
    rule = f"must be 1 to {_TRACE_ID_CHARACTERS} printable ASCII characters"
    if not isinstance(value, str):
        whole = isinstance(value, int) and not isinstance(value, bool)
        raise refused(name, rule, shown(value), "write str() of it" if whole else as_text(value))
    fits = 0 < len(value) <= _TRACE_ID_CHARACTERS
    if not (fits and value.isascii() and value.isprintable()):
        given = f"{len(value)} characters" if len(value) > _TRACE_ID_CHARACTERS else shown(value)
        raise refused(name, rule, given)
    if value != value.strip():
        raise refused(name, rule, shown(value), "strip() the spaces around it")


def _policy(_: object, attribute: Attribute[RetryPolicy], value: object) -> None:
    if not isinstance(value, RetryPolicy):
        attempts = shown(value) if isinstance(value, int) and value > 1 else "..."
        instead = f"write RetryPolicy(max_attempts={attempts})"
        raise refused(attribute.name, "must be a RetryPolicy", shown(value), instead)


@frozen(kw_only=True, eq=False)
class Options:
    """
    What may differ from call to call.

    Args:
        timeout: Bound of one attempt, seconds.
        deadline: Bound of a whole call, seconds: waiting for the rate limit and a connection,
            attempts, pauses and failover together.
        retry: How often and how soon a failed attempt is repeated.
        max_wait: Bound of waiting for the rate limit and a connection, seconds; ``deadline``
            alone when ``None``.
        trace_id: The ``RequestId`` to send; a new one for each call when ``None``.
        validate: Check the documented limits before anything is sent.
        strict_replies: Refuse a reply in which anything is missing or odd.
    """

    timeout: float = field(default=5.0, validator=number(endless=True))
    deadline: float = field(default=30.0, validator=number(endless=True))
    max_wait: float | None = field(
        default=None, validator=number(zero=True, endless=True, optional=True)
    )
    retry: RetryPolicy = field(factory=RetryPolicy, validator=_policy)
    trace_id: str | None = field(default=None, converter=as_plain, validator=_printable)
    validate: bool = field(default=True, validator=truth)
    strict_replies: bool = field(default=False, validator=truth)


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
    max_wait: float | None = None
    retry: RetryPolicy = field(factory=RetryPolicy)
    rate_limit: dict[str, RateLimit | None] | None = field(
        factory=dict[str, "RateLimit | None"], converter=_copied
    )
    max_connections: int = 100
    verify: ssl.SSLContext | bool = True
    proxy: str | None = field(default=None, repr=hidden)
    validate: bool = True
    strict_replies: bool = False
