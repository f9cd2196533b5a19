"""The root of all errors."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from nim_async.errors._shedding import one_line, shed

_E = TypeVar("_E", bound="NimError")
MESSAGE_CHARACTERS = 2000


class NimError(Exception):
    """
    Root of every error of this library.

    Attributes:
        operation: Name of the operation, such as ``chatroom.create``; the path for ``nim.call``.
        trace_id: The ``RequestId`` of the call, for support tickets.
        endpoint: Base URL of the last attempt.
        attempts: How many times the request was sent or tried to be sent.
        earlier: What the attempts before the last one ended with, oldest first; of more than 16
            the first and the last 8.
        earlier_dropped: How many were left out of ``earlier``, after the first 8.
        maybe_processed: The service may have carried the call out.
        processed: The service surely carried the call out.
    """

    __module__ = "nim_async.errors"  # where users know it from

    operation: str | None = None
    trace_id: str | None = None
    endpoint: str | None = None
    attempts: int = 0
    earlier: tuple[NimError, ...] = ()
    earlier_dropped: int = 0
    maybe_processed: bool = False
    processed: bool = False

    def __init__(self, message: str = "") -> None:
        """Keep the message, cut; what concerns the call is filled in by `located`."""
        super().__init__(message[:MESSAGE_CHARACTERS])

    def located(
        self,
        *,
        operation: str | None = None,
        trace_id: str | None = None,
        endpoint: str | None = None,
        attempts: int | None = None,
    ) -> Self:
        """Say which call the error belongs to; values left out stay as they are."""
        if operation is not None:
            self.operation = operation
        if trace_id is not None:
            self.trace_id = trace_id
        if endpoint is not None:
            self.endpoint = endpoint
        if attempts is not None:
            self.attempts = attempts
        return self

    def show(self, raw: bytes) -> None:
        """Keep what is of use of the answer that the error is about; nothing, as a rule."""

    def shed(self) -> None:
        """
        Let go of what an answer or a signature may hang on, however long the error is kept.

        Its cause stays, and the causes of that where they are no more than a name and a text, all
        without frames and request. The local variables of this package's frames go, but for
        those that run.
        """
        shed(self)

    @property
    def reason(self) -> str:
        """What went wrong in one line, without the call it belongs to."""
        return one_line(super().__str__()) or type(self).__name__

    def __str__(self) -> str:
        """Show operation, reason and trace id in one line, never a secret, never a body."""
        text = self.reason
        if self.operation is not None:
            text = f"{one_line(self.operation)}: {text}"
        if self.processed:
            text = f"{text}, already accepted"
        if self.attempts > 1:
            text = f"{text}, {self.attempts} attempts"
        if self.trace_id is not None:
            text = f"{text} [trace {one_line(self.trace_id)}]"
        return text

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without calling the constructor, whose arguments are keyword-only."""
        return _rebuild, (type(self), self.args, self.__dict__.copy())


def _rebuild(cls: type[_E], args: tuple[object, ...], state: dict[str, Any]) -> _E:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error
