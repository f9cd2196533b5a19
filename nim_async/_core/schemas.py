"""
What pydantic asks of reply classes and enumerations, in plain dicts: nothing of it is imported.

A schema is the same for reading and for writing, so that FastAPI shows one class, not two.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import NOTHING, fields, resolve_types

if TYPE_CHECKING:
    from collections.abc import Callable

# pydantic's handler, and its schemas: those of the core and those of JSON.
Handler: TypeAlias = Any
Schema: TypeAlias = dict[str, Any]

_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)
_WIRE_NAME = re.compile(r"\s+\(wire\s+``\w+``\)")


def of_reply(cls: type[Any], handler: Handler, *, write: Callable[[Any], Schema]) -> Schema:
    """
    Describe a reply: an instance stays as it is, a dict of its fields becomes one.

    A field that may be missing may be left out of the dict, as `to_dict` does.

    Args:
        cls: The attrs class.
        handler: What pydantic hands over; it makes the schemas of the fields.
        write: Makes a dict of an instance.
    """
    resolve_types(cls)
    members = {
        a.name: {
            "type": "typed-dict-field",
            "schema": handler.generate_schema(a.type),
            "required": "needed" in a.metadata and a.default is NOTHING,
        }
        for a in fields(cls)
    }
    missing = dict.fromkeys(_always_documented(cls), NOTHING)

    def read(value: object, read_members: Callable[[object], Schema]) -> object:
        return value if isinstance(value, cls) else cls(**missing | read_members(value))

    return {
        "type": "function-wrap",
        "function": {"type": "no-info", "function": read},
        "schema": {"type": "typed-dict", "fields": members},
        "serialization": {"type": "function-plain", "function": write},
        "ref": f"{cls.__module__}.{cls.__qualname__}:{id(cls)}",
    }


def _always_documented(cls: type[Any]) -> list[str]:
    return [a.name for a in fields(cls) if a.default is NOTHING]


def of_enum(cls: Any) -> Schema:
    """Describe an open enumeration: any number, or any text, is one of its members."""
    return {
        "type": "function-after",
        "function": {"type": "no-info", "function": cls},
        "schema": {"type": "int" if issubclass(cls, int) else "str"},
    }


def described_reply(cls: type[Any], schema: Schema) -> Schema:
    """Add to the JSON schema of a reply its name, and what its docstring says of it."""
    summary, _, attributes = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")
    texts = {
        "extra": "Fields that this class does not know, and values that cannot be read.",
        "unreadable": "Elements of lists that cannot be read, as they came.",
    }
    texts |= {name: _one_line(text) for name, text in _ATTRIBUTE.findall(attributes)}
    properties = {
        name: {**member, "description": texts[name]} if name in texts else member
        for name, member in schema["properties"].items()
    }
    described: Schema = {"title": cls.__name__, "description": _one_line(summary)}
    # What the documentation always has, as in the types: that it may be missing is the exception.
    required = _always_documented(cls)
    described |= {"required": required} if required else {}
    return {**schema, **described, "properties": properties}


def described_enum(cls: Any, schema: Schema) -> Schema:
    """Add to the JSON schema of an open enumeration its name and the values that are known."""
    known = ", ".join(f"{member.value} ({member.name})" for member in cls)
    text = f"{inspect.getdoc(cls) or ''} Known: {known}; others may come."
    return {**schema, "title": cls.__name__, "description": text.strip()}


def _one_line(text: str) -> str:
    return " ".join(_WIRE_NAME.sub("", text).replace("``", "").split())
