"""Rooms: making, reading, changing, opening and closing them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nim_async._generated.models import ClientType, DelayClosePolicy, QueueLevel
from nim_async.emulator.changes import RoomUpdated
from nim_async.emulator.refusal import bad_parameter, forbidden, repeated, room_closed
from nim_async.emulator.room.messages import milliseconds
from nim_async.emulator.room.room import DelayClose

if TYPE_CHECKING:
    from nim_async.emulator.arguments import Arguments
    from nim_async.emulator.room.room import Room
    from nim_async.emulator.state import State

_DEFAULT_DELAY_SECONDS = 604_800
_ROOM_ID = re.compile(r"[0-9]{1,18}", re.ASCII)

# The pair of the documented example, an overseas host, and the fixed one for mini programs.
_ADDRESSES = {
    ClientType.WEB: ["testchat.netease.im:6666", "testchat.netease.im:8888"],
    ClientType.COMMON: ["link-sg.netease.im:7000"],
    ClientType.WECHAT: ["wlnimsc1.netease.im:443"],
}


def create(state: State, arguments: Arguments) -> dict[str, Any]:
    """Make a room; empty texts count as not given, as in the documented example."""
    creator = state.account(arguments.text("creator"), "creator")
    delay = _delay(state, arguments, None)
    if arguments.integer("inOutNotification") not in {0, 1}:
        raise bad_parameter("inOutNotification", "must be 0 or 1")
    room = state.new_room(creator, arguments.text("name"))
    room.announcement = arguments.text("announcement") or None
    room.broadcast_url = arguments.text("broadcasturl") or None
    room.ext = arguments.text("ext")
    room.queue_level = QueueLevel(arguments.integer("queuelevel"))
    room.io_notify &= arguments.integer("inOutNotification", 1) == 1
    room.delay = delay
    return {"chatroom": _with_delay(room)}


def get(state: State, arguments: Arguments) -> dict[str, Any]:
    """Read a room."""
    room = state.room(arguments.integer("roomid"))
    return {"chatroom": _queried(room, count=arguments.flag("needOnlineUserCount"))}


def get_batch(state: State, arguments: Arguments) -> dict[str, Any]:
    """Read rooms; a lookup never fails here, so ``failRooms`` is always empty."""
    found: list[dict[str, Any]] = []
    missing: list[int] = []
    for text in dict.fromkeys(arguments.texts("roomids")):
        if not _ROOM_ID.fullmatch(text):
            raise bad_parameter("roomids", "holds something that is no room id")
        room = state.find(int(text))
        if room is None:
            missing.append(int(text))
        else:
            found.append(_queried(room, count=arguments.flag("needOnlineUserCount")))
    return {"succRooms": found, "noExistRooms": missing, "failRooms": []}


def update(state: State, arguments: Arguments) -> dict[str, Any]:
    """
    Change what is given.

    An empty text clears announcement, address and extension, which is not documented; a name
    stays required.
    """
    room = state.room(arguments.integer("roomid"))
    if not room.open:
        raise room_closed()
    if arguments.maybe_text("name") == "":
        raise bad_parameter("name", "is empty")
    room.name = arguments.text("name", room.name)
    if "announcement" in arguments:
        room.announcement = arguments.text("announcement") or None
    if "broadcasturl" in arguments:
        room.broadcast_url = arguments.text("broadcasturl") or None
    room.ext = arguments.text("ext", room.ext)
    room.queue_level = QueueLevel(arguments.integer("queuelevel", room.queue_level))
    silent = not arguments.flag("needNotify", default=True)
    _publish_update(state, room, silent=silent, notify_ext=arguments.maybe_text("notifyExt"))
    return {"chatroom": _basic(room)}


def toggle_close_stat(state: State, arguments: Arguments) -> dict[str, Any]:
    """Open or close a room; only its creator may."""
    room = state.room(arguments.integer("roomid"))
    operator = state.account(arguments.text("operator"), "operator")
    delay = _delay(state, arguments, room.delay)
    if operator != room.creator:
        raise forbidden("operator is not the creator of the chatroom")
    opens = arguments.flag("valid")
    if opens == room.open:
        raise repeated("chatroom already is in this state")
    if opens:
        room.reopen(operator, state.now())
    else:
        room.close(operator, state.now())
    if "delayClosePolicy" in arguments:
        room.delay = delay
    described = _with_delay(room)
    return {**described, "desc": described}  # twice, as in recorded replies


def request_addr(state: State, arguments: Arguments) -> dict[str, Any]:
    """Name the addresses to enter by; nobody listens there."""
    room = state.room(arguments.integer("roomid"))
    state.account(arguments.text("accid"))
    if not room.open:
        raise room_closed()
    return {"addr": list(_ADDRESSES[ClientType(arguments.integer("clienttype", ClientType.WEB))])}


def query_user_room_ids(state: State, arguments: Arguments) -> dict[str, Any]:
    """List the open rooms of a creator, oldest first."""
    creator = state.account(arguments.text("creator"), "creator")
    mine = [str(r.room_id) for r in state.rooms() if r.open and r.creator == creator]
    return {"desc": {"roomids": mine}}


def update_delay_close_policy(state: State, arguments: Arguments) -> dict[str, Any]:
    """Set timed closing; the timer starts anew, also where the policy is left as it was."""
    room = state.room(arguments.integer("roomid"))
    room.delay = _delay(state, arguments, room.delay) or DelayClose(
        policy=DelayClosePolicy.NONE, seconds=_DEFAULT_DELAY_SECONDS, started=state.now()
    )
    _publish_update(state, room, silent=True)
    return {"chatroom": _with_delay(room)}


def update_in_out_notification(state: State, arguments: Arguments) -> dict[str, Any]:
    """Switch the notifications of entry and exit."""
    room = state.room(arguments.integer("roomid"))
    if not state.features.in_out_notification:
        raise forbidden("app io notify closed")
    room.io_notify = not arguments.flag("close")
    _publish_update(state, room, silent=True)
    return {}


def _publish_update(
    state: State, room: Room, *, silent: bool, notify_ext: str | None = None
) -> None:
    room.publish(
        RoomUpdated(
            room_id=room.room_id,
            time=milliseconds(state.now()),
            operator=room.creator,
            silent=silent,
            notify_ext=notify_ext,
        )
    )


def _delay(state: State, arguments: Arguments, earlier: DelayClose | None) -> DelayClose | None:
    """Return the timed closing asked for, from now on; what is not sent stays as it was."""
    if "delaySeconds" in arguments and arguments.integer("delaySeconds") < 0:
        raise bad_parameter("delaySeconds", "must be at least 0")
    if "delayClosePolicy" not in arguments and earlier is None:
        return None
    kept = earlier.policy if earlier else DelayClosePolicy.NONE
    policy = DelayClosePolicy(arguments.integer("delayClosePolicy", kept))
    if policy and not state.features.delay_close:
        raise forbidden("delay close is not enabled for the app")
    return DelayClose(
        policy=policy,
        seconds=arguments.integer("delaySeconds", _DEFAULT_DELAY_SECONDS),
        started=state.now(),
    )


def _basic(room: Room) -> dict[str, Any]:
    return {
        "roomid": room.room_id,
        "valid": room.open,
        "announcement": room.announcement,
        "queuelevel": room.queue_level,
        "muted": room.muted,
        "name": room.name,
        "broadcasturl": room.broadcast_url,
        "ext": room.ext,
        "creator": room.creator,
    }


def _with_delay(room: Room) -> dict[str, Any]:
    """Describe a room with its timer; what ``status`` may be is not documented, so it is 0."""
    described = _basic(room)
    if room.delay is not None:
        described["delayInfo"] = {
            "delayCloseEnable": room.delay.policy is not DelayClosePolicy.NONE,
            "delayClosePolicy": room.delay.policy,
            "delaySeconds": room.delay.seconds,
            "status": 0,
            "startTime": milliseconds(room.delay.started),
        }
    return described


def _queried(room: Room, *, count: bool) -> dict[str, Any]:
    described = _basic(room) | {"ionotify": room.io_notify}
    if count:
        described["onlineusercount"] = len(room.attendance)
    return described
