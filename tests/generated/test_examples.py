"""
The documented examples of the tutorial and of accounts: sent as written, and read as written.

The example requests and replies are those of the spec. The requests of the tutorial for
queueList and queueDrop also name fields that no table of parameters knows; as the spec notes,
its examples leave them out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from nim_async import (
    OPERATIONS,
    ClientPlatform,
    Gender,
    MessageType,
    NimClient,
    QueueLevel,
    RankPeriod,
    RoleType,
)
from nim_async._generated import models
from nim_async.cli import main
from nim_async.emulator import Emulator, Garbage, RecordedCall
from tests.doubles import name_in_environment, served
from tests.facts import SPEC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nim_async import Operation
    from nim_async._core.model import Reply

KEY = "key"
SECRET = "secret-of-the-examples"
EXAMPLES: dict[str, dict[str, Any]] = {
    o["path"].removeprefix("/nimserver/").removesuffix(".action"): o
    for o in SPEC["operations"]
    if o["in_tutorial"] or "/user/" in o["path"]
}
EACH = pytest.mark.parametrize("short", EXAMPLES)
AVATARS = "http://nim.nos.netease.com/MTAxMTAwMg==/"
MORE_AVATARS = "http://b12026.nos.netease.com/MTAxMTAxMA==/"


def robots(old: tuple[str, ...] | None = None) -> models.Robots:
    """Describe what the examples say of robots."""
    return models.Robots(fail_accids=("hzzhangsan",), success_accids=("hzlisi",), old_accids=old)


def busy(room_id: int, start: int, active: int, enters: int, messages: int) -> models.RoomActivity:
    """Describe an hour of a room."""
    return models.RoomActivity(
        room_id=room_id,
        datetime=start,
        active_nums=active,
        enter_nums=enters,
        msgs=messages,
        period=RankPeriod.HOUR,
    )


# The documented replies as they have to be read.
REPLIES: dict[str, Reply] = {
    "chatroom/create": models.Room(
        room_id=66,
        valid=True,
        announcement=None,
        name="mychatroom",
        broadcast_url="xxxxxx",
        ext="",
        creator="zhangsan",
    ),
    "chatroom/get": models.Room(
        room_id=66,
        valid=True,
        muted=False,
        announcement=None,
        name="mychatroom",
        broadcast_url="xxxxxx",
        online_user_count=1,
        ext="",
        creator="zhangsan",
        queue_level=QueueLevel.EVERYBODY,
    ),
    "chatroom/getBatch": models.Rooms(
        no_exist_rooms=(6001,),
        succ_rooms=(
            models.Room(
                room_id=6002,
                valid=True,
                announcement="hi,this is announcement",
                muted=False,
                name="6002 chatroom",
                broadcast_url="",
                online_user_count=0,
                ext="6002 ext",
                creator="zhangsan",
                queue_level=QueueLevel.EVERYBODY,
            ),
        ),
        fail_rooms=(6003,),
    ),
    "chatroom/update": models.Room(
        room_id=66,
        valid=True,
        announcement="这是聊天室",
        name="mychatroom",
        broadcast_url="xxxxxx",
        ext="",
        creator="zhangsan",
    ),
    "chatroom/toggleCloseStat": models.Room(
        room_id=13,
        valid=True,
        announcement=None,
        name="myChatroom",
        broadcast_url="http://www.xxxx.com/xxxxxx",
        ext="",
        creator="zhangsan",
    ),
    "chatroom/requestAddr": models.Addresses(
        addr=("testchat.netease.im:6666", "testchat.netease.im:8888")
    ),
    "chatroom/queryUserRoomIds": models.RoomIds(room_ids=(1015, 2016, 2017, 5062, 23037398)),
    "chatroom/setMemberRole": models.MemberRole(
        room_id=16, level=10, accid="zhangsan", type=RoleType.COMMON
    ),
    "chatroom/updateMyRoomRole": models.Ack(),
    "chatroom/membersByPage": models.Members(
        data=(
            models.Member(
                room_id=111,
                accid="abc",
                nick="abc",
                avatar=f"{AVATARS}bmltYV8xNzg4NTA1NF8xNDU2Mjg0NDQ3MDcyX2E4NmYzNWI5LWRhYWEtNDRmNC05"
                "ZjU1LTJhMDUyMGE5MzQ4ZA==",
                ext="ext",
                type=RoleType.MANAGER,
                level=2,
                online_stat=True,
                enter_time=1487145487971,
                blacklisted=True,
                muted=True,
                temp_muted=True,
                temp_mute_ttl=120,
                is_robot=True,
                robot_expire_at=120,
            ),
        )
    ),
    # The role is the number of the tables of 2018: 1 is the creator.
    "chatroom/queryMembers": models.Members(
        data=(
            models.Member(
                room_id=111, accid="abc", nick="cba", type=RoleType.CREATOR, online_stat=True
            ),
        )
    ),
    "chatroom/sendMsg": models.SentMessage(
        time=1456396333115,
        from_avatar=f"{MORE_AVATARS}bmltYV84NDU4OF8xNDU1ODczMjA2NzUwX2QzNjkxMjI2LWY2NmQtNDQ3Ni0E2LT"
        "g4NGE4MDNmOGIwMQ==",
        msg_id_client="c9e6c306-804f-4ec3-b8f0-573778829419",
        from_client_type="REST",
        attach="This+is+test+msg",
        room_id=36,
        from_account="zhangsan",
        from_nick="张三",
        type=MessageType.TEXT,
        ext="",
        high_priority_flag=1,
    ),
    "chatroom/addRobot": robots(("hzwangwu",)),
    "chatroom/removeRobot": robots(),
    "chatroom/temporaryMute": models.Mute(mute_duration=300),
    "chatroom/muteRoom": models.RoomMute(success=True),
    "chatroom/queueInit": models.Ack(),
    "chatroom/queueOffer": models.QueueChange(),
    "chatroom/queueBatchUpdateElements": models.QueueBatchUpdate(no_exist_element_key=("k1",)),
    "chatroom/queueList": models.Queue(elements=(models.QueueElement(key="33333", value="33333"),)),
    "chatroom/queuePoll": models.QueueElement(key="1111", value="66666"),
    "chatroom/queueDrop": models.QueueChange(),
    "stats/chatroom/topn": models.RoomRanking(
        data=(
            busy(3571337, 1471712400, active=5955, enters=18621, messages=2793),
            busy(3573737, 1471708800, active=6047, enters=15785, messages=2706),
            busy(3513774, 1471708800, active=5498, enters=14590, messages=2258),
        )
    ),
    "user/create": models.Account(
        accid="zhangsan", token="0f1e2d3c4b5a69788796a5b4c3d2e1f0", name="Zhang"
    ),
    "user/update": models.Ack(),
    "user/refreshToken": models.Account(accid="zhangsan", token="1a2b3c4d5e6f70819203a4b5c6d7e8f9"),
    "user/block": models.Ack(),
    "user/unblock": models.Ack(),
    "user/updateUinfo": models.Ack(),
    "user/getUinfos": models.Profiles(
        uinfos=(
            models.Profile(
                accid="zhangsan",
                name="Zhang",
                email="zhangsan@example.com",
                gender=Gender.MALE,
                valid=True,
                mute=False,
            ),
            models.Profile(accid="lisi", name="Li", gender=Gender.UNKNOWN, valid=True, mute=False),
        )
    ),
    "user/setDonnop": models.Ack(),
    "user/mute": models.Ack(),
    "user/muteModule": models.ModuleMutes(
        mute_team=False, mute_room=True, mute_p2p=False, mute_qchat=False
    ),
    "user/userOnlineStatus": models.OnlineStatus(
        invalid_accids=("nobody",),
        status={
            "zhangsan": (models.Login(login_time=1700000000000, client_type=ClientPlatform.WEB),)
        },
    ),
}
# What the program prints; three kinds of replies, letter for letter.
PRINTED: dict[str, dict[str, Any]] = {
    "chatroom/create": {
        "room_id": 66,
        "valid": True,
        "announcement": None,
        "name": "mychatroom",
        "broadcast_url": "xxxxxx",
        "ext": "",
        "creator": "zhangsan",
        "queue_level": None,
        "muted": None,
        "delay_info": None,
        "online_user_count": None,
        "io_notify": None,
    },
    "chatroom/temporaryMute": {"mute_duration": 300},
    "chatroom/queueBatchUpdateElements": {
        "no_exist_element_key": ["k1"],
        "high_priority": None,
    },
}


def operation_of(short: str) -> Operation[Any]:
    """Return an operation of the table."""
    return OPERATIONS[EXAMPLES[short]["path"]]


def request_of(short: str) -> dict[str, str]:
    """Return the documented request: wire names and texts."""
    request: dict[str, str] = EXAMPLES[short]["example_request"]
    return request


def reply_of(short: str) -> dict[str, Any]:
    """Return the documented reply."""
    reply: dict[str, Any] = EXAMPLES[short]["reply"]["example"]
    return reply


@pytest.fixture(name="service", scope="module")
def _service() -> Iterator[tuple[Emulator, str]]:
    """Serve one emulator for all tests."""
    emulator = Emulator(KEY, SECRET)
    with served(emulator) as base_url:
        yield emulator, base_url


@pytest.fixture(name="emulator")
def _emulator(service: tuple[Emulator, str], monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """Let the environment name an emulator to which nothing has happened."""
    emulator, base_url = service
    emulator.reset()
    name_in_environment(monkeypatch, KEY, SECRET, base_url)
    return emulator


def answer_as_documented(emulator: Emulator, short: str) -> None:
    """Let the next request be answered with the documented reply."""
    body = json.dumps(reply_of(short), ensure_ascii=False).encode()
    emulator.faults.add(Garbage(body), path=operation_of(short).path)


def assert_sent_as_documented(calls: list[RecordedCall], short: str) -> None:
    """Check that one request was made, with the documented fields to the letter and no others."""
    (call,) = calls
    assert (call.method, call.path, call.status) == ("POST", operation_of(short).path, 200)
    assert call.form == request_of(short)
    assert len(call.pairs) == len(call.form)


def arguments_of(short: str, spelling: str) -> list[str]:
    """Write the documented request as arguments of ``nim-async call``."""
    operation, request = operation_of(short), request_of(short)
    if spelling == "python":
        request = {operation.by_wire_name[name].python_name: request[name] for name in request}
    name = operation.path if spelling == "path" else operation.qualified_name
    return ["call", name, *(f"{key}={text}" for key, text in request.items())]


def test_there_are_23_examples_of_the_tutorial_and_11_of_accounts() -> None:
    """Each of the operations has a documented request and a reply that is written out."""
    assert sum(example["in_tutorial"] for example in EXAMPLES.values()) == 23
    assert len(EXAMPLES) == 23 + 11
    assert REPLIES.keys() == EXAMPLES.keys()
    assert all(request_of(short) and reply_of(short) for short in EXAMPLES)


@pytest.mark.parametrize("spelling", ["wire", "python", "path"])
@EACH
def test_the_command_line_sends_the_example(
    short: str, spelling: str, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    ``nim-async call`` puts the documented fields on the wire as they are written.

    It does by any spelling of the names, then printing the reply in names of Python, and by the
    path, then printing the documented reply untouched.
    """
    answer_as_documented(emulator, short)
    status = main(arguments_of(short, spelling))
    captured = capsys.readouterr()
    assert (status, captured.err) == (0, "")
    assert_sent_as_documented(emulator.calls, short)
    printed = reply_of(short) if spelling == "path" else REPLIES[short].to_dict()
    assert json.loads(captured.out) == printed


@pytest.mark.parametrize("short", PRINTED)
@pytest.mark.slow
def test_the_program_sends_the_example(short: str, emulator: Emulator) -> None:
    """The program in a process of its own does the same, and prints what the reply says."""
    answer_as_documented(emulator, short)
    ended = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "nim_async", *arguments_of(short, "wire")],
        env=os.environ,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert_sent_as_documented(emulator.calls, short)
    assert json.loads(ended.stdout) == PRINTED[short]


@EACH
async def test_the_example_reply_is_read(short: str, emulator: Emulator) -> None:
    """The typed method sends the documented texts and gives each documented value of the reply."""
    answer_as_documented(emulator, short)
    operation = operation_of(short)
    given: dict[str, Any] = {
        operation.by_wire_name[name].python_name: text for name, text in request_of(short).items()
    }
    async with NimClient.from_env() as nim:
        reply = await getattr(getattr(nim, operation.namespace), operation.name)(**given)
    assert_sent_as_documented(emulator.calls, short)
    assert type(reply) is operation.reply
    assert reply == REPLIES[short]
    assert repr(reply) == repr(REPLIES[short])  # tells True from 1
