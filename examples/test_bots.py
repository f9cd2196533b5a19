"""The bots as ``nim-async bot`` finds them."""

from __future__ import annotations

from importlib import import_module

import pytest

from nim_async.bot import Bot


@pytest.mark.parametrize(
    ("name", "callbacks"), [("dice_bot", []), ("moderation_bot", [6]), ("gift_bot", [])]
)
def test_each_can_be_run(name: str, callbacks: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """With what the environment says; the console has to switch on what it is asked about."""
    for variable in ("NIM_APP_KEY", "NIM_APP_SECRET", "MANAGER"):
        monkeypatch.setenv(variable, "made-up")
    bot = import_module(f"examples.{name}.run").bot
    assert isinstance(bot, Bot)
    assert sorted(bot.callbacks) == callbacks
