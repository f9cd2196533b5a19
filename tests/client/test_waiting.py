"""How long a call may wait before it is sent."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from nim_async import Again, LimitState, NimClient, RateLimit, RetryPolicy, TimedOut
from tests.doubles import OK, Scripted, client, reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.doubles import Reaction

TURN_SECONDS = 10
SLOW_SECONDS = 4

on_virtual_time = pytest.mark.virtual_time


class Slow(Scripted):
    """Takes seconds for each answer."""

    def __init__(self, outcomes: Iterable[Reaction], *, seconds: float = SLOW_SECONDS) -> None:
        super().__init__(outcomes)
        self.seconds = seconds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await anyio.sleep(self.seconds)
        return await super().handle_async_request(request)


class Turns:
    """A limiter that lets each call wait for its turn, and knows how long that takes."""

    def __init__(self, path: str, limit: RateLimit) -> None:
        del path
        self.state = LimitState(limit=limit, taken=0, waiting=0, closed_for=0.0)

    def enter_now(self) -> bool:
        return False

    async def enter(self, deadline: float) -> None:
        if anyio.current_time() + TURN_SECONDS > deadline:
            raise TimedOut(phase="rate limit", maybe_processed=False)
        await anyio.sleep(TURN_SECONDS)

    def leave_now(self, *, used: bool) -> bool:
        del used
        return True

    async def leave(self, *, used: bool, deadline: float = inf) -> None:
        raise NotImplementedError

    async def close(self, seconds: float, *, deadline: float = inf) -> None:
        raise NotImplementedError


async def seconds_to_fail(nim: NimClient, phase: str) -> float:
    """Return how long a call takes that is given up before it is sent."""
    began = anyio.current_time()
    with pytest.raises(TimedOut) as caught:
        await nim.chatroom.get(room_id=66)
    assert isinstance(caught.value, TimeoutError)
    assert (caught.value.phase, caught.value.maybe_processed) == (phase, False)
    assert caught.value.earlier == ()
    return anyio.current_time() - began


async def seconds_to_work(nim: NimClient) -> float:
    """Return how long a call takes that is answered."""
    began = anyio.current_time()
    await nim.chatroom.get(room_id=66)
    return anyio.current_time() - began


@pytest.mark.parametrize("max_wait", [0, 500])
async def test_a_limiter_that_knows_fails_the_call_at_once(max_wait: float) -> None:
    """The call is not sent, and nothing waits for a turn that would come too late."""
    transport = Scripted([reply(OK)])
    limit = RateLimit(calls=1, per_seconds=1000, block_seconds=60)
    async with client(
        transport, rate_limit={"chatroom.get": limit}, deadline=2000, max_wait=max_wait
    ) as nim:
        await nim.chatroom.get(room_id=66)
        await seconds_to_fail(nim, "rate limit")  # or it would outlast any test
    assert len(transport.requests) == 1


async def test_a_turn_that_comes_in_time() -> None:
    """Within the bound a call waits and is sent."""
    limit = RateLimit(calls=1, per_seconds=0.02, block_seconds=60)
    transport = Scripted([reply(OK)] * 2)
    async with client(transport, rate_limit={"chatroom.get": limit}, max_wait=20) as nim:
        for _ in range(2):
            await nim.chatroom.get(room_id=66)
    assert len(transport.requests) == 2


@on_virtual_time
async def test_the_rate_limit_is_given_the_bound() -> None:
    """A limiter of one's own is told when to give up: by the bound, or by the deadline."""
    transport = Scripted([reply(OK)] * 3)
    async with client(transport, rate_limit={}, limiter=Turns) as nim:
        for patient in (nim, nim.options(max_wait=inf), nim.options(max_wait=TURN_SECONDS)):
            assert await seconds_to_work(patient) == pytest.approx(TURN_SECONDS)
        for hasty in (nim.options(max_wait=TURN_SECONDS - 1), nim.options(deadline=2)):
            assert await seconds_to_fail(hasty, "rate limit") == 0


@on_virtual_time
@pytest.mark.parametrize("max_wait", [0, 1, SLOW_SECONDS - 1])
async def test_a_wait_for_a_connection_that_is_too_long(max_wait: float) -> None:
    """While all connections are taken, a call waits for so long and is not sent."""
    transport = Slow([reply(OK)])
    async with client(transport, max_connections=1) as nim, anyio.create_task_group() as tasks:
        tasks.start_soon(seconds_to_work, nim)
        await anyio.wait_all_tasks_blocked()
        bounded = nim.options(max_wait=max_wait)
        assert await seconds_to_fail(bounded, "pool") == pytest.approx(max_wait)
    assert len(transport.requests) == 1


@on_virtual_time
async def test_both_waits_count_together() -> None:
    """What the rate limit took of the time is not there for a connection."""
    transport = Slow([reply(OK)], seconds=2 * TURN_SECONDS)
    async with (
        client(
            transport, rate_limit={}, limiter=Turns, max_connections=1, timeout=60, deadline=60
        ) as nim,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(nim.call, "/nimserver/without/limit.action")
        await anyio.wait_all_tasks_blocked()
        waited = await seconds_to_fail(nim.options(max_wait=TURN_SECONDS + 1), "pool")
        assert waited == pytest.approx(TURN_SECONDS + 1)
    assert len(transport.requests) == 1


@on_virtual_time
async def test_pauses_and_answers_do_not_count() -> None:
    """Seconds between attempts, and those that an answer takes, are no waiting."""
    refused = httpx.ConnectError("refused")
    transport = Slow([refused, refused, reply(OK)])
    policy = RetryPolicy(rules=[lambda _: Again(after=5)])
    async with client(transport, retry=policy, max_wait=1, deadline=60) as nim:
        assert await seconds_to_work(nim) == pytest.approx(3 * SLOW_SECONDS + 2 * 5)


@on_virtual_time
async def test_waits_of_all_attempts_count() -> None:
    """A repeat has what the first attempt left; then it is over, whatever a rule says."""
    transport = Scripted([httpx.ReadTimeout("late")])
    policy = RetryPolicy(rules=[lambda _: Again(after=0)])
    async with client(
        transport, rate_limit={}, limiter=Turns, retry=policy, max_wait=1.5 * TURN_SECONDS
    ) as nim:
        began = anyio.current_time()
        with pytest.raises(TimedOut) as caught:
            await nim.chatroom.get(room_id=66)
        assert anyio.current_time() - began == pytest.approx(TURN_SECONDS)
    assert caught.value.phase == "rate limit"
    assert caught.value.maybe_processed  # by the first attempt
    assert len(caught.value.earlier) == 1
