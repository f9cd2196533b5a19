"""What a client tells of itself: calls under way, endpoints, limits and connections."""

from __future__ import annotations

import anyio
import httpx
import pytest

from nim_async import NimClient
from nim_async.emulator import Emulator
from tests.client.hearing import SECRET, SOON
from tests.doubles import BASE, OK, OTHER, Scripted, Silent, client, reply


async def test_the_statistics_of_a_client_that_did_nothing() -> None:
    """Looking opens nothing."""
    nim = client(Silent(), rate_limit={})
    found = nim.statistics()
    assert (found.under_way, found.waiting) == (0, 0)
    assert (found.connections_open, found.connections_idle) == (0, 0)
    await nim.aclose()
    assert {url: (s.failures, s.paused_for) for url, s in found.endpoints.items()} == {
        BASE: (0, 0.0),
        OTHER: (0, 0.0),
    }
    assert found.limits == {}


async def test_the_statistics_of_a_client_at_work() -> None:
    """Calls under way and waiting, endpoints that pause and limits in use, views included."""
    path = "/nimserver/chatroom/get.action"
    transport = Silent()
    async with (
        client(transport, max_connections=2, rate_limit={}) as nim,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(3):
            tasks.start_soon(lambda: nim.options(timeout=60).chatroom.get(room_id=66))
        await anyio.wait_all_tasks_blocked()
        found = nim.statistics()
        assert (found.under_way, found.waiting) == (2, 1)
        assert (found.connections_open, found.connections_idle) == (None, None)
        assert found.limits[path].taken == 3
        assert found.limits[path].limit.calls == 100
        tasks.cancel_scope.cancel()
    assert (nim.statistics().under_way, nim.statistics().waiting) == (0, 0)


async def test_the_statistics_show_a_paused_endpoint() -> None:
    """How often it failed in a row, and how long it pauses."""
    transport = Scripted([httpx.ConnectError("refused"), reply(OK)])
    async with client(transport, retry=SOON) as nim:
        await nim.chatroom.get(room_id=66)
        found = nim.statistics().endpoints
    assert found[BASE].failures == 1
    assert 0 < found[BASE].paused_for <= 1
    assert (found[OTHER].failures, found[OTHER].paused_for) == (0, 0.0)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_statistics_of_the_pool() -> None:
    """Connections of our own are counted: open, and idle."""
    emulator = Emulator("key", SECRET)
    room = emulator.add_room("amy")
    async with (
        emulator.serve() as url,
        NimClient("key", SECRET, base_url=url) as nim,
    ):
        await nim.chatroom.get(room_id=room)
        found = nim.statistics()
        assert (found.under_way, found.waiting) == (0, 0)
        assert (found.connections_open, found.connections_idle) == (1, 1)
