"""What handlers of several themes share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nim_async.emulator.admission import audience
from nim_async.emulator.refusal import forbidden

if TYPE_CHECKING:
    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.room.members import Member, Presence
    from nim_async.emulator.room.room import Room
    from nim_async.emulator.room.tags import TagExpression


def describe(
    room: Room, member: Member, now: float, presence: Presence | None = None
) -> dict[str, Any]:
    """Describe a member as the lists do: without flags that do not apply, and without zeros."""
    described: dict[str, Any] = {
        "roomid": room.room_id,
        "accid": member.accid,
        "nick": member.profile.nick,
        "avator": member.profile.avatar,
        "ext": member.profile.ext,
        "type": member.type.value,
        "level": 0,
        "onlineStat": member.online,
        "enterTime": presence.entered if presence else member.entered,
    }
    if member.blacklisted:
        described["blacklisted"] = True
    if member.muted:
        described["muted"] = True
    if left := member.mute_left(now):
        described |= {"tempMuted": True, "tempMuteTtl": left}
    if member.robot_until is not None:
        described["isRobot"] = True
        if left := member.robot_left(now):
            described["robotExpirAt"] = left
    return described


def check_runs(room: Room, operator: str) -> None:
    """
    Check that an account is creator or manager.

    Raises:
        Refused: It is not (403).
    """
    if not room.runs(operator):
        raise forbidden("operator is neither creator nor manager")


def audience_of(arguments: Arguments) -> TagExpression | None:
    """
    Return the tag expression of a call; an empty one counts as none.

    Raises:
        Refused: It is malformed (414).
    """
    return audience(arguments.maybe_text("notifyTargetTags"), "notifyTargetTags")
