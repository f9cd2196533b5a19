"""
Everything this library raises on purpose.

::

    NimError                    operation, trace_id, endpoint, attempts, earlier, earlier_dropped
    ├── ConfigurationError      also ValueError; nothing was sent
    ├── MissingField            also AttributeError; reply, field: what a reply lacks was read
    ├── CallbackError           check: a webhook that is not believed, or cannot be read
    │   ├── SignatureMismatch   not signed with the secret, or for another app
    │   ├── StaleCallback       too old, or from the future
    │   └── MalformedCallback   a header or the body is not of the documented form
    ├── TransportError          no usable answer
    │   ├── ConnectError        also ConnectionError; never reached the service, safe to repeat
    │   ├── TimedOut            also TimeoutError; phase: what was going on
    │   ├── StatusError         status_code: anything but HTTP 200
    │   └── DecodeError         raw, problems: an answer that is not what was promised
    └── ApiError                code, desc, payload; unknown codes stay ApiError
        ├── ParameterError      parameter, limit, given: also raised before anything is sent
        │   ├── AuthenticationError     key, checksum or time refused
        │   ├── AlreadyRegistered       the account exists
        │   └── NotRegistered           the account does not exist
        ├── PermissionDenied
        ├── NotFound
        ├── Duplicate
        ├── ServerError
        │   └── ServerBusy
        └── RateLimited         retry_after

Whether a failed call took effect is shown by two flags that every error has:

=================== ============= ==================================================
``maybe_processed`` ``processed`` meaning
=================== ============= ==================================================
``False``           ``False``     surely not carried out: repeating it is safe
``True``            ``False``     may have been carried out: look before you repeat
``True``            ``True``      surely carried out, only the answer was unusable
=================== ============= ==================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from nim_async.errors._root import MESSAGE_CHARACTERS, NimError
from nim_async.errors._shedding import TEXT_CHARACTERS, one_line, set_own

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "AlreadyRegistered",
    "ApiError",
    "AuthenticationError",
    "CallbackError",
    "ConfigurationError",
    "ConnectError",
    "DecodeError",
    "Duplicate",
    "MalformedCallback",
    "MissingField",
    "NimError",
    "NotFound",
    "NotRegistered",
    "ParameterError",
    "PermissionDenied",
    "Phase",
    "RateLimited",
    "ServerBusy",
    "ServerError",
    "SignatureMismatch",
    "StaleCallback",
    "StatusError",
    "TimedOut",
    "TransportError",
    "api_error",
    "error_class",
]

_PROBLEMS = 20
_DESC_CHARACTERS = 80
_RAW_BYTES = 4096
_PAYLOAD_BYTES = 16 * 1024

Phase = Literal["connect", "write", "read", "pool", "rate limit"]


class ConfigurationError(NimError, ValueError):
    """
    The client was set up or used wrongly; nothing was sent.

    Attributes:
        option: Name of the option that is wrong, where one is.
    """

    option: str | None = None

    def __init__(self, message: str = "", *, option: str | None = None) -> None:
        """Keep the message and the name of the option."""
        super().__init__(message)
        if option is not None:
            self.option = option


class MissingField(NimError, AttributeError):
    """
    A field was read that the service left out, or sent in a form that cannot be read.

    A call whose reply lacks it was carried out. The raw value, if there was one, is in ``extra`` of
    the reply or event.

    Attributes:
        reply: Name of the class of the reply, event or message body.
        field: Name of the field.
    """

    reply: str
    field: str
    maybe_processed = True
    processed = True

    def __init__(self, reply: str, field: str) -> None:
        """Keep what is missing where; not the reply itself, which an error must not show."""
        super().__init__(f"{reply}.{field} is missing in what the service sent")
        self.reply = reply
        self.field = field
        set_own(self, "name", field)


class CallbackError(NimError):
    """
    A webhook is not believed, or cannot be read.

    Its text says which check failed, never what would have been right.

    Attributes:
        check: What failed: ``"AppKey"``, ``"CurTime"``, ``"MD5"``, ``"CheckSum"``, ``"headers"`` or
            ``"body"``.
    """

    check: str

    def __init__(self, message: str = "", *, check: str = "") -> None:
        """Keep the message and the name of the check."""
        super().__init__(message)
        self.check = check


class SignatureMismatch(CallbackError):
    """A webhook is not signed with the secret, was changed on its way, or is for another app."""


class StaleCallback(CallbackError):
    """A webhook was signed too long ago, or too far in the future."""


class MalformedCallback(CallbackError):
    """A header of a webhook is missing or no such header, or its body is no JSON object."""


class TransportError(NimError):
    """There was no usable answer; see ``maybe_processed`` before you try again."""

    def __init__(self, message: str = "", *, maybe_processed: bool = True) -> None:
        """Keep the message and whether the service may have acted."""
        super().__init__(message)
        self.maybe_processed = maybe_processed


class ConnectError(TransportError, ConnectionError):
    """The service was never reached: always safe to repeat."""

    def __init__(self, message: str = "") -> None:
        """Nothing was sent, so nothing can have been processed."""
        super().__init__(message, maybe_processed=False)


class TimedOut(TransportError, TimeoutError):
    """
    Time ran out.

    Attributes:
        phase: What was going on: ``"connect"``, ``"write"``, ``"read"``, ``"pool"`` (waiting for
            a free connection) or ``"rate limit"`` (waiting for the operation's turn).
    """

    phase: Phase

    def __init__(self, message: str = "", *, phase: Phase, maybe_processed: bool) -> None:
        """Keep what was going on when time ran out."""
        super().__init__(message or f"timed out ({phase})", maybe_processed=maybe_processed)
        self.phase = phase


class StatusError(TransportError):
    """
    A gateway answered in place of the service, which always answers HTTP 200.

    Attributes:
        status_code: The HTTP status.
    """

    status_code: int

    # The documented meaning of 400 is that the gateway refused the request.
    _refused: ClassVar[frozenset[int]] = frozenset({400})

    def __init__(self, status_code: int) -> None:
        """Keep the status."""
        super().__init__(f"HTTP {status_code}", maybe_processed=status_code not in self._refused)
        self.status_code = status_code


class DecodeError(TransportError):
    """
    The answer is not what the service promises.

    Attributes:
        raw: The first 4096 bytes of the answer.
        problems: What is wrong, one line for each place, with its path; the first 20, each cut
            after 200 characters.
    """

    raw: bytes
    problems: list[str]

    def __init__(
        self, problems: Sequence[str], *, raw: bytes = b"", processed: bool = False
    ) -> None:
        """Keep the problems and a bounded piece of the answer."""
        self.problems = [problem[:TEXT_CHARACTERS] for problem in problems[:_PROBLEMS]]
        super().__init__("; ".join(self.problems))
        self.processed = processed
        self.show(raw)

    def show(self, raw: bytes) -> None:
        """Keep the first bytes of an answer."""
        self.raw = raw[:_RAW_BYTES]


_classes: dict[int, type[ApiError]] = {}


class ApiError(NimError):
    """
    The service said no.

    Attributes:
        code: The code of the reply.
        desc: The service's explanation, cut after 2000 characters; may be empty.
        payload: The decoded reply; of one of more than 16 KiB only ``code`` and ``desc``; empty
            where nothing was sent.
        codes: The codes that this class stands for.
    """

    code: int
    desc: str
    payload: Mapping[str, Any]
    maybe_processed: bool
    processed: bool

    # Known codes for which no caller would act differently.
    codes: ClassVar[frozenset[int]] = frozenset(
        {201, 406, 413, 415, 418, 419, 508, 509, 801, 805, 806, 807, 808, 810, 811, 813, 814, 815}
        | {816, 997, 9102, 9103, 10201, 10202, 10406, 10409, 10410, 10417, 10419, 10420, 10431}
        | {10432, 10433, 11001, 13001, 13002, 13005}
    )
    _done: ClassVar[frozenset[int]] = frozenset({808, 810, 813, 816, 10201})
    _undecided: ClassVar[frozenset[int]] = frozenset({415, 418})

    def __init__(
        self, code: int, desc: str = "", *, payload: Mapping[str, Any] | None = None
    ) -> None:
        """Keep what the service said."""
        desc = desc[:MESSAGE_CHARACTERS]
        super().__init__(f"{code} {desc}" if desc else str(code))
        self.code = code
        self.desc = desc
        self.payload = {} if payload is None else payload
        self.processed = code in self._done
        self.maybe_processed = code in self._done or code in self._undecided or code not in _classes

    def show(self, raw: bytes) -> None:
        """Let the payload go if the answer was long."""
        if len(raw) > _PAYLOAD_BYTES:
            self.payload = {"code": self.code, "desc": self.desc}

    def __init_subclass__(cls) -> None:
        """Register the codes of the class, each of which may have only one class."""
        super().__init_subclass__()
        if "codes" in cls.__dict__:
            _register(cls)


def _register(cls: type[ApiError]) -> None:
    for code in cls.codes:
        if code in _classes:
            raise ValueError(f"code {code} belongs to {_classes[code].__name__} already")
        _classes[code] = cls


_register(ApiError)


class ParameterError(ApiError):
    """
    A parameter is wrong: refused by this library before anything was sent, or by the service.

    Attributes:
        parameter: Name of the parameter, where this library refused it.
        limit: What is allowed.
        given: What was given, short: a length, a number, a type, or the beginning of a text
            that cannot be secret.
        instead: What to do about it, where that is known.
    """

    parameter: str | None = None
    limit: str | None = None
    given: str | None = None
    instead: str | None = None
    codes: ClassVar[frozenset[int]] = frozenset({405, 414, 998, 999})

    @classmethod
    def refused(
        cls, parameter: str, limit: str, given: str, instead: str | None = None
    ) -> ParameterError:
        """Refuse a parameter in place of the service, which would answer 414."""
        text = f"{parameter}: {limit}; given: {given}"
        error = cls(414, f"{text}; {instead}" if instead else text)
        error.args = (f"nothing was sent: {error.desc}",)
        error.parameter, error.limit, error.given = parameter, limit, given
        error.instead = instead
        return error


class AuthenticationError(ParameterError):
    """
    The service refused key, checksum or time.

    It uses the code of a wrong parameter (414) for this; the class is chosen by ``desc``, whose
    texts are not a contract.
    """

    # What the words of ``desc`` point to.
    _remedies: ClassVar[Mapping[str, str]] = {
        "checksum": "does the secret belong to the key? app_secret or NIM_APP_SECRET has it",
        "appkey": "is the key that of the app? app_key or NIM_APP_KEY has it",
        "curtime": "is the clock of this machine right? the service allows 5 minutes",
    }

    def __init__(
        self, code: int, desc: str = "", *, payload: Mapping[str, Any] | None = None
    ) -> None:
        """Keep what the service said, and what to do about it."""
        super().__init__(code, desc, payload=payload)
        remedy = next((r for word, r in self._remedies.items() if word in desc.lower()), None)
        if remedy is not None:
            set_own(self, "args", (f"{code} {one_line(desc)[:_DESC_CHARACTERS]}; {remedy}",))

    @classmethod
    def is_meant(cls, desc: str) -> bool:
        """Return whether the text of a refusal speaks of key, checksum or time."""
        return any(word in desc.lower() for word in cls._remedies)


class AlreadyRegistered(ParameterError):
    """
    The account exists already, and nothing of it was changed.

    The service uses the code of a wrong parameter (414) for this; the class is chosen by
    ``desc``, whose texts are not a contract. After a lost answer to ``nim.user.create`` it may
    mean that the first call was carried out; ``nim.user.refresh_token`` then returns a token.
    """

    @classmethod
    def is_meant(cls, desc: str) -> bool:
        """Return whether the text of a refusal speaks of an account that exists."""
        return "already register" in desc.lower()


class NotRegistered(ParameterError):
    """
    The account does not exist.

    The service uses the code of a wrong parameter (414) for this; the class is chosen by
    ``desc``, whose texts are not a contract.
    """

    @classmethod
    def is_meant(cls, desc: str) -> bool:
        """Return whether the text of a refusal speaks of an account that does not exist."""
        return "not register" in desc.lower()


# What one code stands for, told by its text. An account comes first: its name, which stands in
# the text, may be that of a header, but has no spaces.
_OF_MANY_MEANINGS = 414
_MEANINGS = (AlreadyRegistered, NotRegistered, AuthenticationError)


class PermissionDenied(ApiError):
    """The acting account, the app or the caller's address may not do this."""

    codes: ClassVar[frozenset[int]] = frozenset(
        {301, 302, 315, 403, 422, 423, 802, 812, 7101, 10435, 13003, 13004, 13006}
    )


class NotFound(ApiError):
    """The room, the account or the element does not exist."""

    codes: ClassVar[frozenset[int]] = frozenset({404, 803, 804, 10404, 10408, 10434, 10436})


class Duplicate(ApiError):
    """The service has seen the request already (431), or the state is as asked (417 and others)."""

    codes: ClassVar[frozenset[int]] = frozenset({417, 431, 809, 10405, 10407, 10437, 10438, 10441})
    _undecided: ClassVar[frozenset[int]] = frozenset({431})


class ServerError(ApiError):
    """The service failed; it may have carried the call out, wholly or in part."""

    codes: ClassVar[frozenset[int]] = frozenset({408, 500, 501})
    _undecided: ClassVar[frozenset[int]] = frozenset({408, 500, 501, 503, 514})


class ServerBusy(ServerError):
    """The service is busy or not available: wait before you try again."""

    codes: ClassVar[frozenset[int]] = frozenset({503, 514})


class RateLimited(ApiError):
    """
    Called too often. The call was not carried out, and the operation stays closed for a while.

    Attributes:
        retry_after: Seconds the operation stays closed for the app, where it is documented.
    """

    retry_after: float | None = None
    codes: ClassVar[frozenset[int]] = frozenset({416})


def api_error(
    code: int,
    desc: str,
    *,
    payload: Mapping[str, Any] | None = None,
) -> ApiError:
    """Build the error that stands for a code."""
    cls = _classes.get(code, ApiError)
    if code == _OF_MANY_MEANINGS:
        cls = next((meaning for meaning in _MEANINGS if meaning.is_meant(desc)), cls)
    return cls(code, desc, payload=payload)


def error_class(code: int) -> type[ApiError]:
    """Return the class that stands for a code."""
    return _classes.get(code, ApiError)
