"""``nim-async demo --bot``: a conversation, as JSON, as lines and on a terminal."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from nim_async.bot import Bot
from nim_async.cli import main
from nim_async.cli.demo import conversation
from nim_async.cli.demo.chat import ChatTerminal
from nim_async.cli.demo.conversation import Delivered, Result, Scene, Spoken, converse
from nim_async.cli.demo.tea_bot import BOT
from nim_async.webhooks import EnteredEvent

TIMES = re.compile(r"\d+\.\d+ s")


def demo(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, list[str]]:
    """Run the demo, and return its exit status and its lines."""
    status = main(["demo", "--bot", *args])
    captured = capsys.readouterr()
    assert captured.err == ""
    return status, captured.out.splitlines()


async def scenes() -> list[Scene]:
    """Return everything that happens."""
    told: list[Scene] = []
    await converse(told.append)
    return told


async def test_everything_goes_as_it_should() -> None:
    """The bot answers, decides, and says nothing twice, whatever goes wrong."""
    told = await scenes()
    result = told[-1]
    assert isinstance(result, Result)
    assert result.odd == ()
    replies = [scene for scene in told if isinstance(scene, Spoken) and scene.bot]
    assert result.replies == len(replies) == 11
    webhooks = [scene for scene in told if isinstance(scene, Delivered)]
    assert result.sent == len(webhooks)
    assert {(w.source, w.event_type) for w in webhooks} == {
        ("callbacks", 6), ("callbacks", 37), ("copies", 4), ("copies", 9), ("copies", 14),
        ("copies", 83),
    }  # fmt: skip
    assert [w.status for w in webhooks if w.status != 200] == [403]
    assert [w.attempt for w in webhooks if w.attempt > 1] == [2]
    assert result.doubled == 2
    assert all(webhook.name and "{" not in webhook.name for webhook in webhooks)


def test_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Piped, each line begins with what it tells; two runs differ in the time they took."""
    status, lines = demo(capsys)
    assert status == 0
    words = {"section", "act", "says", "refused", "webhook", "summary"}
    assert {line.split()[0] for line in lines} == words
    assert ", 0 unexpected, " in lines[-1]
    again = demo(capsys)[1]
    assert [TIMES.sub("", line) for line in lines] == [TIMES.sub("", line) for line in again]


def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """With --json each line is an object, and the last one is the result."""
    status, lines = demo(capsys, "--json")
    events: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert status == 0
    assert events[-1]["event"] == "summary"
    assert events[-1]["odd"] == []
    said = [event for event in events if event["event"] == "says"]
    assert {"who": "wangwu", "text": "你这个**", "bot": False, "said": "你这个笨蛋"}.items() <= (
        next(event for event in said if event["said"]).items()
    )


@pytest.mark.parametrize("columns", [60, 80, 160])
async def test_on_a_terminal(columns: int) -> None:
    """A chat in colour; what goes on behind it never wraps."""
    written = io.StringIO()
    console = Console(file=written, width=columns, force_terminal=True, color_system="truecolor")
    show = ChatTerminal(console)
    for scene in await scenes():
        show(scene)
    text = written.getvalue()
    assert "\x1b[" in text
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in text.splitlines()]
    assert max(cell_len(line) for line in lines) <= columns
    assert sum(line.strip().startswith(("told", "asked")) for line in lines) > 40


def test_what_goes_wrong_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bot that lets everybody in and pours no tea: named, in every form, with exit status 1."""

    def make_bot(nim: Any) -> Bot:
        bot = Bot(nim, accid=BOT)

        @bot.on(EnteredEvent)
        async def welcome(event: EnteredEvent) -> None:
            await bot.reply(event, f"welcome, {event.accid}!")

        return bot

    monkeypatch.setattr(conversation, "make_bot", make_bot)
    status, lines = demo(capsys)
    assert status == 1
    assert "laowang was not turned away" in lines[-1]
    assert "the bot said [] in place of '🍵 one 龙井 for wangwu'" in lines[-1]
    console = Console(file=io.StringIO(), width=100)
    ChatTerminal(console)(
        Result(sent=1, accepted=1, doubled=0, asked=0, replies=0, odd=("no tea",), seconds=1)
    )
    assert isinstance(console.file, io.StringIO)
    assert "✗" in console.file.getvalue()
    assert "no tea" in console.file.getvalue()
