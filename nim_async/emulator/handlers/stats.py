"""The ranking of rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nim_async._generated.models import RankOrder, RankPeriod
from nim_async.emulator.refusal import bad_parameter

if TYPE_CHECKING:
    from collections.abc import Callable

    from nim_async.emulator.activity import RankedPeriod
    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.state import State

_FIRST_MILLISECONDS = 100_000_000_000  # as seconds: the year 5138
_TIME_LIMIT = 10**14


def chatroom_topn(state: State, arguments: Arguments) -> dict[str, Any]:
    """Rank the rooms of a day, best first."""
    now = state.now()
    moment = float(arguments.integer("timestamp", int(now)))
    if not 0 <= moment < _TIME_LIMIT:
        raise bad_parameter("timestamp", "is no time")
    if moment >= _FIRST_MILLISECONDS:
        moment /= 1000
    period = RankPeriod(arguments.text("period", RankPeriod.HOUR))
    ranked = state.activity.of_day(moment, period, now)
    ranked.sort(key=_ORDERS[RankOrder(arguments.text("orderby", RankOrder.ACTIVE))], reverse=True)
    best = ranked[: arguments.integer("topn", 100)]
    return {
        "data": [
            {
                "activeNums": len(line.figures.active),
                "datetime": line.start,
                "enterNums": line.figures.enters,
                "msgs": line.figures.messages,
                "period": period.value.upper(),
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


_ORDERS: dict[RankOrder, Callable[[RankedPeriod], int]] = {
    RankOrder.ACTIVE: _active,
    RankOrder.ENTER: _enters,
    RankOrder.MESSAGE: _messages,
}
