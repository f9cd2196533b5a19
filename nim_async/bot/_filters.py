"""Which events a handler is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from math import isfinite
from re import Pattern
from typing import Any, TypeVar, cast

from attrs import frozen

from nim_async._checks import is_iterable, kind, shown, takes
from nim_async.bot._calling import is_async
from nim_async.errors import ConfigurationError
from nim_async.webhooks import Event, Spoken

T = TypeVar("T", int, str)


@frozen(kw_only=True)
class Filter:
    """
    Which events a handler is for.

    Attributes:
        events: Classes, of one of which the event must be.
        text: What is searched for in the text of a message.
        rooms: Ids of rooms.
        senders: Accids.
        kinds: Types of messages.
        when: Decides about what all else let through.
    """

    events: tuple[type[Event], ...]
    text: Pattern[str] | None
    rooms: frozenset[int] | None
    senders: frozenset[str] | None
    kinds: frozenset[int] | None
    when: Callable[[Any], object] | None

    def match(self, event: Event) -> dict[str, Any] | None:
        """Return the match of the text, if one is looked for, or nothing for another event."""
        fits = (
            isinstance(event, self.events)
            and (self.rooms is None or event.room_id in self.rooms)
            and (self.senders is None or event.sender in self.senders)
            and (self.kinds is None or getattr(event, "msg_type", None) in self.kinds)
        )
        if not fits:
            return None
        found: dict[str, Any] = {}
        if self.text is not None:
            text = getattr(event, "text", None)
            match = self.text.search(text) if text else None
            if match is None:
                return None
            found["match"] = match
        return found if self.when is None or self.when(event) else None


def check_classes(events: tuple[type[Event], ...], name: str) -> None:
    """
    Check classes of events that a method was given.

    Raises:
        ConfigurationError: There is none, or one is no class of events.
    """
    if not events:
        raise ConfigurationError(f"{name}() needs a class of events", option="events")
    for cls in events:
        given = cast("object", cls)
        if not (isinstance(given, type) and issubclass(given, Event)):
            message = f"{name}() takes classes of events; given: {shown(cls)}"
            raise ConfigurationError(message, option="events")


def filter_of(
    events: tuple[type[Event], ...],
    *,
    text: object,
    room: object,
    sender: object,
    kind: object,
    when: Callable[[Any], object] | None,
) -> Filter:
    """
    Make a filter of what a method was given.

    Raises:
        ConfigurationError: A filter cannot fit.
    """
    for cls in events:
        if text is not None and not issubclass(cls, Spoken):
            raise ConfigurationError(f"{cls.__name__} has no text", option="text")
    return Filter(
        events=events,
        text=_pattern(text),
        rooms=_several("room", room, int),
        senders=_several("sender", sender, str),
        kinds=_several("kind", kind, int),
        when=_decider(when),
    )


def _pattern(text: object) -> Pattern[str] | None:
    if text is None:
        return None
    compiled: Any = text
    if isinstance(text, Pattern) and isinstance(compiled.pattern, str):
        return cast("Pattern[str]", compiled)
    if not isinstance(text, str):
        message = f"text must be a pattern of text; given: {kind(compiled)}"
        raise ConfigurationError(message, option="text")
    try:
        return re.compile(text)
    except re.error as error:
        message = f"text is no pattern: {error}"
        raise ConfigurationError(message, option="text") from None


def _several(option: str, given: object, kind: type[T]) -> frozenset[T] | None:
    """Return one value, or those of a collection, as a set."""
    if given is None:
        return None
    several = is_iterable(given)
    values = frozenset(cast("Iterable[object]", given) if several else [given])
    wrong = [v for v in values if not isinstance(v, kind) or isinstance(v, bool)]
    if wrong or not values:
        what = shown(wrong[0]) if wrong else "nothing"
        message = f"{option} must be {kind.__name__} or several of them; given: {what}"
        raise ConfigurationError(message, option=option)
    return cast("frozenset[T]", values)


def _decider(when: Callable[[Any], object] | None) -> Callable[[Any], object] | None:
    if when is not None and (not callable(when) or is_async(when) or not takes(when, 1)):
        message = f"when must be a plain function of the event; given: {shown(when)}"
        raise ConfigurationError(message, option="when")
    return when


def check_number(
    option: str, value: object, *, whole: bool = False, zero: bool = False, needed: bool = False
) -> None:
    """
    Check an option that is a number above 0, or ``None``.

    Args:
        option: Its name.
        value: What was given.
        whole: Whether it must be a whole one.
        zero: Whether 0 is one.
        needed: Whether ``None`` is not allowed.

    Raises:
        ConfigurationError: It is not.
    """
    if value is None and not needed:
        return
    if isinstance(value, int if whole else int | float) and not isinstance(value, bool):
        number = float(value)
        if isfinite(number) and (number > 0 or (zero and number == 0)):
            return
    least = "0 or more" if zero else "more than 0"
    what = f"a whole number, {least}" if whole else f"seconds, {least}"
    message = f"{option} must be {what}; given: {shown(value)}"
    raise ConfigurationError(message, option=option)
