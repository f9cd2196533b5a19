"""Which base URL to use next: passive health with exponential back-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_FIRST_PAUSE_SECONDS = 1.0
_MAX_PAUSE_SECONDS = 60.0
_MAX_DOUBLINGS = 10  # the longest pause is reached before, and a power may not overflow


@define(eq=False)
class _Health:
    url: str
    failures: int = 0
    failed_at: float = float("-inf")
    out_until: float = float("-inf")

    def take(self, now: float) -> str:
        """Use one that failed: a single call tries it, so the others wait once more."""
        self.out_until = now + _pause(self.failures)
        return self.url


class EndpointPool:
    """
    The endpoints of a client, best first, and how they have been doing.

    An endpoint that fails pauses for a second, and for twice as long each further time in a row.
    After the pause a single call tries it while the others stay away for one more pause. When
    all pause, the one that is due first serves: a bad endpoint beats none.
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
        untried = False
        for url, health in self._health.items():
            if url not in tried:
                if health.out_until <= now:
                    return health.take(now) if health.failures else url
                untried = True
        if not untried and tried:
            return self.pick(now)
        left = [health for url, health in self._health.items() if url not in tried]
        return min(left, key=lambda health: health.out_until).url

    def mark_failed(self, url: str, now: float, *, started: float) -> tuple[int, float] | None:
        """
        Let an endpoint pause.

        Args:
            url: The endpoint.
            now: When it failed.
            started: When the attempt began. One that began before the last failure was known
                says nothing new: a hundred calls that fail together are one failure.

        Returns:
            The failures in a row and the seconds of the pause, where that is news.
        """
        health = self._health.get(url)
        if health is None or started < health.failed_at:
            return None
        health.failures += 1
        health.failed_at = now
        pause = _pause(health.failures)
        health.out_until = now + pause
        return health.failures, pause

    def states(self, now: float) -> dict[str, tuple[int, float]]:
        """Return for each endpoint the failures in a row and the seconds it still pauses."""
        return {
            url: (health.failures, max(0.0, health.out_until - now))
            for url, health in self._health.items()
        }

    def mark_ok(self, url: str) -> None:
        """Forget the failures of an endpoint."""
        health = self._health.get(url)
        if health is not None and health.failures:
            self._health[url] = _Health(url)

    def replace(self, urls: Sequence[str]) -> None:
        """Take other base URLs, best first; what is known of those that stay is kept."""
        self._health = {url: self._health.get(url) or _Health(url) for url in urls}


def _pause(failures: int) -> float:
    doublings = min(failures - 1, _MAX_DOUBLINGS)
    return float(min(_FIRST_PAUSE_SECONDS * 2.0**doublings, _MAX_PAUSE_SECONDS))
