"""
Async client for the NetEase Yunxin IM (网易云信) chatroom server API.

::

    async with NimClient("app-key", "app-secret", region="cn") as nim:
        room = await nim.chatroom.create(creator="zhangsan", name="tea house")
"""

from nim_async._core.operation import Idempotency, Kind, Operation, Param
from nim_async._core.options import ClientConfig
from nim_async._generated.models import (
    ClientPlatform,
    ClientType,
    DelayClosePolicy,
    HistoryOrder,
    MemberKind,
    MessageItem,
    MessageType,
    NotificationType,
    QueueItem,
    QueueLevel,
    RankOrder,
    RankPeriod,
    RoleOpt,
    RoleType,
    ServiceCode,
)
from nim_async._generated.operations import OPERATIONS
from nim_async._session.signing_transport import SigningTransport
from nim_async._version import __version__
from nim_async.client import NimClient
from nim_async.config import RateLimit
from nim_async.errors import (
    ApiError,
    AuthenticationError,
    CallbackError,
    ConfigurationError,
    ConnectError,
    DecodeError,
    Duplicate,
    MalformedCallback,
    NimError,
    NotFound,
    ParameterError,
    PermissionDenied,
    RateLimited,
    ServerBusy,
    ServerError,
    SignatureMismatch,
    StaleCallback,
    StatusError,
    TimedOut,
    TransportError,
)
from nim_async.messages import Audio, Custom, File, Location, Picture, Text, Tips, Video
from nim_async.retry import Again, Failure, RetryPolicy, Stop

__all__ = [
    "OPERATIONS",
    "Again",
    "ApiError",
    "Audio",
    "AuthenticationError",
    "CallbackError",
    "ClientConfig",
    "ClientPlatform",
    "ClientType",
    "ConfigurationError",
    "ConnectError",
    "Custom",
    "DecodeError",
    "DelayClosePolicy",
    "Duplicate",
    "Failure",
    "File",
    "HistoryOrder",
    "Idempotency",
    "Kind",
    "Location",
    "MalformedCallback",
    "MemberKind",
    "MessageItem",
    "MessageType",
    "NimClient",
    "NimError",
    "NotFound",
    "NotificationType",
    "Operation",
    "Param",
    "ParameterError",
    "PermissionDenied",
    "Picture",
    "QueueItem",
    "QueueLevel",
    "RankOrder",
    "RankPeriod",
    "RateLimit",
    "RateLimited",
    "RetryPolicy",
    "RoleOpt",
    "RoleType",
    "ServerBusy",
    "ServerError",
    "ServiceCode",
    "SignatureMismatch",
    "SigningTransport",
    "StaleCallback",
    "StatusError",
    "Stop",
    "Text",
    "TimedOut",
    "Tips",
    "TransportError",
    "Video",
    "__version__",
]
