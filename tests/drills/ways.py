"""The ways to run a client that drills go over, each with what it needs in other processes."""

from __future__ import annotations

from argparse import ArgumentTypeError
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from attrs import frozen

from tests.drills import forward
from tests.drills.children import child
from tests.drills.tls import HOST, Authority
from tests.session.ways import Way

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Awaitable, Callable, Generator

R = TypeVar("R")

WAYS = {
    "asyncio": Way(loop="asyncio"),
    "uvloop": Way(loop="uvloop"),
    "tls": Way(loop="asyncio", tls=True),
    "uvloop-tls": Way(loop="uvloop", tls=True),
    "trio": Way(loop="trio"),
    "proxy": Way(loop="asyncio", over="proxy"),
    "tunnel": Way(loop="asyncio", over="proxy", tls=True),
    "transport": Way(loop="asyncio", over="transport"),
}


@frozen(kw_only=True)
class Ground:
    """
    Where a client meets servers that run in other processes.

    Attributes:
        way: Name of the way.
        authority: Whose certificate the servers show; nothing for servers without TLS.
        proxy: URL of the proxy in front of them, if there is one.
    """

    way: str
    authority: Authority | None = None
    proxy: str | None = None

    def url(self, port: int) -> str:
        """Return the base URL of a port."""
        return f"{'https' if self.authority else 'http'}://{HOST}:{port}/nimserver"

    def settings(self) -> dict[str, Any]:
        """Return what a client is made with, to be called once for each client."""
        verify = True if self.authority is None else self.authority.trusting()
        return WAYS[self.way].settings(verify=verify, proxy=self.proxy)

    def run(self, function: Callable[[], Awaitable[R]]) -> R:
        """Run a function on the event loop of the way."""
        backend, options = WAYS[self.way].backend
        return anyio.run(function, backend=backend, backend_options=options)


@contextmanager
def ground(way: str) -> Generator[Ground]:
    """Prepare the ground for clients that are run in one way."""
    with ExitStack() as stack:
        proxy = None
        if WAYS[way].over == "proxy":
            proxy = f"http://{HOST}:{stack.enter_context(child(forward.serve)).recv()}"
        yield Ground(way=way, authority=Authority.new() if WAYS[way].tls else None, proxy=proxy)


def add_option(parser: ArgumentParser) -> None:
    """Let a drill be told which ways to go over; all of them when it is not."""
    text = f"a way to run the client, several times or with commas: {', '.join(WAYS)}"
    parser.add_argument("--way", type=_named, action="extend", metavar="NAME", help=text)


def chosen(given: list[str] | None) -> list[str]:
    """Return the names of the ways that were chosen by the option."""
    return list(dict.fromkeys(given or WAYS))


def _named(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in WAYS]:
        raise ArgumentTypeError(f"no way is named {', '.join(unknown)}; there is {', '.join(WAYS)}")
    return names
