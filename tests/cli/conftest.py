"""The command line in this process, and an emulator that its environment names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from nim_async.cli import main
from nim_async.emulator import Emulator
from tests.doubles import name_in_environment, served

SECRET = "do-not-show-7d1f"

Run: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture(name="emulator")
def _emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Serve an emulator that the environment names."""
    emulator = Emulator("key", SECRET)
    with served(emulator) as base_url:
        name_in_environment(monkeypatch, "key", SECRET, base_url)
        yield emulator


@pytest.fixture(name="run")
def _run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process."""

    def run(*args: str) -> tuple[int, str, str]:
        status = main(list(args))
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run
