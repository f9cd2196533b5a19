"""Requests to the emulator, signed and written by hand: no code of the client takes part."""

from __future__ import annotations

import hashlib
import json
from typing import Any, cast
from urllib.parse import quote

import httpx

from nim_async.emulator import Clock, Emulator

KEY = "key-of-the-tests"
SECRET = "secret-of-the-tests"
FORM = "application/x-www-form-urlencoded;charset=utf-8"
NOON = 1_700_000_000.0


def checksum(nonce: str, curtime: str, secret: str = SECRET) -> str:
    """Sign by the documented formula."""
    return hashlib.sha1((secret + nonce + curtime).encode()).hexdigest()  # noqa: S324


def signed(now: float, **changes: str | None) -> dict[str, str]:
    """Make the headers of a request; a change to None leaves one out."""
    curtime = str(int(now))
    headers: dict[str, str | None] = {
        "AppKey": KEY,
        "Nonce": "n1",
        "CurTime": curtime,
        "CheckSum": checksum("n1", curtime),
        "Content-Type": FORM,
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in headers.items() if value is not None}


def text_of(value: object) -> str:
    """Write a value as the service wants it in a form field."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def form(fields: dict[str, object]) -> bytes:
    """Write fields as a form."""
    return "&".join(f"{quote(k)}={quote(text_of(v))}" for k, v in fields.items()).encode()


def url(path: str) -> str:
    """Return the whole URL of a path, or of a short one such as ``chatroom/get``."""
    if not path.startswith("/"):
        path = f"/nimserver/{path}.action"
    return f"https://emulated.example{path}"


class Caller:
    """Calls operations of an emulator and returns what came back."""

    def __init__(self, emulator: Emulator, clock: Clock) -> None:
        """Call an emulator by the clock it goes by."""
        self.emulator = emulator
        self.clock = clock
        self._client = httpx.AsyncClient(transport=emulator.transport())

    async def post(
        self, path: str, body: bytes, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send bytes."""
        return await self._client.post(
            url(path), content=body, headers=signed(self.clock()) if headers is None else headers
        )

    async def __call__(self, path: str, /, **fields: object) -> dict[str, Any]:
        """Call an operation and return the JSON of the reply."""
        response = await self.post(path, form(fields))
        assert response.status_code == 200
        return cast("dict[str, Any]", response.json())

    async def code(self, path: str, /, **fields: object) -> int:
        """Call an operation and return the code alone."""
        return cast("int", (await self(path, **fields))["code"])


def caller(**options: Any) -> Caller:
    """Make an emulator with a standing clock, and a caller for it."""
    clock = Clock(NOON)
    emulator = Emulator(KEY, SECRET, clock=clock, seed=7, **options)
    return Caller(emulator, clock)
