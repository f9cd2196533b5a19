"""From encoded request to decoded reply: the attempt loop."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, TypeAlias, TypeVar

import anyio

from nim_async._core import budget, wire
from nim_async._core.clock import ClockOffset
from nim_async._session import was_closed
from nim_async.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    DecodeError,
    NimError,
    RateLimited,
    ServerError,
    StatusError,
    TransportError,
)
from nim_async.observe import EndpointState, Statistics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from nim_async._core.call import Call
    from nim_async._core.endpoints import EndpointPool
    from nim_async._core.signing import Signer
    from nim_async._session import Reply, Session
    from nim_async.limits import Limiter, Limiters
    from nim_async.observe import Observer

R = TypeVar("R")
# Turns the members of a successful reply into what is returned, and finds the places of what is
# missing or odd.
Read: TypeAlias = "Callable[[dict[str, Any]], tuple[R, Collection[str]]]"
_OK = 200
_PREFIX = "/nimserver"


class Carrier(Protocol):
    """What carries the calls of a client out: `Attempts`, or others on its behalf."""

    @property
    def clock_offset(self) -> float:
        """What the local time is known to be off by, seconds."""
        ...

    async def carry_out(self, call: Call, read: Read[R], /) -> R:
        """Carry a call out; see `Attempts.carry_out`."""
        ...

    def open(self) -> object:
        """Make what the first call would have to wait for."""
        ...

    def statistics(self) -> Statistics:
        """Return what is going on."""
        ...

    async def aclose(self, drain: float, /) -> None:
        """Refuse new calls, let those under way finish for so many seconds, and close."""
        ...


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
        self._offset = ClockOffset()
        self._calls = 0
        self._closing: Session | None = None
        self._closed = False
        self._waiting: set[anyio.CancelScope] = set()
        self._last_left: anyio.Event | None = None

    async def carry_out(self, call: Call, read: Read[R]) -> R:
        """
        Send a call until it is answered, cannot be repeated, or its time is up.

        Args:
            call: The call.
            read: What reads the reply.

        Raises:
            ConfigurationError: The client is closed, or belongs to another event loop.
            NimError: The last failure, with the ones before it in ``earlier``.
        """
        session = self._session
        if session is not None:
            started = session.bind()
        else:
            started = anyio.current_time()
            session = self.open()
            session.bind()
        call.until = started + call.options.deadline
        spending = budget.current.get()
        if spending is not None:
            call.until = spending.bound(call.until)
        observer = self._observer
        spans = observer.started(call) if observer.wants_all() else None
        self._calls += 1
        try:
            result, odd = read(await self._repeatedly(call, session))
        except BaseException as error:
            if isinstance(error, NimError):
                call.settle(error)
            took = session.now() - started
            observer.finished(call, took, spans, None if call.was_done(error) else error)
            call.forget()
            raise
        finally:
            self._calls -= 1
            if self._last_left is not None and not self._calls:
                self._last_left.set()
        if odd:
            observer.odd_reply(call, odd)
        if call.earlier:
            call.forget()
        if spans is not None:
            observer.finished(call, session.now() - started, spans, None)
        return result

    def open(self) -> Session:
        """
        Make the session unless there is one; it connects to nothing yet.

        Raises:
            ConfigurationError: The client is closed, or the environment is wrong.
        """
        if self._closed:
            raise ConfigurationError("the client is closed")
        self._session = self._session or self._new_session()
        return self._session

    async def _repeatedly(self, call: Call, session: Session) -> dict[str, Any]:
        """Make attempts until one succeeds or none may follow."""
        while True:
            if self._refresh is not None:
                await self._refresh(session, call.until)
            limiter = self._limiters[call.path]
            try:
                if limiter is None:
                    return await self._on_connection(call, session)
                return await self._within_limit(call, session, limiter)
            except AuthenticationError as error:
                if call.signed_again or call.offset is None:
                    raise
                call.signed_again = True
                call.note(error)
                self._observer.repeated(call, error, 0.0)
                continue
            except NimError as error:
                again = call.fail(error, session.now())
                if again is None or session.closed:
                    raise
                pause = again.after or 0.0
                self._observer.repeated(call, error, pause)
            await self._wait(call, session, "pause", anyio.sleep(pause))

    async def _within_limit(self, call: Call, session: Session, limiter: Limiter) -> dict[str, Any]:
        """Make an attempt once the rate limit of its operation has a place for it."""
        if not limiter.enter_now():
            until = min(call.until, session.now() + call.wait_left)
            await self._wait(call, session, "rate limit", limiter.enter(until))
        try:
            return await self._on_connection(call, session)
        except RateLimited as error:
            if error.retry_after is not None:
                await limiter.close(error.retry_after, deadline=call.until)
            raise
        finally:
            if not limiter.leave_now(used=call.sent):
                await limiter.leave(used=call.sent, deadline=call.until)

    async def _on_connection(self, call: Call, session: Session) -> dict[str, Any]:
        """Make an attempt once there is a connection for it."""
        call.sent = False
        if not session.enter_now():
            began = session.now()
            try:
                await session.enter(min(call.until, began + call.wait_left))
            finally:
                self._waited(call, "pool", session.now() - began)
        try:
            return await self._exchange(call, session)
        finally:
            session.leave()

    async def _exchange(self, call: Call, session: Session) -> dict[str, Any]:
        """Choose an endpoint, sign, send, and read what comes back."""
        if call.watch is not None and not call.watch.begin_now():
            await call.watch.begin()
        started = session.now()
        call.attempts += 1
        endpoint = call.endpoint = self._endpoints.pick(started, call.tried)
        offset = self._offset.offset if call.offset is None else call.offset
        reply: Reply | None = None
        try:
            reply = await session.request(
                "POST",
                endpoint + call.path.removeprefix(_PREFIX),
                call.body,
                self._signer.header_lines(call.request_id, time() + offset),
                until=min(call.until, started + call.options.timeout),
                sending=call,
            )
            call.raw = reply.body
            if reply.status != _OK or reply.encoding:
                _refuse(reply)
            members = wire.decode(reply.body)
        except BaseException as error:
            if isinstance(error, TransportError) and not call.sent:
                error.maybe_processed = False
            self._failed(call, error, started, session.now())
            if isinstance(error, ApiError):
                self._learn(call, error, reply, offset)
            raise
        self._endpoints.mark_ok(endpoint)
        if call.offset is not None:
            self._offset.keep(call.offset)
        if call.watch is not None:
            call.watch.attempted(session.now() - started, None)
        if call.call_id:
            self._observer.attempt_finished(call, session.now() - started, None)
        return members

    def _failed(self, call: Call, error: BaseException, started: float, now: float) -> None:
        """Keep what a failed attempt says of its endpoint, and report it."""
        if isinstance(error, NimError):
            call.locate(error)
        if call.watch is not None:
            call.watch.attempted(now - started, error)
        self._observer.attempt_finished(call, now - started, error)
        if not isinstance(error, NimError):
            return
        paused = self._endpoints.note(
            call.endpoint or "",
            error,
            now,
            started=started,
            seconds=min(call.until - started, call.options.timeout),
        )
        if paused is not None:
            self._observer.endpoint_paused(call, *paused)
        if isinstance(error, RateLimited):
            limit = self._limiters.limit(call.path)
            error.retry_after = call.penalty if limit is None else limit.block_seconds
            if error.retry_after is not None:
                self._observer.operation_closed(call, error.retry_after)

    def _learn(self, call: Call, error: ApiError, reply: Reply | None, used: float) -> None:
        """Learn from a refusal whether the time it was signed with, off by so much, was right."""
        if isinstance(error, AuthenticationError):
            date = reply.date if reply is not None else None
            call.offset = self._offset.other(date, time(), used)
        elif call.offset is not None and not isinstance(error, ServerError | RateLimited):
            self._offset.keep(call.offset)

    async def _wait(
        self,
        call: Call,
        session: Session,
        phase: Literal["rate limit", "pause"],
        end: Awaitable[None],
    ) -> None:
        """Wait, unless the client is closed meanwhile, and report how long that took."""
        began = session.now()
        scope = anyio.CancelScope()
        self._waiting.add(scope)
        try:
            with scope:
                await end
        finally:
            self._waiting.discard(scope)
            self._waited(call, phase, session.now() - began)
        if scope.cancelled_caught:
            raise was_closed()

    def _waited(
        self, call: Call, phase: Literal["rate limit", "pool", "pause"], seconds: float
    ) -> None:
        """Take the time off that a call may still wait, and report it."""
        if phase != "pause":
            call.wait_left -= seconds
        if call.call_id:
            self._observer.waited(call, phase, seconds)

    @property
    def clock_offset(self) -> float:
        """What the local time is known to be off by, seconds."""
        return self._offset.offset

    def statistics(self) -> Statistics:
        """Return what is going on."""
        session = self._session or self._closing
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

    async def aclose(self, drain: float) -> None:
        """
        Refuse new calls, let those under way finish, and close the session.

        Args:
            drain: How long to let them, seconds.

        Raises:
            ConfigurationError: The client belongs to another event loop, which has not ended.
        """
        self._closed = True
        try:
            session = self._session or self._closing or self._new_session()
        except ConfigurationError:  # the environment lets nothing be opened
            return
        orphaned = session.orphaned()
        if self._session is not None and not orphaned:
            session.bind()
        self._session, self._closing = None, session
        try:
            if drain > 0 and self._calls and not (orphaned or session.closed):
                await self._finished(drain)
        finally:
            if not orphaned:
                for scope in tuple(self._waiting):
                    scope.cancel()
            await session.aclose()

    async def _finished(self, seconds: float) -> None:
        """Wait for the end of the calls under way."""
        self._last_left = self._last_left or anyio.Event()
        with anyio.move_on_after(seconds):
            await self._last_left.wait()


def _refuse(reply: Reply) -> NoReturn:
    if reply.status != _OK:
        raise StatusError(reply.status)
    raise DecodeError([f"$: content encoding {reply.encoding}, not asked for"], raw=b"")
