"""A real Redis for tests and drills."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

from tests.needed import left_out

if TYPE_CHECKING:
    from pathlib import Path


class Server:
    """A Redis without a memory, on a port that stays the same."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        self._process = subprocess.Popen(  # noqa: S603  nothing foreign
            [
                *(self._program, "--port", str(self.port), "--bind", "127.0.0.1"),
                *("--save", "", "--appendonly", "no", "--dir", str(self._folder)),
            ],
            stdout=subprocess.DEVNULL,
        )
        while not self.info():
            assert self._process.poll() is None, "redis-server did not start"
            time.sleep(0.01)

    def info(self) -> bytes:
        """Return what it tells of itself; nothing while it does not answer."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(b"INFO server\r\n")
                told = connection.recv(65536)
        except OSError:
            return b""
        return told if told.startswith(b"$") else b""

    def freeze(self) -> None:
        """Let it hang."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill it, so that nothing is saved and nobody told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def redis_program() -> str:
    """Find the server; where that is asked for, not to have it is a failure."""
    found = shutil.which("redis-server")
    if found is None:
        left_out("redis-server is not installed")
    return found
