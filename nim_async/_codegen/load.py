"""Read the spec, apply the overrides, and say in plain values what is to be written."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from nim_async._codegen.facts import (
    Entry,
    Facts,
    FieldFacts,
    OperationFacts,
    Overrides,
    ParamFacts,
    ReplyFacts,
    SpecError,
    structure,
)
from nim_async._core.operation import Kind
from nim_async.errors import api_error

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_KINDS = {
    "string": Kind.TEXT,
    "int": Kind.INTEGER,
    "long": Kind.INTEGER,
    "double": Kind.NUMBER,
    "bool": Kind.BOOLEAN,
    "integers": Kind.INTEGERS,
    "json_array<string>": Kind.TEXTS,
    "json_array<long>": Kind.TEXTS,
    "json_object": Kind.OBJECT,
    "json": Kind.JSON,
}
_FIELD_TYPES = {
    "string": "str",
    "int": "int",
    "long": "int",
    "bool": "bool",
    "json": "Any",
    "list<string>": "tuple[str, ...]",
    "list<long>": "tuple[int, ...]",
    "json_string<list<string>>": "tuple[str, ...]",
}

_OF_OBJECTS = {
    "object": "{}",
    "list<object>": "tuple[{}, ...]",
    "map<list<object>>": "dict[str, tuple[{}, ...]]",
}


@define(kw_only=True)
class ParamSpec:
    """A parameter, or a member of an object inside one."""

    wire: str
    python: str
    kind: Kind
    facts: ParamFacts
    enum: str | None
    model: str | None = None
    items: list[ParamSpec] = field(factory=list["ParamSpec"])


@define(kw_only=True)
class FieldSpec:
    """A field of a reply class."""

    wire: str
    python: str
    annotation: str
    optional: bool
    may_be_absent: bool
    needed: bool
    secret: bool
    note: str
    pair: tuple[str, str] | None


@define(kw_only=True)
class ModelSpec:
    """A reply class, or a class for objects inside a parameter (``items``)."""

    name: str
    summary: str
    fields: list[FieldSpec] = field(factory=list[FieldSpec])
    items: list[ParamSpec] = field(factory=list[ParamSpec])


@define(kw_only=True)
class EnumSpec:
    """An open enumeration; a member is name, value and note."""

    name: str
    summary: str
    members: list[tuple[str, int | str, str]]
    numbers: dict[str, str]


@define(kw_only=True)
class OperationSpec:
    """One operation."""

    path: str
    namespace: str
    name: str
    facts: OperationFacts
    params: list[ParamSpec]
    reply: str
    envelope: str | None


@define(kw_only=True)
class Spec:
    """All there is to write."""

    origins: list[str]
    digest: str
    codes: dict[int, str]
    desc_codes: dict[str, int]
    enums: list[EnumSpec]
    models: list[ModelSpec]
    items: list[ModelSpec]
    operations: list[OperationSpec]


def load(folder: Path) -> Spec:
    """
    Read the spec (each ``*.json``) and ``overrides.toml``.

    Raises:
        SpecError: An override changes nothing or names what is not there, a fact is missing, or
            one is there that nobody reads.
    """
    paths, corrections = sorted(folder.glob("*.json")), folder / "overrides.toml"
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in [*paths, corrections]))
    try:
        parts = [structure(json.loads(path.read_bytes()), Facts, path.name) for path in paths]
        overrides = structure(
            tomllib.loads(corrections.read_text("utf-8")), Overrides, corrections.name
        )
        return _Loader(parts, overrides).load(digest.hexdigest())
    except (KeyError, ValueError) as error:
        raise SpecError(f"{type(error).__name__}: {error}") from error


class _Loader:
    """
    Brings spec and overrides together.

    An address in the overrides is ``chatroom/create.ext`` (path and parameter or field of the
    reply), ``chatroom/sendMsg`` (the reply itself), ``*.ext`` (of any operation) or ``Room.ext``
    (a field of a reply class).
    """

    def __init__(self, parts: list[Facts], overrides: Overrides) -> None:
        self.parts = parts
        self.overrides = overrides
        self.operations = {_short(o.path): o for part in parts for o in part.operations}
        self.used: set[str] = set()
        self.element_of = {a: name for name, m in overrides.models.items() for a in m.elements}
        self.reply_of = {a: name for name, m in overrides.models.items() for a in m.replies}
        self.enum_of = {a: name for name, e in overrides.enums.items() for a in e.bind}
        self.item_of = {a: name for name, i in overrides.items.items() for a in i.params}
        self.needed = {a for n in overrides.needed for a in n.at}

    def load(self, digest: str) -> Spec:
        self.refuse_unexplained()
        self.refuse_other_errors()
        self.correct_operations()
        fields = {name: self.unite(name) for name in self.overrides.models}
        self.correct_models(fields)
        spec = Spec(
            origins=[f"{p.title}. {p.origin} Collected {p.collected}." for p in self.parts],
            digest=digest,
            codes={c.number: c.note for p in self.parts for c in p.codes},
            desc_codes={d.error: d.code for p in self.parts for d in p.descs},
            enums=[self.enum(name) for name in self.overrides.enums],
            models=[self.model(name, found) for name, found in fields.items()],
            items=[self.item(name) for name in self.overrides.items],
            operations=[self.operation(short, o) for short, o in self.operations.items()],
        )
        self.refuse_unused()
        return spec

    # corrections

    def refuse_unexplained(self) -> None:
        for c in self.overrides.corrections:
            if not c.reason:
                raise SpecError(f"the correction of {', '.join(c.at)} has no reason")
        for n in self.overrides.needed:
            if not n.reason:
                raise SpecError(f"nothing says why {', '.join(n.at)} is needed")

    def refuse_other_errors(self) -> None:
        """Compare what the facts say of a ``desc`` with the errors it is raised as."""
        descs = [d for p in self.parts for d in p.descs]
        for d in descs:
            raised = type(api_error(d.code, d.text)).__name__
            if raised != d.error:
                raise SpecError(f"{d.code} {d.text!r} is {raised}, the facts say {d.error}")
        for short, o in self.operations.items():
            if unknown := o.desc_notes.keys() - {d.error for d in descs}:
                raise SpecError(f"{short}: no desc stands for {', '.join(sorted(unknown))}")

    def correct_operations(self) -> None:
        for c in self.overrides.corrections:
            for address in c.at:
                if not address[0].isupper():
                    self.apply(address, c.set, self.find(address))

    def correct_models(self, models: dict[str, dict[str, FieldFacts]]) -> None:
        for c in self.overrides.corrections:
            for address in c.at:
                if address[0].isupper():
                    model, _, name = address.partition(".")
                    found = [f for f in models[model].values() if f.name == name]
                    self.apply(address, c.set, found)

    def find(self, address: str) -> Sequence[ParamFacts | ReplyFacts]:
        """Return the parameters at an address, or the reply where it names none."""
        short, _, name = address.partition(".")
        operations = self.operations.values() if short == "*" else [self.operations[short]]
        if not name:
            return [o.reply for o in operations]
        outer, inner, member = name.partition("[].")
        params = [p for o in operations for p in o.params if p.name == outer]
        return [q for p in params for q in p.item_fields if q.name == member] if inner else params

    def apply(
        self,
        address: str,
        values: dict[str, Any],
        targets: Sequence[ParamFacts | ReplyFacts | FieldFacts],
    ) -> None:
        changed = False
        for target in targets:
            for key, value in values.items():
                if not hasattr(target, key):
                    raise SpecError(f"the correction of {address} sets {key}, which nobody reads")
                changed |= getattr(target, key) != value
                setattr(target, key, value)
        if not changed:
            raise SpecError(f"the correction of {address} changes nothing")

    # reply classes

    def unite(self, model: str) -> dict[str, FieldFacts]:
        """Return the fields of all sources of a class by their addresses in the first source."""
        override = self.overrides.models[model]
        sources = {a: self.operations[a].reply.fields for a in override.replies}
        sources |= {a: self.element_fields(a) for a in override.elements}
        if override.fields:
            sources[model] = override.fields
        names = [{f.name for f in fields} for fields in sources.values()]
        united: dict[str, FieldFacts] = {}
        addresses: dict[str, str] = {}
        for source, fields in sources.items():
            for f in fields:
                address = addresses.setdefault(f.name, f"{source}.{f.name}")
                merged = united.setdefault(address, evolve(f))
                merged.nullable |= f.nullable or not all(f.name in known for known in names)
        return united

    def element_fields(self, address: str) -> list[FieldFacts]:
        short, _, name = address.partition(".")
        for f in self.operations[short].reply.fields:
            if f.name == name:
                return f.value_fields or f.fields
        raise SpecError(f"{address} is no list of objects")

    def model(self, name: str, fields: dict[str, FieldFacts]) -> ModelSpec:
        summary = self.overrides.models[name].summary
        found = [self.field(name, address, f) for address, f in fields.items()]
        return ModelSpec(name=name, summary=summary, fields=found)

    def field(self, model: str, address: str, f: FieldFacts) -> FieldSpec:
        pair = self.overrides.pairs.get(address)
        own_address = f"{model}.{f.name}"
        may_be_absent = f.default == "empty"
        needed = own_address in self.needed and (may_be_absent or not f.nullable)
        if needed:
            self.used.add(f"needed.{own_address}")
        enum = self.bound(own_address)
        if pair is not None:
            self.used.add(f"pairs.{address}")
            annotation = f"tuple[{pair.model}, ...]"
        elif f.type in _OF_OBJECTS:
            annotation = _OF_OBJECTS[f.type].format(self.element_of[address])
        elif enum is not None:
            annotation = enum
        elif f.type in self.overrides.models:
            annotation = f.type
        else:
            annotation = _FIELD_TYPES[f.type]
        return FieldSpec(
            wire=f.name,
            python=self.python_name(f.name),
            annotation=annotation,
            optional=f.nullable,
            may_be_absent=may_be_absent,
            needed=needed,
            secret=f.secret,
            note=f.note,
            pair=(pair.key, pair.value) if pair else None,
        )

    # parameters

    def operation(self, short: str, o: OperationFacts) -> OperationSpec:
        namespace, *rest = short.split("/")
        envelope = o.reply.envelope
        return OperationSpec(
            path=o.path,
            namespace=namespace,
            name="_".join(_snake(part) for part in rest),
            facts=o,
            params=[self.param(short, p) for p in o.params],
            reply=self.reply_of[short],
            envelope=None if envelope == "top-level" else envelope,
        )

    def param(self, short: str, p: ParamFacts) -> ParamSpec:
        address = f"{short}.{p.name}"
        items = [self.param(f"{address}[]", q) for q in p.item_fields]
        return ParamSpec(
            wire=p.name,
            python=self.python_name(p.name),
            kind=Kind.OBJECTS if items else _KINDS[p.type],
            facts=p,
            enum=self.bound(address),
            model=self.item_of[address] if items else None,
            items=items,
        )

    def item(self, name: str) -> ModelSpec:
        override = self.overrides.items[name]
        items: dict[str, ParamSpec] = {}
        for address in override.params:
            found = [p for p in self.find(address) if isinstance(p, ParamFacts) and p.item_fields]
            if not found:
                raise SpecError(f"{address} is no list of objects")
            for p in found:
                for q in p.item_fields:
                    items.setdefault(q.name, self.param(f"{address}[]", q))
        return ModelSpec(name=name, summary=override.summary, items=list(items.values()))

    # names and enumerations

    def python_name(self, wire: str) -> str:
        if wire in self.overrides.names:
            self.used.add(f"names.{wire}")
            return self.overrides.names[wire]
        return _snake(wire)

    def bound(self, address: str) -> str | None:
        name = address.rpartition(".")[2]
        for candidate in (address, f"*.{name}"):
            if candidate in self.enum_of and not (candidate != address and address[0].isupper()):
                self.used.add(f"bind.{candidate}")
                return self.enum_of[candidate]
        return None

    def enum(self, name: str) -> EnumSpec:
        override = self.overrides.enums[name]
        names = override.names
        values: list[tuple[str, int | str, str]]
        if override.source:
            entries: list[Entry] = [e for p in self.parts for e in getattr(p, override.source)]
            if unknown := names.keys() - {str(e.number) for e in entries}:
                raise SpecError(f"{name} names values that the facts lack: {sorted(unknown)}")
            if needless := [e.name for e in entries if names.get(str(e.number)) == e.name]:
                raise SpecError(f"{name} names {needless} as the facts do")
            values = [(names.get(str(e.number), e.name), e.number, e.note) for e in entries]
        else:
            choices = self.choices(override.bind)
            if choices.keys() != names.keys():
                raise SpecError(f"{name} names {sorted(names)}, the facts know {sorted(choices)}")
            values = [(names[v], _number(v), note) for v, note in choices.items()]
        return EnumSpec(
            name=name, summary=override.summary, members=values, numbers=override.numbers
        )

    def choices(self, addresses: list[str]) -> dict[str, str]:
        for address in addresses:
            model, _, name = address.partition(".")
            found = self.unite(model).values() if address[0].isupper() else self.find(address)
            for c in found:
                if not isinstance(c, ReplyFacts) and c.name == name and c.choices:
                    return c.choices
        raise SpecError(f"the facts know no choices for {addresses}")

    def refuse_unused(self) -> None:
        wanted = {f"names.{n}" for n in self.overrides.names}
        wanted |= {f"bind.{a}" for a in self.enum_of}
        wanted |= {f"pairs.{a}" for a in self.overrides.pairs}
        wanted |= {f"needed.{a}" for a in self.needed}
        if unused := wanted - self.used:
            raise SpecError(f"overrides that change nothing: {sorted(unused)}")
        needless = [n for n, p in self.overrides.names.items() if _snake(n) == p]
        if needless:
            raise SpecError(f"names that are split so anyway: {needless}")


def _short(path: str) -> str:
    return path.removeprefix("/nimserver/").removesuffix(".action")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?\d+", text) else text
