"""Served by ``nim-async bot examples.dice_bot.run:bot``; the environment has key and secret."""

from examples.dice_bot.bot import make_bot
from nim_async import NimClient

bot = make_bot(NimClient.from_env())
