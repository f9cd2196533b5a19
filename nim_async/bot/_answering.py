"""What a web server answers to a webhook."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, NamedTuple

import anyio

from nim_async.bot._inbox import MemoryInbox
from nim_async.bot._letters import InboxFull
from nim_async.bot._sqlite import SQLiteInbox
from nim_async.errors import CallbackError
from nim_async.webhooks import AddressCheck
from nim_async.webhooks._parsing import genuine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nim_async.bot._bot import Bot
    from nim_async.bot._running import Running
    from nim_async.webhooks import Event, Headers, Source

_log = logging.getLogger("nim_async.bot")
_QUICK_INBOXES = (MemoryInbox, SQLiteInbox)  # which take no time, or refuse
_PATIENCE_SECONDS = 4.0  # of the 5 that the service waits for an answer
_NOT_RUNNING = (
    "a webhook is answered 503, since the bot is not running: add `async with bot:` to the lifespan"
    " of your application, or serve bot.asgi(other=app, path=...)"
)


class Answer(NamedTuple):
    """
    An HTTP answer.

    Attributes:
        status: The HTTP status.
        headers: Its headers, but for the length.
        body: Its body.
    """

    status: int
    headers: dict[str, str]
    body: bytes = b""


def answer_of(status: int, body: bytes = b"") -> Answer:
    """Make an answer; one that refuses has no body, and so no hint."""
    headers = {"content-type": "application/json"} if body else {}
    if status == 405:  # noqa: PLR2004  as HTTP calls it
        headers["allow"] = "POST"
    return Answer(status, headers, body)


ACCEPTED = answer_of(200, b'{"code":200}')


def asks(event: Event) -> bool:
    """Return whether the service waits for a verdict."""
    return event.source == "callbacks"


class Answering:
    """
    Answers the webhooks of a bot.

    200 is said only when an event is safe. It is 503 if that cannot be, never 500, which the
    service may take for received.
    """

    def __init__(
        self,
        bot: Bot,
        running: Running,
        secrets: Sequence[bytes],
        counts: dict[str, int],
        *,
        app_key: str,
        max_age: float | None,
        max_body: int,
    ) -> None:
        """
        Take what webhooks are checked against.

        Args:
            bot: Whose webhooks.
            running: Says whether it runs, and where events wait.
            secrets: What they may be signed with.
            counts: Where it counts what it does.
            app_key: Key of the app.
            max_age: How long ago they may be signed, seconds.
            max_body: How long they may be, bytes.
        """
        self._bot = bot
        self.running = running
        self._secrets = secrets
        self._counts = counts
        self._app_key = app_key
        self._max_age = max_age
        self.max_body = max_body

    def refusal(self, method: str, length: int = 0) -> Answer | None:
        """Return the answer to a request that need not be read, nothing for others."""
        if method.upper() != "POST":
            return answer_of(405)
        if length > self.max_body:
            return answer_of(413)
        if not self.running.now:
            self._counts["not_kept"] += 1
            _log.warning(_NOT_RUNNING)
            return answer_of(503)
        return None

    async def answer(
        self, headers: Headers, body: bytes, source: Source | None, received: float
    ) -> Answer:
        """
        Answer a request that is not refused.

        Args:
            headers: Its headers.
            body: Its body, raw.
            source: Which address it came to.
            received: When it came, by the clock of the event loop.
        """
        try:
            event = genuine(
                headers, body, self._secrets, app_key=self._app_key, max_age=self._max_age,
                source=source,
            )  # fmt: skip
        except CallbackError as error:
            self._counts["refused"] += 1
            _log.warning("a webhook is refused: %s", error)
            return answer_of(400 if error.check == "body" else 403)
        if asks(event):
            verdict = await self._bot.decide(event, received=received)
            text = json.dumps(verdict.members(event), separators=(",", ":"))
            return answer_of(200, text.encode("ascii"))
        if isinstance(event, AddressCheck) or await self._kept(event, body):
            return ACCEPTED
        return answer_of(503)

    async def _kept(self, event: Event, body: bytes) -> bool:
        """Return whether an event is safe."""
        why: object = "the inbox takes too long"
        try:
            if isinstance(self.running.inbox, _QUICK_INBOXES):
                await self._bot.accept(event, body)
                return True
            with anyio.move_on_after(_PATIENCE_SECONDS):
                await self._bot.accept(event, body)
                return True
        except InboxFull as error:
            why = error
        except Exception as error:  # noqa: BLE001  an inbox of one's own may raise anything
            why = repr(error)
        self._counts["not_kept"] += 1
        _log.warning("an event is not accepted, answered 503: %s", why)
        return False
