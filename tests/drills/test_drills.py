"""The chaos programs, each with little to do."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the programs look into /proc")

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["chaos", "storm", "failover", "clock", "deadline"])
def test_program_meets_its_criteria(name: str) -> None:
    """It ends well, within seconds, and leaves no process behind."""
    done = subprocess.run(  # noqa: S603  nothing foreign
        [sys.executable, "-m", f"tests.drills.{name}", "--quick"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOT MET" not in done.stdout


def test_criteria_notice_a_bad_run(capsys: pytest.CaptureFixture[str]) -> None:
    """A call lost, doubled or told wrongly fails the run."""
    sys.path.insert(0, str(_ROOT))
    try:
        chaos = import_module("tests.drills.chaos")
        fates = import_module("tests.drills.fates")
        table = import_module("benchmarks.tables")
        work = import_module("tests.drills.work")
    finally:
        sys.path.remove(str(_ROOT))
    job = work.Job(work.SEND, "send", "send-000001")
    lines = {name: chaos.Line() for name in work.CLASSES}
    for told, effects in (
        (work.Told.OK, 0),
        (work.Told.OK, 2),
        (work.Told.ACCEPTED, 0),
        (work.Told.SURELY_NOT, 1),
        (work.Told.MAYBE, 1),
        (work.Told.CRASHED, 0),
    ):
        result = work.Result(job, told=told, attempts=1)
        lines[work.SEND].add(result, effects, effects, [fates.Fate.CLEAN])
    line = lines[work.SEND]
    assert (line.lost, line.doubled, line.not_but_did, line.ok_but_not) == (2, 1, 1, 1)
    assert (line.crashed, line.unexplained, line.faulted) == (1, 1, 0)
    assert not any(chaos.criteria(lines).values())
    assert table.verdict(chaos.criteria(lines)) == 1
    assert capsys.readouterr().out.count("NOT MET") == 8
