"""One rate limit for many processes, on a real Redis."""

from __future__ import annotations

import logging
import socket
import time
from contextlib import AsyncExitStack, suppress
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from nim_async import NimClient, TimedOut
from nim_async.emulator import Emulator
from nim_async.limits.redis import RedisLimits
from tests.client.sharing import (
    LATE,
    MARGIN,
    PATH,
    Cable,
    Traffic,
    client,
    in_charge,
    keys_of,
    limit,
    limits,
    link,
    new_app,
    two,
    until,
    until_in_charge,
)
from tests.redis_server import free_port

if TYPE_CHECKING:
    from tests.redis_server import Server

pytestmark = pytest.mark.slow

WIDE_MARGIN = 0.5  # a call may be on its way for so long when Redis is lost, seconds


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, the only loop that redis-py knows."""
    return "asyncio"


async def test_the_limit_is_kept_by_all_together(settled: Server) -> None:
    """However long calls take, no window of the service can hold more than the limit."""
    app, traffic = new_app(), Traffic(0.1)
    async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
        for name in ("a", "b", "c"):
            made = await stack.enter_async_context(limits(settled.url, app, processes=3))
            gate = made(PATH, limit(10, 0.1))
            for number in range(30):
                tasks.start_soon(traffic.call, name, gate, number % 5 * 0.01)
        await until(lambda: traffic.total() == 90)
    assert traffic.most() <= 10


async def test_everyone_gets_a_part(settled: Server) -> None:
    """Processes that all want more than there is get about the same."""
    app, traffic = new_app(), Traffic(0.02)
    names = ("a", "b", "c", "d")
    async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
        for name in names:
            made = await stack.enter_async_context(limits(settled.url, app, processes=4))
            gate = made(PATH, limit(5, 0.02))
            for _ in range(8):
                tasks.start_soon(traffic.keep_calling, name, gate)
        await until(lambda: traffic.total() >= 200)
        tasks.cancel_scope.cancel()
    assert min(traffic.by[name] for name in names) >= traffic.total() / len(names) / 4
    assert traffic.most() <= 5


@pytest.mark.usefixtures("unhurried")
async def test_a_penalty_holds_for_all(settled: Server) -> None:
    """What the service refused to one process, no other asks for meanwhile."""
    app = new_app()
    async with two(settled, app) as (one, other):
        first, second = [await in_charge(settled, made, 10, 0.01) for made in (one, other)]
        await second.enter(LATE)
        await second.leave(used=True)
        closed = anyio.current_time()
        await first.close(0.2)
        await second.enter(LATE)
        assert anyio.current_time() - closed >= 0.2
        await first.close(60)
        deadline = anyio.current_time() + 30
        with pytest.raises(TimedOut):
            await second.enter(deadline)
        assert anyio.current_time() < deadline


@pytest.mark.usefixtures("unhurried")
async def test_a_longer_penalty_goes_before_a_shorter_one(settled: Server) -> None:
    """A second refusal lengthens the penalty, and never shortens it."""
    app = new_app()
    async with two(settled, app) as (one, other):
        first, second = [await in_charge(settled, made, 10, 0.01) for made in (one, other)]
        await first.close(60)
        await second.close(0.01)
        with pytest.raises(TimedOut):
            await second.enter(anyio.current_time() + 30)


@pytest.mark.usefixtures("unhurried")
async def test_a_place_that_was_not_used_is_given_back(settled: Server) -> None:
    """A call that never reached the service leaves its place to the next, of any process."""
    app = new_app()
    async with two(settled, app) as (one, other):
        first, second = [await in_charge(settled, made, 1, 60) for made in (one, other)]
        before_it_would_come_free = anyio.current_time() + 30
        await first.enter(LATE)
        await first.leave(used=False)
        await second.enter(before_it_would_come_free)


@pytest.mark.usefixtures("unhurried")
async def test_a_place_that_comes_too_late_is_told_at_once(settled: Server) -> None:
    """When the first free place lies past the deadline, nobody waits for it."""
    app = new_app()
    async with two(settled, app) as (one, other):
        first, second = [await in_charge(settled, made, 1, 60) for made in (one, other)]
        deadline = anyio.current_time() + 30
        await first.enter(LATE)
        await first.leave(used=True)
        with pytest.raises(TimedOut) as caught:
            await second.enter(deadline)
        assert anyio.current_time() < deadline
    assert caught.value.phase == "rate limit"
    assert not caught.value.maybe_processed


@pytest.mark.usefixtures("unhurried")
async def test_a_call_that_never_ends_holds_its_place_until_its_deadline(settled: Server) -> None:
    """A process that died under way takes its place along for the time of its call, no longer."""
    app = new_app()
    async with limits(settled.url, app) as other:
        async with limits(settled.url, app) as one:
            gate, seconds, deadline = one(PATH, limit(1, 0.05)), 2.0, 0.0
            while not gate.state.taken:  # a slow machine may not have let it in by its deadline
                deadline, seconds = anyio.current_time() + seconds, 2 * seconds
                with suppress(TimedOut):
                    await gate.enter(deadline)
        await other(PATH, limit(1, 0.05)).enter(LATE)
        assert anyio.current_time() >= deadline + 0.05


@pytest.mark.usefixtures("unhurried")
async def test_cancelled_tasks_leave_nothing_behind(settled: Server) -> None:
    """Tasks cancelled while they ask, wait or leave keep neither a place nor the turn."""
    app = new_app()
    async with limits(settled.url, app) as one, limits(settled.url, app) as other:
        first, second = (made(PATH, limit(1, 0.05)) for made in (one, other))
        await first.enter(LATE)
        for turns in range(12):
            async with anyio.create_task_group() as tasks:
                for _ in range(3):
                    tasks.start_soon(first.enter, LATE)
                for _ in range(turns):
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await first.leave(used=False)
        for _ in range(3):
            await first.enter(LATE)
            await first.leave(used=False)
            await second.enter(LATE)
            await second.leave(used=False)


async def test_nobody_notices_that_redis_died(server: Server) -> None:
    """Redis may be killed and come back empty: no call fails, and the limit is kept throughout."""
    app, traffic = new_app(), Traffic(0.1)
    async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
        sharing = [limits(server.url, app, margin=WIDE_MARGIN) for _ in range(2)]
        made = [await stack.enter_async_context(one) for one in sharing]
        cables = [Cable.of(one) for one in made]
        for name, one in zip("ab", made, strict=True):
            gate = one(PATH, limit(10, 0.1))
            for number in range(12):
                tasks.start_soon(traffic.keep_calling, name, gate, number * 0.002)
        for _ in range(2):
            before = traffic.total()
            await until(lambda: traffic.total() >= before + 40)  # noqa: B023
            server.kill()
            await until(lambda: all(link(one).lost for one in made))
            traffic.by.clear()
            await until(lambda: all(traffic.by.get(name, 0) >= 10 for name in "ab"))
            server.start()
            await until(lambda: not any(link(one).lost for one in made))
            # While it learns what was let in, and when it is in charge again.
            await until_in_charge(cables)
            traffic.by.clear()
            await until(lambda: traffic.total() > 40)
        tasks.cancel_scope.cancel()
    assert traffic.most() <= 10


async def test_a_penalty_outlives_redis(server: Server) -> None:
    """Who waits for the end of a penalty tells a Redis that came back empty."""
    app = new_app()
    async with two(server, app) as (one, other):
        first, second = (made(PATH, limit(10, 0.05)) for made in (one, other))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.enter, LATE)
            closed = anyio.current_time()
            await first.close(600)
            server.kill()
            await until(lambda: link(one).lost)
            server.start()
            await until(lambda: not link(one).lost)
            deadline = closed + 500
            with pytest.raises(TimedOut):
                await second.enter(deadline)
            now = anyio.current_time()
            assert now < deadline
            assert now + second.state.closed_for >= closed + 600
            tasks.cancel_scope.cancel()


async def test_who_comes_back_first_leaves_room_for_who_does_not_know_yet(settled: Server) -> None:
    """When the way to Redis is cut for all and mended one by one, the limit is kept."""
    app, traffic = new_app(), Traffic(0.1)
    async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
        cables: list[Cable] = []
        for name, retry in (("a", 0.02), ("b", 0.4)):
            made = limits(settled.url, app, retry=retry, margin=WIDE_MARGIN)
            one = await stack.enter_async_context(made)
            cables.append(Cable.of(one))
            gate = one(PATH, limit(10, 0.1))
            for _ in range(12):
                tasks.start_soon(traffic.keep_calling, name, gate, 0.01)
        for _ in range(2):
            before = traffic.total()
            await until(lambda: traffic.total() >= before + 40)  # noqa: B023
            for cable in cables:
                cable.cut = True
            traffic.by.clear()
            await until(lambda: min(traffic.by.get(name, 0) for name in "ab") > 10)
            for cable in cables:
                cable.cut = False
            await until_in_charge(cables)
            traffic.by.clear()
            await until(lambda: min(traffic.by.get(name, 0) for name in "ab") > 10)
        tasks.cancel_scope.cancel()
    assert traffic.most() <= 10


@pytest.mark.parametrize("accident", ["flushed", "read from disk"])
async def test_a_redis_that_forgot_is_not_trusted(settled: Server, accident: str) -> None:
    """Where keys are gone, or come from an earlier run, nobody is let in as if nothing was."""
    app = new_app()
    async with limits(settled.url, app, processes=1) as one, client(settled.url) as redis:
        gate = one(PATH, limit(1, 0.1))
        began = anyio.current_time()
        await gate.enter(LATE)
        await gate.leave(used=False)
        keys = await keys_of(redis, one)
        state = next(key for key in keys if key.endswith(b":state"))
        if accident == "flushed":
            await redis.delete(*keys)
        else:
            await redis.hset(state, "run", "another")
        await gate.enter(LATE)
        assert anyio.current_time() - began >= 0.1 + MARGIN


async def test_without_redis_each_process_keeps_to_its_share() -> None:
    """Shares are used a window and a margin after Redis was missed, and hold a part each."""
    traffic = Traffic(0.1)
    url = f"redis://127.0.0.1:{free_port()}"
    async with limits(url, new_app(), processes=4) as one, anyio.create_task_group() as tasks:
        began = time.monotonic()
        gate = one(PATH, limit(11, 0.1))
        for _ in range(2):  # the whole share at once
            await gate.enter(LATE)
            assert time.monotonic() - began >= 0.1 + MARGIN
        for _ in range(2):
            await gate.leave(used=True)
        for _ in range(9):
            tasks.start_soon(traffic.keep_calling, "a", gate)
        await until(lambda: traffic.total() >= 8)
        await gate.close(60)
        deadline = anyio.current_time() + 30
        with pytest.raises(TimedOut):
            await gate.enter(deadline)
        assert anyio.current_time() < deadline
        tasks.cancel_scope.cancel()
    assert traffic.most() <= 2


async def test_with_more_processes_than_calls_there_is_no_share() -> None:
    """One call each would be too many, so calls wait for Redis until their deadline."""
    url = f"redis://127.0.0.1:{free_port()}"
    async with limits(url, new_app(), processes=9) as one:
        gate = one(PATH, limit(8, 0.01))
        began = anyio.current_time()
        with pytest.raises(TimedOut) as caught:
            await gate.enter(began + 0.3)
        assert anyio.current_time() - began >= 0.3
    assert not caught.value.maybe_processed


async def test_a_redis_that_does_not_answer_is_given_up() -> None:
    """A server that takes connections and says nothing holds calls up for the timeout only."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}"
        async with limits(url, new_app(), processes=1, timeout=0.05) as one:
            gate = one(PATH, limit(1, 0.05))
            await gate.enter(LATE)
            await gate.leave(used=True)


async def test_a_loss_is_told_once_and_no_password(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """The log tells when Redis goes and comes, where it is, and never how to log in."""
    caplog.set_level(logging.DEBUG, "nim_async.limits")
    server.kill()
    secret = "pass-word"
    url = server.url.replace("//", f"//someone:{secret}@") + f"?password={secret}"
    async with limits(url, new_app(), processes=1) as one:
        gate = one(PATH, limit(5, 0.02))
        for _ in range(10):
            await gate.enter(LATE)
            await gate.leave(used=True)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        plain = limits(server.url, new_app(), processes=1)
        assert secret not in repr(one)
        assert str(server.port) in repr(one)
        await plain.aclose()
    assert secret not in caplog.text
    assert str(server.port) in caplog.text


async def test_the_return_of_redis_is_told(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """One line tells that Redis is back."""
    caplog.set_level(logging.DEBUG, "nim_async.limits")
    server.kill()
    async with limits(server.url, new_app(), processes=1, timeout=60.0) as one:
        gate = one(PATH, limit(5, 0.02))
        await gate.enter(LATE)
        await gate.leave(used=True)
        server.start()
        while link(one).lost:
            await gate.enter(LATE)
            await gate.leave(used=True)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_a_client_that_was_passed_in_stays_open(settled: Server) -> None:
    """The caller's own client works, with texts for answers too, and is not closed."""
    for decode in (False, True):
        async with client(settled.url, decode_responses=decode) as redis:
            async with RedisLimits(redis, app_key=new_app(), processes=2) as one:
                gate = one(PATH, limit(1, 0.1))
                await gate.enter(LATE)
                await gate.leave(used=False)
                await gate.enter(LATE)
                assert repr(one).startswith("RedisLimits(redis='Redis', ")
            assert await redis.ping()


async def test_redis_sees_a_hash_of_the_key_and_lets_all_expire(settled: Server) -> None:
    """Keys stand in one slot of a cluster, name no app, and go when nobody asks."""
    app = new_app()
    async with limits(settled.url, app, timeout=60.0) as one, client(settled.url) as redis:
        gate = await in_charge(settled, one, 1, 0.1)
        await gate.enter(LATE)
        keys = await keys_of(redis, one)
        assert len(keys) == 2
        for key in keys:
            assert app.encode() not in key
            assert key.count(b"{") == key.count(b"}") == 1
            assert await redis.pttl(key) > 0


async def test_clients_share_a_limit_through_redis(settled: Server) -> None:
    """Two clients with limits of their own never get 416 from a service that counts strictly."""
    app = new_app()
    strict = limit(5, 0.2)
    emulator = Emulator(app, "the-secret", rate_limits={PATH: strict})
    emulator.add_room("amy", "tea house", room_id=66)
    async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
        for _ in range(2):
            one = await stack.enter_async_context(limits(settled.url, app))
            calling = NimClient(
                app,
                "the-secret",
                transport=emulator.transport(),
                rate_limit={PATH: strict},
                limiter=one,
            )
            nim = await stack.enter_async_context(calling)
            for _ in range(10):
                tasks.start_soon(partial(nim.chatroom.get, room_id=66))
        await until(lambda: len(emulator.calls) == 20)
    assert {call.code for call in emulator.calls} == {200}


async def test_a_call_does_not_wait_for_a_redis_that_hangs(server: Server) -> None:
    """Leaving and closing are over by the deadline of the call, and told later."""
    made = limits(server.url, new_app(), timeout=60.0)
    async with made as limiter:
        gate = limiter(PATH, limit(10, 0.01))
        await gate.enter(LATE)
        await gate.enter(LATE)
        server.freeze()
        began = anyio.current_time()
        await gate.leave(used=True, deadline=began + 0.05)
        await gate.close(0.01, deadline=began + 0.1)
        assert anyio.current_time() - began < 60  # which is how long it would wait for an answer
        server.thaw()
        await gate.leave(used=True)
        await gate.enter(LATE)


@pytest.mark.parametrize(
    ("turn", "after"),
    [
        (-10, -1),  # long missed: the next two turns have come already
        (-1, 0),
        (0, 1),
        (50, 1),  # the clock was set back
    ],
)
async def test_turns_that_were_missed_are_made_up_for(
    settled: Server, turn: int, after: int
) -> None:
    """Let in one by one, calls keep their average pace though each asks a bit late."""
    pace, hold, minute = 1_000_000, 120_000_000, 60_000_000
    places, state = f"{new_app()}:places", f"{new_app()}:state"
    script = files("nim_async.limits").joinpath("redis.lua").read_text("utf-8")
    async with client(settled.url, decode_responses=True) as redis:

        async def ask(token: str) -> str:
            settings = [2, minute, 0, 0, "", 0, 0, 0, token, hold, 1, 60_000, pace]
            verdict, *_ = await redis.eval(script, 2, places, state, *settings)
            return str(verdict)

        assert await ask("first") == "in"
        seconds, micro = await redis.time()
        now = seconds * 1_000_000 + micro
        await redis.hset(state, "next", now + turn * pace)
        # On the clock of the script: what it knows of its own is when the place comes free.
        assert await ask("second") == "in"
        let_in = int(await redis.zscore(places, "second")) - hold
        assert abs(int(await redis.hget(state, "next")) - now - after * pace) <= let_in - now
