"""Which base URL to use next: passive health with exponential back-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_MOST_DOUBLINGS = 10  # the longest pause is reached before, and a power may not overflow


@define
class _Health:
    url: str
    failures: int = 0
    out_until: float = 0.0


class EndpointPool:
    """
    The endpoints of a client, best first, and how they have been doing.

    An endpoint that fails pauses for a second, and for twice as long each further time in a row.
    When all pause, the one that is due first serves: a bad endpoint beats none.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        """Take the base URLs, best first."""
        self._health = {url: _Health(url) for url in urls}

    def pick(self, now: float, tried: Collection[str] = ()) -> str:
        """
        Choose an endpoint.

        Args:
            now: Monotonic time in seconds.
            tried: Endpoints this call has failed on; used again only when no other is left.
        """
        fresh = [h for h in self._health.values() if h.url not in tried]
        candidates = fresh or list(self._health.values())
        for health in candidates:
            if health.out_until <= now:
                return health.url
        return min(candidates, key=lambda h: h.out_until).url

    def mark_failed(self, url: str, now: float) -> None:
        """Let an endpoint pause."""
        health = self._health[url]
        doublings = min(health.failures, _MOST_DOUBLINGS)
        health.out_until = now + min(_FIRST_PAUSE * 2.0**doublings, _LONGEST_PAUSE)
        health.failures += 1

    def mark_ok(self, url: str) -> None:
        """Forget the failures of an endpoint."""
        health = self._health[url]
        if health.failures:
            health.failures, health.out_until = 0, 0.0
