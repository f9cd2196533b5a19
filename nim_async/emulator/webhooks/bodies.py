"""What webhooks say: the members of their JSON objects, spelled as the service spells them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nim_async._generated.models import RoleType
from nim_async.emulator.asking import EntryQuestion, LoginQuestion, MessageQuestion, Question
from nim_async.emulator.changes import (
    Change,
    Entered,
    Kicked,
    LeaveReason,
    Left,
    MessageSent,
    QueueChanged,
    QueueChangeKind,
)
from nim_async.emulator.room.messages import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nim_async.emulator.refusal import Refused
    from nim_async.emulator.room.members import Presence
    from nim_async.emulator.webhooks.console import Console

_ADDRESS = "127.0.0.1"
_PORT = "50000"
_ROLES = {
    RoleType.LIMITED: "-1",
    RoleType.COMMON: "0",
    RoleType.CREATOR: "1",
    RoleType.MANAGER: "2",
    RoleType.TEMPORARY: "3",
    RoleType.ANONYMOUS: "4",
}
_RUNS = {RoleType.CREATOR, RoleType.MANAGER}
# Of the other ways to leave it is not known what is said.
_REASONS = {
    LeaveReason.EXIT: "EXIT",
    LeaveReason.REPLACED: "LOGIN_KICK",
    LeaveReason.KICKED: "KICK",
}
_QUEUE = {
    QueueChangeKind.INIT: "1",
    QueueChangeKind.PART_CLEAR: "4",
    QueueChangeKind.POLL: "5",
    QueueChangeKind.DROP: "8",
    QueueChangeKind.BATCH_UPDATE: "9",
}
_ADDED, _UPDATED = "2", "3"
_FAILED_CODES = frozenset({302, 403, 404, 414, 422, 500, 13001, 13002, 13003, 13005})
_FAILURES = {
    302: "login.token.error",
    414: "param.error",
    422: "account.block",
    13002: "chatroom.room.stats.err",
    13003: "chatroom.in.blacklist",
}


def written(members: Mapping[str, Any]) -> bytes:
    """Write the body of a webhook."""
    try:
        return compact(members).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON alone can hold
        return json.dumps(members, separators=(",", ":")).encode()


def copy_of(change: Change, console: Console) -> dict[str, Any] | None:
    """
    Return the copy that tells of a change.

    Returns:
        Nothing where none does: of most changes, of messages with ``route`` 0, and of what the
        console has switched off.
    """
    match change:
        case MessageSent(route=True):
            copy = _message(change)
        case Entered(role=role) | Left(role=role) | Kicked(role=role):
            if not console.everybody and role not in _RUNS:
                return None
            copy = _move(change, exit_reasons=console.exit_reasons)
        case QueueChanged():
            copy = _queue(change)
        case _:
            return None
    return copy if int(copy["eventType"]) in console.copies else None


def _message(sent: MessageSent) -> dict[str, Any]:
    message = sent.message
    copy = {
        "eventType": "4",
        "attach": message.attach,
        "ext": message.ext,
        "fromAccount": message.sender,
        "fromAvator": message.avatar or "",
        "fromClientType": message.client_type,
        "fromExt": sent.sender_ext,
        "msgTimestamp": str(message.time),
        "msgType": message.msg_type.name,
        "msgidClient": message.msg_id,
        "resendFlag": "1" if sent.resent else "0",
        "roomId": str(sent.room_id),
    }
    if message.nick:
        copy["fromNick"] = message.nick
    if sent.profile_time is not None:
        copy["roleInfoTimetag"] = str(sent.profile_time)
    return copy


def _move(change: Entered | Left | Kicked, *, exit_reasons: bool) -> dict[str, Any]:
    copy: dict[str, Any] = {
        "eventType": "9",
        "roomId": str(change.room_id),
        "accid": change.target[0],
        "code": "200",
        "timestamp": str(change.time),
        "anonymous": "false",
    }
    if change.role in _ROLES:
        copy["roleType"] = _ROLES[change.role]
    if isinstance(change, Kicked):
        return copy | {"event": "KICK"}
    copy |= {"ext": change.profile.ext} | _device(change.presence)
    if isinstance(change, Entered):
        return copy | {"event": "IN"}
    reason = _REASONS.get(change.reason) if exit_reasons else None
    return copy | {"event": "OUT"} | ({"logOutReason": reason} if reason else {})


def _device(presence: Presence) -> dict[str, str]:
    return {
        "clientIp": _ADDRESS,
        "clientType": presence.client_type,
        "tags": compact(list(presence.tags)),
        "notifyTargetTags": presence.notify_target_tags or "",
    }


def _queue(change: QueueChanged) -> dict[str, Any]:
    elements = change.elements
    operation = _QUEUE.get(change.kind)
    if operation is None:
        known = all(element.key in change.replaced for element in elements)
        operation = _UPDATED if known else _ADDED
    owners = {element.owner for element in elements}
    copy: dict[str, Any] = {
        "eventType": "14",
        "roomid": str(change.room_id),
        "qEvent": operation,
        "fromWebApi": "true" if change.by_server else "false",
        "operator": change.operator,
        "elements": compact({element.key: element.value for element in elements}),
        "keys": compact([element.key for element in elements]),
        "operationTime": change.time,
    }
    if len(owners) == 1:
        copy["belongTo"] = owners.pop()
    if elements:
        copy["transient"] = "true" if all(e.transient for e in elements) else "false"
    return copy


def logged_in(accid: str, client_type: str, time: int) -> dict[str, Any]:
    """Return the copy of a login to IM, at a time in milliseconds."""
    return _login("2", accid, client_type, time)


def logged_out(accid: str, client_type: str, time: int) -> dict[str, Any]:
    """Return the copy of a logout from IM, at a time in milliseconds."""
    return _login("3", accid, client_type, time)


def _login(number: str, accid: str, client_type: str, time: int) -> dict[str, Any]:
    return {
        "eventType": number,
        "accid": accid,
        "clientIp": _ADDRESS,
        "clientType": client_type,
        "code": "200",
        "timestamp": str(time),
        "deviceId": _device_id(accid, client_type),
    }


def login_failed(
    refused: Refused, accid: str, time: int, room_id: int | None = None
) -> dict[str, Any] | None:
    """
    Return the copy of a login that failed.

    Args:
        refused: Why.
        accid: The account.
        time: When, milliseconds.
        room_id: The room that was to be entered; ``None`` for a login to IM.

    Returns:
        Nothing where the service has no such copy for the code.
    """
    if refused.code not in _FAILED_CODES:
        return None
    copy = {
        "eventType": "84",
        "event": "1" if room_id is None else "0",
        "accid": accid,
        "code": str(refused.code),
        "timestamp": str(time),
    }
    if refused.code in _FAILURES:
        copy["fail"] = _FAILURES[refused.code]
    if room_id is not None:
        copy["chatRoomId"] = str(room_id)
    return copy


def callback_failed(reason: int, body: bytes, time: int) -> dict[str, Any]:
    """Return the copy of a callback that got no verdict, at a time in milliseconds."""
    return {
        "eventType": "83",
        "reason": str(reason),
        "callbackBody": body.decode(),
        "timestamp": str(time),
    }


def callback_of(question: Question) -> dict[str, Any]:
    """Return the callback that asks a question."""
    match question:
        case MessageQuestion():
            return _may_speak(question)
        case EntryQuestion():
            return _may_enter(question)
        case LoginQuestion():
            return {"eventType": 36} | _asker(question.accid, question.client_type) | {
                "token": question.token,
                "loginAuthType": question.auth_type,
                "loginExt": "",
                "timestamp": str(question.time),
            }  # fmt: skip


def _may_speak(question: MessageQuestion) -> dict[str, Any]:
    draft = question.draft
    callback = {"eventType": 6} | _asker(draft.sender, draft.client_type) | {
        "msgType": draft.msg_type.name,
        "msgTimestamp": str(question.time),
        "msgidClient": draft.msg_id,
        "attach": draft.attach,
        "ext": draft.ext,
        "roomId": str(question.room_id),
    }  # fmt: skip
    return callback | ({"fromNick": question.nick} if question.nick else {})


def _may_enter(question: EntryQuestion) -> dict[str, Any]:
    presence, profile = question.presence, question.profile
    return {"eventType": 37} | _asker(question.accid, presence.client_type) | {
        "roomid": question.room_id,
        "anonymous": False,
        "nick": profile.nick,
        "avatar": profile.avatar or "",
        "ext": profile.ext,
        "notifyExt": "",
        "tags": f"[{', '.join(presence.tags)}]",
        "notifyTargetTags": presence.notify_target_tags or "",
        "token": question.token,
        "loginAuthType": question.auth_type,
        "loginExt": "",
        "timestamp": str(question.time),
    }  # fmt: skip


def _asker(accid: str, client_type: str) -> dict[str, Any]:
    return {
        "fromAccount": accid,
        "fromDeviceId": _device_id(accid, client_type),
        "fromClientType": client_type,
        "fromClientIp": _ADDRESS,
        "fromClientPort": _PORT,
    }


def _device_id(accid: str, client_type: str) -> str:
    return f"{accid}-{client_type.lower()}"
