"""
Webhooks over real sockets: how soon and how often they are answered, and what becomes of them.

Fifty senders, each with rooms of its own, post signed events to bots under uvicorn, a tenth of them
twice, beside a bare Starlette endpoint that only verifies and answers. Then verdicts are asked for,
of an idle bot and during a flood of events, and a bot is sent more than its inbox holds.

``python -m tests.drills.answers [--events N] [--rooms N] [--rounds N] [--quick]``
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic_ns, perf_counter, process_time
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import uvicorn
from anyio.streams.buffered import BufferedByteReceiveStream
from attrs import define, field
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.tables import show, verdict
from nim_async import NimClient
from nim_async.bot import Allow, Bot, Inbox, MemoryInbox, RedisInbox, SQLiteInbox
from nim_async.webhooks import MessageAsked, MessageEvent, verify
from tests.drills.children import child
from tests.redis_server import Server, redis_program
from tests.webhooks.signed import signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request

KEY, SECRET = "the-key", "the-secret"
SENDERS = 50
_NUMBER = 10  # one event of so many comes twice
_LONGER_SECONDS = 0.1  # that the slowest hundredth of verdicts may take in a flood
_SHARES = {"memory": 0.7, "sqlite": 0.4}  # of the rate of the bare endpoint
_CAPACITY = 200  # of the inbox that is overloaded
Sent = tuple[int, int, bytes]  # room, number, request


def inbox_of(kind: str, where: str) -> Inbox:
    """Make the inbox of a process."""
    if kind == "sqlite":
        return SQLiteInbox(where)
    if kind == "redis":
        return RedisInbox(where, partitions=12)
    return MemoryInbox(capacity=_CAPACITY if kind == "full" else 100_000)


def bare() -> Starlette:
    """Make an endpoint that verifies and answers, and nothing else."""

    async def answer(request: Request) -> Response:
        verify(request.headers, await request.body(), SECRET, app_key=KEY)
        return Response(b'{"code":200}', media_type="application/json")

    return Starlette(routes=[Route("/nim", answer, methods=["POST"])])


def serve(connection: Any, kind: str, where: str) -> None:
    """Serve until the other end of the pipe is closed; say the port first, then what is asked."""
    anyio.run(_serve, connection, kind, where)


async def _serve(connection: Any, kind: str, where: str) -> None:
    seen: list[tuple[int, int, int]] = []
    go_on = anyio.Event()
    bot = Bot(NimClient(KEY, SECRET), inbox=inbox_of(kind, where), blocked_after=None)

    @bot.on(MessageEvent)
    async def handler(event: MessageEvent) -> None:
        if kind == "full":
            await go_on.wait()
        seen.append((monotonic_ns(), event.room_id or 0, int(event.text or "")))

    @bot.before(MessageAsked, default=Allow())
    async def decide() -> Allow:
        return Allow()

    app: Any = bare() if kind == "bare" else bot.asgi()
    config = uvicorn.Config(app, port=0, log_level="error", access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.serve)
        while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
            await anyio.sleep(0.01)
        connection.send(server.servers[0].sockets[0].getsockname()[1])
        with suppress(EOFError):
            while True:
                asked = await anyio.to_thread.run_sync(connection.recv, abandon_on_cancel=True)
                if asked == "go on":
                    go_on.set()
                elif asked == "seen":
                    connection.send(list(seen))
                else:
                    partitions = getattr(bot.inbox, "partitions", 0)
                    connection.send(process_time() if asked == "time" else partitions)
        server.should_exit = True


def request(event_type: object, room: int, number: int) -> bytes:
    """Write the request of a message as the service sends it."""
    members = {
        "eventType": event_type, "attach": str(number), "ext": "", "fromAccount": "lisi",
        "fromAvator": "https://files.example.com/u/lisi.png", "fromClientType": "AOS",
        "fromNick": "Li Si", "msgTimestamp": str(1735689600000 + number), "msgType": "TEXT",
        "msgidClient": f"{room}-{number}", "resendFlag": "0", "roomId": str(room),
    }  # fmt: skip
    body = json.dumps(members).encode()
    headers = signed(body, secret=SECRET, key=KEY) | {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /nim HTTP/1.1\r\n{head}\r\n".encode() + body


@define
class Answers:
    """What was answered."""

    spent: float = 0.0  # by the processors of the server, seconds
    seconds: float = 0.0
    statuses: Counter[int] = field(factory=Counter[int])
    latencies: list[float] = field(factory=list[float])
    accepted: list[Sent] = field(factory=list[Sent])
    refused: list[Sent] = field(factory=list[Sent])

    def note(self, sent: Sent, status: int, took: float) -> None:
        """Keep an answer."""
        self.statuses[status] += 1
        self.latencies.append(took)
        (self.accepted if status == 200 else self.refused).append(sent)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    @property
    def p99(self) -> float:
        """What the slowest hundredth took at least, seconds."""
        return statistics.quantiles(self.latencies, n=100)[98] if self.latencies else 0.0


async def exchange(stream: Any, reader: BufferedByteReceiveStream, raw: bytes) -> int:
    """Send a request on a connection, and return the status of the answer."""
    await stream.send(raw)
    head = await reader.receive_until(b"\r\n\r\n", 4096)
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            await reader.receive_exactly(int(value))
    return int(head.split(b" ", 2)[1])


async def post(ports: Sequence[int], lanes: Sequence[Sequence[Sent]], answers: Answers) -> None:
    """Post what is in each lane one after the other, the lanes side by side."""

    async def lane(position: int, items: Sequence[Sent]) -> None:
        async with await anyio.connect_tcp("127.0.0.1", ports[position % len(ports)]) as stream:
            reader = BufferedByteReceiveStream(stream)
            for sent in items:
                began = perf_counter()
                status = await exchange(stream, reader, sent[2])
                answers.note(sent, status, perf_counter() - began)

    began = perf_counter()
    async with anyio.create_task_group() as tasks:
        for position, items in enumerate(lanes):
            tasks.start_soon(lane, position, items)
    answers.seconds += perf_counter() - began


def load(events: int, rooms: int, first: int = 0) -> list[list[Sent]]:
    """Make events for all senders, each room's for one of them, a tenth of them twice."""
    lanes: list[list[Sent]] = [[] for _ in range(SENDERS)]
    for number in range(first, first + events):
        room = 1 + number % rooms
        sent = (room, number, request("4", room, number))
        lanes[room % SENDERS].append(sent)
        if number % _NUMBER == 0:
            lanes[room % SENDERS].append(sent)
    return lanes


def handled(connections: Sequence[Any], wanted: int) -> dict[int, list[int]]:
    """Return what bots have handled in each room, once it is all or nothing more happens."""
    found, since = -1, perf_counter()
    rows: list[tuple[int, int, int]] = []
    while len(rows) < wanted and perf_counter() - since < 30:
        rows = []
        for connection in connections:
            connection.send("seen")
            rows += connection.recv()
        if len(rows) != found:
            found, since = len(rows), perf_counter()
    rooms: dict[int, list[int]] = {}
    for _, room, number in sorted(rows):
        rooms.setdefault(room, []).append(number)
    return rooms


def in_order(lanes: Sequence[Sequence[Sent]]) -> dict[int, list[int]]:
    """Return what was sent to each room, doubles left out."""
    rooms: dict[int, dict[int, None]] = {}
    for items in lanes:
        for room, number, _ in items:
            rooms.setdefault(room, {})[number] = None
    return {room: list(numbers) for room, numbers in rooms.items()}


def throughput(events: int, rooms: int, rounds: int, folder: Path) -> dict[str, bool]:
    """Compare inboxes with the bare endpoint, round by round."""
    kinds = ("bare", "memory", "sqlite", "redis")
    total: dict[str, list[Answers]] = {kind: [] for kind in kinds}
    lanes: list[list[Sent]] = [[] for _ in range(SENDERS)]
    met: dict[str, bool] = {}
    with ExitStack() as stack:
        server = Server(redis_program(), folder)
        server.start()
        stack.callback(server.kill)
        where = {"sqlite": str(folder / "bot.db"), "redis": server.url}
        connections = {
            kind: [
                stack.enter_context(child(serve, kind, where.get(kind, "")))
                for _ in range(3 if kind == "redis" else 1)
            ]
            for kind in kinds
        }
        ports = {kind: [one.recv() for one in several] for kind, several in connections.items()}
        _balance(connections["redis"])
        for number in range(rounds):
            new = load(events // rounds, rooms, first=number * (events // rounds))
            for kind in kinds:
                answers = Answers(spent=-_spent(connections[kind]))
                anyio.run(post, ports[kind], new, answers)
                answers.spent += _spent(connections[kind])
                total[kind].append(answers)
            lanes = [[*before, *items] for before, items in zip(lanes, new, strict=True)]
        wanted = in_order(lanes)
        for kind in kinds[1:]:
            seen = handled(connections[kind], sum(map(len, wanted.values())))
            met[f"{kind}: each event is handled once, in the order of its room"] = seen == wanted
    rows: list[list[object]] = []
    for kind, several in total.items():
        ratio = statistics.median(
            one.rate / base.rate for one, base in zip(several, total["bare"], strict=True)
        )
        rate = statistics.median(one.rate for one in several)
        spent = statistics.median(one.spent / len(one.latencies) for one in several)
        share = f"{ratio:.2f}"
        rows.append([kind, rate, share, 1000 * max(one.p99 for one in several), 1e6 * spent])
        statuses = sum((one.statuses for one in several), Counter[int]())
        met[f"{kind}: all is answered 200"] = set(statuses) == {200}
        if kind in _SHARES:
            met[f"{kind}: at least {_SHARES[kind]} of the bare endpoint"] = ratio >= _SHARES[kind]
    header = ["inbox", "answers a second", "of bare", "p99, ms", "processor, µs"]
    show(f"{events} events, {rooms} rooms, {SENDERS} senders", header, rows)
    return met


def _spent(connections: Sequence[Any]) -> float:
    """Return what the processors have spent on processes so far, seconds."""
    for connection in connections:
        connection.send("time")
    return sum(float(connection.recv()) for connection in connections)


def _balance(connections: Sequence[Any]) -> None:
    """Wait until each process has its share of the partitions."""
    shares: set[int] = set()
    while shares != {4}:
        shares = set()
        for connection in connections:
            connection.send("partitions")
            shares.add(connection.recv())


async def _ask(port: int, count: int, answers: Answers, pause: float) -> None:
    """Ask for verdicts, one after the other."""
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        reader = BufferedByteReceiveStream(stream)
        for number in range(count):
            raw = request(6, 1, number)
            began = perf_counter()
            status = await exchange(stream, reader, raw)
            answers.note((1, number, b""), status, perf_counter() - began)
            await anyio.sleep(pause)


def flood(asked: int, rooms: int) -> dict[str, bool]:
    """Ask an idle bot for verdicts, and one that is flooded with events."""
    idle, flooded = Answers(), Answers()
    with child(serve, "memory", "") as connection:
        port = connection.recv()
        anyio.run(_ask, port, asked, idle, 0.005)

        with child(send_flood, port, rooms) as sender:  # whose own load must not be measured
            sender.recv()
            anyio.run(_ask, port, asked, flooded, 0.005)
            sender.send("enough")
            sent: int = sender.recv()
    rows = [[name, 1000 * statistics.median(a.latencies), 1000 * a.p99]
            for name, a in (("idle", idle), ("flooded", flooded))]  # fmt: skip
    show("verdicts", ["bot", "median, ms", "p99, ms"], rows)
    return {
        f"the p99 of verdicts in a flood is within {_LONGER_SECONDS} s of an idle bot's": (
            flooded.p99 - idle.p99 <= _LONGER_SECONDS
        ),
        "there was a flood": sent >= 2000,
        "every question is answered": set(idle.statuses + flooded.statuses) == {200},
    }


def send_flood(connection: Any, port: int, rooms: int) -> None:
    """Send events until something is received, then say how many."""
    sent = 0
    answers = Answers()
    while not connection.poll():
        anyio.run(post, [port], load(2000, rooms, first=sent), answers)
        if not sent:
            connection.send("begun")
        sent += 2000
    connection.send(len(answers.accepted))


def overload(events: int, rooms: int) -> dict[str, bool]:
    """Send more than an inbox holds, then let it work, and send again what was refused."""
    first, second = Answers(), Answers()
    lanes = load(events, rooms)
    with child(serve, "full", "") as connection:
        port = connection.recv()
        anyio.run(post, [port], lanes, first)
        connection.send("go on")
        accepted = {number for _, number, _ in first.accepted}
        handled([connection], len(accepted))
        left = list({number: (room, number, raw) for room, number, raw in first.refused
                     if number not in accepted}.values())  # fmt: skip
        for few in _pieces(left, _CAPACITY // 2):
            anyio.run(post, [port], [few], second)
            accepted |= {number for _, number, _ in second.accepted}
            handled([connection], len(accepted))
        seen = handled([connection], events)
    numbers = sorted(number for several in seen.values() for number in several)
    show("overload", ["answer", "times"], [[str(s), n] for s, n in sorted(first.statuses.items())])
    return {
        "what does not fit in is answered 503, and nothing otherwise": (
            set(first.statuses) == {200, 503}
        ),
        "the inbox holds what it may": len({n for _, n, _ in first.accepted}) == _CAPACITY,
        "what is sent again is accepted": set(second.statuses) == {200},
        "everything is handled once": numbers == list(range(events)),
    }


def _pieces(items: Sequence[Sent], size: int) -> Iterator[Sequence[Sent]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all parts, and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--rooms", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="few events")
    given = parser.parse_args(arguments)
    events = 5000 if given.quick else given.events
    with tempfile.TemporaryDirectory() as folder:
        met = throughput(events, given.rooms, given.rounds, Path(folder))
    met |= flood(max(200, events // 50), given.rooms)
    met |= overload(max(1000, events // 20), given.rooms)
    return verdict(met)


if __name__ == "__main__":
    sys.exit(main())
