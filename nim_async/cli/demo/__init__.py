"""The whole life of a chatroom, played against the emulator over a real socket."""

from nim_async.cli.demo.play import play
from nim_async.cli.demo.walk import Act, Event, Heading, Opening, Outcome, Step, Summary

__all__ = ["Act", "Event", "Heading", "Opening", "Outcome", "Step", "Summary", "play"]
