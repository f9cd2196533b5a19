"""What a bot says when it is asked: in time, whatever its handlers do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import anyio

from nim_async._core.budget import spending
from nim_async.bot._routing import Asking, Matched, Router, Skip, through
from nim_async.bot._verdicts import Allow, Verdict, mistake_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nim_async.webhooks import Event

_log = logging.getLogger("nim_async.bot")
_MAX_QUESTIONS = 1000  # questions that handlers think about; beyond that the default is answered


class NoVerdict(Exception):
    """There is no verdict of a handler; the text says why."""


class Deciding:
    """
    Asks handlers for verdicts.

    Apart from the handling of events: it has threads of its own, and waits for nothing that is in
    an inbox.
    """

    def __init__(
        self, router: Router, values: Mapping[str, Any], *, threads: int, counts: dict[str, int]
    ) -> None:
        """
        Open nothing yet.

        Args:
            router: Where the handlers are.
            values: What all of them can ask for, by name.
            threads: How many plain functions run at once.
            counts: Where it counts what it does.
        """
        self._router = router
        self._values = values
        self._threads = anyio.CapacityLimiter(threads)
        self._counts = counts
        self._at_once = 0

    async def decide(self, event: Event, received: float, *, strict: bool = False) -> Verdict:
        """
        Return the verdict of the first handler that does not pass the question on.

        Args:
            event: The question.
            received: When it came, by the clock of the event loop.
            strict: Raise an error of a handler in place of answering its default.

        Raises:
            Exception: Whatever a handler raises, if that is asked for.
        """
        self._counts["asked"] += 1
        values = {**self._values, "event": event, "ask": event}
        for handler, middlewares in self._router.walk():
            asking = handler.asking
            if asking is None:
                continue
            try:
                arguments = handler.match(event, values)
                if arguments is not None:
                    matched = Matched(handler, middlewares, arguments)
                    return await self._in_time(matched, event, received + asking.budget)
            except Skip:
                continue
            except Exception as error:
                if strict:
                    raise
                return self._default(asking, handler.plan.name, event, error)
        return Allow()

    async def _in_time(self, matched: Matched, event: Event, ends: float) -> Verdict:
        if self._at_once >= _MAX_QUESTIONS:
            raise NoVerdict(f"{_MAX_QUESTIONS} questions are thought about already")
        self._at_once += 1
        try:
            with spending(ends), anyio.CancelScope(deadline=ends):
                return await self._call(matched, event)
        finally:
            self._at_once -= 1
        raise NoVerdict("it took too long")

    async def _call(self, matched: Matched, event: Event) -> Verdict:
        found: list[Any] = []

        async def innermost(event: Event) -> None:
            found.append(await matched.call(event, self._threads))

        await through(matched.middlewares, innermost)(event)
        if not found:
            raise NoVerdict("a middleware did not pass it on")
        verdict: Any = found[-1]
        if (mistake := mistake_of(verdict, event)) is not None:
            raise NoVerdict(mistake)
        answer: Verdict = verdict
        return answer

    def _default(self, asking: Asking, name: str, event: Event, error: Exception) -> Verdict:
        self._counts["defaulted"] += 1
        why = error if isinstance(error, NoVerdict) else type(error).__name__
        _log.error(
            "%s: no verdict of %s, answered its default %s: %s",
            event.key, name, type(asking.default).__name__, why,
            exc_info=None if isinstance(error, NoVerdict) else error,
        )  # fmt: skip
        return asking.default
