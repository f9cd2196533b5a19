"""Reply bytes to payload or error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nim_async import (
    OPERATIONS,
    ApiError,
    AuthenticationError,
    DecodeError,
    Duplicate,
    NotFound,
    Operation,
    ParameterError,
    PermissionDenied,
    RateLimited,
    ServerBusy,
    ServerError,
)
from nim_async._core.jsontext import in_text
from nim_async._core.wire import decode
from tests.facts import SPEC

EXAMPLES: dict[str, dict[str, Any]] = {o["path"]: o["reply"]["example"] for o in SPEC["operations"]}
CREATE = OPERATIONS["/nimserver/chatroom/create.action"]
BROADCAST = OPERATIONS["/nimserver/chatroom/broadcast.action"]


def bytes_of(reply: Any) -> bytes:
    """Write a reply as the service does."""
    return json.dumps(reply, ensure_ascii=False).encode()


@pytest.mark.parametrize("path", EXAMPLES)
def test_the_documented_reply(path: str) -> None:
    """An example is read as it stands."""
    assert decode(bytes_of(EXAMPLES[path])) == EXAMPLES[path]


@pytest.mark.parametrize(
    "reply", [{"code": 200}, {"code": "200"}, {"code": 200, "desc": "ok"}, {"code": 200, "x": None}]
)
def test_success(reply: dict[str, Any]) -> None:
    """Code 200 is success, as a number or as text, whatever stands beside it."""
    assert decode(bytes_of(reply)) == reply


# refusals of the service

CLASSES = [
    (403, PermissionDenied),
    (404, NotFound),
    (405, ParameterError),
    (408, ServerError),
    (414, ParameterError),
    (416, RateLimited),
    (417, Duplicate),
    (419, ApiError),
    (431, Duplicate),
    (500, ServerError),
    (503, ServerBusy),
    (514, ServerBusy),
    (13003, PermissionDenied),
    (12345, ApiError),
    (-1, ApiError),
    (0, ApiError),
]


@pytest.mark.parametrize(("code", "cls"), CLASSES)
def test_codes_and_their_classes(code: int, cls: type[ApiError]) -> None:
    """Each code becomes the error of its class, with what the service said."""
    reply = {"code": code, "desc": "no such luck", "more": [1]}
    with pytest.raises(ApiError) as caught:
        decode(bytes_of(reply))
    error = caught.value
    assert type(error) is cls
    assert (error.code, error.desc, error.payload) == (code, "no such luck", reply)


@pytest.mark.parametrize("desc", ["checksum", "CurTime is expired", "appkey", "bad CheckSum!"])
def test_refused_signatures(desc: str) -> None:
    """The code of a wrong parameter means a refused signature when the text speaks of one."""
    with pytest.raises(AuthenticationError) as caught:
        decode(bytes_of({"desc": desc, "code": 414}))
    assert (caught.value.code, caught.value.desc) == (414, desc)


@pytest.mark.parametrize("code", [403, 500, 13003])
def test_other_codes_are_no_refused_signatures(code: int) -> None:
    """Words of the explanation do not change the class of any other code."""
    with pytest.raises(ApiError) as caught:
        decode(bytes_of({"desc": "checksum", "code": code}))
    assert not isinstance(caught.value, AuthenticationError)


@pytest.mark.parametrize(("operation", "seconds"), [(CREATE, 10), (BROADCAST, 60)])
def test_how_long_an_operation_stays_closed(operation: Operation[Any], seconds: float) -> None:
    """The table tells how long the service closes an operation after 416."""
    assert operation.penalty == seconds


@pytest.mark.parametrize("desc", [None, 5, {"why": "x"}, ["x"], True])
def test_an_explanation_that_is_no_text(desc: Any) -> None:
    """An explanation in another form is kept in the payload only."""
    with pytest.raises(ApiError) as caught:
        decode(bytes_of({"code": 404, "desc": desc}))
    assert caught.value.desc == ""
    assert caught.value.payload["desc"] == desc


@pytest.mark.parametrize("code", ["404", "  404", "٤٠٤"])
def test_a_code_as_text(code: str) -> None:
    """A code that arrives as text counts when it is a plain decimal number."""
    with pytest.raises(NotFound if code == "404" else DecodeError):
        decode(bytes_of({"code": code}))


# answers that are not what was promised

NOT_REPLIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "$: not JSON: "),
    "a page of a gateway": (b"<html>502 Bad Gateway</html>", "$: not JSON: "),
    "cut off": (b'{"code":200,"chatroom":{"room', "$: not JSON: "),
    "two in one": (b'{"code":200}{"code":200}', "$: not JSON: "),
    "not UTF-8": (b'{"code":200,"x":"\xff"}', "$: not UTF-8 at byte 17"),
    "GBK": ('{"code":200,"x":"茶"}'.encode("gbk"), "$: not UTF-8 at byte 17"),
    "a byte order mark": (b'\xef\xbb\xbf{"code":200}', "$: not JSON: "),
    "UTF-16": ('{"code":200}'.encode("utf-16"), "$: not UTF-8 at byte 0"),
    "compressed": (b"\x1f\x8b\x08\x00", "$: not UTF-8 at byte 1"),
    "NaN": (b'{"code":200,"x":NaN}', "$: not JSON that can be held"),
    "minus infinity": (b'{"code":200,"x":[-Infinity]}', "$: not JSON that can be held"),
    "a number without end": (b'{"code":' + b"9" * 5000 + b"}", "$: not JSON that can be held"),
    "arrays without end": (b"[" * 100_000, "$: not JSON that can be held"),
    "objects without end": (b'{"a":' * 100_000, "$: not JSON that can be held"),
    "a deep reply": (
        b'{"code":200,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "$: not JSON that can be held",
    ),
    "an array": (b"[200]", "$: an array in place of an object"),
    "a text": (b'"200"', "$: a text in place of an object"),
    "a number": (b"200", "$: a number in place of an object"),
    "a boolean": (b"true", "$: a boolean in place of an object"),
    "null": (b"null", "$: null in place of an object"),
    "no code": (b"{}", "$.code: missing"),
    "a code in another case": (b'{"Code":200}', "$.code: missing"),
    "code null": (b'{"code":null}', "$.code: null in place of a whole number"),
    "code true": (b'{"code":true}', "$.code: a boolean in place of a whole number"),
    "code word": (b'{"code":"ok"}', "$.code: a text in place of a whole number"),
    "code fraction": (b'{"code":200.0}', "$.code: a number in place of a whole number"),
    "code object": (b'{"code":{}}', "$.code: an object in place of a whole number"),
    "code array": (b'{"code":[200]}', "$.code: an array in place of a whole number"),
}


@pytest.mark.parametrize("why", NOT_REPLIES)
def test_what_is_no_reply(why: str) -> None:
    """An unusable answer says what is wrong at which place."""
    raw, problem = NOT_REPLIES[why]
    with pytest.raises(DecodeError) as caught:
        decode(raw)
    error = caught.value
    assert len(error.problems) == 1
    assert error.problems[0].startswith(problem)
    assert (error.maybe_processed, error.processed) == (True, False)
    assert len(str(error)) < 400
    assert error.__cause__ is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":1}', {"a": 1}),
        ("[1]", [1]),
        ("", ""),
        ("5", "5"),
        ("true", "true"),
        ('"a"', '"a"'),
        ("[1", "[1"),
        ("{tag}", "{tag}"),
        ('[{"a":NaN}]', '[{"a":NaN}]'),
    ],
)
def test_in_text(text: str, value: Any) -> None:
    """Objects and arrays inside a text are read; any other text stays as it is."""
    assert in_text(text) == value
