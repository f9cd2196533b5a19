"""JSON written many times over by one encoder."""

from __future__ import annotations

import json
from functools import cache
from json import encoder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_BLANKLESS = (",", ":")


@cache
def quickest() -> Callable[[Any], bytes] | None:
    """Return the quickest way to write what JSON knows; it is that of an optional extra."""
    try:
        from msgspec.json import Encoder  # noqa: PLC0415  an optional extra
    except ImportError:
        return None
    return Encoder().encode


def writer(
    default: Callable[[Any], Any], *, sort_keys: bool = False, ascii_only: bool = False
) -> Callable[[Any], str]:
    """
    Return what writes a value as compact JSON.

    `json.JSONEncoder.encode` makes an encoder for each value, which takes longer than a row does.

    Args:
        default: Returns what JSON knows in place of a value that it does not.
        sort_keys: Write the members of objects in order.
        ascii_only: Escape all other characters.

    Returns:
        A function that raises ``TypeError``, ``ValueError`` or ``RecursionError`` for what cannot
        be written.
    """
    make: Any = getattr(encoder, "c_make_encoder", None)
    if make is None:
        return json.JSONEncoder(
            ensure_ascii=ascii_only,
            allow_nan=False,
            sort_keys=sort_keys,
            separators=_BLANKLESS,
            default=default,
        ).encode
    texts = encoder.encode_basestring_ascii if ascii_only else encoder.encode_basestring
    made = make(
        markers=None,
        default=default,
        encoder=texts,
        indent=None,
        key_separator=":",
        item_separator=",",
        sort_keys=sort_keys,
        skipkeys=False,
        allow_nan=False,
    )
    return lambda value: "".join(made(value, 0))
