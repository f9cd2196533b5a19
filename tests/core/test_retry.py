"""Whether and when a failed attempt is followed by another."""

from __future__ import annotations

import pytest

from nim_async._core.retry import decide
from nim_async.config import RetryPolicy
from nim_async.errors import (
    ApiError,
    ConfigurationError,
    ConnectError,
    DecodeError,
    NimError,
    StatusError,
    TimedOut,
    TransportError,
    api_error,
)

POLICY = RetryPolicy(max_attempts=5, backoff=0.5, longest_backoff=3.0)
NEVER, WHEN_HARMLESS, ALWAYS = (False, False), (True, False), (True, True)


def limited(seconds: float | None) -> ApiError:
    """Make the error of a call that came too often."""
    return api_error(416, "query too fast", retry_after=seconds)


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
    (StatusError(502), WHEN_HARMLESS),
    (api_error(408, ""), WHEN_HARMLESS),
    (api_error(500, ""), WHEN_HARMLESS),
    (api_error(503, ""), WHEN_HARMLESS),
    (api_error(514, ""), WHEN_HARMLESS),
    # It acted, and says so in a way that cannot be read.
    (DecodeError(["$.desc: missing"], raw=b"{}", processed=True), NEVER),
    # A second attempt would end the same.
    (StatusError(400), NEVER),
    (StatusError(404), NEVER),
    (StatusError(500), NEVER),
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
    (TimedOut(phase="retry", maybe_processed=False), NEVER),
]


@pytest.mark.parametrize(("error", "expected"), TABLE, ids=str)
def test_what_is_repeated(error: NimError, expected: tuple[bool, bool]) -> None:
    """An attempt is repeated when that can help and cannot do harm."""
    decided = tuple(
        decide(POLICY, attempt=1, error=error, repeatable=repeatable, random=0.5) is not None
        for repeatable in (True, False)
    )
    assert decided == expected


@pytest.mark.parametrize("error", [ConnectError(""), limited(1.0)], ids=str)
def test_attempts_are_bounded(error: NimError) -> None:
    """The last attempt that the policy allows is the last."""
    policy = RetryPolicy(max_attempts=3)
    decided = [
        decide(policy, attempt=n, error=error, repeatable=True, random=0.0) is not None
        for n in (1, 2, 3, 4)
    ]
    assert decided == [True, True, False, False]


def test_one_attempt_means_no_repeat() -> None:
    """``max_attempts=1`` switches repeats off, also for what is safe."""
    policy = RetryPolicy(max_attempts=1)
    assert decide(policy, attempt=1, error=ConnectError(""), repeatable=True, random=0.0) is None


def test_the_bound_of_waits_doubles() -> None:
    """Waits are bounded by a number that doubles, and by the longest."""
    waits = [
        decide(POLICY, attempt=n, error=ConnectError(""), repeatable=True, random=1.0)
        for n in (1, 2, 3, 4)
    ]
    assert waits == [0.5, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("random", [0.0, 0.25, 1.0])
def test_waits_are_random_below_the_bound(random: float) -> None:
    """The wait is the random part of the bound, so that clients do not come back together."""
    wait = decide(POLICY, attempt=2, error=ConnectError(""), repeatable=True, random=random)
    assert wait == random * 1.0


@pytest.mark.parametrize("random", [0.0, 1.0])
def test_the_hint_of_the_service_wins(random: float) -> None:
    """After 416 the wait is the time that the operation stays closed, however long."""
    wait = decide(POLICY, attempt=1, error=limited(60.0), repeatable=False, random=random)
    assert wait == 60.0


def test_any_number_of_attempts() -> None:
    """The bound stays the longest for as many attempts as a policy may allow."""
    policy = RetryPolicy(max_attempts=10_000)
    wait = decide(policy, attempt=9_999, error=ConnectError(""), repeatable=True, random=1.0)
    assert wait == policy.longest_backoff
