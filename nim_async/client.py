"""`NimClient`: what users hold in their hands."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from time import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar, cast

from attrs import asdict, evolve

from nim_async._attempts import Attempts, Carrier
from nim_async._checks import near, plain_text, refused, shown
from nim_async._core import wire
from nim_async._core.call import Call
from nim_async._core.endpoints import PATIENCE_SECONDS, EndpointPool
from nim_async._core.operation import Operation, Repeat
from nim_async._core.options import ClientConfig, Options
from nim_async._core.reading import read, whole
from nim_async._core.regions import PATH, endpoints, lbs_urls
from nim_async._core.signing import Signer, new_id
from nim_async._core.tokens import dynamic_token
from nim_async._generated.operations import OPERATIONS
from nim_async._namespaces import Chatroom, History, Stats, User
from nim_async._session.select import new_session
from nim_async._version import __version__
from nim_async.config import ConnectionOptions, Credentials
from nim_async.errors import ConfigurationError, ParameterError
from nim_async.limits import Limiters, LocalLimiter
from nim_async.observe import Observer
from nim_async.retry import RetryPolicy

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from types import TracebackType

    from nim_async._core.call import Watch
    from nim_async._session import Session
    from nim_async.config import AsyncHttpClient, AsyncTransport, RateLimit, Region
    from nim_async.limits import Limiter
    from nim_async.observe import Hook, Statistics

R = TypeVar("R")
_DEFAULTS = Options()
_DOCUMENTED: Mapping[str, RateLimit | None] = MappingProxyType({})
_HEADERS = (
    ("Content-Type", "application/x-www-form-urlencoded;charset=utf-8"),
    ("Accept", "application/json"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", f"nim-async/{__version__}"),
)


class NimClient:
    """
    A client of the server API for chatrooms and accounts.

    One client serves all tasks of a process; its connections are opened when needed and shared.
    Use it as ``async with NimClient(...) as nim``, or call `aclose` when done. Making one does
    no I/O.

    Args:
        app_key: Key of the app.
        app_secret: Secret of the app; never sent, never shown.
        region: ``"cn"`` or ``"sg"``, where the app's data centre is.
        base_url: One URL or several, ending in ``/nimserver``, in place of the region's: for
            private clouds and the emulator.
        discover: Ask the service's directory of endpoints (LBS), the region's when true or the
            one at these URLs, once a minute at most. The call that finds it due waits for the
            answer, up to 3 seconds and half of its time; no call fails because of it.
        timeout: Bound of one attempt, seconds.
        deadline: Bound of a whole call, seconds: waiting for the rate limit and for a
            connection, attempts, pauses and failover together.
        max_wait: Bound of waiting for the rate limit and a connection together, seconds; a call
            that would wait longer fails at once, surely not sent. ``deadline`` alone when
            ``None``.
        retry: How often and how soon a failed attempt is repeated.
        rate_limit: Limits in place of the documented ones, by path or name such as
            ``chatroom.send_msg``; ``None`` switches one limit off, or all.
        limiter: Makes what keeps the limit of a path; in this process when ``None``, or shared
            by many with `nim_async.limits.redis.RedisLimits`.
        max_connections: Most requests under way at once; more tasks than that wait in order.
        transport: Any ``httpx.AsyncBaseTransport``; closed with the client.
        http_client: The caller's own ``httpx.AsyncClient``; never closed here. Its pool should
            hold ``max_connections``.
        verify: TLS context to use, or whether to verify certificates.
        proxy: URL of a proxy.
        hooks: Callables that take the events of each call, see `nim_async.observe`; plain
            functions, not coroutine functions.
        validate: Check parameters against the documented limits before anything is sent.
        strict_replies: Raise `DecodeError` for a reply in which anything is missing or odd, also
            where the call could do without it; for tests.

    Raises:
        ConfigurationError: An option cannot be.
    """

    _watch: Watch | None = None

    def __init__(
        self,
        app_key: str,
        app_secret: str,
        *,
        region: Region = "cn",
        base_url: str | Sequence[str] | None = None,
        discover: bool | str | Sequence[str] = False,
        timeout: float = _DEFAULTS.timeout,
        deadline: float = _DEFAULTS.deadline,
        max_wait: float | None = None,
        retry: RetryPolicy | None = None,
        rate_limit: Mapping[str, RateLimit | None] | None = _DOCUMENTED,
        limiter: Callable[[str, RateLimit], Limiter] | None = None,
        max_connections: int = 100,
        transport: AsyncTransport | None = None,
        http_client: AsyncHttpClient | None = None,
        verify: ssl.SSLContext | bool = True,
        proxy: str | None = None,
        hooks: Sequence[Hook] = (),
        validate: bool = True,
        strict_replies: bool = False,
    ) -> None:
        """Check the options; nothing is opened."""
        credentials = Credentials(app_key=app_key, app_secret=app_secret)
        urls = endpoints(region, base_url)
        lbs = lbs_urls(region, base_url, discover=discover)
        connections = ConnectionOptions(
            headers=(*_HEADERS, ("AppKey", credentials.app_key)),
            max_connections=max_connections,
            transport=transport,
            http_client=http_client,
            verify=verify,
            proxy=proxy,
        )
        self._options = Options(
            timeout=timeout,
            deadline=deadline,
            max_wait=max_wait,
            retry=retry if retry is not None else RetryPolicy(),
            validate=validate,
            strict_replies=strict_replies,
        )
        pool = EndpointPool(urls, patience=min(timeout, PATIENCE_SECONDS))
        refresh: Callable[[Session, float], Awaitable[None]] | None = None
        if lbs:
            from nim_async._discovery import Discovery  # noqa: PLC0415  only who asks pays for it

            refresh = Discovery(lbs, endpoints=pool, app_key=credentials.app_key).refresh
        self._observer = Observer(hooks)
        self._attempts: Carrier = Attempts(
            new_session=partial(new_session, [*urls, *lbs], connections),
            max_connections=max_connections,
            signer=Signer(credentials),
            endpoints=pool,
            refresh=refresh,
            limiters=Limiters(
                rate_limit, limiter if limiter is not None else LocalLimiter, OPERATIONS
            ),
            observer=self._observer,
        )
        self._config = ClientConfig(
            credentials=credentials,
            region=region,
            base_url=base_url,
            discover=discover,
            rate_limit=rate_limit,
            max_connections=max_connections,
            verify=verify,
            proxy=proxy,
        )
        self._shown = f"app_key={credentials.app_key!r}, endpoint={urls[0]!r}"

    @property
    def chatroom(self) -> Chatroom:
        """Operations under ``/nimserver/chatroom/``."""
        return Chatroom(self)

    @property
    def history(self) -> History:
        """Operations under ``/nimserver/history/``."""
        return History(self)

    @property
    def stats(self) -> Stats:
        """Operations under ``/nimserver/stats/``."""
        return Stats(self)

    @property
    def user(self) -> User:
        """Operations under ``/nimserver/user/``."""
        return User(self)

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """
        Make a client from the environment.

        Reads ``NIM_APP_KEY``, ``NIM_APP_SECRET``, ``NIM_REGION`` and ``NIM_BASE_URL`` (several
        URLs with commas between them); the last two may be missing.

        Args:
            options: Any option of the class; it goes before the environment.

        Raises:
            ConfigurationError: Key or secret is missing, or an option cannot be.
        """
        found: dict[str, Any] = {name: os.environ.get(_variable(name), "") for name in _FROM_ENV}
        if found["base_url"].strip():
            found["base_url"] = [u.strip() for u in found["base_url"].split(",") if u.strip()]
        else:
            del found["base_url"]
        settings = {name: value for name, value in found.items() if value != ""} | options
        for name in ("app_key", "app_secret"):
            if name not in settings:
                raise ConfigurationError(f"{_variable(name)} is not set", option=name)
        try:
            return cls(**settings)
        except ConfigurationError as error:
            if error.option in _FROM_ENV and error.option not in options:
                text = f"{error.reason} (from {_variable(error.option)})"
                raise ConfigurationError(text, option=error.option) from None
            raise

    @classmethod
    def from_config(
        cls,
        config: ClientConfig,
        *,
        limiter: Callable[[str, RateLimit], Limiter] | None = None,
        transport: AsyncTransport | None = None,
        http_client: AsyncHttpClient | None = None,
        hooks: Sequence[Hook] = (),
    ) -> Self:
        """
        Make a client from the configuration of another, in another process perhaps.

        Args:
            config: The `config` of the other client.
            limiter: As for the class; live objects are no part of a configuration.
            transport: As for the class.
            http_client: As for the class.
            hooks: As for the class.

        Raises:
            ConfigurationError: An option cannot be.
        """
        given = cast("object", config)
        if not isinstance(given, ClientConfig):
            raise refused("config", "must be the config of a client", shown(given))
        settings = asdict(config, recurse=False)
        credentials: Credentials = settings.pop("credentials")
        return cls(
            credentials.app_key,
            credentials.app_secret,
            **settings,
            limiter=limiter,
            transport=transport,
            http_client=http_client,
            hooks=hooks,
        )

    @property
    def config(self) -> ClientConfig:
        """What a client like this view is made from; it can be pickled and holds the secret."""
        own = self._options
        return evolve(
            self._config,
            timeout=own.timeout,
            deadline=own.deadline,
            max_wait=own.max_wait,
            retry=own.retry,
            validate=own.validate,
            strict_replies=own.strict_replies,
        )

    def options(
        self,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        max_wait: float | None = None,
        max_attempts: int | None = None,
        retry: RetryPolicy | None = None,
        trace_id: str | None = None,
        validate: bool | None = None,
        strict_replies: bool | None = None,
    ) -> Self:
        """
        Return a view with other options that shares connections, limits and hooks.

        Args:
            timeout: Bound of one attempt, seconds.
            deadline: Bound of a whole call, seconds.
            max_wait: Bound of waiting for the rate limit and a connection together, seconds.
            max_attempts: Attempts in all, the first included.
            retry: How often and how soon a failed attempt is repeated.
            trace_id: The ``RequestId`` of the next call. The service drops a second request
                with the same id, so use such a view for one call.
            validate: Check parameters before anything is sent.
            strict_replies: Raise for a reply in which anything is missing or odd.

        Raises:
            ConfigurationError: An option cannot be.
        """
        given: dict[str, Any] = {
            "timeout": timeout,
            "deadline": deadline,
            "max_wait": max_wait,
            "retry": retry,
            "trace_id": trace_id,
            "validate": validate,
            "strict_replies": strict_replies,
        }
        changes = {name: value for name, value in given.items() if value is not None}
        own = evolve(self._options, **changes)
        if max_attempts is not None:
            own = evolve(own, retry=evolve(own.retry, max_attempts=max_attempts))
        return self._view(_options=own)

    def _view(self, **own: Any) -> Self:
        view = object.__new__(type(self))
        view.__dict__ = self.__dict__ | own
        return view

    def watched(self, watch: Watch) -> Self:
        """
        Return a view whose calls are watched; batch jobs use it.

        Args:
            watch: Is given each call of the view, as it is made, and told of its attempts.
        """
        return self._view(_watch=watch)

    @property
    def attempts(self) -> Carrier:
        """What carries calls out, for those who make them on behalf of another client."""
        return self._attempts

    @property
    def observer(self) -> Observer:
        """What reports on calls, for those who make them on behalf of another client."""
        return self._observer

    def over(self, attempts: Carrier) -> Self:
        """
        Return a view whose calls others carry out.

        Args:
            attempts: What carries them out.
        """
        return self._view(_attempts=attempts)

    def dynamic_token(self, accid: str, *, ttl: int) -> str:
        """
        Make a login token that holds for a while; see `nim_async.dynamic_token`.

        Nothing is sent. It is made by the time of the service, as far as that is known.

        Args:
            accid: The account, which must be registered; it is signed in lower case.
            ttl: How long the token holds, seconds, a whole number.

        Returns:
            The token. Whoever has it can log in: do not log it.

        Raises:
            ConfigurationError: A value cannot be.
        """
        own = self._config.credentials
        now = time() + self._attempts.clock_offset
        return dynamic_token(own.app_key, own.app_secret, accid, ttl=ttl, now=now)

    async def call(self, path: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """
        Call any path of the service, also one that the table lacks.

        POST ``path``

        Args:
            path: Official path, such as ``/nimserver/user/create.action``.
            parameters: Wire names to values. Text goes as it is, other values as JSON;
                ``None`` is not sent. Nothing is checked.

        Returns:
            The whole decoded reply, ``code`` included.

        Raises:
            ConfigurationError: The path cannot be one, the client is closed, or it belongs to
                another event loop.
            ParameterError: A value cannot be written, or code 414.
            ApiError: The service said no.
            TransportError: No usable answer; see ``maybe_processed`` before you try again.

        A path that the table does not know is taken for one that must not be repeated, unless
        the service was never reached.
        """
        path = _checked_path(path)
        operation = OPERATIONS.get(path)
        name = path if operation is None else operation.qualified_name
        try:
            body = wire.encode_plain(parameters if parameters is not None else {})
        except ParameterError as error:
            raise error.located(operation=name) from None
        call = Call(
            name,
            path,
            body,
            self._options,
            Repeat.NEVER if operation is None else operation.repeat,
            None if operation is None else operation.penalty,
        )
        if self._watch is not None:
            call.watched_by(self._watch)
        return await self._attempts.carry_out(call, whole)

    async def invoke(self, operation: Operation[R], arguments: Mapping[str, Any], /) -> R:
        """
        Carry out an operation of the table, as the methods of the namespaces do.

        One method does more: where a repeat finds the room switched already,
        `Chatroom.toggle_close_stat` reads the room, and this raises `Duplicate`, ``processed``.

        Args:
            operation: What to carry out; see `operation_of` and `OPERATIONS`.
            arguments: Python names to values; ``None`` is not sent.

        Returns:
            The reply, of the class that the operation names.

        Raises:
            ConfigurationError: It is no operation of the table.
            NimError: As the method of the operation.

        Whether it may be repeated safely depends on the operation; see its ``idempotency``.
        """
        if not isinstance(operation, Operation):  # pyright: ignore[reportUnnecessaryIsInstance]
            instead = "give operation_of(nim.chatroom.get), or one of OPERATIONS"
            raise refused("operation", "must be an Operation", shown(operation), instead)
        name, options = operation.qualified_name, self._options
        try:
            body = wire.encode(operation, arguments, new_id=new_id, validate=options.validate)
        except ParameterError as error:
            raise error.located(operation=name) from None
        call = Call(name, operation.path, body, options, operation.repeat, operation.penalty)
        if operation.duplicate_is_success:
            call.duplicate_is_success = True
        if self._watch is not None:
            call.watched_by(self._watch)
        reader = partial(read, operation)
        if options.strict_replies:
            reader = partial(read, operation, strict=True)
        return await self._attempts.carry_out(call, reader)

    def statistics(self) -> Statistics:
        """
        Return what the client is doing, together with all views that share its connections.

        Raises:
            ConfigurationError: On trio, called from outside of the event loop.
        """
        try:
            return self._attempts.statistics()
        except RuntimeError:
            raise ConfigurationError(
                "statistics() has to be called in the event loop that the client is used on"
            ) from None

    async def aclose(self, *, drain: float = 0.0) -> None:
        """
        Close the connections; a client or view that shares them is closed too.

        New calls are refused from the beginning on. Calls under way and waiting end with
        ``TransportError``, "the client was closed", whose ``maybe_processed`` says whether they
        may have been sent; nothing is sent any more. Closing takes at most 5 seconds, and
        closing again does nothing. Once the event loop that the client was used on has ended, it
        may be closed on any other.

        Args:
            drain: How long calls under way may go on before that, seconds.

        Raises:
            ConfigurationError: The client belongs to another event loop, which has not ended.
        """
        await self._attempts.aclose(drain)

    async def __aenter__(self) -> Self:
        """Return the client itself, with all made that its first call would have to wait for."""
        with suppress(ConfigurationError):  # the first call tells
            self._attempts.open()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.aclose()

    if not TYPE_CHECKING:  # type checkers know better than to take it for a plain context manager

        def __enter__(self) -> NoReturn:
            """Refuse ``with``, which could not wait for connections to close."""
            raise ConfigurationError("write 'async with' in place of 'with'")

        def __exit__(self, *_: object) -> None:
            """Never get here."""

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: connections do not travel, and the secret should not unasked."""
        raise TypeError("a client cannot be pickled; pickle its config, see NimClient.from_config")

    def __repr__(self) -> str:
        """Show key and endpoint, never the secret."""
        return f"{type(self).__name__}({self._shown})"


_FROM_ENV = ("app_key", "app_secret", "region", "base_url")


def _variable(option: str) -> str:
    return f"NIM_{option.upper()}"


def _checked_path(path: object) -> str:
    """Return a path of the service as plain text."""
    if isinstance(path, str) and PATH.fullmatch(path):
        return plain_text(path)
    meant = _meant(path) if isinstance(path, str) else None
    instead = f"do you mean {meant}?" if meant else ""
    rule = "must be one such as /nimserver/user/create.action"
    raise refused("path", rule, shown(path), instead)


def _meant(path: str) -> str | None:
    """Return the path of the table that looks like another, or one that may be new."""
    names = {operation.qualified_name: operation.path for operation in OPERATIONS.values()}
    start = path.lower().find("nimserver/")
    bare = path[start + len("nimserver/") if start >= 0 else 0 :].strip().lstrip("/")
    namespace, slash, rest = bare.partition("/")
    if not slash or namespace.lower() in {name.partition(".")[0] for name in names}:
        found = near(bare, names)
        if found is not None:
            return names[found]
    whole = f"/nimserver/{bare}"
    named = rest.endswith(".action") and "/" not in rest
    return whole if named and PATH.fullmatch(whole) else None
