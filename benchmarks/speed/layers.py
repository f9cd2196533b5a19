"""What the parts of a call cost, without a network: microseconds on one core."""

from __future__ import annotations

import os
import time
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import anyio

from benchmarks.speed.contenders import without_extras
from benchmarks.speed.rounds import CLIENT_CORE
from benchmarks.speed.server import bodies
from benchmarks.tables import show
from nim_async import NimClient, RateLimit, RetryPolicy
from nim_async._core import converter, jsontext, signing, wire
from nim_async._generated.models import Members, Room
from nim_async._generated.operations import CHATROOM_GET, CHATROOM_SEND_MSG
from nim_async._session import Reply
from nim_async.config import Credentials

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nim_async.observe import Event

_REPEATS = 7
_CREDENTIALS = Credentials(app_key="app", app_secret="the-secret")  # noqa: S106  made up
_MESSAGE: dict[str, Any] = {
    "room_id": 66,
    "from_accid": "amy",
    "msg_type": 0,
    "attach": "hello there",
    "msg_id": None,
}


class _NoNetwork:
    """A session that has the answer already."""

    free = 1

    def __init__(self, body: bytes) -> None:
        self._reply = Reply(200, body)

    now = staticmethod(time.monotonic)

    def bind(self) -> float:
        """Belong to any loop."""
        return time.monotonic()

    def enter_now(self) -> bool:
        """Let everybody in."""
        return True

    def leave(self) -> None:
        """Take no note."""

    async def request(self, *_: object, **__: object) -> Reply:
        """Return the answer."""
        return self._reply


def measure(*, quick: bool) -> dict[str, float]:
    """Measure all parts and print them."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    with_extra = jsontext.quickest()
    without_extras()
    jsontext.quickest.cache_clear()
    found = _parts(200 if quick else 5000, with_extra)
    found |= anyio.run(_calls, 200 if quick else 5000)
    whole = found["a typed call without a network"]
    for name, other in (
        ("of it: rate limit", "the same without rate limit"),
        ("of it: more than one attempt allowed", "the same with one attempt"),
        ("of it: a deadline that can pass", "the same without an end"),
    ):
        found[name] = whole - found.pop(other)
    found["a hook more"] = found.pop("the same with a hook") - whole
    show("microseconds", ["part", "us"], sorted(found.items(), key=itemgetter(1), reverse=True))
    return found


def _parts(times: int, with_extra: Callable[[bytes], object]) -> dict[str, float]:
    answers = bodies()
    room = wire.decode(answers["small"])["chatroom"]
    members = wire.decode(answers["members"])["desc"]
    signer = signing.Signer(_CREDENTIALS)
    parts: dict[str, Callable[[], object]] = {
        "sign": lambda: signer.header_lines("0" * 32, time.time()),
        "new request id": signing.new_id,
        "encode a read": partial(_encode, CHATROOM_GET, {"room_id": 66}),
        "encode a message": partial(_encode, CHATROOM_SEND_MSG, _MESSAGE),
        "decode 200 bytes": lambda: wire.decode(answers["small"]),
        "decode 50 kB": lambda: wire.decode(answers["large"]),
        "read 200 bytes by msgspec": lambda: with_extra(answers["small"]),
        "read 50 kB by msgspec": lambda: with_extra(answers["large"]),
        "structure a room": lambda: converter.structure(room, Room),
        "structure 500 members": lambda: converter.structure(members, Members),
    }
    found: dict[str, float] = {}
    for name, part in parts.items():
        rounds = max(10, times // 50) if "500" in name or "kB" in name else times
        best = min(_timed(part, rounds) for _ in range(_REPEATS))
        found[name] = 1e6 * best / rounds
    return found


def _encode(operation: Any, arguments: dict[str, Any]) -> bytes:
    return wire.encode(operation, arguments, new_id=signing.new_id)


def _timed(part: Callable[[], object], rounds: int) -> float:
    began = time.perf_counter()
    for _ in range(rounds):
        part()
    return time.perf_counter() - began


async def _calls(times: int) -> dict[str, float]:
    wide = {"chatroom.get": RateLimit(calls=10_000_000, per_seconds=0.001, block_seconds=1)}
    body = bodies()["small"]
    clients = {
        "a typed call without a network": _client(body, rate_limit=wide),
        "the same without rate limit": _client(body, rate_limit=None),
        "the same with one attempt": _client(
            body, rate_limit=wide, retry=RetryPolicy(max_attempts=1)
        ),
        "the same without an end": _client(body, rate_limit=wide, deadline=float("inf")),
        "the same with a hook": _client(body, rate_limit=wide, hooks=[_nothing]),
    }
    best = dict.fromkeys(clients, float("inf"))
    for _ in range(_REPEATS):  # in turn, so that all meet the same weather
        for name, nim in clients.items():
            call = partial(nim.chatroom.get, room_id=66)
            best[name] = min(best[name], await _timed_call(call, times))
    return {name: 1e6 * seconds / times for name, seconds in best.items()}


def _nothing(event: Event) -> None:
    del event


def _client(body: bytes, **options: Any) -> NimClient:
    nim = NimClient("app", "the-secret", **options)
    vars(nim)["_attempts"]._session = _NoNetwork(body)  # noqa: SLF001
    return nim


async def _timed_call(call: Callable[[], Awaitable[object]], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        await call()
    return time.perf_counter() - began
