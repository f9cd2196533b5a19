"""Calls that cannot be: wrong arguments and paths, and what only a call can find out."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

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
from tests.client.misuse import SECRET, later, names, told
from tests.doubles import BASE, OK, Scripted, client, reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nim_async import Failure


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
        (line,) = [record.getMessage() for record in caplog.records]
        said = f"a retry rule {'failed and ' if rule is broken else ''}is passed over"
        assert line.startswith(f"chatroom.get: attempt 1 at {BASE}: {said}: ")
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
