"""How errors are kept: short, and without what an answer or a signature may hang on."""

from __future__ import annotations

from contextlib import suppress

TEXT_CHARACTERS = 200
_CHAIN = 8  # exceptions that may have led to one another
_PACKAGE = f"{__name__.partition('.')[0]}."


def one_line(text: str) -> str:
    """Make foreign text fit for one line of a log."""
    line = " ".join(
        "".join(c if c.isprintable() else " " for c in text[: 2 * TEXT_CHARACTERS]).split()
    )
    return line if len(line) <= TEXT_CHARACTERS else line[: TEXT_CHARACTERS - 1] + "…"


def set_own(error: BaseException, name: str, value: object) -> None:
    """Set an attribute that exceptions have by themselves, which is none of a class of ours."""
    setattr(error, name, value)


def _light(error: BaseException | None, left: int) -> BaseException | None:
    """Strip a foreign exception and those behind it; return nothing for one that holds more."""
    if error is None or not left or isinstance(error, UnicodeError | BaseExceptionGroup):
        return None
    held = vars(error)
    if "_request" in held:
        held["_request"] = None  # where httpx keeps the request, signature included
    if left < _CHAIN and any(value is not None for value in held.values()):
        return None
    error.__traceback__ = None
    if error.__cause__ is None:
        error.__context__ = None  # perhaps what the caller was handling, which is left alone
    else:
        error.__context__ = error.__cause__ = _light(error.__cause__, left - 1)
    return error


def shed(error: BaseException) -> None:
    """Strip an error; see `NimError.shed`."""
    suppressed = error.__suppress_context__
    set_own(error, "__cause__", _light(error.__cause__, _CHAIN))
    set_own(error, "__suppress_context__", suppressed)
    if suppressed:
        set_own(error, "__context__", None)
    trace = error.__traceback__
    while trace is not None:
        frame, trace = trace.tb_frame, trace.tb_next
        if frame.f_globals.get("__name__", "").startswith(_PACKAGE):
            with suppress(RuntimeError):  # it is running
                frame.clear()
