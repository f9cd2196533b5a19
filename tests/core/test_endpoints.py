"""Which base URL is used next."""

from __future__ import annotations

import pytest

from nim_async._core.endpoints import EndpointPool

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
