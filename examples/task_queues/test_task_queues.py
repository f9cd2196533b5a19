"""The recipes, run by a worker each, against the emulator."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from celery.contrib.testing import worker as celery_worker  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
from taskiq import InMemoryBroker

from examples.task_queues import with_celery, with_taskiq
from nim_async.emulator import Code, Drop, Emulator
from tests.doubles import name_in_environment, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

KEY, SECRET, ROOM = "app-key", "app-secret", 66
HELLO: dict[str, Any] = {"room_id": ROOM, "accid": "lisi", "text": "hello"}
SEND = "chatroom.send_msg"

pytestmark = [
    pytest.mark.slow,
    # Of what Celery stands on.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]


@pytest.fixture(name="emulator")
def _emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Serve an app with a room, and name it in the environment."""
    emulator = Emulator(KEY, SECRET)
    emulator.add_room("owner", room_id=ROOM)
    with served(emulator) as url:
        name_in_environment(monkeypatch, KEY, SECRET, url)
        yield emulator


def said(emulator: Emulator) -> list[str]:
    """Return what was said in the room."""
    return [message.attach for message in emulator.messages(ROOM)]


# taskiq


@pytest.fixture(name="broker")
async def _broker(emulator: Emulator) -> AsyncIterator[InMemoryBroker]:  # noqa: ARG001
    """Start the broker, whose worker is in this process."""
    broker = with_taskiq.broker
    assert isinstance(broker, InMemoryBroker)
    await broker.startup()
    yield broker
    await broker.shutdown()


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as taskiq does."""
    return "asyncio"


@pytest.mark.usefixtures("broker")
async def test_taskiq_makes_the_call(emulator: Emulator) -> None:
    """The message is sent, and the result is its id, which is that of the task."""
    task = await with_taskiq.welcome.kiq(**HELLO)
    result = await task.wait_result(timeout=30)
    assert result.return_value == task.task_id
    assert said(emulator) == ["hello"]


async def test_taskiq_delivers_a_task_twice(emulator: Emulator, broker: InMemoryBroker) -> None:
    """A task that comes again says nothing twice."""
    task_id = uuid.uuid4().hex
    for _ in range(2):
        kicker = with_taskiq.welcome.kicker().with_broker(broker).with_task_id(task_id)
        await kicker.kiq(**HELLO)
        await broker.wait_all()
    assert len(emulator.calls) == 2
    assert said(emulator) == ["hello"]


@pytest.mark.usefixtures("broker")
async def test_taskiq_tries_a_no_once(emulator: Emulator) -> None:
    """What the service says no to ends the task."""
    emulator.faults.add(Code(403), times=None)
    task = await with_taskiq.welcome.kiq(**HELLO)
    result = await task.wait_result(timeout=30)
    assert (result.return_value, len(emulator.calls)) == (None, 1)


# Celery


def begin(task: Any) -> Any:
    """Leave a call to the worker."""
    return task.delay(**HELLO)


@pytest.fixture(name="worker")
def _worker(emulator: Emulator) -> Iterator[None]:  # noqa: ARG001
    """Run a worker in this process, with a broker in memory."""
    app: Any = with_celery.app
    workers: Any = celery_worker
    app.conf.update(broker_url="memory://", result_backend="cache+memory://")
    with workers.start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
        try:
            yield
        finally:
            with_celery.close_client()


@pytest.mark.usefixtures("worker")
def test_celery_makes_the_call(emulator: Emulator) -> None:
    """The message is sent, and the result is its id, which is that of the task."""
    result = begin(with_celery.welcome)
    assert result.get(timeout=30) == result.id
    assert said(emulator) == ["hello"]


@pytest.mark.usefixtures("worker")
def test_celery_runs_a_task_twice(emulator: Emulator) -> None:
    """A task that is run again, since it got no answer, says nothing twice."""
    emulator.faults.add(Drop(after=True), path=SEND, times=3)  # as often as the client tries
    result = begin(with_celery.welcome)
    assert result.get(timeout=30) == result.id
    assert len(emulator.calls) == 4
    assert said(emulator) == ["hello"]


@pytest.mark.usefixtures("worker")
def test_celery_tries_a_no_once(emulator: Emulator) -> None:
    """What the service says no to ends the task."""
    emulator.faults.add(Code(403), times=None)
    assert begin(with_celery.welcome).get(timeout=30) is None
    assert len(emulator.calls) == 1


def test_celery_without_its_process() -> None:
    """A task outside of a worker says so."""
    with pytest.raises(RuntimeError, match="not begun"):
        with_celery.Shared().send(room_id=ROOM)
