"""
What happens to a call, as frozen values.

They carry labels of low cardinality only (operation, endpoint, outcome) besides the ids of the
call; never a room, an account or a text.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

from nim_async._core.model import Value
from nim_async.errors import NimError


@frozen(kw_only=True, eq=False, repr=False)
class CallStarted(Value):
    """
    A call begins.

    Attributes:
        call_id: Tells the call from all others; the same in all events of a call.
        operation: Name of the operation, or the path for ``nim.call``.
        trace_id: The ``RequestId`` of the call.
    """

    call_id: str
    operation: str
    trace_id: str


@frozen(kw_only=True, eq=False, repr=False)
class Waited(Value):
    """
    A call had to wait, and goes on.

    Attributes:
        call_id: The id of the call.
        operation: Name of the operation, or the path for ``nim.call``.
        trace_id: The ``RequestId`` of the call.
        phase: For what: ``"rate limit"`` (the operation's turn), ``"pool"`` (a free connection)
            or ``"pause"`` (before a failed attempt is repeated).
        seconds: How long.
    """

    call_id: str
    operation: str
    trace_id: str
    phase: Literal["rate limit", "pool", "pause"]
    seconds: float


@frozen(kw_only=True, eq=False, repr=False)
class AttemptFinished(Value):
    """
    A request was answered or failed.

    Attributes:
        call_id: The id of the call.
        operation: Name of the operation, or the path for ``nim.call``.
        trace_id: The ``RequestId`` of the call.
        endpoint: Base URL that was used.
        attempt: Number of the attempt, from 1.
        seconds: How long it took.
        outcome: ``"ok"``, ``"cancelled"`` or the name of the exception's class.
        error: What it failed with, if that is an error of this library.
    """

    call_id: str
    operation: str
    trace_id: str
    endpoint: str
    attempt: int
    seconds: float
    outcome: str
    error: NimError | None


@frozen(kw_only=True, eq=False, repr=False)
class EndpointPaused(Value):
    """
    An endpoint failed and is left alone for a while.

    Attributes:
        call_id: The id of the call that failed on it.
        operation: Name of its operation, or the path for ``nim.call``.
        trace_id: The ``RequestId`` of that call.
        endpoint: Base URL of the endpoint.
        attempt: Number of the attempt that failed, from 1.
        failures: How many failures there were in a row.
        seconds: For how long it is left alone.
    """

    call_id: str
    operation: str
    trace_id: str
    endpoint: str
    attempt: int
    failures: int
    seconds: float


@frozen(kw_only=True, eq=False, repr=False)
class OperationClosed(Value):
    """
    The service refused a call as one too many (code 416) and closed its operation.

    Attributes:
        call_id: The id of the call.
        operation: Name of the operation, or the path for ``nim.call``.
        trace_id: The ``RequestId`` of the call.
        endpoint: Base URL that was used.
        attempt: Number of the attempt, from 1.
        seconds: For how long no call of the operation is sent, the penalty of the service.
    """

    call_id: str
    operation: str
    trace_id: str
    endpoint: str
    attempt: int
    seconds: float


@frozen(kw_only=True, eq=False, repr=False)
class OddReply(Value):
    """
    The service left something out of a reply, or sent it in a form that cannot be read.

    The call goes on. Each place is reported once for each operation in the life of a client.

    Attributes:
        call_id: The id of the call.
        operation: Name of the operation.
        trace_id: The ``RequestId`` of the call.
        endpoint: Base URL that was used.
        attempt: Number of the attempt, from 1.
        place: What it is, by names on the wire, such as ``$.desc.data[].enterTime``; never a value.
    """

    call_id: str
    operation: str
    trace_id: str
    endpoint: str
    attempt: int
    place: str


@frozen(kw_only=True, eq=False, repr=False)
class CallFinished(Value):
    """
    A call is over.

    Attributes:
        call_id: The id of the call.
        operation: Name of the operation, or the path for ``nim.call``.
        trace_id: The ``RequestId`` of the call.
        endpoint: Base URL of the last attempt; ``None`` where there was none.
        attempts: How many requests it took.
        seconds: How long it took.
        outcome: ``"ok"``, ``"cancelled"`` or the name of the exception's class.
        error: What it failed with, if that is an error of this library.
    """

    call_id: str
    operation: str
    trace_id: str
    endpoint: str | None
    attempts: int
    seconds: float
    outcome: str
    error: NimError | None


Event: TypeAlias = (
    CallStarted
    | Waited
    | AttemptFinished
    | EndpointPaused
    | OperationClosed
    | OddReply
    | CallFinished
)
