"""Options that a client cannot have, as somebody new gives them, and what each is told."""

from __future__ import annotations

import re
import ssl
from decimal import Decimal
from typing import Any, cast

import anyio
import httpx
import httpx2
import pytest

from nim_async import ConfigurationError, NimClient, RetryPolicy
from nim_async.limits import LocalLimiter
from nim_async.limits.redis import RedisLimits
from tests.client.misuse import LIMIT, SECRET, later, names, nothing, told
from tests.doubles import BASE, Scripted

NAN = float("nan")


class Sealed:
    """A secret as settings have it."""

    def get_secret_value(self) -> str:
        """Return the secret."""
        return SECRET


class Synchronous:
    """A transport that is not asynchronous."""

    def handle_request(self, request: object) -> None:
        """Send nothing."""

    def close(self) -> None:
        """Close nothing."""


def closed_client() -> httpx.AsyncClient:
    """Return a client that was closed before."""
    found = httpx.AsyncClient()
    anyio.run(found.aclose)
    return found


# What is given to the constructor, and the whole message.
AT_CONSTRUCTION: list[tuple[dict[str, Any], str]] = [
    # key and secret
    (
        {"app_key": None},
        ("app_key must be text; given: None; set the variable NIM_APP_KEY and use from_env()"),
    ),
    ({"app_key": b"hunter2"}, "app_key must be text; given: a bytes"),
    ({"app_key": ""}, "app_key is empty"),
    ({"app_key": "key "}, "app_key begins or ends with a space or a line break; strip() it"),
    (
        {"app_secret": "hunter2\n"},
        "app_secret begins or ends with a space or a line break; strip() it",
    ),
    ({"app_secret": "hunter2\nx"}, "app_secret holds characters that no key has"),
    ({"app_secret": 5}, "app_secret must be text; given: an int"),
    (
        {"app_secret": Sealed()},
        "app_secret must be text; given: a Sealed; give its get_secret_value()",
    ),
    # where
    ({"region": "CN"}, "region is not one of cn, sg; given: 'CN'; write 'cn'"),
    ({"region": "china"}, "region is not one of cn, sg; given: 'china'; write 'cn'"),
    ({"region": "Singapore "}, "region is not one of cn, sg; given: 'Singapore '; write 'sg'"),
    ({"region": "us"}, "region is not one of cn, sg; given: 'us'"),
    ({"region": None}, "region is not one of cn, sg; given: None"),
    ({"region": "us", "base_url": BASE}, "region is not one of cn, sg; given: 'us'"),
    (
        {"base_url": "im.example/nimserver"},
        (
            "base_url is no http or https URL; given: 'im.example/nimserver'; "
            "write 'https://im.example/nimserver'"
        ),
    ),
    (
        {"base_url": "https://im.example"},
        (
            "base_url must end in /nimserver; given: 'https://im.example'; "
            "write 'https://im.example/nimserver'"
        ),
    ),
    (
        {"base_url": "https://im.example/nimserver/user/create.action"},
        (
            "base_url must end in /nimserver; "
            "given: 'https://im.example/nimserver/user/create'…; leave the operation out of it"
        ),
    ),
    (
        {"base_url": "https://amy:hunter2@im.example"},
        "base_url may hold scheme, host, port and path only",
    ),
    ({"base_url": "https://amy:hunter2"}, "base_url is no http or https URL"),
    ({"base_url": []}, "base_url names no URL; given: a list; leave base_url out"),
    ({"base_url": 5}, "base_url must be a URL or a list of URLs; given: 5"),
    (
        {"base_url": b"x"},
        "base_url must be a URL or a list of URLs; given: a bytes; decode it",
    ),
    (
        {"base_url": [BASE.encode()]},
        "base_url must be a URL or a list of URLs; given: a bytes; decode it",
    ),
    (
        {"base_url": [None]},
        "base_url must be a URL or a list of URLs; given: None; leave it out",
    ),
    ({"base_url": [5]}, "base_url must be a URL or a list of URLs; given: 5"),
    ({"base_url": [object()]}, "base_url must be a URL or a list of URLs; given: an object"),
    (
        {"base_url": httpx.URL(BASE)},
        "base_url must be a URL or a list of URLs; given: an URL; write str() of it",
    ),
    ({"base_url": {BASE}}, "base_url must be a URL or a list of URLs; given: a set"),
    (
        {"base_url": [httpx.URL(BASE)]},
        "base_url must be a URL or a list of URLs; given: an URL; write str() of it",
    ),
    (
        {"base_url": "http://a..b/nimserver"},
        "base_url is no http or https URL; given: 'http://a..b/nimserver'",
    ),
    (
        {"base_url": "http://256.1.1.1/nimserver"},
        "base_url is no http or https URL; given: 'http://256.1.1.1/nimserver'",
    ),
    (
        {"base_url": "https://例.cn/nimserver"},
        (
            "base_url is no http or https URL of ASCII characters; given: "
            "'https://例.cn/nimserver'; "
            "write the host in its xn-- form and the path in percent signs"
        ),
    ),
    (
        {"discover": None},
        "discover must be True, False or a URL or a list of URLs; given: None",
    ),
    ({"discover": 1}, "discover must be True, False or a URL or a list of URLs; given: 1"),
    ({"discover": ""}, "discover is no http or https URL; given: ''"),
    ({"discover": []}, "discover names no URL; given: a list; write False"),
    (
        {"discover": True, "base_url": BASE},
        (
            "discover=True asks the region's LBS, which does not know the endpoints of base_url; "
            "give discover the URL of their own"
        ),
    ),
    # time
    ({"timeout": "5"}, "timeout must be a number; given: '5'; write it without quotes"),
    ({"timeout": None}, "timeout must be a number; given: None; leave it out for the default"),
    ({"timeout": True}, "timeout must be a number; given: True; leave it out for the default"),
    ({"timeout": NAN}, "timeout must be more than 0; given: nan"),
    ({"timeout": 0}, "timeout must be more than 0; given: 0"),
    ({"deadline": -1}, "deadline must be more than 0; given: -1"),
    ({"deadline": [5]}, "deadline must be a number; given: a list"),
    ({"deadline": Decimal(5)}, "deadline must be a number; given: a Decimal"),
    ({"max_wait": -1}, "max_wait must be 0 or more; given: -1"),
    ({"max_wait": "1"}, "max_wait must be a number; given: '1'; write it without quotes"),
    # repeats
    (
        {"retry": 3},
        "retry must be a RetryPolicy; given: 3; write RetryPolicy(max_attempts=3)",
    ),
    (
        {"retry": False},
        "retry must be a RetryPolicy; given: False; write RetryPolicy(max_attempts=...)",
    ),
    (
        {"retry": RetryPolicy},
        (
            "retry must be a RetryPolicy; given: the class RetryPolicy; "
            "write RetryPolicy(max_attempts=...)"
        ),
    ),
    # limits
    (
        {"rate_limit": {"chatroom.get": 50}},
        (
            "rate_limit of 'chatroom.get' must be a RateLimit or None; given: 50; "
            "write RateLimit(calls=..., per_seconds=..., block_seconds=...)"
        ),
    ),
    (
        {"rate_limit": {"chatroom.sendMsg": LIMIT}},
        (
            "rate_limit names 'chatroom.sendMsg', which is no operation and no path; "
            "do you mean 'chatroom.send_msg'?"
        ),
    ),
    (
        {"rate_limit": {"send_mgs": None}},
        (
            "rate_limit names 'send_mgs', which is no operation and no path; "
            "do you mean 'chatroom.send_msg'?"
        ),
    ),
    ({"rate_limit": {5: LIMIT}}, "rate_limit names 5, which is no operation and no path"),
    (
        {"rate_limit": False},
        ("rate_limit must map names to limits; given: False; write None to switch all limits off"),
    ),
    (
        {"rate_limit": 50},
        (
            "rate_limit must map names to limits; given: 50; "
            'write {"chatroom.send_msg": RateLimit(calls=..., per_seconds=..., block_seconds=...)}'
        ),
    ),
    (
        {"limiter": 5},
        "limiter must be a function of path and limit that returns a Limiter; given: 5",
    ),
    (
        {"limiter": later},
        (
            "limiter must be a function of path and limit that returns a Limiter; "
            "given: the function later, which returns a coroutine"
        ),
    ),
    (
        {"limiter": RedisLimits},
        (
            "limiter must be a function of path and limit that returns a Limiter; "
            "given: the class RedisLimits with other arguments; give an object of the class"
        ),
    ),
    # connections
    ({"max_connections": 2.5}, "max_connections must be a whole number; given: 2.5"),
    ({"max_connections": 0}, "max_connections must be more than 0; given: 0"),
    (
        {"max_connections": None},
        "max_connections must be a whole number; given: None; leave it out for the default",
    ),
    (
        {"transport": Synchronous()},
        (
            "transport must be an httpx.AsyncBaseTransport; given: a Synchronous; "
            "it is synchronous; give one such as httpx.AsyncHTTPTransport()"
        ),
    ),
    (
        {"transport": httpx.AsyncHTTPTransport},
        (
            "transport must be an httpx.AsyncBaseTransport; given: the class AsyncHTTPTransport; "
            "give one such as httpx.AsyncHTTPTransport()"
        ),
    ),
    (
        {"transport": httpx.AsyncClient()},
        (
            "transport must be an httpx.AsyncBaseTransport; given: an AsyncClient; "
            "give a client as http_client"
        ),
    ),
    (
        {"http_client": httpx.Client()},
        (
            "http_client must be an httpx.AsyncClient; given: a Client; "
            "it is synchronous; give httpx.AsyncClient()"
        ),
    ),
    (
        {"http_client": httpx2.Client()},
        (
            "http_client must be an httpx.AsyncClient; given: a Client; "
            "it is synchronous; give httpx.AsyncClient()"
        ),
    ),
    (
        {"http_client": httpx.AsyncClient},
        (
            "http_client must be an httpx.AsyncClient; given: the class AsyncClient; "
            "give httpx.AsyncClient()"
        ),
    ),
    (
        {"http_client": Scripted([])},
        (
            "http_client must be an httpx.AsyncClient; given: a Scripted; "
            "give a transport as transport"
        ),
    ),
    (
        {"http_client": closed_client()},
        "http_client must be open; given: a closed client; keep it open as long as this one",
    ),
    (
        {"http_client": httpx.AsyncClient(), "verify": False},
        "http_client brings its own transport, proxy and verify; give those to it",
    ),
    (
        {"transport": Scripted([]), "proxy": "http://127.0.0.1:9"},
        "transport brings its own proxy and verify; give those to it",
    ),
    (
        {"transport": Scripted([]), "verify": False},
        "transport brings its own proxy and verify; give those to it",
    ),
    (
        {"verify": "ca.pem"},
        (
            "verify must be True, False or an ssl.SSLContext; given: 'ca.pem'; "
            "write ssl.create_default_context(cafile=...)"
        ),
    ),
    ({"verify": None}, "verify must be True, False or an ssl.SSLContext; given: None"),
    (
        {"verify": ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)},
        (
            "verify must be a context for clients; given: one for servers; "
            "write ssl.create_default_context()"
        ),
    ),
    ({"proxy": "foo"}, "proxy must be a URL such as http://127.0.0.1:3128; given: another text"),
    (
        {"proxy": "ftp://amy:hunter2@127.0.0.1"},
        (
            "proxy must be a URL such as http://127.0.0.1:3128; given: another scheme; "
            "or with https or socks5"
        ),
    ),
    (
        {"proxy": "http://amy:hunter2@"},
        (
            "proxy must be a URL such as http://127.0.0.1:3128; "
            "given: a URL without a host or port that can be"
        ),
    ),
    (
        {"proxy": httpx.Proxy("http://amy:hunter2@127.0.0.1")},
        "proxy must be a URL such as http://127.0.0.1:3128; given: a Proxy",
    ),
    # the rest
    (
        {"hooks": print},
        "hooks must be a list of functions; given: the function print; write hooks=[...]",
    ),
    ({"hooks": None}, "hooks must be a list of functions; given: None; leave hooks out for none"),
    ({"hooks": [5]}, "hooks: 5 cannot be called; give functions of one event"),
    (
        {"hooks": [later]},
        ("hooks: later is a coroutine function, which nobody would await; give a plain function"),
    ),
    ({"hooks": [nothing]}, "hooks: nothing does not take one argument, the event"),
    ({"validate": None}, "validate must be True or False; given: None"),
    ({"validate": "no"}, "validate must be True or False; given: 'no'"),
    ({"strict_replies": 1}, "strict_replies must be True or False; given: 1"),
]


@pytest.mark.parametrize(("options", "text"), AT_CONSTRUCTION, ids=names(AT_CONSTRUCTION))
def test_options_that_cannot_be(options: dict[str, Any], text: str) -> None:
    """The client is refused with the option's name, what was given and what to write instead."""
    given: dict[str, Any] = {"app_key": "key", "app_secret": SECRET, **options}
    with pytest.raises(ConfigurationError) as caught:
        NimClient(**given)
    assert told(caught.value) == text
    assert caught.value.option in options
    assert text.startswith(str(caught.value.option))


def test_enough_wrong_uses_are_listed() -> None:
    """There is a wrong use of each option but those that any value fits."""
    named = {name for options, _ in AT_CONSTRUCTION for name in options}
    wanted = set(NimClient.__init__.__annotations__) - {"return"}
    assert named == wanted
    assert len(AT_CONSTRUCTION) >= 40


def test_the_limiter_of_one_path_makes_none() -> None:
    """A limiter in place of what makes limiters is refused."""
    with pytest.raises(ConfigurationError) as caught:
        NimClient("key", SECRET, limiter=cast("Any", LocalLimiter("/a", LIMIT)))
    assert told(caught.value) == (
        "limiter must be a function of path and limit that returns a Limiter; "
        "given: a LocalLimiter; give its class"
    )


def test_what_does_not_fit_the_signature_is_a_word_of_python() -> None:
    """Missing and unknown arguments are a TypeError, as for any function, and show no value."""
    new: Any = NimClient
    for given in ({}, {"app_key": "key", "app_secret": SECRET, "timeuot": SECRET}):
        with pytest.raises(TypeError, match="argument") as caught:
            new(**given)
        assert SECRET not in str(caught.value)


def test_texts_of_a_class_of_their_own() -> None:
    """Key, secret and URL are taken by their characters, whatever their class shows."""

    class Veiled(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "***"

        __repr__ = __str__

    nim = NimClient(Veiled("key"), Veiled(SECRET), base_url=Veiled(BASE))
    assert repr(nim) == f"NimClient(app_key='key', endpoint={BASE!r})"
    assert re.fullmatch("key", nim.config.credentials.app_key)
    assert type(nim.config.credentials.app_secret) is str
