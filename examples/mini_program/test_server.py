"""The server, played against the emulator."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from examples.mini_program.server import accid_of, app, make_app, new_token
from nim_async import ClientType, NimClient, PermissionDenied, ServerBusy, wechat_domains
from nim_async.emulator import Code, Drop, Emulator, Refused

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

KEY, SECRET, ROOM = "app-key", "app-secret", 66
CODES = {"code-of-lisi": "oLi", "another-code-of-lisi": "oLi", "code-of-li": "oli"}
LISI = accid_of("oLi")


async def identify(code: str) -> str | None:
    """Know a few codes."""
    return CODES.get(code)


@pytest.fixture
def emulator() -> Emulator:
    """Make an app with one account, which has a room."""
    emulator = Emulator(KEY, SECRET, accounts=["owner"])
    emulator.add_room("owner", room_id=ROOM)
    return emulator


@asynccontextmanager
async def visited(emulator: Emulator) -> AsyncGenerator[httpx.AsyncClient, None]:
    """Open the server, as its users see it."""
    nim = NimClient(KEY, SECRET, transport=emulator.transport())
    server = make_app(nim, ROOM, identify)
    async with (
        server.router.lifespan_context(server),
        httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url="http://tea") as visitor,
    ):
        yield visitor


async def seat(visitor: httpx.AsyncClient, code: str = "code-of-lisi") -> dict[str, Any]:
    """Log in."""
    response = await visitor.post("/login", json={"code": code, "nick": "李四"})
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    found: dict[str, Any] = response.json()
    return found


async def test_from_an_account_to_a_seat_in_the_room(emulator: Emulator) -> None:
    """Who logs in is registered, and enters the room with what came back."""
    async with visited(emulator) as visitor:
        found = await seat(visitor)
    assert found.keys() == {"accid", "token", "room_id", "addresses"}
    assert (found["accid"], found["room_id"]) == (LISI, ROOM)
    assert found["addresses"] == ["wlnimsc1.netease.im:443"]
    asked = emulator.calls[-1].form
    assert (asked["clienttype"], asked["accid"]) == (str(ClientType.WECHAT.value), LISI)
    assert emulator.accounts[LISI].profile["name"] == "李四"
    emulator.enter(ROOM, found["accid"], token=found["token"])
    assert emulator.speak(ROOM, LISI, "hello").sender == LISI


async def test_who_comes_again_gets_a_new_token(emulator: Emulator) -> None:
    """The account stays the same, and the latest token is the one that is good."""
    async with visited(emulator) as visitor:
        first = await seat(visitor)
        second = await seat(visitor, "another-code-of-lisi")
    assert first["accid"] == second["accid"]
    emulator.enter(ROOM, LISI, token=second["token"])
    with pytest.raises(Refused, match="302"):
        emulator.enter(ROOM, LISI, token=first["token"])


async def test_users_who_differ_in_case_alone(emulator: Emulator) -> None:
    """Accounts know no case, users of WeChat do: each has an account of its own."""
    async with visited(emulator) as visitor:
        assert (await seat(visitor))["accid"] != (await seat(visitor, "code-of-li"))["accid"]


async def test_a_lost_answer(emulator: Emulator) -> None:
    """When the answer to the registration is lost, the user gets a token all the same."""
    emulator.faults.add(Drop(after=True), path="user/create")
    async with visited(emulator) as visitor:
        found = await seat(visitor)
    paths = [call.path.rpartition("/")[2] for call in emulator.calls]
    assert paths == ["create.action", "refreshToken.action", "requestAddr.action"]
    emulator.enter(ROOM, LISI, token=found["token"])


async def test_a_registration_that_never_arrived(emulator: Emulator) -> None:
    """The server says that it can not serve just now; the user tries again and gets in."""
    for _ in range(3):
        emulator.faults.add(Drop(after=False), path="user/create")
    async with visited(emulator) as visitor:
        response = await visitor.post("/login", json={"code": "code-of-lisi"})
        assert (response.status_code, response.json()) == (503, {"detail": "NotRegistered"})
        emulator.faults.clear()
        await seat(visitor)


async def test_a_busy_service(emulator: Emulator) -> None:
    """A failure is told without its texts, and never by a token."""
    emulator.faults.add(Code(503), path="chatroom/requestAddr", times=None)
    async with visited(emulator) as visitor:
        response = await visitor.post("/login", json={"code": "code-of-lisi"})
    assert (response.status_code, response.json()) == (503, {"detail": ServerBusy.__name__})


async def test_a_blocked_account_gets_no_seat(emulator: Emulator) -> None:
    """A token is made for it, but the room does not let it in."""
    async with visited(emulator) as visitor:
        found = await seat(visitor)
        async with NimClient(KEY, SECRET, transport=emulator.transport()) as nim:
            await nim.user.block(accid=found["accid"])
        found = await seat(visitor)
    with pytest.raises(Refused, match="422"):
        emulator.enter(ROOM, found["accid"], token=found["token"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"code": "code-of-nobody"}, 401),
        ({"code": ""}, 422),
        ({"code": "x" * 129}, 422),
        ({"code": "code-of-lisi", "nick": "x" * 65}, 422),
        ({"code": "code-of-lisi", "nick": "😀" * 33}, 422),
        ({"accid": "owner"}, 422),
    ],
)
async def test_who_is_not_known(emulator: Emulator, body: dict[str, str], status: int) -> None:
    """Without a good code there is no account, and nothing is asked of the service."""
    async with visited(emulator) as visitor:
        assert (await visitor.post("/login", json=body)).status_code == status
    assert emulator.calls == []


async def test_the_domains(emulator: Emulator) -> None:
    """The lists for the console of WeChat are served as they are."""
    async with visited(emulator) as visitor:
        assert (await visitor.get("/domains")).json() == wechat_domains()


async def test_a_refusal_is_raised(emulator: Emulator) -> None:
    """A service that surely did nothing is no reason to ask for a new token."""
    emulator.faults.add(Code(403), path="user/create")
    async with NimClient(KEY, SECRET, transport=emulator.transport()) as nim:
        with pytest.raises(PermissionDenied):
            await new_token(nim, LISI, None)
    assert len(emulator.calls) == 1


async def test_as_it_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment says which app and which room; until users are known nobody gets in."""
    for name, value in {"NIM_APP_KEY": KEY, "NIM_APP_SECRET": SECRET, "ROOM_ID": "66"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NIM_BASE_URL", raising=False)
    monkeypatch.delenv("NIM_REGION", raising=False)
    server = app()
    async with (
        server.router.lifespan_context(server),
        httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url="http://tea") as visitor,
    ):
        response = await visitor.post("/login", json={"code": "code-of-lisi"})
    assert response.status_code == 401
    assert [server.url_path_for(name) for name in ("login", "domains")] == ["/login", "/domains"]
