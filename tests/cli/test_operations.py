"""One operation described, names completed, values to choose from, and where to listen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nim_async import OPERATIONS
from nim_async.cli.described import description_of
from tests.cli.test_cli import on_terminal, start

if TYPE_CHECKING:
    from pathlib import Path

    from nim_async._core.operation import Operation
    from tests.cli.conftest import Run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["chatroom.send_msg", "/nimserver/chatroom/sendMsg.action"])
def test_one_operation(name: str, run: Run) -> None:
    """By name or path an operation is shown with parameters, limits, codes and repeats."""
    status, out, err = run("operations", name)
    shown = json.loads(out)
    assert (status, err) == (0, "")
    assert shown["name"] == "chatroom.send_msg"
    assert shown["codes"] == [200, 403, 414, 416, 431, 500]
    assert shown["errors"]["416"] == "RateLimited"
    assert shown["rate_limit"] == {"calls": 100, "per_seconds": 1, "block_seconds": 10}
    assert shown["repeat"].startswith("Not idempotent: a plain repeat sends the message again.")
    params = {p["name"]: p for p in shown["params"]}
    assert params["msg_type"]["choices"] == [0, 1, 2, 3, 4, 6, 10, 100]
    assert params["attach"]["max_length"] == 4096
    assert params["msg_id"]["required"] is False
    assert (params["abandon_ratio"]["minimum"], params["abandon_ratio"]["maximum"]) == (0, 9999)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda o: o.qualified_name)
def test_every_operation_is_described(operation: Operation[object], run: Run) -> None:
    """Each has a meaning for each parameter, and says what a repeat does."""
    shown = json.loads(run("operations", operation.qualified_name)[1])
    assert [p["name"] for p in shown["params"]] == [p.python_name for p in operation.params]
    assert all(p["meaning"] for p in shown["params"])
    assert shown["repeat"].startswith(("Safe to repeat.", "Idempotent: ", "Not idempotent: "))


def test_an_operation_on_a_terminal(tmp_path: Path) -> None:
    """For people it is a page that names each parameter and error."""
    status, lines = on_terminal("operations", "chatroom.queue_poll", cwd=tmp_path, columns=100)
    page = "\n".join(lines)
    assert status == 0
    for word in (
        "room_id",
        "high_priority_policy",
        "404 NotFound",
        "100 calls per 1 s",
        "repeated",
    ):
        assert word in page
    assert "\x1b[" in page


def test_an_unknown_operation(run: Run) -> None:
    """A name that is not there is wrong usage, and what is written alike is suggested."""
    status, out, err = run("operations", "chatroom.queue_pol")
    assert (status, out) == (2, "")
    assert "there is no operation 'chatroom.queue_pol'; do you mean chatroom.queue_poll" in err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["chatroom.members_by_page", "type=9"], "type: 9 is none of its values: "),
        (["chatroom.members_by_page", "type=x"], "type: 'x' is none of its values: "),
        (["stats.chatroom_topn", "period=week"], "period: 'week' is none of its values: "),
    ],
)
def test_choices_are_named(args: list[str], said: str, run: Run) -> None:
    """A value that is none of a few is refused with those there are, and what they mean."""
    status, out, err = run("call", *args)
    assert (status, out) == (2, "")
    assert said in err
    assert "One of 0 (fixed members), 1 (" in err or "One of hour (one hour), day (" in err


def test_a_description_is_plain_text() -> None:
    """What docstrings mark as code comes without marks, in one line."""
    description = description_of(OPERATIONS["/nimserver/chatroom/membersByPage.action"])
    assert description.parameters["end_time"] == (
        "enter_time of the last member of the page before, in milliseconds; 0 for the first page "
        "(wire endtime)."
    )
    assert description.repeat == "Safe to repeat."


@pytest.mark.parametrize(
    ("shell", "completed"),
    [
        ("bash", "plain,chatroom.queue_batch_offer"),
        ("zsh", "plain\nchatroom.queue_batch_offer\n_"),
        ("fish", "plain,chatroom.queue_batch_offer"),
    ],
)
@pytest.mark.parametrize("command", ["call", "operations"])
def test_names_complete(shell: str, completed: str, command: str, tmp_path: Path) -> None:
    """The names of operations complete in the shells that click knows."""
    words = {
        "COMP_WORDS": f"nim-async {command} chatroom.queue_batch_o",
        "COMP_CWORD": "chatroom.queue_batch_o" if shell == "fish" else "2",
        "_NIM_ASYNC_COMPLETE": f"{shell}_complete",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "nim_async"],
        cwd=tmp_path,
        env=os.environ | words,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0
    assert ended.stdout == f"{completed}\n"


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("0.0.0.0", True)])  # noqa: S104
def test_where_the_emulator_listens(host: str, warned: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """In a container it listens on every address, which is warned of; by default it does not."""
    with start("emulator", "--port", "0", "--host", host, cwd=tmp_path) as process:
        assert process.stdout
        where = json.loads(process.stdout.readline())["base_url"]
        process.send_signal(signal.SIGTERM)
        err = process.communicate()[1]
    assert where.startswith("http://127.0.0.1:")
    assert (f"Warning: whoever reaches {host} can use the emulator\n" in err) is warned


def test_a_host_that_is_not_here(run: Run) -> None:
    """An address of another machine is told in one line."""
    status, out, err = run("emulator", "--host", "192.0.2.1", "--port", "0")
    assert (status, out) == (2, "")
    assert err.startswith("Error: cannot listen on 192.0.2.1, port 0: ")
