"""What a bot says while it handles an event has ids that a repeated handling finds again."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b
from typing import TYPE_CHECKING

from attrs import define, frozen

if TYPE_CHECKING:
    from collections.abc import Generator


@frozen
class Said:
    """
    How a message is sent.

    Attributes:
        msg_id: Its id.
        again: Whether it may have been sent before.
    """

    msg_id: str
    again: bool


@define(eq=False)
class Handling:
    """
    The handling of one event.

    Attributes:
        key: Key of the event.
        repeated: Whether it may have been handled before, wholly or in part.
        said: How many messages it has sent.
    """

    key: str
    repeated: bool
    said: int = 0

    def next(self, accid: str) -> Said:
        """
        Return the id of the next message: the same whenever the event is handled.

        Args:
            accid: Who speaks; another bot that handles the same event has other ids.
        """
        self.said += 1
        text = f"{len(accid)}:{accid}:{self.key}:{self.said}"
        digest = blake2b(text.encode(errors="surrogatepass"), digest_size=16)
        return Said(digest.hexdigest(), self.repeated)


_current: ContextVar[Handling | None] = ContextVar("nim_async_bot_handling", default=None)


def current() -> Handling | None:
    """Return the handling that the calling task or thread is part of."""
    return _current.get()


@contextmanager
def handling(key: str, *, repeated: bool) -> Generator[Handling]:
    """Be part of the handling of an event."""
    now = Handling(key, repeated)
    token = _current.set(now)
    try:
        yield now
    finally:
        _current.reset(token)
