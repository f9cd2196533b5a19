"""Reservations in a sliding window."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nim_async._core.ratelimit import Window
from nim_async.config import RateLimit

# Times are multiples of 1/1024, which floats add and subtract exactly.
STEPS = st.lists(
    st.tuples(st.integers(0, 3000), st.booleans()),  # time that passes; whether 416 came
    max_size=60,
)


def limit(calls: int = 3, per_seconds: float = 1.0, block_seconds: float = 10.0) -> RateLimit:
    """Make a limit."""
    return RateLimit(calls=calls, per_seconds=per_seconds, block_seconds=block_seconds)


def test_calls_within_the_limit_do_not_wait() -> None:
    """As many calls as the window holds are due at once."""
    window = Window(limit(3))
    assert [window.reserve(5.0) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_the_next_call_waits_for_the_oldest_to_leave() -> None:
    """A call above the limit is due when the window has moved past the oldest."""
    window = Window(limit(2))
    window.reserve(5.0)
    window.reserve(5.25)
    assert window.reserve(5.5) == 0.5
    assert window.reserve(5.5) == 0.75


def test_asking_takes_nothing() -> None:
    """`wait` tells the time without taking the place."""
    window = Window(limit(1))
    assert [window.wait(0.0), window.wait(0.0), window.reserve(0.0)] == [0.0, 0.0, 0.0]
    assert window.wait(0.0) == 1.0


def test_a_closed_operation_opens_after_its_block_time() -> None:
    """After code 416 nothing is due before the block time has passed."""
    window = Window(limit(3, block_seconds=10.0))
    window.close(100.0)
    assert window.reserve(101.0) == 9.0
    assert window.reserve(111.0) == 0.0


def test_a_later_refusal_lengthens_the_block_and_an_earlier_one_does_not_shorten_it() -> None:
    """The latest 416 counts, in whatever order they are told."""
    window = Window(limit(3, block_seconds=10.0))
    window.close(105.0)
    window.close(100.0)
    assert window.wait(106.0) == 9.0


@settings(deadline=None)
@given(steps=STEPS, calls=st.integers(1, 5), per_seconds=st.integers(1, 3))
def test_no_window_ever_holds_more(
    steps: list[tuple[int, bool]], calls: int, per_seconds: int
) -> None:
    """
    Whatever the times of asking, no window holds more than the limit, places are given out in
    order and none lies inside a block.
    """
    window = Window(limit(calls, per_seconds, block_seconds=2.0))
    now, closed_until = 0.0, 0.0
    due: list[float] = []
    for passed, refused in steps:
        now += passed / 1024
        if refused:
            window.close(now)
            closed_until = now + 2.0
        wait = window.reserve(now)
        assert wait >= 0
        assert now + wait >= closed_until
        due.append(now + wait)
    assert due == sorted(due)
    for first, after_the_last in zip(due, due[calls:], strict=False):
        assert after_the_last - first >= per_seconds


@settings(deadline=None)
@given(st.lists(st.integers(0, 3000), max_size=60), st.integers(1, 5))
def test_no_call_waits_longer_than_it_must(passed: list[int], calls: int) -> None:
    """A call is due at once, or as soon as the one that many places before leaves the window."""
    window = Window(limit(calls))
    now = 0.0
    due: list[float] = []
    for step in passed:
        now += step / 1024
        place = now + window.reserve(now)
        earliest = [now, *due[-1:]]
        if len(due) >= calls:
            earliest.append(due[-calls] + 1.0)
        assert place == max(earliest)
        due.append(place)


@pytest.mark.parametrize("calls", [1, 100, 1200])
def test_a_burst_is_spread(calls: int) -> None:
    """Many callers at once get places one full window apart, never a second burst early."""
    window = Window(limit(calls))
    waits = [window.reserve(0.0) for _ in range(3 * calls)]
    assert waits == [0.0] * calls + [1.0] * calls + [2.0] * calls
