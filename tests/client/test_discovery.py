"""Endpoints from the LBS: asked by calls, never in their way."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from nim_async import ConfigurationError, NimClient, RetryPolicy
from nim_async._core.endpoints import EndpointPool
from nim_async._discovery import Discovery
from nim_async._session import Reply, Sending
from nim_async.emulator import Delay, Drop, Emulator, Status
from nim_async.errors import ConnectError
from tests.doubles import BASE, OK, OTHER, client, reply

if TYPE_CHECKING:
    from collections.abc import Callable

LBS, SECOND = "https://lbs.example/srv-sdk/allocate", "https://lbs2.example/srv-sdk/allocate"
THIRD = "https://three.example/nimserver"
ASKED = "/srv-sdk/allocate"
PROBE = "/health/liveness.action"
ALIVE = "/nimserver/health/liveness.action"


class Pages:
    """A session that answers GET from a table, an exception being raised, and remembers."""

    def __init__(self, pages: dict[str, Any]) -> None:
        self.pages = pages
        self.asked: list[str] = []
        self.inside = self.most = 0

    def enter_now(self) -> bool:
        raise AssertionError

    async def enter(self, deadline: float) -> None:
        del deadline
        self.inside += 1
        self.most = max(self.most, self.inside)

    @property
    def free(self) -> int:
        raise AssertionError

    @property
    def connections(self) -> None:
        raise AssertionError

    def now(self) -> float:
        return anyio.current_time()

    def bind(self) -> float:
        raise AssertionError

    def leave(self) -> None:
        self.inside -= 1

    closed = False

    def orphaned(self) -> bool:
        raise AssertionError

    async def request(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: str,
        *,
        until: float,
        sending: Sending | None = None,
    ) -> Reply:
        assert sending is None
        assert (method, body, headers) == ("GET", b"", "")
        self.asked.append(url)
        outcome = self.pages[url.partition("?")[0]]
        await anyio.lowlevel.checkpoint()
        if outcome is None:
            await anyio.sleep_until(until)
            raise ConnectError("late")
        if isinstance(outcome, Exception):
            raise outcome
        status, body = outcome
        return Reply(status, body)

    async def aclose(self) -> None:
        raise AssertionError


def page(*urls: str, code: int = 200, md5: str = "x", ttl: int = 30) -> tuple[int, bytes]:
    """Make an answer of the LBS."""
    data = {"default.endpoint": urls[0], "backup.endpoints": urls[1:], "ttl": ttl, "md5": md5}
    return 200, reply({"code": code, "data": data}).content


def alive(*urls: str) -> dict[str, Any]:
    """Make endpoints that answer probes."""
    return {f"{url}/health/liveness.action": (200, b"") for url in urls}


def made(pages: dict[str, Any], *lbs: str) -> tuple[Discovery, EndpointPool, Pages]:
    """Make a discovery over pages, with a pool of one endpoint."""
    session, pool = Pages(pages), EndpointPool([BASE])
    found = Discovery(lbs or (LBS,), endpoints=pool, app_key="key")
    return found, pool, session


def soon() -> float:
    """Return a deadline that is not reached."""
    return anyio.current_time() + 60


@pytest.mark.virtual_time
async def test_endpoints_are_taken_once_they_answered() -> None:
    """What the LBS tells is probed, all at once, and then used in the order told."""
    discovery, pool, session = made({LBS: page(OTHER, THIRD), **alive(OTHER, THIRD)})
    await discovery.refresh(session, soon())
    assert pool.pick(0) == OTHER
    assert pool.pick(0, [OTHER]) == THIRD
    assert pool.pick(0, [OTHER, THIRD]) == OTHER
    assert session.most == 2
    assert session.inside == 0


async def test_it_is_asked_once_a_minute() -> None:
    """Calls in between and at the same time go on without."""
    discovery, _, session = made({LBS: page(OTHER), **alive(OTHER)})
    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(discovery.refresh, session, soon())
    assert len(session.asked) == 2
    discovery.due = anyio.current_time()
    await discovery.refresh(session, soon())
    assert len(session.asked) == 4


async def test_the_sum_is_sent_back_and_may_bring_nothing_new() -> None:
    """The second question carries the sum; 304 keeps what there is, unprobed."""
    discovery, pool, session = made({LBS: page(OTHER, md5="the-sum"), **alive(OTHER)})
    await discovery.refresh(session, soon())
    session.pages[LBS] = (200, b'{"code": 304}')
    discovery.due = anyio.current_time()
    await discovery.refresh(session, soon())
    assert "md5" not in session.asked[0]
    assert session.asked[2].endswith("&md5=the-sum")
    assert len(session.asked) == 3
    assert pool.pick(0) == OTHER


@pytest.mark.virtual_time
@pytest.mark.parametrize("outcome", [(500, b""), ConnectError("refused"), None])
async def test_an_endpoint_that_does_not_answer_is_left_out(outcome: Any) -> None:
    """The first that is well becomes the first of all, and the sum is not sent back."""
    pages = {LBS: page(OTHER, THIRD), **alive(THIRD), f"{OTHER}/health/liveness.action": outcome}
    discovery, pool, session = made(pages)
    await discovery.refresh(session, anyio.current_time() + 0.05)
    assert pool.pick(0) == pool.pick(0, [THIRD]) == THIRD
    discovery.due = anyio.current_time()
    await discovery.refresh(session, anyio.current_time() + 0.05)
    assert "md5" not in session.asked[-3]


@pytest.mark.virtual_time
@pytest.mark.parametrize(
    "outcome",
    [
        (500, b""),
        (200, b"<html>"),
        (200, b'{"code": 500}'),
        (200, b'{"code": 200}'),
        page("https://evil.example/elsewhere"),
        ConnectError("refused"),
        None,
    ],
)
async def test_an_lbs_that_fails_changes_nothing(outcome: Any) -> None:
    """The next LBS is asked; when all fail the pool stays, and a minute passes before the next."""
    discovery, pool, session = made({LBS: outcome, SECOND: outcome}, LBS, SECOND)
    await discovery.refresh(session, anyio.current_time() + 0.05)
    assert pool.pick(0) == BASE
    assert [url.partition("?")[0] for url in session.asked] == [LBS, SECOND]
    await discovery.refresh(session, soon())
    assert len(session.asked) == 2
    discovery.due = anyio.current_time()
    session.pages = {LBS: outcome, SECOND: page(OTHER), **alive(OTHER)}
    await discovery.refresh(session, anyio.current_time() + 0.2)
    assert pool.pick(0) == OTHER


class OddError(Exception):
    """What an HTTP library raises over a host that it cannot read."""


async def test_a_host_that_no_library_can_read_is_left_out() -> None:
    """Whatever a probe or a question raises fails no call, and the others serve."""
    pages = {LBS: page(OTHER, THIRD), **alive(THIRD), f"{OTHER}{PROBE}": OddError()}
    discovery, pool, session = made(pages)
    await discovery.refresh(session, soon())
    assert pool.pick(0) == THIRD
    assert session.inside == 0
    discovery, pool, session = made({LBS: OddError()})
    await discovery.refresh(session, soon())
    assert pool.pick(0) == BASE


async def test_it_is_asked_before_it_is_due_while_all_endpoints_pause() -> None:
    """Endpoints that all fail are no reason to wait for the end of a long time."""
    discovery, pool, session = made({LBS: page(OTHER, ttl=86_400), **alive(OTHER, THIRD)})
    await discovery.refresh(session, soon())
    session.pages[LBS] = page(THIRD)
    pass_time(discovery, 3600)
    await discovery.refresh(session, soon())
    assert pool.pick(0) == OTHER  # all is well
    now = session.now()
    pool.mark_failed(OTHER, now, started=now)
    await discovery.refresh(session, soon())
    assert pool.pick(0) == THIRD


async def test_it_is_asked_every_few_seconds_at_most() -> None:
    """While all endpoints pause and the LBS knows no better, it is asked again 5 s later."""
    discovery, pool, session = made({LBS: (500, b"")})
    await discovery.refresh(session, soon())
    for passed, questions in ((4.0, 1), (1.0, 2), (4.0, 2), (1.0, 3)):
        pass_time(discovery, passed)
        for _ in range(10):
            now = session.now()
            pool.mark_failed(BASE, now, started=now)
            await discovery.refresh(session, soon())
        assert len(session.asked) == questions


def pass_time(discovery: Discovery, seconds: float) -> None:
    """Let a time go by since the last question."""
    discovery.due -= seconds


async def test_a_call_whose_endpoints_all_fail_finds_the_new_ones() -> None:
    """The attempt after the failure goes where the LBS says by then."""
    emulator = Emulator("key", "the-secret")
    room = emulator.add_room("amy")
    emulator.announce(OTHER, ttl=86_400)
    dead: set[str] = set()

    class Network(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.host in dead:
                raise httpx.ConnectError("refused")
            return await emulator.transport().handle_async_request(request)

    async with client(Network(), base_url=None, region="sg", discover=True) as nim:
        await nim.chatroom.get(room_id=room)
        dead.add("two.example")
        emulator.announce(THIRD)
        attempts: Any = nim.attempts
        pass_time(attempts._refresh.__self__, 3600)
        await nim.chatroom.get(room_id=room)
    assert hosts(emulator)[-1] == ("three.example", "get.action")


async def test_all_endpoints_dead_changes_nothing() -> None:
    """A list of which nothing answers is as good as none."""
    discovery, pool, session = made(
        {LBS: page(OTHER), f"{OTHER}/health/liveness.action": (404, b"")}
    )
    await discovery.refresh(session, soon())
    assert pool.pick(0) == BASE


@pytest.mark.virtual_time
async def test_a_call_waits_no_longer_than_half_of_its_time() -> None:
    """An LBS that never answers leaves the other half to the call."""
    discovery, _, session = made({LBS: None})
    began = anyio.current_time()
    await discovery.refresh(session, began + 0.2)
    assert anyio.current_time() - began == pytest.approx(0.1)
    assert session.inside == 0


async def test_a_cancelled_call_leaves_the_question_to_the_next() -> None:
    """A question that was cancelled counts as not asked, and leaves nothing behind."""
    discovery, pool, session = made({LBS: None, **alive(OTHER)})
    with anyio.move_on_after(0) as scope:
        await discovery.refresh(session, soon())
    assert scope.cancelled_caught
    assert session.inside == 0
    session.pages[LBS] = page(OTHER)
    await discovery.refresh(session, soon())
    assert pool.pick(0) == OTHER


def test_what_is_known_of_an_endpoint_is_kept() -> None:
    """An endpoint that stays in the list goes on pausing; one that left is nobody's business."""
    pool = EndpointPool([BASE, OTHER])
    pool.mark_failed(BASE, 10.0, started=10.0)
    pool.replace([BASE, THIRD])
    pool.mark_failed(OTHER, 10.0, started=10.0)
    pool.mark_ok(OTHER)
    assert pool.pick(10.5) == THIRD
    assert pool.pick(11.0) == BASE


# end to end


def hosts(emulator: Emulator) -> list[tuple[str, str]]:
    """Return host and last part of the path of what was asked."""
    return [(c.headers["host"], c.path.rpartition("/")[2]) for c in emulator.calls]


async def test_a_client_finds_its_endpoints() -> None:
    """The first call asks the region's LBS and goes where that says; the next go on there."""
    emulator = Emulator("key", "the-secret")
    room = emulator.add_room("amy")
    emulator.announce(OTHER, THIRD)
    transport = emulator.transport()
    async with client(transport, base_url=None, region="sg", discover=True) as nim:
        assert emulator.calls == []
        await nim.chatroom.get(room_id=room)
        await nim.chatroom.get(room_id=room)
    asked, *rest = hosts(emulator)
    assert asked == ("srv-sdk-lbs-sg.yunxinapi.com", "allocate")
    probed = {("two.example", "liveness.action"), ("three.example", "liveness.action")}
    assert set(rest[:2]) == probed
    assert rest[2:] == [("two.example", "get.action")] * 2


@pytest.mark.slow
async def test_over_a_socket() -> None:
    """The emulator's own LBS tells its address; faults there harm no call."""
    emulator = Emulator("key", "the-secret")
    room = emulator.add_room("amy")
    async with emulator.serve() as base_url:
        lbs = base_url.removesuffix("/nimserver") + ASKED
        for fault in (None, Status(502), Drop(), Delay(60.0)):
            if fault is not None:
                emulator.faults.add(fault, path=ASKED, times=1)
            nim = NimClient(
                "key", "the-secret", base_url=base_url, discover=lbs, deadline=4.0,
                retry=RetryPolicy(max_attempts=1),
            )  # fmt: skip
            async with nim:
                assert (await nim.chatroom.get(room_id=room)).creator == "amy"
    assert [c.code for c in emulator.calls if c.path == ASKED].count(200) >= 1
    assert any(c.path == ALIVE for c in emulator.calls)


def no_lbs(emulator: Emulator) -> Callable[..., httpx.Response]:
    """Return a way to ask the LBS of an emulator."""

    def ask(**fields: str) -> httpx.Response:
        async def get() -> httpx.Response:
            async with httpx.AsyncClient(transport=emulator.transport()) as plain:
                return await plain.get("https://lbs.example" + ASKED, params=fields)

        return anyio.run(get)

    return ask


def test_the_lbs_of_the_emulator_is_strict() -> None:
    """It wants the documented fields, knows its app, and says 304 to its own sum."""
    ask = no_lbs(Emulator("key", "the-secret"))
    good = {"k": "key", "sv": "1", "biz": "1", "p": "go"}
    answer = ask(**good).json()
    assert answer["code"] == 200
    assert answer["data"]["default.endpoint"] == "https://lbs.example/nimserver"
    assert answer["data"]["backup.endpoints"] == []
    assert answer["data"]["ttl"] == 30
    assert ask(**good, md5=answer["data"]["md5"]).json() == {"code": 304}
    assert ask(**good, md5="other").json() == answer
    for name in good:
        assert ask(**{k: v for k, v in good.items() if k != name}).json()["code"] == 414
        if name != "sv":
            assert ask(**good | {name: "other"}).json()["code"] == 414


def test_what_was_announced_ends_with_a_reset() -> None:
    """Announced endpoints and time are told, one without time too."""
    emulator = Emulator("key", "the-secret")
    ask = no_lbs(emulator)
    good = {"k": "key", "sv": "1", "biz": "1", "p": "java"}
    emulator.announce(BASE, OTHER, ttl=None)
    data = ask(**good).json()["data"]
    assert (data["default.endpoint"], data["backup.endpoints"]) == (BASE, [OTHER])
    assert "ttl" not in data
    emulator.reset()
    assert ask(**good).json()["data"]["default.endpoint"] == "https://lbs.example/nimserver"


# options


@pytest.mark.parametrize("discover", ["ftp://x/y", "https://x/y?z", "https://a:b@x/y", ["x"]])
def test_an_lbs_that_cannot_be(discover: Any) -> None:
    """A URL that cannot be is refused when the client is made."""
    with pytest.raises(ConfigurationError, match="discover"):
        NimClient("key", "secret", discover=discover)


def test_the_region_s_lbs_knows_no_private_endpoint() -> None:
    """With endpoints of one's own the LBS of the region is refused, another is not."""
    with pytest.raises(ConfigurationError, match="LBS"):
        NimClient("key", "secret", base_url=BASE, discover=True)
    nim = NimClient("key", "secret", base_url=BASE, discover=[LBS, SECOND])
    assert nim.config.discover == (LBS, SECOND)
    config = pickle.loads(pickle.dumps(nim.config))  # noqa: S301
    assert NimClient.from_config(config).config == config


async def test_without_discovery_nothing_is_asked() -> None:
    """It is off unless asked for."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        return reply(OK)

    async with client(httpx.MockTransport(answer)) as nim:
        await nim.chatroom.get(room_id=66)
    assert seen == ["POST"]
