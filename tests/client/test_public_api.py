"""What users import."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import fields

import nim_async
from nim_async import NimClient, NimError, RetryPolicy, errors
from nim_async._core.options import Options
from nim_async._generated import models
from nim_async._generated.methods import ChatroomMethods
from nim_async._namespaces import Chatroom, History, Stats, User

if TYPE_CHECKING:
    from types import ModuleType

# Public names that are no classes.
VALUES = {"OPERATIONS", "Event", "__version__", "dynamic_token", "operation_of", "wechat_domains"}
PUBLIC: dict[str, Any] = {name: getattr(nim_async, name) for name in nim_async.__all__}
PER_CALL: dict[str, Any] = {
    "timeout": 1.5,
    "deadline": 2.5,
    "max_wait": 1.25,
    "retry": RetryPolicy(max_attempts=7),
    "trace_id": "my-trace",
    "validate": False,
    "strict_replies": True,
}


def order(name: str) -> tuple[int, str]:
    """Sort as ruff does: constants, classes, the rest."""
    if name.isupper():
        return 0, name
    return (1 if name[:1].isupper() else 2), name


def test_public_names_are_sorted_and_told_once() -> None:
    """``__all__`` is in order, and names nothing twice."""
    assert nim_async.__all__ == sorted(set(nim_async.__all__), key=order)


def test_nothing_public_is_left_out() -> None:
    """What the package imports without an underscore is what it offers."""
    tree = ast.parse(Path(nim_async.__file__).read_text("utf-8"))
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module not in {"importlib", "typing"}
        for alias in node.names
    }
    assert imported == set(nim_async.__all__)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PUBLIC.keys() - VALUES))
def test_public_classes_are_documented(name: str) -> None:
    """Every public class, and every public member of it, has a docstring."""
    cls = PUBLIC[name]
    assert inspect.isclass(cls)
    assert inspect.getdoc(cls)
    for member, value in vars(cls).items():
        if not member.startswith("_") and (
            inspect.isfunction(value) or isinstance(value, property)
        ):
            assert inspect.getdoc(value), f"{name}.{member}"


def test_the_operations_are_a_mapping() -> None:
    """The table goes from path to operation."""
    assert isinstance(nim_async.OPERATIONS, Mapping)
    assert all(path == o.path for path, o in nim_async.OPERATIONS.items())


def test_the_version_is_one() -> None:
    """The version has the form that indexes ask for."""
    assert re.fullmatch(r"\d+\.\d+\.\d+([abc]\d+|\.dev\d+)?", nim_async.__version__)


def test_errors_are_in_both_places() -> None:
    """Each error can be imported from the package and from ``nim_async.errors``."""
    found = {
        name
        for name, cls in vars(errors).items()
        if inspect.isclass(cls) and issubclass(cls, NimError)
    }
    assert found == {
        name for name, cls in PUBLIC.items() if inspect.isclass(cls) and issubclass(cls, NimError)
    }
    assert all(getattr(errors, name) is PUBLIC[name] for name in found)


def test_enumerations_and_items_of_parameters_are_public() -> None:
    """What a caller passes to a method can be imported from the package."""
    wanted = {
        name
        for name in models.__all__
        if issubclass(getattr(models, name), int | str) or name.endswith("Item")
    }
    assert wanted <= PUBLIC.keys()


@pytest.mark.parametrize("name", ["config", "errors", "observe", "messages", "client"])
def test_modules_are_documented(name: str) -> None:
    """Each module says what it is for."""
    module: ModuleType = importlib.import_module(f"nim_async.{name}")
    assert module.__doc__


def parameters(function: Any) -> dict[str, inspect.Parameter]:
    """Return the parameters of a method without ``self``."""
    found = dict(inspect.signature(function).parameters)
    found.pop("self", None)
    return found


def test_options_know_every_option_of_a_call() -> None:
    """What a client is told about calls can be told anew for one call."""
    known = {f.name for f in fields(Options)}
    assert known == PER_CALL.keys()
    assert known <= parameters(NimClient.options).keys()
    assert known & parameters(NimClient).keys() == known - {"trace_id"}
    assert parameters(NimClient.options).keys() == known | {"max_attempts"}


def test_options_are_keywords() -> None:
    """But for key and secret, all options are named."""
    for function, positional in (
        (NimClient, {"app_key", "app_secret"}),
        (NimClient.options, set[str]()),
    ):
        named = {
            name
            for name, p in parameters(function).items()
            if p.kind is not inspect.Parameter.KEYWORD_ONLY
        }
        assert named == positional


def options_of(nim: Any) -> Options:
    """Look at the options of a client."""
    options: Options = nim._options
    return options


@pytest.mark.parametrize("name", PER_CALL)
async def test_a_view_differs_in_what_it_was_told_alone(name: str) -> None:
    """A view has the new option and all others of its client, which stays as it was."""
    async with NimClient("key", "secret", timeout=3.0, deadline=4.0) as nim:
        before = options_of(nim)
        view = nim.options(**{name: PER_CALL[name]})
        assert type(view) is NimClient
        assert options_of(nim) is before
        for f in fields(Options):
            expected = PER_CALL[name] if f.name == name else getattr(before, f.name)
            assert getattr(options_of(view), f.name) == expected


async def test_attempts_alone_keep_the_rest_of_the_policy() -> None:
    """``max_attempts`` changes the number of attempts of the policy in force."""
    policy = RetryPolicy(max_attempts=5, backoff=0.5, longest_backoff=1.0)
    async with NimClient("key", "secret", retry=policy) as nim:
        view = nim.options(max_attempts=1)
        assert options_of(view).retry == RetryPolicy(
            max_attempts=1, backoff=0.5, longest_backoff=1.0
        )


async def test_the_secret_is_not_shown() -> None:
    """What is printed of a client has no secret in it."""
    async with NimClient("the-key", "hunter2") as nim:
        assert "the-key" in repr(nim)
        assert "hunter2" not in f"{nim} {nim!r} {nim.options(timeout=1)!r}"


def imported_by(modules: str) -> set[str]:
    """Return the modules that an import brings into a fresh interpreter."""
    code = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.slow
def test_importing_needs_none_of_the_extras() -> None:
    """The package comes up without its tools: generator, emulator and command line stay away."""
    brought = imported_by("httpx, attrs, cattrs, anyio")  # old versions of these import more
    unwanted = {"uvicorn", "trio", "pytest", "hypothesis", "nim_async._codegen"}
    unwanted |= {"nim_async.emulator", "nim_async.cli"}
    assert not unwanted & (imported_by("nim_async") - brought)


@pytest.mark.slow
def test_who_runs_on_the_pool_does_not_pay_for_httpx() -> None:
    """A whole call on asyncio, TLS included, imports nothing of httpx; asking for it does."""
    code = """
import asyncio, sys, nim_async, nim_async._session.tls
from nim_async.errors import NimError
async def main():
    async with nim_async.NimClient("k", "s", base_url="https://127.0.0.1:1/nimserver") as nim:
        try:
            await nim.options(max_attempts=1).chatroom.get(room_id=1)
        except NimError as error:
            print(type(error).__name__)
asyncio.run(main())
print("httpx" in sys.modules)
nim_async.SigningTransport
print("httpx" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == ["ConnectError", "False", "True"]


def test_a_name_that_is_not_there() -> None:
    """What the package loads late does not hide what it lacks."""
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = vars(nim_async)["__getattr__"]("Nothing")


def test_names_come_from_where_the_types_say() -> None:
    """What is imported late is what a type checker sees, and no name is left out."""
    tree = ast.parse(Path(nim_async.__file__).read_text("utf-8"))
    seen = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and "nim_async" in node.module
        for alias in node.names
    }
    late = {name: f"nim_async.{home}" for name, home in vars(nim_async)["_HOME_OF"].items()}
    assert late == seen


def test_public_modules_are_there_without_an_import_of_their_own() -> None:
    """``nim_async.errors`` and its like can be reached from the package."""
    code = (
        "import nim_async; print(nim_async.errors.NimError.__name__, 'NimClient' in dir(nim_async))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == ["NimError", "True"]


@pytest.mark.parametrize("operation", nim_async.OPERATIONS.values(), ids=lambda o: o.qualified_name)
def test_a_method_knows_its_operation(operation: nim_async.Operation[Any]) -> None:
    """The operation behind a method can be asked for, of a client or of its class."""
    namespace = getattr(NimClient("key", "secret"), operation.namespace)
    method = getattr(namespace, operation.name)
    assert nim_async.operation_of(method) is operation
    assert nim_async.operation_of(method.__func__) is operation


def test_a_method_written_by_hand_takes_what_the_generated_one_takes() -> None:
    """Parameters, their order, types and defaults are those of the table."""
    by_hand = [
        getattr(cls, name)
        for cls in (Chatroom, History, Stats, User)
        for name in vars(cls)
        if not name.startswith(("_", "iter_"))
    ]
    assert by_hand
    for method in by_hand:
        name = method.__name__
        parent = getattr(ChatroomMethods, name)
        assert inspect.signature(method) == inspect.signature(parent)
        assert inspect.getdoc(method) == inspect.getdoc(parent)


@pytest.mark.parametrize("thing", [print, "chatroom.get", None, NimClient.call, NimClient])
def test_what_is_no_method_of_an_operation(thing: Any) -> None:
    """Anything else is refused by name."""
    with pytest.raises(nim_async.ConfigurationError, match="is no method of an operation"):
        nim_async.operation_of(thing)


def test_iterators_are_no_operations() -> None:
    """An iterator calls an operation as often as it takes, so it stands for none."""
    nim = NimClient("key", "secret")
    for iterator in (nim.chatroom.iter_members, nim.history.iter_chatroom_msgs):
        with pytest.raises(nim_async.ConfigurationError):
            nim_async.operation_of(iterator)
