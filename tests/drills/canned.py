"""A small server that gives every request the same answer, so that the client is what is timed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

import anyio
from anyio import to_thread

from tests.drills.port import Messages, Port

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from anyio.abc import SocketStream

Command = Literal["die", "come back", "stall", "ok"]
Order = tuple[int, Command]

_ROOM = b'{"chatroom":{"roomid":66,"valid":true,"name":"tea","creator":"amy"},"desc":{},"code":200}'
_ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json;charset=utf-8\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(_ROOM), _ROOM)
)


def serve(parent: Connection[Any, Any], ports: int, delay: float) -> None:
    """
    Run a server of some ports; tell their numbers, then obey.

    Args:
        parent: Sends an `Order`: the number of a port, from 0, and what it shall do.
        ports: How many ports.
        delay: Seconds until a request is answered.
    """
    anyio.run(_serve, parent, ports, delay)


async def _serve(parent: Connection[Any, Any], ports: int, delay: float) -> None:
    doors = [_Door(delay) for _ in range(ports)]
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

    def __init__(self, delay: float) -> None:
        self.port = Port(self._client)
        self._delay = delay
        self._stalls = False

    def obey(self, command: Command) -> None:
        if command == "die":
            self.port.die()
        elif command == "come back":
            self.port.come_back()
        else:
            self._stalls = command == "stall"

    async def _client(self, stream: SocketStream) -> None:
        messages = Messages(stream)
        while await messages.next():
            if self._delay:
                await anyio.sleep(self._delay)
            if self._stalls:
                await messages.next()  # until the client hangs up
                return
            await stream.send(_ANSWER)


def urls(ports: list[int]) -> list[str]:
    """Return the base URLs of ports."""
    return [f"http://127.0.0.1:{port}/nimserver" for port in ports]
