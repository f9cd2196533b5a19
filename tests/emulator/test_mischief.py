"""Faults of webhooks: each does what it says, and the same again by the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from nim_async.emulator import (
    Chances,
    CircuitOpen,
    Console,
    Doubled,
    Late,
    Lost,
    Overtaken,
    Refused,
    WronglySigned,
)
from nim_async.errors import CallbackError, MalformedCallback, SignatureMismatch, StaleCallback
from nim_async.webhooks import unwrap
from tests.emulator.receiving import Receiver, told, verdict
from tests.emulator.rooms import C
from tests.wire import KEY, NOON, SECRET

if TYPE_CHECKING:
    from nim_async.emulator import Mischief
    from tests.wire import Caller


async def say(call: Caller, room: int, *texts: str) -> None:
    """Send messages by the server API, with their texts as ids."""
    for text in texts:
        fields: dict[str, Any] = {"fromAccid": "amy", "msgId": text, "msgType": 0, "attach": text}
        assert await call.code(C + "sendMsg", roomid=room, **fields) == 200


def heard(receiver: Receiver) -> list[str]:
    """Return the texts that a web server got."""
    return [members["attach"] for members in receiver.members]


@pytest.mark.parametrize(
    ("mischief", "first", "later"),
    [
        (Doubled(), ["a", "a", "b", "c"], []),
        (Doubled(3), ["a", "a", "a", "b", "c"], []),
        (Lost(), ["b", "c"], []),
        (Overtaken(), ["b", "a", "c"], []),
        (Overtaken(2), ["b", "c", "a"], []),
        (Overtaken(3), ["b", "c"], ["a"]),
        (Late(9), ["b", "c"], ["a"]),
        (Late(0), ["a", "b", "c"], []),
    ],
)
async def test_what_each_does(mischief: Mischief, first: list[str], later: list[str]) -> None:
    """The first of three copies meets it."""
    call, room, receiver = told()
    webhooks = call.emulator.webhooks
    webhooks.faults.add(mischief)
    await say(call, room, "a", "b", "c")
    await webhooks.deliver()
    assert heard(receiver) == first
    assert webhooks.waiting == len(later)
    call.clock.advance(9)
    await webhooks.deliver(flush=True)
    assert heard(receiver) == first + later
    assert webhooks.waiting == 0
    assert len(webhooks.faults) == 0


@pytest.mark.parametrize(
    ("flaw", "error"),
    [
        ("secret", SignatureMismatch),
        ("body", SignatureMismatch),
        ("key", SignatureMismatch),
        ("stale", StaleCallback),
        ("unsigned", MalformedCallback),
    ],
)
async def test_wrong_signatures(flaw: Any, error: type[CallbackError]) -> None:
    """Each check of a receiver can be made to fail; the repeat is right."""
    call, room, receiver = told(receiver=Receiver((403, b""), (200, b"")))
    call.emulator.webhooks.faults.add(WronglySigned(flaw))
    await say(call, room, "a")
    await call.emulator.webhooks.deliver()
    [(headers, body)] = receiver.got
    with pytest.raises(error):
        unwrap(headers, body, SECRET, app_key=KEY, max_age=300, now=NOON)
    call.clock.advance(5)
    await call.emulator.webhooks.deliver()
    headers, body = receiver.got[1]
    unwrap(headers, body, SECRET, app_key=KEY, max_age=300, now=NOON + 5)
    assert call.emulator.webhooks.waiting == 0


async def test_a_fault_strikes_what_it_is_planted_for() -> None:
    """By source, number, condition and count; the first that fits."""
    call, room, receiver = told("bob")
    faults = call.emulator.webhooks.faults
    faults.add(Lost(), source="callbacks", times=None)
    faults.add(Lost(), event_type=9)
    faults.add(Lost(), when=lambda members: members.get("attach") == "b", times=2)
    await say(call, room, "a", "b")
    call.emulator.leave(room, "bob")
    call.emulator.enter(room, "bob")
    await say(call, room, "b ", "c")
    await call.emulator.webhooks.deliver()
    assert [m.get("attach", m.get("event")) for m in receiver.members] == ["a", "IN", "b ", "c"]
    faults.clear()
    assert len(faults) == 0


async def test_a_mischief_of_ones_own() -> None:
    """Any function of the plan will do."""
    call, room, receiver = told()
    call.emulator.webhooks.faults.add(lambda plan: (plan,) * 4)
    await say(call, room, "a")
    await call.emulator.webhooks.deliver()
    assert heard(receiver) == ["a"] * 4


async def by_chance(seed: int) -> list[str]:
    """Return what a web server gets of 60 messages when all may go wrong."""
    chances = Chances(
        doubled=0.2, overtaken=0.2, late=0.2, lost=0.1, wrongly_signed=0.1, late_by=3, seed=seed
    )
    call, room, receiver = told()
    call.emulator.webhooks.faults.add(chances, times=None)
    await say(call, room, *(str(n) for n in range(60)))
    await call.emulator.webhooks.deliver()
    call.clock.advance(3)
    await call.emulator.webhooks.deliver(flush=True)
    return heard(receiver)


async def test_chances_are_repeatable() -> None:
    """The same seed gives the same disorder; another one another."""
    first = await by_chance(1)
    assert first == await by_chance(1)
    assert first != await by_chance(2)
    assert len(set(first)) < 60  # some are lost
    assert len(first) > len(set(first))  # some come twice
    assert first != sorted(first, key=int)  # some come late


async def test_no_chance_at_all_changes_nothing() -> None:
    """Without shares everything arrives, in order."""
    call, room, receiver = told()
    call.emulator.webhooks.faults.add(Chances(), times=None)
    await say(call, room, *"abc")
    await call.emulator.webhooks.deliver()
    assert heard(receiver) == list("abc")


@pytest.mark.parametrize(
    ("mischief", "reason"), [(CircuitOpen(), "3"), (Lost(), "1"), (Late(2), "1")]
)
async def test_callbacks_that_fail(mischief: Mischief, reason: str) -> None:
    """Nobody is asked, the default is used, and a copy says why."""
    asked = Receiver(verdict(errCode=1))
    call, room, copies = told("bob", callbacks_to=asked)
    call.emulator.webhooks.faults.add(mischief, source="callbacks")
    await call.emulator.ask_to_speak(room, "bob", "hi")
    assert asked.got == []
    await call.emulator.webhooks.deliver()
    assert [m["reason"] for m in copies.members if m["eventType"] == "83"] == [reason]
    with pytest.raises(Refused):
        await call.emulator.ask_to_speak(room, "bob", "asked again")


async def test_a_callback_signed_wrongly() -> None:
    """The receiver refuses it, so there is no verdict."""
    asked = Receiver((403, b""))
    call, room, _ = told("bob", callbacks_to=asked, console=Console(default_allows=False))
    call.emulator.webhooks.faults.add(WronglySigned(), source="callbacks")
    with pytest.raises(Refused):
        await call.emulator.ask_to_speak(room, "bob", "hi")
    with pytest.raises(SignatureMismatch):
        assert asked.events
