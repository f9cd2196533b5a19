"""Tags of members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from nim_async.emulator.changes import TagsChanged
from nim_async.emulator.handlers._common import audience_of, describe
from nim_async.emulator.refusal import bad_parameter, not_found
from nim_async.emulator.room.messages import compact, milliseconds

if TYPE_CHECKING:
    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.room.members import Member, Presence
    from nim_async.emulator.state import State


def tag_members_count(state: State, arguments: Arguments) -> dict[str, Any]:
    """Count the accounts in the room that carry a tag, each once."""
    room = state.room(arguments.integer("roomid"))
    tag = arguments.text("tag")
    count = sum(tag in room.members[accid].tags for accid in room.attendance)
    return {"data": {"tag": tag, "onlineUserCount": count}}


def tag_members_query(state: State, arguments: Arguments) -> dict[str, Any]:
    """List who carries a tag, once per device, newest first; ``endTime`` excludes itself."""
    room = state.room(arguments.integer("roomid"))
    tag = arguments.text("tag")
    end = arguments.integer("endTime")
    found = [
        (member, presence)
        for member in room.members.values()
        for presence in member.presences.values()
        if tag in presence.tags and (not end or presence.entered < end)
    ]
    found.sort(key=_entered, reverse=True)
    page = found[: arguments.integer("limit")]
    now = state.now()
    return {
        "desc": {
            "data": [
                describe(room, member, now, presence) | _tags_of(presence)
                for member, presence in page
            ]
        }
    }


def _entered(found: tuple[Member, Presence]) -> int:
    return found[1].entered


def _tags_of(presence: Presence) -> dict[str, Any]:
    described: dict[str, Any] = {"tags": compact(list(presence.tags))}
    if presence.notify_target_tags is not None:
        described["notifyTargetTags"] = presence.notify_target_tags
    return described


def update_chat_room_role_tag(state: State, arguments: Arguments) -> dict[str, Any]:
    """Replace the tags of somebody in the room, on all devices."""
    room = state.room(arguments.integer("roomId"))
    accid = state.account(arguments.text("accid"))
    expression = audience_of(arguments)
    if "tags" not in arguments and "notifyTargetTags" not in arguments:
        raise bad_parameter("tags", "or notifyTargetTags is required")
    member = room.member(accid)
    if not member.online:
        raise not_found("the account in this room")
    for name, presence in member.presences.items():
        changed = presence
        if "tags" in arguments:
            changed = evolve(changed, tags=tuple(arguments.texts("tags")))
        if "notifyTargetTags" in arguments:
            text = arguments.text("notifyTargetTags")
            changed = evolve(changed, notify_target_tags=text, audience=expression)
        member.presences[name] = changed
    room.publish(
        TagsChanged(
            room_id=room.room_id,
            time=milliseconds(state.now()),
            operator=accid,
            target=(accid,),
            presences=tuple(member.presences.values()),
        )
    )
    return {}
