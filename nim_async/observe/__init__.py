"""
Seeing what a client does: events of its calls, hooks that take them, the log, statistics.

A hook is any callable that takes an event::

    def note(event: Event) -> None:
        if isinstance(event, CallFinished):
            seconds.labels(event.operation, event.outcome).observe(event.seconds)

    NimClient(..., hooks=[note])

Without hooks the loggers below ``nim_async`` speak: DEBUG for each call and attempt, INFO when an
attempt is repeated, an endpoint paused or an operation closed, one WARNING for a call that failed,
and one for each field that replies of an operation lack, the first time.
"""

from nim_async.observe.events import (
    AttemptFinished,
    CallFinished,
    CallStarted,
    EndpointPaused,
    Event,
    OddReply,
    OperationClosed,
    Waited,
)
from nim_async.observe.observer import Hook, Observer, Spans
from nim_async.observe.statistics import EndpointState, LimitState, Statistics

__all__ = [
    "AttemptFinished",
    "CallFinished",
    "CallStarted",
    "EndpointPaused",
    "EndpointState",
    "Event",
    "Hook",
    "LimitState",
    "Observer",
    "OddReply",
    "OperationClosed",
    "Spans",
    "Statistics",
    "Waited",
]
