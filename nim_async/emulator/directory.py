"""The service's directory of endpoints (LBS), which tells a client whom to call."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from attrs import define

from nim_async.emulator.requests import Response, json_response

if TYPE_CHECKING:
    from nim_async.emulator.requests import Request

ALLOCATE = "/srv-sdk/allocate"
_REQUIRED = ("k", "sv", "biz", "p")
_IM = "1"
_LANGUAGES = frozenset({"java", "go"})  # no others are documented


@define(eq=False)
class Directory:
    """
    Returns endpoints, best first: what was announced, or else the address it was asked at.

    What a wrong question is answered is not documented, only that any code but 200 and 304
    stands for failure; 414 was chosen.
    """

    app_key: str
    endpoints: tuple[str, ...] = ()
    ttl: int | None = 30

    def answer(self, request: Request) -> Response:
        """Answer a question."""
        asked = {name: values[-1] for name, values in parse_qs(request.query).items()}
        if missing := [name for name in _REQUIRED if name not in asked]:
            return json_response({"code": 414, "desc": f"{missing[0]} is missing"})
        if asked["k"] != self.app_key or asked["biz"] != _IM or asked["p"] not in _LANGUAGES:
            return json_response({"code": 414, "desc": "k, biz or p is unknown"})
        first, *others = self.endpoints or (f"{request.origin}/nimserver",)
        data: dict[str, object] = {"default.endpoint": first, "backup.endpoints": others}
        if self.ttl is not None:
            data["ttl"] = self.ttl
        digest = hashlib.md5(json.dumps(data).encode(), usedforsecurity=False).hexdigest()
        if asked.get("md5") == digest:
            return json_response({"code": 304})
        return json_response({"code": 200, "data": {**data, "md5": digest}})
