"""What a test gives the emulator wrongly: refused at once, by name, with what to write instead."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import pytest

from nim_async import ConfigurationError, RateLimit
from nim_async.emulator import (
    Chances,
    Clock,
    Code,
    Console,
    Delay,
    Doubled,
    Drop,
    Emulator,
    Fault,
    Features,
    Garbage,
    InProcess,
    Late,
    Lost,
    Overtaken,
    Refused,
    Status,
    Truncate,
    WronglySigned,
)
from nim_async.messages import Text
from tests.wire import KEY, SECRET, caller

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = RateLimit(calls=1, per_seconds=60, block_seconds=60)
GET = "/nimserver/chatroom/get.action"
NO_SEEDS: tuple[object, ...] = ([], "x", 1.5, True)
NO_LISTS: tuple[object, ...] = (5, True, b"lisi")
NO_LIMITS: tuple[object, ...] = (5, "yes", None, [GET])
NO_TARGETS: tuple[object, ...] = (5, "", "one.example", "ftp://one.example", "http://[", Console)
NO_CONSOLES: tuple[object, ...] = ({}, Console, False)
NO_ACCIDS: tuple[object, ...] = ("", "a b", " lisi", "a" * 40, "李四", 5, None, b"lisi", ["lisi"])


async def awaited(*_: object) -> Any:
    """Stand for a coroutine function in the wrong place."""


OPTIONS: list[tuple[str, object, str]] = [
    ("accounts", "lisi", r"given: 'lisi'; write accounts=\[...\]"),
    ("accounts", {"lisi": "tok"}, r"register\(accid, token=...\)"),
    *[("accounts", value, "list of accids; given: ") for value in NO_LISTS],
    *[("accounts", [value], "must be text|1 to 32 letters") for value in NO_ACCIDS],
    ("app_key", None, "any text"),
    ("app_secret", None, "any text"),
    *[("app_key", value, "app_key") for value in ("", 5, "钥", " k")],
    *[("app_secret", value, "app_secret") for value in ("", b"x", "匙", "s\n")],
    *[("clock", value, r"write Clock\(\)") for value in (5, None, Clock, awaited, math.sqrt)],
    *[("rate_limits", value, "chatroom.get") for value in NO_LIMITS],
    ("rate_limits", {GET: 5}, r"of '/nimserver.*given: 5; write RateLimit\("),
    ("rate_limits", {"chatroom.gett": LIMIT}, "do you mean 'chatroom.get'"),
    ("rate_limits", {"/nimserver/chatroom/gett.action": LIMIT}, "do you mean 'chatroom.get'"),
    ("rate_limits", {5: LIMIT}, "given: 5"),
    *[("features", value, r"write Features\(") for value in ({}, {"x": 1}, Features, False)],
    *[("seed", value, "whole number") for value in NO_SEEDS],
    *[("max_calls", value, "0 or more|whole number") for value in (-1, "x", None)],
    *[("copies_to", value, "a URL, an ASGI") for value in NO_TARGETS],
    *[("copies_to", {"gray": value}, "a URL, an ASGI") for value in NO_TARGETS],
    ("copies_to", {5: "http://one.example/"}, "must be text"),
    *[("callbacks_to", value, "a URL, an ASGI") for value in NO_TARGETS],
    *[("console", value, r"write Console\(") for value in NO_CONSOLES],
]


@pytest.mark.parametrize(("option", "value", "says"), OPTIONS, ids=range(len(OPTIONS)))
def test_options(option: str, value: object, says: str) -> None:
    """The error names the option, and shows nothing of the secret."""
    with pytest.raises(ConfigurationError, match=says) as caught:
        Emulator(**cast("Any", {"app_key": KEY, "app_secret": SECRET, option: value}))
    assert caught.value.option == option
    assert option in str(caught.value)
    if option == "app_secret" and value:
        assert str(value) not in str(caught.value)


VALUES: list[tuple[str, Callable[[], object]]] = [
    ("dynamic_tokens", lambda: Features(dynamic_tokens="no")),  # type: ignore[arg-type]
    ("broadcast", lambda: Features(broadcast=1)),  # type: ignore[arg-type]
    ("now", lambda: Clock("x")),  # type: ignore[arg-type]
    ("now", lambda: Clock(math.nan)),
    ("now", lambda: Clock(-1)),
    ("now", lambda: Clock(1_700_000_000_000)),
    ("now", lambda: setattr(Clock(), "now", "x")),
    ("now", lambda: Clock(5).advance(-6)),
    ("running", lambda: Clock(running="no")),  # type: ignore[arg-type]
    ("seconds", lambda: Clock().advance("x")),  # type: ignore[arg-type]
    ("seconds", lambda: Clock().advance(math.inf)),
    ("seconds", lambda: Delay("x")),  # type: ignore[arg-type]
    ("seconds", lambda: Delay(-1)),
    ("seconds", lambda: Delay(math.nan)),
    ("after", lambda: Drop(after="no")),  # type: ignore[arg-type]
    ("status", lambda: Status("x")),  # type: ignore[arg-type]
    ("status", lambda: Status(99)),
    ("after", lambda: Status(502, after=1)),  # type: ignore[arg-type]
    ("code", lambda: Code("x")),  # type: ignore[arg-type]
    ("code", lambda: Code(2**64)),
    ("desc", lambda: Code(500, 5)),  # type: ignore[arg-type]
    ("body", lambda: Garbage("x")),  # type: ignore[arg-type]
    ("seed", lambda: Garbage(seed="x")),  # type: ignore[arg-type]
    ("size", lambda: Garbage(size=-1)),
    ("keep", lambda: Truncate("x")),  # type: ignore[arg-type]
    ("keep", lambda: Truncate(-1)),
    ("keep", lambda: Truncate(1.5)),
    ("copies", lambda: Console(copies="4")),  # type: ignore[arg-type]
    ("copies", lambda: Console(copies=["4"])),  # type: ignore[list-item]
    ("callbacks", lambda: Console(callbacks=6)),  # type: ignore[arg-type]
    ("received", lambda: Console(received=None)),  # type: ignore[arg-type]
    ("everybody", lambda: Console(everybody=1)),  # type: ignore[arg-type]
    ("exit_reasons", lambda: Console(exit_reasons="no")),  # type: ignore[arg-type]
    ("default_allows", lambda: Console(default_allows=0)),  # type: ignore[arg-type]
    ("verdict_seconds", lambda: Console(verdict_seconds=0)),
    ("copy_seconds", lambda: Console(copy_seconds=math.inf)),
    ("repeat_after", lambda: Console(repeat_after=5)),  # type: ignore[arg-type]
    ("repeat_after", lambda: Console(repeat_after=[-1])),
    ("sign_anew", lambda: Console(sign_anew=1)),  # type: ignore[arg-type]
    ("most_answer_bytes", lambda: Console(most_answer_bytes=0)),
    ("times", lambda: Doubled(0)),
    ("seconds", lambda: Late(-1)),
    ("by", lambda: Overtaken(0)),
    ("flaw", lambda: WronglySigned("x")),  # type: ignore[arg-type]
    ("late", lambda: Chances(late=1.5)),
    ("lost", lambda: Chances(lost="x")),  # type: ignore[arg-type]
    ("seed", lambda: Chances(seed="x")),  # type: ignore[arg-type]
    ("app", lambda: InProcess(5)),  # type: ignore[arg-type]
    ("path", lambda: InProcess(awaited, "nim")),
]


@pytest.mark.parametrize(("option", "make"), VALUES, ids=range(len(VALUES)))
def test_values(option: str, make: Callable[[], object]) -> None:
    """A clock, a fault and features are refused where they are made or set."""
    with pytest.raises(ConfigurationError, match=option) as caught:
        make()
    assert caught.value.option == option


def plain(_: object) -> None:
    """Stand for a plain function in the place of a fault."""


NO_FAULTS: tuple[object, ...] = (5, Drop, Delay, plain, "Drop")
NO_MISCHIEFS: tuple[object, ...] = (5, Doubled, Drop(), awaited, "Lost", lambda: ())
USES: list[tuple[str, Callable[[Any, int], object]]] = [
    ("endpoints", lambda e, _: e.announce(5)),
    ("endpoints", lambda e, _: e.announce("one.example")),
    ("endpoints", lambda e, _: e.announce("https://[", ttl=5)),
    ("ttl", lambda e, _: e.announce(ttl="x")),
    ("ttl", lambda e, _: e.announce(ttl=-1)),
    ("accid", lambda e, _: e.register("wangwu", ["lisi"])),
    ("token", lambda e, _: e.register("wangwu", token="")),
    ("token", lambda e, _: e.register("wangwu", token="t" * 129)),
    ("token", lambda e, _: e.register("wangwu", token=5)),
    ("accid", lambda e, _: e.log_in(5)),
    ("token", lambda e, _: e.log_in("zhangsan", token=5)),
    ("client_type", lambda e, _: e.log_in("zhangsan", client_type=5)),
    ("accid", lambda e, _: e.log_out(None)),
    ("client_type", lambda e, _: e.log_out("zhangsan", client_type=5)),
    ("creator", lambda e, _: e.add_room(5)),
    ("name", lambda e, _: e.add_room("zhangsan", None)),
    ("room_id", lambda e, _: e.add_room("zhangsan", room_id="x")),
    ("room_id", lambda e, _: e.add_room("zhangsan", room_id=-1)),
    ("room_id", lambda e, _: e.enter("x", "zhangsan")),
    ("accid", lambda e, room: e.enter(room, 5)),
    ("tags", lambda e, room: e.enter(room, "zhangsan", tags="vip")),
    ("tags", lambda e, room: e.enter(room, "zhangsan", tags=[5])),
    ("tags", lambda e, room: e.enter(room, "zhangsan", tags=None)),
    *[
        (name, lambda e, room, name=name: e.enter(room, "zhangsan", **{name: 5}))
        for name in ("token", "nick", "avatar", "ext", "notify_target_tags", "client_type")
    ],
    ("room_id", lambda e, _: e.leave(None, "zhangsan")),
    ("env", lambda e, room: e.speak(room, "zhangsan", "hi", env=5)),
    *[
        ("mischief", lambda e, _, value=value: e.webhooks.faults.add(value))
        for value in NO_MISCHIEFS
    ],
    ("source", lambda e, _: e.webhooks.faults.add(Lost(), source="copy")),
    ("event_type", lambda e, _: e.webhooks.faults.add(Lost(), event_type="4")),
    ("times", lambda e, _: e.webhooks.faults.add(Lost(), times=0)),
    ("when", lambda e, _: e.webhooks.faults.add(Lost(), when=5)),
    ("copies_to", lambda e, _: e.webhooks.tell({})),
    ("accid", lambda e, room: e.leave(room, 5)),
    ("client_type", lambda e, room: e.leave(room, "zhangsan", client_type=5)),
    ("room_id", lambda e, _: e.speak("x", "zhangsan", "hi")),
    ("accid", lambda e, room: e.speak(room, 5, "hi")),
    ("attach", lambda e, room: e.speak(room, "zhangsan", Text("hi"))),
    ("attach", lambda e, room: e.speak(room, "zhangsan", 5)),
    *[
        (name, lambda e, room, name=name: e.speak(room, "zhangsan", "hi", **{name: []}))
        for name in ("msg_type", "msg_id", "ext", "notify_target_tags", "client_type")
    ],
    *[("listener", lambda e, _, f=f: e.on_change(f)) for f in (5, awaited, lambda: None)],
    *[
        ("room_id", lambda e, _, name=name: getattr(e, name)("x"))
        for name in ("members", "messages", "notifications")
    ],
    *[("port", lambda e, _, port=port: e.serve(port=port)) for port in (70_000, -1, "x")],
    *[("host", lambda e, _, host=host: e.serve(host=host)) for host in ("", 5)],
    *[("fault", lambda e, _, fault=fault: e.faults.add(fault)) for fault in NO_FAULTS],
    *[
        ("path", lambda e, _, path=path: e.faults.add(Drop(), path=path))
        for path in ("user.creat", "chatroom/sendMsgs", "", 5)
    ],
    *[("times", lambda e, _, n=n: e.faults.add(Drop(), times=n)) for n in (0, "x", True)],
    *[("when", lambda e, _, f=f: e.faults.add(Drop(), when=f)) for f in (5, awaited)],
]


@pytest.mark.parametrize(("option", "use"), USES, ids=range(len(USES)))
def test_uses(option: str, use: Callable[[Any, int], object]) -> None:
    """A method that refuses an argument has changed nothing."""
    emulator = Emulator(KEY, SECRET)
    room = emulator.add_room("zhangsan")
    emulator.enter(room, "zhangsan")
    seen = emulator.notifications(room)
    with pytest.raises(ConfigurationError, match=option) as caught:
        use(emulator, room)
    assert caught.value.option == option
    if option == "token":
        assert "given: 5" not in str(caught.value)
    assert not emulator.accounts
    assert not len(emulator.faults)
    assert list(emulator.rooms) == [room]
    assert emulator.notifications(room) == seen
    assert not emulator.messages(room)


def test_what_to_write_instead() -> None:
    """A near miss is answered with what was meant."""
    emulator = Emulator(KEY, SECRET)
    wrong: Any = emulator
    with pytest.raises(ConfigurationError, match=r"do you mean 'user\.create'"):
        emulator.faults.add(Drop(), path="user/creat")
    with pytest.raises(ConfigurationError, match=r"attach=body.attach\(\), msg_type"):
        wrong.speak(1, "zhangsan", Text("hi"))
    with pytest.raises(ConfigurationError, match=r"tags=\[...\]"):
        wrong.enter(1, "zhangsan", tags="vip")
    with pytest.raises(ConfigurationError, match=r"write Delay\("):
        wrong.faults.add(Delay)


@pytest.mark.parametrize("accid", [accid for accid in NO_ACCIDS if isinstance(accid, str)])
async def test_no_account_that_the_service_would_not_register(accid: str) -> None:
    """What ``user.create`` refuses, tests cannot register by other ways."""
    call = caller()
    assert await call.code("user/create", accid=accid) == 414
    with pytest.raises(ConfigurationError, match="1 to 32 letters"):
        call.emulator.register("lisi", accid)
    assert not call.emulator.accounts


@pytest.mark.parametrize("name", ["chatroom.get", "chatroom/get", GET])
async def test_operations_are_named_alike(name: str) -> None:
    """Limits and faults take the name that users call an operation by, and its path."""
    call = caller(rate_limits={name: LIMIT})
    room = call.emulator.add_room("zhangsan")
    call.emulator.faults.add(Code(500), path=name)
    assert await call.code("chatroom/getBatch", roomids=[room]) == 200
    assert await call.code("chatroom/get", roomid=room) == 500
    assert await call.code("chatroom/get", roomid=room) == 200
    assert await call.code("chatroom/get", roomid=room) == 416


async def test_a_limit_is_taken_away_by_none() -> None:
    """As in a client, ``None`` in place of a limit leaves the operation without one."""
    call = caller(rate_limits={"chatroom.create": None})
    codes = [await call.code("chatroom/create", creator="a", name="t") for _ in range(101)]
    assert set(codes) == {200}


def test_what_may_be_given() -> None:
    """Whole paths that are no operation's, faults of one's own, and endless delays stay."""

    class Own:
        async def __call__(self, act: Any, /) -> Any:
            return act()

    own: Fault = Own()
    emulator = Emulator(KEY, SECRET, accounts=iter(["Lisi", "a@b.c-d_e"]), seed=0, max_calls=0)
    emulator.faults.add(own, path="/srv-sdk/allocate").add(awaited, path="health/liveness")
    emulator.faults.add(Delay(math.inf), path="/nimserver/new/one.action", times=None)
    assert len(emulator.faults) == 3
    assert set(emulator.accounts) == {"lisi", "a@b.c-d_e"}


def test_what_the_service_refuses_stays_refused() -> None:
    """Arguments of the right type are judged as those of a client program."""
    emulator = Emulator(KEY, SECRET)
    room = emulator.add_room("zhangsan")
    with pytest.raises(Refused, match="414"):
        emulator.enter(room, "")
    with pytest.raises(Refused, match="404"):
        emulator.enter(-1, "zhangsan")
