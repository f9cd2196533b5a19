"""
Batch jobs: one operation on many rows, and what became of each of them.

::

    async for outcome in run(nim.chatroom.send_msg, rows, concurrency=100):
        print(outcome.row, outcome.status, outcome.result, outcome.error)
"""

from nim_async.batch._chunks import in_chunks
from nim_async.batch._once import KeyedRooms, create_once
from nim_async.batch._outcome import Outcome, Progress, Status
from nim_async.batch._rooms import all_members, all_messages, save_messages, send_to_rooms
from nim_async.batch._run import Run, run

__all__ = [
    "KeyedRooms",
    "Outcome",
    "Progress",
    "Run",
    "Status",
    "all_members",
    "all_messages",
    "create_once",
    "in_chunks",
    "run",
    "save_messages",
    "send_to_rooms",
]
