"""Where a URL leads: what is looked up, what is verified, and how a request begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, urlsplit

import idna
from attrs import frozen

from nim_async.errors import ConfigurationError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

Origin: TypeAlias = tuple[str, int, bool]  # host, port, whether over TLS
_START_LINES, _START_SPACES = 2, 3


@frozen
class Target:
    """
    Where a URL leads, and how a request to it begins.

    Attributes:
        origin: Host as it is looked up, port, and whether TLS is spoken.
        start: All of the head but the method and what differs from request to request.
    """

    origin: Origin
    start: str

    @classmethod
    def of(cls, url: str, headers: str) -> Target:
        """
        Take a URL apart.

        Args:
            url: Whole URL.
            headers: Lines of the head that all requests have.

        Raises:
            ConfigurationError: It cannot be a URL.
        """
        try:
            parts = urlsplit(url)
            port, host = parts.port, _in_ascii(parts.hostname or "")
        except (ValueError, UnicodeError):
            raise ConfigurationError("a URL holds what no URL can") from None
        tls = parts.scheme == "https"
        path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        if not path.isascii():
            path = quote(path, safe="%/:=&?~#+!$,;'@()*[]")
        start = f" {path} HTTP/1.1\r\nHost: {_shown(host, port)}\r\n"
        if start.count("\n") != _START_LINES or start.count(" ") != _START_SPACES:
            raise ConfigurationError("a URL holds what no URL can")
        return cls((host, port or (443 if tls else 80), tls), start + headers)


def server_name(host: str) -> str:
    """Return the name that a certificate is for: the root's dot belongs to look-ups alone."""
    return host.removesuffix(".")


def without_root_dot(url: str) -> str:
    """Return a URL whose host has no dot at its end."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host.endswith("."):
        return url
    return parts._replace(netloc=_netloc(parts, server_name(host))).geturl()


def _netloc(parts: SplitResult, host: str) -> str:
    return host if parts.port is None else f"{host}:{parts.port}"


def _in_ascii(host: str) -> str:
    return host if host.isascii() else idna.encode(host).decode("ascii")


def _shown(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else server_name(host)
    return name if port is None else f"{name}:{port}"
