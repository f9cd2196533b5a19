"""What a bot answers when it is asked before something happens."""

# What handlers are given is known by name, which lambdas do not say the types of.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import anyio
import anyio.from_thread
import pytest

from nim_async import (
    ConfigurationError,
    Custom,
    MessageType,
    NimClient,
    ParameterError,
    Picture,
    Text,
    TimedOut,
)
from nim_async.bot import Allow, Bot, DropSilently, Next, Reject, Router, Skip, Verdict, _deciding
from nim_async.emulator import Delay
from nim_async.webhooks import (
    Asked,
    EnterAsked,
    Event,
    LoginAsked,
    MessageAsked,
    MessageEvent,
    UnknownEvent,
    parse,
)
from tests.bot.conftest import KEY, ROOM, SECRET
from tests.bot.events import message
from tests.bot.test_handling import until
from tests.webhooks.signed import body, signed

if TYPE_CHECKING:
    from nim_async.emulator import Emulator


def ask(text: str = "hi", **more: Any) -> Any:
    """Make a message that is asked about."""
    usual: dict[str, Any] = {"room_id": ROOM, "msg_type": MessageType.TEXT, "msg_id_client": "m"}
    return MessageAsked(from_account="lisi", attach=text, **(usual | more))


def enter() -> EnterAsked:
    """Make an entry that is asked about."""
    return EnterAsked(room_id=ROOM, from_account="lisi", from_device_id="d")


async def answered(bot: Bot, event: Event | bytes) -> dict[str, Any]:
    """Send a question over the wire, and return what the service reads."""
    raw = event if isinstance(event, bytes) else json.dumps(event.raw).encode()
    headers = signed(raw, secret=SECRET, key=KEY)
    async with bot:
        status, _, answer = await bot.answer("POST", headers, raw, source="callbacks")
    assert status == 200
    members: dict[str, Any] = json.loads(answer)
    return members


# the values


@pytest.mark.parametrize(
    ("verdict", "members"),
    [
        (Allow(), {"errCode": 0}),
        (
            Allow(attach="***", ext="masked"),
            {"errCode": 0, "modifyResponse": '{"attach":"***"}', "callbackExt": "masked"},
        ),
        (
            Allow(attach=Text("你好"), message_ext={"a": 1}, ext={"b": 2}),
            {
                "errCode": 0,
                "modifyResponse": '{"attach":"你好","ext":"{\\"a\\":1}"}',
                "callbackExt": '{"b":2}',
            },
        ),
        (Reject(), {"errCode": 1}),
        (
            Reject(20001, "muted by policy"),
            {"errCode": 1, "responseCode": 20001, "callbackExt": "muted by policy"},
        ),
        (Reject(20099), {"errCode": 1, "responseCode": 20099}),
        (DropSilently(), {"errCode": 1, "responseCode": 200}),
        (DropSilently(ext="x"), {"errCode": 1, "responseCode": 200, "callbackExt": "x"}),
    ],
    ids=str,
)
async def test_what_the_service_reads(nim: NimClient, verdict: Verdict, members: Any) -> None:
    """Each verdict is written as the service documents it."""
    bot = Bot(nim)

    @bot.before(MessageAsked, default=Reject())
    async def decide() -> Verdict:
        return verdict

    assert await answered(bot, ask()) == members


async def test_content_stands_where_it_stood(bot: Bot) -> None:
    """The content of a question that has it in another field is changed there."""
    bot.before(MessageAsked, default=Reject())(lambda: Allow(attach="***"))
    raw = body(6, fromAccount="lisi", body="hi", msgType="TEXT", to="66")
    assert (await answered(bot, raw))["modifyResponse"] == '{"body":"***"}'


@pytest.mark.parametrize(
    ("verdict", "option", "value"),
    [
        (Reject, "code", 19999),
        (Reject, "code", 20100),
        (Reject, "code", True),
        (Reject, "code", "20001"),
        (Reject, "code", 200),
        (Reject, "ext", "x" * 1025),
        (Allow, "ext", "😀" * 513),
        (Allow, "ext", {1, 2}),
        (DropSilently, "ext", "y" * 1025),
        (Allow, "attach", "x" * 4097),
        (Allow, "attach", Text("x" * 4097)),
        (Allow, "attach", 5),
        (Allow, "message_ext", "x" * 4097),
    ],
    ids=lambda value: repr(value)[-35:],
)
def test_what_no_verdict_can_say(verdict: Any, option: str, value: Any) -> None:
    """A code, text or content that is beyond what is documented is refused when it is made."""
    with pytest.raises(ConfigurationError, match="given:") as caught:
        verdict(**{option: value})
    assert caught.value.option == option


def test_what_a_verdict_may_just_say() -> None:
    """The longest texts and the first and last code are allowed."""
    assert (Reject(20000).code, Reject(20099).code) == (20000, 20099)
    assert Allow(ext="x" * 1024, message_ext="y" * 4096, attach="z" * 4096).attach == "z" * 4096
    with pytest.raises(ParameterError):
        Allow(attach=Picture(md5="m", url="u", ext="jpg", w=1, h=1, size="x"))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


# registering


@pytest.mark.parametrize(
    ("register", "match"),
    [
        (lambda bot: bot.before(default=Allow()), "needs a class"),
        (lambda bot: bot.before(MessageEvent, default=Allow()), "has happened already"),
        (lambda bot: bot.before(Event, default=Allow()), "has happened already"),
        (lambda bot: bot.before("ask", default=Allow()), "takes classes"),
        (lambda bot: bot.before(MessageAsked, default=None), "default must be Allow"),
        (lambda bot: bot.before(MessageAsked, default=Reject), "default must be Allow"),
        (lambda bot: bot.before(EnterAsked, default=DropSilently()), "for messages"),
        (lambda bot: bot.before(LoginAsked, default=Allow(attach="x")), "for messages"),
        (lambda bot: bot.before(MessageAsked, default=Allow(), budget=0), "budget"),
        (lambda bot: bot.before(MessageAsked, default=Allow(), budget=None), "budget"),
        (lambda bot: bot.before(EnterAsked, default=Allow(), text="x"), "no text"),
        (lambda bot: bot.on(MessageAsked), "register with before"),
        (
            lambda bot: bot.before(MessageAsked, default=Allow())(lambda attempt: Allow()),
            "attempt is nothing",
        ),
    ],
    ids=[str(number) for number in range(13)],
)
def test_what_cannot_be_registered(bot: Bot, register: Any, match: str) -> None:
    """What would never be asked, or could not be answered, is refused when it is registered."""
    with pytest.raises(ConfigurationError, match=match):
        register(bot)


async def test_the_default_is_required(bot: Bot) -> None:
    """Nobody gets by without saying what is answered when there is no verdict."""
    anything: Any = bot
    with pytest.raises(TypeError, match="default"):
        anything.before(MessageAsked)


async def test_the_first_match_decides(bot: Bot) -> None:
    """Filters, routers, words of the text and Skip work as they do for events."""
    inner = Router()
    bot.before(MessageAsked, default=Allow(), room=5)(lambda: Reject(20005))
    bot.include(inner)

    @inner.before(MessageAsked, default=Allow(), text=r"^/(?P<number>\d+)$")
    async def numbered(event: MessageAsked, ask: MessageAsked, number: int) -> Verdict:
        assert event is ask
        if number == 7:
            raise Skip
        return Reject(20000 + number)

    @bot.before(Asked, default=Allow())
    def last(ask: Asked, nim: NimClient, bot: Bot) -> Reject:
        return Reject(20099)

    decided = [
        await bot.decide(event)
        for event in (ask("/5", room_id=5), ask("/6"), ask("/7"), ask("x"), enter())
    ]
    codes = [verdict.code for verdict in decided if isinstance(verdict, Reject)]
    assert codes == [20005, 20006, 20099, 20099, 20099]
    assert bot.statistics().asked == 5


async def test_nobody_is_asked(bot: Bot) -> None:
    """Without a handler all is allowed; handlers of events are never asked."""
    bot.on(Event)(lambda: None)
    for raw in (b'{"eventType":37,"fromAccount":"a"}', b'{"eventType":20}', b'{"eventType":1}'):
        assert await answered(bot, raw) == {"errCode": 0}
    told = bot.statistics()
    assert (told.asked, told.defaulted, told.handled) == (3, 0, 0)


async def test_questions_without_a_class(bot: Bot) -> None:
    """A question about a message of a user can be answered too, if that is asked for."""

    @bot.before(UnknownEvent, default=Allow())
    async def decide(ask: UnknownEvent) -> Verdict:
        return DropSilently()

    assert await answered(bot, b'{"eventType":1,"body":"x"}') == {"errCode": 1, "responseCode": 200}
    assert await answered(bot, b'{"eventType":3}') == {"errCode": 0}


async def test_middlewares_are_around_verdicts_too(bot: Bot) -> None:
    """A middleware may change the question; one that keeps it leaves the default."""
    seen: list[str] = []

    @bot.middleware
    async def around(event: Event, call_next: Next) -> None:
        assert isinstance(event, MessageAsked)
        if event.text != "stop":
            await call_next(ask(event.text.upper()))
            seen.append("after")

    @bot.before(MessageAsked, default=Reject(20050))
    async def decide(ask: MessageAsked) -> Verdict:
        return Allow(attach=ask.text)

    assert await bot.decide(ask("hi")) == Allow(attach="HI")
    assert await bot.decide(ask("stop")) == Reject(20050)
    assert seen == ["after"]


# what goes wrong


@pytest.mark.parametrize(
    "returned",
    [None, True, "allow", Reject, {"errCode": 0}, Allow(attach=Custom({"a": 1}))],
    ids=str,
)
async def test_what_is_no_verdict(
    bot: Bot, caplog: pytest.LogCaptureFixture, returned: Any
) -> None:
    """A handler that returns something else has its default answered, and the log says why."""
    bot.before(MessageAsked, default=Reject(20042))(lambda: returned)
    assert await answered(bot, ask()) == {"errCode": 1, "responseCode": 20042}
    assert bot.statistics().defaulted == 1
    assert "answered its default Reject" in caplog.text
    with pytest.raises(_deciding.NoVerdict):
        await bot.feed(ask())


@pytest.mark.parametrize("returned", [DropSilently(), Allow(attach="x"), Allow(message_ext="x")])
async def test_verdicts_that_are_for_messages(bot: Bot, returned: Verdict) -> None:
    """An entry cannot be dropped or changed."""
    bot.before(EnterAsked, default=Reject())(lambda: returned)
    assert await answered(bot, enter()) == {"errCode": 1}


async def test_errors_have_the_default_answered(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """A handler or filter that fails is not tried again; a test sees the error itself."""
    bot.before(MessageAsked, default=Reject(20001), when=lambda event: 1 / 0)(lambda: Allow())

    @bot.before(EnterAsked, default=Reject(20002))
    async def fails() -> Verdict:
        raise KeyError("hunter2")

    assert await bot.decide(ask()) == Reject(20001)
    assert await bot.decide(enter()) == Reject(20002)
    assert "ZeroDivisionError" in caplog.text
    assert bot.statistics().defaulted == 2
    with pytest.raises(KeyError):
        await bot.feed(enter())


@pytest.mark.virtual_time
async def test_time_runs_from_the_receipt(nim: NimClient, caplog: pytest.LogCaptureFixture) -> None:
    """When the budget is over the default is answered, however long the question waited before."""
    bot = Bot(nim, blocked_after=None)

    @bot.before(MessageAsked, default=Reject(20001), budget=1.5)
    async def slow() -> Verdict:
        await anyio.sleep(3600)
        return Allow()

    for waited in (0.0, 1.0):
        began = anyio.current_time()
        assert await bot.decide(ask(), received=began - waited) == Reject(20001)
        assert anyio.current_time() - began == pytest.approx(1.5 - waited)
    assert "it took too long" in caplog.text
    assert bot.statistics().defaulted == 2


async def bound(nim: NimClient) -> float:
    """Make a call, and return how long it may take, seconds."""
    attempts: Any = vars(nim)["_attempts"]
    original, bounds = attempts.carry_out, list[float]()

    async def carry_out(call: Any, read: Any) -> Any:
        reply = await original(call, read)
        bounds.append(call.until - anyio.current_time())
        return reply

    attempts.carry_out = carry_out
    try:
        await nim.chatroom.get(room_id=ROOM)
    finally:
        attempts.carry_out = original
    return bounds[0]


async def test_calls_from_threads_have_it_too(bot: Bot) -> None:
    """A plain function calls by `anyio.from_thread`, with the same bound."""

    @bot.before(MessageAsked, default=Reject(), budget=29)
    def decide(nim: NimClient) -> Verdict:
        return Allow() if anyio.from_thread.run(bound, nim) <= 29 else Reject()

    assert await bot.decide(ask()) == Allow()


@pytest.mark.virtual_time
async def test_calls_have_what_is_left(nim: NimClient) -> None:
    """A call that is made inside ends with the budget; tasks that go on afterwards are free."""
    bot = Bot(nim, blocked_after=None)
    deadlines: list[float] = []
    lasting = anyio.Event()

    @bot.before(MessageAsked, default=Reject(20001), budget=1.5)
    async def decide(nim: NimClient) -> Verdict:
        deadlines.extend([await bound(nim), await bound(nim.options(deadline=0.2))])
        await anyio.sleep(1.0)
        await note()
        tasks.start_soon(outlive)
        return Allow()

    async def note() -> None:
        deadlines.append(await bound(nim))

    async def outlive() -> None:
        await lasting.wait()
        await note()

    async with anyio.create_task_group() as tasks:
        assert await bot.decide(ask(), received=anyio.current_time() - 0.25) == Allow()
        lasting.set()
    assert deadlines == pytest.approx([1.25, 0.2, 0.25, 30.0])
    assert await bound(nim) == pytest.approx(30.0)


async def test_a_call_that_hangs(nim: NimClient, emulator: Emulator) -> None:
    """A service that does not answer costs the budget, and no more."""
    bot = Bot(nim)
    emulator.faults.add(Delay(3600), path="chatroom/get")
    ended: list[BaseException] = []

    @bot.before(MessageAsked, default=Reject(20001), budget=0.05)
    async def decide(nim: NimClient) -> Verdict:
        try:
            await nim.chatroom.get(room_id=ROOM)
        except BaseException as error:
            ended.append(error)
            raise
        return Allow()

    with anyio.fail_after(30):
        assert await bot.decide(ask()) == Reject(20001)
    assert len(ended) == 1
    assert isinstance(ended[0], TimedOut | anyio.get_cancelled_exc_class())


async def test_plain_functions_decide_too(bot: Bot) -> None:
    """They run in threads of their own, and are left behind when they take too long."""
    go_on = threading.Event()

    @bot.before(MessageAsked, default=Reject(20001), budget=0.05)
    def decide(ask: MessageAsked) -> Verdict:
        if ask.text == "slow":
            go_on.wait(30)
        return Allow()

    assert await bot.decide(ask("slow")) == Reject(20001)
    go_on.set()


async def test_a_flood_of_events_is_not_in_the_way(nim: NimClient) -> None:
    """While all workers and threads of events are taken, a verdict is given at once."""
    bot = Bot(nim, workers=2, threads=1, blocked_after=None)
    go_on, begun = threading.Event(), threading.Event()

    @bot.on(MessageEvent)
    def handler() -> None:
        begun.set()
        go_on.wait(30)

    @bot.before(MessageAsked, default=Reject(20001), budget=30)
    def decide() -> Verdict:
        return Allow(ext="thought about")

    async with bot:
        for room in range(20):
            await bot.accept(message(room=room))
        await until(begun.is_set)
        assert await bot.decide(ask()) == Allow(ext="thought about")
        go_on.set()


async def test_too_many_questions(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Beyond a bound the default is answered at once, so that neither memory nor time runs out."""
    monkeypatch.setattr(_deciding, "_MAX_QUESTIONS", 3)
    go_on = anyio.Event()
    decided: list[Verdict] = []

    @bot.before(MessageAsked, default=Reject(20001), budget=30)
    async def decide() -> Verdict:
        await go_on.wait()
        return Allow()

    async def one() -> None:
        decided.append(await bot.decide(ask()))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(one)
        await anyio.wait_all_tasks_blocked()
        assert await bot.decide(ask()) == Reject(20001)
        go_on.set()
    assert decided == [Allow()] * 3
    assert await bot.decide(ask()) == Allow()
    assert "3 questions are thought about already" in caplog.text


async def test_doors_of_the_other_kind(bot: Bot) -> None:
    """A question is no event to be accepted, and an event no question to be decided."""
    async with bot:
        for door in (bot.accept, bot.dispatch):
            with pytest.raises(ConfigurationError, match="decide"):
                await door(ask())
            with pytest.raises(ConfigurationError, match="decide"):
                await door(parse(b'{"eventType":1}'))
        with pytest.raises(ConfigurationError, match="asks for no verdict"):
            await bot.decide(message())
        assert await bot.feed(message()) is None
        assert await bot.feed(ask()) == Allow()
