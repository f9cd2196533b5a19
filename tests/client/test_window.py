"""Places in a sliding window."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nim_async.config import RateLimit
from nim_async.limits.window import Window


def window(calls: int = 3, per_seconds: float = 1.0) -> Window:
    """Make a window."""
    return Window(RateLimit(calls=calls, per_seconds=per_seconds, block_seconds=10.0))


def test_calls_within_the_limit_do_not_wait() -> None:
    """As many calls as the window holds are let in at once, one more is not."""
    places = window(3)
    assert [places.take(5.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert places.take(5.0) > 0


def test_a_place_comes_free_one_window_after_its_call_ended() -> None:
    """The window counts from the end of a call, since the service may have counted it then."""
    places = window(1)
    places.take(5.0)
    places.give_back(5.25, used=True)
    assert places.take(6.0) == 0.25
    assert places.take(6.25) == 0.0


def test_while_all_are_under_way_a_window_is_waited() -> None:
    """A call that ends now frees its place no earlier than one window from now."""
    places = window(1, per_seconds=60.0)
    places.take(5.0)
    assert places.take(5.0) == 60.0


def test_a_call_never_sent_gives_its_place_back_at_once() -> None:
    """What the service cannot have counted takes no place."""
    places = window(1)
    places.take(5.0)
    places.give_back(5.0, used=False)
    assert places.take(5.0) == 0.0


def test_before_when_surely_no_place_comes_free() -> None:
    """A call under way may end unsent at any moment; one that was sent holds its place on."""
    places = window(2)
    places.take(5.0)
    places.take(5.0)
    assert places.earliest(5.0) == 5.0
    places.give_back(5.0, used=True)
    assert places.earliest(5.5) == 5.5
    places.give_back(5.25, used=True)
    assert places.earliest(5.5) == 6.0
    places.close(5.5, 10.0)
    assert places.earliest(5.5) == 15.5


def test_a_closed_operation_opens_after_its_time() -> None:
    """After code 416 nobody is let in before the block time has passed, free places or not."""
    places = window()
    places.close(100.0, 10.0)
    assert places.take(101.0) == 9.0
    assert places.take(110.0) == 0.0


def test_the_latest_refusal_counts() -> None:
    """A later 416 lengthens the block, and an earlier one does not shorten it."""
    places = window()
    places.close(105.0, 10.0)
    places.close(100.0, 10.0)
    assert places.take(106.0) == 9.0
    assert places.state(106.0) == (0, 9.0)
    assert places.state(200.0) == (0, 0.0)


@pytest.mark.parametrize("calls", [1, 100, 1200])
def test_a_burst_is_spread(calls: int) -> None:
    """Many callers at once are let in one full window apart, never a second burst early."""
    places = window(calls)
    for start in (0.0, 1.0, 2.0):
        assert [places.take(start) for _ in range(calls)] == [0.0] * calls
        assert places.take(start) > 0
        for _ in range(calls):
            places.give_back(start, used=True)
        assert places.take(start + 0.5) == 0.5


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2000),  # time that passes, 1/1024 s, which floats add exactly
        st.integers(0, 1500),  # how long the call takes
        st.integers(0, 100),  # when in between the service counts it, percent
    ),
    max_size=60,
)


@settings(deadline=None)
@given(STEPS, st.integers(1, 4), st.integers(1, 3))
def test_the_service_never_counts_more_than_the_limit(
    steps: list[tuple[int, int, int]], calls: int, per_seconds: int
) -> None:
    """
    Whatever each call takes, and whenever in between the service counts it, no window of the
    service holds more than the limit.
    """
    places = window(calls, per_seconds)
    now = 0.0
    under_way: list[float] = []
    counted: list[float] = []

    def pass_time(until: float) -> None:
        for end in sorted(e for e in under_way if e <= until):
            under_way.remove(end)
            places.give_back(end, used=True)

    for passed, took, share in steps:
        now += passed / 1024
        pass_time(now)
        while (wait := places.take(now)) > 0:
            now += wait
            pass_time(now)
        under_way.append(now + took / 1024)
        counted.append(now + took / 1024 * share / 100)
    counted.sort()
    for first, one_too_many in zip(counted, counted[calls:], strict=False):
        assert one_too_many - first >= per_seconds
