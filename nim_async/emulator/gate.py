"""What stands before every operation: signature, request id, call frequency."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import deque
from collections.abc import Mapping

from attrs import Factory, define, field, frozen

from nim_async.config import RateLimit
from nim_async.emulator.refusal import Refused

_WINDOW_SECONDS = 5 * 60  # before and after
_MAX_NONCE_LENGTH = 128
_SECONDS = re.compile(r"[0-9]{1,19}", re.ASCII)
# How long the service remembers a request id is not documented; this many are kept here.
_REMEMBERED_IDS = 10_000


@frozen(kw_only=True)
class Signature:
    """Checks that a caller knows the secret of the app."""

    app_key: str
    app_secret: str = field(repr=lambda _: "***")

    def check(self, headers: Mapping[str, str], now: float) -> None:
        """
        Check the four headers of a request.

        Args:
            headers: Lower-case names to values.
            now: Time of the service, seconds since 1970.

        Raises:
            Refused: 414, with the text of the service for a wrong key, sum or time.
        """
        if not _same(headers.get("appkey", ""), self.app_key):
            raise Refused(414, "appkey")
        nonce = headers.get("nonce", "")
        if not 1 <= len(nonce) <= _MAX_NONCE_LENGTH:
            raise Refused(414, "Nonce must have 1 to 128 characters")
        curtime = headers.get("curtime", "")
        if not _SECONDS.fullmatch(curtime):
            raise Refused(414, "CurTime is no time in seconds")
        if abs(int(now) - int(curtime)) > _WINDOW_SECONDS:
            raise Refused(414, "CurTime is expired")
        expected = hashlib.sha1(
            (self.app_secret + nonce + curtime).encode(), usedforsecurity=False
        ).hexdigest()
        if not _same(headers.get("checksum", ""), expected):
            raise Refused(414, "checksum")


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


@define(eq=False)
class RequestIds:
    """
    Refuses a request whose id another one brought before.

    That the service de-duplicates by the ``RequestId`` header is documented, that the code is
    431 is likely. One that was refused left nothing to repeat, so its id stays good.
    """

    _owners: dict[str, object] = Factory(dict[str, object])

    def note(self, request_id: str, owner: object) -> None:
        """Note whose an id is, unless it is another one's; an empty one is nobody's."""
        if request_id and request_id not in self._owners:
            self._owners[request_id] = owner
            if len(self._owners) > _REMEMBERED_IDS:
                del self._owners[next(iter(self._owners))]

    def check(self, request_id: str, owner: object) -> None:
        """
        Check that an id is nobody else's.

        Raises:
            Refused: Another request has this id (431).
        """
        if self._owners.get(request_id, owner) is not owner:
            raise Refused(431, "duplicate request")

    def forget(self, request_id: str, owner: object) -> None:
        """Let go of an id whose owner was not carried out."""
        if self._owners.get(request_id) is owner:
            del self._owners[request_id]


@define(eq=False)
class CallFrequency:
    """
    Refuses calls of an operation that come too fast.

    No more than the limit in any window of its length; one more blocks the operation for its
    penalty time. A call while it is blocked changes nothing, since it is not documented that it
    would lengthen the penalty.
    """

    limits: Mapping[str, RateLimit]  # by path
    _recent: dict[str, deque[float]] = Factory(dict[str, "deque[float]"])
    _blocked_until: dict[str, float] = Factory(dict[str, float])

    def check(self, path: str, now: float) -> None:
        """
        Count a call.

        Raises:
            Refused: It is one too many, or the operation is blocked (416).
        """
        limit = self.limits.get(path)
        if limit is None:
            return
        if now < self._blocked_until.get(path, now):
            raise Refused(416, "query too fast")
        recent = self._recent.setdefault(path, deque(maxlen=limit.calls))
        if len(recent) == limit.calls and now - recent[0] < limit.per_seconds:
            self._blocked_until[path] = now + limit.block_seconds
            raise Refused(416, "query too fast")
        recent.append(now)
