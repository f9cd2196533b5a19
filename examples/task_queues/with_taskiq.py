"""
A call behind a web request, made by a worker of taskiq.

The web server answers at once and leaves the call to a worker::

    await welcome.kiq(room_id=66, accid="lisi", text="hello")

and a worker is ``taskiq worker examples.task_queues.with_taskiq:broker``, with ``NIM_APP_KEY`` and
``NIM_APP_SECRET`` in its environment. The id of the task is the id of the message: a task that is
delivered again, since its worker died before it was acknowledged, says nothing twice.

This is for single calls. A job with an end, such as a message to 50,000 rooms, is one for
`nim_async.batch`: what a dead worker of a Redis stream had taken is handed to others only when
new messages come, so the last ones of a job could wait for ever.
"""

from __future__ import annotations

import os
from typing import Annotated

from taskiq import AsyncBroker, Context, InMemoryBroker, TaskiqDepends, TaskiqEvents, TaskiqState
from taskiq.middlewares import SmartRetryMiddleware
from taskiq_redis import RedisStreamBroker

from nim_async import NimClient, NimError

ATTEMPTS = 5


def make_broker(redis: str | None) -> AsyncBroker:
    """Return a broker on Redis, or one in this process for tests."""
    broker: AsyncBroker = InMemoryBroker() if redis is None else RedisStreamBroker(redis)
    return broker.with_middlewares(
        SmartRetryMiddleware(default_retry_count=ATTEMPTS, default_delay=1, use_jitter=True)
    )


broker = make_broker(os.environ.get("TASKS_REDIS_URL"))


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def open_client(state: TaskiqState) -> None:
    """Open one client for all tasks of a worker."""
    state.nim = await NimClient.from_env().__aenter__()


@broker.on_event(TaskiqEvents.WORKER_SHUTDOWN)
async def close_client(state: TaskiqState) -> None:
    """Let calls under way finish, and close it."""
    await state.nim.aclose(drain=5)


@broker.task(retry_on_error=True)
async def welcome(
    room_id: int, accid: str, text: str, context: Annotated[Context, TaskiqDepends()]
) -> str | None:
    """
    Send a message; a task that is run again marks it as sent again.

    What the service says no to is not tried again: it would say no each time.
    """
    nim: NimClient = context.state.nim
    try:
        sent = await nim.chatroom.send_msg(
            room_id=room_id,
            from_accid=accid,
            msg_type=0,
            attach=text,
            msg_id=context.message.task_id,
            resend_flag=1,  # the first time too: the service then drops what it has seen
        )
    except NimError as error:
        if error.maybe_processed or error.attempts == 0:
            raise  # no answer, or no place: SmartRetryMiddleware sends the task again
        return None
    return sent.msg_id_client
