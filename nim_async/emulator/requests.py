"""A request, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from attrs import field, frozen

_NO_BLANKS = (",", ":")


@frozen(kw_only=True)
class Request:
    """
    A request as it arrived.

    Args:
        method: HTTP method.
        path: Path, such as ``/nimserver/chatroom/create.action``.
        headers: Lower-case names to values.
        body: The raw body.
        origin: Scheme, host and port that were asked.
        query: What stands behind the ``?``.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    origin: str = ""
    query: str = field(default="", repr=False)


@frozen(kw_only=True)
class Response:
    """
    A whole response.

    Args:
        status: HTTP status.
        headers: Names to values.
        body: The raw body.
        code: The ``code`` in the body.
        desc: The ``desc`` in the body where it is a text.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    code: int | None = None
    desc: str | None = None


@frozen(kw_only=True)
class Broken:
    """
    A connection that breaks.

    Args:
        response: The response that was on its way; none where it broke before.
        sent: Bytes of its body that still came through.
    """

    response: Response | None = None
    sent: int = 0


Ending: TypeAlias = Response | Broken


def json_response(payload: Mapping[str, object], status: int = 200) -> Response:
    """Return a reply of the service: JSON in UTF-8 without blanks, HTTP 200 as a rule."""
    code = payload.get("code")
    desc = payload.get("desc")
    try:
        body = json.dumps(payload, ensure_ascii=False, separators=_NO_BLANKS).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON alone can hold
        body = json.dumps(payload, separators=_NO_BLANKS).encode()
    return Response(
        status=status,
        headers=(("content-type", "application/json; charset=utf-8"),),
        body=body,
        code=code if isinstance(code, int) else None,
        desc=desc if isinstance(desc, str) else None,
    )
