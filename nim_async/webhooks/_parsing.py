"""Bodies of webhooks to events."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from nim_async._checks import refused, shown
from nim_async._core.converter import fields_of, hook_of, to_array, to_object
from nim_async._core.jsontext import loads
from nim_async._core.reading import read_lenient
from nim_async.errors import MalformedCallback
from nim_async.webhooks import _asked, _told
from nim_async.webhooks._signature import (
    TYPE,
    Body,
    Headers,
    check_age,
    checked,
    raw_bytes,
    secrets_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nim_async.webhooks._event import Event, Source

_CALLBACKS: dict[int | None, type[Event]] = {
    c.event_type: c for c in (_asked.MessageAsked, _asked.EnterAsked, _asked.LoginAsked)
}
_COPIES: dict[int | None, type[Event]] = {
    c.event_type: c
    for c in (
        _told.MessageEvent,
        _told.QueueEvent,
        _told.AntispamEvent,
        _told.LoginEvent,
        _told.LogoutEvent,
        _told.LoginFailedEvent,
        _told.CallbackFailedEvent,
    )
}
_MOVES: dict[object, type[Event]] = {
    "IN": _told.EnteredEvent,
    "OUT": _told.LeftEvent,
    "KICK": _told.KickedEvent,
}
# What events always have, so that those of other products are known from them.
_ALWAYS: dict[type[Event], frozenset[str]] = {
    _told.MessageEvent: frozenset(
        {"attach", "fromAccount", "msgTimestamp", "msgType", "msgidClient", "roomId"}
    ),
    **dict.fromkeys(_MOVES.values(), frozenset({"roomId", "event", "accid", "code"})),
    _told.QueueEvent: frozenset({"roomid", "qEvent"}),
    _told.AntispamEvent: frozenset({"objects"}),
    _told.LoginEvent: frozenset({"accid"}),
    _told.LogoutEvent: frozenset({"accid"}),
    _told.LoginFailedEvent: frozenset({"event", "code"}),
    _told.CallbackFailedEvent: frozenset({"callbackBody"}),
    _asked.MessageAsked: frozenset({"fromAccount"}),
    _asked.EnterAsked: frozenset({"fromAccount", "fromDeviceId"}),
    _asked.LoginAsked: frozenset({"fromAccount", "fromDeviceId"}),
}
_ROOM = frozenset({"roomid", "chatroomid"})  # in lower case
_IM = frozenset({"", "im"})


def parse(body: Body, *, source: Source | None = None) -> Event:
    """
    Read the body of a webhook; whether it is the service's is for `verify` to say.

    Args:
        body: The body, raw.
        source: Which address it came to: ``"copies"`` or ``"callbacks"``, which number their
            events separately. By ``None`` the JSON type of ``eventType`` decides: a number is a
            callback, a text is a copy.

    Returns:
        The event, of its class; `UnknownEvent` for one that has none, `AddressCheck` for ``{}`` or
        nothing.

    Raises:
        MalformedCallback: It is no JSON object in UTF-8.
        ConfigurationError: It is decoded already, or there is no such source.
    """
    return _parse(raw_bytes(body), source, foreign=False)


def unwrap(
    headers: Headers,
    body: Body,
    app_secret: str | Sequence[str],
    *,
    app_key: str | None = None,
    max_age: float | None = None,
    now: float | None = None,
    source: Source | None = None,
) -> Event:
    """
    Verify a webhook and read it.

    Other products send to the same address: with a header ``type`` that is not that of IM an event
    has its class only if it also has every field that the class always has.

    Args:
        headers: As for `verify`.
        body: The body as it came: the raw bytes, not what a framework made of them.
        app_secret: Secret of the app; several while it is being changed.
        app_key: Key of the app; the header is not looked at when ``None``.
        max_age: As for `verify`, seconds.
        now: As for `verify`, seconds.
        source: As for `parse`.

    Returns:
        The event.

    Raises:
        CallbackError: As `verify` and `parse`.
        ConfigurationError: An option cannot be.

    Pure: nothing is kept, so the same webhook gives the same event again, with the same ``key``.
    """
    raw, secrets = raw_bytes(body), secrets_of(app_secret)
    check_age(max_age)
    return genuine(headers, raw, secrets, app_key=app_key, max_age=max_age, now=now, source=source)


def genuine(
    headers: Headers,
    raw: bytes,
    secrets: Sequence[bytes],
    *,
    app_key: str | None,
    max_age: float | None,
    now: float | None = None,
    source: Source | None = None,
) -> Event:
    """Do what `unwrap` does, with options that are checked already."""
    found = checked(headers, raw, secrets, app_key=app_key, max_age=max_age, now=now)
    foreign = found.get(TYPE, "").lower() not in _IM
    return _parse(raw, source, foreign=foreign)


def reread(body: Body, source: Source | None, *, unknown: bool) -> Event:
    """
    Read again the body of an event that was kept.

    Args:
        body: The body, raw.
        source: The ``source`` of the event.
        unknown: Whether it is an `UnknownEvent`; by its body alone it may not look like one.

    Raises:
        MalformedCallback: It is no JSON object in UTF-8.
    """
    return _parse(raw_bytes(body), source, foreign=unknown)


def _parse(body: bytes, source: Source | None, *, foreign: bool) -> Event:
    if source is not None and source not in ("copies", "callbacks"):
        raise refused("source", 'must be "copies", "callbacks" or None', shown(source))
    raw = _object(body)
    known = source if source is not None else _source(raw.get("eventType"))
    cls = _class(raw, known, foreign=foreign)
    members = _members(raw, cls)
    event = read_lenient(cls, members)
    own = event.__dict__
    own["_raw"] = raw
    if isinstance(event, _told.UnknownEvent):
        own["source"] = known
    return event


def _object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        decoded = loads(body)
    except (ValueError, RecursionError):
        raise MalformedCallback("the body is no JSON in UTF-8", check="body") from None
    if not isinstance(decoded, dict):
        raise MalformedCallback("the body is no JSON object", check="body")
    return cast("dict[str, Any]", decoded)


def _source(event_type: object) -> Source | None:
    if isinstance(event_type, str):
        return "copies"
    return "callbacks" if type(event_type) in {int, float} else None


def _class(raw: dict[str, Any], source: Source | None, *, foreign: bool) -> type[Event]:
    if not raw:
        return _told.AddressCheck
    try:
        number: int = hook_of(int)(raw.get("eventType"), int)
    except ValueError:
        return _told.UnknownEvent
    cls: type[Event] | None = None
    if source == "callbacks":
        cls = _CALLBACKS.get(number)
    elif source == "copies":
        event = raw.get("event")
        moves = number == _told.Moved.event_type and isinstance(event, str)
        cls = _MOVES.get(event) if moves else _COPIES.get(number)
    if cls is None or (foreign and not _ALWAYS[cls] <= raw.keys()):
        return _told.UnknownEvent
    return cls


def _members(raw: dict[str, Any], cls: Any) -> dict[str, Any]:
    """Return the members in the one spelling of the class; empty ones only where they are text."""
    fields = fields_of(cls)
    members = raw.copy()
    if "" in raw.values():
        for name in [name for name, value in raw.items() if value == ""]:
            if name in fields and fields[name].exact is not str:
                del members[name]
    for name in sorted([name for name in raw if name not in fields]):
        if name == "eventType" or (name == "event" and issubclass(cls, _told.Moved)):
            del members[name]
        elif name.lower() in _ROOM and "roomId" in fields:
            members.setdefault("roomId", members.pop(name))
    if cls is _asked.MessageAsked:
        _spell_message(members)
    tags = members.get("tags")
    if cls is _asked.EnterAsked and isinstance(tags, str):
        members["tags"] = _tags(tags)
    return members


def _spell_message(members: dict[str, Any]) -> None:
    """Take content and room from where messages of users have them, if they are only there."""
    if "roomId" not in members and "to" in members:
        members["roomId"] = members.pop("to")
    if "attach" not in members and "body" in members:
        body = members.pop("body")
        text = members.get("msgType", "TEXT") == "TEXT" and isinstance(body, str)
        members["attach"] = _unwrapped(body) if text else body


def _unwrapped(body: str) -> str:
    """Return the text of ``{"msg": text}``, as which users send it to each other."""
    with suppress(ValueError):
        inside = to_object(body).get("msg")
        if isinstance(inside, str):
            return inside
    return body


def _tags(text: str) -> list[object]:
    """Read a list that is JSON, or ``[tag1, tag2]`` without quotes."""
    with suppress(ValueError):
        return to_array(text)
    names = text.strip().removeprefix("[").removesuffix("]").split(",")
    return [name.strip() for name in names if name.strip()]
