"""From encoded request to decoded reply: the attempt loop; and signing as an httpx transport."""

from __future__ import annotations

import random
from time import time
from typing import TYPE_CHECKING, Any

import anyio
import httpx
from attrs import define, field, frozen

from nim_async._core import retry, signing, wire
from nim_async._core.operation import Operation
from nim_async._core.ratelimit import Window
from nim_async._session.over_httpx import library_of
from nim_async.config import Credentials
from nim_async.errors import NimError, RateLimited, StatusError, TimedOut
from nim_async.hooks import AttemptFinished, emit, outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nim_async._core.endpoints import EndpointPool
    from nim_async._session import Session
    from nim_async.config import Options, RateLimit
    from nim_async.hooks import Hook

_OK = 200
_PREFIX = "/nimserver"


@define(kw_only=True)
class Outgoing:
    """
    A call whose body and id are fixed, sent as often as it takes.

    Attributes:
        name: Name of the operation, or the path where the table does not know it.
        path: Official path, ``/nimserver`` included.
        body: Form bytes.
        trace_id: The ``RequestId``.
        repeatable: Whether it may be carried out twice.
        operation: What the table knows of it.
        attempts: How often it was sent so far.
        endpoint: Where it was sent last.
        earlier: What the attempts before the last ended with.
    """

    name: str
    path: str
    body: bytes
    trace_id: str
    repeatable: bool
    operation: Operation[Any] | None
    attempts: int = 0
    endpoint: str | None = None
    earlier: list[NimError] = field(factory=list[NimError])

    def locate(self, error: NimError) -> None:
        """Say in an error which call it belongs to and how far that has come."""
        error.located(
            operation=self.name,
            trace_id=self.trace_id,
            endpoint=self.endpoint,
            attempts=self.attempts,
            earlier=self.earlier,
        )


@frozen
class Answer:
    """A reply of which the service said that all went well, and the bytes it came in."""

    members: dict[str, Any]
    raw: bytes


class Transport:
    """What all views of a client share: session, endpoints, rate limits."""

    def __init__(
        self,
        *,
        session: Session,
        credentials: Credentials,
        endpoints: EndpointPool,
        limits: Callable[[Operation[Any]], RateLimit | None],
        hooks: Sequence[Hook],
        user_agent: str,
    ) -> None:
        """Put the parts together; nothing is opened."""
        self._session = session
        self._credentials = credentials
        self._endpoints = endpoints
        self._limits = limits
        self._windows: dict[str, Window | None] = {}
        self._headers = [
            ("Content-Type", "application/x-www-form-urlencoded;charset=utf-8"),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("User-Agent", user_agent),
        ]
        self.hooks = tuple(hooks)

    async def send(self, call: Outgoing, options: Options) -> Answer:
        """
        Send a call until it is answered, cannot be repeated, or its time is up.

        Raises:
            NimError: The last failure, with the ones before it in ``earlier``.
        """
        deadline = anyio.current_time() + options.deadline
        tried: set[str] = set()
        try:
            while True:
                await self._wait_for_turn(call, deadline)
                endpoint = call.endpoint = self._endpoints.pick(anyio.current_time(), tried)
                call.attempts += 1
                try:
                    return await self._attempt(call, options, endpoint, deadline)
                except NimError as error:
                    failure = error
                pause = retry.decide(
                    options.retry,
                    attempt=call.attempts,
                    error=failure,
                    repeatable=call.repeatable,
                    random=random.random(),  # noqa: S311  jitter is no secret
                )
                if pause is None or anyio.current_time() + pause >= deadline:
                    raise failure
                call.earlier.append(failure)
                tried.add(endpoint)
                await anyio.sleep(pause)
        except NimError as error:
            if any(e.maybe_processed for e in call.earlier):
                # What an earlier attempt may have done stays true of the whole call.
                error.maybe_processed = True
            raise

    async def _wait_for_turn(self, call: Outgoing, deadline: float) -> None:
        window = self._window(call)
        if window is None:
            return
        now = anyio.current_time()
        if now + window.wait(now) > deadline:
            raise TimedOut(phase="rate limit", maybe_processed=False)
        if (wait := window.reserve(now)) > 0:
            await anyio.sleep(wait)

    def _window(self, call: Outgoing) -> Window | None:
        if call.operation is None:
            return None
        if call.path not in self._windows:
            limit = self._limits(call.operation)
            self._windows[call.path] = Window(limit) if limit is not None else None
        return self._windows[call.path]

    async def _attempt(
        self, call: Outgoing, options: Options, endpoint: str, deadline: float
    ) -> Answer:
        started = anyio.current_time()
        outcome, failure = "ok", None
        try:
            return await self._exchange(call, options, endpoint, deadline)
        except BaseException as error:
            outcome, failure = outcome_of(error)
            window = self._windows.get(call.path)
            if isinstance(error, RateLimited) and window is not None:
                window.close(anyio.current_time())
            raise
        finally:
            if self.hooks:
                event = AttemptFinished(
                    operation=call.name,
                    trace_id=call.trace_id,
                    endpoint=endpoint,
                    attempt=call.attempts,
                    seconds=anyio.current_time() - started,
                    outcome=outcome,
                    error=failure,
                )
                emit(self.hooks, event)

    async def _exchange(
        self, call: Outgoing, options: Options, endpoint: str, deadline: float
    ) -> Answer:
        headers = [
            *self._headers,
            ("RequestId", call.trace_id),
            *signing.sign(self._credentials, nonce=signing.new_nonce(), now=time()),
        ]
        try:
            reply = await self._session.post(
                endpoint + call.path.removeprefix(_PREFIX),
                call.body,
                headers,
                timeout=options.timeout,
                deadline=deadline,
            )
            if reply.status != _OK:
                raise StatusError(reply.status)
        except TimedOut as error:
            if error.phase != "pool":
                self._endpoints.mark_failed(endpoint, anyio.current_time())
            raise
        except NimError:
            self._endpoints.mark_failed(endpoint, anyio.current_time())
            raise
        self._endpoints.mark_ok(endpoint)
        return Answer(wire.decode(reply.body, call.operation), reply.body)

    async def aclose(self) -> None:
        """Close the session."""
        await self._session.aclose()


class SigningTransport(httpx.AsyncBaseTransport):
    """
    Sign every request that passes through, for use in a plain ``httpx.AsyncClient``.

    ::

        httpx.AsyncClient(transport=SigningTransport("app-key", "app-secret"))

    Each request gets a fresh ``Nonce``, ``CurTime`` and ``CheckSum``, and a ``RequestId`` where
    it has none. Whatever host the client asks gets a signature: give it service URLs only.

    Args:
        app_key: Key of the app.
        app_secret: Secret of the app; it is never sent and never shown.
        transport: What sends the signed requests; the client library's own by default. It is
            closed with this one.
        trace_id: Makes the ``RequestId`` of a request that has none.

    Raises:
        ConfigurationError: Key or secret is empty or not plain ASCII.
    """

    def __init__(
        self,
        app_key: str,
        app_secret: str,
        *,
        transport: Any = None,
        trace_id: Callable[[], str] = signing.new_nonce,
    ) -> None:
        """Keep the credentials; nothing is opened."""
        self._credentials = Credentials(app_key=app_key, app_secret=app_secret)
        self._transport = transport
        self._new_trace_id = trace_id

    async def handle_async_request(self, request: Any) -> Any:
        """Sign the request and pass it on."""
        if self._transport is None:
            self._transport = library_of(request).AsyncHTTPTransport()
        signed = signing.sign(self._credentials, nonce=signing.new_nonce(), now=time())
        for name, value in signed:
            request.headers[name] = value
        request.headers.setdefault("RequestId", self._new_trace_id())
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the transport that sends."""
        if self._transport is not None:
            await self._transport.aclose()


def limits_of(
    overrides: Mapping[str, RateLimit | None] | None,
) -> Callable[[Operation[Any]], RateLimit | None]:
    """
    Return how to find the limit of an operation.

    Args:
        overrides: Paths or names such as ``chatroom.send_msg`` to limits that replace the
            documented ones; ``None`` in place of the mapping switches all limits off.
    """
    if overrides is None:
        return lambda _: None

    def limit_of(operation: Operation[Any]) -> RateLimit | None:
        for key in (operation.path, operation.qualified_name):
            if key in overrides:
                return overrides[key]
        return operation.rate_limit

    return limit_of
