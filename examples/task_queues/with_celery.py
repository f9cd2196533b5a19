"""
A call behind a web request, made by a worker of Celery.

A web view, under Django for instance, answers at once and leaves the call to a worker::

    welcome.delay(room_id=66, accid="lisi", text="hello")

and a worker is ``celery -A examples.task_queues.with_celery worker``, with ``NIM_APP_KEY`` and
``NIM_APP_SECRET`` in its environment. Tasks of Celery are no coroutines, so each process of the
worker keeps one event loop in a thread, with one client for all its tasks.

The id of the task is the id of the message, and tasks are acknowledged late: one whose worker dies
is run again, and says nothing twice. Jobs with an end are for `nim_async.batch`.
"""

# Celery has no types.
# mypy: disable-error-code="import-untyped, untyped-decorator"
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUntypedFunctionDecorator=false

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import partial
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from attrs import define, field
from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown

from nim_async import NimClient, NimError

ATTEMPTS = 5

app = Celery("rooms", broker=os.environ.get("TASKS_REDIS_URL", "redis://127.0.0.1/0"))
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
)


@define
class Shared:
    """The client of a process, on an event loop in a thread of its own."""

    portal: BlockingPortal | None = None
    nim: NimClient | None = None
    _open: ExitStack = field(factory=ExitStack)

    def open(self) -> None:
        """Open it, in the process that uses it: a client does not survive a fork."""
        self.portal = self._open.enter_context(start_blocking_portal())
        self.nim = self._open.enter_context(
            self.portal.wrap_async_context_manager(NimClient.from_env())
        )

    def close(self) -> None:
        """Close it."""
        self._open.close()

    def send(self, **message: Any) -> str:
        """Send a message, from any thread, and return its id."""
        if self.portal is None or self.nim is None:
            raise RuntimeError("the worker process has not begun")
        return self.portal.call(partial(self.nim.chatroom.send_msg, **message)).msg_id_client


shared = Shared()


@worker_process_init.connect
def open_client(**_: object) -> None:
    """Open the client of a process."""
    shared.open()


@worker_process_shutdown.connect
def close_client(**_: object) -> None:
    """Close it."""
    shared.close()


@app.task(bind=True, max_retries=ATTEMPTS)
def welcome(self: Any, *, room_id: int, accid: str, text: str) -> str | None:
    """
    Send a message; a task that is run again marks it as sent again.

    What the service says no to is not tried again: it would say no each time.
    """
    try:
        return shared.send(
            room_id=room_id,
            from_accid=accid,
            msg_type=0,
            attach=text,
            msg_id=self.request.id,
            resend_flag=1,  # the first time too: the service then drops what it has seen
        )
    except NimError as error:
        if error.maybe_processed or error.attempts == 0:
            raise self.retry(countdown=2**self.request.retries) from error  # no answer, or no place
        return None
