"""The ranking of rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nim_async.emulator.refusal import bad_parameter

if TYPE_CHECKING:
    from collections.abc import Callable

    from nim_async.emulator.activity import Period, RankedPeriod
    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.state import State

_FIRST_MILLISECONDS = 100_000_000_000  # as seconds: the year 5138
_LATEST = 10**14


def topn(state: State, arguments: Arguments) -> dict[str, Any]:
    """Rank the rooms of a day, best first."""
    now = state.now()
    moment = float(arguments.integer("timestamp", int(now)))
    if not 0 <= moment < _LATEST:
        raise bad_parameter("timestamp", "is no time")
    if moment >= _FIRST_MILLISECONDS:
        moment /= 1000
    period: Period = "day" if arguments.text("period") == "day" else "hour"
    ranked = state.activity.of_day(moment, period, now)
    ranked.sort(key=_ORDERS[arguments.text("orderby", "active")], reverse=True)
    best = ranked[: arguments.integer("topn", 100)]
    return {
        "data": [
            {
                "activeNums": len(line.figures.active),
                "datetime": line.start,
                "enterNums": line.figures.enters,
                "msgs": line.figures.messages,
                "period": period.upper(),
                "roomId": line.room_id,
            }
            for line in best
        ]
    }


def _active(line: RankedPeriod) -> int:
    return len(line.figures.active)


def _enters(line: RankedPeriod) -> int:
    return line.figures.enters


def _messages(line: RankedPeriod) -> int:
    return line.figures.messages


_ORDERS: dict[str, Callable[[RankedPeriod], int]] = {
    "active": _active,
    "enter": _enters,
    "message": _messages,
}
