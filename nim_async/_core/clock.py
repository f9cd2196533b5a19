"""The time of the service, as far as its answers show it."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

# The Date header has whole seconds and is some way old; the service allows five minutes.
_TOLERANCE_SECONDS = 30.0


class ClockOffset:
    """The offset between the service's time and ours, learnt when a signature is refused."""

    def __init__(self) -> None:
        """Trust the local time until the service contradicts it."""
        self.offset = 0.0

    def learn(self, date: str | None, local: float) -> None:
        """
        Take the service's time from an answer that refused a signature.

        Args:
            date: The ``Date`` header, if there was one.
            local: Local time when it came, seconds since 1970.
        """
        if date is None:
            return
        try:
            found = parsedate_to_datetime(date).timestamp() - local
        except (ValueError, OverflowError):
            return
        if abs(found - self.offset) > _TOLERANCE_SECONDS:
            self.offset = found
