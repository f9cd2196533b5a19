"""Readers of reply classes, written for each class so that no field costs a call it can spare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import frozen

Hook: TypeAlias = Callable[[Any, Any], Any]


@frozen(kw_only=True)
class Field:
    """
    How a field is read.

    Attributes:
        name: Its Python name.
        kind: Its type.
        hook: What reads it.
        exact: The type of values that the hook would return as they are, if there is one.
        required: Whether it must be there.
        optional: Whether null stands for no value.
        default: What it is without a value.
        needed: Whether nothing can be made of a reply in which it is missing or odd.
        model: The reply class of its value or of its elements, if they are replies.
        element: The type of its elements, if it is a list.
        pair: What name and value of its elements are called, if those are pairs.
        keyed: Whether it has a list of elements behind each of its keys, which are data.
    """

    name: str
    kind: Any
    hook: Hook
    exact: type[Any] | None
    required: bool
    optional: bool
    default: Any
    needed: bool
    model: Any
    element: Any
    pair: tuple[str, str] | None
    keyed: bool

    def source(self, wire_name: str) -> list[str]:
        """Write what reads the field out of ``members``."""
        own = f"v_{self.name}"
        fetch = f"members[{wire_name!r}]" if self.required else f"members.get({wire_name!r})"
        read = f"    {own} = h_{self.name}({own}, k_{self.name})"
        tests: list[str] = []
        if self.optional:
            tests.append(f"{own} is not None")
        if self.exact is not None:
            tests.append(f"type({own}) is not e_{self.name}")
        found = [f"{own} = {fetch}"]
        found += [f"if {' and '.join(tests)}:", read] if tests else [read.strip()]
        if self.default is not None:
            found += [f"elif {own} is None:", f"    {own} = d_{self.name}"]
        return found


def write_reader(
    cls: type[Any], fields: Mapping[str, Field], to_object: Callable[[Any], Any]
) -> Hook:
    """
    Write a hook of cattrs.

    Args:
        cls: The attrs class it builds; its attribute ``extra`` takes what is in no field.
        fields: How its fields are read, by wire name.
        to_object: Returns the members of what comes in place of a dictionary.

    Returns:
        A hook that raises whatever the hooks of the fields raise, and ``KeyError`` where a
        required field is missing.
    """
    known = frozenset(fields)

    def unknown(members: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in members.items() if name not in known}

    names: dict[str, Any] = {
        "cls": cls,
        "new": cls.__new__,
        "to_object": to_object,
        "known": known,
        "unknown": unknown,
    }
    lines = ["members = value if type(value) is dict else to_object(value)"]
    for wire_name, field in fields.items():
        lines += field.source(wire_name)
        own = {"h": field.hook, "k": field.kind, "e": field.exact, "d": field.default}
        names |= {f"{letter}_{field.name}": thing for letter, thing in own.items()}
    # As the class does it itself, which is frozen and checks nothing: attrs writes the same.
    lines += ["built = new(cls)", "own = built.__dict__"]
    lines += [f"own[{field.name!r}] = v_{field.name}" for field in fields.values()]
    lines.append("own['extra'] = {} if known.issuperset(members) else unknown(members)")
    lines.append("return built")
    source = "def read(value, _):\n" + "".join(f"    {line}\n" for line in lines)
    exec(compile(source, f"<reader of {cls.__name__}>", "exec"), names)  # noqa: S102  our own text
    hook: Hook = names["read"]
    return hook
