"""The way to Redis: a client for each process and event loop, and answers that are checked."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from hashlib import sha1
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import anyio
from anyio.lowlevel import current_token
from attrs import frozen

from nim_async.errors import ConfigurationError
from nim_async.limits.places import NEVER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_log = logging.getLogger("nim_async.limits")

_SCRIPT = files("nim_async.limits").joinpath("redis.lua").read_bytes()
_DIGEST = sha1(_SCRIPT, usedforsecurity=False).hexdigest()
_VERDICTS = frozenset({"in", "share", "closed", "full", "busy"})
_REPLY_PARTS = 4


@frozen
class Reply:
    """
    What the script answers.

    Attributes:
        verdict: ``in``, or why not.
        wait: Seconds after which to ask again.
        name: Names the run of Redis, and the state kept in it.
        since: Since when that state is whole.
    """

    verdict: str
    wait: float
    name: str
    since: str


class Link:
    """
    The way to Redis, shared by all paths: whether it is there, and since when it is not.

    Attributes:
        ask: Runs the script with keys and arguments.
        process: The process it belongs to.
        bindings: How often it began to belong to an event loop or a process.
        timeout: When an unanswered question is given up, seconds.
        retry: How soon Redis is asked again, seconds.
        lost: Whether Redis is away.
        lost_since: When it was missed.
    """

    timeout: float
    retry: float
    process: int
    bindings: int
    lost: bool
    lost_since: float

    def __init__(
        self, client: Any, connect: Callable[[], Any] | None, *, shown: str, timeout: float,
        retry: float,
    ) -> None:  # fmt: skip
        """
        Open nothing yet.

        Args:
            client: The client to begin with.
            connect: Makes another; a caller's client has none.
            shown: What Redis is called in the log.
            timeout: When an unanswered question is given up, seconds.
            retry: How soon Redis is asked again, seconds.
        """
        self._client = client
        self._connect = connect
        self._shown = shown
        self.timeout = timeout
        self.retry = retry
        self.ask: Callable[[list[str], list[Any]], Awaitable[Any]] = self._run_script
        self.process = 0
        self.bindings = 0
        self._loop: Any = None
        self._of_the_parent: Any = None
        self._miss_nothing()

    def _miss_nothing(self) -> None:
        self.lost = False
        self.lost_since = NEVER
        self._asked = NEVER  # when it was last found to be away

    def bind(self) -> None:
        """
        Belong to the running event loop and to this process, with connections of their own.

        Raises:
            ConfigurationError: The loop is that of trio, another one is running, or a client
                that was passed in belongs elsewhere.
        """
        loop = current_token().native_token
        process = os.getpid()
        if loop is self._loop and process == self.process:
            return
        if type(loop).__module__.partition(".")[0] == "trio":
            raise ConfigurationError("RedisLimits runs on asyncio only, as redis-py does")
        if self._loop is not None:
            self._renew(process)
        self._loop, self.process = loop, process
        self.bindings += 1

    def _renew(self, process: int) -> None:
        forked = process != self.process
        if not forked and self._loop.is_running():
            raise ConfigurationError(
                "RedisLimits is in use on another event loop; make one for each"
            )
        if self._connect is None:
            raise ConfigurationError(
                "the Redis client of RedisLimits belongs to another event loop or process;"
                " make both anew, or pass a URL"
            )
        if forked:
            # To close its sockets, also by letting it go, would reach into the parent's loop.
            self._of_the_parent = (self._of_the_parent, self._client)
            self._miss_nothing()
        self._client = self._connect()

    def due(self, now: float) -> bool:
        """Return whether Redis must be asked before anybody is let in."""
        return not self.lost or now >= self._asked + self.retry

    async def run(self, keys: list[str], arguments: list[Any]) -> Reply | None:
        """Run the script; return nothing when Redis is away, or answers what it never would."""
        try:
            with anyio.fail_after(self.timeout):
                reply = _checked(await self.ask(keys, arguments))
        # redis-py lets errors of many kinds through when an answer is odd, and no call may fail.
        except Exception as error:  # noqa: BLE001
            self._miss(error)
            await self._reconnect()
            return None
        if self.lost:
            self.lost = False
            _log.info("%s is back", self._shown)
        return reply

    async def _run_script(self, keys: list[str], arguments: list[Any]) -> Any:
        from redis.exceptions import NoScriptError  # noqa: PLC0415  an optional extra

        try:
            return await self._client.evalsha(_DIGEST, len(keys), *keys, *arguments)
        except NoScriptError:
            return await self._client.eval(_SCRIPT, len(keys), *keys, *arguments)

    def _miss(self, error: Exception) -> None:
        self._asked = anyio.current_time()
        if not self.lost:
            self.lost, self.lost_since = True, self._asked
            # The name of the error must do: its text is foreign.
            _log.warning(
                "%s is away (%s); each process keeps to its share of the rate limits",
                self._shown,
                type(error).__name__,
            )

    async def _reconnect(self) -> None:
        """Let idle connections go: behind the same name there may be another server by now."""
        if self._connect is not None:
            with anyio.move_on_after(self.timeout), suppress(Exception):
                await self._client.connection_pool.disconnect(inuse_connections=False)

    async def aclose(self) -> None:
        """Close the connections that belong to the running loop; a caller's client stays open."""
        here = self._loop is current_token().native_token and self.process == os.getpid()
        if self._connect is not None and here:
            await self._client.aclose()


def _checked(answer: Any) -> Reply:
    """
    Read an answer of the script.

    Raises:
        ValueError: It is none.
    """
    parts: list[Any] = answer if isinstance(answer, list) else []  # pyright: ignore[reportUnknownVariableType]
    if len(parts) != _REPLY_PARTS:
        raise ValueError("no answer of the script")
    verdict, wait, name, since = parts
    reply = Reply(_text(verdict), int(wait) / 1_000_000, _text(name), _text(since))
    if reply.verdict not in _VERDICTS or reply.wait < 0:
        raise ValueError("no answer of the script")
    return reply


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
