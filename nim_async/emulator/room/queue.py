"""The ordered queue of a room."""

from __future__ import annotations

from attrs import Factory, define, evolve, frozen

# Version 1 of the SDK's comments; version 2 says 100. Also used for a queue never set up, of
# which nothing is documented.
DEFAULT_SIZE_LIMIT = 50


@frozen(kw_only=True)
class Element:
    """
    One element of a queue.

    Args:
        key: Its key, unique in the queue.
        value: Its value.
        owner: Account that offered it last.
        transient: Whether it goes when its owner does.
    """

    key: str
    value: str
    owner: str
    transient: bool = False


@define(eq=False)
class OrderedQueue:
    """
    Elements in the order of their first offer.

    Setting the queue up again changes the limit alone: what it does to elements already queued
    is not documented, and to keep them harms least.
    """

    size_limit: int = DEFAULT_SIZE_LIMIT
    _elements: dict[str, Element] = Factory(dict[str, Element])

    def __contains__(self, key: str) -> bool:
        """Return whether there is an element with this key."""
        return key in self._elements

    @property
    def elements(self) -> tuple[Element, ...]:
        """All elements in order."""
        return tuple(self._elements.values())

    def has_room_for(self, key: str) -> bool:
        """Return whether an element with this key could be offered."""
        return key in self._elements or len(self._elements) < self.size_limit

    def offer(self, element: Element) -> tuple[Element, ...]:
        """Add an element at the end, or replace the one with its key, which is returned."""
        earlier = self._elements.get(element.key)
        self._elements[element.key] = element
        return () if earlier is None else (earlier,)

    def update(self, key: str, value: str) -> Element:
        """Change the value of an element and return it; owner and place stay."""
        self._elements[key] = evolve(self._elements[key], value=value)
        return self._elements[key]

    def get(self, key: str) -> Element | None:
        """Return the element with this key."""
        return self._elements.get(key)

    def head(self) -> Element | None:
        """Return the first element."""
        return next(iter(self._elements.values()), None)

    def remove(self, key: str) -> None:
        """Take an element out."""
        del self._elements[key]

    def clear(self) -> tuple[Element, ...]:
        """Take all elements out and return them."""
        gone = self.elements
        self._elements.clear()
        return gone

    def drop_transient(self, owner: str) -> tuple[Element, ...]:
        """Take out the transient elements of an owner who left, and return them."""
        gone = tuple(e for e in self.elements if e.transient and e.owner == owner)
        for element in gone:
            del self._elements[element.key]
        return gone
