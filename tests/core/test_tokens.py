"""Dynamic login tokens."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import time
from typing import Any

import pytest

from nim_async import ConfigurationError, NimClient, dynamic_token
from nim_async.emulator import Clock, Emulator
from nim_async.emulator.tokens import is_dynamic_token

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "tokens.json").read_text("utf-8")
)
NOW = 1_735_689_600.123
MEMBERS: dict[str, Any] = {"app_key": "k", "app_secret": "hunter2", "accid": "lisi", "ttl": 600}


def token(**changes: Any) -> str:
    """Make a token, with changes."""
    given: dict[str, Any] = {**MEMBERS, "now": NOW, **changes}
    return dynamic_token(**given)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["accid"])
def test_the_vectors(vector: dict[str, Any]) -> None:
    """Formula, order and units are those of the vectors; the emulator takes them in their time."""
    now = vector["curtime"] / 1000
    made = token(**{name: vector[name] for name in MEMBERS}, now=now)
    assert made == vector["token"]
    assert b64decode(made).decode() == vector["json"]
    known = {name: vector[name] for name in ("app_key", "app_secret", "accid")}
    assert is_dynamic_token(made, now=now, **known)
    assert is_dynamic_token(made, **known, now=now + vector["ttl"] - 0.01)
    assert not is_dynamic_token(made, **known, now=now + vector["ttl"])
    for name in known:
        assert not is_dynamic_token(made, **known | {name: "other"}, now=now)


@pytest.mark.slow
@pytest.mark.parametrize("milliseconds", range(0, 1000, 7))
def test_no_millisecond_is_lost(milliseconds: int) -> None:
    """Seconds with a fraction become the nearest millisecond."""
    made = json.loads(b64decode(token(now=1_735_689_600 + milliseconds / 1000)))
    assert made["curTime"] == 1_735_689_600_000 + milliseconds


def test_the_present_when_left_out() -> None:
    """Without a time it is made now, in milliseconds."""
    before = int(time() * 1000)
    made = json.loads(b64decode(token(now=None)))
    assert before <= made["curTime"] <= time() * 1000 + 1


def test_the_account_is_signed_as_it_is_stored() -> None:
    """Upper-case letters make no other token."""
    assert token(accid="LiSi") == token()
    assert token(accid="lisi2") != token()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"accid": ""}, "accid must have 1 to 32 letters, digits, _, @, . and -; given: ''"),
        ({"accid": "x" * 33}, "accid must have 1 to 32 letters"),
        ({"accid": "李四"}, "accid must have 1 to 32 letters"),
        ({"accid": "li si"}, "accid must have 1 to 32 letters"),
        ({"accid": "lisi\n"}, "accid must have 1 to 32 letters"),
        ({"accid": 5}, "accid must be text; given: 5"),
        ({"ttl": 0}, "ttl must be at least 1 second"),
        ({"ttl": -1}, "ttl must be at least 1 second"),
        ({"ttl": 2**63}, "ttl must be at least 1 second, and a number of 64 bits"),
        (
            {"ttl": 60.0},
            "ttl must be a whole number of seconds; given: 60.0; write int() of it",
        ),
        ({"ttl": 0.5}, "ttl must be a whole number of seconds; given: 0.5"),
        ({"ttl": True}, "ttl must be a whole number of seconds; given: True"),
        ({"ttl": "600"}, "ttl must be a whole number of seconds; given: '600'"),
        ({"ttl": None}, "ttl must be a whole number of seconds; given: None"),
        (
            {"now": NOW * 1000},
            "now must be seconds since 1970; given: 1735689600123.0; divide milliseconds by 1000",
        ),
        ({"now": 0}, "now must be seconds since 1970; given: 0"),
        ({"now": -NOW}, "now must be seconds since 1970"),
        ({"now": float("nan")}, "now must be seconds since 1970; given: nan"),
        ({"now": float("inf")}, "now must be seconds since 1970; given: inf"),
        ({"now": 10**400}, "now must be seconds since 1970"),
        ({"now": datetime.now(UTC)}, "now must be seconds since 1970; given: a datetime"),
        ({"now": True}, "now must be seconds since 1970; given: True"),
        ({"app_key": ""}, "app_key is empty"),
        ({"app_secret": None}, "app_secret must be text"),
    ],
)
def test_what_cannot_be(changes: dict[str, Any], text: str) -> None:
    """A value that cannot be is refused with what it must be, and the secret is not shown."""
    with pytest.raises(ConfigurationError) as caught:
        token(**changes)
    assert str(caught.value).startswith(text)
    assert caught.value.option == next(iter(changes))
    assert "hunter2" not in repr(caught.value)


async def test_a_client_makes_tokens() -> None:
    """A client makes them with its own key and secret, and the emulator lets the account in."""
    emulator = Emulator("key", "the-secret")
    room = emulator.add_room("amy")
    async with NimClient("key", "the-secret", transport=emulator.transport()) as nim:
        emulator.enter(room, "ben", token=nim.dynamic_token("Ben", ttl=600))
        with pytest.raises(ConfigurationError):
            nim.dynamic_token("ben", ttl=0)
    assert emulator.calls == []


async def test_a_client_makes_tokens_by_the_time_of_the_service() -> None:
    """Once a refused signature has told the time, tokens are made by it."""
    clock = Clock(time() + 86_400)
    emulator = Emulator("key", "the-secret", clock=clock)
    room = emulator.add_room("amy")
    async with NimClient("key", "the-secret", transport=emulator.transport()) as nim:
        await nim.chatroom.get(room_id=room)
        made = json.loads(b64decode(nim.dynamic_token("ben", ttl=600)))
        assert abs(made["curTime"] / 1000 - clock()) < 3600
        emulator.enter(room, "ben", token=nim.dynamic_token("ben", ttl=3600))


def test_a_token_ends_with_its_ttl() -> None:
    """It holds until then and no longer, whatever moment between milliseconds it was made at."""
    random = Random(1)  # noqa: S311  no secret
    known = {"app_key": "k", "app_secret": "s", "accid": "amy"}
    for _ in range(2000):
        now = 1_700_000_000 + random.random() * 1e8
        token = dynamic_token("k", "s", "amy", ttl=60, now=now)
        assert is_dynamic_token(token, **known, now=now + 59.998)
        assert not is_dynamic_token(token, **known, now=now + 60)
