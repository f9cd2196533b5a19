"""Accounts: their tokens, blocks, profiles and mutes, and where each is logged in."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import Factory, define, field

from nim_async.emulator.gate import Signature
from nim_async.emulator.refusal import Refused, bad_parameter, forbidden
from nim_async.emulator.tokens import AuthType, is_dynamic_token

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = ("muteP2P", "muteTeam", "muteRoom", "muteQChat")


@define(eq=False, kw_only=True)
class Account:
    """
    An account.

    Attributes:
        accid: Its id, in lower case.
        token: Its static login token.
        profile: What was set of its profile, by wire name.
        blocked: Whether it may not log in.
        muted: Whether it is muted in the whole app.
        muted_in: Modules it is muted in, by wire name such as ``muteRoom``.
        logins: Kinds of client it is logged in on, and since when, milliseconds.
        ever_logged_in: Whether it ever was.
        no_pushes: Whether phones get no pushes while a desktop is online.
    """

    accid: str
    token: str = field(repr=lambda _: "***")
    profile: dict[str, str | int] = Factory(dict[str, str | int])
    blocked: bool = False
    muted: bool = False
    muted_in: set[str] = Factory(set[str])
    logins: dict[str, int] = Factory(dict[str, int])
    ever_logged_in: bool = False
    no_pushes: bool = False

    @property
    def silenced(self) -> bool:
        """
        Whether it may not speak in chatrooms.

        How the mute of the app and those of modules combine is not documented; here either will
        do.
        """
        return self.muted or "muteRoom" in self.muted_in


@define(eq=False, kw_only=True)
class Accounts:
    """
    The accounts of the app.

    Args:
        anybody: Whether rooms take everybody for registered.
        dynamic_tokens: Whether logging in with dynamic tokens is enabled.
        signature: Knows key and secret of the app.
        new_token: Makes a static token.
    """

    anybody: bool
    dynamic_tokens: bool
    signature: Signature
    new_token: Callable[[], str]
    _known: dict[str, Account] = Factory(dict[str, Account])

    def __iter__(self) -> Iterator[Account]:
        """Go through those that are registered."""
        return iter(self._known.values())

    def add(self, accid: str, token: str | None = None) -> Account:
        """
        Register an account; without a token it gets one.

        Raises:
            Refused: It is registered already (414).
        """
        accid = accid.lower()
        if accid in self._known:
            raise Refused(414, "already register")
        account = self._known[accid] = Account(accid=accid, token=token or self.new_token())
        return account

    def find(self, accid: str) -> Account | None:
        """Return an account, if it is registered."""
        return self._known.get(accid.lower())

    def named(self, accid: str) -> Account:
        """
        Return an account.

        Raises:
            Refused: It is not registered (414).
        """
        account = self.find(accid)
        if account is None:
            raise bad_parameter(accid, "is not registered")
        return account

    def exist_in_rooms(self, accid: str) -> bool:
        """Return whether rooms take an account for registered."""
        return self.anybody or self.find(accid) is not None

    def is_blocked(self, accid: str) -> bool:
        """Return whether an account is blocked."""
        account = self.find(accid)
        return account is not None and account.blocked

    def check_sender(self, accid: str, *, logged_in: bool) -> None:
        """
        Check that an account may speak in chatrooms.

        A block does not touch who is logged in. That the server API may not send for a blocked
        account is not documented, nor that the code is 422.

        Args:
            accid: The account.
            logged_in: Whether a client program of it sends.

        Raises:
            Refused: It is blocked (422) or muted (423).
        """
        account = self.find(accid)
        if account is None:
            return
        if account.blocked and not logged_in:
            raise Refused(422, "account is disabled")
        if account.silenced:
            raise Refused(423, "account is muted")

    def check_login(self, accid: str, token: str | None, now: float) -> AuthType:
        """
        Check that an account may log in; without a token that is not asked for.

        The code of a blocked account is not documented; 422 was chosen.

        Returns:
            By which kind of token it logs in.

        Raises:
            Refused: The account is blocked (422), the token is wrong, outdated or expired (302),
                or logging in with a dynamic token is not enabled (403).
        """
        if self.is_blocked(accid):
            raise Refused(422, "account is disabled")
        if token is None:
            return AuthType.ASKED
        account = self.find(accid)
        if account is not None and _same(token, account.token):
            return AuthType.STATIC
        dynamic = is_dynamic_token(
            token,
            app_key=self.signature.app_key,
            app_secret=self.signature.app_secret,
            accid=accid.lower(),
            now=now,
        )
        if not dynamic:
            raise Refused(302, "wrong account or token")
        if not self.dynamic_tokens:
            raise forbidden("logging in with a dynamic token is not enabled")
        return AuthType.DYNAMIC


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )
