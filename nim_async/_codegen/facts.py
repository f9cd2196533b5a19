"""
The form of the spec and of what is added to it: a key that no class here has is refused.

``note`` is for users and stands in docstrings; ``evidence`` keeps where a fact is from and what
is doubtful about it, and is never written anywhere. What only tests read says so.
"""

from __future__ import annotations

from typing import Any, TypeVar

import cattrs
from attrs import define, field

T = TypeVar("T")


class SpecError(Exception):
    """The spec or an override does not fit."""


@define(kw_only=True)
class Noted:
    """What users read of a thing, and what stands behind it."""

    note: str = ""
    evidence: list[str] = field(factory=list[str])


@define(kw_only=True)
class ParamFacts(Noted):
    """A parameter, or a member of an object inside one."""

    name: str
    type: str
    required: bool
    max_length: int | None = None
    min: int | None = None
    max: int | None = None
    max_items: int | None = None
    default: Any = None
    choices: dict[str, str] = field(factory=dict[str, str])
    format: str = ""
    pattern: str | None = None
    empty_clears: bool = False
    deprecated: bool = False
    generated: bool = False
    item_fields: list[ParamFacts] = field(factory=list["ParamFacts"])


@define(kw_only=True)
class FieldFacts(Noted):
    """
    A field of a reply; ``value_fields`` are those of objects behind keys that are data.

    A ``secret`` one is not shown where the reply is.
    """

    name: str
    type: str
    nullable: bool = False
    default: str = ""
    secret: bool = False
    choices: dict[str, str] = field(factory=dict[str, str])
    fields: list[FieldFacts] = field(factory=list["FieldFacts"])
    value_fields: list[FieldFacts] = field(factory=list["FieldFacts"])


@define(kw_only=True)
class ReplyFacts(Noted):
    """What comes back; tests decode the examples."""

    envelope: str
    fields: list[FieldFacts]
    example: dict[str, Any]
    example_recorded: dict[str, Any] | None = None


@define(kw_only=True)
class RateFacts:
    """The limit of frequency of an operation."""

    calls: int
    per_seconds: int
    block_seconds: int


@define(kw_only=True)
class OperationFacts(Noted):
    """
    One operation; tests send the example.

    ``desc_notes`` says what the errors mean that only the ``desc`` of a refusal tells apart;
    ``duplicate_is_success`` is for what has a method written by hand, see `Operation`.
    """

    path: str
    in_tutorial: bool
    summary: str
    params: list[ParamFacts]
    reply: ReplyFacts
    example_request: dict[str, Any]
    codes: list[int]
    code_notes: dict[int, str] = field(factory=dict[int, str])
    desc_notes: dict[str, str] = field(factory=dict[str, str])
    idempotency: str
    idempotency_note: str = ""
    deduplicated: bool = False
    duplicate_is_success: bool = False
    rate_limit: RateFacts | None


@define(kw_only=True)
class Entry(Noted):
    """A member of an enumeration, which one of the three numbers stands for."""

    name: str
    code: int | None = None
    value: int | None = None
    id: int | None = None

    @property
    def number(self) -> int:
        """The number on the wire."""
        return next(n for n in (self.code, self.value, self.id) if n is not None)


@define(kw_only=True)
class CodeFacts(Entry):
    """A code; tests compare the errors with how it may be met."""

    category: str
    retryable: str
    scope: str


@define(kw_only=True)
class DescFacts(Noted):
    """A ``desc`` that was seen with a code, and the error that it stands for."""

    code: int
    text: str
    error: str


@define(kw_only=True)
class ContentFacts(Noted):
    """A field inside the content of a message; tests compare the bodies with it."""

    name: str
    type: str
    required: bool
    unit: str = ""


@define(kw_only=True)
class TypeFacts(Entry):
    """A type of message; tests compare the bodies with it."""

    fields: list[ContentFacts] = field(factory=list[ContentFacts])
    example: str = ""


@define(kw_only=True)
class Facts:
    """One file of the spec; ``sources`` says what the labels in the evidence stand for."""

    title: str
    origin: str
    collected: str
    sources: dict[str, str]
    operations: list[OperationFacts]
    codes: list[CodeFacts] = field(factory=list[CodeFacts])
    descs: list[DescFacts] = field(factory=list[DescFacts])
    message_types: list[TypeFacts] = field(factory=list[TypeFacts])
    platforms: list[Entry] = field(factory=list[Entry])
    notifications: list[Entry] = field(factory=list[Entry])


@define(kw_only=True)
class EnumOverride:
    """An enumeration: where its values are from and what they are called."""

    summary: str
    bind: list[str] = field(factory=list[str])
    source: str = ""
    names: dict[str, str] = field(factory=dict[str, str])
    numbers: dict[str, str] = field(factory=dict[str, str])


@define(kw_only=True)
class ModelOverride:
    """A reply class: which replies and objects inside replies it stands for."""

    summary: str
    replies: list[str] = field(factory=list[str])
    elements: list[str] = field(factory=list[str])
    fields: list[FieldFacts] = field(factory=list[FieldFacts])


@define(kw_only=True)
class ItemOverride:
    """A class for the objects inside parameters."""

    summary: str
    params: list[str]


@define(kw_only=True)
class Pair:
    """How an object with one pair, the name of which is data, becomes two fields."""

    model: str
    key: str
    value: str


@define(kw_only=True)
class Correction:
    """What is set otherwise than the spec has it, and why."""

    at: list[str]
    set: dict[str, Any]
    reason: str


@define(kw_only=True)
class Needed:
    """Fields without which nothing can be made of a reply, and why."""

    at: list[str]
    reason: str


@define(kw_only=True)
class Overrides:
    """What the generator needs beside the spec."""

    names: dict[str, str]
    enums: dict[str, EnumOverride]
    models: dict[str, ModelOverride]
    pairs: dict[str, Pair]
    items: dict[str, ItemOverride]
    needed: list[Needed]
    corrections: list[Correction]


_converter = cattrs.Converter(forbid_extra_keys=True)


def structure(raw: object, form: type[T], name: str) -> T:
    """
    Turn a decoded file into values.

    Raises:
        SpecError: A key is missing, or one is there that nobody reads; with its place.
    """
    try:
        return _converter.structure(raw, form)
    except cattrs.BaseValidationError as error:
        raise SpecError(f"{name}: " + "; ".join(cattrs.transform_error(error))) from error
