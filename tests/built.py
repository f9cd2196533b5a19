"""
What is given to users: ``python -m tests.built FOLDER`` builds sdist and wheel and tests them.

Their files are compared with those of the checkout. The wheel is installed into an environment of
its own in the folder, and the tests that take no seconds run there, on a copy that lies outside of
the checkout. Left out are the modules that read what a wheel has not: facts and generator,
documents, benchmarks. One that reads them in a way this program does not know fails there; it is
not left out.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
AT_HOME = re.compile(r"_spec[\"/]|nim_async\._(spec|codegen)[. ]|ROOT\b|(from|import) benchmarks")
NOT_IN_WHEEL = ("nim_async/_codegen/", "nim_async/_spec/")
NOT_IN_SDIST = (".ci/", ".gitattributes", ".pre-commit-config.yaml")
MADE = re.compile(r"PKG-INFO|nim_async-[^/]+\.dist-info/.+")  # by the build


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a program that must succeed."""
    subprocess.run(command, cwd=cwd, check=True)  # noqa: S603  our own programs


def checked_in() -> set[str]:
    """Return the files of the checkout, new ones included."""
    git = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others"]
    listed = subprocess.run(  # noqa: S603  nothing foreign
        [*git, "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


def same(kind: str, found: set[str], wanted: set[str]) -> bool:
    """Report what there is too much or too little."""
    found = {name for name in found if not MADE.fullmatch(name)}
    for name in sorted(found ^ wanted):
        print(f"{kind}: {'should not hold' if name in found else 'lacks'} {name}")
    print(f"{kind}: {len(found)} files")
    return found == wanted


def files_are_right(sdist: Path, wheel: Path) -> bool:
    """Compare what was built with the checkout."""
    wanted = {name for name in checked_in() if not name.startswith(NOT_IN_SDIST)}
    with tarfile.open(sdist) as packed:
        found = {m.name.partition("/")[2] for m in packed.getmembers() if m.isfile()}
    right = same("sdist", found, wanted)
    package = {name for name in wanted if name.startswith("nim_async/")}
    wanted = {name for name in package if not name.startswith(NOT_IN_WHEEL)}
    with zipfile.ZipFile(wheel) as zipped:
        found = set(zipped.namelist())
    return same("wheel", found, wanted) and right


def copy_tests(folder: Path) -> None:
    """Copy the tests without the modules that read what a wheel has not, and who imports those."""
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    kept = {path: path.read_text("utf-8") for path in sorted((folder / "tests").rglob("*.py"))}
    unwanted = AT_HOME
    while left_out := [path for path, text in kept.items() if unwanted.search(text)]:
        for path in left_out:
            print(f"left out: {path.relative_to(folder)}")
            path.unlink()
            del kept[path]
        names = (".".join(p.relative_to(folder).with_suffix("").parts) for p in left_out)
        any_of_them = "|".join(map(re.escape, names))
        unwanted = re.compile(rf"^from (?:{any_of_them}) import ", re.MULTILINE)


def main(folder: Path) -> int:
    """Build, compare, install and test."""
    shutil.rmtree(folder, ignore_errors=True)
    run(sys.executable, "-m", "build", "--outdir", folder / "dist", ROOT)
    (sdist,), (wheel,) = ((folder / "dist").glob(kind) for kind in ("*.tar.gz", "*.whl"))
    if not files_are_right(sdist, wheel):
        return 1
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv/bin/python"
    pip = (python, "-m", "pip", "install", "-q")
    run(*pip, "-U", "pip")
    extras = "cli,dask,json,parquet,redis"  # all: no test is left out for want of one
    run(*pip, f"{wheel}[{extras}]", "--group", f"{ROOT}/pyproject.toml:test-tools")
    copy_tests(folder)
    settings = ("-c", ROOT / "pyproject.toml", "--rootdir", folder)
    fast = ("-m", "not (slow or hypothesis)")  # it is the packaging that is tested
    run(python, "-m", "pytest", "-q", "-n", "2", *settings, *fast, "tests", cwd=folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
