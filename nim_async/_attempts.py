"""From encoded request to decoded reply: the attempt loop."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import anyio

from nim_async._core import wire
from nim_async._core.clock import Clock
from nim_async.errors import (
    AuthenticationError,
    ConnectError,
    NimError,
    RateLimited,
    StatusError,
    TimedOut,
)
from nim_async.observe import AttemptFinished, emit, outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nim_async._core.call import Outgoing
    from nim_async._core.endpoints import EndpointPool
    from nim_async._core.signing import Signer
    from nim_async._discovery import Discovery
    from nim_async._session import Reply, Session
    from nim_async.limits import Limiters
    from nim_async.observe import Hook

_OK = 200
_PREFIX = "/nimserver"


# A reply of which the service said that all went well, and the bytes it came in.
Answer: TypeAlias = tuple[dict[str, Any], bytes]


class Transport:
    """What all views of a client share: session, endpoints, rate limits."""

    def __init__(
        self,
        *,
        new_session: Callable[[], Session],
        signer: Signer,
        endpoints: EndpointPool,
        discovery: Discovery | None,
        limiters: Limiters,
        hooks: Sequence[Hook],
    ) -> None:
        """Put the parts together; nothing is opened."""
        self._new_session = new_session
        self._session: Session | None = None
        self._signer = signer
        self._endpoints = endpoints
        self._discovery = discovery
        self._limiters = limiters
        self._clock = Clock()
        self.hooks = tuple(hooks)

    async def send(self, call: Outgoing) -> Answer:
        """
        Send a call until it is answered, cannot be repeated, or its time is up.

        Raises:
            ConfigurationError: The client is closed.
            NimError: The last failure, with the ones before it in ``earlier``.
        """
        session = self._session or self._open()
        try:
            if self._discovery is not None:
                await self._discovery.refresh(session, call.deadline)
            while True:
                offset = self._clock.offset
                try:
                    return await self._attempt(call, session)
                except AuthenticationError as error:
                    if call.signed_again or self._clock.offset == offset:
                        raise
                    call.signed_again = True
                    call.note(error)
                    continue
                except NimError as error:
                    again = call.fail(error, session.now())
                    if again is None:
                        raise
                await anyio.sleep(again.after or 0.0)
        except NimError as error:
            error.maybe_processed |= call.maybe
            error.processed |= call.processed
            call.locate(error)
            raise

    def now(self) -> float:
        """
        Return the time that deadlines are told in, once the event loop is known.

        Raises:
            ConfigurationError: The client was used on another event loop before.
        """
        return (self._session or self._open()).bind()

    def _open(self) -> Session:
        self._session = self._new_session()
        return self._session

    async def _attempt(self, call: Outgoing, session: Session) -> Answer:
        """Make an attempt within the rate limit, as soon as there is a connection for it."""
        limiter, limit = self._limiters[call.path]
        if not limiter.enter_now():
            await limiter.enter(call.deadline)
        used = True
        try:
            if not session.enter_now():
                await session.enter(call.deadline)
            reply = None
            try:
                call.attempts += 1
                started = call.started = session.now()
                endpoint = call.endpoint = self._endpoints.pick(started, call.tried)
                reply = await session.request(
                    "POST",
                    endpoint + call.path.removeprefix(_PREFIX),
                    call.body,
                    self._signer.lines(call.request_id, time() + self._clock.offset),
                    until=min(call.deadline, started + call.options.timeout),
                )
                if reply.status != _OK:
                    _refuse(reply.status)
                members = wire.decode(reply.body, call.operation)
            except BaseException as error:
                self._failed(call, reply, error, session.now())
                raise
            finally:
                session.leave()
            self._endpoints.mark_ok(endpoint)
            if self.hooks:
                self._tell_end(call, session.now(), "ok", None)
            return members, reply.body
        except RateLimited as error:
            if limit is not None:
                error.retry_after = limit.block_seconds
                await limiter.close(limit.block_seconds, deadline=call.deadline)
            raise
        except (ConnectError, TimedOut) as error:
            used = error.maybe_processed
            raise
        finally:
            if not limiter.leave_now(used=used):
                await limiter.leave(used=used, deadline=call.deadline)

    def _failed(
        self, call: Outgoing, reply: Reply | None, error: BaseException, now: float
    ) -> None:
        """Keep what a failed attempt says of endpoint and clock, and tell the hooks."""
        endpoint = call.endpoint or ""
        if reply is not None and reply.status == _OK:
            self._endpoints.mark_ok(endpoint)
            if isinstance(error, AuthenticationError):
                self._clock.learn(reply.date, time())
        elif isinstance(error, NimError) and not _never_sent(error):
            self._endpoints.mark_failed(endpoint, now, started=call.started)
        if self.hooks:
            self._tell_end(call, now, *outcome_of(error))

    def _tell_end(self, call: Outgoing, now: float, outcome: str, error: NimError | None) -> None:
        event = AttemptFinished(
            operation=call.name,
            trace_id=call.trace_id,
            endpoint=call.endpoint or "",
            attempt=call.attempts,
            seconds=now - call.started,
            outcome=outcome,
            error=error,
        )
        emit(self.hooks, event)

    async def aclose(self) -> None:
        """Close the session."""
        await (self._session or self._open()).aclose()


def _refuse(status: int) -> NoReturn:
    raise StatusError(status)


def _never_sent(error: NimError) -> bool:
    """Tell whether the endpoint has no part in a failure."""
    return isinstance(error, TimedOut) and error.phase == "pool"
