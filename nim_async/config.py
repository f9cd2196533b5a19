"""Configuration as frozen values, each validated in one place."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

from attrs import field, frozen

from nim_async._checks import (
    awaits,
    count,
    has_host,
    kind,
    number,
    plain_text,
    refused,
    shown,
    truth,
)
from nim_async.errors import ConfigurationError

if TYPE_CHECKING:
    import ssl  # noqa: TC004  a heavy import that only an annotation needs

    from attrs import Attribute

Region: TypeAlias = Literal["cn", "sg"]


class AsyncTransport(Protocol):
    """What sends requests, such as an ``httpx.AsyncBaseTransport``."""

    async def handle_async_request(self, request: Any, /) -> Any:
        """Send a request and return the response."""
        ...

    async def aclose(self) -> None:
        """Close what is open."""
        ...


class AsyncHttpClient(Protocol):
    """A client such as an ``httpx.AsyncClient``."""

    def build_request(self, method: str, url: Any, *args: Any, **kwargs: Any) -> Any:
        """Make a request."""
        ...

    async def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Send a request and return the response."""
        ...

    async def aclose(self) -> None:
        """Close what is open."""
        ...


def as_plain(value: Any) -> Any:
    """Return a text without its class, and anything else as it is, as a converter of attrs."""
    return plain_text(value) if isinstance(value, str) else value


def _header_safe(_: object, attribute: Attribute[Any], value: object) -> None:
    """Refuse what is no key or secret; either may stand in the other's place, so none is shown."""
    name = attribute.name
    if not isinstance(value, str):
        text = "None" if value is None else kind(value)
        instead = f"set the variable NIM_{name.upper()} and use from_env()" if value is None else ""
        if hasattr(value, "get_secret_value"):
            instead = "give its get_secret_value()"
        raise refused(name, "must be text", text, instead)
    if not value:
        raise ConfigurationError(f"{name} is empty", option=name)
    if value != value.strip():
        raise ConfigurationError(
            f"{name} begins or ends with a space or a line break; strip() it", option=name
        )
    if not (value.isascii() and value.isprintable()):
        raise ConfigurationError(f"{name} holds characters that no key has", option=name)


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

    app_key: str = field(converter=as_plain, validator=_header_safe)
    app_secret: str = field(converter=as_plain, validator=_header_safe, repr=lambda _: "***")


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

    calls: int = field(validator=count)
    per_seconds: float = field(validator=number())
    block_seconds: float = field(validator=number(zero=True))


def hidden(value: object) -> str:
    """Show in a repr whether there is something, and nothing of it."""
    return "None" if value is None else "'***'"


def _transport(_: object, attribute: Attribute[Any], value: object) -> None:
    check_transport(attribute.name, value, client="give a client as http_client")


def check_transport(name: str, value: object, *, client: str) -> None:
    """
    Check a transport of httpx, if there is one.

    Args:
        name: Names the option.
        value: What was given.
        client: What to do with a client in its place.

    Raises:
        ConfigurationError: It is none, or a synchronous one.
    """
    if value is None or _has(value, "handle_async_request", "aclose"):
        return
    instead = "give one such as httpx.AsyncHTTPTransport()"
    if not isinstance(value, type):
        if hasattr(value, "send"):
            instead = client
        elif hasattr(value, "handle_request"):
            instead = "it is synchronous; give one such as httpx.AsyncHTTPTransport()"
    raise refused(name, "must be an httpx.AsyncBaseTransport", shown(value), instead)


def _http_client(_: object, attribute: Attribute[Any], value: Any) -> None:
    name = attribute.name
    if value is None:
        return
    if not _has(value, "build_request", "send", "aclose") or not awaits(value.send):
        instead = "give httpx.AsyncClient()"
        if hasattr(value, "handle_async_request"):
            instead = "give a transport as transport"
        elif hasattr(value, "send") and not isinstance(value, type):
            instead = "it is synchronous; give httpx.AsyncClient()"
        raise refused(name, "must be an httpx.AsyncClient", shown(value), instead)
    if getattr(value, "is_closed", False) is True:
        raise refused(name, "must be open", "a closed client", "keep it open as long as this one")


def _has(value: object, *methods: str) -> bool:
    found = all(callable(getattr(value, method, None)) for method in methods)
    return found and not isinstance(value, type)


def _tls(_: object, attribute: Attribute[Any], value: Any) -> None:
    """Refuse what says nothing about certificates; who has a context has imported ssl."""
    name = attribute.name
    if isinstance(value, bool):
        return
    loaded = sys.modules.get("ssl")
    if loaded is None or not isinstance(value, loaded.SSLContext):
        instead = ""
        if isinstance(value, str):
            instead = "write ssl.create_default_context(cafile=...)"
        raise refused(name, "must be True, False or an ssl.SSLContext", shown(value), instead)
    if value.protocol == loaded.PROTOCOL_TLS_SERVER:
        raise refused(
            name,
            "must be a context for clients",
            "one for servers",
            "write ssl.create_default_context()",
        )


# What is missing where httpx cannot use such a proxy.
SOCKS_NEEDS = "a SOCKS proxy needs socksio: pip install socksio, or name an HTTP proxy"
_PROXIES = frozenset({"http", "https", "socks5", "socks5h"})
_PROXY = "must be a URL such as http://127.0.0.1:3128"


def _proxy(_: object, attribute: Attribute[Any], value: object) -> None:
    if value is not None:
        check_proxy(attribute.name, value)


def check_proxy(name: str, value: object) -> None:
    """
    Check the URL of a proxy.

    Args:
        name: What names it: an option, or a variable of the environment.
        value: What was given.

    Raises:
        ConfigurationError: It cannot be one; it may hold a password, so nothing of it is shown.
    """
    if not isinstance(value, str):
        raise refused(name, _PROXY, kind(value))
    try:
        parts = urlsplit(value)
        usable = has_host(parts)
    except ValueError:
        raise refused(name, _PROXY, "another text") from None
    if not parts.scheme or not value.isascii() or not value.isprintable() or " " in value:
        raise refused(name, _PROXY, "another text")
    if parts.scheme not in _PROXIES:
        raise refused(name, _PROXY, "another scheme", "or with https or socks5")
    if not usable:
        raise refused(name, _PROXY, "a URL without a host or port that can be")
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigurationError(f"{name}: {SOCKS_NEEDS}", option=name)


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
        ConfigurationError: An option cannot be, or contradicts another.
    """

    headers: tuple[tuple[str, str], ...] = ()
    max_connections: int = field(default=100, validator=count)
    transport: AsyncTransport | None = field(default=None, validator=_transport)
    http_client: AsyncHttpClient | None = field(default=None, validator=_http_client)
    verify: ssl.SSLContext | bool = field(default=True, validator=_tls)
    proxy: str | None = field(default=None, converter=as_plain, repr=hidden, validator=_proxy)
    trust_env: bool = field(default=True, validator=truth)

    def __attrs_post_init__(self) -> None:
        """Refuse what would be ignored beside the caller's own client or transport."""
        own = self.proxy is None and self.verify is True
        if self.http_client is not None and not (own and self.transport is None):
            raise ConfigurationError(
                "http_client brings its own transport, proxy and verify; give those to it",
                option="http_client",
            )
        if self.transport is not None and not own:
            raise ConfigurationError(
                "transport brings its own proxy and verify; give those to it", option="transport"
            )

    @property
    def needs_httpx(self) -> bool:
        """Whether only httpx can do what is asked for."""
        return any(part is not None for part in (self.transport, self.http_client, self.proxy))
