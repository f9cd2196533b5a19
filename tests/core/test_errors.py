"""The error tree, the registry of codes and what errors tell."""

from __future__ import annotations

import copy
import inspect
import json
import os
import pickle
from typing import TYPE_CHECKING, Any

import pytest

import nim_async
from nim_async import (
    ApiError,
    CallbackError,
    ConfigurationError,
    ConnectError,
    DecodeError,
    Duplicate,
    MalformedCallback,
    MissingField,
    NimError,
    ParameterError,
    RateLimited,
    ServerError,
    SignatureMismatch,
    StaleCallback,
    StatusError,
    TimedOut,
    TransportError,
    errors,
)
from nim_async._core import wire
from nim_async.errors import api_error, error_class
from tests.facts import SPEC

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

CODES: dict[int, dict[str, Any]] = {c["code"]: c for c in SPEC["codes"] if c["code"] != 200}
CLASSES: dict[str, type[NimError]] = {
    name: cls
    for name, cls in vars(errors).items()
    if inspect.isclass(cls) and issubclass(cls, NimError)
}
API_CLASSES = [cls for cls in CLASSES.values() if issubclass(cls, ApiError)]


def drawn_tree() -> Iterator[tuple[str, str]]:
    """Read class and parent from the drawing in the docstring."""
    above: dict[int, str] = {}
    for line in inspect.cleandoc(errors.__doc__ or "").splitlines():
        text = line.lstrip(" │├└─")
        name = text.split(" ")[0]
        if name not in CLASSES or not line.startswith("    "):
            continue
        depth = len(line) - len(text)
        above[depth] = name
        parents = [at for at in above if at < depth]
        yield name, above[max(parents)] if parents else "Exception"


def samples() -> dict[str, NimError]:
    """Make one error of each class, with all it can carry."""
    made: dict[str, NimError] = {
        "NimError": NimError("plain"),
        "ConfigurationError": ConfigurationError("region is unknown"),
        "MissingField": MissingField("Room", "name"),
        "CallbackError": CallbackError("odd", check="body"),
        "SignatureMismatch": SignatureMismatch("not signed", check="CheckSum"),
        "StaleCallback": StaleCallback("too old", check="CurTime"),
        "MalformedCallback": MalformedCallback("header MD5 is missing", check="MD5"),
        "TransportError": TransportError("lost", maybe_processed=True),
        "ConnectError": ConnectError("refused"),
        "TimedOut": TimedOut(phase="read", maybe_processed=True),
        "StatusError": StatusError(502),
        "DecodeError": DecodeError(["$.a: missing", "$.b: null"], raw=b"{}", processed=True),
        "ApiError": api_error(12345, "new", payload={"code": 12345, "desc": "new"}),
        "ParameterError": ParameterError.refused(
            "name", "at most 128 characters", "129 characters"
        ),
    }
    for d in SPEC["descs"]:
        if d["error"] not in made:
            made[d["error"]] = api_error(d["code"], d["text"], payload={"code": d["code"]})
    for cls in API_CLASSES:
        if cls.__name__ not in made:
            made[cls.__name__] = api_error(min(cls.codes), "why", payload={"code": min(cls.codes)})
    return made


SAMPLES = samples()


# the tree


def test_the_tree_is_as_drawn() -> None:
    """The docstring draws every class once, below its parent."""
    drawn = list(drawn_tree())
    assert dict(drawn) == {name: cls.__mro__[1].__name__ for name, cls in CLASSES.items()}
    assert len(drawn) == len(CLASSES)


def test_every_class_is_public() -> None:
    """Each error can be imported from the package and from its module."""
    for name, cls in CLASSES.items():
        assert getattr(nim_async, name) is cls
        assert name in nim_async.__all__


def test_a_wrong_configuration_is_a_value_error() -> None:
    """A wrong option can be caught as what Python itself would raise."""
    assert issubclass(ConfigurationError, ValueError)


def test_there_is_a_sample_of_each_class() -> None:
    """The tests below look at every class."""
    assert SAMPLES.keys() == CLASSES.keys()
    assert {name: type(error).__name__ for name, error in SAMPLES.items()} == {
        name: name for name in CLASSES
    }


# the registry


def test_the_registry_knows_the_documented_codes_and_no_others() -> None:
    """The codes of all classes together are the codes of the spec, but for success."""
    registered = sorted(code for cls in API_CLASSES if "codes" in vars(cls) for code in cls.codes)
    assert registered == sorted(CODES)
    for code in CODES:
        assert code in error_class(code).codes


def test_no_code_has_two_classes() -> None:
    """A class that claims a code of another is refused when it is defined."""
    with pytest.raises(ValueError, match="code 404 belongs to NotFound already"):
        type("Second", (ApiError,), {"codes": frozenset({404})})
    assert error_class(404) is nim_async.NotFound


@pytest.mark.parametrize("code", [1, 200, 299, 12345, -1])
def test_an_unknown_code_stays_an_api_error(code: int) -> None:
    """A code that nobody documented has no class of its own."""
    assert error_class(code) is ApiError
    error = api_error(code, "something new")
    assert (type(error), error.code, error.desc) == (ApiError, code, "something new")


def test_a_class_of_the_caller_takes_no_codes() -> None:
    """A subclass without codes changes nothing for the library."""
    before = {code: error_class(code) for code in CODES}
    type("Mine", (nim_async.NotFound,), {})
    assert {code: error_class(code) for code in CODES} == before


# what one code stands for, told by its text


@pytest.mark.parametrize(
    ("text", "cls"),
    [
        *((d["text"], getattr(errors, d["error"])) for d in SPEC["descs"]),
        ("Already Registered", errors.AlreadyRegistered),
        ("the accid is already registered.", errors.AlreadyRegistered),
        ("ZhangSan IS NOT REGISTER", errors.NotRegistered),
        ("nobody not registered", errors.NotRegistered),
        # Accounts that are called like what signatures are made of.
        ("checksum not register", errors.NotRegistered),
        ("appkey is not registered", errors.NotRegistered),
        ("CurTime is Expired", errors.AuthenticationError),
        ("accid is longer than 32 characters", ParameterError),
        ("already-registered-mail", ParameterError),
        ("register", ParameterError),
        ("no such account", ParameterError),
        ("", ParameterError),
    ],
)
def test_what_414_stands_for(text: str, cls: type[ParameterError]) -> None:
    """Accounts and signatures are told apart by loose comparison; the rest is a parameter."""
    error = api_error(414, text)
    assert type(error) is cls
    assert (error.code, error.desc, error.maybe_processed) == (414, text, False)


@pytest.mark.parametrize("code", sorted(ParameterError.codes - {414}))
@pytest.mark.parametrize("text", ["already register", "amy not register", "checksum"])
def test_other_codes_have_one_meaning(code: int, text: str) -> None:
    """The text tells accounts and signatures apart for 414 alone."""
    assert type(api_error(code, text)) is ParameterError


def test_only_414_and_its_like_are_told_apart() -> None:
    """A text changes nothing about codes that stand for one thing."""
    assert type(api_error(404, "zhangsan is not registered")) is nim_async.NotFound


# whether the call took effect


@pytest.mark.slow
@pytest.mark.parametrize("code", CODES)
def test_whether_a_refused_call_took_effect(code: int) -> None:
    """
    Refusals did not happen, failures of the service may have, partial successes did.

    The spec tells failures by their category, by what it says of repeating, and 431, where an
    earlier request with the same id may have been carried out.
    """
    facts = CODES[code]
    error = api_error(code, "")
    done = facts["category"] == "ok"
    unclear = (
        facts["category"] == "server_error"
        or facts["retryable"] == "only-if-idempotent"
        or code == 431
    )
    assert (error.maybe_processed, error.processed) == (done or unclear, done)


def test_an_unknown_code_may_mean_anything() -> None:
    """Nobody knows whether a call with an unknown code was carried out."""
    error = api_error(12345, "")
    assert (error.maybe_processed, error.processed) == (True, False)


@pytest.mark.parametrize(
    ("error", "flags"),
    [
        (ConnectError("refused"), (False, False)),
        (TimedOut(phase="connect", maybe_processed=False), (False, False)),
        (TimedOut(phase="read", maybe_processed=True), (True, False)),
        (TransportError("lost"), (True, False)),
        (StatusError(502), (True, False)),
        (StatusError(500), (True, False)),
        (StatusError(400), (False, False)),
        (DecodeError(["$"], raw=b""), (True, False)),
        (DecodeError(["$"], raw=b"", processed=True), (True, True)),
        (ConfigurationError("wrong"), (False, False)),
        (ParameterError.refused("name", "required", "nothing"), (False, False)),
        (api_error(417, ""), (False, False)),
        (api_error(416, ""), (False, False)),
        (api_error(431, ""), (True, False)),
        (api_error(500, ""), (True, False)),
    ],
    ids=repr,
)
def test_whether_a_failed_call_took_effect(error: NimError, flags: tuple[bool, bool]) -> None:
    """A caller can tell: surely not, perhaps, surely."""
    assert (error.maybe_processed, error.processed) == flags


def test_processed_implies_maybe_processed() -> None:
    """Who looks at ``maybe_processed`` alone never takes a call for one that did not happen."""
    for error in [*SAMPLES.values(), *(api_error(code, "") for code in CODES)]:
        assert error.maybe_processed or not error.processed


# copies


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_errors_are_pickled(name: str, protocol: int) -> None:
    """An error comes out of another process with all that it carries."""
    error = copy.copy(SAMPLES[name]).located(
        operation="chatroom.create",
        trace_id="0123",
        endpoint="https://one",
        attempts=2,
    )
    error.earlier = (ConnectError("refused"),)
    again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301
    assert type(again) is type(error)
    assert (again.args, str(again), repr(again)) == (error.args, str(error), repr(error))
    told, told_again = dict(vars(error)), dict(vars(again))
    earlier, earlier_again = told.pop("earlier"), told_again.pop("earlier")
    assert told == told_again
    assert [(type(e), str(e)) for e in earlier] == [(type(e), str(e)) for e in earlier_again]


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_errors_are_copied(name: str, duplicate: Any) -> None:
    """A copy of an error is equal in all that it carries and independent of the original."""
    error = SAMPLES[name]
    again = duplicate(error)
    assert again is not error
    assert (type(again), again.args, vars(again)) == (type(error), error.args, vars(error))
    again.located(operation="other")
    assert error.operation is None


# what errors say


def test_what_an_error_says() -> None:
    """One line tells operation, reason, attempts and trace id."""
    error = api_error(404, "chatroom does not exist").located(
        operation="chatroom.get", trace_id="0123abcd", endpoint="https://one", attempts=3
    )
    assert str(error) == ("chatroom.get: 404 chatroom does not exist, 3 attempts [trace 0123abcd]")
    assert str(api_error(404, "")) == "404"
    assert str(NimError()) == "NimError"
    assert str(StatusError(502).located(attempts=1)) == "HTTP 502"
    assert str(TimedOut(phase="pool", maybe_processed=False)) == "timed out (pool)"


def test_locating_keeps_what_is_not_named() -> None:
    """What concerns the call is filled in step by step, and the error itself comes back."""
    error = NimError("x").located(operation="a", attempts=2)
    assert error.located(trace_id="t") is error
    assert (error.operation, error.trace_id, error.attempts, error.earlier) == ("a", "t", 2, ())


NOISE = ["a\nb\r\nc", "\x1b[31mred", "\0\x07", "\u202egnp.exe", "\u2028", "x" * 100_000, "中" * 999]


@pytest.mark.parametrize("noise", NOISE, ids=lambda text: repr(text)[:20])
def test_foreign_text_stays_one_bounded_line(noise: str) -> None:
    """Whatever the service says fits one line of a log and does nothing to a terminal."""
    for error in (
        api_error(404, noise),
        TransportError(noise),
        DecodeError([noise, noise], raw=noise.encode()),
        NimError("x").located(operation=noise, trace_id=noise),
    ):
        text = str(error)
        assert text.isprintable()
        assert len(text) < 700


def test_a_body_is_not_shown() -> None:
    """Neither the raw answer nor the payload is part of what an error says."""
    payload = {"code": 404, "desc": "gone", "secret": "hunter2"}
    for error in (
        api_error(404, "gone", payload=payload),
        DecodeError(["$: not JSON"], raw=b'{"secret":"hunter2"'),
    ):
        assert "hunter2" not in f"{error} {error!r}"


def test_the_raw_answer_is_bounded() -> None:
    """Only the first bytes of an unusable answer are kept."""
    error = DecodeError(["$"], raw=b"x" * 1_000_000)
    assert error.raw == b"x" * 4096


def test_problems_are_a_list_of_its_own() -> None:
    """A change of the list that was handed in does not change the error."""
    problems = ["$.a: missing"]
    error = DecodeError(problems, raw=b"")
    problems.append("more")
    assert error.problems == ["$.a: missing"]


def test_a_refused_parameter() -> None:
    """A refusal of this library names parameter, limit and what was given."""
    error = ParameterError.refused("name", "at most 128 characters", "129 characters")
    assert (error.parameter, error.limit, error.given) == (
        "name",
        "at most 128 characters",
        "129 characters",
    )
    assert error.code == 414
    assert str(error) == "nothing was sent: name: at most 128 characters; given: 129 characters"


def test_a_refused_parameter_says_what_to_do() -> None:
    """Where that is known, the refusal says what to write, in its text and as an attribute."""
    error = ParameterError.refused("name", "text", "5", "write str() of it")
    assert error.instead == "write str() of it"
    assert str(error) == "nothing was sent: name: text; given: 5; write str() of it"


@pytest.mark.parametrize(
    ("desc", "text"),
    [
        (
            "checksum",
            "414 checksum; does the secret belong to the key? app_secret or NIM_APP_SECRET has it",
        ),
        ("appkey", "414 appkey; is the key that of the app? app_key or NIM_APP_KEY has it"),
        (
            "CurTime is expired",
            (
                "414 CurTime is expired; is the clock of this machine right? "
                "the service allows 5 minutes"
            ),
        ),
    ],
)
def test_a_refused_signature_points_to_what_is_wrong(desc: str, text: str) -> None:
    """Key, secret or clock: the text says which the answer speaks of, however long that is."""
    error = api_error(414, desc)
    assert isinstance(error, nim_async.AuthenticationError)
    assert (str(error), error.desc) == (text, desc)
    long = api_error(414, desc + "x" * 1000)
    assert str(long).endswith(text.partition("; ")[2])


def test_failures_are_those_of_python_too() -> None:
    """Who knows nothing of the library can still tell time-outs and lost servers apart."""
    late, away = SAMPLES["TimedOut"], SAMPLES["ConnectError"]
    assert isinstance(late, TimeoutError)
    assert isinstance(away, ConnectionError)
    for error in (late, away):
        assert isinstance(error, OSError)
        assert (error.errno, error.strerror, error.filename) == (None, None, None)
        assert error.args == (error.reason,)
    of_the_system = {name for name, error in SAMPLES.items() if isinstance(error, OSError)}
    assert of_the_system == {"TimedOut", "ConnectError"}


def test_the_option_that_is_wrong() -> None:
    """A refused option is named in an attribute; other wrong uses have none."""
    assert ConfigurationError("timeout must be a number", option="timeout").option == "timeout"
    assert ConfigurationError("the client is closed").option is None


def test_the_phase_and_the_status_are_told() -> None:
    """Time-outs tell their phase, gateways their status."""
    assert TimedOut(phase="write", maybe_processed=True).phase == "write"
    assert StatusError(429).status_code == 429


def test_only_a_refused_frequency_has_a_time_to_wait() -> None:
    """The time to wait belongs to code 416."""
    error = api_error(416, "")
    assert isinstance(error, RateLimited)
    assert error.retry_after is None
    assert not hasattr(api_error(500, ""), "retry_after")
    assert not issubclass(RateLimited, (ServerError, Duplicate))


def test_what_an_error_holds_is_bounded() -> None:
    """However much the service says, a piece of it is kept; a long payload is dropped."""
    long = "x" * 1_000_000
    refused = api_error(500, long, payload={"code": 500, "desc": long})
    refused.show(b"x" * 16_384)
    assert refused.payload["desc"] == long
    refused.show(b"x" * 16_385)
    assert refused.payload == {"code": 500, "desc": long[:2000]}
    odd = DecodeError([long] * 1000, raw=long.encode())
    for error in (refused, odd, NimError(long), TransportError(long), ConnectError(long)):
        assert len(pickle.dumps(error)) < 20_000


def test_what_an_answer_or_a_signature_may_hang_on_is_let_go() -> None:
    """The cause stays by name, without its frames, its request and what led to it."""

    class ForeignError(Exception):
        def __init__(self) -> None:
            super().__init__()
            self._request: object = "checksum"

    def fail() -> None:
        try:
            json.loads("[" + "1," * 100)
        except ValueError as error:
            raise ForeignError from error

    def send() -> None:
        try:
            fail()
        except ForeignError as error:
            raise TransportError("lost") from error

    with pytest.raises(TransportError) as caught:
        send()
    caught.value.shed()
    cause = caught.value.__cause__
    assert isinstance(cause, ForeignError)
    assert vars(cause)["_request"] is None
    assert cause.__traceback__ is None
    assert cause.__cause__ is None
    assert cause.__context__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("text", [b"{", b"\xff", b"[1"])
def test_a_reply_that_cannot_be_read_is_not_kept_by_its_error(text: bytes) -> None:
    """What the decoder raised holds the whole reply, and goes."""
    with pytest.raises(DecodeError) as caught:
        wire.decode(text)
    caught.value.shed()
    assert caught.value.__context__ is None
    for entry in caught.traceback:
        ours = entry.frame.f_globals["__name__"].startswith("nim_async.")
        assert not (ours and entry.frame.f_locals)


def test_what_the_caller_was_handling_is_left_alone() -> None:
    """An error that is being handled while a call fails keeps its traceback and its own chain."""

    def send() -> None:
        try:
            os.close(-1)
        except OSError as error:
            raise TransportError("lost") from error

    def handle(mine: KeyError) -> tuple[TransportError, TracebackType | None]:
        frames = mine.__traceback__
        with pytest.raises(TransportError) as caught:
            send()
        caught.value.shed()
        return caught.value, frames

    kept = KeyError("mine")
    try:
        raise kept
    except KeyError as mine:
        error, frames = handle(mine)
    assert frames is not None
    assert kept.__traceback__ is frames
    assert isinstance(error.__cause__, OSError)
    assert error.__cause__.__context__ is None


def test_what_the_caller_was_handling_stays() -> None:
    """An error of the caller's own that led to the call is part of the story."""

    def call() -> None:
        try:
            dict[str, str]()["mine"]
        except KeyError:
            wire.decode(b'{"code": 500}')

    with pytest.raises(ApiError) as caught:
        call()
    caught.value.shed()
    assert isinstance(caught.value.__context__, KeyError)
