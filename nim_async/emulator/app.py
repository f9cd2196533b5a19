"""The ASGI door: run it under any ASGI server, mount it anywhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from nim_async.emulator.exchange import MAX_BODY_BYTES
from nim_async.emulator.requests import Request, Response

if TYPE_CHECKING:
    from nim_async.emulator.exchange import Exchange
    from nim_async.emulator.webhooks import Webhooks

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Extension of the scope under which our own server offers to cut the connection.
ABORT = "nim_async.emulator.abort"


class Application:
    """The emulator as an ASGI application."""

    def __init__(self, exchange: Exchange, webhooks: Webhooks) -> None:
        """Answer requests by an exchange, and send webhooks while a server lives."""
        self._exchange = exchange
        self._webhooks = webhooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            raise NotImplementedError(f"the emulator speaks HTTP, not {scope['type']}")

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._webhooks.sending():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        if body is None:
            return
        ending = await self._exchange(_request(scope, body))
        if isinstance(ending, Response):
            await _send(send, ending, ending.body)
        elif ending.response is not None:
            # The server closes a connection whose response is left unfinished.
            await _send(send, ending.response, ending.response.body[: ending.sent], whole=False)
        else:
            await _break(scope, receive, send)


async def _break(scope: Scope, receive: Receive, send: Send) -> None:
    extensions = cast("dict[str, Any]", scope.get("extensions") or {})
    abort = cast("Callable[[], None] | None", extensions.get(ABORT))
    if abort is None:
        # Any other server: a response that never comes is the nearest there is.
        await _send(send, Response(status=200, body=b" "), b"", whole=False)
        return
    abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read(receive: Receive) -> bytes | None:
    """Return the body, cut off beyond the bound; nothing when the caller hung up."""
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if len(parts) <= MAX_BODY_BYTES:
            parts += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(parts)


def _request(scope: Scope, body: bytes) -> Request:
    path = cast("str", scope["path"])
    pairs = cast("list[tuple[bytes, bytes]]", scope["headers"])
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in pairs}
    root = scope.get("root_path", "")
    return Request(
        method=scope["method"],
        path=path.removeprefix(root),
        headers=headers,
        body=body,
        origin=f"{scope.get('scheme', 'http')}://{headers.get('host', '')}{root}",
        query=scope.get("query_string", b"").decode("latin-1"),
    )


async def _send(send: Send, response: Response, body: bytes, *, whole: bool = True) -> None:
    headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in response.headers]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": not whole})
