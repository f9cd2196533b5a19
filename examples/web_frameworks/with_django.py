"""
Django: the bot is around ``get_asgi_application()``, which has no lifespan of its own.

This takes the place of ``asgi.py``, for any ASGI server. Under WSGI there is no event loop for a
bot to run in.
"""

from typing import Any

from django.conf import settings  # type: ignore[import-untyped]
from django.core.asgi import get_asgi_application  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse  # type: ignore[import-untyped]
from django.urls import path  # type: ignore[import-untyped]

from nim_async.bot import Bot, BotApp


async def welcome(_: HttpRequest) -> HttpResponse:
    """Be an ordinary page."""
    return HttpResponse(b"welcome")


urlpatterns = [path("", welcome)]


def make_app(bot: Bot) -> BotApp:
    """Make the application; a project has its settings in a module of their own."""
    if not settings.configured:
        project: Any = settings
        project.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], LOGGING_CONFIG=None)
    return bot.asgi(other=get_asgi_application(), path="/nim")
