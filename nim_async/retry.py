"""Whether, when and where a failed attempt is followed by another."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, cast

from attrs import evolve, field, frozen

from nim_async._checks import count, functions, number, shown, truth
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
    from collections.abc import Iterable

# Only 502 is named by the official SDK; the others say the same of a gateway.
_GATEWAY_FAILED = frozenset({500, 502, 503, 504})
_GIVEN_UP = ("pool", "rate limit")
_MAX_DOUBLINGS = 60  # a bound that no policy needs, and a power may not overflow

_log = logging.getLogger("nim_async.retry")


def _rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    return functions("rules", rules, of="failure")


@frozen(kw_only=True, eq=False)
class Failure:
    """
    A failed attempt, as a retry policy sees it.

    Attributes:
        operation: Name of the operation, such as ``chatroom.send_msg``; the path for ``nim.call``.
        attempt: Number of the attempt, from 1.
        error: What it failed with; ``error.maybe_processed`` shows whether it may have been
            carried out.
        repeatable: The call may be sent again although an earlier attempt may have been carried
            out: it reads, it sets a state, or the service drops a second message.
        accepted: The service dropped this attempt because it has seen an earlier one.
        remaining: Seconds left before the deadline.
    """

    operation: str
    attempt: int
    error: NimError
    repeatable: bool
    accepted: bool
    remaining: float


@frozen(kw_only=True)
class Again:
    """
    Try again.

    Args:
        after: Seconds to wait, 0 or more; a random time up to the policy's bound when ``None``.
        elsewhere: Use another endpoint, if there is one.

    Raises:
        ConfigurationError: A value cannot be.
    """

    after: float | None = field(default=None, validator=number(zero=True, optional=True))
    elsewhere: bool = field(default=True, validator=truth)


@frozen(eq=False)
class Stop:
    """Do not try again."""


Rule: TypeAlias = Callable[[Failure], Again | Stop | None]


@frozen(kw_only=True)
class RetryPolicy:
    """
    Whether, when and where a failed attempt is repeated.

    Rules are asked in order until one decides; ``None`` leaves it to the next. Last come the
    rules that are built in: a call that never reached the service is repeated on the next
    endpoint; one that may have been carried out is repeated only where that does no harm; code
    416 waits for its penalty time. Waits are random, from nothing to a bound that doubles with
    each attempt. Whatever a rule says, attempts, ``max_wait`` and the deadline bound it. A rule
    that raises, or returns anything else, is logged and passed over.

    Args:
        max_attempts: Attempts in all, the first included; 1 switches repeats off.
        backoff: Bound of the first wait, seconds.
        longest_backoff: Bound that no wait exceeds, seconds.
        rules: Rules of your own, asked before the built-in ones.

    Raises:
        ConfigurationError: A number cannot be, or a rule is no function of one failure.
    """

    max_attempts: int = field(default=3, validator=count)
    backoff: float = field(default=0.1, validator=number())
    longest_backoff: float = field(default=5.0, validator=number(endless=True))
    rules: tuple[Rule, ...] = field(default=(), converter=_rules)


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
    if failure.attempt >= policy.max_attempts or _waited_too_long(failure.error):
        return None
    said = (_asked(rule, failure) for rule in policy.rules)
    decision = next((found for found in said if found is not None), None)
    decision = decision or _by_the_facts(failure)
    if isinstance(decision, Stop):
        return None
    after = decision.after
    if after is None:
        doublings = min(failure.attempt - 1, _MAX_DOUBLINGS)
        after = random * min(policy.backoff * 2.0**doublings, policy.longest_backoff)
    return evolve(decision, after=after) if after < failure.remaining else None


def _asked(rule: Rule, failure: Failure) -> Again | Stop | None:
    """Ask a rule of the user's own; what it does wrong must not hide what the call failed with."""
    name = getattr(rule, "__qualname__", type(rule).__qualname__)
    try:
        found = cast("object", rule(failure))
    except Exception:  # noqa: BLE001  whatever a rule does, the call ends with its own error
        _write(failure, f"a retry rule failed and is passed over: {name}", exc_info=True)
        return None
    if found is None or isinstance(found, Again | Stop):
        return found
    if inspect.iscoroutine(found):
        found.close()
    what = f"{name} returned {shown(found)}, not Again(), Stop() or None"
    _write(failure, f"a retry rule is passed over: {what}")
    return None


def _write(failure: Failure, what: str, *, exc_info: bool = False) -> None:
    """Log what a rule did wrong, and with which attempt."""
    _log.error(
        "%s: attempt %d at %s: %s [trace %s]",
        failure.operation,
        failure.attempt,
        failure.error.endpoint,
        what,
        failure.error.trace_id,
        exc_info=exc_info,
    )


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


def _waited_too_long(error: NimError) -> bool:
    """Return whether an attempt was never begun, since there was no time left to wait for it."""
    return isinstance(error, TimedOut) and error.phase in _GIVEN_UP


def _worth_repeating(error: NimError) -> bool:
    if isinstance(error, StatusError):
        return error.status_code in _GATEWAY_FAILED
    if isinstance(error, DecodeError):
        return not error.processed
    return isinstance(error, TransportError | ServerError)
