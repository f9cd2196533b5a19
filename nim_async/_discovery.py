"""Finding endpoints: the LBS is asked now and then, by whichever call finds that it is time."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import anyio

from nim_async._core import lbs
from nim_async._version import __version__
from nim_async.errors import NimError, StatusError, TransportError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nim_async._core.endpoints import EndpointPool
    from nim_async._session import Reply, Session

_log = logging.getLogger("nim_async.discovery")

_OK = 200
_INTERVAL_SECONDS = 60.0  # as the official SDKs do, seconds
_URGENT_SECONDS = 5.0  # our own bound of how often it is asked while all endpoints pause, seconds
_WAIT_SECONDS = 3.0  # our own bound of what a call waits for it, seconds


class Discovery:
    """
    Keeps a pool of endpoints as the LBS names them; what fails here fails no call.

    An endpoint that the LBS names is used once it has answered a probe. While the LBS cannot be
    asked, or names none that answers, the pool stays as it is. While all endpoints pause it is
    asked before it is due.

    Attributes:
        due: When it is asked next, on the clock of `Session.now`.
    """

    def __init__(self, urls: Sequence[str], *, endpoints: EndpointPool, app_key: str) -> None:
        """
        Ask nothing yet.

        Args:
            urls: The URLs of the LBS, asked in order until one answers.
            endpoints: The pool to keep.
            app_key: Key of the app.
        """
        self._urls = urls
        self._endpoints = endpoints
        self._app_key = app_key
        self._md5: str | None = None
        self.due = float("-inf")
        self._interval = _INTERVAL_SECONDS  # from the last question to when it is due, seconds

    async def refresh(self, session: Session, deadline: float) -> None:
        """
        Ask the LBS if it is time or all endpoints pause, in at most 3 seconds and half of the
        time that is left.

        Args:
            session: What sends the questions.
            deadline: When the call that asks must be over, on the clock of `Session.now`.
        """
        now = session.now()
        if now < self.due and not self._urgent(now):
            return
        self._ask_again(now, _INTERVAL_SECONDS)  # other calls go on meanwhile
        end = now + min(_WAIT_SECONDS, (deadline - now) / 2)
        try:
            for left, url in zip(range(len(self._urls), 0, -1), self._urls, strict=True):
                now = session.now()
                try:
                    await self._ask(session, url, until=now + (end - now) / left)
                    return
                # An HTTP library raises errors of many kinds over what it does not expect.
                except Exception as error:  # noqa: BLE001
                    _log.warning("no endpoints from %s: %s", url, _reason(error))
        except BaseException:
            self.due = now  # cancelled: the next call asks
            raise

    def _urgent(self, now: float) -> bool:
        asked = self.due - self._interval
        return now >= asked + _URGENT_SECONDS and self._endpoints.all_pause(now)

    def _ask_again(self, now: float, seconds: float) -> None:
        self.due, self._interval = now + seconds, seconds

    async def _ask(self, session: Session, url: str, until: float) -> None:
        question = lbs.question(url, app_key=self._app_key, version=__version__, md5=self._md5)
        found = lbs.allocation(url, (await _get(session, question, until)).body)
        if found is None:
            return
        alive: set[str] = set()
        async with anyio.create_task_group() as group:
            for endpoint in found.urls:
                group.start_soon(_probe, session, endpoint, until, alive)
        usable = [endpoint for endpoint in found.urls if endpoint in alive]
        if not usable:
            raise TransportError("none of its endpoints answers")
        self._endpoints.replace(usable)
        # With the sum of a list that is not all in use, the rest would never be named again.
        self._md5 = found.md5 if found.whole and len(usable) == len(found.urls) else None
        self._ask_again(session.now(), max(_INTERVAL_SECONDS, found.seconds))
        _log.info("endpoints from %s: %s", url, ", ".join(usable))


async def _probe(session: Session, endpoint: str, until: float, alive: set[str]) -> None:
    try:
        await _get(session, endpoint + lbs.LIVENESS, until)
    # A host of which an HTTP library makes nothing, whatever it raises, is no reason to fail.
    except Exception as error:  # noqa: BLE001
        _log.warning("endpoint %s left out: %s", endpoint, _reason(error))
    else:
        alive.add(endpoint)


def _reason(error: Exception) -> str:
    return error.reason if isinstance(error, NimError) else type(error).__name__


async def _get(session: Session, url: str, until: float) -> Reply:
    await session.enter(until)
    try:
        reply = await session.request("GET", url, b"", "", until=until)
    finally:
        session.leave()
    if reply.status != _OK:
        raise StatusError(reply.status)
    return reply
