"""
Async client for the NetEase Yunxin IM (网易云信) chatroom server API.

::

    async with NimClient("app-key", "app-secret", region="cn") as nim:
        room = await nim.chatroom.create(creator="zhangsan", name="tea house")
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nim_async._core.operation import Idempotency, Kind, Operation, Param, operation_of
    from nim_async._core.options import ClientConfig
    from nim_async._core.tokens import dynamic_token
    from nim_async._core.wechat import wechat_domains
    from nim_async._generated.models import (
        ClientPlatform,
        ClientType,
        DelayClosePolicy,
        Gender,
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
        AlreadyRegistered,
        ApiError,
        AuthenticationError,
        CallbackError,
        ConfigurationError,
        ConnectError,
        DecodeError,
        Duplicate,
        MalformedCallback,
        MissingField,
        NimError,
        NotFound,
        NotRegistered,
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
    from nim_async.limits import Limiter
    from nim_async.messages import Audio, Custom, File, Location, Picture, Text, Tips, Video
    from nim_async.observe import (
        AttemptFinished,
        CallFinished,
        CallStarted,
        EndpointPaused,
        EndpointState,
        Event,
        Hook,
        LimitState,
        OddReply,
        OperationClosed,
        Statistics,
        Waited,
    )
    from nim_async.retry import Again, Failure, RetryPolicy, Stop
else:
    # What is asked for is imported when it is asked for, so that an import costs little.
    _HOMES = {
        "_core.operation": "Idempotency Kind Operation Param operation_of",
        "_core.options": "ClientConfig",
        "_core.tokens": "dynamic_token",
        "_core.wechat": "wechat_domains",
        "_generated.models": """
            ClientPlatform ClientType DelayClosePolicy Gender HistoryOrder MemberKind MessageItem
            MessageType NotificationType QueueItem QueueLevel RankOrder RankPeriod RoleOpt
            RoleType ServiceCode
        """,
        "_generated.operations": "OPERATIONS",
        "_version": "__version__",
        "client": "NimClient",
        "config": "RateLimit",
        "errors": """
            AlreadyRegistered ApiError AuthenticationError CallbackError ConfigurationError
            ConnectError DecodeError Duplicate MalformedCallback MissingField NimError NotFound
            NotRegistered ParameterError PermissionDenied RateLimited ServerBusy ServerError
            SignatureMismatch StaleCallback StatusError TimedOut TransportError
        """,
        "limits": "Limiter",
        "messages": "Audio Custom File Location Picture Text Tips Video",
        "observe": """
            AttemptFinished CallFinished CallStarted EndpointPaused EndpointState Event
            Hook LimitState OddReply OperationClosed Statistics Waited
        """,
        "retry": "Again Failure RetryPolicy Stop",
        "_session.signing_transport": "SigningTransport",
    }
    _HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}
    _MODULES = frozenset(
        {"client", "config", "errors", "limits", "messages", "models", "observe", "retry"}
        | {"batch", "bot", "webhooks"}
    )

    def __getattr__(name: str) -> object:
        """Import what a public name stands for."""
        if name in _MODULES:
            return import_module(f"{__name__}.{name}")
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        """List the public names."""
        return sorted({*globals(), *_HOME_OF, *_MODULES})


__all__ = [
    "OPERATIONS",
    "Again",
    "AlreadyRegistered",
    "ApiError",
    "AttemptFinished",
    "Audio",
    "AuthenticationError",
    "CallFinished",
    "CallStarted",
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
    "EndpointPaused",
    "EndpointState",
    "Event",
    "Failure",
    "File",
    "Gender",
    "HistoryOrder",
    "Hook",
    "Idempotency",
    "Kind",
    "LimitState",
    "Limiter",
    "Location",
    "MalformedCallback",
    "MemberKind",
    "MessageItem",
    "MessageType",
    "MissingField",
    "NimClient",
    "NimError",
    "NotFound",
    "NotRegistered",
    "NotificationType",
    "OddReply",
    "Operation",
    "OperationClosed",
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
    "Statistics",
    "StatusError",
    "Stop",
    "Text",
    "TimedOut",
    "Tips",
    "TransportError",
    "Video",
    "Waited",
    "__version__",
    "dynamic_token",
    "operation_of",
    "wechat_domains",
]
