"""
Events of a call, for logs, metrics and traces.

A hook is any callable that takes an event. Events are frozen and carry labels of low
cardinality only: operation, endpoint, outcome; never a room, an account or a text.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol, TypeAlias

import anyio
from attrs import frozen

from nim_async._core.model import Value
from nim_async.errors import NimError

if TYPE_CHECKING:
    from collections.abc import Sequence


logging.getLogger("nim_async").addHandler(logging.NullHandler())
_log = logging.getLogger("nim_async.observe")


@frozen(kw_only=True, eq=False, repr=False)
class CallStarted(Value):
    """
    A call begins.

    Attributes:
        operation: Name of the operation, or the path for ``nim.call``.
        trace_id: The ``RequestId`` of the call.
    """

    operation: str
    trace_id: str


@frozen(kw_only=True, eq=False, repr=False)
class AttemptFinished(Value):
    """
    A request was answered or failed.

    Attributes:
        operation: Name of the operation, or the path for ``nim.call``.
        trace_id: The ``RequestId`` of the call.
        endpoint: Base URL that was used.
        attempt: Number of the attempt, from 1.
        seconds: How long it took.
        outcome: ``"ok"``, ``"cancelled"`` or the name of the exception's class.
        error: What it failed with, if that is an error of this library.
    """

    operation: str
    trace_id: str
    endpoint: str
    attempt: int
    seconds: float
    outcome: str
    error: NimError | None


@frozen(kw_only=True, eq=False, repr=False)
class CallFinished(Value):
    """
    A call is over.

    Attributes:
        operation: Name of the operation, or the path for ``nim.call``.
        trace_id: The ``RequestId`` of the call.
        attempts: How many requests it took.
        seconds: How long it took.
        outcome: ``"ok"``, ``"cancelled"`` or the name of the exception's class.
        error: What it failed with, if that is an error of this library.
    """

    operation: str
    trace_id: str
    attempts: int
    seconds: float
    outcome: str
    error: NimError | None


Event: TypeAlias = CallStarted | AttemptFinished | CallFinished


class Hook(Protocol):
    """Something that wants to know of calls; it must return quickly and must not block."""

    def __call__(self, event: Event, /) -> None:
        """Take note of an event."""
        ...


def outcome_of(error: BaseException) -> tuple[str, NimError | None]:
    """Return how an exception is told in an event: the outcome, and the error if it is ours."""
    if isinstance(error, anyio.get_cancelled_exc_class()):
        return "cancelled", None
    return type(error).__name__, error if isinstance(error, NimError) else None


def emit(hooks: Sequence[Hook], event: Event) -> None:
    """Tell every hook; one that raises is logged, and the call goes on."""
    for hook in hooks:
        try:
            hook(event)
        except Exception:  # noqa: BLE001  whatever a hook does, the call goes on
            _log.exception("a hook failed on %s", type(event).__name__)


class LoggingHook:
    """
    Write calls to a logger: failures as warnings, all else as debug messages.

    Args:
        logger: Where to write; ``nim_async.calls`` by default.
    """

    def __init__(self, logger: logging.Logger | None = None) -> None:
        """Choose the logger."""
        self._logger = logger or logging.getLogger("nim_async.calls")

    def __call__(self, event: Event, /) -> None:
        """Write one line."""
        if isinstance(event, CallStarted):
            self._logger.debug("%s started [trace %s]", event.operation, event.trace_id)
            return
        milliseconds = event.seconds * 1000
        if event.outcome == "cancelled":
            self._logger.debug("%s cancelled [trace %s]", event.operation, event.trace_id)
        elif event.outcome != "ok":
            self._logger.warning(
                "%s failed after %.1f ms: %s [trace %s]",
                event.operation,
                milliseconds,
                event.outcome if event.error is None else event.error.reason,
                event.trace_id,
            )
        elif isinstance(event, AttemptFinished):
            self._logger.debug(
                "%s attempt %d at %s: %.1f ms [trace %s]",
                event.operation,
                event.attempt,
                event.endpoint,
                milliseconds,
                event.trace_id,
            )
        else:
            self._logger.debug(
                "%s done in %.1f ms [trace %s]", event.operation, milliseconds, event.trace_id
            )
