"""``nim-async demo``: shows the walk of `nim_async.cli.demo`."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from nim_async.cli.common import needs_uvicorn, run
from nim_async.cli.terminal import is_terminal, write, write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from nim_async.cli.demo.walk import Event

_ROOMS = 2000


@click.command("demo", short_help="Show every operation at work; needs no account.")
@click.option("--bot", is_flag=True, help="Show a conversation with a bot instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--batch", is_flag=True, help="Show batch jobs instead: 2,000 rooms.")
@click.option("--rooms", type=click.IntRange(1), help="Another number of rooms, for --batch.")
def demo_command(bot: bool, as_json: bool, batch: bool, rooms: int | None) -> None:  # noqa: FBT001
    """
    Walk from an account through the whole life of a chatroom, from creation to statistics.

    Every operation is called over real HTTP, against an emulator that lives as long as the demo;
    some calls are refused on purpose. Exit status 1 if anything went otherwise than expected.

    With --bot people talk in a room, and a bot hears of it by signed webhooks, is asked before, and
    answers, all in one process.

    With --batch, open many rooms, fill them with robots and greet them, as batch jobs; their
    progress is shown on stderr.
    """
    if bot and batch:
        raise click.UsageError("give --bot or --batch, not both")
    if bot:
        _converse(as_json=as_json)
    needs_uvicorn()
    if rooms is not None and not batch:
        raise click.UsageError("--rooms is for --batch")
    if batch:
        good = _batch(rooms or _ROOMS, as_json=as_json)
        click.get_current_context().exit(0 if good else 1)
    from nim_async.cli.demo.play import play  # noqa: PLC0415  the emulator is needed here alone

    tell = _tell_json if as_json else _teller()

    with _without_proxy():
        summary = run(lambda: play(tell))
    click.get_current_context().exit(0 if summary.good else 1)


def _converse(*, as_json: bool) -> None:
    from nim_async.cli.demo.chat import teller  # noqa: PLC0415  rich takes time to import
    from nim_async.cli.demo.conversation import converse  # noqa: PLC0415  as the emulator does

    tell = teller(as_json=as_json, terminal=is_terminal())
    result = run(lambda: converse(tell))
    click.get_current_context().exit(1 if result.odd else 0)


def _batch(rooms: int, *, as_json: bool) -> bool:
    """Run the batch jobs, and return whether they went as expected."""
    from nim_async.cli.demo.batch import Part, play_batch  # noqa: PLC0415  rich takes its time

    def tell(part: Part) -> None:
        seconds = round(part.seconds, 3)
        if as_json:
            line = {"event": "job", "title": part.title, "chinese": part.chinese}
            write_json(line | {"rows": part.rows, "done": part.done, "seconds": seconds})
        else:
            rate = part.rows / part.seconds
            write(
                f"{part.done} of {part.rows} {part.title} ({part.chinese}) in {seconds:.1f} s, "
                f"{rate:.0f} a second"
            )

    with _without_proxy():
        return run(lambda: play_batch(rooms, tell))


@contextmanager
def _without_proxy() -> Generator[None]:
    """Keep calls to the emulator away from proxies that the environment names."""
    saved = {name: os.environ.get(name) for name in ("NO_PROXY", "no_proxy")}
    os.environ |= dict.fromkeys(saved, "*")
    try:
        yield
    finally:
        for name, value in saved.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _teller() -> Callable[[Event], None]:
    from nim_async.cli.demo.show import Log, Terminal  # noqa: PLC0415  rich takes time to import

    return Terminal() if is_terminal() else Log()


def _tell_json(event: Event) -> None:
    from nim_async.cli.demo.walk import Act, Heading, Opening, Step  # noqa: PLC0415  as above

    line: dict[str, Any]
    if isinstance(event, Opening):
        line = {"event": "start", "base_url": event.base_url, "operations": event.operations}
    elif isinstance(event, Heading):
        line = {"event": "section", "title": event.title, "chinese": event.chinese}
    elif isinstance(event, Act):
        line = {"event": "act", "text": event.text}
    elif isinstance(event, Step):
        line = {
            "event": "call",
            "operation": event.operation,
            "asked": event.asked,
            "answered": event.answered,
            "outcome": event.ending.value,
            "milliseconds": round(event.seconds * 1000, 2),
        }
    else:
        line = {
            "event": "summary",
            "operations": event.operations,
            "missed": list(event.missed),
            "calls": event.calls,
            "refused": event.refused,
            "failed": event.failed,
            "seconds": round(event.seconds, 3),
        }
    write_json(line)
