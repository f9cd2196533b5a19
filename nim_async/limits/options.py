"""What limiters are made from, checked before anything is opened."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from attrs import NOTHING, field, frozen

from nim_async._checks import as_text, count, has_host, kind, number, refused, shown
from nim_async.config import RateLimit
from nim_async.errors import ConfigurationError

if TYPE_CHECKING:
    from attrs import Attribute
    from redis.asyncio import Redis  # noqa: TC004  an optional extra that only an annotation needs

PREFIX = "nim_async"
TIMEOUT_SECONDS = 0.5
RETRY_SECONDS = 0.5
MARGIN_SECONDS = 1.0
_SCHEMES = frozenset({"redis", "rediss", "unix"})
_SERVER = "must be a URL such as redis://127.0.0.1:6379/0 or a redis.asyncio.Redis"
_LIMIT = "write RateLimit(calls=..., per_seconds=..., block_seconds=...)"


def check_limit(path: object, limit: object) -> None:
    """
    Check what a limiter is to keep.

    Raises:
        ConfigurationError: The path is no text, or the limit no `RateLimit`.
    """
    if not isinstance(path, str):
        raise refused("path", "must be text", shown(path))
    if not isinstance(limit, RateLimit):
        raise refused("limit", "must be a RateLimit", shown(limit), _LIMIT)


def _name(_: object, attribute: Attribute[Any], value: object) -> None:
    """Refuse what cannot be part of a key; nothing is shown, a secret may stand in its place."""
    name = attribute.name
    if not isinstance(value, str):
        text = "None" if value is None else kind(value)
        raise refused(
            name, "must be text", text, as_text(value, optional=attribute.default is not NOTHING)
        )
    if not value:
        raise ConfigurationError(f"{name} is empty", option=name)
    if not value.isprintable():
        raise ConfigurationError(f"{name} holds characters that cannot be shown", option=name)


def _server(_: object, attribute: Attribute[Any], value: object) -> None:
    name = attribute.name
    if isinstance(value, str):
        _check_url(name, value)
        return
    instead = as_text(value)
    if isinstance(value, type):
        instead = "give an object of the class" if _can_ask(value) else ""
    elif _can_ask(value):
        if hasattr(value, "__aenter__") or not hasattr(value, "__enter__"):
            return
        instead = "it is synchronous; give a redis.asyncio.Redis"
    raise refused(name, _SERVER, shown(value), instead)


def _can_ask(client: object) -> bool:
    return all(callable(getattr(client, method, None)) for method in ("evalsha", "eval"))


def _check_url(name: str, url: str) -> None:
    """Refuse a URL that names no server; it may hold a password, so nothing of it is shown."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        usable = parts.port != 0 and (not host or not host.isascii() or has_host(parts))
    except ValueError:
        raise refused(name, _SERVER, "another text") from None
    if not parts.scheme or not url.isprintable() or " " in url:
        raise refused(name, _SERVER, "another text")
    if parts.scheme not in _SCHEMES:
        raise refused(name, _SERVER, "another scheme", "or with rediss or unix")
    if parts.scheme == "unix":
        if not parts.path:
            raise refused(name, _SERVER, "a URL without a path", "write unix:///run/redis.sock")
        return
    if not usable:
        raise refused(name, _SERVER, "a URL whose host or port cannot be")
    database = parts.path.strip("/")
    if database and not (database.isascii() and database.isdigit()):
        raise refused(name, _SERVER, "a URL whose database is no number", "end it in /0")


@frozen(kw_only=True, eq=False)
class RedisOptions:
    """What a `RedisLimits` is made from; see there."""

    redis: str | Redis = field(validator=_server)
    app_key: str = field(validator=_name)
    processes: int = field(validator=count)
    prefix: str = field(default=PREFIX, validator=_name)
    timeout: float = field(default=TIMEOUT_SECONDS, validator=number())
    retry: float = field(default=RETRY_SECONDS, validator=number())
    margin: float = field(default=MARGIN_SECONDS, validator=number(zero=True))


def require_redis() -> None:
    """
    Check that redis-py is there.

    Raises:
        ConfigurationError: It is not.
    """
    try:
        import_module("redis.exceptions")
    except ImportError:
        raise ConfigurationError(
            "RedisLimits needs redis-py: install the extra nim-async[redis]"
        ) from None


def connect(url: str, timeout: float) -> Any:
    """
    Make a client of Redis; nothing is opened.

    Args:
        url: Where Redis is.
        timeout: When an unanswered question is given up, seconds.

    Raises:
        ConfigurationError: An option in the URL cannot be.
    """
    from redis import asyncio as redis  # noqa: PLC0415  an optional extra
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.exceptions import RedisError  # noqa: PLC0415

    new_client: Any = redis.Redis
    try:
        client = new_client.from_url(
            url,
            protocol=2,  # Redis 5 knows no other
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            # A connection that was closed while idle is replaced; a place is taken only once.
            retry=Retry(NoBackoff(), 1),
        )
        pool = client.connection_pool
        database = pool.connection_class(**pool.connection_kwargs).db
    except (TypeError, ValueError, RedisError):
        raise refused("redis", _SERVER, "a URL with options that cannot be") from None
    if database < 0:
        raise refused("redis", _SERVER, "a URL whose database is below 0")
    return client


def masked(url: str) -> str:
    """Return a URL without its login and options."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"***@{host}" if login or at else host, query="").geturl()
