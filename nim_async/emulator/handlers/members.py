"""Members: roles, profiles, removal and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nim_async._generated.models import MemberKind, RoleOpt, RoleType
from nim_async.emulator.changes import Kicked, LeaveReason, ProfileChanged, RoleChanged
from nim_async.emulator.handlers._common import describe
from nim_async.emulator.refusal import (
    bad_parameter,
    forbidden,
    not_found,
    repeated,
    room_closed,
)
from nim_async.emulator.room.members import Member
from nim_async.emulator.room.messages import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.room.room import Room
    from nim_async.emulator.state import State

_ROLES = {RoleOpt.MANAGER: RoleType.MANAGER, RoleOpt.COMMON: RoleType.COMMON}


def set_member_role(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Grant or withdraw a role or a restriction.

    That only the creator may touch a manager follows from only the creator making managers;
    nobody may touch the creator.
    """
    room = state.room(arguments.integer("roomid"))
    operator = state.account(arguments.text("operator"), "operator")
    target = state.account(arguments.text("target"), "target")
    opt = RoleOpt(arguments.integer("opt"))
    sets = arguments.flag("optvalue")
    if not room.open:
        raise room_closed()
    _check_right_to_change(room, operator, target, makes_manager=opt is RoleOpt.MANAGER)
    if _holds(room.member(target), opt) == sets:
        raise repeated("target already is in this state")
    member = room.keep(target)
    _change(member, opt, sets=sets)
    now = state.now()
    if member.fixed and member.entered is None:
        member.entered = room.stamp(now)
    room.publish(
        RoleChanged(
            room_id=room.room_id,
            time=milliseconds(now),
            operator=operator,
            target=(target,),
            notify_ext=arguments.maybe_text("notifyExt"),
            opt=opt,
            granted=sets,
            role=member.type,
        )
    )
    if member.blacklisted and member.online:
        room.leave(target, now, LeaveReason.BLACKLISTED, notify=False)
    room.forget_stranger(target, now)
    described = {
        "roomid": room.room_id,
        "level": 0,
        "accid": target,
        "type": member.type.value,
    }
    return {**described, "desc": described}  # twice, as in recorded replies


def _check_right_to_change(
    room: Room, operator: str, target: str, *, makes_manager: bool = False
) -> None:
    if target == room.creator:
        raise forbidden("target is the creator of the chatroom")
    touches_manager = makes_manager or room.runs(target)
    if operator != room.creator and (touches_manager or not room.runs(operator)):
        raise forbidden("operator has no right to do this")


def _holds(member: Member, opt: RoleOpt) -> bool:
    if opt is RoleOpt.BLACKLIST:
        return member.blacklisted
    if opt is RoleOpt.MUTE:
        return member.muted
    return member.type is _ROLES[opt]


def _change(member: Member, opt: RoleOpt, *, sets: bool) -> None:
    if opt is RoleOpt.BLACKLIST:
        member.blacklisted = sets
    elif opt is RoleOpt.MUTE:
        member.muted = sets
    elif sets:
        member.blacklisted = member.muted = False
    member.role = _ROLES.get(opt, RoleType.TEMPORARY) if sets else RoleType.TEMPORARY
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
    moment = milliseconds(state.now())
    if member.online:
        member.show(member.profile.changed(*given), moment)
    if member.fixed and arguments.flag("save"):
        member.saved = member.saved.changed(*given)
        if not member.online:
            member.show(member.saved, moment)
    room.publish(
        ProfileChanged(
            room_id=room.room_id,
            time=moment,
            operator=accid,
            target=(accid,),
            silent=not arguments.flag("needNotify", default=True),
            notify_ext=arguments.maybe_text("notifyExt"),
            profile=member.profile,
        )
    )
    return {}


def kick_member(state: State, arguments: Arguments) -> dict[str, Any]:
    """Remove somebody who is in the room; 403 without the right is not listed, but fits."""
    room = state.room(arguments.integer("roomid"))
    operator = state.account(arguments.text("accid"))
    target = state.account(arguments.text("targetAccid"), "targetAccid")
    _check_right_to_change(room, operator, target)
    if not room.is_online(target):
        raise not_found("the target in this room")
    now = state.now()
    room.publish(
        Kicked(
            room_id=room.room_id,
            time=milliseconds(now),
            operator=operator,
            target=(target,),
            notify_ext=arguments.maybe_text("notifyExt"),
            role=room.member(target).type,
        )
    )
    room.leave(target, now, LeaveReason.KICKED, notify=False)
    return {}


def members_by_page(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    List members, newest first.

    ``endtime`` excludes the member of that very time. Together with `Room.stamp` this lets the
    documented way of paging, from the time of the last one, show everybody once.
    """
    room = state.room(arguments.integer("roomid"))
    wanted = _KINDS[MemberKind(arguments.integer("type"))]
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


_KINDS: dict[MemberKind, Callable[[Member], bool]] = {
    MemberKind.FIXED: _is_fixed,
    MemberKind.TEMPORARY: _is_guest,
    MemberKind.FIXED_ONLINE: _is_fixed_online,
}


def _since(member: Member) -> int:
    return member.entered or 0


def query_members_by_role(state: State, arguments: Arguments) -> dict[str, Any]:
    """List the members that hold any of the roles asked for; unknown keys are passed over."""
    room = state.room(arguments.integer("roomid"))
    roles = arguments.mapping("roles")
    if not all(value is None or isinstance(value, bool) for value in roles.values()):
        raise bad_parameter("roles", "is no JSON object of booleans")
    now = state.now()
    found = [
        member
        for member in room.members.values()
        if (roles.get("creator") and member.type is RoleType.CREATOR)
        or (roles.get("manager") and member.type is RoleType.MANAGER)
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
