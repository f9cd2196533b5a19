"""What all events have in common."""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003  the types of fields are looked up
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, ClassVar, Literal, TypeAlias, cast

from attrs import NOTHING, Attribute, fields

from nim_async._core.model import OUTSIDE, Reply, plain
from nim_async._generated.models import MessageType
from nim_async.messages import Content, read

Source: TypeAlias = Literal["copies", "callbacks"]

_ENCODER = json.JSONEncoder(sort_keys=True, default=str)
_SIMPLE = frozenset({str, int})
_NUMBERS = 10_000  # more than there are of events; what is beyond is not shown in keys


class Event(Reply):
    """
    Something the service says by a webhook.

    Any field may be missing: then it is ``None``, or raises `MissingField` when it is read where
    its type has no ``None``. Fields that the class does not know, and values that cannot be read,
    are in ``extra``.

    Attributes:
        source: ``"copies"`` for what has happened, ``"callbacks"`` for what is asked beforehand;
            ``None`` where it cannot be known.
        event_type: Number of the event. Copies and callbacks are numbered separately.
        room_id: Room id, however the event spells it; ``None`` where there is none.
        time: When it happened, UTC milliseconds since 1970.
        extra: Fields that the class does not know, and values that cannot be read, by wire name.
    """

    __slots__ = ()

    source: Source | None = None
    event_type: int | None = None
    room_id: int | None = None
    time: int | None = None
    # What is told about, or asked: the fields that another delivery of the same event repeats.
    _identity: ClassVar[tuple[str, ...]] = ()
    # What all events of the class have, beside the number: by wire name.
    _fixed: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    def __init_subclass__(cls, *, event_type: int | None = None) -> None:
        """Keep the number of the event of the class."""
        super().__init_subclass__()
        if event_type is not None:
            cls.event_type = event_type

    @property
    def raw(self) -> dict[str, Any]:
        """What the service sent, as decoded JSON; made of the fields for an event made by hand."""
        sent = self.__dict__.get("_raw")
        if sent is not None:
            return cast("dict[str, Any]", sent)
        number = self.event_type
        sent_type = str(number) if self.source == "copies" and number is not None else number
        return {"eventType": sent_type, **self._fixed, **_as_sent(self)}

    @property
    def key(self) -> str:
        """
        What is equal for the same event delivered again, and different for any other event.

        Made of the content, not of the delivery. Printable ASCII, at most 60 characters.
        """
        own = self.__dict__
        if "_key" not in own:
            own["_key"] = self._made_key()
        key: str = own["_key"]
        return key

    def _made_key(self) -> str:
        identity = [getattr(self, name, None) for name in self._identity]
        name = type(self).__name__
        if identity and _SIMPLE.issuperset(map(type, identity)):
            text = ascii([name, *identity])
        else:
            whole = None in identity or not identity
            parts: Any = [_as_sent(self), self.unreadable] if whole else identity
            # Surrogates that JSON can hold and UTF-8 cannot are escaped.
            text = _ENCODER.encode([name, plain(parts)])
        digest = blake2b(text.encode("ascii"), digest_size=16).hexdigest()
        number = self.event_type
        shown = number if number is not None and 0 <= number < _NUMBERS else "other"
        return f"{self.source or 'unknown'}-{shown}-{digest}"

    @property
    def sender(self) -> str | None:
        """Accid of who caused it, where the event names one."""
        names = ("from_account", "accid", "operator")
        return next((found for name in names if (found := getattr(self, name, None))), None)


def _as_sent(reply: Reply) -> dict[str, Any]:
    """Return the fields by wire name, as plain values."""
    cls: Any = type(reply)
    told: tuple[Attribute[Any], ...] = fields(cls)
    members: dict[str, Any] = {}
    for a in told:
        value = getattr(reply, a.name, NOTHING)
        if a.name in OUTSIDE or value is NOTHING or value is None:
            continue
        if isinstance(value, tuple):
            listed = cast("tuple[object, ...]", value)
            members[a.metadata["wire"]] = [
                _as_sent(item) if isinstance(item, Reply) else plain(item) for item in listed
            ]
        else:
            members[a.metadata["wire"]] = plain(value)
    return members | reply.extra


class Asked(Event):
    """Something that the service asks before it happens, and waits 2 seconds for a verdict."""

    __slots__ = ()

    source: Source | None = "callbacks"


class Told(Event):
    """Something that has happened; the answer changes nothing."""

    __slots__ = ()

    source: Source | None = "copies"


class Spoken(Event):
    """A message, sent or about to be sent."""

    __slots__ = ()

    msg_type: MessageType | None
    attach: str | None

    @property
    def content(self) -> Content | None:
        """
        The content by its type, such as `Text` or `Picture`.

        ``None`` where the type is not known or the content is not of its form; ``attach`` has it as
        it came.
        """
        return read(self.msg_type, self.attach)

    def _text(self) -> str | None:
        """Return the text of a text message; one without a type is taken for one."""
        untyped = self.msg_type is None and "msgType" not in self.extra
        return self.attach if untyped or self.msg_type is MessageType.TEXT else None
