"""What the operations that take lists say of each element, by their replies."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve, frozen

from nim_async._checks import is_sequence
from nim_async._core.signing import new_id
from nim_async._generated import operations
from nim_async._generated.models import MessageItem
from nim_async.errors import ApiError, NotFound, NotRegistered, ServerError

if TYPE_CHECKING:
    from nim_async._generated.models import (
        BatchSent,
        Members,
        OnlineStatus,
        Profiles,
        Queue,
        QueueBatchOffer,
        QueueBatchUpdate,
        Robots,
        Rooms,
    )

_SUCCESS = 200
_PAIR = 2


def _as_it_is(item: Any) -> Any:
    return item


def _no_result(_: object) -> None:
    return None


@frozen(kw_only=True)
class Listed:
    """
    How an operation speaks of the elements of its list.

    Args:
        param: Python name of the parameter that takes the list.
        key_of: Returns what the reply calls an element by.
        said: Returns what a reply says of elements, by their keys: a result, or the error of one
            that failed.
        otherwise: Returns the result of elements that a reply says nothing of.
        prepared: Makes of an element what is sent.
    """

    param: str
    key_of: Callable[[Any], Hashable]
    said: Callable[[Any], Iterable[tuple[Hashable, Any]]]
    otherwise: Callable[[Any], Any] = _no_result
    prepared: Callable[[Any], Any] = _as_it_is


# keys


def _account(item: Any) -> Hashable:
    return str(item).lower()  # as the service stores it


def _first(item: Any) -> Hashable:
    key: Hashable = item[0]
    return key


def _element(item: Any) -> Hashable:
    return str(_member(item, "key"))


def _message(item: Any) -> Hashable:
    return str(_member(item, "msg_id", "msgId"))


def _member(item: Any, *names: str) -> Any:
    """Return what an element, of a class or a mapping, calls by one of some names."""
    given = _members_of(item)
    values = (getattr(item, n, None) if given is None else given.get(n) for n in names)
    return next((value for value in values if value), None)


def _members_of(item: object) -> dict[str, Any] | None:
    return dict(cast("Mapping[str, Any]", item)) if isinstance(item, Mapping) else None


# what is sent


def _with_id(item: Any) -> Any:
    """Give a message an id, by which the reply speaks of it."""
    if _members_of(item) is None and not _is_item(item):
        return MessageItem(msg_id=new_id(), msg_type=item)
    return item if _member(item, "msg_id", "msgId") else _changed(item, msg_id=new_id())


def _is_item(item: object) -> bool:
    return isinstance(item, MessageItem)


def _changed(message: Any, **changes: Any) -> Any:
    given = _members_of(message)
    return evolve(message, **changes) if given is None else given | changes


def _pair(item: Any) -> tuple[str, Any]:
    """Take key and value apart; what is no pair has no value, which is refused."""
    parts = list(cast("Sequence[Any]", item)) if is_sequence(item) else [item, None]
    return (str(parts[0]), parts[1]) if len(parts) == _PAIR else (str(parts), None)


# replies; a list that is missing says nothing


def _listed_in(name: str, cls: type[ApiError] = ApiError, why: str = "") -> ApiError:
    """Make the error of an element that a reply, otherwise a success, has among those it lists."""
    error = cls(_SUCCESS, why or f"listed in {name}")
    error.maybe_processed = False
    return error


def _of(reply: Any, name: str) -> Sequence[Any]:
    return getattr(reply, name, None) or ()


def _rooms(reply: Rooms) -> Iterable[tuple[Hashable, Any]]:
    for room in reply.succ_rooms:
        yield str(room.room_id), room
    for room_id in _of(reply, "no_exist_rooms"):
        yield str(room_id), _listed_in("noExistRooms", NotFound)
    for room_id in _of(reply, "fail_rooms"):
        yield str(room_id), _listed_in("failRooms", ServerError)


def _members(reply: Members) -> Iterable[tuple[Hashable, Any]]:
    for member in reply.data:
        yield _account(getattr(member, "accid", None)), member


def _profiles(reply: Profiles) -> Iterable[tuple[Hashable, Any]]:
    for profile in reply.uinfos:
        yield _account(getattr(profile, "accid", None)), profile


def _logins(reply: OnlineStatus) -> Iterable[tuple[Hashable, Any]]:
    for accid, logins in (reply.status or {}).items():
        yield _account(accid), logins
    for accid in reply.invalid_accids or ():
        yield _account(accid), _listed_in("invalidAccids", NotRegistered)


def _robots(reply: Robots) -> Iterable[tuple[Hashable, Any]]:
    for accid in _of(reply, "success_accids"):
        yield _account(accid), "success"
    for accid in _of(reply, "old_accids"):
        yield _account(accid), "old"
    for accid in _of(reply, "fail_accids"):
        yield _account(accid), _listed_in("failAccids")


def _offered(reply: QueueBatchOffer) -> Iterable[tuple[Hashable, Any]]:
    for key in reply.failed_keys or ():
        yield key, _listed_in("failedKeys")


def _updated(reply: QueueBatchUpdate) -> Iterable[tuple[Hashable, Any]]:
    for key in _of(reply, "no_exist_element_key"):
        yield key, _listed_in("noExistElementKey", NotFound)


def _elements(reply: Queue) -> Iterable[tuple[Hashable, Any]]:
    for element in reply.elements:
        yield element.key, element


def _sent(reply: BatchSent) -> Iterable[tuple[Hashable, Any]]:
    for sent in _of(reply, "success"):
        yield getattr(sent, "msg_id", None), getattr(sent, "message", None)
    for refusal in _of(reply, "fail"):
        why = f"listed in fail: {getattr(refusal, 'reason', '')}"
        yield getattr(refusal, "msg_id", None), _listed_in("fail", why=why)


def _nothing(_: object) -> Iterable[tuple[Hashable, Any]]:
    return ()


_MESSAGES = Listed(param="msg_list", key_of=_message, said=_sent, prepared=_with_id)
_ROBOTS = Listed(param="accids", key_of=_account, said=_robots)

LISTED: Mapping[str, Listed] = MappingProxyType(
    {
        operation.path: listed
        for operation, listed in (
            (
                operations.CHATROOM_GET_BATCH,
                Listed(param="room_ids", key_of=str, said=_rooms),
            ),
            (
                operations.CHATROOM_QUERY_MEMBERS,
                Listed(param="accids", key_of=_account, said=_members),
            ),
            (operations.CHATROOM_ADD_ROBOT, _ROBOTS),
            (operations.CHATROOM_REMOVE_ROBOT, _ROBOTS),
            (operations.CHATROOM_BATCH_SEND_MSG, _MESSAGES),
            (operations.CHATROOM_BATCH_SEND_MSG_TO_SOMEONE, _MESSAGES),
            (
                # Who of the receivers got the message is not reported.
                operations.CHATROOM_SEND_MSG_TO_SOMEONE,
                Listed(param="to_accids", key_of=_account, said=_nothing, otherwise=_as_it_is),
            ),
            (
                operations.CHATROOM_QUEUE_BATCH_OFFER,
                Listed(param="elements", key_of=_element, said=_offered),
            ),
            (
                operations.CHATROOM_QUEUE_BATCH_UPDATE_ELEMENTS,
                Listed(param="elements", key_of=_first, said=_updated, prepared=_pair),
            ),
            (
                operations.CHATROOM_QUEUE_MULTI_GET,
                Listed(param="keys", key_of=_as_it_is, said=_elements),
            ),
            (
                operations.USER_GET_UINFOS,
                Listed(param="accids", key_of=_account, said=_profiles),
            ),
            (
                operations.USER_USER_ONLINE_STATUS,
                Listed(param="accids", key_of=_account, said=_logins, otherwise=lambda _: ()),
            ),
        )
    }
)
