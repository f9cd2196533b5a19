"""Where the service is: endpoints by region, or as the caller names them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from nim_async._checks import as_text, has_host, is_sequence, kind, plain_text, refused, shown
from nim_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# A path of the service.
PATH = re.compile(r"/nimserver(/[\w-]+(\.[\w-]+)*)+", re.ASCII)

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


# What people call the regions.
_MEANT: Mapping[str, str] = {
    "china": "cn",
    "mainland": "cn",
    "zh": "cn",
    "singapore": "sg",
    "overseas": "sg",
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
    known = _known_region(region)
    if base_url is None:
        return _REGIONS[known]
    urls = _listed(base_url, "base_url")
    return tuple(dict.fromkeys(endpoint(url) for url in urls))


def _known_region(region: object) -> str:
    if isinstance(region, str):
        if region in _REGIONS:
            return plain_text(region)
        word = region.strip().lower()
        meant = word if word in _REGIONS else _MEANT.get(word)
        instead = "" if meant is None else f"write {meant!r}"
    else:
        instead = ""
    raise refused("region", f"is not one of {', '.join(_REGIONS)}", shown(region), instead)


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
            raise ConfigurationError(
                "discover=True asks the region's LBS, which does not know the endpoints of "
                "base_url; give discover the URL of their own",
                option="discover",
            )
        return (_LBS[region],) if discover else ()
    urls = _listed(discover, "discover")
    return tuple(dict.fromkeys(_plain(url, "discover") for url in urls))


def _listed(given: object, option: str) -> Sequence[object]:
    """Return the URLs that an option names."""
    if isinstance(given, str):
        return [given]
    switch = "True, False or " if option == "discover" else ""
    if not is_sequence(given):
        raise refused(
            option, f"must be {switch}a URL or a list of URLs", shown(given), as_text(given)
        )
    if not given:
        instead = "write False" if switch else f"leave {option} out"
        raise refused(option, "names no URL", kind(given), instead)
    return cast("Sequence[object]", given)


def endpoint(url: object) -> str:
    """
    Check a base URL.

    Raises:
        ConfigurationError: It cannot be one; the text shows no part that may be a password.
    """
    found = _plain(url, "base_url").rstrip("/")
    if not found.endswith("/nimserver"):
        bare = not urlsplit(found).path
        instead = f"write {found + '/nimserver'!r}" if bare else "leave the operation out of it"
        raise refused("base_url", "must end in /nimserver", shown(found), instead)
    return found


def _plain(url: object, option: str) -> str:
    if not isinstance(url, str):
        instead = as_text(url, optional=True)
        raise refused(option, "must be a URL or a list of URLs", shown(url), instead)
    url = plain_text(url)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and has_host(parts)
        usable = usable and url.isprintable() and " " not in url
        secret = "@" in parts.netloc or "?" in url or "#" in url
    except ValueError:
        usable, secret = False, True
    # The URL may hold a password, so only the reason is shown where it might.
    if secret or (not usable and "@" in url):
        rule = "may hold scheme, host, port and path only" if usable else "is no http or https URL"
        raise ConfigurationError(f"{option} {rule}", option=option)
    if not url.isascii():
        instead = "write the host in its xn-- form and the path in percent signs"
        raise refused(option, "is no http or https URL of ASCII characters", shown(url), instead)
    if not usable:
        bare = url.strip().lstrip("/")
        instead = "" if ":" in bare or not bare else f"write {'https://' + bare!r}"
        raise refused(option, "is no http or https URL", shown(url), instead)
    return url
