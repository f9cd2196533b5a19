"""Which base URL is used next."""

from __future__ import annotations

from typing import Any

import pytest

from nim_async._core.endpoints import EndpointPool
from nim_async.errors import (
    ConfigurationError,
    ConnectError,
    DecodeError,
    NimError,
    StatusError,
    TimedOut,
    TransportError,
    api_error,
)

ONE, TWO, THREE = "https://one", "https://two", "https://three"


def fail(endpoints: EndpointPool, url: str, now: float) -> None:
    """Let an attempt that has just begun fail."""
    endpoints.mark_failed(url, now, started=now)


def pool() -> EndpointPool:
    """Make a pool of three."""
    return EndpointPool([ONE, TWO, THREE])


def test_the_first_is_the_best() -> None:
    """While all are well, the first serves, however often it is asked for."""
    endpoints = pool()
    assert [endpoints.pick(now) for now in (0.0, 1.0, 2.0)] == [ONE, ONE, ONE]


def test_a_failure_lets_the_next_serve() -> None:
    """An endpoint that failed pauses, and the next in order serves."""
    endpoints = pool()
    fail(endpoints, ONE, 0.0)
    assert endpoints.pick(0.0) == TWO
    fail(endpoints, TWO, 0.0)
    assert endpoints.pick(0.0) == THREE


def test_a_pause_ends() -> None:
    """After a second the first endpoint is tried again."""
    endpoints = pool()
    fail(endpoints, ONE, 10.0)
    assert endpoints.pick(10.999) == TWO
    assert endpoints.pick(11.0) == ONE


@pytest.mark.parametrize(("failures", "pause"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (9, 60)])
def test_pauses_double_up_to_a_minute(failures: int, pause: float) -> None:
    """Each failure in a row doubles the pause, up to sixty seconds."""
    endpoints = pool()
    for _ in range(failures):
        fail(endpoints, ONE, 100.0)
    assert endpoints.pick(100.0 + pause - 0.001) == TWO
    assert endpoints.pick(100.0 + pause) == ONE


def test_failures_without_end_are_no_harm() -> None:
    """An endpoint may fail any number of times in a row; its pause stays a minute."""
    endpoints = pool()
    for _ in range(5000):
        fail(endpoints, ONE, 0.0)
    assert endpoints.pick(59.9) == TWO
    assert endpoints.pick(60.0) == ONE


def test_a_success_forgets_the_failures() -> None:
    """After a success the endpoint serves at once and begins with the shortest pause."""
    endpoints = pool()
    for _ in range(5):
        fail(endpoints, ONE, 0.0)
    endpoints.mark_ok(ONE)
    assert endpoints.pick(0.0) == ONE
    fail(endpoints, ONE, 0.0)
    assert endpoints.pick(1.0) == ONE


def test_what_the_call_has_tried_comes_last() -> None:
    """A call does not go back to an endpoint it failed on while another is left."""
    endpoints = pool()
    assert endpoints.pick(0.0, tried=[ONE]) == TWO
    assert endpoints.pick(0.0, tried=[ONE, TWO]) == THREE


def test_an_untried_endpoint_that_pauses_beats_a_tried_one() -> None:
    """Failover inside one call goes on although the other endpoint pauses."""
    endpoints = EndpointPool([ONE, TWO])
    fail(endpoints, TWO, 0.0)
    assert endpoints.pick(0.5, tried=[ONE]) == TWO


def test_all_tried() -> None:
    """A call that has tried all begins again with the best."""
    assert pool().pick(0.0, tried=[ONE, TWO, THREE]) == ONE


def test_the_least_bad_one_serves() -> None:
    """When all pause, the one whose pause ends first serves."""
    endpoints = pool()
    fail(endpoints, ONE, 0.3)
    fail(endpoints, TWO, 0.1)
    fail(endpoints, THREE, 0.2)
    assert endpoints.pick(0.4) == TWO


def test_one_endpoint_serves_always() -> None:
    """A pool of one has no other choice."""
    endpoints = EndpointPool([ONE])
    fail(endpoints, ONE, 0.0)
    assert endpoints.pick(0.0, tried=[ONE]) == ONE


def test_one_call_tries_it_again() -> None:
    """After the pause one call tries the endpoint; the others wait for how that ends."""
    endpoints = pool()
    fail(endpoints, ONE, 0.0)
    assert [endpoints.pick(1.0), endpoints.pick(1.0), endpoints.pick(1.9)] == [ONE, TWO, TWO]
    assert endpoints.pick(2.0) == ONE  # the first was perhaps cancelled
    endpoints.mark_ok(ONE)
    assert endpoints.pick(2.0) == endpoints.pick(2.0) == ONE


def test_a_hundred_calls_that_fail_together_are_one_failure() -> None:
    """An attempt that began before a failure was known tells nothing new when it fails."""
    endpoints = pool()
    for now in (5.0, 5.1, 5.2):
        endpoints.mark_failed(ONE, now, started=0.0)
    assert endpoints.pick(6.0) == ONE
    endpoints.mark_failed(ONE, 6.5, started=6.0)
    assert endpoints.pick(8.4) == TWO
    assert endpoints.pick(8.5) == ONE


def late(phase: Any = "read") -> TimedOut:
    """Make a timeout."""
    return TimedOut(phase=phase, maybe_processed=True)


@pytest.mark.parametrize(
    "error",
    [
        ConnectError("refused"),
        TransportError("reset"),
        DecodeError(["$: not JSON"]),
        *(StatusError(status) for status in (101, 204, 302, 421, 429, 500, 502, 503, 504, 999)),
        *(late(phase) for phase in ("connect", "write", "read")),
    ],
)
def test_what_counts_against_an_endpoint(error: NimError) -> None:
    """It pauses when it was not reached, gave no answer in fair time, or one of no service."""
    endpoints = pool()
    assert endpoints.note(ONE, error, 5.0, started=0.0, seconds=1.0) == (1, 1.0)
    assert endpoints.pick(5.0) == TWO


@pytest.mark.parametrize(
    "error",
    [
        *(StatusError(status) for status in (400, 401, 403, 404, 405, 407, 408, 413, 414, 431)),
        late("pool"),
        late("rate limit"),
        ConfigurationError("closed"),
    ],
)
def test_what_says_nothing_of_an_endpoint(error: NimError) -> None:
    """A refusal of one request leaves all as it was: a good endpoint good, a bad one bad."""
    endpoints = pool()
    assert endpoints.note(ONE, error, 5.0, started=0.0, seconds=9.0) is None
    assert endpoints.pick(5.0) == ONE
    fail(endpoints, ONE, 5.0)
    endpoints.note(ONE, error, 5.0, started=5.0, seconds=9.0)
    assert endpoints.states(5.0)[ONE] == (1, 1.0)


@pytest.mark.parametrize("code", [404, 414, 416, 500, 503])
def test_a_refusal_of_the_service_is_good_health(code: int) -> None:
    """Whatever the service says, it is the service that says it."""
    endpoints = pool()
    fail(endpoints, ONE, 5.0)
    endpoints.note(ONE, api_error(code, ""), 5.0, started=5.0, seconds=9.0)
    assert endpoints.pick(5.0) == ONE


@pytest.mark.parametrize(("patience", "seconds", "counts"), [
    (1.0, 0.99, False), (1.0, 1.0, True), (0.2, 0.2, True), (0.2, 0.1, False), (1.0, -1.0, False),
])  # fmt: skip
def test_a_timeout_counts_after_a_fair_time_only(
    patience: float, seconds: float, *, counts: bool
) -> None:
    """A caller in a hurry says nothing of the endpoint that others use."""
    endpoints = EndpointPool([ONE, TWO], patience=patience)
    endpoints.note(ONE, late(), 5.0, started=4.0, seconds=seconds)
    assert (endpoints.pick(5.0) == TWO) is counts


def test_whether_all_pause() -> None:
    """All pause from the last failure until the first pause ends."""
    endpoints = EndpointPool([ONE, TWO])
    fail(endpoints, ONE, 0.0)
    assert not endpoints.all_pause(0.0)
    fail(endpoints, TWO, 0.5)
    assert endpoints.all_pause(0.5)
    assert not endpoints.all_pause(1.0)
    assert endpoints.pick(1.0) == ONE
    assert endpoints.all_pause(1.0)  # one call tries it, and what that shows is not known yet


def test_one_that_fails_while_the_others_pause() -> None:
    """It begins a pause of its own, and who is due first serves."""
    endpoints = EndpointPool([ONE, TWO])
    fail(endpoints, TWO, 0.0)
    fail(endpoints, TWO, 0.0)
    fail(endpoints, ONE, 0.1)
    assert endpoints.pick(0.2) == ONE
    fail(endpoints, ONE, 1.1)
    assert endpoints.pick(1.2) == TWO


def test_a_clock_that_goes_back_pauses_nothing_for_long() -> None:
    """A pause that would be longer than any is over, and a failure counts from now."""
    endpoints = pool()
    fail(endpoints, ONE, 10_000.0)
    assert endpoints.pick(5.0) == ONE
    assert endpoints.states(5.0)[ONE][1] <= 60
    endpoints.mark_ok(ONE)
    fail(endpoints, ONE, 10_000.0)
    fail(endpoints, ONE, 5.0)
    assert endpoints.pick(5.1) == TWO
    assert endpoints.pick(7.0) == ONE


def test_endpoints_that_are_named_no_more_leave_nothing() -> None:
    """A directory that names new hosts for ever fills no memory."""
    endpoints = pool()
    for number in range(1000):
        endpoints.replace([f"https://host-{number}"])
        fail(endpoints, f"https://host-{number}", 0.0)
    assert list(endpoints.states(0.0)) == ["https://host-999"]
