"""The clock to turn by hand."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import anyio
import anyio.to_thread
import pytest
from anyio import wait_all_tasks_blocked

from nim_async import ConfigurationError
from nim_async.emulator import Clock, Emulator, Refused


def test_a_clock_stands_until_it_is_turned() -> None:
    """It shows the time it was given, when called and as an attribute, until that is changed."""
    clock = Clock(1_700_000_000.25)
    assert clock() == clock.now == clock() == 1_700_000_000.25
    clock.advance(60)
    assert clock() == 1_700_000_060.25
    clock.advance(-0.25)
    clock.now += 1
    assert clock.now == 1_700_000_061
    clock.now = 5
    assert clock() == 5


@pytest.mark.parametrize("running", [False, True])
def test_a_clock_starts_at_present(running: bool) -> None:  # noqa: FBT001
    """Without a time of its own it begins with the system's."""
    before = time.time()
    clock = Clock(running=running)
    assert before <= clock() <= time.time()


def test_a_running_clock_goes_on_from_where_it_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps the pace of real time, and setting it moves the moment it goes on from."""
    passed = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: passed)
    clock = Clock(100, running=True)
    passed += 7
    assert clock() == 107
    clock.advance(-50)
    passed += 1
    assert clock() == 58
    clock.now = 1000
    passed += 2
    assert clock.now == 1002


def test_time_passes_once_for_every_call() -> None:
    """Threads that turn the clock at once lose nothing of each other's time."""
    clock = Clock(0)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2000):
            pool.submit(clock.advance, 1)
    assert clock() == 2000


async def test_who_waits_for_a_moment() -> None:
    """It comes by turning, from the same thread or another, and at once where it is past."""
    clock = Clock(100)
    await clock.until(100)
    woken: list[float] = []

    async def wait(moment: float) -> None:
        await clock.until(moment)
        woken.append(moment)

    async with anyio.create_task_group() as tasks:
        for moment in (103, 101, 102):
            tasks.start_soon(wait, moment)
        await wait_all_tasks_blocked()
        clock.advance(1)
        await wait_all_tasks_blocked()
        assert woken == [101]
        await anyio.to_thread.run_sync(clock.advance, 5)
    assert sorted(woken) == [101, 102, 103]


async def test_a_running_clock_wakes_by_itself() -> None:
    """It needs no turning, but can be turned."""
    clock = Clock(running=True)
    await clock.until(clock.now + 0.001)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(clock.until, clock.now + 3600)
        await wait_all_tasks_blocked()
        clock.advance(3600)


@pytest.mark.parametrize("moment", ["x", None, True])
async def test_what_is_no_moment(moment: object) -> None:
    """It is refused by name."""
    with pytest.raises(ConfigurationError, match="moment"):
        await Clock().until(cast("float", moment))


def test_the_emulator_goes_by_the_clock() -> None:
    """What passes with time passes when the clock is turned; any callable will do as well."""
    clock = Clock()
    for given in (clock, lambda: clock.now):
        emulator = Emulator("k", "s", clock=given)
        room = emulator.add_room("amy")
        emulator.enter(room, "bob")
        emulator.rooms[room].keep("bob").muted_until = clock() + 60
        with pytest.raises(Refused, match="13004"):
            emulator.speak(room, "bob", "hi")
        clock.advance(60)
        emulator.speak(room, "bob", "hi")
