"""Whether a webhook is genuine."""

from __future__ import annotations

import hashlib
import pickle
from typing import Any

import pytest

from nim_async import (
    CallbackError,
    ConfigurationError,
    MalformedCallback,
    SignatureMismatch,
    StaleCallback,
)
from nim_async.webhooks import AddressCheck, MessageEvent, UnknownEvent, unwrap, verify
from tests.webhooks.signed import NOW, SECRET, VECTORS, body, signed

BODY = '{"eventType":"4","attach":"你好"}'.encode()
HEADERS = signed(BODY)


def refusal(headers: Any, raw: bytes = BODY, secret: Any = SECRET, **options: Any) -> CallbackError:
    """Return what a webhook is refused with."""
    with pytest.raises(CallbackError) as caught:
        verify(headers, raw, secret, **options)
    return caught.value


@pytest.mark.parametrize("vector", VECTORS["signatures"], ids=lambda v: v["md5"])
def test_the_vectors(vector: dict[str, str]) -> None:
    """The documented signatures are accepted, and made alike by the tests."""
    raw = vector["body"].encode()
    made = signed(raw, secret=vector["app_secret"], now=int(vector["cur_time"]) / 1000)
    assert (made["MD5"], made["CheckSum"]) == (vector["md5"], vector["checksum"])
    verify(made, raw, vector["app_secret"], app_key="the-key")


@pytest.mark.parametrize("vector", VECTORS["signatures"], ids=lambda v: v["md5"])
@pytest.mark.parametrize("part", ["body", "cur_time", "md5", "checksum", "app_secret"])
def test_any_change_of_a_vector(vector: dict[str, str], part: str) -> None:
    """A change of any part, down to one character, is refused."""
    last = vector[part][-1]
    changed = vector | {part: vector[part][:-1] + ("0" if last != "0" else "1")}
    headers = {
        "curtime": changed["cur_time"],
        "md5": changed["md5"],
        "checksum": changed["checksum"],
    }
    error = refusal(headers, changed["body"].encode(), changed["app_secret"])
    assert type(error) is SignatureMismatch
    assert error.check == ("MD5" if part in {"body", "md5"} else "CheckSum")


@pytest.mark.parametrize(
    "headers",
    [
        {name.lower(): value for name, value in HEADERS.items()},
        {name.upper(): value for name, value in HEADERS.items()},
        {name: value.upper() for name, value in HEADERS.items() if name != "CheckSum"}
        | {
            "CheckSum": hashlib.sha1(  # noqa: S324  the service's own
                f"{SECRET}{HEADERS['MD5'].upper()}{HEADERS['CurTime']}".encode()
            )
            .hexdigest()
            .upper()
        },
        list(HEADERS.items()),
        [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()],
        [(bytearray(name.encode()), bytearray(value.encode())) for name, value in HEADERS.items()],
        {name.encode(): f" {value}\t".encode() for name, value in HEADERS.items()},
        [*HEADERS.items(), ("md5", HEADERS["MD5"]), ("charset", "utf-8"), ("X", "\ud800")],
    ],
    ids=["lower", "upper", "upper hex", "pairs", "bytes", "bytearrays", "blanks", "repeated"],
)
def test_headers_in_any_form(headers: Any) -> None:
    """Mappings and pairs, text and bytes, names and digits in any case are the same headers."""
    verify(headers, BODY, SECRET)
    verify(headers, bytearray(BODY), SECRET)
    verify(headers, memoryview(BODY), SECRET)


@pytest.mark.parametrize("name", ["CurTime", "MD5", "CheckSum", "AppKey"])
def test_a_missing_header(name: str) -> None:
    """Each signing header must be there; the key only where it is looked at."""
    headers = {n: v for n, v in HEADERS.items() if n != name}
    error = refusal(headers, app_key="the-key")
    assert (type(error), error.check) == (MalformedCallback, name)
    assert "missing" in str(error)
    if name == "AppKey":
        verify(headers, BODY, SECRET)


@pytest.mark.parametrize("name", ["CurTime", "MD5", "CheckSum"])
@pytest.mark.parametrize("value", ["", "soon", "-1", "1" * 41, "１" * 13, "\x00", "9.5"])
def test_a_header_of_another_form(name: str, value: str) -> None:
    """What is no time and no digest is said to be malformed, before anything is computed."""
    error = refusal(HEADERS | {name: value})
    assert (type(error), error.check) == (MalformedCallback, name)


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_is_there_twice(name: str) -> None:
    """Two values of one header are refused: who reads the other one would be deceived."""
    error = refusal([*HEADERS.items(), (name.lower(), "1" * 32)])
    assert (type(error), error.check) == (MalformedCallback, name)


@pytest.mark.parametrize("headers", [None, 5, ["MD5"], [("MD5",)], {"MD5": 5}, [(None, "x")]])
def test_what_is_no_headers(headers: Any) -> None:
    """Anything else in place of headers is malformed."""
    assert refusal(headers).check == "headers"


def test_several_secrets() -> None:
    """While the secret is being changed, any of them will do; order does not matter."""
    for secrets in (["new", SECRET], (SECRET, "new"), [SECRET]):
        verify(HEADERS, BODY, secrets)
    assert refusal(HEADERS, secret=["new", "old"]).check == "CheckSum"


def test_the_key_of_another_app() -> None:
    """A webhook for another app is refused where the key is given, and only there."""
    verify(HEADERS, BODY, SECRET, app_key="the-key")
    error = refusal(HEADERS, app_key="another")
    assert (type(error), error.check) == (SignatureMismatch, "AppKey")
    assert refusal(HEADERS | {"AppKey": "k\udcff"}, app_key="the-key").check == "AppKey"


@pytest.mark.parametrize("seconds", [-300.0, -299.0, 0.0, 299.0, 300.0])
def test_within_the_window(seconds: float) -> None:
    """The window is as wide before as after."""
    verify(HEADERS, BODY, SECRET, max_age=300, now=NOW + seconds)


@pytest.mark.parametrize("seconds", [-300.002, 300.002, 1e9, -1e9, float("inf"), float("nan")])
def test_outside_of_the_window(seconds: float) -> None:
    """A webhook from long ago or from the future is stale; without a window it is not."""
    error = refusal(HEADERS, max_age=300, now=NOW + seconds)
    assert (type(error), error.check) == (StaleCallback, "CurTime")
    verify(HEADERS, BODY, SECRET, now=NOW + seconds)


def test_the_window_by_the_clock() -> None:
    """Without a time of its own the window goes by the clock of the machine."""
    assert type(refusal(HEADERS, max_age=60)) is StaleCallback
    verify(HEADERS, BODY, SECRET, max_age=1e12)


@pytest.mark.parametrize("secret", ["", [], [""], ["s", ""], None, 5, b"s", [None]])
def test_an_empty_secret(secret: Any) -> None:
    """Without a secret nothing could be proven, so that is refused as a mistake of ours."""
    with pytest.raises(ConfigurationError, match="app_secret") as caught:
        verify(HEADERS, BODY, secret)
    assert caught.value.option == "app_secret"


@pytest.mark.parametrize(
    ("options", "name"),
    [({"max_age": -1}, "max_age"), ({"max_age": "60"}, "max_age"), ({"max_age": True}, "max_age")],
)
def test_options_that_cannot_be(options: dict[str, Any], name: str) -> None:
    """An option that cannot be is named."""
    with pytest.raises(ConfigurationError) as caught:
        verify(HEADERS, BODY, SECRET, **options)
    assert caught.value.option == name


@pytest.mark.parametrize("decoded", [BODY.decode(), {"eventType": "4"}, None])
def test_a_decoded_body(decoded: Any) -> None:
    """What was signed are bytes: a text or a dict in their place is refused at once."""
    with pytest.raises(ConfigurationError, match="raw bytes"):
        verify(HEADERS, decoded, SECRET)
    with pytest.raises(ConfigurationError, match="raw bytes"):
        unwrap(HEADERS, decoded, SECRET)


@pytest.mark.parametrize(
    "error",
    [
        refusal(HEADERS | {"MD5": "0" * 32}),
        refusal(HEADERS, secret="another-secret"),
        refusal(HEADERS, app_key="another-key"),
        refusal(HEADERS, max_age=1),
        refusal({}),
    ],
    ids=str,
)
def test_errors_tell_nothing(error: CallbackError) -> None:
    """An error names the check, never a secret, a digest, a key or the body; and it pickles."""
    told = f"{error} {error!r} {vars(error)}"
    for secret in (SECRET, "another-", "the-key", "你好", *HEADERS.values()):
        assert secret not in told
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    assert (type(again), again.check, str(again)) == (type(error), error.check, str(error))
    assert not again.maybe_processed


def test_unwrap_verifies_first() -> None:
    """A body that is no JSON is not even looked at unless it is signed."""
    assert type(unwrap(HEADERS, BODY, SECRET, source="copies")) is MessageEvent
    with pytest.raises(SignatureMismatch):
        unwrap(signed(b"{", secret="another"), b"{", SECRET)
    with pytest.raises(MalformedCallback, match="no JSON") as caught:
        unwrap(signed(b"{"), b"{", SECRET)
    assert caught.value.check == "body"
    for empty in (b"", b"{}", b" {} \n"):
        assert type(unwrap(signed(empty), empty, SECRET, app_key="the-key")) is AddressCheck


def test_events_of_other_products() -> None:
    """Where header ``type`` names another product, what lacks our fields is none of our events."""
    call = body("4", channelId="1")
    message = body(
        "4", roomId="66", fromAccount="a", msgTimestamp="1", msgType="TEXT", msgidClient="i",
        attach="hi",
    )  # fmt: skip
    for kind, raw, cls in (
        (None, call, MessageEvent),
        ("IM", call, MessageEvent),
        ("", call, MessageEvent),
        ("avchat", call, UnknownEvent),
        ("avchat", message, MessageEvent),
    ):
        headers = signed(raw) | ({} if kind is None else {"Type": kind})
        assert type(unwrap(headers, raw, SECRET)) is cls
