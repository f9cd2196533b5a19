"""That a drill notices a bad run; the drills themselves are programs, since they judge time too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.tables import verdict
from tests.drills import chaos, work
from tests.drills.__main__ import DRILLS
from tests.drills.fates import Fate

if TYPE_CHECKING:
    import pytest


def test_every_drill_is_run() -> None:
    """Each program of the folder that gives a verdict is among those that are run together."""
    programs = {
        path.stem
        for path in Path(__file__).parent.glob("*.py")
        if path.stem != "test_drills" and re.search(r"\bverdict\(", path.read_text("utf-8"))
    }
    assert {program for program, *_ in DRILLS.values()} == programs


def test_criteria_notice_a_bad_run(capsys: pytest.CaptureFixture[str]) -> None:
    """A call lost, doubled or told wrongly fails the run."""
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
        lines[work.SEND].add(result, effects, effects, [Fate.CLEAN])
    line = lines[work.SEND]
    assert (line.lost, line.doubled, line.not_but_did, line.ok_but_not) == (2, 1, 1, 1)
    assert (line.crashed, line.unexplained, line.faulted) == (1, 1, 0)
    assert not any(chaos.criteria(lines).values())
    assert verdict(chaos.criteria(lines)) == 1
    assert capsys.readouterr().out.count("NOT MET") == 8
