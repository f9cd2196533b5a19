"""What can be seen of calls: events, hooks and what they open, statistics."""

from __future__ import annotations

import contextvars
import logging
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from attrs import asdict, evolve, fields, frozen
from attrs.exceptions import FrozenInstanceError

from nim_async import (
    AttemptFinished,
    CallFinished,
    CallStarted,
    ConfigurationError,
    ConnectError,
    DecodeError,
    EndpointPaused,
    NimClient,
    NimError,
    NotFound,
    OddReply,
    OperationClosed,
    ParameterError,
    RateLimit,
    RateLimited,
    RetryPolicy,
    TimedOut,
    Waited,
)
from nim_async.emulator import Code, Drop, Emulator, Garbage, Status
from tests.doubles import BASE, OK, OTHER, Outcome, Scripted, Silent, client, reply

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

    from nim_async import Event, Hook

SOON = RetryPolicy(max_attempts=3, backoff=1e-9)
ONCE = RetryPolicy(max_attempts=1)
UNKNOWN = "/nimserver/friend/add.action"
SECRET = "the-secret"
NOISE = "what amy said"
EVENTS = [
    CallStarted,
    Waited,
    AttemptFinished,
    EndpointPaused,
    OperationClosed,
    OddReply,
    CallFinished,
]


class Heard:
    """A hook that remembers the events, and checks ids and times before it forgets those."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ids: list[str] = []
        self.seconds: list[float] = []

    def __call__(self, event: Event, /) -> None:
        self.ids.append(event.call_id)
        event = evolve(event, call_id="")
        if not isinstance(event, CallStarted | OddReply):
            self.seconds.append(event.seconds)
            if not isinstance(event, EndpointPaused | OperationClosed):
                event = evolve(event, seconds=0.0)
        self.events.append(event)


@frozen
class Expected:
    """Makes the events that a call of an operation should give."""

    operation: str
    trace_id: str = "mine"

    @property
    def _labels(self) -> dict[str, Any]:
        return {"call_id": "", "operation": self.operation, "trace_id": self.trace_id}

    @property
    def started(self) -> CallStarted:
        return CallStarted(**self._labels)

    def waited(self, phase: Any) -> Waited:
        return Waited(**self._labels, phase=phase, seconds=0.0)

    def attempt(
        self, number: int, endpoint: str, outcome: str = "ok", error: NimError | None = None
    ) -> AttemptFinished:
        return AttemptFinished(
            **self._labels,
            endpoint=endpoint,
            attempt=number,
            seconds=0.0,
            outcome=outcome,
            error=error,
        )

    def paused(self, attempt: int, endpoint: str, failures: int = 1) -> EndpointPaused:
        return EndpointPaused(
            **self._labels,
            endpoint=endpoint,
            attempt=attempt,
            failures=failures,
            seconds=2.0 ** (failures - 1),
        )

    def odd(self, attempt: int, endpoint: str, place: str) -> OddReply:
        return OddReply(**self._labels, endpoint=endpoint, attempt=attempt, place=place)

    def finished(
        self,
        attempts: int,
        endpoint: str | None,
        outcome: str = "ok",
        error: NimError | None = None,
    ) -> CallFinished:
        return CallFinished(
            **self._labels,
            endpoint=endpoint,
            attempts=attempts,
            seconds=0.0,
            outcome=outcome,
            error=error,
        )


CREATE = Expected("chatroom.create")
GET = Expected("chatroom.get")


# events


async def test_a_call_that_goes_well() -> None:
    """The start, one attempt and the end are reported, in this order; a path is its own name."""
    heard = Heard()
    async with client(Scripted([reply(OK)] * 2), hooks=[heard]) as nim:
        view = nim.options(trace_id="mine")
        await view.chatroom.create(creator="amy", name="tea")
        await view.call(UNKNOWN)
    call = Expected(UNKNOWN)
    assert heard.events == [
        *(CREATE.started, CREATE.attempt(1, BASE), CREATE.finished(1, BASE)),
        *(call.started, call.attempt(1, BASE), call.finished(1, BASE)),
    ]
    attempt, whole, *_ = heard.seconds
    assert 0 <= attempt <= whole


async def test_the_events_of_a_call_have_one_id() -> None:
    """The id tells a call from all others, also from one under the same trace id."""
    heard = Heard()
    async with client(Scripted([reply(OK)] * 2), hooks=[heard]) as nim:
        view = nim.options(trace_id="mine")
        await view.chatroom.get(room_id=66)
        await view.chatroom.get(room_id=66)
    first, second = heard.ids[:3], heard.ids[3:]
    assert len(set(first)) == len(set(second)) == 1
    assert first[0] != second[0]
    assert all(heard.ids)


async def test_a_call_that_is_refused() -> None:
    """Attempt and call end with the very error that is raised, under the name of its class."""
    heard = Heard()
    async with client(Scripted([reply({"code": 404})]), hooks=[heard]) as nim:
        with pytest.raises(NotFound) as caught:
            await nim.options(trace_id="mine").chatroom.get(room_id=66)
    error = caught.value
    attempt = GET.attempt(1, BASE, "NotFound", error)
    assert heard.events == [GET.started, attempt, GET.finished(1, BASE, "NotFound", error)]


async def test_a_call_that_is_repeated() -> None:
    """Each attempt has its number and endpoint; what failed pauses, and the call waits."""
    heard = Heard()
    refused = httpx.ConnectError("refused")
    async with client(Scripted([refused, reply(OK)]), hooks=[heard], retry=SOON) as nim:
        await nim.options(trace_id="mine").chatroom.create(creator="amy", name="tea")
        first = heard.events[1]
        assert isinstance(first, AttemptFinished)
        assert isinstance(first.error, ConnectError)
        assert heard.events == [
            CREATE.started,
            CREATE.attempt(1, BASE, "ConnectError", first.error),
            CREATE.paused(1, BASE),
            CREATE.waited("pause"),
            CREATE.attempt(2, OTHER),
            CREATE.finished(2, OTHER),
        ]


async def test_a_call_whose_repeats_fail_too() -> None:
    """The call ends with the last error, which holds the ones of the attempts before."""
    heard = Heard()
    failures: list[Outcome] = [httpx.ReadError("cut"), httpx.ConnectError("a"), reply("", 502)]
    async with client(Scripted(failures), hooks=[heard], retry=SOON) as nim:
        with pytest.raises(NimError) as caught:
            await nim.chatroom.get(room_id=66)
    attempts = [e for e in heard.events if isinstance(e, AttemptFinished)]
    assert [e.outcome for e in attempts] == ["TransportError", "ConnectError", "StatusError"]
    assert [e.error for e in attempts] == [*caught.value.earlier, caught.value]
    end = heard.events[-1]
    assert isinstance(end, CallFinished)
    assert (end.attempts, end.outcome, end.error) == (3, "StatusError", caught.value)


async def test_an_endpoint_pauses_longer_each_time() -> None:
    """Failures in a row are counted, and only news is reported."""
    heard = Heard()
    refused = httpx.ConnectError("refused")
    async with client(Scripted([refused] * 2), hooks=[heard], retry=ONCE, base_url=BASE) as nim:
        view = nim.options(trace_id="mine")
        for _ in range(2):
            with pytest.raises(ConnectError):
                await view.chatroom.get(room_id=66)
    paused = [e for e in heard.events if isinstance(e, EndpointPaused)]
    assert paused == [GET.paused(1, BASE), GET.paused(1, BASE, failures=2)]


async def test_an_operation_that_the_service_closes() -> None:
    """Code 416 is reported with its penalty: the documented one, or the one that was given."""
    heard = Heard()
    given = RateLimit(calls=5, per_seconds=1, block_seconds=30)
    for limits in ({}, {"chatroom.get": given}, None):
        transport = Scripted([reply({"code": 416})])
        async with client(transport, hooks=[heard], rate_limit=limits, retry=ONCE) as nim:
            with pytest.raises(RateLimited) as caught:
                await nim.chatroom.get(room_id=66)
        closed = [e for e in heard.events if isinstance(e, OperationClosed)]
        assert closed[-1].seconds == caught.value.retry_after
        assert (closed[-1].endpoint, closed[-1].attempt) == (BASE, 1)
    assert [e.seconds for e in heard.events if isinstance(e, OperationClosed)] == [10, 30, 10]


async def test_a_reply_of_another_shape() -> None:
    """The attempt went well, the call did not."""
    heard = Heard()
    async with client(Scripted([reply({"code": 200, "chatroom": 1})]), hooks=[heard]) as nim:
        with pytest.raises(DecodeError) as caught:
            await nim.options(trace_id="mine").chatroom.get(room_id=66)
    end = GET.finished(1, BASE, "DecodeError", caught.value)
    assert heard.events == [GET.started, GET.attempt(1, BASE), end]


async def test_a_call_that_is_cancelled() -> None:
    """Cancelled under way, attempt and call say so without an error, and the attempt counts."""
    heard = Heard()
    async with client(Silent(), hooks=[heard]) as nim, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: nim.options(trace_id="mine").chatroom.get(room_id=66))
        await anyio.wait_all_tasks_blocked()
        assert heard.events == [GET.started]
        tasks.cancel_scope.cancel()
    cancelled = GET.attempt(1, BASE, "cancelled")
    assert heard.events == [GET.started, cancelled, GET.finished(1, BASE, "cancelled")]


async def test_a_call_that_is_cancelled_before_it_is_sent() -> None:
    """Cancelled while it waits for the rate limit, a call had no attempt and no endpoint."""
    heard = Heard()
    limit = {"chatroom.get": RateLimit(calls=1, per_seconds=20, block_seconds=20)}
    transport = Scripted([reply(OK)])
    async with client(transport, hooks=[heard], rate_limit=limit) as nim:
        await nim.chatroom.get(room_id=66)
        heard.events.clear()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: nim.options(trace_id="mine").chatroom.get(room_id=66))
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
    ended = GET.finished(0, None, "cancelled")
    assert heard.events == [GET.started, GET.waited("rate limit"), ended]


async def test_a_call_that_waits_for_a_connection() -> None:
    """Waiting is reported also where it was in vain."""
    heard = Heard()
    async with (
        client(Silent(), hooks=[heard], max_connections=1) as nim,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(lambda: nim.chatroom.get(room_id=66))
        await anyio.wait_all_tasks_blocked()
        heard.events.clear()
        with pytest.raises(TimedOut) as caught:
            await nim.options(trace_id="mine", deadline=0.01).chatroom.get(room_id=66)
        ended = GET.finished(0, None, "TimedOut", caught.value)
        assert heard.events == [GET.started, GET.waited("pool"), ended]
        tasks.cancel_scope.cancel()


async def test_a_reply_that_lacks_something() -> None:
    """It is reported before the end of the call, by the place on the wire."""
    heard = Heard()
    transport = Scripted([reply({"code": 200, "chatroom": {"roomid": 66, "ext": [NOISE]}})])
    lacking = {"ext", "creator", "name", "valid"}
    async with client(transport, hooks=[heard], strict_replies=False) as nim:
        await nim.options(trace_id="mine").chatroom.get(room_id=66)
    odd = [GET.odd(1, BASE, f"$.chatroom.{name}") for name in sorted(lacking)]
    assert heard.events == [GET.started, GET.attempt(1, BASE), *odd, GET.finished(1, BASE)]


async def test_a_place_is_reported_once_for_each_operation() -> None:
    """What was reported is not reported again, in all views of a client; a new place is."""
    heard = Heard()
    room: dict[str, Any] = {"roomid": 66, "valid": True, "name": "tea"}
    answers: list[dict[str, Any]] = [
        room,
        room,
        {**room, "name": 5.5},
        {**room, "creator": "amy", "ext": []},
        room,
    ]
    transport = Scripted([reply({"code": 200, "chatroom": answer}) for answer in answers])
    async with client(transport, hooks=[heard], strict_replies=False) as nim:
        for view in (nim, nim.options(timeout=3), nim, nim):
            await view.chatroom.get(room_id=66)
        await nim.chatroom.create(creator="amy", name="tea")
    odd = [(e.operation, e.place) for e in heard.events if isinstance(e, OddReply)]
    assert odd == [
        ("chatroom.get", "$.chatroom.creator"),
        ("chatroom.get", "$.chatroom.name"),
        ("chatroom.get", "$.chatroom.ext"),
        ("chatroom.create", "$.chatroom.creator"),
    ]


async def test_a_bug_below_is_no_cancellation() -> None:
    """An exception that is none of ours is reported under the name of its class."""
    heard = Heard()
    async with client(Scripted([RuntimeError("a bug")]), hooks=[heard]) as nim:
        with pytest.raises(RuntimeError, match="a bug"):
            await nim.options(trace_id="mine").chatroom.get(room_id=66)
    attempt = GET.attempt(1, BASE, "RuntimeError")
    assert heard.events == [GET.started, attempt, GET.finished(1, BASE, "RuntimeError")]


async def test_a_call_that_is_never_sent() -> None:
    """What is refused for its arguments is no call, so nothing is reported."""
    heard = Heard()
    async with client(Scripted([]), hooks=[heard]) as nim:
        with pytest.raises(ParameterError):
            await nim.chatroom.create(creator="amy", name="n" * 200)
    assert heard.events == []


@pytest.mark.parametrize("cls", EVENTS)
def test_events_are_frozen(cls: type[Any]) -> None:
    """A hook cannot change what the next one is given."""
    event = cls(**{f.name: None for f in fields(cls)})
    for f in fields(cls):
        with pytest.raises(FrozenInstanceError):
            setattr(event, f.name, 1)


async def test_labels_hold_no_room_and_no_user() -> None:
    """
    Every text in an event is an operation, an endpoint, an outcome, a phase or an id of the call.

    That holds for calls that fail too, whatever the service says of them.
    """
    heard = Heard()
    emulator = Emulator("key", SECRET)
    room = emulator.add_room("the-user", room_id=987_654_321)
    emulator.faults.add(Code(404, desc="room 987654321 of the-user")).add(Drop()).add(Status(404))
    emulator.faults.add(Garbage(b'{"code":200,"chatroom":{"creator":"the-user"}}'))
    emulator.faults.add(Code(416)).add(Drop())
    odd = b'{"code":200,"chatroom":{"roomid":987654321,"creator":["the-user"]}}'
    emulator.faults.add(Garbage(odd), path="chatroom/update")
    async with client(emulator.transport(), hooks=[heard], retry=SOON, strict_replies=False) as nim:
        for _ in range(5):
            with pytest.raises(NimError):
                await nim.options(max_attempts=1).chatroom.get(room_id=room)
        await nim.chatroom.get(room_id=room)
        await nim.chatroom.update(room_id=room, announcement=NOISE)
        await nim.chatroom.send_msg(
            room_id=room, from_accid="the-user", msg_type=0, attach=NOISE, ext=SECRET
        )
    assert {type(event) for event in heard.events} == set(EVENTS)
    outcomes = {"ok", "NotFound", "TransportError", "StatusError", "DecodeError", "RateLimited"}
    ids = {call.request_id for call in emulator.calls}
    for event in heard.events:
        texts = {n: v for n, v in asdict(event, recurse=False).items() if isinstance(v, str)}
        assert texts.pop("call_id") == ""
        assert texts.pop("operation") in {"chatroom.get", "chatroom.update", "chatroom.send_msg"}
        assert texts.pop("trace_id") in ids
        assert texts.pop("endpoint", BASE) in {BASE, OTHER}
        assert texts.pop("outcome", "ok") in outcomes
        assert texts.pop("phase", "pause") == "pause"
        assert texts.pop("place", "$.chatroom.name") in {
            f"$.chatroom.{name}" for name in ("creator", "name", "valid")
        }
        assert texts == {}


# hooks


async def test_all_hooks_are_called_in_order() -> None:
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
    """It is logged with its traceback, the call goes on, and the other hooks are called."""
    heard = Heard()

    def broken(event: Event) -> None:
        raise RuntimeError(type(event).__name__)

    transport = Scripted([reply({"code": 404} if fails else OK)])
    async with client(transport, hooks=[broken, heard]) as nim:
        if fails:
            with pytest.raises(NotFound):
                await nim.chatroom.get(room_id=66)
        else:
            assert (await nim.chatroom.get(room_id=66)).room_id == 66
    kinds = ["CallStarted", "AttemptFinished", "CallFinished"]
    assert [type(event).__name__ for event in heard.events] == kinds
    records = [record for record in caplog.records if record.name == "nim_async.hooks"]
    assert [record.levelno for record in records] == [logging.ERROR] * 3
    for record, kind in zip(records, kinds, strict=True):
        assert record.getMessage() == f"a hook failed on {kind}"
        assert record.exc_info
        assert record.exc_info[0] is RuntimeError


async def test_a_hook_may_end_the_program() -> None:
    """Only what a program may overlook is logged: an interrupt passes through."""

    def interrupted(_: Event) -> None:
        raise KeyboardInterrupt

    async with client(Scripted([]), hooks=[interrupted]) as nim:
        with pytest.raises(KeyboardInterrupt):
            await nim.chatroom.get(room_id=66)


async def _later(event: Event) -> None:
    raise AssertionError(event)


class _CalledLater:
    async def __call__(self, event: Event) -> None:
        raise AssertionError(event)


@pytest.mark.parametrize(
    "hook", [_later, _CalledLater(), "print", None], ids=["function", "object", "text", "nothing"]
)
def test_a_hook_that_would_never_run_is_refused(hook: Any) -> None:
    """A coroutine function, or what cannot be called, is refused where the client is made."""
    with pytest.raises(ConfigurationError, match="hooks: "):
        NimClient("key", SECRET, hooks=[hook])


async def run_files(nim: NimClient) -> set[str]:
    """Return the source files whose code runs during one call."""
    files: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            files.add(f"{frame.f_code.co_filename}:{frame.f_code.co_name}")

    sys.setprofile(note)
    try:
        await nim.chatroom.get(room_id=66)
    finally:
        sys.setprofile(None)
    return {name for name in files if "nim_async" in name}


async def test_no_hooks_cost_nothing() -> None:
    """Without hooks, and with the log off, nothing but a question is asked and no event made."""
    async with client(Scripted([reply(OK)] * 2)) as plain:
        await plain.chatroom.get(room_id=66)  # what is made once is made
        without = await run_files(plain)
    async with client(Scripted([reply(OK)] * 2), hooks=[Heard()]) as heard:
        await heard.chatroom.get(room_id=66)
        extra = await run_files(heard) - without
    assert any(name.endswith("observer.py:finished") for name in extra)
    assert {name.rpartition(":")[2] for name in without if "observe" in name} == {"wants_all"}


# what hooks open around a call

CURRENT: contextvars.ContextVar[str] = contextvars.ContextVar("CURRENT", default="")


class Tracer:
    """A hook that opens a span around each call, as tracing libraries do."""

    def __init__(self, name: str = "span") -> None:
        self.name = name
        self.seen: list[str] = []

    def __call__(self, event: Event, /) -> Any:
        if isinstance(event, CallStarted):
            return self._span()
        self.seen.append(f"{type(event).__name__} in {CURRENT.get()}")
        return None

    @contextmanager
    def _span(self) -> Generator[None]:
        token = CURRENT.set(self.name)
        self.seen.append("open")
        try:
            yield
        except BaseException as error:
            self.seen.append(type(error).__name__)
            raise
        finally:
            CURRENT.reset(token)
            self.seen.append("closed")


async def test_a_span_is_open_around_the_call() -> None:
    """It is current while the request is sent and for all events, and closed behind the last."""
    tracer = Tracer()

    def answer(_: httpx.Request) -> httpx.Response:
        tracer.seen.append(f"sent in {CURRENT.get()}")
        return reply(OK)

    async with client(Scripted([answer]), hooks=[tracer]) as nim:
        await nim.chatroom.get(room_id=66)
    assert tracer.seen == [
        *("open", "sent in span", "AttemptFinished in span", "CallFinished in span", "closed"),
    ]
    assert CURRENT.get() == ""


async def test_spans_are_closed_in_reverse_and_see_the_error() -> None:
    """Each learns what the call ended with; none can swallow it."""
    outer, inner = Tracer("outer"), Tracer("inner")
    async with client(Scripted([reply({"code": 404})]), hooks=[outer, inner]) as nim:
        with pytest.raises(NotFound):
            await nim.chatroom.get(room_id=66)
    for tracer in (outer, inner):
        assert tracer.seen[-3:] == ["CallFinished in inner", "NotFound", "closed"]
    assert CURRENT.get() == ""


class _Swallowing:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> bool:
        return True


class _BrokenEnter(_Swallowing):
    def __enter__(self) -> None:
        raise RuntimeError("on the way in")


class _BrokenExit(_Swallowing):
    def __exit__(self, *_: object) -> bool:
        raise RuntimeError("on the way out")


@pytest.mark.parametrize("cls", [_Swallowing, _BrokenEnter, _BrokenExit])
async def test_a_span_changes_nothing_of_the_call(
    cls: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """One that swallows errors, or fails by itself, leaves outcome and other spans as they are."""
    tracer = Tracer()

    def opening(event: Event) -> Any:
        return cls() if isinstance(event, CallStarted) else None

    hooks: list[Hook] = [opening, tracer]
    async with client(Scripted([reply(OK), reply({"code": 404})]), hooks=hooks) as nim:
        assert (await nim.chatroom.get(room_id=66)).room_id == 66
        with pytest.raises(NotFound):
            await nim.chatroom.get(room_id=66)
    assert tracer.seen.count("open") == tracer.seen.count("closed") == 2
    failed = [r for r in caplog.records if r.name == "nim_async.hooks"]
    assert len(failed) == (0 if cls is _Swallowing else 2)


async def test_a_span_is_closed_when_the_call_is_cancelled() -> None:
    """Whatever ends a call closes what was opened around it."""
    tracer = Tracer()
    async with client(Silent(), hooks=[tracer]) as nim, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: nim.chatroom.get(room_id=66))
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert tracer.seen[-1] == "closed"


# statistics


async def test_the_statistics_of_a_client_that_did_nothing() -> None:
    """Looking opens nothing."""
    nim = client(Silent(), rate_limit={})
    found = nim.statistics()
    assert (found.under_way, found.waiting) == (0, 0)
    assert (found.connections_open, found.connections_idle) == (0, 0)
    await nim.aclose()
    assert {url: (s.failures, s.paused_for) for url, s in found.endpoints.items()} == {
        BASE: (0, 0.0),
        OTHER: (0, 0.0),
    }
    assert found.limits == {}


async def test_the_statistics_of_a_client_at_work() -> None:
    """Calls under way and waiting, endpoints that pause and limits in use, views included."""
    path = "/nimserver/chatroom/get.action"
    transport = Silent()
    async with (
        client(transport, max_connections=2, rate_limit={}) as nim,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(3):
            tasks.start_soon(lambda: nim.options(timeout=60).chatroom.get(room_id=66))
        await anyio.wait_all_tasks_blocked()
        found = nim.statistics()
        assert (found.under_way, found.waiting) == (2, 1)
        assert (found.connections_open, found.connections_idle) == (None, None)
        assert found.limits[path].taken == 3
        assert found.limits[path].limit.calls == 100
        tasks.cancel_scope.cancel()
    assert (nim.statistics().under_way, nim.statistics().waiting) == (0, 0)


async def test_the_statistics_show_a_paused_endpoint() -> None:
    """How often it failed in a row, and how long it pauses."""
    transport = Scripted([httpx.ConnectError("refused"), reply(OK)])
    async with client(transport, retry=SOON) as nim:
        await nim.chatroom.get(room_id=66)
        found = nim.statistics().endpoints
    assert found[BASE].failures == 1
    assert 0 < found[BASE].paused_for <= 1
    assert (found[OTHER].failures, found[OTHER].paused_for) == (0, 0.0)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_statistics_of_the_pool() -> None:
    """Connections of our own are counted: open, and idle."""
    emulator = Emulator("key", SECRET)
    room = emulator.add_room("amy")
    async with (
        emulator.serve() as url,
        NimClient("key", SECRET, base_url=url) as nim,
    ):
        await nim.chatroom.get(room_id=room)
        found = nim.statistics()
        assert (found.under_way, found.waiting) == (0, 0)
        assert (found.connections_open, found.connections_idle) == (1, 1)


# what is printed unasked


@pytest.mark.slow
def test_the_library_is_silent_unless_asked() -> None:
    """With no logging set up, nothing is printed: the loggers of the package have a handler."""
    code = """
import anyio, logging, nim_async
from nim_async.emulator import Emulator
async def main():
    transport = Emulator("k", "s").transport()
    async with nim_async.NimClient("k", "s", transport=transport, hooks=[lambda e: 1 / 0]) as nim:
        try:
            await nim.chatroom.get(room_id=1)
        except nim_async.NotFound:
            print("not found")
anyio.run(main)
handlers = logging.getLogger("nim_async").handlers
print(any(isinstance(handler, logging.NullHandler) for handler in handlers))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert (done.stdout.split("\n"), done.stderr) == (["not found", "True", ""], "")
