"""
Message bodies that know their type, how they are written and how they are read.

Any of them goes where ``msg_type`` or ``attach`` is asked for::

    await nim.chatroom.send_msg(room_id=66, from_accid="amy", attach=Text("hi"))

`read` makes one of the type and the content of a message of the history or of a webhook.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import NOTHING, asdict, field, fields, frozen

from nim_async._checks import kind, plain_text
from nim_async._core.converter import hook_of, to_object
from nim_async._core.jsontext import in_text
from nim_async._core.jsonwriter import written
from nim_async._core.model import Reply, Value
from nim_async._core.reading import read_lenient
from nim_async._generated.models import MessageType, NotificationType
from nim_async.errors import MissingField, ParameterError

_NUMBERS = {"int": "a whole number", "float": "a number"}
_READ_AS: dict[str, type[Any]] = {"int": int, "float": float}


class _Fields(Value):
    """
    A body that is written as a JSON object of its fields; unset ones are left out.

    One that was read may lack a field: then reading that raises `MissingField`.
    """

    __slots__ = ()

    if not TYPE_CHECKING:  # or every name would be an attribute

        def __getattr__(self, name: str) -> object:
            """Say of a field that it is missing; Python asks only where there is no value."""
            cls = type(self)
            if any(a.name == name for a in fields(cls)):
                raise MissingField(cls.__name__, name)
            raise AttributeError(f"{cls.__name__!r} object has no attribute {name!r}")

    def attach(self) -> str:
        """Return the content as it goes on the wire."""
        body: Any = self
        cls: Any = type(self)
        for attribute in fields(cls):
            value = getattr(self, attribute.name, NOTHING)
            _check_field(attribute.name, str(attribute.type), value)
        return written(asdict(body, filter=lambda _, value: value is not None))


def _check_field(name: str, annotation: str, value: object) -> None:
    wanted, _, optional = annotation.partition(" | ")
    if optional and value is None:
        return
    numbers = {"int": int, "float": int | float}
    fits = isinstance(value, numbers.get(wanted, str)) and not isinstance(value, bool)
    if not fits:
        given = "nothing" if value is NOTHING else kind(value)
        raise ParameterError.refused(f"attach.{name}", _NUMBERS.get(wanted, "text"), given)


def _text_or_json(content: object) -> str:
    return plain_text(content) if isinstance(content, str) else written(content)


@frozen(eq=False, repr=False)
class Text(Value):
    """
    Plain text.

    Args:
        text: The text itself, at most 4096 characters.
    """

    text: str

    @property
    def msg_type(self) -> MessageType:
        """The type of the message."""
        return MessageType.TEXT

    def attach(self) -> str:
        """Return the content as it goes on the wire."""
        return self.text


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Picture(_Fields):
    """
    A picture.

    Args:
        url: Download address.
        md5: MD5 of the file in lower-case hex; the service does not verify it.
        ext: File suffix without dot, such as ``jpg``.
        w: Width, pixels.
        h: Height, pixels.
        size: Length of the file, bytes.
        name: Display or file name.
    """

    name: str | None = None
    md5: str
    url: str
    ext: str
    w: int
    h: int
    size: int

    @property
    def msg_type(self) -> MessageType:
        """The type of the message."""
        return MessageType.PICTURE


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Audio(_Fields):
    """
    A voice message.

    Args:
        dur: Length of the recording, milliseconds.
        md5: MD5 of the file in lower-case hex.
        url: Download address.
        ext: File suffix, ``aac`` only.
        size: Length of the file, bytes.
    """

    dur: int
    md5: str
    url: str
    ext: str
    size: int

    @property
    def msg_type(self) -> MessageType:
        """The type of the message."""
        return MessageType.AUDIO


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Video(_Fields):
    """
    A video.

    Args:
        dur: Length, milliseconds.
        md5: MD5 of the file in lower-case hex.
        url: Download address.
        w: Width, pixels.
        h: Height, pixels.
        ext: File suffix, such as ``mp4``.
        size: Length of the file, bytes.
    """

    dur: int
    md5: str
    url: str
    w: int
    h: int
    ext: str
    size: int

    @property
    def msg_type(self) -> MessageType:
        """The type of the message."""
        return MessageType.VIDEO


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Location(_Fields):
    """
    A geographic position.

    Args:
        title: Name of the place.
        lng: Longitude, degrees.
        lat: Latitude, degrees.
    """

    title: str
    lng: float
    lat: float

    @property
    def msg_type(self) -> MessageType:
        """The type of the message."""
        return MessageType.LOCATION


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class File(_Fields):
    """
    Any file.

    Args:
        name: File name.
        md5: MD5 of the file in lower-case hex.
        url: Download address.
        ext: File suffix without dot.
        size: Length of the file, bytes.
    """

    name: str
    md5: str
    url: str
    ext: str
    size: int

    @property
    def msg_type(self) -> MessageType:
        """The type of the message."""
        return MessageType.FILE


@frozen(eq=False, repr=False)
class Tips(Value):
    """
    A hint shown in the message list.

    Args:
        content: Text that goes as it is, or a value that is written as JSON.
    """

    content: Any

    @property
    def msg_type(self) -> MessageType:
        """The type of the message."""
        return MessageType.TIPS

    def attach(self) -> str:
        """Return the content as it goes on the wire."""
        return _text_or_json(self.content)


@frozen(eq=False, repr=False)
class Custom(Value):
    """
    A message whose content the app defines.

    Args:
        content: A value that is written as JSON, or JSON text that goes as it is.
    """

    content: Any

    @property
    def msg_type(self) -> MessageType:
        """The type of the message."""
        return MessageType.CUSTOM

    def attach(self) -> str:
        """Return the content as it goes on the wire."""
        return _text_or_json(self.content)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class QueueNotice(Reply):
    """
    What a notification says of the queue.

    Attributes:
        kind: ``OFFER`` added or updated, ``POLL`` taken out, ``DROP`` whole queue cleared,
            ``PARTCLEAR`` part removed since its owner is gone; others may come (wire ``_e``).
        key: Key of the element.
        content: Value of the element.
    """

    kind: str | None = field(default=None, metadata={"wire": "_e"})
    key: str | None = field(default=None, metadata={"wire": "key"})
    content: str | None = field(default=None, metadata={"wire": "content"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class Notification(Reply):
    """
    What the service itself says in a room; it cannot be sent.

    Which fields there are depends on the type, and any may be missing.

    Attributes:
        type: What it is about (wire ``id``).
        operator: accid of who acted.
        operator_nick: Nick of who acted (wire ``opeNick``).
        targets: accids acted upon (wire ``target``).
        target_nicks: Their nicks, in the same order (wire ``tarNick``).
        ext: The ``notify_ext`` of who acted.
        mute_duration: Seconds of a temporary mute, or what was left when it was lifted (wire
            ``muteDuration``).
        muted: Who entered is on the mute list.
        temp_muted: Who entered is muted for a time (wire ``tempMuted``).
        mute_ttl: Seconds left of that time (wire ``muteTtl``).
        queue_change: What happened to the queue (wire ``queueChange``).
        target_tag: The tag concerned (wire ``targetTag``).
        msg_time: Time of the recalled message, milliseconds (wire ``msgTime``).
        msg_id: Id of the recalled message (wire ``msgId``).
    """

    type: NotificationType = field(metadata={"wire": "id", "needed": True})
    operator: str | None = field(default=None, metadata={"wire": "operator"})
    operator_nick: str | None = field(default=None, metadata={"wire": "opeNick"})
    targets: tuple[str, ...] = field(default=(), metadata={"wire": "target"})
    target_nicks: tuple[str, ...] = field(default=(), metadata={"wire": "tarNick"})
    ext: str | None = field(default=None, metadata={"wire": "ext"})
    mute_duration: int | None = field(default=None, metadata={"wire": "muteDuration"})
    muted: bool | None = field(default=None, metadata={"wire": "muted"})
    temp_muted: bool | None = field(default=None, metadata={"wire": "tempMuted"})
    mute_ttl: int | None = field(default=None, metadata={"wire": "muteTtl"})
    queue_change: QueueNotice | None = field(default=None, metadata={"wire": "queueChange"})
    target_tag: str | None = field(default=None, metadata={"wire": "targetTag"})
    msg_time: int | None = field(default=None, metadata={"wire": "msgTime"})
    msg_id: str | None = field(default=None, metadata={"wire": "msgId"})
    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)
    unreadable: tuple[Any, ...] = field(default=(), hash=False)


Content: TypeAlias = Text | Picture | Audio | Video | Location | File | Tips | Custom | Notification

_OBJECTS: dict[int, type[_Fields]] = {
    MessageType.PICTURE: Picture,
    MessageType.AUDIO: Audio,
    MessageType.VIDEO: Video,
    MessageType.LOCATION: Location,
    MessageType.FILE: File,
}


def read(msg_type: int | None, attach: object) -> Content | None:
    """
    Make a body of the type and the content of a message, as history and webhooks have them.

    Never fails: a field of the content that is missing or odd raises `MissingField` when it is
    read, or is ``None`` where its type allows that.

    Args:
        msg_type: Type of the message.
        attach: Its content: text, which may be JSON, or decoded JSON.

    Returns:
        The body, or ``None`` where the type is not known or the content is not of its form.
    """
    if attach is None or msg_type is None:
        return None
    if msg_type == MessageType.TEXT:
        return Text(attach) if isinstance(attach, str) else None
    if msg_type in {MessageType.TIPS, MessageType.CUSTOM}:
        content = in_text(attach) if isinstance(attach, str) else attach
        return Tips(content) if msg_type == MessageType.TIPS else Custom(content)
    try:
        if msg_type == MessageType.NOTIFICATION:
            return _notification(to_object(attach))
        cls = _OBJECTS.get(msg_type)
        return None if cls is None else _of_fields(cls, to_object(attach))
    except ValueError:
        return None


def _of_fields(cls: Any, members: dict[str, Any]) -> Any:
    """
    Make a body of the fields that are good.

    Raises:
        ValueError: No field of it is known.
    """
    built = cls.__new__(cls)
    own = built.__dict__
    for a in fields(cls):
        wanted, _, optional = str(a.type).partition(" | ")
        expected: Any = _READ_AS.get(wanted, str)
        if optional:
            own[a.name] = None
        with suppress(KeyError, ValueError):
            own[a.name] = hook_of(expected)(members[a.name], expected)
    if not own.keys() & members.keys():
        raise ValueError("no field of it is known")
    return built


def _notification(members: dict[str, Any]) -> Notification:
    """
    Make a notification of ``{"id": …, "data": {…}}``.

    Raises:
        ValueError: It has no id.
    """
    data: dict[str, Any] = {}
    with suppress(KeyError, ValueError):
        data = to_object(members["data"])
    return read_lenient(Notification, {**data, "id": members.get("id")})
