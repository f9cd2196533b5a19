"""A hook that hears what can be seen of calls, and what no event may tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from nim_async import CallStarted, EndpointPaused, OddReply, OperationClosed, RetryPolicy

if TYPE_CHECKING:
    from nim_async import Event

SOON = RetryPolicy(max_attempts=3, backoff=1e-9)
SECRET = "the-secret"
NOISE = "what amy said"


class Heard:
    """A hook that remembers the events, and checks ids and times before it forgets those."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ids: list[str] = []
        self.seconds: list[float] = []

    def __call__(self, event: Event, /) -> None:
        self.ids.append(event.call_id)
        event = evolve(event, call_id="")
        if not isinstance(event, CallStarted | OddReply):
            self.seconds.append(event.seconds)
            if not isinstance(event, EndpointPaused | OperationClosed):
                event = evolve(event, seconds=0.0)
        self.events.append(event)
