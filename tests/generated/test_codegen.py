"""The generated files are what the generator makes of the spec."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import fields

import nim_async
from nim_async._codegen.__main__ import main
from nim_async._codegen.load import load
from nim_async._codegen.render import render
from nim_async._generated import operations
from tests.replies import REPLIES

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

PACKAGE = Path(nim_async.__file__).parent


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Copy the spec and the generated files to where they may be changed."""
    for folder in ("_spec", "_generated"):
        shutil.copytree(
            PACKAGE / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(PACKAGE / "models.py", tmp_path)
    return tmp_path


def contents(package: Path) -> dict[str, bytes]:
    """Read the generated files."""
    paths = [*(package / "_generated").glob("*.py"), package / "models.py"]
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in paths}


def change_text(path: Path, old: str, new: str) -> None:
    """Change a text that occurs in a file."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def change_facts(package: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the facts of the spec."""
    path = package / "_spec" / "chatroom.json"
    facts = json.loads(path.read_text("utf-8"))
    change(facts)
    path.write_text(json.dumps(facts, ensure_ascii=False), "utf-8")


# the check


def test_the_tree_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """The generated files are, byte for byte, what the spec says."""
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == "5 of 5 files up to date\n"


@pytest.mark.parametrize("name", sorted(contents(PACKAGE)))
def test_one_byte_by_hand(package: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """A change of one byte of a generated file is found."""
    path = package / name
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    assert main(["--check"], package=package) == 1
    captured = capsys.readouterr()
    assert captured.err == f"{name}: differs from what the spec says\n"
    assert captured.out == "4 of 5 files up to date\n"


def test_other_line_ends(package: Path) -> None:
    """Line ends are compared too."""
    path = package / "_generated" / "models.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert main(["--check"], package=package) == 1


def test_a_missing_file(package: Path) -> None:
    """A generated file that is not there is missed."""
    (package / "_generated" / "methods.py").unlink()
    assert main(["--check"], package=package) == 1


def test_a_stray_file(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A module that the generator did not write has no place among its files."""
    stray = package / "_generated" / "extra.py"
    stray.write_text("X = 1\n", "utf-8")
    assert main(["--check"], package=package) == 1
    captured = capsys.readouterr()
    assert captured.err == "_generated/extra.py: differs from what the spec says\n"
    assert captured.out == "5 of 5 files up to date\n"
    assert main([], package=package) == 0
    assert not stray.exists()


def test_checking_writes_nothing(package: Path) -> None:
    """The check leaves the files as they are, right or wrong."""
    change_text(package / "_generated" / "models.py", "ROOM", "MOOR")
    before = contents(package)
    main(["--check"], package=package)
    assert contents(package) == before


def test_one_fact_changes(package: Path) -> None:
    """A limit that changes in the spec changes table and method, once they are written again."""

    def widen(facts: dict[str, Any]) -> None:
        params = [p for o in facts["operations"] for p in o["params"]]
        name = next(p for p in params if p["name"] == "name")
        assert name["max_length"] == 128
        name["max_length"] = 131

    change_facts(package, widen)
    assert main(["--check"], package=package) == 1
    assert main([], package=package) == 0
    assert main(["--check"], package=package) == 0
    generated = contents(package)
    assert (
        b'python_name="name", kind=Kind.TEXT, required=True, max_length=131)'
        in (generated["_generated/operations.py"])
    )
    assert b"name: Room name, at most 131 characters." in generated["_generated/methods.py"]


def test_one_override_changes(package: Path) -> None:
    """A Python name that changes in the overrides changes table, methods and models."""
    change_text(package / "_spec" / "overrides.toml", '"from_accid" #', '"sender" #')
    assert main(["--check"], package=package) == 1
    assert main([], package=package) == 0
    assert (
        b'sender: str = field(metadata={"wire": "from"})'
        in contents(package)["_generated/models.py"]
    )


def test_writing_is_deterministic(package: Path) -> None:
    """Writing again gives the same bytes, from nothing and over old files."""
    shutil.rmtree(package / "_generated")
    assert main([], package=package) == 0
    first = contents(package)
    assert main([], package=package) == 0
    assert contents(package) == first == {k: v.encode() for k, v in rendered().items()}
    assert first == {k: (PACKAGE / k).read_bytes() for k in first}


def rendered() -> dict[str, str]:
    """Make the files of the spec as it is."""
    return render(load(PACKAGE / "_spec"))


def test_the_header_names_command_and_origin() -> None:
    """Users read what a file holds and what wrote it; origin and state of the spec are comments."""
    digests: set[str] = set()
    for text in rendered().values():
        _, docstring, rest = text.split('"""', 2)
        assert docstring.endswith("Written by ``python -m nim_async._codegen``; do not edit.\n")
        assert not re.search(r"\d", docstring)
        comments = [line for line in rest.splitlines() if line.startswith("# ")]
        assert re.search(r"Collected \d{4}-\d{2}-\d{2}\.", " ".join(comments).replace(" # ", " "))
        digests.update(re.findall(r"# Spec: sha256 ([0-9a-f]{64})$", comments[-1]))
        assert len(digests) == 1


# faulty overrides

FAULTS: dict[str, tuple[str, str, str]] = {
    "a name that is used nowhere": (
        "[names]\n",
        '[names]\nnosuch = "no_such"\n',
        "overrides that change nothing: ['names.nosuch']",
    ),
    "a name that is split so anyway": (
        "[names]\n",
        '[names]\ncreator = "creator"\n',
        "names that are split so anyway: ['creator']",
    ),
    "an enumeration bound to nothing": (
        'bind = ["*.clienttype"]',
        'bind = ["*.clienttype", "chatroom/create.nosuch"]',
        "overrides that change nothing: ['bind.chatroom/create.nosuch']",
    ),
    "an enumeration without a name for a choice": (
        '{ 0 = "EVERYBODY", 1 = "MANAGERS" }',
        '{ 0 = "EVERYBODY" }',
        "QueueLevel names ['0'], the facts know ['0', '1']",
    ),
    "an enumeration with a name too many": (
        '{ 0 = "EVERYBODY", 1 = "MANAGERS" }',
        '{ 0 = "EVERYBODY", 1 = "MANAGERS", 2 = "NOBODY" }',
        "QueueLevel names ['0', '1', '2'], the facts know ['0', '1']",
    ),
    "a name for a value that the source lacks": (
        '128 = "HARMONY_NODE"',
        '66 = "HARMONY_NODE"',
        "ClientPlatform names values that the facts lack: ['66']",
    ),
    "a name that the source gives anyway": (
        '128 = "HARMONY_NODE"',
        '65 = "HARMONY", 128 = "HARMONY_NODE"',
        "ClientPlatform names ['HARMONY'] as the facts do",
    ),
    "a correction that changes nothing": (
        'set = { type = "json" }',
        "set = { required = false }",
        "changes nothing",
    ),
    "a correction of an unknown parameter": (
        'at = ["chatroom/queueInit.sizeLimit"]',
        'at = ["chatroom/queueInit.nosuch"]',
        "the correction of chatroom/queueInit.nosuch changes nothing",
    ),
    "a correction of an unknown operation": (
        'at = ["chatroom/queueInit.sizeLimit"]',
        'at = ["chatroom/nosuch.sizeLimit"]',
        "nosuch",
    ),
    "a correction of an unknown class": ('at = ["Queue.list"]', 'at = ["Nosuch.list"]', "Nosuch"),
    "a correction without a reason": (
        'reason = "May be missing, says the list of reply fields."\n',
        "",
        "reason",
    ),
    "a correction with an empty reason": (
        'reason = "May be missing, says the list of reply fields."',
        'reason = ""',
        "the correction of RoomActivity.period has no reason",
    ),
    "what is needed of an unknown class": (
        'at = ["Room.roomid"]',
        'at = ["Room.roomid", "Nosuch.roomid"]',
        "overrides that change nothing: ['needed.Nosuch.roomid']",
    ),
    "what is needed though it is optional": (
        'at = ["Room.roomid"]',
        'at = ["Room.roomid", "Room.ext"]',
        "overrides that change nothing: ['needed.Room.ext']",
    ),
    "what is needed for no reason": (
        'reason = "The reply is these addresses."',
        'reason = ""',
        "nothing says why Addresses.addr is needed",
    ),
    "a pair for an unknown list": (
        "[pairs]\n",
        '[pairs]\n"chatroom/queueList.nosuch" = { model = "Queue", key = "k", value = "v" }\n',
        "overrides that change nothing: ['pairs.chatroom/queueList.nosuch']",
    ),
    "a pair that another one stands for": (
        "[pairs]\n",
        '[pairs]\n"chatroom/queueMultiGet.list" = { model = "Queue", key = "k", value = "v" }\n',
        "overrides that change nothing: ['pairs.chatroom/queueMultiGet.list']",
    ),
    "a class of an unknown reply": (
        'replies = ["chatroom/cleanRobot"]',
        'replies = ["chatroom/cleanRobot", "nosuch"]',
        "nosuch",
    ),
    "elements of what is no list": (
        'elements = ["stats/chatroom/topn.data"]',
        'elements = ["stats/chatroom/topn.nosuch"]',
        "stats/chatroom/topn.nosuch is no list of objects",
    ),
    "items of an unknown parameter": (
        'params = ["chatroom/queueBatchOffer.elements"]',
        'params = ["chatroom/queueBatchOffer.elements", "chatroom/queueBatchOffer.nosuch"]',
        "chatroom/queueBatchOffer.nosuch is no list of objects",
    ),
    "a fact of an enumeration that nobody reads": (
        'bind = ["*.clienttype"]',
        'bind = ["*.clienttype"]\nbindd = ["*.opt"]',
        "overrides.toml: extra fields found (bindd) @ $.enums['ClientType']",
    ),
    "a correction of a fact that nobody reads": (
        "set = { required = false }",
        "set = { required = false, requird = false }",
        "the correction of chatroom/queueInit.sizeLimit sets requird, which nobody reads",
    ),
    "no TOML": ("[names]\n", "[names\n", "TOMLDecodeError"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_overrides(package: Path, capsys: pytest.CaptureFixture[str], fault: str) -> None:
    """An override that changes nothing or does not fit stops the generator; nothing is written."""
    old, new, message = FAULTS[fault]
    change_text(package / "_spec" / "overrides.toml", old, new)
    before = contents(package)
    for arguments in ([], ["--check"]):
        assert main(arguments, package=package) == 2
        captured = capsys.readouterr()
        assert captured.err.startswith("spec: ")
        assert message in captured.err
    assert contents(package) == before


def test_a_faulty_spec(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A spec that is no JSON, or lacks a fact, stops the generator, which says so."""
    change_facts(package, lambda facts: facts["operations"][0].pop("path"))
    assert main(["--check"], package=package) == 2
    assert "required field missing @ $.operations[0].path" in capsys.readouterr().err
    (package / "_spec" / "chatroom.json").write_text("{", "utf-8")
    assert main(["--check"], package=package) == 2
    assert "JSONDecodeError" in capsys.readouterr().err


def test_a_desc_that_stands_for_another_error(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A text of a refusal that the library takes for another error stops the generator."""
    change_text(package / "_spec" / "user.json", '"already register"', '"it is there"')
    assert main([], package=package) == 2
    said = "414 'it is there' is ParameterError, the facts say AlreadyRegistered"
    assert capsys.readouterr().err == f"spec: {said}\n"


def test_an_error_that_no_desc_stands_for(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An operation names no error by its text unless that text is known."""
    change_text(package / "_spec" / "user.json", '"NotRegistered": "the', '"Unknown": "the')
    assert main([], package=package) == 2
    assert capsys.readouterr().err == "spec: user/update: no desc stands for Unknown\n"


def test_what_a_parameter_is_beside_its_limits(package: Path) -> None:
    """That it is deprecated, or cleared by an empty text, is in the table and the docstring."""
    change_text(
        package / "_spec" / "user.json", '"name": "sign",', '"name": "sign", "deprecated": true,'
    )
    assert main([], package=package) == 0
    generated = {name: " ".join(raw.decode().split()) for name, raw in contents(package).items()}
    assert "sign: Deprecated: signature line. At most" in generated["_generated/methods.py"]
    assert (
        "sign: Signature line, at most 256 characters; an empty text clears it."
        in (generated["_generated/methods.py"])
    )
    table = generated["_generated/operations.py"]
    assert "kind=Kind.TEXT, max_length=256, deprecated=True)" in table
    assert "kind=Kind.TEXT, max_length=256, empty_clears=True)" in table


@pytest.mark.parametrize(
    "place",
    [
        "",
        ".codes[1]",
        ".message_types[1].fields[0]",
        ".operations[0]",
        ".operations[0].params[1]",
        ".operations[0].reply",
        ".platforms[1]",
        ".operations[0].rate_limit",
    ],
)
def test_a_fact_that_nobody_reads(
    package: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    """A key of the spec that the generator does not know, such as a typo, is refused by place."""

    def misspell(facts: Any) -> None:
        for key in re.findall(r"\w+", place):
            facts = facts[int(key) if key.isdigit() else key]
        facts["notee"] = "a typo"

    change_facts(package, misspell)
    assert main([], package=package) == 2
    error = capsys.readouterr().err
    assert error == f"spec: chatroom.json: extra fields found (notee) @ ${place}\n"


def test_a_spec_of_several_files(package: Path) -> None:
    """Each file of the spec adds its operations, also of a name that another namespace has."""
    facts = json.loads((package / "_spec" / "chatroom.json").read_text("utf-8"))
    kick = next(o for o in facts["operations"] if o["path"].endswith("/kickMember.action"))
    door = {**{k: facts[k] for k in ("origin", "collected", "sources")}, "title": "Doors"}
    door["operations"] = [{**kick, "path": "/nimserver/door/create.action"}]
    (package / "_spec" / "door.json").write_text(json.dumps(door), "utf-8")
    change_text(
        package / "_spec" / "overrides.toml",
        '"chatroom/kickMember"',
        '"chatroom/kickMember", "door/create"',
    )
    assert main([], package=package) == 0
    generated = {name: raw.decode() for name, raw in contents(package).items()}
    assert "\nDOOR_CREATE = Operation(\n" in generated["_generated/operations.py"]
    assert "\nCHATROOM_CREATE = Operation(\n" in generated["_generated/operations.py"]
    assert "\nclass DoorMethods:\n" in generated["_generated/methods.py"]
    assert "# Doors. " in generated["_generated/methods.py"]


def test_evidence_is_never_written(package: Path) -> None:
    """What is said about the origin of a fact changes nothing but the digest of the spec."""
    before = contents(package)

    def doubt(facts: dict[str, Any]) -> None:
        for entry in [*facts["codes"], *facts["notifications"], *facts["operations"]]:
            entry["evidence"] = ["a doubt"]
        for o in facts["operations"]:
            for entry in [o["reply"], *o["params"], *o["reply"]["fields"]]:
                entry["evidence"] = ["a doubt"]

    change_facts(package, doubt)
    assert main([], package=package) == 0
    after = contents(package)
    for name, text in before.items():
        old, new = text.splitlines(), after[name].splitlines()
        changed = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
        assert len(changed) == 1
        assert changed[0][1].startswith(b"# Spec: sha256 ")


def test_a_new_choice_needs_a_name(package: Path) -> None:
    """A value that the service adds to an enumeration must be given a name."""

    def add(facts: dict[str, Any]) -> None:
        for o in facts["operations"]:
            for p in o["params"]:
                if p["name"] == "clienttype":
                    p["choices"]["4"] = "television"

    change_facts(package, add)
    assert main([], package=package) == 2


def test_every_correction_is_in_force() -> None:
    """The corrections that the overrides name are those that the table shows."""
    overrides = tomllib.loads((PACKAGE / "_spec" / "overrides.toml").read_text("utf-8"))
    assert all(c["reason"] and c["at"] and c["set"] for c in overrides["corrections"])
    needed = {address for n in overrides["needed"] for address in n["at"]}
    assert needed == {
        f"{cls.__name__}.{a.metadata['wire']}"
        for cls in REPLIES
        for a in fields(cls)
        if "needed" in a.metadata
    }
    sizes = operations.CHATROOM_QUEUE_INIT.by_wire_name["sizeLimit"]
    assert not sizes.required
    assert operations.CHATROOM_SEND_MSG.by_wire_name["msgId"].generated
    assert operations.STATS_CHATROOM_TOPN.envelope is None
