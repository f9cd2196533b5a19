"""The lines that the library logs by itself."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from nim_async.observe.events import (
    AttemptFinished,
    CallFinished,
    EndpointPaused,
    OddReply,
    OperationClosed,
)

if TYPE_CHECKING:
    from nim_async._core.call import Call
    from nim_async.errors import NimError
    from nim_async.observe.events import Event

logging.getLogger("nim_async").addHandler(logging.NullHandler())
_calls = logging.getLogger("nim_async.calls")
NOWHERE = "no endpoint"

# Whether calls that go well are logged too.
wants_all: partial[bool] = partial(_calls.isEnabledFor, logging.DEBUG)


def write(event: Event) -> None:
    """Log what an event says, if that is worth a line."""
    if isinstance(event, CallFinished):
        _write_call(event)
    elif isinstance(event, AttemptFinished):
        took = event.seconds * 1000
        _write_attempt(logging.DEBUG, event, "%s in %.1f ms", _reason(event), took)
    elif isinstance(event, EndpointPaused):
        _write_attempt(logging.INFO, event, "endpoint paused for %.1f s", event.seconds)
    elif isinstance(event, OperationClosed):
        said = "operation closed by the service for %.1f s"
        _write_attempt(logging.INFO, event, said, event.seconds)
    elif isinstance(event, OddReply):
        said = "missing or odd in the reply: %s"
        _write_attempt(logging.WARNING, event, said, event.place)


def write_repeat(call: Call, error: NimError, seconds: float) -> None:
    """Log that a failed attempt is repeated after so many seconds."""
    _calls.info(
        "%s: attempt %d at %s: %s; repeated in %.2f s [trace %s]",
        call.name,
        call.attempts,
        call.endpoint or NOWHERE,
        error.reason,
        seconds,
        call.trace_id,
    )


def _write_attempt(
    level: int,
    event: AttemptFinished | EndpointPaused | OperationClosed | OddReply,
    said: str,
    *values: object,
) -> None:
    _calls.log(
        level,
        f"%s: attempt %d at %s: {said} [trace %s]",
        event.operation,
        event.attempt,
        event.endpoint,
        *values,
        event.trace_id,
    )


def _write_call(event: CallFinished) -> None:
    failed = event.outcome not in {"ok", "cancelled"}
    _calls.log(
        logging.WARNING if failed else logging.DEBUG,
        "%s: call %s after %d attempts, the last at %s, in %.1f ms [trace %s]",
        event.operation,
        f"failed: {_reason(event)}" if failed else event.outcome,
        event.attempts,
        event.endpoint or NOWHERE,
        event.seconds * 1000,
        event.trace_id,
    )


def _reason(event: AttemptFinished | CallFinished) -> str:
    return event.outcome if event.error is None else event.error.reason
