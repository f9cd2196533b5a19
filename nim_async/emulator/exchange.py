"""
From a request to its answer, the same behind every door.

A request passes, in this order: route, signature, request id, form, parameters, call frequency,
and then the handler of its operation. All of it happens in one go under a lock, so that calls
never see each other half done; only planted faults wait.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from email.utils import formatdate
from threading import RLock
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field, frozen

from nim_async._generated.operations import OPERATIONS
from nim_async.config import RateLimit
from nim_async.emulator.arguments import FormError, decode_form, validate
from nim_async.emulator.directory import ALLOCATE, Directory
from nim_async.emulator.faults import Answer, Broken, Faults, Outcome, Request, json_answer
from nim_async.emulator.gate import CallFrequency, RequestIds, Signature
from nim_async.emulator.handlers import HANDLERS
from nim_async.emulator.refusal import Refused
from nim_async.emulator.state import State

if TYPE_CHECKING:
    from nim_async._core.operation import Operation

LONGEST_BODY = 16 * 1024 * 1024  # our own bound; the largest legal call stays below
_LIVENESS = "/nimserver/health/liveness.action"
_FORM = "application/x-www-form-urlencoded"


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
        pairs: Form fields in order, those the operation does not know included.
        form: Form fields by wire name; the last one where a field is there twice.
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
    form: Mapping[str, str]
    request_id: str
    processed: bool
    status: int | None
    code: int | None
    desc: str | None
    fault: object | None = None


@define(eq=False, init=False)
class Exchange:
    """Answers requests out of a state."""

    state: State
    faults: Faults
    directory: Directory
    lock: RLock
    _signature: Signature
    _limits: Mapping[str, RateLimit]
    _request_ids: RequestIds
    _frequency: CallFrequency
    _calls: deque[RecordedCall]

    def __init__(
        self,
        state: State,
        signature: Signature,
        limits: Mapping[str, RateLimit],
        max_calls: int,
    ) -> None:
        """Start with nothing counted and nothing recorded."""
        self.lock = RLock()
        self.faults = Faults()
        self._signature = signature
        self._limits = limits
        self._calls = deque(maxlen=max_calls)
        self.start_over(state)

    def start_over(self, state: State) -> None:
        """Forget everything that happened."""
        with self.lock:
            self.state = state
            self.directory = Directory(self._signature.app_key)
            self.faults.clear()
            self._request_ids = RequestIds()
            self._frequency = CallFrequency(self._limits)
            self._calls.clear()

    @property
    def calls(self) -> list[RecordedCall]:
        """The latest requests in the order they were answered."""
        with self.lock:
            return list(self._calls)

    async def __call__(self, request: Request) -> Outcome:
        """Answer a request, or break the connection, as the planted fault wants it."""
        fault = self.faults.take(request)
        work = _Work(self, request)
        outcome: Outcome | None = None
        try:
            outcome = work.act() if fault is None else await fault(work.act)
            return self._dated(outcome)
        finally:
            self._record(request, work, outcome, fault)

    def _dated(self, outcome: Outcome) -> Outcome:
        date = ("date", formatdate(self.state.now(), usegmt=True))
        if isinstance(outcome, Answer):
            return evolve(outcome, headers=(*outcome.headers, date))
        if outcome.answer is None:
            return outcome
        answer = evolve(outcome.answer, headers=(*outcome.answer.headers, date))
        return evolve(outcome, answer=answer)

    def answer(self, request: Request) -> Answer:
        """Carry a request out."""
        if request.path == _LIVENESS and request.method == "GET":
            return Answer(status=200)
        if request.path == ALLOCATE and request.method == "GET":
            with self.lock:
                return self.directory.answer(request)
        operation = OPERATIONS.get(request.path)
        if operation is None:
            return Answer(status=404)
        if request.method != "POST":
            return Answer(status=405, headers=(("allow", "POST"),))
        if len(request.body) > LONGEST_BODY:
            return Answer(status=413)
        with self.lock:
            try:
                reply = self._carry_out(operation, request)
            except Refused as refused:
                reply = {"code": refused.code, "desc": refused.desc}
        return json_answer(reply)

    def _carry_out(self, operation: Operation[Any], request: Request) -> dict[str, Any]:
        now = self.state.now()
        self._signature.check(request.headers, now)
        request_id = request.headers.get("requestid", "")
        self._request_ids.check(request_id)
        _check_content_type(request.headers.get("content-type", ""))
        try:
            pairs = decode_form(request.body)
        except FormError as error:
            raise Refused(414, str(error)) from None
        arguments = validate(operation, pairs)
        self._frequency.check(operation.path, now)
        reply = HANDLERS[operation.path](self.state, arguments)
        self._request_ids.remember(request_id)
        return {**reply, "code": 200}

    def _record(
        self, request: Request, work: _Work, outcome: Outcome | None, fault: object | None
    ) -> None:
        seen = outcome if isinstance(outcome, Answer) else None
        status = outcome.answer.status if isinstance(outcome, Broken) and outcome.answer else None
        pairs = _readable(request.body)
        call = RecordedCall(
            path=request.path,
            method=request.method,
            time=self.state.now(),
            headers=request.headers,
            body=request.body,
            pairs=pairs,
            form=dict(pairs),
            request_id=request.headers.get("requestid", ""),
            processed=work.processed,
            status=seen.status if seen else status,
            code=seen.code if seen else None,
            desc=seen.desc if seen else None,
            fault=fault,
        )
        with self.lock:
            self._calls.append(call)


@define(eq=False)
class _Work:
    """Carries one request out, once."""

    _exchange: Exchange
    _request: Request
    _answer: Answer | None = None

    def act(self) -> Answer:
        if self._answer is None:
            self._answer = self._exchange.answer(self._request)
        return self._answer

    @property
    def processed(self) -> bool:
        return self._answer is not None and self._answer.code == 200  # noqa: PLR2004


def _check_content_type(content_type: str) -> None:
    """Check the form's type; a charset may be left out, as the documented examples do."""
    kind, _, parameters = content_type.partition(";")
    if kind.strip().lower() != _FORM:
        raise Refused(414, f"Content-Type must be {_FORM}")
    name, _, charset = parameters.strip().partition("=")
    if name.strip().lower() == "charset" and charset.strip(' "').lower() not in {"utf-8", "utf8"}:
        raise Refused(414, "charset must be utf-8")


def _readable(body: bytes) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(decode_form(body))
    except FormError:
        return ()


def limits_of(rate_limits: bool | Mapping[str, RateLimit]) -> dict[str, RateLimit]:  # noqa: FBT001
    """Return the call frequency to enforce, by path: none, the table's, or the table's mended."""
    if rate_limits is False:
        return {}
    limits = {path: op.rate_limit for path, op in OPERATIONS.items() if op.rate_limit}
    if rate_limits is not True:
        unknown = rate_limits.keys() - OPERATIONS.keys()
        if unknown:
            raise ValueError(f"rate_limits names unknown paths: {', '.join(sorted(unknown))}")
        limits |= rate_limits
    return limits
