"""The demo: what it calls, what it shows, and that it notices what goes wrong."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from nim_async import OPERATIONS, DecodeError, NotFound, PermissionDenied
from nim_async._core.operation import implements
from nim_async.cli import main
from nim_async.cli.demo import scenes as scenes_module
from nim_async.cli.demo.show import Log, Terminal
from nim_async.cli.demo.walk import (
    Act,
    Astray,
    Ending,
    Event,
    Heading,
    Opening,
    Step,
    Summary,
    Walk,
)
from nim_async.errors import api_error
from nim_async.observe import CallFinished
from tests.cli.test_cli import on_terminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from nim_async.cli.demo.stage import Stage

pytestmark = pytest.mark.slow

NAMES = {operation.qualified_name for operation in OPERATIONS.values()}
TUTORIAL = {o.qualified_name for o in OPERATIONS.values() if o.in_tutorial}
WORDS = ("start", "section", "act", "ok", "refused", "summary")
CHANGING = re.compile(r"\d+\.\d+ m?s|[0-9a-f]{16,}|\d[\d.]{3,}")


def demo(*args: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the demo in a process of its own, its output piped."""
    return subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "nim_async", "demo", *args],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(name="log", scope="module")
def _log(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """Run the demo once for several tests."""
    return demo(cwd=tmp_path_factory.mktemp("demo"))


@pytest.fixture(name="events", scope="module")
def _events(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Run the demo once for several tests, and read its lines as JSON."""
    ended = demo("--json", cwd=tmp_path_factory.mktemp("demo"))
    assert (ended.returncode, ended.stderr) == (0, "")
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_every_operation_is_shown(log: subprocess.CompletedProcess[str]) -> None:
    """Piped, the demo shows the operations of the tutorial on plain lines, and ends well."""
    lines = log.stdout.splitlines()
    assert (log.returncode, log.stderr) == (0, ""), log.stdout
    assert {line.split()[0] for line in lines} == set(WORDS)
    assert {line.split()[1] for line in lines if line.startswith("ok ")} >= TUTORIAL
    assert re.match(rf"summary  \d+ of {len(OPERATIONS)} operations, ", lines[-1])
    assert ", 0 unexpected, " in lines[-1]
    assert "\x1b" not in log.stdout


def test_columns_line_up(log: subprocess.CompletedProcess[str]) -> None:
    """Piped, calls have one layout, counted in columns of a terminal."""
    calls = [line for line in log.stdout.splitlines() if line.startswith(("ok ", "refused "))]
    assert {line.index(" ms  ") for line in calls} == {calls[0].index(" ms  ")}


def test_runs_are_alike(log: subprocess.CompletedProcess[str], tmp_path: Path) -> None:
    """Two runs differ in times and ids alone."""
    first, second = (
        [" ".join(CHANGING.sub("#", line).split()) for line in text.splitlines()]
        for text in (log.stdout, demo(cwd=tmp_path).stdout)
    )
    assert first == second


def test_no_colour_can_be_forced_into_a_log(tmp_path: Path) -> None:
    """Wishes for colour in the environment do not put control codes into a file."""
    assert "\x1b" not in demo(cwd=tmp_path, FORCE_COLOR="1", COLORTERM="truecolor").stdout


def test_json_lines(events: list[dict[str, Any]]) -> None:
    """With --json each line is an object, and the last one is the score."""
    calls = [event for event in events if event["event"] == "call"]
    score = events[-1]
    assert events[0]["event"] == "start"
    assert {call["operation"] for call in calls if call["outcome"] == "ok"} >= TUTORIAL
    assert score["event"] == "summary"
    assert (score["operations"], score["failed"]) == (len(OPERATIONS), 0)
    assert not TUTORIAL & set(score["missed"])
    assert score["refused"] == sum(call["outcome"] == "refused" for call in calls)


@pytest.mark.parametrize(
    ("operation", "answered"),
    [
        ("chatroom.create", "414 ParameterError, not sent: name: at most 128 characters"),
        ("chatroom.get", "404 NotFound: "),
        ("chatroom.set_member_role", "403 PermissionDenied: "),
        ("chatroom.toggle_close_stat", "417 Duplicate: "),
        ("chatroom.send_msg", "13002 ApiError: "),
        ("chatroom.send_msg", "13004 PermissionDenied: "),
        ("chatroom.get", "414 AuthenticationError: "),
    ],
)
def test_errors_on_purpose(operation: str, answered: str, events: list[dict[str, Any]]) -> None:
    """The errors a user will meet are among those that are shown as expected."""
    refused = [event for event in events if event.get("outcome") == "refused"]
    found = [r for r in refused if r["operation"] == operation]
    assert any(r["answered"].startswith(answered) for r in found)


def test_proxies_are_passed_by(tmp_path: Path) -> None:
    """A proxy in the environment does not come between the demo and its emulator."""
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    assert demo(cwd=tmp_path, **proxies).returncode == 0


@pytest.mark.parametrize("columns", [60, 80, 160])
def test_on_a_terminal(columns: int, tmp_path: Path) -> None:
    """On a terminal lines are coloured and each call fits into one."""
    status, lines = on_terminal("demo", cwd=tmp_path, columns=columns)
    assert status == 0
    plain = [Text.from_ansi(line).plain for line in lines]
    calls = [line for line in plain if line.startswith((" ✓ ", " ! ")) and line.endswith(" ms")]
    assert len(calls) > len(OPERATIONS)
    assert {cell_len(line) for line in calls} == {columns}
    assert any("\x1b[" in line for line in lines)


def test_status_tells_of_a_missed_operation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When an operation is not called the status is 1, and the operation is named."""

    async def nothing(*_: object) -> None:
        """Leave the scene out."""

    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.setattr(scenes_module, "statistics", nothing)
    assert main(["demo"]) == 1
    missed = capsys.readouterr().out.splitlines()[-1].partition("; missed: ")[2]
    assert "stats.chatroom_topn" in missed.split(", ")
    assert os.environ["NO_PROXY"] == "example.com"


def test_walk_ends_where_the_rest_cannot_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failure that later scenes need is told, and ends the walk with status 1."""
    monkeypatch.setattr(scenes_module, "OWNER", "")
    assert main(["demo"]) == 1
    shown = capsys.readouterr().out
    assert "\nfailed   chatroom.create " in shown
    assert "so the walk ends" in shown


def test_people_turned_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When somebody cannot enter who should, that is told and the status is 1."""

    async def nobody_enters(stage: Stage, _: int) -> None:
        stage.enter(1, "amy", "WEB")

    monkeypatch.setattr(scenes_module, "people", nobody_enters)
    assert main(["demo"]) == 1
    assert "turned a client program away: 404 " in capsys.readouterr().out


def test_stopped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends the walk with status 3 and without a summary."""

    async def press_ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(scenes_module, "people", press_ctrl_c)
    assert main(["demo"]) == 3
    captured = capsys.readouterr()
    assert "summary" not in captured.out
    assert captured.err == ""


# the walk


class Room:
    """A namespace with calls of every outcome."""

    @implements(OPERATIONS["/nimserver/chatroom/get.action"])
    async def get(self, *, room_id: int) -> str:
        """Answer."""
        return f"room {room_id}"

    @implements(OPERATIONS["/nimserver/chatroom/update.action"])
    async def lose(self) -> None:
        """Find nothing."""
        raise api_error(404, "not here").located(endpoint="http://127.0.0.1")

    @implements(OPERATIONS["/nimserver/chatroom/queueList.action"])
    async def garble(self) -> None:
        """Answer what cannot be read."""
        raise DecodeError(["$: not JSON"], raw=b"")

    async def each(self, *, limit: int) -> AsyncIterator[int]:
        """Go through numbers."""
        for number in range(limit):
            yield number


def steps(events: list[Event]) -> list[tuple[str, str, Ending]]:
    """Return what was told of calls."""
    found = [event for event in events if isinstance(event, Step)]
    return [(step.operation, step.answered, step.ending) for step in found]


async def test_step_as_expected() -> None:
    """A call is told with its name, and the words it comes with are compared."""
    events: list[Event] = []
    walk = Walk(events.append)
    got = walk.ask(Room().get, room_id=1)
    assert await got.tells(str) == "room 1"
    await got.tells(str, "room 1")
    await got.tells(str, "room 2")
    await walk.gather("room.each", Room().each, limit=3).tells(lambda found: f"{len(found)}", "3")
    assert steps(events) == [
        ("chatroom.get", "room 1", Ending.OK),
        ("chatroom.get", "room 1", Ending.OK),
        ("chatroom.get", "room 1, expected: room 2", Ending.FAILED),
        ("room.each", "3", Ending.OK),
    ]
    assert not walk.summary().good


async def test_step_refused() -> None:
    """Only the class and code that were meant count as expected."""
    events: list[Event] = []
    walk = Walk(events.append)
    await walk.ask(Room().lose).refused(NotFound, 404)
    await walk.ask(Room().lose).refused(PermissionDenied, 403)
    await walk.ask(Room().lose).refused(NotFound, 804)
    await walk.ask(Room().garble).refused(NotFound, 404)
    await walk.ask(Room().get, room_id=1).refused(NotFound, 404)
    assert steps(events) == [
        ("chatroom.update", "404 NotFound: not here", Ending.REFUSED),
        ("chatroom.update", "404 NotFound: not here", Ending.FAILED),
        ("chatroom.update", "404 NotFound: not here", Ending.FAILED),
        ("chatroom.queue_list", "DecodeError: $: not JSON", Ending.FAILED),
        ("chatroom.get", "no error, expected: NotFound 404", Ending.FAILED),
    ]


async def test_step_failed() -> None:
    """A call whose result is needed ends the walk when it fails."""
    events: list[Event] = []
    with pytest.raises(Astray):
        await Walk(events.append).ask(Room().lose).done()
    assert steps(events) == [("chatroom.update", "404 NotFound: not here", Ending.FAILED)]


def test_summary() -> None:
    """Operations count as called once they succeeded."""

    def finished(outcome: str) -> CallFinished:
        return CallFinished(
            call_id="c",
            operation="chatroom.get",
            trace_id="t",
            endpoint=None,
            attempts=1,
            seconds=0.1,
            outcome=outcome,
            error=None,
        )

    walk = Walk(lambda _: None)
    walk(finished("NotFound"))
    assert "chatroom.get" in walk.summary().missed
    walk(finished("ok"))
    summary = walk.summary()
    assert "chatroom.get" not in summary.missed
    assert (summary.calls, len(summary.missed)) == (2, len(OPERATIONS) - 1)


# the looks


EVENTS: list[Event] = [
    Opening(base_url="http://127.0.0.1:1/nimserver", operations=42),
    Heading(title="Rooms", chinese="聊天室"),
    Act("amy enters"),
    Step(
        operation="chatroom.get",
        asked="茶" * 80,
        answered="茶" * 80,
        seconds=0.0123,
        ending=Ending.FAILED,
    ),
    Summary(operations=42, missed=("chatroom.get",), calls=1, refused=0, failed=1, seconds=1),
]


def test_failures_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    """What failed and what was missed can be searched for."""
    log = Log()
    for event in EVENTS:
        log(event)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "act      amy enters"
    assert lines[3].startswith("failed   chatroom.get ")
    assert lines[4].endswith(
        "41 of 42 operations, 1 calls, 0 expected errors, 1 unexpected, "
        "1.00 s; missed: chatroom.get"
    )


@pytest.mark.parametrize("columns", [30, 80, 140])
def test_wide_characters_on_a_terminal(columns: int) -> None:
    """Chinese text is cut by its width, and failures are named."""
    console = Console(width=columns, force_terminal=True, highlight=False, color_system=None)
    with console.capture() as captured:
        show = Terminal(console)
        for event in EVENTS:
            show(event)
    lines = captured.get().splitlines()
    failed = next(line for line in lines if line.startswith(" ✗ "))
    assert cell_len(failed) == columns
    assert "…" in failed
    assert any("missed: chatroom.get" in line for line in lines)


def test_marks_of_a_terminal_without_unicode() -> None:
    """A terminal that knows ASCII alone gets marks it can show."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
    console = Console(file=stream, width=80, force_terminal=True, color_system=None)
    Terminal(console)(EVENTS[3])
    stream.flush()
    stream.seek(0)
    assert stream.read().startswith(" x get ")
