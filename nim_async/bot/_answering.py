"""What a web server answers to a webhook."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from nim_async.bot._letters import InboxFull
from nim_async.errors import CallbackError
from nim_async.webhooks import AddressCheck, Asked, UnknownEvent, unwrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nim_async.bot._bot import Bot
    from nim_async.webhooks import Event, Headers, Source

_log = logging.getLogger("nim_async.bot")
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


def asks(event: Event) -> bool:
    """Return whether the service waits for a verdict."""
    unknown = isinstance(event, UnknownEvent) and event.source == "callbacks"
    return isinstance(event, Asked) or unknown


class Answering:
    """
    Answers the webhooks of a bot.

    200 is said only when an event is safe. It is 503 if that cannot be, never 500, which the
    service may take for received.
    """

    def __init__(
        self,
        bot: Bot,
        secrets: Sequence[str],
        *,
        app_key: str,
        max_age: float | None,
        max_body: int,
    ) -> None:
        """
        Take what webhooks are checked against.

        Args:
            bot: Whose webhooks.
            secrets: What they may be signed with.
            app_key: Key of the app.
            max_age: How long ago they may be signed, seconds.
            max_body: How long they may be, bytes.
        """
        self._bot = bot
        self._secrets = secrets
        self._app_key = app_key
        self._max_age = max_age
        self.max_body = max_body

    def refusal(self, method: str, length: int = 0) -> Answer | None:
        """Return the answer to a request that need not be read, nothing for others."""
        if method.upper() != "POST":
            return answer_of(405)
        if length > self.max_body:
            return answer_of(413)
        if not self._bot.running:
            _log.warning(_NOT_RUNNING)
            return answer_of(503)
        return None

    async def answer(self, headers: Headers, body: bytes, source: Source | None) -> Answer:
        """
        Answer a request that is not refused.

        Args:
            headers: Its headers.
            body: Its body, raw.
            source: Which address it came to.
        """
        try:
            event = unwrap(
                headers, body, self._secrets, app_key=self._app_key, max_age=self._max_age,
                source=source,
            )  # fmt: skip
        except CallbackError as error:
            _log.warning("a webhook is refused: %s", error)
            return answer_of(400 if error.check == "body" else 403)
        if asks(event):
            return answer_of(200, b'{"errCode":0}')
        if not isinstance(event, AddressCheck):
            try:
                await self._bot.accept(event, body)
            except InboxFull as error:
                _log.warning("an event is not accepted, answered 503: %s", error)
                return answer_of(503)
            except Exception:  # noqa: BLE001  an inbox of one's own may raise anything
                _log.exception("an event is not accepted, answered 503")
                return answer_of(503)
        return answer_of(200, b'{"code":200}')
