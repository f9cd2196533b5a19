"""``nim-async bot``: a bot with a web server of its own."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import traceback
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import anyio
import click
from attrs import fields

from nim_async.cli.common import STOPPED, Wrong, needs_uvicorn, run
from nim_async.cli.emulator import warn_of
from nim_async.cli.terminal import say, write_json
from nim_async.errors import NimError

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import ModuleType

    from nim_async.bot import Bot, DeadLetter
    from nim_async.webhooks import Event

_FILE = "bot.db"
_BACKLOG = 2048
_REQUEST_SECONDS = 5  # that requests under way have when it ends


@click.command("bot", short_help="Run a bot.")
@click.argument("target", metavar="MODULE:BOT")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--port", type=click.IntRange(0, 65535), default=8086, show_default=True)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Address to listen on; 0.0.0.0 in a container.",
)
@click.option(
    "--inbox",
    metavar="FILE",
    help=f"Where events wait; {_FILE} for a bot that has no inbox of its own.",
)
@click.option("--dead", is_flag=True, help="List dead letters, and end.")
@click.option("--replay", is_flag=True, help="Handle dead letters anew, all or by KEY, and end.")
def bot_command(
    target: str,
    keys: tuple[str, ...],
    port: int,
    host: str,
    inbox: str | None,
    dead: bool,  # noqa: FBT001
    replay: bool,  # noqa: FBT001
) -> None:
    """
    Run a bot until Ctrl-C or SIGTERM.

    MODULE:BOT is where the bot is in Python, such as tea:bot for `bot = Bot(...)` in tea.py.
    Webhooks are answered on every path. When it listens, one line of JSON on stdout says where.
    When it ends, handlers that have begun finish; another Ctrl-C ends it at once.

    \b
    nim-async bot tea:bot                 serve, with events in bot.db
    nim-async bot tea:bot --dead          one line of JSON for each event that was given up
    nim-async bot tea:bot --replay        handle them anew

    While a bot runs, nobody else can open a file that its events are in.
    """  # noqa: D301  click wants the character itself
    if dead and replay:
        raise Wrong("--dead lists and --replay handles: choose one")
    if keys and not replay:
        raise Wrong("a KEY is for --replay")
    found = _load(target)
    _show_log()

    async def main() -> int:
        found.keep_in(inbox if inbox is not None else _FILE, default=inbox is None)
        if not found.inbox.durable and (dead or replay):
            raise Wrong("the inbox of this bot is in memory, where nothing is kept")
        if dead:
            return await _list(found)
        if replay:
            return await _replay(found, keys)
        needs_uvicorn("a bot")
        return await _serve(found, host, port)

    click.get_current_context().exit(run(main))


def _load(target: str) -> Bot:
    """
    Find a bot.

    Raises:
        Wrong: There is none, or its module cannot be imported.
    """
    from nim_async.bot import Bot  # noqa: PLC0415  needed here alone

    name, colon, attribute = target.partition(":")
    if not (name and colon and attribute):
        raise Wrong("write MODULE:BOT, such as tea:bot")
    if (here := os.getcwd()) not in sys.path:  # noqa: PTH109  as Python writes it
        sys.path.insert(0, here)
    module = _imported(name)
    found: Any = module
    for part in attribute.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, Bot):
        bots = [key for key, value in vars(module).items() if isinstance(value, Bot)]
        instead = f"; {name}:{bots[0]} is one" if bots else ""
        raise Wrong(f"{target} is no Bot{instead}")
    return found


def _imported(name: str) -> ModuleType:
    try:
        return import_module(name)
    except NimError as error:
        raise Wrong(f"{name}: {error}") from None
    except Exception as error:  # noqa: BLE001  a module may raise anything
        missing = getattr(error, "name", None)
        if isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{missing}."):
            raise Wrong(f"there is no module {missing}, here or among those installed") from None
        say(traceback.format_exc().rstrip())
        raise Wrong(f"{name} cannot be imported") from None


def _show_log() -> None:
    """Show what the library says, unless the module of the bot has set logging up."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    own = logging.getLogger("nim_async")
    if own.level == logging.NOTSET:
        own.setLevel(logging.INFO)


async def _serve(bot: Bot, host: str, port: int) -> int:
    """Serve until a signal comes; return the exit status that belongs to it."""
    import uvicorn  # noqa: PLC0415  an optional extra

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Generator[None]:
            yield  # they are heard here

    config = uvicorn.Config(
        cast("Any", bot.asgi()),
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_REQUEST_SECONDS,
    )
    server = Server(config)
    number: int = signal.SIGTERM
    with _listener(host, port) as listener:
        async with bot.nim, bot:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                warn_of(host, "send it webhooks, which it answers if they are signed")
                write_json({"url": _url(listener)})
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(server.serve, [listener])
                    number = await anext(aiter(signals))
                    say("ending: what has begun finishes")
                    server.should_exit = True
    counts = bot.statistics()
    say(f"accepted {counts.accepted}, handled {counts.handled}, given up {counts.dead} events")
    return STOPPED if number == signal.SIGINT else 0


def _listener(host: str, port: int) -> socket.socket:
    """
    Listen.

    Raises:
        Wrong: The port is taken, or the host is none of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise Wrong(f"cannot listen on {host}, port {port}: {error.strerror}") from None


def _url(listener: socket.socket) -> str:
    host, port = cast("tuple[str, int]", listener.getsockname()[:2])
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def _list(bot: Bot) -> int:
    if not bot.inbox.shared:
        await bot.inbox.open()
    try:
        letters = await bot.inbox.dead()
    finally:
        await bot.inbox.aclose()
    for letter in letters:
        write_json(_shown(letter))
    if not letters:
        say("no dead letters")
    return 0


def _shown(letter: DeadLetter) -> dict[str, Any]:
    event = letter.event
    return {
        "key": letter.key,
        "class": type(event).__name__,
        "room_id": event.room_id,
        "sender": event.sender,
        "handler": letter.handler,
        "error": letter.error,
        "attempts": letter.attempts,
        "time": letter.time,
        "event": _without_secrets(event),
    }


def _without_secrets(event: Event) -> dict[str, Any]:
    cls: Any = type(event)
    secret = {a.name for a in fields(cls) if a.metadata.get("secret")}
    return {name: value for name, value in event.to_dict().items() if name not in secret}


async def _replay(bot: Bot, keys: tuple[str, ...]) -> int:
    """Handle dead letters anew; return 1 if some of them are dead again."""
    if bot.inbox.shared:
        try:
            count = await bot.replay(*keys)
        finally:
            await bot.inbox.aclose()
        say(f"{count} events are left to the processes of the bot")
        return 0
    async with bot.nim, bot:
        count = await bot.replay(*keys)
        await bot.idle()
    counts = bot.statistics()
    say(f"{count} events were replayed; handled {counts.handled}, given up {counts.dead}")
    return int(counts.dead > 0)
