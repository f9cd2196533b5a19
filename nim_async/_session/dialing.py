"""Connecting a socket: the addresses of a host race, and whoever loses is closed."""

from __future__ import annotations

import asyncio
import socket
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nim_async._session.names import Info

_HEAD_START_SECONDS = 0.25  # how long an address is tried alone before the next, seconds; RFC 8305


async def dial(loop: asyncio.AbstractEventLoop, found: Sequence[Info]) -> socket.socket:
    """
    Return a socket that is connected to one of the addresses of a host.

    Families of addresses take turns, each ahead of the next by a quarter of a second. Cancelled
    at any time, no socket stays open.

    Raises:
        OSError: There is no address, or none could be connected to.
    """
    made: list[socket.socket] = []
    try:
        if len(found) == 1:
            winner = await _connected(loop, found[0], made)
        else:
            winner = await _race(loop, _in_turn(found), made)
        made.remove(winner)
    finally:
        for sock in made:
            sock.close()
    return winner


def _in_turn(found: Iterable[Any]) -> list[Any]:
    """Mix the families, the one that the system prefers first."""
    families: dict[Any, list[Any]] = {}
    for info in found:
        families.setdefault(info[0], []).append(info)
    mixed = chain.from_iterable(zip_longest(*families.values()))
    return [info for info in mixed if info is not None]


async def _race(
    loop: asyncio.AbstractEventLoop, infos: list[Any], made: list[socket.socket]
) -> socket.socket:
    running: set[asyncio.Task[socket.socket]] = set()
    failed: OSError | None = None
    left = iter(infos)
    exhausted = False
    try:
        while running or not exhausted:
            info = next(left, None)
            if info is None:
                exhausted = True
            else:
                running.add(loop.create_task(_connected(loop, info, made)))
            if not running:
                break
            done, running = await asyncio.wait(
                running,
                timeout=None if exhausted else _HEAD_START_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                error = task.exception()
                if error is None:
                    return task.result()
                failed = error if isinstance(error, OSError) else failed
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    raise failed or OSError("no address could be connected to")


async def _connected(
    loop: asyncio.AbstractEventLoop, info: Any, made: list[socket.socket]
) -> socket.socket:
    family, kind, protocol, _, address = info
    sock = socket.socket(family, kind, protocol)
    made.append(sock)
    sock.setblocking(False)  # noqa: FBT003
    await loop.sock_connect(sock, address)
    return sock
