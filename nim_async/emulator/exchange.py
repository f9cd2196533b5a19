"""
From a request to its response, the same behind every door.

A request passes, in this order: route, signature, request id, call frequency, form, parameters,
and then the handler of its operation. All of it happens in one go under a lock, so that calls
never see each other half done; only the request id is taken before, when the request arrives.
The lock is never held while anything is awaited: planted faults wait outside of it, and what a
web server is asked about is checked before the question and again after it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from email.message import Message
from email.utils import collapse_rfc2231_value, formatdate
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import Factory, define, evolve, field, frozen

from nim_async._generated.operations import OPERATIONS
from nim_async.emulator.arguments import Arguments, FormError, decode_form, validate
from nim_async.emulator.asking import ALLOWED, Asker, Check
from nim_async.emulator.checks import LIVENESS
from nim_async.emulator.directory import ALLOCATE, Directory
from nim_async.emulator.faults import Faults
from nim_async.emulator.gate import CallFrequency, RequestIds, Signature
from nim_async.emulator.handlers import HANDLERS
from nim_async.emulator.refusal import Refused
from nim_async.emulator.requests import Broken, Ending, Request, Response, json_response

if TYPE_CHECKING:
    from nim_async._core.operation import Operation
    from nim_async.config import RateLimit
    from nim_async.emulator.listeners import Listeners
    from nim_async.emulator.state import State

MAX_BODY_BYTES = 16 * 1024 * 1024  # our own bound; the largest legal call stays below
_FORM = "application/x-www-form-urlencoded"

T = TypeVar("T")


@frozen(kw_only=True)
class RecordedCall:
    """
    A request that was made, and what became of it.

    Args:
        path: Path of the request.
        method: HTTP method.
        time: When it was answered, seconds since 1970, by the clock of the emulator.
        headers: Lower-case names to values.
        body: The raw body.
        pairs: Fields of query and form in order, those the operation does not know included.
        form: The same by wire name; the last one where a field is there twice.
        request_id: The ``RequestId`` header, empty when there was none.
        processed: Whether it was carried out.
        status: HTTP status that was answered; ``None`` when the connection broke before.
        code: ``code`` that was answered, if the caller got to see one.
        desc: ``desc`` that was answered where it was a text.
        fault: The planted fault it met.
    """

    path: str
    method: str
    time: float
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    pairs: tuple[tuple[str, str], ...] = field(repr=False)
    form: Mapping[str, str] = field(repr=lambda form: repr(_masked(form)))
    request_id: str
    processed: bool
    status: int | None
    code: int | None
    desc: str | None
    fault: object | None = None


class Exchange:
    """Answers requests out of a state."""

    state: State
    directory: Directory

    def __init__(
        self,
        state: State,
        signature: Signature,
        limits: Mapping[str, RateLimit],
        max_calls: int,
        listeners: Listeners,
    ) -> None:
        """Start with nothing counted and nothing recorded."""
        self.faults: Faults = Faults()
        self.listeners = listeners
        self._lock: Lock = Lock()
        self._signature = signature
        self._limits = limits
        self._calls: deque[RecordedCall] = deque(maxlen=max_calls)
        self.start_over(state)

    def start_over(self, state: State) -> None:
        """Forget everything that happened."""
        self.faults.clear()  # a condition of a fault may look at the calls, so not under the lock
        with self._lock:
            self.state = state
            self.directory = Directory(self._signature.app_key)
            self._request_ids = RequestIds()
            self._frequency = CallFrequency(self._limits)
            self._calls.clear()

    def forget_request_ids(self) -> None:
        """Forget which ids of requests were seen."""
        with self._lock:
            self._request_ids = RequestIds()

    @property
    def calls(self) -> list[RecordedCall]:
        """The latest requests in the order they were answered."""
        with self._lock:
            return list(self._calls)

    @contextmanager
    def holding(self) -> Generator[State]:
        """
        Hold the state, with everybody else kept off; await nothing meanwhile.

        What changed is passed on to the listeners once others may go on.
        """
        try:
            with self._lock:
                yield self.state
        finally:
            self.listeners.pass_on()

    def carry_out(self, check: Check[T]) -> T:
        """Check and commit at one go, with nobody asked."""
        with self.holding() as state:
            return check(state).commit(ALLOWED)

    async def ask(self, check: Check[T], asker: Asker) -> T:
        """
        Check, ask, and commit what the verdict allows, if it still passes the check.

        Nothing is held during the question, so others change the rooms meanwhile. A no of the
        verdict holds whatever became of them.

        Raises:
            Refused: The check fails, before the question or after it, or the verdict says no.
        """
        with self.holding() as state:
            question = check(state).question
        verdict = ALLOWED if question is None else await asker(question)
        if not verdict.drops:
            verdict.enforce()
        with self.holding() as state:
            return check(state).commit(verdict)

    async def __call__(self, request: Request) -> Ending:
        """Answer a request, or break the connection, as the planted fault wants it."""
        fault = self.faults.take(request)
        work = _Work(self, request)
        self._arrive(work)
        ending: Ending | None = None
        try:
            ending = work.act() if fault is None else await fault(work.act)
            return self._dated(ending)
        finally:
            self._record(request, work, ending, fault)

    def _arrive(self, work: _Work) -> None:
        with self._lock:
            if self.state.features.id_taken_on_arrival:
                self._request_ids.note(work.request_id, work.owner)

    def _dated(self, ending: Ending) -> Ending:
        date = ("date", formatdate(self.state.now(), usegmt=True))
        if isinstance(ending, Response):
            return evolve(ending, headers=(*ending.headers, date))
        if ending.response is None:
            return ending
        response = evolve(ending.response, headers=(*ending.response.headers, date))
        return evolve(ending, response=response)

    def answer(self, request: Request, owner: object) -> Response:
        """Carry a request out; its id belongs to the owner."""
        if request.path == LIVENESS and request.method == "GET":
            return Response(status=200)
        if request.path == ALLOCATE and request.method == "GET":
            with self.holding():
                return self.directory.answer(request)
        operation = OPERATIONS.get(request.path)
        if operation is None:
            # Clients look at the status first, and in an answer of the service at code and desc.
            desc = f"there is no operation {request.path}"
            return json_response(
                {"code": 404, "desc": desc}, status=200 if request.method == "POST" else 404
            )
        if request.method != "POST":
            return Response(status=405, headers=(("allow", "POST"),))
        if len(request.body) > MAX_BODY_BYTES:
            return Response(status=413)
        with self.holding() as state:
            try:
                reply = self._handle(state, operation, request, owner)
            except Refused as refused:
                reply = {"code": refused.code, "desc": refused.desc}
        return json_response(reply)

    def _handle(
        self, state: State, operation: Operation[Any], request: Request, owner: object
    ) -> dict[str, Any]:
        now = state.now()
        self._signature.check(request.headers, now)
        request_id = request.headers.get("requestid", "")
        self._request_ids.check(request_id, owner)
        if state.features.malformed_calls_count:
            self._frequency.check(operation.path, now)
        arguments = _arguments(operation, request, anti_spam=state.features.anti_spam)
        if not state.features.malformed_calls_count:
            self._frequency.check(operation.path, now)
        reply = HANDLERS[operation.path](state, arguments)
        self._request_ids.note(request_id, owner)
        return {**reply, "code": 200}

    def _record(
        self, request: Request, work: _Work, ending: Ending | None, fault: object | None
    ) -> None:
        seen = ending if isinstance(ending, Response) else None
        cut = ending.response if isinstance(ending, Broken) else None
        pairs = _readable(request)
        call = RecordedCall(
            path=request.path,
            method=request.method,
            time=self.state.now(),
            headers=request.headers,
            body=request.body,
            pairs=pairs,
            form=dict(pairs),
            request_id=work.request_id,
            processed=work.processed,
            status=seen.status if seen else cut.status if cut else None,
            code=seen.code if seen else None,
            desc=seen.desc if seen else None,
            fault=fault,
        )
        with self._lock:
            self._calls.append(call)
            if not work.processed:
                self._request_ids.forget(work.request_id, work.owner)


@define(eq=False)
class _Work:
    """Carries one request out, once."""

    _exchange: Exchange
    _request: Request
    _response: Response | None = None
    owner: object = Factory(object)  # stands for the request, and is kept longer than it

    def act(self) -> Response:
        if self._response is None:
            self._response = self._exchange.answer(self._request, self.owner)
        return self._response

    @property
    def request_id(self) -> str:
        return self._request.headers.get("requestid", "")

    @property
    def processed(self) -> bool:
        return self._response is not None and self._response.code == 200  # noqa: PLR2004


def _arguments(operation: Operation[Any], request: Request, *, anti_spam: bool) -> Arguments:
    """Return the arguments of a request; without a body there is nothing to have a type."""
    if request.body:
        _check_content_type(request.headers.get("content-type", ""))
    try:
        pairs = _pairs(request)
    except FormError as error:
        raise Refused(414, str(error)) from None
    return validate(operation, pairs, anti_spam=anti_spam)


def _check_content_type(content_type: str) -> None:
    """Check the form's type; a charset may be left out, as the documented examples do."""
    header = Message()
    header["content-type"] = content_type
    if header.get_content_type() != _FORM:
        raise Refused(414, f"Content-Type must be {_FORM}")
    for name, value in header.get_params([]):
        charset = collapse_rfc2231_value(value).strip().lower()
        if name.lower() == "charset" and charset not in {"utf-8", "utf8"}:
            raise Refused(414, "charset must be utf-8")


def _pairs(request: Request) -> list[tuple[str, str]]:
    """Return the fields of a request: parameters in the query count like those of the form."""
    return decode_form(request.query.encode("latin-1")) + decode_form(request.body)


def _masked(form: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a form without the token of an account."""
    return {name: "***" if name == "token" else text for name, text in form.items()}


def _readable(request: Request) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(_pairs(request))
    except FormError:
        return ()
