"""
One chatroom: who is in it, what was said, and what changes by the passing of time.

Nothing here has a clock. Callers say what time it is, and `Room.settle` does what became due
since: robots leave, timed closing closes. What happens is published as a `Change`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import Factory, define, evolve, field, frozen

from nim_async._generated.models import DelayClosePolicy, MessageType, QueueLevel, RoleType
from nim_async.emulator.changes import (
    Change,
    Entered,
    LeaveReason,
    Left,
    QueueChanged,
    QueueChangeKind,
    RoomClosed,
    RoomOpened,
)
from nim_async.emulator.refusal import Refused, room_closed
from nim_async.emulator.room.crowd import Attendance
from nim_async.emulator.room.log import Log
from nim_async.emulator.room.members import Member, Presence, Profile
from nim_async.emulator.room.messages import Message, compact, milliseconds
from nim_async.emulator.room.queue import OrderedQueue

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from nim_async.emulator.room.tags import TagExpression

PRIORITY_LIMIT = 10  # high-priority messages of a room in a second


@frozen(kw_only=True)
class DelayClose:
    """The timed closing of a room; ``started`` and ``seconds`` are in seconds."""

    policy: DelayClosePolicy
    seconds: int
    started: float


@define(eq=False, kw_only=True)
class Room:
    """A chatroom and everything that hangs on it."""

    room_id: int
    creator: str
    name: str
    new_id: Callable[[], str] = field(repr=False)
    report: Callable[[Change], None] = field(repr=False)
    created: float
    io_notify: bool
    announcement: str | None = None
    broadcast_url: str | None = None
    ext: str = ""
    queue_level: QueueLevel = QueueLevel.EVERYBODY
    open: bool = True
    muted: bool = False
    delay: DelayClose | None = None
    members: dict[str, Member] = Factory(dict[str, Member])
    queue: OrderedQueue = Factory(OrderedQueue)
    tag_mutes: dict[str, float] = Factory(dict[str, float])
    log: Log = Factory(Log)
    _robots: set[str] = Factory(set[str])
    _priority: deque[float] = Factory(lambda: deque[float](maxlen=PRIORITY_LIMIT))
    _last_stamp: int = 0
    _empty_since: float | None = field(init=False)
    attendance: Attendance = Factory(Attendance)

    def __attrs_post_init__(self) -> None:
        """Let the creator be the first fixed member."""
        self._empty_since = self.created
        self.members[self.creator] = Member(
            accid=self.creator, role=RoleType.CREATOR, entered=self.stamp(self.created)
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
                self.leave(accid, moment, LeaveReason.ROBOT_EXPIRED, notify=False)

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
        if self.delay.policy is DelayClosePolicy.FIXED_TIME:
            return self.delay.started + self.delay.seconds
        if self.delay.policy is DelayClosePolicy.WHEN_EMPTY and self._empty_since is not None:
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
            self._retire_robot(member, now)
        # The latest entry stands last.
        earlier = member.presences.pop(presence.client_type, None)
        if earlier is not None:
            self._publish_left(member, earlier, now, LeaveReason.REPLACED, still_inside=True)
        self._let_in(member, presence, profile, now)

    def enter_robot(
        self, accid: str, ext: str, until: float, now: float, notify_ext: str | None
    ) -> None:
        """Let a robot in."""
        member = self.keep(accid)
        member.robot_until = until
        self._robots.add(accid)
        presence = Presence(client_type="REST", entered=self.stamp(now))
        profile = member.saved.changed(None, None, ext or None)
        self._let_in(member, presence, profile, now, notify_ext)

    def _let_in(
        self,
        member: Member,
        presence: Presence,
        profile: Profile,
        now: float,
        notify_ext: str | None = None,
    ) -> None:
        member.presences[presence.client_type] = presence
        member.entered = presence.entered
        member.show(profile, milliseconds(now))
        self.attendance.came(member.accid)
        self._empty_since = None
        self.publish(
            Entered(
                room_id=self.room_id,
                time=milliseconds(now),
                operator=member.accid,
                target=(member.accid,),
                silent=not self.io_notify,
                notify_ext=notify_ext,
                audience=presence.audience,
                presence=presence,
                profile=profile,
                role=member.type,
                robot=member.robot_until is not None,
                muted=member.muted,
                mute_left=member.mute_left(now),
            )
        )

    def _retire_robot(self, member: Member, now: float) -> None:
        """Let a person take over from the robot of the same account."""
        for presence in member.presences.values():
            self._publish_left(member, presence, now, LeaveReason.REPLACED, still_inside=True)
        member.presences.clear()
        member.robot_until = None
        self._robots.discard(member.accid)

    def leave(
        self,
        accid: str,
        now: float,
        reason: LeaveReason = LeaveReason.EXIT,
        *,
        client_type: str | None = None,
        notify: bool = True,
    ) -> None:
        """Let an account out, on one device or on all."""
        member = self.members[accid]
        profile = member.profile
        gone = [p for p in member.presences.values() if client_type in {None, p.client_type}]
        for presence in gone:
            del member.presences[presence.client_type]
            if member.online:
                self._publish_left(member, presence, now, reason, still_inside=True)
        if member.online or not gone:
            return
        member.robot_until = None
        member.profile = member.saved
        self._robots.discard(accid)
        self.attendance.went(accid)
        if not self.attendance:
            self._empty_since = now
        self._publish_left(member, gone[-1], now, reason, profile=profile, notify=notify)
        self._drop_queued(accid, now)
        self.forget_stranger(accid, now)

    def _publish_left(
        self,
        member: Member,
        presence: Presence,
        now: float,
        reason: LeaveReason,
        *,
        profile: Profile | None = None,
        still_inside: bool = False,
        notify: bool = True,
    ) -> None:
        self.publish(
            Left(
                room_id=self.room_id,
                time=milliseconds(now),
                operator=member.accid,
                target=(member.accid,),
                silent=still_inside or not notify or not self.io_notify,
                audience=presence.audience,
                presence=presence,
                profile=profile or member.profile,
                role=member.type,
                reason=reason,
                still_inside=still_inside,
            )
        )

    def _drop_queued(self, owner: str, now: float) -> None:
        gone = self.queue.drop_transient(owner)
        if gone:
            self.publish(
                QueueChanged(
                    room_id=self.room_id,
                    time=milliseconds(now),
                    operator=owner,
                    kind=QueueChangeKind.PART_CLEAR,
                    elements=gone,
                    replaced=frozenset(element.key for element in gone),
                    by_server=False,
                )
            )

    def close(self, operator: str, now: float) -> None:
        """Close the room, which puts everybody offline."""
        self.publish(RoomClosed(room_id=self.room_id, time=milliseconds(now), operator=operator))
        self.open = False
        for accid in self.attendance:
            self.leave(accid, now, LeaveReason.ROOM_CLOSED, notify=False)

    def reopen(self, operator: str, now: float) -> None:
        """Open the room again; its timer, if it has one, starts anew."""
        self.open = True
        self._empty_since = now
        if self.delay is not None:
            self.delay = evolve(self.delay, started=now)
        self.publish(RoomOpened(room_id=self.room_id, time=milliseconds(now), operator=operator))

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

    def has_priority_left(self, now: float) -> bool:
        """Return whether one of the ten high-priority messages of a second is left."""
        return len(self._priority) < PRIORITY_LIMIT or now - self._priority[0] >= 1.0

    def take_priority(self, now: float) -> bool:
        """Use one of them up, if one is left."""
        left = self.has_priority_left(now)
        if left:
            self._priority.append(now)
        return left

    # what happened

    def publish(self, change: Change) -> None:
        """Note something that happened: in the log, for the members, and for all who listen."""
        self.log.take(change, self._notification(change))
        self.report(change)

    def _notification(self, change: Change) -> Message | None:
        if change.notice is None or change.silent:
            return None
        data: dict[str, Any] = {
            "operator": change.operator,
            "opeNick": self.member(change.operator).profile.nick,
        }
        if change.target:
            data["target"] = list(change.target)
            data["tarNick"] = [self.member(accid).profile.nick for accid in change.target]
        if change.notify_ext is not None:
            data["ext"] = change.notify_ext
        return Message(
            room_id=self.room_id,
            msg_id=self.new_id(),
            sender=change.operator,
            time=change.time,
            msg_type=MessageType.NOTIFICATION,
            attach=compact({"id": int(change.notice), "data": data | dict(change.data)}),
            receivers=self.audience(change.audience),
            high_priority=change.high_priority,
        )
