"""Robots of a room; the lists of the replies are JSON text inside strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nim_async.emulator.changes import LeaveReason
from nim_async.emulator.refusal import Refused, room_closed
from nim_async.emulator.room.members import ROBOT_SECONDS
from nim_async.emulator.room.messages import compact

if TYPE_CHECKING:
    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.room.room import Room
    from nim_async.emulator.state import State


def add_robot(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Let robots in for 24 hours, which a repeat does not prolong.

    Accounts that nobody registered, that are blocked or in the blacklist, or that are in the
    room as people fail one by one. If the blacklist alone stands against all of them, the call
    gives the 13003 of its list of codes.
    """
    room = state.room(arguments.integer("roomid"))
    if not room.open:
        raise room_closed()
    named = _named(arguments)
    if named and all(room.member(accid).blacklisted for accid in named):
        raise Refused(13003, "accids are in the blacklist of the room")
    added: list[str] = []
    failed: list[str] = []
    present: list[str] = []
    for accid in named:
        if room.member(accid).robot_until is not None:
            present.append(accid)
        elif not _is_account(state, accid) or not _may_be_robot(room, accid):
            failed.append(accid)
        else:
            added.append(accid)
    now = state.now()
    for accid in added:
        room.enter_robot(
            accid,
            arguments.text("roleExt"),
            now + ROBOT_SECONDS,
            now,
            arguments.maybe_text("notifyExt"),
        )
    return {
        "desc": {
            "failAccids": compact(failed),
            "successAccids": compact(added),
            "oldAccids": compact(present),
        }
    }


def remove_robot(state: State, arguments: Arguments) -> dict[str, Any]:
    """Let named robots out."""
    room = state.room(arguments.integer("roomid"))
    removed: list[str] = []
    failed: list[str] = []
    for accid in _named(arguments):
        if room.member(accid).robot_until is None:
            failed.append(accid)
        else:
            room.leave(accid, state.now(), LeaveReason.ROBOT_REMOVED)
            removed.append(accid)
    return {"desc": {"failAccids": compact(failed), "successAccids": compact(removed)}}


def clean_robot(state: State, arguments: Arguments) -> dict[str, Any]:
    """Let all robots out."""
    room = state.room(arguments.integer("roomid"))
    robots = [m.accid for m in room.members.values() if m.robot_until is not None]
    for accid in robots:
        notify = arguments.flag("notify")
        room.leave(accid, state.now(), LeaveReason.ROBOT_REMOVED, notify=notify)
    return {"desc": {"size": len(robots)}}


def _named(arguments: Arguments) -> list[str]:
    return list(dict.fromkeys(accid.lower() for accid in arguments.texts("accids")))


def _is_account(state: State, accid: str) -> bool:
    try:
        state.account(accid)
    except Refused:
        return False
    return not state.accounts.is_blocked(accid)


def _may_be_robot(room: Room, accid: str) -> bool:
    member = room.member(accid)
    return not member.blacklisted and not member.online
