"""What happens to one event: matched, tried, tried again, given up."""

from __future__ import annotations

import logging
import time
import types
from functools import partial
from math import inf
from random import random
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
from attrs import define, frozen

from nim_async.bot._calling import Plan, planned
from nim_async.bot._letters import DeadLetter, error_line
from nim_async.bot._routing import Handler, Matched, Router, Skip, through
from nim_async.bot._speaking import Handling
from nim_async.webhooks import Event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping

_log = logging.getLogger("nim_async.bot")
_LONGEST_SECONDS = 60.0  # of a pause between attempts


@frozen(kw_only=True)
class HowOften:
    """
    How long and how often a handler is tried, where it does not say so itself.

    Attributes:
        timeout: Seconds for one attempt.
        attempts: Attempts in all.
        backoff: Longest pause before the second attempt, seconds.
    """

    timeout: float
    attempts: int
    backoff: float

    def pause(self, attempt: int) -> float:
        """Return how long to wait after a failed attempt, seconds."""
        longest = min(_LONGEST_SECONDS, self.backoff * 2.0 ** min(attempt - 1, 16))
        return longest * random()  # noqa: S311  no secret


@define(eq=False)
class Limit:
    """
    A scope that handlers run in one after the other, and that is of no more use once one pauses.

    Most never do, and a scope of its own for each would cost as much as what it does.

    Attributes:
        scope: The scope.
        handler: The handler that has paused.
    """

    scope: anyio.CancelScope
    handler: Handler | None = None


@types.coroutine
def _limited(
    call: Coroutine[Any, Any, None], limit: Limit, handler: Handler, seconds: float
) -> Generator[Any, Any, None]:
    """Run the call of a handler, which has so many seconds from when it pauses."""
    try:
        paused = call.send(None)
        limit.handler = handler
        limit.scope.deadline = anyio.current_time() + seconds
        while True:
            try:
                value = yield paused
            except BaseException as error:  # noqa: BLE001  it is for the coroutine
                paused = call.throw(error)
            else:
                paused = call.send(value)
    except StopIteration:
        return
    finally:
        if limit.handler is not None:
            limit.scope.deadline = inf


async def _alone(call: Coroutine[Any, Any, None], handler: Handler, seconds: float) -> None:
    """
    Run the call of a handler in a scope of its own.

    Raises:
        TimeoutError: It took too long.
    """
    with anyio.CancelScope() as scope:
        await _limited(call, Limit(scope), handler, seconds)
        return
    raise TimeoutError


class _Failure(NamedTuple):
    error: Exception
    handler: Handler | None


class Handlings:
    """Handles events by the handlers of a router; an error of one handler concerns no other."""

    def __init__(
        self,
        router: Router,
        values: Mapping[str, Any],
        *,
        threads: int,
        usual: HowOften,
        counts: dict[str, int],
    ) -> None:
        """
        Open nothing yet.

        Args:
            router: Where the handlers are.
            values: What all of them can ask for, by name.
            threads: How many plain functions run at once.
            usual: How often handlers are tried.
            counts: Where it counts what it does.
        """
        self._router = router
        self._values = values
        self._threads = anyio.CapacityLimiter(threads)
        self._usual = usual
        self._counts = counts
        self._on_error: list[Plan] = []

    def on_error(self, function: Callable[..., Any]) -> None:
        """
        Tell a function of each event that is given up.

        Raises:
            ConfigurationError: It cannot be called with what it asks for.
        """
        known: dict[str, tuple[type[Any], ...]] = {
            name: (type(value),) for name, value in self._values.items()
        }
        known |= {"event": (Event,), "error": (Exception,), "attempt": (int,)}
        plan = planned(function, known, ())
        plan.check_context({})
        self._on_error.append(plan)

    async def handle(
        self,
        event: Event,
        *,
        repeated: bool,
        limit: Limit | None = None,
        late: Handler | None = None,
    ) -> DeadLetter | None:
        """
        Handle an event, as often as that is worth it.

        Args:
            event: The event.
            repeated: Whether it may have been handled before.
            limit: What the first attempt runs in. If that is cancelled by it, what is left is for a
                second call.
            late: The handler that took too long in such an attempt.

        Returns:
            Nothing, or the dead letter that it is to become.
        """
        attempt = 0
        while True:
            attempt += 1
            if late is None:
                again = repeated or attempt > 1
                failure = await self._try(event, attempt, limit, repeated=again)
            else:
                failure, late = _Failure(TimeoutError(), late), None
            if failure is None:
                self._counts["handled"] += 1
                return None
            handler, error, limit = failure.handler, failure.error, None
            name = handler.plan.name if handler is not None else None
            if attempt >= self._attempts(handler):
                return await self._give_up(event, name, error, attempt)
            self._counts["retried"] += 1
            pause = self._usual.pause(attempt)
            _log.info(
                "%s: %s failed at attempt %d (%s); tried again in %.2f s",
                event.key, name, attempt, type(error).__name__, pause,
            )  # fmt: skip
            await anyio.sleep(pause)

    async def once(self, event: Event) -> None:
        """
        Handle an event a single time.

        Raises:
            Exception: Whatever the handler raises.
        """
        failure = await self._try(event, 1, None, repeated=False)
        if failure is not None:
            error, failure = failure.error, None
            try:
                raise error
            finally:
                del error  # or it and this frame would keep each other

    def _attempts(self, handler: Handler | None) -> int:
        own = None if handler is None else handler.attempts
        return self._usual.attempts if own is None else own

    async def _try(
        self, event: Event, attempt: int, limit: Limit | None, *, repeated: bool
    ) -> _Failure | None:
        values = {**self._values, "event": event, "attempt": attempt}
        handler: Handler | None = None
        try:
            with Handling(event.key, repeated):
                for candidate, around in self._router.walk():
                    if candidate.asking is not None:
                        continue
                    arguments = candidate.match(event, values)
                    if arguments is None:
                        continue
                    handler = candidate
                    try:
                        await self._call(Matched(handler, around, arguments), event, limit)
                    except Skip:
                        handler = None
                    else:
                        return None
        except Exception as error:  # noqa: BLE001  of a handler, which concerns no other
            return _Failure(error, handler)
        return None

    def _call(self, matched: Matched, event: Event, limit: Limit | None) -> Awaitable[None]:
        """Call a handler through its middlewares, within its time."""
        handler = matched.handler
        seconds = self._usual.timeout if handler.timeout is None else handler.timeout
        if matched.middlewares:
            innermost = partial(matched.call, threads=self._threads)
            call = through(matched.middlewares, innermost)(event)
        else:
            call = handler.plan.call(matched.arguments, self._threads)
        if limit is not None and limit.handler is None:
            return _limited(call, limit, handler, seconds)
        return _alone(call, handler, seconds)

    async def _give_up(
        self, event: Event, name: str | None, error: Exception, attempt: int
    ) -> DeadLetter:
        self._counts["dead"] += 1
        _log.error(
            "%s: %s failed %d times; kept as a dead letter", event.key, name, attempt,
            exc_info=error,
        )  # fmt: skip
        values = {**self._values, "event": event, "error": error, "attempt": attempt}
        with Handling(f"{event.key}!", repeated=True):
            for plan in self._on_error:
                try:
                    with anyio.fail_after(self._usual.timeout):
                        await plan.call(plan.arguments(values, {}), self._threads)
                except Exception:  # noqa: BLE001  nobody is left to tell
                    _log.exception("%s: %s failed too", event.key, plan.name)
        return DeadLetter(
            key=event.key,
            event=event,
            handler=name,
            error=error_line(error),
            attempts=attempt,
            time=time.time(),
        )
