"""
Replies to reply classes, whatever the service left out or sent in another form.

A reply as documented is read by the quick way of `nim_async._core.converter`. Only where that
fails is it read once more, field by field: what is good is taken, what is missing or odd is left
out, and noted. Time and memory grow with the size of the reply, however much of it is odd.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define, field

from nim_async._core.converter import fields_of, hook_of, structure, to_array, to_object
from nim_async._core.jsontext import in_text
from nim_async.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from nim_async._core.operation import Operation
    from nim_async._core.readers import Field

R = TypeVar("R")
_NAMED_PROBLEMS = 8
_CODE_AND_ENVELOPE = 2


def read(
    operation: Operation[R], members: dict[str, Any], *, strict: bool = False
) -> tuple[R, Collection[str]]:
    """
    Build the reply of an operation.

    Args:
        operation: What was called.
        members: A successful reply, ``code`` included.
        strict: Refuse whatever is missing or odd.

    Returns:
        The reply, and the places on the wire of what is missing or odd.

    Raises:
        DecodeError: What the call was made for is missing; or anything, where it is strict.
    """
    cls: Any = operation.reply
    envelope = operation.envelope
    try:
        payload = _without_code(members) if envelope is None else members[envelope]
        found: R = hook_of(cls)(payload, cls)
    except (ValueError, KeyError):
        pass
    else:
        if len(members) > _CODE_AND_ENVELOPE:
            _keep_beside(found, operation, members)
        return found, ()
    reading = Reading()
    try:
        reply: R = reading.whole(operation, members)
    except Unusable:
        raise DecodeError(reading.problems, processed=True) from None
    if strict:
        raise DecodeError(reading.problems, processed=True)
    return reply, reading.places


def whole(members: dict[str, Any]) -> tuple[dict[str, Any], Collection[str]]:
    """Return a reply as it came, in which nothing can be missing or odd; see `read`."""
    return members, ()


def read_lenient(cls: type[R], members: dict[str, Any]) -> R:
    """
    Build a reply class of what is good among the members of an object.

    Raises:
        ValueError: Something needed is missing or odd.
    """
    try:
        return structure(members, cls)
    except (ValueError, KeyError):
        built: R = Reading().build(cls, members, "$", (), {})
        return built


def _without_code(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name != "code"}


def _keep_beside(reply: Any, operation: Operation[Any], members: dict[str, Any]) -> None:
    """Keep what stands beside the payload; a field of it may be repeated there."""
    cls: Any = operation.reply
    inside = fields_of(cls).keys() | {operation.envelope, "code"}
    beside = {name: value for name, value in members.items() if name not in inside}
    if beside and operation.envelope is not None:
        reply.__dict__["extra"] = beside | reply.extra


class Unusable(ValueError):
    """Something needed is missing or odd; it is noted."""


@define(eq=False)
class Reading:
    """
    Reads one reply in which something is missing or odd.

    A place is made of wire names, such as ``$.desc.data[].accid``; which elements of lists are
    meant is known by their indexes.

    Attributes:
        places: All places of what is missing or odd; no more than the classes have fields.
    """

    places: set[str] = field(init=False, factory=set[str])
    _named: list[str] = field(init=False, factory=list[str])
    _count: int = field(init=False, default=0)

    @property
    def problems(self) -> list[str]:
        """The first problems, each with its place, and how many more there are."""
        more = self._count - len(self._named)
        return [*self._named, f"{more} more"] if more else self._named

    def whole(self, operation: Operation[Any], members: dict[str, Any]) -> Any:
        """
        Read a reply.

        Raises:
            Unusable: What the call was made for is missing.
        """
        key, cls = operation.envelope, operation.reply
        place = "$" if key is None else f"$.{key}"
        try:
            payload = to_object(_without_code(members) if key is None else members[key])
        except KeyError:
            self._note("missing", place, ())
        except ValueError as error:
            self._note(str(error), place, ())
        else:
            built = self.build(cls, payload, place, (), {})
            _keep_beside(built, operation, members)
            return built
        # Its fields may stand beside the code. That they are missing goes without saying.
        return Reading().build(cls, _without_code(members), place, (), {})

    def build(
        self,
        cls: Any,
        given: dict[str, Any],
        place: str,
        indexes: tuple[int, ...],
        extra: dict[str, Any],
    ) -> Any:
        """
        Build a reply class of what is good.

        Args:
            cls: The reply class.
            given: The members of an object.
            place: Where the object is.
            indexes: The numbers of the elements it is in.
            extra: Takes the members that are unknown or odd.

        Raises:
            Unusable: Something needed is missing or odd.
        """
        known = fields_of(cls)
        extra.update((name, value) for name, value in given.items() if name not in known)
        built = cls.__new__(cls)
        own = built.__dict__
        unreadable: list[object] = []
        usable = True
        for name, f in known.items():
            raw = given.get(name)
            if type(raw) is f.exact:
                own[f.name] = raw
                continue
            if raw is None and f.optional:
                own[f.name] = f.default
                continue
            reason, inside = "missing", f"{place}.{name}"
            if name in given:
                try:
                    own[f.name] = self._value(f, raw, inside, indexes, unreadable)
                    continue
                except ValueError as error:
                    reason = str(error)
                extra[name] = raw
                if f.optional:
                    own[f.name] = f.default
            self._note(reason, inside, indexes)
            usable &= not f.needed
        if not usable:
            raise Unusable
        own["extra"] = extra
        if unreadable:
            own["unreadable"] = tuple(unreadable)
        return built

    def _value(
        self, f: Field, raw: object, place: str, indexes: tuple[int, ...], unreadable: list[object]
    ) -> Any:
        """Read the value of a field."""
        if f.keyed:
            return dict(self._lists(f, raw, f"{place}.*", indexes, unreadable))
        if f.element is not None:
            return tuple(self._elements(f, raw, place, indexes, unreadable))
        if f.model is not None:
            return self._object(f.model, raw, place, indexes)
        return f.hook(raw, f.kind)

    def _lists(
        self, f: Field, raw: object, place: str, indexes: tuple[int, ...], unreadable: list[object]
    ) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Read the lists behind the keys of an object; what is none is kept as it came."""
        for key, value in to_object(raw).items():
            try:
                yield key, tuple(self._elements(f, value, place, indexes, unreadable))
            except ValueError as error:
                unreadable.append({key: value})
                self._note(str(error), place, indexes)

    def _elements(
        self, f: Field, raw: object, place: str, indexes: tuple[int, ...], unreadable: list[object]
    ) -> Iterator[Any]:
        """Read the elements of a list; what cannot be read is kept as it came."""
        place = f"{place}[]"
        hook = hook_of(f.element)
        for index, came, element in _numbered(f, to_array(raw)):
            try:
                if f.model is None:
                    yield hook(element, f.element)
                else:
                    yield self._object(f.model, element, place, (*indexes, index))
            except Unusable:
                unreadable.append(came)
            except ValueError as error:
                unreadable.append(came)
                self._note(str(error), place, (*indexes, index))

    def _object(self, cls: Any, raw: object, place: str, indexes: tuple[int, ...]) -> Any:
        """Read an object; one in which nothing is known is as odd as what is none."""
        members = to_object(raw)
        try:
            return structure(members, cls)
        except (ValueError, KeyError):
            if not fields_of(cls).keys().isdisjoint(members):
                return self.build(cls, members, place, indexes, {})
        raise ValueError("no field of it is known")

    def _note(self, reason: str, place: str, indexes: tuple[int, ...]) -> None:
        self.places.add(place)
        self._count += 1
        if self._count <= _NAMED_PROBLEMS:
            where = place.replace("[]", "[{}]").format(*indexes)
            self._named.append(f"{where}: {reason}")


def _numbered(f: Field, elements: list[object]) -> Iterator[tuple[int, object, object]]:
    """Return the number of each element, what came, and what is read, which differ for pairs."""
    if f.pair is None:
        yield from ((index, came, came) for index, came in enumerate(elements))
        return
    for index, came in enumerate(elements):
        members = in_text(came) if isinstance(came, str) else came
        if isinstance(members, dict):
            for name, value in cast("dict[str, object]", members).items():
                yield index, {name: value}, dict(zip(f.pair, (name, value), strict=True))
        else:
            yield index, came, came
