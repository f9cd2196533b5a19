"""The project around the code: what documents say of commands is what the project runs."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TOX = PROJECT["tool"]["tox"]
ENVS = TOX["env"].keys() | {name for name in TOX["env_list"] if name.startswith("py3")}
CI = (ROOT / ".ci/run").read_text("utf-8")
DOCUMENTS = sorted(path.name for path in ROOT.glob("*.md"))
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_MINIMUM = re.compile(r"([\w-]+)(?:\[[^]]*\])?>=([\d.]+)")


def read(name: str) -> str:
    """Return the text of a file of the project."""
    return (ROOT / name).read_text("utf-8")


def minima(requirements: list[str]) -> dict[str, str]:
    """Return the lowest version that is allowed of each distribution."""
    found = (_MINIMUM.match(requirement) for requirement in requirements)
    return {match[1]: match[2] for match in found if match}


def asked_for(text: str) -> set[str]:
    """Return the environments of tox that a text runs."""
    named = re.findall(r"tox (?:run )?(?:-q )?-e ([\w,-]+)", text)
    return {name for names in named for name in names.split(",")}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_relative_links_lead_to_a_file(name: str) -> None:
    """Every relative link of every document leads to a file of the project."""
    for target in re.findall(r"\]\(([^)\s]+)\)", _CODE.sub("", read(name))):
        if not target.startswith(("https://", "#")):
            assert (ROOT / target.partition("#")[0]).is_file(), target


@pytest.mark.parametrize("name", DOCUMENTS)
def test_environments_exist(name: str) -> None:
    """Every environment of tox that a document or a hook names is one of the project."""
    assert asked_for(read(name)) <= ENVS
    assert asked_for(read(".pre-commit-config.yaml")) <= ENVS


def test_every_environment_is_explained() -> None:
    """Contributing has each environment, the versions of Python included."""
    text = read("CONTRIBUTING.md")
    assert {name for name in ENVS if f"`{name}`" in text or name in asked_for(text)} == ENVS


def test_the_readme_shows_what_ci_runs() -> None:
    """Both languages have the same two commands, and those are what CI runs on a clean clone."""
    commands = [
        re.findall(r"^python3 -m venv .*$", read(name), re.MULTILINE)
        for name in ("README.md", "README.zh-CN.md")
    ]
    assert commands[0] == commands[1]
    demo, tests = ([shlex.split(part) for part in line.split("&&")] for line in commands[0])
    assert demo[-1] == [".venv/bin/nim-async", "demo"]
    assert tests[-1] == [".venv/bin/python", "-m", "pytest", "-n", "auto"]
    assert CI.count('bash -c "$(readme_command ') == len(commands[0])
    assert "grep '^python3 -m venv' README.md" in CI


def test_ci_runs_every_environment() -> None:
    """CI leaves out quick and docs, parts of the tests, and bench, which needs an idle machine."""
    (loop,) = re.findall(r"^for name in ([^$;]+); do$", CI, re.MULTILINE)
    pythons = {name for name in ENVS if name.startswith("py3")}
    assert set(loop.split()) == ENVS - pythons - {"quick", "docs", "bench"}
    (minors,) = re.findall(r"^for minor in (.+); do$", CI, re.MULTILINE)
    assert pythons == {f"py3{minor}" for minor in minors.split()}


def test_every_declared_python_has_its_tests() -> None:
    """There is an environment for each version of Python that the classifiers name."""
    declared = {
        f"py{version.replace('.', '')}"
        for line in PROJECT["project"]["classifiers"]
        for version in re.findall(r"Python :: (3\.\d+)$", line)
    }
    assert declared == {name for name in ENVS if name.startswith("py3")}


def test_the_lowest_versions_are_those_declared() -> None:
    """The environment ``lowest`` pins each direct dependency to its declared minimum."""
    project = PROJECT["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = {name: version for one in lists for name, version in minima(one).items()}
    pins = dict(pin.split("==") for pin in TOX["env"]["lowest"]["deps"])
    assert {name: pin.removesuffix(".*") for name, pin in pins.items()} == wanted


def test_tox_tests_with_every_extra_that_the_group_brings() -> None:
    """The group ``test`` and the environments of tox install the project with the same extras."""
    (itself,) = (r for r in PROJECT["dependency-groups"]["test"] if str(r).startswith("nim-async"))
    assert itself == f"nim-async[{','.join(TOX['env_run_base']['extras'])}]"


def test_generated_files_are_marked() -> None:
    """What carries the generator's header is generated for reviews too, and nothing else is."""
    written = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "nim_async").rglob("*.py")
        if "\nWritten by ``python -m nim_async._codegen``" in path.read_text("utf-8")
    }
    marks = [line.split()[0] for line in read(".gitattributes").splitlines() if "generated" in line]
    marked = {path.relative_to(ROOT).as_posix() for mark in marks for path in ROOT.glob(mark)}
    assert written == marked
