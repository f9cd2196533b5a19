"""Contenders in turn, round by round, and the ratios between them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import asdict, field, frozen

from benchmarks.speed.contenders import Task
from benchmarks.speed.drive import WARM, Result

if TYPE_CHECKING:
    from benchmarks.speed.server import Server

OURS, OURS_JSON = "nim_async", "nim_async[json]"
CLIENT_CORE, SERVER_CORE = 0, 1


@frozen(kw_only=True)
class Scene:
    """
    Something all contenders do.

    Attributes:
        name: What it is called.
        reply: ``small``, ``large`` or ``members``.
        contenders: Who takes part; ours first.
        concurrency: Tasks at a time.
        connections: Connections at most; as many as tasks when ``None``.
        tls: Whether over TLS.
        loop: ``asyncio`` or ``uvloop``.
        least: By contender, the least ratio that is wanted.
    """

    name: str
    reply: str = "small"
    contenders: Sequence[str]
    concurrency: int
    connections: int | None = None
    tls: bool = False
    loop: str = "asyncio"
    least: Mapping[str, float] = field(factory=dict[str, float])


@frozen(kw_only=True)
class SceneResult:
    """The results of a scene, by contender and round, and how busy the server was at most."""

    scene: Scene
    results: Mapping[str, Sequence[Result]]
    busiest: float

    def ratios(self, other: str) -> list[float]:
        """Return how many times the rate of another ours was, in each round."""
        pairs = zip(self.results[OURS], self.results[other], strict=True)
        return [ours.rate / theirs.rate if theirs.rate else float("inf") for ours, theirs in pairs]


def play(scene: Scene, server: Server, *, rounds: int, seconds: float) -> SceneResult:
    """Let all contenders run, in turn."""
    results: dict[str, list[Result]] = {name: [] for name in scene.contenders}
    busiest = 0.0
    for _ in range(rounds):
        for name in scene.contenders:
            busy = server.seconds_busy()
            found = _one(name, scene, server, seconds)
            results[name].append(found)
            busiest = max(busiest, (server.seconds_busy() - busy) / (seconds + min(WARM, seconds)))
    return SceneResult(scene=scene, results=results, busiest=busiest)


def _one(name: str, scene: Scene, server: Server, seconds: float) -> Result:
    task = Task(
        url=server.url(scene.reply, tls=scene.tls),
        concurrency=scene.concurrency,
        connections=scene.connections or scene.concurrency,
        authority=server.authority,
        path=_PATHS[scene.reply],
    )
    order = {"name": name, "task": asdict(task), "seconds": seconds}
    order |= {"core": CLIENT_CORE, "loop": scene.loop}
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "benchmarks.speed.drive", json.dumps(order)],
        check=False,  # pyreqwest may abort when the interpreter ends, after all was measured
        capture_output=True,
        env=os.environ | {"NO_PROXY": "*"},
    )
    if not done.stdout:
        raise RuntimeError(f"{name} gave no result: {done.stderr.decode()[-500:]}")
    return Result(**json.loads(done.stdout))


_PATHS = {
    "small": "/chatroom/get.action",
    "large": "/chatroom/get.action",
    "members": "/chatroom/membersByPage.action",
}


def tell(outcome: SceneResult) -> dict[str, bool]:
    """Print a scene; return which of the wanted ratios were reached."""
    scene = outcome.scene
    print(f"{scene.name} (server core at most {outcome.busiest:.0%} busy)")
    print(
        f"  {'client':<27}{'ratio':>7} {'from':>6} {'to':>6}{'calls/s':>10}{'spread':>8}"
        f"{'CPU us':>9}{'p99 ms':>9}{'failed':>8}{'MiB':>6}"
    )
    for name, results in outcome.results.items():
        rates = [result.rate for result in results]
        ratios = outcome.ratios(name)
        spread = (max(rates) - min(rates)) / statistics.median(rates) if any(rates) else 0.0
        print(
            f"  {name:<27}{statistics.median(ratios):>7.2f} {min(ratios):>6.2f} {max(ratios):>6.2f}"
            f"{statistics.median(rates):>10.0f}{spread:>8.0%}"
            f"{statistics.median(r.cpu for r in results):>9.1f}"
            f"{statistics.median(r.p99 for r in results):>9.1f}"
            f"{sum(r.failed for r in results):>8}{max(r.memory for r in results):>6.0f}"
        )
    print()
    return {
        f"{scene.name}: {least:g} times {name}": statistics.median(outcome.ratios(name)) >= least
        for name, least in scene.least.items()
    }
