"""Functions that users register: what they can be given is known when they are registered."""

from __future__ import annotations

import inspect
import types
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Union, cast, get_args, get_origin

import anyio.to_thread
from attrs import field, frozen

from nim_async.errors import ConfigurationError

if TYPE_CHECKING:
    from anyio import CapacityLimiter

Convert: TypeAlias = Callable[[str], object]

_ANYTHING: tuple[object, ...] = (inspect.Parameter.empty, Any, object)
_GATHERING = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_TRUTHS: dict[str, bool] = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip


class NoMatch(Exception):
    """A word of the text is not of the type that the function asks for."""


@frozen
class Plan:
    """
    How a function is called.

    Attributes:
        function: What is called.
        name: What it is called in messages.
        asked: Names of the values that it takes.
        optional: Those of them that it can do without.
        unknown: Those that nothing is known of here, and that a context must have.
        converts: How words of the text become what it asks for.
        annotations: What it says of the values that it takes.
        is_async: Whether it is a coroutine function.
    """

    function: Callable[..., Any]
    name: str
    asked: frozenset[str]
    optional: frozenset[str]
    unknown: frozenset[str]
    converts: Mapping[str, Convert] = field(factory=dict[str, Convert])
    annotations: Mapping[str, object] = field(factory=dict[str, object])
    is_async: bool = False

    def check_context(self, context: Mapping[str, Any]) -> None:
        """
        Check that a context has what nothing else has.

        Raises:
            ConfigurationError: It lacks a name, or has a value of another type.
        """
        for name in self.unknown:
            if name in context:
                value: Any = context[name]
                cls: type[Any] = value.__class__
                if not accepts(self.annotations[name], cls):
                    raise refused(self.name, name, f"is a {cls.__name__} here")
            elif name not in self.optional:
                raise refused(self.name, name, "is nothing that can be given")

    def arguments(
        self, values: Mapping[str, Any], words: Mapping[str, str | None]
    ) -> dict[str, Any]:
        """
        Choose what to call it with.

        Args:
            values: Everything there is, by name.
            words: Named parts of the text; ``None`` for one that is not there.

        Raises:
            NoMatch: A word is missing, or not of the type that is asked for.
        """
        chosen = {name: values[name] for name in self.asked if name in values}
        for name, convert in self.converts.items():
            word = words.get(name)
            if word is not None:
                try:
                    chosen[name] = convert(word)
                except (ValueError, KeyError):
                    raise NoMatch from None
            elif name not in self.optional:
                if not accepts(self.annotations[name], type(None)):
                    raise NoMatch
                chosen[name] = None
        return chosen

    def call(
        self, arguments: Mapping[str, Any], threads: CapacityLimiter
    ) -> Coroutine[Any, Any, Any]:
        """Call it: a coroutine function here, any other in a thread."""
        call = self.function(**arguments) if self.is_async else self._in_thread(arguments, threads)
        return call if inspect.iscoroutine(call) else _waiting_for(call)

    async def _in_thread(self, arguments: Mapping[str, Any], threads: CapacityLimiter) -> Any:
        function = self.function

        def boxed() -> tuple[Any]:
            return (function(**arguments),)  # which no event loop takes for a mistake

        (result,) = await anyio.to_thread.run_sync(boxed, abandon_on_cancel=True, limiter=threads)
        return await result if inspect.isawaitable(result) else result


async def _waiting_for(made: Awaitable[Any]) -> Any:
    return await made


def refused(function: str, name: str, why: str) -> ConfigurationError:
    """Make the error of a function that cannot be called as it is registered."""
    return ConfigurationError(f"{function}: parameter {name} {why}", option=name)


def is_async(function: object) -> bool:
    """Return whether a call of it makes a coroutine."""
    own_call = getattr(type(function), "__call__", None)  # noqa: B004  the method is looked at
    inner = getattr(function, "func", None)  # of a partial
    return any(inspect.iscoroutinefunction(part) for part in (function, own_call, inner))


def is_generator(function: object) -> bool:
    """Return whether a call of it runs nothing yet, but makes a generator."""
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def name_of(function: object) -> str:
    """Return what a function is called in messages."""
    inner = getattr(function, "func", function)
    module = getattr(inner, "__module__", None) or "?"
    return f"{module}.{getattr(inner, '__qualname__', type(inner).__qualname__)}"


def planned(
    function: Callable[..., Any],
    known: Mapping[str, tuple[type[Any], ...]],
    words: Collection[str],
) -> Plan:
    """
    Look at what a function takes.

    Args:
        function: A function, coroutine function or other callable.
        known: Names that it can be given, and of which classes the values are.
        words: Names of the parts of the text.

    Raises:
        ConfigurationError: It cannot be called so.
    """
    name = name_of(function) if callable(function) else repr(function)
    if not callable(function):
        raise ConfigurationError(f"{name} cannot be called", option="function")
    if is_generator(function):
        raise ConfigurationError(f"{name} is a generator, of which nothing runs", option="function")
    converts: dict[str, Convert] = {}
    annotations: dict[str, object] = {}
    optional: set[str] = set()
    for parameter in _parameters(function, name):
        asked, wanted = parameter.name, parameter.annotation
        annotations[asked] = wanted
        if parameter.default is not inspect.Parameter.empty:
            optional.add(asked)
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise refused(name, asked, "must be one that can be given by name")
        if asked in words:
            converts[asked] = _conversion(name, asked, wanted)
        elif asked in known:
            for cls in known[asked]:
                if not accepts(wanted, cls):
                    raise refused(name, asked, f"is a {cls.__name__} here")
    unknown = annotations.keys() - set(words) - known.keys()
    return Plan(
        function=function,
        name=name,
        asked=frozenset(annotations),
        optional=frozenset(optional),
        unknown=frozenset(unknown),
        converts=converts,
        annotations=annotations,
        is_async=is_async(function),
    )


def _parameters(function: Callable[..., Any], name: str) -> list[inspect.Parameter]:
    try:
        signature = inspect.signature(function, eval_str=True)
    except NameError:  # an annotation that is imported for type checkers alone
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        text = f"{name} does not say what it takes; wrap it in a function"
        raise ConfigurationError(text, option="function") from None
    return [p for p in signature.parameters.values() if p.kind not in _GATHERING]


def accepts(annotation: object, cls: type[Any]) -> bool:
    """Return whether an annotation allows values of a class, as far as can be seen."""
    if annotation in _ANYTHING or isinstance(annotation, str):
        return True
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return any(accepts(member, cls) for member in get_args(annotation))
    if annotation is None:
        return cls is type(None)
    wanted = origin if isinstance(origin, type) else annotation
    if not isinstance(wanted, type):
        return True  # such as a type variable: the type checker knows more
    try:
        return issubclass(cls, wanted)
    except TypeError:  # a protocol
        return True


def _conversion(name: str, asked: str, annotation: object) -> Convert:
    """
    Choose what makes a value of a word of the text.

    Raises:
        ConfigurationError: Nothing does.
    """
    if annotation in _ANYTHING or annotation is str:
        return str
    if annotation is bool:
        return lambda word: _TRUTHS[word.lower()]
    if annotation is int or annotation is float:
        return cast("Convert", annotation)
    origin, members = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        inner = [member for member in members if member is not type(None)]
        if len(inner) == 1:
            return _conversion(name, asked, inner[0])
    if origin is Literal:
        allowed = {str(member): member for member in members}
        return lambda word: allowed[word]
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return partial(_member, annotation)
    raise refused(
        name, asked, "is a word of the text: annotate str, int, float, bool, Literal or an Enum"
    )


def _member(cls: type[Enum], word: str) -> Enum:
    """
    Return a member by name or value.

    Raises:
        ValueError: There is none.
    """
    found = cls.__members__.get(word) or cls.__members__.get(word.upper())
    if found is None:
        found = next((member for member in cls if str(member.value) == word), None)
    if found is None:
        raise ValueError(word)
    return found
