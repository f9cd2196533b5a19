"""What a bot has done so far."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class BotStatistics:
    """
    What a bot has done since it was made.

    Attributes:
        accepted: Events that were put into the inbox.
        doubled: Events that were in it already, or had been.
        ignored: Events that no handler sees: own messages, those of programs, address checks.
        handled: Events that were handled, or that no handler was for.
        retried: Attempts that failed and were followed by another.
        dead: Events that became dead letters.
        asked: Verdicts that were given.
        defaulted: Those of them that were the default of a handler, since it gave none in time.
        refused: Webhooks that were not signed as they should be, or could not be read.
        not_kept: Webhooks that were answered 503, to be sent again.
        callbacks_failed: How often the service said that it did not use a verdict of ours.
        waiting: Events that are not handled yet.
    """

    accepted: int = 0
    doubled: int = 0
    ignored: int = 0
    handled: int = 0
    retried: int = 0
    dead: int = 0
    asked: int = 0
    defaulted: int = 0
    refused: int = 0
    not_kept: int = 0
    callbacks_failed: int = 0
    waiting: int = 0
