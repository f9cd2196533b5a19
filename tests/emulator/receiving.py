"""Web servers that webhooks are sent to: real objects that keep what they get."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio

from nim_async.webhooks import unwrap
from tests.emulator.rooms import opened
from tests.wire import KEY, NOON, SECRET, Caller

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nim_async.emulator import Webhooks
    from nim_async.webhooks import Event

Result: TypeAlias = "tuple[int, bytes]"
ALLOW: Result = (200, b'{"errCode":0}')
NOW = int(NOON * 1000)
SENT: dict[str, Any] = {"fromAccid": "amy", "msgId": "n", "msgType": 0, "attach": "hi"}


def verdict(**members: object) -> Result:
    """Return the answer to a callback."""
    return 200, json.dumps(members).encode()


class Receiver:
    """Answers webhooks with what it was told, the last for all that follow, and keeps them."""

    def __init__(self, *answers: Result | Callable[[], Awaitable[Result]]) -> None:
        self.answers = list(answers) or [ALLOW]
        self.got: list[tuple[dict[str, str], bytes]] = []
        self._arrived = anyio.Event()

    async def answer(
        self, method: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        assert method == "POST"
        self.got.append((headers, body))
        self._arrived.set()
        self._arrived = anyio.Event()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        status, text = await answer() if callable(answer) else answer
        return status, {}, text

    async def until(self, count: int) -> None:
        """Wait until it has got so many."""
        while len(self.got) < count:
            await self._arrived.wait()

    @property
    def events(self) -> list[Event]:
        """What it got, each verified over its raw bytes."""
        return [unwrap(headers, body, SECRET, app_key=KEY) for headers, body in self.got]

    @property
    def members(self) -> list[dict[str, Any]]:
        """What it got, as decoded JSON."""
        return [json.loads(body) for _, body in self.got]


def silent() -> tuple[Receiver, anyio.Event]:
    """Make a web server that never answers, and what is set once it was asked."""
    arrived = anyio.Event()

    async def never() -> Result:
        arrived.set()
        await anyio.sleep_forever()
        raise AssertionError

    return Receiver(never), arrived


async def events(webhooks: Webhooks, receiver: Receiver) -> list[Any]:
    """Send what waits, and return it as events."""
    receiver.got.clear()
    await webhooks.deliver()
    assert all(sent.received for sent in webhooks.sent)
    return receiver.events


def told(*inside: str, receiver: Receiver | None = None, **options: Any) -> tuple[
    Caller, int, Receiver
]:  # fmt: skip
    """Make a room of amy's with a web server that is told; what happened so far is forgotten."""
    receiver = receiver or Receiver()
    call, room = opened(*inside, copies_to=receiver, **options)
    call.emulator.webhooks.clear()
    return call, room, receiver


def asked(*inside: str, receiver: Receiver, **options: Any) -> tuple[Caller, int]:
    """Make a room of amy's with a web server that is asked."""
    return opened(*inside, callbacks_to=receiver, **options)
