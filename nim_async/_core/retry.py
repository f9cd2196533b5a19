"""Whether and when a failed attempt is followed by another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nim_async.errors import (
    DecodeError,
    NimError,
    RateLimited,
    ServerError,
    StatusError,
    TimedOut,
    TransportError,
)

if TYPE_CHECKING:
    from nim_async.config import RetryPolicy

_BAD_GATEWAY = 502
_GIVEN_UP = ("pool", "rate limit", "retry")
_MOST_DOUBLINGS = 60  # a bound that no policy needs, and a power may not overflow


def decide(
    policy: RetryPolicy,
    *,
    attempt: int,
    error: NimError,
    repeatable: bool,
    random: float,
) -> float | None:
    """
    Decide on one failed attempt.

    Args:
        policy: How often and how soon.
        attempt: Number of the attempt that failed, from 1.
        error: What it failed with.
        repeatable: Whether the call may be carried out twice.
        random: A number from 0 to 1 for the jitter.

    Returns:
        Seconds to wait before the next attempt, or ``None`` to stop.
    """
    if attempt >= policy.max_attempts:
        return None
    if isinstance(error, RateLimited):
        # Not carried out; the operation is closed for all of its penalty time.
        return error.retry_after
    if not _worth_repeating(error) or (error.maybe_processed and not repeatable):
        return None
    doublings = min(attempt - 1, _MOST_DOUBLINGS)
    return random * min(policy.backoff * 2.0**doublings, policy.longest_backoff)


def _worth_repeating(error: NimError) -> bool:
    if isinstance(error, StatusError):
        return error.status_code == _BAD_GATEWAY
    if isinstance(error, TimedOut):
        return error.phase not in _GIVEN_UP
    if isinstance(error, DecodeError):
        return not error.processed
    return isinstance(error, TransportError | ServerError)
