"""`Webhooks`: tells a web server what happens in rooms, and asks it before."""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Mapping
from contextlib import asynccontextmanager, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

import anyio
import anyio.lowlevel
from attrs import evolve, field, frozen

from nim_async._checks import refused, shown
from nim_async.emulator import checks
from nim_async.emulator.asking import ALLOWED, MessageQuestion, Question, Verdict
from nim_async.emulator.changes import Change, MessageSent
from nim_async.emulator.clock import until
from nim_async.emulator.room.messages import milliseconds
from nim_async.emulator.webhooks import bodies, verdicts
from nim_async.emulator.webhooks.mischief import WebhookFaults
from nim_async.emulator.webhooks.queue import Copy, Queue
from nim_async.emulator.webhooks.signing import Source, headers_of
from nim_async.emulator.webhooks.targets import (
    Answer,
    Target,
    Unreachable,
    named,
    post,
    shown_target,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from typing import Self

    from nim_async.emulator.gate import Signature
    from nim_async.emulator.listeners import Listeners
    from nim_async.emulator.waking import Waker
    from nim_async.emulator.webhooks.console import Console

_log = logging.getLogger("nim_async.emulator")
_log.addHandler(logging.NullHandler())
_MOST_WAITING = 10_000
_MAX_ROOMS = 100  # rooms whose copies are under way at once
_REJECTED = Verdict(code=403)
_REASONS = {
    verdicts.TIMED_OUT: "no verdict came in time",
    verdicts.ODD: "the verdict is not in the right form",
    verdicts.CIRCUIT_OPEN: "the circuit is open",
}


@frozen(kw_only=True)
class SentWebhook:
    """
    A webhook that was sent, and what came back.

    Args:
        source: ``"copies"`` or ``"callbacks"``.
        time: When, seconds since 1970, by the clock of the emulator.
        event_type: Number of the event; ``None`` where the body has none.
        target: Where to: a URL, or the type of what is in process.
        headers: Its headers.
        body: Its body.
        attempt: 1 for the first time, 2 for the first repeat.
        status: HTTP status of the answer; ``None`` where none came in time.
        answer: Body of the answer, cut.
        received: Whether a copy counts as received, or a verdict was used.
    """

    source: Source
    time: float
    event_type: int | None
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    attempt: int = 1
    status: int | None = None
    answer: bytes = field(default=b"", repr=False)
    received: bool = False

    @property
    def members(self) -> dict[str, Any]:
        """The body as decoded JSON; empty where it is no JSON object."""
        return _members(self.body)


class Webhooks:
    """
    Tells of what happens by copies, and asks by callbacks, where an address is known.

    Copies wait until they are sent: by `deliver`, or while `sending` is open. Those of one room go
    one after the other. What is not received is sent again as the console says.
    """

    def __init__(
        self,
        signature: Signature,
        clock: Callable[[], float],
        listeners: Listeners,
        *,
        console: Console,
        copies_to: object,
        callbacks_to: object,
        max_sent: int,
    ) -> None:
        """
        Send nothing yet.

        Args:
            signature: Knows key and secret of the app.
            clock: Returns the time, seconds since 1970.
            listeners: Pass on what happens in rooms.
            console: What is sent, and how.
            copies_to: Where copies go.
            callbacks_to: Where callbacks go.
            max_sent: How many of the latest `sent` keeps.

        Raises:
            ConfigurationError: An address cannot be.
        """
        self._signature = signature
        self._clock = clock
        self._listeners = listeners
        self._listening = False
        self._console = console
        self._queue = Queue(clock, _MOST_WAITING)
        self._sent: deque[SentWebhook] = deque(maxlen=max_sent)
        self._lock = Lock()
        self.faults: WebhookFaults = WebhookFaults()
        self._callbacks_to: dict[str, Target] = named("callbacks_to", callbacks_to)
        self._copies_to: dict[str, Target] = named("copies_to", copies_to)
        self._listen()

    def _listen(self) -> None:
        if self._copies_to and not self._listening:
            self._listening = True
            self._listeners.add(self._take)

    @property
    def console(self) -> Console:
        """What is sent, and how."""
        return self._console

    @property
    def sends_copies(self) -> bool:
        """Whether there is an address for copies."""
        return bool(self._copies_to)

    @property
    def sent(self) -> list[SentWebhook]:
        """The latest webhooks in the order they were answered; a copy."""
        with self._lock:
            return list(self._sent)

    @property
    def waiting(self) -> int:
        """How many copies wait to be sent, or sent again."""
        return len(self._queue)

    def is_due(self, *, flush: bool = False) -> bool:
        """
        Return whether `deliver` would send anything now.

        Args:
            flush: As for `deliver`.
        """
        return self._queue.is_due(flush=flush)

    @property
    def dropped(self) -> int:
        """How many copies were dropped because more than 10,000 waited."""
        return self._queue.dropped

    def clear(self) -> None:
        """Forget what waits, what was sent, and the faults."""
        self.faults.clear()
        self._queue.clear()
        with self._lock:
            self._sent.clear()

    @contextmanager
    def diverted(self, target: Target, callbacks: frozenset[int] | None) -> Generator[None]:
        """
        Send everything to one target for a while, and make some callbacks only.

        What still waits for it at the end is dropped.

        Args:
            target: Where to.
            callbacks: Numbers of the callbacks it answers; those of the console when ``None``.
        """
        before = self._console, self._copies_to, self._callbacks_to
        if callbacks is not None:
            self._console = _with_callbacks(self._console, callbacks)
        self._copies_to = named("bot", target)
        self._callbacks_to = self._copies_to
        self._listen()
        try:
            yield
        finally:
            self._console, self._copies_to, self._callbacks_to = before
            self._queue.forget(target)

    # copies

    def _take(self, change: Change) -> None:
        copy = bodies.copy_of(change, self._console) if self._copies_to else None
        if copy is not None:
            env = change.env if isinstance(change, MessageSent) else None
            self._put(copy, bodies.written(copy), str(change.room_id), env)

    def note(self, copy: dict[str, Any] | None) -> None:
        """Tell of what happens outside of rooms, if there is a copy of it, and it is wanted."""
        if copy is not None and int(copy["eventType"]) in self._console.copies:
            self._put(copy, bodies.written(copy), None, None)

    def tell(self, body: Mapping[str, Any] | bytes, *, env: str | None = None) -> None:
        """
        Send a copy of your own, such as a late result of the anti-spam check.

        Args:
            body: What it says: an object to be written as JSON, or the raw body.
            env: Name of the environment it goes to; that without a name when ``None``.

        Raises:
            ConfigurationError: It cannot be written, or there is no address for copies.
        """
        if not self._copies_to:
            raise refused("copies_to", "is not given, so that a copy has no address", "None")
        if isinstance(body, bytes):
            written, members = body, _members(body)
        else:
            try:
                members = dict(body)
                written = bodies.written(members)
            except (TypeError, ValueError, RecursionError):
                given = shown(body)
                raise refused("body", "must be bytes, or what JSON can hold", given) from None
        checks.optional_texts(env=env)
        self._put(members, written, None, env)

    def _put(
        self, members: Mapping[str, Any], body: bytes, lane: str | None, env: str | None
    ) -> None:
        target = _of_environment(self._copies_to, env)
        if target is None:
            return
        now = self._clock()
        for plan in self.faults.plan("copies", members):
            self._queue.put(
                Copy(
                    body=body,
                    event_type=_event_type(members),
                    lane=lane,
                    target=target,
                    due=now + plan.wait,
                    behind=plan.behind,
                    flaw=plan.flaw,
                )
            )

    async def deliver(self, *, flush: bool = False) -> int:
        """
        Send all copies that are due, and those that come meanwhile, until none is left.

        Returns when all are answered. What is to be sent again later, or was held back, stays until
        the clock of the emulator shows that time.

        Args:
            flush: Send those too that a fault has others overtake.

        Returns:
            How many were sent here.
        """
        sent = 0
        await anyio.lowlevel.checkpoint()
        while True:
            with self._queue.watched() as stirred:
                copy = self._queue.take(flush=flush)
                if copy is not None:
                    await self._carry(copy)
                    sent += 1
                elif self._queue.under_way:
                    await stirred.wait()
                else:
                    return sent

    @asynccontextmanager
    async def sending(self) -> AsyncGenerator[Self]:
        """
        Send copies when they are due, in the background, for as long as the context is open.

        `Emulator.serve` and the lifespan of `Emulator.app` do so by themselves. What waits at the
        end goes on waiting.
        """
        failed: Exception | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._send)
            try:
                yield self
            except Exception as error:  # noqa: BLE001  raised below, outside of the group
                failed = error
            tasks.cancel_scope.cancel()
        if failed is not None:
            raise failed

    async def _send(self) -> None:
        async with anyio.create_task_group() as tasks:
            while True:
                with self._queue.watched() as stirred:
                    while self._queue.under_way < _MAX_ROOMS:
                        copy = self._queue.take()
                        if copy is None:
                            break
                        tasks.start_soon(self._carry, copy)
                    await self._stirred_or_due(stirred)

    async def _stirred_or_due(self, stirred: Waker) -> None:
        due = self._queue.next_due()
        async with anyio.create_task_group() as tasks:

            async def alarm(moment: float) -> None:
                await until(self._clock, moment)
                stirred.set()

            if due is not None:
                tasks.start_soon(alarm, due)
            await stirred.wait()
            tasks.cancel_scope.cancel()

    async def _carry(self, copy: Copy) -> None:
        """Send a copy once, and say when it is to be sent again."""
        again: float | None = self._clock()  # where this is cancelled, it is sent later
        try:
            now = self._clock()
            headers = copy.headers
            if headers is None or self._console.sign_anew:
                headers = headers_of(self._signature, "copies", copy.body, now, copy.flaw)
            most = self._console.most_answer_bytes
            late = now + self._console.copy_seconds
            answer = await self._answer(copy.target, headers, copy.body, most, late)
            copy.attempt += 1
            copy.headers = None if copy.flaw else headers
            copy.flaw = None
            received = (
                answer is not None
                and answer.status in self._console.received
                and len(answer.body) <= most
            )
            self._record("copies", now, copy.event_type, copy.target, headers, copy.body, answer,
                         attempt=copy.attempt, received=received)  # fmt: skip
            again = None if received else self._again(copy, answer)
        finally:
            self._queue.end(copy, again=again)

    def _again(self, copy: Copy, answer: Answer | None) -> float | None:
        pauses = self._console.repeat_after
        outcome = "was not answered" if answer is None else f"was answered {answer.status}"
        what = f"copy {copy.event_type} to {shown_target(copy.target)} {outcome}"
        if copy.attempt > len(pauses):
            _log.warning("%s, and is dropped after %d attempts", what, copy.attempt)
            return None
        pause = pauses[copy.attempt - 1]
        _log.warning("%s, and is sent again in %g s", what, pause)
        return self._clock() + pause

    # callbacks

    async def ask(self, question: Question) -> Verdict:
        """Ask the web server, and return its verdict, or the default where none can be used."""
        env = question.draft.env if isinstance(question, MessageQuestion) else None
        target = _of_environment(self._callbacks_to, env)
        callback = bodies.callback_of(question)
        if target is None or callback["eventType"] not in self._console.callbacks:
            return ALLOWED
        body = bodies.written(callback)
        about_message = isinstance(question, MessageQuestion)
        verdict = await self._verdict(target, callback, body, about_message=about_message)
        if isinstance(verdict, Verdict):
            return verdict
        _log.warning("callback %s: %s", callback["eventType"], _REASONS[verdict])
        self.note(bodies.callback_failed(verdict, body, milliseconds(self._clock())))
        return ALLOWED if self._console.default_allows else _REJECTED

    async def _verdict(
        self, target: Target, callback: dict[str, Any], body: bytes, *, about_message: bool
    ) -> Verdict | int:
        """Return the verdict, or why there is none."""
        plans = self.faults.plan("callbacks", callback)
        now = self._clock()
        late = now + self._console.verdict_seconds
        if not plans or now + plans[0].wait >= late:
            return verdicts.TIMED_OUT
        plan = plans[0]
        if plan.circuit_open:
            return verdicts.CIRCUIT_OPEN
        await until(self._clock, now + plan.wait)
        headers = headers_of(self._signature, "callbacks", body, now, plan.flaw)
        answer = await self._answer(target, headers, body, verdicts.MOST_BYTES, late)
        verdict: Verdict | int = verdicts.TIMED_OUT
        if answer is not None:
            try:
                verdict = verdicts.read(answer, about_message=about_message)
            except verdicts.OddAnswer as odd:
                _log.warning("the answer to callback %s: %s", callback["eventType"], odd)
                verdict = verdicts.ODD
        self._record("callbacks", now, callback["eventType"], target, headers, body, answer,
                     received=isinstance(verdict, Verdict))  # fmt: skip
        return verdict

    # both

    async def _answer(
        self, target: Target, headers: Mapping[str, str], body: bytes, most: int, late: float
    ) -> Answer | None:
        """Return the answer of a target; nothing where none came in time."""
        answer: Answer | None = None
        async with anyio.create_task_group() as tasks:

            async def hang_up() -> None:
                await until(self._clock, late)
                tasks.cancel_scope.cancel()

            tasks.start_soon(hang_up)
            try:
                answer = await post(target, headers, body, most)
            except Unreachable as error:
                _log.warning("%s cannot be reached: %s", shown_target(target), error)
            tasks.cancel_scope.cancel()
        return answer if self._clock() < late else None

    def _record(
        self,
        source: Source,
        time: float,
        event_type: int | None,
        target: Target,
        headers: Mapping[str, str],
        body: bytes,
        answer: Answer | None,
        *,
        attempt: int = 1,
        received: bool,
    ) -> None:
        sent = SentWebhook(
            source=source,
            time=time,
            event_type=event_type,
            target=shown_target(target),
            headers=headers,
            body=body,
            attempt=attempt,
            status=None if answer is None else answer.status,
            answer=b"" if answer is None else answer.body,
            received=received,
        )
        with self._lock:
            self._sent.append(sent)


def _with_callbacks(console: Console, callbacks: frozenset[int]) -> Console:
    return evolve(console, callbacks=console.callbacks & callbacks)


def _of_environment(targets: Mapping[str, Target], env: str | None) -> Target | None:
    """Return the address of an environment; the usual one where it has none of its own."""
    return targets.get(env or "", targets.get(""))


def _members(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", decoded) if isinstance(decoded, dict) else {}


def _event_type(members: Mapping[str, Any]) -> int | None:
    number = members.get("eventType")
    if isinstance(number, str) and number.isascii() and number.isdigit():
        return int(number[:9])
    return number if type(number) is int else None
