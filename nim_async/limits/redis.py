"""
One rate limit for many processes, kept in Redis.

The rate limit packages on PyPI count a call when it asks, none until its answer is there, and
none knows a penalty that all keep; so the count is a small script on redis-py here.
"""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from heapq import heappop, heappush
from importlib.resources import files
from itertools import count
from math import ceil, inf
from random import random
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

import anyio
from anyio.lowlevel import current_token
from attrs import define, field, frozen

from nim_async.errors import ConfigurationError, TimedOut
from nim_async.observe.statistics import LimitState

if TYPE_CHECKING:
    from types import TracebackType

    from redis.asyncio import Redis

    from nim_async.config import RateLimit
    from nim_async.limits import Limiter

_log = logging.getLogger("nim_async.limits")

_NEVER = float("-inf")
_CALL_SECONDS = 600.0  # a place whose call has not ended by then comes free; seconds
_PACE_SECONDS = 0.01  # longest time between two calls let in one by one, seconds
_SPREAD_SECONDS = 0.01  # processes that wait for the same place ask at different moments; seconds
_KEY_SECONDS = 86_400.0  # keys that nobody asks for expire, seconds
_SCRIPT = files("nim_async.limits").joinpath("redis.lua").read_text("utf-8")


def _micro(seconds: float) -> int:
    return ceil(seconds * 1_000_000)


@frozen
class _Reply:
    verdict: str
    wait: float
    name: str
    since: str


@define(eq=False)
class _Link:
    """The way to Redis, shared by all paths: whether it is there, and since when it is not."""

    script: Any
    shown: str
    errors: tuple[type[Exception], ...]
    timeout: float
    retry: float
    lost: bool = False
    lost_since: float = _NEVER
    _asked: float = _NEVER  # when it was last found to be away
    _checked: bool = False

    def check_loop(self) -> None:
        """
        Refuse an event loop that redis-py does not know.

        Raises:
            ConfigurationError: The loop is that of trio.
        """
        if not self._checked:
            if type(current_token().native_token).__module__.partition(".")[0] == "trio":
                raise ConfigurationError("RedisLimits runs on asyncio only, as redis-py does")
            self._checked = True

    def due(self, now: float) -> bool:
        """Return whether Redis must be asked before anybody is let in."""
        return not self.lost or now >= self._asked + self.retry

    async def run(self, keys: list[str], arguments: list[Any]) -> _Reply | None:
        """Run the script; return nothing when Redis is away."""
        try:
            with anyio.fail_after(self.timeout):
                verdict, wait, name, since = await self.script(keys=keys, args=arguments)
        except self.errors as error:
            self._away(error)
            return None
        if self.lost:
            self.lost = False
            _log.info("%s is back", self.shown)
        return _Reply(_text(verdict), int(wait) / 1_000_000, _text(name), _text(since))

    def _away(self, error: Exception) -> None:
        self._asked = anyio.current_time()
        if not self.lost:
            self.lost, self.lost_since = True, self._asked
            # The name of the error must do: its text is foreign.
            _log.warning(
                "%s is away (%s); each process keeps to its share of the rate limits",
                self.shown,
                type(error).__name__,
            )


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


@define(eq=False)
class _Places:
    """The places that this process has taken, by its own clock."""

    _names: count[int] = field(factory=count)
    _mark: str = field(factory=lambda: uuid4().hex)
    _under_way: list[tuple[float, str]] = field(factory=list[tuple[float, str]])
    _ended: deque[tuple[float, str]] = field(factory=deque[tuple[float, str]])
    notes: dict[str, float] = field(factory=dict[str, float])  # what Redis does not know yet

    def new(self) -> str:
        """Name a place."""
        return f"{self._mark}-{next(self._names)}"

    def take(self, token: str, free_at: float, *, known: bool) -> None:
        """Note a place that comes free at some time, if its call has not ended before."""
        heappush(self._under_way, (free_at, token))
        if not known:
            self.notes[token] = free_at

    def end(self, free_at: float | None) -> None:
        """
        Note that a call has ended, and when its place comes free.

        Which call it was makes no difference, so long as the places that remain are those held
        longest: then each call under way has one that outlasts it.
        """
        _, token = heappop(self._under_way)
        if free_at is not None:
            self._ended.append((free_at, token))
        self.notes[token] = _NEVER if free_at is None else free_at

    def taken(self, now: float) -> int:
        """Count the places that are not free."""
        while self._ended and self._ended[0][0] <= now:
            _, token = self._ended.popleft()
            self.notes.pop(token, None)  # Redis lets it go by itself
        return len(self._under_way) + len(self._ended)

    def next_free(self) -> float | None:
        """Return when the first place comes free, where that is known."""
        return self._ended[0][0] if self._ended else None

    def tell_all(self) -> None:
        """Tell Redis of every place once more."""
        for free_at, token in (*self._under_way, *self._ended):
            self.notes[token] = free_at


class _RedisLimiter:
    """
    Keeps the limit of one path among processes; see `RedisLimits`.

    Never more than ``calls`` in any window, whoever lets in:

    - Redis, while it is in charge. A place is taken in it before a call is sent and comes free
      ``per_seconds`` after the call has ended.
    - Each process, its share, while Redis is away. A process begins with that a window and the
      margin after it missed Redis, when what Redis let in before counts no more; its own calls
      do count. It asks Redis again before it lets anybody in, at least every ``retry`` seconds.
    - Both together, while Redis is back and cannot know yet what shares let in: then Redis notes
      a place only for a process that has one left in its share. That lasts until every process
      must have noticed, and what was let in unnoticed has left the window.
    """

    def __init__(
        self, server: _Link, keys: list[str], limit: RateLimit, *, processes: int, margin: float
    ) -> None:
        self.limit = limit
        self._server = server
        self._keys = keys
        self._share = limit.calls // processes
        self._settling = limit.per_seconds + margin  # until what was let in counts no more
        self._turn = anyio.Lock(fast_acquire=True)
        self._telling = anyio.Lock(fast_acquire=True)
        self._places = _Places()
        self._known: tuple[str, str] = ("", "")
        self._heard = _NEVER
        self._changed = float("inf")  # when Redis was found to know less than before
        self._closed_until = _NEVER

    @property
    def state(self) -> LimitState:
        """How full it is, as far as this process takes part; see `Limiter.state`."""
        now = anyio.current_time()
        return LimitState(
            limit=self.limit,
            taken=self._places.taken(now),
            waiting=self._turn.locked() + self._turn.statistics().tasks_waiting,
            closed_for=max(0.0, self._closed_until - now),
        )

    def enter_now(self) -> bool:
        """Ask Redis first; see `Limiter.enter_now`."""
        return False

    async def enter(self, deadline: float) -> None:
        """Wait for a place; see `Limiter.enter`."""
        self._server.check_loop()
        # Who comes while the operation is closed for too long need not wait for its turn.
        if self._closed_until > deadline or not await self._let_in(deadline):
            raise TimedOut(phase="rate limit", maybe_processed=False)

    def leave_now(self, *, used: bool) -> bool:
        """Tell Redis first; see `Limiter.leave_now`."""
        del used
        return False

    async def leave(self, *, used: bool, deadline: float = inf) -> None:
        """Let the place come free; see `Limiter.leave`."""
        now = anyio.current_time()
        self._places.end(now + self.limit.per_seconds if used else None)
        # One at a time reports for all; when Redis is away or the caller is cancelled, who asks
        # next does, and until then the place is held.
        with anyio.CancelScope(deadline=deadline):
            async with self._telling:
                if self._places.notes and not self._server.lost:
                    await self._exchange()

    async def close(self, seconds: float, *, deadline: float = inf) -> None:
        """Close the operation for every process; see `Limiter.close`."""
        self._closed_until = max(self._closed_until, anyio.current_time() + seconds)
        if not self._server.lost:
            with anyio.CancelScope(deadline=deadline):
                await self._exchange(exact=True)

    async def _let_in(self, deadline: float) -> bool:
        """Wait for the turn of the caller and for a place; return whether there was one."""
        with anyio.CancelScope(deadline=deadline):
            async with self._turn:
                while (answer := await self._ask(deadline)) is not None:
                    wait, sure = answer
                    if sure and anyio.current_time() + wait > deadline:
                        return False
                    spread = _SPREAD_SECONDS * random()  # noqa: S311  no secret
                    await anyio.sleep(min(wait, self._server.retry) + spread)
                return True
        return False

    async def _ask(self, deadline: float) -> tuple[float, bool] | None:
        """Take a place, or return the seconds to wait and whether it is surely as long."""
        now = anyio.current_time()
        closed = self._closed_until - now
        if now + closed > deadline:
            return closed, True
        token = self._places.new()
        free_at = min(deadline, now + _CALL_SECONDS) + self.limit.per_seconds
        if self._server.due(now):
            own = self._until_share(now) <= 0
            reply = await self._exchange(token=token, free_at=free_at, own=own)
            now = anyio.current_time()
            if reply is not None:
                if reply.verdict == "in":
                    self._places.take(token, free_at, known=True)
                    return None
                if reply.verdict == "share":
                    # It goes by the share, or until Redis is in charge.
                    return min(reply.wait, max(self._until_share(now), _SPREAD_SECONDS)), False
                if reply.verdict == "closed":
                    self._closed_until = max(self._closed_until, now + reply.wait)
                return reply.wait, True
        wait = max(self._closed_until - now, self._until_share(now))
        if wait > 0:
            return wait, False
        self._places.take(token, free_at, known=False)
        return None

    def _until_share(self, now: float) -> float:
        """Return the seconds until this process has a place in its share."""
        missed = self._server.lost_since if self._server.lost else self._changed
        if (wait := missed + self._settling - now) > 0:
            return wait
        if self._places.taken(now) < self._share:
            return 0.0
        first = self._places.next_free()
        return self.limit.per_seconds if first is None else first - now

    async def _exchange(
        self, *, token: str = "", free_at: float = 0.0, own: bool = False, exact: bool = False
    ) -> _Reply | None:
        """Tell Redis what is new, and ask for a place if one is named."""
        server, places, now = self._server, self._places, anyio.current_time()
        was_lost = server.lost
        places.taken(now)
        notes, places.notes = places.notes, {}
        arguments: list[Any] = [
            self.limit.calls,
            _micro(self.limit.per_seconds),
            _micro(server.timeout + server.retry + self._settling),
            _micro(self._settling),
            self._known[0] if now - self._heard < _KEY_SECONDS / 2 else "",
            int(server.lost_since > self._heard),
            _micro(max(0.0, self._closed_until - now)),
            0 if exact else _micro(server.timeout),
            token,
            _micro(free_at - now) if token else 0,
            int(own),
            int(_KEY_SECONDS * 1000),
            _micro(min(_PACE_SECONDS, 0.8 * self.limit.per_seconds / self.limit.calls)),
        ]
        for name, free in notes.items():
            arguments += [name, 0 if free == _NEVER else max(0, _micro(free - now))]
        reply = None
        try:
            reply = await server.run(self._keys, arguments)
        finally:
            if reply is None:
                if token and not was_lost:
                    notes[token] = _NEVER  # it may be taken; who asks next gives it back
                places.notes = notes | places.notes
        if reply is not None:
            self._hear(reply, was_lost=was_lost)
        return reply

    def _hear(self, reply: _Reply, *, was_lost: bool) -> None:
        self._heard = anyio.current_time()
        if (known := (reply.name, reply.since)) != self._known:
            self._known = known
            self._changed = self._server.lost_since if was_lost else self._heard
            self._places.tell_all()


class RedisLimits:
    """
    Keep the rate limits of an app among many processes, by way of Redis.

    ::

        limits = RedisLimits("redis://127.0.0.1:6379/0", app_key="app-key", processes=8)
        async with limits, NimClient("app-key", "app-secret", limiter=limits) as nim:
            ...

    All processes together send no more than the limit in any window, wherever between sending a
    call and having its answer the service counts it, and all keep away from an operation that
    the service refuses with 416 to one of them. No call fails because of Redis: while Redis is
    away each process keeps to its share, ``calls // processes``, which it begins to use
    ``per_seconds`` and ``margin`` after it missed Redis. With more processes than calls there is
    no share that keeps the limit, so calls wait for Redis until their deadline. A Redis that
    started empty is filled while shares go on.

    Three things are taken for granted: that no more objects of this class than ``processes`` are
    in use for the app at once; that Redis is away for all of them or for none, since one process
    that alone cannot reach it may send up to its share on top; and that the clock of Redis is
    not set forward, which would free places early. After a loss an operation whose window is
    long waits long: a broadcast, 10 a minute, for its share for a minute.

    Runs on asyncio only, as redis-py does. Needs the extra ``nim-async[redis]``, Redis 5 or
    newer, and leave to use ``INFO``; without, a Redis that read older data from disk when it
    started cannot be distinguished from one that kept running.

    Args:
        redis: URL of Redis, or a ``redis.asyncio.Redis``; a client is never closed here.
        app_key: Key of the app whose calls are counted; Redis gets to see a hash of it.
        processes: How many processes call the service for the app, at most.
        prefix: What the names of all keys begin with.
        timeout: When an unanswered question to Redis is given up, seconds.
        retry: How soon Redis is asked again, seconds.
        margin: How long a call may be on its way to the service for the limit to be kept when
            Redis is lost, seconds. With the client's ``timeout`` here it is kept in any case,
            after a longer pause.

    Raises:
        ConfigurationError: redis-py is not installed, or an option cannot be.
    """

    def __init__(
        self,
        redis: str | Redis,
        *,
        app_key: str,
        processes: int,
        prefix: str = "nim_async",
        timeout: float = 0.5,
        retry: float = 0.5,
        margin: float = 1.0,
    ) -> None:
        """Check the options; nothing is opened."""
        if not (app_key and prefix and processes >= 1):
            raise ConfigurationError("RedisLimits needs app_key, prefix and processes of 1 or more")
        if not (timeout > 0 and retry > 0 and margin >= 0):
            raise ConfigurationError("timeout and retry must be more than 0, margin 0 or more")
        try:
            from redis.exceptions import RedisError  # noqa: PLC0415  an optional extra
        except ImportError:
            raise ConfigurationError(
                "RedisLimits needs redis-py: install the extra nim-async[redis]"
            ) from None
        self._own: Any = None
        if isinstance(redis, str):
            self._own = client = _connect(redis, timeout)
            shown = _masked(redis)
        else:
            client, shown = redis, type(redis).__name__
        self._server = _Link(
            script=client.register_script(_SCRIPT),
            shown=f"Redis at {shown}" if self._own is not None else shown,
            errors=(RedisError, OSError),
            timeout=timeout,
            retry=retry,
        )
        self._shown = f"redis={shown!r}, app_key={app_key!r}, processes={processes}"
        # One app is in one slot of a cluster.
        app = hashlib.sha256(app_key.encode()).hexdigest()[:16]
        self._prefix = f"{prefix}:{{{app}}}"
        self._processes = processes
        self._margin = margin
        self._limiters: dict[str, _RedisLimiter] = {}

    def __call__(self, path: str, limit: RateLimit) -> Limiter:
        """
        Return what keeps the limit of a path, the same for all clients that share this object.

        Raises:
            ConfigurationError: The path has another limit already.
        """
        limiter = self._limiters.get(path)
        if limiter is None:
            keys = [f"{self._prefix}:{path}:places", f"{self._prefix}:{path}:state"]
            limiter = self._limiters[path] = _RedisLimiter(
                self._server, keys, limit, processes=self._processes, margin=self._margin
            )
        elif limiter.limit != limit:
            raise ConfigurationError(f"clients that share RedisLimits differ about {path}")
        return limiter

    async def aclose(self) -> None:
        """Close the connections to Redis; a client that was passed in stays open."""
        if self._own is not None:
            await self._own.aclose()

    async def __aenter__(self) -> Self:
        """Return the object itself."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.aclose()

    def __repr__(self) -> str:
        """Show where Redis is, never how to log in."""
        return f"{type(self).__name__}({self._shown})"


def _connect(url: str, timeout: float) -> Any:
    from redis import asyncio as redis  # noqa: PLC0415  an optional extra
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    new_client: Any = redis.Redis
    try:
        return new_client.from_url(
            url,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            # A connection that was closed while idle is replaced; a place is taken only once.
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError:
        # The URL may hold a password, so nothing of it is shown.
        raise ConfigurationError("redis is no redis, rediss or unix URL") from None


def _masked(url: str) -> str:
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"***@{host}" if login or at else host, query="").geturl()
