"""What the operations find when they are tried one by one, and how replies speak of it."""

from __future__ import annotations

from time import time
from typing import Any

from attrs import frozen

from nim_async import ClientPlatform, Gender, MessageType, NimClient, QueueLevel, RoleType
from nim_async._generated import models
from nim_async.emulator import Account, Clock, Emulator, Message, Room
from tests.wire import KEY, SECRET, Caller

AT = 1_700_000_000_000  # when the scene was played, milliseconds
YESTERDAY = int(time()) - 86_400  # the ranking knows days that are over, of the last 30
RED = '{"tag":"red"}'


@frozen
class Scene:
    """
    An emulator behind both of its doors, and what an operation finds there.

    Room 66 is amy's: ben manages it, cat has a tag, dan is there as well, rob is a robot. It has
    two messages and two queued elements. Room 67 is eve's and had one visitor, fay, yesterday.

    Of ben, cat and gus it is known that they are registered. ben is logged in, and has a name and
    a signature; cat is muted in teams, and gus is blocked.
    """

    emulator: Emulator
    clock: Clock
    base_url: str

    async def play(self) -> None:
        """Start over, and let happen what goes before the call."""
        emulator, call = self.emulator, Caller(self.emulator, self.clock)
        emulator.reset()
        self.clock.now = AT / 1000
        emulator.register("ben", "cat", "gus", token="old-token")
        emulator.log_in("ben", client_type="IOS")
        assert await call.code("user/updateUinfo", accid="ben", name="Ben", sign="tea") == 200
        assert await call.code("user/muteModule", accid="cat", muteTeam=True) == 200
        assert await call.code("user/block", accid="gus") == 200
        emulator.add_room("amy", "tea house", room_id=66)
        emulator.enter(66, "ben", nick="Ben")
        emulator.enter(66, "cat", tags=["red"])
        emulator.enter(66, "dan")
        emulator.speak(66, "ben", "hello", msg_id="m-1")
        emulator.speak(66, "cat", "reds only", msg_id="m-2", notify_target_tags=RED)
        role = {"operator": "amy", "target": "ben", "opt": 1, "optvalue": True}
        assert await call.code("chatroom/setMemberRole", roomid=66, **role) == 200
        for key, value in (("k1", "one"), ("k2", "two")):
            assert await call.code("chatroom/queueOffer", roomid=66, key=key, value=value) == 200
        self.clock.now = YESTERDAY
        emulator.add_room("eve", "card table", room_id=67)
        emulator.enter(67, "fay")
        emulator.speak(67, "fay", "deal!")
        self.clock.now = int(time())
        assert await call.code("chatroom/addRobot", roomid=66, accids=["rob"]) == 200

    def client(self, door: str, secret: str = SECRET) -> NimClient:
        """Make a client that comes in by a door."""
        if door == "socket":
            return NimClient(KEY, secret, base_url=self.base_url, strict_replies=True)
        return NimClient(KEY, secret, transport=self.emulator.transport(), strict_replies=True)

    @property
    def now(self) -> int:
        """The time in milliseconds."""
        return int(self.clock()) * 1000

    @property
    def room(self) -> Room:
        """The room most operations are about."""
        return self.emulator.rooms[66]

    @property
    def said(self) -> tuple[Message, ...]:
        """The messages of the room."""
        return self.emulator.messages(66)

    @property
    def queue(self) -> list[tuple[str, str]]:
        """Keys and values of the queue of the room."""
        return [(e.key, e.value) for e in self.room.queue.elements]

    @property
    def inside(self) -> list[str]:
        """Who is in the room."""
        return list(self.room.attendance)

    @property
    def ben(self) -> Account:
        """The account most operations on accounts are about."""
        return self.emulator.accounts["ben"]

    @property
    def all(self) -> str:
        """Everything there is of rooms and accounts."""
        return repr((self.emulator.rooms, self.emulator.accounts))

    @property
    def last(self) -> tuple[str, object, bool]:
        """The latest message: its id, who got it, and whether it is kept."""
        message = self.emulator.messages(66)[-1]
        return message.msg_id, message.receivers, message.stored


def room(**more: Any) -> models.Room:
    """Describe room 66."""
    known: dict[str, Any] = {"room_id": 66, "valid": True, "name": "tea house", "creator": "amy"}
    known |= {"ext": "", "queue_level": QueueLevel.EVERYBODY, "muted": False}
    return models.Room(**known | more)


def timer(scene: Scene, policy: int, seconds: int) -> models.DelayClose:
    """Describe timed closing that was set just now."""
    known: dict[str, Any] = {"delay_close_enable": True, "status": 0, "start_time": scene.now}
    return models.DelayClose(delay_close_policy=policy, delay_seconds=seconds, **known)


def members(accid: str, **more: Any) -> models.Members:
    """Describe a list with one guest of room 66."""
    known: dict[str, Any] = {"room_id": 66, "accid": accid, "type": RoleType.TEMPORARY}
    known |= {"nick": "", "ext": "", "level": 0, "online_stat": True}
    return models.Members(data=(models.Member(**known | more),))


def told(scene: Scene, msg_id: str, attach: str, **more: Any) -> dict[str, Any]:
    """Describe what ben said just now."""
    known: dict[str, Any] = {"time": scene.now, "msg_id_client": msg_id, "attach": attach}
    known |= {"from_avatar": "", "from_client_type": "REST", "from_account": "ben"}
    known |= {"from_nick": "Ben", "room_id": 66, "type": MessageType.TEXT, "ext": ""}
    return known | more


def batch(scene: Scene, **texts: str) -> models.BatchSent:
    """Describe what ben said just now all at once."""
    sent = [(i, models.BatchMessage(**told(scene, i, text))) for i, text in texts.items()]
    success = tuple(models.SendSuccess(msg_id=i, message=message) for i, message in sent)
    return models.BatchSent(success=success, fail=())


def queued(*pairs: tuple[str, str]) -> models.Queue:
    """Describe elements of a queue."""
    return models.Queue(elements=tuple(models.QueueElement(key=k, value=v) for k, v in pairs))


def stored(msg_id: str, sender: str, body: object) -> models.HistoryMessage:
    """Describe a message of the scene as the history tells it."""
    known: dict[str, Any] = {"msg_id": msg_id, "from_accid": sender, "send_time": AT}
    known |= {"type": MessageType.TEXT, "from_client_type": ClientPlatform.WEB, "body": body}
    return models.HistoryMessage(**known)


def profile(accid: str, **more: Any) -> models.Profile:
    """Describe an account that is neither blocked nor muted, and whose gender is unknown."""
    known: dict[str, Any] = {"accid": accid, "gender": Gender.UNKNOWN, "valid": True, "mute": False}
    known |= {f"mute_{module}": False for module in ("p2p", "team", "room", "qchat")}
    return models.Profile(**known | more)
