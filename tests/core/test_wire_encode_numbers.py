"""Numbers, choices and truth values on their way into the form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from nim_async._core.operation import Kind
from nim_async._core.wire import encode_plain
from tests.core.encoding import each, example, form, refusal, short, with_value

if TYPE_CHECKING:
    from nim_async import Operation, Param


@each(lambda p: p.kind is Kind.INTEGER and p.minimum is not None)
def test_the_least_number(operation: Operation[Any], param: Param) -> None:
    """The documented minimum is sent, one less is refused."""
    assert param.minimum is not None
    name = param.python_name
    assert with_value(operation, name, param.minimum)[param.wire_name] == str(param.minimum)
    error = refusal(operation, name, param.minimum - 1)
    assert (error.parameter, error.limit) == (name, f"at least {param.minimum}")
    assert error.given == str(param.minimum - 1)


@each(lambda p: p.kind is Kind.INTEGER and p.maximum is not None)
def test_the_greatest_number(operation: Operation[Any], param: Param) -> None:
    """The documented maximum is sent, one more is refused."""
    assert param.maximum is not None
    name = param.python_name
    assert with_value(operation, name, param.maximum)[param.wire_name] == str(param.maximum)
    error = refusal(operation, name, param.maximum + 1)
    assert (error.parameter, error.limit) == (name, f"at most {param.maximum}")
    unchecked = form(operation, {**example(operation), name: param.maximum + 1}, validate=False)
    assert unchecked[param.wire_name] == str(param.maximum + 1)


@each(lambda p: p.choices is not None)
def test_choices(operation: Operation[Any], param: Param) -> None:
    """Each documented choice is sent, anything else is refused."""
    assert param.choices is not None
    name = param.python_name
    for choice in param.choices:
        assert with_value(operation, name, choice)[param.wire_name] == str(choice)
    other = "other" if isinstance(param.choices[0], str) else 77
    error = refusal(operation, name, other)
    assert (error.parameter, error.limit) == (name, f"one of {', '.join(map(str, param.choices))}")
    assert "other" not in (error.given or "").split()
    unchecked = form(operation, {**example(operation), name: other}, validate=False)
    assert unchecked[param.wire_name] == str(other)


@each(lambda p: p.choices == (0, 1))
def test_switches_take_truth_values(operation: Operation[Any], param: Param) -> None:
    """Where 0 and 1 are asked for, ``False`` and ``True`` are written as such."""
    for value, text in ((True, "1"), (False, "0")):
        assert with_value(operation, param.python_name, value)[param.wire_name] == text


@pytest.mark.slow
@each(lambda p: p.kind is Kind.INTEGER and p.choices != (0, 1))
def test_other_numbers_take_no_truth_values(operation: Operation[Any], param: Param) -> None:
    """``True`` is no number where more than 0 and 1 is meant."""
    value: Any = True
    assert refusal(operation, param.python_name, value).parameter == param.python_name


@each(lambda p: p.kind is Kind.BOOLEAN)
def test_truth_values(operation: Operation[Any], param: Param) -> None:
    """Truth values are written as ``true`` and ``false``; numbers and other texts are refused."""
    for value in (True, "true"):
        assert with_value(operation, param.python_name, value)[param.wire_name] == "true"
    for value in (False, "false"):
        assert with_value(operation, param.python_name, value)[param.wire_name] == "false"
    others: list[Any] = [0, 1, "True", "yes", ""]
    for value in others:
        assert refusal(operation, param.python_name, value).parameter == param.python_name


@pytest.mark.parametrize(
    ("value", "text"),
    [(66, "66"), ("67", "67"), ("-5", "-5"), (2**63 - 1, "9223372036854775807"), (-(2**63),) * 2],
)
def test_whole_numbers(value: int | str, text: int | str) -> None:
    """Whole numbers of 64 bits are written in decimal, also when given as text."""
    assert with_value(short("get"), "room_id", value) == {
        "roomid": str(text),
        "needOnlineUserCount": "true",
    }


@pytest.mark.parametrize(
    "value",
    [2**63, -(2**63) - 1, 10**400, 1.5, 66.0, "", "6 6", "６６", "1e3", "1" * 20, [66]],
    ids=lambda v: repr(v)[:25],
)
def test_what_is_no_whole_number(value: Any) -> None:
    """Other types, other texts and longer numbers are refused before anything is sent."""
    error = refusal(short("get"), "room_id", value)
    assert error.parameter == "room_id"
    assert len(error.given or "") <= 40


@pytest.mark.parametrize("validate", [True, False])
def test_a_number_too_long_to_be_written(*, validate: bool) -> None:
    """A number that Python itself does not write is refused, also without checks."""
    error = refusal(short("get"), "room_id", 10**5000, validate=validate)
    assert error.parameter == "room_id"


class Half(float):
    """A number that shows itself by a name, as those of number libraries do."""

    def __repr__(self) -> str:
        """Show the name too."""
        return f"Half({float(self)})"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.5, "1.5"), (2, "2"), ("2.5", "2.5"), (Half(0.5), "0.5"), (1e300, "1e+300")],
)
def test_numbers(value: Any, text: str) -> None:
    """A coordinate is written in decimal, whatever kind of number it is."""
    assert with_value(short("sendMsg"), "loc_x", value)["locX"] == text


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "nan", "1,5", "1_0", "١", " 1", "", True, 10**400, [1]],
    ids=lambda v: repr(v)[:25],
)
def test_what_is_no_number(value: Any) -> None:
    """NaN, the infinities and other types are refused."""
    assert refusal(short("sendMsg"), "loc_x", value).parameter == "loc_x"


class Veil(int):
    """A whole number that shows something else."""

    def __str__(self) -> str:
        """Hide the number."""
        return "<veiled>"

    __repr__ = __str__

    def __int__(self) -> int:
        """Return another number."""
        return -1


def test_whole_numbers_of_an_application() -> None:
    """The number itself is written, whatever its class shows."""
    assert with_value(short("get"), "room_id", Veil(66))["roomid"] == "66"
    assert with_value(short("getBatch"), "room_ids", [Veil(66)])["roomids"] == '["66"]'
    assert with_value(short("create"), "ext", {"n": Veil(66)})["ext"] == '{"n":66}'
    assert with_value(short("queryChatroomMsg"), "type", [Veil(1)])["type"] == "1"
    assert encode_plain({"n": Veil(66)}) == b"n=66"
