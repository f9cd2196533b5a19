"""The moderation bot, played against the emulator."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from examples.moderation_bot import bot as example
from examples.moderation_bot.bot import ADVERTISED, MUTE_SECONDS, make_bot, plain
from nim_async import NimClient, NotificationType
from nim_async.emulator import Drop, Emulator, Refused
from nim_async.webhooks import MessageAsked

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from nim_async.emulator import Guest

ROOM = 66


@asynccontextmanager
async def two_guests(emulator: Emulator) -> AsyncGenerator[tuple[Guest, Guest]]:
    """Let two people into a room that the bot looks after."""
    emulator.add_room("owner", "tea house", room_id=ROOM)
    async with (
        NimClient("app-key", "app-secret", transport=emulator.transport()) as nim,
        emulator.plays(make_bot(nim, manager="owner")) as play,
    ):
        yield play.enter(ROOM, "lisi"), play.enter(ROOM, "wangwu")


@pytest.fixture
def emulator() -> Emulator:
    """Make an app without anything in it."""
    return Emulator("app-key", "app-secret")


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("good evening", "good evening"),
        ("you IDIOT", "you ***"),
        ("你这个笨蛋", "你这个***"),
        ("ｉｄｉｏｔ", "***"),
        ("id\u200biot", "***"),
    ],
)
async def test_rude_words_are_masked(emulator: Emulator, said: str, heard: str) -> None:
    """Whatever they are dressed up as; everything else stays as it is."""
    async with two_guests(emulator) as (lisi, wangwu):
        await lisi.says(said)
        assert [message.text for message in wangwu.heard] == [heard]


async def test_who_advertises_is_refused_and_muted_at_last(emulator: Emulator) -> None:
    """With a code and a word of our own; the third time for ten minutes."""
    async with two_guests(emulator) as (lisi, wangwu):
        for _ in range(3):
            with pytest.raises(Refused) as refused:
                await lisi.says("buy now: https://shop.example")
            assert refused.value.code == ADVERTISED
            assert refused.value.callback_ext == "no advertising, please"
        assert wangwu.heard == ()
        with pytest.raises(Refused, match="13004"):
            await lisi.says("sorry")
        muted = lisi.notifications[-1]
        assert muted.id == NotificationType.TEMP_MUTE_ADD
        assert muted.data["muteDuration"] == MUTE_SECONDS


async def test_a_mute_that_fails_does_not_save_the_advert(emulator: Emulator) -> None:
    """The verdict stands."""
    emulator.faults.add(Drop(), path="chatroom.temporary_mute", times=None)
    async with two_guests(emulator) as (lisi, wangwu):
        for _ in range(3):
            with pytest.raises(Refused):
                await lisi.says("www.shop.example")
        await lisi.says("sorry")
        assert [message.text for message in wangwu.heard] == ["sorry"]


async def test_who_repeats_himself_talks_to_the_wall(emulator: Emulator) -> None:
    """And does not notice."""
    async with two_guests(emulator) as (lisi, wangwu):
        for _ in range(5):
            await lisi.says("hello?")
        await wangwu.says("hello?")
        await lisi.says("oh")
        assert [m.text for m in wangwu.heard] == ["hello?", "hello?", "hello?", "oh"]
        assert [m.text for m in lisi.heard] == ["hello?"]


async def test_a_fault_of_the_bot_silences_nobody(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default lets the message through."""
    monkeypatch.delattr(example, "RUDE")
    async with two_guests(emulator) as (lisi, wangwu):
        await lisi.says("idiot")
        assert [message.text for message in wangwu.heard] == ["idiot"]


def test_records_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of accounts does not fill the memory."""
    monkeypatch.setattr(example, "_REMEMBERED", 2)
    records = example.Records()
    asks = [MessageAsked(room_id=ROOM, from_account=f"a{n}") for n in range(3)]
    first = records.of(asks[0])
    assert records.of(asks[0]) is first
    for ask in asks:
        records.of(ask)
    assert records.of(asks[0]) is not first


def test_plain_text() -> None:
    """Chinese, digits and blanks stay as they are."""
    assert plain("你好 123") == "你好 123"
