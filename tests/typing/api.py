"""
What type checkers see of the public interface.

Checked by mypy and pyright, never executed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, assert_type

import httpx
import httpx2
from starlette.applications import Starlette
from starlette.routing import Route

import nim_async
from nim_async import (
    OPERATIONS,
    ApiError,
    ClientPlatform,
    ClientType,
    Custom,
    DecodeError,
    DelayClosePolicy,
    Gender,
    HistoryOrder,
    Idempotency,
    Kind,
    MemberKind,
    MessageItem,
    MessageType,
    NimClient,
    NimError,
    Operation,
    Param,
    ParameterError,
    QueueItem,
    QueueLevel,
    RankOrder,
    RankPeriod,
    RateLimit,
    RateLimited,
    RetryPolicy,
    RoleOpt,
    RoleType,
    ServerBusy,
    ServerError,
    StatusError,
    Text,
    TimedOut,
    TransportError,
    errors,
)
from nim_async._core.operation import operation_of
from nim_async._namespaces import Chatroom
from nim_async.bot import Allow, Bot, BotApp, DropSilently, Reject, Verdict
from nim_async.emulator import Emulator
from nim_async.models import (
    Account,
    Ack,
    Addresses,
    BatchSent,
    HistoryMessage,
    Login,
    Member,
    MemberRole,
    Members,
    Queue,
    QueueElement,
    Room,
    RoomIds,
    RoomRanking,
    Rooms,
    SentMessage,
)
from nim_async.webhooks import Event, MessageAsked, MessageEvent, unwrap


async def clients() -> None:
    """Make clients: each is its own context, and a view is a client."""
    nim = NimClient("key", "secret", region="sg", retry=RetryPolicy(max_attempts=1))
    assert_type(nim, NimClient)
    assert_type(NimClient.from_env(timeout=1.0), NimClient)
    assert_type(nim.options(timeout=1.0, deadline=2.0, max_attempts=3, trace_id="t"), NimClient)
    assert_type(nim.options(validate=False).chatroom, Chatroom)
    async with nim as inside:
        assert_type(inside, NimClient)
    assert_type(await nim.aclose(), None)
    NimClient("k", "s", base_url=["https://a/nimserver", "https://b/nimserver"], rate_limit=None)
    NimClient("k", "s", base_url="https://a/nimserver", verify=False, proxy="http://p", hooks=[])
    NimClient(
        "k",
        "s",
        rate_limit={
            "chatroom.send_msg": RateLimit(calls=500, per_seconds=1, block_seconds=10),
            "chatroom.get": None,
        },
    )
    NimClient("k", "s", transport=httpx.AsyncHTTPTransport(), max_wait=1.5)
    NimClient("k", "s", transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    NimClient("k", "s", http_client=httpx.AsyncClient())
    NimClient("k", "s", transport=httpx2.AsyncHTTPTransport())
    NimClient("k", "s", http_client=httpx2.AsyncClient())
    NimClient("k", "s", transport=Emulator("k", "s").transport())
    NimClient("k", "s", transport=httpx.HTTPTransport())  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    NimClient("k", "s", transport=httpx.AsyncHTTPTransport)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    NimClient("k", "s", http_client=httpx.Client())  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    NimClient("k", "s", http_client=httpx.AsyncClient)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    NimClient("k", "s", retry=3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    NimClient("k", "s", rate_limit={"chatroom.get": 50})  # type: ignore[dict-item] # pyright: ignore[reportArgumentType]
    NimClient("k", "s", hooks=print)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    NimClient("k", "s", region="us")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    NimClient("k")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


async def rooms(nim: NimClient) -> None:
    """Call operations on rooms: named parameters go in, a class of its own comes out."""
    room = await nim.chatroom.create(creator="amy", name="tea house", ext={"k": [1, None]})
    assert_type(room, Room)
    assert_type(room.room_id, int)
    assert_type(room.announcement, str | None)
    assert_type(room.queue_level, QueueLevel | None)
    assert_type(room.extra, dict[str, Any])
    assert_type(await nim.chatroom.get(room_id=1, need_online_user_count=True), Room)
    found = await nim.chatroom.get_batch(room_ids=[1, 2])
    assert_type(found, Rooms)
    assert_type(found.succ_rooms, tuple[Room, ...])
    assert_type(found.no_exist_rooms, tuple[int, ...])
    await nim.chatroom.get_batch(room_ids=["1", "2"])
    await nim.chatroom.get_batch(room_ids='["1"]')
    links = await nim.chatroom.request_addr(room_id=1, accid="amy", client_type=ClientType.WECHAT)
    assert_type(links, Addresses)
    assert_type(links.addr, tuple[str, ...])
    await nim.chatroom.request_addr(room_id=1, accid="amy", client_type=3)
    assert_type(await nim.chatroom.query_user_room_ids(creator="amy"), RoomIds)
    await nim.chatroom.update_delay_close_policy(
        room_id=1, delay_close_policy=DelayClosePolicy.WHEN_EMPTY
    )
    assert_type(await nim.chatroom.update_in_out_notification(room_id=1, close=True), Ack)
    await nim.chatroom.get(1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    await nim.chatroom.get(room_id="a b")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    await nim.chatroom.get()  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


async def members(nim: NimClient) -> None:
    """List members by page, and one after the other."""
    page = await nim.chatroom.members_by_page(
        room_id=1, type=MemberKind.TEMPORARY, end_time=0, limit=100
    )
    assert_type(page.data, tuple[Member, ...])
    assert_type(page.data[0].type, RoleType)
    assert_type(page.data[0].enter_time, int | None)
    assert_type(nim.chatroom.iter_members(room_id=1, type=0), AsyncIterator[Member])
    async for member in nim.chatroom.iter_tag_members(room_id=1, tag="t"):
        assert_type(member, Member)
    role = await nim.chatroom.set_member_role(
        room_id=1, operator="amy", target="bob", opt=RoleOpt.MANAGER, opt_value=True
    )
    assert_type(role, MemberRole)


async def messages(nim: NimClient) -> None:
    """Send bodies where type or content is asked for, or plain values."""
    sent = await nim.chatroom.send_msg(room_id=1, from_accid="amy", attach=Text("hi"))
    assert_type(sent, SentMessage)
    assert_type(sent.type, MessageType)
    assert_type(sent.time, int)
    await nim.chatroom.send_msg(room_id=1, from_accid="amy", msg_type=Custom({"dice": 6}))
    await nim.chatroom.send_msg(room_id=1, from_accid="amy", msg_type=0, attach="hi")
    await nim.chatroom.send_msg(
        room_id=1, from_accid="amy", msg_type=MessageType.CUSTOM, attach={"dice": [6]}
    )
    batch = await nim.chatroom.batch_send_msg(
        room_id=1,
        from_accid="amy",
        msg_list=[MessageItem(attach=Text("a")), {"msg_type": 0, "attach": "b"}],
    )
    assert_type(batch, BatchSent)
    assert_type(batch.success[0].message.time, int | None)
    assert_type(batch.fail[0].reason, str)
    history = await nim.history.query_chatroom_msg(
        room_id=1, accid="amy", timetag=0, limit=10, reverse=HistoryOrder.OLDEST_FIRST, type=[0, 1]
    )
    assert_type(history.msgs, tuple[HistoryMessage, ...])
    assert_type(history.msgs[0].from_client_type, ClientPlatform)


async def the_rest(nim: NimClient) -> None:
    """Call queues, statistics, and paths the table lacks."""
    queue = await nim.chatroom.queue_list(room_id=1)
    assert_type(queue, Queue)
    assert_type(queue.elements, tuple[QueueElement, ...])
    await nim.chatroom.queue_batch_offer(room_id=1, elements=[QueueItem(key="k", value="v")])
    await nim.chatroom.queue_batch_update_elements(room_id=1, operator="amy", elements={"k": "v"})
    ranking = await nim.stats.chatroom_topn(period=RankPeriod.DAY, order_by=RankOrder.ENTER)
    assert_type(ranking, RoomRanking)
    assert_type(ranking.data[0].period, RankPeriod | None)
    assert_type(await nim.call("/nimserver/friend/add.action", {"accid": "a"}), dict[str, Any])


async def accounts(nim: NimClient) -> None:
    """Register an account and look after it."""
    account = await nim.user.create(accid="amy", gender=Gender.FEMALE, ex={"level": 1})
    assert_type(account, Account)
    assert_type(account.token, str)
    assert_type(account.name, str | None)
    assert_type(await nim.user.refresh_token(accid="amy"), Account)
    assert_type(await nim.user.update_uinfo(accid="amy", sign="", gender=1), Ack)
    profiles = await nim.user.get_uinfos(accids=["amy"], mute_status=True)
    assert_type(profiles.uinfos[0].gender, Gender | None)
    assert_type((await nim.user.mute_module(accid="amy", mute_p2p=True)).mute_p2p, bool | None)
    online = await nim.user.user_online_status(accids=["amy"])
    assert_type(online.status, dict[str, tuple[Login, ...]] | None)
    assert_type(nim.dynamic_token("amy", ttl=600), str)
    assert_type(nim_async.dynamic_token("key", "secret", "amy", ttl=600, now=1.7e9), str)
    assert_type(nim_async.wechat_domains(), dict[str, list[str]])


def plain_values(room: Room, members: Members) -> None:
    """Make dicts of replies."""
    assert_type(room.to_dict(), dict[str, Any])
    assert_type([member.to_dict() for member in members.data], list[dict[str, Any]])


def operations_of_methods(nim: NimClient) -> None:
    """Ask methods which operation they stand for."""
    assert_type(operation_of(nim.chatroom.get), Operation[Any])
    assert_type(operation_of(nim.chatroom.toggle_close_stat).reply, type[Any])


def table() -> None:
    """Read the table, a mapping from path to operation."""
    assert_type(OPERATIONS, Mapping[str, Operation[Any]])
    operation = OPERATIONS["/nimserver/chatroom/get.action"]
    assert_type(operation.params, tuple[Param, ...])
    assert_type(operation.idempotency, Idempotency)
    assert_type(operation.rate_limit, RateLimit | None)
    assert_type(operation.qualified_name, str)
    assert_type(operation.params[0].kind, Kind)
    assert_type(operation.params[0].max_length, int | None)
    assert_type(operation.params[0].choices, tuple[int | str, ...] | None)


async def failures(nim: NimClient) -> None:
    """Ask errors for what they know."""
    try:
        await nim.chatroom.get(room_id=1)
    except RateLimited as error:
        assert_type(error.retry_after, float | None)
    except ParameterError as error:
        assert_type(error.parameter, str | None)
    except ServerError as error:
        assert_type(isinstance(error, ServerBusy), bool)
    except ApiError as error:
        assert_type(error.code, int)
        assert_type(error.desc, str)
        assert_type(error.payload, Mapping[str, Any])
    except TimedOut as error:
        assert_type(error.phase, errors.Phase)
    except StatusError as error:
        assert_type(error.status_code, int)
    except DecodeError as error:
        assert_type(error.problems, list[str])
        assert_type(error.raw, bytes)
    except TransportError as error:
        assert_type(error.maybe_processed, bool)
    except NimError as error:
        assert_type(error.operation, str | None)
        assert_type(error.trace_id, str | None)
        assert_type(error.endpoint, str | None)
        assert_type(error.attempts, int)
        assert_type(error.earlier, tuple[NimError, ...])
        assert_type(error.processed, bool)


async def bots(nim: NimClient, starlette: Starlette) -> None:
    """Decorate without losing types, and put a bot around an application of a framework."""
    bot = Bot(nim, accid="tea-bot", inbox="bot.db")

    @bot.on(MessageEvent)
    async def hear(event: MessageEvent) -> None:
        assert_type(await bot.reply(event, Text("hi")), SentMessage)
        assert_type(event.text, str | None)

    @bot.before(MessageAsked, default=Allow(attach=Text("x"), ext={"a": 1}), budget=1.5)
    async def decide(ask: MessageAsked) -> Allow | Reject | DropSilently:
        return Reject(20001) if ask.text else DropSilently()

    assert_type(await decide(MessageAsked(from_account="lisi")), Allow | Reject | DropSilently)
    assert_type(await bot.feed(MessageEvent(from_account="lisi")), Verdict | None)
    assert_type(bot.asgi(), BotApp)
    Starlette(routes=[Route("/nim", bot.asgi())])
    bot.asgi(other=starlette, path="/nim")
    status, headers, body = await bot.answer("POST", {"MD5": "x"}, b"{}")
    assert_type(status, int)
    assert_type(headers, dict[str, str])
    assert_type(body, bytes)
    assert_type(unwrap([(b"MD5", b"x")], b"{}", ["new", "old"]), Event)
    async with bot as running:
        assert_type(running, Bot)


assert_type(nim_async.__version__, str)
