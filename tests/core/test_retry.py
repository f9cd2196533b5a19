"""Whether and when a failed attempt is followed by another."""

from __future__ import annotations

import pytest

from nim_async.errors import (
    ConfigurationError,
    ConnectError,
    DecodeError,
    NimError,
    RateLimited,
    StatusError,
    TimedOut,
    TransportError,
    api_error,
)
from nim_async.retry import Again, Failure, RetryPolicy, Stop, decide

POLICY = RetryPolicy(max_attempts=5, backoff=0.5, longest_backoff=3.0)
NEVER, WHEN_HARMLESS, ALWAYS = (False, False), (True, False), (True, True)


def failed(
    error: NimError,
    *,
    attempt: int = 1,
    repeatable: bool = True,
    accepted: bool = False,
    remaining: float = 1000.0,
) -> Failure:
    """Make a failed attempt."""
    return Failure(
        operation="chatroom.get",
        attempt=attempt,
        error=error,
        repeatable=repeatable,
        accepted=accepted,
        remaining=remaining,
    )


def limited(seconds: float | None) -> RateLimited:
    """Make the error of a call that came too often."""
    error = RateLimited(416, "query too fast")
    error.retry_after = seconds
    return error


TABLE: list[tuple[NimError, tuple[bool, bool]]] = [
    # The service was never reached, or says that it did not act.
    (ConnectError("refused"), ALWAYS),
    (TimedOut(phase="connect", maybe_processed=False), ALWAYS),
    (limited(10.0), ALWAYS),
    # It may have acted.
    (TimedOut(phase="write", maybe_processed=True), WHEN_HARMLESS),
    (TimedOut(phase="read", maybe_processed=True), WHEN_HARMLESS),
    (TransportError("connection lost"), WHEN_HARMLESS),
    (DecodeError(["$: not JSON"], raw=b"<html>"), WHEN_HARMLESS),
    (StatusError(500), WHEN_HARMLESS),
    (StatusError(502), WHEN_HARMLESS),
    (StatusError(503), WHEN_HARMLESS),
    (StatusError(504), WHEN_HARMLESS),
    (api_error(408, ""), WHEN_HARMLESS),
    (api_error(500, ""), WHEN_HARMLESS),
    (api_error(503, ""), WHEN_HARMLESS),
    (api_error(514, ""), WHEN_HARMLESS),
    # It acted, and says so in a way that cannot be read.
    (DecodeError(["$.desc: missing"], raw=b"{}", processed=True), NEVER),
    # A second attempt would end the same.
    (StatusError(400), NEVER),
    (StatusError(404), NEVER),
    (StatusError(429), NEVER),
    (api_error(403, ""), NEVER),
    (api_error(404, ""), NEVER),
    (api_error(414, "checksum"), NEVER),
    (api_error(414, ""), NEVER),
    (api_error(417, ""), NEVER),
    (api_error(419, ""), NEVER),
    (api_error(431, ""), NEVER),
    (api_error(12345, ""), NEVER),
    (limited(None), NEVER),
    (ConfigurationError("wrong"), NEVER),
    # Time for the call ran out before the attempt was made.
    (TimedOut(phase="pool", maybe_processed=False), NEVER),
    (TimedOut(phase="rate limit", maybe_processed=False), NEVER),
]


@pytest.mark.parametrize(("error", "expected"), TABLE, ids=str)
def test_what_is_repeated(error: NimError, expected: tuple[bool, bool]) -> None:
    """An attempt is repeated when that can help and cannot do harm."""
    decided = tuple(
        decide(POLICY, failed(error, repeatable=repeatable), random=0.5) is not None
        for repeatable in (True, False)
    )
    assert decided == expected


@pytest.mark.parametrize("error", [ConnectError(""), limited(1.0)], ids=str)
def test_attempts_are_bounded(error: NimError) -> None:
    """The last attempt that the policy allows is the last."""
    policy = RetryPolicy(max_attempts=3)
    decided = [
        decide(policy, failed(error, attempt=n), random=0.0) is not None for n in (1, 2, 3, 4)
    ]
    assert decided == [True, True, False, False]


def test_one_attempt_means_no_repeat() -> None:
    """``max_attempts=1`` switches repeats off, also for what is safe."""
    assert decide(RetryPolicy(max_attempts=1), failed(ConnectError("")), random=0.0) is None


def wait(policy: RetryPolicy, failure: Failure, random: float) -> float | None:
    """Return the pause that is decided on."""
    decision = decide(policy, failure, random=random)
    return None if decision is None else decision.after


def test_the_bound_of_waits_doubles() -> None:
    """Waits are bounded by a number that doubles, and by the longest."""
    waits = [wait(POLICY, failed(ConnectError(""), attempt=n), 1.0) for n in (1, 2, 3, 4)]
    assert waits == [0.5, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("random", [0.0, 0.25, 1.0])
def test_waits_are_random_below_the_bound(random: float) -> None:
    """The wait is the random part of the bound, so that clients do not come back together."""
    assert wait(POLICY, failed(ConnectError(""), attempt=2), random) == random * 1.0


@pytest.mark.parametrize("random", [0.0, 1.0])
def test_the_hint_of_the_service_wins(random: float) -> None:
    """After 416 the wait is the time that the operation stays closed, on the same endpoint."""
    decision = decide(POLICY, failed(limited(60.0), repeatable=False), random=random)
    assert decision == Again(after=60.0, elsewhere=False)


def test_any_number_of_attempts() -> None:
    """The bound stays the longest for as many attempts as a policy may allow."""
    policy = RetryPolicy(max_attempts=10_000)
    assert wait(policy, failed(ConnectError(""), attempt=9_999), 1.0) == policy.longest_backoff


def test_no_pause_reaches_past_the_deadline() -> None:
    """What cannot begin again before the deadline is told now."""
    assert decide(POLICY, failed(limited(60.0), remaining=60.0), random=0.0) is None
    assert decide(POLICY, failed(limited(60.0), remaining=60.1), random=0.0) is not None
    assert decide(POLICY, failed(ConnectError(""), remaining=0.0), random=0.0) is None


@pytest.mark.parametrize(
    ("repeatable", "expected"), [(True, Again(after=0.0, elsewhere=False)), (False, None)]
)
def test_a_dropped_repeat_is_asked_anew_only_where_that_does_no_harm(
    *, repeatable: bool, expected: Again | None
) -> None:
    """After 431 what may be repeated is asked again at once; all else was accepted."""
    failure = failed(api_error(431, ""), repeatable=repeatable, accepted=True)
    assert decide(POLICY, failure, random=0.5) == expected


def test_rules_are_asked_in_order() -> None:
    """The first rule that decides is followed; `None` leaves it to the next, the last to ours."""
    asked: list[str] = []

    def silent(failure: Failure) -> None:
        asked.append(f"silent {failure.attempt}")

    def patient(failure: Failure) -> Again:
        asked.append(f"patient {failure.attempt}")
        return Again(after=7.0)

    def final(failure: Failure) -> Stop:
        raise AssertionError(failure)

    policy = RetryPolicy(rules=[silent, patient, final])
    assert decide(policy, failed(api_error(403, "")), random=0.5) == Again(after=7.0)
    assert asked == ["silent 1", "patient 1"]
    assert decide(RetryPolicy(rules=[silent]), failed(api_error(403, "")), random=0.5) is None


def test_a_rule_can_forbid_what_is_built_in() -> None:
    """A rule that always decides replaces the built-in ones."""
    policy = RetryPolicy(rules=[lambda _: Stop()])
    assert decide(policy, failed(ConnectError("")), random=0.5) is None


def test_no_rule_passes_the_bounds() -> None:
    """Attempts and the deadline bound what any rule says."""
    policy = RetryPolicy(max_attempts=2, rules=[lambda _: Again(after=5.0)])
    assert decide(policy, failed(ConnectError(""), attempt=2), random=0.5) is None
    assert decide(policy, failed(ConnectError(""), remaining=5.0), random=0.5) is None
