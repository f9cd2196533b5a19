"""The client: its life, its options, its errors, and what it keeps to itself."""

from __future__ import annotations

import hashlib
import inspect
import pickle
import re
import subprocess
import sys
from contextlib import asynccontextmanager
from time import time
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from nim_async import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    ConnectError,
    DecodeError,
    NimClient,
    NimError,
    NotFound,
    ParameterError,
    RateLimit,
    RateLimited,
    RetryPolicy,
    StatusError,
    TimedOut,
    TransportError,
)
from nim_async._session.select import new_session
from nim_async.emulator import Emulator
from tests import virtual_time
from tests.doubles import BASE, OK, OTHER, Scripted, Silent, client, reply

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from nim_async._session import Session

SECRET = "the-secret"
GET = "/nimserver/chatroom/get.action"
UNKNOWN = "/nimserver/friend/add.action"
BROADCAST = "/nimserver/chatroom/broadcast.action"
ELSEWHERE = "https://evil.example/nimserver/x.action"
NO_PATHS = [
    *("", "chatroom/get.action", "/nimserver", "/nimserver/", "/nimserver/茶", ELSEWHERE),
    *(f"/nimserver/a{x}b" for x in ("\n", "?", "#", " ", "//", "/../", "/./", "%2e", ":", "@")),
]
TIGHT = RateLimit(calls=3, per_seconds=60, block_seconds=60)
SOON = RetryPolicy(max_attempts=3, backoff=1e-9)
ONCE = RetryPolicy(max_attempts=1)
# Set for the whole client; all else can be told anew for one call.
OF_THE_CLIENT = {
    *("app_key", "app_secret", "region", "base_url", "rate_limit", "max_connections"),
    *("transport", "http_client", "verify", "proxy", "hooks", "limiter", "discover"),
}
NOT_TO_BE: dict[str, list[Any]] = {
    "timeout": [0, -1, float("nan")],
    "deadline": [0, -1, float("nan")],
    "max_attempts": [0, -1],
    "trace_id": ["", "x" * 129, "a\r\nAppKey: other", "追踪"],
}


# life


@pytest.mark.slow
def test_making_a_client_does_no_io() -> None:
    """The constructor opens no file and no socket, looks no name up, and needs no event loop."""
    code = """
import sys
from nim_async import NimClient
seen = []
sys.addaudithook(lambda event, args: seen.append(event))
nim = NimClient("key", "secret", region="sg", proxy="http://127.0.0.1:9", verify=True)
nim.options(timeout=1)
done = [*seen]
open("/dev/null").close()  # the control: this is noticed
print(sum(event.startswith(("open", "os.", "socket.", "ssl.")) for event in done))
print("open" in seen)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == ["0", "True"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_client_may_be_older_than_its_loop(backend: str) -> None:
    """Made before any event loop runs, a client works in the one that comes."""
    nim = client(Scripted([reply(OK)]))

    async def work() -> int:
        async with nim:
            return (await nim.chatroom.get(room_id=66)).room_id

    assert anyio.run(work, backend=backend) == 66


async def test_the_context_is_the_client_and_closes_it() -> None:
    """``async with`` gives the client itself and closes it, also when the block fails."""
    transport = Scripted([reply(OK)])
    nim = client(transport)

    async def work() -> None:
        async with nim as entered:
            assert entered is nim
            await nim.chatroom.get(room_id=66)
            raise RuntimeError("of the block")

    with pytest.raises(RuntimeError, match="of the block"):
        await work()
    assert transport.closed == 1


@pytest.mark.parametrize("calls", [0, 1])
async def test_closing_again_does_nothing(calls: int) -> None:
    """A transport passed in is closed with the client, once, whether it was used or not."""
    transport = Scripted([reply(OK)] * calls)
    async with client(transport) as nim:
        for _ in range(calls):
            await nim.chatroom.get(room_id=66)
        await nim.aclose()
        await nim.options(timeout=1).aclose()
    assert transport.closed == 1


@pytest.mark.parametrize("calls", [0, 1])
async def test_after_closing_nothing_is_sent(calls: int) -> None:
    """Closed by a view, the client and all its views refuse to work, used before or not."""
    transport = Scripted([reply(OK)] * 4)
    nim = client(transport)
    earlier = nim.options(timeout=1)
    for _ in range(calls):
        await nim.chatroom.get(room_id=66)
    await nim.options(validate=False).aclose()
    for closed in (nim, earlier, nim.options(timeout=2)):
        for late in (closed.chatroom.get(room_id=66), closed.call(UNKNOWN)):
            with pytest.raises(ConfigurationError, match="the client is closed") as caught:
                await late
            assert not caught.value.maybe_processed
    assert len(transport.requests) == calls


@pytest.mark.virtual_time
@pytest.mark.parametrize("entered", [True, False])
async def test_what_the_first_call_needs_counts_as_its_time(
    *, entered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deadline begins with the call; what is slow to make is made before, on entering."""

    def slowly(*given: Any) -> Session:
        virtual_time.spend(5.0)
        return new_session(*given)

    monkeypatch.setattr("nim_async.client.new_session", slowly)
    nim = client(Silent(), deadline=4.0)
    began = anyio.current_time()
    if entered:
        await nim.__aenter__()
    with pytest.raises(TimedOut):
        await nim.chatroom.get(room_id=66)
    took = anyio.current_time() - began
    assert took == pytest.approx(5.0 + 4.0 if entered else 5.0)
    await nim.aclose()


async def test_clients_share_nothing() -> None:
    """A penalty, a failed endpoint and the end of one client are nothing to another."""
    one = Scripted([reply({"code": 416}), httpx.ReadError("cut")])
    two = Scripted([reply(OK)] * 2)
    first = client(one, rate_limit={}, deadline=9, retry=ONCE)
    async with client(two, rate_limit={}, deadline=9) as second:
        for refusal, call in ((RateLimited, "get"), (TransportError, "update")):
            with pytest.raises(refusal):
                await getattr(first.chatroom, call)(room_id=66)
        with pytest.raises(TimedOut):
            await first.chatroom.get(room_id=66)
        await first.aclose()
        await second.chatroom.get(room_id=66)
        await second.chatroom.update(room_id=66)
    assert [r.url.host for r in two.requests] == ["one.example"] * 2


# options


def test_options_know_every_option_of_a_call() -> None:
    """An option of the class is one of the whole client, by name, or can be told for a call."""
    of_the_class = set(inspect.signature(NimClient).parameters)
    of_a_view = set(inspect.signature(NimClient.options).parameters) - {"self"}
    assert of_the_class - of_a_view == OF_THE_CLIENT
    assert of_a_view - of_the_class == {"max_attempts", "trace_id"}


@pytest.mark.virtual_time
async def test_a_view_of_a_view_keeps_what_it_is_not_told() -> None:
    """Options add up over views, also false ones; the client keeps its own."""
    transport = Scripted([httpx.ConnectError("refused"), reply(OK)])
    async with client(transport, retry=SOON) as nim:
        view = nim.options(trace_id="mine").options(validate=False).options(max_attempts=1)
        assert type(view) is NimClient
        with pytest.raises(ConnectError):
            await view.options(timeout=1).chatroom.create(creator="amy", name="n" * 200)
        with pytest.raises(ParameterError):
            await nim.chatroom.create(creator="amy", name="n" * 200)
        await nim.chatroom.get(room_id=66)
    first, second = transport.requests
    assert first.headers["RequestId"] == "mine" != second.headers["RequestId"]
    assert first.extensions["timeout"]["read"] == pytest.approx(1.0)
    assert second.extensions["timeout"]["read"] == pytest.approx(5.0)


async def test_views_share_what_is_there_once() -> None:
    """Connections, rate limits and hooks are those of the client, in `call` as well."""
    events: list[Any] = []
    transport = Scripted([reply(OK)] * 3)
    limits = {"chatroom.get": TIGHT}
    async with client(transport, rate_limit=limits, hooks=[events.append], deadline=30) as nim:
        await nim.chatroom.get(room_id=66)
        await nim.options(timeout=20).chatroom.get(room_id=66)
        await nim.call(GET, {"roomid": 66})
        for view in (nim, nim.options(timeout=2)):
            for late in (view.chatroom.get(room_id=66), view.call(GET)):
                with pytest.raises(TimedOut) as caught:
                    await late
                assert caught.value.phase == "rate limit"
    assert len(transport.requests) == 3
    assert len({e.trace_id for e in events}) == 7


@pytest.mark.parametrize(
    ("options", "calls"),
    [
        ({}, 10),  # as documented: ten in a minute
        ({"rate_limit": {}}, 10),
        ({"rate_limit": {"chatroom.get": None}}, 10),
        ({"rate_limit": None}, 12),
        ({"rate_limit": {"chatroom.broadcast": None}}, 12),
        ({"rate_limit": {"chatroom.broadcast": TIGHT}}, 3),
        ({"rate_limit": {"chatroom.broadcast": None, BROADCAST: TIGHT}}, 3),
    ],
    ids=str,
)
async def test_limits_of_frequency(options: dict[str, Any], calls: int) -> None:
    """The documented limits hold unless others are told, or none; a path goes before a name."""
    transport = Scripted([reply({"code": 200})] * 12)
    async with NimClient("key", SECRET, base_url=BASE, transport=transport, **options) as nim:
        view = nim.options(deadline=5)
        for _ in range(calls):
            await view.call(BROADCAST)
        if calls < len(transport.requests) + len(transport.outcomes):
            with pytest.raises(TimedOut):
                await view.call(BROADCAST)
    assert len(transport.requests) == calls


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in NOT_TO_BE.items() for v in vs])
def test_options_that_cannot_be(name: str, value: Any) -> None:
    """A view is refused what its class is refused, with the name of the option."""
    nim = client(Scripted([]))
    with pytest.raises(ConfigurationError, match=name):
        nim.options(**{name: value})
    if name in {"timeout", "deadline"}:
        with pytest.raises(ConfigurationError, match=name):
            client(Scripted([]), **{name: value})
    with pytest.raises(ConfigurationError, match="max_connections"):
        client(Scripted([]), max_connections=0)


# from the environment


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Have an environment with key and secret alone."""
    monkeypatch.setenv("NIM_APP_KEY", "key-of-env")
    monkeypatch.setenv("NIM_APP_SECRET", SECRET)
    monkeypatch.delenv("NIM_REGION", raising=False)
    monkeypatch.delenv("NIM_BASE_URL", raising=False)
    return monkeypatch


async def hosts(**options: Any) -> list[str]:
    """Return the hosts that a client from the environment asks, best first."""
    transport = Scripted([httpx.ConnectError("refused")] * 9)
    policy = RetryPolicy(max_attempts=9, backoff=1e-9)
    async with NimClient.from_env(transport=transport, retry=policy, **options) as nim:
        with pytest.raises(ConnectError):
            await nim.chatroom.get(room_id=66)
    request = transport.requests[0]
    text = SECRET + request.headers["Nonce"] + request.headers["CurTime"]
    assert request.headers["CheckSum"] == hashlib.sha1(text.encode()).hexdigest()  # noqa: S324
    return list(dict.fromkeys(str(r.url.host) for r in transport.requests))


@pytest.mark.parametrize("region", ["cn", "sg"])
async def test_the_environment_names_the_region(
    environment: pytest.MonkeyPatch, region: str
) -> None:
    """``NIM_REGION`` chooses main host and backups; without it they are those of the mainland."""
    names = [region, f"{region}-bak", f"{region}-01", f"{region}-02", f"{region}-03"]
    wanted = [f"api-{name}.yunxinapi.com" for name in names]
    assert await hosts(region=region) == wanted
    environment.setenv("NIM_REGION", "" if region == "cn" else region)
    assert await hosts() == wanted


async def test_the_environment_names_hosts(environment: pytest.MonkeyPatch) -> None:
    """``NIM_BASE_URL`` holds one URL or several, goes before the region, and after an option."""
    environment.setenv("NIM_REGION", "sg")
    environment.setenv("NIM_BASE_URL", BASE)
    assert await hosts() == ["one.example"]
    environment.setenv("NIM_BASE_URL", f" {BASE} ,, {OTHER}/,")
    assert await hosts() == ["one.example", "two.example"]
    assert await hosts(base_url="https://option.example/nimserver") == ["option.example"]
    environment.setenv("NIM_BASE_URL", " ")
    assert await hosts(region="sg") == await hosts()


async def test_options_go_before_the_environment(environment: pytest.MonkeyPatch) -> None:
    """Key and secret of an option are used in place of those of the environment."""
    assert "key-of-env" in repr(NimClient.from_env())
    assert "key-of-option" in repr(NimClient.from_env(app_key="key-of-option"))
    environment.setenv("NIM_APP_SECRET", "another")
    assert await hosts(app_secret=SECRET)


@pytest.mark.parametrize("name", ["NIM_APP_KEY", "NIM_APP_SECRET"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named(
    environment: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    """Without key or secret the error names the variable that is not set, or is empty."""
    if value is None:
        environment.delenv(name)
    else:
        environment.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"{name} is not set") as caught:
        NimClient.from_env()
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NIM_APP_SECRET", f"{SECRET}\n"),
        ("NIM_APP_KEY", "键"),
        ("NIM_REGION", "us"),
        ("NIM_BASE_URL", f"https://amy:{SECRET}@im.example/nimserver"),
    ],
)
def test_a_wrong_variable_is_refused_without_a_secret(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A value that cannot be is refused, and what may be secret in it is not shown."""
    environment.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name.removeprefix("NIM_").lower()) as caught:
        NimClient.from_env()
    assert SECRET not in f"{caught.value} {caught.value!r} {vars(caught.value)}"


# calls


@asynccontextmanager
async def at_door(door: str, emulator: Emulator) -> AsyncGenerator[NimClient]:
    """Make a client of an emulator, over a socket or without one."""
    if door == "socket":
        async with emulator.serve() as url, NimClient("key", SECRET, base_url=url) as nim:
            yield nim
    else:
        async with client(emulator.transport()) as nim:
            yield nim


@pytest.mark.parametrize("door", ["socket", "in process"])
async def test_every_request_is_signed(door: str) -> None:
    """
    Whatever way a call is made, at both doors of the emulator it carries the documented headers.

    The checksum is the SHA1 over secret, nonce and time; nonce and RequestId are never used twice.
    """
    emulator = Emulator("key", SECRET)
    room = emulator.add_room("amy")
    before = int(time())
    async with at_door(door, emulator) as nim:
        assert (await nim.chatroom.get(room_id=room)).creator == "amy"
        assert (await nim.options(trace_id="mine").chatroom.get(room_id=room)).room_id == room
        answer = await nim.call(GET, {"roomid": room})
    assert (answer["code"], answer["chatroom"]["roomid"]) == (200, room)
    for call in emulator.calls:
        sent = call.headers
        text = f"{SECRET}{sent['nonce']}{sent['curtime']}"
        assert sent["checksum"] == hashlib.sha1(text.encode()).hexdigest()  # noqa: S324
        assert before <= int(sent["curtime"]) <= time()
        assert (call.method, sent["appkey"], call.status) == ("POST", "key", 200)
        assert sent["content-type"] == "application/x-www-form-urlencoded;charset=utf-8"
        assert SECRET not in f"{sent} {call.body!r}"
    assert len({call.headers["nonce"] for call in emulator.calls}) == 3
    assert len({call.request_id for call in emulator.calls}) == 3
    assert emulator.calls[1].request_id == "mine"


async def test_any_path_can_be_called() -> None:
    """`call` writes values as documented, signs, and returns the whole reply, ``code`` included."""
    transport = Scripted([reply({"code": 200, "info": {"token": "t"}}), reply({"code": "200"})])
    values = {"accid": "a b&c=d", "ex": {"k": [1, None, "茶"]}, "n": 1.5, "yes": True}
    async with client(transport) as nim:
        assert await nim.call(UNKNOWN, {**values, "left_out": None}) == {
            "code": 200,
            "info": {"token": "t"},
        }
        assert await nim.call(UNKNOWN) == {"code": "200"}
    assert [str(r.url) for r in transport.requests] == [f"{BASE}/friend/add.action"] * 2
    assert transport.requests[1].content == b""
    assert dict(httpx.QueryParams(transport.requests[0].content.decode())) == {
        "accid": "a b&c=d",
        "ex": '{"k":[1,null,"茶"]}',
        "n": "1.5",
        "yes": "true",
    }


@pytest.mark.parametrize("path", NO_PATHS)
async def test_a_path_that_cannot_be(path: str) -> None:
    """A path outside ``/nimserver/``, or that fits no request line, is refused before sending."""
    transport = Scripted([])
    async with client(transport) as nim:
        with pytest.raises(ConfigurationError, match="must be one such as"):
            await nim.call(path)
    assert transport.requests == []


async def test_a_value_that_cannot_be_written() -> None:
    """What JSON cannot hold is refused before sending, by its name and with the path."""
    transport = Scripted([])
    async with client(transport) as nim:
        with pytest.raises(ParameterError) as caught:
            await nim.call(UNKNOWN, {"ex": object()})
    assert (caught.value.parameter, caught.value.operation) == ("ex", UNKNOWN)
    assert transport.requests == []


@pytest.mark.parametrize("path", [GET, UNKNOWN])
async def test_a_known_path_keeps_its_repeatability(path: str) -> None:
    """`call` repeats an unclear failure where the table says it may, and nowhere else."""
    transport = Scripted([httpx.ReadTimeout("late"), reply({"code": 200})])
    async with client(transport, retry=SOON) as nim:
        if path == GET:
            assert await nim.call(path) == {"code": 200}
        else:
            with pytest.raises(TimedOut) as caught:
                await nim.call(path)
            assert (caught.value.operation, caught.value.attempts) == (UNKNOWN, 1)
    transport = Scripted([httpx.ConnectError("refused"), reply({"code": 200})])
    async with client(transport, retry=SOON) as nim:
        assert await nim.call(path) == {"code": 200}


async def test_values_past_a_limit() -> None:
    """``validate=False`` lets them out, by client and by view; else nothing is sent."""
    emulator = Emulator("key", SECRET)
    async with client(emulator.transport()) as strict:
        with pytest.raises(ParameterError) as caught:
            await strict.chatroom.create(creator="amy", name="n" * 129)
        assert (caught.value.parameter, caught.value.attempts) == ("name", 0)
        assert caught.value.operation == "chatroom.create"
        assert emulator.calls == []
        loose = client(emulator.transport(), validate=False)
        for view in (loose, strict.options(validate=False)):
            with pytest.raises(ParameterError) as caught:
                await view.chatroom.create(creator="amy", name="n" * 129)
            assert (caught.value.parameter, caught.value.attempts) == (None, 1)
            assert emulator.calls[-1].form["name"] == "n" * 129


# errors

FAILURES: list[tuple[type[NimError], Any]] = [
    (NotFound, reply({"code": 404, "desc": "no such room"})),
    (AuthenticationError, reply({"code": 414, "desc": "checksum"})),
    (ApiError, reply({"code": 99999})),
    (RateLimited, reply({"code": 416, "desc": "query too fast"})),
    (ConnectError, httpx.ConnectError("refused")),
    (TimedOut, httpx.ReadTimeout("late")),
    (StatusError, reply("", 404)),
    (DecodeError, reply("<html>")),
    (DecodeError, reply({"code": 200, "chatroom": {}})),
]


@pytest.mark.parametrize(("kind", "failure"), FAILURES)
async def test_every_error_says_where_it_happened(kind: type[NimError], failure: Any) -> None:
    """Operation, trace id, last endpoint, attempts and what came before are in every error."""
    transport = Scripted([httpx.ConnectError("first"), failure])
    async with client(transport, retry=RetryPolicy(max_attempts=2, backoff=1e-9)) as nim:
        with pytest.raises(kind) as caught:
            await nim.chatroom.get(room_id=66)
    error = caught.value
    assert type(error) is kind
    assert (error.operation, error.endpoint, error.attempts) == ("chatroom.get", OTHER, 2)
    assert {r.headers["RequestId"] for r in transport.requests} == {error.trace_id}
    assert [type(e) for e in error.earlier] == [ConnectError]


async def test_a_reply_of_another_shape() -> None:
    """It was carried out; the error has the place of each problem and a bounded piece of it."""
    room = {"roomid": "x", "valid": True, "creator": "amy", "name": "tea", "ext": ["long " * 9999]}
    transport = Scripted([reply({"code": 200, "chatroom": room})])
    async with client(transport) as nim:
        with pytest.raises(DecodeError) as caught:
            await nim.chatroom.create(creator="amy", name="tea")
    error = caught.value
    assert [p.partition(": ")[0] for p in error.problems] == ["$.chatroom.roomid", "$.chatroom.ext"]
    assert (error.operation, error.attempts, error.endpoint) == ("chatroom.create", 1, BASE)
    assert error.trace_id == transport.requests[0].headers["RequestId"]
    assert 0 < len(error.raw) <= 4096
    assert error.processed
    assert error.maybe_processed
    assert "long" not in f"{error} {error!r}"


# the secret


def shown(thing: object, known: set[int]) -> Iterator[str]:
    """Show an object and all that hangs on it, as a debugger or a careless log does."""
    if id(thing) in known or inspect.isclass(thing) or inspect.ismodule(thing):
        return
    known.add(id(thing))
    yield f"{thing} {thing!r}"
    slots = {n: getattr(thing, n, None) for n in getattr(type(thing), "__slots__", ())}
    if type(thing).__name__ == "Credentials":
        slots.pop("app_secret")  # there it has to be
    for part in (getattr(thing, "__dict__", {}) | slots).values():
        yield from shown(part, known)


async def test_the_secret_is_nowhere_shown() -> None:
    """Neither a client nor a view nor an error shows it, nor anything that they hold."""
    failures = [failure for _, failure in FAILURES]
    async with client(Scripted(failures), retry=ONCE) as nim:
        things: list[object] = [nim, nim.options(trace_id="mine"), nim.chatroom, nim.chatroom.get]
        for _ in failures:
            with pytest.raises(NimError) as caught:
                await nim.chatroom.get(room_id=66)
            assert SECRET.encode() not in pickle.dumps(caught.value)
            things.append(caught.value)
        texts = [text for thing in things for text in shown(thing, set())]
    assert len(texts) > 30
    assert any("Credentials(" in text for text in texts)
    assert not [text for text in texts if SECRET in text]
    assert re.search(r"NimClient\(app_key='key', endpoint='https://one", texts[0])
