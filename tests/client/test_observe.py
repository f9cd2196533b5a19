"""Hooks: which events come, in which order, and what must never be in them."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from attrs import asdict, evolve, fields, frozen
from attrs.exceptions import FrozenInstanceError

from nim_async import (
    ConnectError,
    DecodeError,
    NimClient,
    NimError,
    NotFound,
    ParameterError,
    RateLimit,
    RetryPolicy,
)
from nim_async.emulator import Code, Drop, Emulator, Garbage, Status
from nim_async.observe import AttemptFinished, CallFinished, CallStarted, LoggingHook, emit
from tests.doubles import BASE, OK, OTHER, Outcome, Scripted, client, reply

if TYPE_CHECKING:
    from types import FrameType

    from nim_async.observe import Event, Hook

SOON = RetryPolicy(max_attempts=3, backoff=1e-9)
UNKNOWN = "/nimserver/user/create.action"
SECRET = "the-secret"
NOISE = "what amy said"


class Told:
    """A hook that remembers the events, and checks their times before it forgets those."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.seconds: list[float] = []

    def __call__(self, event: Event, /) -> None:
        if not isinstance(event, CallStarted):
            self.seconds.append(event.seconds)
            event = evolve(event, seconds=0.0)
        self.events.append(event)


class Silent(httpx.AsyncBaseTransport):
    """Takes requests and never answers."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        await anyio.sleep_forever()
        raise AssertionError


@frozen
class Expected:
    """Makes the events that a call of an operation should give."""

    operation: str
    trace_id: str = "mine"

    @property
    def started(self) -> CallStarted:
        return CallStarted(operation=self.operation, trace_id=self.trace_id)

    def attempt(
        self, number: int, endpoint: str, outcome: str = "ok", error: NimError | None = None
    ) -> AttemptFinished:
        return AttemptFinished(
            operation=self.operation,
            trace_id=self.trace_id,
            endpoint=endpoint,
            attempt=number,
            seconds=0.0,
            outcome=outcome,
            error=error,
        )

    def finished(
        self, attempts: int, outcome: str = "ok", error: NimError | None = None
    ) -> CallFinished:
        return CallFinished(
            operation=self.operation,
            trace_id=self.trace_id,
            attempts=attempts,
            seconds=0.0,
            outcome=outcome,
            error=error,
        )


CREATE = Expected("chatroom.create")
GET = Expected("chatroom.get")


# events


async def test_a_call_that_goes_well() -> None:
    """The start, one attempt and the end are told, in this order; a path is its own name."""
    told = Told()
    async with client(Scripted([reply(OK)] * 2), hooks=[told]) as nim:
        view = nim.options(trace_id="mine")
        await view.chatroom.create(creator="amy", name="tea")
        await view.call(UNKNOWN)
    call = Expected(UNKNOWN)
    assert told.events == [
        *(CREATE.started, CREATE.attempt(1, BASE), CREATE.finished(1)),
        *(call.started, call.attempt(1, BASE), call.finished(1)),
    ]
    attempt, whole, *_ = told.seconds
    assert 0 <= attempt <= whole


async def test_a_call_that_is_refused() -> None:
    """Attempt and call end with the very error that is raised, under the name of its class."""
    told = Told()
    async with client(Scripted([reply({"code": 404})]), hooks=[told]) as nim:
        with pytest.raises(NotFound) as caught:
            await nim.options(trace_id="mine").chatroom.get(room_id=66)
    error = caught.value
    attempt = GET.attempt(1, BASE, "NotFound", error)
    assert told.events == [GET.started, attempt, GET.finished(1, "NotFound", error)]


async def test_a_call_that_is_repeated() -> None:
    """Each attempt has its number and endpoint; the call tells how many there were."""
    told = Told()
    refused = httpx.ConnectError("refused")
    async with client(Scripted([refused, reply(OK)]), hooks=[told], retry=SOON) as nim:
        await nim.options(trace_id="mine").chatroom.create(creator="amy", name="tea")
        first = told.events[1]
        assert isinstance(first, AttemptFinished)
        assert isinstance(first.error, ConnectError)
        assert told.events == [
            CREATE.started,
            CREATE.attempt(1, BASE, "ConnectError", first.error),
            CREATE.attempt(2, OTHER),
            CREATE.finished(2),
        ]


async def test_a_call_whose_repeats_fail_too() -> None:
    """The call ends with the last error, which holds the ones of the attempts before."""
    told = Told()
    failures: list[Outcome] = [httpx.ReadError("cut"), httpx.ConnectError("a"), reply("", 502)]
    async with client(Scripted(failures), hooks=[told], retry=SOON) as nim:
        with pytest.raises(NimError) as caught:
            await nim.chatroom.get(room_id=66)
    attempts = [e for e in told.events if isinstance(e, AttemptFinished)]
    assert [e.outcome for e in attempts] == ["TransportError", "ConnectError", "StatusError"]
    assert [e.error for e in attempts] == [*caught.value.earlier, caught.value]
    end = told.events[-1]
    assert isinstance(end, CallFinished)
    assert (end.attempts, end.outcome, end.error) == (3, "StatusError", caught.value)


async def test_a_reply_of_another_shape() -> None:
    """The attempt went well, the call did not."""
    told = Told()
    async with client(Scripted([reply({"code": 200, "chatroom": 1})]), hooks=[told]) as nim:
        with pytest.raises(DecodeError) as caught:
            await nim.options(trace_id="mine").chatroom.get(room_id=66)
    end = GET.finished(1, "DecodeError", caught.value)
    assert told.events == [GET.started, GET.attempt(1, BASE), end]


async def test_a_call_that_is_cancelled() -> None:
    """Cancelled under way, attempt and call say so without an error, and the attempt counts."""
    told = Told()
    async with client(Silent(), hooks=[told]) as nim, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: nim.options(trace_id="mine").chatroom.get(room_id=66))
        await anyio.wait_all_tasks_blocked()
        assert told.events == [GET.started]
        tasks.cancel_scope.cancel()
    cancelled = GET.attempt(1, BASE, "cancelled")
    assert told.events == [GET.started, cancelled, GET.finished(1, "cancelled")]


async def test_a_call_that_is_cancelled_before_it_is_sent() -> None:
    """Cancelled while it waits for the rate limit, a call had no attempt."""
    told = Told()
    limit = {"chatroom.get": RateLimit(calls=1, per_seconds=20, block_seconds=20)}
    transport = Scripted([reply(OK)])
    async with client(transport, hooks=[told], rate_limit=limit) as nim:
        await nim.chatroom.get(room_id=66)
        told.events.clear()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: nim.options(trace_id="mine").chatroom.get(room_id=66))
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
    assert told.events == [GET.started, GET.finished(0, "cancelled")]


async def test_a_bug_below_is_no_cancellation() -> None:
    """An exception that is none of ours is told under the name of its class."""
    told = Told()
    async with client(Scripted([RuntimeError("a bug")]), hooks=[told]) as nim:
        with pytest.raises(RuntimeError, match="a bug"):
            await nim.options(trace_id="mine").chatroom.get(room_id=66)
    attempt = GET.attempt(1, BASE, "RuntimeError")
    assert told.events == [GET.started, attempt, GET.finished(1, "RuntimeError")]


async def test_a_call_that_is_never_sent() -> None:
    """What is refused for its arguments is no call, so no hook is told."""
    told = Told()
    async with client(Scripted([]), hooks=[told]) as nim:
        with pytest.raises(ParameterError):
            await nim.chatroom.create(creator="amy", name="n" * 200)
    assert told.events == []


@pytest.mark.parametrize("cls", [CallStarted, AttemptFinished, CallFinished])
def test_events_are_frozen(cls: type[Any]) -> None:
    """A hook cannot change what the next one is told."""
    event = cls(**{f.name: None for f in fields(cls)})
    for f in fields(cls):
        with pytest.raises(FrozenInstanceError):
            setattr(event, f.name, 1)


async def test_labels_hold_no_room_and_no_user() -> None:
    """
    Every text in an event is an operation, an endpoint, an outcome or the id of the call.

    That holds for calls that fail too, whatever the service says of them.
    """
    told = Told()
    emulator = Emulator("key", SECRET)
    room = emulator.add_room("the-user", room_id=987_654_321)
    emulator.faults.add(Code(404, desc="room 987654321 of the-user")).add(Drop()).add(Status(404))
    emulator.faults.add(Garbage(b'{"code":200,"chatroom":{"creator":"the-user"}}'))
    async with client(emulator.transport(), hooks=[told], retry=SOON) as nim:
        for _ in range(4):
            with pytest.raises(NimError):
                await nim.options(max_attempts=1).chatroom.get(room_id=room)
        await nim.chatroom.get(room_id=room)
        await nim.chatroom.send_msg(
            room_id=room, from_accid="the-user", msg_type=0, attach=NOISE, ext=SECRET
        )
    assert {type(event) for event in told.events} == {CallStarted, AttemptFinished, CallFinished}
    outcomes = {"ok", "NotFound", "TransportError", "StatusError", "DecodeError"}
    ids = {call.request_id for call in emulator.calls}
    for event in told.events:
        texts = {n: v for n, v in asdict(event, recurse=False).items() if isinstance(v, str)}
        assert texts.pop("operation") in {"chatroom.get", "chatroom.send_msg"}
        assert texts.pop("trace_id") in ids
        assert texts.pop("endpoint", BASE) in {BASE, OTHER}
        assert texts.pop("outcome", "ok") in outcomes
        assert texts == {}


# hooks


async def test_all_hooks_are_told_in_order() -> None:
    """Every hook hears every event before the next event comes, views' calls included."""
    heard: list[tuple[int, type[Event]]] = []

    def hook(number: int) -> Hook:
        return lambda event: heard.append((number, type(event)))

    hooks = [hook(number) for number in range(3)]
    async with client(Scripted([reply(OK)]), hooks=hooks) as nim:
        hooks.clear()  # the client keeps its own
        await nim.options(timeout=1).chatroom.get(room_id=66)
    kinds = [CallStarted, AttemptFinished, CallFinished]
    assert heard == [(n, kind) for kind in kinds for n in range(3)]


@pytest.mark.parametrize("fails", [False, True])
async def test_a_hook_that_raises(
    fails: bool,  # noqa: FBT001
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is logged with its traceback, the call goes on, and the other hooks are told."""
    told = Told()

    def broken(event: Event) -> None:
        raise RuntimeError(type(event).__name__)

    transport = Scripted([reply({"code": 404} if fails else OK)])
    async with client(transport, hooks=[broken, told]) as nim:
        if fails:
            with pytest.raises(NotFound):
                await nim.chatroom.get(room_id=66)
        else:
            assert (await nim.chatroom.get(room_id=66)).room_id == 66
    kinds = ["CallStarted", "AttemptFinished", "CallFinished"]
    assert [type(event).__name__ for event in told.events] == kinds
    assert [(r.name, r.levelno) for r in caplog.records] == [
        ("nim_async.observe", logging.ERROR)
    ] * 3
    for record, kind in zip(caplog.records, kinds, strict=True):
        assert record.getMessage() == f"a hook failed on {kind}"
        assert record.exc_info
        assert record.exc_info[0] is RuntimeError


def test_a_hook_may_end_the_program() -> None:
    """Only what a program may overlook is logged: an interrupt passes through."""

    def interrupted(_: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        emit([interrupted], GET.started)


async def run_files(nim: NimClient) -> set[str]:
    """Return the source files whose code runs during one call."""
    files: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            files.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        await nim.chatroom.get(room_id=66)
    finally:
        sys.setprofile(None)
    return {name for name in files if "nim_async" in name}


async def test_no_hooks_cost_nothing() -> None:
    """Without hooks no event is made and no line of the module of hooks runs."""
    async with client(Scripted([reply(OK)] * 2)) as plain:
        await plain.chatroom.get(room_id=66)  # what is made once is made
        without = await run_files(plain)
    async with client(Scripted([reply(OK)] * 2), hooks=[Told()]) as heard:
        await heard.chatroom.get(room_id=66)
        extra = await run_files(heard) - without
    assert any(name.endswith("observe/__init__.py") for name in extra)
    assert any("observe.CallFinished" in name for name in extra)
    assert not any("observe" in name for name in without)


# the log


async def log_some_calls(caplog: pytest.LogCaptureFixture) -> None:
    """Have a call that is repeated and one that is refused written to the log."""
    caplog.set_level(logging.DEBUG, "nim_async")
    transport = Scripted([httpx.ConnectError("refused"), reply(OK), reply({"code": 404})])
    async with client(transport, hooks=[LoggingHook()], retry=SOON) as nim:
        view = nim.options(trace_id="mine")
        await view.chatroom.get(room_id=66)
        with pytest.raises(NotFound):
            await view.chatroom.get(room_id=66)


async def test_what_the_log_says(caplog: pytest.LogCaptureFixture) -> None:
    """One line for each event: failures are warnings, all else is for debugging."""
    await log_some_calls(caplog)
    debug, warning = logging.DEBUG, logging.WARNING
    levels = [debug, warning, debug, debug, debug, warning, warning]
    assert [record.levelno for record in caplog.records] == levels
    assert {record.name for record in caplog.records} == {"nim_async.calls"}
    assert all(record.args for record in caplog.records)
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "chatroom.get started [trace mine]"
    assert "ConnectError: refused" in lines[1]
    assert OTHER in lines[2]
    assert "404" in lines[-1]


async def test_every_line_names_its_call(caplog: pytest.LogCaptureFixture) -> None:
    """Among many calls at once a line can be told: it has the operation and the trace id."""
    await log_some_calls(caplog)
    lines = [record.getMessage() for record in caplog.records]
    assert [
        line for line in lines if "chatroom.get" not in line or "[trace mine]" not in line
    ] == []


async def test_a_cancelled_call_is_logged_as_such(caplog: pytest.LogCaptureFixture) -> None:
    """A task that was told to stop is no failure; the lines go to the logger that was given."""
    caplog.set_level(logging.DEBUG, "mine")
    hook = LoggingHook(logging.getLogger("mine"))
    async with client(Silent(), hooks=[hook]) as nim, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: nim.options(trace_id="t").chatroom.get(room_id=66))
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert {(record.name, record.levelno) for record in caplog.records} == {("mine", logging.DEBUG)}
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["chatroom.get started [trace t]"] + ["chatroom.get cancelled [trace t]"] * 2


async def test_the_log_holds_no_secret_and_no_body(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is sent, answered or broken, what was said and signed stays out of the log."""
    caplog.set_level(logging.DEBUG)
    emulator = Emulator("key", SECRET)
    room = emulator.add_room("amy")
    said = {"code": 500, "text": NOISE}
    noise = [f"<p>{NOISE}", f'["{NOISE}"]', f'{{"code": 200, "desc": "{NOISE}"}}']
    transport = Scripted([reply(body) for body in [*noise, said, {"code": NOISE}]])
    for double in (emulator.transport(), transport):
        once = RetryPolicy(max_attempts=1)
        async with client(double, hooks=[LoggingHook()], retry=once) as nim:
            for _ in range(5):
                try:
                    await nim.chatroom.send_msg(
                        room_id=room, from_accid="amy", msg_type=0, attach=NOISE, ext=NOISE
                    )
                except NimError as error:
                    assert NOISE not in f"{error} {error!r}"  # noqa: PT017
    assert sum(record.levelno == logging.WARNING for record in caplog.records) == 9
    for record in caplog.records:
        line = record.getMessage()
        assert line.isprintable()
        assert NOISE not in line
        assert SECRET not in line


def test_the_library_is_silent_unless_asked() -> None:
    """With no logging set up, nothing is printed: the loggers of the package have a handler."""
    code = """
import nim_async, logging
from nim_async.observe import CallStarted, emit
emit([lambda event: 1 / 0], CallStarted(operation="x", trace_id="y"))
handlers = logging.getLogger("nim_async").handlers
print(any(isinstance(handler, logging.NullHandler) for handler in handlers))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert (done.stdout.strip(), done.stderr) == ("True", "")
