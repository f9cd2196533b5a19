"""Which session serves a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from nim_async._session.eventloop import on_asyncio
from nim_async._session.over_httpx import HttpxSession

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from nim_async._session import Session

_PROXIED = frozenset({"http", "https", "all"})


def session_for(
    urls: Sequence[str],
    *,
    headers: Sequence[tuple[str, str]],
    max_connections: int,
    transport: Any,
    http_client: Any,
    verify: ssl.SSLContext | bool,
    proxy: str | None,
) -> Callable[[], Session]:
    """
    Return what makes the session, once an event loop is running.

    Our own serves asyncio; httpx serves trio, proxies, and who brings a transport or a client.

    Args:
        urls: The base URLs to reach.
        headers: What every request carries.
        max_connections: Most requests under way at once.
        transport: A transport of httpx to use.
        http_client: The caller's own client.
        verify: TLS context, or whether to verify certificates.
        proxy: URL of a proxy.

    Raises:
        ConfigurationError: ``http_client`` contradicts another option.
    """
    over_httpx = HttpxSession(
        headers=headers,
        max_connections=max_connections,
        transport=transport,
        http_client=http_client,
        verify=verify,
        proxy=proxy,
    )
    wanted = transport is not None or http_client is not None or proxy is not None

    def new() -> Session:
        if wanted or not on_asyncio() or _proxied(urls):
            return over_httpx
        from nim_async._session.pool import PoolSession  # noqa: PLC0415  brings asyncio

        return PoolSession(headers=headers, max_connections=max_connections, verify=verify)

    return new


def _proxied(urls: Sequence[str]) -> bool:
    """Tell whether the environment names a proxy for one of the URLs, as httpx reads it."""
    if not _PROXIED & getproxies().keys():
        return False
    return not all(proxy_bypass(urlsplit(url).netloc) for url in urls)
