"""Where webhooks go: a URL, or an application in process."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast, runtime_checkable
from urllib.parse import urlsplit

import anyio
from attrs import field, frozen

from nim_async._checks import has_host, refused, shown
from nim_async.emulator import checks

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from attrs import Attribute

_log = logging.getLogger("nim_async.emulator")

AsgiApp: TypeAlias = Callable[..., Awaitable[None]]


@runtime_checkable
class Answers(Protocol):
    """Answers webhooks in process, as a bot does."""

    async def answer(self, method: str, headers: Any, body: bytes, /) -> tuple[int, Any, bytes]:
        """Return status, headers and body."""
        ...


def _app(_: object, attribute: Attribute[Any], value: object) -> None:
    if isinstance(value, type) or not callable(value):
        raise refused(attribute.name, "must be an ASGI application", shown(value))


def _path(_: object, attribute: Attribute[Any], value: object) -> None:
    checks.text(attribute.name, value)
    if not cast("str", value).startswith("/"):
        raise refused(attribute.name, "must begin with /", shown(value))


@frozen
class InProcess:
    """
    An ASGI application that webhooks go to without a socket.

    Args:
        app: The application. Its lifespan is left to you.
        path: The path they are posted to.
    """

    app: AsgiApp = field(validator=_app)
    path: str = field(default="/", validator=_path)


Target: TypeAlias = str | Answers | AsgiApp | InProcess


@frozen
class Answer:
    """What a web server said; of its body no more than is looked at, and one byte."""

    status: int
    body: bytes = field(default=b"", repr=False)


class Unreachable(Exception):
    """There is no answer."""


def named(option: str, given: object) -> dict[str, Target]:
    """
    Return the addresses of an option by the name of their environment.

    Args:
        option: Its name.
        given: One target, or several by name; that without a name is the usual one.

    Raises:
        ConfigurationError: One of them is no target.
    """
    if given is None:
        return {}
    targets = cast("Mapping[object, object]", given if isinstance(given, Mapping) else {"": given})
    for name, target in targets.items():
        checks.text(option, name)
        _check(option, target)
    return cast("dict[str, Target]", dict(targets))


def _check(option: str, target: object) -> None:
    if isinstance(target, str):
        with suppress(ValueError):
            parts = urlsplit(target)
            if parts.scheme in {"http", "https"} and has_host(parts):
                return
    elif not isinstance(target, type) and (
        isinstance(target, InProcess) or callable(target) or _answers(target)
    ):
        return
    given = "another text" if isinstance(target, str) else shown(target)  # may hold a password
    rule = "must be a URL, an ASGI application, or something with answer(method, headers, body)"
    raise refused(option, rule, given)


def _answers(target: object) -> bool:
    return callable(getattr(target, "answer", None))


def shown_target(target: Target) -> str:
    """Return how a target is shown: of a URL no user and no query, of all else the type."""
    if isinstance(target, str):
        parts = urlsplit(target)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}"
    return type(target.app if isinstance(target, InProcess) else target).__name__


async def post(target: Target, headers: Mapping[str, str], body: bytes, most: int) -> Answer:
    """
    Post a webhook.

    Args:
        target: Where to.
        headers: Its headers.
        body: Its body.
        most: Bytes of the answer that are looked at.

    Raises:
        Unreachable: Nobody answers there.
    """
    if isinstance(target, str):
        return await _over_http(target, headers, body, most)
    try:
        if isinstance(target, InProcess):
            return await _to_app(target, headers, body, most)
        if _answers(target):
            answer = cast("Answers", target).answer
            status, _, answered = await answer("POST", dict(headers), body)
            return Answer(status, answered[: most + 1])
        return await _to_app(InProcess(cast("AsgiApp", target)), headers, body, most)
    except Exception:  # noqa: BLE001  whatever it is, a web server answers 500 for it
        _log.exception("%s failed to answer a webhook", shown_target(target))
        return Answer(500)


async def _over_http(url: str, headers: Mapping[str, str], body: bytes, most: int) -> Answer:
    import httpx  # noqa: PLC0415  only who sends over a socket pays for it

    client = httpx.AsyncClient(
        timeout=None,  # noqa: S113  the clock of the emulator says when it is too late
        headers={"Accept-Encoding": "identity"},
        trust_env=False,
        verify=url.startswith("https:"),
    )
    answered = bytearray()
    try:
        async with client, client.stream("POST", url, headers=headers, content=body) as response:
            async for part in response.aiter_raw():
                answered += part[: most + 1 - len(answered)]
    except httpx.HTTPError as error:
        raise Unreachable(type(error).__name__) from error
    return Answer(response.status_code, bytes(answered))


async def _to_app(target: InProcess, headers: Mapping[str, str], body: bytes, most: int) -> Answer:
    answered = _Answered(body, most)
    await target.app(_scope(target.path, headers, body), answered.receive, answered.send)
    if answered.status is None:
        raise RuntimeError("the application did not answer")
    return Answer(answered.status, bytes(answered.body))


def _scope(path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    sent = {**headers, "Host": "bot.example", "Content-Length": str(len(body))}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in sent.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("bot.example", 80),
        "state": {},
    }


class _Answered:
    """The server's side of one request to an application."""

    def __init__(self, body: bytes, most: int) -> None:
        """Have a request to be received, and no answer yet."""
        self._request: bytes | None = body
        self._most = most
        self._done = anyio.Event()
        self.status: int | None = None
        self.body = bytearray()

    async def receive(self) -> dict[str, Any]:
        """Give the request, and then the end of the connection when all is answered."""
        if self._request is not None:
            body, self._request = self._request, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._done.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            left = max(0, self._most + 1 - len(self.body))
            self.body += cast("bytes", message.get("body", b""))[:left]
            if not message.get("more_body", False):
                self._done.set()
