"""
Bots: they hear by the webhooks of the service, and speak by its API.

::

    bot = Bot(nim, accid="tea-bot")

    @bot.on(MessageEvent, text="hello")
    async def greet(event: MessageEvent) -> None:
        await bot.reply(event, f"hello {event.from_nick}")
"""

from nim_async.bot._answering import Answer
from nim_async.bot._asgi import BotApp
from nim_async.bot._bot import Bot
from nim_async.bot._inbox import Inbox, MemoryInbox, Stopped
from nim_async.bot._letters import DeadLetter, InboxFull, Letter
from nim_async.bot._redis import RedisInbox
from nim_async.bot._routing import Middleware, Next, Router, Skip
from nim_async.bot._sqlite import SQLiteInbox
from nim_async.bot._statistics import BotStatistics
from nim_async.bot._verdicts import Allow, DropSilently, Reject, Verdict

__all__ = [
    "Allow",
    "Answer",
    "Bot",
    "BotApp",
    "BotStatistics",
    "DeadLetter",
    "DropSilently",
    "Inbox",
    "InboxFull",
    "Letter",
    "MemoryInbox",
    "Middleware",
    "Next",
    "RedisInbox",
    "Reject",
    "Router",
    "SQLiteInbox",
    "Skip",
    "Stopped",
    "Verdict",
]
