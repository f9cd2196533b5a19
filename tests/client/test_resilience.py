"""What a call does about failures: repeats, dropped repeats, the clock, the loop it runs on."""

from __future__ import annotations

import gc
import logging
import pickle
from email.utils import formatdate
from time import time
from types import CodeType, FrameType, FunctionType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from anyio.abc import SocketAttribute

from nim_async import (
    Again,
    AuthenticationError,
    ConfigurationError,
    ConnectError,
    Duplicate,
    Failure,
    NimClient,
    NimError,
    NotFound,
    RateLimit,
    RetryPolicy,
    ServerError,
    Stop,
    TimedOut,
    TransportError,
)
from nim_async.observe import CallFinished
from tests.doubles import BASE, OK, OTHER, Reaction, Scripted, client, reply

if TYPE_CHECKING:
    from anyio.abc import SocketStream

    from nim_async.observe import Event

SOON = RetryPolicy(max_attempts=4, backoff=1e-9)
SENT = {"code": 200, "desc": {"time": "1456396333115", "fromAvator": "", "msgid_client": "x",
        "fromClientType": "REST", "attach": "hi", "roomId": "66", "fromAccount": "amy",
        "fromNick": "", "type": "0", "ext": ""}}  # fmt: skip
LOST = httpx.ReadTimeout("late")
SEEN = {"code": 431, "desc": "duplicate request"}


async def test_a_message_is_sent_again_so_that_the_service_can_drop_it() -> None:
    """A repeat keeps RequestId and msgId and carries ``resendFlag`` 1; the first does not."""
    transport = Scripted([LOST, httpx.ReadError("reset"), reply(SENT)])
    async with client(transport, retry=SOON) as nim:
        await nim.chatroom.send_msg(room_id=66, from_accid="amy", msg_type=0, attach="hi")
    first, second, third = transport.forms
    assert "resendFlag" not in first
    assert second == third == first | {"resendFlag": "1"}
    assert len(first["msgId"]) == 32
    assert len({r.headers["RequestId"] for r in transport.requests}) == 1
    assert len({r.headers["Nonce"] for r in transport.requests}) == 3


async def test_a_message_that_surely_was_not_sent_is_no_repeat() -> None:
    """After a failed connection the message goes out as the first of its kind."""
    transport = Scripted([httpx.ConnectError("refused"), reply(SENT)])
    async with client(transport, retry=SOON) as nim:
        await nim.chatroom.send_msg(room_id=66, from_accid="amy", msg_type=0, attach="hi")
    assert transport.forms[0] == transport.forms[1]


async def test_a_message_list_of_the_caller_s_own_text_without_ids_is_not_repeated() -> None:
    """Where the service could not tell a repeat from another message there is none."""
    transport = Scripted([LOST])
    async with client(transport, retry=SOON) as nim:
        with pytest.raises(TimedOut) as caught:
            await nim.chatroom.batch_send_msg(
                room_id=66, from_accid="amy", msg_list='[{"attach":"hi","msgType":0}]'
            )
    assert caught.value.maybe_processed


@pytest.mark.parametrize("known", [True, False])
async def test_a_plain_call_is_repeated_as_far_as_the_table_knows_it(known: bool) -> None:  # noqa: FBT001
    """A message sent by path is repeated with its id; a path nobody knows is not."""
    path = "/nimserver/chatroom/sendMsg.action" if known else "/nimserver/msg/sendMsg.action"
    transport = Scripted([LOST, reply(SENT)])
    async with client(transport, retry=SOON) as nim:
        if known:
            assert (await nim.call(path, {"msgId": "mine"}))["code"] == 200
            assert transport.forms == [{"msgId": "mine"}, {"msgId": "mine", "resendFlag": "1"}]
        else:
            with pytest.raises(TimedOut):
                await nim.call(path, {"msgId": "mine"})


@pytest.mark.parametrize("operation", ["get", "send_msg"])
async def test_the_answer_of_a_dropped_repeat_is_fetched_under_a_new_id(operation: str) -> None:
    """
    431 on a repeat says that the first attempt arrived; what may be repeated is asked anew.

    The service goes on dropping the old id, so only a new one brings the answer.
    """
    calls: dict[str, tuple[dict[str, Any], Any]] = {
        "get": ({"room_id": 66}, OK),
        "send_msg": ({"room_id": 66, "from_accid": "amy", "msg_type": 0, "attach": "hi"}, SENT),
    }
    arguments, answer = calls[operation]
    transport = Scripted([LOST, reply(SEEN), reply(answer)])
    async with client(transport, retry=SOON) as nim:
        await getattr(nim.chatroom, operation)(**arguments)
    ids = [r.headers["RequestId"] for r in transport.requests]
    assert ids[0] == ids[1] != ids[2]
    assert transport.forms[1] == transport.forms[2]


async def test_a_dropped_repeat_of_what_must_not_be_repeated_was_accepted() -> None:
    """431 after a maybe is told as such: the call surely took effect, its answer is lost."""
    policy = RetryPolicy(
        max_attempts=9, rules=[lambda f: Again(after=0) if f.attempt == 1 else None]
    )
    transport = Scripted([LOST, reply(SEEN)])
    async with client(transport, retry=policy) as nim:
        with pytest.raises(Duplicate, match="already accepted") as caught:
            await nim.chatroom.create(creator="amy", name="tea")
    assert caught.value.processed
    assert caught.value.maybe_processed
    assert [type(e) for e in caught.value.earlier] == [TimedOut]


async def test_a_rule_cannot_double_what_must_not_be_repeated() -> None:
    """However often a rule says again, the id stays, by which the service drops the repeats."""
    policy = RetryPolicy(max_attempts=4, rules=[lambda _: Again(after=0)])
    transport = Scripted([LOST, reply(SEEN), reply(SEEN), reply(SEEN)])
    async with client(transport, retry=policy) as nim:
        with pytest.raises(Duplicate, match="already accepted"):
            await nim.chatroom.create(creator="amy", name="tea")
    assert len({r.headers["RequestId"] for r in transport.requests}) == 1


async def test_what_was_once_certain_stays_so() -> None:
    """Known to be accepted, a call stays so whatever its later attempts end with."""
    lost = httpx.ConnectError("refused")
    transport = Scripted([LOST, reply(SEEN), lost, lost])
    async with client(transport, retry=SOON) as nim:
        with pytest.raises(ConnectError, match="already accepted") as caught:
            await nim.chatroom.send_msg(room_id=66, from_accid="amy", msg_type=0, attach="hi")
    assert caught.value.processed
    assert caught.value.maybe_processed


async def test_an_id_seen_before_the_first_attempt_is_no_acceptance() -> None:
    """431 on a first attempt speaks of some other call."""
    async with client(Scripted([reply(SEEN)]), retry=SOON) as nim:
        with pytest.raises(Duplicate) as caught:
            await nim.chatroom.get(room_id=66)
    assert not caught.value.processed
    assert "already accepted" not in str(caught.value)


async def test_a_room_found_as_asked_after_a_lost_answer_is_success(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """417 on a repeat of toggleCloseStat means the first attempt worked: the room is read."""
    transport = Scripted([LOST, reply({"code": 417}), reply(OK)])
    ends: list[tuple[str, str]] = []

    def note(event: Event) -> None:
        if isinstance(event, CallFinished):
            ends.append((event.operation, event.outcome))

    async with client(transport, retry=SOON, hooks=[note]) as nim:
        view = nim.options(trace_id="mine")
        room = await view.chatroom.toggle_close_stat(room_id=66, operator="amy", valid=True)
    assert ends == [("chatroom.toggle_close_stat", "ok"), ("chatroom.get", "ok")]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert room.room_id == 66
    assert [r.url.path.rpartition("/")[2] for r in transport.requests] == [
        "toggleCloseStat.action",
        "toggleCloseStat.action",
        "get.action",
    ]
    assert transport.requests[2].headers["RequestId"] != "mine"


async def test_a_state_found_as_asked_after_a_lost_answer_was_accepted() -> None:
    """417 on a repeat elsewhere is told as already accepted; on a first attempt it is not."""
    arguments: dict[str, Any] = {"room_id": 66, "operator": "amy", "target": "bob", "opt": 2}
    transport = Scripted([LOST, reply({"code": 417}), reply({"code": 417})])
    async with client(transport, retry=SOON) as nim:
        for processed in (True, False):
            with pytest.raises(Duplicate) as caught:
                await nim.chatroom.set_member_role(**arguments, opt_value=True)
            assert caught.value.processed is processed
    async with client(Scripted([reply({"code": 417})]), retry=SOON) as nim:
        with pytest.raises(Duplicate):
            await nim.chatroom.toggle_close_stat(room_id=66, operator="amy", valid=True)


async def test_a_refusal_after_a_lost_answer_leaves_it_open() -> None:
    """404 on a repeat may be the work of the first attempt, so it is no proof of nothing."""
    transport = Scripted([LOST, reply({"code": 404})])
    async with client(transport, retry=SOON) as nim:
        with pytest.raises(NotFound) as caught:
            await nim.chatroom.kick_member(room_id=66, target_accid="bob", accid="amy")
    assert caught.value.maybe_processed
    assert not caught.value.processed


async def test_a_rule_sees_what_is_known() -> None:
    """A rule is told operation, attempt, error, repeatability and the seconds left."""
    seen: list[Failure] = []

    def note(failure: Failure) -> Stop | None:
        seen.append(failure)
        return Stop() if failure.attempt == 2 else None

    transport = Scripted([LOST, reply("", 502)])
    policy = RetryPolicy(max_attempts=9, backoff=1e-9, rules=[note])
    async with client(transport, retry=policy, deadline=7) as nim:
        with pytest.raises(Exception, match="502"):
            await nim.chatroom.get(room_id=66)
    assert [(f.operation, f.attempt, f.repeatable, f.accepted) for f in seen] == [
        ("chatroom.get", 1, True, False),
        ("chatroom.get", 2, True, False),
    ]
    assert all(0 < f.remaining <= 7 for f in seen)


async def test_a_rule_may_stay_on_the_endpoint() -> None:
    """``elsewhere=False`` tries the same endpoint again."""
    policy = RetryPolicy(rules=[lambda _: Again(after=0, elsewhere=False)])
    transport = Scripted([reply({"code": 500}), reply(OK)])
    async with client(transport, retry=policy) as nim:
        await nim.chatroom.get(room_id=66)
    assert {r.url.host for r in transport.requests} == {httpx.URL(BASE).host}


async def test_a_penalty_shorter_than_the_deadline_is_waited_for() -> None:
    """416 is followed by another attempt once its penalty time is over, and not before."""
    brief = RateLimit(calls=100, per_seconds=1, block_seconds=0.05)
    eager = RetryPolicy(rules=[lambda _: Again(after=0.0, elsewhere=False)])
    for policy in (SOON, eager):
        transport = Scripted([reply({"code": 416}), reply(OK)])
        async with client(transport, rate_limit={"chatroom.get": brief}, retry=policy) as nim:
            began = anyio.current_time()
            await nim.chatroom.get(room_id=66)
            assert anyio.current_time() - began >= 0.05


def dated(body: Any, offset: float) -> httpx.Response:
    """Make an answer of a service whose clock differs."""
    answer = reply(body)
    answer.headers["Date"] = formatdate(time() + offset, usegmt=True)
    return answer


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_wrong_clock_is_learnt_and_the_call_signed_again(hours: int) -> None:
    """A refused time teaches the offset; the repeat is no attempt of the policy."""
    expired = {"code": 414, "desc": "CurTime is expired"}
    transport = Scripted([dated(expired, hours * 3600), reply(OK), reply(OK)])
    async with client(transport, retry=RetryPolicy(max_attempts=1)) as nim:
        await nim.chatroom.create(creator="amy", name="tea")
        await nim.chatroom.create(creator="amy", name="tea")
    wrong, right, later = (int(r.headers["CurTime"]) for r in transport.requests)
    assert abs(wrong - time()) < 1800
    assert abs(right - time() - hours * 3600) < 1800
    assert abs(later - time() - hours * 3600) < 1800


async def test_a_call_is_signed_again_once() -> None:
    """A service that goes on refusing is believed; so is one whose date agrees with ours."""
    expired = {"code": 414, "desc": "CurTime is expired"}
    transport = Scripted([dated(expired, 3600), dated(expired, 7200)])
    async with client(transport, retry=SOON) as nim:
        with pytest.raises(AuthenticationError) as caught:
            await nim.chatroom.get(room_id=66)
    assert caught.value.attempts == 2
    for answer in (dated({"code": 414, "desc": "checksum"}, 2), reply(expired)):
        async with client(Scripted([answer]), retry=SOON) as nim:
            with pytest.raises(AuthenticationError):
                await nim.chatroom.get(room_id=66)


def test_a_second_event_loop_is_refused() -> None:
    """A client used on one loop says so on another, where its connections cannot be used."""
    nim = client(Scripted([reply(OK), reply(OK)]))

    async def call() -> None:
        await nim.chatroom.get(room_id=66)

    anyio.run(call)
    with pytest.raises(ConfigurationError, match="another event loop"):
        anyio.run(call)
    with pytest.raises(ConfigurationError, match="another event loop"):
        anyio.run(call, backend="trio")


def test_a_client_is_rebuilt_from_its_configuration() -> None:
    """A configuration travels by pickle and shows no secret; the client itself stays."""
    nim = NimClient(
        "key", "the-secret", base_url=[BASE, OTHER], timeout=2, deadline=3, max_connections=4,
        rate_limit={"chatroom.get": RateLimit(calls=1, per_seconds=2, block_seconds=3)},
        proxy="http://user:the-password@127.0.0.1:1", retry=SOON,
    )  # fmt: skip
    config = pickle.loads(pickle.dumps(nim.options(deadline=9).config))  # noqa: S301
    again = NimClient.from_config(config)
    assert again.config == config
    assert (config.timeout, config.deadline, config.base_url) == (2, 9, (BASE, OTHER))
    assert config.retry == SOON
    for secret in ("the-secret", "the-password"):
        assert secret not in repr(config) + repr(again)
    with pytest.raises(TypeError, match="from_config"):
        pickle.dumps(nim)


@pytest.mark.virtual_time
async def test_an_attempt_gets_no_more_than_what_is_left() -> None:
    """An attempt ends with the deadline, however long its own timeout is."""

    class Stalled(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            assert isinstance(request.stream, httpx.AsyncByteStream)
            async for _ in request.stream:
                pass
            await anyio.sleep_forever()
            raise AssertionError

    async with client(Stalled(), retry=SOON, timeout=0.02, deadline=0.05) as nim:
        began = anyio.current_time()
        with pytest.raises(TimedOut) as caught:
            await nim.chatroom.get(room_id=66)
        assert anyio.current_time() - began == pytest.approx(0.05)
        assert caught.value.attempts == 3
        assert caught.value.maybe_processed


async def test_where_to_go_is_decided_once_there_is_a_connection() -> None:
    """A call that waited for a connection knows how the endpoints have been doing meanwhile."""
    gate = anyio.Event()

    class Failing(httpx.AsyncBaseTransport):
        def __init__(self) -> None:
            self.hosts: list[str] = []

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.hosts.append(request.url.host)
            if len(self.hosts) > 1:
                return reply(OK)
            await gate.wait()
            raise httpx.ConnectError("refused")

    transport = Failing()
    once = RetryPolicy(max_attempts=1)
    async with client(transport, max_connections=1, retry=once) as nim:

        async def fail() -> None:
            with pytest.raises(ConnectError):
                await nim.chatroom.get(room_id=66)

        async with anyio.create_task_group() as group:
            group.start_soon(fail)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(lambda: nim.chatroom.get(room_id=66))
            await anyio.wait_all_tasks_blocked()
            gate.set()
    assert transport.hosts == ["one.example", "two.example"]


def errors_alive() -> set[NimError]:
    """Return the errors that somebody, or a cycle, holds on to."""
    # By their type: a lazy object of another library would be made to say its class.
    return {thing for thing in gc.get_objects() if issubclass(type(thing), NimError)}


async def test_failures_leave_no_garbage() -> None:
    """Errors are freed when they are let go: under load the collector need not run for them."""
    told: list[str] = []
    refused = httpx.ConnectError("refused")
    first: list[Reaction] = [LOST, refused, reply("<html>")]
    second: list[Reaction] = [reply("<html>"), LOST, refused]  # each is among the earlier ones too
    transport = Scripted([*first, *second, LOST, refused, reply(OK)])

    def hook(event: Event) -> None:
        told.append(str(event))

    async def call(nim: NimClient) -> None:
        try:
            await nim.chatroom.get(room_id=66)
        except NimError as error:
            told.append(str(error))

    policy = RetryPolicy(max_attempts=3, backoff=1e-9)
    async with client(transport, retry=policy, hooks=[hook]) as nim:
        gc.collect()
        before = errors_alive()
        gc.disable()
        try:
            for _ in range(3):
                await call(nim)
            left = errors_alive() - before
        finally:
            gc.enable()
    assert sum("3 attempts" in text and "chatroom.get:" in text for text in told) >= 2
    assert not left


@pytest.mark.slow
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("answer", [b"nonsense\r\n\r\n", b"", None])
async def test_a_lost_connection_leaves_nothing_for_the_collector(answer: bytes | None) -> None:
    """Refused, closed or spoken to in no HTTP, a connection goes as soon as its call has failed."""
    held: list[Any] = []

    async def serve(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            if answer:
                await stream.send(answer)

    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as tasks,
    ):
        port = listener.extra(SocketAttribute.local_port)
        if answer is None:
            await listener.aclose()
        else:
            tasks.start_soon(listener.serve, serve)
        base = f"http://127.0.0.1:{port}/nimserver"
        policy = RetryPolicy(max_attempts=1)
        async with NimClient("key", "secret", base_url=base, retry=policy) as nim:
            for debug in (0, gc.DEBUG_SAVEALL):
                gc.collect()
                gc.disable()
                gc.set_debug(debug)
                try:
                    with pytest.raises(TransportError):
                        await nim.chatroom.get(room_id=66)
                    await anyio.wait_all_tasks_blocked()
                    gc.collect()
                    held = [type(thing).__name__ for thing in gc.garbage]
                finally:
                    gc.set_debug(0)
                    gc.garbage.clear()
                    gc.enable()
        tasks.cancel_scope.cancel()
    # The server's own connections are made of the same classes, of which ours leaves none more.
    ours = {"Connection", "PlainConnection", "ReplyReader", "HttpResponseParser", "TransportError"}
    assert not ours & set(held)
    assert held.count("_SelectorSocketTransport") <= 1


@pytest.mark.slow
async def test_a_thousand_attempts_leave_the_first_and_last_errors() -> None:
    """However often a call is repeated, it keeps few errors, and counts the others."""
    outcomes: list[Reaction] = [reply({"code": 500, "desc": str(n)}) for n in range(1000)]
    policy = RetryPolicy(max_attempts=1000, backoff=1e-9, longest_backoff=1e-9)
    async with client(Scripted(outcomes), retry=policy) as nim:
        with pytest.raises(ServerError) as caught:
            await nim.chatroom.get(room_id=66)
    error = caught.value
    kept = [int(one.desc) for one in error.earlier if isinstance(one, ServerError)]
    assert kept == [*range(8), *range(991, 999)]
    assert (error.desc, error.attempts, error.earlier_dropped) == ("999", 1000, 983)


def texts_of(error: BaseException) -> set[bytes | str]:
    """Collect the texts that an error holds: itself, its chain, its frames, what led to it."""
    found: set[bytes | str] = set()
    seen: set[int] = set()
    todo: list[Any] = [error]
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, type | ModuleType | FunctionType | CodeType):
            continue
        seen.add(id(thing))
        if isinstance(thing, bytes | str):
            found.add(thing)
        elif isinstance(thing, FrameType):
            ours = thing.f_globals["__name__"].startswith("nim_async.")
            todo += [*(thing.f_locals.values() if ours else ()), thing.f_back]
        elif isinstance(thing, TracebackType):
            todo += [thing.tb_frame, thing.tb_next]
        elif isinstance(thing, BaseException):
            todo += [thing.__context__, thing.__cause__, thing.__traceback__]
            todo += [
                vars(thing),
                thing.args,
                getattr(thing, "doc", ""),
                getattr(thing, "object", ""),
            ]
        elif isinstance(thing, dict | list | tuple | httpx.Request | httpx.Headers):
            todo += gc.get_referents(thing)
    return found


@pytest.mark.parametrize(
    "body",
    ["x" * 100_000, "[" + "1," * 50_000, {"code": 500, "desc": "x" * 100_000},
     {"code": 404, "data": ["x" * 100_000]}, {"code": 200, "chatroom": {"x": "y" * 100_000}},
     LOST],
)  # fmt: skip
async def test_an_error_holds_little_of_an_answer_and_no_signature(body: Any) -> None:
    """By no way, its chain and frames included, is more than a piece of an answer kept."""
    outcomes: list[Reaction] = [body if body is LOST else reply(body) for _ in range(2)]
    transport = Scripted(outcomes)
    policy = RetryPolicy(max_attempts=2, backoff=1e-9)
    async with client(transport, retry=policy) as nim:
        with pytest.raises(NimError) as caught:
            await nim.chatroom.get(room_id=66)
    held = texts_of(caught.value)
    assert sum(map(len, held)) < 50_000
    for request in transport.requests:
        sum_ = request.headers["CheckSum"]
        assert not any(sum_ in (t if isinstance(t, str) else t.decode("latin-1")) for t in held)
