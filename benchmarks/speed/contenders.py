"""Clients side by side: each signs a call and returns what it got."""

from __future__ import annotations

import hashlib
import ssl
import sys
import time
import uuid
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

KEY, SECRET = "app", "the-secret"
_FORM = {"roomid": "66"}
_TYPE = "application/x-www-form-urlencoded;charset=utf-8"


@frozen(kw_only=True)
class Task:
    """What a client is to do."""

    url: str
    concurrency: int
    connections: int
    authority: str
    path: str = "/chatroom/get.action"

    @property
    def certificate(self) -> bytes:
        """The certificate to trust."""
        return Path(self.authority).read_bytes()

    @property
    def context(self) -> ssl.SSLContext | None:
        """What to trust, where that matters."""
        if self.url.startswith("https:"):
            return ssl.create_default_context(cafile=self.authority)
        return None


def headers() -> dict[str, str]:
    """Sign as a careful user would by hand."""
    nonce, now = uuid.uuid4().hex, str(int(time.time()))
    return {
        "AppKey": KEY,
        "Nonce": nonce,
        "CurTime": now,
        "CheckSum": hashlib.sha1(f"{SECRET}{nonce}{now}".encode()).hexdigest(),  # noqa: S324
        "RequestId": uuid.uuid4().hex,
        "Content-Type": _TYPE,
    }


Call = "Callable[[], Awaitable[object]]"


def _client(task: Task, **options: Any) -> Any:
    from nim_async import NimClient, RateLimit  # noqa: PLC0415  each child imports its own

    wide = RateLimit(calls=10_000_000, per_seconds=1, block_seconds=10)
    names = ("chatroom.get", "chatroom.members_by_page")
    return NimClient(
        KEY,
        SECRET,
        base_url=task.url,
        max_connections=task.connections,
        rate_limit=dict.fromkeys(names, wide),
        **options,
    )


def without_extras() -> None:
    """Let the library find no faster JSON."""
    sys.modules["msgspec"] = None  # type: ignore[assignment]


def _typed(nim: Any, task: Task) -> Callable[[], Awaitable[object]]:
    if "members" in task.url:
        return lambda: nim.chatroom.members_by_page(room_id=66, type=0, end_time=0, limit=100)
    return lambda: nim.chatroom.get(room_id=66)


@asynccontextmanager
async def ours(task: Task) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Make typed calls over the pool, with checks, retries, rate limit and deadline."""
    without_extras()
    async with _client(task, verify=task.context or True) as nim:
        yield _typed(nim, task)


@asynccontextmanager
async def ours_with_json(task: Task) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Make the same calls with the extra that reads JSON faster."""
    async with _client(task, verify=task.context or True) as nim:
        yield _typed(nim, task)


@asynccontextmanager
async def over_httpx(task: Task) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Make the same calls over httpx."""
    without_extras()
    import httpx  # noqa: PLC0415

    limits = httpx.Limits(max_connections=task.connections)
    transport = httpx.AsyncHTTPTransport(verify=task.context or True, limits=limits)
    async with _client(task, transport=transport) as nim:
        yield _typed(nim, task)


@asynccontextmanager
async def bare(task: Task) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Send bytes over the pool alone, with headers made once, and look at no answer."""
    from nim_async._session import header_lines  # noqa: PLC0415
    from nim_async._session.pool import PoolSession  # noqa: PLC0415
    from nim_async.config import ConnectionOptions  # noqa: PLC0415

    session = PoolSession(
        ConnectionOptions(max_connections=task.connections, verify=task.context or True)
    )
    session.bind()
    fixed, url = header_lines(list(headers().items())), task.url + task.path

    async def call() -> object:
        until = time.monotonic() + 5.0
        if not session.enter_now():
            await session.enter(until)
        try:
            return await session.request("POST", url, b"roomid=66", fixed, until=until)
        finally:
            session.leave()

    yield call
    await session.aclose()


@asynccontextmanager
async def by_hand(task: Task) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Encode, sign, send over the pool, decode and structure, with no client around it."""
    without_extras()
    from nim_async._core import wire  # noqa: PLC0415
    from nim_async._core.reading import read  # noqa: PLC0415
    from nim_async._core.signing import Signer, new_id  # noqa: PLC0415
    from nim_async._generated.operations import CHATROOM_GET  # noqa: PLC0415
    from nim_async._session.pool import PoolSession  # noqa: PLC0415
    from nim_async.config import ConnectionOptions, Credentials  # noqa: PLC0415

    fixed = [("AppKey", KEY), ("Content-Type", _TYPE)]
    session = PoolSession(
        ConnectionOptions(
            max_connections=task.connections, headers=tuple(fixed), verify=task.context or True
        )
    )
    session.bind()
    signer = Signer(Credentials(app_key=KEY, app_secret=SECRET))
    operation, url = CHATROOM_GET, task.url + task.path

    async def call() -> object:
        until = time.monotonic() + 5.0
        body = wire.encode(operation, {"room_id": 66}, new_id=new_id)
        lines = signer.header_lines(new_id(), time.time())
        if not session.enter_now():
            await session.enter(until)
        try:
            reply = await session.request("POST", url, body, lines, until=until)
        finally:
            session.leave()
        return read(operation, wire.decode(reply.body), strict=False)[0]

    yield call
    await session.aclose()


@asynccontextmanager
async def signing(task: Task) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Use a plain httpx client over the pool."""
    import httpx  # noqa: PLC0415

    from nim_async import SigningTransport  # noqa: PLC0415

    transport = SigningTransport(
        KEY, SECRET, max_connections=task.connections, verify=task.context or True
    )
    async with httpx.AsyncClient(transport=transport) as client:

        async def call() -> object:
            return (await client.post(task.url + task.path, data=_FORM)).json()

        yield call


def _plain(name: str) -> Callable[[Task], AbstractAsyncContextManager[Any]]:
    @asynccontextmanager
    async def plain(task: Task) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
        library: Any = __import__(name)
        limits = library.Limits(
            max_connections=task.connections, max_keepalive_connections=task.connections
        )
        async with library.AsyncClient(limits=limits, verify=task.context or True) as client:

            async def call() -> object:
                reply = await client.post(task.url + task.path, data=_FORM, headers=headers())
                return reply.json()

            yield call

    return plain


@asynccontextmanager
async def aiohttp(task: Task) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Use aiohttp as users write it."""
    import aiohttp as library  # noqa: PLC0415

    connector = library.TCPConnector(limit=task.connections, ssl=task.context or True)
    async with library.ClientSession(connector=connector) as client:
        structure = _structured(task)

        async def call() -> object:
            url = task.url + task.path
            async with client.post(url, data=_FORM, headers=headers()) as reply:
                return structure(await reply.json())

        yield call


def _structured(task: Task) -> Callable[[Any], object]:
    """For members, build the same classes; else return the dictionary."""
    if "members" not in task.url:
        return lambda found: found
    without_extras()
    from nim_async._core import converter  # noqa: PLC0415
    from nim_async._generated.models import Members  # noqa: PLC0415

    return lambda found: converter.structure(found["desc"], Members)


@asynccontextmanager
async def pyreqwest(task: Task) -> AsyncGenerator[Callable[[], Awaitable[object]]]:
    """Use pyreqwest, which is written in Rust."""
    from pyreqwest.client import ClientBuilder  # noqa: PLC0415

    builder = ClientBuilder().max_connections(task.connections).timeout(timedelta(seconds=30))
    if task.context is not None:
        builder = builder.add_root_certificate_pem(task.certificate)
    async with builder.build() as client:

        async def call() -> object:
            request = client.post(task.url + task.path).headers(headers()).body_bytes(b"roomid=66")
            return await (await request.build().send()).json()

        yield call


CONTENDERS: dict[str, Callable[[Task], AbstractAsyncContextManager[Any]]] = {
    "nim_async": ours,
    "nim_async[json]": ours_with_json,
    "nim_async over httpx": over_httpx,
    "httpx with SigningTransport": signing,
    "bare pool": bare,
    "pool, rest by hand": by_hand,
    "httpx": _plain("httpx"),
    "httpx2": _plain("httpx2"),
    "aiohttp": aiohttp,
    "pyreqwest": pyreqwest,
}


def check(found: object) -> None:
    """Fail unless an answer is one: a dictionary of the service, or an object of ours."""
    code = getattr(found, "get", {"code": 200}.get)("code")
    if found is None or code != 200:  # noqa: PLR2004
        raise RuntimeError(f"no answer: {found!r:.200}")
