"""Whether, when and where a failed attempt is followed by another."""

from __future__ import annotations

from attrs import evolve

from nim_async.config import Again, Failure, RetryPolicy, Stop
from nim_async.errors import (
    DecodeError,
    NimError,
    RateLimited,
    ServerError,
    StatusError,
    TimedOut,
    TransportError,
)

# Only 502 is named by the official SDK; the others say the same of a gateway.
_GATEWAY_FAILED = frozenset({500, 502, 503, 504})
_GIVEN_UP = ("pool", "rate limit")
_MOST_DOUBLINGS = 60  # a bound that no policy needs, and a power may not overflow


def decide(policy: RetryPolicy, failure: Failure, *, random: float) -> Again | None:
    """
    Decide on one failed attempt.

    Args:
        policy: How often, how soon, and the user's own rules.
        failure: The attempt.
        random: A number from 0 to 1 for the jitter.

    Returns:
        How to go on, with ``after`` filled in, or ``None`` to stop.
    """
    if failure.attempt >= policy.max_attempts:
        return None
    decision = next(
        (found for rule in policy.rules if (found := rule(failure)) is not None), None
    ) or _by_the_facts(failure)
    if isinstance(decision, Stop):
        return None
    after = decision.after
    if after is None:
        doublings = min(failure.attempt - 1, _MOST_DOUBLINGS)
        after = random * min(policy.backoff * 2.0**doublings, policy.longest_backoff)
    return evolve(decision, after=after) if after < failure.remaining else None


def _by_the_facts(failure: Failure) -> Again | Stop:
    error = failure.error
    if isinstance(error, RateLimited):
        # Not carried out; the operation is closed for all of its penalty time.
        closed = error.retry_after
        return Again(after=closed, elsewhere=False) if closed is not None else Stop()
    if failure.accepted:
        # The answer is lost, but what may be repeated can be asked anew under another id.
        return Again(after=0.0, elsewhere=False) if failure.repeatable else Stop()
    if not _worth_repeating(error) or (error.maybe_processed and not failure.repeatable):
        return Stop()
    return Again()


def _worth_repeating(error: NimError) -> bool:
    if isinstance(error, StatusError):
        return error.status_code in _GATEWAY_FAILED
    if isinstance(error, TimedOut):
        return error.phase not in _GIVEN_UP
    if isinstance(error, DecodeError):
        return not error.processed
    return isinstance(error, TransportError | ServerError)
