"""Fixtures that any test may ask for."""

from __future__ import annotations

from typing import Any

import pytest

from tests import virtual_time


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str | tuple[str, dict[str, Any]]:
    """Run a test on both event loops; on virtual time where it is marked so."""
    name = str(request.param)
    if request.node.get_closest_marker("virtual_time") is not None:
        return virtual_time.backend(name)
    return name
