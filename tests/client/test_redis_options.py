"""What limits that are kept in Redis are made of: options, and places counted by one process."""

from __future__ import annotations

import sys
from typing import Any

import httpx
import pytest
import redis
from redis.asyncio import ConnectionPool, Redis

from nim_async import ConfigurationError
from nim_async.limits import LocalLimiter
from nim_async.limits.options import masked
from nim_async.limits.places import Places
from nim_async.limits.redis import RedisLimits
from tests.client.sharing import INF, LATE, PATH, limit, limits

pytestmark = pytest.mark.slow


def test_a_path_has_one_limiter() -> None:
    """Clients that share the object share the share, so they must agree about the limit."""
    made = limits("redis://127.0.0.1", "app")
    assert made(PATH, limit(1, 1)) is made(PATH, limit(1, 1))
    assert made(PATH, limit(1, 1)) is not made("/other", limit(1, 1))
    with pytest.raises(ConfigurationError, match="differ"):
        made(PATH, limit(2, 1))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("http://:pass-word@127.0.0.1", "another scheme; or with rediss or unix"),
        ("redis://:pass-word@127.0.0.1:port", "another text"),
        ("pass-word", "another text"),
        ("", "another text"),
        (" redis://:pass-word@h", "another text"),
        ("redis://:pass-word@h:0", "a URL whose host or port cannot be"),
        ("redis://:pass-word@a..b", "a URL whose host or port cannot be"),
        ("redis://:0", "a URL whose host or port cannot be"),
        ("redis://h/pass-word", "a URL whose database is no number; end it in /0"),
        ("redis://h/-1", "a URL whose database is no number; end it in /0"),
        ("redis://h?db=-1", "a URL whose database is below 0"),
        ("redis://h?db=pass-word", "a URL with options that cannot be"),
        ("redis://h?pass-word=1", "a URL with options that cannot be"),
        ("unix://", "a URL without a path; write unix:///run/redis.sock"),
        (None, "None"),
        (5, "5"),
        (b"redis://:pass-word@h", "a bytes; decode it"),
        (object(), "an object"),
        (httpx.URL("redis://:pass-word@h"), "an URL; write str() of it"),
        (Redis, "the class Redis; give an object of the class"),
        (ConnectionPool(), "a ConnectionPool"),
        (
            redis.Redis(password="pass-word"),
            "a Redis; it is synchronous; give a redis.asyncio.Redis",
        ),
    ],
)
def test_what_is_no_redis(given: Any, shown: str) -> None:
    """What cannot share a limit is refused at once, without telling a password."""
    with pytest.raises(ConfigurationError) as caught:
        RedisLimits(given, app_key="app", processes=1)
    rule = "redis must be a URL such as redis://127.0.0.1:6379/0 or a redis.asyncio.Redis"
    assert caught.value.option == "redis"
    assert str(caught.value) == f"{rule}; given: {shown}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


class Own(Redis):
    """A client of somebody's own."""


class Ducks:
    """What can be asked, and no more."""

    async def evalsha(self, digest: str, keys: int, *arguments: object) -> object:
        """Run a script that is known."""
        raise NotImplementedError

    async def eval(self, script: bytes, keys: int, *arguments: object) -> object:
        """Run a script."""
        raise NotImplementedError


@pytest.mark.parametrize(
    "given",
    [
        *("redis://", "redis://h", "redis:///1", "redis://h/1/", "rediss://me:x@[::1]:6380/2"),
        *("redis://my_redis?socket_keepalive=yes", "unix:///run/redis.sock?db=1"),
        *(Redis(), Own(), Ducks()),
    ],
)
def test_what_is_a_redis(given: Any) -> None:
    """What redis-py takes, and what can be asked as its clients can, is taken."""
    assert RedisLimits(given, app_key="app", processes=1)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"processes": 0}, "processes must be more than 0; given: 0"),
        ({"processes": 1.5}, "processes must be a whole number; given: 1.5"),
        ({"processes": True}, "processes must be a whole number; given: True"),
        (
            {"processes": "2"},
            "processes must be a whole number; given: '2'; write it without quotes",
        ),
        ({"app_key": ""}, "app_key is empty"),
        ({"app_key": None}, "app_key must be text; given: None"),
        ({"app_key": b"app"}, "app_key must be text; given: a bytes; decode it"),
        ({"app_key": "\ud800"}, "app_key holds characters that cannot be shown"),
        ({"prefix": 5}, "prefix must be text; given: an int"),
        ({"prefix": None}, "prefix must be text; given: None; leave it out"),
        ({"prefix": ""}, "prefix is empty"),
        ({"timeout": 0}, "timeout must be more than 0; given: 0"),
        ({"timeout": "x"}, "timeout must be a number; given: 'x'; write it without quotes"),
        ({"retry": 0}, "retry must be more than 0; given: 0"),
        ({"retry": INF}, "retry must have an end; given: inf"),
        ({"margin": -1}, "margin must be 0 or more; given: -1"),
        ({"margin": None}, "margin must be a number; given: None; leave it out for the default"),
    ],
)
def test_options_are_checked(options: dict[str, Any], text: str) -> None:
    """What cannot be is refused before anything is opened."""
    given: dict[str, Any] = {"app_key": "app", "processes": 1, **options}
    with pytest.raises(ConfigurationError) as caught:
        RedisLimits("redis://127.0.0.1", **given)
    assert str(caught.value) == text
    assert caught.value.option in options


@pytest.mark.parametrize("make", [LocalLimiter, limits("redis://127.0.0.1", "app")])
def test_what_a_limiter_cannot_keep(make: Any) -> None:
    """Whoever makes limiters refuses what is no path and what is no limit."""
    with pytest.raises(ConfigurationError, match="path must be text; given: 5"):
        make(5, limit(1, 1))
    with pytest.raises(ConfigurationError, match=r"limit must be a RateLimit; given: 5; write "):
        make(PATH, 5)


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without redis-py the error says which extra brings it."""
    monkeypatch.setitem(sys.modules, "redis.exceptions", None)
    with pytest.raises(ConfigurationError, match=r"nim-async\[redis\]"):
        RedisLimits("redis://127.0.0.1", app_key="app", processes=1)


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_trio_is_refused() -> None:
    """On trio the error says so, before anything is sent."""
    made = limits("redis://127.0.0.1", "app")
    with pytest.raises(ConfigurationError, match="asyncio"):
        await made(PATH, limit(1, 1)).enter(LATE)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("rediss://me:secret@host/1?password=secret", "rediss://***@host/1"),
        ("unix://:secret@/run/redis.sock?db=1", "unix://***@/run/redis.sock"),
    ],
)
def test_a_url_is_shown_without_login(url: str, shown: str) -> None:
    """User, password and options are left out."""
    assert masked(url) == shown


def test_the_places_of_a_process_by_its_own_clock() -> None:
    """Places are counted from taking them until they are free, and those held longest remain."""
    places = Places()
    places.take("long", 40.0, known=True)
    places.take("short", 10.0, known=False)
    assert places.taken(0.0) == 2
    assert places.notes == {"short": 10.0}
    assert places.next_free() is None
    places.end(3.0)  # whichever call it was, the longer place stays
    assert places.notes == {"short": 3.0}
    assert places.next_free() == 3.0
    assert places.taken(2.9) == 2
    assert places.taken(3.0) == 1
    assert not places.notes
    places.tell_all()
    assert places.notes == {"long": 40.0}
    places.end(None)
    assert places.taken(3.0) == 0
    assert places.notes == {"long": float("-inf")}


def test_redis_is_told_however_late() -> None:
    """A place that Redis holds for a long call comes free there, though it long is free here."""
    places = Places()
    places.take("held", 600.0, known=True)
    places.take("own", 600.0, known=False)
    places.end(1.0)
    places.end(1.0)
    assert places.taken(2.0) == 0
    assert places.notes == {"held": 1.0}
    sent, places.notes = places.notes, {}
    places.told(sent)
    assert places.taken(3.0) == 0
    assert not places.notes


def test_what_redis_was_told_of_and_ends_meanwhile() -> None:
    """A place that Redis takes over from a process is held there, until it is told of the end."""
    places = Places()
    places.take("own", 600.0, known=False)
    sent, places.notes = places.notes, {}
    places.end(1.0)
    places.told(sent)
    assert places.taken(2.0) == 0
    assert places.notes == {"own": 1.0}
