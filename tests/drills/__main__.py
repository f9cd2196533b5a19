"""
All drills, one after the other, at sizes that take about ten minutes: ``python -m tests.drills``.

``python -m tests.drills NAME ...`` runs those named. Quota needs the program ``redis-server``.
"""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter

DRILLS = {
    "chaos": ("chaos", "--sends", "600", "--others", "150", "--concurrency", "100"),
    "storm": ("storm", "--seeds", "1", "--plain-seeds", "1", "--waves", "40"),
    "doubled": ("doubled", "--calls", "1000"),
    "failover": ("failover", "--seconds", "3"),
    "clock": ("clock",),
    "callbacks": ("callbacks",),
    "inbox-sqlite": ("inbox", "sqlite"),
    "inbox-redis": ("inbox", "redis"),
    "inbox-memory": ("inbox", "memory"),
    "answers": ("answers", "--events", "10000"),
    "flat": ("flat", "memory", "--events", "100000", "--rooms", "20000", "--remembered", "20000"),
    "batch-kills": ("batch_kills", "--rows", "12000", "--kills", "10"),
    "batch-kills-forget": ("batch_kills", "--rows", "12000", "--kills", "10", "--forget"),
    "batch-speed": ("batch_speed", "--rows", "100000", "--rounds", "3"),
    "whole-room": ("whole_room", "--members", "10000", "--messages", "20000"),
    "dask-workers": ("dask_workers", "--rows", "600"),
    "deadline": ("deadline", "--calls", "400"),
    "quota": ("quota", "--seconds", "6", "--processes", "4"),
    "quota-kill": ("quota", "--seconds", "9", "--processes", "4", "--kill"),
}


def main(names: list[str]) -> int:
    """Run drills; return 1 when one does not meet its criteria, 2 when there is none so named."""
    if unknown := [name for name in names if name not in DRILLS]:
        print(f"no drill: {', '.join(unknown)}; there are {', '.join(DRILLS)}", file=sys.stderr)
        return 2
    failed: list[str] = []
    for name in names or DRILLS:
        program, *options = DRILLS[name]
        print(f"--- python -m tests.drills.{program} {' '.join(options)}", flush=True)
        began = perf_counter()
        command = [sys.executable, "-m", f"tests.drills.{program}", *options]
        if subprocess.run(command, check=False).returncode:  # noqa: S603  our own programs
            failed.append(name)
        print(f"--- {perf_counter() - began:.0f} s\n", flush=True)
    print(f"NOT MET: {', '.join(failed)}" if failed else "all drills met their criteria")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
