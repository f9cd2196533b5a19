"""Members: roles, profiles, removal and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nim_async.emulator.members import Member, Presence, Role
from nim_async.emulator.messages import Notice
from nim_async.emulator.refusal import (
    bad_parameter,
    forbidden,
    not_found,
    repeated,
    room_closed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.room import Room
    from nim_async.emulator.state import State

_MANAGER = 1
_COMMON = 2
_BLACKLIST = -1
_MUTE = -2
_FIXED = 0
_TEMPORARY = 1

_NOTICES = {
    (_MANAGER, True): Notice.MANAGER_ADD,
    (_MANAGER, False): Notice.MANAGER_REMOVE,
    (_COMMON, True): Notice.COMMON_ADD,
    (_COMMON, False): Notice.COMMON_REMOVE,
    (_BLACKLIST, True): Notice.BLACKLIST_ADD,
    (_BLACKLIST, False): Notice.BLACKLIST_REMOVE,
    (_MUTE, True): Notice.MUTE_ADD,
    (_MUTE, False): Notice.MUTE_REMOVE,
}
_ROLES = {_MANAGER: Role.MANAGER, _COMMON: Role.COMMON}


def set_member_role(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Grant or withdraw a role or a restriction.

    That only the creator may touch a manager follows from only the creator making managers;
    that nobody may touch the creator is an assumption.
    """
    room = state.room(arguments.integer("roomid"))
    operator = state.account(arguments.text("operator"), "operator")
    target = state.account(arguments.text("target"), "target")
    opt = arguments.integer("opt")
    sets = arguments.flag("optvalue")
    if not room.open:
        raise room_closed()
    _check_right_to_change(room, operator, target, opt)
    if _holds(room.member(target), opt) == sets:
        raise repeated("target already is in this state")
    member = room.keep(target)
    _change(member, opt, sets=sets)
    if member.fixed and member.entered is None:
        member.entered = room.stamp(state.now())
    room.notify(
        _NOTICES[opt, sets],
        operator,
        state.now(),
        target=[target],
        ext=arguments.maybe_text("notifyExt"),
    )
    if member.blacklisted and member.online:
        room.leave(target, state.now(), notify=False)
    room.forget_stranger(target, state.now())
    return {
        "desc": {
            "roomid": room.room_id,
            "level": 0,
            "accid": target,
            "type": member.type.value,
        }
    }


def _check_right_to_change(room: Room, operator: str, target: str, opt: int) -> None:
    if target == room.creator:
        raise forbidden("target is the creator of the chatroom")
    touches_manager = opt == _MANAGER or room.runs(target)
    if operator != room.creator and (touches_manager or not room.runs(operator)):
        raise forbidden("operator has no right to do this")


def _holds(member: Member, opt: int) -> bool:
    if opt == _BLACKLIST:
        return member.blacklisted
    if opt == _MUTE:
        return member.muted
    return member.type is _ROLES[opt]


def _change(member: Member, opt: int, *, sets: bool) -> None:
    if opt == _BLACKLIST:
        member.blacklisted = sets
    elif opt == _MUTE:
        member.muted = sets
    elif sets:
        member.blacklisted = member.muted = False
    member.role = _ROLES[opt] if sets and opt > 0 else Role.TEMPORARY
    if not member.fixed:
        member.saved = Member(accid=member.accid).saved


def update_my_room_role(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Change what a member shows in the room.

    Someone who is neither in the room nor a fixed member has nothing to change: 404. Whether
    the room is told when ``needNotify`` is left out is not documented; here it is, as elsewhere.
    """
    room = state.room(arguments.integer("roomid"))
    accid = state.account(arguments.text("accid"))
    member = room.member(accid)
    if not (member.online or member.fixed):
        raise not_found("the account in this room")
    given = [arguments.maybe_text(name) for name in ("nick", "avator", "ext")]
    if member.online:
        member.profile = member.profile.changed(*given)
    if member.fixed and arguments.flag("save"):
        member.saved = member.saved.changed(*given)
        if not member.online:
            member.profile = member.saved
    if arguments.flag("needNotify", default=True):
        room.notify(
            Notice.MEMBER_INFO_UPDATED,
            accid,
            state.now(),
            target=[accid],
            ext=arguments.maybe_text("notifyExt"),
        )
    return {}


def kick_member(state: State, arguments: Arguments) -> dict[str, Any]:
    """Remove somebody who is in the room; 403 without the right is not listed, but fits."""
    room = state.room(arguments.integer("roomid"))
    operator = state.account(arguments.text("accid"))
    target = state.account(arguments.text("targetAccid"), "targetAccid")
    _check_right_to_change(room, operator, target, 0)
    if not room.is_online(target):
        raise not_found("the target in this room")
    room.notify(
        Notice.MEMBER_KICKED,
        operator,
        state.now(),
        target=[target],
        ext=arguments.maybe_text("notifyExt"),
    )
    room.leave(target, state.now(), notify=False)
    return {}


def members_by_page(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    List members, newest first.

    ``endtime`` excludes the member of that very time. Together with `Room.stamp` this lets the
    documented way of paging, from the time of the last one, show everybody once.
    """
    room = state.room(arguments.integer("roomid"))
    kind = arguments.integer("type")
    wanted: Callable[[Member], bool]
    if kind == _FIXED:
        wanted = _is_fixed
    elif kind == _TEMPORARY:
        wanted = _is_guest
    else:
        wanted = _is_fixed_online
    end = arguments.integer("endtime")
    limit = arguments.integer("limit")
    members = [m for m in room.members.values() if wanted(m) and (not end or _since(m) < end)]
    members.sort(key=_since, reverse=True)
    now = state.now()
    return {"desc": {"data": [describe(room, m, now) for m in members[:limit]]}}


def _is_fixed(member: Member) -> bool:
    return member.fixed


def _is_guest(member: Member) -> bool:
    return member.online and not member.fixed


def _is_fixed_online(member: Member) -> bool:
    return member.online and member.fixed


def _since(member: Member) -> int:
    return member.entered or 0


def query_members_by_role(state: State, arguments: Arguments) -> dict[str, Any]:
    """List the members that hold any of the roles asked for; unknown keys are passed over."""
    room = state.room(arguments.integer("roomid"))
    roles = arguments.mapping("roles")
    if not all(isinstance(value, bool) for value in roles.values()):
        raise bad_parameter("roles", "is no JSON object of booleans")
    now = state.now()
    found = [
        member
        for member in room.members.values()
        if (roles.get("creator") and member.type is Role.CREATOR)
        or (roles.get("manager") and member.type is Role.MANAGER)
        or (roles.get("blacklist") and member.blacklisted)
        or (roles.get("mute") and member.muted)
    ]
    return {"desc": {"data": [describe(room, member, now) for member in found]}}


def query_members(state: State, arguments: Arguments) -> dict[str, Any]:
    """Read named members, without the time of entry and with null for what is unset."""
    room = state.room(arguments.integer("roomid"))
    now = state.now()
    found: list[dict[str, Any]] = []
    for accid in dict.fromkeys(text.lower() for text in arguments.texts("accids")):
        member = room.member(accid)
        if member.online or member.fixed:
            described = describe(room, member, now)
            del described["enterTime"]
            described["ext"] = described["ext"] or None
            found.append(described)
    return {"desc": {"data": found}}


def describe(
    room: Room, member: Member, now: float, presence: Presence | None = None
) -> dict[str, Any]:
    """Describe a member as the lists do: flags are missing where they do not apply."""
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
    if left := member.robot_left(now):
        described |= {"isRobot": True, "robotExpirAt": left}
    return described
