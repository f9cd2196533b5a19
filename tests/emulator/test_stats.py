"""The ranking of rooms of the emulator."""

from __future__ import annotations

import pytest

from tests.wire import Caller, caller

MIDNIGHT = 1_471_708_800  # in China
HOUR = 3600
DAY = 24 * HOUR


async def busy_day() -> tuple[Caller, int, int]:
    """Let a day pass with two busy rooms, and the next one begin."""
    call = caller()
    one = call.emulator.add_room("amy")
    two = call.emulator.add_room("dan")
    call.clock.now = MIDNIGHT + 10
    call.emulator.enter(one, "bob")
    call.emulator.enter(one, "cat")
    call.clock.now = MIDNIGHT + HOUR
    call.emulator.enter(two, "bob")
    for n in range(3):
        fields = {"roomid": two, "fromAccid": "amy", "msgId": f"m{n}", "msgType": 0}
        assert await call.code("chatroom/sendMsg", **fields) == 200
    call.clock.now = MIDNIGHT + DAY - 1
    call.emulator.speak(one, "bob", "late")
    return call, one, two


async def test_a_day_is_ranked_from_the_next_on() -> None:
    """Today is empty, yesterday has its figures, and after 30 days they are gone."""
    call, one, two = await busy_day()
    day = {"timestamp": MIDNIGHT + 5, "period": "day"}
    assert (await call("stats/chatroom/topn", **day))["data"] == []
    call.clock.advance(1)
    assert (await call("stats/chatroom/topn", **day))["data"] == [
        {
            "activeNums": 2,
            "datetime": MIDNIGHT,
            "enterNums": enters,
            "msgs": messages,
            "period": "DAY",
            "roomId": room,
        }
        for room, enters, messages in ((one, 2, 1), (two, 1, 3))
    ]
    assert (await call("stats/chatroom/topn"))["data"] == []
    call.clock.advance(29 * DAY)
    assert len((await call("stats/chatroom/topn", **day))["data"]) == 2
    call.clock.advance(DAY)
    assert (await call("stats/chatroom/topn", **day))["data"] == []


@pytest.mark.parametrize(
    ("order", "expected"),
    [({"orderby": "message"}, [3, 1, 0]), ({"orderby": "enter"}, [0, 3, 1]), ({}, [0, 3, 1])],
)
async def test_hours_are_ranked_by_what_is_asked(
    order: dict[str, str], expected: list[int]
) -> None:
    """Hours of a day compete; the order is by active accounts unless said otherwise."""
    call, _, __ = await busy_day()
    call.clock.advance(DAY)
    reply = await call("stats/chatroom/topn", timestamp=(MIDNIGHT + 9) * 1000, **order)
    assert [line["msgs"] for line in reply["data"]] == expected
    assert {line["period"] for line in reply["data"]} == {"HOUR"}
    assert {line["datetime"] % HOUR for line in reply["data"]} == {0}
    reply = await call("stats/chatroom/topn", timestamp=MIDNIGHT, topn=1, **order)
    assert [line["msgs"] for line in reply["data"]] == expected[:1]


@pytest.mark.parametrize("moment", [-1, 10**14])
async def test_a_ranking_needs_a_time(moment: int) -> None:
    """A time before 1970 or far beyond is refused."""
    assert await caller().code("stats/chatroom/topn", timestamp=moment) == 414
