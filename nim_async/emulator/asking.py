"""
Between check and commit: what a client program wants to do, and what a web server says to that.

A `Check` validates, and says what would be asked and how to carry it out. It changes nothing, so
`Exchange.ask` runs it twice: before the question, and again before the commit, since much may
have happened while the answer was awaited.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from nim_async._generated.models import MessageType
from nim_async.emulator.refusal import Refused
from nim_async.emulator.room.members import Presence, Profile
from nim_async.emulator.state import State
from nim_async.emulator.tokens import AuthType

T = TypeVar("T")

_SILENT_CODE = 200


@frozen(kw_only=True)
class Draft:
    """A message on its way in, from the server API or a client program."""

    sender: str
    msg_id: str = ""
    msg_type: MessageType = MessageType.TEXT
    attach: str = ""
    ext: str = ""
    sub_type: int | None = None
    client_type: str = "REST"
    notify_target_tags: str | None = None
    resend: bool = False
    ignore_mute: bool = False
    skip_history: bool = False
    to: frozenset[str] | None = None
    abandon_ratio: int | None = None
    high_priority: bool = False
    no_downgrade: bool = False
    route: bool = True
    env: str | None = None


@frozen(kw_only=True)
class MessageQuestion:
    """May this message be sent? Times are in milliseconds."""

    room_id: int
    time: int
    nick: str
    draft: Draft


@frozen(kw_only=True)
class EntryQuestion:
    """May this account enter? Times are in milliseconds."""

    room_id: int
    time: int
    accid: str
    presence: Presence
    profile: Profile
    token: str = field(default="", repr=False)
    auth_type: AuthType = AuthType.ASKED


@frozen(kw_only=True)
class LoginQuestion:
    """May this account log in to IM? Times are in milliseconds."""

    time: int
    accid: str
    client_type: str
    token: str = field(default="", repr=False)
    auth_type: AuthType = AuthType.ASKED


Question: TypeAlias = MessageQuestion | EntryQuestion | LoginQuestion


@frozen(kw_only=True)
class Verdict:
    """
    What becomes of what was asked about.

    Args:
        code: Allowed when ``None``; otherwise refused with this code. 200 drops a message in
            silence: its sender sees success.
        attach: Replaces the content of an allowed message.
        ext: Replaces its extension.
        callback_ext: What the verdict adds for the sender, and the receivers of a message.
    """

    code: int | None = None
    attach: str | None = None
    ext: str | None = None
    callback_ext: str | None = None

    @property
    def drops(self) -> bool:
        """Whether a message is dropped in silence."""
        return self.code == _SILENT_CODE

    def enforce(self) -> None:
        """
        Go on if it was allowed.

        Raises:
            Refused: It was not.
        """
        if self.code is not None:
            raise Refused(self.code, "refused by the callback", self.callback_ext)

    def applied_to(self, draft: Draft) -> Draft:
        """Return the message as it may be sent."""
        return evolve(
            draft,
            attach=draft.attach if self.attach is None else self.attach,
            ext=draft.ext if self.ext is None else self.ext,
        )


ALLOWED = Verdict()


@frozen
class Checked(Generic[T]):
    """
    What passed its check.

    Args:
        question: What is to be asked first, if anything.
        commit: Carries it out as the verdict says; good as long as the state stays as it is.
    """

    question: Question | None
    commit: Callable[[Verdict], T]


Check: TypeAlias = Callable[[State], Checked[T]]
Asker: TypeAlias = Callable[[Question], Awaitable[Verdict]]
