"""What was said in a room, written by the changes of the room and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, define, evolve

from nim_async.emulator.changes import Change, HistoryDeleted, MessageRecalled, MessageSent
from nim_async.emulator.room.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@define(eq=False)
class Log:
    """The messages of a room, notifications included, oldest first."""

    _messages: list[Message] = Factory(list[Message])
    _first: dict[str, Message] = Factory(dict[str, Message])  # by message id

    def __iter__(self) -> Iterator[Message]:
        """Go through everything, oldest first."""
        return iter(self._messages)

    def known(self, msg_id: str) -> Message | None:
        """Return the first message that came with an id."""
        return self._first.get(msg_id)

    def take(self, change: Change, notification: Message | None) -> None:
        """Note what a change means for the messages, and the notification of it."""
        match change:
            case MessageSent(message=message):
                self._first.setdefault(message.msg_id, message)
                self._messages.append(message)
            case HistoryDeleted(messages=messages):
                self._replace(messages, recalled=False)
            case MessageRecalled(messages=messages):
                self._replace(messages, recalled=True)
            case _:
                pass
        if notification is not None:
            self._messages.append(notification)

    def _replace(self, messages: Iterable[Message], *, recalled: bool) -> None:
        """Take messages out of the history; the records of what was delivered keep them."""
        for old in messages:
            new = evolve(old, stored=False, recalled=old.recalled or recalled)
            at = next(i for i, message in enumerate(self._messages) if message is old)
            self._messages[at] = new
            if self._first.get(old.msg_id) is old:
                self._first[old.msg_id] = new
