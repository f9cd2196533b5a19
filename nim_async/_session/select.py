"""Which session serves a client."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nim_async._session import PROXIED
from nim_async._session.eventloop import on_asyncio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nim_async._session import Session
    from nim_async.config import ConnectionOptions


def new_session(urls: Sequence[str], options: ConnectionOptions) -> Session:
    """
    Make the session that fits the running event loop; nothing is opened.

    Our own serves asyncio; httpx serves trio, proxies, and who brings a transport or a client.

    Args:
        urls: The base URLs to reach.
        options: How to reach them.
    """
    proxied = options.trust_env and _proxied(urls)
    if options.needs_httpx or proxied or not on_asyncio():
        from nim_async._session.over_httpx import HttpxSession  # noqa: PLC0415  brings httpx

        return HttpxSession(options)
    from nim_async._session.pool import PoolSession  # noqa: PLC0415  brings asyncio

    return PoolSession(options, tls=any(urlsplit(url).scheme == "https" for url in urls))


def _proxied(urls: Sequence[str]) -> bool:
    """Return whether the environment names a proxy for one of the URLs, as httpx reads it."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415  slow to import

    if not PROXIED & getproxies().keys():
        return False
    return not all(proxy_bypass(urlsplit(url).netloc) for url in urls)
