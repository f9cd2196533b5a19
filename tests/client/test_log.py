"""What the library logs by itself."""

from __future__ import annotations

import logging
from email.utils import formatdate
from time import time

import anyio
import httpx
import pytest

from nim_async import NimError, NotFound, RateLimited, RetryPolicy
from nim_async.emulator import Emulator
from tests.client.hearing import NOISE, SECRET, Heard
from tests.doubles import BASE, OK, OTHER, Scripted, Silent, client, reply

SOON = RetryPolicy(max_attempts=3, backoff=1e-9)
REFUSED = httpx.ConnectError("refused")


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """Return the lines of a level."""
    return [record.getMessage() for record in caplog.records if record.levelno == level]


async def test_a_call_that_goes_well_is_for_debugging(caplog: pytest.LogCaptureFixture) -> None:
    """One line for the attempt, one for the call, each with all that is needed to find it."""
    caplog.set_level(logging.DEBUG, "nim_async")
    async with client(Scripted([reply(OK)])) as nim:
        await nim.options(trace_id="mine").chatroom.get(room_id=66)
    assert {record.name for record in caplog.records} == {"nim_async.calls"}
    attempt, call = lines(caplog, logging.DEBUG)
    assert len(caplog.records) == 2
    assert attempt.startswith(f"chatroom.get: attempt 1 at {BASE}: ok in ")
    assert call.startswith(f"chatroom.get: call ok after 1 attempts, the last at {BASE}, in ")
    assert all(line.endswith(" ms [trace mine]") for line in (attempt, call))


async def test_a_call_that_succeeds_after_a_repeat_warns_of_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """That an attempt is repeated, and an endpoint left alone, is information."""
    caplog.set_level(logging.INFO, "nim_async")
    async with client(Scripted([REFUSED, reply(OK)]), retry=SOON) as nim:
        await nim.options(trace_id="mine").chatroom.get(room_id=66)
    begin = f"chatroom.get: attempt 1 at {BASE}:"
    assert lines(caplog, logging.INFO) == [
        f"{begin} endpoint paused for 1.0 s [trace mine]",
        f"{begin} ConnectError: refused; repeated in 0.00 s [trace mine]",
    ]
    assert len(caplog.records) == 2


async def test_an_attempt_that_is_signed_again_is_a_repeat(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is logged as any other, and nobody waits for it."""
    caplog.set_level(logging.INFO, "nim_async")
    expired = reply({"code": 414, "desc": "CurTime is expired"})
    expired.headers["Date"] = formatdate(time() + 3600, usegmt=True)
    heard = Heard()
    async with client(Scripted([expired, reply(OK)]), hooks=[heard]) as nim:
        await nim.options(trace_id="mine").chatroom.get(room_id=66)
    (line,) = lines(caplog, logging.INFO)
    assert line.startswith(f"chatroom.get: attempt 1 at {BASE}: 414 CurTime is expired; ")
    assert line.endswith("; repeated in 0.00 s [trace mine]")
    kinds = ["CallStarted", "AttemptFinished", "AttemptFinished", "CallFinished"]
    assert [type(event).__name__ for event in heard.events] == kinds


async def test_a_reply_that_lacks_something_is_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One line for each place, the first time an operation meets it, and never a value."""
    caplog.set_level(logging.INFO, "nim_async")
    room = {"roomid": 66, "valid": True, "creator": "amy", "name": [NOISE]}
    transport = Scripted([reply({"code": 200, "chatroom": room})] * 3)
    async with client(transport, strict_replies=False) as nim:
        for _ in range(3):
            await nim.options(trace_id="mine").chatroom.get(room_id=66)
    (line,) = lines(caplog, logging.WARNING)
    begin = f"chatroom.get: attempt 1 at {BASE}:"
    assert line == f"{begin} missing or odd in the reply: $.chatroom.name [trace mine]"
    assert len(caplog.records) == 1


@pytest.mark.parametrize("level", [logging.DEBUG, logging.WARNING])
async def test_a_call_that_fails_is_one_warning(
    caplog: pytest.LogCaptureFixture, level: int
) -> None:
    """However many attempts it took, and whether more is logged or not."""
    caplog.set_level(level, "nim_async")
    async with client(Scripted([REFUSED] * 3), retry=SOON) as nim:
        with pytest.raises(NimError):
            await nim.options(trace_id="mine").chatroom.get(room_id=66)
    (line,) = lines(caplog, logging.WARNING)
    assert line.startswith(
        "chatroom.get: call failed: ConnectError: refused after 3 attempts, the last at "
    )
    assert line.endswith(" ms [trace mine]")
    assert BASE in line or OTHER in line


async def test_a_closed_operation_is_information(caplog: pytest.LogCaptureFixture) -> None:
    """Code 416 tells how long the service refuses the operation."""
    caplog.set_level(logging.INFO, "nim_async")
    async with client(Scripted([reply({"code": 416})]), retry=SOON, deadline=5) as nim:
        with pytest.raises(RateLimited):
            await nim.options(trace_id="t").chatroom.get(room_id=66)
    closed = f"chatroom.get: attempt 1 at {BASE}: operation closed by the service for 10.0 s"
    assert lines(caplog, logging.INFO) == [f"{closed} [trace t]"]
    assert len(lines(caplog, logging.WARNING)) == 1


async def test_a_cancelled_call_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A task that was told to stop warns of nothing."""
    caplog.set_level(logging.DEBUG, "nim_async")
    async with client(Silent()) as nim, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: nim.options(trace_id="t").chatroom.get(room_id=66))
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert {record.levelno for record in caplog.records} == {logging.DEBUG}
    attempt, call = lines(caplog, logging.DEBUG)
    assert f"attempt 1 at {BASE}: cancelled" in attempt
    assert "call cancelled after 1 attempts" in call


async def test_every_line_names_its_call(caplog: pytest.LogCaptureFixture) -> None:
    """Each has operation, trace id, attempt and endpoint."""
    caplog.set_level(logging.DEBUG, "nim_async")
    transport = Scripted([REFUSED, reply(OK), reply({"code": 404})])
    async with client(transport, retry=SOON) as nim:
        view = nim.options(trace_id="mine")
        await view.chatroom.get(room_id=66)
        with pytest.raises(NotFound):
            await view.chatroom.get(room_id=66)
    found = [record.getMessage() for record in caplog.records]
    assert len(found) == 7
    for line in found:
        assert line.startswith("chatroom.get: ")
        assert "attempt" in line
        assert BASE in line or OTHER in line
        assert line.endswith("[trace mine]")


async def test_the_log_holds_no_secret_and_no_body(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is sent, answered or broken, what was said and signed stays out of the log."""
    caplog.set_level(logging.DEBUG)
    emulator = Emulator("key", SECRET)
    room = emulator.add_room("amy")
    said = {"code": 500, "text": NOISE}
    noise = [f"<p>{NOISE}", f'["{NOISE}"]', f'{{"code": 200, "desc": "{NOISE}"}}']
    transport = Scripted([reply(body) for body in [*noise, said, {"code": NOISE}]])
    for double in (emulator.transport(), transport):
        async with client(double, retry=RetryPolicy(max_attempts=1)) as nim:
            for _ in range(5):
                try:
                    await nim.chatroom.send_msg(
                        room_id=room, from_accid="amy", msg_type=0, attach=NOISE, ext=NOISE
                    )
                except NimError as error:
                    assert NOISE not in f"{error} {error!r}"  # noqa: PT017
    assert len(lines(caplog, logging.WARNING)) == 5
    for record in caplog.records:
        line = record.getMessage()
        assert line.isprintable()
        assert NOISE not in line
        assert SECRET not in line
