"""Turn the loaded spec into the text of the generated files."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from typing import TYPE_CHECKING

from nim_async._core.operation import Kind
from nim_async.errors import error_class

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nim_async._codegen.load import (
        EnumSpec,
        FieldSpec,
        ModelSpec,
        OperationSpec,
        ParamSpec,
        Spec,
    )

_WIDTH = 98
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
_REPEAT = {
    "read": "Safe to repeat",
    "idempotent_write": "Idempotent",
    "non_idempotent": "Not idempotent",
}


def render(spec: Spec) -> dict[str, str]:
    """Return the generated files, name to text."""
    header = (
        '"""\n{}\n\nWritten by ``python -m nim_async._codegen``; do not edit.\n\n'
        + _paragraph(f"{spec.origin} Collected {spec.collected}.", "")
        + f'Spec: sha256 {spec.digest}\n"""\n'
    )
    return {
        "_generated/__init__.py": header.format("Code written from the spec of the service."),
        "_generated/models.py": header.format("Enumerations and reply classes.") + _models(spec),
        "_generated/operations.py": header.format("The table of operations.") + _operations(spec),
        "_generated/methods.py": header.format("One class for each namespace.") + _methods(spec),
        "models.py": header.format("Reply classes, item classes and enumerations.")
        + _public_models(spec),
    }


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
    lines = [f"class {e.name}({base}):", *_docstring([e.summary], "    "), ""]
    for name, value, meaning in e.members:
        lines += [f"    {name} = {value!r}".replace("'", '"')]
        lines += _docstring([meaning], "    ")
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
    extra = ("extra", "Fields of the reply that this class does not know.")
    rows = [(f.python, _field_text(f)) for f in m.fields]
    doc = [m.summary, _section("Attributes", [*rows, extra])]
    lines = [
        "@frozen(kw_only=True, eq=False, repr=False, slots=False)",
        f"class {m.name}(Reply):",
        *_docstring(doc, "    "),
        "",
    ]
    for f in m.fields:
        metadata = f'"wire": "{f.wire}"'
        if f.pair:
            metadata += f', "pair": ("{f.pair[0]}", "{f.pair[1]}")'
        annotation, default = f.annotation, ""
        if f.may_be_absent:
            default = "default=(), "
        elif f.optional:
            default = "default=None, "
            annotation += " | None" if annotation != "Any" else ""
        lines.append(f"    {f.python}: {annotation} = field({default}metadata={{{metadata}}})")
    lines.append("    extra: dict[str, Any] = field(factory=dict[str, Any], hash=False)")
    return "\n".join(lines) + "\n"


def _field_text(f: FieldSpec) -> str:
    return f"{_capital(f.meaning)} (wire ``{f.wire}``)."


def _item(i: ModelSpec) -> str:
    doc = [i.summary, _section("Args", [(p.python, _param_text(p)) for p in i.items])]
    lines = [
        "@frozen(kw_only=True, eq=False, repr=False, slots=False)",
        f"class {i.name}(Value):",
        *_docstring(doc, "    "),
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
    rate = facts["rate_limit"]
    rate_text = (
        "RateLimit({})".format(", ".join(f"{k}={v}" for k, v in rate.items())) if rate else "None"
    )
    lines = [
        f"{_constant(o)} = Operation(",
        f'    path="{o.path}",',
        f'    namespace="{o.namespace}",',
        f'    name="{o.name}",',
        f'    summary="{facts["summary"]}",',
        "    params=(",
        *(_param(p, "        ") for p in o.params),
        "    ),",
        f"    reply={o.reply},",
        f"    envelope={_quoted(o.envelope)},",
        f"    idempotency=Idempotency.{facts['idempotency'].upper()},",
        f"    rate_limit={rate_text},",
        "    codes=frozenset({" + ", ".join(map(str, facts["codes"])) + "}),",
    ]
    if "dedupe" in facts:
        lines.append("    deduplicated=True,")
    if facts["in_tutorial"]:
        lines.append("    in_tutorial=True,")
    return "\n".join([*lines, ")\n"])


def _param(p: ParamSpec, pad: str) -> str:
    arguments = [
        f'wire_name="{p.wire}"',
        f'python_name="{p.python}"',
        f"kind=Kind.{p.kind.name}",
    ]
    facts = p.facts
    if facts["required"]:
        arguments.append("required=True")
    for key, name in (
        ("max_length", "max_length"),
        ("min", "minimum"),
        ("max", "maximum"),
        ("max_items", "max_items"),
    ):
        if key in facts:
            arguments.append(f"{name}={facts[key]}")
    if "choices" in facts:
        values = [_quoted(v) if p.kind is Kind.TEXT else v for v in facts["choices"]]
        arguments.append(f"choices=({', '.join(values)},)")
    if "default" in facts:
        default = facts["default"]
        arguments.append(f"default={_quoted(default) if isinstance(default, str) else default}")
    if facts.get("generated"):
        arguments.append("generated=True")
    if not p.items:
        return f"{pad}Param({', '.join(arguments)}),"
    inner = "\n".join(_param(q, pad + "        ") for q in p.items)
    return (
        f"{pad}Param(\n{pad}    {', '.join(arguments)},\n{pad}    items=(\n{inner}\n{pad}    ),\n"
        f"{pad}),"
    )


# the methods


def _methods(spec: Spec) -> str:
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
        summary = f"Operations under ``/nimserver/{namespace}/``."
        parts.append(
            f"class {namespace.capitalize()}Methods:\n"
            f'    """{summary}"""\n\n'
            '    __slots__ = ("_client",)\n\n'
            "    def __init__(self, client: Client) -> None:\n"
            '        """Call by way of a client, with its options."""\n'
            "        self._client = client\n\n" + "\n".join(_method(o) for o in found)
        )
    return "\n\n".join(parts)


def _method(o: OperationSpec) -> str:
    lines = [f"    @implements(operations.{_constant(o)})"]
    lines += [f"    async def {o.name}(", "        self,", "        *,"]
    for p in o.params:
        annotation, default = _signature(p)
        lines.append(f"        {p.python}: {annotation}{f' = {default}' if default else ''},")
    lines.append(f"    ) -> {o.reply}:")
    lines += _docstring(_method_doc(o), "        ")
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
    elif p.facts["type"] == "json_array<long>":
        annotation = "Sequence[int] | Sequence[str] | str"
    if p.enum is not None:
        annotation = f"{p.enum} | {annotation}"
    if p.wire in {"msgType", "attach"}:
        annotation += " | Body"
    optional = not p.facts["required"] or p.facts.get("generated", False)
    return (f"{annotation} | None", "None") if optional else (annotation, "")


def _method_doc(o: OperationSpec) -> list[str]:
    facts = o.facts
    parts = [facts["summary"], f"POST ``{o.path}``"]
    if notes := [*facts.get("notes", ()), *facts["reply"]["quirks"]]:
        parts.append("Known of it: " + "; ".join(notes) + ".")
    if "doubt" in facts:
        parts.append(f"Sources differ on the path. {_capital(facts['doubt'])}.")
    parts.append(_section("Args", [(p.python, _param_text(p)) for p in o.params]))
    parts.append(f"Returns:\n    `{o.reply}`.")
    parts.append(_section("Raises", _raises(facts)))
    parts.append(
        f"{_REPEAT[facts['idempotency']]}: {facts['idempotency_reason']}.".replace("..", ".")
    )
    if "dedupe" in facts:
        parts.append(_sentence(facts["dedupe"]["note"]))
    return parts


def _raises(facts: dict[str, object]) -> list[tuple[str, str]]:
    codes: list[int] = facts["codes"]  # type: ignore[assignment]
    meanings: dict[str, str] = facts.get("code_meanings", {})  # type: ignore[assignment]
    listed = defaultdict[str, list[int]](list)
    limited = {416} if facts["rate_limit"] else set[int]()
    for code in sorted({*codes, *map(int, meanings), *limited}):
        if code != 200:  # noqa: PLR2004
            listed[error_class(code).__name__].append(code)
    rows = [
        ("ParameterError", "A value breaks its limit, and nothing was sent; or code 414."),
    ]
    for name, found in listed.items():
        if name not in {"ParameterError", "ApiError"}:
            rows.append((name, _codes_text(found, meanings) + _rate_text(name, facts)))
    others = listed.get("ApiError", [])
    text = f"{_codes_text(others, meanings)} Or any" if others else "Any"
    rows.append(("ApiError", f"{text} other code."))
    rows.append(
        ("TransportError", "No usable answer; see ``maybe_processed`` before you try again.")
    )
    return rows


def _rate_text(name: str, facts: dict[str, object]) -> str:
    rate = facts["rate_limit"]
    if name != "RateLimited" or not isinstance(rate, dict):
        return ""
    return (
        f" More than {rate['calls']} calls in {rate['per_seconds']} s for the app;"
        f" refused for {rate['block_seconds']} s."
    )


def _codes_text(codes: Iterable[int], meanings: dict[str, str]) -> str:
    texts = [f"{c} ({meanings[str(c)]})" if str(c) in meanings else str(c) for c in codes]
    return f"Code {', '.join(texts)}."


def _param_text(p: ParamSpec) -> str:
    facts = p.facts
    parts = [facts["note"], "; ".join(_limits(p))]
    parts.append(facts.get("conditions", ""))
    if "doubt" in facts:
        parts.append(f"sources differ: {facts['doubt']}")
    parts.append(f"Wire ``{p.wire}``")
    return " ".join(_sentence(part) for part in parts if part)


def _limits(p: ParamSpec) -> list[str]:
    facts = p.facts
    low, high = facts.get("min"), facts.get("max")
    limits = [
        ("max_length" in facts, "at most {max_length} characters (UTF-16 units)"),
        (low is not None and high is not None, "{min} to {max}"),
        (low is None and high is not None, "at most {max}"),
        (low is not None and high is None, "at least {min}"),
        ("max_items" in facts, "at most {max_items} items"),
    ]
    texts = [text.format_map(facts) for applies, text in limits if applies]
    if "choices" in facts:
        texts.append("one of " + ", ".join(f"{v} ({m})" for v, m in facts["choices"].items()))
    if p.kind is Kind.INTEGERS:
        texts.append("numbers, or text with commas")
    if facts.get("format", "").startswith("tag expression"):
        texts.append('an expression such as ``{"tag": "a"} or {"tag": "b"}``')
    if facts.get("generated"):
        texts.append("filled in by the client where it can")
    if "default" in facts:
        texts.append(f"the service assumes {str(facts['default']).lower()} when left out")
    return texts


# text


def _section(title: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    lines = [f"{title}:"]
    for name, text in rows:
        lines.append(f"    {name}: {text}")
    return "\n".join(lines)


def _docstring(parts: list[str], pad: str) -> list[str]:
    parts = [p for p in parts if p]
    text = parts[0] if parts[0].endswith((".", "!", "?")) else f"{_capital(parts[0])}."
    if len(parts) == 1 and "\n" not in text and len(text) + len(pad) + 6 <= _WIDTH:
        return [f'{pad}"""{_escaped(text)}"""']
    lines = [f'{pad}"""']
    for i, part in enumerate([text, *parts[1:]]):
        if i:
            lines.append("")
        for row in part.split("\n"):
            indent = row[: len(row) - len(row.lstrip())]
            hang = indent + "    " if indent else ""
            lines += textwrap.wrap(
                _escaped(row.strip()),
                _WIDTH - len(pad),
                initial_indent=pad + indent,
                subsequent_indent=pad + hang,
                break_long_words=False,
                break_on_hyphens=False,
            )
    return [*lines, f'{pad}"""']


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _paragraph(text: str, pad: str) -> str:
    return "\n".join(textwrap.wrap(text, _WIDTH, initial_indent=pad)) + "\n"


def _capital(text: str) -> str:
    first = text.split(" ", 1)[0]
    is_a_name = first == "accid" or first[1:] != first[1:].lower()
    return text if is_a_name else text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    text = _capital(text)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _quoted(text: str | None) -> str:
    return "None" if text is None else f'"{text}"'
