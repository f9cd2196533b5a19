"""Waiting until an operation may be called."""

from __future__ import annotations

import anyio
import anyio.to_thread
import pytest

from nim_async import OPERATIONS, ConfigurationError, RateLimit, TimedOut
from nim_async.limits import Limiters, LocalLimiter

LATE = float("inf")
PATH = "/nimserver/chatroom/get.action"


def limiter(calls: int, per_seconds: float) -> LocalLimiter:
    """Make the limiter of an operation."""
    return LocalLimiter(PATH, RateLimit(calls=calls, per_seconds=per_seconds, block_seconds=60))


async def test_tasks_are_let_in_in_the_order_they_came() -> None:
    """However many wait, first come is first served, and no window holds more than the limit."""
    gate = limiter(3, 0.02)
    asked: list[int] = []
    entered: list[tuple[int, float]] = []

    async def call(number: int) -> None:
        asked.append(number)
        await gate.enter(LATE)
        entered.append((number, anyio.current_time()))
        await gate.leave(used=True)

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(call, number)
    assert [number for number, _ in entered] == asked
    times = [at for _, at in entered]
    for first, one_too_many in zip(times, times[3:], strict=False):
        assert one_too_many - first >= 0.02


async def test_who_comes_later_does_not_overtake() -> None:
    """A place that comes free while others wait goes to them."""
    gate = limiter(1, 0.02)
    order: list[str] = []
    await gate.enter(LATE)

    async def wait(name: str) -> None:
        await gate.enter(LATE)
        order.append(name)
        await gate.leave(used=False)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait, "first")
        await anyio.wait_all_tasks_blocked()
        await gate.leave(used=False)
        tasks.start_soon(wait, "second")
    assert order == ["first", "second"]


async def test_a_cancelled_task_leaves_nothing_behind() -> None:
    """Tasks cancelled while they wait take neither a place nor the turn of the next."""
    gate = limiter(1, 0.01)
    await gate.enter(LATE)
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(gate.enter, LATE)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    await gate.leave(used=False)
    await gate.enter(LATE)


async def test_a_place_that_comes_too_late_is_told_at_once() -> None:
    """When the first free place lies past the deadline, nobody waits for it."""
    gate = limiter(1, 60)
    await gate.enter(LATE)
    await gate.leave(used=True)
    deadline = anyio.current_time() + 30
    with pytest.raises(TimedOut) as caught:
        await gate.enter(deadline)
    assert anyio.current_time() < deadline
    assert caught.value.phase == "rate limit"
    assert not caught.value.maybe_processed


@pytest.mark.parametrize("behind", [0, 3])
async def test_a_place_that_may_come_free_in_time_is_waited_for(behind: int) -> None:
    """A call under way may end without having used its place, and who waits gets it at once."""
    gate = limiter(1, 60)
    await gate.enter(LATE)
    asked: list[int] = []
    entered: list[int] = []

    async def wait(number: int) -> None:
        asked.append(number)
        await gate.enter(anyio.current_time() + 30)
        entered.append(number)
        await gate.leave(used=False)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for number in range(behind + 1):
                tasks.start_soon(wait, number)
            await anyio.wait_all_tasks_blocked()
            await gate.leave(used=False)
    assert entered == asked


def test_loops_one_after_the_other() -> None:
    """A limiter serves a second loop of its kind, and counts on; another kind is refused."""
    made: list[LocalLimiter] = []

    async def wait_for_one() -> None:
        made.append(limiter(1, 60)) if not made else None
        gate = made[0]
        gate.enter_now()
        with pytest.raises(TimedOut):
            await gate.enter(anyio.current_time() + 0.01)
        assert gate.state.taken == 1

    anyio.run(wait_for_one)
    anyio.run(wait_for_one)
    with pytest.raises(ConfigurationError, match="another event loop"):
        anyio.run(wait_for_one, backend="trio")


async def test_loops_at_the_same_time() -> None:
    """While tasks of one loop wait, another is told to have a limiter of its own."""
    gate = limiter(1, 60)
    await gate.enter(LATE)

    async def enter() -> None:
        await gate.enter(LATE)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(gate.enter, LATE)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(ConfigurationError, match="another event loop"):
            await anyio.to_thread.run_sync(anyio.run, enter)
        tasks.cancel_scope.cancel()


async def test_the_deadline_ends_the_wait_for_a_turn() -> None:
    """A task behind others gives up when its own time is over."""
    gate = limiter(1, 60)
    await gate.enter(LATE)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(gate.enter, LATE)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(TimedOut):
            await gate.enter(anyio.current_time() + 0.01)
        tasks.cancel_scope.cancel()


async def test_a_closed_operation_lets_nobody_in() -> None:
    """After a refusal by the service free places do not help."""
    gate, other = limiter(100, 1), limiter(100, 1)
    closed = anyio.current_time()
    await gate.close(60)
    with pytest.raises(TimedOut):
        await gate.enter(closed + 30)
    await other.close(0.03)
    await other.enter(LATE)
    assert anyio.current_time() - closed >= 0.03


async def test_each_operation_has_a_limiter_of_its_own() -> None:
    """Limits are kept per path, documented or overridden, and made once."""
    create = "/nimserver/chatroom/create.action"
    friend = "/nimserver/friend/add.action"
    wide = RateLimit(calls=500, per_seconds=1, block_seconds=10)
    limiters = Limiters({"chatroom.get": wide, friend: wide}, LocalLimiter, OPERATIONS)
    made = limiters[PATH]
    assert made is not None
    assert limiters[PATH] is made
    assert made.state.limit == wide
    for other in (create, friend):
        assert limiters[other] not in {None, made}


def test_an_operation_without_a_limit() -> None:
    """Where a limit is switched off, or none is known, there is nothing to wait for."""
    assert Limiters({PATH: None}, LocalLimiter, OPERATIONS)[PATH] is None
    assert Limiters(None, LocalLimiter, OPERATIONS)[PATH] is None


def test_paths_without_a_limit_leave_nothing_behind() -> None:
    """However many unknown paths are called, nothing is kept of them."""
    limiters = Limiters({}, LocalLimiter, OPERATIONS)
    for number in range(1000):
        assert limiters[f"/nimserver/made/up{number}.action"] is None
    assert not limiters


async def test_how_full_a_limit_is() -> None:
    """The state tells places taken, tasks waiting, and how long the service refuses."""
    gate = limiter(2, 60)
    assert (gate.state.taken, gate.state.waiting, gate.state.closed_for) == (0, 0, 0.0)
    await gate.enter(LATE)
    await gate.enter(LATE)
    await gate.leave(used=False)
    assert gate.state.taken == 1
    await gate.enter(LATE)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(gate.enter, LATE)
        await anyio.wait_all_tasks_blocked()
        assert (gate.state.taken, gate.state.waiting) == (2, 1)
        tasks.cancel_scope.cancel()
    await gate.close(60)
    assert 0 < gate.state.closed_for <= 60
