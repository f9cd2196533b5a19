"""Litestar: the bot is an ASGI route, and runs in the lifespan."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from litestar import Litestar, asgi, get
from litestar.types import Receive, Scope, Send

from nim_async.bot import Bot


@get("/")
async def welcome() -> str:
    """Be an ordinary page."""
    return "welcome"


def make_app(bot: Bot) -> Litestar:
    """Make the application, for any ASGI server."""
    door = bot.asgi()

    @asgi("/nim", copy_scope=True)
    async def nim(scope: Scope, receive: Receive, send: Send) -> None:
        await door(scope, receive, send)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        async with bot:
            yield

    return Litestar([welcome, nim], lifespan=[lifespan])
