"""
How busy rooms were, hour by hour, for the ranking.

Days and hours are those of China (UTC+8), as the times in the documented example show. In that
example a ranking by hour holds several hours of the day asked about, so here it ranks every hour
of that day. A day can be read from the next day on, for 30 days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, define, frozen

from nim_async._generated.models import RankPeriod
from nim_async.emulator.changes import Change, Entered, MessageSent

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOUR_SECONDS = 3600
_DAY_SECONDS = 24 * _HOUR_SECONDS
_CHINA_OFFSET_SECONDS = 8 * _HOUR_SECONDS
_KEPT_DAYS = 30


@define(eq=False)
class Figures:
    """What happened in one room during one period."""

    active: set[str] = Factory(set[str])
    enters: int = 0
    messages: int = 0

    def add(self, other: Figures) -> None:
        """Take the figures of another period in."""
        self.active |= other.active
        self.enters += other.enters
        self.messages += other.messages


@frozen
class RankedPeriod:
    """One line of a ranking."""

    room_id: int
    start: int  # seconds
    figures: Figures


@define(eq=False)
class Activity:
    """Counts entries, messages and the accounts behind them, from the changes."""

    _hours: dict[tuple[int, int], Figures] = Factory(dict[tuple[int, int], Figures])

    def take(self, change: Change) -> None:
        """Count an entry of a person, or a message to one room."""
        match change:
            case Entered(robot=False):
                figures = self._figures(change)
                figures.enters += 1
            case MessageSent(broadcast=False):
                figures = self._figures(change)
                figures.messages += 1
            case _:
                return
        figures.active.add(change.operator)

    def of_day(self, moment: float, period: RankPeriod, now: float) -> list[RankedPeriod]:
        """Return the figures of the day of a moment, by hour or as a whole; unordered."""
        day = _day_start(moment)
        today = _day_start(now)
        if not today - _KEPT_DAYS * _DAY_SECONDS <= day < today:
            return []
        if period is RankPeriod.HOUR:
            return list(self._within(day))
        whole: dict[int, Figures] = {}
        for ranked in self._within(day):
            whole.setdefault(ranked.room_id, Figures()).add(ranked.figures)
        return [RankedPeriod(room_id, day, figures) for room_id, figures in whole.items()]

    def _within(self, day: int) -> Iterator[RankedPeriod]:
        for (room_id, hour), figures in self._hours.items():
            if day <= hour < day + _DAY_SECONDS:
                yield RankedPeriod(room_id, hour, figures)

    def _figures(self, change: Change) -> Figures:
        hour = change.time // (1000 * _HOUR_SECONDS) * _HOUR_SECONDS
        return self._hours.setdefault((change.room_id, hour), Figures())


def _day_start(moment: float) -> int:
    return (
        int((moment + _CHINA_OFFSET_SECONDS) // _DAY_SECONDS) * _DAY_SECONDS - _CHINA_OFFSET_SECONDS
    )
