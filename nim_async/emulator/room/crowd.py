"""
Who was in a room at some moment, without a copy for every moment.

A room notes who comes and goes. A message to everybody keeps its place in that record alone, so
that thousands of entries, each told to all the others, take little memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from attrs import Factory, define


@define(eq=False)
class Attendance:
    """The accounts in a room, and how it came to that."""

    _moves: list[tuple[str, bool]] = Factory(list[tuple[str, bool]])
    _inside: set[str] = Factory(set[str])

    def __contains__(self, accid: str) -> bool:
        """Return whether an account is in the room."""
        return accid in self._inside

    def __len__(self) -> int:
        """Return how many accounts are in the room."""
        return len(self._inside)

    def __iter__(self) -> Iterator[str]:
        """Go through the accounts in the room, in order of their names."""
        return iter(sorted(self._inside))

    def came(self, accid: str) -> None:
        """Note that an account is in the room."""
        if accid not in self._inside:
            self._inside.add(accid)
            self._moves.append((accid, True))

    def went(self, accid: str) -> None:
        """Note that an account is not in the room any more."""
        if accid in self._inside:
            self._inside.remove(accid)
            self._moves.append((accid, False))

    def crowd(self) -> Crowd:
        """Return who is in the room now, also for later."""
        return Crowd(self, len(self._moves))

    def after(self, moves: int) -> frozenset[str]:
        """Return who was in the room after so many had come and gone."""
        if moves == len(self._moves):
            return frozenset(self._inside)
        inside: set[str] = set()
        for accid, came in self._moves[:moves]:
            (inside.add if came else inside.discard)(accid)
        return frozenset(inside)


class Crowd(AbstractSet[str]):
    """A set of accounts that is worked out when it is looked at."""

    def __init__(self, attendance: Attendance, moves: int) -> None:
        """Remember a place in the record of a room."""
        self._attendance = attendance
        self._moves = moves

    @classmethod
    def _from_iterable(cls, it: Iterable[str]) -> frozenset[str]:  # type: ignore[override]
        return frozenset(it)

    def __contains__(self, accid: object) -> bool:
        """Return whether an account was there."""
        return accid in self._attendance.after(self._moves)

    def __iter__(self) -> Iterator[str]:
        """Go through the accounts that were there."""
        return iter(self._attendance.after(self._moves))

    def __len__(self) -> int:
        """Return how many accounts were there."""
        return len(self._attendance.after(self._moves))

    def __repr__(self) -> str:
        """Show the accounts."""
        return repr(set(self))
