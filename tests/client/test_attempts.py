"""The attempt loop, by scripted outcomes."""

from __future__ import annotations

import hashlib

import anyio
import httpx
import pytest

from nim_async import (
    Again,
    ApiError,
    ConnectError,
    DecodeError,
    NimError,
    RateLimit,
    RateLimited,
    RetryPolicy,
    ServerBusy,
    StatusError,
    TimedOut,
    TransportError,
)
from tests.doubles import BASE, OK, OTHER, Scripted, client, reply

SOON = RetryPolicy(max_attempts=3, backoff=1e-9)


async def test_each_attempt_is_signed_afresh_under_one_request_id() -> None:
    """Nonce and checksum are new in every attempt; RequestId and body stay."""
    transport = Scripted([httpx.ConnectError("refused"), httpx.ConnectError("refused"), reply(OK)])
    async with client(transport, retry=SOON) as nim:
        await nim.chatroom.create(creator="amy", name="tea")
    headers = [r.headers for r in transport.requests]
    assert len({h["RequestId"] for h in headers}) == 1
    assert len({h["Nonce"] for h in headers}) == 3
    assert len({r.content for r in transport.requests}) == 1
    for h in headers:
        text = f"the-secret{h['Nonce']}{h['CurTime']}"
        assert h["CheckSum"] == hashlib.sha1(text.encode()).hexdigest()  # noqa: S324
        assert h["Content-Type"] == "application/x-www-form-urlencoded;charset=utf-8"


async def test_an_unreachable_endpoint_hands_over_to_the_next() -> None:
    """A connection that failed is tried on the next endpoint, whatever the operation."""
    transport = Scripted([httpx.ConnectError("refused"), reply(OK)])
    async with client(transport, retry=SOON) as nim:
        await nim.chatroom.create(creator="amy", name="tea")
    assert [str(r.url) for r in transport.requests] == [
        f"{BASE}/chatroom/create.action",
        f"{OTHER}/chatroom/create.action",
    ]


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ReadTimeout("late"), TimedOut),
        (httpx.WriteTimeout("late"), TimedOut),
        (httpx.ReadError("reset"), TransportError),
        (httpx.RemoteProtocolError("cut"), TransportError),
        *((reply("", status), StatusError) for status in (500, 502, 503, 504)),
        (reply({"code": 500, "desc": "oops"}), ApiError),
        (reply({"code": 503}), ServerBusy),
        (reply("<html>"), DecodeError),
    ],
)
async def test_an_unclear_failure_is_repeated_only_where_that_does_no_harm(
    failure: Exception | httpx.Response, kind: type[NimError]
) -> None:
    """What may have been carried out is repeated for reads, never for a creation."""
    transport = Scripted([failure, reply(OK)])
    async with client(transport, retry=SOON) as nim:
        assert (await nim.chatroom.get(room_id=66)).room_id == 66
    transport = Scripted([failure])
    async with client(transport, retry=SOON) as nim:
        with pytest.raises(kind) as caught:
            await nim.chatroom.create(creator="amy", name="tea")
    assert caught.value.maybe_processed
    assert caught.value.attempts == 1


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectError("refused"), ConnectError),
        (httpx.ConnectTimeout("late"), TimedOut),
        (httpx.PoolTimeout("full"), TimedOut),
        (reply("", 400), StatusError),
        (reply({"code": 414, "desc": "roomid"}), ApiError),
        (reply({"code": 416, "desc": "query too fast"}), RateLimited),
    ],
)
async def test_what_never_took_effect_says_so(
    failure: Exception | httpx.Response, kind: type[NimError]
) -> None:
    """A call that surely was not carried out has neither flag."""
    async with client(Scripted([failure]), retry=RetryPolicy(max_attempts=1)) as nim:
        with pytest.raises(kind) as caught:
            await nim.chatroom.create(creator="amy", name="tea")
    assert not caught.value.maybe_processed
    assert not caught.value.processed


async def test_an_earlier_maybe_outlives_a_later_refusal() -> None:
    """After a cut connection, a refused repeat does not prove that nothing happened."""
    transport = Scripted(
        [httpx.ReadError("reset"), httpx.ConnectError("a"), httpx.ConnectError("b")]
    )
    async with client(transport, retry=SOON) as nim:
        with pytest.raises(ConnectError) as caught:
            await nim.chatroom.update(room_id=66, name="x")
    error = caught.value
    assert error.maybe_processed
    assert error.attempts == 3
    assert [type(e) for e in error.earlier] == [TransportError, ConnectError]
    assert error.operation == "chatroom.update"
    assert error.endpoint in {BASE, OTHER}
    assert error.trace_id == transport.requests[0].headers["RequestId"]


async def test_max_attempts_bounds_the_loop() -> None:
    """A view with one attempt never repeats."""
    transport = Scripted([httpx.ConnectError("refused"), reply(OK)])
    async with client(transport, retry=SOON) as nim:
        with pytest.raises(ConnectError):
            await nim.options(max_attempts=1).chatroom.get(room_id=66)
    assert len(transport.requests) == 1


async def test_a_penalty_longer_than_the_deadline_is_told_at_once() -> None:
    """416 is not waited for when the call's time would be over before."""
    transport = Scripted([reply({"code": 416, "desc": "query too fast"})])
    async with client(transport, deadline=5) as nim:
        with pytest.raises(RateLimited) as caught:
            await nim.chatroom.get(room_id=66)
    assert caught.value.retry_after == 10
    assert len(transport.requests) == 1


async def test_a_penalty_closes_the_operation_for_everybody() -> None:
    """After a 416 the next call of the operation is not even sent while the penalty lasts."""
    transport = Scripted([reply({"code": 416}), reply(OK)])
    async with client(transport, deadline=5, rate_limit={}) as nim:
        with pytest.raises(RateLimited):
            await nim.chatroom.get(room_id=66)
        with pytest.raises(TimedOut) as caught:
            await nim.chatroom.get(room_id=66)
        assert caught.value.phase == "rate limit"
        assert not caught.value.maybe_processed
        await nim.chatroom.update(room_id=66, name="other operations stay open")
    assert len(transport.requests) == 2


async def test_limits_by_path_name_or_none() -> None:
    """A limit may be replaced by path or by name, and switched off for one operation."""
    tight = RateLimit(calls=1, per_seconds=60, block_seconds=60)
    path = "/nimserver/chatroom/update.action"
    limits = {"chatroom.get": tight, path: tight, "chatroom.create": None}
    transport = Scripted([reply(OK)] * 4)
    async with client(transport, deadline=30, rate_limit=limits) as nim:
        await nim.chatroom.get(room_id=66)
        await nim.chatroom.update(room_id=66)
        for late in (nim.chatroom.get(room_id=66), nim.chatroom.update(room_id=66)):
            with pytest.raises(TimedOut):
                await late
        await nim.chatroom.create(creator="amy", name="tea")
        await nim.chatroom.create(creator="amy", name="tea")


@pytest.mark.virtual_time
async def test_the_deadline_covers_pauses() -> None:
    """A pause that would end after the deadline is not begun."""
    slow = RetryPolicy(max_attempts=10, rules=[lambda _: Again(after=61.0)])
    transport = Scripted([httpx.ConnectError("refused")] * 10)
    async with client(transport, retry=slow, deadline=60) as nim:
        began = anyio.current_time()
        with pytest.raises(ConnectError):
            await nim.chatroom.get(room_id=66)
        assert anyio.current_time() == began


async def test_other_statuses_are_no_reason_to_repeat() -> None:
    """Only a gateway that failed is worth another try."""
    for status in (301, 400, 403, 404, 501):
        transport = Scripted([reply(OK, status)])
        async with client(transport, retry=SOON) as nim:
            with pytest.raises(StatusError) as caught:
                await nim.chatroom.get(room_id=66)
        assert caught.value.status_code == status
        assert caught.value.maybe_processed is (status != 400)
