"""Check, ask, commit: what may happen while a web server is asked, and what its verdict does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest
from attrs import evolve

from nim_async import MessageType
from nim_async.emulator import Refused
from nim_async.emulator.admission import Entry, check_entry, check_message, check_speech
from nim_async.emulator.asking import (
    ALLOWED,
    Check,
    Draft,
    EntryQuestion,
    MessageQuestion,
    Question,
    Verdict,
)
from tests.emulator.rooms import C, opened
from tests.wire import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from nim_async.emulator import Emulator, Message
    from nim_async.emulator.exchange import Exchange
    from nim_async.emulator.state import State

ENTRY = Entry(
    accid="Cat",
    nick="C",
    avatar=None,
    ext="e",
    tags=("vip",),
    notify_target_tags=None,
    client_type="IOS",
)


def exchange_of(emulator: Emulator) -> Exchange:
    """Return what asks."""
    return emulator._exchange  # pyright: ignore[reportPrivateUsage]


def speech(room: int, msg_id: str = "m", **fields: Any) -> Check[Message]:
    """Let bob's program say something."""
    draft = Draft(sender="Bob", msg_id=msg_id, attach="hello", **fields)
    return partial(check_speech, room_id=room, draft=draft, client_type=None)


def entry(room: int) -> Check[None]:
    """Let cat's program enter."""
    return partial(check_entry, room_id=room, entry=ENTRY)


def says(verdict: Verdict, asked: list[Question] | None = None) -> Callable[[Question], Any]:
    """Return an asker that always gets the same verdict."""

    async def ask(question: Question) -> Verdict:
        if asked is not None:
            asked.append(question)
        return verdict

    return ask


async def test_the_emulator_is_free_while_a_question_waits() -> None:
    """The asker's own task and other threads may use the emulator; nothing is held."""
    call, room = opened("bob")
    emulator = call.emulator

    async def ask(_: Question) -> Verdict:
        assert not exchange_of(emulator)._lock.locked()  # pyright: ignore[reportPrivateUsage]
        emulator.enter(room, "dan")
        assert await call.code(C + "get", roomid=room) == 200
        await anyio.to_thread.run_sync(emulator.speak, room, "dan", "from a thread")
        return ALLOWED

    message = await exchange_of(emulator).ask(speech(room), ask)
    assert [m.attach for m in emulator.messages(room)] == ["from a thread", "hello"]
    assert message.receivers == {"bob", "dan"}


async def test_of_two_that_pass_the_check_one_may_fit() -> None:
    """Two messages want the last place of high priority; both are asked about, one is sent."""
    call, room = opened()
    for n in range(9):
        fields: dict[str, Any] = {"fromAccid": "amy", "msgId": f"h{n}", "msgType": 0}
        assert await call.code(C + "sendMsg", roomid=room, highPriority=True, **fields) == 200
    asked, both_asked, codes = 0, anyio.Event(), list[int]()

    async def ask(_: Question) -> Verdict:
        nonlocal asked
        asked += 1
        if asked == 2:
            both_asked.set()
        await both_asked.wait()
        return ALLOWED

    async def send(msg_id: str) -> None:
        draft = Draft(sender="amy", msg_id=msg_id, high_priority=True, no_downgrade=True)

        def check(state: State) -> Any:
            return check_message(state, state.room(room), draft)

        try:
            sent = await exchange_of(call.emulator).ask(check, ask)
        except Refused as refused:
            codes.append(refused.code)
        else:
            assert sent.high_priority
            codes.append(200)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send, "one")
        tasks.start_soon(send, "two")
    assert sorted(codes) == [200, 403]
    assert len(call.emulator.messages(room)) == 10


@pytest.mark.parametrize(
    ("path", "fields", "spoken", "entered"),
    [
        ("temporaryMute", {"operator": "amy", "muteDuration": 60}, 13004, None),
        ("muteRoom", {"operator": "amy", "mute": True}, 13006, None),
        ("setMemberRole", {"operator": "amy", "opt": -1, "optvalue": True}, 404, 13003),
        ("kickMember", {"accid": "amy"}, 404, None),
        ("toggleCloseStat", {"operator": "amy", "valid": False}, 13002, 13002),
    ],
)
@pytest.mark.parametrize("accid", ["bob", "cat"])
async def test_the_check_is_made_again_after_the_question(
    path: str, fields: dict[str, Any], spoken: int, entered: int | None, accid: str
) -> None:
    """What happens meanwhile counts: the muted do not speak, the blocked do not enter."""
    call, room = opened("bob")
    check: Check[Any] = speech(room) if accid == "bob" else entry(room)
    expected = spoken if accid == "bob" else entered

    async def ask(_: Question) -> Verdict:
        await call(C + path, roomid=room, target=accid, targetAccid=accid, **fields)
        return ALLOWED

    if expected is None:
        await exchange_of(call.emulator).ask(check, ask)
        assert "cat" in call.emulator.rooms[room].online
        return
    with pytest.raises(Refused) as caught:
        await exchange_of(call.emulator).ask(check, ask)
    assert caught.value.code == expected
    assert call.emulator.messages(room) == ()
    assert "cat" not in call.emulator.rooms[room].online


async def test_a_reset_ends_what_was_asked_about_before() -> None:
    """Nothing of the time before comes into the rooms of the time after."""
    call, room = opened("bob")

    async def ask(_: Question) -> Verdict:
        call.emulator.reset()
        call.emulator.add_room("amy", room_id=room)
        return ALLOWED

    with pytest.raises(Refused, match="404"):
        await exchange_of(call.emulator).ask(speech(room), ask)
    assert call.emulator.messages(room) == ()


async def test_what_fails_its_check_is_not_asked_about() -> None:
    """A web server hears only of what the emulator would carry out."""
    call, room = opened("bob")
    asked: list[Question] = []
    wrong: list[Check[Any]] = [speech(room + 1), entry(room + 1), speech(room, ext="x" * 4097)]
    for check in wrong:
        with pytest.raises(Refused):
            await exchange_of(call.emulator).ask(check, says(ALLOWED, asked))
    assert asked == []


async def test_the_questions_hold_what_a_web_server_is_told() -> None:
    """Of a message: sender, nick, device, id and content; of an entry: profile, device and tags."""
    call, room = opened()
    call.emulator.enter(room, "bob", nick="Bob", client_type="PC")
    asked: list[Question] = []
    checks: list[Check[Any]] = [speech(room), entry(room)]
    for check in checks:
        await exchange_of(call.emulator).ask(check, says(ALLOWED, asked))
    message, entering = asked
    assert isinstance(message, MessageQuestion)
    assert (message.room_id, message.time, message.nick) == (room, NOON * 1000, "Bob")
    draft = Draft(sender="bob", msg_id="m", msg_type=MessageType.TEXT, attach="hello")
    assert message.draft == evolve(draft, client_type="PC")
    assert isinstance(entering, EntryQuestion)
    assert (entering.room_id, entering.time, entering.accid) == (room, NOON * 1000, "cat")
    assert (entering.profile.nick, entering.profile.ext) == ("C", "e")
    assert (entering.presence.client_type, entering.presence.tags) == ("IOS", ("vip",))
    assert call.emulator.members(room)["cat"].presences["IOS"].tags == ("vip",)


async def test_a_verdict_may_refuse() -> None:
    """The sender gets the code, and nothing happens in the room."""
    call, room = opened("bob")
    checks: list[Check[Any]] = [speech(room), entry(room)]
    for check in checks:
        with pytest.raises(Refused) as caught:
            await exchange_of(call.emulator).ask(check, says(Verdict(code=20001)))
        assert caught.value.code == 20001
    assert call.emulator.messages(room) == ()
    assert call.emulator.rooms[room].online == {"bob"}


async def test_a_verdict_may_drop_a_message_in_silence() -> None:
    """The sender sees success, and nobody gets or finds the message."""
    call, room = opened("bob")
    sent = await exchange_of(call.emulator).ask(speech(room), says(Verdict(code=200)))
    assert (sent.attach, sent.receivers, sent.stored) == ("hello", frozenset[str](), False)
    assert call.emulator.messages(room) == ()


async def test_a_verdict_may_change_a_message() -> None:
    """Receivers and history get the changed content; what is not named stays."""
    call, room = opened("bob")
    ask = exchange_of(call.emulator).ask
    await ask(speech(room, ext="e"), says(Verdict(attach="***")))
    await ask(speech(room, "m2", ext="e"), says(Verdict(ext="masked")))
    sent = [(m.attach, m.ext) for m in call.emulator.messages(room)]
    assert sent == [("***", "e"), ("hello", "masked")]


async def test_a_known_message_is_not_asked_about_again() -> None:
    """A second send of a known id changes nothing, so there is nothing to ask."""
    call, room = opened("bob")
    first = call.emulator.speak(room, "bob", "hello", msg_id="m")
    asked: list[Question] = []
    check = speech(room, resend=True)
    assert await exchange_of(call.emulator).ask(check, says(ALLOWED, asked)) is first
    assert asked == []
