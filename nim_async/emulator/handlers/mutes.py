"""Mutes of a member, of a tag and of a whole room."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from nim_async.emulator.changes import MemberMuted, RoomMuted, TagMuted
from nim_async.emulator.handlers._common import audience_of, check_runs
from nim_async.emulator.refusal import forbidden, repeated, room_closed
from nim_async.emulator.room.messages import milliseconds
from nim_async.emulator.room.tags import TagExpression

if TYPE_CHECKING:
    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.state import State


def temporary_mute(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Mute a member for a time, or lift that.

    The target need not be in the room: the mute waits. A second mute starts the time anew.
    Lifting what is not there answers 0 seconds, or 417 where the features say so: it is listed
    for this operation, but nothing says when it comes.
    """
    room = state.room(arguments.integer("roomid"))
    operator = state.account(arguments.text("operator"), "operator")
    target = state.account(arguments.text("target"), "target")
    if not room.open:
        raise room_closed()
    check_runs(room, operator)
    if room.runs(target) and operator != room.creator:
        raise forbidden("operator has no right to mute a manager")
    if target == room.creator:
        raise forbidden("target is the creator of the chatroom")
    now = state.now()
    duration = arguments.integer("muteDuration")
    left = room.member(target).mute_left(now)
    if state.features.lifting_no_mute_is_repeated and not duration and not left:
        raise repeated("target is not muted")
    member = room.keep(target)
    member.muted_until = now + duration if duration else 0.0
    in_reply = duration or left
    room.publish(
        MemberMuted(
            room_id=room.room_id,
            time=milliseconds(now),
            operator=operator,
            target=(target,),
            silent=not arguments.flag("needNotify", default=True),
            notify_ext=arguments.maybe_text("notifyExt"),
            seconds=in_reply,
            lifted=not duration,
        )
    )
    room.forget_stranger(target, now)
    return {"desc": {"muteDuration": in_reply}}


def mute_room(state: State, arguments: Arguments) -> dict[str, Any]:
    """Mute a whole room or lift that; a repeat is no error, since 417 is not listed."""
    room = state.room(arguments.integer("roomid"))
    operator = state.account(arguments.text("operator"), "operator")
    check_runs(room, operator)
    room.muted = arguments.flag("mute")
    room.publish(
        RoomMuted(
            room_id=room.room_id,
            time=milliseconds(state.now()),
            operator=operator,
            silent=not arguments.flag("needNotify", default=True),
            notify_ext=arguments.maybe_text("notifyExt"),
            lifted=not room.muted,
        )
    )
    return {"desc": {"success": True}}


def tag_temporary_mute(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Mute everybody with a tag for a time, or lift that.

    Lifting what is not there answers 0 seconds: the codes of this operation are not known.
    """
    room = state.room(arguments.integer("roomid"))
    operator = state.account(arguments.text("operator"), "operator")
    tag = arguments.text("targetTag")
    expression = audience_of(arguments)
    if not room.open:
        raise room_closed()
    check_runs(room, operator)
    now = state.now()
    duration = arguments.integer("muteDuration")
    left = max(0, ceil(room.tag_mutes.pop(tag, 0.0) - now))
    if duration:
        room.tag_mutes[tag] = now + duration
    in_reply = duration or left
    room.publish(
        TagMuted(
            room_id=room.room_id,
            time=milliseconds(now),
            operator=operator,
            silent=not arguments.flag("needNotify", default=True),
            notify_ext=arguments.maybe_text("notifyExt"),
            audience=expression or TagExpression.of(tag),
            tag=tag,
            seconds=in_reply,
            lifted=not duration,
        )
    )
    return {"desc": {"muteDuration": in_reply}}
