"""How many calls at a time: lower on trouble and on slowness, higher without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from nim_async import ConnectError, NimClient, NotFound, ServerBusy, StatusError, TimedOut
from nim_async.batch import run
from nim_async.batch._pace import Pace
from nim_async.emulator import Code
from tests.batch.conftest import ROOM
from tests.batch.test_run import GET, outcomes
from tests.client.test_waiting import TURN_SECONDS, Turns

if TYPE_CHECKING:
    from nim_async.emulator import Emulator


def round_of(pace: Pace, seconds: float) -> None:
    """Let as many attempts end as are under way."""
    for _ in range(pace.limit):
        pace.attempted(seconds, None)


@pytest.mark.parametrize(
    "error",
    [
        ServerBusy(503),
        StatusError(502),
        TimedOut(phase="read", maybe_processed=True),
        TimedOut(phase="connect", maybe_processed=False),
    ],
)
def test_trouble_halves(error: Exception) -> None:
    """Once for all calls that were under way when it came."""
    pace = Pace(100)
    for _ in range(100):
        pace.attempted(0.1, error)
    assert pace.limit == 50
    pace.attempted(0.1, error)
    assert pace.limit == 25


@pytest.mark.parametrize(
    "error", [None, NotFound(404), ConnectError(), StatusError(400), KeyboardInterrupt()]
)
def test_other_answers_change_nothing(error: BaseException | None) -> None:
    """A no is an answer like a yes, and what is cancelled is none."""
    pace = Pace(100)
    for _ in range(1000):
        pace.attempted(0.1, error)
    assert pace.limit == 100


def test_never_below_one() -> None:
    """However bad it is, one call is under way."""
    pace = Pace(3)
    for _ in range(100):
        pace.attempted(1.0, ServerBusy(503))
    assert pace.limit == 1


def test_slow_attempts_lower_it_and_good_ones_raise_it() -> None:
    """By a fifth, by a tenth each round, never above what is allowed."""
    pace = Pace(100)
    round_of(pace, 0.05)
    assert pace.limit == 100
    round_of(pace, 0.2)  # twice as long, and a quarter of a second, is borne
    assert pace.limit == 100
    round_of(pace, 0.6)
    assert pace.limit == 80
    round_of(pace, 0.05)
    assert pace.limit == 88
    for _ in range(10):
        round_of(pace, 0.05)
    assert pace.limit == 100


def test_a_service_that_became_slower_for_good() -> None:
    """Is got used to."""
    pace = Pace(100)
    round_of(pace, 0.05)
    for _ in range(500):
        round_of(pace, 0.6)
    assert pace.limit == 100


async def test_a_busy_service_is_called_less(nim: NimClient, emulator: Emulator) -> None:
    """The job goes on with fewer calls at a time."""
    emulator.faults.add(Code(503), path=GET, times=3)
    job = run(nim.chatroom.get, [{"room_id": ROOM}] * 40, concurrency=16)
    found = await outcomes(job)
    assert {o.status for o in found} == {"done"}
    assert job.concurrency < 16


@pytest.mark.virtual_time
async def test_waiting_for_the_limit_changes_nothing(emulator: Emulator) -> None:
    """Rows wait for the rate limit, beyond the deadline of the client, and none fails."""
    async with NimClient(
        "key",
        "the-secret",
        transport=emulator.transport(),
        limiter=Turns,
        deadline=TURN_SECONDS / 2,
    ) as nim:
        with pytest.raises(TimedOut):
            await nim.chatroom.get(room_id=ROOM)
        began = anyio.current_time()
        job = run(nim.chatroom.get, [{"room_id": ROOM}] * 20, concurrency=10)
        found = await outcomes(job)
        assert {o.status for o in found} == {"done"}
        assert job.concurrency == 10
        assert anyio.current_time() - began >= 2 * TURN_SECONDS
