"""The documents: every example runs, every name and link in them is real."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from datetime import date
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from nim_async import OPERATIONS, NimClient, NimError, errors
from nim_async._version import __version__
from nim_async.cli import cli, main
from nim_async.emulator import Code, Drop, Emulator, Fault, Garbage, Truncate
from tests.cli.test_cli import start
from tests.doubles import name_in_environment, served

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NAMES = {operation.qualified_name for operation in OPERATIONS.values()}
_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OPERATION = re.compile(rf"`((?:{'|'.join({o.namespace for o in OPERATIONS.values()})})\.\w+)`")
_LITERAL = re.compile(r"`([\d.]+|\"\w+\"|True|False)`")


def read(name: str) -> str:
    """Return the text of a document."""
    return (ROOT / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks in a language."""
    return [code for tag, code in _FENCED.findall(text) if tag == language]


def section(text: str, title: str) -> str:
    """Return what stands under a heading."""
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


READMES = {name: read(name) for name in ("README.md", "README.zh-CN.md")}
DOCUMENTS = READMES | {"CHANGELOG.md": read("CHANGELOG.md")}
CODE = list(dict.fromkeys(code for text in READMES.values() for code in blocks(text, "python")))
PROGRAMS = [code for code in CODE if "\nanyio.run(" in code]
SUITES = [code for code in CODE if "\nimport pytest\n" in code]
SNIPPETS = [code for code in CODE if code not in PROGRAMS + SUITES]

BOT = """
from nim_async import NimClient
from nim_async.bot import Bot

bot = Bot(NimClient.from_env())
"""

each_readme = pytest.mark.parametrize("text", READMES.values(), ids=READMES)
each_document = pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)


@pytest.fixture(name="service")
def _service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Serve an emulator that the environment names."""
    key, secret = "key-of-the-readme", "secret-of-the-readme"
    emulator = Emulator(key, secret)
    with served(emulator) as base_url:
        name_in_environment(monkeypatch, key, secret, base_url)
        yield emulator


async def run(snippet: str) -> dict[str, Any]:
    """Run a snippet with the names the page promises, and return the names it leaves."""
    code = compile(
        snippet, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
    )
    async with NimClient.from_env() as nim:
        room = await nim.chatroom.create(creator="zhangsan", name="tea house")
        names: dict[str, Any] = {"nim": nim, "room": room}
        result = eval(code, names)  # noqa: S307  our own page
        if inspect.iscoroutine(result):
            await result
    return names


def snippet_with(words: str) -> str:
    """Return the one snippet that holds these words."""
    (found,) = (code for code in SNIPPETS if words in code)
    return found


# examples


def test_every_kind_of_example_was_found() -> None:
    """The page has programs, snippets and a test suite, so that no test below is empty."""
    assert PROGRAMS
    assert SUITES
    assert len(SNIPPETS) > len(PROGRAMS + SUITES)


def test_both_languages_show_the_same() -> None:
    """Blocks of code are the same in both languages, in the same order, between as many titles."""
    english, chinese = READMES.values()
    assert _FENCED.findall(english) == _FENCED.findall(chinese)
    heads = [re.findall(r"^#+(?= )", _FENCED.sub("", t), re.MULTILINE) for t in (english, chinese)]
    assert heads[0] == heads[1]


@each_readme
def test_the_quick_start_is_short(text: str) -> None:
    """The first Python block is a whole program of less than 25 lines."""
    first = blocks(text, "python")[0]
    assert first in PROGRAMS
    assert len(first.splitlines()) < 25


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.slow
def test_programs_run(
    program: str,
    anyio_backend: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A program runs to its end on both event loops, without an account, and shows a member."""
    for name in ("NIM_APP_KEY", "NIM_APP_SECRET", "NIM_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(anyio, "run", partial(anyio.run, backend=anyio_backend))
    code = compile(program, "README.md", "exec", dont_inherit=True)
    exec(code, {"__name__": "__main__"})  # noqa: S102  our own page
    assert "\nlisi TEMPORARY\n" in capsys.readouterr().out


@pytest.mark.parametrize("snippet", SNIPPETS)
async def test_snippets_run(snippet: str, service: Emulator) -> None:
    """A snippet runs against the emulator on both event loops, and nothing it sends is wrong."""
    await run(snippet)
    assert {call.code for call in service.calls} <= {200, 404}


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.slow
def test_suites_pass(suite: str, tmp_path: Path) -> None:
    """The tests shown for a user's product pass on both event loops."""
    (tmp_path / "test_product.py").write_text(suite, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error"]
    ended = subprocess.run(  # noqa: S603  our own program
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout
    assert f" {2 * suite.count('async def test_')} passed" in ended.stdout


async def test_the_web_server_example(service: Emulator) -> None:
    """The lifespan opens a client that the handler's function works with, errors included."""
    names = await run(snippet_with("def lifespan"))
    async with names["lifespan"](None) as state:
        reply = await names["open_room"](state["nim"], "lisi")
        assert service.rooms[reply["room_id"]].creator == "lisi"
        assert "creator" in (await names["open_room"](state["nim"], ""))["error"]


async def test_the_fastapi_example(service: Emulator) -> None:
    """The handlers answer with the room itself, and the page of the API describes it."""
    names = await run(snippet_with("class Party"))
    (room_id,) = service.rooms
    async with (
        NimClient.from_env() as names["nim"],
        httpx.AsyncClient(
            transport=httpx.ASGITransport(names["api"]), base_url="http://api"
        ) as browser,
    ):
        room = (await names["nim"].chatroom.get(room_id=room_id)).to_dict()
        assert (await browser.get(f"/rooms/{room_id}")).json() == room
        party = (await browser.get(f"/parties/{room_id}")).json()
        assert party == {"host": "zhangsan", "room": room}
        page = (await browser.get("/openapi.json")).json()
    assert {"Party", "Room"} <= page["components"]["schemas"].keys()


async def test_many_calls_name_those_that_failed(
    service: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """The example of many calls reports the room that is not there, and it alone."""
    await run(snippet_with("def announce"))
    assert re.match(r"\{1: NotFound\([^{}]*\)\}\n", capsys.readouterr().out)
    assert [room.announcement for room in service.rooms.values()] == ["closed on Monday"]


async def test_hooks_count(service: Emulator) -> None:
    """The hook that is shown counts calls by operation and outcome."""
    names = await run(snippet_with("def watch"))
    assert names["outcomes"] == {("chatroom.get", "ok"): 1}
    assert len(service.calls) == 2


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        (Drop(), 1),
        (Drop(after=True), 1),
        (Garbage(), 1),
        (Truncate(), 1),
        (Code(500), 1),
        (Code(500, after=True), 1),
        (Code(404), 0),
        (Code(13004), 0),
    ],
    ids=repr,
)
async def test_a_message_is_never_sent_twice(fault: Fault, sent: int, service: Emulator) -> None:
    """However the answer is lost, the handler that is shown leaves one message; none if refused."""
    service.faults.add(fault, path="chatroom/sendMsg")
    await run(snippet_with("resend_flag=1"))
    (room_id,) = service.rooms
    assert [message.attach for message in service.messages(room_id)] == ["sold"] * sent


# commands


def lines(text: str) -> list[str]:
    """Return the lines of all shell blocks."""
    return [line for block in blocks(text, "sh") for line in block.splitlines()]


def commands(text: str) -> list[list[str]]:
    """Return the arguments of each ``nim-async`` in shell blocks and in prose."""
    parts = [part for line in lines(text) for part in line.split("&&")]
    parts += re.findall(r"`(nim-async [^`]+)`", text)
    words = [shlex.split(part) for part in parts]
    return [args for program, *args in words if Path(program).name == "nim-async"]


@each_readme
def test_commands_are_understood(text: str) -> None:
    """Every command that is shown exists, with the options it is shown with."""
    shown = commands(text)
    assert {args[0] for args in shown} == cli.commands.keys()
    for name, *args in shown:
        if args != ["--help"]:
            assert cli.commands[name].make_context(name, args)


@pytest.mark.slow
def test_commands_work_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against an emulator started as shown, and the exports shown, every command succeeds."""
    text = READMES["README.md"]
    (export,) = (line for line in lines(text) if line.startswith("export "))
    exported = dict(word.split("=", 1) for word in shlex.split(export)[1:])
    (listening,) = (args for args in commands(text) if args[0] == "emulator")
    assert listening[1:] == ["--port", "8085"]
    assert exported["NIM_BASE_URL"] == "http://127.0.0.1:8085/nimserver"
    for name in [name for name in os.environ if name.startswith("NIM_")]:
        monkeypatch.delenv(name)
    with start("emulator", "--port", "0", cwd=tmp_path) as process:
        assert process.stdout
        monkeypatch.setenv("NO_PROXY", "*")
        exported["NIM_BASE_URL"] = json.loads(process.stdout.readline())["base_url"]
        for name, value in exported.items():
            monkeypatch.setenv(name, value)
        (tmp_path / "tea.py").write_text(BOT, "utf-8")
        monkeypatch.chdir(tmp_path)
        (row,) = re.findall(r'lines such as `(\{"op": .+?\})`', text)
        Path("rooms.jsonl").write_text(f"{row}\n", "utf-8")
        for args in commands(text):
            if args[0] == "bot" and args[-1] != "--help":
                with start(*args, "--port", "0", cwd=tmp_path) as bot:
                    if args[-1] not in ("--dead", "--replay"):
                        assert bot.stdout
                        assert json.loads(bot.stdout.readline())["url"]
                        bot.terminate()
                assert bot.returncode == 0, args
            elif args != listening:
                assert main(args) == 0, args
        process.terminate()


@each_readme
def test_installs_name_what_there_is(text: str) -> None:
    """Extras and dependency groups that are installed are those of the project."""
    project = tomllib.loads(read("pyproject.toml"))
    extras = set(re.findall(r'"\.\[(\w+)\]"', text))
    assert extras == project["project"]["optional-dependencies"].keys()
    groups = set(re.findall(r"--group (\w+)", text))
    assert groups
    assert groups <= project["dependency-groups"].keys()
    wanted = project["project"]["requires-python"].removeprefix(">=")
    assert f"Python {wanted} " in text


# names, figures and links


@each_document
def test_links_lead_somewhere(text: str) -> None:
    """Every relative link leads to a file of the project."""
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    assert targets
    for target in targets:
        assert target.startswith("https://") or (ROOT / target).is_file(), target


@each_document
def test_members_of_the_client_exist(text: str) -> None:
    """Whatever is written as a member of ``nim`` is one."""
    paths = re.findall(r"\bnim\.([a-z_]+(?:\.[a-z_]+)?)", text)
    assert paths
    for path in paths:
        assert attrgetter(path)(NimClient("key", "secret"))


@each_document
def test_operations_exist(text: str) -> None:
    """Every operation that is named exists."""
    named = set(_OPERATION.findall(text))
    assert named
    assert named <= NAMES


@pytest.mark.parametrize(("name", "title"), [("README.md", "Options"), ("README.zh-CN.md", "选项")])
def test_options_are_those_of_the_client(name: str, title: str) -> None:
    """The table has every option of the client, in order, and the right default."""
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", section(READMES[name], title), re.MULTILINE)
    options = dict(inspect.signature(NimClient).parameters)
    assert [option for option, _ in rows] == [o for o in options if not o.startswith("app_")]
    for option, default in rows:
        if literal := _LITERAL.fullmatch(default):
            assert options[option].default == ast.literal_eval(literal[1])


@each_readme
def test_the_tree_of_errors_is_right(text: str) -> None:
    """The tree has every error that calls can raise, each under its base."""
    (tree,) = blocks(text, "text")
    above: list[type] = [Exception]
    shown: set[type] = set()
    for line in tree.splitlines():
        twigs, name = re.findall(r"^([│├└─ ]*)(\w+)", line)[0]
        error = getattr(errors, name)
        del above[len(twigs) // 4 + 1 :]
        assert above[-1] in error.__bases__
        above.append(error)
        shown.add(error)
    assert shown == {
        error
        for error in vars(errors).values()
        if inspect.isclass(error) and issubclass(error, NimError)
    }


# changelog


def test_the_newest_release_is_this_version() -> None:
    """``Unreleased`` is on top, and the release below it is the version of the package."""
    heads = re.findall(r"^## \[(.+?)\](?: - (.+))?$", DOCUMENTS["CHANGELOG.md"], re.MULTILINE)
    assert heads[0] == ("Unreleased", "")
    assert heads[1][0] == __version__
    days = [date.fromisoformat(day) for _, day in heads[1:]]
    assert days == sorted(days, reverse=True)


def test_every_operation_is_announced() -> None:
    """The changelog names every operation there is, by the name it is called by."""
    assert set(_OPERATION.findall(DOCUMENTS["CHANGELOG.md"])) == NAMES
