"""The time of the service."""

from __future__ import annotations

import os
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from nim_async._core.clock import ClockOffset

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL = 1_700_000_000.0


def dated(seconds: float) -> str:
    """Write the Date of a service whose time is that much ahead of ours."""
    return formatdate(LOCAL + seconds, usegmt=True)


@pytest.fixture
def far_from_greenwich() -> Iterator[None]:
    """Live where the local time is not UTC."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Shanghai"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize("hours", [1, -1, 24])
def test_a_date_far_from_ours_is_tried(hours: int) -> None:
    """A refused signature with a date far from ours is tried again by that time."""
    assert ClockOffset().other(dated(hours * 3600), LOCAL, 0.0) == hours * 3600


def test_nothing_is_kept_before_a_signature_was_accepted() -> None:
    """A date alone changes nothing; what was accepted stays until another is."""
    clock = ClockOffset()
    assert clock.other(dated(3600), LOCAL, 0.0) == 3600
    assert clock.offset == 0.0
    clock.keep(3600.0)
    assert clock.offset == 3600.0
    assert clock.other(dated(7200), LOCAL, clock.offset) == 7200
    assert clock.offset == 3600.0


def test_another_is_tried_when_the_local_clock_is_set_right() -> None:
    """An offset that has become wrong gives way to the one that the date shows."""
    assert ClockOffset().other(dated(3600), LOCAL + 3600, 3600.0) == 0.0


def test_a_refusal_without_a_date_is_answered_by_our_own_time() -> None:
    """An offset that is refused where no date says why is given up; our own time is not."""
    assert ClockOffset().other(None, LOCAL, 3600.0) == 0.0
    assert ClockOffset().other(None, LOCAL, 0.0) is None


@pytest.mark.parametrize("used", [0.0, 3600.0])
@pytest.mark.parametrize("seconds", [-30, -1, 0, 30])
def test_what_travel_and_whole_seconds_explain_changes_nothing(seconds: int, used: float) -> None:
    """A small difference is no reason to sign again: the refusal had another one."""
    assert ClockOffset().other(dated(used + seconds), LOCAL, used) is None


@pytest.mark.usefixtures("far_from_greenwich")
@pytest.mark.parametrize(
    "form",
    [
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %d %H:%M:%S %Y",  # asctime
        "%a, %d %b %Y %H:%M:%S",
        "%a, %d %b %Y %H:%M:%S -0000",
    ],
)
def test_each_form_of_a_date_is_utc(form: str) -> None:
    """HTTP has one zone, named or not, in its two obsolete forms too."""
    date = time.strftime(form, time.gmtime(LOCAL + 3600))
    assert ClockOffset().other(date, LOCAL, 0.0) == 3600


@pytest.mark.parametrize(
    "date",
    [
        None, "", " ", "soon", "1", ",", "Mon, 99 Nov 2026 25:00:00 GMT", "\x00", ":" * 9999,
        "Fri, 01 Jan 99999999 00:00:00 GMT", "Fri, 01 Jan 2026 00:00:00 +99999999999999",
    ],
)  # fmt: skip
def test_a_date_that_is_none_is_ignored(date: str | None) -> None:
    """A header that is missing or no date teaches nothing and breaks nothing."""
    assert ClockOffset().other(date, LOCAL, 0.0) is None
