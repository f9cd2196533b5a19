"""From encoded request to decoded reply: the attempt loop."""

from __future__ import annotations

import random
from time import time
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
from attrs import define

from nim_async._core import retry, signing, wire
from nim_async._core.clock import Clock
from nim_async._core.operation import Operation
from nim_async._core.resend import resent
from nim_async._limits import Limiter
from nim_async._session import Session
from nim_async.config import Credentials, Failure, Options, RateLimit
from nim_async.errors import (
    AuthenticationError,
    ConnectError,
    Duplicate,
    NimError,
    RateLimited,
    StatusError,
    TimedOut,
)
from nim_async.hooks import AttemptFinished, emit, outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nim_async._core.endpoints import EndpointPool
    from nim_async._discovery import Discovery
    from nim_async._limits import Limiters
    from nim_async.config import Again
    from nim_async.hooks import Hook

_OK = 200
_PREFIX = "/nimserver"
_SEEN_REQUEST = 431
_SEEN = frozenset({417, _SEEN_REQUEST})


@define(kw_only=True, eq=False)
class Outgoing:
    """
    A call whose body and id are fixed, sent as often as it takes.

    Attributes:
        name: Name of the operation, or the path where the table does not know it.
        path: Official path, ``/nimserver`` included.
        body: Form bytes.
        trace_id: The ``RequestId``.
        operation: What the table knows of it.
        attempts: How often it was sent so far.
        endpoint: Where it was sent last.
        earlier: What the attempts before the last ended with.
    """

    name: str
    path: str
    body: bytes
    trace_id: str
    operation: Operation[Any] | None
    attempts: int = 0
    endpoint: str | None = None
    earlier: tuple[NimError, ...] = ()

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


class Answer(NamedTuple):
    """A reply of which the service said that all went well, and the bytes it came in."""

    members: dict[str, Any]
    raw: bytes


@define(eq=False)
class _Trip:
    """What survives the attempts of one call."""

    session: Session
    call: Outgoing
    options: Options
    deadline: float
    body: bytes
    request_id: str
    limited: tuple[Limiter, RateLimit] | None
    tried: frozenset[str] = frozenset()
    maybe: bool = False  # an earlier attempt may have been carried out
    processed: bool = False  # an earlier attempt surely was
    signed_again: bool = False

    def fail(self, error: NimError) -> Again | None:
        """Judge a failed attempt by those before it, and return how to go on, if at all."""
        if self.maybe:
            # What an earlier attempt may have done stays true of the whole call.
            error.maybe_processed = True
            error.processed |= isinstance(error, Duplicate) and error.code in _SEEN
        self.processed |= error.processed
        repeat = self._repeat(error)
        failure = Failure(
            operation=self.call.name,
            attempt=self.call.attempts,
            error=error,
            repeatable=repeat is not None,
            accepted=self._accepted(error),
            remaining=self.deadline - self.session.now(),
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
        operation = self.call.operation
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
        self.call.note(error)
        if decision.elsewhere and self.call.endpoint is not None:
            self.tried |= {self.call.endpoint}


class Transport:
    """What all views of a client share: session, endpoints, rate limits."""

    def __init__(
        self,
        *,
        new_session: Callable[[], Session],
        credentials: Credentials,
        endpoints: EndpointPool,
        discovery: Discovery | None,
        limiters: Limiters,
        hooks: Sequence[Hook],
    ) -> None:
        """Put the parts together; nothing is opened."""
        self._new_session = new_session
        self._session: Session | None = None
        self._credentials = credentials
        self._endpoints = endpoints
        self._discovery = discovery
        self._limiters = limiters
        self._clock = Clock()
        self.hooks = tuple(hooks)

    async def send(self, call: Outgoing, options: Options, deadline: float) -> Answer:
        """
        Send a call until it is answered, cannot be repeated, or its time is up.

        Args:
            call: What to send.
            options: How.
            deadline: When to give up, on the clock of `now`.

        Raises:
            ConfigurationError: The client is closed.
            NimError: The last failure, with the ones before it in ``earlier``.
        """
        session = self._session or self._open()
        if self._discovery is not None:
            await self._discovery.refresh(session, deadline)
        limited = self._limiters.of(call.path, call.operation)
        trip = _Trip(session, call, options, deadline, call.body, call.trace_id, limited)
        try:
            while True:
                offset = self._clock.offset
                try:
                    return await self._admitted(trip)
                except AuthenticationError as error:
                    if trip.signed_again or self._clock.offset == offset:
                        raise
                    trip.signed_again = True
                    call.note(error)
                    continue
                except NimError as error:
                    again = trip.fail(error)
                    if again is None:
                        raise
                await anyio.sleep(again.after or 0.0)
        except NimError as error:
            error.maybe_processed |= trip.maybe
            error.processed |= trip.processed
            raise

    def now(self) -> float:
        """
        Return the time that deadlines are told in, once the event loop is known.

        Raises:
            ConfigurationError: The client was used on another event loop before.
        """
        session = self._session or self._open()
        session.bind()
        return session.now()

    def _open(self) -> Session:
        self._session = self._new_session()
        return self._session

    async def _admitted(self, trip: _Trip) -> Answer:
        """Make an attempt within the rate limit."""
        if trip.limited is None:
            return await self._attempt(trip)
        limiter, limit = trip.limited
        await limiter.enter(trip.deadline)
        used = True
        try:
            return await self._attempt(trip)
        except RateLimited as error:
            error.retry_after = limit.block_seconds
            await limiter.close(limit.block_seconds, deadline=trip.deadline)
            raise
        except (ConnectError, TimedOut) as error:
            used = error.maybe_processed
            raise
        finally:
            await limiter.leave(used=used, deadline=trip.deadline)

    async def _attempt(self, trip: _Trip) -> Answer:
        """Make an attempt as soon as there is a connection for it, telling the hooks."""
        await trip.session.enter(trip.deadline)
        try:
            started = trip.session.now()
            trip.call.attempts += 1
            endpoint = trip.call.endpoint = self._endpoints.pick(started, trip.tried)
            if not self.hooks:
                return await self._exchange(trip, endpoint, started)
            try:
                answer = await self._exchange(trip, endpoint, started)
            except BaseException as error:
                self._tell_end(trip, endpoint, started, *outcome_of(error))
                raise
            self._tell_end(trip, endpoint, started, "ok", None)
            return answer
        finally:
            trip.session.leave()

    def _tell_end(
        self,
        trip: _Trip,
        endpoint: str,
        started: float,
        outcome: str,
        error: NimError | None,
    ) -> None:
        event = AttemptFinished(
            operation=trip.call.name,
            trace_id=trip.call.trace_id,
            endpoint=endpoint,
            attempt=trip.call.attempts,
            seconds=trip.session.now() - started,
            outcome=outcome,
            error=error,
        )
        emit(self.hooks, event)

    async def _exchange(self, trip: _Trip, endpoint: str, started: float) -> Answer:
        """Sign, send, and read what came back."""
        now = time() + self._clock.offset
        headers = [
            ("RequestId", trip.request_id),
            *signing.sign(self._credentials, nonce=signing.new_nonce(), now=now),
        ]
        try:
            reply = await trip.session.post(
                endpoint + trip.call.path.removeprefix(_PREFIX),
                trip.body,
                headers,
                timeout=trip.options.timeout,
                deadline=trip.deadline,
            )
            if reply.status != _OK:
                raise StatusError(reply.status)
        except NimError as error:
            if not (isinstance(error, TimedOut) and error.phase == "pool"):
                self._endpoints.mark_failed(endpoint, trip.session.now(), started=started)
            raise
        self._endpoints.mark_ok(endpoint)
        try:
            members = wire.decode(reply.body, trip.call.operation)
        except AuthenticationError:
            self._clock.learn(reply.date, time())
            raise
        return Answer(members, reply.body)

    async def aclose(self) -> None:
        """Close the session."""
        await (self._session or self._open()).aclose()
