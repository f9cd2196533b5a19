"""What the console of the app says about webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from attrs import field, frozen

from nim_async._checks import count, is_iterable, number, refused, shown, truth
from nim_async.emulator import checks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attrs import Attribute

_COPIES = frozenset({2, 3, 4, 9, 14, 20, 83, 84})
_CALLBACKS = frozenset({6, 36, 37})


def _numbers(_: object, attribute: Attribute[Any], value: object) -> None:
    for number_of in cast("frozenset[object]", value):
        checks.whole(attribute.name, number_of, least=0)


def _pauses(_: object, attribute: Attribute[Any], value: object) -> None:
    for pause in cast("tuple[object, ...]", value):
        checks.seconds(attribute.name, pause)
        if cast("float", pause) < 0:
            raise refused(attribute.name, "must be 0 or more", shown(pause))


def _listed(option: str, value: object) -> tuple[Any, ...]:
    if not is_iterable(value):
        raise refused(option, "must be a list of numbers", shown(value), f"write {option}=[...]")
    return tuple(cast("Iterable[object]", value))


def _copies(value: Iterable[int]) -> frozenset[int]:
    return frozenset(_listed("copies", value))


def _callbacks(value: Iterable[int]) -> frozenset[int]:
    return frozenset(_listed("callbacks", value))


def _received(value: Iterable[int]) -> frozenset[int]:
    return frozenset(_listed("received", value))


def _repeats(value: Iterable[float]) -> tuple[float, ...]:
    return _listed("repeat_after", value)


@frozen(kw_only=True)
class Console:
    """
    What is set in the console of the app about webhooks, and what is not known of the service.

    Args:
        copies: Which events are told of, by the numbers of copies.
        callbacks: What is asked about, by the numbers of callbacks.
        everybody: Whether entering and leaving is told of all members; of creator and managers
            alone otherwise.
        exit_reasons: Whether the copies about leaving say why.
        default_allows: What becomes of what was asked about where no verdict comes: allowed when
            true, refused with 403 otherwise.
        verdict_seconds: How long a verdict is waited for, by the clock of the emulator.
        copy_seconds: How long the answer to a copy is waited for, likewise.
        repeat_after: Pauses before a copy is sent again, seconds; dropped after the last one. The
            service repeats too, but does not say how often and when.
        sign_anew: Whether a repeated copy is signed with the time of the repeat; what the service
            does is not known.
        received: HTTP statuses that count as received. That of 500 is uncertain, so it counts here:
            a receiver that wants a repeat must answer otherwise.
        most_answer_bytes: How long the answer to a copy may be before it counts as an error.

    Raises:
        ConfigurationError: One of them cannot be.
    """

    copies: frozenset[int] = field(default=_COPIES, converter=_copies, validator=_numbers)
    callbacks: frozenset[int] = field(default=_CALLBACKS, converter=_callbacks, validator=_numbers)
    everybody: bool = field(default=True, validator=truth)
    exit_reasons: bool = field(default=True, validator=truth)
    default_allows: bool = field(default=True, validator=truth)
    verdict_seconds: float = field(default=2.0, validator=number())
    copy_seconds: float = field(default=5.0, validator=number())
    repeat_after: tuple[float, ...] = field(
        default=(5.0, 15.0, 60.0), converter=_repeats, validator=_pauses
    )
    sign_anew: bool = field(default=False, validator=truth)
    received: frozenset[int] = field(
        default=frozenset({200, 500}), converter=_received, validator=_numbers
    )
    most_answer_bytes: int = field(default=1024, validator=count)
