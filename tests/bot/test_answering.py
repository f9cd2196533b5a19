"""What a web server answers to webhooks, by `Bot.answer`."""

# What handlers are given is known by name, which lambdas do not say the types of.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

import pytest

from nim_async import ConfigurationError
from nim_async.bot import Bot, MemoryInbox
from nim_async.webhooks import MessageEvent
from tests.bot.conftest import KEY, SECRET
from tests.webhooks.signed import EXAMPLES, body, signed

if TYPE_CHECKING:
    from nim_async import NimClient
    from nim_async.webhooks import Source

HELLO = body("4", attach="hello", fromAccount="lisi", msgType="TEXT", msgidClient="1", roomId="66")


def genuine(raw: bytes, **options: Any) -> dict[str, str]:
    """Return the headers that the service sends a body with."""
    return signed(raw, secret=SECRET, key=KEY, **options)


async def test_what_was_sent_is_handled(bot: Bot) -> None:
    """A webhook is answered 200 when its event is in the inbox, and handled once."""
    seen: list[str | None] = []
    bot.on(MessageEvent)(lambda event: seen.append(event.text))
    async with bot:
        for _ in range(3):
            status, headers, answer = await bot.answer("POST", genuine(HELLO), HELLO)
            assert (status, answer) == (200, b'{"code":200}')
            assert headers == {"content-type": "application/json"}
        await bot.idle()
        assert seen == ["hello"]
    told = bot.statistics()
    assert (told.accepted, told.doubled) == (1, 2)


async def test_everything_documented_is_answered(bot: Bot) -> None:
    """Every example of a copy or a callback is answered 200, in the form of its kind."""
    async with bot:
        for source, _, text in EXAMPLES:
            raw, given = text.encode(), cast("Source", source)
            right = b'{"code":200}' if source == "copies" else b'{"errCode":0}'
            for address in (None, given):
                answer = await bot.answer("POST", genuine(raw), raw, source=address)
                assert (answer.status, answer.body) == (200, right)


@pytest.mark.parametrize("raw", [b"{}", b"", b" "], ids=["object", "nothing", "space"])
async def test_the_check_of_an_address(bot: Bot, raw: bytes) -> None:
    """What the console sends to see whether anybody is there is answered 200, and no event."""
    async with bot:
        assert (await bot.answer("POST", genuine(raw), raw)).status == 200
    assert bot.statistics().accepted == 0


async def test_what_is_refused(nim: NimClient) -> None:
    """A wrong method, size, signature, key, time or body has its status, and no more is said."""
    bot = Bot(nim, max_body=1000, max_age=60)
    long = b'"' + b"x" * 1000 + b'"'
    now: dict[str, Any] = {"now": time.time()}
    cases: list[tuple[int, str, Any, bytes]] = [
        (405, "GET", genuine(HELLO, **now), HELLO),
        (405, "HEAD", {}, b""),
        (405, "PUT", genuine(HELLO, **now), HELLO),
        (413, "POST", genuine(long, **now), long),
        (403, "POST", {}, HELLO),
        (403, "POST", genuine(HELLO, **now) | {"CheckSum": "0" * 40}, HELLO),
        (403, "POST", genuine(HELLO, **now), HELLO + b" "),
        (403, "POST", genuine(HELLO, **now) | {"AppKey": "another"}, HELLO),
        (403, "POST", genuine(HELLO), HELLO),
        (403, "POST", None, HELLO),
        (400, "POST", genuine(b"[]", **now), b"[]"),
        (400, "POST", genuine(b"\xff", **now), b"\xff"),
        (200, "post", genuine(HELLO, **now), HELLO),
    ]
    async with bot:
        for status, method, headers, raw in cases:
            answer = await bot.answer(method, headers, raw)
            assert answer.status == status
            if status != 200:
                assert answer.body == b""
                assert answer.headers == ({"allow": "POST"} if status == 405 else {})
    assert bot.statistics().accepted == 1


async def test_several_secrets(nim: NimClient) -> None:
    """While the secret is being changed, both are right."""
    bot = Bot(nim, app_secret=["new", "old"])
    async with bot:
        for secret, status in (("new", 200), ("old", 200), (SECRET, 403)):
            headers = signed(HELLO, secret=secret, key=KEY)
            assert (await bot.answer("POST", headers, HELLO)).status == status


async def test_before_it_runs(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """What comes too early, or too late, is to be sent again; the log says what is missing."""
    for _ in range(2):
        caplog.clear()
        assert (await bot.answer("POST", genuine(HELLO), HELLO)).status == 503
        assert "async with bot:" in caplog.text
        assert (await bot.answer("GET", {}, b"")).status == 405
        async with bot:
            assert (await bot.answer("POST", genuine(HELLO), HELLO)).status == 200


async def test_an_inbox_that_takes_nothing(nim: NimClient) -> None:
    """What is not kept is answered 503, never 500, whatever went wrong."""

    class Faulty(MemoryInbox):
        async def accept(self, letter: Any) -> bool:
            raise KeyError(letter.key)

    for inbox in (Faulty(), MemoryInbox(capacity=0)):
        async with Bot(nim, inbox=inbox) as bot:
            assert (await bot.answer("POST", genuine(HELLO), HELLO)).status == 503


async def test_a_decoded_body(bot: Bot) -> None:
    """A body that a framework has decoded already is a mistake in the program, and named so."""
    decoded: Any = HELLO.decode()
    async with bot:
        with pytest.raises(ConfigurationError, match="raw bytes"):
            await bot.answer("POST", genuine(HELLO), decoded)


async def test_waiting_until_all_is_handled(bot: Bot) -> None:
    """It waits for the handlers too, and what they accept; without a bot that runs for nothing."""
    seen: list[str | None] = []

    @bot.on(MessageEvent)
    async def handler(event: MessageEvent) -> None:
        seen.append(event.text)
        if event.text == "hello":
            again = HELLO.replace(b"hello", b"again").replace(b'"1"', b'"2"')
            await bot.answer("POST", genuine(again), again)

    with pytest.raises(ConfigurationError, match="not running"):
        await bot.idle()
    async with bot:
        await bot.idle()
        await bot.answer("POST", genuine(HELLO), HELLO)
        await bot.idle()
        assert seen == ["hello", "again"]
