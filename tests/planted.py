"""
Whether the checks notice what they are for: ``python -m tests.planted contracts|generated``.

Each plants a violation in a copy of the package, runs the check there, and fails unless that does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
WIDE = os.environ | {"COLUMNS": "300"}  # so that no line of a check is broken

# By the name of a contract: files, and the line that breaks the contract when it stands in one.
IMPORTS = {
    "Imports go downwards": (("errors/__init__.py",), "import nim_async.client"),
    "The emulator knows the table and the configuration, nothing else of the client": (
        ("emulator/__init__.py", "emulator/webhooks/bodies.py"),
        "import nim_async._core.bodies",
    ),
    "Protocol rules do no I/O": (("_core/signing.py", "webhooks/_parsing.py"), "import socket"),
    "Only these know httpx: its session, the signing transport, the emulator's two doors": (
        ("retry.py", "bot/_bot.py", "emulator/exchange.py", "_session/tls.py"),
        "import httpx",
    ),
}


def planted(file: str, line: str, command: list[str]) -> str:
    """Add a line to a file of a copy of the package, and return what a check says there."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copy(ROOT / "pyproject.toml", copy)
        shutil.copytree(ROOT / "nim_async", copy / "nim_async")
        with (copy / "nim_async" / file).open("a", encoding="utf-8") as added:
            added.write(f"\n{line}\n")
        done = subprocess.run(  # noqa: S603  our own program
            command, cwd=copy, env=WIDE, capture_output=True, text=True, check=False
        )
    return f"{done.stdout}{done.stderr}" if done.returncode else ""


def contracts() -> bool:
    """Show whether each contract of the project notices an import that it forbids."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    named = {contract["name"] for contract in settings["contracts"]}
    for name in named ^ IMPORTS.keys():
        print(f"no contract, or no violation of it: {name}")
    # Beside the interpreter, since the name of the program is no module.
    program = str(Path(sysconfig.get_path("scripts")) / "lint-imports")
    noticed = True
    for name, (files, line) in IMPORTS.items():
        for file in files:
            found = f"{name} BROKEN" in planted(file, line, [program, "--no-cache"])
            print(f"{'noticed' if found else 'NOT NOTICED'}: {line!r} in {file}: {name}")
            noticed &= found
    return noticed and named == IMPORTS.keys()


def generated() -> bool:
    """Show whether the generator's check notices a changed byte in each generated file."""
    check = [sys.executable, "-m", "nim_async._codegen", "--check"]
    noticed = True
    package = ROOT / "nim_async"
    for path in (package / "models.py", *sorted((package / "_generated").glob("*.py"))):
        file = path.relative_to(package).as_posix()
        found = f"{file}: differs" in planted(file, "#", check)
        print(f"{'noticed' if found else 'NOT NOTICED'}: a changed byte in {file}")
        noticed &= found
    return noticed


if __name__ == "__main__":
    sys.exit(not {"contracts": contracts, "generated": generated}[sys.argv[1]]())
