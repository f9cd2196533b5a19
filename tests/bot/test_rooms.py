"""The order of letters."""

from __future__ import annotations

import random

import anyio
import anyio.lowlevel
import pytest

from nim_async.bot import Letter, Stopped
from nim_async.bot._rooms import Rooms


def letter(room: str, number: int, time: int | None = None) -> Letter:
    """Make a letter of which only room, number and time matter."""
    return Letter(key=f"{room}{number}", room=room, body=b"{}", source="copies", time=time)


async def take_all(rooms: Rooms, workers: int = 5) -> list[str]:
    """Take everything, by several workers, and return the keys in the order of taking."""
    taken: list[str] = []

    async def work() -> None:
        while True:
            try:
                one = await rooms.take()
            except Stopped:
                return
            taken.append(one.key)
            await anyio.lowlevel.checkpoint()
            rooms.done(one)

    async with anyio.create_task_group() as tasks:
        for _ in range(workers):
            tasks.start_soon(work)
        await rooms.idle()
        rooms.stop()
    return taken


async def test_the_order_of_a_room_is_kept() -> None:
    """However many workers there are, letters of a room come one by one, in order."""
    rooms, dice = Rooms(), random.Random(1)  # noqa: S311  no secret
    counts = dict.fromkeys("abcdefg", 0)
    for _ in range(500):
        room = dice.choice(list(counts))
        rooms.add(letter(room, counts[room]))
        counts[room] += 1
    taken = await take_all(rooms)
    for room, count in counts.items():
        assert [key for key in taken if key[0] == room] == [f"{room}{n}" for n in range(count)]
    assert (rooms.count, vars(rooms)["_rooms"]) == (0, {})


async def test_a_busy_room_holds_up_no_other() -> None:
    """While a letter of a room is out, those of other rooms come, each room in its turn."""
    rooms = Rooms()
    for number in range(3):
        rooms.add(letter("a", number))
    rooms.add(letter("b", 0))
    first = await rooms.take()
    second = await rooms.take()
    assert [first.key, second.key] == ["a0", "b0"]
    with anyio.move_on_after(0.01):
        await rooms.take()
        raise AssertionError
    rooms.done(first)
    assert (await rooms.take()).key == "a1"


async def test_a_cancelled_taker_loses_nothing() -> None:
    """Whoever waits for a letter may be cancelled at any moment."""
    rooms, taken = Rooms(), list[str]()

    async def work(scope: anyio.CancelScope) -> None:
        with scope:
            one = await rooms.take()
            taken.append(one.key)
            rooms.done(one)

    async with anyio.create_task_group() as tasks:
        for number in range(100):
            scopes = [anyio.CancelScope() for _ in range(3)]
            for scope in scopes:
                tasks.start_soon(work, scope)
            await anyio.lowlevel.checkpoint()
            rooms.add(letter("a", number))
            for scope in scopes[number % 3 :]:
                scope.cancel()
        await anyio.lowlevel.checkpoint()
        while rooms.count:
            tasks.start_soon(work, anyio.CancelScope())
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    assert taken == [f"a{n}" for n in range(100)]


@pytest.mark.virtual_time
async def test_held_back_letters_are_sorted() -> None:
    """With time to wait, letters of a room come in the order of the time they say."""
    rooms, taken = Rooms(hold_back=2.0), list[tuple[str, float]]()
    began = anyio.current_time()

    async def work() -> None:
        while True:
            one = await rooms.take()
            taken.append((one.key, round(anyio.current_time() - began, 3)))
            rooms.done(one)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(work)
        rooms.add(letter("a", 3, time=30))
        await anyio.sleep(1)
        rooms.add(letter("a", 1, time=10))
        rooms.add(letter("b", 9, time=90))
        rooms.add(letter("a", 2, time=20))
        await anyio.sleep(4)
        rooms.add(letter("a", 0, time=5))
        await anyio.sleep(4)
        tasks.cancel_scope.cancel()
    assert taken == [("a1", 2.0), ("a2", 2.0), ("a3", 2.0), ("b9", 3.0), ("a0", 7.0)]
    assert rooms.count == 0


async def test_stopping_ends_all_waiting() -> None:
    """Nothing is handed out after the stop, not even what is there."""
    rooms = Rooms()
    async with anyio.create_task_group() as tasks:

        async def work() -> None:
            with pytest.raises(Stopped):
                await rooms.take()

        for _ in range(5):
            tasks.start_soon(work)
        await anyio.lowlevel.checkpoint()
        rooms.stop()
    rooms.add(letter("a", 0))
    with pytest.raises(Stopped):
        await rooms.take()
