"""Configuration as frozen values, each validated in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attrs import field, frozen

from nim_async.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl  # noqa: TC004  a heavy import that only an annotation needs

Region: TypeAlias = Literal["cn", "sg"]


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


def positive(_: object, attribute: object, value: Any) -> None:
    """Refuse what is not more than 0, as a validator of attrs."""
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

    calls: int = field(validator=positive)
    per_seconds: float = field(validator=positive)
    block_seconds: float = field(validator=_not_negative)


def hidden(value: object) -> str:
    """Show in a repr whether there is something, and nothing of it."""
    return "None" if value is None else "'***'"


@frozen(kw_only=True, eq=False)
class ConnectionOptions:
    """
    How a session reaches the service.

    Args:
        headers: What every request carries.
        max_connections: Most requests under way at once.
        transport: A transport of httpx to use; closed with the session.
        http_client: The caller's own client of httpx; never closed here.
        verify: TLS context, or whether to verify certificates.
        proxy: URL of a proxy.
        trust_env: Whether a proxy that the environment names is used.

    Raises:
        ConfigurationError: A number cannot be, or ``http_client`` contradicts another option.
    """

    headers: tuple[tuple[str, str], ...] = ()
    max_connections: int = field(default=100, validator=positive)
    transport: Any = None
    http_client: Any = None
    verify: ssl.SSLContext | bool = True
    proxy: str | None = field(default=None, repr=hidden)
    trust_env: bool = True

    def __attrs_post_init__(self) -> None:
        """Refuse what the caller's own client would ignore."""
        own = self.transport is None and self.proxy is None and self.verify is True
        if self.http_client is not None and not own:
            raise ConfigurationError("http_client brings its own transport, proxy and verify")

    @property
    def needs_httpx(self) -> bool:
        """Whether only httpx can do what is asked for."""
        return any(part is not None for part in (self.transport, self.http_client, self.proxy))
