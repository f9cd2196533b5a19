"""
Webhooks of the service: whether they are genuine, and what they say.

Pure functions over headers and raw bytes, for any web server::

    event = unwrap(request.headers, await request.body(), "app-secret")
    if isinstance(event, MessageEvent):
        print(event.room_id, event.from_account, event.text)

The service sends *copies* of what has happened, and *callbacks* that ask before something happens.
A copy may come more than once and in any order: events that have the same ``key`` are the same.
"""

from nim_async.webhooks._asked import EnterAsked, LoginAsked, MessageAsked
from nim_async.webhooks._event import Asked, Event, Source, Spoken, Told
from nim_async.webhooks._parsing import parse, reread, unwrap
from nim_async.webhooks._signature import Body, Headers, verify
from nim_async.webhooks._told import (
    AddressCheck,
    AntispamEvent,
    AntispamResult,
    CallbackFailedEvent,
    EnteredEvent,
    ExitReason,
    FailureReason,
    KickedEvent,
    LeftEvent,
    LoginEvent,
    LoginFailedEvent,
    LoginScope,
    LogoutEvent,
    MessageEvent,
    Moved,
    QueueEvent,
    QueueOperation,
    UnknownEvent,
)

__all__ = [
    "AddressCheck",
    "AntispamEvent",
    "AntispamResult",
    "Asked",
    "Body",
    "CallbackFailedEvent",
    "EnterAsked",
    "EnteredEvent",
    "Event",
    "ExitReason",
    "FailureReason",
    "Headers",
    "KickedEvent",
    "LeftEvent",
    "LoginAsked",
    "LoginEvent",
    "LoginFailedEvent",
    "LoginScope",
    "LogoutEvent",
    "MessageAsked",
    "MessageEvent",
    "Moved",
    "QueueEvent",
    "QueueOperation",
    "Source",
    "Spoken",
    "Told",
    "UnknownEvent",
    "parse",
    "reread",
    "unwrap",
    "verify",
]
