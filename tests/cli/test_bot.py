"""``nim-async bot``: a bot served alone, and its dead letters."""

from __future__ import annotations

import json
import logging
import signal
import socket
import sys
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import SECRET
from tests.cli.test_cli import start
from tests.webhooks.signed import body, signed

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nim_async.emulator import Emulator
    from tests.cli.conftest import Run

ROOM = 66
TEA = """
from pathlib import Path

from nim_async import NimClient
from nim_async.bot import Allow, Bot, MemoryInbox, Reject
from nim_async.webhooks import LoginEvent, MessageAsked, MessageEvent

bot = Bot(NimClient.from_env(), accid="tea-bot", attempts=1)
fleeting = Bot(bot.nim, inbox=MemoryInbox())


@bot.on(MessageEvent, text="^/tea")
async def pour(event: MessageEvent) -> None:
    if Path("broken").exists():
        raise ValueError("no water")
    await bot.reply(event, "one tea")


@bot.before(MessageAsked, default=Allow())
async def moderate() -> Reject:
    return Reject(20001)
"""


@pytest.fixture
def folder(tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a folder with a bot, and a room for it."""
    emulator.add_room("owner", room_id=ROOM)
    (tmp_path / "tea.py").write_text(TEA, "utf-8")
    (tmp_path / "sour.py").write_text("import tea\n1 / 0\n", "utf-8")
    (tmp_path / "lost.py").write_text("import no_such_thing\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield tmp_path
    logging.getLogger("nim_async").setLevel(logging.NOTSET)


@pytest.fixture(name="run")
def _anew(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line with modules that are imported anew, as in a process of its own."""

    def anew(*args: str) -> tuple[int, str, str]:
        for name in ("tea", "sour", "lost"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        return run(*args)

    return anew


def message(text: str, number: int, kind: object = "4") -> bytes:
    """Write the webhook of a message."""
    members = {"attach": text, "fromAccount": "lisi", "msgType": "TEXT"}
    return body(kind, **members, msgidClient=f"m-{number}", roomId=str(ROOM))


def send(url: str, raw: bytes) -> tuple[int, bytes]:
    """Send a webhook as the service does."""
    connection = HTTPConnection(url.removeprefix("http://").rstrip("/"), timeout=60)
    connection.request("POST", "/nim", raw, signed(raw, secret=SECRET, key="key"))
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response.status, answer


def listening(process: subprocess.Popen[str]) -> str:
    """Return where a bot listens, once it does."""
    assert process.stdout
    url: str = json.loads(process.stdout.readline())["url"]
    return url


def until(met: Callable[[], object]) -> None:
    """Wait for a condition."""
    late = time.monotonic() + 60
    while not met():
        assert time.monotonic() < late
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 3)])
def test_a_bot_alone(folder: Path, emulator: Emulator, number: signal.Signals, status: int) -> None:
    """It serves until a signal comes, keeps its events in a file, and finishes what has begun."""
    for started in range(2):
        with start("bot", "tea:bot", "--port", "0", cwd=folder) as process:
            url = listening(process)
            for copy in range(2):
                sent = send(url, message("/tea", 10 * started + copy))
                assert sent == (200, b'{"code":200}')
            assert send(url, message("/tea", 0))[0] == 200
            assert send(url, message("hi", 0, 6))[1] == b'{"errCode":1,"responseCode":20001}'
            until(lambda: len(emulator.messages(ROOM)) == 2 * (started + 1))  # noqa: B023
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (status, "")
        assert "accepted 2, handled" in err
        assert SECRET not in err
    assert (folder / "bot.db").exists()


@pytest.mark.slow
def test_dead_letters(folder: Path, emulator: Emulator, run: Run) -> None:
    """What was given up is listed without secrets, and handled anew when it is told to be."""
    (folder / "broken").touch()
    with start("bot", "tea:bot", "--port", "0", "--inbox", "mine.db", cwd=folder) as process:
        url = listening(process)
        for number in range(3):
            assert send(url, message("/tea", number))[0] == 200
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert "ValueError: no water" in err
    own = ("--inbox", "mine.db")
    status, out, _ = run("bot", "tea:bot", "--replay", *own)
    assert (status, out) == (1, "")
    status, out, _ = run("bot", "tea:bot", "--dead", *own)
    letters: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    assert (status, len(letters)) == (0, 3)
    assert letters[0].keys() >= {"key", "handler", "attempts", "time"}
    found = (letters[0]["class"], letters[0]["room_id"], letters[0]["sender"], letters[0]["error"])
    assert found == ("MessageEvent", ROOM, "lisi", "ValueError: no water")
    assert letters[0]["event"]["attach"] == "/tea"

    (folder / "broken").unlink()
    first = str(letters[0]["key"])
    for args, left in (([first], 2), ([first], 2), ([], 0)):
        status, out, err = run("bot", "tea:bot", "--replay", *args, *own)
        assert (status, out) == (0, "")
        assert "events were replayed" in err
        out = run("bot", "tea:bot", "--dead", *own)[1]
        assert len(out.splitlines()) == left
    assert "no dead letters" in run("bot", "tea:bot", "--dead", *own)[2]
    assert [m.attach for m in emulator.messages(ROOM)] == ["one tea"] * 3


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["tea"], "write MODULE:BOT"),
        (["tea:"], "write MODULE:BOT"),
        (["coffee:bot"], "there is no module coffee"),
        (["tea.pot:bot"], "there is no module tea.pot"),
        (["tea:pot"], "tea:pot is no Bot; tea:bot is one"),
        (["tea:bot.nim"], "tea:bot.nim is no Bot"),
        (["sour:bot"], "sour cannot be imported"),
        (["lost:bot"], "lost cannot be imported"),
        (["tea:bot", "--dead", "--replay"], "choose one"),
        (["tea:bot", "key"], "a KEY is for --replay"),
        (["tea:fleeting", "--dead"], "in memory"),
        (["tea:fleeting", "--replay"], "in memory"),
        (["tea:bot", "--inbox", "."], "cannot be opened"),
        (["tea:bot", "--host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
    ],
    ids=[str(number) for number in range(14)],
)
def test_wrong_usage(folder: Path, run: Run, args: list[str], said: str) -> None:
    """What cannot be run is refused, and the reason fits one line."""
    status, out, err = run("bot", *args)
    assert (status, out) == (2, "")
    assert said in err.splitlines()[-1]
    assert folder.exists()


def test_a_port_that_is_taken(folder: Path, run: Run) -> None:
    """Another server on the port is named, and nothing is opened."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, _, err = run("bot", "tea:bot", "--port", str(port))
    assert status == 2
    assert f"cannot listen on 127.0.0.1, port {port}" in err
    assert not (folder / "bot.db").exists()


def test_without_credentials(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that takes its client from the environment says what is not set there."""
    monkeypatch.delenv("NIM_APP_SECRET")
    status, _, err = run("bot", "tea:bot")
    assert status == 2
    assert "tea: NIM_APP_SECRET is not set" in err
    assert folder.exists()
