"""
A server that lets the users of a WeChat mini program into a chatroom.

The mini program posts the code of ``wx.login`` to ``/login``, and gets an account, its token and
the addresses of the room, which is all that its chatroom SDK needs to enter. ``/domains`` is what
has to be put into the console of WeChat before that.

Write `Identify` for your own users, then run it under any ASGI server, such as
``uvicorn examples.mini_program.server:app --factory``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, TypeAlias

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from nim_async import (
    AlreadyRegistered,
    ClientType,
    NimClient,
    NimError,
    ParameterError,
    wechat_domains,
)

# Returns who a user is by the code of ``wx.login``, such as the openid, or nothing for a bad code.
# Yours asks WeChat; nobody gets in by a name that the client program could choose.
Identify: TypeAlias = Callable[[str], Awaitable[str | None]]


class Login(BaseModel):
    """What the mini program sends."""

    code: Annotated[str, Field(min_length=1, max_length=128)]
    nick: Annotated[str, Field(max_length=64)] | None = None


class Seat(BaseModel):
    """What the chatroom SDK of the mini program needs to enter."""

    accid: str
    token: str
    room_id: int
    addresses: tuple[str, ...]


def accid_of(user: str) -> str:
    """Return the account of a user: accids are short and know no upper case, openids do."""
    return hashlib.sha256(user.encode()).hexdigest()[:32]


async def new_token(nim: NimClient, accid: str, nick: str | None) -> str:
    """
    Return a token with which the account can log in, whether it was there before or not.

    The service never gives a token back. So whoever is registered already gets a new one, which
    ends the one before, and so does whoever was perhaps registered by a call whose answer was
    lost.
    """
    try:
        return (await nim.user.create(accid=accid, name=nick)).token
    except AlreadyRegistered:
        pass
    except NimError as error:
        if not error.maybe_processed:
            raise
    return (await nim.user.refresh_token(accid=accid)).token


def make_app(nim: NimClient, room_id: int, identify: Identify) -> FastAPI:
    """
    Make the server.

    Args:
        nim: The client; it is closed with the server.
        room_id: The room that users are let into.
        identify: Says who a user is.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None, None]:
        async with nim:
            yield

    app = FastAPI(title="Tea house", lifespan=lifespan)

    @app.exception_handler(NimError)
    async def unavailable(_: Request, error: Exception) -> JSONResponse:
        theirs = isinstance(error, ParameterError) and error.parameter is not None
        return JSONResponse({"detail": type(error).__name__}, status_code=422 if theirs else 503)

    @app.post("/login")
    async def login(given: Login, response: Response) -> Seat:
        user = await identify(given.code)
        if user is None:
            raise HTTPException(401, "the code is not good")
        accid = accid_of(user)
        token = await new_token(nim, accid, given.nick)
        found = await nim.chatroom.request_addr(
            room_id=room_id, accid=accid, client_type=ClientType.WECHAT
        )
        response.headers["Cache-Control"] = "no-store"
        return Seat(accid=accid, token=token, room_id=room_id, addresses=found.addr)

    @app.get("/domains")
    async def domains() -> dict[str, list[str]]:
        return wechat_domains()

    return app


async def nobody(_: str) -> str | None:
    """Take every code for a bad one, until you have written `Identify`."""
    return None


def app() -> FastAPI:
    """Make the server from the environment: ``ROOM_ID``, and what `NimClient.from_env` reads."""
    return make_app(NimClient.from_env(), int(os.environ["ROOM_ID"]), nobody)
