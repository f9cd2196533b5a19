"""Looking up names, so that a name server that is silent holds back nobody else."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from threading import Thread
from typing import Any, TypeAlias

# Family, kind, protocol, canonical name and address, as `socket.getaddrinfo` returns them.
Info: TypeAlias = tuple[Any, Any, int, str, tuple[Any, ...]]
Answer: TypeAlias = "list[Info] | OSError | UnicodeError"


class Names:
    """
    Looks up hosts, each in a thread of its own.

    Who asks for a host that is being looked up waits for that answer, so that there are no more
    threads than hosts. Who gives up leaves the look-up to the others.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look up nothing yet."""
        self._loop = loop
        self._asked: dict[str, asyncio.Future[Answer]] = {}

    async def addresses(self, host: str, port: int) -> list[Info]:
        """
        Return the addresses of a host; a numeric one is not looked up.

        Raises:
            OSError: It has none, or nobody knows.
            UnicodeError: It is no name.
        """
        numeric = _numeric(host, port)
        if numeric is not None:
            return [numeric]
        asked = self._asked.get(host) or self._ask(host)
        answer = await asyncio.shield(asked)
        if isinstance(answer, list):
            return [(*info[:4], (info[4][0], port, *info[4][2:])) for info in answer]
        raise type(answer)(*answer.args)

    def _ask(self, host: str) -> asyncio.Future[Answer]:
        asked: asyncio.Future[Answer] = self._loop.create_future()
        Thread(target=self._look_up, args=(host,), name=f"look up {host}", daemon=True).start()
        self._asked[host] = asked
        return asked

    def _look_up(self, host: str) -> None:
        answer: Answer
        try:
            answer = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answer = error
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._answered, host, answer)

    def _answered(self, host: str, answer: Answer) -> None:
        asked = self._asked.pop(host)
        if not asked.done():
            asked.set_result(answer)


def _numeric(host: str, port: int) -> Info | None:
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError, ValueError):
            socket.inet_pton(family, host)
            rest = (0, 0) if family is socket.AF_INET6 else ()
            return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port, *rest)
    return None
