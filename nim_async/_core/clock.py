"""The time of the service, as far as its answers show it."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

# The Date header has whole seconds and is some way old; the service allows five minutes.
_TOLERANCE_SECONDS = 30.0


class ClockOffset:
    """
    The offset between the service's time and ours, learnt when a signature is refused.

    Attributes:
        offset: What the local time is off by, seconds: nothing until the service contradicts it,
            then what a signature was last accepted with.
    """

    def __init__(self) -> None:
        """Trust the local time until the service contradicts it."""
        self.offset = 0.0

    def other(self, date: str | None, local: float, used: float) -> float | None:
        """
        Return the offset to try in place of one whose signature was refused, if there is one.

        Args:
            date: The ``Date`` header of the refusal, if there was one.
            local: Local time when it came, seconds since 1970.
            used: The offset that the refused signature was made with.
        """
        found = _offset(date, local)
        if found is not None and abs(found - used) > _TOLERANCE_SECONDS:
            return found
        return 0.0 if used and found is None else None

    def keep(self, offset: float) -> None:
        """Use an offset from now on, since a signature was accepted with it."""
        self.offset = offset


def _offset(date: str | None, local: float) -> float | None:
    """Return what the local time is off by, if a date can be read; HTTP has UTC only."""
    if date is None:
        return None
    try:
        found = parsedate_to_datetime(date)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() - local
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
