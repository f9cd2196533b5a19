"""Names: who is looked up, who waits for it, and what a host looks like on the wire."""

from __future__ import annotations

import asyncio  # noqa: TID251  look-ups of asyncio's own session
import socket
import ssl
from threading import Event
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import trustme

from nim_async import ConfigurationError, NimClient, TimedOut
from nim_async._session.names import Names
from nim_async._session.targets import Target, without_root_dot
from tests.session.rude import Server
from tests.session.test_ways import serve
from tests.session.ways import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.anyio


@pytest.fixture(name="anyio_backend")
def _anyio_backend() -> str:
    return "asyncio"


class NameServer:
    """Answers for ``*.example`` when it is let, each host with this machine."""

    def __init__(self, asked: Callable[..., Any]) -> None:
        self._asked = asked
        self.hosts: list[str] = []
        self.gate = Event()

    def __call__(self, host: str | bytes, *arguments: Any, **options: Any) -> Any:
        if not isinstance(host, str) or "example" not in host:  # of the servers of the test
            return self._asked(host, *arguments, **options)
        self.hosts.append(host)
        self.gate.wait(60)
        if host.startswith("nobody"):
            raise socket.gaierror(-2, "Name or service not known")
        return self._asked("127.0.0.1", *arguments, **options)


@pytest.fixture(name="server")
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    server = NameServer(socket.getaddrinfo)
    monkeypatch.setattr(socket, "getaddrinfo", server)
    yield server
    server.gate.set()


async def test_a_host_is_looked_up_once_at_a_time(server: NameServer) -> None:
    """Who asks meanwhile waits for that answer, and who gives up takes it from nobody."""
    names = Names(asyncio.get_running_loop())
    async with anyio.create_task_group() as hurried:
        hurried.start_soon(names.addresses, "one.example", 80)
        await anyio.wait_all_tasks_blocked()
        hurried.cancel_scope.cancel()
    async with anyio.create_task_group() as group:
        for port in (80, 443):
            group.start_soon(names.addresses, "one.example", port)
        await anyio.wait_all_tasks_blocked()
        assert server.hosts == ["one.example"]
        server.gate.set()
    infos = await names.addresses("one.example", 8080)
    assert {info[4] for info in infos} == {("127.0.0.1", 8080)}
    assert server.hosts == ["one.example"] * 2
    for _ in range(2):
        with pytest.raises(socket.gaierror, match="not known"):
            await names.addresses("nobody.example", 80)


async def test_an_address_is_not_looked_up(server: NameServer) -> None:
    """Numbers are what they say."""
    names = Names(asyncio.get_running_loop())
    assert (await names.addresses("127.0.0.1", 80))[0][4] == ("127.0.0.1", 80)
    assert (await names.addresses("::1", 80))[0][4] == ("::1", 80, 0, 0)
    assert not server.hosts


@pytest.mark.slow
async def test_a_silent_name_server_holds_back_nobody_else(server: NameServer) -> None:
    """Calls go on to another endpoint, and the threads of the application are free."""
    asked = Server([[serve]])
    async with served(asked, None):
        urls = ["http://silent.example/nimserver", asked.url]
        async with NimClient(
            "k", "s", base_url=urls, timeout=1, rate_limit=None, max_connections=50
        ) as nim:
            async with anyio.create_task_group() as group:
                for _ in range(10):
                    group.start_soon(lambda: nim.chatroom.get(room_id=66))
            await asyncio.to_thread(lambda: None)
        async with NimClient("k", "s", base_url=urls[0], timeout=0.05) as alone:
            with pytest.raises(TimedOut) as caught:
                await alone.options(max_attempts=1).chatroom.create(creator="a", name="b")
        assert (caught.value.phase, caught.value.maybe_processed) == ("connect", False)
    assert server.hosts.count("silent.example") <= 2


async def test_the_dot_of_the_root_is_for_look_ups_alone(server: NameServer) -> None:
    """The certificate of a host is that of the host with a dot, and so is the head of requests."""
    server.gate.set()
    authority: Any = trustme.CA()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("api.example").configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    asked = Server([[serve]])
    async with served(asked, serving):
        port = asked.url.rpartition(":")[2]
        async with NimClient(
            "k", "s", base_url=f"https://api.example.:{port}", verify=trusting
        ) as nim:
            await nim.chatroom.get(room_id=66)
    assert server.hosts == ["api.example."]
    host = f"\r\nHost: api.example:{port.partition('/')[0]}\r\n"
    assert host.encode() in asked.requests[0]


@pytest.mark.parametrize(
    ("url", "host", "shown"),
    [
        ("http://user:word@api.example/x", "api.example", "api.example"),
        ("https://api.example.:8443/x", "api.example.", "api.example:8443"),
        ("http://[::1]:80/x", "::1", "[::1]:80"),
        ("http://例え.テスト/x", "xn--r8jz45g.xn--zckzah", "xn--r8jz45g.xn--zckzah"),
    ],
)
def test_what_a_host_is_called(url: str, host: str, shown: str) -> None:
    """It is looked up in ASCII; ``Host`` shows no user, and no dot of the root."""
    target = Target.of(url, "")
    assert target.origin[0] == host
    assert target.start == f" /x HTTP/1.1\r\nHost: {shown}\r\n"


@pytest.mark.parametrize(
    "url", ["http://a b/x", "http://a/x y", "http://a/x\r\nB: c", "http://a:99999/", "http://☃.x/"]
)
def test_what_is_no_url(url: str) -> None:
    """It is refused before anything is sent; a snowman is no letter."""
    with pytest.raises(ConfigurationError, match="no URL"):
        Target.of(url, "")


def test_paths_in_other_scripts() -> None:
    """They are written as browsers do."""
    assert Target.of("http://a/团?x=1", "").start.startswith(" /%E5%9B%A2?x=1 ")


def test_without_the_dot() -> None:
    """Nothing else of a URL changes."""
    assert without_root_dot("https://a.example.:8/x?y=.") == "https://a.example:8/x?y=."
    assert without_root_dot("https://a.example/x") == "https://a.example/x"
