"""What the scenes play on."""

from __future__ import annotations

from attrs import frozen

from nim_async.cli.demo.walk import Act, Heading, Walk
from nim_async.client import NimClient
from nim_async.emulator import Clock, Emulator

APP_KEY = "demo"


@frozen(eq=False)
class Stage:
    """An emulator, a client of it, and the walk that tells of everything."""

    walk: Walk
    nim: NimClient
    emulator: Emulator
    clock: Clock
    base_url: str

    def heading(self, title: str, chinese: str) -> None:
        """Begin a section."""
        self.walk.tell(Heading(title=title, chinese=chinese))

    def act(self, text: str) -> None:
        """Show what happens without the server API."""
        self.walk.tell(Act(text))

    def enter(self, room_id: int, accid: str, client_type: str) -> None:
        """Let somebody in, with a token of the moment."""
        token = self.nim.dynamic_token(accid, ttl=60)
        self.emulator.enter(room_id, accid, token=token, client_type=client_type)
        self.act(f"{accid} enters the room on {client_type}")
