"""The ordered queue of the emulator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.emulator.rooms import C, opened

if TYPE_CHECKING:
    from tests.wire import Caller

Pairs = list[dict[str, str]]


async def offer(call: Caller, room: int, key: str, value: object = "v", **fields: object) -> int:
    """Offer an element."""
    return await call.code(C + "queueOffer", roomid=room, key=key, value=value, **fields)


async def queued(call: Caller, room: int) -> Pairs:
    """Return the queue."""
    pairs: Pairs = (await call(C + "queueList", roomid=room))["desc"]["list"]
    return pairs


def last_change(call: Caller, room: int) -> tuple[int, dict[str, str]]:
    """Return the last notification: its kind, and what changed."""
    notice = call.emulator.notifications(room)[-1]
    return notice.id, json.loads(notice.data["queueChange"])


async def test_an_update_keeps_its_place() -> None:
    """Elements stand in the order of their first offer, as objects with one pair."""
    call, room = opened()
    for key in ("a", "b", "c"):
        await offer(call, room, key, key.upper())
    assert await queued(call, room) == [{"a": "A"}, {"b": "B"}, {"c": "C"}]
    await offer(call, room, "a", "new")
    assert await queued(call, room) == [{"a": "new"}, {"b": "B"}, {"c": "C"}]
    assert last_change(call, room) == (317, {"_e": "OFFER", "key": "a", "content": "new"})


async def test_elements_are_taken_out() -> None:
    """Without a key the first goes, with one that one; what is not there is 404."""
    call, room = opened()
    for key in ("a", "b", "c"):
        await offer(call, room, key, key.upper())
    poll = C + "queuePoll"
    assert (await call(poll, roomid=room, key="b"))["desc"] == {"key": "b", "value": "B"}
    assert last_change(call, room) == (317, {"_e": "POLL", "key": "b", "content": "B"})
    assert (await call(poll, roomid=room))["desc"] == {"key": "a", "value": "A"}
    assert await call.code(poll, roomid=room, key="b") == 404
    assert await queued(call, room) == [{"c": "C"}]
    await call(poll, roomid=room)
    assert await call.code(poll, roomid=room) == 404


async def test_a_queue_is_dropped() -> None:
    """Everything goes; doing it again is no error."""
    call, room = opened()
    await offer(call, room, "a")
    for _ in range(2):
        assert await call(C + "queueDrop", roomid=room) == {"desc": {}, "code": 200}
        assert last_change(call, room) == (317, {"_e": "DROP"})
    assert await queued(call, room) == []


async def test_named_elements_are_read() -> None:
    """They come in the order asked for, and keys that are not there are left out."""
    call, room = opened()
    await offer(call, room, "a", "A")
    await offer(call, room, "b", "B")
    reply = await call(C + "queueMultiGet", roomid=room, keys=["b", "x", "a", "b"])
    assert reply["desc"]["list"] == [{"b": "B"}, {"a": "A"}]
    assert len(await queued(call, room)) == 2


@pytest.mark.parametrize(("setting", "limit"), [({"sizeLimit": 2}, 2), ({}, 50), (None, 50)])
async def test_a_queue_has_a_size_limit(setting: dict[str, int] | None, limit: int) -> None:
    """A full queue takes no new key (419), though it still updates; 50 is the default."""
    call, room = opened()
    if setting is not None:
        assert await call(C + "queueInit", roomid=room, **setting) == {"desc": {}, "code": 200}
    for n in range(limit):
        assert await offer(call, room, f"k{n}") == 200
    assert await offer(call, room, "more") == 419
    assert await offer(call, room, "k0", "new") == 200
    assert len(await queued(call, room)) == limit
    await call(C + "queueInit", roomid=room, sizeLimit=1000)
    assert await offer(call, room, "more") == 200
    assert len(await queued(call, room)) == limit + 1
    assert await call.code(C + "queueInit", roomid=room, sizeLimit=1001) == 414


async def test_who_may_offer() -> None:
    """An unknown account is 404; somebody outside must be the creator."""
    call, room = opened("bob", accounts=["amy", "bob", "cat"])
    assert await offer(call, room, "a") == 200
    assert call.emulator.rooms[room].queue.elements[0].owner == "amy"
    assert await offer(call, room, "a", operator="AMY") == 200
    assert await offer(call, room, "a", operator="bob") == 200
    assert call.emulator.rooms[room].queue.elements[0].owner == "bob"
    assert await offer(call, room, "a", operator="cat") == 403
    assert await offer(call, room, "a", operator="nobody") == 404


async def test_a_queue_may_belong_to_the_managers() -> None:
    """With level 1 only creator and managers offer."""
    call, room = opened("bob", "cat")
    await call(C + "update", roomid=room, queuelevel=1)
    await call(C + "setMemberRole", roomid=room, operator="amy", target="cat", opt=1, optvalue=True)
    assert await offer(call, room, "a", operator="bob") == 403
    assert await offer(call, room, "a", operator="cat") == 200
    assert await offer(call, room, "a") == 200
    elements = [{"key": "x", "value": "y"}]
    batch = {"roomid": room, "elements": elements}
    assert await call.code(C + "queueBatchOffer", operator="bob", **batch) == 403


async def test_a_transient_element_goes_with_its_owner() -> None:
    """It needs an owner inside (403), and leaves with the last of the owner's devices."""
    call, room = opened("bob", "cat")
    call.emulator.enter(room, "bob", client_type="IOS")
    assert await offer(call, room, "x", transient=True) == 403
    await offer(call, room, "a", "A", operator="bob", transient=True)
    await offer(call, room, "b", "B", operator="bob")
    await offer(call, room, "c", "C", operator="bob", transient=True)
    await offer(call, room, "c", "C", operator="cat", transient=True)
    call.emulator.leave(room, "bob", client_type="IOS")
    assert len(await queued(call, room)) == 3
    call.emulator.leave(room, "bob")
    assert await queued(call, room) == [{"b": "B"}, {"c": "C"}]
    kind, change = last_change(call, room)
    assert (kind, change["_e"], json.loads(change["content"])) == (320, "PARTCLEAR", {"a": "A"})
    await call(C + "kickMember", roomid=room, accid="amy", targetAccid="cat")
    assert await queued(call, room) == [{"b": "B"}]


async def test_several_elements_are_offered() -> None:
    """Those that cannot be are named; an existing key is updated, and owners may differ."""
    call, room = opened("bob", accounts=["amy", "bob", "cat"])
    await call(C + "queueInit", roomid=room, sizeLimit=3)
    await offer(call, room, "k1", "old")
    elements: list[dict[str, object]] = [
        {"key": "k1", "value": "new"},
        {"key": "k2", "value": "v", "accid": "Bob", "transient": True},
        {"key": "away", "value": "v", "accid": "cat", "transient": True},
        {"key": "who", "value": "v", "accid": "nobody"},
        {"key": "k3", "value": "v"},
        {"key": "full", "value": "v"},
    ]
    reply = await call(C + "queueBatchOffer", roomid=room, elements=elements, notifyExt="e")
    assert reply["desc"] == {"failedKeys": ["away", "who", "full"], "highPriority": False}
    assert await queued(call, room) == [{"k1": "new"}, {"k2": "v"}, {"k3": "v"}]
    assert [e.owner for e in call.emulator.rooms[room].queue.elements] == ["amy", "bob", "amy"]
    assert call.emulator.notifications(room)[-1].id == 324
    assert call.emulator.notifications(room)[-1].data["ext"] == "e"
    call.emulator.leave(room, "bob")
    assert await queued(call, room) == [{"k1": "new"}, {"k3": "v"}]


async def test_the_flag_of_a_batch_holds_for_its_elements() -> None:
    """``transient`` of the call is the default; an element may say otherwise."""
    call, room = opened("bob")
    elements = [{"key": "a", "value": "A"}, {"key": "b", "value": "B", "transient": False}]
    await call(
        C + "queueBatchOffer",
        roomid=room,
        operator="bob",
        transient=True,
        needNotify=False,
        elements=elements,
    )
    assert [n.id for n in call.emulator.notifications(room)] == [301]
    call.emulator.leave(room, "bob")
    assert await queued(call, room) == [{"b": "B"}]


@pytest.mark.parametrize(
    "elements",
    [
        [{"key": "k"}],
        [{"key": "k", "value": 1}],
        [{"key": "k" * 129, "value": "v"}],
        [{"key": "k", "value": "v" * 4097}],
        [{"key": "k", "value": "v", "transient": "true"}],
        [{"key": str(n), "value": "v"} for n in range(21)],
    ],
)
async def test_a_malformed_batch_changes_nothing(elements: list[dict[str, object]]) -> None:
    """One bad element refuses the whole call with 414."""
    call, room = opened()
    good: list[dict[str, object]] = [{"key": "good", "value": "v"}]
    batch = good + elements if len(elements) == 1 else elements
    assert await call.code(C + "queueBatchOffer", roomid=room, elements=batch) == 414
    assert await queued(call, room) == []


async def test_several_elements_are_updated() -> None:
    """Only creator and managers may; unknown keys are named and not added."""
    call, room = opened("bob")
    await offer(call, room, "a", "A", operator="bob")
    update = {"roomid": room, "elements": {"x": "X", "a": "new"}}
    path = C + "queueBatchUpdateElements"
    assert await call.code(path, operator="bob", **update) == 403
    reply = await call(path, operator="amy", **update)
    assert reply == {"desc": {"noExistElementKey": ["x"]}, "code": 200}
    assert await queued(call, room) == [{"a": "new"}]
    assert call.emulator.rooms[room].queue.elements[0].owner == "bob"
    kind, change = last_change(call, room)
    assert (kind, change["_e"], json.loads(change["content"])) == (
        320,
        "BATCH_UPDATE",
        {"a": "new"},
    )
    before = len(call.emulator.notifications(room))
    await call(path, operator="amy", roomid=room, elements={"a": "b"}, needNotify=False)
    await call(path, operator="amy", roomid=room, elements={"x": "b"})
    assert len(call.emulator.notifications(room)) == before
    for wrong in ({"a": 1}, {"a": "v" * 4097}, {"a" * 129: "v"}, {str(n): "v" for n in range(201)}):
        assert await call.code(path, operator="amy", roomid=room, elements=wrong) == 414


async def test_changes_may_have_high_priority() -> None:
    """Ten a second go out so; more are downgraded, or refused with 416 where that is asked."""
    call, room = opened()
    high = {"highPriority": 1}
    for n in range(10):
        assert await offer(call, room, f"k{n}", **high) == 200
    reply = await call(C + "queueOffer", roomid=room, key="x", value="v", **high)
    assert reply["desc"] == {"highPriority": False}
    strict = {"highPriority": 1, "highPriorityPolicy": 1}
    assert await offer(call, room, "y", **strict) == 416
    assert await call.code(C + "queuePoll", roomid=room, **strict) == 416
    assert await call.code(C + "queueDrop", roomid=room, **strict) == 416
    assert len(await queued(call, room)) == 11
    call.clock.advance(1)
    reply = await call(C + "queuePoll", roomid=room, **strict)
    assert reply["desc"] == {"key": "k0", "value": "v", "highPriority": True}
    assert call.emulator.notifications(room)[-1].high_priority
    elements = [{"key": "z", "value": "v"}]
    reply = await call(C + "queueBatchOffer", roomid=room, elements=elements, **high)
    assert reply["desc"] == {"failedKeys": [], "highPriority": True}
