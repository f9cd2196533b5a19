"""aiohttp: no ASGI, so that a handler asks the bot what to answer."""

from collections.abc import AsyncGenerator

from aiohttp import web

from nim_async.bot import Bot


async def welcome(_: web.Request) -> web.Response:
    """Be an ordinary page."""
    return web.Response(text="welcome")


def make_app(bot: Bot) -> web.Application:
    """Make the application, for ``web.run_app(make_app(bot))``."""

    async def nim(request: web.Request) -> web.Response:
        raw = await request.read()
        status, headers, body = await bot.answer(request.method, request.headers, raw)
        return web.Response(status=status, headers=headers, body=body)

    async def run(_: web.Application) -> AsyncGenerator[None]:
        async with bot:
            yield

    app = web.Application()
    app.router.add_get("/", welcome)
    app.router.add_route("*", "/nim{slash:/?}", nim)
    app.cleanup_ctx.append(run)
    return app
