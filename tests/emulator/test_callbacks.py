"""Callbacks: who is asked about what, what the verdict does, and what happens without one."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from nim_async import MessageType, dynamic_token
from nim_async.emulator import Clock, Console, Emulator, Refused
from nim_async.emulator.asking import ALLOWED, Verdict
from nim_async.emulator.webhooks.targets import Answer
from nim_async.emulator.webhooks.verdicts import OddAnswer, read
from nim_async.webhooks import CallbackFailedEvent, EnterAsked, LoginAsked, MessageAsked, parse
from tests.emulator.receiving import ALLOW, Receiver, asked, silent, told, verdict
from tests.emulator.rooms import C
from tests.emulator.serving import served
from tests.wire import KEY, NOON, SECRET

if TYPE_CHECKING:
    from tests.emulator.receiving import Result

NOW = int(NOON * 1000)


async def test_a_message_of_a_client_program_is_asked_about() -> None:
    """Before it is there; with all that is known of it."""
    emulator: Emulator | None = None

    async def look() -> Result:
        assert emulator is not None
        assert emulator.messages(room) == ()
        return ALLOW

    receiver = Receiver(look)
    call, room = asked(receiver=receiver)
    emulator = call.emulator
    emulator.enter(room, "Bob", nick="B", client_type="IOS")
    message = await emulator.ask_to_speak(room, "bob", "hi", ext="e", msg_id="m")
    assert emulator.messages(room) == (message,)
    [ask] = receiver.events
    assert isinstance(ask, MessageAsked)
    assert (ask.room_id, ask.time, ask.from_account, ask.from_nick) == (room, NOW, "bob", "B")
    assert (ask.text, ask.ext, ask.msg_id_client) == ("hi", "e", "m")
    assert ask.msg_type is MessageType.TEXT
    assert ask.from_device_id == "bob-ios"


@pytest.mark.parametrize("token", [None, "static", "dynamic"])
async def test_entering_is_asked_about(token: str | None) -> None:
    """With the profile, the tags, and by which kind of token."""
    receiver = Receiver()
    call, room = asked(receiver=receiver)
    emulator = call.emulator
    emulator.register("bob", token="static")
    tokens = {
        None: None,
        "static": "static",
        "dynamic": dynamic_token(KEY, SECRET, "bob", ttl=60, now=NOON),
    }
    await emulator.ask_to_enter(
        room, "bob", token=tokens[token], nick="B", ext="e", tags=["one", "two"]
    )
    assert "bob" in emulator.members(room)
    [ask] = receiver.events
    assert isinstance(ask, EnterAsked)
    assert (ask.room_id, ask.time, ask.from_account) == (room, NOW, "bob")
    assert (ask.nick, ask.ext, ask.tags, ask.anonymous) == ("B", "e", ("one", "two"), False)
    assert ask.login_auth_type == {"static": 0, "dynamic": 1, None: 2}[token]
    assert ask.token == (tokens[token] or "")


async def test_logging_in_is_asked_about() -> None:
    """To IM; a refusal leaves nobody logged in."""
    receiver = Receiver(verdict(errCode=1, responseCode=20_005), ALLOW)
    call, _ = asked(receiver=receiver)
    emulator = call.emulator
    emulator.register("bob")
    with pytest.raises(Refused) as refused:
        await emulator.ask_to_log_in("bob", client_type="PC")
    assert refused.value.code == 20_005
    assert not emulator.accounts["bob"].logins
    await emulator.ask_to_log_in("bob", client_type="PC")
    assert list(emulator.accounts["bob"].logins) == ["PC"]
    ask = receiver.events[0]
    assert isinstance(ask, LoginAsked)
    assert (ask.from_account, ask.login_auth_type, ask.time) == ("bob", 2, NOW)


async def test_the_server_api_is_never_asked_about() -> None:
    """Nor are the methods that arrange a scene."""
    receiver = Receiver()
    call, room = asked("bob", receiver=receiver)
    fields: dict[str, Any] = {"fromAccid": "amy", "msgId": "n", "msgType": 0}
    assert await call.code(C + "sendMsg", roomid=room, **fields) == 200
    call.emulator.speak(room, "bob", "hi")
    assert receiver.got == []


async def test_what_is_refused_anyway_is_not_asked_about() -> None:
    """The check comes before the question."""
    receiver = Receiver()
    call, room = asked(receiver=receiver)
    with pytest.raises(Refused):
        await call.emulator.ask_to_speak(room, "bob", "not inside")
    with pytest.raises(Refused):
        await call.emulator.ask_to_enter(room + 1, "bob")
    assert receiver.got == []


async def test_the_console_switches_callbacks_off() -> None:
    """Only what is switched on is asked about."""
    receiver = Receiver()
    call, room = asked(receiver=receiver, console=Console(callbacks=[37]))
    await call.emulator.ask_to_enter(room, "bob")
    await call.emulator.ask_to_speak(room, "bob", "hi")
    assert [m["eventType"] for m in receiver.members] == [37]


async def test_environments_have_addresses_of_their_own() -> None:
    """Messages go where their ``env`` says, if somebody is there."""
    gray = Receiver()
    emulator = Emulator(KEY, SECRET, callbacks_to={"gray": gray})
    room = emulator.add_room("amy")
    await emulator.ask_to_enter(room, "amy")
    await emulator.ask_to_speak(room, "amy", "hi")
    await emulator.ask_to_speak(room, "amy", "to gray", env="gray")
    assert [m["attach"] for m in gray.members] == ["to gray"]


# verdicts


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (verdict(errCode=1, responseCode=20_000), 20_000),
        (verdict(errCode=1, responseCode=20_099), 20_099),
        (verdict(errCode=1), 403),
        (verdict(errCode=1, responseCode=20_100), 403),
        (verdict(errCode=1, responseCode=19_999), 403),
        (verdict(errCode=1, responseCode=404), 403),
    ],
)
async def test_a_rejection(answer: Result, code: int) -> None:
    """A code of its own range reaches the sender, any other is 403; nothing is sent or told."""
    call, room = asked("bob", receiver=Receiver(answer))
    with pytest.raises(Refused) as refused:
        await call.emulator.ask_to_speak(room, "bob", "hi")
    assert refused.value.code == code
    assert call.emulator.messages(room) == ()


async def test_a_rejection_may_say_why() -> None:
    """The extension reaches the sender alone, and pickles."""
    receiver = Receiver(verdict(errCode=1, responseCode=20_001, callbackExt="muted by policy"))
    call, room = asked("bob", receiver=receiver)
    with pytest.raises(Refused) as refused:
        await call.emulator.ask_to_speak(room, "bob", "hi")
    assert refused.value.callback_ext == "muted by policy"
    assert pickle.loads(pickle.dumps(refused.value)).callback_ext == "muted by policy"  # noqa: S301


async def test_a_silent_drop() -> None:
    """The sender sees success; the room, the history and the copies see nothing."""
    call, room, copies = told("bob", callbacks_to=Receiver(verdict(errCode=1, responseCode=200)))
    message = await call.emulator.ask_to_speak(room, "bob", "hi")
    assert message.attach == "hi"
    assert call.emulator.messages(room) == ()
    await call.emulator.webhooks.deliver()
    assert copies.got == []


async def test_200_does_not_drop_an_entry() -> None:
    """Silent drops are for messages; at the door it is a rejection without a usable code."""
    call, room = asked(receiver=Receiver(verdict(errCode=1, responseCode=200)))
    with pytest.raises(Refused) as refused:
        await call.emulator.ask_to_enter(room, "bob")
    assert refused.value.code == 403


async def test_a_changed_message() -> None:
    """Receivers, history and copies have the changed content, and the extension of the verdict."""
    changed = json.dumps({"attach": "***", "ext": "masked"})
    receiver = Receiver(verdict(errCode=0, modifyResponse=changed, callbackExt="seen"))
    call, room, copies = told("bob", callbacks_to=receiver)
    message = await call.emulator.ask_to_speak(room, "bob", "rude", ext="e")
    assert (message.attach, message.ext, message.callback_ext) == ("***", "masked", "seen")
    assert call.emulator.messages(room) == (message,)
    await call.emulator.webhooks.deliver()
    [copy] = copies.members
    assert (copy["attach"], copy["ext"]) == ("***", "masked")


def test_body_stands_for_attach_where_that_is_missing() -> None:
    """Content may be changed by either name."""
    for members, attach in (({"body": "b"}, "b"), ({"body": "b", "attach": "a"}, "a"), ({}, None)):
        body = json.dumps({"errCode": 0, "modifyResponse": json.dumps(members)}).encode()
        assert read(Answer(200, body), about_message=True) == Verdict(attach=attach)


ODD: list[Result] = [
    (200, b""),
    (200, b"no JSON"),
    (200, b"[]"),
    (200, b"[" * 60_000),
    (200, b"{}"),
    (204, b""),
    (503, b'{"errCode":0}'),
    (307, b""),
    verdict(errCode=2),
    verdict(errCode="0"),
    verdict(errCode=True),
    verdict(errCode=0, modifyResponse={"attach": "x"}),
    verdict(errCode=0, modifyResponse="no JSON"),
    verdict(errCode=0, modifyResponse='{"attach":5}'),
    verdict(errCode=0, callbackExt={"a": 1}),
    verdict(errCode=0, callbackExt="x" * 1025),
    verdict(errCode=1, responseCode="20001"),
    (200, b'{"errCode":0}' + b" " * 2**18),
]


@pytest.mark.parametrize("allows", [True, False])
@pytest.mark.parametrize("answer", ODD, ids=range(len(ODD)))
async def test_an_odd_answer_is_no_verdict(answer: Result, allows: bool) -> None:  # noqa: FBT001
    """The default of the console is used, and a copy tells of it."""
    call, room, copies = told(
        "bob", callbacks_to=Receiver(answer), console=Console(default_allows=allows)
    )
    if allows:
        assert (await call.emulator.ask_to_speak(room, "bob", "hi")).attach == "hi"
    else:
        with pytest.raises(Refused) as refused:
            await call.emulator.ask_to_speak(room, "bob", "hi")
        assert refused.value.code == 403
    await call.emulator.webhooks.deliver()
    failed = [e for e in copies.events if isinstance(e, CallbackFailedEvent)]
    assert [event.reason for event in failed] == [2]
    question = parse(str(failed[0].callback_body).encode())
    assert isinstance(question, MessageAsked)
    assert question.text == "hi"


@given(st.binary(max_size=200) | st.from_regex(rb'\{"errCode":[01],.*\}'))
def test_any_bytes_are_a_verdict_or_odd(body: bytes) -> None:
    """Nothing else comes out of an answer."""
    try:
        found = read(Answer(200, body), about_message=True)
    except OddAnswer:
        return
    assert isinstance(found, Verdict)


# without a verdict


@pytest.mark.parametrize("allows", [True, False])
async def test_a_late_verdict_is_none(allows: bool) -> None:  # noqa: FBT001
    """After 2 s of the clock the default is used; a copy says that it took too long."""
    clock: Clock | None = None

    async def late() -> Result:
        assert clock is not None
        clock.advance(2)
        return verdict(errCode=int(allows))

    call, room, copies = told(
        "bob", callbacks_to=Receiver(late), console=Console(default_allows=allows)
    )
    clock = call.clock
    if allows:
        await call.emulator.ask_to_speak(room, "bob", "hi")
    else:
        with pytest.raises(Refused):
            await call.emulator.ask_to_speak(room, "bob", "hi")
    await call.emulator.webhooks.deliver()
    [failed] = [e for e in copies.events if isinstance(e, CallbackFailedEvent)]
    assert failed.reason == 1


async def test_a_verdict_just_in_time_counts() -> None:
    """Within the 2 s it is used."""
    clock: Clock | None = None

    async def nearly_late() -> Result:
        assert clock is not None
        clock.advance(1.9)
        return verdict(errCode=1)

    call, room = asked("bob", receiver=Receiver(nearly_late))
    clock = call.clock
    with pytest.raises(Refused):
        await call.emulator.ask_to_speak(room, "bob", "hi")


async def test_who_never_answers_is_left_when_the_clock_is_turned() -> None:
    """No real time passes; the request is cancelled."""
    arrived, cancelled = anyio.Event(), anyio.Event()

    async def never() -> Result:
        arrived.set()
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.set()
        raise AssertionError

    call, room = asked("bob", receiver=Receiver(never))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call.emulator.ask_to_speak, room, "bob", "hi")
        await arrived.wait()
        call.clock.advance(2)
    assert cancelled.is_set()
    assert [message.attach for message in call.emulator.messages(room)] == ["hi"]


@pytest.mark.virtual_time
async def test_a_clock_that_runs_by_itself_ends_the_wait() -> None:
    """A clock of one's own, here that of the event loop, is slept by."""
    receiver, _ = silent()
    begun = anyio.current_time()
    emulator = Emulator(
        KEY, SECRET, clock=anyio.current_time, callbacks_to=receiver,
        console=Console(verdict_seconds=3),
    )  # fmt: skip
    room = emulator.add_room("amy")
    await emulator.ask_to_enter(room, "amy")
    assert anyio.current_time() - begun == pytest.approx(3, abs=0.1)
    assert "amy" in emulator.members(room)


async def test_nobody_at_the_address() -> None:
    """The default, as if no verdict had come in time; no exception of the network."""
    emulator = Emulator(KEY, SECRET, callbacks_to="http://127.0.0.1:9/nim")
    room = emulator.add_room("amy")
    await emulator.ask_to_enter(room, "amy")
    assert "amy" in emulator.members(room)
    assert [sent.status for sent in emulator.webhooks.sent] == [None]


async def test_an_answer_over_a_socket_can_reject() -> None:
    """A redirect is not followed, a rejection is applied."""

    async def reject(_: Any) -> Response:
        return JSONResponse({"errCode": 1, "responseCode": 20_007})

    async def redirect(_: Any) -> Response:
        return RedirectResponse("/nim")

    routes = [Route("/nim", reject, methods=["POST"]), Route("/", redirect, methods=["POST"])]
    async with served(Starlette(routes=routes)) as url:
        for path, code in (("/nim", 20_007), ("/", None)):
            emulator = Emulator(KEY, SECRET, callbacks_to=url + path)
            room = emulator.add_room("amy")
            if code is None:
                await emulator.ask_to_enter(room, "amy")
                assert [sent.status for sent in emulator.webhooks.sent] == [307]
            else:
                with pytest.raises(Refused) as refused:
                    await emulator.ask_to_enter(room, "amy")
                assert refused.value.code == code


def test_allowed_is_the_verdict_without_words() -> None:
    """What most answers say."""
    assert read(Answer(*ALLOW), about_message=True) == ALLOWED


async def test_a_no_holds_whatever_happened_meanwhile() -> None:
    """Who is muted while the question waits hears what the verdict says, not that it is muted."""

    async def mute() -> Result:
        fields: dict[str, Any] = {"operator": "amy", "target": "bob", "muteDuration": 60}
        await call(C + "temporaryMute", roomid=room, **fields)
        return verdict(errCode=1, responseCode=20_001)

    call, room = asked("bob", receiver=Receiver(mute))
    for code in (20_001, 13_004):
        with pytest.raises(Refused) as refused:
            await call.emulator.ask_to_speak(room, "bob", "hi")
        assert refused.value.code == code
