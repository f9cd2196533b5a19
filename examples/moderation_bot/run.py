"""Served by ``nim-async bot examples.moderation_bot.run:bot``; ``MANAGER`` is who it mutes for."""

import os

from examples.moderation_bot.bot import make_bot
from nim_async import NimClient

bot = make_bot(NimClient.from_env(), manager=os.environ["MANAGER"])
