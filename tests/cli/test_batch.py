"""``nim-async batch``: files in, files out, exit statuses."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from nim_async.batch import _input
from nim_async.cli import batch_show
from nim_async.emulator import Code, Drop
from tests.batch.test_journal import lines_of, marks_of
from tests.cli.conftest import SECRET, Run
from tests.cli.test_cli import start
from tests.needed import needed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nim_async.emulator import Emulator

pytestmark = pytest.mark.slow

CREATE = "/nimserver/chatroom/create.action"


def rooms(count: int) -> list[dict[str, Any]]:
    """Return rows of rooms."""
    return [
        {"op": "chatroom.create", "args": {"creator": "amy", "name": f"room {i}"}, "id": f"r-{i}"}
        for i in range(count)
    ]


def write(path: Path, rows: Sequence[dict[str, Any] | str]) -> str:
    """Write rows as lines, and return the name of the file."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return str(path)


@pytest.fixture(name="jobs")
def _jobs(tmp_path: Path) -> Path:
    """Return where the rows are to be."""
    return tmp_path / "jobs.jsonl"


@pytest.fixture(name="out")
def _out(tmp_path: Path) -> Path:
    """Return where the output is to be."""
    return tmp_path / "done.jsonl"


def test_all_done(emulator: Emulator, run: Run, jobs: Path, out: Path) -> None:
    """Each row is called and has a line; the summary is on stdout, the progress on stderr."""
    status, stdout, stderr = run("batch", write(jobs, rooms(30)), "--out", str(out))
    assert status == 0, stderr
    assert json.loads(stdout) == {
        "rows": 30, "done": 30, "failed": 0, "uncertain": 0, "resumed": 0, "failures": {}
    }  # fmt: skip
    assert stderr.startswith("batch    30 rows\n")
    assert "ended    30/30  done 30  failed 0  uncertain 0  in " in stderr
    lines = lines_of(out)
    assert {line["id"] for line in lines.values()} == {f"r-{i}" for i in range(30)}
    names = {room.name for room in emulator.rooms.values()}
    assert names == {line["result"]["name"] for line in lines.values()}
    for path in (out, out.with_name("done.jsonl.journal")):
        assert path.stat().st_mode & 0o777 == 0o600
        assert SECRET not in path.read_text("utf-8")
    calls = len(emulator.calls)
    status, stdout, _ = run("batch", str(jobs), "--out", str(out))
    assert (status, json.loads(stdout)["resumed"], len(emulator.calls)) == (0, 30, calls)


def test_malformed_rows_stop_nothing(emulator: Emulator, run: Run, jobs: Path, out: Path) -> None:
    """Each is reported with its line and what is wrong, and has a line of its own."""
    bad = [
        "no JSON",
        "[1, 2]",
        '{"op": "chatroom.creat", "args": {}, "id": 7}',
        '{"args": {}}',
        '{"op": "chatroom.create", "args": [1]}',
        '{"op": "chatroom.create", "arguments": {}}',
        '{"op": "chatroom.create", "args": {"creator": "amy", "nam": "x"}}',
        '{"op": "chatroom.get", "args": {"room_id": 1, "roomid": 1}}',
        '{"op": "chatroom.get", "args": {}, "id": [1]}',
        '{"op": "chatroom.create", "args": {"creator": "amy", "name": "' + "x" * 129 + '"}}',
        "[" * 100_000,
        "",
    ]
    status, stdout, stderr = run("batch", write(jobs, [*bad, *rooms(3)]), "--out", str(out))
    assert status == 1
    assert (json.loads(stdout)["done"], json.loads(stdout)["failed"]) == (3, 11)
    lines = lines_of(out)
    assert set(lines) == {*range(1, 12), 13, 14, 15}
    assert {lines[n]["status"] for n in range(1, 12)} == {"failed"}
    assert {lines[n]["error"]["type"] for n in range(1, 12)} == {"ParameterError"}
    assert lines[3]["id"] == 7
    assert "do you mean chatroom.create?" in lines[3]["error"]["text"]
    assert "do you mean name?" in lines[7]["error"]["text"]
    assert "line 1: row: a JSON object; given: no JSON" in stderr
    assert "line 6: row: op, args and id; given: 'arguments'; do you mean args?" in stderr
    assert len(emulator.rooms) == 3


def test_dry_run(emulator: Emulator, run: Run, jobs: Path, out: Path) -> None:
    """Every row is checked against the table; nothing is sent or written."""
    long = {"op": "chatroom.create", "args": {"creator": "amy", "name": "x" * 129}}
    unknown = {"op": "chatroom.create", "args": {"creator": "amy", "nam": "x"}}
    file = write(jobs, [*rooms(2), long, unknown, "no JSON"])
    status, stdout, stderr = run("batch", file, "--dry-run", "--out", str(out))
    assert (status, json.loads(stdout)) == (1, {"rows": 5, "good": 2, "bad": 3})
    assert "line 3: name: at most 128 characters; given: 129 characters" in stderr
    assert "line 4: arguments: names of the operation's parameters; given: 'nam'" in stderr
    assert "line 5: row: a JSON object" in stderr
    assert (emulator.calls, out.exists()) == ([], False)
    assert run("batch", write(jobs, rooms(2)), "--dry-run")[0] == 0


@pytest.mark.parametrize(
    ("rows", "arguments", "text"),
    [
        ([*rooms(3), rooms(1)[0]], [], 'ids come more than once: "r-0" on lines 1, 4'),
        (["no JSON", "[1]"], [], "the input has no row of an operation; its first"),
        (["op,creator"], [], "the input has no row of an operation"),
        (rooms(1), ["--format", "parquet"], "is no Parquet file"),
        (rooms(1), ["--format", "csv"], "has a column"),
        (["\0\0\0"], [], "is no text"),
        (rooms(1), ["--rate", "chatroom.create=fast"], "write NAME=CALLS/SECONDS"),
        (rooms(1), ["--rate", "chatroom.creat=1/1"], "do you mean chatroom.create"),
        (rooms(1), ["--op", "chatroom.creat"], "do you mean chatroom.create"),
        (rooms(1), ["--concurrency", "0"], "0 is not in the range"),
    ],
)
def test_refused_before_anything_is_sent(
    emulator: Emulator,
    run: Run,
    jobs: Path,
    out: Path,
    rows: list[dict[str, Any] | str],
    arguments: list[str],
    text: str,
) -> None:
    """Status 2, what is wrong on stderr, no files left behind."""
    status, stdout, stderr = run("batch", write(jobs, rows), "--out", str(out), *arguments)
    assert (status, stdout) == (2, "")
    assert text in stderr
    assert emulator.calls == []
    assert sorted(p.name for p in out.parent.iterdir()) == ["jobs.jsonl"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("edit done", "line 2 of the input is not the row that was there"),
        ("edit failed", "line 4 of the input is not the row that was there"),
        ("shorten", "line 5 of the input is missing"),
        ("other job", "is of another job: chatroom.get, not rows"),
        ("later version", "is of version 9, this library knows 1"),
        ("lose the journal", "is there, but not the journal beside it"),
        ("unwritable", "Is a directory"),
        ("onto itself", "the output is the input"),
    ],
)
def test_a_job_that_is_not_the_same(
    emulator: Emulator, run: Run, jobs: Path, out: Path, change: str, text: str
) -> None:
    """What does not belong together is refused, and nothing is sent."""
    emulator.faults.add(Code(403), path=CREATE, when=lambda r: b"room+3" in r.body)
    rows = rooms(5)
    assert run("batch", write(jobs, rows), "--out", str(out))[0] == 1
    side = out.with_name("done.jsonl.journal")
    header, _, marks = side.read_text("utf-8").partition("\n")
    if change.startswith("edit"):
        rows[1 if change == "edit done" else 3]["args"]["name"] = "another"
        write(jobs, rows)
    elif change == "shorten":
        write(jobs, rows[:-1])
    elif change == "lose the journal":
        side.unlink()
    elif change == "unwritable":
        out.unlink()
        out.mkdir()
    elif change == "onto itself":
        out = jobs
    else:
        members = json.loads(header)
        members |= {"job": "chatroom.get"} if change == "other job" else {"version": 9}
        side.write_text(f"{json.dumps(members)}\n{marks}", "utf-8")
    calls = len(emulator.calls)
    status, stdout, stderr = run("batch", str(jobs), "--out", str(out))
    assert (status, stdout, len(emulator.calls)) == (2, "", calls)
    assert text in stderr


def test_a_row_that_was_not_begun_is_no_other_row(
    emulator: Emulator, run: Run, jobs: Path, out: Path
) -> None:
    """The input is compared as a whole, also where nothing was sent; more rows are fine."""
    run("batch", write(jobs, rooms(5)), "--out", str(out))
    emulator.forget_request_ids()  # of the row that is taken back
    side = out.with_name("done.jsonl.journal")
    kept = out.read_bytes().splitlines(keepends=True)
    last = json.loads(kept[-1])["n"]
    out.write_bytes(b"".join(kept[:-1]))
    marks = [m for m in side.read_text("utf-8").splitlines() if not m.startswith(f"{last} ")]
    side.write_text("".join(f"{mark}\n" for mark in marks), "utf-8")
    rows = rooms(5)
    rows[last - 1]["args"]["name"] = "another"
    status, _, stderr = run("batch", write(jobs, rows), "--out", str(out))
    assert status == 2
    assert f"line {last} of the input is not the row that was there" in stderr
    status, stdout, _ = run("batch", write(jobs, rooms(7)), "--out", str(out))
    assert (status, json.loads(stdout)["resumed"], json.loads(stdout)["done"]) == (0, 4, 7)


def test_uncertain_rows(emulator: Emulator, run: Run, jobs: Path, out: Path) -> None:
    """They are told, left alone, and repeated where that is asked for."""
    emulator.faults.add(Drop(), path=CREATE, times=2)
    file = write(jobs, rooms(5))
    status, stdout, _ = run("batch", file, "--out", str(out))
    assert (status, json.loads(stdout)["uncertain"]) == (1, 2)
    status, stdout, _ = run("batch", file, "--out", str(out))
    assert (status, json.loads(stdout)["uncertain"], len(emulator.rooms)) == (1, 2, 3)
    status, stdout, _ = run("batch", file, "--out", str(out), "--uncertain", "repeat")
    assert (status, json.loads(stdout)["done"], len(emulator.rooms)) == (0, 5, 5)
    assert len(lines_of(out)) == 5


def test_retry_failed(emulator: Emulator, run: Run, jobs: Path, out: Path) -> None:
    """Rows with these codes are called again, the others are not."""
    emulator.faults.add(Code(403), path=CREATE, times=2)
    emulator.faults.add(Code(419), path=CREATE, times=1)
    file = write(jobs, rooms(5))
    status, stdout, _ = run("batch", file, "--out", str(out), "--concurrency", "1")
    assert (status, json.loads(stdout)["failures"]) == (1, {"403": 2, "419": 1})
    status, stdout, _ = run("batch", file, "--out", str(out), "--retry-failed", "403, 500")
    assert (status, json.loads(stdout)["failures"]) == (1, {"419": 1})
    status, stdout, _ = run("batch", file, "--out", str(out), "--retry-failed", "419")
    assert (status, len(emulator.rooms), len(lines_of(out))) == (0, 5, 5)


def test_csv(emulator: Emulator, run: Run, tmp_path: Path, out: Path) -> None:
    """Columns are parameters, typed by the table; empty cells are not sent; n is a line."""
    jobs = tmp_path / "jobs.csv"
    jobs.write_bytes(
        b"\xef\xbb\xbfop,id,creator,name,queuelevel,room_id,need_online_user_count,ext\r\n"
        b'chatroom.create,a,amy,"one, two", 1 ,,,"{""k"": 1}"\r\n'
        b'chatroom.create,b,amy,"line\nbreak",,,,\r\n'
        b"chatroom.get,c,,,,77,TRUE,\r\n"
        b"chatroom.get,d,amy,,,77,,\r\n"
        b"chatroom.get,e,,,,many,,\r\n"
        b"chatroom.get,f,,,,77,,,,,,\r\n"
        b"chatroom.get,g,,,\xff,77,,\r\n"
    )
    emulator.add_room("amy", "there", room_id=77)
    status, stdout, stderr = run("batch", str(jobs), "--out", str(out))
    assert (status, json.loads(stdout)["done"]) == (1, 3), stderr
    lines = lines_of(out)
    assert {n: line["id"] for n, line in lines.items()} == {
        2: "a", 3: "b", 5: "c", 6: "d", 7: "e", 8: None, 9: None
    }  # fmt: skip
    assert lines[2]["result"]["queue_level"] == 1
    assert lines[2]["result"]["ext"] == '{"k": 1}'
    assert lines[3]["result"]["name"] == "line\nbreak"
    assert lines[5]["result"]["online_user_count"] == 0
    assert "do you mean" in lines[6]["error"]["text"] or "creator" in lines[6]["error"]["text"]
    assert "8 columns; given: 12" in stderr
    assert "line 9: row: text in UTF-8; given: other bytes" in stderr


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("creator,name", "has no column 'op'"),
        ("op,op", "has two columns 'op'"),
        ("op,creatr", "has a column 'creatr', no parameter of any operation; do you mean creator?"),
        ('op,"creator', "is no CSV"),
    ],
)
def test_tables_that_cannot_be(run: Run, tmp_path: Path, out: Path, header: str, text: str) -> None:
    """A table with other columns is refused."""
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(f"{header}\nchatroom.create,amy\n", "utf-8")
    status, _, stderr = run("batch", str(jobs), "--dry-run", "--out", str(out))
    assert status == 2
    assert text in stderr


def test_parquet(emulator: Emulator, run: Run, tmp_path: Path, out: Path) -> None:
    """Rows of Parquet keep their types; its batches are read one by one."""
    pyarrow = needed("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    jobs = tmp_path / "jobs.parquet"
    count = 30
    table = pyarrow.table({
        "op": ["chatroom.create"] * count,
        "id": list(range(count)),
        "creator": ["amy"] * count,
        "name": [f"room {i}" for i in range(count)],
        "queue_level": [None, 1] * (count // 2),
    })  # fmt: skip
    parquet.write_table(table, jobs)
    status, stdout, stderr = run("batch", str(jobs), "--out", str(out))
    assert (status, json.loads(stdout)["done"]) == (0, count), stderr
    lines = lines_of(out)
    assert [lines[n]["id"] for n in range(1, count + 1)] == list(range(count))
    assert lines[2]["result"]["queue_level"] == 1
    assert len(emulator.rooms) == count
    jobs.write_bytes(jobs.read_bytes()[:-20])
    status, _, stderr = run("batch", str(jobs), "--out", str(out.with_name("other")))
    assert (status, "is no Parquet file" in stderr) == (2, True)


def test_a_column_of_another_type(run: Run, tmp_path: Path, out: Path) -> None:
    """A row of Parquet whose operation is no text is wrong by itself; the others go on."""
    pyarrow = needed("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    jobs = tmp_path / "jobs.parquet"
    rows = {"op": [["chatroom.get"], None], "room_id": [66, 67]}
    parquet.write_table(pyarrow.table(rows), jobs)
    args = ("--dry-run", "--op", "chatroom.get", "--out", str(out))
    status, stdout, stderr = run("batch", str(jobs), *args)
    assert (status, json.loads(stdout)) == (1, {"rows": 2, "good": 1, "bad": 1}), stderr
    assert "line 1: row: op, the name of an operation" in stderr


def test_parquet_needs_its_extra(
    run: Run, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without pyarrow there is a line that says what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    jobs = tmp_path / "jobs.parquet"
    jobs.write_bytes(b"PAR1")
    status, _, stderr = run("batch", str(jobs), "--dry-run", "--out", str(out))
    assert (status, 'pip install "nim-async[parquet]"' in stderr) == (2, True)


def test_one_operation_for_all(emulator: Emulator, run: Run, tmp_path: Path, out: Path) -> None:
    """``--op`` names the operation of rows that name none."""
    jobs = tmp_path / "jobs.csv"
    jobs.write_text("creator,name\namy,one\namy,two\n", "utf-8")
    status, _, stderr = run("batch", str(jobs), "--out", str(out), "--op", "chatroom.create")
    assert (status, len(emulator.rooms)) == (0, 2), stderr


def test_standard_input(emulator: Emulator, tmp_path: Path, out: Path) -> None:
    """``-`` reads a pipe, and goes on with the same rows another time."""
    text = "".join(f"{json.dumps(row)}\n" for row in rooms(10))
    for resumed in (0, 10):
        with start("batch", "-", "--out", str(out), cwd=tmp_path, stdin=subprocess.PIPE) as job:
            stdout, stderr = job.communicate(text)
        assert job.returncode == 0, stderr
        assert json.loads(stdout)["resumed"] == resumed
    assert len(emulator.rooms) == 10


def test_a_rate_of_ones_own(run: Run, emulator: Emulator, jobs: Path, out: Path) -> None:
    """``--rate`` takes the place of a documented limit."""
    del emulator
    command = ("batch", write(jobs, rooms(250)), "--out", str(out))
    status, _, stderr = run(*command, "--rate", "chatroom.create=100000/1")
    assert status == 0, stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_lets_rows_end(
    emulator: Emulator, jobs: Path, out: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """No more rows are begun, those under way get their lines, and the status is 3."""
    limit = "chatroom.create=20/1"
    command = ("batch", write(jobs, rooms(2000)), "--out", str(out), "--rate", limit)
    with start(*command, "--concurrency", "5", cwd=tmp_path) as job:
        while len(emulator.rooms) < 20:
            assert job.poll() is None
        job.send_signal(number)
        stdout, stderr = job.communicate()
    assert job.returncode == 3, stderr
    assert "no more rows are begun" in stderr
    lines = lines_of(out)
    assert 20 <= len(lines) < 2000
    assert json.loads(stdout)["done"] == len(lines) == len(emulator.rooms)
    begun = [mark for mark in marks_of(out) if not mark.startswith("=")]
    assert len(begun) == len(lines)


def test_the_second_signal_ends_at_once(
    emulator: Emulator, jobs: Path, out: Path, tmp_path: Path
) -> None:
    """Rows that wait for their turn were not begun, and nothing is uncertain afterwards."""
    limit = "chatroom.create=10/1000"
    file = write(jobs, rooms(50))
    with start("batch", file, "--out", str(out), "--rate", limit, cwd=tmp_path) as job:
        while not out.exists() or out.read_bytes().count(b"\n") < 10:
            assert job.poll() is None
        assert job.stderr is not None
        job.send_signal(signal.SIGINT)
        while "no more rows are begun" not in job.stderr.readline():
            assert job.poll() is None
        job.send_signal(signal.SIGINT)
        job.communicate()
    assert job.returncode == 3
    assert len(lines_of(out)) == 10
    with start(
        "batch", file, "--out", str(out), "--rate", "chatroom.create=9999/1", cwd=tmp_path
    ) as job:
        stdout, stderr = job.communicate()
    assert job.returncode == 0, stderr
    assert json.loads(stdout)["done"] == len(emulator.rooms) == 50


def test_full_disk(emulator: Emulator, jobs: Path, out: Path, tmp_path: Path) -> None:
    """Where a file may not grow any more, what is under way ends, and the status is 3."""
    file = write(jobs, rooms(500))
    program = (
        "import resource, sys; from nim_async.cli import main\n"
        "hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))\n"
        "sys.exit(main())"
    )
    command = [sys.executable, "-c", program, "batch", file, "--out", str(out)]
    ended = subprocess.run(  # noqa: S603  our own program
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 3, ended.stderr
    assert "stopped: cannot write done.jsonl: there is no room" in ended.stderr
    assert 0 < len(lines_of(out)) == len(emulator.rooms) < 500
    with start("batch", file, "--out", str(out), cwd=tmp_path) as job:
        _, stderr = job.communicate()
    assert job.returncode == 0, stderr
    assert len(lines_of(out)) == len(emulator.rooms) == 500


def test_on_a_terminal(emulator: Emulator, jobs: Path, out: Path, tmp_path: Path) -> None:
    """There is a bar with rate, counts by code and time left, in 80 columns."""
    emulator.faults.add(Code(403), path=CREATE, times=3)
    emulator.faults.add(Drop(), path=CREATE, times=2)
    controlling, terminal = pty.openpty()
    env = os.environ | {"COLUMNS": "80", "LINES": "24", "TERM": "xterm"}
    file = write(jobs, ["no JSON", *rooms(200)])
    with start("batch", file, "--out", str(out), cwd=tmp_path, stderr=terminal, env=env) as job:
        os.close(terminal)
        shown = b""
        try:
            while piece := os.read(controlling, 65536):
                shown += piece
        except OSError:  # the other end is closed
            pass
        job.communicate()
    os.close(controlling)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert "line 1: row: a JSON object" in text
    assert "201/201" in text
    assert "done 195  failed 4  uncertain 2  [" in text
    assert "403 3" in text
    assert max(len(line) for line in text.replace("\r", "\n").split("\n")) <= 80


def test_durations() -> None:
    """Two units at most."""
    assert [batch_show.duration(s) for s in (0.4, 59, 61, 3599, 3600, 90061)] == [
        "0 s", "59 s", "1 min 1 s", "59 min 59 s", "1 h 0 min", "25 h 1 min"
    ]  # fmt: skip


def test_lines_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """A line longer than any is one malformed row, and the next line is read."""
    monkeypatch.setattr(_input, "_LINE_BYTES", 100)
    file = write(tmp_path / "jobs.jsonl", ["x" * 1000, *rooms(1)])
    status, stdout, stderr = run("batch", file, "--dry-run")
    assert (status, json.loads(stdout)) == (1, {"rows": 2, "good": 1, "bad": 1})
    assert "line 1: row: at most 100 bytes; given: a longer line" in stderr
