"""
Batch jobs: one operation on many rows, and what became of each of them.

::

    async for outcome in run(nim.chatroom.send_msg, rows, concurrency=100):
        print(outcome.row, outcome.status, outcome.result, outcome.error)
"""

from nim_async.batch._outcome import Outcome, Progress, Status
from nim_async.batch._run import Run, run

__all__ = ["Outcome", "Progress", "Run", "Status", "run"]
