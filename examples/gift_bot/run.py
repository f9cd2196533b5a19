"""Served by ``nim-async bot examples.gift_bot.run:bot``; the environment has key and secret."""

from examples.gift_bot.bot import make_bot
from nim_async import NimClient

bot = make_bot(NimClient.from_env())
