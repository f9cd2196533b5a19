"""Read the spec, apply the overrides, and say in plain values what is to be written."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from attrs import define, field

from nim_async._core.operation import Kind

if TYPE_CHECKING:
    from pathlib import Path

Facts = dict[str, Any]

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


class SpecError(Exception):
    """The spec or an override does not fit."""


@define(kw_only=True)
class ParamSpec:
    """A parameter, or a member of an object inside one."""

    wire: str
    python: str
    kind: Kind
    facts: Facts
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
    meaning: str
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
    """An open enumeration."""

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
    facts: Facts
    params: list[ParamSpec]
    reply: str
    envelope: str | None


@define(kw_only=True)
class Spec:
    """All there is to write."""

    origin: str
    collected: str
    digest: str
    enums: list[EnumSpec]
    models: list[ModelSpec]
    items: list[ModelSpec]
    operations: list[OperationSpec]


def load(folder: Path) -> Spec:
    """
    Read ``chatroom.json`` and ``overrides.toml``.

    Raises:
        SpecError: An override changes nothing or names what is not there, or a fact is missing.
    """
    facts_bytes = (folder / "chatroom.json").read_bytes()
    overrides_bytes = (folder / "overrides.toml").read_bytes()
    try:
        facts = json.loads(facts_bytes)
        overrides = tomllib.loads(overrides_bytes.decode())
        return _Loader(facts, overrides).load(
            hashlib.sha256(facts_bytes + overrides_bytes).hexdigest()
        )
    except (KeyError, ValueError) as error:
        raise SpecError(f"{type(error).__name__}: {error}") from error


class _Loader:
    def __init__(self, facts: Facts, overrides: Facts) -> None:
        self.facts = facts
        self.overrides = overrides
        self.operations: dict[str, Facts] = {_short(o["path"]): o for o in facts["operations"]}
        self.used: set[str] = set()
        self.element_of = {
            address: model
            for model, m in overrides["models"].items()
            for address in m.get("elements", ())
        }
        self.enum_of = {
            address: enum for enum, e in overrides["enums"].items() for address in e.get("bind", ())
        }
        self.item_of = {
            address: item for item, i in overrides["items"].items() for address in i["params"]
        }

    def load(self, digest: str) -> Spec:
        self.refuse_unexplained()
        self.correct_operations()
        raw_models = {name: self.unite(name) for name in self.overrides["models"]}
        self.correct_models(raw_models)
        models = [self.model(name, fields) for name, fields in raw_models.items()]
        operations = [self.operation(short, o) for short, o in self.operations.items()]
        spec = Spec(
            origin=self.facts["origin"],
            collected=self.facts["collected"],
            digest=digest,
            enums=[self.enum(name) for name in self.overrides["enums"]],
            models=models,
            items=[self.item(name) for name in self.overrides["items"]],
            operations=operations,
        )
        self.refuse_unused()
        return spec

    # corrections

    def refuse_unexplained(self) -> None:
        for c in self.overrides["corrections"]:
            if not c["reason"]:
                raise SpecError(f"the correction of {', '.join(c['at'])} has no reason")

    def correct_operations(self) -> None:
        for c in self.overrides["corrections"]:
            for address in c["at"]:
                short, _, name = address.partition(".")
                if not short[0].isupper():
                    self.apply(address, c["set"], self.find_params(short, name))

    def correct_models(self, models: dict[str, list[Facts]]) -> None:
        for c in self.overrides["corrections"]:
            for address in c["at"]:
                short, _, name = address.partition(".")
                if short[0].isupper():
                    found = [f for f in models[short] if f["name"] == name]
                    self.apply(address, c["set"], found)

    def find_params(self, short: str, name: str) -> list[Facts]:
        operations = self.operations.values() if short == "*" else [self.operations[short]]
        if not name:
            return [o["reply"] for o in operations]
        outer, inner, member = name.partition("[].")
        params = [p for o in operations for p in o["params"] if p["name"] == outer]
        if inner:
            params = [q for p in params for q in p["item_fields"] if q["name"] == member]
        return params

    def apply(self, address: str, values: Facts, targets: list[Facts]) -> None:
        changed = [t for t in targets if any(t.get(k) != v for k, v in values.items())]
        if not changed:
            raise SpecError(f"the correction of {address} changes nothing")
        for target in changed:
            target.update(values)

    # reply classes

    def unite(self, model: str) -> list[Facts]:
        override = self.overrides["models"][model]
        sources = [self.operations[s]["reply"]["fields"] for s in override.get("replies", ())]
        sources += [self.element_fields(address) for address in override.get("elements", ())]
        sources += [override["fields"]] if "fields" in override else []
        united: dict[str, Facts] = {}
        for short, fields in zip(
            [*override.get("replies", ()), *(a for a in override.get("elements", ())), model],
            sources,
            strict=False,
        ):
            for f in fields:
                merged = united.setdefault(f["name"], {"nullable": False, **f})
                merged.setdefault("at", f"{short}.{f['name']}")
                if f.get("nullable"):
                    merged["nullable"] = True
        for f in united.values():
            if any(all(g["name"] != f["name"] for g in fields) for fields in sources):
                f["nullable"] = True
        return list(united.values())

    def element_fields(self, address: str) -> list[Facts]:
        short, _, name = address.partition(".")
        for f in self.operations[short]["reply"]["fields"]:
            if f["name"] == name:
                return list(f.get("value_fields") or f["fields"])
        raise SpecError(f"{address} is no list of objects")

    def model(self, name: str, fields: list[Facts]) -> ModelSpec:
        summary = self.overrides["models"][name]["summary"]
        return ModelSpec(name=name, summary=summary, fields=[self.field(name, f) for f in fields])

    def field(self, model: str, f: Facts) -> FieldSpec:
        pair = self.overrides["pairs"].get(f["at"])
        enum = self.bound(f"{model}.{f['name']}")
        if pair is not None:
            self.used.add(f"pairs.{f['at']}")
            annotation = f"tuple[{pair['model']}, ...]"
        elif f["type"] in {"list<object>", "object"}:
            element = self.element_of[f["at"]]
            annotation = element if f["type"] == "object" else f"tuple[{element}, ...]"
        elif enum is not None:
            annotation = enum
        elif f["type"] in self.overrides["models"]:
            annotation = f["type"]
        else:
            annotation = _FIELD_TYPES[f["type"]]
        return FieldSpec(
            wire=f["name"],
            python=self.python_name(f["name"]),
            annotation=annotation,
            optional=f["nullable"],
            may_be_absent=f.get("default") == "empty",
            meaning=_with_doubt(f["meaning"], f),
            pair=(pair["key"], pair["value"]) if pair else None,
        )

    # parameters

    def operation(self, short: str, o: Facts) -> OperationSpec:
        namespace, *rest = o["path"].removeprefix("/nimserver/").removesuffix(".action").split("/")
        replies = {
            r: model for model, m in self.overrides["models"].items() for r in m.get("replies", ())
        }
        envelope: str = o["reply"]["envelope"]
        return OperationSpec(
            path=o["path"],
            namespace=namespace,
            name="_".join(_snake(part) for part in rest),
            facts=o,
            params=[self.param(short, p) for p in o["params"]],
            reply=replies[short],
            envelope=None if envelope == "top-level" else envelope,
        )

    def param(self, short: str, p: Facts) -> ParamSpec:
        address = f"{short}.{p['name']}"
        items = [self.param(f"{address}[]", q) for q in p.get("item_fields", ())]
        return ParamSpec(
            wire=p["name"],
            python=self.python_name(p["name"]),
            kind=Kind.OBJECTS if items else _KINDS[p["type"]],
            facts=p,
            enum=self.bound(address),
            model=self.item_of[address] if items else None,
            items=items,
        )

    def item(self, name: str) -> ModelSpec:
        override = self.overrides["items"][name]
        items: dict[str, ParamSpec] = {}
        for address in override["params"]:
            short, _, param = address.partition(".")
            found = [p for p in self.operations[short]["params"] if p["name"] == param]
            if not any("item_fields" in p for p in found):
                raise SpecError(f"{address} is no list of objects")
            for p in found:
                for q in p["item_fields"]:
                    items.setdefault(q["name"], self.param(f"{address}[]", q))
        return ModelSpec(name=name, summary=override["summary"], items=list(items.values()))

    # names and enumerations

    def python_name(self, wire: str) -> str:
        if wire in self.overrides["names"]:
            self.used.add(f"names.{wire}")
            return str(self.overrides["names"][wire])
        return _snake(wire)

    def bound(self, address: str) -> str | None:
        name = address.rpartition(".")[2]
        for candidate in (address, f"*.{name}"):
            if candidate in self.enum_of and not (candidate != address and address[0].isupper()):
                self.used.add(f"bind.{candidate}")
                return str(self.enum_of[candidate])
        return None

    def enum(self, name: str) -> EnumSpec:
        override = self.overrides["enums"][name]
        names: Facts = override.get("names", {})
        values: list[tuple[str, int | str, str]]
        if "source" in override:
            entries = self.facts[override["source"]]
            key = next(k for k in ("value", "id", "code") if k in entries[0])
            if unknown := names.keys() - {str(e[key]) for e in entries}:
                raise SpecError(f"{name} names values that the facts lack: {sorted(unknown)}")
            if needless := [e["name"] for e in entries if names.get(str(e[key])) == e["name"]]:
                raise SpecError(f"{name} names {needless} as the facts do")
            values = [(names.get(str(e[key]), e["name"]), e[key], e["meaning"]) for e in entries]
        else:
            choices = self.choices(override["bind"])
            if choices.keys() != names.keys():
                raise SpecError(f"{name} names {sorted(names)}, the facts know {sorted(choices)}")
            values = [(names[v], _number(v), meaning) for v, meaning in choices.items()]
        return EnumSpec(
            name=name,
            summary=override["summary"],
            members=values,
            numbers=override.get("numbers", {}),
        )

    def choices(self, addresses: list[str]) -> dict[str, str]:
        for address in addresses:
            short, _, name = address.partition(".")
            of_model = short[0].isupper()
            candidates = self.unite(short) if of_model else self.find_params(short, name)
            for c in candidates:
                if c["name"] == name and "choices" in c:
                    return dict(c["choices"])
        raise SpecError(f"the facts know no choices for {addresses}")

    def refuse_unused(self) -> None:
        wanted = {f"names.{n}" for n in self.overrides["names"]}
        wanted |= {f"bind.{a}" for a in self.enum_of}
        wanted |= {f"pairs.{a}" for a in self.overrides["pairs"]}
        if unused := wanted - self.used:
            raise SpecError(f"overrides that change nothing: {sorted(unused)}")
        needless = [n for n, p in self.overrides["names"].items() if _snake(n) == p]
        if needless:
            raise SpecError(f"names that are split so anyway: {needless}")


def _short(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".action")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?\d+", text) else text


def _with_doubt(text: str, facts: Facts) -> str:
    return f"{text}; sources differ: {facts['doubt']}" if "doubt" in facts else text
