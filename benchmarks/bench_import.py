"""
What ``import nim_async`` costs beside the packages it stands on.

``python -m benchmarks.bench_import [--rounds N] [--limit RATIO]``; with a limit, the exit status
is 1 when the median of the ratios is above it. The last line has the medians, to be compared
before and after a change.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys

from benchmarks.tables import verdict

OURS = "nim_async"
BASE = "attrs, cattrs, anyio"
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--limit", type=float)
    arguments = parser.parse_args()
    for modules in (BASE, OURS):  # the first import writes the bytecode
        seconds(modules)
    print(f"{'round':>5} {BASE:>22} {OURS:>11} {'ratio':>6}")
    pairs: list[tuple[float, float]] = []
    for number in range(1, arguments.rounds + 1):
        pairs.append((seconds(BASE), seconds(OURS)))
        print(f"{number:>5} {_row(*pairs[-1])}")
    base, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratios = [ours / base for base, ours in pairs]
    median = statistics.median(ratios)
    print(f"{'all':>5} {_row(base, ours, median)}  from {min(ratios):.3f} to {max(ratios):.3f}")
    if arguments.limit is None:
        return 0
    return verdict({f"at most {arguments.limit} times": median <= arguments.limit})


def _row(base: float, ours: float, ratio: float | None = None) -> str:
    return f"{base * 1000:>19.1f} ms {ours * 1000:>8.1f} ms {ratio or ours / base:>6.3f}"


if __name__ == "__main__":
    sys.exit(main())
