"""Accounts of the emulator, and the rooms that ask for them."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from nim_async.emulator import Emulator, Features, Refused
from tests.wire import KEY, NOON, SECRET, Caller, caller

if TYPE_CHECKING:
    from collections.abc import Callable

ROOM = 66
LIST = '["amy"]'
DYNAMIC = Features(dynamic_tokens=False)


def opened(**options: Any) -> Caller:
    """Make an emulator where ben and cat are registered, and a room of amy's."""
    call = caller(**options)
    call.emulator.register("amy", "ben", "cat")
    call.emulator.add_room("amy", room_id=ROOM)
    return call


def refused(code: int, act: Callable[[], object]) -> None:
    """Check that what a client program does is refused with a code."""
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.code == code


def dynamic(accid: str = "ben", *, ttl: Any = 60, curtime: Any = int(NOON * 1000)) -> str:
    """Make a dynamic token by the documented formula."""
    plain = f"{KEY}{accid}{curtime}{ttl}{SECRET}"
    signature = hashlib.sha1(plain.encode()).hexdigest()  # noqa: S324
    members = {"signature": signature, "curTime": curtime, "ttl": ttl}
    return b64encode(json.dumps(members).encode()).decode()


# registering


async def test_an_account_is_made_once() -> None:
    """The form that counts is lower case; a second registration changes nothing."""
    call = caller()
    made = await call("user/create", accid="Amy", token="t-1", name="A")
    assert made == {"code": 200, "info": {"token": "t-1", "accid": "amy", "name": "A"}}
    again = await call("user/create", accid="aMY", token="t-2", name="B")
    assert again == {"code": 414, "desc": "already register"}
    account = call.emulator.accounts["amy"]
    assert (account.token, account.profile) == ("t-1", {"name": "A"})
    made = await call("user/create", accid="ben", token="")
    assert len(made["info"]["token"]) == 32
    assert made["info"]["name"] == ""


@pytest.mark.parametrize("accid", ["a b", "茶", "a/b", "x" * 33, ""])
async def test_an_id_that_cannot_be(accid: str) -> None:
    """Other characters, too many and none are refused."""
    call = caller()
    assert await call.code("user/create", accid=accid) == 414
    assert not call.emulator.accounts


async def test_tokens_are_told_once() -> None:
    """Each token is another one, repeatable by the seed, and no repr shows it."""
    tokens = [
        [(await call("user/create", accid=accid))["info"]["token"] for accid in ("amy", "ben")]
        for call in (caller(), caller())
    ]
    assert tokens[0] == tokens[1]
    assert len({*tokens[0]}) == 2
    call = caller()
    await call("user/create", accid="amy", token="hunter2")
    assert "hunter2" not in repr((call.emulator.accounts, call.emulator.calls))
    assert call.emulator.calls[0].form["token"] == "hunter2"


async def test_a_profile_is_changed_and_cleared() -> None:
    """What is left out stays, an empty text takes away, and what was never set is not told."""
    call = caller()
    await call("user/create", accid="amy", name="A", sign="tea", ex="{}", gender=2)
    assert await call.code("user/updateUinfo", accid="AMY", sign="", email="a@b") == 200
    known = {"accid": "amy", "gender": 2, "valid": True, "mute": False}
    told = {**known, "name": "A", "ex": "{}", "email": "a@b"}
    assert await call("user/getUinfos", accids=LIST) == {"code": 200, "uinfos": [told]}
    assert await call.code("user/updateUinfo", accid="amy", gender=3) == 414


async def test_registered_from_the_start() -> None:
    """Accounts that the emulator was given have tokens, and are there again after a reset."""
    call = caller(accounts=["Amy"])
    assert await call("user/create", accid="amy") == {"code": 414, "desc": "already register"}
    call.emulator.register("ben", "amy", token="t")
    assert call.emulator.accounts["ben"].token == "t"
    assert call.emulator.accounts["amy"].token != "t"
    token = call.emulator.accounts["amy"].token
    call.emulator.reset()
    assert {a.accid: a.token for a in call.emulator.accounts.values()} == {"amy": token}


# rooms


@pytest.mark.parametrize("accounts", [[], ["cat"]])
async def test_rooms_turn_strangers_away(accounts: list[str]) -> None:
    """With a list of accounts, though it be empty, a room is for registered ones only."""
    call = caller(accounts=accounts)
    emulator = call.emulator
    assert await call.code("chatroom/create", creator="amy", name="tea") == 404
    refused(404, lambda: emulator.add_room("amy"))
    await call("user/create", accid="Amy")
    room = (await call("chatroom/create", creator="amy", name="tea"))["chatroom"]["roomid"]
    refused(404, lambda: emulator.enter(room, "ben"))
    message = {"roomid": room, "msgId": "1", "msgType": 0, "attach": "hi"}
    assert await call.code("chatroom/sendMsg", **message, fromAccid="ben") == 404
    added = await call("chatroom/addRobot", roomid=room, accids='["ben"]')
    assert added["desc"]["failAccids"] == '["ben"]'
    role = {"operator": "amy", "target": "ben", "opt": 1, "optvalue": True}
    assert await call.code("chatroom/setMemberRole", roomid=room, **role) == 404
    await call("user/create", accid="ben")
    emulator.enter(room, "ben")
    assert await call.code("chatroom/sendMsg", **message, fromAccid="ben") == 200
    assert await call.code("chatroom/setMemberRole", roomid=room, **role) == 200


async def test_without_a_list_everybody_exists() -> None:
    """Rooms take anybody; whom the operations on accounts know is who was made."""
    call = caller()
    room = call.emulator.add_room("amy")
    call.emulator.enter(room, "ben")
    assert await call.code("user/block", accid="ben") == 414
    assert await call.code("user/create", accid="ben") == 200
    assert await call.code("user/block", accid="ben") == 200


# blocks


async def test_a_blocked_account_stays_outside() -> None:
    """It can neither enter, nor log in, nor be a robot, nor send by the server API."""
    call = opened()
    emulator = call.emulator
    assert await call.code("user/block", accid="ben") == 200
    refused(422, lambda: emulator.enter(ROOM, "ben"))
    refused(422, lambda: emulator.log_in("ben"))
    message = {"msgId": "1", "msgType": 0, "fromAccid": "ben"}
    assert await call.code("chatroom/sendMsg", roomid=ROOM, **message) == 422
    assert await call.code("chatroom/broadcast", **message) == 422
    added = await call("chatroom/addRobot", roomid=ROOM, accids='["ben"]')
    assert added["desc"]["failAccids"] == '["ben"]'
    assert (await call("user/getUinfos", accids='["ben"]'))["uinfos"][0]["valid"] is False
    assert await call.code("user/unblock", accid="ben") == 200
    emulator.enter(ROOM, "ben", token=emulator.accounts["ben"].token)
    assert await call.code("chatroom/sendMsg", roomid=ROOM, **message) == 200


async def test_a_block_does_not_touch_who_is_logged_in() -> None:
    """Without ``needkick`` a login goes on and can still send; with it, it ends everywhere."""
    call = opened()
    emulator = call.emulator
    emulator.log_in("ben", client_type="IOS")
    emulator.enter(ROOM, "ben")
    assert await call.code("user/block", accid="ben") == 200
    assert emulator.speak(ROOM, "ben", "still here").sender == "ben"
    assert emulator.accounts["ben"].logins
    assert await call.code("user/block", accid="ben", needkick=True) == 200
    assert not emulator.accounts["ben"].logins
    assert emulator.rooms[ROOM].online == frozenset()
    refused(404, lambda: emulator.speak(ROOM, "ben", "gone"))


# mutes


@pytest.mark.parametrize(
    ("path", "muted", "lifted"),
    [
        ("user/mute", {"mute": True}, {"mute": False}),
        ("user/muteModule", {"muteRoom": True}, {"muteRoom": False}),
    ],
)
async def test_a_muted_account(path: str, muted: dict[str, bool], lifted: dict[str, bool]) -> None:
    """It may enter and hear, but what it sends to rooms is refused with 423."""
    call = opened()
    emulator = call.emulator
    emulator.enter(ROOM, "ben")
    emulator.enter(ROOM, "cat")
    assert await call.code(path, accid="ben", **muted) == 200
    message = {"msgId": "1", "msgType": 0, "fromAccid": "ben"}
    refused(423, lambda: emulator.speak(ROOM, "ben", "hi"))
    assert await call.code("chatroom/sendMsg", roomid=ROOM, **message, ignoreMute=True) == 423
    assert await call.code("chatroom/broadcast", **message) == 423
    assert "ben" in emulator.speak(ROOM, "cat", "hello").receivers
    assert await call.code(path, accid="ben", **lifted) == 200
    assert emulator.speak(ROOM, "ben", "hi").sender == "ben"


async def test_mutes_of_other_modules_leave_rooms_alone() -> None:
    """Modules are muted one by one; those that are left out stay, and one is needed."""
    call = opened()
    call.emulator.enter(ROOM, "ben")
    assert await call.code("user/muteModule", accid="ben") == 414
    assert await call.code("user/muteModule", accid="ben", muteTeam=True) == 200
    call.emulator.speak(ROOM, "ben", "hi")
    after = await call("user/muteModule", accid="ben", muteP2P=True)
    flags = {"muteP2P": True, "muteTeam": True, "muteRoom": False, "muteQChat": False}
    assert after["data"] == flags
    told = await call("user/getUinfos", accids='["ben"]', muteStatus=True)
    assert flags.items() <= told["uinfos"][0].items()


# tokens


def _enter(emulator: Emulator, accid: str, *, token: str) -> None:
    emulator.enter(ROOM, accid, token=token)


@pytest.mark.parametrize("come", [Emulator.log_in, _enter])
async def test_static_tokens(come: Callable[..., None]) -> None:
    """The newest one is good, an outdated and a wrong one are not; a login survives the change."""
    call = opened()
    emulator = call.emulator
    await call("user/update", accid="ben", token="t-1")
    come(emulator, "Ben", token="t-1")
    assert await call.code("user/update", accid="ben", token="t-2") == 200
    refused(302, lambda: come(emulator, "ben", token="t-1"))
    come(emulator, "ben", token="t-2")
    newest = (await call("user/refreshToken", accid="ben"))["info"]["token"]
    refused(302, lambda: come(emulator, "ben", token="t-2"))
    come(emulator, "ben", token=newest)
    for wrong in ("", "t", newest.upper(), newest + "\n", "\ud800", emulator.accounts["cat"].token):
        refused(302, partial(come, emulator, "ben", token=wrong))


def test_a_dynamic_token_holds_for_its_time() -> None:
    """It lets its own account in until it expires, also where nobody registered that."""
    call = opened()
    emulator, token = call.emulator, dynamic()
    emulator.enter(ROOM, "BEN", token=token)
    emulator.log_in("ben", token=token)
    emulator.enter(ROOM, "dan", token=dynamic("dan"))
    refused(302, lambda: emulator.log_in("dan", token=dynamic("dan")))
    refused(302, lambda: emulator.enter(ROOM, "cat", token=token))
    call.clock.advance(59.9)
    emulator.enter(ROOM, "ben", token=token)
    call.clock.advance(0.1)
    refused(302, lambda: emulator.enter(ROOM, "ben", token=token))


def test_a_dynamic_token_in_other_forms() -> None:
    """Order and blanks do not matter, and times may be texts."""
    emulator = opened().emulator
    emulator.enter(ROOM, "ben", token=dynamic(ttl="60", curtime=str(int(NOON * 1000))))
    members = json.loads(b64decode(dynamic()))
    turned = json.dumps(dict(reversed(members.items())), indent=2)
    emulator.enter(ROOM, "ben", token=b64encode(turned.encode()).decode())


@pytest.mark.parametrize(
    "token",
    [
        dynamic(curtime=int(NOON)),  # seconds
        dynamic(curtime=int(NOON * 1_000_000)),  # microseconds
        dynamic(ttl=-1),
        dynamic(ttl=1.5),
        dynamic(ttl="9" * 30),
        dynamic(ttl=True),
        dynamic("cat"),
        dynamic().rstrip("=") + "=",
        dynamic()[:-8],
        dynamic()[:40] + "\n" + dynamic()[40:],
        b64encode(b"[]").decode(),
        b64encode(b"5").decode(),
        b64encode(b"{}").decode(),
        b64encode(b"\xff").decode(),
        b64encode(b"[" * 100_000).decode(),
        b64encode(b'{"signature":"\\ud800","curTime":1700000000000,"ttl":60}').decode(),
        b64encode(b'{"signature":null,"curTime":1700000000000,"ttl":60}').decode(),
    ],
)
def test_what_is_no_dynamic_token(token: str) -> None:
    """Whatever else comes is refused, and nothing breaks."""
    call = opened()
    refused(302, lambda: call.emulator.enter(ROOM, "ben", token=token))


async def test_dynamic_tokens_can_be_off() -> None:
    """A way of login that is not enabled is refused with 403; a block comes first."""
    call = opened(features=DYNAMIC)
    refused(403, lambda: call.emulator.enter(ROOM, "ben", token=dynamic()))
    call.emulator.enter(ROOM, "ben", token=call.emulator.accounts["ben"].token)
    await call("user/block", accid="ben")
    refused(422, lambda: call.emulator.enter(ROOM, "ben", token=dynamic()))


# logins


async def test_online_status() -> None:
    """Logins to IM are told by kind of client; being in a room alone does not count."""
    call = opened()
    emulator = call.emulator
    emulator.enter(ROOM, "cat")
    emulator.log_in("ben", client_type="IOS")
    call.clock.advance(1)
    emulator.log_in("ben", client_type="PC")
    asked = '["Ben", "cat", "nobody", "ben"]'
    at = int(NOON * 1000)
    ios, pc = {"loginTime": at, "clientType": 2}, {"loginTime": at + 1000, "clientType": 4}
    reply = await call("user/userOnlineStatus", accids=asked)
    assert reply["data"] == {"invalidAccids": ["nobody"], "status": {"ben": [ios, pc]}}
    emulator.log_out("ben", client_type="IOS")
    assert (await call("user/userOnlineStatus", accids=asked))["data"]["status"] == {"ben": [pc]}
    emulator.log_out("ben")
    assert (await call("user/userOnlineStatus", accids=asked))["data"]["status"] == {}


def test_logging_in_and_out_as_cannot_be() -> None:
    """Only registered accounts log in, on kinds of client there are, and only those out."""
    emulator = opened().emulator
    refused(302, lambda: emulator.log_in("nobody"))
    refused(414, lambda: emulator.log_in("ben", client_type="REST"))
    refused(404, lambda: emulator.log_out("ben", client_type="IOS"))
    emulator.log_in("ben")
    refused(404, lambda: emulator.log_out("ben", client_type="IOS"))


async def test_what_is_not_documented_can_be_chosen() -> None:
    """An unregistered account among many, and pushes before the first login, are told or not."""
    lenient = opened()
    assert await lenient.code("user/setDonnop", accid="ben", donnopOpen=True) == 200
    assert (await lenient("user/getUinfos", accids='["nobody"]'))["uinfos"] == []
    strict = opened(features=Features(uinfos_want_registered=True, donnop_wants_login=True))
    assert await strict.code("user/getUinfos", accids='["ben", "nobody"]') == 414
    assert await strict.code("user/setDonnop", accid="ben", donnopOpen=True) == 414
    strict.emulator.log_in("ben")
    strict.emulator.log_out("ben")
    assert await strict.code("user/setDonnop", accid="ben", donnopOpen=True) == 200
