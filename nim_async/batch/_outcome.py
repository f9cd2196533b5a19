"""What became of a row, and how far a run has come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from attrs import define, field, frozen

from nim_async.errors import ApiError, NimError

R = TypeVar("R")
Status: TypeAlias = Literal["done", "failed", "uncertain"]


@frozen(kw_only=True, eq=False, slots=False)
class Outcome(Generic[R]):
    """
    What became of one row.

    Attributes:
        n: Number of the row, from 1.
        row: The row as it was given.
        id: The ``"id"`` of the row, if it has one.
        status: ``"done"``: the service said yes, or surely carried it out. ``"failed"``: it said
            no, the call was surely not sent, or it may be repeated without harm and the attempts
            ran out. ``"uncertain"``: it may have happened, and a repeat could do harm.
        result: The reply; ``None`` unless it is done.
        error: What the call failed with; beside ``"done"`` what was wrong with the answer.
        resumed: Whether an earlier run finished the row.
    """

    n: int
    row: Mapping[str, Any]
    id: Any = None
    status: Status
    result: R | None = None
    error: NimError | None = None
    resumed: bool = False


@define(kw_only=True, eq=False)
class Progress:
    """
    How far a run has come.

    Attributes:
        done: Rows that are done.
        failed: Rows that failed.
        uncertain: Rows that may have happened.
        resumed: Rows among them that an earlier run finished.
        under_way: Rows that are begun and not ended.
        failures: How many rows failed or are uncertain, by the code of the service, such as
            ``"416"``, or the class of the error, such as ``"TimedOut"``.
    """

    done: int = 0
    failed: int = 0
    uncertain: int = 0
    resumed: int = 0
    under_way: int = 0
    failures: Counter[str] = field(factory=Counter[str])

    @property
    def ended(self) -> int:
        """Rows that came to an end, whichever."""
        return self.done + self.failed + self.uncertain

    def add(self, outcome: Outcome[Any]) -> None:
        """Count what became of a row."""
        if outcome.status == "done":
            self.done += 1
        else:
            if outcome.status == "failed":
                self.failed += 1
            else:
                self.uncertain += 1
            if outcome.error is not None:
                self.failures[label_of(outcome.error)] += 1
        self.resumed += outcome.resumed


def label_of(error: NimError) -> str:
    """Return the code of the service as text, or the name of the class where there is none."""
    return str(error.code) if isinstance(error, ApiError) else type(error).__name__


def status_of(error: NimError, *, harmless: bool) -> Status:
    """
    Judge a row by what its call failed with.

    Args:
        error: The error.
        harmless: Whether the row may be repeated although it may have happened.
    """
    if error.processed:
        return "done"
    return "uncertain" if error.maybe_processed and not harmless else "failed"
