"""Options that several kinds of batch jobs have."""

from __future__ import annotations

from collections.abc import AsyncIterable

from nim_async._checks import awaits, is_iterable, refused, shown


def check_count(option: str, value: object, most: int | None = None) -> None:
    """
    Check an option that counts something.

    Raises:
        ConfigurationError: It is no whole number above 0, or more than there can be.
    """
    whole = value if isinstance(value, int) and not isinstance(value, bool) else 0
    if whole < 1 or (most is not None and whole > most):
        rule = "must be a whole number above 0" if most is None else f"must be from 1 to {most}"
        raise refused(option, rule, shown(value))


def check_progress(progress: object) -> None:
    """
    Check what is called after each row.

    Raises:
        ConfigurationError: It is no plain function.
    """
    if progress is not None and (not callable(progress) or awaits(progress)):
        raise refused("progress", "must be a plain function", shown(progress))


def check_list(option: str, value: object) -> None:
    """
    Check what is gone through.

    Raises:
        ConfigurationError: It is neither iterable nor async iterable.
    """
    if not isinstance(value, AsyncIterable) and not is_iterable(value):
        raise refused(option, "must be a list or another iterable", shown(value))
