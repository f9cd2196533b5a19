"""A call on its way: what is sent, what became of it so far, and whether it goes on."""

from __future__ import annotations

import random
from math import inf
from typing import TYPE_CHECKING, Protocol

from nim_async import retry
from nim_async._core.operation import Repeat
from nim_async._core.resend import resent
from nim_async._core.signing import new_id
from nim_async.errors import DecodeError, Duplicate, NimError
from nim_async.retry import Failure

if TYPE_CHECKING:
    from nim_async._core.options import Options
    from nim_async.retry import Again

SEEN_REQUEST = 431
_SEEN = frozenset({417, SEEN_REQUEST})
_EARLIER_AT_EACH_END = 8


class Watch(Protocol):
    """What is told of the calls of a client, see `NimClient.watched`."""

    call: Call | None
    request_id: str | None  # that of the next call; a new one where there is none

    def begin_now(self) -> bool:
        """Do what comes before an attempt is sent, and return whether nothing is to be awaited."""
        ...

    async def begin(self) -> None:
        """Do it where something is; what either raises ends the call."""
        ...

    def attempted(self, seconds: float, error: BaseException | None) -> None:
        """Take how long an attempt took, and what it failed with; waiting for it is left out."""
        ...


class Call:
    """
    A call whose parameters are fixed, sent as often as it takes.

    Attributes:
        name: Name of the operation, or the path where the table does not know it.
        path: Official path, ``/nimserver`` included.
        body: Form bytes of the next attempt.
        options: Its time limits, and how often and how soon a failed attempt is repeated.
        repeat: What may be done after an attempt that may have been carried out.
        duplicate_is_success: Whether its caller takes it as done where a repeat is refused because
            an earlier attempt was carried out.
        penalty: How long the service closes the operation after code 416, seconds, where that
            is documented.
        trace_id: The ``RequestId`` that the call began with.
        request_id: The ``RequestId`` of the next attempt.
        wait_left: How long it may still wait for rate limit and connection, seconds.
        call_id: Tells the call from all others in events; empty while nobody wants them.
        until: When to give up, on the clock of `Session.now`.
        attempts: How often it was sent so far.
        endpoint: Where it was sent last.
        sent: Whether bytes of the last attempt may have gone out.
        raw: Body of the last reply, for an error that has to show a piece of it.
        earlier: What the attempts before the last ended with, the first and the last few.
        earlier_dropped: How many were left out in between.
        tried: Endpoints it failed on.
        maybe: Whether an earlier attempt may have been carried out.
        processed: Whether an earlier attempt surely was.
        signed_again: Whether it was signed again by another time.
        offset: What the time is taken to be off by for the next attempt, seconds; what is known
            of it when ``None``.
        watch: Is told of its attempts.
    """

    body: bytes
    trace_id: str
    request_id: str
    # What most calls never change costs nothing here.
    duplicate_is_success: bool = False
    call_id: str = ""
    wait_left: float = inf
    until: float = 0.0
    attempts: int = 0
    endpoint: str | None = None
    sent: bool = False
    raw: bytes = b""
    earlier: tuple[NimError, ...] = ()
    earlier_dropped: int = 0
    tried: frozenset[str] = frozenset()
    maybe: bool = False
    processed: bool = False
    signed_again: bool = False
    offset: float | None = None
    watch: Watch | None = None

    def __init__(
        self,
        name: str,
        path: str,
        body: bytes,
        options: Options,
        repeat: Repeat,
        penalty: float | None,
    ) -> None:
        """Take what stays the same; the call is known by its first ``RequestId``."""
        self.name = name
        self.path = path
        self.body = body
        self.trace_id = self.request_id = options.trace_id or new_id()
        self.options = options
        if options.max_wait is not None:
            self.wait_left = options.max_wait
        self.repeat = repeat
        self.penalty = penalty

    def watched_by(self, watch: Watch) -> None:
        """Tell somebody of the attempts, who may know the id of the first."""
        self.watch = watch
        watch.call = self
        if watch.request_id is not None:
            self.trace_id = self.request_id = watch.request_id

    def locate(self, error: NimError) -> None:
        """Say in an error which call it belongs to, how far that came, and what was answered."""
        error.located(
            operation=self.name,
            trace_id=self.trace_id,
            endpoint=self.endpoint,
            attempts=self.attempts,
        )
        if not (isinstance(error, DecodeError) and error.raw):
            error.show(self.raw)

    def note(self, error: NimError) -> None:
        """Keep what an attempt ended with, though not the frames that hold this call."""
        error.shed()
        earlier = (*self.earlier, error.with_traceback(None))
        if len(earlier) > 2 * _EARLIER_AT_EACH_END:
            earlier = earlier[:_EARLIER_AT_EACH_END] + earlier[-_EARLIER_AT_EACH_END:]
            self.earlier_dropped += 1
        self.earlier = earlier

    def settle(self, error: NimError) -> None:
        """Say in the error that ends the call what all of its attempts together did."""
        self.locate(error)
        error.shed()
        error.earlier = self.earlier
        error.earlier_dropped = self.earlier_dropped
        error.maybe_processed |= self.maybe
        error.processed |= self.processed

    def was_done(self, error: BaseException) -> bool:
        """Return whether what it ends with says that it was carried out, and its caller is glad."""
        return self.duplicate_is_success and isinstance(error, Duplicate) and error.processed

    def forget(self) -> None:
        """Let go of answer and errors once the call is over: the frames of those hold the call."""
        self.raw, self.earlier = b"", ()

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
        body = self._body_of_repeat(error)
        failure = Failure(
            operation=self.name,
            attempt=self.attempts,
            error=error,
            repeatable=body is not None,
            accepted=self._accepted(error),
            remaining=self.until - now,
        )
        decision = retry.decide(
            self.options.retry,
            failure,
            random=random.random(),  # noqa: S311  jitter is no secret
        )
        if decision is not None:
            self._prepare(error, body, decision)
        return decision

    def _accepted(self, error: NimError) -> bool:
        return self.maybe and isinstance(error, Duplicate) and error.code == SEEN_REQUEST

    def _body_of_repeat(self, error: NimError) -> bytes | None:
        """Return the body of a repeat that does no harm, if there is one."""
        if self.repeat is Repeat.ALWAYS or not (self.maybe or error.maybe_processed):
            return self.body
        return resent(self.body) if self.repeat is Repeat.MARKED else None

    def _prepare(self, error: NimError, body: bytes | None, decision: Again) -> None:
        if body is not None:
            self.body = body
            if self._accepted(error):
                # The service drops this id from now on; its answer is asked for under a new one.
                self.request_id = new_id()
        self.maybe |= error.maybe_processed
        self.note(error)
        if decision.elsewhere and self.endpoint is not None:
            self.tried |= {self.endpoint}
