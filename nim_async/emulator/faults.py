"""Faults to plant: how a service misbehaves on the way, each a small callable."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import anyio
from attrs import evolve, field, frozen

from nim_async._checks import number, refused, shown, truth
from nim_async._core.operation import INT64_LIMIT
from nim_async.emulator import checks
from nim_async.emulator.planting import Planting
from nim_async.emulator.requests import Broken, Ending, Request, Response, json_response

if TYPE_CHECKING:
    from typing import Self

    from attrs import Attribute

_INT64_MAX = INT64_LIMIT - 1
_MOST_BYTES = 2**31 - 1

Act: TypeAlias = Callable[[], Response]  # carries the request out; a second call gives the same
Condition: TypeAlias = Callable[[Request], bool]


class Fault(Protocol):
    """Decides what becomes of one request, and whether it is carried out at all."""

    async def __call__(self, act: Act, /) -> Ending:
        """Return what the caller sees; ``act`` carries the request out."""
        ...


def _text(_: object, attribute: Attribute[Any], value: object) -> None:
    checks.text(attribute.name, value)


def _bytes(_: object, attribute: Attribute[Any], value: object) -> None:
    if value is not None and not isinstance(value, bytes):
        instead = "encode() it" if isinstance(value, str) else ""
        raise refused(attribute.name, "must be bytes", shown(value), instead)


def _share(_: object, attribute: Attribute[Any], value: object) -> None:
    if isinstance(value, float):
        if not 0 <= value <= 1:
            raise refused(attribute.name, "must be 0.0 to 1.0 where it is a share", shown(value))
    else:
        checks.whole(attribute.name, value, least=0)


@frozen
class Delay:
    """
    Take long.

    The request is carried out even if the caller hangs up meanwhile, as a real service would.

    Args:
        seconds: How long, before the request is carried out.
    """

    seconds: float = field(validator=number(zero=True, endless=True))

    async def __call__(self, act: Act) -> Ending:
        """Wait, then act."""
        try:
            await anyio.sleep(self.seconds)
        finally:
            response = act()
        return response


@frozen
class Drop:
    """
    Break the connection without a response.

    Args:
        after: Carry the request out first.
    """

    after: bool = field(default=False, kw_only=True, validator=truth)

    async def __call__(self, act: Act) -> Ending:
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

    status: int = field(validator=checks.whole_number(least=200, most=999))
    after: bool = field(default=False, kw_only=True, validator=truth)

    async def __call__(self, act: Act) -> Ending:
        """Answer with the status."""
        if self.after:
            act()
        headers = (("content-type", "text/html"),)
        return Response(status=self.status, headers=headers, body=b"<html></html>")


@frozen
class Code:
    """
    Answer with a status code of the service.

    Args:
        code: The ``code`` of the reply, such as 500.
        desc: The ``desc`` of the reply.
        after: Carry the request out first.
    """

    code: int = field(validator=checks.whole_number(least=-_INT64_MAX, most=_INT64_MAX))
    desc: str = field(default="planted", validator=_text)
    after: bool = field(default=False, kw_only=True, validator=truth)

    async def __call__(self, act: Act) -> Ending:
        """Answer with the code."""
        if self.after:
            act()
        return json_response({"code": self.code, "desc": self.desc})


@frozen
class Garbage:
    """
    Carry the request out, then answer with bytes that are no reply.

    Args:
        body: The bytes; random ones when ``None``.
        seed: Makes the random ones repeatable.
        size: How many random ones.
    """

    body: bytes | None = field(default=None, validator=_bytes)
    seed: int = field(default=0, kw_only=True, validator=checks.whole_number())
    size: int = field(
        default=64, kw_only=True, validator=checks.whole_number(least=0, most=_MOST_BYTES)
    )

    async def __call__(self, act: Act) -> Ending:
        """Answer with the bytes, dressed up as a reply."""
        response = act()
        body = self.body
        if body is None:
            body = Random(self.seed).randbytes(self.size)  # noqa: S311  noise, no secret
        return evolve(response, body=body, code=None, desc=None)


@frozen
class Truncate:
    """
    Carry the request out, then break the connection within the response.

    Args:
        keep: How much of the body comes through: bytes, or a share of it where it is a fraction.
    """

    keep: int | float = field(default=0.5, validator=_share)

    async def __call__(self, act: Act) -> Ending:
        """Break the connection before the last byte."""
        response = act()
        whole = len(response.body)
        keep = self.keep if isinstance(self.keep, int) else int(whole * self.keep)
        return Broken(response=response, sent=max(0, min(keep, whole - 1)))


class Faults(Planting[Request, Fault]):
    """
    Faults planted for the requests to come.

    Each request meets the first fault that fits it, in the order they were planted. So a list
    of faults with ``times=1`` is a script for the attempts of one call.
    """

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
            path: Which operation it strikes, such as ``chatroom.create``, ``chatroom/create`` or
                the whole path, of whatever is asked for; any when ``None``.
            times: How often it strikes; always when ``None``.
            when: Further condition on the request.

        Returns:
            The faults, so that more can be added.

        Raises:
            ConfigurationError: It could never strike, or an argument cannot be.
        """
        checks.fault(fault)
        if path is not None:
            path = checks.operation_path("path", path, unknown=True)
        if times is not None:
            checks.whole("times", times, least=1)
        if when is not None:
            checks.function("when", when, of="request")

        def fits(request: Request) -> bool:
            return path in {None, request.path} and (when is None or when(request))

        self._plant(fault, fits, times)
        return self

    def take(self, request: Request) -> Fault | None:
        """Return the fault that strikes a request, and count that it did."""
        return self._strike(request)
