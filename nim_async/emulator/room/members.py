"""Members of a room: what they are, what they may not do, and where they are online."""

from __future__ import annotations

from math import ceil, floor

from attrs import Factory, define, evolve, frozen

from nim_async._generated.models import RoleType
from nim_async.emulator.room.tags import TagExpression

ROBOT_SECONDS = 24 * 60 * 60


@frozen
class Profile:
    """What a member shows in a room."""

    nick: str = ""
    avatar: str | None = None
    ext: str = ""

    def changed(self, nick: str | None, avatar: str | None, ext: str | None) -> Profile:
        """Return the profile with the given parts replaced."""
        return evolve(
            self,
            nick=self.nick if nick is None else nick,
            avatar=self.avatar if avatar is None else avatar,
            ext=self.ext if ext is None else ext,
        )


@frozen(kw_only=True)
class Presence:
    """One device of an account inside a room."""

    client_type: str
    entered: int = 0  # milliseconds
    tags: tuple[str, ...] = ()
    notify_target_tags: str | None = None
    audience: TagExpression | None = None  # the expression, parsed


@define(eq=False, kw_only=True)
class Member:
    """
    An account as one room knows it.

    A role and a restriction exclude each other: block-listing or muting takes manager and fixed
    membership away, so that lifting the restriction leaves a guest, and a new role lifts
    restrictions. The first is documented, the second is the counterpart chosen here.
    """

    accid: str
    role: RoleType = RoleType.TEMPORARY
    profile: Profile = Profile()
    saved: Profile = Profile()
    profile_time: int | None = None  # milliseconds; of the last change of the profile
    entered: int | None = None  # milliseconds; of the last entry, or of becoming fixed
    blacklisted: bool = False
    muted: bool = False
    muted_until: float = 0.0
    robot_until: float | None = None
    presences: dict[str, Presence] = Factory(dict[str, Presence])  # by kind of client

    @property
    def type(self) -> RoleType:
        """The role that replies show."""
        if self.role is not RoleType.CREATOR and (self.blacklisted or self.muted):
            return RoleType.LIMITED
        return self.role

    @property
    def fixed(self) -> bool:
        """Whether the room knows the account although it is away."""
        return self.type is not RoleType.TEMPORARY

    @property
    def online(self) -> bool:
        """Whether the account is in the room, itself or as a robot."""
        return bool(self.presences)

    @property
    def runs_the_room(self) -> bool:
        """Whether the account is creator or manager."""
        return self.type in {RoleType.CREATOR, RoleType.MANAGER}

    @property
    def tags(self) -> frozenset[str]:
        """The tags of all its devices."""
        return frozenset(tag for presence in self.presences.values() for tag in presence.tags)

    def show(self, profile: Profile, moment: int) -> None:
        """Change what the member shows in the room, at a moment in milliseconds."""
        self.profile = profile
        self.profile_time = moment

    def mute_left(self, now: float) -> int:
        """Return the seconds left of a temporary mute, rounded up."""
        return max(0, ceil(self.muted_until - now))

    def robot_left(self, now: float) -> int:
        """Return the whole seconds a robot still has; 0 for people and in its last second."""
        return 0 if self.robot_until is None else max(0, floor(self.robot_until - now))
