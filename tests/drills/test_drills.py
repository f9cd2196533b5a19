"""That a drill notices a bad run; the drills themselves are programs, since they judge time too."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.tables import verdict
from nim_async.webhooks import Event, parse
from tests.drills import answers, batch_kills, callbacks, chaos, doubled, flat, storm, ways, work
from tests.drills.__main__ import DRILLS
from tests.drills.fates import Fate


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


def test_a_storm_that_leaves_something_is_noticed() -> None:
    """Each call that fails afterwards, each permit, socket and task that is left fails the run."""
    assert all(storm.criteria("tls", [storm.Left(cancelled=9)]).values())
    for part in ("failed", "permits", "sockets_kept", "sockets_left", "tasks"):
        left = storm.Left()
        setattr(left, part, 1)
        assert list(storm.criteria("tls", [storm.Left(), left]).values()).count(False) == 1


def test_answers_to_the_wrong_call_are_noticed() -> None:
    """One of them fails the run, and so do more failures than there were second answers."""
    good = Counter(right=90, DecodeError=10)
    assert all(doubled.criteria({"nim_async": good}, 100).values())
    for bad in (Counter(right=99, wrong=1), Counter(right=89, DecodeError=11)):
        assert list(doubled.criteria({"nim_async": bad}, 100).values()).count(False) == 1


def test_a_job_that_did_something_twice_is_noticed() -> None:
    """A message or a room that is there twice, a row without a line or with two: each fails."""
    rows = range(8)
    lines = [
        json.dumps({"n": i + 1, "id": i, "status": "done" if i != 3 else "uncertain"}).encode()
        for i in rows
    ]
    messages, rooms = {"m-0": 1, "m-4": 1}, {"c-3": 1, "c-7": 1}

    def failed(lines: list[bytes], messages: dict[str, int], rooms: dict[str, int]) -> int:
        records = batch_kills.Records(messages=messages, rooms=rooms, processed=8, refused=0)
        return list(batch_kills.criteria(8, lines, records, 1).values()).count(False)

    assert not failed(lines, messages, rooms)
    assert failed(lines, messages | {"m-0": 2}, rooms) == 1
    assert failed(lines, messages, rooms | {"c-7": 2}) == 1
    assert failed(lines, messages, {"c-3": 1}) == 1
    assert failed([*lines, lines[0]], messages, rooms) == 1
    wrong = lines[0].replace(b"done", b"failed")
    assert failed([wrong, *lines[1:]], messages, rooms) == 1


def test_ways_are_chosen_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Several times or with commas; all of them when none is named; an unknown one is refused."""
    parser = ArgumentParser()
    ways.add_option(parser)

    def chosen(*arguments: str) -> list[str]:
        return ways.chosen(parser.parse_args(arguments).way)

    assert chosen() == list(ways.WAYS)
    assert chosen("--way", "tls,trio", "--way", "proxy", "--way", "tls") == ["tls", "trio", "proxy"]
    with pytest.raises(SystemExit):
        chosen("--way", "tls,carrier-pigeon")
    assert "no way is named carrier-pigeon; there is asyncio, " in capsys.readouterr().err


def test_webhooks_of_any_bytes() -> None:
    """The drill of webhooks, which bounds no time, meets its criteria at a quick size."""
    outcome = callbacks.run(3000, seed=7)
    assert not outcome.crashes
    assert all(callbacks.criteria(outcome).values())


def test_a_crash_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another exception, a forgery that is believed and a refused object each fail the drill."""

    def crash(_: object) -> None:
        raise KeyError("a mistake")

    def believe(_: object, body: bytes, *__: object, **___: object) -> Event:
        return parse(body)

    with monkeypatch.context() as patched:
        patched.setattr(callbacks, "look", crash)
        assert callbacks.run(300, seed=7).crashes
    with monkeypatch.context() as patched:
        patched.setattr(callbacks, "unwrap", believe)
        assert callbacks.run(300, seed=7).believed
    with monkeypatch.context() as patched:
        patched.setattr(callbacks, "is_object", bool)
        assert callbacks.run(300, seed=7).objects_refused


def test_a_bot_that_grows_is_noticed() -> None:
    """Memory that grows after all is warm fails the drill; until then it may grow."""
    assert all(flat.criteria([10, 20, 30, 40, *[41] * 6]).values())
    assert not all(flat.criteria([10, 20, 30, 40, *range(41, 47)]).values())


def test_what_a_room_must_hear_is_known() -> None:
    """Doubled events are sent, and expected once, in the order of their room."""
    lanes = answers.load(1000, 100)
    assert sum(map(len, lanes)) == 1100
    wanted = answers.in_order(lanes)
    assert wanted == {1 + room: list(range(room, 1000, 100)) for room in range(100)}
