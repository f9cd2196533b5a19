"""A room with people in it, and what is looked at there."""

from __future__ import annotations

from typing import Any

from tests.wire import Caller, caller

C = "chatroom/"
DAY = 86_400


def opened(*inside: str, **options: Any) -> tuple[Caller, int]:
    """Make a room of amy's, with accounts in it."""
    call = caller(**options)
    room = call.emulator.add_room("amy", "tea house")
    for accid in inside:
        call.emulator.enter(room, accid)
    return call, room


async def role(call: Caller, room: int, target: str, opt: int, value: str = "true") -> int:
    """Let amy change a role."""
    return await call.code(
        C + "setMemberRole", roomid=room, operator="amy", target=target, opt=opt, optvalue=value
    )


async def listed(call: Caller, room: int, kind: int = 0) -> list[str]:
    """Return the accounts of a list of members."""
    reply = await call(C + "membersByPage", roomid=room, type=kind, endtime=0, limit=100)
    return [member["accid"] for member in reply["desc"]["data"]]


async def member(call: Caller, room: int, accid: str) -> dict[str, Any]:
    """Return one member as the list of fixed ones, or of guests, shows it."""
    for kind in (0, 1):
        reply = await call(C + "membersByPage", roomid=room, type=kind, endtime=0, limit=100)
        for shown in reply["desc"]["data"]:
            if shown["accid"] == accid:
                return dict(shown)
    raise LookupError(accid)


def notices(call: Caller, room: int) -> list[int]:
    """Return the kinds of notifications sent so far."""
    return [n.id for n in call.emulator.notifications(room)]
