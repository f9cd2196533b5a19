"""``nim-async batch``: the rows of a file, whatever happens."""

from __future__ import annotations

import signal
import sys
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import anyio
import click
from attrs import frozen

from nim_async.batch._input import FORMATS, Format, Input, format_of, opened
from nim_async.batch._job import JournaledJob, Uncertain
from nim_async.batch._journal import Journal
from nim_async.batch._outcome import Progress
from nim_async.batch._pace import Pace
from nim_async.batch._prepared import prepare, rows_of, spooled
from nim_async.batch._rows import refusal
from nim_async.batch._run import Run
from nim_async.cli.common import STOPPED, Wrong, method_of, run
from nim_async.cli.described import operation_named
from nim_async.cli.terminal import say, write_json
from nim_async.client import NimClient
from nim_async.config import RateLimit
from nim_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from contextlib import AbstractAsyncContextManager

    from anyio.abc import TaskGroup

    from nim_async.batch._outcome import Outcome
    from nim_async.cli.batch_show import Show

_BLOCK_SECONDS = 10.0  # of limits that the table lacks
_SOME_NOT_DONE = 1
_TICK_SECONDS = 0.25


@frozen(kw_only=True)
class Settings:
    """What the command line says."""

    file: str
    out: Path
    concurrency: int
    rates: dict[str, RateLimit]
    uncertain: Uncertain
    retry: frozenset[str]
    fsync: bool
    dask: str | None
    redis: str | None


@click.command("batch", short_help="Call an operation for each row of a file.")
@click.argument("file")
@click.option("--out", type=click.Path(path_type=Path), help="Where the outcomes go.")
@click.option("--dry-run", is_flag=True, help="Check every row against the table; send nothing.")
@click.option(
    "--concurrency",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Calls under way at a time, at most.",
)
@click.option(
    "--rate",
    "rates",
    multiple=True,
    metavar="NAME=CALLS/SECONDS",
    help="A limit in place of the documented one, such as chatroom.create=500/1.",
)
@click.option(
    "--uncertain",
    type=click.Choice(["skip", "repeat"]),
    default="skip",
    show_default=True,
    help="Rows that may have happened and could do harm if repeated.",
)
@click.option(
    "--retry-failed",
    metavar="CODE[,CODE...]",
    help="Call rows again that failed with these codes or errors, such as 416,TimedOut.",
)
@click.option("--fsync", is_flag=True, help="Wait for the disk, for power cuts.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(sorted(set(FORMATS.values()))),
    help="What FILE is; told by its name when left out, jsonl for standard input.",
)
@click.option(
    "--dask", metavar="ADDRESS", help="Have the workers of a Dask cluster make the calls."
)
@click.option(
    "--redis",
    metavar="URL",
    envvar="NIM_REDIS_URL",
    help="With --dask, the Redis by which they keep the limits; or NIM_REDIS_URL.",
)
@click.option("--op", metavar="NAME", help="The operation of rows that name none.")
def batch_command(
    file: str,
    out: Path | None,
    dry_run: bool,  # noqa: FBT001
    concurrency: int,
    rates: tuple[str, ...],
    uncertain: Uncertain,
    retry_failed: str | None,
    fsync: bool,  # noqa: FBT001
    kind: Format | None,
    op: str | None,
    dask: str | None,
    redis: str | None,
) -> None:
    """
    Call an operation for each row of FILE, - for standard input.

    \b
    Rows are lines of JSON, or a CSV or Parquet file with columns op, id and parameters:
      {"op": "chatroom.create", "args": {"creator": "amy", "name": "tea"}, "id": "r-17"}

    The output has one line for each row, and is the journal at the same time: the same command goes
    on where the last one ended, even if that was killed. DONE.journal beside DONE belongs to it.

    \b
    Examples:
      nim-async batch rooms.jsonl --dry-run
      nim-async batch rooms.jsonl --out done.jsonl
      nim-async batch rooms.jsonl --out done.jsonl --retry-failed 416,500

    Ctrl-C begins no more rows and lets those under way end; a second one ends at once. Exit
    status: 0 all rows are done, 1 some failed or are uncertain, 2 refused before anything was
    sent, 3 stopped by Ctrl-C or a full disk. Key, secret and endpoint come from the environment.
    """  # noqa: D301  click wants the character itself
    if op is not None:
        op = operation_named(op).qualified_name
    limits = dict(map(_rate, rates))
    if dask is not None:
        _check_dask(redis)
    if out is None and not dry_run:
        raise click.UsageError("Missing option '--out'; --dry-run needs none.")
    with ExitStack() as stack:
        with _refusing(file):
            stream = stack.enter_context(_opened(file))
            rows = opened(stream, file, _kind(file, kind), op)
        if out is None or dry_run:
            status = _dry_run(rows, file)
        else:
            _check_apart(file, out)
            settings = Settings(
                file=file, out=out, concurrency=concurrency, rates=limits,
                uncertain=uncertain, fsync=fsync,
                retry=frozenset((retry_failed or "").replace(" ", "").split(",")) - {""},
                dask=dask, redis=redis,
            )  # fmt: skip
            status = _batch(rows, settings)
    click.get_current_context().exit(status)


@contextmanager
def _refusing(name: str) -> Generator[None]:
    """Turn what is wrong with files and settings into wrong usage."""
    try:
        yield
    except ConfigurationError as error:
        raise Wrong(str(error)) from None
    except OSError as error:
        raise Wrong(f"{error.filename or name}: {error.strerror or error}") from None


def _opened(file: str) -> BinaryIO:
    """Open the rows; what comes through a pipe is kept, since it is read twice."""
    if file == "-":
        if sys.stdin is None:
            raise Wrong("cannot read standard input: it is closed")
        return spooled(sys.stdin.buffer)
    stream = Path(file).open("rb")  # noqa: SIM115  closed by the caller
    if stream.seekable():
        return stream
    with stream:
        return spooled(stream)


def _check_dask(redis: str | None) -> None:
    if find_spec("distributed") is None:
        raise Wrong('--dask needs Dask: pip install "nim-async[dask]"')
    if redis is None:
        raise click.UsageError("--dask needs --redis, by which workers keep the limits.")


def _kind(file: str, given: Format | None) -> Format:
    if given is not None:
        return given
    return "jsonl" if file == "-" else format_of(Path(file))


def _rate(text: str) -> tuple[str, RateLimit]:
    name, _, rate = text.partition("=")
    calls, slash, seconds = rate.partition("/")
    operation = operation_named(name)
    documented = operation.rate_limit
    block = _BLOCK_SECONDS if documented is None else documented.block_seconds
    try:
        limit = RateLimit(
            calls=int(calls), per_seconds=float(seconds if slash else 1), block_seconds=block
        )
    except (ValueError, OverflowError):
        raise Wrong(f"--rate {text}: write NAME=CALLS/SECONDS, such as {name}=500/1") from None
    return operation.qualified_name, limit


def _check_apart(file: str, out: Path) -> None:
    if file != "-" and out.exists() and out.samefile(file):
        raise Wrong("the output is the input")


def _dry_run(rows: Input, file: str) -> int:
    """Check every row, and show what is wrong with which."""
    with _refusing(file):
        count = prepare(rows, None)
    bad = 0
    for entry in rows.entries():
        parsed = entry.parse()
        problem = parsed.problem
        if parsed.operation is not None:
            problem = refusal(parsed.operation, parsed.arguments)
        if problem is not None:
            bad += 1
            say(f"line {entry.n}: {problem.reason.removeprefix('nothing was sent: ')}")
    write_json({"rows": count, "good": count - bad, "bad": bad})
    return _SOME_NOT_DONE if bad else 0


def _batch(rows: Input, settings: Settings) -> int:
    """Open the journal, compare the input with it, and run."""
    journal = Journal(settings.out, "rows", fsync=settings.fsync)
    job = JournaledJob(
        pace=Pace(settings.concurrency), journal=journal,
        uncertain=settings.uncertain, retry=settings.retry,
    )  # fmt: skip
    with _refusing(str(settings.out)), journal.given_up_on_error():
        own = NimClient.from_env(
            rate_limit=settings.rates, max_connections=max(settings.concurrency, 100)
        )
        job.open()
        total = prepare(rows, journal)
    job.progress = _so_far(journal)
    return run(partial(_run, rows, job, partial(_client, own, settings), total))


def _client(own: NimClient, settings: Settings) -> AbstractAsyncContextManager[NimClient]:
    """Return the client that makes the calls, to be entered."""
    if settings.dask is None:
        return own
    from nim_async.batch.dask import on_dask  # noqa: PLC0415  an extra

    return on_dask(
        settings.dask,
        redis=settings.redis,
        concurrency=settings.concurrency,
        rate_limit=settings.rates,
    )


def _so_far(journal: Journal) -> Progress:
    counts = journal.counts
    return Progress(
        done=counts["done"], failed=counts["failed"], uncertain=counts["uncertain"],
        resumed=counts.total(), failures=journal.failures.copy(),
    )  # fmt: skip


async def _run(
    rows: Input,
    job: JournaledJob,
    client: Callable[[], AbstractAsyncContextManager[NimClient]],
    total: int,
) -> int:
    """Run the rows that have not ended, and return the exit status."""
    from nim_async.cli.batch_show import show as shown  # noqa: PLC0415  rich takes time to import

    end = _End()
    async with _reached(client()) as nim, anyio.create_task_group() as group:
        source = rows_of(rows, partial(method_of, nim), job.journal)
        show = shown(nim, job.progress, total)
        running: Run[Any] = Run(job, source, job.pace.limit)
        group.start_soon(_watch_signals, running, group, end)
        group.start_soon(_tick, show)
        with show:
            try:
                async for outcome in running:
                    _show(show, outcome)
            except ConfigurationError as error:
                end.because(str(error))
            except OSError as error:
                end.because(f"cannot write {job.journal.path.name}: {error.strerror or error}")
        group.cancel_scope.cancel()
    progress = job.progress
    if end.reason is not None:
        say(f"stopped: {end.reason}; the same command goes on from here")
    write_json(_summary(progress))
    if end.reason is not None:
        return STOPPED
    return _SOME_NOT_DONE if progress.failed or progress.uncertain else 0


@asynccontextmanager
async def _reached(client: AbstractAsyncContextManager[NimClient]) -> AsyncGenerator[NimClient]:
    """Enter a client; a cluster that is not there is wrong usage."""
    async with AsyncExitStack() as stack:
        try:
            nim = await stack.enter_async_context(client)
        except OSError as error:
            raise Wrong(f"no cluster is reached: {error}") from None
        yield nim


async def _tick(show: Show) -> None:
    """Show how far it is, also while no row ends."""
    while True:
        await anyio.sleep(_TICK_SECONDS)
        show.update()


class _End:
    """Why a run ended before its last row."""

    def __init__(self) -> None:
        self.reason: str | None = None

    def because(self, reason: str) -> None:
        """Keep the first reason."""
        self.reason = self.reason or reason


async def _watch_signals(running: Run[Any], group: TaskGroup, end: _End) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for number in signals:
            if end.reason is not None:
                group.cancel_scope.cancel()
                return
            name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
            end.because(name)
            running.stop()
            say(f"{name}: no more rows are begun; once more to cut off those under way")


def _show(show: Show, outcome: Outcome[Any]) -> None:
    """Show what is wrong with a row that could not be read."""
    if getattr(outcome.row, "problem", None) is not None and outcome.error is not None:
        reason = outcome.error.reason.removeprefix("nothing was sent: ")
        show.problem(f"line {outcome.n}: {reason}")


def _summary(progress: Progress) -> dict[str, Any]:
    return {
        "rows": progress.ended,
        "done": progress.done,
        "failed": progress.failed,
        "uncertain": progress.uncertain,
        "resumed": progress.resumed,
        "failures": dict(progress.failures.most_common()),
    }
