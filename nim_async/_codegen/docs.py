"""What the docstrings of generated code say."""

from __future__ import annotations

import re
import textwrap
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from attrs import astuple

from nim_async._core.operation import Kind
from nim_async.errors import error_class

if TYPE_CHECKING:
    from nim_async._codegen.facts import RateFacts
    from nim_async._codegen.load import FieldSpec, ModelSpec, OperationSpec, ParamSpec, Spec

WIDTH = 100
_REPEAT = {
    "read": "Safe to repeat",
    "idempotent_write": "Idempotent",
    "non_idempotent": "Not idempotent",
}
# What any operation may raise; said once, for the class.
_COMMON_CODES = {200, 403, 414, 416, 431, 500}
_LENGTHS = "Lengths count UTF-16 units."
_JSON = "Where an object or JSON is asked for, give a Python value, or text that goes as it is."
_REPEATS = "Each method says what a repeat does; the client by itself repeats only what is safe."


class Docs:
    """Writes docstrings; what most operations have in common is said by their class."""

    def __init__(self, spec: Spec) -> None:
        """Find the limit of frequency that most operations have."""
        self._codes, self._desc_codes = spec.codes, spec.desc_codes
        rates = Counter(astuple(r) for o in spec.operations if (r := o.facts.rate_limit))
        self._rate = rates.most_common(1)[0][0] if rates else None

    def namespace(self, operations: list[OperationSpec]) -> list[str]:
        """Say what the methods of a namespace have in common."""
        rates = [r for o in operations if (r := o.facts.rate_limit) and self._is_common(r)]
        often = _rate_text(rates[0], "calls of one operation") if rates else "Called too often."
        rows = [
            ("ParameterError", "A value breaks its limit, and nothing was sent; or code 414."),
            ("PermissionDenied", "Code 403. The account or the app may not do this."),
            ("RateLimited", f"Code 416. {often}"),
            ("Duplicate", "Code 431. The service has seen this request already."),
            ("ServerError", "Code 500. The service failed, and may have acted."),
            ("ApiError", "Any other code."),
            ("TransportError", "No usable answer; see ``maybe_processed`` before you try again."),
        ]
        return [
            f"Operations under ``/nimserver/{operations[0].namespace}/``.",
            f"An argument that is left out is not sent. {_LENGTHS} {_JSON}",
            f"{_REPEATS} Beside the errors that a method names, each may raise these.",
            _section("Raises", rows),
        ]

    def method(self, o: OperationSpec) -> list[str]:
        """Say what an operation does, takes, returns and raises."""
        facts = o.facts
        repeat = _REPEAT[facts.idempotency]
        return [
            facts.summary,
            f"POST ``{o.path}``",
            facts.note,
            _section("Args", [(p.python, _param_text(p)) for p in o.params]),
            f"Returns:\n    `{o.reply}`. {facts.reply.note}".rstrip(),
            _section("Raises", self._raises(o)),
            f"{repeat}: {facts.idempotency_note}" if facts.idempotency_note else f"{repeat}.",
        ]

    def _raises(self, o: OperationSpec) -> list[tuple[str, str]]:
        facts = o.facts
        listed = defaultdict[str, list[str]](list)
        rate = facts.rate_limit
        if rate is None or not self._is_common(rate):
            limit = _rate_text(rate) if rate else "The limit is not documented."
            listed["RateLimited"].append(f"Code 416. {limit}")
        for code in sorted({*facts.codes, *facts.code_notes}):
            if code in facts.code_notes or code not in _COMMON_CODES:
                note = _decapitalized(facts.code_notes.get(code, self._codes[code]).rstrip("."))
                listed[error_class(code).__name__].append(f"Code {code}: {note}.")
        for name, note in facts.desc_notes.items():
            listed[name].append(f"Code {self._desc_codes[name]}, told by its text: {note}.")
        return [(name, " ".join(texts)) for name, texts in listed.items()]

    def _is_common(self, rate: RateFacts) -> bool:
        return astuple(rate) == self._rate


def model(m: ModelSpec) -> list[str]:
    """Describe a reply class by its fields."""
    return [m.summary, _section("Attributes", [(f.python, _field_text(f)) for f in m.fields])]


def item(i: ModelSpec) -> list[str]:
    """Describe a class for objects inside a parameter by what it takes."""
    rows = [(p.python, _param_text(p)) for p in i.items]
    return [f"{i.summary} {_LENGTHS}", _section("Args", rows)]


def docstring(parts: list[str], pad: str) -> list[str]:
    """Return the lines of a docstring that consists of paragraphs."""
    first, *others = [p for p in parts if p]
    if not others and "\n" not in first and len(first) + len(pad) + 6 <= WIDTH:
        return [f'{pad}"""{_escaped(first)}"""']
    lines = [f'{pad}"""', *_wrapped(first, pad)]
    for part in others:
        lines += ["", *(line for row in part.split("\n") for line in _wrapped(row, pad))]
    return [*lines, f'{pad}"""']


def sentence(text: str) -> str:
    """Make a sentence of a few words."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def comment(text: str) -> list[str]:
    """Return the lines of a comment."""
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ")


def _wrapped(row: str, pad: str) -> list[str]:
    indent = pad + row[: len(row) - len(row.lstrip())]
    hang = "    " if re.match(r"\s+\w+: ", row) else ""
    return textwrap.wrap(
        _escaped(row.strip()),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _section(title: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    return "\n".join([f"{title}:", *(f"    {name}: {text}" for name, text in rows)])


def _rate_text(rate: RateFacts, calls: str = "calls") -> str:
    return (
        f"More than {rate.calls} {calls} in {rate.per_seconds} s for the app;"
        f" refused for {rate.block_seconds} s."
    )


def _field_text(f: FieldSpec) -> str:
    text = f"{f.note.rstrip('.')}; never missing." if f.needed else f.note
    return _with_wire(text, f.wire, f.python)


def _param_text(p: ParamSpec) -> str:
    facts = p.facts
    text = f"Deprecated: {_decapitalized(facts.note)}" if facts.deprecated else facts.note
    for limit in _limits(p):
        plain = not re.search(r"[.:;] ", text)
        text = f"{text[:-1]}{', ' if plain else '. '}{limit if plain else limit.capitalize()}."
    if facts.choices:
        text += f" One of {', '.join(f'{v} ({m})' for v, m in facts.choices.items())}."
    if facts.default is not None:
        text = f"{text[:-1]}; {facts.default} when left out."
    if facts.empty_clears:
        text = f"{text[:-1]}; an empty text clears it."
    if p.kind is Kind.INTEGERS:
        text += " Numbers, or text such as ``0,100``."
    if facts.format == "tag_expression":
        text += ' An example: ``{"tag": "a"} or {"tag": "b"}``.'
    return _with_wire(text, p.wire, p.python)


def _limits(p: ParamSpec) -> list[str]:
    facts = p.facts
    limits: list[str] = []
    if facts.max_length is not None:
        limits.append(f"at most {facts.max_length} characters")
    if facts.min is not None and facts.max is not None:
        limits.append(f"{facts.min} to {facts.max}")
    elif facts.max is not None:
        limits.append(f"at most {facts.max}")
    elif facts.min is not None:
        limits.append(f"at least {facts.min}")
    if facts.max_items is not None:
        limits.append(f"at most {facts.max_items} items")
    return limits


def _with_wire(text: str, wire: str, python: str) -> str:
    """Add the name on the wire where it is another one."""
    return text if wire == python else f"{text.rstrip('.')} (wire ``{wire}``)."


def _decapitalized(text: str) -> str:
    first = text.split(" ", 1)[0]
    return text if first[1:] != first[1:].lower() else text[:1].lower() + text[1:]
