"""
What calls cost beside other clients: ``python -m benchmarks [--quick] [--json FILE]``.

nginx answers on one core, each client runs in a process of its own on the other, in turn, and
ratios are taken round by round. Needs Linux with two cores, the program nginx, and the dependency
group ``bench``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from attrs import asdict

from benchmarks.speed import layers, memory
from benchmarks.speed.rounds import CLIENT_CORE, OURS, OURS_JSON, SERVER_CORE, Scene, play, tell
from benchmarks.speed.server import serve
from benchmarks.tables import verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.speed.rounds import SceneResult

BY_HAND = "pool, rest by hand"
ALL = (
    *(OURS, OURS_JSON, "nim_async over httpx", "httpx with SigningTransport", "bare pool"),
    *("httpx", "httpx2", "aiohttp", "pyreqwest"),
)
CROWD = (OURS, "bare pool", "aiohttp", "pyreqwest")
AIOHTTP = (OURS, OURS_JSON, "bare pool", "aiohttp")
MOST = (OURS, OURS_JSON, "bare pool", "httpx", "httpx2", "aiohttp", "pyreqwest")

SCENES = [
    Scene(name="small replies, 1 task", contenders=ALL, concurrency=1),
    Scene(
        name="small replies, 10 tasks",
        contenders=ALL,
        concurrency=10,
        least={"httpx": 12, "aiohttp": 2.5},
    ),
    Scene(
        name="small replies, 100 tasks",
        contenders=(*ALL, BY_HAND),
        concurrency=100,
        least={"httpx": 30, "aiohttp": 2.5},
    ),
    Scene(name="small replies, 1,000 tasks on 1,000", contenders=CROWD, concurrency=1000),
    Scene(
        name="small replies, 1,000 tasks on 100",
        contenders=CROWD,
        concurrency=1000,
        connections=100,
    ),
    Scene(
        name="small replies, 10 tasks, uvloop",
        contenders=AIOHTTP,
        concurrency=10,
        loop="uvloop",
        least={"aiohttp": 3},
    ),
    Scene(
        name="small replies, 100 tasks, uvloop",
        contenders=AIOHTTP,
        concurrency=100,
        loop="uvloop",
        least={"aiohttp": 3},
    ),
    Scene(
        name="50 kB replies, 100 tasks",
        reply="large",
        contenders=MOST,
        concurrency=100,
        least={"httpx": 5, "aiohttp": 1.2},
    ),
    Scene(
        name="500 members in classes, 10 tasks",
        reply="members",
        contenders=AIOHTTP,
        concurrency=10,
        least={"aiohttp": 1},
    ),
    Scene(
        name="TLS, 10 tasks",
        contenders=MOST,
        concurrency=10,
        tls=True,
        least={"httpx": 10, "aiohttp": 2.2},
    ),
    Scene(
        name="TLS, 100 tasks",
        contenders=MOST,
        concurrency=100,
        tls=True,
        least={"httpx": 25, "aiohttp": 2.2},
    ),
]
_CROWD_KEEPS = 0.9
_MAY_GROW = 2.0  # MiB from the first tenth of the calls to the last


def main(arguments: Sequence[str] | None = None) -> int:
    """Play all scenes and judge them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of one client in one round")
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--scenes", default="", help="only those whose names hold this")
    parser.add_argument("--json", type=Path, help="write all figures to a file")
    given = parser.parse_args(arguments)
    rounds, seconds = (1, 0.2) if given.quick else (given.rounds, given.seconds)

    outcomes: list[SceneResult] = []
    criteria: dict[str, bool] = {}
    figures: dict[str, object] = {}
    with serve(SERVER_CORE) as server:
        for scene in SCENES:
            if given.scenes in scene.name:
                outcomes.append(play(scene, server, rounds=rounds, seconds=seconds))
                criteria |= tell(outcomes[-1])
        if not given.scenes:
            calls = 20_000 if given.quick else 1_000_000
            figures["memory"], flat = _remembered(server.url("small"), calls)
            criteria |= flat
    criteria |= _crowds(outcomes) | _own_layer(outcomes)
    if not given.scenes:
        figures["layers"] = layers.measure(quick=given.quick)
    if given.json:
        figures["scenes"] = [asdict(outcome) for outcome in outcomes]
        given.json.write_text(json.dumps(figures, indent=1), "utf-8")
    return verdict(criteria)


def _remembered(url: str, calls: int) -> tuple[object, dict[str, bool]]:
    """Let a client make many calls in a process of its own, and judge its memory."""
    order = json.dumps({"url": url, "calls": calls, "core": CLIENT_CORE})
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", memory.__name__, order], check=True, capture_output=True
    )
    found = json.loads(done.stdout)
    print(
        f"memory: {found['before']:.1f} MiB at first, {found['idle']:.1f} with 1,000 idle "
        f"connections, then during {calls:,} calls "
        + " ".join(f"{size:.1f}" for size in found["during"])
        + f"; at most {found['peak']:.1f}\n"
    )
    later = found["during"][1:]
    return found, {
        f"memory is flat over {calls:,} calls": max(later) - found["during"][0] <= _MAY_GROW
    }


def _own_layer(outcomes: Sequence[SceneResult]) -> dict[str, bool]:
    """Judge what all that stands above the bare pool costs, in CPU time."""
    found: dict[str, bool] = {}
    for outcome in outcomes:
        if outcome.scene.name == "small replies, 100 tasks":
            ours, bare, by_hand = (
                median(result.cpu for result in outcome.results[name])
                for name in (OURS, "bare pool", BY_HAND)
            )
            print(
                f"above the bare pool: {ours - bare:.1f} us of CPU a call, the pool {bare:.1f}\n"
                f"  of it {by_hand - bare:.1f} for encoding, signing, decoding and structuring, "
                f"and {ours - by_hand:.1f} for the client\n"
            )
            found["all above the bare pool costs at most as much as that"] = ours - bare <= bare
    return found


def _crowds(outcomes: Sequence[SceneResult]) -> dict[str, bool]:
    """Judge what a crowd costs: the rate of a hundred tasks is nearly kept, and nobody fails."""
    best: dict[str, float] = {}
    for outcome in outcomes:
        rates = sorted(result.rate for result in outcome.results[OURS])
        best[outcome.scene.name] = rates[len(rates) // 2]
    found: dict[str, bool] = {}
    hundred = best.get("small replies, 100 tasks")
    for outcome in outcomes:
        name = outcome.scene.name
        if name.startswith("small replies, 1,000") and hundred:
            found[f"{name}: {_CROWD_KEEPS} of the rate of 100"] = (
                best[name] >= _CROWD_KEEPS * hundred
            )
        failed = sum(result.failed for result in outcome.results[OURS])
        found[f"{name}: no call of ours failed"] = not failed
    return found


if __name__ == "__main__":
    sys.exit(main())
