"""How a conversation with a bot looks: in a log, on a terminal, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict
from rich.console import Console
from rich.text import Text

from nim_async.cli.demo.conversation import Delivered, Result, Scene, Spoken, Turned
from nim_async.cli.demo.walk import Act, Heading
from nim_async.cli.terminal import write, write_json

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = 9  # columns; the longest name of the play and two blanks
_COLOURS = {"tea-bot": "green", "lisi": "magenta", "wangwu": "blue", "laowang": "yellow"}


def teller(*, as_json: bool, terminal: bool) -> Callable[[Scene], None]:
    """Return what shows a conversation."""
    if as_json:
        return tell_json
    return ChatTerminal() if terminal else tell_line


def tell_json(scene: Scene) -> None:
    """Write one JSON object."""
    write_json({"event": _KINDS[type(scene)], **_members(scene)})


def tell_line(scene: Scene) -> None:
    """Write one plain line that begins with what it tells."""
    write(f"{_KINDS[type(scene)]:<9}{_line(scene)}")


_KINDS: dict[type, str] = {
    Heading: "section",
    Act: "act",
    Spoken: "says",
    Turned: "refused",
    Delivered: "webhook",
    Result: "summary",
}


def _members(scene: Scene) -> dict[str, Any]:
    members = asdict(scene)
    if isinstance(scene, Result):
        members["seconds"] = round(scene.seconds, 3)
    return members


def _line(scene: Scene) -> str:
    match scene:
        case Heading():
            return f"{scene.title} {scene.chinese}"
        case Act():
            return scene.text
        case Spoken():
            changed = f"  instead of “{scene.said}”" if scene.said else ""
            return f"{scene.who:<{_NAME}}{scene.text}{changed}"
        case Turned():
            return f"{scene.who:<{_NAME}}{scene.what}: {scene.code}"
        case Delivered():
            return _webhook(scene)
        case Result():
            return "; ".join([_score(scene), *scene.odd])


def _webhook(sent: Delivered) -> str:
    kind = "asked" if sent.source == "callbacks" else "told"
    again = f", attempt {sent.attempt}" if sent.attempt > 1 else ""
    return (
        f"{kind:<6}{sent.event_type:>3} {sent.name}{again} → {sent.status} {sent.answer}".rstrip()
    )


def _score(result: Result) -> str:
    return (
        f"{result.sent} webhooks, {result.accepted} events, {result.doubled} of them sent again, "
        f"{result.asked} questions, {result.replies} replies, {len(result.odd)} unexpected, "
        f"{result.seconds:.2f} s"
    )


class ChatTerminal:
    """A chat in colour, with what goes on behind it dim below each line."""

    def __init__(self, console: Console | None = None) -> None:
        """Write to a console; to stdout by default."""
        self._console = console or Console(highlight=False)

    def __call__(self, scene: Scene) -> None:
        """Write one line, with space around it where a section begins or ends."""
        self._console.print(self._text(scene), no_wrap=isinstance(scene, Delivered), crop=True)

    def _text(self, scene: Scene) -> Text:
        match scene:
            case Heading():
                heading = (scene.title, "bold cyan"), "  ", (scene.chinese, "cyan")
                return Text.assemble("\n ", *heading)
            case Act():
                return Text(f" · {scene.text}", "italic")
            case Spoken():
                changed = (f"  instead of “{scene.said}”", "dim") if scene.said else ""
                return Text.assemble("   ", _name(scene.who), scene.text, changed)
            case Turned():
                refused = (f"✗ {scene.code}", "bold red"), f"  wanted to {scene.what}"
                return Text.assemble("   ", _name(scene.who), *refused)
            case Delivered():
                return self._behind(scene)
            case Result():
                return _result(scene)

    def _behind(self, sent: Delivered) -> Text:
        text = Text(f"{'':<{_NAME + 3}}{_webhook(sent)}", "dim")
        if sent.status != 200:  # noqa: PLR2004  all is well
            text.stylize("red")
        text.truncate(self._console.width, overflow="ellipsis")
        return text


def _name(who: str) -> tuple[str, str]:
    return who.ljust(_NAME), f"bold {_COLOURS.get(who, 'white')}"


def _result(result: Result) -> Text:
    mark, style = ("✗", "red") if result.odd else ("✓", "green")
    text = Text.assemble("\n", (f" {mark} {_score(result)}", f"bold {style}"))
    for odd in result.odd:
        text.append(f"\n   {odd}", style)
    return text
