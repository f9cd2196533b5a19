"""
Webhooks of any bytes: events and `CallbackError`, nothing else.

Documented bodies and their headers are changed at random, in their structure and byte by byte;
some are signed again after that, as what the service would send, and others are not, as forgeries.

``python -m tests.drills.callbacks [--count N] [--seed N] [--quick]``
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import traceback
from collections import Counter
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from attrs import define, field, fields

from benchmarks.tables import show, verdict
from nim_async import CallbackError, MissingField
from nim_async.webhooks import AddressCheck, Event, Spoken, parse, unwrap
from tests.webhooks.signed import EXAMPLES, NOW, SECRET, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nim_async.webhooks import Source

_SEEDS = [body.encode() for _, _, body in EXAMPLES] + [b"{}", b""]
_DEEP = 3
_ODD: list[Any] = [
    None, True, False, 0, -1, 1, 6, 9, 37, 10**30, -(10**400), 1.5, 1e308, "", " ", "x", "4", "6",
    "9", "14", "20", "37", "IN", "TEXT", "PICTURE", "NOTIFICATION", "CUSTOM", "true", "１", "\x00",
    "\ud800", "\u202e", "9" * 30, "{", "[", "[a, b]", "{}", "[]", '{"id":301,"data":{}}', [], {},
    [[]], [None], {"": {}}, "[" * 5000, '{"a":' * 5000, "x" * 10_000, ["a"] * 1000,
]  # fmt: skip
_NAMES = [
    "eventType", "roomId", "roomid", "chatRoomId", "to", "body", "attach", "event", "tags", "extra",
    "unreadable", "raw", "_raw", "key", "__class__", "objects", "elements", "keys", "", "\ud800",
]  # fmt: skip
_HEADERS = ["AppKey", "CurTime", "MD5", "CheckSum", "type", "Type", "md5", "\x00", ""]


def deep(levels: int) -> Any:
    """Make lists in each other."""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


@define
class Fuzz:
    """Makes webhooks that are not quite as documented."""

    random: random.Random

    def _value(self) -> Any:
        if self.random.random() < 0.02:
            return deep(self.random.choice([50, 150, 400]))
        return self.random.choice(_ODD)

    def _restructured(self, body: bytes) -> bytes:
        try:
            members: Any = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            return body
        if not isinstance(members, dict):
            return body
        told: dict[Any, Any] = cast("dict[str, Any]", members)
        for _ in range(self.random.randint(1, 4)):
            name = self.random.choice([*told, *_NAMES])
            fate = self.random.random()
            if fate < 0.2:
                told.pop(name, None)
            elif fate < 0.3:
                told = {name: told}
            elif fate < 0.4:
                told[name] = json.dumps(told)
            else:
                told[name] = self._value()
        return json.dumps(told, ensure_ascii=self.random.random() < 0.7).encode(
            errors="surrogatepass"
        )

    def _spoilt(self, body: bytes) -> bytes:
        changed = bytearray(body)
        for _ in range(self.random.randint(1, 4)):
            place = self.random.randint(0, len(changed))
            fate = self.random.random()
            if fate < 0.3:
                changed[place : place + 1] = bytes([self.random.randrange(256)])
            elif fate < 0.5:
                del changed[place : place + self.random.randint(1, 30)]
            elif fate < 0.7:
                changed[place:place] = self.random.randbytes(self.random.randint(1, 10))
            elif fate < 0.9:
                other = self.random.choice(_SEEDS)
                changed[place:place] = other[: self.random.randint(0, len(other))]
            else:
                changed[place:place] = b"[" * self.random.choice([10, 1000, 20_000])
        return bytes(changed)

    def body(self) -> bytes:
        """Make a body."""
        body = self.random.choice(_SEEDS)
        fate = self.random.random()
        if fate < 0.02:
            return self.random.randbytes(self.random.randint(0, 200))
        if fate < 0.65:
            body = self._restructured(body)
        if fate > 0.6:
            body = self._spoilt(body)
        return body

    def headers(self, body: bytes) -> Any:
        """Make headers that do not fit the body, or are none."""
        headers: dict[Any, Any] = dict(signed(body))
        fate = self.random.random()
        if fate < 0.3:  # signed, but not with the secret
            return signed(body, secret=self.random.choice(["", "another", SECRET + " "]))
        if fate < 0.4:  # signed, but another body
            return signed(body + b" ")
        for _ in range(self.random.randint(1, 3)):
            headers[self.random.choice(_HEADERS)] = self.random.choice(
                [*_ODD, b"\xff", self.random.randbytes(5), "0" * 32, "0" * 40]
            )
        if fate < 0.5:
            return [*signed(body).items(), *headers.items()]
        if fate < 0.55:
            return self.random.choice([None, 5, [5], [()], ["ab"], {5: 5}, body])
        return headers


@define
class Tally:
    """What came of the webhooks."""

    events: Counter[str] = field(factory=Counter[str])
    errors: Counter[str] = field(factory=Counter[str])
    crashes: list[str] = field(factory=list[str])
    believed: int = 0
    objects_refused: int = 0

    def crash(self, what: bytes) -> None:
        """Note an exception that is not one of ours."""
        if not self.crashes:
            print(repr(what[:2000]))
            traceback.print_exc()
        self.crashes.append(repr(sys.exc_info()[1])[:200])


def look(event: Event) -> None:
    """Use an event as any program might."""
    cls: Any = type(event)
    for name in [a.name for a in fields(cls)] + ["room_id", "time", "sender", "source", "raw"]:
        with suppress(MissingField):
            getattr(event, name)
    if isinstance(event, Spoken):
        repr(event.content)
    repr(event)
    assert event.key.isascii()
    assert len(event.key) <= 60
    event.to_dict()
    hash(event)
    assert event == event  # noqa: PLR0124  it is compared by its fields


def is_object(body: bytes) -> bool:
    """Return whether Python's own reader finds an object that JSON can hold."""
    try:
        read = json.loads(body.decode(), parse_constant=int)
    except (ValueError, RecursionError):
        return False
    return isinstance(read, dict)


def genuine(body: bytes, source: Source | None, headers: Any, tally: Tally) -> None:
    """Read a body that is signed: an object is an event."""
    try:
        event = unwrap(headers, body, ["new", SECRET], app_key="the-key", max_age=60, now=NOW,
                       source=source)  # fmt: skip
        look(event)
        again = parse(body, source=source)
        assert again.key == event.key or "type" in {str(name).lower() for name in headers}
    except CallbackError as error:
        tally.errors[f"{type(error).__name__}, {error.check}"] += 1
        tally.objects_refused += is_object(body)
    except Exception:  # noqa: BLE001  what the drill looks for
        tally.crash(body)
    else:
        tally.events[type(event).__name__] += 1
        assert body.strip() or isinstance(event, AddressCheck)


def as_sent(headers: Any, body: bytes) -> bool:
    """Return whether a header was changed that is not looked at, or to what it was."""
    wanted = {name.lower(): value for name, value in signed(body).items()}
    try:
        pairs: list[Any] = list(headers.items() if hasattr(headers, "items") else headers)
        seen = {str(name).lower(): value for name, value in pairs}
    except (TypeError, ValueError):
        return False
    return all(seen.get(name) == value for name, value in wanted.items())


def forged(body: bytes, headers: Any, tally: Tally) -> None:
    """Read a body that is not signed: it is never believed."""
    try:
        unwrap(headers, body, SECRET, app_key="the-key", max_age=60, now=NOW)
    except CallbackError as error:
        tally.errors[f"{type(error).__name__}, {error.check}"] += 1
    except Exception:  # noqa: BLE001  what the drill looks for
        tally.crash(repr(headers).encode(errors="replace"))
    else:
        tally.believed += not as_sent(headers, body)


def run(count: int, seed: int) -> Tally:
    """Make so many webhooks and read them."""
    fuzz = Fuzz(random.Random(seed))  # noqa: S311  no secret
    tally = Tally()
    sources: tuple[Source | None, ...] = (None, "copies", "callbacks")
    for number in range(count):
        body = fuzz.body()
        if number % 3:
            headers = signed(body)
            if number % 7 == 0:
                headers["type"] = "avchat"
            genuine(body, sources[number % 5 % 3], headers, tally)
        else:
            forged(body, fuzz.headers(body), tally)
    return tally


def criteria(tally: Tally) -> dict[str, bool]:
    """Return what must hold of a run."""
    return {
        "nothing but events and CallbackError": not tally.crashes,
        "no forgery is believed": not tally.believed,
        "no JSON object that is signed is refused": not tally.objects_refused,
        "every class of event came up": len(tally.events) == len({c for _, c, _ in EXAMPLES}) + 2,
        "every check failed at times": {"MD5", "CheckSum", "AppKey", "CurTime", "headers", "body"}
        == {name.rpartition(", ")[2] for name in tally.errors},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Read webhooks of any bytes, and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300_000, help="webhooks to read")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="few webhooks")
    given = parser.parse_args(arguments)
    count = 5000 if given.quick else given.count
    began = perf_counter()
    tally = run(count, given.seed)
    took = perf_counter() - began
    rows = [*tally.events.most_common(), *tally.errors.most_common()]
    show(f"{count} webhooks, seed {given.seed}, {took:.0f} s", ["became", "times"], rows)
    return verdict(criteria(tally))


if __name__ == "__main__":
    sys.exit(main())
