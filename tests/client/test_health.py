"""What a call shows of its endpoint and of the clock, and what the next calls make of it."""

from __future__ import annotations

from time import time

import anyio
import httpx
import pytest

from nim_async import (
    ApiError,
    AuthenticationError,
    DecodeError,
    NotFound,
    RetryPolicy,
    StatusError,
    TimedOut,
)
from tests.client.test_resilience import dated
from tests.doubles import OK, Scripted, client, reply

SOON = RetryPolicy(max_attempts=4, backoff=1e-9)
LOST = httpx.ReadTimeout("late")
PORTAL = "<html>please log in</html>"


async def test_a_page_with_status_200_lets_the_next_endpoint_serve() -> None:
    """An endpoint that answers nonsense is a failing endpoint, for calls never repeated too."""
    transport = Scripted([reply(PORTAL), reply(OK), reply(OK)])
    async with client(transport, retry=SOON) as nim:
        with pytest.raises(DecodeError) as caught:
            await nim.chatroom.create(creator="amy", name="tea")
        assert caught.value.maybe_processed
        for _ in range(2):
            await nim.chatroom.create(creator="amy", name="tea")
    assert [r.url.host for r in transport.requests] == ["one.example", *["two.example"] * 2]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 414])
async def test_one_bad_request_sends_nobody_elsewhere(status: int) -> None:
    """A refusal of the gateway concerns the call it was given to."""
    transport = Scripted([reply("", status), reply(OK), reply({"code": 404}), reply(OK)])
    async with client(transport, retry=SOON) as nim:
        with pytest.raises(StatusError):
            await nim.call("/nimserver/user/typo.action", {"a": "b"})
        await nim.chatroom.get(room_id=66)
        with pytest.raises(NotFound):
            await nim.chatroom.get(room_id=67)
        await nim.chatroom.get(room_id=66)
    assert {r.url.host for r in transport.requests} == {"one.example"}


@pytest.mark.parametrize(("given", "own", "elsewhere"), [
    (0.01, 5.0, False), (0.01, 0.01, True), (1.0, 5.0, True),
])  # fmt: skip
async def test_a_caller_in_a_hurry_pauses_no_endpoint(
    given: float, own: float, *, elsewhere: bool
) -> None:
    """A timeout counts if the attempt had a second, or what the client gives an attempt."""
    transport = Scripted([LOST, reply(OK)])
    async with client(transport, retry=RetryPolicy(max_attempts=1), timeout=own) as nim:
        with pytest.raises(TimedOut):
            await nim.options(timeout=given).chatroom.get(room_id=66)
        await nim.chatroom.get(room_id=66)
    assert (transport.requests[1].url.host == "two.example") is elsewhere


EXPIRED = {"code": 414, "desc": "CurTime is expired"}


async def test_the_time_of_a_strange_gateway_spoils_no_later_call() -> None:
    """An offset that did not help is dropped."""
    transport = Scripted([dated(EXPIRED, 86_400 * 365), dated(EXPIRED, 86_400 * 365), reply(OK)])
    async with client(transport, retry=SOON) as nim:
        with pytest.raises(AuthenticationError):
            await nim.chatroom.get(room_id=66)
        await nim.chatroom.get(room_id=66)
    assert abs(int(transport.requests[2].headers["CurTime"]) - time()) < 5


async def test_an_offset_that_is_refused_elsewhere_is_given_up() -> None:
    """What one endpoint accepted, another may refuse without a date: our own time is tried."""
    transport = Scripted([dated(EXPIRED, 7200), reply(OK), reply(EXPIRED), reply(OK), reply(OK)])
    async with client(transport, retry=SOON) as nim:
        for _ in range(3):
            await nim.chatroom.get(room_id=66)
    offsets = [round((int(r.headers["CurTime"]) - time()) / 3600) for r in transport.requests]
    assert offsets == [0, 2, 2, 0, 0]
    assert len(transport.requests) == 5


async def test_a_refusal_that_comes_late_is_held_against_the_time_it_was_signed_with() -> None:
    """A call under way while another learns the time is signed again as well."""
    learnt = anyio.Event()

    class Late(Scripted):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await super().handle_async_request(request)
            if len(self.requests) == 1:
                await learnt.wait()
            return answer

    transport = Late([dated(EXPIRED, 7200), dated(EXPIRED, 7200), reply(OK), reply(OK)])
    async with client(transport, retry=SOON) as nim, anyio.create_task_group() as group:

        async def first() -> None:
            await nim.chatroom.get(room_id=66)

        group.start_soon(first)
        await anyio.wait_all_tasks_blocked()
        await nim.chatroom.get(room_id=66)
        learnt.set()
    offsets = [round((int(r.headers["CurTime"]) - time()) / 3600) for r in transport.requests]
    assert offsets == [0, 0, 2, 2]


@pytest.mark.parametrize(("code", "kept"), [(404, True), (500, False)])
async def test_only_who_looked_at_a_signature_accepts_it(code: int, *, kept: bool) -> None:
    """A refusal for another reason accepts the time; a failure of the service does not."""
    transport = Scripted([dated(EXPIRED, 7200), reply({"code": code}), reply(OK)])
    async with client(transport, retry=RetryPolicy(max_attempts=1)) as nim:
        with pytest.raises(ApiError):
            await nim.chatroom.get(room_id=66)
        await nim.chatroom.get(room_id=66)
    last = int(transport.requests[2].headers["CurTime"])
    assert (abs(last - time() - 7200) < 5) is kept
