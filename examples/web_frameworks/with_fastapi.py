"""
FastAPI: the bot is around the whole application, and runs within its lifespan.

Not by ``app.mount``: that answers a path without a slash at the end by a redirect, which the
service does not follow, and runs no lifespan.
"""

from fastapi import FastAPI

from nim_async.bot import Bot, BotApp


def make_app(bot: Bot) -> BotApp:
    """Make the application, for any ASGI server."""
    app = FastAPI()

    @app.get("/")
    async def welcome() -> str:
        return "welcome"

    return bot.asgi(other=app, path="/nim")
