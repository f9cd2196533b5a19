"""The door without a socket: an httpx transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import anyio
import httpx

from nim_async.emulator.requests import Broken, Ending, Request, Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nim_async.emulator.exchange import Exchange


class InProcessTransport(httpx.AsyncBaseTransport):
    """
    An httpx transport that ends in the emulator, whatever the host.

    Broken connections and read timeouts raise what a socket would make httpx raise.
    """

    def __init__(self, exchange: Exchange) -> None:
        """Answer requests by an exchange."""
        self._exchange = exchange

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        body = await request.aread()
        arrived = Request(
            method=request.method,
            path=request.url.path,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            origin=f"{request.url.scheme}://{request.url.netloc.decode('ascii')}",
            query=request.url.query.decode("ascii"),
        )
        ending: Ending | None = None
        with anyio.move_on_after(_read_timeout(request)):
            ending = await self._exchange(arrived)
        if ending is None:
            raise httpx.ReadTimeout("the emulator took too long", request=request)
        if isinstance(ending, Response):
            return httpx.Response(
                ending.status,
                headers=list(ending.headers),
                content=ending.body,
                request=request,
            )
        return _broken(ending, request)


def _read_timeout(request: httpx.Request) -> float | None:
    timeouts = cast("dict[str, Any]", request.extensions.get("timeout", {}))
    return cast("float | None", timeouts.get("read"))


def _broken(broken: Broken, request: httpx.Request) -> httpx.Response:
    if broken.response is None:
        raise httpx.RemoteProtocolError(
            "Server disconnected without sending a response.", request=request
        )
    whole = broken.response.body
    return httpx.Response(
        broken.response.status,
        headers=[*broken.response.headers, ("content-length", str(len(whole)))],
        stream=_CutStream(whole[: broken.sent], request),
        request=request,
    )


class _CutStream(httpx.AsyncByteStream):
    def __init__(self, body: bytes, request: httpx.Request) -> None:
        self._body = body
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._body:
            yield self._body
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body",
            request=self._request,
        )
