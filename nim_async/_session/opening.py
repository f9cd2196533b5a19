"""Opening a connection in a task that is never cancelled while the loop has the socket."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from nim_async._session.dialing import dial
from nim_async._session.targets import server_name

if TYPE_CHECKING:
    import ssl

    from nim_async._session.connection import Connection
    from nim_async._session.names import Names

_CLOSING_TURNS = 3


class Opening:
    """
    A connection that is being opened.

    Event loops lose sockets when they are cancelled while they make a connection of one, so who
    gives up shuts the socket down, and the task comes to its end by itself.

    Attributes:
        task: Returns the connection, or why there is none: raised, that would hold its frames.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        loop: asyncio.AbstractEventLoop,
        names: Names,
        context: ssl.SSLContext | None,
    ) -> None:
        """
        Begin.

        Args:
            connection: What is to be opened.
            loop: The loop it is used on.
            names: Looks up its host.
            context: How to speak TLS; ``None`` for not at all.
        """
        self._connection = connection
        self._loop = loop
        self._names = names
        self._context = context
        self._sock: socket.socket | None = None
        self._given_up = False
        self.task = loop.create_task(self._open())

    async def _open(self) -> Connection | Exception:
        try:
            return await self._connect()
        except (OSError, ValueError, RuntimeError) as error:
            error.__cause__ = error.__context__ = None
            return error.with_traceback(None)

    async def _connect(self) -> Connection:
        connection, context = self._connection, self._context
        host, port, _ = connection.origin
        sock = self._sock = await dial(self._loop, await self._names.addresses(host, port))
        inode = _inode(sock)
        try:
            await self._loop.create_connection(
                lambda: connection,
                sock=sock,
                ssl=context,
                server_hostname=server_name(host) if context is not None else None,
            )
        except BaseException:
            if not connection.made:
                await let_close()
                _close(sock, inode)
            raise
        if self._given_up:
            connection.abort()
        return connection

    def give_up(self) -> None:
        """Leave nothing open, now or soon."""
        self._given_up = True
        if self.task.done():
            if self._connection.made:
                self._connection.abort()
        elif self._sock is None:
            self.task.cancel()
        else:
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)


async def let_close() -> None:
    """Give the loop the turns it takes until what was closed just before is gone."""
    for _ in range(_CLOSING_TURNS):
        await asyncio.sleep(0)


def _inode(sock: socket.socket) -> int | None:
    try:
        return os.fstat(sock.fileno()).st_ino
    except OSError:  # closed, or on a system whose sockets are no files
        return None


def _close(sock: socket.socket, inode: int | None) -> None:
    """Close a socket, unless a loop has closed it beneath and another file has its number."""
    if _inode(sock) == inode:
        sock.close()
    else:
        sock.detach()
