"""What can be seen of calls: which events they give, in which order, and what those say."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest
from attrs import asdict, fields, frozen
from attrs.exceptions import FrozenInstanceError

from nim_async import (
    AttemptFinished,
    CallFinished,
    CallStarted,
    ConnectError,
    DecodeError,
    EndpointPaused,
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
from tests.client.hearing import NOISE, SECRET, SOON, Heard
from tests.doubles import BASE, OK, OTHER, Reaction, Scripted, Silent, client, reply

ONCE = RetryPolicy(max_attempts=1)
UNKNOWN = "/nimserver/friend/add.action"
EVENTS = [
    CallStarted,
    Waited,
    AttemptFinished,
    EndpointPaused,
    OperationClosed,
    OddReply,
    CallFinished,
]


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
    failures: list[Reaction] = [httpx.ReadError("cut"), httpx.ConnectError("a"), reply("", 502)]
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
