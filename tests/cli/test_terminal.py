"""The command line on terminals of any encoding, on outputs that take no more, and its JSON."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from nim_async import OPERATIONS
from nim_async.cli import main, terminal
from nim_async.emulator import Code, Emulator, Garbage

if TYPE_CHECKING:
    from tests.cli.conftest import Run

ROOM = '{"code":200,"chatroom":{"roomid":66,"valid":true,"name":"%s","creator":"amy"}}'
NAME = "茶馆 🎉 é €"
STEERING = "\x1b[31m\x07\x7f\x9b\u061c\u200e\u200f\u202e\u2066"
FULL = Path("/dev/full")


class Streams:
    """Standard output and error with an encoding."""

    def __init__(self, patch: pytest.MonkeyPatch, encoding: str, *, errors: str = "strict") -> None:
        """Take the place of the streams of this process."""
        self._raw = io.BytesIO(), io.BytesIO()
        self._encoding = encoding
        for name, raw in zip(("stdout", "stderr"), self._raw, strict=True):
            patch.setattr(sys, name, io.TextIOWrapper(raw, encoding, errors))

    def texts(self) -> tuple[str, str]:
        """Return what was written; it is in the encoding and nothing else."""
        out, err = (raw.getvalue().decode(self._encoding) for raw in self._raw)
        return out, err


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "coloured"])
@pytest.mark.parametrize("encoding", ["gbk", "cp1252", "cp437", "ascii"])
@pytest.mark.parametrize(
    ("args", "status"),
    [
        ("call chatroom.get room_id=66", 0),
        ("operations", 0),
        ("operations chatroom.send_msg", 0),
        ("--help", 0),
        ("call --help", 0),
        ("operations --help", 0),
        ("demo --help", 0),
        ("emulator --help", 0),
        ("茶", 2),
        ("call 茶🎉", 2),
        ("call /nimserver/茶", 2),
        ("call chatroom.create creator=🎉 nme=é", 2),
        ("operations 🎉", 2),
    ],
)
def test_any_encoding(
    args: str,
    status: int,
    encoding: str,
    colour: bool,  # noqa: FBT001
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No command fails because a terminal lacks a character, and all is in its encoding."""
    emulator.faults.add(Garbage((ROOM % NAME).encode()))
    if colour:
        monkeypatch.setenv("FORCE_COLOR", "1")
    streams = Streams(monkeypatch, encoding)
    assert main(args.split()) == status
    out, err = streams.texts()
    assert (out if status == 0 else err).strip()
    if args.startswith("call chatroom.get"):
        assert json.loads(out)["name"] == NAME


def test_the_demo_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo comes to its end on a terminal that knows no Chinese."""
    streams = Streams(monkeypatch, "ascii")
    assert main(["demo"]) == 0
    out, _ = streams.texts()
    assert "\\u804a" in out
    assert f" of {len(OPERATIONS)} operations" in out


def test_replies_cannot_steer_the_terminal(emulator: Emulator, run: Run) -> None:
    """Control characters and those that turn the direction come out escaped, in valid JSON."""
    written = json.dumps(STEERING, ensure_ascii=False)[1:-1]
    emulator.faults.add(Garbage((ROOM % written).encode()))
    status, out, err = run("call", "chatroom.get", "room_id=66")
    assert (status, err) == (0, "")
    assert not set(STEERING) - set("[31m") & set(out)
    assert json.loads(out)["name"] == STEERING


def test_errors_cannot_steer_the_terminal(emulator: Emulator, run: Run) -> None:
    """Neither the text of a refusal nor an argument that is shown again reaches it as it is."""
    emulator.faults.add(Code(414, f"bad{STEERING}bad"))
    status, out, refused = run("call", "chatroom.get", "room_id=66")
    assert (status, out) == (1, "")
    terminal.say(STEERING)
    _, _, prose = run("operations", f"--x{STEERING}")
    _, _, shown = run("call", "chatroom.get", f"room_id={STEERING}")
    for text in (refused, prose, shown):
        assert not set(STEERING) - set("[31m") & set(text)
    assert prose.startswith("\\u001b[31m\\u0007\\u007f\\u009b\\u061c")


def refuse(name: str) -> NoReturn:
    """Refuse what Python takes for JSON and nobody else does."""
    raise AssertionError(name)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("1e999", "1e999"),
        ("-1e999", "-1e999"),
        ("19933688932870350000", "19933688932870350000"),
        ("9007199254740993", "9007199254740993"),
        ("1" * 400, "1" * 400),
        ('"Infinity NaN \\" -Infinity"', '"Infinity NaN \\" -Infinity"'),
    ],
    ids=["beyond", "below", "65 bits", "54 bits", "400 digits", "a text"],
)
def test_numbers_in_replies(written: str, shown: str, emulator: Emulator, run: Run) -> None:
    """Numbers of any size are printed as JSON, with the value they came with."""
    emulator.faults.add(Garbage(f'{{"code":200,"x":{written}}}'.encode()))
    status, out, _ = run("call", "/nimserver/user/x.action")
    assert status == 0
    assert f'"x": {shown}\n' in out
    assert json.loads(out, parse_constant=refuse)["x"] == json.loads(written)


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "01", "1" * 5000])
def test_what_is_no_number(written: str, emulator: Emulator, run: Run) -> None:
    """A reply that is no JSON, or has a number that none can hold, is told as such."""
    emulator.faults.add(Garbage(f'{{"code":200,"x":{written}}}'.encode()))
    status, out, err = run("call", "/nimserver/user/x.action")
    assert (status, out) == (1, "")
    assert "not JSON" in err


def test_json_has_no_nan(capsys: pytest.CaptureFixture[str]) -> None:
    """What JSON has no word for is null."""
    terminal.write_json([float("nan"), float("inf"), 1.5])
    assert capsys.readouterr().out == "[null,1e999,1.5]\n"


def test_half_of_a_surrogate_pair(capsys: pytest.CaptureFixture[str]) -> None:
    """What no encoding holds is escaped."""
    terminal.write_json(["\ud83c"])
    assert capsys.readouterr().out == '["\\ud83c"]\n'


def test_byte_order_mark(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """The mark that some editors put before a text is no part of a value."""
    (tmp_path / "name.txt").write_text("茶\r\n", "utf-8-sig")
    status, _, _ = run("call", "chatroom.create", "creator=amy", f"name=@{tmp_path}/name.txt")
    assert status == 0
    assert emulator.calls[-1].form["name"] == "茶"


@pytest.mark.slow
def test_arguments_beyond_the_locale(emulator: Emulator, tmp_path: Path) -> None:
    """Arguments are UTF-8 where the locale knows ASCII only."""
    environment = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    ended = started("call", "chatroom.create", "creator=amy", "name=茶", tmp_path, environment)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert emulator.calls[-1].form["name"] == "茶"
    bad = started("call", "chatroom.create", "creator=amy", b"name=\xff", tmp_path, environment)
    assert bad.returncode == 2
    assert b"is no text in UTF-8" in bad.stderr


def started(*args: Any, stdout: Any = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a process of its own; a directory and an environment come last."""
    *words, cwd, environment = args
    return subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "nim_async", *words],
        cwd=cwd,
        env=os.environ | environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("args", [["operations"], ["--help"], ["demo"], ["demo", "--json"]])
def test_a_full_output(args: list[str], tmp_path: Path) -> None:
    """An output without room ends the program with status 3 and one line."""
    with FULL.open("wb") as full:
        ended = started(*args, tmp_path, {}, stdout=full)
    assert ended.returncode == 3
    assert ended.stderr == b"Error: cannot write: No space left on device\n"


@pytest.mark.slow
@pytest.mark.parametrize("args", [["operations"], ["--help"], ["demo"]])
def test_a_reader_that_went_away(args: list[str], tmp_path: Path) -> None:
    """A pipe that nobody reads ends the program with status 3 and without a word."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = started(*args, tmp_path, {}, stdout=writer)
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (3, b"")


@pytest.mark.parametrize(
    "args", [["operations"], ["--help"], ["--version"], ["call", "--help"], ["-h"]]
)
def test_no_stdout(args: list[str], run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a stdout there is no result to print, nor help."""
    assert run(*args)[0] == 0
    monkeypatch.setattr(sys, "stdout", None)
    assert main(args) == 3


def test_no_stderr(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a stderr there is nothing to say."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", None)
        status, out, _ = run("operations")
    assert status == 0
    first = next(iter(OPERATIONS.values()))
    assert json.loads(out.splitlines()[0])["name"] == first.qualified_name


def test_other_errors_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only an output that takes no more ends the program in silence."""

    def fail() -> bool:
        raise FileNotFoundError(2, "a bug")

    monkeypatch.setattr("nim_async.cli.operations.is_terminal", fail)
    with pytest.raises(FileNotFoundError, match="a bug"):
        main(["operations"])
