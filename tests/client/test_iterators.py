"""Iterators over pages: each element once, wherever the pages break."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from time import time as clock_time
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl

import anyio
import httpx
import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from nim_async import DecodeError, HistoryOrder, MemberKind, NimClient, NotFound, ParameterError
from nim_async.emulator import Clock, Code, Emulator
from nim_async.models import Member
from tests.doubles import client, reply
from tests.strategies import PATIENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nim_async.emulator import Request

NOW = 1_700_000_000_000
ROOM = 66
OLDEST_FIRST = HistoryOrder.OLDEST_FIRST
Marks: TypeAlias = "list[tuple[int, str]]"  # time and name, enough to tell elements apart


@frozen
class List:
    """
    A list of the service that is read by pages.

    Args:
        read: Starts its iterator with a page limit and more arguments.
        cursor: Wire name of its cursor.
        backwards: Whether it comes newest first.
    """

    read: Callable[..., AsyncIterator[Any]]
    cursor: str
    backwards: bool = True


def _members(nim: NimClient, limit: int, room: int = ROOM) -> AsyncIterator[Any]:
    return nim.chatroom.iter_members(room_id=room, type=MemberKind.TEMPORARY, limit=limit)


def _tag_members(nim: NimClient, limit: int, room: int = ROOM) -> AsyncIterator[Any]:
    return nim.chatroom.iter_tag_members(room_id=room, tag="vip", limit=limit)


def _messages(nim: NimClient, limit: int, room: int = ROOM, **arguments: Any) -> AsyncIterator[Any]:
    return nim.history.iter_chatroom_msgs(
        room_id=room, accid="amy", type=[0], limit=limit, **arguments
    )


LISTS = {
    "members": List(_members, "endtime"),
    "tag members": List(_tag_members, "endTime"),
    "newest messages": List(_messages, "timetag"),
    "oldest messages": List(partial(_messages, reverse=OLDEST_FIRST), "timetag", backwards=False),
}
EACH_LIST = pytest.mark.parametrize("name", LISTS)
MESSAGES = pytest.mark.parametrize("name", ["newest messages", "oldest messages"])
EITHER_WAY = pytest.mark.parametrize("inclusive", [True, False], ids=["inclusive", "exclusive"])


class Paged(httpx.AsyncBaseTransport):
    """
    Serves a list by pages, taking the time of the cursor in or leaving it out.

    Elements of one millisecond come in a fixed order, as a stable sort leaves them, or turned
    round in every other page where it is ``unsettled``.
    """

    unsettled = False

    def __init__(self, name: str, elements: Iterable[tuple[int, str]], *, inclusive: bool) -> None:
        self.list = LISTS[name]
        ordered = sorted(elements, key=lambda e: e[0], reverse=self.list.backwards)
        self.elements: Marks = ordered
        self.inclusive = inclusive
        self.forms: list[dict[str, str]] = []

    def after(self, cursor: int) -> Marks:
        """Return the elements that the service would list without a limit."""
        elements = self.elements
        if self.unsettled and len(self.forms) % 2:
            elements = elements[::-1]
            elements.sort(key=lambda e: e[0], reverse=self.list.backwards)
        if cursor == 0:
            return elements
        sign = -1 if self.list.backwards else 1
        return [
            e
            for e in elements
            if sign * e[0] > sign * cursor or (self.inclusive and e[0] == cursor)
        ]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        form = dict(parse_qsl((await request.aread()).decode(), strict_parsing=True))
        self.forms.append(form)
        # A page brings something new or ends the list, after at most a few that do not.
        assert len(self.forms) <= 4 * len(self.elements) + 4, "pages without end"
        page = self.after(int(form[self.list.cursor]))[: int(form["limit"])]
        if self.list.cursor == "timetag":
            messages = [self.shown(_message(*e)) for e in page]
            return reply({"code": 200, "size": len(page), "msgs": messages})
        return reply({"code": 200, "desc": {"data": [self.shown(_member(*e)) for e in page]}})

    def shown(self, element: Any) -> Any:
        """Return an element as the service shows it."""
        return element


def _member(time: int, accid: str) -> dict[str, Any]:
    kind = {"type": "TEMPORARY", "onlineStat": True, "nick": f"I am {accid}"}
    return {"roomid": ROOM, "accid": accid, "enterTime": time, **kind}


def _message(time: int, msg_id: str) -> dict[str, Any]:
    kind = {"type": 0, "fromclienttype": 32, "body": {"msg": f"I am {msg_id}"}}
    return {"from": "amy", "msgid": msg_id, "sendtime": time, **kind}


def mark(element: Any) -> Any:
    """Return time and name of an element; none for what it lacks."""
    time, name = ("enter_time", "accid") if isinstance(element, Member) else ("send_time", "msg_id")
    return getattr(element, time, None), getattr(element, name, None)


async def gather(reading: AsyncIterator[Any], found: Marks) -> None:
    """Note elements until there are no more, or an error comes."""
    async for element in reading:
        found.append(mark(element))


async def read(
    transport: httpx.AsyncBaseTransport,
    name: str,
    limit: int,
    *,
    strict_replies: bool = True,
    **arguments: Any,
) -> Marks:
    """Read a whole list by pages of some size."""
    found: Marks = []
    async with client(transport, strict_replies=strict_replies) as nim:
        await gather(LISTS[name].read(nim, limit, **arguments), found)
    return found


def marks(times: Sequence[int]) -> Marks:
    """Make elements with names of their own; times count from `NOW`."""
    return [(NOW + time, f"e{number}") for number, time in enumerate(times)]


# every page size, either meaning of the cursor


@pytest.mark.slow
@EACH_LIST
@EITHER_WAY
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    "times",
    [
        [],
        [0],
        [0, 5, 10, 15, 20, 25, 30],
        [0, 1, 2, 3, 4, 5, 6],  # next to each other
        [0, 1, 3, 4, 6, 7, 9, 10],
    ],
    ids=["empty", "one", "far apart", "adjacent", "pairs"],
)
@pytest.mark.slow
async def test_every_element_comes_once(
    name: str,
    inclusive: bool,  # noqa: FBT001
    limit: int,
    times: list[int],
) -> None:
    """Whatever the limit and the meaning of the cursor, the list comes whole and in order."""
    transport = Paged(name, marks(times), inclusive=inclusive)
    assert await read(transport, name, limit) == transport.elements
    assert {form["limit"] for form in transport.forms} == {str(limit)}
    if len(times) < limit:
        assert len(transport.forms) == 1  # a page shorter than its limit is the last


@pytest.mark.slow
@EACH_LIST
@EITHER_WAY
@pytest.mark.parametrize("limit", [3, 4, 5])
@pytest.mark.parametrize(
    "times",
    [[0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 9, 9, 9, 20, 20, 20, 31], [5, 5, 5], [0, 0, 1, 2, 2, 2, 3]],
    ids=str,
)
async def test_equal_times_at_the_edge(
    name: str,
    inclusive: bool,  # noqa: FBT001
    limit: int,
    times: list[int],
) -> None:
    """Elements of one millisecond that fall on two pages come once each."""
    transport = Paged(name, marks(times), inclusive=inclusive)
    assert await read(transport, name, limit) == transport.elements


@EACH_LIST
@EITHER_WAY
@pytest.mark.parametrize("limit", [4, 5, 6])
async def test_equal_times_in_no_order(
    name: str,
    inclusive: bool,  # noqa: FBT001
    limit: int,
) -> None:
    """Where equal times come in another order each time, names tell what was there before."""
    transport = Paged(name, marks([0, 0, 1, 1, 2, 2, 3, 3, 9, 9, 10]), inclusive=inclusive)
    transport.unsettled = True
    found = await read(transport, name, limit)
    assert sorted(found) == sorted(transport.elements)
    assert [time for time, _ in found] == [time for time, _ in transport.elements]


@pytest.mark.parametrize("limit", [2, 3, 4])
@EITHER_WAY
async def test_an_account_on_several_devices(
    inclusive: bool,  # noqa: FBT001
    limit: int,
) -> None:
    """Tag members come once for each device, also where nothing tells two devices apart."""
    elements = [(NOW, "amy"), (NOW, "amy"), (NOW + 1, "amy"), (NOW + 9, "bob"), (NOW + 9, "bob")]
    transport = Paged("tag members", elements, inclusive=inclusive)
    assert await read(transport, "tag members", limit) == transport.elements


@pytest.mark.slow
@MESSAGES
@EITHER_WAY
@pytest.mark.parametrize("limit", [1, 2, 3, 10])
@pytest.mark.parametrize("moment", [-1, 0, 1, 2, 3])
async def test_the_moment_to_begin_at(
    name: str,
    inclusive: bool,  # noqa: FBT001
    limit: int,
    moment: int,
) -> None:
    """From ``timetag`` on there is what the service lists from there, and nothing before it."""
    transport = Paged(name, marks([0, 1, 2]), inclusive=inclusive)
    found = await read(transport, name, limit, timetag=NOW + moment)
    assert found == transport.after(NOW + moment)
    assert transport.forms[0]["timetag"] == str(NOW + moment)


@given(st.data())
@PATIENT
def test_any_list_any_page(data: st.DataObject) -> None:
    """
    Random times, many of them equal, and random limits give the whole list in order.

    More than ``limit`` elements in one millisecond cannot be paged by time alone, so there are
    no such lists here.
    """
    name = data.draw(st.sampled_from(sorted(LISTS)), label="list")
    times = data.draw(st.lists(st.integers(0, 12), max_size=30), label="times")
    fullest = max(Counter(times).values(), default=1)
    limit = data.draw(st.integers(fullest, 100) | st.just(fullest), label="limit")
    inclusive = data.draw(st.booleans(), label="inclusive")
    transport = Paged(name, marks(times), inclusive=inclusive)
    arguments: dict[str, Any] = {}
    expected = transport.elements
    if LISTS[name].cursor == "timetag":
        moment = data.draw(st.none() | st.integers(-1, 13), label="moment")
        if moment is not None:
            arguments["timetag"] = NOW + moment
            expected = transport.after(NOW + moment)
    found = anyio.run(lambda: read(transport, name, limit, **arguments), backend="trio")
    assert found == expected


# asking


@EACH_LIST
async def test_what_is_asked_for(name: str) -> None:
    """All arguments are sent with every page, and nothing is asked for before the first step."""
    transport = Paged(name, marks([0, 5, 10]), inclusive=True)
    async with client(transport) as nim:
        reading = LISTS[name].read(nim, 2)
        assert transport.forms == []
        assert len([element async for element in reading]) == 3
    cursors = [int(form.pop(LISTS[name].cursor)) for form in transport.forms]
    constant = {
        "members": {"type": "1"},
        "tag members": {"tag": "vip"},
        "newest messages": {"accid": "amy", "type": "0", "reverse": "2"},
        "oldest messages": {"accid": "amy", "type": "0", "reverse": "1"},
    }[name]
    assert len(transport.forms) > 1
    assert all(f == {"roomid": "66", "limit": "2", **constant} for f in transport.forms)
    if name == "oldest messages":
        assert cursors[0] == 10**12
    else:
        assert cursors[0] > NOW if name == "newest messages" else cursors[0] == 0


@EACH_LIST
@pytest.mark.parametrize(("taken", "pages"), [(1, 1), (3, 1), (4, 2)])
async def test_who_stops_early_asks_for_no_more(name: str, taken: int, pages: int) -> None:
    """A page is asked for when its first element is; leaving early costs no request."""
    transport = Paged(name, marks(range(0, 100, 5)), inclusive=False)
    found: Marks = []
    async with client(transport) as nim:
        async for element in LISTS[name].read(nim, 3):
            found.append(mark(element))
            if len(found) == taken:
                break
    assert found == transport.elements[:taken]
    assert len(transport.forms) == pages


@EACH_LIST
@pytest.mark.parametrize("limit", [0, 201])
async def test_a_limit_that_cannot_be(name: str, limit: int) -> None:
    """A page size past the documented one is refused before anything is sent."""
    transport = Paged(name, [], inclusive=True)
    with pytest.raises(ParameterError) as caught:
        await read(transport, name, limit)
    assert caught.value.parameter == "limit"
    assert transport.forms == []


# what goes wrong


class Lacking(Paged):
    """Serves a list in which every element whose name is on a list lacks something."""

    lacks: frozenset[str] = frozenset()  # wire names, or "all" for what is no element
    names: frozenset[str] = frozenset()

    def shown(self, element: Any) -> Any:
        name = element.get("accid", element.get("msgid"))
        if name not in self.names:
            return element
        if "all" in self.lacks:
            return 5
        return {key: value for key, value in element.items() if key not in self.lacks}

    def expected(self) -> list[tuple[int | None, str | None]]:
        """Return what should be read: times and names, or none of them."""
        timed, named = not self.lacks & TIMES, not self.lacks & IDS
        return [
            (time, name)
            if name not in self.names
            else (time if timed else None, name if named else None)
            for time, name in self.elements
            if "all" not in self.lacks or name not in self.names
        ]


TIMES = frozenset({"enterTime", "sendtime"})
IDS = frozenset({"accid", "msgid"})
LACKS = {"time": TIMES, "id": IDS, "time and id": TIMES | IDS, "all": frozenset({"all"})}


@pytest.mark.slow
@EACH_LIST
@EITHER_WAY
@pytest.mark.parametrize("limit", [2, 3, 4, 7, 100])
@pytest.mark.parametrize("lacks", LACKS)
async def test_elements_that_lack_something(
    name: str,
    inclusive: bool,  # noqa: FBT001
    limit: int,
    lacks: str,
) -> None:
    """An element without time or id comes once, where it stands; what is none is passed over."""
    transport = Lacking(name, marks([0, 5, 10, 11, 12, 20, 25]), inclusive=inclusive)
    transport.lacks = LACKS[lacks]
    transport.names = frozenset({"e1", "e3", "e5"})
    found = await read(transport, name, limit, strict_replies=False)
    assert found == transport.expected()


@EACH_LIST
@pytest.mark.parametrize("lacks", ["time", "all"])
async def test_a_page_without_any_time(name: str, lacks: str) -> None:
    """What came before stays good; that the list cannot be followed is an error of the call."""
    transport = Lacking(name, marks([0, 5, 10, 15, 20, 25]), inclusive=True)
    transport.lacks = LACKS[lacks]
    transport.names = frozenset({"e2", "e3"})
    found: Marks = []
    async with client(transport, strict_replies=False) as nim:
        with pytest.raises(DecodeError, match="the same page comes again and again") as caught:
            await gather(LISTS[name].read(nim, 2), found)
    before = 4 if lacks == "time" else 2
    assert found == transport.expected()[:before]
    assert (caught.value.operation or "").startswith(("chatroom.", "history."))


@EACH_LIST
@pytest.mark.parametrize("lacks", ["time", "all"])
async def test_a_first_page_without_any_time(name: str, lacks: str) -> None:
    """There is nothing to go on from: the page comes, then an error; a last page is no error."""
    transport = Lacking(name, marks([0, 5]), inclusive=True)
    transport.lacks = LACKS[lacks]
    transport.names = frozenset({"e0", "e1"})
    found: Marks = []
    async with client(transport, strict_replies=False) as nim:
        with pytest.raises(DecodeError, match="no element has a time to go on from"):
            await gather(LISTS[name].read(nim, 2), found)
        assert found == transport.expected()
        await gather(LISTS[name].read(nim, 100), found)
    assert found == transport.expected() * 2


@EITHER_WAY
async def test_members_that_never_entered(
    inclusive: bool,  # noqa: FBT001
) -> None:
    """A time of 0 is not taken for the cursor 0, which would begin the list anew."""
    elements = [(0, "amy"), (0, "bob"), (NOW, "cat"), (NOW + 5, "dan")]
    transport = Paged("members", elements, inclusive=inclusive)
    assert await read(transport, "members", 2) == transport.elements


# the emulator


def populated() -> tuple[Emulator, int, dict[str, Marks]]:
    """Make a room with members, devices and messages, many at the same moment."""
    clock = Clock(int(clock_time()) - 60.0)
    emulator = Emulator("key", "the-secret", clock=clock, seed=7)
    room = emulator.add_room("amy")
    for number in range(9):
        tags = ["vip"] if number % 2 else []
        emulator.enter(room, f"user{number}", tags=tags)
        if number % 3 == 0:
            emulator.enter(room, f"user{number}", tags=["vip"], client_type="PC")
        emulator.speak(room, f"user{number}", "hello")
        clock.advance(0.001 if number % 4 == 0 else 0.0)
    presences = [
        (presence.entered, accid)
        for accid, member in emulator.members(room).items()
        for presence in member.presences.values()
        if "vip" in presence.tags
    ]
    guests = [(m.entered or 0, a) for a, m in emulator.members(room).items() if a != "amy"]
    said = [(message.time, message.msg_id) for message in emulator.messages(room)]
    return (
        emulator,
        room,
        {
            "members": sorted(guests, reverse=True),
            "tag members": sorted(presences, reverse=True),
            "newest messages": said[::-1],
            "oldest messages": said,
        },
    )


@EACH_LIST
@pytest.mark.parametrize("limit", [4, 5, 6, 9, 100])
async def test_the_emulator_page_by_page(name: str, limit: int) -> None:
    """What the emulator holds comes out whole and in order, by pages of any size."""
    emulator, room, expected = populated()
    assert len(expected[name]) > 6
    assert await read(emulator.transport(), name, limit, room=room) == expected[name]


@EACH_LIST
async def test_an_empty_room(name: str) -> None:
    """A room without anything gives nothing, after one request."""
    emulator = Emulator("key", "the-secret")
    room = emulator.add_room("amy")
    assert await read(emulator.transport(), name, 10, room=room) == []
    assert len(emulator.calls) == 1


@EACH_LIST
async def test_an_error_in_the_middle(name: str) -> None:
    """It is raised where it happened; what was yielded before stays good."""
    emulator, room, expected = populated()

    def second_page(_: Request) -> bool:
        return len(emulator.calls) == 1

    emulator.faults.add(Code(404, desc="gone"), when=second_page)
    found: Marks = []
    async with client(emulator.transport()) as nim:
        with pytest.raises(NotFound, match="gone") as caught:
            await gather(LISTS[name].read(nim, 4, room=room), found)
    assert found == expected[name][:4]
    assert caught.value.operation in {
        *("chatroom.members_by_page", "chatroom.tag_members_query", "history.query_chatroom_msg"),
    }
    assert caught.value.trace_id == emulator.calls[1].request_id
