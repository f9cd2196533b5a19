"""The bases of generated classes."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any, cast

import pytest
from attrs import NOTHING, evolve
from attrs.exceptions import FrozenInstanceError
from hypothesis import given, settings

from nim_async._core.model import OUTSIDE
from nim_async.models import (
    Account,
    ClientPlatform,
    DelayClose,
    HistoryMessage,
    MessageType,
    QueueElement,
    QueueLevel,
    RankPeriod,
    RoleType,
    Room,
    RoomMute,
    Rooms,
    TagCount,
)
from tests.replies import REPLIES, kinds, replies
from tests.strategies import PATIENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from nim_async._core.model import Reply


def room(**changes: Any) -> Room:
    """Make a room."""
    known: dict[str, Any] = {"room_id": 66, "valid": True, "name": "tea house", "creator": "amy"}
    return Room(**{**known, **changes})


def test_values_compare_by_their_fields() -> None:
    """Two replies are equal when class and fields are."""
    assert room() == room()
    assert room() != room(name="coffee house")
    assert room() != room(extra={"new": 1})
    assert RoomMute(success=True) != TagCount(tag="a", online_user_count=1)
    assert room() != "room"


def test_equal_values_hash_alike() -> None:
    """Replies can be put into sets and used as keys; unknown fields do not hinder."""
    assert {room(), room(), room(name="other")} == {room(), room(name="other")}
    assert hash(room(extra={"new": []})) == hash(room())


def test_a_message_can_be_hashed_whatever_its_body() -> None:
    """A body that is an object does not keep a stored message out of a set."""
    message = HistoryMessage(
        from_accid="amy",
        msg_id="1",
        send_time=1,
        type=MessageType.TEXT,
        from_client_type=ClientPlatform.REST,
        body={"msg": "hello"},
    )
    assert len({message, copy.copy(message)}) == 1


def test_values_are_shown_without_unset_fields() -> None:
    """What a reply does not say is not shown."""
    assert repr(room(muted=False, announcement="")) == (
        "Room(room_id=66, valid=True, announcement='', name='tea house', creator='amy', "
        "muted=False)"
    )
    assert repr(RoomMute(success=True, extra={"new": 1})) == (
        "RoomMute(success=True, extra={'new': 1})"
    )


def test_a_token_is_not_shown() -> None:
    """The token of an account is masked wherever it stands, but can be read and written."""
    account = Account(accid="amy", token="hunter2")
    assert repr(account) == "Account(accid='amy', token=***)"
    odd = Account(accid="amy", token=cast("str", NOTHING), extra={"token": ["hunter2"], "new": 1})
    assert repr(odd) == "Account(accid='amy', token=<missing>, extra=***)"
    assert account.token == account.to_dict()["token"] == "hunter2"
    assert pickle.loads(pickle.dumps(account)).token == "hunter2"  # noqa: S301


def test_values_are_frozen() -> None:
    """A reply is not changed by accident."""
    with pytest.raises(FrozenInstanceError):
        room().name = "other"  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]


def test_values_are_copied_and_pickled() -> None:
    """A reply survives `copy`, `pickle` and `attrs.evolve`."""
    value = room(extra={"new": [1]})
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301
    assert evolve(value, name="other") == room(name="other", extra={"new": [1]})


def test_two_values_share_no_extra() -> None:
    """Each reply has its own unknown fields."""
    assert QueueElement(key="a", value="1").extra is not QueueElement(key="a", value="1").extra


# as plain values


@pytest.mark.parametrize("cls", REPLIES, ids=lambda cls: cls.__name__)
def test_a_reply_is_ready_for_json(cls: Any) -> None:
    """Each class gives a dict of the fields it has, which JSON gives back as it was."""

    @settings(PATIENT, max_examples=10)
    @given(replies(cls))
    def check(reply: Reply) -> None:
        members = reply.to_dict()
        names = kinds(cls).keys()
        assert members.keys() == {name for name in names - OUTSIDE if hasattr(reply, name)} | {
            name for name in names & OUTSIDE if getattr(reply, name)
        }
        assert json.loads(json.dumps(members)) == members

    check()


def test_what_a_reply_holds_is_made_plain() -> None:
    """Replies become dicts, tuples lists, members of enumerations their values; at any depth."""
    closing = DelayClose(
        delay_close_enable=True, delay_close_policy=1, delay_seconds=60, status=0, start_time=None
    )
    held = room(queue_level=QueueLevel.MANAGERS, delay_info=closing, extra={"a": (RoleType("X"),)})
    members = Rooms(succ_rooms=(held,), no_exist_rooms=(1, 2), fail_rooms=()).to_dict()
    assert members == {
        "succ_rooms": [
            {
                "room_id": 66,
                "valid": True,
                "announcement": None,
                "name": "tea house",
                "broadcast_url": None,
                "ext": None,
                "creator": "amy",
                "queue_level": 1,
                "muted": None,
                "delay_info": {
                    "delay_close_enable": True,
                    "delay_close_policy": 1,
                    "delay_seconds": 60,
                    "status": 0,
                    "start_time": None,
                },
                "online_user_count": None,
                "io_notify": None,
                "extra": {"a": ["X"]},
            }
        ],
        "no_exist_rooms": [1, 2],
        "fail_rooms": [],
    }
    (shown,) = members["succ_rooms"]
    assert type(shown["queue_level"]) is int
    assert type(shown["extra"]["a"][0]) is str


def test_a_dict_does_not_share_what_can_change() -> None:
    """Changing the dict leaves the reply as it was."""
    value = room(extra={"new": [1]})
    value.to_dict()["extra"]["new"].append(2)
    assert value == room(extra={"new": [1]})


def in_list(inner: object) -> object:
    """Put a value into a list."""
    return [inner]


def in_dict(inner: object) -> object:
    """Put a value into a dict."""
    return {"in": inner}


@pytest.mark.parametrize("around", [in_list, in_dict])
def test_what_is_too_deep_is_cut(around: Callable[[object], object]) -> None:
    """The first hundred levels are shown, the reply itself the first; "…" stands for the rest."""
    deep = around("end")
    for _ in range(10_000):
        deep = around(deep)
    cut: object = "…"
    for _ in range(98):  # below the reply and its extra
        cut = around(cut)
    written = json.dumps(room(extra={"deep": deep}).to_dict()["extra"]["deep"])
    assert written == json.dumps(cut)


def test_what_is_just_not_too_deep_is_whole() -> None:
    """A hundred levels are shown to their end."""
    deep: Any = "end"
    for _ in range(98):
        deep = [deep]
    assert room(extra={"deep": deep}).to_dict()["extra"]["deep"] == deep


# enumerations


def test_numbers_with_names() -> None:
    """A known number is the member of that name and compares as a number."""
    assert MessageType(100) is MessageType.CUSTOM
    assert MessageType.CUSTOM.value == int(MessageType.CUSTOM) == 100


def test_an_unknown_number_stays_readable() -> None:
    """A number the library does not know keeps its value and says that it is unknown."""
    unknown = MessageType(77)
    assert unknown == 77
    assert unknown.value == 77
    assert unknown.name == "UNKNOWN_77"
    assert "77" in repr(unknown)
    assert isinstance(unknown, MessageType)
    assert unknown + 1 == 78


def test_an_unknown_number_does_not_become_known() -> None:
    """Reading an unknown number adds no member for others to meet."""
    before = list(MessageType)
    MessageType(77)
    assert list(MessageType) == before


def test_a_text_is_no_number() -> None:
    """A text does not become a member of an enumeration of numbers."""
    text: Any = "0"
    with pytest.raises(ValueError, match="is not a valid MessageType"):
        MessageType(text)


def test_words_compare_as_text() -> None:
    """A known word is a member and compares as a text; case is passed over."""
    assert RoleType("MANAGER") is RoleType.MANAGER
    assert RankPeriod("HOUR") is RankPeriod.HOUR
    assert RoleType.MANAGER == "MANAGER"


def test_an_unknown_word_stays_readable() -> None:
    """A word the library does not know keeps its text and says that it is unknown."""
    unknown = RoleType("EMPEROR")
    assert unknown == "EMPEROR"
    assert str(unknown) == "EMPEROR"
    assert unknown.name == "UNKNOWN_EMPEROR"
    assert unknown not in list(RoleType)


@pytest.mark.parametrize(
    ("number", "role"),
    [
        (-1, RoleType.LIMITED),
        (0, RoleType.COMMON),
        (1, RoleType.CREATOR),
        (2, RoleType.MANAGER),
        (3, RoleType.TEMPORARY),
        (4, RoleType.ANONYMOUS),
    ],
)
def test_old_numbers_of_roles(number: Any, role: RoleType) -> None:
    """The numbers that replies once had stand for the words of today."""
    assert RoleType(number) is role


def test_an_unknown_number_of_a_role_stays_readable() -> None:
    """A number that never stood for a role is kept as text."""
    number: Any = 9
    assert RoleType(number) == "9"


@pytest.mark.parametrize("member", [MessageType(77), RoleType("EMPEROR"), RoleType.MANAGER])
def test_members_are_copied_and_pickled(member: MessageType | RoleType) -> None:
    """Known and unknown members survive `copy` and `pickle`."""
    assert copy.deepcopy(member) == member
    assert pickle.loads(pickle.dumps(member)) == member  # noqa: S301
