"""Reporting what happens to calls, to the log and to hooks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, cast

import anyio

from nim_async._checks import functions
from nim_async._core.signing import new_id
from nim_async.errors import NimError
from nim_async.observe import log
from nim_async.observe.events import (
    AttemptFinished,
    CallFinished,
    CallStarted,
    EndpointPaused,
    OddReply,
    OperationClosed,
    Waited,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from nim_async._core.call import Call
    from nim_async.observe.events import Event

# What the hooks of a client opened around a call; nothing where nobody wants to know of it.
Spans: TypeAlias = "list[AbstractContextManager[Any]]"


class Hook(Protocol):
    """
    Something that wants to know of calls; it must return quickly and must not block.

    What it returns for `CallStarted`, if that is a context manager, is open around the call: it
    is entered before anything is sent and left after `CallFinished`, in the task of the caller.
    It cannot swallow the error of the call.
    """

    def __call__(self, event: Event, /) -> AbstractContextManager[Any] | None:
        """Take note of an event."""
        ...


class Observer:
    """
    Reports what happens to the calls of a client.

    A hook that raises is logged, and the call goes on.
    """

    def __init__(self, hooks: Iterable[Hook]) -> None:
        """
        Keep the hooks.

        Raises:
            ConfigurationError: They are no list of functions that take one event.
        """
        self._hooks: tuple[Hook, ...] = functions("hooks", hooks, of="event")
        self._odd: set[tuple[str, str]] = set()  # no more than the classes of replies have fields

    def wants_all(self) -> bool:
        """Return whether somebody wants to know of calls that go well, too."""
        return bool(self._hooks) or log.wants_all()

    def started(self, call: Call) -> Spans:
        """Report that a call begins, and give it the id of its events."""
        call.call_id = new_id()
        event = CallStarted(**_ids_of(call))
        spans: Spans = []
        for hook in self._hooks:
            span = _call(hook, event)
            if span is not None and _enter(span, event):
                spans.append(span)
        return spans

    def waited(
        self, call: Call, phase: Literal["rate limit", "pool", "pause"], seconds: float
    ) -> None:
        """Report that a call had to wait."""
        self._emit(Waited(**_ids_of(call), phase=phase, seconds=seconds))

    def attempt_finished(self, call: Call, seconds: float, error: BaseException | None) -> None:
        """Report that a request was answered or failed."""
        outcome, ours = _outcome_of(error)
        self._emit(
            AttemptFinished(**_attempt_of(call), seconds=seconds, outcome=outcome, error=ours)
        )

    def endpoint_paused(self, call: Call, failures: int, seconds: float) -> None:
        """Report that the endpoint of an attempt is left alone for a while."""
        self._emit(EndpointPaused(**_attempt_of(call), failures=failures, seconds=seconds))

    def operation_closed(self, call: Call, seconds: float) -> None:
        """Report that the service closed the operation of a call."""
        self._emit(OperationClosed(**_attempt_of(call), seconds=seconds))

    def odd_reply(self, call: Call, places: Collection[str]) -> None:
        """Report what is missing or odd in a reply, as far as it was not reported before."""
        for place in sorted(places):
            if (call.name, place) not in self._odd:
                self._odd.add((call.name, place))
                self._emit(OddReply(**_attempt_of(call), place=place))

    def repeated(self, call: Call, error: NimError, seconds: float) -> None:
        """Report that a failed attempt is repeated after so many seconds."""
        log.write_repeat(call, error, seconds)

    def finished(
        self, call: Call, seconds: float, spans: Spans | None, error: BaseException | None
    ) -> None:
        """Report that a call is over, and leave what was opened around it."""
        outcome, ours = _outcome_of(error)
        event = CallFinished(
            **_ids_of(call),
            endpoint=call.endpoint,
            attempts=call.attempts,
            seconds=seconds,
            outcome=outcome,
            error=ours,
        )
        self._emit(event)
        for span in reversed(spans or ()):
            _leave(span, event, error)

    def _emit(self, event: Event) -> None:
        log.write(event)
        for hook in self._hooks:
            _call(hook, event)


def _ids_of(call: Call) -> dict[str, Any]:
    """Return what every event says of its call."""
    return {"call_id": call.call_id, "operation": call.name, "trace_id": call.trace_id}


def _attempt_of(call: Call) -> dict[str, Any]:
    """Return what an event of an attempt says of it and of its call."""
    return {**_ids_of(call), "endpoint": call.endpoint or "", "attempt": call.attempts}


def _call(hook: Hook, event: Event) -> AbstractContextManager[Any] | None:
    """Call a hook and return the context manager it returns; one that raises is logged."""
    try:
        returned: Any = hook(event)
    except Exception:  # noqa: BLE001  whatever a hook does, the call goes on
        log.write_hook_failure(event, f"a hook failed on {type(event).__name__}")
        return None
    if not isinstance(returned, AbstractContextManager):
        return None
    return cast("AbstractContextManager[Any]", returned)


def _enter(span: AbstractContextManager[Any], event: Event) -> bool:
    try:
        span.__enter__()
    except Exception:  # noqa: BLE001  as above
        log.write_hook_failure(event, "a context manager of a hook failed when it was entered")
        return False
    return True


def _leave(span: AbstractContextManager[Any], event: Event, error: BaseException | None) -> None:
    try:
        if error is None:
            span.__exit__(None, None, None)
        else:
            span.__exit__(type(error), error, error.__traceback__)
    except Exception as failure:  # noqa: BLE001  as above
        if failure is not error:  # a context manager of a generator raises what it is given
            log.write_hook_failure(event, "a context manager of a hook failed when it was left")


def _outcome_of(error: BaseException | None) -> tuple[str, NimError | None]:
    """Return how an end is named in an event, and the error if it is one of ours."""
    if error is None:
        return "ok", None
    if isinstance(error, anyio.get_cancelled_exc_class()):
        return "cancelled", None
    return type(error).__name__, error if isinstance(error, NimError) else None
