"""What a client looks like at one moment."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from nim_async._core.model import Value
from nim_async.config import RateLimit


@frozen(kw_only=True, eq=False, repr=False)
class EndpointState(Value):
    """
    How an endpoint has been doing.

    Attributes:
        failures: Failures in a row; 0 while all is well.
        paused_for: Seconds until a call tries it again; 0 while it is in use.
    """

    failures: int
    paused_for: float


@frozen(kw_only=True, eq=False, repr=False)
class LimitState(Value):
    """
    How full the limit of an operation is.

    Attributes:
        limit: The limit that is kept.
        taken: Places taken in the present window, by this process.
        waiting: Calls that wait for a place.
        closed_for: Seconds until the service takes the operation again; 0 while it is open.
    """

    limit: RateLimit
    taken: int
    waiting: int
    closed_for: float


@frozen(kw_only=True, eq=False, repr=False)
class Statistics(Value):
    """
    What a client is doing, all of its views together.

    Attributes:
        under_way: Calls whose request is under way.
        waiting: Calls that wait: for their rate limit, for a connection, or before a repeat.
        connections_open: Open connections; ``None`` where httpx keeps them to itself.
        connections_idle: Those of them that carry no request; ``None`` likewise.
        endpoints: State of each endpoint by its base URL, best first.
        limits: State of each limit in use, by the path of its operation.
    """

    under_way: int
    waiting: int
    connections_open: int | None
    connections_idle: int | None
    endpoints: Mapping[str, EndpointState]
    limits: Mapping[str, LimitState]
