"""The webhooks that the emulator sends: what they say, how they are signed, and when they go."""

from nim_async.emulator.webhooks.console import Console
from nim_async.emulator.webhooks.mischief import (
    Chances,
    CircuitOpen,
    Doubled,
    Late,
    Lost,
    Mischief,
    Overtaken,
    Planned,
    Plans,
    WronglySigned,
)
from nim_async.emulator.webhooks.sender import SentWebhook, Webhooks
from nim_async.emulator.webhooks.targets import Answers, AsgiApp, InProcess, Target

__all__ = [
    "Answers",
    "AsgiApp",
    "Chances",
    "CircuitOpen",
    "Console",
    "Doubled",
    "InProcess",
    "Late",
    "Lost",
    "Mischief",
    "Overtaken",
    "Planned",
    "Plans",
    "SentWebhook",
    "Target",
    "Webhooks",
    "WronglySigned",
]
