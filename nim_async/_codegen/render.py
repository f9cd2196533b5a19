"""Turn the loaded spec into the text of the generated files."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from attrs import asdict

from nim_async._codegen import docs
from nim_async._core.operation import Kind

if TYPE_CHECKING:
    from nim_async._codegen.load import EnumSpec, ModelSpec, OperationSpec, ParamSpec, Spec

_FIELDS = (
    "A field that a reply may lack is ``None`` then. Any other may be missing too, should the "
    "service leave it out or send it in a form that cannot be read: then reading it raises "
    "`MissingField`. Values that cannot be read are in ``extra``, with the fields that a class "
    "does not know; elements of lists that cannot be read are in ``unreadable``. Only what is "
    "never missing has to be there: a reply without it raises `DecodeError`, and as an element of "
    "a list it cannot be read."
)
_ANNOTATIONS = {
    Kind.TEXT: "str",
    Kind.INTEGER: "int",
    Kind.NUMBER: "float",
    Kind.BOOLEAN: "bool",
    Kind.INTEGERS: "Sequence[int] | str",
    Kind.TEXTS: "Sequence[str] | str",
    Kind.OBJECT: "Mapping[str, Any] | str",
    Kind.JSON: "Json",
}


def render(spec: Spec) -> dict[str, str]:
    """Return the generated files, name to text."""
    return {
        "_generated/__init__.py": _header(spec, "Code written from the spec of the service."),
        "_generated/models.py": _header(spec, "Enumerations and reply classes.") + _models(spec),
        "_generated/operations.py": _header(spec, "The table of operations.") + _operations(spec),
        "_generated/methods.py": _header(spec, "One class for each namespace.") + _methods(spec),
        "models.py": _header(spec, "Reply classes, item classes and enumerations.", _FIELDS)
        + _public_models(spec),
    }


def _header(spec: Spec, *parts: str) -> str:
    written = "Written by ``python -m nim_async._codegen``; do not edit."
    lines = docs.docstring([*parts, written], "")
    for origin in spec.origins:
        lines += ["", *docs.comment(origin)]
    lines.append(f"# Spec: sha256 {spec.digest}")
    return "\n".join(lines) + "\n"


# enumerations and models


def _model_names(spec: Spec) -> list[str]:
    return sorted([e.name for e in spec.enums] + [m.name for m in [*spec.models, *spec.items]])


def _public_models(spec: Spec) -> str:
    names = _model_names(spec)
    return (
        "from nim_async._generated.models import (\n"
        + "".join(f"    {n},\n" for n in names)
        + ")\n\n__all__ = [\n"
        + "".join(f'    "{n}",\n' for n in names)
        + "]\n"
    )


def _models(spec: Spec) -> str:
    names = _model_names(spec)
    imports = (
        "from __future__ import annotations\n\n"
        "from typing import Any\n\n"
        "from attrs import field, frozen\n\n"
        "from nim_async._core.model import OpenIntEnum, OpenStrEnum, Reply, Value\n"
        "from nim_async._core.operation import Body, Json\n"
    )
    parts = [
        imports,
        "__all__ = [\n" + "".join(f'    "{n}",\n' for n in names) + "]\n",
    ]
    parts += [_enum(e) for e in spec.enums]
    parts += [_model(m) for m in _in_order(spec.models)]
    parts += [_item(i) for i in spec.items]
    return "\n\n".join(parts)


def _enum(e: EnumSpec) -> str:
    base = "OpenIntEnum" if isinstance(e.members[0][1], int) else "OpenStrEnum"
    lines = [f"class {e.name}({base}):", *docs.docstring([e.summary], "    "), ""]
    for name, value, note in e.members:
        lines += [f"    {name} = {value!r}".replace("'", '"')]
        lines += docs.docstring([note if note.endswith(".") else docs.sentence(note)], "    ")
    if e.numbers:
        pairs = ", ".join(f'{n}: "{v}"' for n, v in e.numbers.items())
        lines += ["", "    @classmethod", "    def _numbers(cls) -> dict[int, str]:"]
        lines += [f"        return {{{pairs}}}"]
    return "\n".join(lines) + "\n"


def _in_order(models: list[ModelSpec]) -> list[ModelSpec]:
    """Put a class before those whose fields hold it."""
    left = {m.name: m for m in models}
    done: list[ModelSpec] = []
    while left:
        for model in list(left.values()):
            others = left.keys() - {model.name}
            if not any(other in f.annotation for f in model.fields for other in others):
                done.append(left.pop(model.name))
    return done


def _model(m: ModelSpec) -> str:
    lines = [
        "@frozen(kw_only=True, eq=False, repr=False, slots=False)",
        f"class {m.name}(Reply):",
        *docs.docstring(docs.model(m), "    "),
        "",
    ]
    for f in m.fields:
        metadata = f'"wire": "{f.wire}"'
        if f.pair:
            metadata += f', "pair": ("{f.pair[0]}", "{f.pair[1]}")'
        if f.needed:
            metadata += ', "needed": True'
        if f.secret:
            metadata += ', "secret": True'
        annotation, default = f.annotation, ""
        if f.may_be_absent:
            default = "default=(), "
        elif f.optional:
            default = "default=None, "
            annotation += " | None" if annotation != "Any" else ""
        lines.append(f"    {f.python}: {annotation} = field({default}metadata={{{metadata}}})")
    lines.append("    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)")
    if any(f.annotation.startswith(("tuple[", "dict[")) for f in m.fields):
        lines.append("    unreadable: tuple[Any, ...] = field(default=(), hash=False)")
    return "\n".join(lines) + "\n"


def _item(i: ModelSpec) -> str:
    lines = [
        "@frozen(kw_only=True, eq=False, repr=False, slots=False)",
        f"class {i.name}(Value):",
        *docs.docstring(docs.item(i), "    "),
        "",
    ]
    for p in i.items:
        annotation, default = _signature(p)
        default = f"default={default}, " if default else ""
        lines.append(
            f'    {p.python}: {annotation} = field({default}metadata={{"wire": "{p.wire}"}})'
        )
    return "\n".join(lines) + "\n"


# the table


def _operations(spec: Spec) -> str:
    replies = sorted({o.reply for o in spec.operations})
    parts = [
        "from __future__ import annotations\n\n"
        "from types import MappingProxyType\n"
        "from typing import TYPE_CHECKING, Any\n\n"
        "from nim_async._core.operation import Idempotency, Kind, Operation, Param\n"
        "from nim_async._generated.models import (\n"
        + "".join(f"    {r},\n" for r in replies)
        + ")\nfrom nim_async.config import RateLimit\n\n"
        "if TYPE_CHECKING:\n    from collections.abc import Mapping\n"
    ]
    parts += [_operation(o) for o in spec.operations]
    parts.append(
        "OPERATIONS: Mapping[str, Operation[Any]] = MappingProxyType(\n    {\n        o.path: o\n"
        "        for o in (\n"
        + "".join(f"            {_constant(o)},\n" for o in spec.operations)
        + "        )\n    }\n)\n"
    )
    return "\n".join(parts)


def _constant(o: OperationSpec) -> str:
    return f"{o.namespace}_{o.name}".upper()


def _operation(o: OperationSpec) -> str:
    facts = o.facts
    rate = "None"
    if facts.rate_limit is not None:
        values = ", ".join(f"{k}={v}" for k, v in asdict(facts.rate_limit).items())
        rate = f"RateLimit({values})"
    lines = [
        f"{_constant(o)} = Operation(",
        f'    path="{o.path}",',
        f'    namespace="{o.namespace}",',
        f'    name="{o.name}",',
        f'    summary="{facts.summary}",',
        "    params=(",
        *(_param(p, "        ") for p in o.params),
        "    ),",
        f"    reply={o.reply},",
        f"    envelope={_quoted(o.envelope)},",
        f"    idempotency=Idempotency.{facts.idempotency.upper()},",
        f"    rate_limit={rate},",
        "    codes=frozenset({" + ", ".join(map(str, facts.codes)) + "}),",
    ]
    if facts.deduplicated:
        lines.append("    deduplicated=True,")
    if facts.duplicate_is_success:
        lines.append("    duplicate_is_success=True,")
    if facts.in_tutorial:
        lines.append("    in_tutorial=True,")
    return "\n".join([*lines, ")\n"])


def _param(p: ParamSpec, pad: str) -> str:
    arguments = [
        f'wire_name="{p.wire}"',
        f'python_name="{p.python}"',
        f"kind=Kind.{p.kind.name}",
    ]
    facts = p.facts
    if facts.required:
        arguments.append("required=True")
    for name, limit in (
        ("max_length", facts.max_length),
        ("minimum", facts.min),
        ("maximum", facts.max),
        ("max_items", facts.max_items),
    ):
        if limit is not None:
            arguments.append(f"{name}={limit}")
    if facts.choices:
        values = [_quoted(v) if p.kind is Kind.TEXT else v for v in facts.choices]
        arguments.append(f"choices=({', '.join(values)},)")
    if facts.default is not None:
        text = isinstance(facts.default, str)
        arguments.append(f"default={_quoted(facts.default) if text else facts.default}")
    if facts.pattern is not None:
        arguments.append(f'pattern=r"{facts.pattern}"')
    arguments += [
        f"{name}=True"
        for name, holds in (
            ("empty_clears", facts.empty_clears),
            ("deprecated", facts.deprecated),
            ("generated", facts.generated),
        )
        if holds
    ]
    if not p.items:
        return f"{pad}Param({', '.join(arguments)}),"
    inner = "\n".join(_param(q, pad + "        ") for q in p.items)
    return (
        f"{pad}Param(\n{pad}    {', '.join(arguments)},\n{pad}    items=(\n{inner}\n{pad}    ),\n"
        f"{pad}),"
    )


# the methods


def _methods(spec: Spec) -> str:
    texts = docs.Docs(spec)
    by_namespace: dict[str, list[OperationSpec]] = defaultdict(list)
    for o in spec.operations:
        by_namespace[o.namespace].append(o)
    enums = {p.enum for o in spec.operations for p in o.params if p.enum}
    names = sorted(enums | {o.reply for o in spec.operations} | {i.name for i in spec.items})
    parts = [
        "from __future__ import annotations\n\n"
        "from typing import TYPE_CHECKING, Any\n\n"
        "from nim_async._core.operation import implements\n"
        "from nim_async._generated import operations\n\n"
        "if TYPE_CHECKING:\n"
        "    from collections.abc import Mapping, Sequence\n\n"
        "    from nim_async._core.operation import Body, Client, Json\n"
        "    from nim_async._generated.models import (\n"
        + "".join(f"        {n},\n" for n in names)
        + "    )\n"
    ]
    for namespace, found in by_namespace.items():
        head = [
            f"class {namespace.capitalize()}Methods:",
            *docs.docstring(texts.namespace(found), "    "),
            "",
            '    __slots__ = ("_client",)',
            "",
            "    def __init__(self, client: Client) -> None:",
            '        """Call by way of a client, with its options."""',
            "        self._client = client",
            "",
        ]
        methods = [_method(o, texts.method(o)) for o in found]
        parts.append("\n".join([*head, *methods]))
    return "\n\n".join(parts)


def _method(o: OperationSpec, doc: list[str]) -> str:
    lines = [f"    @implements(operations.{_constant(o)})"]
    lines += [f"    async def {o.name}(", "        self,", "        *,"]
    for p in o.params:
        annotation, default = _signature(p)
        lines.append(f"        {p.python}: {annotation}{f' = {default}' if default else ''},")
    lines.append(f"    ) -> {o.reply}:")
    lines += docs.docstring(doc, "        ")
    lines += [
        "        return await self._client.invoke(",
        f"            operations.{_constant(o)},",
        "            {",
    ]
    lines += [f'                "{p.python}": {p.python},' for p in o.params]
    lines += ["            },", "        )\n"]
    return "\n".join(lines)


def _signature(p: ParamSpec) -> tuple[str, str]:
    """Return annotation and default of a parameter."""
    annotation = _ANNOTATIONS.get(p.kind, "")
    if p.kind is Kind.OBJECTS:
        annotation = f"Sequence[{p.model} | Mapping[str, Any]] | str"
    elif p.facts.type == "json_array<long>":
        annotation = "Sequence[int] | Sequence[str] | str"
    if p.enum is not None:
        annotation = f"{p.enum} | {annotation}"
    if p.wire in {"msgType", "attach"}:
        annotation += " | Body"
    optional = not p.facts.required or p.facts.generated
    return (f"{annotation} | None", "None") if optional else (annotation, "")


def _quoted(text: str | None) -> str:
    return "None" if text is None else f'"{text}"'
