"""Fixtures that any test may ask for, and what quick runs need not even import."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests import virtual_time

if TYPE_CHECKING:
    from pathlib import Path

_WHOLLY_SLOW = re.compile(r"^pytestmark = .*\bslow\b", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass over modules all of whose tests are left out."""
    if "not (slow" not in config.option.markexpr or collection_path.suffix != ".py":
        return None
    return bool(_WHOLLY_SLOW.search(collection_path.read_text("utf-8"))) or None


@pytest.fixture(params=os.environ.get("EVENT_LOOPS", "asyncio trio").split())
def anyio_backend(request: pytest.FixtureRequest) -> str | tuple[str, dict[str, Any]]:
    """Run a test on both event loops; on virtual time where it is marked so."""
    name = str(request.param)
    if request.node.get_closest_marker("virtual_time") is not None:
        return virtual_time.backend(name)
    return name
