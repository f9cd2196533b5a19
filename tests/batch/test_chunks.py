"""Lists of any length: one outcome for each element, whatever became of its chunk."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from nim_async import (
    OPERATIONS,
    ApiError,
    ConfigurationError,
    Kind,
    MessageItem,
    NimClient,
    NotFound,
    NotRegistered,
    ParameterError,
    QueueItem,
    ServerError,
    Text,
    TransportError,
    operation_of,
)
from nim_async.batch import Outcome, in_chunks
from nim_async.batch._listed import LISTED
from nim_async.emulator import Code, Drop, Emulator, Features
from tests.batch.conftest import ROOM
from tests.doubles import Scripted, client, reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from nim_async.batch import Run

pytestmark = pytest.mark.slow


def result(outcome: Outcome[Any]) -> Any:
    """Return what the service said of an element that is done."""
    assert outcome.status == "done"
    return outcome.result


async def gather(job: Run[Any]) -> dict[Any, Outcome[Any]]:
    """Return the outcomes by id, each of which comes once."""
    found: dict[Any, Outcome[Any]] = {}
    async for outcome in job:
        assert outcome.id not in found
        found[outcome.id] = outcome
    return found


def lists(emulator: Emulator, param: str) -> list[int]:
    """Return how many elements each call took."""
    return [call.form[param].count(",") + 1 for call in emulator.calls]


def statuses(outcomes: dict[Any, Outcome[Any]]) -> Counter[str]:
    """Count the outcomes."""
    return Counter(outcome.status for outcome in outcomes.values())


def names(count: int) -> list[str]:
    """Make accounts."""
    return [f"u{number}" for number in range(count)]


# limits and places


def test_every_list_of_the_table_is_known() -> None:
    """Each operation that must be given a list with a bound can be called in chunks."""
    asked = {
        operation.path
        for operation in OPERATIONS.values()
        for param in operation.params
        if param.required and param.max_items is not None
    }
    assert asked == set(LISTED)
    for path, listed in LISTED.items():
        (param,) = (p for p in OPERATIONS[path].params if p.python_name == listed.param)
        assert param.required
        assert param.max_items
        assert param.kind in {Kind.TEXTS, Kind.OBJECTS, Kind.OBJECT}


@pytest.mark.parametrize("asynchronous", [False, True], ids=["iterable", "async iterable"])
async def test_chunks_are_as_long_as_the_service_takes(
    emulator: Emulator,
    nim: NimClient,
    asynchronous: bool,  # noqa: FBT001
) -> None:
    """Each element comes once, in its place, and no call has more of them than the table says."""
    accids = names(450)

    async def coming() -> AsyncIterator[str]:
        for accid in accids:
            yield accid

    job = in_chunks(
        nim.chatroom.query_members, coming() if asynchronous else iter(accids), room_id=ROOM
    )
    found = await gather(job)
    assert {outcome.n: key for key, outcome in found.items()} == dict(enumerate(accids, 1))
    (limit,) = (p.max_items for p in operation_of(nim.chatroom.query_members).params if p.max_items)
    assert sorted(lists(emulator, "accids")) == [50, limit, limit]
    assert job.progress.done == 450


async def test_smaller_chunks_on_request(emulator: Emulator, nim: NimClient) -> None:
    """A size of the caller's own is kept to, and progress is told after each element."""
    told: list[int] = []
    job = in_chunks(
        nim.chatroom.query_members,
        names(7),
        size=3,
        concurrency=1,
        progress=lambda progress: told.append(progress.ended),
        room_id=ROOM,
    )
    assert len(await gather(job)) == 7
    assert lists(emulator, "accids") == [3, 3, 1]
    assert told == [1, 2, 3, 4, 5, 6, 7]


async def test_nothing_is_asked_for_nothing(emulator: Emulator, nim: NimClient) -> None:
    """An empty list costs no call."""
    assert await gather(in_chunks(nim.chatroom.query_members, [], room_id=ROOM)) == {}
    assert emulator.calls == []


# what replies say


async def test_rooms(emulator: Emulator, nim: NimClient) -> None:
    """Rooms that are there come with what they are, the others as not found."""
    rooms = [emulator.add_room("amy", f"room {number}") for number in range(45)]
    found = await gather(in_chunks(nim.chatroom.get_batch, [*rooms, 1, "2"]))
    assert len(emulator.calls) == 3
    assert statuses(found) == {"done": 45, "failed": 2}
    for room in rooms:
        assert result(found[str(room)]).room_id == room
    for missing in ("1", "2"):
        error = found[missing].error
        assert isinstance(error, NotFound)
        assert (error.code, error.maybe_processed) == (200, False)
        assert "noExistRooms" in str(error)


async def test_rooms_whose_lookup_failed() -> None:
    """What the service could not look up failed, what it leaves out is done without a result."""
    listed = {"succRooms": [], "noExistRooms": [], "failRooms": [5], "code": 200}
    async with client(Scripted([reply(listed)])) as nim:
        found = await gather(in_chunks(nim.chatroom.get_batch, [5, 6]))
    assert isinstance(found["5"].error, ServerError)
    assert found["5"].status == "failed"
    assert (found["6"].status, found["6"].result) == ("done", None)


async def test_members(emulator: Emulator, nim: NimClient) -> None:
    """Members come with what they are, whatever case is asked for; nobody is none."""
    emulator.enter(ROOM, "bob")
    found = await gather(in_chunks(nim.chatroom.query_members, ["BOB", "nobody"], room_id=ROOM))
    assert result(found["bob"]).accid == "bob"
    assert found["bob"].row == {"room_id": ROOM, "accids": ["BOB"]}
    assert (found["nobody"].status, found["nobody"].result) == ("done", None)


async def test_robots() -> None:
    """Robots are added, there already, or failed, each told apart; and so when they are removed."""
    emulator = Emulator("key", "the-secret", accounts=["amy", *names(150)])
    emulator.add_room("amy", "tea house", room_id=ROOM)
    async with NimClient(
        "key", "the-secret", transport=emulator.transport(), rate_limit=None
    ) as nim:
        await nim.chatroom.add_robot(room_id=ROOM, accids=["u3"], role_ext="")
        everybody = [*names(150), "nobody"]
        found = await gather(
            in_chunks(nim.chatroom.add_robot, everybody, room_id=ROOM, role_ext="")
        )
        assert Counter(o.result for o in found.values()) == {"success": 149, "old": 1, None: 1}
        assert found["u3"].result == "old"
        assert "failAccids" in str(found["nobody"].error)
        assert type(found["nobody"].error) is ApiError
        found = await gather(in_chunks(nim.chatroom.remove_robot, everybody, room_id=ROOM))
        assert statuses(found) == {"done": 150, "failed": 1}
    assert set(emulator.members(ROOM)) == {"amy"}


async def test_messages(emulator: Emulator, nim: NimClient) -> None:
    """Messages of any form get an id, and come with what the service made of them."""
    items = [
        Text("one"),
        MessageItem(msg_id="m2", msg_type=0, attach="two"),
        {"msg_type": 0, "attach": "three"},
        {"msgId": "m4", "msgType": 0, "attach": "four"},
        *(Text(f"more {number}") for number in range(20)),
    ]
    found = await gather(
        in_chunks(nim.chatroom.batch_send_msg, items, room_id=ROOM, from_accid="amy")
    )
    assert [len(call.form["msgList"].split("msgId")) - 1 for call in emulator.calls] == [10, 10, 4]
    said = {message.msg_id: message.attach for message in emulator.messages(ROOM)}
    assert len(said) == 24
    assert {key: result(outcome).attach for key, outcome in found.items()} == said
    assert said["m2"] == "two"
    assert said["m4"] == "four"


async def test_messages_that_are_refused(emulator: Emulator, nim: NimClient) -> None:
    """What the service says of a message it refuses is in its error."""
    await nim.chatroom.mute_room(room_id=ROOM, operator="amy", mute=True)
    emulator.enter(ROOM, "bob")
    found = await gather(
        in_chunks(nim.chatroom.batch_send_msg, [Text("a")], room_id=ROOM, from_accid="bob")
    )
    (outcome,) = found.values()
    assert outcome.status == "failed"
    assert isinstance(outcome.error, ApiError)
    assert outcome.error.code == 200
    assert "muted" in str(outcome.error)


async def test_receivers(emulator: Emulator, nim: NimClient) -> None:
    """Each chunk of receivers gets a message of its own, which stands for each of them."""
    found = await gather(
        in_chunks(
            nim.chatroom.send_msg_to_someone,
            names(150),
            room_id=ROOM,
            from_accid="amy",
            msg_type=Text("hi"),
        )
    )
    assert len({result(outcome).msg_id_client for outcome in found.values()}) == 2
    assert len(emulator.messages(ROOM)) == 2


async def test_elements_of_a_queue(nim: NimClient) -> None:
    """Elements are offered, updated and read, and those that cannot be are told apart."""
    await nim.chatroom.queue_init(room_id=ROOM, size_limit=30)
    items = [QueueItem(key=f"k{number}", value="1") for number in range(33)]
    found = await gather(
        in_chunks(nim.chatroom.queue_batch_offer, items, concurrency=1, room_id=ROOM)
    )
    assert statuses(found) == {"done": 30, "failed": 3}
    assert "failedKeys" in str(found["k32"].error)
    values = {f"k{number}": "2" for number in range(28, 32)}
    update = nim.chatroom.queue_batch_update_elements
    found = await gather(in_chunks(update, values, room_id=ROOM, operator="amy"))
    assert statuses(found) == {"done": 2, "failed": 2}
    assert isinstance(found["k31"].error, NotFound)
    assert found["k31"].row["elements"] == {"k31": "2"}
    found = await gather(in_chunks(update, [("k0", "3")], room_id=ROOM, operator="amy"))
    assert found["k0"].status == "done"
    found = await gather(
        in_chunks(nim.chatroom.queue_multi_get, ["k0", "k29", "none"], room_id=ROOM)
    )
    read = {key: outcome.result and result(outcome).value for key, outcome in found.items()}
    assert read == {"k0": "3", "k29": "2", "none": None}


async def test_accounts() -> None:
    """Profiles and logins come for those who have some; who does not exist is said to."""
    emulator = Emulator("key", "the-secret", accounts=["amy", "bob"])
    emulator.log_in("amy")
    async with NimClient("key", "the-secret", transport=emulator.transport()) as nim:
        found = await gather(in_chunks(nim.user.get_uinfos, ["amy", "eve"]))
        assert result(found["amy"]).accid == "amy"
        assert found["eve"].result is None
        found = await gather(in_chunks(nim.user.user_online_status, ["amy", "bob", "eve"]))
    assert len(result(found["amy"])) == 1
    assert found["bob"].result == ()
    assert isinstance(found["eve"].error, NotRegistered)


async def test_a_yes_that_says_little_is_a_yes() -> None:
    """A list that a reply lacks is no failure of what it would have named."""
    async with client(Scripted([reply({"code": 200, "desc": {}})]), strict_replies=False) as nim:
        found = await gather(in_chunks(nim.chatroom.add_robot, ["a"], room_id=1, role_ext=""))
    assert (found["a"].status, found["a"].result) == ("done", None)


# what comes twice


async def test_an_id_that_comes_twice_is_asked_for_once(emulator: Emulator, nim: NimClient) -> None:
    """Both have an outcome, though the call names it once."""
    emulator.enter(ROOM, "bob")
    outcomes = [
        outcome
        async for outcome in in_chunks(
            nim.chatroom.query_members, ["bob", "BOB", "bob"], room_id=ROOM
        )
    ]
    assert [(o.n, result(o).accid) for o in outcomes] == [(1, "bob"), (2, "bob"), (3, "bob")]
    assert emulator.calls[-1].form["accids"] == '["bob"]'


async def test_another_element_of_the_same_key_is_refused(
    emulator: Emulator, nim: NimClient
) -> None:
    """Which of two values is meant cannot be known, so the second is not sent."""
    items = [QueueItem(key="k", value=value) for value in "aab"]
    job = in_chunks(nim.chatroom.queue_batch_offer, items, room_id=ROOM)
    outcomes = [outcome async for outcome in job]
    assert [outcome.status for outcome in outcomes] == ["done", "done", "failed"]
    assert isinstance(outcomes[2].error, ParameterError)
    assert not outcomes[2].error.maybe_processed
    (element,) = emulator.rooms[ROOM].queue.elements
    assert element.value == "a"


# chunks that are refused


@pytest.fixture(name="strict")
def _strict() -> Emulator:
    """Return an emulator that refuses a whole chunk for one unknown account."""
    features = Features(uinfos_want_registered=True)
    return Emulator("key", "the-secret", accounts=names(400), features=features)


def members_of(emulator: Emulator) -> NimClient:
    """Make a client without limits."""
    return NimClient("key", "the-secret", transport=emulator.transport(), rate_limit=None)


@pytest.mark.parametrize("bad", [[0], [199], [57, 58, 130], [*range(100, 110)]], ids=str)
async def test_one_bad_id_does_not_condemn_the_others(strict: Emulator, bad: list[int]) -> None:
    """A refused chunk is divided until the bad ones are alone."""
    accids: list[str] = names(400)
    for place in bad:
        accids[place] = f"nobody{place}"
    async with members_of(strict) as nim:
        found = await gather(in_chunks(nim.user.get_uinfos, accids, concurrency=1))
    assert {key for key, o in found.items() if o.status == "failed"} == {accids[i] for i in bad}
    assert all(result(o).accid == key for key, o in found.items() if o.status == "done")
    bound = 2 + 2 * len(bad) * 8
    assert len(strict.calls) <= bound  # a chunk has 200 ids, of which halves are taken 8 times


async def test_a_bad_id_that_is_never_sent(strict: Emulator) -> None:
    """What this library refuses condemns none of the others either, and costs no call."""
    async with members_of(strict) as nim:
        accids: list[Any] = ["u1", None, "u2", 7.5, "u3"]
        outcomes = [o async for o in in_chunks(nim.user.get_uinfos, accids)]
    assert {o.n for o in outcomes if o.status == "done"} == {1, 3, 5}
    assert all(isinstance(o.error, ParameterError) for o in outcomes if o.n in {2, 4})


async def test_a_message_too_long_for_the_service(emulator: Emulator, nim: NimClient) -> None:
    """One message that breaks a limit leaves the others of its chunk to be sent, once each."""
    items = [Text("a"), Text("x" * 5000), Text("b"), Text("c")]
    job = in_chunks(nim.chatroom.batch_send_msg, items, room_id=ROOM, from_accid="amy")
    outcomes = [outcome async for outcome in job]
    assert {o.n for o in outcomes if o.status == "failed"} == {2}
    assert sorted(message.attach for message in emulator.messages(ROOM)) == ["a", "b", "c"]


async def test_what_is_wrong_for_all_is_not_divided_for_ever(
    emulator: Emulator, nim: NimClient
) -> None:
    """Once a whole chunk was refused one by one, later ones are tried at both ends alone."""
    job = in_chunks(nim.chatroom.query_members, names(2000), concurrency=1, room_id=1)
    assert statuses(await gather(job)) == {"failed": 2000}
    (limit,) = (p.max_items or 0 for p in operation_of(nim.chatroom.query_members).params[1:])
    chunks = 2000 // limit
    assert len(emulator.calls) == (2 * limit - 1) + 3 * (chunks - 1)


async def test_the_ends_tell_whether_to_go_on(strict: Emulator) -> None:
    """After a chunk without any good id, one that has some at an end is divided as ever."""
    accids = [*(f"nobody{number}" for number in range(250)), *names(150)]
    async with members_of(strict) as nim:
        found = await gather(in_chunks(nim.user.get_uinfos, accids, concurrency=1))
    assert statuses(found) == {"failed": 250, "done": 150}


async def test_a_wrong_common_argument_is_not_divided(nim: NimClient, emulator: Emulator) -> None:
    """What this library refuses in another argument is wrong for all alike."""
    found = await gather(in_chunks(nim.chatroom.query_members, names(5), room_id="x"))
    assert statuses(found) == {"failed": 5}
    assert {id(outcome.error) for outcome in found.values()} == {id(found["u0"].error)}
    assert emulator.calls == []


# chunks that are not answered


@pytest.mark.parametrize("fault", [Code(500), Drop()], ids=["500", "drop"])
async def test_a_read_without_an_answer_failed(
    emulator: Emulator, nim: NimClient, fault: Code | Drop
) -> None:
    """What may be repeated failed once the attempts ran out; nothing is divided for it."""
    emulator.faults.add(fault, times=None)
    found = await gather(in_chunks(nim.chatroom.query_members, names(5), room_id=ROOM))
    assert statuses(found) == {"failed": 5}
    assert len(emulator.calls) == 2  # as many as the client tries


async def test_receivers_without_an_answer_are_uncertain(
    emulator: Emulator, nim: NimClient
) -> None:
    """A message without an id of the caller's own may be there, and a repeat be a second one."""
    emulator.faults.add(Drop(), times=None)
    job = in_chunks(
        nim.chatroom.send_msg_to_someone,
        names(5),
        room_id=ROOM,
        from_accid="amy",
        msg_type=Text("hi"),
    )
    found = await gather(job)
    assert statuses(found) == {"uncertain": 5}
    assert all(isinstance(o.error, TransportError) for o in found.values())


async def test_messages_without_an_answer_can_be_sent_again(
    emulator: Emulator, nim: NimClient
) -> None:
    """The row of a message that may have been sent makes the service drop a second one."""
    emulator.faults.add(Drop(after=True), times=2)
    items: Iterable[Any] = [Text("a"), {"msg_id": "b", "msg_type": 0, "attach": "b"}]
    job = in_chunks(nim.chatroom.batch_send_msg, items, room_id=ROOM, from_accid="amy")
    found = await gather(job)
    assert statuses(found) == {"failed": 2}
    assert len(emulator.messages(ROOM)) == 2
    for outcome in found.values():
        sent = await nim.chatroom.batch_send_msg(**outcome.row)
        assert [success.msg_id for success in sent.success] == [outcome.id]
    assert len(emulator.messages(ROOM)) == 2


# leaving and mistakes


async def test_leaving_the_loop_sends_no_more(emulator: Emulator, nim: NimClient) -> None:
    """Who stops early has the rest neither read nor sent."""
    async with in_chunks(nim.chatroom.get_batch, range(10_000), concurrency=1) as job:
        async for _ in job:
            break
    assert len(emulator.calls) <= 3


async def test_a_closed_client_ends_it(nim: NimClient) -> None:
    """What is wrong with the client is raised, not told of each element."""
    await nim.aclose()
    with pytest.raises(ConfigurationError, match="closed"):
        await gather(in_chunks(nim.chatroom.get_batch, [1]))


@pytest.mark.parametrize(
    ("method", "options", "match"),
    [
        ("create", {"creator": "amy", "name": "x"}, "must take a list"),
        ("get_batch", {"room_ids": [1]}, "must be left out"),
        ("get_batch", {"colour": 1}, "colour"),
        ("query_members", {}, "room_id"),
        ("get_batch", {"size": 0}, "size must be from 1 to 20"),
        ("get_batch", {"size": 21}, "size must be from 1 to 20"),
        ("get_batch", {"concurrency": 0}, "concurrency"),
        ("get_batch", {"progress": 5}, "progress"),
    ],
)
def test_what_cannot_be_is_refused_at_once(
    method: str, options: dict[str, Any], match: str
) -> None:
    """A wrong argument is refused before anything is sent, with its name."""
    nim = NimClient("key", "the-secret", base_url="http://127.0.0.1:1/nimserver")
    with pytest.raises(ConfigurationError, match=match):
        in_chunks(getattr(nim.chatroom, method), [1], **options)


@pytest.mark.parametrize("items", ["66", 66, None], ids=repr)
def test_what_is_no_list_is_refused(items: Any) -> None:
    """A text is one value, not a list of characters."""
    nim = NimClient("key", "the-secret", base_url="http://127.0.0.1:1/nimserver")
    with pytest.raises(ConfigurationError, match="items"):
        in_chunks(nim.chatroom.get_batch, items)
