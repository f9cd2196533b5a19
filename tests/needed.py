"""What tests need and a machine may lack: where everything must run, to lack it is a failure."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, NoReturn

import pytest


def left_out(reason: str) -> NoReturn:
    """Leave a test or its whole module out; under ``CI`` or ``NIM_REQUIRE_REDIS`` fail it."""
    if os.environ.get("CI") or os.environ.get("NIM_REQUIRE_REDIS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)


def needed(package: str) -> Any:
    """Return a package that an extra brings."""
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
    left_out(f"{package} is not installed")
