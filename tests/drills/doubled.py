"""
Whether an answer is ever given to the wrong call while each tenth one comes twice.

``python -m tests.drills.doubled [--calls N] [--way NAME] [--quick]``

Each call asks for a room of its own, and the server describes the room it is asked for, so an
answer to another call is recognised by the id in it. The second answer comes in the same segment
as the first: of one that comes after the next request nothing in HTTP tells whose it is. A plain
``httpx.AsyncClient`` beside it shows that the count notices.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import httpx

from benchmarks.tables import show, verdict
from nim_async import NimClient, NimError
from tests.drills import canned, ways
from tests.drills.children import child
from tests.drills.ways import ground

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tests.drills.ways import Ground

    Get = Callable[[int], Awaitable[int]]
    Client = Callable[[str, Ground, int], Awaitable[Counter[str]]]

_DOUBLED_EVERY = 10
_CONNECTIONS = 10
_TASKS = 20
_PATH = "/chatroom/get.action"
_RIGHT, _WRONG = "right", "wrong"


async def ours(base: str, here: Ground, calls: int) -> Counter[str]:
    """Make calls, each once, and count how they end."""
    client = NimClient(
        "app",
        "the-secret",
        base_url=base,
        max_connections=_CONNECTIONS,
        rate_limit=None,
        **here.settings(),
    )
    async with client.options(max_attempts=1) as nim:

        async def get(room_id: int) -> int:
            return (await nim.chatroom.get(room_id=room_id)).room_id

        return await count(get, calls)


async def plain(base: str, here: Ground, calls: int) -> Counter[str]:
    """Make the same calls with an ``httpx.AsyncClient``."""
    del here
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=_CONNECTIONS)) as client:

        async def get(room_id: int) -> int:
            answer = await client.post(base + _PATH, data={"roomid": str(room_id)})
            reply: dict[str, Any] = answer.json()
            return int(reply["chatroom"]["roomid"])

        return await count(get, calls)


async def count(get: Get, calls: int) -> Counter[str]:
    """Ask for as many rooms, and count right answers, wrong ones, and failures by their kind."""
    ends = Counter[str]()
    rooms = iter(range(1, calls + 1))

    async def ask() -> None:
        for room_id in rooms:
            try:
                answered = await get(room_id)
            except (NimError, httpx.HTTPError) as error:
                ends[type(error).__name__] += 1
            else:
                ends[_RIGHT if answered == room_id else _WRONG] += 1

    async with anyio.create_task_group() as group:
        for _ in range(_TASKS):
            group.start_soon(ask)
    return ends


def main(arguments: Sequence[str] | None = None) -> int:
    """Go over the ways, and count beside them for a plain client."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000, help="on each way")
    ways.add_option(parser)
    parser.add_argument("--quick", action="store_true", help="a few hundred calls on each way")
    given = parser.parse_args(arguments)
    calls = 300 if given.quick else given.calls

    ends = {f"nim_async, {way}": run(ours, way, calls) for way in ways.chosen(given.way)}
    judged = criteria(ends, calls)
    ends["httpx"] = run(plain, "asyncio", calls)
    failures = sorted({kind for found in ends.values() for kind in found} - {_RIGHT, _WRONG})
    kinds = (_RIGHT, _WRONG, *failures)
    show(
        f"{calls} calls, each tenth answer given twice",
        ["client", *kinds],
        ([name, *(found[kind] for kind in kinds)] for name, found in ends.items()),
    )
    return verdict(judged | {"the count notices wrong answers": ends["httpx"][_WRONG] > 0})


def run(who: Client, way: str, calls: int) -> Counter[str]:
    """Let a client make calls on a way."""
    with (
        ground(way) as here,
        child(canned.serve, 1, 0.0, here.authority, _DOUBLED_EVERY) as server,
    ):
        return here.run(partial(who, here.url(server.recv()[0]), here, calls))


def criteria(ends: dict[str, Counter[str]], calls: int) -> dict[str, bool]:
    """Judge how the calls of our own ended."""
    judged: dict[str, bool] = {}
    for name, found in ends.items():
        failed = calls - found[_RIGHT] - found[_WRONG]
        judged[f"{name}: no answer went to the wrong call"] = not found[_WRONG]
        judged[f"{name}: no more calls failed than were answered twice"] = (
            failed <= calls // _DOUBLED_EVERY
        )
    return judged


if __name__ == "__main__":
    sys.exit(main())
