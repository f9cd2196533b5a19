"""The ASGI door: paths, bodies and lifespans; frameworks are in `examples`."""

# What handlers are given is known by name, which lambdas do not say the types of.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from attrs import define, field

from nim_async import ConfigurationError
from nim_async.bot import Bot, MemoryInbox, Reject
from nim_async.webhooks import MessageAsked, MessageEvent
from tests.bot.conftest import KEY, SECRET
from tests.webhooks.signed import body, signed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nim_async import NimClient

HELLO = body("4", attach="hello", fromAccount="lisi", msgType="TEXT", msgidClient="1", roomId="66")
ASKED = body(6, attach="hello", fromAccount="lisi", msgType="TEXT", msgidClient="1", roomId="66")


async def request(
    app: Any,
    raw: bytes = HELLO,
    *,
    path: str = "/",
    method: str = "POST",
    parts: list[Any] | None = None,
    headers: dict[str, str] | None = None,
    root_path: str = "",
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Make a request, with the body in parts, and return the answer."""
    given = signed(raw, secret=SECRET, key=KEY) if headers is None else headers
    pairs = [(name.lower().encode(), value.encode()) for name, value in given.items()]
    pieces: list[Any] = [raw[:10], raw[10:]] if parts is None else parts
    messages: deque[Any] = deque(
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
        if isinstance(piece, bytes)
        else piece
        for number, piece in enumerate(pieces)
    )
    sent: list[Any] = []

    async def receive() -> Any:
        if not messages:
            await anyio.sleep_forever()
        return messages.popleft()

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": pairs}
    await app({**scope, "root_path": root_path, "http_version": "1.1"}, receive, send)
    if not sent:
        return 0, {}, b""
    start, whole = sent
    found = dict(start["headers"])
    assert int(found[b"content-length"]) == len(whole["body"])
    return start["status"], found, whole["body"]


@define
class Server:
    """What a server hears of an application."""

    told: list[str] = field(factory=list[str])
    message: str = ""
    error: Exception | None = None


@asynccontextmanager
async def serving(app: Any) -> AsyncGenerator[Server]:
    """Run the lifespan of an application, and nothing else."""
    server = Server()
    started, stop = anyio.Event(), anyio.Event()
    asked: list[str] = []

    async def receive() -> Any:
        asked.append("x")
        if len(asked) == 1:
            return {"type": "lifespan.startup"}
        await stop.wait()
        return {"type": "lifespan.shutdown"}

    async def send(message: Any) -> None:
        server.told.append(message["type"].removeprefix("lifespan."))
        server.message = message.get("message", "")
        started.set()

    async def run() -> None:
        try:
            await app({"type": "lifespan"}, receive, send)
        except Exception as error:  # noqa: BLE001  as servers do
            server.error = error
        started.set()

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            await started.wait()
            yield server
            stop.set()


async def teapot(scope: Any, receive: Any, send: Any) -> None:
    """Be an application that knows nothing of lifespans."""
    if scope["type"] == "lifespan":
        raise ValueError("what is a lifespan?")
    await send(
        {"type": "http.response.start", "status": 418, "headers": [(b"content-length", b"0")]}
    )
    await send({"type": "http.response.body", "body": b""})


async def test_alone_it_answers_every_path(bot: Bot) -> None:
    """The server starts and ends the bot; what was accepted until then is handled."""
    seen: list[str | None] = []
    bot.on(MessageEvent)(lambda event: seen.append(event.text))
    app = bot.asgi()
    assert (await request(app))[0] == 503
    async with serving(app) as server:
        for path in ("/", "/nim", "/nim/", "/a/b//c"):
            status, headers, answer = await request(app, path=path)
            assert (status, answer) == (200, b'{"code":200}')
            assert headers[b"content-type"] == b"application/json"
    assert server.told == ["startup.complete", "shutdown.complete"]
    assert seen == ["hello"]
    assert (await request(app))[0] == 503


@pytest.mark.parametrize("path", ["/nim", "/nim/"])
async def test_around_another_application(bot: Bot, path: str) -> None:
    """One path is the bot's, with and without its slash; all else, and no more, is the other's."""
    app = bot.asgi(other=teapot, path=path)
    async with serving(app) as server:
        for ours in ("/nim", "/nim/"):
            assert (await request(app, path=ours))[0] == 200
            assert (await request(app, path=f"/api{ours}", root_path="/api"))[0] == 200
            assert (await request(app, path=f"/api{ours}", root_path="/api/"))[0] == 200
        for other in ("/", "/nim//", "/nimble", "/nim/x", "/api/nim", ""):
            assert (await request(app, path=other))[0] == 418
    assert server.told == ["startup.complete", "shutdown.complete"]
    assert server.error is None


async def test_a_path_alone(bot: Bot) -> None:
    """Without another application there is nothing elsewhere."""
    app = bot.asgi(path="/nim")
    async with bot:
        assert (await request(app, path="/nim/"))[0] == 200
        assert (await request(app, path="/"))[0] == 404


async def test_two_addresses(bot: Bot) -> None:
    """Copies and callbacks may have an address each, one around the other."""
    bot.before(MessageAsked, default=Reject())(lambda: Reject(20001))
    inner = bot.asgi(other=teapot, path="/copies", source="copies")
    app = bot.asgi(other=inner, path="/callbacks", source="callbacks")
    text = ASKED.replace(b"6,", b'"6",', 1)
    async with serving(app) as server:
        assert bot.running
        for raw in (ASKED, text):
            answer = (await request(app, raw, path="/callbacks"))[2]
            assert answer == b'{"errCode":1,"responseCode":20001}'
            assert (await request(app, raw, path="/copies"))[2] == b'{"code":200}'
    assert server.told == ["startup.complete", "shutdown.complete"]
    assert not bot.running


async def test_what_is_refused(nim: NimClient) -> None:
    """Wrong methods and long bodies are refused before they are read; who is gone gets nothing."""
    bot = Bot(nim, max_body=1000)
    app = bot.asgi()
    never: list[Any] = []
    async with bot:
        status, headers, _ = await request(app, method="GET", parts=never)
        assert (status, headers[b"allow"]) == (405, b"POST")
        for length in ("1001", "9" * 5000):
            assert (await request(app, headers={"Content-Length": length}, parts=never))[0] == 413
        assert (await request(app, headers={"Content-Length": "many"}, parts=[b""]))[0] == 403
        long: list[Any] = [b"x" * 600, b"x" * 600, *never]
        assert (await request(app, parts=long))[0] == 413
        assert (await request(app, headers={}))[0] == 403
        assert (await request(app, b"[]"))[0] == 400
        assert (await request(app, parts=[HELLO[:5], {"type": "http.disconnect"}]))[0] == 0
        parts = [HELLO[i : i + 1] for i in range(len(HELLO))]
        assert (await request(app, parts=parts))[0] == 200


@pytest.mark.virtual_time
async def test_a_body_that_never_ends(nim: NimClient) -> None:
    """Whoever does not send its body is not waited for."""
    bot = Bot(nim, blocked_after=None)
    async with bot:
        waiting: Any = {"type": "http.request", "body": HELLO[:5], "more_body": True}
        began = anyio.current_time()
        assert (await request(bot.asgi(), parts=[waiting]))[0] == 408
        assert anyio.current_time() - began == pytest.approx(5.0)


@pytest.mark.virtual_time
async def test_the_budget_begins_with_the_request(nim: NimClient) -> None:
    """A body that comes slowly leaves less time for the verdict."""
    bot = Bot(nim, blocked_after=None)

    @bot.before(MessageAsked, default=Reject(20001), budget=1.5)
    async def decide() -> Reject:
        await anyio.sleep(3600)
        return Reject()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def slowly() -> Any:
            await anyio.sleep(0.5)
            return await receive()

        await bot.asgi()(scope, slowly, send)

    async with bot:
        began = anyio.current_time()
        assert (await request(app, ASKED))[2] == b'{"errCode":1,"responseCode":20001}'
        assert anyio.current_time() - began == pytest.approx(1.5)


async def test_other_protocols(bot: Bot) -> None:
    """Web sockets are turned away, and so is what nobody has heard of."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    app: Any = bot.asgi()
    await app({"type": "websocket", "path": "/"}, None, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]
    with pytest.raises(NotImplementedError, match="carrier pigeon"):
        await app({"type": "carrier pigeon", "path": "/"}, None, send)


# lifespans


async def test_handlers_have_the_other_application(bot: Bot) -> None:
    """The other application starts before the bot, and ends when the last handler has."""
    order: list[str] = []

    @bot.on(MessageEvent)
    async def handler() -> None:
        await anyio.lowlevel.checkpoint()
        order.append("handled")

    async def other(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "lifespan.startup"
        order.append("up" if not bot.running else "too late")
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        order.append("down" if not bot.running else "too early")
        await send({"type": "lifespan.shutdown.complete"})

    app = bot.asgi(other=other, path="/nim")
    async with serving(app) as server:
        assert (await request(app, path="/nim"))[0] == 200
    assert order == ["up", "handled", "down"]
    assert server.told == ["startup.complete", "shutdown.complete"]


@pytest.mark.parametrize("late", [False, True])
async def test_applications_without_a_lifespan(bot: Bot, late: bool) -> None:  # noqa: FBT001
    """An application that raises or returns at once does not keep the bot from running."""

    async def other(scope: Any, receive: Any, send: Any) -> None:
        if late:
            await receive()
            raise NotImplementedError

    async with serving(bot.asgi(other=other, path="/nim")) as server:
        assert bot.running
    assert server.told == ["startup.complete", "shutdown.complete"]


async def test_an_application_that_cannot_start(bot: Bot) -> None:
    """Then the bot does not either."""

    async def other(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    async with serving(bot.asgi(other=other, path="/nim")) as server:
        assert not bot.running
    assert (server.told, server.message) == (["startup.failed"], "no database")


async def test_an_application_that_breaks_later(bot: Bot) -> None:
    """The bot finishes, and the server hears of the error."""

    async def other(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        raise KeyError("mine")

    async with serving(bot.asgi(other=other, path="/nim")) as server:
        pass
    assert isinstance(server.error, KeyError)
    assert not bot.running


@pytest.mark.parametrize("around", [False, True])
async def test_a_bot_that_cannot_start(nim: NimClient, tmp_path: Any, around: bool) -> None:  # noqa: FBT001
    """The server is told why, and ends."""
    bot = Bot(nim, inbox=tmp_path)
    other: Any = None
    if around:

        async def lives(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()

        other = lives
    async with serving(bot.asgi(other=other, path="/nim" if around else None)) as server:
        assert server.told == ["startup.failed"]
    assert "cannot be opened" in server.message


async def test_a_bot_that_cannot_end(nim: NimClient) -> None:
    """An inbox that cannot be closed is told of at the end."""

    class Faulty(MemoryInbox):
        async def aclose(self) -> None:
            raise OSError("disk full")

    for other in (None, teapot):
        bot = Bot(nim, inbox=Faulty())
        async with serving(bot.asgi(other=other, path=other and "/nim")) as server:
            pass
        assert server.told == ["startup.complete", "shutdown.failed"]
        assert "disk full" in server.message


async def test_the_host_may_run_it_too(bot: Bot) -> None:
    """Entered in the lifespan of the host and by the server, it ends with the last exit."""
    async with bot:
        async with serving(bot.asgi()):
            pass
        assert bot.running
    assert not bot.running


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"path": "nim"}, "path"),
        ({"path": 5}, "path"),
        ({"other": teapot}, "path"),
        ({"other": "app", "path": "/nim"}, "other"),
        ({"source": "both"}, "source"),
    ],
    ids=[str(number) for number in range(5)],
)
def test_options_that_cannot_be(bot: Bot, options: Any, option: str) -> None:
    """A path that is none, or a path that is missing, is refused at once."""
    with pytest.raises(ConfigurationError) as caught:
        bot.asgi(**options)
    assert caught.value.option == option
