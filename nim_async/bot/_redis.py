"""An inbox in Redis, for many processes of one bot."""

from __future__ import annotations

import json
import logging
from base64 import b64decode, b64encode
from contextlib import suppress
from importlib import import_module
from math import ceil
from typing import TYPE_CHECKING, Any, cast
from zlib import crc32

import anyio
from attrs import define

from nim_async._core.signing import new_id
from nim_async._session.background import Background
from nim_async._session.eventloop import on_asyncio
from nim_async.bot._letters import InboxFull, Letter, dead_letter, dead_members
from nim_async.bot._redis_scripts import ACCEPT, DONE, GIVE_BACK, LEASE, MEMBERS, REVIVE
from nim_async.bot._rooms import Rooms
from nim_async.errors import CallbackError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection

    from redis.asyncio import Redis

    from nim_async.bot._letters import DeadLetter

_log = logging.getLogger("nim_async.bot")

_BODIES_IN_MEMORY = 2_000  # letters whose bodies are kept beside Redis
_MAX_LETTERS = 20_000  # letters that are known of, at most
_READ_ROWS = 500  # at once
_BLOCK_SECONDS = 0.5  # how long a look for new letters lasts
_PAUSE_SECONDS = 0.2  # while there is nothing to look at, or Redis is away
_TIMEOUT_SECONDS = 5.0
_BEAT_SECONDS = 1.0  # between two looks at leases, at most
_MARGIN_SHARE = 0.2  # share of a lease after which its owner does not rely on it any more


@define(eq=False)
class _Partition:
    """
    Rooms that belong to one process at a time.

    Attributes:
        number: Which ones.
        token: Proves to Redis that the lease is that of this object, and of no earlier owner.
        until: Until when the lease can be relied on, by the clock of the event loop. Once that is
            over it is over for good: letters are let go then.
        last: Id of the last letter that was read.
        before: Id of the last letter that was there when the lease began.
        leaving: It is given to another process when what was begun has ended.
        at_work: Letters that are being handled.
    """

    number: int
    token: str
    until: float
    last: bytes = b"0-0"
    before: tuple[int, int] = (0, 0)
    leaving: bool = False
    at_work: int = 0

    def holds(self) -> bool:
        """Return whether letters of it may be begun."""
        return not self.leaving and anyio.current_time() < self.until


class RedisInbox:
    """
    Keeps events in Redis: many processes of a bot share the rooms, and the work of one that dies.

    The rooms are in partitions, each of which one process has by a lease; so the order within a
    room is kept. A process that loses its lease is not heard any more when it says that an event
    is handled: the new owner handles that again. Whatever Redis was asked to keep it keeps as well
    as it is set up to: with ``appendonly yes`` and ``appendfsync always`` nothing that was
    accepted is ever lost.

    Runs on asyncio only, as redis-py does. Needs the extra ``nim-async[redis]`` and Redis 5 or
    newer. All processes must be given the same ``name`` and ``partitions``.

    Args:
        redis: URL of Redis, or a ``redis.asyncio.Redis`` that gives back bytes, and waits for
            answers longer than a second; such a client is never closed here.
        name: Which bot it is for; also the beginning of the names of all keys.
        partitions: Into how many the rooms are divided; more than there will be processes.
        lease: After how long the rooms of a process that died are another's, seconds.
        capacity: How many events may wait; a full inbox has them sent again later.
        remember: How long keys of events are kept to know doubled ones by, seconds.
        hold_back: How long an event waits for others that happened before it, seconds.

    Raises:
        ConfigurationError: redis-py is not installed, or an option cannot be.
    """

    durable = True
    shared = True

    def __init__(
        self,
        redis: str | Redis,
        *,
        name: str = "nim_async:bot",
        partitions: int = 64,
        lease: float = 10.0,
        capacity: int = 1_000_000,
        remember: float = 3 * 86_400.0,
        hold_back: float = 0.0,
    ) -> None:
        """Open nothing yet."""
        if not (name and partitions >= 1 and lease > 0 and capacity >= 1 and remember > 0):
            text = "RedisInbox needs a name, and partitions, lease, capacity and remember above 0"
            raise ConfigurationError(text, option="inbox")
        _require_redis()
        self._url = redis if isinstance(redis, str) else None
        self._client: Any = _connect(redis) if isinstance(redis, str) else redis
        self._prefix = f"{{{name}}}"  # one slot of a cluster
        self._count = partitions
        self._lease = lease
        self._capacity = capacity
        self._remember = remember
        self._hold_back = hold_back
        self._rooms = Rooms(hold_back)
        self._owned: dict[int, _Partition] = {}
        self._me = ""
        self._ending = anyio.Event()
        self._background: list[Background] = []
        self._away = False

    def __repr__(self) -> str:
        """Show which bot it is for, never how to log in."""
        return f"{type(self).__name__}(name={self._prefix[1:-1]!r}, partitions={self._count})"

    @property
    def waiting(self) -> int:
        """How many letters this process knows of that are not handled yet."""
        return self._rooms.count

    @property
    def partitions(self) -> int:
        """How many partitions this process has."""
        return len(self._owned)

    async def open(self) -> None:
        """
        Join the processes of the bot; see `Inbox.open`.

        Raises:
            ConfigurationError: Redis cannot be reached, or others have another number of
                partitions.
        """
        if not on_asyncio():
            raise ConfigurationError("RedisInbox runs on asyncio only, as redis-py does")
        if self._url is not None and self._background:
            self._client = _connect(self._url)
        self._rooms = Rooms(self._hold_back)
        self._owned.clear()
        self._me, self._ending = new_id(), anyio.Event()
        try:
            await self._client.set(self._key("partitions"), self._count, nx=True)
            known = int(await self._client.get(self._key("partitions")))
        except Exception as error:  # noqa: BLE001  redis-py lets many kinds through
            await self._close()
            text = f"the inbox cannot reach Redis: {type(error).__name__}"
            raise ConfigurationError(text, option="inbox") from None
        if known != self._count:
            await self._close()
            text = f"others have {known} partitions, this process {self._count}"
            raise ConfigurationError(text, option="partitions")
        self._background = [Background(self._keep), Background(self._read)]

    async def aclose(self) -> None:
        """Give partitions back at once, so that others need not wait for the leases to end."""
        self._ending.set()
        for background in self._background:
            await background.wait()
        with suppress(Exception):  # what is not given back ends by itself
            for partition in self._owned.values():
                await self._give_back(partition)
            await self._client.zrem(self._key("members"), self._me)
        self._owned.clear()
        await self._close()

    async def _close(self) -> None:
        """Close the connections of a client that was made here."""
        if self._url is not None:
            with suppress(Exception):
                await self._client.aclose()

    async def accept(self, letter: Letter) -> bool:
        """Keep a letter; see `Inbox.accept`."""
        number = self._number(letter.room)
        keys = [self._key(f"known:{letter.key}"), self._stream(number), self._key("count")]
        arguments = [int(self._remember * 1000), self._capacity, _written(letter), letter.body]
        try:
            answer = int(await self._run(ACCEPT, keys, arguments))
        except Exception as error:
            raise InboxFull(f"Redis keeps nothing: {type(error).__name__}") from error
        if answer < 0:
            raise InboxFull(f"{self._capacity} events wait already")
        return answer == 1

    async def take(self) -> Letter:
        """Wait for a letter of a partition that this process has; see `Inbox.take`."""
        while True:
            letter = await self._rooms.take()
            partition, number = cast("tuple[_Partition, bytes]", letter.tag)
            if partition.holds() and (letter.body or await self._load(letter, number)):
                partition.at_work += 1
                return letter
            self._rooms.done(letter)

    async def _load(self, letter: Letter, number: bytes) -> bool:
        """Read the body of a letter, and return whether it is still there."""
        stream = self._stream(self._number(letter.room))
        while letter.tag[0].holds():
            try:
                rows = await self._client.xrange(stream, number, number)
            except Exception as error:  # noqa: BLE001  redis-py lets many kinds through
                self._miss(error)
                await anyio.sleep(_PAUSE_SECONDS)
                continue
            letter.body = rows[0][1][b"body"] if rows else b""
            return bool(rows)
        return False

    async def done(self, letter: Letter, dead: DeadLetter | None = None) -> None:
        """Forget a letter; see `Inbox.done`. Nothing is done where the partition is another's."""
        partition, number = cast("tuple[_Partition, bytes]", letter.tag)
        keys = [self._lease_key(partition), self._stream(partition.number)]
        keys += [self._key("count"), self._key("dead")]
        told = ("", "") if dead is None else (letter.key, _dead_text(letter, dead))
        known = False
        try:
            while not known and anyio.current_time() < partition.until:
                try:
                    known = bool(await self._run(DONE, keys, [partition.token, number, *told]))
                    break
                except Exception as error:  # noqa: BLE001  as above
                    self._miss(error)
                    await anyio.sleep(_PAUSE_SECONDS)
        finally:
            partition.at_work -= 1
            self._rooms.done(letter)
            if not known:
                _log.warning("event %s is handled again by another process", letter.key)

    async def idle(self) -> None:
        """Wait until nothing is left in any process."""
        while True:
            await self._rooms.idle()
            try:
                if int(await self._client.get(self._key("count")) or 0) <= 0:
                    return
            except Exception as error:  # noqa: BLE001  redis-py lets many kinds through
                self._miss(error)
            await anyio.sleep(_PAUSE_SECONDS)

    def stop(self) -> None:
        """Hand out no letters any more."""
        self._rooms.stop()

    async def dead(self) -> list[DeadLetter]:
        """Return the dead letters of all processes, the oldest first."""
        rows: dict[bytes, bytes] = await self._client.hgetall(self._key("dead"))
        found: list[DeadLetter] = []
        for told in rows.values():
            with suppress(CallbackError, ValueError, KeyError, TypeError):
                members: dict[str, Any] = json.loads(told)
                found.append(dead_letter(_read_letter(members), members["dead"]))
        return sorted(found, key=lambda dead: dead.time)

    async def bury(self, letter: Letter, dead: DeadLetter) -> None:
        """Keep a dead letter; see `Inbox.bury`."""
        await self._client.hset(self._key("dead"), letter.key, _dead_text(letter, dead))

    async def revive(self, keys: Collection[str]) -> int:
        """Accept dead letters anew, in whichever process has their rooms."""
        revived = 0
        for key in sorted(keys):
            told = await self._client.hget(self._key("dead"), key)
            if told is not None:
                letter = _read_letter(json.loads(told))
                letter.repeated = True
                names = [self._key("dead"), self._stream(self._number(letter.room))]
                arguments = [key, _written(letter), letter.body]
                revived += int(await self._run(REVIVE, [*names, self._key("count")], arguments))
        return revived

    # names

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{name}"

    def _stream(self, number: int) -> str:
        return self._key(f"letters:{number}")

    def _lease_key(self, partition: _Partition) -> str:
        return self._key(f"lease:{partition.number}")

    def _number(self, room: str) -> int:
        return crc32(room.encode(errors="surrogatepass")) % self._count

    async def _run(self, script: str, keys: list[str], arguments: list[Any]) -> Any:
        return await self._client.eval(script, len(keys), *keys, *arguments)

    # leases

    async def _keep(self) -> None:
        """Hold leases, as many as are this process's share."""
        while not self._ending.is_set():
            try:
                alive = await self._run(MEMBERS, [self._key("members")], [self._me, self._lease])
                await self._renew()
                await self._share(ceil(self._count / max(1, int(alive))))
            except Exception as error:  # noqa: BLE001  redis-py lets many kinds through
                self._miss(error)
            else:
                self._found()
            await self._sleep(min(self._lease / 4, _BEAT_SECONDS))

    async def _sleep(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await self._ending.wait()

    async def _renew(self) -> None:
        for partition in list(self._owned.values()):
            if not await self._hold(partition):
                _log.warning("the lease of partition %d is lost", partition.number)
                del self._owned[partition.number]

    async def _hold(self, partition: _Partition) -> bool:
        """Take or renew a lease; one that could not be relied on meanwhile is given back."""
        asked = anyio.current_time()
        arguments = [partition.token, int(self._lease * 1000)]
        held = bool(await self._run(LEASE, [self._lease_key(partition)], arguments))
        if held and anyio.current_time() < partition.until:
            partition.until = asked + self._lease * (1 - _MARGIN_SHARE)
            return True
        # Letters may have been let go: who has it next reads all of them anew.
        partition.until = 0.0
        await self._give_back(partition)
        return False

    async def _give_back(self, partition: _Partition) -> None:
        await self._run(GIVE_BACK, [self._lease_key(partition)], [partition.token])

    async def _share(self, wanted: int) -> None:
        """Give back what is more than wanted, or take what nobody has."""
        for partition in list(self._owned.values())[wanted:]:
            partition.leaving = True
        for partition in list(self._owned.values()):
            if partition.leaving and not partition.at_work:
                await self._give_back(partition)
                del self._owned[partition.number]
        first = int(self._me[:8], 16)  # processes begin at different ones
        for step in range(self._count):
            number = (first + step) % self._count
            if len(self._owned) >= wanted:
                return
            if number not in self._owned:
                until = anyio.current_time() + self._lease
                await self._begin(_Partition(number, f"{self._me}:{new_id()}", until))

    async def _begin(self, partition: _Partition) -> None:
        if await self._hold(partition):
            # What is there may have been begun by who had it before.
            rows = await self._client.xrevrange(self._stream(partition.number), count=1)
            partition.before = _order(rows[0][0]) if rows else (0, 0)
            self._owned[partition.number] = partition

    # letters

    async def _read(self) -> None:
        """Bring letters of the partitions of this process."""
        while not self._ending.is_set():
            owned = {self._stream(p.number): p for p in self._owned.values() if p.holds()}
            if not owned or self._rooms.count >= _MAX_LETTERS:
                await anyio.sleep(_PAUSE_SECONDS)
                continue
            try:
                found = await self._client.xread(
                    {stream: partition.last for stream, partition in owned.items()},
                    count=_READ_ROWS,
                    block=int(_BLOCK_SECONDS * 1000),
                )
            except Exception as error:  # noqa: BLE001  redis-py lets many kinds through
                self._miss(error)
                await anyio.sleep(_PAUSE_SECONDS)
                continue
            streams: Any = found or ()
            for stream, rows in streams.items() if hasattr(streams, "items") else streams:
                self._bring(owned[stream.decode()], rows)

    def _bring(self, partition: _Partition, rows: list[tuple[bytes, dict[bytes, bytes]]]) -> None:
        for number, row in rows:
            partition.last = number
            try:
                letter = _read_letter(json.loads(row[b"letter"]))
            except (ValueError, KeyError, TypeError):
                _log.error("letter %r in Redis is none of an inbox", number)
                continue
            letter.body = row.get(b"body", b"")
            letter.repeated |= _order(number) <= partition.before
            letter.tag = (partition, number)
            if self._rooms.count >= _BODIES_IN_MEMORY:
                letter.leave_body()
            self._rooms.add(letter)

    def _miss(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            # The name of the error must do: its text is foreign.
            _log.warning("Redis is away (%s); no event is accepted", type(error).__name__)

    def _found(self) -> None:
        if self._away:
            self._away = False
            _log.info("Redis is back")


def _order(number: bytes) -> tuple[int, int]:
    milliseconds, _, sequence = number.partition(b"-")
    return int(milliseconds), int(sequence or 0)


def _written(letter: Letter) -> str:
    members = {
        "key": letter.key,
        "room": letter.room,
        "source": letter.source,
        "unknown": letter.unknown,
        "time": letter.time,
        "repeated": letter.repeated,
    }
    return json.dumps(members)


def _read_letter(members: dict[str, Any]) -> Letter:
    return Letter(
        key=members["key"],
        room=members["room"],
        body=b64decode(members.get("body", "")),
        source=members["source"],
        unknown=members["unknown"],
        time=members["time"],
        repeated=members["repeated"],
    )


def _dead_text(letter: Letter, dead: DeadLetter) -> str:
    members: dict[str, Any] = json.loads(_written(letter))
    body = b64encode(letter.body).decode("ascii")
    return json.dumps({**members, "body": body, "dead": dead_members(dead)})


def _require_redis() -> None:
    try:
        import_module("redis.asyncio")
    except ImportError:
        text = "RedisInbox needs redis-py: install the extra nim-async[redis]"
        raise ConfigurationError(text, option="inbox") from None


def _connect(url: str) -> Any:
    from redis import asyncio as redis  # noqa: PLC0415  an optional extra

    new_client: Any = redis.Redis
    try:
        return new_client.from_url(
            url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
        )
    except ValueError:
        # The URL may hold a password, so nothing of it is shown.
        text = "redis is no redis, rediss or unix URL"
        raise ConfigurationError(text, option="inbox") from None
