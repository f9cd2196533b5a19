"""
Moderation before a message is sent.

The service asks, and waits two seconds for a verdict. Rude words are masked; whoever advertises is
refused, and muted for a while the third time; whoever repeats the same over and over talks to the
wall. If anything goes wrong here, the message is let through: a room that falls silent because a
bot has a fault is worse than a rude word.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections import OrderedDict

from nim_async import NimClient, NimError
from nim_async.bot import Allow, Bot, DropSilently, Reject, Verdict
from nim_async.webhooks import MessageAsked

_log = logging.getLogger(__name__)
RUDE = re.compile(r"stupid|idiot|笨蛋|傻瓜", re.IGNORECASE)
ADVERT = re.compile(r"https?://|www\.|加微信|\bbuy now\b", re.IGNORECASE)
ADVERTISED = 20_001  # codes of our own, 20000 to 20099, for the client programs
STRIKES, MUTE_SECONDS = 3, 600
REPEATS = 3
_REMEMBERED = 10_000  # members of rooms; of more the one that was silent longest is forgotten


def plain(text: str) -> str:
    """Return a text as it is meant: no full-width letters, no invisible characters."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join(c for c in normal if unicodedata.category(c) != "Cf")


class Record:
    """What one member of a room did lately."""

    def __init__(self) -> None:
        """Begin with a clean slate."""
        self.strikes = 0
        self.last = ""
        self.repeats = 0

    def repeated(self, text: str) -> int:
        """Note a text, and return how many times in a row it was said."""
        self.repeats = self.repeats + 1 if text == self.last else 1
        self.last = text
        return self.repeats


class Records:
    """The records of members, so many and no more."""

    def __init__(self) -> None:
        """Begin without any."""
        self._records: OrderedDict[tuple[int | None, str], Record] = OrderedDict()

    def of(self, ask: MessageAsked) -> Record:
        """Return the record of who asks."""
        member = ask.room_id, ask.from_account
        record = self._records.setdefault(member, Record())
        self._records.move_to_end(member)
        if len(self._records) > _REMEMBERED:
            self._records.popitem(last=False)
        return record


def make_bot(nim: NimClient, *, manager: str) -> Bot:
    """
    Make the bot.

    Args:
        nim: The client it mutes by.
        manager: Account of a manager of the rooms, in whose name it mutes.
    """
    bot = Bot(nim)
    records = Records()

    @bot.before(MessageAsked, default=Allow(), budget=1.5)
    async def moderate(ask: MessageAsked) -> Verdict:
        text, record = plain(ask.text), records.of(ask)
        if ADVERT.search(text):
            record.strikes += 1
            if record.strikes >= STRIKES:
                record.strikes = 0
                await mute(ask)
            return Reject(ADVERTISED, ext="no advertising, please")
        if text and record.repeated(text) > REPEATS:
            return DropSilently()
        masked = RUDE.sub("***", text)
        return Allow(attach=masked) if masked != text else Allow()

    async def mute(ask: MessageAsked) -> None:
        """Mute the sender; the verdict stands whether that works or not."""
        try:
            await nim.chatroom.temporary_mute(
                room_id=ask.room_id or 0,
                operator=manager,
                target=ask.from_account,
                mute_duration=MUTE_SECONDS,
                notify_ext={"reason": "advertising"},
            )
        except NimError as error:
            _log.warning("%s is not muted: %s", ask.from_account, error)

    return bot
