"""
Sanic: its own server, one worker, and a handler that asks the bot what to answer.

With several workers give the bot a ``RedisInbox``: each of them is a process.
"""

from typing import Any

from sanic import HTTPResponse, Request, Sanic
from sanic.response import text

from nim_async.bot import Bot


async def welcome(_: Request) -> HTTPResponse:
    """Be an ordinary page."""
    return text("welcome")


def make_app(bot: Bot, name: str = "tea") -> Sanic[Any, Any]:
    """Make the application, for ``make_app(bot).run(single_process=True)``."""
    app: Sanic[Any, Any] = Sanic(name, configure_logging=False)
    app.config.REQUEST_MAX_SIZE = 1_048_576
    app.add_route(welcome, "/")

    async def nim(request: Request) -> HTTPResponse:
        status, headers, body = await bot.answer(request.method, request.headers, request.body)
        kind = headers.pop("content-type", None)
        return HTTPResponse(body, status=status, headers=headers, content_type=kind)

    async def start(_: Sanic[Any, Any]) -> None:
        await bot.__aenter__()

    async def stop(_: Sanic[Any, Any]) -> None:
        await bot.__aexit__(None, None, None)

    app.add_route(nim, "/nim", methods=["POST"], strict_slashes=False)
    app.before_server_start(start)
    app.before_server_stop(stop)
    return app
