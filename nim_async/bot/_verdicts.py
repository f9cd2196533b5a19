"""What a bot answers when it is asked before something happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from attrs import field, frozen

from nim_async._checks import kind, plain_text, refused, shown
from nim_async._core.jsonwriter import NotJson, written
from nim_async._core.operation import Body
from nim_async._core.wire import utf16_length
from nim_async.errors import ConfigurationError
from nim_async.webhooks import Event, MessageAsked, UnknownEvent

Json: TypeAlias = Mapping[str, Any] | list[Any]

_CODES = range(20_000, 20_100)
_DROPPED = 200
_CONTENT_CHARACTERS = 4096
_EXT_CHARACTERS = 1024
_MESSAGES = frozenset({1, 2, 6, 22})  # of users, teams, rooms and superteams


def _text(option: str, value: object, most: int) -> str:
    """
    Return text as it is, and any other value as JSON.

    Raises:
        ConfigurationError: It cannot be written, or is too long.
    """
    if isinstance(value, str):
        text = plain_text(value)
    else:
        try:
            text = written(value)
        except NotJson as error:
            raise refused(option, "must be text or JSON", error.given, error.instead) from None
    if (length := utf16_length(text)) > most:
        raise refused(option, f"must be at most {most} characters", f"{length} characters")
    return text


def _content(value: Body | str | None) -> Body | str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return _text("attach", value, _CONTENT_CHARACTERS)
    given = cast("object", value)
    if not (callable(getattr(given, "attach", None)) and hasattr(given, "msg_type")):
        rule = 'must be text, or a body such as Text("hi")'
        raise refused("attach", rule, shown(given))
    _text("attach", value.attach(), _CONTENT_CHARACTERS)
    return value


def _message_ext(value: Json | str | None) -> str | None:
    return None if value is None else _text("message_ext", value, _CONTENT_CHARACTERS)


def _ext(value: Json | str | None) -> str | None:
    return None if value is None else _text("ext", value, _EXT_CHARACTERS)


def _code(value: int | None) -> int | None:
    given = cast("object", value)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or given not in _CODES:
        rule = f"must be {_CODES[0]} to {_CODES[-1]}, or None"
        raise refused("code", rule, shown(given))
    return int(given)


def asks_about_message(event: Event) -> bool:
    """Return whether it is a message that is asked about, whose content can be changed."""
    unknown = isinstance(event, UnknownEvent) and event.event_type in _MESSAGES
    return isinstance(event, MessageAsked) or unknown


@frozen
class Allow:
    """
    Let it happen.

    Args:
        attach: Content in place of that of the message, text or a body such as `Text`, at most 4096
            characters.
        message_ext: Extension in place of that of the message, text or JSON, at most 4096
            characters.
        ext: What the sender and the receivers are told besides, text or JSON, at most 1024
            characters; needs client SDK 7.7.0 or later (wire ``callbackExt``).

    Raises:
        ConfigurationError: A value cannot be.
        ParameterError: A body cannot be written.
    """

    attach: Body | str | None = field(default=None, converter=_content)
    message_ext: Json | str | None = field(default=None, converter=_message_ext)
    ext: Json | str | None = field(default=None, converter=_ext)

    def mistake(self, event: Event) -> str | None:
        """Return why it is no answer to an event; nothing when it is one."""
        if self.attach is None and self.message_ext is None:
            return None
        if not asks_about_message(event):
            return "attach and message_ext are for messages"
        asked = getattr(event, "msg_type", None)
        changed = None if isinstance(self.attach, str | None) else self.attach.msg_type
        if None not in (asked, changed) and asked != changed:
            return "attach is of another type than the message"
        return None

    def members(self, event: Event) -> dict[str, Any]:
        """Return what the service is answered, as JSON knows it."""
        changed: dict[str, Any] = {}
        if self.attach is not None:
            # The content stands where that of the question does.
            place = "body" if "body" in event.raw and "attach" not in event.raw else "attach"
            own = self.attach
            changed[place] = own if isinstance(own, str) else own.attach()
        if self.message_ext is not None:
            changed["ext"] = self.message_ext
        modified = {"modifyResponse": written(changed)} if changed else {}
        return {"errCode": 0, **modified, **_ext_member(self.ext)}


@frozen
class Reject:
    """
    Do not let it happen.

    Args:
        code: What the sender is told, 20000 to 20099; 403 when ``None``.
        ext: What the sender is told besides, text or JSON, at most 1024 characters; needs client
            SDK 7.7.0 or later (wire ``callbackExt``).

    Raises:
        ConfigurationError: A value cannot be.
    """

    code: int | None = field(default=None, converter=_code)
    ext: Json | str | None = field(default=None, converter=_ext)

    def mistake(self, event: Event) -> str | None:  # noqa: ARG002  it answers anything
        """Return why it is no answer to an event; nothing when it is one."""
        return None

    def members(self, event: Event) -> dict[str, Any]:  # noqa: ARG002  as above
        """Return what the service is answered, as JSON knows it."""
        code = {} if self.code is None else {"responseCode": self.code}
        return {"errCode": 1, **code, **_ext_member(self.ext)}


@frozen
class DropSilently:
    """
    Do not let a message through, though its sender sees success.

    Args:
        ext: What the sender is told besides, text or JSON, at most 1024 characters; needs client
            SDK 7.7.0 or later (wire ``callbackExt``).

    Raises:
        ConfigurationError: The value cannot be.
    """

    ext: Json | str | None = field(default=None, converter=_ext)

    def mistake(self, event: Event) -> str | None:
        """Return why it is no answer to an event; nothing when it is one."""
        return None if asks_about_message(event) else "DropSilently is for messages"

    def members(self, event: Event) -> dict[str, Any]:  # noqa: ARG002  any message
        """Return what the service is answered, as JSON knows it."""
        return {"errCode": 1, "responseCode": _DROPPED, **_ext_member(self.ext)}


Verdict: TypeAlias = Allow | Reject | DropSilently
VERDICTS = (Allow, Reject, DropSilently)


def _ext_member(ext: object) -> dict[str, Any]:
    return {} if ext is None else {"callbackExt": ext}


def mistake_of(verdict: object, event: Event) -> str | None:
    """Return why a value is no answer to an event; nothing when it is one."""
    if not isinstance(verdict, VERDICTS):
        given = "None" if verdict is None else kind(verdict)
        return f"it is {given}, and must be Allow(...), Reject(...) or DropSilently(...)"
    return verdict.mistake(event)


def check_default(default: object, events: tuple[type[Event], ...]) -> Verdict:
    """
    Check what is answered when no verdict is found.

    Args:
        default: What was given.
        events: Classes of events that it must be an answer to.

    Raises:
        ConfigurationError: It is none.
    """
    if not isinstance(default, VERDICTS):
        rule = "must be Allow(...), Reject(...) or DropSilently(...)"
        raise refused("default", rule, shown(default))
    for cls in events:
        changed = not isinstance(default, Reject) and default != Allow(ext=default.ext)
        if changed and not issubclass(cls, MessageAsked):
            text = f"default {default!r} is for messages, not for {cls.__name__}"
            raise ConfigurationError(text, option="default")
    return default
