"""A client and the children of a process that used it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

PROGRAM = """
import os, sys, threading
import anyio, anyio.to_thread
from nim_async import ConfigurationError, NimClient
from nim_async.emulator import Emulator

backend, options = sys.argv[1], {}
if backend == "uvloop":
    backend, options = "asyncio", {"use_uvloop": True}


async def main():
    emulator = Emulator("app", "the-secret")
    emulator.add_room("amy", "tea house", room_id=66)
    async with emulator.serve() as url, NimClient("app", "the-secret", base_url=url) as nim:
        await nim.chatroom.get(room_id=66)
        child = os.fork()
        if not child:
            in_child(nim)
        _, status = await anyio.to_thread.run_sync(os.waitpid, child, 0)
        room = await nim.chatroom.get(room_id=66)
        print("parent:", status, room.name, len(emulator.calls))


def in_child(nim):
    status = 1
    try:
        thread = threading.Thread(target=tell, args=(nim,))  # has no running loop
        thread.start()
        thread.join()
        sys.stdout.flush()
        status = 0
    finally:
        os._exit(status)


def tell(nim):
    for work in (call, close):
        try:
            anyio.run(work, nim, backend=backend, backend_options=options)
        except ConfigurationError as error:
            print("child:", error)


async def call(nim):
    await nim.chatroom.get(room_id=66)


async def close(nim):
    await nim.aclose()


anyio.run(main, backend=backend, backend_options=options)
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop", "trio"])
def test_a_child_cannot_use_the_client_of_its_parent(loop: str, tmp_path: Path) -> None:
    """The child is told so and touches no connection; the parent goes on with the one it has."""
    program = tmp_path / "forked.py"
    program.write_text(PROGRAM)
    done = subprocess.run(  # noqa: S603  nothing foreign
        [sys.executable, str(program), loop], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    *child, parent = done.stdout.splitlines()
    assert parent == "parent: 0 tea house 2"
    assert len(child) == 2
    assert all("the client belongs to another event loop" in line for line in child)
