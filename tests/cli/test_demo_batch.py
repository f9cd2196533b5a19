"""The demo of batch jobs: what it does, says and notices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from nim_async.cli.demo import batch as demo
from nim_async.emulator import Code, Emulator

if TYPE_CHECKING:
    from tests.cli.conftest import Run

pytestmark = pytest.mark.slow


def test_rooms_are_opened_filled_and_greeted(run: Run) -> None:
    """Each job is told of on stdout, and its progress on stderr."""
    status, out, err = run("demo", "--batch", "--rooms", "30")
    assert status == 0
    assert [line.partition(" (")[0] for line in out.splitlines()] == [
        "30 of 30 rooms opened",
        "30 of 30 rooms filled with robots",
        "30 of 30 rooms greeted",
    ]
    assert err.count("30/30  done 30  failed 0  uncertain 0") == 3


def test_as_json(run: Run) -> None:
    """With ``--json`` each job is an object."""
    status, out, _ = run("demo", "--batch", "--rooms", "3", "--json")
    jobs = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [(job["event"], job["rows"], job["done"]) for job in jobs] == [("job", 3, 3)] * 3


def test_what_goes_wrong_is_noticed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A room that gets no greeting makes it exit status 1, and the others go on."""

    class Faulty(Emulator):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[arg-type]
            self.faults.add(Code(403), path="chatroom.send_msg")

    monkeypatch.setattr(demo, "Emulator", Faulty)
    status, out, err = run("demo", "--batch", "--rooms", "5")
    assert status == 1
    assert "4 of 5 rooms greeted" in out
    assert "failed 1  uncertain 0  [403 1]" in err


def test_a_number_of_rooms_alone(run: Run) -> None:
    """The walk has one room."""
    status, _, err = run("demo", "--rooms", "5")
    assert status == 2
    assert "--rooms is for --batch" in err
