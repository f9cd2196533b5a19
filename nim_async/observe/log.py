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
_hooks = logging.getLogger("nim_async.hooks")
_NOWHERE = "no endpoint"

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
    _write(
        _calls,
        logging.INFO,
        (call.name, call.attempts, call.endpoint, call.trace_id),
        "%s; repeated in %.2f s",
        error.reason,
        seconds,
    )


def write_hook_failure(event: Event, said: str) -> None:
    """Log what a hook has just raised, with the call that it was told of."""
    attempt = getattr(event, "attempt", None) or getattr(event, "attempts", None) or 0
    of = (event.operation, attempt, getattr(event, "endpoint", None), event.trace_id)
    _write(_hooks, logging.ERROR, of, said, exc_info=True)


def _write_attempt(
    level: int,
    event: AttemptFinished | EndpointPaused | OperationClosed | OddReply,
    said: str,
    *values: object,
) -> None:
    of = (event.operation, event.attempt, event.endpoint, event.trace_id)
    _write(_calls, level, of, said, *values)


def _write(
    logger: logging.Logger,
    level: int,
    of: tuple[str, int, str | None, str],
    said: str,
    *values: object,
    exc_info: bool = False,
) -> None:
    """Log what is said of an attempt: of an operation, its number, an endpoint, a trace id."""
    operation, attempt, endpoint, trace_id = of
    line = f"%s: attempt %d at %s: {said} [trace %s]"
    logger.log(
        level,
        line,
        operation,
        attempt,
        endpoint or _NOWHERE,
        *values,
        trace_id,
        exc_info=exc_info,
    )


def _write_call(event: CallFinished) -> None:
    failed = event.outcome not in {"ok", "cancelled"}
    _calls.log(
        logging.WARNING if failed else logging.DEBUG,
        "%s: call %s after %d attempts, the last at %s, in %.1f ms [trace %s]",
        event.operation,
        f"failed: {_reason(event)}" if failed else event.outcome,
        event.attempts,
        event.endpoint or _NOWHERE,
        event.seconds * 1000,
        event.trace_id,
    )


def _reason(event: AttemptFinished | CallFinished) -> str:
    return event.outcome if event.error is None else event.error.reason
