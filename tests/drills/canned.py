"""A small server that describes the room it is asked for, so that the client is what is timed."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

import anyio
from anyio import to_thread

from tests.drills.port import Messages, Port
from tests.drills.tls import secured

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from anyio.abc import SocketStream

    from tests.drills.tls import Authority

Command = Literal["die", "come back", "stall", "stall reads", "refuse reads", "babble", "ok"]
Order = tuple[int, Command]

_ROOM_ID = re.compile(rb"roomid=([0-9]+)")
_ROOM = b'{"chatroom":{"roomid":%s,"valid":true,"name":"tea","creator":"amy"},"desc":{},"code":200}'
_ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json;charset=utf-8\r\n"
    b"content-length: %d\r\n\r\n%s"
)
_BABBLE = b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n<html></html>"
_REFUSAL = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
_READ = b"/get.action "


def _answer(request: bytes) -> bytes:
    found = _ROOM_ID.search(request)
    room = _ROOM % (b"0" if found is None else found[1])
    return _ANSWER % (len(room), room)


def serve(
    parent: Connection[Any, Any],
    ports: int,
    delay: float,
    authority: Authority | None = None,
    doubled_every: int = 0,
) -> None:
    """
    Run a server of some ports; tell their numbers, then obey.

    Args:
        parent: Sends an `Order`: the number of a port, from 0, and what it shall do.
        ports: How many ports.
        delay: Seconds until a request is answered.
        authority: Whose certificate it shows; nothing to speak no TLS.
        doubled_every: Each of so many answers is given twice, in one segment; 0 for none.
    """
    tls = None if authority is None else authority.serving()
    anyio.run(_serve, parent, ports, partial(_Door, delay, tls, doubled_every))


async def _serve(parent: Connection[Any, Any], ports: int, new_door: Callable[[], _Door]) -> None:
    doors = [new_door() for _ in range(ports)]
    async with anyio.create_task_group() as group:
        parent.send([await group.start(door.port.run) for door in doors])
        while True:
            try:
                number, command = cast("Order", await to_thread.run_sync(parent.recv))
            except EOFError:
                break
            doors[number].obey(command)
        group.cancel_scope.cancel()


class _Door:
    """One port, and whether it answers."""

    def __init__(self, delay: float, tls: ssl.SSLContext | None, doubled_every: int) -> None:
        self.port = Port(self._client)
        self._delay = delay
        self._tls = tls
        self._doubled_every = doubled_every
        self._answers = 0
        self._mood: Command = "ok"

    def obey(self, command: Command) -> None:
        if command == "die":
            self.port.die()
        elif command == "come back":
            self.port.come_back()
        else:
            self._mood = command

    async def _client(self, accepted: SocketStream) -> None:
        stream = await secured(accepted, self._tls)
        messages = Messages(stream)
        while request := await messages.next():
            if self._delay:
                await anyio.sleep(self._delay)
            mood, reads = self._mood, _READ in request
            if mood == "stall" or (mood == "stall reads" and reads):
                await messages.next()  # until the client hangs up
                return
            await stream.send(self._reply(request, mood, reads=reads))

    def _reply(self, request: bytes, mood: Command, *, reads: bool) -> bytes:
        if mood == "babble":
            return _BABBLE
        if mood == "refuse reads" and reads:
            return _REFUSAL
        self._answers += 1
        twice = self._doubled_every and self._answers % self._doubled_every == 0
        return _answer(request) * (2 if twice else 1)


def urls(ports: list[int]) -> list[str]:
    """Return the base URLs of ports."""
    return [f"http://127.0.0.1:{port}/nimserver" for port in ports]
