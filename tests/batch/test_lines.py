"""Outcomes as lines: the same ones with the extra that is quicker and without."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nim_async.batch import Outcome
from nim_async.batch._json import quickest
from nim_async.batch._lines import line_of, read_line
from nim_async.models import Account
from tests.replies import REPLIES, replies
from tests.strategies import JSON_VALUES

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(name="plainly", scope="module")
def _plainly() -> Any:
    """Return what writes a line as those without the extra do."""

    def write(outcome: Outcome[Any]) -> bytes:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("nim_async.batch._lines.quickest", lambda: None)
            return line_of(outcome, "0" * 8)

    return write


@given(data=st.data(), cls=st.sampled_from(REPLIES), own_id=st.none() | JSON_VALUES)
def test_lines_are_alike(
    plainly: Callable[[Outcome[Any]], bytes], data: st.DataObject, cls: Any, own_id: Any
) -> None:
    """A line says the same, whatever writes it, and is a whole one."""
    assert quickest() is not None
    outcome = Outcome[Any](n=1, row={}, id=own_id, status="done", result=data.draw(replies(cls)))
    line, other = line_of(outcome, "0" * 8), plainly(outcome)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line) == json.loads(other)
    assert read_line(line).status == "done"


def test_no_secret_inside(plainly: Callable[[Outcome[Any]], bytes]) -> None:
    """What lets somebody log in stands in no line, nor what might."""
    account = Account(accid="amy", token="let-me-in", extra={"other": "let-me-in"})
    outcome = Outcome[Any](n=1, row={}, status="done", result=account)
    for line in (line_of(outcome, "0" * 8), plainly(outcome)):
        assert b"let-me-in" not in line
        assert json.loads(line)["result"] == {"accid": "amy", "name": None}
