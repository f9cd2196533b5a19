"""Messages among the arguments: their ids, and bodies taken apart into type and content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nim_async._checks import kind, shown
from nim_async._core.jsonwriter import NotJson
from nim_async._core.refusals import not_json
from nim_async.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nim_async._core.operation import Param

_PLAIN = frozenset({int, str, type(None)})


def completed(
    params: Sequence[Param],
    values: Mapping[str, Any],
    new_id: Callable[[], str],
    validate: bool,  # noqa: FBT001
) -> Mapping[str, Any]:
    """Fill in message id and type, and take a message body apart."""
    done: dict[str, Any] = dict(values)
    if done.get("msg_id") is None and makes_id(params):
        done["msg_id"] = new_id()
    if _is_body("msg_type", done.get("msg_type")):
        body = done["msg_type"]
        done["msg_type"] = None
        if done.get("attach") is not None:
            raise ParameterError.refused("attach", "left out beside a message body", "both")
        done["attach"] = body
    attach = done.get("attach")
    if attach is not None and _is_body("attach", attach):
        own, given = attach.msg_type, done.get("msg_type")
        own = int(own) if isinstance(own, int) else own
        if validate and given is not None and _number(given) != str(own):
            raise ParameterError.refused(
                "msg_type", f"that of {type(attach).__name__}, {own}", shown(given), "leave it out"
            )
        done["msg_type"] = own if given is None else given
        done["attach"] = _content(attach)
    return done


def _content(body: Any) -> str:
    try:
        text: object = body.attach()
    except NotJson as error:
        raise not_json("attach", error) from None
    if not isinstance(text, str):
        name = type(body).__name__
        raise ParameterError.refused("attach", f"text inside of {name}", kind(text))
    return text


def makes_id(params: Sequence[Param]) -> bool:
    """Return whether the message id is new; that of a recall names a message there is."""
    return any(p.python_name == "msg_id" and p.generated for p in params)


def _is_body(name: str, value: object) -> bool:
    if type(value) in _PLAIN or not callable(getattr(value, "attach", None)):
        return False
    if isinstance(value, type):
        raise ParameterError.refused(
            name, "a message body", shown(value), f"write {value.__name__}(...)"
        )
    return hasattr(value, "msg_type")


def _number(msg_type: object) -> str:
    return int.__repr__(msg_type) if isinstance(msg_type, int) else str(msg_type)
