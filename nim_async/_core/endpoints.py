"""Which base URL to use next: passive health with exponential back-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from nim_async.errors import ApiError, StatusError, TimedOut, TransportError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from nim_async.errors import NimError

_FIRST_PAUSE_SECONDS = 1.0
_MAX_PAUSE_SECONDS = 60.0
_MAX_DOUBLINGS = 10  # the longest pause is reached before, and a power may not overflow
PATIENCE_SECONDS = 1.0  # an endpoint that is well may take longer than less
_REFUSED = range(400, 500)
# Not meant for this server, and too much for it; other refusals concern one request or a proxy.
_REFUSED_BY_ENDPOINT = frozenset({421, 429})


@define(eq=False)
class _Health:
    url: str
    failures: int = 0
    failed_at: float = float("-inf")
    out_until: float = float("-inf")

    def paused(self, now: float) -> bool:
        """Return whether it pauses; no pause is so long that the clock can have gone back."""
        return now < self.out_until <= now + _MAX_PAUSE_SECONDS

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

    def __init__(self, urls: Sequence[str], *, patience: float = PATIENCE_SECONDS) -> None:
        """
        Take the endpoints.

        Args:
            urls: Base URLs, best first.
            patience: Seconds an attempt must have had for its timeout to count.
        """
        self._patience = patience
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
                if now >= health.out_until or not health.paused(now):  # most are simply well
                    return health.take(now) if health.failures else url
                untried = True
        if not untried and tried:
            return self.pick(now)
        left = [health for url, health in self._health.items() if url not in tried]
        return min(left, key=lambda health: health.out_until).url

    def note(
        self, url: str, error: NimError, now: float, *, started: float, seconds: float
    ) -> tuple[int, float] | None:
        """
        Take what a failed attempt says of its endpoint.

        A refusal of the service shows that the endpoint is well. One of the gateway, status 4xx,
        says nothing, but for 421 and 429, nor does a timeout after too short a time. All else
        that is no answer of the service counts against it.

        Args:
            url: The endpoint.
            error: What the attempt failed with.
            now: When it failed.
            started: When it began.
            seconds: How long it was given.

        Returns:
            What `mark_failed` returns.
        """
        if isinstance(error, ApiError):
            self.mark_ok(url)
        elif isinstance(error, TransportError) and not self._silent(error, seconds):
            return self.mark_failed(url, now, started=started)
        return None

    def _silent(self, error: TransportError, seconds: float) -> bool:
        """Return whether a failure says nothing of the endpoint."""
        if isinstance(error, StatusError):
            return error.status_code in _REFUSED and error.status_code not in _REFUSED_BY_ENDPOINT
        if isinstance(error, TimedOut):
            return error.phase in {"pool", "rate limit"} or seconds < self._patience
        return False

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
        if health is None or started < health.failed_at <= now:
            return None
        health.failures += 1
        health.failed_at = now
        pause = _pause(health.failures)
        health.out_until = now + pause
        return health.failures, pause

    def states(self, now: float) -> dict[str, tuple[int, float]]:
        """Return for each endpoint the failures in a row and the seconds it still pauses."""
        return {
            url: (health.failures, health.out_until - now if health.paused(now) else 0.0)
            for url, health in self._health.items()
        }

    def all_pause(self, now: float) -> bool:
        """Return whether no endpoint is known to be well."""
        return all(health.paused(now) for health in self._health.values())

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
