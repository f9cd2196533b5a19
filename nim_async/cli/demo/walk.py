"""Calls that are told one by one, each with what was asked and what came of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from enum import Enum
from time import perf_counter
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar, cast

from attrs import Factory, define, fields, frozen, has

from nim_async._core.operation import operation_of
from nim_async._generated.operations import OPERATIONS
from nim_async.errors import ApiError, NimError
from nim_async.observe import CallFinished
from nim_async.observe import Event as CallEvent

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_TEXT_CHARACTERS = 40
TUTORIAL = {o.qualified_name for o in OPERATIONS.values() if o.in_tutorial}


class Ending(Enum):
    """How a step ended."""

    OK = "ok"
    REFUSED = "refused"  # as it was meant to be
    FAILED = "failed"  # not what was expected


@frozen(kw_only=True)
class Opening:
    """The stage is set: an emulator answers here."""

    base_url: str
    operations: int


@frozen(kw_only=True)
class Heading:
    """A new section begins."""

    title: str
    chinese: str


@frozen
class Act:
    """Something that happens without the server API, as people do in a room."""

    text: str


@frozen(kw_only=True)
class Step:
    """
    A call was made.

    Args:
        operation: The name users call it by.
        asked: The arguments, in short.
        answered: What came back, in short.
        seconds: How long it took.
        ending: How it ended.
    """

    operation: str
    asked: str
    answered: str
    seconds: float
    ending: Ending


@frozen(kw_only=True)
class Summary:
    """
    The walk is over.

    Args:
        operations: How many operations there are.
        missed: Names of those that never succeeded.
        calls: Requests that were answered or failed, those of wrong secrets included.
        refused: Refusals that were expected.
        failed: Steps that did not end as expected.
        seconds: How long everything took.
    """

    operations: int
    missed: tuple[str, ...]
    calls: int
    refused: int
    failed: int
    seconds: float

    @property
    def good(self) -> bool:
        """Whether everything went as expected, and no operation of the tutorial was missed."""
        return not (self.failed or TUTORIAL & set(self.missed))


Event: TypeAlias = Opening | Heading | Act | Step | Summary


class Astray(Exception):
    """A step failed whose result the next ones need."""


@define(eq=False)
class Walk:
    """
    Makes calls, tells of them, and keeps the score.

    It is a hook as well: give it to every client of the walk, so that it sees the calls.
    """

    tell: Callable[[Event], None]
    calls: int = 0
    endings: list[Ending] = Factory(list[Ending])
    _called: set[str] = Factory(set[str])
    _started: float = Factory(perf_counter)

    def __call__(self, event: CallEvent, /) -> None:
        """Count a call."""
        if isinstance(event, CallFinished):
            self.calls += 1
            if event.outcome == "ok":
                self._called.add(event.operation)

    def ask(self, method: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs) -> Asked[R]:
        """Prepare a call."""

        async def call() -> R:
            return await method(*args, **kwargs)

        name = operation_of(method).qualified_name
        return Asked(self, name, _shown_arguments(kwargs), call)

    def gather(
        self, name: str, method: Callable[P, AsyncIterator[T]], *args: P.args, **kwargs: P.kwargs
    ) -> Asked[list[T]]:
        """Prepare going through an iterator, which is no operation, to its end."""

        async def call() -> list[T]:
            return [element async for element in method(*args, **kwargs)]

        return Asked(self, name, _shown_arguments(kwargs), call)

    def summary(self) -> Summary:
        """Return the score."""
        names = [operation.qualified_name for operation in OPERATIONS.values()]
        return Summary(
            operations=len(names),
            missed=tuple(name for name in names if name not in self._called),
            calls=self.calls,
            refused=self.endings.count(Ending.REFUSED),
            failed=self.endings.count(Ending.FAILED),
            seconds=perf_counter() - self._started,
        )


@define(eq=False)
class Asked(Generic[R]):
    """A call about to be made."""

    _walk: Walk
    _operation: str
    _shown: str
    _call: Callable[[], Awaitable[R]]

    async def tells(self, says: Callable[[R], str], expected: str | None = None) -> R:
        """
        Make the call and tell what came back.

        Args:
            says: Puts the reply into a few words.
            expected: The words that must come out, where they are known.

        Raises:
            Astray: The call failed.
        """
        started = perf_counter()
        try:
            reply = await self._call()
        except NimError as error:
            self._tell(_described(error), started, Ending.FAILED)
            raise Astray from error
        said = says(reply)
        if expected is None or said == expected:
            self._tell(said, started, Ending.OK)
        else:
            self._tell(f"{said}, expected: {expected}", started, Ending.FAILED)
        return reply

    async def done(self) -> R:
        """Make a call whose reply says nothing but yes."""
        return await self.tells(lambda _: "done")

    async def refused(self, cls: type[ApiError], code: int) -> None:
        """Make a call that has to fail in a certain way."""
        started = perf_counter()
        try:
            await self._call()
        except NimError as error:
            meant = type(error) is cls and error.code == code
            self._tell(_described(error), started, Ending.REFUSED if meant else Ending.FAILED)
        else:
            said = f"no error, expected: {cls.__name__} {code}"
            self._tell(said, started, Ending.FAILED)

    def _tell(self, answered: str, started: float, ending: Ending) -> None:
        self._walk.endings.append(ending)
        self._walk.tell(
            Step(
                operation=self._operation,
                asked=self._shown,
                answered=answered,
                seconds=perf_counter() - started,
                ending=ending,
            )
        )


def _described(error: NimError) -> str:
    """Show an error in a few words, the code first."""
    name = type(error).__name__
    if not isinstance(error, ApiError):
        return f"{name}: {error.args[0]}"
    sent = "" if error.endpoint else ", not sent"
    return f"{error.code} {name}{sent}: {error.desc}"


def _shown_arguments(arguments: Mapping[str, Any]) -> str:
    """Show arguments in short; the room goes without saying where there is anything else."""
    shown = [
        f"{name}={'***' if name == 'token' else _shown(v)}"
        for name, v in arguments.items()
        if name != "room_id"
    ]
    return " ".join(shown) or f"room_id={arguments.get('room_id')}"


def _shown(value: object) -> str:
    cls: Any = type(value)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, str):
        text = value if len(value) <= _TEXT_CHARACTERS else f"{value[: _TEXT_CHARACTERS // 2]}…"
        return (
            text if text.isprintable() and " " not in text else json.dumps(text, ensure_ascii=False)
        )
    if isinstance(value, list | tuple):
        return f"[{', '.join(_shown(v) for v in cast('list[Any]', value))}]"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=_shown)
    if has(cls):
        given = [getattr(value, f.name) for f in fields(cls)]
        return f"{cls.__name__}({_shown(next(v for v in given if v is not None))})"
    return repr(value)
