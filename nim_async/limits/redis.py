"""
One rate limit for many processes, kept in Redis.

The rate limit packages on PyPI count a call when it asks, none until its answer is there, and
none knows a penalty that all keep; so the count is a small script on redis-py here.
"""

from __future__ import annotations

import hashlib
from functools import partial
from math import ceil, inf
from random import random
from typing import TYPE_CHECKING, Any, Self

import anyio

from nim_async.errors import ConfigurationError, TimedOut
from nim_async.limits import options
from nim_async.limits.link import Link
from nim_async.limits.options import RedisOptions, check_limit, connect, masked, require_redis
from nim_async.limits.places import NEVER, Places
from nim_async.observe.statistics import LimitState

if TYPE_CHECKING:
    from types import TracebackType

    from redis.asyncio import Redis

    from nim_async.config import RateLimit
    from nim_async.limits import Limiter
    from nim_async.limits.link import Reply

_CALL_SECONDS = 600.0  # a place whose call has not ended by then comes free; seconds
_PACE_SECONDS = 0.01  # longest time between two calls let in one by one, seconds
_SPREAD = 0.25  # processes that wait for the same place ask at different moments; of the pace
_POLL_SECONDS = 0.1  # how soon to ask again while a place may come free at any moment; seconds
_LAST_SECONDS = 0.02  # how long before its deadline a call asks for the last time; seconds
_GIVE_BACK_SECONDS = 1.0  # how long a call that is over may wait for Redis to be told; seconds
_KEY_SECONDS = 86_400.0  # keys that nobody asks for expire, seconds


def _micro(seconds: float) -> int:
    return ceil(seconds * 1_000_000)


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
        self, server: Link, keys: list[str], limit: RateLimit, *, processes: int, margin: float
    ) -> None:
        self.limit = limit
        self._server = server
        self._keys = keys
        self._share = limit.calls // processes
        self._pace = min(_PACE_SECONDS, 0.8 * limit.per_seconds / limit.calls)
        self._settling = limit.per_seconds + margin  # until what was let in counts no more
        self._closed_until = NEVER
        self._bound, self._process = 0, 0
        self._begin_on_loop()
        self._begin_in_process()

    def _bind(self) -> None:
        """Belong to the running event loop, and in the child of a fork begin anew."""
        server = self._server
        server.bind()
        if self._bound == server.bindings:
            return
        self._begin_on_loop()
        if self._process != server.process:
            self._begin_in_process()
        self._bound, self._process = server.bindings, server.process

    def _begin_on_loop(self) -> None:
        self._turn = anyio.Lock(fast_acquire=True)
        self._telling = anyio.Lock(fast_acquire=True)
        self._freed: anyio.Event | None = None  # what the first in the queue listens to

    def _begin_in_process(self) -> None:
        self._places = Places()
        self._known: tuple[str, str] = ("", "")
        self._unsure = ""  # a place that Redis may have let take without having said so
        self._heard = NEVER
        self._changed = inf  # when Redis was found to know less than before

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
        self._bind()
        let_in = False
        try:
            # Who comes while the operation is closed for too long need not wait for its turn.
            let_in = self._closed_until <= deadline and await self._let_in(deadline)
        finally:
            if not let_in:  # a place may be taken whose answer was not waited for
                await self._tell(anyio.current_time() + _GIVE_BACK_SECONDS)
        if not let_in:
            raise TimedOut(phase="rate limit", maybe_processed=False)

    def leave_now(self, *, used: bool) -> bool:
        """Tell Redis first; see `Limiter.leave_now`."""
        del used
        return False

    async def leave(self, *, used: bool, deadline: float = inf) -> None:
        """Let the place come free; see `Limiter.leave`."""
        now = anyio.current_time()
        self._places.end(now + self.limit.per_seconds if used else None)
        if not used and self._freed is not None:
            self._freed.set()
        until = now + _GIVE_BACK_SECONDS
        # A place that was used comes free when it was expected to, whether Redis is told or not.
        await self._tell(min(until, deadline) if used else until)

    async def _tell(self, until: float) -> None:
        """
        Tell Redis what is new, even if the caller is cancelled.

        One at a time tells for all; when Redis is away, who asks next does, and until then the
        places are held.
        """
        with anyio.CancelScope(deadline=until, shield=True):
            async with self._telling:
                if self._places.notes and not self._server.lost:
                    await self._exchange()

    async def close(self, seconds: float, *, deadline: float = inf) -> None:
        """Close the operation for every process; see `Limiter.close`."""
        self._bind()
        now = anyio.current_time()
        self._closed_until = max(self._closed_until, now + seconds)
        if not self._server.lost:
            until = min(deadline, now + _GIVE_BACK_SECONDS)
            with anyio.CancelScope(deadline=until, shield=True):
                await self._exchange(exact=True)

    async def _let_in(self, deadline: float) -> bool:
        """Wait for the turn of the caller and for a place; return whether there was one."""
        with anyio.CancelScope(deadline=deadline):
            async with self._turn:
                while (answer := await self._ask(deadline)) is not None:
                    wait, sure = answer
                    if sure and anyio.current_time() + wait > deadline:
                        return False
                    await self._until_freed(wait if sure else min(wait, _POLL_SECONDS), deadline)
                return True
        return False

    async def _until_freed(self, seconds: float, deadline: float) -> None:
        """Wait for so long, or until a place of this process comes free early."""
        spread = _SPREAD * self._pace * random()  # noqa: S311  no secret
        pause = min(seconds, self._server.retry) + spread
        if (left := deadline - anyio.current_time() - _LAST_SECONDS) > 0:
            pause = min(pause, left)
        self._freed = anyio.Event()
        try:
            with anyio.move_on_after(pause):
                await self._freed.wait()
        finally:
            self._freed = None

    async def _ask(self, deadline: float) -> tuple[float, bool] | None:
        """Take a place, or return the seconds to wait and whether it is surely as long."""
        now = anyio.current_time()
        closed = self._closed_until - now
        if now + closed > deadline:
            return closed, True
        token, self._unsure = self._unsure or self._places.new(), ""
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
                    return min(reply.wait, max(self._until_share(now), self._pace)), False
                if reply.verdict == "closed":
                    self._closed_until = max(self._closed_until, now + reply.wait)
                return reply.wait, reply.verdict != "busy"
        wait = max(self._closed_until - now, self._until_share(now))
        if wait > 0:
            return wait, False
        self._places.take(token, free_at, known=False)
        self._unsure = ""
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
    ) -> Reply | None:
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
            _micro(self._pace),
        ]
        for name, free in notes.items():
            arguments += [name, 0 if free == NEVER else max(0, _micro(free - now))]
        reply = None
        try:
            reply = await server.run(self._keys, arguments)
        finally:
            if reply is None:
                if token:
                    self._unsure = token
                    notes[token] = NEVER  # it may be taken; who asks next gives it back
                places.notes = notes | places.notes
            elif notes:
                places.told(notes)
        if reply is not None:
            self._hear(reply, was_lost=was_lost)
        return reply

    def _hear(self, reply: Reply, *, was_lost: bool) -> None:
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

    Runs on asyncio only, as redis-py does, on one event loop at a time; in the child of a fork it
    begins anew, with connections and places of its own, and counts as one more of ``processes``.
    A client that was passed in stays where it was first used, elsewhere it is refused with
    `ConfigurationError`. Needs the extra ``nim-async[redis]``, Redis 5 or
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
        prefix: str = options.PREFIX,
        timeout: float = options.TIMEOUT_SECONDS,
        retry: float = options.RETRY_SECONDS,
        margin: float = options.MARGIN_SECONDS,
    ) -> None:
        """Check the options; nothing is opened."""
        RedisOptions(
            redis=redis, app_key=app_key, processes=processes, prefix=prefix,
            timeout=timeout, retry=retry, margin=margin,
        )  # fmt: skip
        require_redis()
        if isinstance(redis, str):
            new_client = partial(connect, redis, timeout)
            shown = masked(redis)
            self._server = Link(
                new_client(), new_client, shown=f"Redis at {shown}", timeout=timeout, retry=retry
            )
        else:
            shown = type(redis).__name__
            self._server = Link(redis, None, shown=shown, timeout=timeout, retry=retry)
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
            ConfigurationError: The path has another limit already, or none that can be.
        """
        check_limit(path, limit)
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
        await self._server.aclose()

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
