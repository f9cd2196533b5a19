"""
What callers are told against what happened, while a quarter of all attempts meets a fault.

``python -m tests.drills.chaos [--sends N] [--others N] [--seed N] [--way NAME] [--quick]``

The client talks over sockets to a proxy of two ports, which refuses, resets, stalls, garbles and
cuts by seed, before and after the request has reached the emulator behind it; the first port dies
in the middle and comes back. Afterwards the state of the emulator is compared with what each
caller was told, on each way to run the client. Once, beside the first of them, the policy of the
official SDK is tried too, with processes of its own.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, frozen

from benchmarks.tables import show, verdict
from nim_async import Again, Failure, RetryPolicy, Stop
from nim_async.errors import ConnectError, StatusError
from tests.drills import proxy, service, ways
from tests.drills.children import child
from tests.drills.fates import Fate
from tests.drills.proxy import Report
from tests.drills.service import Ledger
from tests.drills.ways import ground
from tests.drills.work import CLASSES, SEND, Result, Told, jobs, own_rooms, work

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_TIMEOUT = 0.5
# More calls than that wait in the client, outside of the attempt timeout. The pool of httpx looks
# at all of its connections for every request, so a large one would keep the client busy by itself.
_CONNECTIONS = 24
_BAD_GATEWAY = 502
_FAULTED_AT_LEAST = 0.2


def official(failure: Failure) -> Again | Stop:
    """
    Repeat once, at once, on the next endpoint: connect errors and HTTP 502, nothing else.

    The official SDK does not mark the repeat of a message. Here it is marked, which makes no
    difference: the service drops what it has seen by its request id before it looks further.
    """
    error = failure.error
    gateway = isinstance(error, StatusError) and error.status_code == _BAD_GATEWAY
    return Again(after=0.0) if gateway or isinstance(error, ConnectError) else Stop()


OURS = RetryPolicy(max_attempts=6)
OFFICIAL = RetryPolicy(max_attempts=2, rules=[official])


@frozen(kw_only=True)
class Size:
    """How much is done."""

    sends: int
    others: int
    concurrency: int
    seed: int


@frozen(kw_only=True)
class Run:
    """All that is known of a run."""

    results: Sequence[Result]
    report: Report
    ledger: Ledger
    seconds: float


def run(size: Size, policy: RetryPolicy, way: str) -> Run:
    """Make all calls under a policy and on a way, and collect what everybody saw."""
    made = jobs(size.sends, size.others, size.seed)
    with ground(way) as here, child(service.serve, own_rooms(made), size.seed) as served:
        plan = proxy.Plan(
            service=served.recv(),
            seed=size.seed,
            timeout=_TIMEOUT,
            dies_at=len(made) // 3,
            back_at=len(made) * 2 // 3,
            authority=here.authority,
        )
        with child(proxy.serve, plan) as between:
            options: dict[str, Any] = {
                "app_key": service.KEY,
                "app_secret": service.SECRET,
                "base_url": [here.url(port) for port in between.recv()],
                "timeout": _TIMEOUT,
                "deadline": 60.0,
                "retry": policy,
                "rate_limit": None,
                "max_connections": _CONNECTIONS,
                **here.settings(),
            }
            started = perf_counter()
            results = here.run(partial(work, made, size.concurrency, options))
            seconds = perf_counter() - started
            between.send("report")
            report = between.recv()
        served.send("report")
        return Run(results=results, report=report, ledger=served.recv(), seconds=seconds)


@define
class Line:
    """What is counted of a class of operations."""

    calls: int = 0
    ok: int = 0
    accepted: int = 0
    surely_not: int = 0
    maybe: int = 0
    maybe_did: int = 0
    maybe_not: int = 0
    decidable: int = 0
    unexplained: int = 0
    lost: int = 0
    doubled: int = 0
    again: int = 0
    not_but_did: int = 0
    ok_but_not: int = 0
    crashed: int = 0
    attempts: int = 0
    faulted: int = 0

    def add(self, result: Result, effects: int, processed: int, fates: Sequence[Fate]) -> None:
        """Count one call in."""
        told = result.told
        happened = effects > 0
        self.calls += 1
        self.ok += told in {Told.OK, Told.WRONG}
        self.accepted += told is Told.ACCEPTED
        self.surely_not += told is Told.SURELY_NOT
        self.maybe += told is Told.MAYBE
        self.maybe_did += told is Told.MAYBE and happened
        self.maybe_not += told is Told.MAYBE and not happened
        self.decidable += result.decidable
        clean = fates.count(Fate.CLEAN)
        plain = clean == result.attempts - result.unreached and not result.timed_out
        self.unexplained += told is Told.MAYBE and plain
        self.lost += told in {Told.OK, Told.ACCEPTED} and not happened
        self.doubled += effects > 1
        self.again += processed > 1
        self.not_but_did += told is Told.SURELY_NOT and happened
        self.ok_but_not += told is Told.WRONG or (told is Told.OK and not happened)
        self.crashed += told is Told.CRASHED
        self.attempts += result.attempts
        self.faulted += result.attempts - clean

    def cells(self) -> list[object]:
        """Return the line of the table."""
        share = 100 * self.faulted / max(self.attempts, 1)
        return [
            *(self.calls, self.ok, self.accepted, self.surely_not, self.maybe),
            *(self.maybe_did, self.maybe_not, self.decidable, self.unexplained),
            *(self.lost, self.doubled, self.not_but_did, self.ok_but_not, self.crashed),
            *(self.again, self.attempts, share),
        ]


_HEADER = [
    "class",
    *("calls", "ok", "accepted", "surely not", "maybe"),
    *("did", "did not", "decidable", "unexplained"),
    *("lost", "doubled", "not, but did", "ok, but not", "crashed"),
    *("run again", "attempts", "faulted %"),
]
_LEGEND = """\
accepted      told that the service surely took the call, its answer lost
maybe         told that the call may have been carried out: of these "did" were, "did not" were not
decidable     "maybe" although an attempt had brought certainty
unexplained   "maybe" although the proxy passed each attempt and the caller gave none up
lost          told "ok" or "accepted", but not in the service
doubled       more than one message, room, element taken out for one call
run again     carried out more than once; for repeats that change nothing, such as reads
"""


def count(found: Run) -> dict[str, Line]:
    """Compare what was told with what happened, class by class."""
    fates: defaultdict[str, list[Fate]] = defaultdict(list)
    for sighting in found.report.sightings:
        fates[sighting.key].append(sighting.fate)
    lines = {name: Line() for name in CLASSES}
    for result in found.results:
        key = result.job.key
        processed = found.ledger.processed.get(key, 0)
        # A read leaves nothing behind; that it was answered is all there is.
        effects = found.ledger.effects.get(key, 0)
        if result.job.group == "READ":
            effects = min(processed, 1)
        lines[result.job.group].add(result, effects, processed, fates[key])
    return lines


@frozen(kw_only=True)
class Account:
    """What is told of a run."""

    seconds: float
    lines: Mapping[str, Line]
    notes: Sequence[str]


def account(found: Run) -> Account:
    """Sum a run up."""
    fates = Counter(sighting.fate for sighting in found.report.sightings)
    unreached = sum(result.unreached for result in found.results)
    met = [f"{n} {fate.value}" for fate, n in fates.most_common()]
    met += [f"{found.report.refused} reset on accept", f"{unreached} unreached"]
    notes = ["attempts by what they met: " + ", ".join(met)]
    notes += [
        f"{result.job.key}: {result.told.value}: {result.error!r}"
        for result in found.results
        if result.told in {Told.CRASHED, Told.WRONG}
    ]
    return Account(seconds=found.seconds, lines=count(found), notes=notes)


def tell(title: str, told: Account) -> None:
    """Print one run."""
    rows = ([name, *line.cells()] for name, line in told.lines.items())
    show(f"{title}: {told.seconds:.0f} s", _HEADER, rows)
    for note in told.notes:
        print(note)
    print()


def run_official(parent: Connection[Any, Any], size: Size, way: str) -> None:
    """Make all calls under the official policy, in a process of its own."""
    parent.send(account(run(size, OFFICIAL, way)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Go over the ways and judge our policy on each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sends", type=int, default=20_000)
    parser.add_argument("--others", type=int, default=5_000, help="calls of each other class")
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    ways.add_option(parser)
    parser.add_argument("--quick", action="store_true", help="a few hundred calls on each way")
    given = parser.parse_args(arguments)
    size = Size(
        sends=given.sends, others=given.others, concurrency=given.concurrency, seed=given.seed
    )
    if given.quick:
        size = evolve(size, sends=200, others=60, concurrency=20)

    first, *others = ways.chosen(given.way)
    with child(run_official, size, first, has_children=True) as official:
        accounts = {first: account(run(size, OURS, first))}
        theirs = official.recv()
    tell(f"{first}: library, 6 attempts", accounts[first])
    tell(f"{first}: policy of the official SDK, 2 attempts", theirs)
    for way in others:
        accounts[way] = account(run(size, OURS, way))
        tell(f"{way}: library, 6 attempts", accounts[way])
    print(_LEGEND)
    return verdict(
        {
            f"{way}: {criterion}": met
            for way, ours in accounts.items()
            for criterion, met in criteria(ours.lines).items()
        }
    )


def criteria(lines: Mapping[str, Line]) -> dict[str, bool]:
    """Judge a run of the library's own policy."""
    every = lines.values()
    faulted = sum(line.faulted for line in every)
    return {
        "at least a fifth of all attempts met a fault": (
            faulted >= _FAULTED_AT_LEAST * sum(line.attempts for line in every)
        ),
        "no call lost": not any(line.lost for line in every),
        "no call doubled": not any(line.doubled for line in every),
        'none told "surely not" did happen': not any(line.not_but_did for line in every),
        'none told "ok" did not happen': not any(line.ok_but_not for line in every),
        "no error that is none of the library's": not any(line.crashed for line in every),
        'each "maybe" is beyond the caller\'s knowledge': not any(
            line.decidable or line.unexplained for line in every
        ),
        "some messages were sent again": lines[SEND].attempts > lines[SEND].calls,
    }


if __name__ == "__main__":
    sys.exit(main())
