"""``python -m nim_async._codegen [--check]``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from nim_async._codegen.facts import SpecError
from nim_async._codegen.load import load
from nim_async._codegen.render import render

PACKAGE = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None, package: Path = PACKAGE) -> int:
    """
    Write the generated files, or compare them with what would be written.

    Returns:
        0 when done or equal, 1 when a file differs, 2 when the spec is faulty.
    """
    parser = argparse.ArgumentParser(prog="python -m nim_async._codegen", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare bytes, write nothing")
    check: bool = parser.parse_args(arguments).check
    try:
        files = render(load(package / "_spec"))
    except SpecError as error:
        print(f"spec: {error}", file=sys.stderr)
        return 2
    present = {f"_generated/{path.name}" for path in (package / "_generated").glob("*.py")}
    stale = sorted(present - files.keys()) + [
        name for name, text in files.items() if _bytes(package / name) != text.encode()
    ]
    if check:
        for name in stale:
            print(f"{name}: differs from what the spec says", file=sys.stderr)
        print(f"{len(files) - len(set(stale) & files.keys())} of {len(files)} files up to date")
        return 1 if stale else 0
    (package / "_generated").mkdir(exist_ok=True)
    for name in present - files.keys():
        (package / name).unlink()
    for name, text in files.items():
        (package / name).write_bytes(text.encode())
    print(f"wrote {len(files)} files")
    return 0


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
