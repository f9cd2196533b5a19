"""
What ``import nim_async`` costs beside the packages it stands on.

``python -m benchmarks.bench_import [--rounds N] [--limit RATIO]``; with a limit, the exit status
is 1 when the median of the ratios is above it. The last line has the medians, to be compared
before and after a change. What the package defers until a name is asked for is shown beside.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys

from benchmarks.tables import verdict

BASE = "import attrs, cattrs, anyio"
OURS = "import nim_async"
USED = "from nim_async import NimClient"
_TIMED = """
from time import perf_counter
started = perf_counter()
{}
print(perf_counter() - started)
"""


def seconds(statement: str) -> float:
    """Time an import in an interpreter of its own, bytecode cached."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(  # noqa: S603  nothing foreign
        [sys.executable, "-c", _TIMED.format(statement)],
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
    for statement in (BASE, OURS, USED):  # the first import writes the bytecode
        seconds(statement)
    print(f"{'round':>5}  {BASE}  {OURS}  ratio  {USED}  ratio")
    rounds: list[tuple[float, float, float]] = []
    for number in range(1, arguments.rounds + 1):
        rounds.append((seconds(BASE), seconds(OURS), seconds(USED)))
        base, ours, used = rounds[-1]
        _show(str(number), rounds[-1], ours / base, used / base)
    base, ours, used = (statistics.median(times) for times in zip(*rounds, strict=True))
    ratio = statistics.median(ours / base for base, ours, _ in rounds)
    used_ratio = statistics.median(used / base for base, _, used in rounds)
    _show("all", (base, ours, used), ratio, used_ratio)
    if arguments.limit is None:
        return 0
    return verdict({f"{OURS}: at most {arguments.limit} times as long": ratio <= arguments.limit})


def _show(name: str, times: tuple[float, float, float], ratio: float, used_ratio: float) -> None:
    base, ours, used = (f"{seconds * 1000:.1f} ms" for seconds in times)
    print(
        f"{name:>5}  {base:>{len(BASE)}}  {ours:>{len(OURS)}}  {ratio:5.2f}"
        f"  {used:>{len(USED)}}  {used_ratio:5.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())
