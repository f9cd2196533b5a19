"""Fixtures for tests of sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.session.ways import WAYS, Ground, Way, ground

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


_EACH_WAY = [
    pytest.param(way, id=way.name, marks=() if way in WAYS[:1] else pytest.mark.slow)
    for way in WAYS
]


@pytest.fixture(params=_EACH_WAY, name="way")
def _way(request: pytest.FixtureRequest) -> Way:
    """Choose a way to run a client; a test module that asks for it runs on its event loop."""
    way: Way = request.param
    if way.loop == "uvloop":
        pytest.importorskip("uvloop", reason="not for this system")
    return way


@pytest.fixture(name="ground")
async def _ground(way: Way) -> AsyncIterator[Ground]:
    """Prepare the ground for a client."""
    async with ground(way) as prepared:
        yield prepared
