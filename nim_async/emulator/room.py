"""
One chatroom: who is in it, what was said, and what changes by the passing of time.

Nothing here has a clock. Callers say what time it is, and `Room.settle` does what became due
since: robots leave, timed closing closes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import Factory, define, evolve, field, frozen

from nim_async.emulator.crowd import Attendance
from nim_async.emulator.members import Member, Presence, Profile, Role
from nim_async.emulator.messages import NOTIFICATION, Message, Notice, compact
from nim_async.emulator.queue import OrderedQueue
from nim_async.emulator.refusal import Refused, room_closed

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Set as AbstractSet

    from nim_async.emulator.tags import TagExpression

PRIORITY_LIMIT = 10  # high-priority messages of a room in a second
FIXED_TIME = 1
WHEN_EMPTY = 2


@frozen(kw_only=True)
class DelayClose:
    """The timed closing of a room; ``started`` and ``seconds`` are in seconds."""

    policy: int
    seconds: int
    started: float


@define(eq=False, kw_only=True)
class Room:
    """A chatroom and everything that hangs on it."""

    room_id: int
    creator: str
    name: str
    new_id: Callable[[], str]
    created: float
    io_notify: bool
    announcement: str | None = None
    broadcast_url: str | None = None
    ext: str = ""
    queue_level: int = 0
    open: bool = True
    muted: bool = False
    delay: DelayClose | None = None
    members: dict[str, Member] = Factory(dict[str, Member])
    queue: OrderedQueue = Factory(OrderedQueue)
    tag_mutes: dict[str, float] = Factory(dict[str, float])
    log: list[Message] = Factory(list[Message])
    _by_id: dict[str, Message] = Factory(dict[str, Message])
    _robots: set[str] = Factory(set[str])
    _priority: deque[float] = Factory(lambda: deque[float](maxlen=PRIORITY_LIMIT))
    _last_stamp: int = 0
    _empty_since: float | None = field(init=False)
    attendance: Attendance = Factory(Attendance)

    def __attrs_post_init__(self) -> None:
        """Let the creator be the first fixed member."""
        self._empty_since = self.created
        self.members[self.creator] = Member(
            accid=self.creator, role=Role.CREATOR, entered=self.stamp(self.created)
        )

    # time

    def stamp(self, now: float) -> int:
        """
        Return a time in milliseconds for an entry, later than any other of this room.

        The documented way to page goes on from the time of the last member alone. It can only
        work if no two members share one, so here none do.
        """
        self._last_stamp = max(milliseconds(now), self._last_stamp + 1)
        return self._last_stamp

    def settle(self, now: float) -> None:
        """Do what became due, in the order it did."""
        while due := self._next_due(now):
            moment, accid = due
            if accid is None:
                self.close(self.creator, moment)
            else:
                self.leave(accid, moment, notify=False)

    def _next_due(self, now: float) -> tuple[float, str | None] | None:
        due: list[tuple[float, str | None]] = []
        for accid in self._robots:
            until = self.members[accid].robot_until
            if until is not None and until <= now:
                due.append((until, accid))
        closing = self.closes_at()
        if closing is not None and closing <= now:
            due.append((closing, None))
        return min(due, key=lambda event: event[0], default=None)

    def closes_at(self) -> float | None:
        """Return when the room will close by itself as things stand."""
        if not self.open or self.delay is None:
            return None
        if self.delay.policy == FIXED_TIME:
            return self.delay.started + self.delay.seconds
        if self.delay.policy == WHEN_EMPTY and self._empty_since is not None:
            return max(self.delay.started, self._empty_since) + self.delay.seconds
        return None

    # people

    def member(self, accid: str) -> Member:
        """Return what the room knows of an account, which may be nothing yet."""
        return self.members.get(accid) or Member(accid=accid)

    def keep(self, accid: str) -> Member:
        """Return the member, noted from now on."""
        return self.members.setdefault(accid, Member(accid=accid))

    def forget_stranger(self, accid: str, now: float) -> None:
        """Drop what is known of an account that is neither here nor special in any way."""
        member = self.members.get(accid)
        if member and not (member.online or member.fixed or member.mute_left(now)):
            del self.members[accid]

    def runs(self, accid: str) -> bool:
        """Return whether an account is creator or manager."""
        return self.member(accid).runs_the_room

    def is_online(self, accid: str) -> bool:
        """Return whether an account is in the room."""
        return accid in self.attendance

    @property
    def online(self) -> frozenset[str]:
        """The accounts in the room."""
        return frozenset(self.attendance)

    def audience(self, expression: TagExpression | None) -> AbstractSet[str]:
        """Return the accounts in the room that an expression means; all without one."""
        if expression is None:
            return self.attendance.crowd()
        return frozenset(a for a in self.attendance if expression.matches(self.members[a].tags))

    def enter(self, accid: str, presence: Presence, profile: Profile, now: float) -> None:
        """Let an account in on one device; an earlier entry on that device ends."""
        member = self.keep(accid)
        presence = evolve(presence, entered=self.stamp(now))
        if member.robot_until is not None:
            self._retire_robot(member)
        # The latest entry stands last.
        member.presences.pop(presence.client_type, None)
        member.presences[presence.client_type] = presence
        member.entered = presence.entered
        member.profile = profile
        self.attendance.came(accid)
        self._empty_since = None
        self._tell_of_entry(member, presence, now, None)

    def enter_robot(
        self, accid: str, ext: str, until: float, now: float, notice: str | None
    ) -> None:
        """Let a robot in."""
        member = self.keep(accid)
        member.robot_until = until
        self._robots.add(accid)
        presence = Presence(client_type="REST", entered=self.stamp(now))
        member.presences[presence.client_type] = presence
        member.entered = presence.entered
        member.profile = member.saved.changed(None, None, ext or None)
        self.attendance.came(accid)
        self._empty_since = None
        self._tell_of_entry(member, presence, now, notice)

    def _retire_robot(self, member: Member) -> None:
        """Let a person take over from the robot of the same account."""
        member.presences.clear()
        member.robot_until = None
        self._robots.discard(member.accid)

    def _tell_of_entry(
        self, member: Member, presence: Presence, now: float, ext: str | None
    ) -> None:
        if not self.io_notify:
            return
        left = member.mute_left(now)
        mutes: dict[str, Any] = {"tempMuted": 1, "muteTtl": left} if left else {}
        if member.muted:
            mutes["muted"] = 1
        self.notify(
            Notice.MEMBER_ENTER,
            member.accid,
            now,
            target=[member.accid],
            ext=ext,
            receivers=self.audience(presence.audience),
            **mutes,
        )

    def leave(
        self, accid: str, now: float, client_type: str | None = None, *, notify: bool = True
    ) -> None:
        """Let an account out, on one device or on all."""
        member = self.members[accid]
        last = next(reversed(member.presences.values()), None)
        gone = list(member.presences) if client_type is None else [client_type]
        for name in gone:
            member.presences.pop(name, None)
        if member.online or last is None:
            return
        member.robot_until = None
        member.profile = member.saved
        self._robots.discard(accid)
        self.attendance.went(accid)
        if not self.attendance:
            self._empty_since = now
        if notify and self.io_notify:
            who = self.audience(last.audience)
            self.notify(Notice.MEMBER_EXIT, accid, now, target=[accid], receivers=who)
        self._drop_queued(accid, now)
        self.forget_stranger(accid, now)

    def _drop_queued(self, owner: str, now: float) -> None:
        gone = self.queue.drop_transient(owner)
        if gone:
            self.notify(
                Notice.QUEUE_BATCH_CHANGED,
                owner,
                now,
                queueChange=compact(
                    {"_e": "PARTCLEAR", "content": compact({e.key: e.value for e in gone})}
                ),
            )

    def close(self, operator: str, now: float) -> None:
        """Close the room, which puts everybody offline."""
        self.notify(Notice.ROOM_CLOSED, operator, now)
        self.open = False
        for accid in self.attendance:
            self.leave(accid, now, notify=False)

    def reopen(self, now: float) -> None:
        """Open the room again; its timer, if it has one, starts anew."""
        self.open = True
        self._empty_since = now
        if self.delay is not None:
            self.delay = evolve(self.delay, started=now)

    # speech

    def refusal_to_hear(self, accid: str, now: float, *, ignore_mute: bool) -> Refused | None:
        """
        Return why an account may not speak, or nothing.

        ``ignoreMute`` passes the mutes of the sender alone: of the mute of the whole room the
        facts say that only lifting it, or a manager as sender, helps.
        """
        member = self.member(accid)
        if not self.open:
            return room_closed()
        if member.blacklisted:
            return Refused(13003, "sender is in the blacklist of the room")
        tag_muted = any(self.tag_mutes.get(tag, 0.0) > now for tag in member.tags)
        if not ignore_mute and (member.muted or member.mute_left(now) or tag_muted):
            return Refused(13004, "sender is muted")
        if self.muted and not member.runs_the_room:
            return Refused(13006, "chatroom is muted")
        return None

    def take_priority(self, now: float) -> bool:
        """Use one of the ten high-priority messages of a second, if one is left."""
        if len(self._priority) == PRIORITY_LIMIT and now - self._priority[0] < 1.0:
            return False
        self._priority.append(now)
        return True

    def known(self, msg_id: str) -> Message | None:
        """Return the first message that came with an id."""
        return self._by_id.get(msg_id)

    def record(self, message: Message) -> Message:
        """
        Note a message.

        Clients drop a message whose id they have seen, so those who got the first one are no
        receivers of the second.
        """
        earlier = self._by_id.setdefault(message.msg_id, message)
        if earlier is not message:
            new = frozenset(message.receivers).difference(earlier.receivers)
            message = evolve(message, receivers=new)
        self.log.append(message)
        return message

    def forget(self, message: Message) -> None:
        """Take a message out of the history; the records of what was delivered keep it."""
        self._replace(message, evolve(message, stored=False))

    def withdraw(self, message: Message) -> None:
        """Recall a message, which takes it out of the history too."""
        self._replace(message, evolve(message, stored=False, recalled=True))

    def _replace(self, old: Message, new: Message) -> None:
        at = next(i for i, message in enumerate(self.log) if message is old)
        self.log[at] = new
        if self._by_id.get(old.msg_id) is old:
            self._by_id[old.msg_id] = new

    def notify(
        self,
        notice: Notice,
        operator: str,
        now: float,
        *,
        target: Collection[str] = (),
        ext: str | None = None,
        receivers: AbstractSet[str] | None = None,
        high_priority: bool = False,
        **data: Any,
    ) -> None:
        """Send a notification; to everybody unless receivers are given."""
        content: dict[str, Any] = {
            "operator": operator,
            "opeNick": self.member(operator).profile.nick,
        }
        if target:
            content["target"] = list(target)
            content["tarNick"] = [self.member(accid).profile.nick for accid in target]
        if ext is not None:
            content["ext"] = ext
        self.log.append(
            Message(
                room_id=self.room_id,
                msg_id=self.new_id(),
                sender=operator,
                time=milliseconds(now),
                msg_type=NOTIFICATION,
                attach=compact({"id": int(notice), "data": content | data}),
                receivers=self.attendance.crowd() if receivers is None else receivers,
                high_priority=high_priority,
            )
        )


def milliseconds(seconds: float) -> int:
    """Return a time in milliseconds, as messages and members carry it."""
    # By way of whole microseconds, so that the float of a whole millisecond is not cut below it.
    return round(seconds * 1_000_000) // 1000
