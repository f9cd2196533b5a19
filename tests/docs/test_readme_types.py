"""The examples of the documents are typed as strictly as the library."""

from __future__ import annotations

import subprocess
import sys
from textwrap import indent
from typing import TYPE_CHECKING

import pytest

from tests.docs.test_readme import CODE, ROOT, SNIPPETS

if TYPE_CHECKING:
    from pathlib import Path

# What the page promises to a snippet: an open client, a room, and `await`.
AROUND = """
from nim_async import NimClient
from nim_async.models import Room


async def snippet(nim: NimClient, room: Room) -> None:
"""


def as_module(code: str) -> str:
    """Return a program as it is, and a snippet inside of a coroutine."""
    return AROUND.lstrip() + indent(code, "    ") if code in SNIPPETS else code


@pytest.mark.slow
def test_examples_are_typed(tmp_path: Path) -> None:
    """Every Python block passes `mypy --strict`, and a wrong line among them would not."""
    for number, code in enumerate(CODE):
        (tmp_path / f"example_{number}.py").write_text(as_module(code), "utf-8")
    wrong = tmp_path / "wrong.py"
    wrong.write_text(AROUND.lstrip() + "    room.name + 1\n    print(room.nosuch)\n", "utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "."]
    command += ["--cache-dir", str(ROOT / ".mypy_cache")]
    ended = subprocess.run(  # noqa: S603  our own program
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    found = [line.partition(": error: ") for line in ended.stdout.splitlines()]
    places = [place for place, error, _ in found if error]
    assert places == ["wrong.py:6", "wrong.py:7"], ended.stdout + ended.stderr
