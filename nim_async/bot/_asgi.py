"""The ASGI door of a bot: served alone, as a route, or around a whole application."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio

from nim_async._checks import refused, shown
from nim_async.bot._answering import ACCEPTED, answer_of

if TYPE_CHECKING:
    from nim_async.bot._answering import Answer, Answering
    from nim_async.bot._bot import Bot
    from nim_async.webhooks import Source

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

_log = logging.getLogger("nim_async.bot")
_DIGITS = 19  # of a length; of more the first will do
_READ_SECONDS = 5.0  # for a body to arrive: longer than that the service does not wait


class BotApp:
    """
    A bot as an ASGI application; see `Bot.asgi`.

    An object rather than a function, which some frameworks would take for one of their own.
    """

    def __init__(
        self,
        bot: Bot,
        answering: Answering,
        *,
        other: AsgiApp | None,
        path: str | None,
        source: Source | None,
    ) -> None:
        """
        Take where webhooks go.

        Args:
            bot: Whose webhooks.
            answering: What answers them.
            other: What all other requests go to.
            path: Where webhooks come to; everywhere when ``None``.
            source: Which address that is.

        Raises:
            ConfigurationError: An option cannot be.
        """
        given: Any = path
        if given is not None and not (isinstance(given, str) and given.startswith("/")):
            raise refused("path", "must begin with a slash", shown(given))
        if other is not None and not callable(other):
            raise refused("other", "must be an ASGI application", shown(other))
        if other is not None and path is None:
            rule = "must be given beside other, such as /nim"
            raise refused("path", rule, shown(path))
        if source not in (None, "copies", "callbacks"):
            raise refused("source", 'must be "copies", "callbacks" or None', shown(source))
        self._bot = bot
        self._answering = answering
        self._other = other
        self._path = None if path is None else path.removesuffix("/")
        self._source: Source | None = source

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection scope; each framework has types of its own for all three."""
        if scope["type"] == "lifespan":
            await _Lifespan(self._bot, self._other, receive, send).live(scope)
        elif self._other is not None and not self._is_ours(scope):
            await self._other(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            raise NotImplementedError(f"a bot speaks HTTP, not {scope['type']}")

    def _is_ours(self, scope: Message) -> bool:
        """Return whether webhooks come to the path, with or without a slash behind it."""
        if self._path is None:
            return True
        path: str = scope["path"]
        root: str = scope.get("root_path", "")
        if root and path.startswith(f"{root.removesuffix('/')}/"):
            path = path.removeprefix(root.removesuffix("/"))
        return path in (self._path, f"{self._path}/")

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, unless nobody waits for that any more."""
        answer = self._refusal(scope)
        if answer is None:
            began = self._answering.running.clock()
            first = await receive()  # as a rule this is all, at once, and needs no timer
            more = first.get("more_body", False)
            message = await self._whole(first, receive, began + _READ_SECONDS) if more else first
            if message is None:
                answer = answer_of(408)
            elif message["type"] == "http.disconnect":
                return
            elif len(body := message.get("body", b"")) > self._answering.max_body:
                answer = answer_of(413)
            else:
                answer = await self._answering.answer(scope["headers"], body, self._source, began)
        headers = [*_ACCEPTED] if answer is ACCEPTED else _headers(answer)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _refusal(self, scope: Message) -> Answer | None:
        if not self._is_ours(scope):
            return answer_of(404)
        return self._answering.refusal(scope["method"], _length(scope))

    async def _whole(self, message: Message, receive: Receive, ends: float) -> Message | None:
        """Return the whole body in one message, or the first beyond the bound; nothing if late."""
        parts: list[bytes] = [message.get("body", b"")]
        size = len(parts[0])
        with anyio.CancelScope(deadline=ends):
            while message.get("more_body", False) and size <= self._answering.max_body:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return message
                parts.append(message.get("body", b""))
                size += len(parts[-1])
            return {"type": "http.request", "body": b"".join(parts)}
        return None


def _length(scope: Message) -> int:
    """Return how long the body is said to be."""
    for name, value in scope["headers"]:
        if name == b"content-length":  # ASGI has names in lower case
            return int(value[:_DIGITS]) if value.isdigit() else 0
    return 0


def _headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in answer.headers.items()]
    headers.append((b"content-length", str(len(answer.body)).encode("ascii")))
    return headers


_ACCEPTED = _headers(ACCEPTED)


class _Lifespan:
    """
    Runs a bot from the start of the server to its end, inside of that of another application.

    The other one starts first and ends last, so that handlers have all of it as long as they run.
    """

    def __init__(self, bot: Bot, other: AsgiApp | None, receive: Receive, send: Send) -> None:
        self._bot = bot
        self._other = other
        self._server_receive = receive
        self._server_send = send
        self._running = False
        self._asked = False  # by the server, to start
        self._told = False  # the server, that all has started or cannot

    async def live(self, scope: Message) -> None:
        if self._other is not None:
            try:
                await self._other(scope, self._receive, self._send)
            except Exception as error:
                if self._told:
                    await self._leave()
                    raise
                _log.debug("the application around which a bot is has no lifespan: %r", error)
        if self._other is None or not self._told:
            await self._live_alone()
        else:
            await self._leave()

    async def _live_alone(self) -> None:
        if not self._asked:  # else the other one took that, and said nothing
            await self._server_receive()
        await self._send({"type": "lifespan.startup.complete"})
        if not self._running:
            return
        await self._server_receive()
        message = await self._leave()
        end = "failed" if message else "complete"
        told = {"message": message} if message else {}
        await self._server_send({"type": f"lifespan.shutdown.{end}", **told})

    async def _receive(self) -> Message:
        message = await self._server_receive()
        if message["type"] == "lifespan.shutdown":
            await self._leave()
        else:
            self._asked = True
        return message

    async def _send(self, message: Message) -> None:
        if message["type"].startswith("lifespan.startup."):
            self._told = True
        if message["type"] == "lifespan.startup.complete":
            try:
                await self._bot.__aenter__()
                self._running = True
            except Exception as error:  # noqa: BLE001  the server is told
                _log.error("the bot cannot start: %s", error)
                message = {"type": "lifespan.startup.failed", "message": str(error)}
        await self._server_send(message)

    async def _leave(self) -> str:
        """Let the bot finish, and return what went wrong."""
        if not self._running:
            return ""
        self._running = False
        try:
            await self._bot.__aexit__(None, None, None)
        except Exception as error:  # noqa: BLE001  it is in the log
            return repr(error)
        return ""
