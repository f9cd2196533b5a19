"""From encoded request to decoded reply: the attempt loop."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

import anyio

from nim_async._core import wire
from nim_async._core.clock import ClockOffset
from nim_async.errors import (
    AuthenticationError,
    ConnectError,
    NimError,
    RateLimited,
    StatusError,
    TimedOut,
)
from nim_async.observe import EndpointState, Statistics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nim_async._core.call import Call
    from nim_async._core.endpoints import EndpointPool
    from nim_async._core.signing import Signer
    from nim_async._session import Reply, Session
    from nim_async.limits import Limiter, Limiters
    from nim_async.observe import Observer

R = TypeVar("R")
_OK = 200
_PREFIX = "/nimserver"


class Attempts:
    """What all views of a client share: session, endpoints, rate limits."""

    def __init__(
        self,
        *,
        new_session: Callable[[], Session],
        max_connections: int,
        signer: Signer,
        endpoints: EndpointPool,
        refresh: Callable[[Session, float], Awaitable[None]] | None,
        limiters: Limiters,
        observer: Observer,
    ) -> None:
        """Put the parts together; nothing is opened."""
        self._new_session = new_session
        self._session: Session | None = None
        self._max_connections = max_connections
        self._signer = signer
        self._endpoints = endpoints
        self._refresh = refresh
        self._limiters = limiters
        self._observer = observer
        self._clock = ClockOffset()
        self._calls = 0

    async def carry_out(self, call: Call, read: Callable[[dict[str, Any]], R]) -> R:
        """
        Send a call until it is answered, cannot be repeated, or its time is up.

        Args:
            call: The call.
            read: Turns the members of a successful reply into what is returned.

        Raises:
            ConfigurationError: The client is closed, or belongs to another event loop.
            NimError: The last failure, with the ones before it in ``earlier``.
        """
        session = self._session or self._open()
        started = session.bind()
        call.until = started + call.deadline
        observer = self._observer
        spans = observer.started(call) if observer.wants_all() else None
        self._calls += 1
        try:
            result = read(await self._repeatedly(call, session))
        except BaseException as error:
            if isinstance(error, NimError):
                call.settle(error)
            observer.finished(call, session.now() - started, spans, error)
            raise
        finally:
            self._calls -= 1
            call.forget()
        if spans is not None:
            observer.finished(call, session.now() - started, spans, None)
        return result

    def _open(self) -> Session:
        self._session = self._new_session()
        return self._session

    async def _repeatedly(self, call: Call, session: Session) -> dict[str, Any]:
        """Make attempts until one succeeds or none may follow."""
        if self._refresh is not None:
            await self._refresh(session, call.until)
        while True:
            offset = self._clock.offset
            try:
                return await self._within_limit(call, session)
            except AuthenticationError as error:
                if call.signed_again or self._clock.offset == offset:
                    raise
                call.signed_again = True
                call.note(error)
                pause = 0.0
            except NimError as error:
                again = call.fail(error, session.now())
                if again is None:
                    raise
                pause = again.after or 0.0
                self._observer.repeated(call, error, pause)
            await self._wait(call, session, "pause", anyio.sleep(pause))

    async def _within_limit(self, call: Call, session: Session) -> dict[str, Any]:
        """Make an attempt once the rate limit of its operation has a place for it."""
        limiter = self._limiters[call.path]
        if limiter is not None and not limiter.enter_now():
            until = min(call.until, session.now() + call.wait_left)
            await self._wait(call, session, "rate limit", limiter.enter(until))
        call.sent = False
        try:
            return await self._on_connection(call, session)
        except RateLimited as error:
            await self._close(call, limiter, error)
            raise
        finally:
            if limiter is not None and not limiter.leave_now(used=call.sent):
                await limiter.leave(used=call.sent, deadline=call.until)

    async def _on_connection(self, call: Call, session: Session) -> dict[str, Any]:
        """Make an attempt once there is a connection for it."""
        if not session.enter_now():
            until = min(call.until, session.now() + call.wait_left)
            await self._wait(call, session, "pool", session.enter(until))
        try:
            return await self._exchange(call, session)
        finally:
            session.leave()

    async def _exchange(self, call: Call, session: Session) -> dict[str, Any]:
        """Choose an endpoint, sign, send, and read what comes back."""
        started = session.now()
        call.attempts += 1
        endpoint = call.endpoint = self._endpoints.pick(started, call.tried)
        reply: Reply | None = None
        try:
            call.sent = True
            reply = await session.request(
                "POST",
                endpoint + call.path.removeprefix(_PREFIX),
                call.body,
                self._signer.header_lines(call.request_id, time() + self._clock.offset),
                until=min(call.until, started + call.timeout),
            )
            if reply.status != _OK:
                _refuse(reply.status)
            call.raw = reply.body
            members = wire.decode(reply.body)
        except BaseException as error:
            self._failed(call, reply, error, started, session.now())
            raise
        self._endpoints.mark_ok(endpoint)
        if call.call_id:
            self._observer.attempt_finished(call, session.now() - started, None)
        return members

    def _failed(
        self, call: Call, reply: Reply | None, error: BaseException, started: float, now: float
    ) -> None:
        """Keep what a failed attempt says of limit, endpoint and clock, and report it."""
        if isinstance(error, NimError):
            call.locate(error)
            call.sent = not _surely_unsent(error)
        self._observer.attempt_finished(call, now - started, error)
        endpoint = call.endpoint or ""
        if reply is not None and reply.status == _OK:
            self._endpoints.mark_ok(endpoint)
            if isinstance(error, AuthenticationError):
                self._clock.learn(reply.date, time())
        elif isinstance(error, NimError) and not _without_endpoint(error):
            paused = self._endpoints.mark_failed(endpoint, now, started=started)
            if paused is not None:
                self._observer.endpoint_paused(call, *paused)

    async def _close(self, call: Call, limiter: Limiter | None, error: RateLimited) -> None:
        """Keep all calls of an operation back while the service refuses it."""
        limit = self._limiters.limit(call.path)
        error.retry_after = call.penalty if limit is None else limit.block_seconds
        if error.retry_after is not None:
            self._observer.operation_closed(call, error.retry_after)
            if limiter is not None:
                await limiter.close(error.retry_after, deadline=call.until)

    async def _wait(
        self,
        call: Call,
        session: Session,
        phase: Literal["rate limit", "pool", "pause"],
        end: Awaitable[None],
    ) -> None:
        """Wait, and report how long that took."""
        began = session.now()
        try:
            await end
        finally:
            waited = session.now() - began
            if phase != "pause":
                call.wait_left -= waited
            if call.call_id:
                self._observer.waited(call, phase, waited)

    def statistics(self) -> Statistics:
        """Return what is going on."""
        session = self._session
        now = session.now() if session is not None else 0.0
        under_way = 0 if session is None else self._max_connections - session.free
        opened, idle = (0, 0) if session is None else session.connections or (None, None)
        return Statistics(
            under_way=under_way,
            waiting=max(0, self._calls - under_way),
            connections_open=opened,
            connections_idle=idle,
            endpoints={
                url: EndpointState(failures=failures, paused_for=paused_for)
                for url, (failures, paused_for) in self._endpoints.states(now).items()
            },
            limits={
                path: limiter.state
                for path, limiter in self._limiters.items()
                if limiter is not None
            },
        )

    async def aclose(self) -> None:
        """Close the session."""
        await (self._session or self._open()).aclose()


def _refuse(status: int) -> NoReturn:
    raise StatusError(status)


def _surely_unsent(error: NimError) -> bool:
    """Return whether no byte of the attempt went out."""
    return isinstance(error, ConnectError | TimedOut) and not error.maybe_processed


def _without_endpoint(error: NimError) -> bool:
    """Return whether the endpoint has no part in a failure."""
    return isinstance(error, TimedOut) and error.phase == "pool"
