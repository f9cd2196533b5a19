"""The command line: streams, exit statuses, and what goes over the wire."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from operator import attrgetter
from pkgutil import walk_packages
from queue import Queue
from threading import Event, Thread
from typing import TYPE_CHECKING

import anyio
import pytest
from click.testing import CliRunner

import nim_async
from nim_async import OPERATIONS, NimClient, NotFound, Text
from nim_async import cli as package
from nim_async._core.operation import operation_of
from nim_async.cli import cli
from nim_async.cli.common import method_of
from nim_async.emulator import Act, Drop, Emulator, Ending, Garbage
from nim_async.webhooks import MessageEvent, unwrap
from tests.cli.conftest import SECRET, Run

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.slow

CREATE = "/nimserver/chatroom/create.action"


@contextmanager
def start(
    *args: str,
    cwd: Path,
    stdin: int | None = None,
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
    env: Mapping[str, str] | None = None,
) -> Generator[subprocess.Popen[str]]:
    """Start the program in a process of its own, which a failed test does not leave behind."""
    # Where the tests run in the background, SIGINT may be ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-m", "nim_async", *args],
        cwd=cwd,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=env,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


# the program as a whole


def test_version_and_help() -> None:
    """The version and every command with a line of help are shown on request."""
    runner = CliRunner()
    assert runner.invoke(cli, ["--version"]).output.startswith("nim-async, version ")
    shown = runner.invoke(cli, ["--help"])
    assert shown.exit_code == 0
    for command in ("demo", "call", "operations", "emulator", "bot", "wechat-domains"):
        assert f"\n  {command} " in shown.output
        assert runner.invoke(cli, [command, "--help"]).exit_code == 0


def test_unknown_command(run: Run) -> None:
    """A command that is not there is wrong usage."""
    status, out, err = run("nope")
    assert (status, out) == (2, "")
    assert "No such command 'nope'" in err


def test_commands_do_not_hide_their_modules() -> None:
    """Each module of the command line can be reached by its name, the commands beside it."""
    for module in walk_packages(package.__path__, "nim_async.cli."):
        found = import_module(module.name)
        assert attrgetter(module.name.removeprefix("nim_async."))(nim_async) is found


def test_the_emulator_is_loaded_when_needed(tmp_path: Path) -> None:
    """Commands that need no emulator do not pay for it."""
    program = "import sys, nim_async.cli; assert 'nim_async.emulator' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)  # noqa: S603


@pytest.mark.parametrize("name", ["click", "rich"])
def test_missing_extra(name: str, tmp_path: Path) -> None:
    """Without the extra there is one line that says what to install, and status 2."""
    program = (
        f"import sys; sys.modules[{name!r}] = None\n"
        "from nim_async.__main__ import main; sys.exit(main())"
    )
    ended = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == f'nim-async needs {name}: pip install "nim-async[cli]"\n'


def test_uvicorn_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs the emulator's server says so when it is missing."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    for command in ("demo", "emulator"):
        status, out, err = run(command)
        assert (status, out) == (2, "")
        assert "the emulator needs uvicorn" in err


def test_nobody_reads(tmp_path: Path) -> None:
    """A reader that goes away is no reason for a traceback."""
    for command in ("operations", "demo"):
        with start(command, cwd=tmp_path) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.close()
            said = process.stderr.read()
        assert "Traceback" not in said
        assert "BrokenPipe" not in said


# operations


def test_operations_as_json(run: Run) -> None:
    """Piped, the table is one JSON object a line, and its totals are prose."""
    status, out, err = run("operations")
    listed = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [o["path"] for o in listed] == list(OPERATIONS)
    assert sum(o["in_tutorial"] for o in listed) == 23
    assert err == f"{len(OPERATIONS)} operations, 23 on the tutorial page\n"
    (get,) = (o for o in listed if o["name"] == "chatroom.get")
    assert get["name"] == "chatroom.get"
    assert get["idempotency"] == "read"
    assert get["params"] == ["room_id", "need_online_user_count"]
    assert get["required"] == ["room_id"]


def on_terminal(*args: str, cwd: Path, columns: int) -> tuple[int, list[str]]:
    """Run the program on a terminal, and return its exit status and what it showed."""
    leader, follower = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "LINES"}}
    environment |= {"COLUMNS": str(columns), "TERM": "xterm-256color"}
    with start(
        *args, cwd=cwd, stdout=follower, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        os.close(follower)
        shown = bytearray()
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # how Linux says that the other side is closed
                break
            if not part:
                break
            shown += part
    os.close(leader)
    return process.returncode, shown.decode().splitlines()


def test_operations_on_a_terminal(tmp_path: Path) -> None:
    """On a terminal the table is for people; --json keeps it for programs."""
    status, lines = on_terminal("operations", cwd=tmp_path, columns=80)
    assert status == 0
    assert len(lines) == 1 + len(OPERATIONS)
    assert "\x1b[" in lines[0]
    status, lines = on_terminal("operations", "--json", cwd=tmp_path, columns=80)
    assert status == 0
    assert [json.loads(line)["path"] for line in lines] == list(OPERATIONS)


# call


def test_call_prints_the_reply(emulator: Emulator, run: Run) -> None:
    """A reply is JSON with Python's names on stdout, and nothing else is printed."""
    status, out, err = run("call", "chatroom.create", "creator=amy", "name=一盏茶")
    reply = json.loads(out)
    assert (status, err) == (0, "")
    assert reply["room_id"] in emulator.rooms
    assert reply["queue_level"] == 0
    assert "一盏茶" in out
    assert "extra" not in reply


def test_call_by_either_name(emulator: Emulator, run: Run) -> None:
    """Parameters go by their Python names and by those of the wire."""
    emulator_room = create(run)
    for key in ("room_id", "roomid"):
        assert run("call", "chatroom.get", f"{key}={emulator_room}")[0] == 0
        assert emulator.calls[-1].form == {"roomid": str(emulator_room)}


def create(run: Run) -> int:
    """Make a room and return its id."""
    return int(json.loads(run("call", "chatroom.create", "creator=amy", "name=tea")[1])["room_id"])


def test_call_values(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """Text, JSON text, numbers and booleans arrive as they were meant."""
    room_id = create(run)
    notice = tmp_path / "notice.txt"
    notice.write_text("line one\nline two\n", encoding="utf-8")
    given = [f"room_id={room_id}", f"announcement=@{notice}", "ext=@@home", "need_notify=FALSE"]
    assert run("call", "chatroom.update", *given)[0] == 0
    assert emulator.calls[-1].form == {
        "roomid": str(room_id),
        "announcement": "line one\nline two",
        "ext": "@home",
        "needNotify": "false",
    }
    assert run("call", "chatroom.query_members", f"roomid={room_id}", 'accids=["amy"]')[0] == 0
    assert emulator.calls[-1].form["accids"] == '["amy"]'
    said = ["from_accid=amy", "msg_type=0", "attach=a=b", "loc_x=1.5", "loc_y=2", "loc_z=3"]
    run("call", "chatroom.send_msg", f"room_id={room_id}", *said)
    form = emulator.calls[-1].form
    assert (form["attach"], form["locX"]) == ("a=b", "1.5")


def test_call_value_from_stdin(emulator: Emulator, tmp_path: Path) -> None:
    """@- takes a value from standard input."""
    args = ("call", "chatroom.create", "creator=amy", "name=@-")
    with start(*args, cwd=tmp_path, stdin=subprocess.PIPE) as process:
        assert process.communicate("茶\n")[1] == ""
    assert process.returncode == 0
    assert emulator.calls[-1].form["name"] == "茶"


def test_call_any_path(emulator: Emulator, run: Run) -> None:
    """A path is called with wire names and its whole reply is shown."""
    create(run)
    path = "/nimserver/chatroom/queryUserRoomIds.action"
    status, out, err = run("call", path, "creator=amy")
    assert (status, err) == (0, "")
    assert json.loads(out)["code"] == 200
    assert emulator.calls[-1].form == {"creator": "amy"}


def test_call_options(emulator: Emulator, run: Run) -> None:
    """The trace id is sent, and what is not validated here is refused by the service."""
    status, out, err = run(
        *("call", "chatroom.create", "creator=amy", f"name={'x' * 129}"),
        *("--no-validate", "--trace-id", "ticket-1", "--timeout", "9", "--deadline", "20"),
    )
    assert (status, out) == (1, "")
    assert emulator.calls[-1].request_id == "ticket-1"
    assert "chatroom.create: 414 " in err
    assert "[trace ticket-1]" in err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["chatroom.gett", "room_id=1"], "do you mean chatroom.get"),
        (["create", "creator=a"], "do you mean chatroom.create or user.create?"),
        (["zzz"], "see nim-async operations"),
        (["chatroom.get", "roomm_id=1"], "do you mean room_id?"),
        (["chatroom.get", "xyz=1"], "it takes room_id, need_online_user_count"),
        (["chatroom.get", "room_id"], "argument 1 after the operation is not KEY=VALUE"),
        (["chatroom.get", "=1"], "argument 1 after the operation is not KEY=VALUE"),
        (["chatroom.get"], "room_id: required"),
        (["chatroom.get", "room_id=x"], "room_id: 'x' is not a whole number"),
        (["chatroom.get", "room_id=1_0"], "room_id: '1_0' is not a whole number"),
        (["chatroom.get", "room_id=1", "roomid=1"], "room_id is given twice"),
        (["chatroom.get", "room_id=1", "need_online_user_count=yes"], "is not true or false"),
        (["chatroom.get", "room_id=@/no/such/file"], "cannot read '/no/such/file'"),
        (["chatroom.create", "creator=a", f"name={'x' * 129}"], "at most 128 characters"),
        (["chatroom.query_members", "room_id=1", "accids=[1"], "a JSON array of texts"),
        (["chatroom.get", "room_id=1", "--timeout", "0"], "timeout must be more than 0"),
        (["chatroom.get", "room_id=1", "--timeout", "soon"], "not a valid float"),
        (["chatroom.get", "room_id=1", "--trace-id", "é"], "trace_id must be"),
        (["/nimserver/x.action", "a=1", "a=2"], "'a' is given twice"),
        (["/elsewhere"], "must be one such as /nimserver/"),
    ],
)
def test_wrong_usage(args: list[str], said: str, emulator: Emulator, run: Run) -> None:
    """Wrong usage is told on stderr with status 2, and nothing is sent."""
    status, out, err = run("call", *args)
    assert (status, out) == (2, "")
    assert said in err
    assert emulator.calls == []


@pytest.mark.parametrize(
    "args",
    [
        ["call", "user.create", "accid=x", "token@{}"],
        ["call", "user.create", "accid=x", "{}"],
        ["call", "user.create", "accid=x", "token@{}=="],
        ["call", "/nimserver/x.action", "token@{}"],
        ["call", "user.create", "accid=x", "token@{}\udcff"],
        ["call", "user.create", "accid=x", "token={}\udcff"],
    ],
)
def test_what_may_be_a_secret_is_not_repeated(
    args: list[str], emulator: Emulator, run: Run
) -> None:
    """Of an argument that is no pair only its place is told."""
    status, out, err = run(*(arg.format(SECRET) for arg in args))
    assert (status, out) == (2, "")
    assert SECRET not in err
    assert "argument" in err
    assert err.count("\n") == 1
    assert emulator.calls == []


@pytest.mark.parametrize(
    "args",
    [
        ["{}"],
        ["--{}"],
        ["operations", "{}"],
        ["operations", "chatroom.get", "{}"],
        ["call", "{}"],
        ["call", "/{}"],
        ["call", "user.create", "{}"],
        ["call", "user.create", "{}=1"],
        ["call", "user.create", "accid=@{}"],
        ["call", "user.create", "{}=@{}"],
        ["call", "/nimserver/x.action", "{}=1", "{}=1"],
        ["call", "chatroom.get", "room_id={}"],
        ["call", "stats.chatroom_topn", "period={}"],
        ["call", "chatroom.get", "room_id=1", "--timeout", "{}"],
    ],
)
def test_refusals_are_short(args: list[str], emulator: Emulator, run: Run) -> None:
    """However much was given, little of it is shown, whatever refuses it."""
    status, out, err = run(*(arg.format("x" * 50_000, "y" * 50_000) for arg in args))
    assert (status, out) == (2, "")
    assert 0 < len(err) < 1600
    assert emulator.calls == []


def test_no_standard_input(emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value cannot be read from an input that is closed."""
    monkeypatch.setattr(sys, "stdin", None)
    status, out, err = run("call", "user.refresh_token", "accid=@-")
    assert (status, out) == (2, "")
    assert err == "Error: 'accid': cannot read standard input: it is closed\n"
    assert emulator.calls == []


def test_binary_file(emulator: Emulator, run: Run, tmp_path: Path) -> None:
    """A file that is no text is refused."""
    (tmp_path / "raw").write_bytes(b"\xff\xfe")
    status, _, err = run("call", "chatroom.create", "creator=a", f"name=@{tmp_path / 'raw'}")
    assert status == 2
    assert "not a text file in UTF-8" in err
    assert emulator.calls == []


@pytest.mark.parametrize("missing", ["NIM_APP_KEY", "NIM_APP_SECRET"])
def test_missing_credentials(
    missing: str, emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without credentials nothing is sent."""
    monkeypatch.delenv(missing)
    assert run("call", "chatroom.get", "room_id=1") == (2, "", f"Error: {missing} is not set\n")
    assert emulator.calls == []


def test_service_says_no(emulator: Emulator, run: Run) -> None:
    """A refusal is one line with operation, code, reason and trace id, and status 1."""
    status, out, err = run("call", "chatroom.get", "room_id=66")
    trace_id = emulator.calls[-1].request_id
    assert (status, out) == (1, "")
    assert err == f"Error: chatroom.get: 404 chatroom does not exist [trace {trace_id}]\n"


def test_no_usable_answer(emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a call without a usable answer may have been carried out is told."""
    args = ("call", "chatroom.create", "creator=amy", "name=tea")
    emulator.faults.add(Drop(), path=CREATE)
    status, out, err = run(*args)
    assert (status, out) == (1, "")
    assert err.endswith("; the service may have carried it out\n")
    emulator.faults.add(Garbage(b'{"code":200}'), path=CREATE)
    assert ", already accepted [trace " in run(*args)[2]
    with socket.create_server(("127.0.0.1", 0)) as unused:
        base_url = f"http://127.0.0.1:{unused.getsockname()[1]}/nimserver"
    monkeypatch.setenv("NIM_BASE_URL", base_url)
    status, out, err = run(*args)
    assert (status, out) == (1, "")
    assert err.endswith(f" at {base_url}\n")


def test_secret_is_never_shown(
    emulator: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No output holds the secret, whatever goes wrong."""
    emulator.faults.add(Garbage(), path=CREATE, times=1)
    create_args = ("chatroom.create", "creator=amy", "name=tea")
    runs = [run("call", *args) for args in (create_args, create_args, ("chatroom.get",))]
    monkeypatch.setenv("NIM_APP_KEY", "another")
    runs.append(run("call", *create_args))
    monkeypatch.setenv("NIM_REGION", "moon")
    monkeypatch.delenv("NIM_BASE_URL")
    runs.append(run("call", *create_args))
    assert [status for status, _, _ in runs] == [1, 0, 2, 1, 2]
    assert SECRET not in str(runs)


def test_call_by_the_methods_users_have() -> None:
    """The command finds the method that stands for each operation, written by hand or not."""
    nim = NimClient("key", "secret")
    for operation in OPERATIONS.values():
        assert operation_of(method_of(nim, operation)) is operation


def test_call_of_what_is_written_by_hand(emulator: Emulator, run: Run) -> None:
    """A room that a lost attempt closed already is read and shown, as the method does."""
    room_id = create(run)
    emulator.faults.add(Drop(after=True), path="chatroom/toggleCloseStat", times=1)
    status, out, err = run(
        "call", "chatroom.toggle_close_stat", f"room_id={room_id}", "operator=amy", "valid=false"
    )
    assert (status, err) == (0, "")
    assert json.loads(out)["valid"] is False
    assert emulator.calls[-1].path.endswith("/chatroom/get.action")


def test_call_cuts_what_is_too_deep(emulator: Emulator, run: Run) -> None:
    """A reply whose unknown fields are deep is shown down to a hundred levels."""
    room = b'{"roomid":1,"valid":true,"name":"tea","creator":"amy","new":%s}'
    deep = b"[" * 500 + b"]" * 500
    emulator.faults.add(Garbage(b'{"code":200,"chatroom":%s}' % (room % deep)))
    status, out, err = run("call", "chatroom.get", "room_id=1")
    assert (status, err) == (0, "")
    assert out.count("[") == 98
    assert "…" in out


def test_reply_that_the_stream_cannot_hold(emulator: Emulator, tmp_path: Path) -> None:
    """Characters that stdout cannot hold are escaped, so that it stays JSON."""
    args = ("call", "chatroom.create", "creator=amy", "name=茶")
    with start(*args, cwd=tmp_path, env=os.environ | {"PYTHONIOENCODING": "ascii"}) as process:
        out = process.communicate()[0]
    assert out.isascii()
    assert json.loads(out)["name"] == "茶"
    assert len(emulator.rooms) == 1


def test_interrupted(emulator: Emulator, tmp_path: Path) -> None:
    """Ctrl-C during a call ends it with status 3 and without a word."""
    arrived = Event()

    async def stall(_: Act) -> Ending:
        arrived.set()
        await anyio.sleep_forever()
        raise NotImplementedError

    emulator.faults.add(stall)
    with start("call", "chatroom.get", "room_id=1", cwd=tmp_path) as process:
        assert arrived.wait(20)
        process.send_signal(signal.SIGINT)
        assert process.communicate() == ("", "")
    assert process.returncode == 3


# emulator


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 3)])
def test_emulator(number: signal.Signals, status: int, tmp_path: Path) -> None:
    """The emulator says where it is, serves there, and ends when asked to."""
    environment = os.environ | {"NIM_APP_SECRET": SECRET}
    environment.pop("NIM_APP_KEY", None)
    args = ("emulator", "--port", "0", "--accounts", "amy,")
    with start(*args, cwd=tmp_path, env=environment) as process:
        assert process.stdout
        where = json.loads(process.stdout.readline())

        async def talk() -> None:
            async with NimClient("emulator", SECRET, base_url=where["base_url"]) as nim:
                room = await nim.chatroom.create(creator="amy", name="tea")
                assert room.name == "tea"
                with pytest.raises(NotFound):
                    await nim.chatroom.create(creator="ben", name="tea")

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NO_PROXY", "*")
            anyio.run(talk)
        process.send_signal(number)
        out, err = process.communicate()
    assert (process.returncode, out) == (status, "")
    assert f"export NIM_BASE_URL={where['base_url']}\n" in err
    assert SECRET not in err
    assert "Traceback" not in err


def test_emulator_that_sends(tmp_path: Path) -> None:
    """With --copies-to a web server is told of what calls do, signed with the secret."""
    got: Queue[tuple[dict[str, str], bytes]] = Queue()

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.put((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as above
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/nim"
        environment = os.environ | {"NIM_APP_SECRET": SECRET, "NIM_APP_KEY": "k"}
        args = ("emulator", "--port", "0", "--copies-to", url)
        with start(*args, cwd=tmp_path, env=environment) as process:
            assert process.stdout
            where = json.loads(process.stdout.readline())

            async def talk() -> None:
                async with NimClient("k", SECRET, base_url=where["base_url"]) as nim:
                    room = await nim.chatroom.create(creator="amy", name="tea")
                    await nim.chatroom.send_msg(
                        room_id=room.room_id, from_accid="amy", attach=Text("hi")
                    )

            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("NO_PROXY", "*")
                anyio.run(talk)
            event = unwrap(*got.get(), SECRET, app_key="k")
            process.terminate()
            process.communicate()
        server.shutdown()
        thread.join()
    assert isinstance(event, MessageEvent)
    assert event.text == "hi"
    assert process.returncode == 0


def test_emulator_with_a_made_up_secret(tmp_path: Path) -> None:
    """Without a secret in the environment the one to use is shown, ready to paste."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NIM_")}
    args = ("emulator", "--port", "0", "--app-key", "k")
    with start(*args, cwd=tmp_path, env=environment) as process:
        assert process.stdout
        assert json.loads(process.stdout.readline())["app_key"] == "k"
        process.terminate()
        err = process.communicate()[1]
    assert "export NIM_APP_KEY=k\nexport NIM_APP_SECRET=emulator-secret\n" in err


def test_emulator_on_a_port_in_use(run: Run) -> None:
    """A port that another program has is told in one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, out, err = run("emulator", "--port", str(port))
    assert (status, out) == (2, "")
    assert err.startswith(f"Error: cannot listen on port {port}: ")
