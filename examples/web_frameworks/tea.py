"""A bot that pours tea, and keeps coffee out of the room; each framework here runs it."""

from nim_async import NimClient
from nim_async.bot import Allow, Bot, Reject, Verdict
from nim_async.webhooks import MessageAsked, MessageEvent


def make_bot(nim: NimClient) -> Bot:
    """Make the bot; give it ``inbox="bot.db"`` where nothing may be lost when the power goes."""
    bot = Bot(nim, accid="tea-bot")

    @bot.on(MessageEvent, text=r"^/tea$")
    async def pour(event: MessageEvent) -> None:
        await bot.reply(event, f"one tea for {event.from_account}")

    @bot.before(MessageAsked, default=Allow())
    async def moderate(ask: MessageAsked) -> Verdict:
        return Reject(20001) if "coffee" in ask.text else Allow()

    return bot
