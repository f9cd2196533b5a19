"""Hooks: how they are called, what they open around a call, and what is printed unasked."""

from __future__ import annotations

import contextvars
import logging
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from nim_async import (
    AttemptFinished,
    CallFinished,
    CallStarted,
    ConfigurationError,
    NimClient,
    NotFound,
)
from tests.client.hearing import SECRET, Heard
from tests.doubles import BASE, OK, Scripted, Silent, client, reply

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

    import httpx

    from nim_async import Event, Hook


async def test_all_hooks_are_called_in_order() -> None:
    """Every hook hears every event before the next event comes, views' calls included."""
    heard: list[tuple[int, type[Event]]] = []

    def hook(number: int) -> Hook:
        return lambda event: heard.append((number, type(event)))

    hooks = [hook(number) for number in range(3)]
    async with client(Scripted([reply(OK)]), hooks=hooks) as nim:
        hooks.clear()  # the client keeps its own
        await nim.options(timeout=1).chatroom.get(room_id=66)
    kinds = [CallStarted, AttemptFinished, CallFinished]
    assert heard == [(n, kind) for kind in kinds for n in range(3)]


@pytest.mark.parametrize("fails", [False, True])
async def test_a_hook_that_raises(
    fails: bool,  # noqa: FBT001
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is logged with its traceback, the call goes on, and the other hooks are called."""
    heard = Heard()

    def broken(event: Event) -> None:
        raise RuntimeError(type(event).__name__)

    transport = Scripted([reply({"code": 404} if fails else OK)])
    async with client(transport, hooks=[broken, heard]) as nim:
        view = nim.options(trace_id="mine")
        if fails:
            with pytest.raises(NotFound):
                await view.chatroom.get(room_id=66)
        else:
            assert (await view.chatroom.get(room_id=66)).room_id == 66
    kinds = ["CallStarted", "AttemptFinished", "CallFinished"]
    assert [type(event).__name__ for event in heard.events] == kinds
    records = [record for record in caplog.records if record.name == "nim_async.hooks"]
    assert [record.levelno for record in records] == [logging.ERROR] * 3
    places = ["attempt 0 at no endpoint", *[f"attempt 1 at {BASE}"] * 2]
    for record, kind, place in zip(records, kinds, places, strict=True):
        line = f"chatroom.get: {place}: a hook failed on {kind} [trace mine]"
        assert record.getMessage() == line
        assert record.exc_info
        assert record.exc_info[0] is RuntimeError


async def test_a_hook_may_end_the_program() -> None:
    """Only what a program may overlook is logged: an interrupt passes through."""

    def interrupted(_: Event) -> None:
        raise KeyboardInterrupt

    async with client(Scripted([]), hooks=[interrupted]) as nim:
        with pytest.raises(KeyboardInterrupt):
            await nim.chatroom.get(room_id=66)


async def _later(event: Event) -> None:
    raise AssertionError(event)


class _CalledLater:
    async def __call__(self, event: Event) -> None:
        raise AssertionError(event)


@pytest.mark.parametrize(
    "hook",
    [
        *(_later, _CalledLater(), partial(_later), partial(_CalledLater()), staticmethod(_later)),
        *("print", None),
    ],
    ids=["function", "object", "part", "part of an object", "static", "text", "nothing"],
)
def test_a_hook_that_would_never_run_is_refused(hook: Any) -> None:
    """A coroutine function, or what cannot be called, is refused where the client is made."""
    with pytest.raises(ConfigurationError, match="hooks: "):
        NimClient("key", SECRET, hooks=[hook])


async def run_files(nim: NimClient) -> set[str]:
    """Return the source files whose code runs during one call."""
    files: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            files.add(f"{frame.f_code.co_filename}:{frame.f_code.co_name}")

    sys.setprofile(note)
    try:
        await nim.chatroom.get(room_id=66)
    finally:
        sys.setprofile(None)
    return {name for name in files if "nim_async" in name}


async def test_no_hooks_cost_nothing() -> None:
    """Without hooks, and with the log off, nothing but a question is asked and no event made."""
    async with client(Scripted([reply(OK)] * 2)) as plain:
        await plain.chatroom.get(room_id=66)  # what is made once is made
        without = await run_files(plain)
    async with client(Scripted([reply(OK)] * 2), hooks=[Heard()]) as heard:
        await heard.chatroom.get(room_id=66)
        extra = await run_files(heard) - without
    assert any(name.endswith("observer.py:finished") for name in extra)
    assert {name.rpartition(":")[2] for name in without if "observe" in name} == {"wants_all"}


# what hooks open around a call

CURRENT: contextvars.ContextVar[str] = contextvars.ContextVar("CURRENT", default="")


class Tracer:
    """A hook that opens a span around each call, as tracing libraries do."""

    def __init__(self, name: str = "span") -> None:
        self.name = name
        self.seen: list[str] = []

    def __call__(self, event: Event, /) -> Any:
        if isinstance(event, CallStarted):
            return self._span()
        self.seen.append(f"{type(event).__name__} in {CURRENT.get()}")
        return None

    @contextmanager
    def _span(self) -> Generator[None]:
        token = CURRENT.set(self.name)
        self.seen.append("open")
        try:
            yield
        except BaseException as error:
            self.seen.append(type(error).__name__)
            raise
        finally:
            CURRENT.reset(token)
            self.seen.append("closed")


async def test_a_span_is_open_around_the_call() -> None:
    """It is current while the request is sent and for all events, and closed behind the last."""
    tracer = Tracer()

    def answer(_: httpx.Request) -> httpx.Response:
        tracer.seen.append(f"sent in {CURRENT.get()}")
        return reply(OK)

    async with client(Scripted([answer]), hooks=[tracer]) as nim:
        await nim.chatroom.get(room_id=66)
    assert tracer.seen == [
        *("open", "sent in span", "AttemptFinished in span", "CallFinished in span", "closed"),
    ]
    assert CURRENT.get() == ""


async def test_spans_are_closed_in_reverse_and_see_the_error() -> None:
    """Each learns what the call ended with; none can swallow it."""
    outer, inner = Tracer("outer"), Tracer("inner")
    async with client(Scripted([reply({"code": 404})]), hooks=[outer, inner]) as nim:
        with pytest.raises(NotFound):
            await nim.chatroom.get(room_id=66)
    for tracer in (outer, inner):
        assert tracer.seen[-3:] == ["CallFinished in inner", "NotFound", "closed"]
    assert CURRENT.get() == ""


class _Swallowing:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> bool:
        return True


class _BrokenEnter(_Swallowing):
    def __enter__(self) -> None:
        raise RuntimeError("on the way in")


class _BrokenExit(_Swallowing):
    def __exit__(self, *_: object) -> bool:
        raise RuntimeError("on the way out")


@pytest.mark.parametrize("cls", [_Swallowing, _BrokenEnter, _BrokenExit])
async def test_a_span_changes_nothing_of_the_call(
    cls: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """One that swallows errors, or fails by itself, leaves outcome and other spans as they are."""
    tracer = Tracer()

    def opening(event: Event) -> Any:
        return cls() if isinstance(event, CallStarted) else None

    hooks: list[Hook] = [opening, tracer]
    async with client(Scripted([reply(OK), reply({"code": 404})]), hooks=hooks) as nim:
        assert (await nim.chatroom.get(room_id=66)).room_id == 66
        with pytest.raises(NotFound):
            await nim.chatroom.get(room_id=66)
    assert tracer.seen.count("open") == tracer.seen.count("closed") == 2
    failed = [r.getMessage() for r in caplog.records if r.name == "nim_async.hooks"]
    assert all(line.startswith("chatroom.get: attempt ") for line in failed)
    assert len(failed) == (0 if cls is _Swallowing else 2)


async def test_a_span_is_closed_when_the_call_is_cancelled() -> None:
    """Whatever ends a call closes what was opened around it."""
    tracer = Tracer()
    async with client(Silent(), hooks=[tracer]) as nim, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: nim.chatroom.get(room_id=66))
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert tracer.seen[-1] == "closed"


# what is printed unasked


@pytest.mark.slow
def test_the_library_is_silent_unless_asked() -> None:
    """With no logging set up, nothing is printed: the loggers of the package have a handler."""
    code = """
import anyio, logging, nim_async
from nim_async.emulator import Emulator
async def main():
    transport = Emulator("k", "s").transport()
    async with nim_async.NimClient("k", "s", transport=transport, hooks=[lambda e: 1 / 0]) as nim:
        try:
            await nim.chatroom.get(room_id=1)
        except nim_async.NotFound:
            print("not found")
anyio.run(main)
handlers = logging.getLogger("nim_async").handlers
print(any(isinstance(handler, logging.NullHandler) for handler in handlers))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert (done.stdout.split("\n"), done.stderr) == (["not found", "True", ""], "")
