"""A call on its way: what is sent, what became of it so far, and whether it goes on."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from attrs import define

from nim_async import retry
from nim_async._core import signing
from nim_async._core.operation import Operation
from nim_async._core.options import Options
from nim_async._core.resend import resent
from nim_async.errors import Duplicate, NimError
from nim_async.retry import Failure

if TYPE_CHECKING:
    from nim_async.retry import Again

_SEEN_REQUEST = 431
_SEEN = frozenset({417, _SEEN_REQUEST})


@define(eq=False)
class Outgoing:
    """
    A call whose parameters are fixed, sent as often as it takes.

    Attributes:
        name: Name of the operation, or the path where the table does not know it.
        path: Official path, ``/nimserver`` included.
        operation: What the table knows of it.
        body: Form bytes of the next attempt.
        trace_id: The ``RequestId`` that the call began with.
        request_id: The ``RequestId`` of the next attempt.
        options: How to send it.
        deadline: When to give up, on the clock of `Session.now`.
        attempts: How often it was sent so far.
        endpoint: Where it was sent last.
        started: When it was sent last.
        earlier: What the attempts before the last ended with.
        tried: Endpoints it failed on.
        maybe: Whether an earlier attempt may have been carried out.
        processed: Whether an earlier attempt surely was.
        signed_again: Whether the clock was set right for it.
    """

    name: str
    path: str
    operation: Operation[Any] | None
    body: bytes
    trace_id: str
    request_id: str
    options: Options
    deadline: float
    attempts: int = 0
    endpoint: str | None = None
    started: float = 0.0
    earlier: tuple[NimError, ...] = ()
    tried: frozenset[str] = frozenset()
    maybe: bool = False
    processed: bool = False
    signed_again: bool = False

    def note(self, error: NimError) -> None:
        """Keep what an attempt ended with, though not the frames that hold this call."""
        self.earlier = (*self.earlier, error.with_traceback(None))

    def locate(self, error: NimError) -> None:
        """Say in an error which call it belongs to and how far that has come."""
        error.located(
            operation=self.name,
            trace_id=self.trace_id,
            endpoint=self.endpoint,
            attempts=self.attempts,
            earlier=self.earlier,
        )

    def fail(self, error: NimError, now: float) -> Again | None:
        """
        Judge a failed attempt by those before it.

        Args:
            error: What it ended with; what earlier attempts may have done is added.
            now: The time, on the clock of `Session.now`.

        Returns:
            How to go on, if at all.
        """
        if self.maybe:
            # What an earlier attempt may have done stays true of the whole call.
            error.maybe_processed = True
            error.processed |= isinstance(error, Duplicate) and error.code in _SEEN
        self.processed |= error.processed
        repeat = self._repeat(error)
        failure = Failure(
            operation=self.name,
            attempt=self.attempts,
            error=error,
            repeatable=repeat is not None,
            accepted=self._accepted(error),
            remaining=self.deadline - now,
        )
        decision = retry.decide(
            self.options.retry,
            failure,
            random=random.random(),  # noqa: S311  jitter is no secret
        )
        if decision is not None:
            self._prepare(error, repeat, decision)
        return decision

    def _accepted(self, error: NimError) -> bool:
        return self.maybe and isinstance(error, Duplicate) and error.code == _SEEN_REQUEST

    def _repeat(self, error: NimError) -> bytes | None:
        """Return the body of a repeat that does no harm, if there is one."""
        if not (self.maybe or error.maybe_processed):
            return self.body
        operation = self.operation
        if operation is None:
            return None
        return self.body if operation.idempotency.repeatable else resent(operation, self.body)

    def _prepare(self, error: NimError, repeat: bytes | None, decision: Again) -> None:
        if repeat is not None:
            self.body = repeat
            if self._accepted(error):
                # The service drops this id from now on; its answer is asked for under a new one.
                self.request_id = signing.new_id()
        self.maybe |= error.maybe_processed
        self.note(error)
        if decision.elsewhere and self.endpoint is not None:
            self.tried |= {self.endpoint}
