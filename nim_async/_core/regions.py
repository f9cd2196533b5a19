"""Where the service is: endpoints by region, or as the caller names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args
from urllib.parse import urlsplit

from nim_async.config import Region
from nim_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
        ConfigurationError: It cannot be one; the text shows no part of it.
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
    # The URL may hold a password, so only the reason is shown.
    if not usable:
        raise ConfigurationError(f"{option} is no http or https URL")
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise ConfigurationError(f"{option} may hold scheme, host, port and path only")
    return url
