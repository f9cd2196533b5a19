"""What becomes of copies: when they go, when again, in the background and over sockets."""

from __future__ import annotations

import json
import logging
from threading import Event
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from nim_async import ConfigurationError
from nim_async.emulator import Clock, Console, Emulator, InProcess
from nim_async.emulator.webhooks import sender
from nim_async.webhooks import EnteredEvent
from tests.emulator.receiving import NOW, SENT, Receiver, events, silent, told
from tests.emulator.rooms import C
from tests.emulator.serving import served
from tests.wire import KEY, NOON, SECRET

if TYPE_CHECKING:
    from starlette.requests import Request


async def test_order_is_kept_within_a_room() -> None:
    """Copies go in the order of what happened."""
    call, room, receiver = told()
    for n in range(20):
        await call(C + "sendMsg", roomid=room, **SENT | {"msgId": str(n)})
    got = await events(call.emulator.webhooks, receiver)
    assert [event.msg_id_client for event in got] == [str(n) for n in range(20)]


@pytest.mark.parametrize(
    "answer", [(503, b""), (400, b""), (307, b""), (204, b""), (200, b"x" * 1025)]
)
async def test_what_is_not_received_is_sent_again(answer: tuple[int, bytes]) -> None:
    """After the pauses of the console, with the first signature; then it is dropped."""
    call, room, receiver = told(receiver=Receiver(answer), console=Console(repeat_after=(5, 20)))
    webhooks = call.emulator.webhooks
    await call(C + "sendMsg", roomid=room, **SENT)
    assert await webhooks.deliver() == 1
    assert await webhooks.deliver() == 0
    call.clock.advance(4.9)
    assert await webhooks.deliver() == 0
    call.clock.advance(0.1)
    assert await webhooks.deliver() == 1
    assert webhooks.waiting == 1
    call.clock.advance(20)
    assert await webhooks.deliver() == 1
    assert webhooks.waiting == 0
    assert [sent.attempt for sent in webhooks.sent] == [1, 2, 3]
    assert not any(sent.received for sent in webhooks.sent)
    assert receiver.got[0] == receiver.got[1] == receiver.got[2]
    assert len({event.key for event in receiver.events}) == 1


async def test_a_repeat_may_be_signed_anew() -> None:
    """With the time of the repeat, where the console is told so."""
    receiver = Receiver((503, b""), (200, b""))
    call, room, _ = told(receiver=receiver, console=Console(sign_anew=True))
    await call(C + "sendMsg", roomid=room, **SENT)
    await call.emulator.webhooks.deliver()
    call.clock.advance(5)
    await call.emulator.webhooks.deliver()
    times = [int(headers["CurTime"]) for headers, _ in receiver.got]
    assert times == [NOW, NOW + 5000]
    assert len(receiver.events) == 2


@pytest.mark.parametrize(("received", "waiting"), [((200, 500), 0), ((200,), 1)])
async def test_500_may_count_as_received(received: tuple[int, ...], waiting: int) -> None:
    """By default it does, so that a receiver that relies on a repeat shows here."""
    call, room, _ = told(receiver=Receiver((500, b"")), console=Console(received=received))
    await call(C + "sendMsg", roomid=room, **SENT)
    await call.emulator.webhooks.deliver()
    assert call.emulator.webhooks.waiting == waiting


async def test_an_application_that_fails_answers_500(caplog: pytest.LogCaptureFixture) -> None:
    """As under a web server; what it raised is logged."""

    async def fail() -> tuple[int, bytes]:
        raise LookupError("of the application")

    call, room, _ = told(receiver=Receiver(fail))
    await call(C + "sendMsg", roomid=room, **SENT)
    await call.emulator.webhooks.deliver()
    assert [sent.status for sent in call.emulator.webhooks.sent] == [500]
    assert "of the application" in caplog.text


async def test_the_clock_decides_what_is_too_late() -> None:
    """The answer that comes when the clock shows 5 s more is none, and the copy goes again."""
    clock: Clock | None = None

    async def answer_late() -> tuple[int, bytes]:
        assert clock is not None
        clock.advance(5)
        return 200, b""

    receiver = Receiver(answer_late, (200, b""))
    call, room, _ = told(receiver=receiver)
    clock = call.clock
    await call(C + "sendMsg", roomid=room, **SENT)
    await call.emulator.webhooks.deliver()
    assert call.emulator.webhooks.waiting == 1
    clock.advance(5)
    await call.emulator.webhooks.deliver()
    assert [(s.status, s.received) for s in call.emulator.webhooks.sent] == [
        (None, False),
        (200, True),
    ]


async def test_who_does_not_answer_is_left_when_the_clock_is_turned() -> None:
    """The wait ends by the clock of the emulator, turned from another task or thread."""
    receiver, arrived = silent()
    call, room, _ = told(receiver=receiver)
    await call(C + "sendMsg", roomid=room, **SENT)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call.emulator.webhooks.deliver)
        await arrived.wait()
        await anyio.to_thread.run_sync(call.clock.advance, 5)
    assert [sent.status for sent in call.emulator.webhooks.sent] == [None]


async def test_the_queue_is_bounded(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Of more than may wait the oldest go; one line of the log says so."""
    monkeypatch.setattr(sender, "_MOST_WAITING", 3)
    call, room, receiver = told()
    for n in range(5):
        await call(C + "sendMsg", roomid=room, **SENT | {"msgId": str(n)})
    webhooks = call.emulator.webhooks
    assert (webhooks.waiting, webhooks.dropped) == (3, 2)
    assert caplog.text.count("oldest are dropped") == 1
    got = await events(webhooks, receiver)
    assert [event.msg_id_client for event in got] == ["2", "3", "4"]


async def test_the_records_are_bounded() -> None:
    """As many as of requests; the latest."""
    call, room, _ = told(max_calls=2)
    for n in range(3):
        await call(C + "sendMsg", roomid=room, **SENT | {"msgId": str(n)})
    await call.emulator.webhooks.deliver()
    sent = call.emulator.webhooks.sent
    assert [webhook.members["msgidClient"] for webhook in sent] == ["1", "2"]
    assert SECRET not in repr(sent)


async def test_reset_forgets_webhooks() -> None:
    """What waits, what was sent and what is under way, which is not sent again."""
    arrived, go = anyio.Event(), anyio.Event()

    async def slow() -> tuple[int, bytes]:
        arrived.set()
        await go.wait()
        return 503, b""

    call, room, _ = told(receiver=Receiver(slow))
    for n in range(2):
        await call(C + "sendMsg", roomid=room, **SENT | {"msgId": str(n)})
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call.emulator.webhooks.deliver)
        await arrived.wait()
        call.emulator.reset()
        go.set()
    assert call.emulator.webhooks.waiting == 0


async def test_nothing_waits_without_an_address() -> None:
    """Nothing is kept for nobody, and a copy of one's own has nowhere to go."""
    emulator = Emulator(KEY, SECRET)
    room = emulator.add_room("amy")
    emulator.enter(room, "amy")
    assert emulator.webhooks.waiting == 0
    with pytest.raises(ConfigurationError, match="copies_to"):
        emulator.webhooks.tell({})


@pytest.mark.parametrize("body", [{"a": object()}, {1, 2}, 5])
async def test_a_copy_that_cannot_be_written(body: Any) -> None:
    """It is refused by name, and none is sent."""
    call, _, _ = told()
    with pytest.raises(ConfigurationError, match="body"):
        call.emulator.webhooks.tell(body)
    assert call.emulator.webhooks.waiting == 0


# in the background, and over sockets


async def test_in_the_background_copies_go_when_they_are_due() -> None:
    """Those of threads too, and repeats when the clock is turned, from whichever thread."""
    receiver = Receiver((503, b""), (200, b""))
    call, room, _ = told(receiver=receiver)
    emulator = call.emulator
    async with emulator.webhooks.sending():
        await anyio.to_thread.run_sync(emulator.enter, room, "amy")
        await receiver.until(1)
        await emulator.webhooks.deliver()
        await anyio.to_thread.run_sync(call.clock.advance, 5)
        await receiver.until(2)
        await emulator.webhooks.deliver()
    assert emulator.webhooks.waiting == 0


async def test_a_slow_room_holds_up_no_other() -> None:
    """Copies of a room go one after the other, those of rooms side by side."""
    go = anyio.Event()

    async def slow() -> tuple[int, bytes]:
        await go.wait()
        return 200, b""

    receiver = Receiver(slow, (200, b""))
    call, room, _ = told(receiver=receiver)
    other = call.emulator.add_room("amy")
    async with call.emulator.webhooks.sending():
        call.emulator.enter(room, "amy")
        await receiver.until(1)
        call.emulator.enter(room, "bob")
        call.emulator.enter(other, "cat")
        await receiver.until(2)
        assert [event.accid for event in receiver.events if isinstance(event, EnteredEvent)] == [
            "amy", "cat",
        ]  # fmt: skip
        go.set()
        await receiver.until(3)


async def test_an_error_in_the_context_stays_as_it_is() -> None:
    """Not wrapped into a group, and what was under way waits for another time."""
    receiver, arrived = silent()
    call, room, _ = told(receiver=receiver)

    async def err() -> None:
        async with call.emulator.webhooks.sending():
            call.emulator.enter(room, "amy")
            await arrived.wait()
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await err()
    assert call.emulator.webhooks.waiting == 1


async def test_over_sockets() -> None:
    """A served emulator sends to a URL by itself; whoever cannot be reached gets it again."""
    got: list[bytes] = []
    arrived = Event()

    async def take(request: Request) -> PlainTextResponse:
        got.append(await request.body())
        arrived.set()
        return PlainTextResponse("ok")

    app = Starlette(routes=[Route("/nim", take, methods=["POST"])])
    async with served(app) as url:
        clock = Clock(NOON)
        emulator = Emulator(KEY, SECRET, clock=clock, copies_to=f"{url}/nim")
        async with emulator.serve() as base_url, httpx.AsyncClient() as client:
            room = emulator.add_room("amy")
            emulator.enter(room, "amy")
            await client.post(f"{base_url}/chatroom/get.action")
            await anyio.to_thread.run_sync(arrived.wait)
            await emulator.webhooks.deliver()
    assert json.loads(got[0])["accid"] == "amy"
    emulator.leave(room, "amy")
    await emulator.webhooks.deliver()
    assert emulator.webhooks.sent[-1].status is None
    assert emulator.webhooks.waiting == 1


async def test_an_asgi_application_with_a_path() -> None:
    """Any framework's, without a socket; the body arrives raw."""
    got: list[tuple[str, bytes]] = []

    async def take(request: Request) -> PlainTextResponse:
        got.append((request.headers["checksum"], await request.body()))
        return PlainTextResponse("ok")

    app = Starlette(routes=[Route("/nim/copies", take, methods=["POST"])])
    emulator = Emulator(KEY, SECRET, copies_to=InProcess(app, "/nim/copies"))
    emulator.enter(emulator.add_room("amy"), "amy")
    await emulator.webhooks.deliver()
    assert len(got) == 1
    astray = Emulator(KEY, SECRET, copies_to=app)
    astray.enter(astray.add_room("amy"), "amy")
    await astray.webhooks.deliver()
    assert [sent.status for sent in astray.webhooks.sent] == [404]


async def test_odd_applications() -> None:
    """One that streams, one that waits for the end of the connection, one that says nothing."""

    async def stream(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for more in (True, True, False):
            await send({"type": "http.response.body", "body": b"x" * 600, "more_body": more})

    async def wait(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["body"]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(receive)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body"})
        assert (await receive())["type"] == "http.disconnect"
        assert scope["method"] == "POST"

    async def nothing(_: Any, __: Any, ___: Any) -> None:
        pass

    for app, status, received in ((stream, 200, False), (wait, 200, True), (nothing, 500, True)):
        emulator = Emulator(KEY, SECRET, copies_to=app)
        emulator.enter(emulator.add_room("amy"), "amy")
        await emulator.webhooks.deliver()
        [sent] = emulator.webhooks.sent
        assert (sent.status, sent.received) == (status, received)
        assert len(sent.answer) <= 1025


async def test_a_long_answer_over_a_socket() -> None:
    """No more of it is kept than is looked at."""

    async def answer_at_length(_: Any) -> PlainTextResponse:
        return PlainTextResponse("x" * 1_000_000)

    app = Starlette(routes=[Route("/", answer_at_length, methods=["POST"])])
    async with served(app) as url:
        emulator = Emulator(KEY, SECRET, copies_to=url)
        emulator.enter(emulator.add_room("amy"), "amy")
        await emulator.webhooks.deliver()
    [sent] = emulator.webhooks.sent
    assert (sent.status, sent.received, len(sent.answer)) == (200, False, 1025)


async def test_the_lifespan_of_the_application_sends() -> None:
    """Mounted under a server, the emulator sends while that lives."""
    receiver = Receiver()
    call, room, _ = told(receiver=receiver)
    messages = iter(["lifespan.startup", "lifespan.shutdown"])
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        kind = next(messages)
        if kind.endswith("shutdown"):
            call.emulator.enter(room, "amy")
            await receiver.until(1)
        return {"type": kind}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await call.emulator.app({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_loggers_are_quiet_by_themselves() -> None:
    """A library writes nothing where nobody asked it to."""
    assert logging.getLogger("nim_async.emulator").handlers
