"""
What ``import nim_async`` costs beside the packages it stands on.

``python -m benchmarks.bench_import [--rounds N] [--limit RATIO]``; with a limit, the exit status
is 1 when the median of the ratios is above it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys

OURS = "nim_async"
BASE = "httpx, attrs, cattrs"
_TIMED = """
from time import perf_counter
started = perf_counter()
import {}
print(perf_counter() - started)
"""


def seconds(modules: str) -> float:
    """Time an import in an interpreter of its own, bytecode cached."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(  # noqa: S603  nothing foreign
        [sys.executable, "-c", _TIMED.format(modules)],
        env=environment,
        check=True,
        capture_output=True,
    )
    return float(done.stdout)


def main() -> int:
    """Measure in turn and print ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--limit", type=float)
    arguments = parser.parse_args()
    for modules in (BASE, OURS):  # the first import writes the bytecode
        seconds(modules)
    ratios: list[float] = []
    print(f"{'round':>5} {BASE:>22} {OURS:>11} {'ratio':>6}")
    for number in range(1, arguments.rounds + 1):
        base, ours = seconds(BASE), seconds(OURS)
        ratios.append(ours / base)
        print(f"{number:>5} {base * 1000:>19.1f} ms {ours * 1000:>8.1f} ms {ours / base:>6.3f}")
    median = statistics.median(ratios)
    print(f"median ratio {median:.3f}, from {min(ratios):.3f} to {max(ratios):.3f}")
    return int(arguments.limit is not None and median > arguments.limit)


if __name__ == "__main__":
    sys.exit(main())
