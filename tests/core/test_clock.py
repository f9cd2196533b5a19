"""The time of the service."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from nim_async._core.clock import ClockOffset

LOCAL = 1_700_000_000.0


@pytest.mark.parametrize("hours", [1, -1, 24])
def test_the_offset_is_learnt(hours: int) -> None:
    """A refused signature with a date far from ours moves the clock by the difference."""
    clock = ClockOffset()
    clock.learn(formatdate(LOCAL + hours * 3600, usegmt=True), LOCAL)
    assert clock.offset == hours * 3600


def test_it_is_learnt_again_when_the_local_clock_is_set_right() -> None:
    """An offset that has become wrong is replaced."""
    clock = ClockOffset()
    clock.learn(formatdate(LOCAL + 3600, usegmt=True), LOCAL)
    clock.learn(formatdate(LOCAL + 3600, usegmt=True), LOCAL + 3600)
    assert clock.offset == 0.0


@pytest.mark.parametrize("seconds", [-30, -1, 0, 30])
def test_what_travel_and_whole_seconds_explain_changes_nothing(seconds: int) -> None:
    """A small difference is no reason to sign again: the refusal had another one."""
    clock = ClockOffset()
    clock.learn(formatdate(LOCAL + seconds, usegmt=True), LOCAL)
    assert clock.offset == 0.0


@pytest.mark.parametrize(
    "date",
    [None, "", "soon", "Mon, 99 Nov 2026 25:00:00 GMT", "Fri, 01 Jan 99999999 00:00:00 GMT", "1"],
)
def test_a_date_that_is_none_is_ignored(date: str | None) -> None:
    """A header that is missing or no date teaches nothing and breaks nothing."""
    clock = ClockOffset()
    clock.learn(date, LOCAL)
    assert clock.offset == 0.0
