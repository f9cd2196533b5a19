"""The inbox in Redis: rooms shared by processes, leases, and a Redis that is away."""

# What handlers are given is known by name, which lambdas do not say the types of.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest

from nim_async import ConfigurationError, NimClient
from nim_async.bot import Bot, InboxFull, Letter, RedisInbox
from nim_async.webhooks import MessageEvent
from tests.bot.conftest import ACCID, KEY, SECRET, names
from tests.bot.events import message
from tests.bot.test_handling import until
from tests.redis_server import Server, redis_program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

on_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"])  # as redis-py


@on_asyncio
async def test_processes_share_the_rooms(redis_url: str) -> None:
    """Each partition has one owner; when one leaves, the others have its rooms at once."""
    name = f"bot-{next(names)}"
    seen: list[tuple[int, str | None]] = []

    def process(number: int) -> Bot:
        inbox = RedisInbox(redis_url, name=name, partitions=6, lease=60.0)
        bot = Bot(NimClient(KEY, SECRET), accid=ACCID, inbox=inbox, blocked_after=None)
        bot.on(MessageEvent)(lambda event: seen.append((number, event.text)))
        return bot

    def shares(*bots: Any) -> list[int]:
        return [bot.inbox.partitions for bot in bots]

    one, two = process(1), process(2)
    async with one:
        await until(lambda: shares(one) == [6])
        async with two:
            await until(lambda: shares(one, two) == [3, 3])
            for number in range(60):
                await (one, two)[number % 2].accept(message(str(number), room=number))
            await until(lambda: len(seen) == 60)
            assert {number for number, _ in seen} == {1, 2}
            assert sorted(int(text or "") for _, text in seen) == list(range(60))
        await until(lambda: shares(one) == [6])
        await one.accept(message("after", room=7))
        await until(lambda: len(seen) == 61)


@on_asyncio
async def test_a_lost_lease_is_fenced(redis_url: str) -> None:
    """Who lost its lease meanwhile cannot say that an event is handled; the new owner does it."""
    name = f"bot-{next(names)}"
    first: Any = RedisInbox(redis_url, name=name, partitions=1, lease=60.0)
    second: Any = RedisInbox(redis_url, name=name, partitions=1, lease=60.0)
    await first.open()
    await first.accept(Letter.of(message("x")))
    letter = await first.take()
    await first._client.set(first._key("lease:0"), "another")
    await first.done(letter)
    assert await first._client.xlen(first._stream(0)) == 1
    await until(lambda: first.partitions == 0)
    await first._client.delete(first._key("lease:0"))
    await second.open()
    await first.aclose()
    again = await second.take()
    assert (again.key, again.repeated) == (letter.key, True)
    await second.done(again)
    assert await second._client.xlen(second._stream(0)) == 0
    await second.aclose()


@on_asyncio
async def test_redis_that_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """While Redis is away nothing is accepted; when it is back all goes on."""
    server = Server(redis_program(), tmp_path)
    server.start()
    try:
        inbox: Any = RedisInbox(server.url, partitions=2, lease=60.0)
        seen: list[str | None] = []
        bot = Bot(NimClient(KEY, SECRET), inbox=inbox, blocked_after=None)
        bot.on(MessageEvent)(lambda event: seen.append(event.text))
        async with bot:
            await bot.accept(message("1"))
            await until(lambda: seen == ["1"])
            server.kill()
            with pytest.raises(InboxFull, match="Redis keeps nothing"):
                await bot.accept(message("2"))
            await until(lambda: "Redis is away" in caplog.text)
            server.start()
            await bot.accept(message("3"))
            await until(lambda: seen == ["1", "3"])
    finally:
        server.kill()
    assert server.url not in caplog.text


@on_asyncio
async def test_what_redis_cannot_be(redis_url: str) -> None:
    """Options that cannot be, a server that is not there, and others that differ, are refused."""
    name = f"bot-{next(names)}"
    with pytest.raises(ConfigurationError, match="no redis, rediss or unix URL"):
        RedisInbox("http://:hunter2@127.0.0.1")
    with pytest.raises(ConfigurationError, match="above 0"):
        RedisInbox(redis_url, partitions=0)
    with pytest.raises(ConfigurationError, match="cannot reach Redis"):
        await RedisInbox("redis://127.0.0.1:1").open()
    inbox = RedisInbox(redis_url, name=name, partitions=2)
    await inbox.open()
    with pytest.raises(ConfigurationError, match="others have 2 partitions"):
        await RedisInbox(redis_url, name=name, partitions=3).open()
    await inbox.aclose()
    assert "127.0.0.1" not in repr(inbox)


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_redis_needs_asyncio() -> None:
    """On trio the inbox in Redis says that it cannot run there."""
    with pytest.raises(ConfigurationError, match="asyncio only"):
        await RedisInbox("redis://127.0.0.1:1").open()


@on_asyncio
async def test_a_lease_that_lapsed_is_begun_anew(redis_url: str) -> None:
    """What was let go while a lease could not be relied on is read again, not lost."""
    inbox: Any = RedisInbox(redis_url, name=f"bot-{next(names)}", partitions=1, lease=60.0)
    await inbox.open()
    await until(lambda: inbox.partitions == 1)
    (partition,) = inbox._owned.values()
    await inbox.accept(Letter.of(message("x")))
    await until(lambda: inbox.waiting)
    partition.until = 0.0
    with anyio.fail_after(30):
        letter = await inbox.take()
    assert letter.event.raw["attach"] == "x"
    assert letter.repeated
    assert letter.tag[0] is not partition
    await inbox.done(letter)
    assert await inbox._client.xlen(inbox._stream(0)) == 0
    await inbox.aclose()
