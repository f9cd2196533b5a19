"""Wrong uses, as somebody new makes them, and what each is told."""

from __future__ import annotations

import logging
import pickle
import re
import ssl
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import anyio
import httpx
import httpx2
import pytest

from nim_async import (
    OPERATIONS,
    Again,
    ConfigurationError,
    Custom,
    NimClient,
    NimError,
    NotFound,
    ParameterError,
    Picture,
    RateLimit,
    RetryPolicy,
    Text,
)
from nim_async.limits import LocalLimiter
from nim_async.limits.redis import RedisLimits
from tests.doubles import BASE, OK, Scripted, client, reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from nim_async import Failure

SECRET = "hunter2"
LIMIT = RateLimit(calls=1, per_seconds=1, block_seconds=1)
NAN, INF = float("nan"), float("inf")


class Asked:
    """An object that has nothing to do with the library."""


class Sealed:
    """A secret as settings have it."""

    def get_secret_value(self) -> str:
        """Return the secret."""
        return SECRET


async def later(event: object) -> None:
    """Be a coroutine function."""
    raise AssertionError(event)


def nothing() -> None:
    """Be a function without arguments."""


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


def told(error: NimError) -> str:
    """Check that an error is one line without the secret, and return what it says."""
    everything = f"{error} {error!r} {vars(error)}"
    assert SECRET not in everything
    assert str(error).isprintable()
    assert not error.maybe_processed
    assert repr(pickle.loads(pickle.dumps(error))) == repr(error)  # noqa: S301  our own
    return error.reason


def names(cases: Sequence[tuple[Any, str]]) -> list[str]:
    """Name cases by number and message, alike in every process."""
    return [f"{number} {text[:50]}" for number, (_, text) in enumerate(cases)]


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


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Again(after=-5), "after must be 0 or more; given: -5"),
        (lambda: Again(after=INF), "after must have an end; given: inf"),
        (
            lambda: Again(after=cast("Any", "5")),
            "after must be a number; given: '5'; write it without quotes",
        ),
        (
            lambda: Again(elsewhere=cast("Any", None)),
            "elsewhere must be True or False; given: None",
        ),
        (
            lambda: RetryPolicy(rules=cast("Any", [3])),
            "rules: 3 cannot be called; give functions of one failure",
        ),
        (
            lambda: RetryPolicy(rules=cast("Any", later)),
            "rules must be a list of functions; given: the function later; write rules=[...]",
        ),
        (
            lambda: RetryPolicy(rules=cast("Any", [later])),
            (
                "rules: later is a coroutine function, which nobody would await; "
                "give a plain function"
            ),
        ),
        (
            lambda: RetryPolicy(rules=cast("Any", [nothing])),
            "rules: nothing does not take one argument, the failure",
        ),
        (lambda: RetryPolicy(max_attempts=0), "max_attempts must be more than 0; given: 0"),
        (
            lambda: RetryPolicy(max_attempts=cast("Any", 1.5)),
            "max_attempts must be a whole number; given: 1.5",
        ),
        (lambda: RetryPolicy(backoff=INF), "backoff must have an end; given: inf"),
        (
            lambda: RateLimit(calls=cast("Any", 0.5), per_seconds=1, block_seconds=1),
            "calls must be a whole number; given: 0.5",
        ),
        (
            lambda: RateLimit(calls=cast("Any", None), per_seconds=1, block_seconds=1),
            "calls must be a whole number; given: None",
        ),
        (
            lambda: RateLimit(calls=1, per_seconds=True, block_seconds=1),
            "per_seconds must be a number; given: True",
        ),
        (
            lambda: RateLimit(calls=1, per_seconds=INF, block_seconds=1),
            "per_seconds must have an end; given: inf",
        ),
        (
            lambda: NimClient.from_config(cast("Any", {"app_key": "k", "secret": SECRET})),
            "config must be the config of a client; given: a dict",
        ),
    ],
)
def test_values_that_cannot_be(make: Callable[[], object], text: str) -> None:
    """What a client is told is refused where it is made, in the same form."""
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert told(caught.value) == text


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"timeout": "5"}, "timeout must be a number; given: '5'; write it without quotes"),
        (
            {"retry": 2},
            "retry must be a RetryPolicy; given: 2; write RetryPolicy(max_attempts=2)",
        ),
        (
            {"max_attempts": "2"},
            "max_attempts must be a whole number; given: '2'; write it without quotes",
        ),
        (
            {"trace_id": 7},
            ("trace_id must be 1 to 128 printable ASCII characters; given: 7; write str() of it"),
        ),
        (
            {"trace_id": b"x"},
            "trace_id must be 1 to 128 printable ASCII characters; given: a bytes; decode it",
        ),
        (
            {"trace_id": UUID(int=0)},
            (
                "trace_id must be 1 to 128 printable ASCII characters; given: an UUID; "
                "write str() of it"
            ),
        ),
        (
            {"trace_id": [7]},
            "trace_id must be 1 to 128 printable ASCII characters; given: a list",
        ),
        (
            {"trace_id": "a\nb"},
            "trace_id must be 1 to 128 printable ASCII characters; given: 'a\\nb'",
        ),
        (
            {"trace_id": "x" * 129},
            "trace_id must be 1 to 128 printable ASCII characters; given: 129 characters",
        ),
        (
            {"trace_id": " x"},
            (
                "trace_id must be 1 to 128 printable ASCII characters; given: ' x'; "
                "strip() the spaces around it"
            ),
        ),
        ({"validate": 1}, "validate must be True or False; given: 1"),
    ],
)
def test_options_of_a_view_that_cannot_be(options: dict[str, Any], text: str) -> None:
    """A view is refused in the words of its class."""
    with pytest.raises(ConfigurationError) as caught:
        client(Scripted([])).options(**options)
    assert told(caught.value) == text


IN_CALLS: list[tuple[Callable[[Any], Awaitable[object]], str]] = [
    (
        lambda nim: nim.chatroom.send_msg(room_id=1, from_accid="amy", attach="hi"),
        (
            "msg_type: required; given: nothing; "
            "write attach=Text(...), which has a type, or give msg_type"
        ),
    ),
    (
        lambda nim: nim.chatroom.send_msg(
            room_id=1, from_accid="amy", msg_type=1, attach=Text("hi")
        ),
        "msg_type: that of Text, 0; given: 1; leave it out",
    ),
    (
        lambda nim: nim.chatroom.send_msg(room_id=1, from_accid="amy", msg_type=Text),
        "msg_type: a message body; given: the class Text; write Text(...)",
    ),
    (
        lambda nim: nim.chatroom.send_msg(
            room_id=1, from_accid="amy", attach=Text(cast("Any", None))
        ),
        "attach: text inside of Text; given: a NoneType",
    ),
    (
        lambda nim: nim.chatroom.send_msg(
            room_id=1,
            from_accid="amy",
            attach=Picture(
                md5=None,  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
                url="u",
                ext="jpg",
                w=1,
                h=1,
                size=1,
            ),
        ),
        "attach.md5: text; given: a NoneType",
    ),
    (
        lambda nim: nim.chatroom.send_msg(
            room_id=1, from_accid="amy", attach=Custom({"at": datetime.now(UTC)})
        ),
        (
            "attach: a value that JSON can hold; given: a datetime at attach.at; "
            "write its isoformat() or its milliseconds"
        ),
    ),
    (
        lambda nim: nim.chatroom.create(creator="amy", name=b"tea"),
        "name: text; given: a bytes; decode it",
    ),
    (
        lambda nim: nim.chatroom.create(creator="amy", name="x" * 129),
        "name: at most 128 characters; given: 129 characters",
    ),
    (
        lambda nim: nim.chatroom.create(creator="amy", name="tea", ext={"price": Decimal(5)}),
        (
            "ext: a value that JSON can hold; given: a Decimal at ext.price; "
            "write float() or str() of it"
        ),
    ),
    (
        lambda nim: nim.chatroom.get(room_id="tea house"),
        "room_id: a whole number; given: 'tea house'",
    ),
    (
        lambda nim: nim.chatroom.query_members(room_id=1, accids="amy"),
        "accids: a JSON array of texts; given: text that is not JSON",
    ),
    (
        lambda nim: nim.chatroom.query_members(room_id=1, accids=["amy", None]),
        "accids: a list of texts; given: None at accids[1]",
    ),
    (
        lambda nim: nim.chatroom.batch_send_msg(room_id=1, from_accid="amy", msg_list=[5]),
        "msg_list: a list of objects; given: 5 at msg_list[0]",
    ),
    (
        lambda nim: nim.call("/nimserver/user/create.action", [1]),
        "parameters: a mapping of wire names; given: a list",
    ),
    (
        lambda nim: nim.call("/nimserver/user/create.action", {1: "amy"}),
        "parameters: names that are text; given: 1",
    ),
    (
        lambda nim: nim.call("/nimserver/user/create.action", {"token": b"hunter2"}),
        "token: a value that JSON can hold; given: a bytes; decode it",
    ),
    (
        lambda nim: nim.invoke(OPERATIONS["/nimserver/chatroom/get.action"], {"roomid": 66}),
        ("arguments: names of the operation's parameters; given: 'roomid'; do you mean room_id?"),
    ),
    (
        lambda nim: nim.invoke(OPERATIONS["/nimserver/chatroom/get.action"], [66]),
        "arguments: a mapping of Python names; given: a list",
    ),
]


@pytest.mark.parametrize(("use", "text"), IN_CALLS, ids=names(IN_CALLS))
async def test_arguments_that_cannot_be(use: Callable[[Any], Awaitable[object]], text: str) -> None:
    """A call is refused before anything is sent, says so, and does not look like an answer."""
    transport = Scripted([])
    async with client(transport) as nim:
        with pytest.raises(ParameterError) as caught:
            await use(nim)
    assert told(caught.value) == f"nothing was sent: {text}"
    assert (caught.value.code, caught.value.attempts, transport.requests) == (414, 0, [])


CALLS_OF_NOTHING: list[tuple[Callable[[Any], Awaitable[object]], str]] = [
    (
        lambda nim: nim.call("user/create.action"),
        (
            "path must be one such as /nimserver/user/create.action; "
            "given: 'user/create.action'; do you mean /nimserver/user/create.action?"
        ),
    ),
    (
        lambda nim: nim.call("chatroom.get"),
        (
            "path must be one such as /nimserver/user/create.action; "
            "given: 'chatroom.get'; do you mean /nimserver/chatroom/get.action?"
        ),
    ),
    (
        lambda nim: nim.call(None),
        "path must be one such as /nimserver/user/create.action; given: None",
    ),
    (
        lambda nim: nim.invoke("chatroom.get", {"room_id": 66}),
        (
            "operation must be an Operation; given: 'chatroom.get'; "
            "give operation_of(nim.chatroom.get), or one of OPERATIONS"
        ),
    ),
]


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("user/create", "/nimserver/user/create.action"),
        ("/user/create", "/nimserver/user/create.action"),
        ("user.create", "/nimserver/user/create.action"),
        ("/NIMSERVER/user/create.action", "/nimserver/user/create.action"),
        ("nimserver/User/Create.Action", "/nimserver/user/create.action"),
        ("/nimserver//user/create.action", "/nimserver/user/create.action"),
        (f"{BASE}/user/create.action", "/nimserver/user/create.action"),
        ("/chatroom/sendMesg.action", "/nimserver/chatroom/sendMsg.action"),
        (" /nimserver/user/create.action", "/nimserver/user/create.action"),
        ("/NIMSERVER/msg/sendMsg.action", "/nimserver/msg/sendMsg.action"),
        ("msg/sendMsg.action", "/nimserver/msg/sendMsg.action"),
        ("/im/v2/accounts", None),
        ("/im/v2/chatrooms", None),
        ("/im/v2/create.action", None),
        ("team/create", None),
        ("", None),
    ],
)
async def test_the_path_that_was_meant(path: str, meant: str | None) -> None:
    """What is suggested can be called, and nothing is suggested for another interface."""
    async with client(Scripted([reply(OK)])) as nim:
        with pytest.raises(ConfigurationError) as caught:
            await nim.call(path)
        assert caught.value.reason.partition("; do you mean ")[2] == (f"{meant}?" if meant else "")
        if meant:
            await nim.call(meant)


@pytest.mark.parametrize(("use", "text"), CALLS_OF_NOTHING)
async def test_calls_that_cannot_be(use: Callable[[Any], Awaitable[object]], text: str) -> None:
    """A call of nothing that there is says what was meant."""
    async with client(Scripted([])) as nim:
        with pytest.raises(ConfigurationError) as caught:
            await use(nim)
    assert told(caught.value) == text


def test_a_client_is_no_plain_context_manager() -> None:
    """``with`` in place of ``async with`` is told apart."""
    nim: Any = client(Scripted([]))
    with pytest.raises(ConfigurationError) as caught, nim:
        pass
    assert told(caught.value) == "write 'async with' in place of 'with'"


def test_what_does_not_fit_the_signature_is_a_word_of_python() -> None:
    """Missing and unknown arguments are a TypeError, as for any function, and show no value."""
    new: Any = NimClient
    for given in ({}, {"app_key": "key", "app_secret": SECRET, "timeuot": SECRET}):
        with pytest.raises(TypeError, match="argument") as caught:
            new(**given)
        assert SECRET not in str(caught.value)


# the environment


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        (
            "NIM_REGION",
            "CN",
            "region is not one of cn, sg; given: 'CN'; write 'cn' (from NIM_REGION)",
        ),
        (
            "NIM_APP_SECRET",
            f"{SECRET}\n",
            (
                "app_secret begins or ends with a space or a line break; strip() it "
                "(from NIM_APP_SECRET)"
            ),
        ),
        (
            "NIM_BASE_URL",
            ",",
            "base_url names no URL; given: a list; leave base_url out (from NIM_BASE_URL)",
        ),
        ("NIM_APP_KEY", "", "NIM_APP_KEY is not set"),
    ],
)
def test_variables_that_cannot_be(
    name: str, value: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong variable of the environment is named."""
    monkeypatch.setenv("NIM_APP_KEY", "key")
    monkeypatch.setenv("NIM_APP_SECRET", SECRET)
    monkeypatch.delenv("NIM_REGION", raising=False)
    monkeypatch.delenv("NIM_BASE_URL", raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        NimClient.from_env()
    assert told(caught.value) == text


PROXY = "_PROXY must be a URL such as http://127.0.0.1:3128; given: "


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        (
            {"SSL_CERT_FILE": "/no/such"},
            "SSL_CERT_FILE names no file: '/no/such'; mend or unset it",
        ),
        (
            {"SSL_CERT_DIR": "/no/such"},
            "SSL_CERT_DIR names no folder: '/no/such'; mend or unset it",
        ),
        (
            {"ALL_PROXY": "socks5://amy:hunter2@127.0.0.1:1"},
            "ALL_PROXY: a SOCKS proxy needs socksio: pip install socksio, or name an HTTP proxy",
        ),
        (
            {"HTTPS_PROXY": "ftp://127.0.0.1"},
            f"HTTPS{PROXY}another scheme; or with https or socks5",
        ),
        ({"https_proxy": "http://[::1"}, f"HTTPS{PROXY}another text"),
        ({"ALL_PROXY": "http://amy:hunter2@127.0.0.1:99999"}, f"ALL{PROXY}another text"),
        (
            {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "[::"},
            "NO_PROXY names what is no host; mend it",
        ),
    ],
)
async def test_what_the_environment_names_cannot_be(
    variables: dict[str, str], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proxies and certificates of the environment are looked at by the first call, by name."""
    for name in ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    async with NimClient("key", SECRET, base_url="https://127.0.0.1:1/nimserver") as nim:
        with pytest.raises(ConfigurationError) as caught:
            await nim.chatroom.get(room_id=66)
    assert told(caught.value) == text


async def test_a_file_without_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that holds no certificate is no reason for an error that is not ours."""
    path = tmp_path / "empty.pem"
    path.write_text("nothing", "ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    async with NimClient("key", SECRET, base_url="https://127.0.0.1:1/nimserver") as nim:
        with pytest.raises(ConfigurationError, match="without readable certificates"):
            await nim.chatroom.get(room_id=66)


# what can only be found out in a call


def broken(_: object) -> Again:
    """Be a rule that fails."""
    return Again(after=-5)


def odd(_: object) -> Any:
    """Be a rule that returns what is no decision."""
    return 3


def late(failure: object) -> Any:
    """Be a rule that returns a coroutine."""
    return later(failure)


@pytest.mark.parametrize("rule", [broken, odd, late])
async def test_rules_that_do_not_decide(
    rule: Callable[[Failure], Any], caplog: pytest.LogCaptureFixture
) -> None:
    """A rule that raises or returns something else is logged, and the next is asked."""
    transport = Scripted([httpx.ConnectError("refused"), reply(OK), reply({"code": 404})])
    policy = RetryPolicy(rules=[rule], backoff=1e-9)
    async with client(transport, retry=policy) as nim:
        with caplog.at_level(logging.ERROR, "nim_async.retry"):
            assert (await nim.chatroom.get(room_id=66)).room_id == 66
        assert (
            f"a retry rule {'failed and ' if rule is broken else ''}is passed over" in caplog.text
        )
        assert rule.__name__ in caplog.text
        with pytest.raises(NotFound):
            await nim.chatroom.get(room_id=66)


def no_limiter(path: str, limit: RateLimit) -> Any:
    """Make no limiter."""
    del path, limit


def lost_limiter(path: str, limit: RateLimit) -> Any:
    """Fail to make one."""
    del limit
    return {"other": None}[path]


@pytest.mark.parametrize(
    ("limiter", "text"),
    [
        (
            no_limiter,
            "limiter returned None for /nimserver/chatroom/get.action, which is no Limiter",
        ),
        (lost_limiter, "limiter raised KeyError for /nimserver/chatroom/get.action"),
    ],
)
async def test_limiters_that_are_none(limiter: Any, text: str) -> None:
    """What a limiter's maker does wrong is an error of the library in the call that asked."""
    transport = Scripted([])
    async with client(transport, rate_limit={}, limiter=limiter) as nim:
        with pytest.raises(ConfigurationError) as caught:
            await nim.chatroom.get(room_id=66)
    assert told(caught.value) == text
    assert transport.requests == []


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_a_client_that_was_closed(library: Any) -> None:
    """The caller's own client that was closed meanwhile is no foreign exception."""
    own = library.AsyncClient()
    async with NimClient("key", SECRET, base_url=BASE, http_client=own) as nim:
        await own.aclose()
        with pytest.raises(ConfigurationError) as caught:
            await nim.chatroom.get(room_id=66)
    assert told(caught.value) == "http_client was closed; keep it open as long as this one"


async def test_a_host_that_is_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that looks like an encoded name and is none is never reached."""
    monkeypatch.setenv("NO_PROXY", "*")
    async with NimClient("key", SECRET, base_url="http://xn--a/nimserver") as nim:
        with pytest.raises(NimError) as caught:
            await nim.options(max_attempts=1).chatroom.get(room_id=66)
    assert type(caught.value).__name__ == "ConnectError"
    assert not caught.value.maybe_processed


def test_the_limits_given_are_copied() -> None:
    """A mapping that is changed later changes nothing of the client."""
    limits: dict[str, RateLimit | None] = {"chatroom.get": LIMIT}
    nim: Any = NimClient("key", SECRET, rate_limit=limits)
    limits["chatroom.get"] = cast("Any", 50)
    assert nim.config.rate_limit == {"chatroom.get": LIMIT}
    assert nim._attempts._limiters.limit("/nimserver/chatroom/get.action") == LIMIT


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
