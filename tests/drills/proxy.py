"""A proxy of two ports before one service, which does to each attempt what the dice say."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

import anyio
from anyio import to_thread
from attrs import Factory, define, frozen

from tests.drills.fates import NOT_FORWARDED, Dice, Fate, key_of
from tests.drills.port import Messages, Port, reset
from tests.drills.tls import Authority, secured

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from anyio.abc import SocketStream

_BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 13\r\n\r\n<html></html>"
_LATE = 0.5  # of the attempt timeout; what the client's own loop adds is not seen from here
PORTS = 2


@frozen(kw_only=True)
class Plan:
    """
    How a proxy behaves.

    Args:
        service: Port of the service.
        seed: Of the dice.
        timeout: Attempt timeout of the client, seconds.
        dies_at: After so many requests the first port dies.
        back_at: After so many it listens again.
        authority: Whose certificate it shows; nothing to speak no TLS.
    """

    service: int
    seed: int
    timeout: float
    dies_at: int
    back_at: int
    authority: Authority | None


@define
class Sighting:
    """A request the proxy read: whose it was, and what became of it."""

    key: str
    fate: Fate = Fate.CUT


@define
class Report:
    """What a proxy saw: requests, and connections it reset as soon as they were there."""

    sightings: list[Sighting] = Factory(list[Sighting])
    refused: int = 0


def serve(parent: Connection[Any, Any], plan: Plan) -> None:
    """Run a proxy; tell the ports, and the report once something is received."""
    anyio.run(Proxy(plan).run, parent)


class Proxy:
    """See the module."""

    def __init__(self, plan: Plan) -> None:
        """Open nothing yet."""
        self._plan = plan
        self._dice = Dice(plan.seed)
        self.report = Report()
        self._ports: list[Port] = []
        authority = plan.authority
        self._tls = None if authority is None else authority.serving()

    async def run(self, parent: Connection[Any, Any]) -> None:
        """Serve until something is received from the parent, then report."""
        self._ports = [Port(self._client) for _ in range(PORTS)]
        async with anyio.create_task_group() as group:
            parent.send([await group.start(port.run) for port in self._ports])
            try:
                await to_thread.run_sync(parent.recv)
                parent.send(self.report)
            except EOFError:
                pass
            group.cancel_scope.cancel()

    async def _client(self, stream: SocketStream) -> None:
        """Serve one connection of the client, over one of our own to the service."""
        if self._dice.refuses():
            self.report.refused += 1
            return
        service = await anyio.connect_tcp("127.0.0.1", self._plan.service)
        try:
            requests = Messages(await secured(stream, self._tls))
            replies = Messages(service)
            while request := await requests.next():
                sighting = Sighting(key_of(request))
                self._count(sighting)
                started = perf_counter()
                fate = self._dice.fate(sighting.key)
                reply = b""
                if fate not in NOT_FORWARDED:
                    await service.send(request)
                    reply = await replies.next() or b""
                lives = await self._answer(requests, reply, fate)
                late = perf_counter() - started > self._plan.timeout * _LATE
                sighting.fate = Fate.LATE if fate is Fate.CLEAN and late else fate
                if not lives:
                    return
        finally:
            await reset(service)

    def _count(self, sighting: Sighting) -> None:
        self.report.sightings.append(sighting)
        count = len(self.report.sightings)
        if count == self._plan.dies_at:
            self._ports[0].die()
        elif count == self._plan.back_at:
            self._ports[0].come_back()

    async def _answer(self, requests: Messages, reply: bytes, fate: Fate) -> bool:
        """Give the client what the fate leaves of the reply; tell whether the connection lives."""
        stream = requests.stream
        head, _, body = reply.partition(b"\r\n\r\n")
        match fate:
            case Fate.CLEAN:
                await stream.send(reply)
            case Fate.BAD_GATEWAY_BEFORE | Fate.BAD_GATEWAY_AFTER:
                await stream.send(_BAD_GATEWAY)
            case Fate.GARBLED_BODY:
                await stream.send(head + b"\r\n\r\n" + self._dice.noise(len(body)))
            case Fate.GARBLED_HEAD:
                await stream.send(self._dice.noise(len(reply)))
                return False
            case Fate.TRUNCATED:
                await stream.send(reply[: len(reply) - 1 - len(body) // 2])
                await stream.aclose()
                return False
            case Fate.STALL_BEFORE | Fate.STALL_AFTER:
                with anyio.move_on_after(self._plan.timeout * 10):
                    await requests.next()  # until the client hangs up
                return False
            case _:
                return False
        return True
