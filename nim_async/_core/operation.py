"""The shape of one API call, as the generated table describes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, StrEnum
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from attrs import field, frozen

from nim_async.config import RateLimit
from nim_async.errors import ConfigurationError

R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])
INT64_LIMIT = 2**63
_OPERATION = "_nim_async_operation"
_OF_MESSAGES = frozenset({"msg_id", "msg_type", "attach"})

# Free text that goes as it is, or a value that is written as JSON.
Json: TypeAlias = str | int | float | bool | Mapping[str, Any] | Sequence[Any]


class Kind(StrEnum):
    """How the value of a parameter is written into its form field."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    INTEGERS = "integers"  # "0,1,100"
    TEXTS = "texts"  # a JSON array of strings
    OBJECT = "object"  # a JSON object
    OBJECTS = "objects"  # a JSON array of objects, described by Param.items
    JSON = "json"  # text that goes as it is, or any value, written as JSON


class Idempotency(Enum):
    """What a second, equal call does."""

    READ = "read"
    IDEMPOTENT_WRITE = "idempotent_write"
    NON_IDEMPOTENT = "non_idempotent"

    @property
    def repeatable(self) -> bool:
        """Whether a call may be sent again although an earlier one may have arrived."""
        return self is not Idempotency.NON_IDEMPOTENT


class Repeat(Enum):
    """What may be done with a call that may have been carried out already."""

    ALWAYS = "always"  # sending it again does no harm
    MARKED = "marked"  # the service drops a message that is marked as sent again
    NEVER = "never"


@frozen(kw_only=True)
class Param:
    """
    One parameter of an operation, with its documented limits.

    Lengths count UTF-16 units: the service states characters and does not say how it counts
    those outside the basic plane, so the larger count is the careful one.
    """

    wire_name: str
    python_name: str
    kind: Kind
    required: bool = False
    max_length: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    max_items: int | None = None
    choices: tuple[int | str, ...] | None = None
    default: int | float | str | bool | None = None  # what the service assumes when it is left out
    pattern: str | None = None  # what the whole text has to match
    empty_clears: bool = False  # an empty text takes away what is there
    deprecated: bool = False
    generated: bool = False  # filled in by the client when the caller gives none
    items: tuple[Param, ...] = ()
    whole_numbers: range = field(init=False, repr=False, eq=False)  # those to take unseen

    def __attrs_post_init__(self) -> None:
        """Make the range of whole numbers, which is empty where none or only some are taken."""
        least = -INT64_LIMIT if self.minimum is None else self.minimum
        most = INT64_LIMIT - 1 if self.maximum is None else self.maximum
        plain = self.kind is Kind.INTEGER and self.choices is None
        found = range(least, most + 1) if plain else range(0)
        object.__setattr__(self, "whole_numbers", found)


@frozen(kw_only=True)
class Operation(Generic[R]):
    """
    One API call: where it goes, what it takes, what it gives back.

    ``envelope`` is the key of the reply that holds the payload; ``None`` means that the fields
    sit beside ``code``. ``deduplicated`` says that the service drops a repeat that carries the
    same ``msgId`` and ``resendFlag=1``, ``duplicate_is_success`` that its method returns where a
    repeat is refused because the first attempt was carried out. ``qualified_name`` is what users
    call it by, such as ``chatroom.create``; ``repeat`` is what may be done after a lost answer,
    ``penalty`` how many seconds the service closes the operation after code 416, ``names`` the
    Python names of its parameters, ``required`` those that a caller has to give, and
    ``carries_message`` whether one of them is of a message.
    """

    path: str
    namespace: str
    name: str
    summary: str
    params: tuple[Param, ...]
    reply: type[R]
    envelope: str | None
    idempotency: Idempotency
    rate_limit: RateLimit | None
    codes: frozenset[int]
    deduplicated: bool = False
    duplicate_is_success: bool = False
    in_tutorial: bool = False
    qualified_name: str = field(init=False, repr=False, eq=False)
    repeat: Repeat = field(init=False, repr=False, eq=False)
    penalty: float | None = field(init=False, repr=False, eq=False)
    by_wire_name: dict[str, Param] = field(init=False, repr=False, eq=False)
    names: frozenset[str] = field(init=False, repr=False, eq=False)
    required: frozenset[str] = field(init=False, repr=False, eq=False)
    carries_message: bool = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        """Make what is derived from the rest."""
        repeat = Repeat.MARKED if self.deduplicated else Repeat.NEVER
        object.__setattr__(self, "repeat", Repeat.ALWAYS if self.idempotency.repeatable else repeat)
        penalty = None if self.rate_limit is None else self.rate_limit.block_seconds
        object.__setattr__(self, "penalty", penalty)
        object.__setattr__(self, "qualified_name", f"{self.namespace}.{self.name}")
        object.__setattr__(self, "by_wire_name", {p.wire_name: p for p in self.params})
        object.__setattr__(self, "names", frozenset(p.python_name for p in self.params))
        needed = (p.python_name for p in self.params if p.required and not p.generated)
        object.__setattr__(self, "required", frozenset(needed))
        object.__setattr__(self, "carries_message", not _OF_MESSAGES.isdisjoint(self.names))


class Body(Protocol):
    """A message body that knows its type, such as `Text` or `Picture`."""

    @property
    def msg_type(self) -> int:
        """The number of the message type."""
        ...

    def attach(self) -> str:
        """Return the content as it goes on the wire."""
        ...


class Settings(Protocol):
    """What a namespace has to know of a client."""

    @property
    def deadline(self) -> float:
        """Bound of a whole call, seconds."""
        ...


class Client(Protocol):
    """What a method of a namespace hands its operation and its arguments to."""

    @property
    def config(self) -> Settings:
        """What the client is made from."""
        ...

    def options(self, *, deadline: float | None, trace_id: str | None) -> Client:
        """Return a view with other options."""
        ...

    async def invoke(self, operation: Operation[R], arguments: Mapping[str, Any], /) -> R:
        """Carry the operation out and return its reply."""
        ...


def implements(operation: Operation[Any]) -> Callable[[F], F]:
    """Note on a method which operation it stands for; see `operation_of`."""

    def note(method: F) -> F:
        setattr(method, _OPERATION, operation)
        return method

    return note


def operation_of(method: Callable[..., Any]) -> Operation[Any]:
    """
    Return the operation behind a method of a client.

    Args:
        method: A method that stands for one operation, such as ``nim.chatroom.get``.

    Raises:
        ConfigurationError: It is no such method. The iterators are none: they call an operation
            as often as it takes.
    """
    operation: Operation[Any] | None = getattr(method, _OPERATION, None)
    if operation is None:
        name = getattr(method, "__qualname__", None) or type(method).__name__
        raise ConfigurationError(
            f"{name} is no method of an operation; give one such as nim.chatroom.get"
        )
    return operation


def client_of(method: Callable[..., Any]) -> Any:
    """Return the client of a method of a namespace, or ``None`` for any other callable."""
    return getattr(getattr(method, "__self__", None), "_client", None)
