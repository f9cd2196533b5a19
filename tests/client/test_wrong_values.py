"""What a client and its views are told, refused where it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import pytest

from nim_async import Again, ConfigurationError, NimClient, RateLimit, RetryPolicy
from tests.client.misuse import LIMIT, SECRET, later, nothing, told
from tests.doubles import Scripted, client

if TYPE_CHECKING:
    from collections.abc import Callable

INF = float("inf")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Again(after=-5), "after must be 0 or more; given: -5"),
        (lambda: Again(after=INF), "after must have an end; given: inf"),
        (
            lambda: Again(after=cast("Any", "5")),
            "after must be a number; given: '5'; write it without quotes",
        ),
        (
            lambda: Again(elsewhere=cast("Any", None)),
            "elsewhere must be True or False; given: None",
        ),
        (
            lambda: RetryPolicy(rules=cast("Any", [3])),
            "rules: 3 cannot be called; give functions of one failure",
        ),
        (
            lambda: RetryPolicy(rules=cast("Any", later)),
            "rules must be a list of functions; given: the function later; write rules=[...]",
        ),
        (
            lambda: RetryPolicy(rules=cast("Any", [later])),
            (
                "rules: later is a coroutine function, which nobody would await; "
                "give a plain function"
            ),
        ),
        (
            lambda: RetryPolicy(rules=cast("Any", [nothing])),
            "rules: nothing does not take one argument, the failure",
        ),
        (lambda: RetryPolicy(max_attempts=0), "max_attempts must be more than 0; given: 0"),
        (
            lambda: RetryPolicy(max_attempts=cast("Any", 1.5)),
            "max_attempts must be a whole number; given: 1.5",
        ),
        (lambda: RetryPolicy(backoff=INF), "backoff must have an end; given: inf"),
        (
            lambda: RateLimit(calls=cast("Any", 0.5), per_seconds=1, block_seconds=1),
            "calls must be a whole number; given: 0.5",
        ),
        (
            lambda: RateLimit(calls=cast("Any", None), per_seconds=1, block_seconds=1),
            "calls must be a whole number; given: None",
        ),
        (
            lambda: RateLimit(calls=1, per_seconds=True, block_seconds=1),
            "per_seconds must be a number; given: True",
        ),
        (
            lambda: RateLimit(calls=1, per_seconds=INF, block_seconds=1),
            "per_seconds must have an end; given: inf",
        ),
        (
            lambda: NimClient.from_config(cast("Any", {"app_key": "k", "secret": SECRET})),
            "config must be the config of a client; given: a dict",
        ),
    ],
)
def test_values_that_cannot_be(make: Callable[[], object], text: str) -> None:
    """What a client is told is refused where it is made, in the same form."""
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert told(caught.value) == text


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"timeout": "5"}, "timeout must be a number; given: '5'; write it without quotes"),
        (
            {"retry": 2},
            "retry must be a RetryPolicy; given: 2; write RetryPolicy(max_attempts=2)",
        ),
        (
            {"max_attempts": "2"},
            "max_attempts must be a whole number; given: '2'; write it without quotes",
        ),
        (
            {"trace_id": 7},
            ("trace_id must be 1 to 128 printable ASCII characters; given: 7; write str() of it"),
        ),
        (
            {"trace_id": b"x"},
            "trace_id must be 1 to 128 printable ASCII characters; given: a bytes; decode it",
        ),
        (
            {"trace_id": UUID(int=0)},
            (
                "trace_id must be 1 to 128 printable ASCII characters; given: an UUID; "
                "write str() of it"
            ),
        ),
        (
            {"trace_id": [7]},
            "trace_id must be 1 to 128 printable ASCII characters; given: a list",
        ),
        (
            {"trace_id": "a\nb"},
            "trace_id must be 1 to 128 printable ASCII characters; given: 'a\\nb'",
        ),
        (
            {"trace_id": "x" * 129},
            "trace_id must be 1 to 128 printable ASCII characters; given: 129 characters",
        ),
        (
            {"trace_id": " x"},
            (
                "trace_id must be 1 to 128 printable ASCII characters; given: ' x'; "
                "strip() the spaces around it"
            ),
        ),
        ({"validate": 1}, "validate must be True or False; given: 1"),
    ],
)
def test_options_of_a_view_that_cannot_be(options: dict[str, Any], text: str) -> None:
    """A view is refused in the words of its class."""
    with pytest.raises(ConfigurationError) as caught:
        client(Scripted([])).options(**options)
    assert told(caught.value) == text


def test_the_limits_given_are_copied() -> None:
    """A mapping that is changed later changes nothing of the client."""
    limits: dict[str, RateLimit | None] = {"chatroom.get": LIMIT}
    nim: Any = NimClient("key", SECRET, rate_limit=limits)
    limits["chatroom.get"] = cast("Any", 50)
    assert nim.config.rate_limit == {"chatroom.get": LIMIT}
    assert nim._attempts._limiters.limit("/nimserver/chatroom/get.action") == LIMIT
