"""Starlette: the bot is a route, for both spellings of its path, and runs in the lifespan."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from nim_async.bot import Bot


async def welcome(_: Request) -> Response:
    """Be an ordinary page."""
    return PlainTextResponse("welcome")


def make_app(bot: Bot) -> Starlette:
    """Make the application, for any ASGI server."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        async with bot:
            yield

    door = bot.asgi()
    routes = [Route("/", welcome), Route("/nim", door), Route("/nim/", door)]
    return Starlette(routes=routes, lifespan=lifespan)
