"""
Message bodies that know their type and how they are written.

Any of them goes where ``msg_type`` or ``attach`` is asked for::

    await nim.chatroom.send_msg(room_id=66, from_accid="amy", attach=Text("hi"))
"""

from __future__ import annotations

from typing import Any

from attrs import asdict, fields, frozen

from nim_async._checks import kind, plain_text
from nim_async._core.jsonwriter import written
from nim_async._core.model import Value
from nim_async._generated.models import MessageType
from nim_async.errors import ParameterError

_NUMBERS = {"int": "a whole number", "float": "a number"}


class _Fields(Value):
    """A body that is written as a JSON object of its fields; unset ones are left out."""

    __slots__ = ()

    def attach(self) -> str:
        """Return the content as it goes on the wire."""
        body: Any = self
        cls: Any = type(self)
        for attribute in fields(cls):
            _check_field(attribute.name, str(attribute.type), getattr(self, attribute.name))
        return written(asdict(body, filter=lambda _, value: value is not None))


def _check_field(name: str, annotation: str, value: object) -> None:
    wanted, _, optional = annotation.partition(" | ")
    if optional and value is None:
        return
    numbers = {"int": int, "float": int | float}
    fits = isinstance(value, numbers.get(wanted, str)) and not isinstance(value, bool)
    if not fits:
        raise ParameterError.refused(f"attach.{name}", _NUMBERS.get(wanted, "text"), kind(value))


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


@frozen(kw_only=True, eq=False, repr=False)
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


@frozen(kw_only=True, eq=False, repr=False)
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


@frozen(kw_only=True, eq=False, repr=False)
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


@frozen(kw_only=True, eq=False, repr=False)
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


@frozen(kw_only=True, eq=False, repr=False)
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
