"""Faults to plant: how a service misbehaves on the way, each a small callable."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, Protocol, TypeAlias

import anyio
from attrs import define, evolve, field, frozen

if TYPE_CHECKING:
    from typing import Self

_PREFIX = "/nimserver/"
_SUFFIX = ".action"


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
    query: str = ""


@frozen(kw_only=True)
class Answer:
    """
    A whole answer.

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
        answer: The answer that was on its way; none where it broke before.
        sent: Bytes of its body that still came through.
    """

    answer: Answer | None = None
    sent: int = 0


Outcome: TypeAlias = Answer | Broken
Act: TypeAlias = Callable[[], Answer]  # carries the request out; a second call gives the same
Condition: TypeAlias = Callable[[Request], bool]


class Fault(Protocol):
    """Decides what becomes of one request, and whether it is carried out at all."""

    async def __call__(self, act: Act, /) -> Outcome:
        """Return what the caller sees; ``act`` carries the request out."""
        ...


@frozen
class Delay:
    """
    Take long.

    The request is carried out even if the caller hangs up meanwhile, as a real service would.

    Args:
        seconds: How long, before the request is carried out.
    """

    seconds: float

    async def __call__(self, act: Act) -> Outcome:
        """Wait, then act."""
        try:
            await anyio.sleep(self.seconds)
        finally:
            answer = act()
        return answer


@frozen
class Drop:
    """
    Break the connection without an answer.

    Args:
        after: Carry the request out first.
    """

    after: bool = field(default=False, kw_only=True)

    async def __call__(self, act: Act) -> Outcome:
        """Break the connection."""
        if self.after:
            act()
        return Broken()


@frozen
class Status:
    """
    Answer as a gateway does, with an HTTP status and no JSON.

    Args:
        status: HTTP status, such as 502.
        after: Carry the request out first.
    """

    status: int
    after: bool = field(default=False, kw_only=True)

    async def __call__(self, act: Act) -> Outcome:
        """Answer with the status."""
        if self.after:
            act()
        headers = (("content-type", "text/html"),)
        return Answer(status=self.status, headers=headers, body=b"<html></html>")


@frozen
class Code:
    """
    Answer with a status code of the service.

    Args:
        code: The ``code`` of the reply, such as 500.
        desc: The ``desc`` of the reply.
        after: Carry the request out first.
    """

    code: int
    desc: str = "planted"
    after: bool = field(default=False, kw_only=True)

    async def __call__(self, act: Act) -> Outcome:
        """Answer with the code."""
        if self.after:
            act()
        return json_answer({"code": self.code, "desc": self.desc})


@frozen
class Garbage:
    """
    Carry the request out, then answer with bytes that are no reply.

    Args:
        body: The bytes; random ones when ``None``.
        seed: Makes the random ones repeatable.
        size: How many random ones.
    """

    body: bytes | None = None
    seed: int = field(default=0, kw_only=True)
    size: int = field(default=64, kw_only=True)

    async def __call__(self, act: Act) -> Outcome:
        """Answer with the bytes, dressed up as a reply."""
        answer = act()
        body = self.body
        if body is None:
            body = Random(self.seed).randbytes(self.size)  # noqa: S311  noise, no secret
        return evolve(answer, body=body, code=None, desc=None)


@frozen
class Truncate:
    """
    Carry the request out, then break the connection within the answer.

    Args:
        keep: How much of the body comes through: bytes, or a share of it where it is a fraction.
    """

    keep: int | float = 0.5

    async def __call__(self, act: Act) -> Outcome:
        """Break the connection before the last byte."""
        answer = act()
        whole = len(answer.body)
        keep = self.keep if isinstance(self.keep, int) else int(whole * self.keep)
        return Broken(answer=answer, sent=max(0, min(keep, whole - 1)))


def json_answer(reply: Mapping[str, object]) -> Answer:
    """Return a reply of the service: always HTTP 200, JSON in UTF-8."""
    code = reply.get("code")
    desc = reply.get("desc")
    try:
        body = json.dumps(reply, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON alone can hold
        body = json.dumps(reply).encode()
    return Answer(
        status=200,
        headers=(("content-type", "application/json; charset=utf-8"),),
        body=body,
        code=code if isinstance(code, int) else None,
        desc=desc if isinstance(desc, str) else None,
    )


@define(eq=False)
class _Planted:
    fault: Fault
    path: str | None
    times: int | None
    when: Condition | None

    def fits(self, request: Request) -> bool:
        return self.path in {None, request.path} and (self.when is None or self.when(request))


class Faults:
    """
    Faults planted for the requests to come.

    Each request meets the first fault that fits it, in the order they were planted. So a list
    of faults with ``times=1`` is a script for the attempts of one call.
    """

    def __init__(self) -> None:
        """Start without faults."""
        self._lock = Lock()
        self._planted: list[_Planted] = []

    def add(
        self,
        fault: Fault,
        *,
        path: str | None = None,
        times: int | None = 1,
        when: Condition | None = None,
    ) -> Self:
        """
        Plant a fault.

        Args:
            fault: What goes wrong.
            path: Which operation it strikes, such as ``chatroom/create`` or the whole path;
                any when ``None``.
            times: How often it strikes; always when ``None``.
            when: Further condition on the request.

        Returns:
            The faults, so that more can be added.
        """
        if times is not None and times < 1:
            raise ValueError("times must be 1 or more")
        with self._lock:
            self._planted.append(_Planted(fault, _whole_path(path), times, when))
        return self

    def clear(self) -> None:
        """Take all faults out."""
        with self._lock:
            self._planted.clear()

    def __len__(self) -> int:
        """Return how many faults are still planted."""
        with self._lock:
            return len(self._planted)

    def take(self, request: Request) -> Fault | None:
        """Return the fault that strikes a request, and count that it did."""
        with self._lock:
            for planted in self._planted:
                if planted.fits(request):
                    if planted.times is not None:
                        planted.times -= 1
                        if not planted.times:
                            self._planted.remove(planted)
                    return planted.fault
        return None


def _whole_path(path: str | None) -> str | None:
    if path is None or path.startswith("/"):
        return path
    return f"{_PREFIX}{path}{_SUFFIX}"
