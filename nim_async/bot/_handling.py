"""What happens to one event: matched, tried, tried again, given up."""

from __future__ import annotations

import logging
import time
import types
from functools import partial
from random import random
from typing import TYPE_CHECKING, Any

import anyio
from attrs import frozen

from nim_async.bot._calling import Plan, planned
from nim_async.bot._letters import DeadLetter, error_line
from nim_async.bot._routing import Handler, Matched, Router, Skip, through
from nim_async.bot._speaking import handling
from nim_async.webhooks import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Mapping

    from anyio import CancelScope

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


@types.coroutine
def _limited(
    call: Coroutine[Any, Any, None], scope: CancelScope, seconds: float
) -> Generator[Any, Any, None]:
    """Run a coroutine; its scope gets a deadline when it pauses, since most never do."""
    try:
        paused = call.send(None)
        scope.deadline = anyio.current_time() + seconds
        while True:
            try:
                value = yield paused
            except BaseException as error:  # noqa: BLE001  it is for the coroutine
                paused = call.throw(error)
            else:
                paused = call.send(value)
    except StopIteration:
        return


class _Failed(Exception):
    def __init__(self, error: Exception, handler: Handler | None) -> None:
        super().__init__()
        self.error = error
        self.handler = handler


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

    async def handle(self, event: Event, *, repeated: bool) -> DeadLetter | None:
        """
        Handle an event, as often as that is worth it.

        Args:
            event: The event.
            repeated: Whether it may have been handled before.

        Returns:
            Nothing, or the dead letter that it is to become.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                await self._try(event, attempt, repeated=repeated or attempt > 1)
            except _Failed as failed:
                handler, error = failed.handler, failed.error
            else:
                self._counts["handled"] += 1
                return None
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
        try:
            await self._try(event, 1, repeated=False)
        except _Failed as failed:
            raise failed.error from None

    def _attempts(self, handler: Handler | None) -> int:
        own = None if handler is None else handler.attempts
        return self._usual.attempts if own is None else own

    async def _try(self, event: Event, attempt: int, *, repeated: bool) -> None:
        values = {**self._values, "event": event, "attempt": attempt}
        handler: Handler | None = None
        try:
            with handling(event.key, repeated=repeated):
                for matched in self._router.matches(event, values):
                    handler = matched.handler
                    try:
                        await self._call(matched, event)
                    except Skip:
                        handler = None
                    else:
                        return
        except Exception as error:  # noqa: BLE001  of a handler, which concerns no other
            raise _Failed(error, handler) from None

    async def _call(self, matched: Matched, event: Event) -> None:
        """Call a handler through its middlewares, within its time."""
        own = matched.handler.timeout
        seconds = self._usual.timeout if own is None else own
        if matched.middlewares:
            innermost = partial(matched.call, threads=self._threads)
            call = through(matched.middlewares, innermost)(event)
        else:
            call = matched.handler.plan.call(matched.arguments, self._threads)
        with anyio.CancelScope() as scope:
            await _limited(call, scope, seconds)
            return
        raise TimeoutError

    async def _give_up(
        self, event: Event, name: str | None, error: Exception, attempt: int
    ) -> DeadLetter:
        self._counts["dead"] += 1
        _log.error(
            "%s: %s failed %d times; kept as a dead letter", event.key, name, attempt,
            exc_info=error,
        )  # fmt: skip
        values = {**self._values, "event": event, "error": error, "attempt": attempt}
        with handling(f"{event.key}!", repeated=True):
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
