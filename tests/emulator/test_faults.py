"""Planted faults, and the doors of the emulator: in process, ASGI, a real socket."""

from __future__ import annotations

import builtins
import math
import threading
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import httpx
import pytest

from nim_async.emulator import (
    Code,
    Delay,
    Drop,
    Emulator,
    Fault,
    Garbage,
    Refused,
    Request,
    Status,
    Truncate,
)
from tests.wire import KEY, NOON, SECRET, Caller, caller, form, signed, url

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

CREATE = form({"creator": "amy", "name": "tea"})


async def create(client: httpx.AsyncClient, base: str = url("/nimserver")) -> httpx.Response:
    """Create a room by an httpx client."""
    return await client.post(f"{base}/chatroom/create.action", content=CREATE, headers=signed(NOON))


def doors(call: Caller) -> httpx.AsyncClient:
    """Return a client for the door without a socket."""
    return httpx.AsyncClient(transport=call.emulator.transport())


@pytest.mark.parametrize(
    ("fault", "rooms"),
    [
        (Status(502), 0),
        (Status(502, after=True), 1),
        (Code(500), 0),
        (Code(500, after=True), 1),
        (Drop(), 0),
        (Drop(after=True), 1),
        (Garbage(), 1),
        (Truncate(), 1),
    ],
)
async def test_a_fault_strikes_before_or_after_the_call_is_carried_out(
    fault: Fault, rooms: int
) -> None:
    """What the caller sees is the same; whether the room was made is the fault's choice."""
    call = caller()
    call.emulator.faults.add(fault)
    async with doors(call) as client:
        try:
            response = await create(client)
        except httpx.RemoteProtocolError:
            assert isinstance(fault, Drop | Truncate)
        else:
            seen = {502: "<html></html>", 200: '{"code":500,"desc":"planted"}'}
            assert isinstance(fault, Garbage) or response.text == seen[response.status_code]
        assert len(call.emulator.rooms) == rooms
        (recorded,) = call.emulator.calls
        assert recorded.processed is bool(rooms)
        assert recorded.fault is fault
        assert (await create(client)).json()["code"] == 200


async def test_faults_are_a_script() -> None:
    """Each request meets the first fault that fits, as often as was said."""
    call = caller()
    faults = call.emulator.faults
    faults.add(Code(1)).add(Code(2), times=2).add(Code(3), path="chatroom/get").add(Code(4))
    assert len(faults) == 4
    codes = [await call.code("chatroom/create", creator="amy", name="x") for _ in range(5)]
    assert codes == [1, 2, 2, 4, 200]
    assert await call.code("chatroom/get", roomid=1) == 3
    assert len(faults) == 0


async def test_a_fault_may_strike_always_and_on_a_condition() -> None:
    """With ``times=None`` it stays until it is cleared; ``when`` looks at the request."""
    call = caller()

    def second_attempt(request: Request) -> bool:
        return b"name=b" in request.body

    call.emulator.faults.add(Code(503), times=None, when=second_attempt)
    codes = [await call.code("chatroom/create", creator="amy", name=n) for n in "abb"]
    assert codes == [200, 503, 503]
    call.emulator.faults.clear()
    assert await call.code("chatroom/create", creator="amy", name="b") == 200


async def test_a_condition_may_look_at_the_faults_and_take_them_out() -> None:
    """It is asked while nobody is kept from them; what it takes out does not strike."""
    call = caller()
    faults = call.emulator.faults

    def alone(_: Request) -> bool:
        if len(faults) > 1:
            return False
        faults.clear()
        return True

    faults.add(Code(503), when=alone)
    faults.add(Code(404), times=1)
    codes = [await call.code("chatroom/create", creator="amy", name="x") for _ in range(3)]
    assert codes == [404, 200, 200]


def test_a_fault_that_never_strikes_is_an_error() -> None:
    """A number of times below one is refused."""
    with pytest.raises(ValueError, match="times"):
        caller().emulator.faults.add(Drop(), times=0)


async def test_garbage_is_repeatable() -> None:
    """The same seed gives the same bytes, and given bytes come as they are."""
    call = caller()
    planted = (Garbage(seed=1), Garbage(seed=1), Garbage(seed=2), Garbage(b"no json"))
    for fault in planted:
        call.emulator.faults.add(fault)
    async with doors(call) as client:
        one, again, other, given = [(await create(client)).content for _ in planted]
    assert one == again
    assert one != other
    assert given == b"no json"


@pytest.mark.parametrize(("keep", "sent"), [(3, 3), (0.0, 0), (10_000, -1), (1.0, -1)])
async def test_a_cut_answer_never_is_whole(keep: float, sent: int) -> None:
    """The announced length stays, the bytes end early, and reading them fails."""
    call = caller()
    call.emulator.faults.add(Truncate(keep))
    async with (
        doors(call) as client,
        client.stream(
            "POST", url("chatroom/create"), content=CREATE, headers=signed(NOON)
        ) as response,
    ):
        length = int(response.headers["content-length"])
        with pytest.raises(httpx.RemoteProtocolError):
            await response.aread()
    assert response.num_bytes_downloaded == (sent if sent >= 0 else length - 1)


@pytest.mark.virtual_time
async def test_a_late_answer_is_a_read_timeout() -> None:
    """The caller gives up, and the call is carried out all the same."""
    call = caller()
    call.emulator.faults.add(Delay(math.inf))
    async with doors(call) as client:
        client.timeout = httpx.Timeout(0.01)
        with pytest.raises(httpx.ReadTimeout):
            await create(client)
    assert len(call.emulator.rooms) == 1
    (recorded,) = call.emulator.calls
    assert recorded.processed
    assert recorded.status is None


async def test_a_short_delay_only_takes_time() -> None:
    """A delay below the timeout changes nothing else."""
    call = caller()
    call.emulator.faults.add(Delay(0))
    async with doors(call) as client:
        assert (await create(client)).json()["code"] == 200


async def test_the_socket_answers_like_the_transport() -> None:
    """One application behind both doors: the same state, the same reply, the same date."""
    call = caller()
    async with call.emulator.serve() as base, httpx.AsyncClient() as client:
        assert base.startswith("http://127.0.0.1:")
        assert base.endswith("/nimserver")
        by_socket = await create(client, base)
        room = by_socket.json()["chatroom"]["roomid"]
        assert await call.code("chatroom/get", roomid=room) == 200
        in_process = (await call.post("chatroom/create", CREATE)).headers
        assert by_socket.headers["date"] == in_process["date"]
        assert "server" not in by_socket.headers
        assert (await client.get(f"{base}/health/liveness.action")).status_code == 200


@pytest.mark.parametrize(("fault", "rooms"), [(Drop(), 0), (Drop(after=True), 1), (Truncate(), 1)])
async def test_a_broken_connection_is_broken_on_the_socket_too(fault: Fault, rooms: int) -> None:
    """The peer sees the connection end, and the next request gets a new one."""
    call = caller()
    call.emulator.faults.add(fault)
    async with call.emulator.serve() as base, httpx.AsyncClient() as client:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await create(client, base)
        assert len(call.emulator.rooms) == rooms
        assert (await create(client, base)).json()["code"] == 200


async def test_many_calls_at_once_over_the_socket() -> None:
    """Calls from many connections are each carried out once."""
    call = caller()
    async with call.emulator.serve() as base, httpx.AsyncClient() as client:
        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(create, client, base)
        assert len(call.emulator.rooms) == 50


async def test_the_server_leaves_nothing_behind() -> None:
    """When the context ends the port is closed and the thread is gone, calls under way or not."""
    call = caller()
    arrived = threading.Event()

    def note(_: Request) -> bool:
        arrived.set()
        return True

    call.emulator.faults.add(Delay(math.inf), when=note)
    before = threading.active_count()
    async with httpx.AsyncClient() as client, anyio.create_task_group() as tasks:
        async with call.emulator.serve() as base:

            async def hang() -> None:
                with pytest.raises(httpx.TransportError):
                    await create(client, base)

            tasks.start_soon(hang)
            await anyio.to_thread.run_sync(arrived.wait)
            assert (await client.get(f"{base}/health/liveness.action")).status_code == 200
        with pytest.raises(httpx.ConnectError):
            await create(client, base)
    assert len(call.emulator.rooms) == 1
    names = [t.name for t in threading.enumerate()]
    assert "nim_async emulator" not in names
    assert threading.active_count() <= before + 1  # anyio keeps an idle worker for a while


async def test_the_server_ends_when_it_is_cancelled() -> None:
    """Cancellation of the caller closes the server as the end of the context does."""
    call = caller()
    base = ""
    with anyio.CancelScope() as scope:
        async with call.emulator.serve() as base:
            scope.cancel()
            await anyio.sleep_forever()
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await create(client, base)


async def test_two_servers_of_one_emulator() -> None:
    """An emulator may be served twice at the same time, on two ports."""
    call = caller()
    async with call.emulator.serve() as one, call.emulator.serve() as two:
        assert one != two
        async with httpx.AsyncClient() as client:
            await create(client, one)
            await create(client, two)
    assert len(call.emulator.rooms) == 2


async def test_serving_without_uvicorn_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is optional: without it the error says what to install."""
    real: Callable[..., Any] = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.endswith("under_uvicorn"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RuntimeError, match=r"nim-async\[emulator\]"):
        async with caller().emulator.serve():
            pass


class OneRequest:
    """The least of an ASGI server: one request, and what came back."""

    def __init__(self, **scope: Any) -> None:
        """Prepare a request."""
        self.scope: MutableMapping[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": "/nimserver/chatroom/create.action",
            "headers": [(k.lower().encode(), v.encode()) for k, v in signed(NOON).items()],
            **scope,
        }
        self.incoming: list[dict[str, Any]] = [
            {"type": "http.request", "body": CREATE[:5], "more_body": True},
            {"type": "http.request", "body": CREATE[5:]},
        ]
        self.outgoing: list[MutableMapping[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        """Hand the next message in."""
        return self.incoming.pop(0)

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Take a message."""
        self.outgoing.append(message)

    async def run(self, emulator: Emulator) -> None:
        """Serve the request."""
        await emulator.app(self.scope, self.receive, self.send)


async def test_the_application_may_be_mounted() -> None:
    """A prefix that the server names as root path does not belong to the operation's path."""
    emulator = caller().emulator
    path = "/mock/nimserver/chatroom/create.action"
    server = OneRequest(path=path, root_path="/mock")
    await server.run(emulator)
    start, body = server.outgoing
    assert start["status"] == 200
    assert (b"content-length", str(len(body["body"])).encode()) in start["headers"]
    assert len(emulator.rooms) == 1


async def test_other_runners_of_asgi_applications_will_do() -> None:
    """The application answers behind httpx's own ASGI transport."""
    call = caller()
    transport = httpx.ASGITransport(app=call.emulator.app)
    async with httpx.AsyncClient(transport=transport) as client:
        assert (await create(client)).json()["code"] == 200
    assert len(call.emulator.rooms) == 1


async def test_a_caller_who_hangs_up_early_has_asked_for_nothing() -> None:
    """A request whose body never ends is not carried out."""
    emulator = caller().emulator
    server = OneRequest()
    server.incoming[1] = {"type": "http.disconnect"}
    await server.run(emulator)
    assert not server.outgoing
    assert not emulator.calls


async def test_under_other_servers_a_drop_is_an_answer_that_never_ends() -> None:
    """Without a way to cut the connection the answer stays unfinished."""
    emulator = caller().emulator
    emulator.faults.add(Drop())
    server = OneRequest()
    await server.run(emulator)
    start, body = server.outgoing
    assert (b"content-length", b"1") in start["headers"]
    assert (body["body"], body["more_body"]) == (b"", True)


async def test_the_application_takes_part_in_the_lifespan() -> None:
    """Start and end of a server are answered; other protocols are refused."""
    emulator = caller().emulator
    server = OneRequest(type="lifespan")
    server.incoming = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    await server.run(emulator)
    kinds = [m["type"] for m in server.outgoing]
    assert kinds == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    with pytest.raises(NotImplementedError):
        await OneRequest(type="websocket").run(emulator)


def test_a_refusal_reads_well() -> None:
    """The error of the methods shows code and text."""
    emulator = Emulator(KEY, SECRET)
    with pytest.raises(Refused, match="404 chatroom does not exist") as caught:
        emulator.enter(1, "amy")
    assert (caught.value.code, caught.value.desc) == (404, "chatroom does not exist")
