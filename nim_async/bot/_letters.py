"""Events on their way to a handler."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import asdict, define, field, frozen

from nim_async.errors import ConfigurationError, NimError
from nim_async.webhooks import Event, Source, UnknownEvent, reread

if TYPE_CHECKING:
    from typing import Self


_ERROR_CHARACTERS = 500


class InboxFull(NimError):
    """An inbox has no room left, or is not open: the event was not accepted."""


@define(eq=False)
class Letter:
    """
    An event in an inbox.

    Attributes:
        key: Its ``key``: a letter of the same key is the same event.
        room: What it is kept in order with: its room, or for an event of no room its account.
        body: What the service sent, or would have.
        source: The address it came to.
        unknown: It is an `UnknownEvent`, whatever its body looks like.
        time: When it happened, UTC milliseconds, if it says so.
        repeated: It may have been handled before, wholly or in part.
        tag: The inbox's own.
    """

    key: str
    room: str
    body: bytes
    source: Source | None
    unknown: bool = False
    time: int | None = None
    repeated: bool = False
    tag: Any = None
    _event: Event | None = field(default=None, repr=False, alias="event")

    @classmethod
    def of(cls, event: Event, body: bytes | None = None) -> Self:
        """
        Make the letter of an event.

        Args:
            event: The event.
            body: What the service sent; made of the event when ``None``.

        Raises:
            ConfigurationError: The event was made by hand, of what JSON cannot hold.
        """
        if body is None:
            try:
                body = json.dumps(event.raw).encode("ascii")
            except (TypeError, ValueError, RecursionError):
                text = "the event holds what JSON cannot"
                raise ConfigurationError(text, option="event") from None
        key, number = event.key, event.room_id
        if number is not None:
            room = f"room:{number}"
        else:
            room = f"accid:{event.sender}" if event.sender is not None else f"key:{key}"
        return cls(
            key=key,
            room=room,
            body=body,
            source=event.source,
            unknown=isinstance(event, UnknownEvent),
            time=event.time,
            event=event,
        )

    def leave_body(self) -> None:
        """Let go of what is kept elsewhere."""
        self.body = b""
        self._event = None

    @property
    def event(self) -> Event:
        """
        The event.

        Raises:
            CallbackError: What was kept cannot be read any more.
        """
        if self._event is None:
            self._event = reread(self.body, self.source, unknown=self.unknown)
        return self._event


@frozen(kw_only=True)
class DeadLetter:
    """
    An event whose handling failed as often as it was tried.

    Attributes:
        key: Key of the event, by which it is replayed.
        event: The event.
        handler: Name of the handler, if one matched.
        error: What it failed with: class and text, one line.
        attempts: How often it was tried.
        time: When it was given up, UTC seconds since 1970.
    """

    key: str
    event: Event
    handler: str | None
    error: str
    attempts: int
    time: float


def dead_members(dead: DeadLetter) -> dict[str, Any]:
    """Return what is to be kept of a dead letter beside its letter, as JSON knows it."""
    members: dict[str, Any] = asdict(
        dead, recurse=False, filter=lambda a, _: a.name not in {"key", "event"}
    )
    return members


def dead_letter(letter: Letter, members: dict[str, Any]) -> DeadLetter:
    """
    Make a dead letter of its letter and of what was kept beside it.

    Raises:
        CallbackError: The event cannot be read any more.
    """
    return DeadLetter(key=letter.key, event=letter.event, **members)


def error_line(error: BaseException) -> str:
    """Return class and text of an error, as one short line."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001  an error whose text fails too
        text = ""
    name = type(error).__name__
    return (f"{name}: {text}" if text else name)[:_ERROR_CHARACTERS]
