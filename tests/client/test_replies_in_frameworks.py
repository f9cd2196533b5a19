"""Replies in pydantic's models and FastAPI's handlers, which the library itself never imports."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, cast, get_args, get_origin

import httpx
import pytest
from attrs import NOTHING, evolve, fields
from fastapi import FastAPI
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from nim_async._core.model import OpenIntEnum, Reply
from nim_async.models import DelayClose, MemberKind, MessageType, QueueLevel, RoleType, Room, Rooms
from tests.replies import ENUMS, REPLIES, kinds, members, replies
from tests.strategies import PATIENT, Strategy

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

EACH_REPLY = pytest.mark.parametrize("cls", REPLIES, ids=lambda cls: cls.__name__)
EACH_ENUM = pytest.mark.parametrize("cls", ENUMS, ids=lambda cls: cls.__name__)
FEW = settings(PATIENT, max_examples=10)
ROOM = Room(
    room_id=66,
    valid=True,
    name="一盏茶",
    creator="amy",
    queue_level=QueueLevel(7),
    delay_info=DelayClose(
        delay_close_enable=True, delay_close_policy=1, delay_seconds=60, status=0
    ),
    extra={"new": [1]},
)


class Party(BaseModel):
    """A model as users write it."""

    host: str
    room: Room
    earlier: list[Room] = []
    next: Room | None = None
    role: RoleType = RoleType.MANAGER


PARTY = Party(host="amy", room=ROOM, earlier=[ROOM])


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Return what reads and writes a type."""
    return TypeAdapter(kind)


def test_the_library_does_not_import_pydantic(tmp_path: Path) -> None:
    """All of the client can be imported, and a reply be written, without pydantic."""
    program = (
        "import sys, nim_async, nim_async.models as models\n"
        "models.Ack().to_dict()\n"
        "assert not [name for name in sys.modules if name.startswith('pydantic')]"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)  # noqa: S603


# replies


@EACH_REPLY
def test_an_instance_stays_as_it_is(cls: Any) -> None:
    """Reading an instance gives that instance."""

    @FEW
    @given(replies(cls))
    def check(reply: Reply) -> None:
        assert adapter(cls).validate_python(reply) is reply

    check()


@EACH_REPLY
def test_what_is_written_is_the_dict(cls: Any) -> None:
    """As Python values and as JSON, what is written is what `to_dict` returns."""

    @FEW
    @given(replies(cls))
    def check(reply: Reply) -> None:
        assert adapter(cls).dump_python(reply) == reply.to_dict()
        assert adapter(cls).dump_python(reply, mode="json") == reply.to_dict()
        assert json.loads(adapter(cls).dump_json(reply)) == reply.to_dict()

    check()


@EACH_REPLY
def test_what_is_written_can_be_read(cls: Any) -> None:
    """The dict and the JSON of a reply become an equal reply, alone and in what holds it."""
    listed: Any = list

    @FEW
    @given(replies(cls))
    def check(reply: Reply) -> None:
        assert adapter(cls).validate_python(reply.to_dict()) == reply
        for kind, value in ((cls, reply), (listed[cls], [reply]), (cls | None, reply)):
            assert adapter(kind).validate_json(adapter(kind).dump_json(value)) == value

    check()


def lacking(cls: Any) -> Strategy:
    """Make replies that lack some of the fields that the documentation always has."""
    missable = [a.name for a in fields(cls) if a.default is NOTHING and "needed" not in a.metadata]
    names: Strategy = st.sets(st.sampled_from(missable)) if missable else st.just(set[str]())

    def without(reply: Any, names: set[str]) -> Any:
        return evolve(reply, **dict.fromkeys(names, NOTHING))

    return st.builds(without, replies(cls), names)


@EACH_REPLY
def test_a_reply_that_lacks_something(cls: Any) -> None:
    """What is missing is left out of what is written, and missing in what is read of it again."""

    @FEW
    @given(lacking(cls))
    def check(reply: Reply) -> None:
        written = adapter(cls).dump_json(reply)
        assert json.loads(written) == reply.to_dict()
        assert repr(adapter(cls).validate_json(written)) == repr(reply)
        assert adapter(cls).validate_python(reply.to_dict()) == reply

    check()


def test_replies_in_a_model() -> None:
    """A model holds replies, lists of them and none, and is written and read as a whole."""
    assert PARTY.room is ROOM
    written = PARTY.model_dump()
    assert written["room"] == ROOM.to_dict()
    assert written["earlier"] == [ROOM.to_dict()]
    assert written["next"] is None
    assert Party.model_validate_json(PARTY.model_dump_json()) == PARTY


def test_a_reply_of_several_classes() -> None:
    """Where several classes may stand, each is written and read as itself."""
    either = adapter(Rooms | Room)
    assert either.dump_python(ROOM) == ROOM.to_dict()
    assert either.validate_python(ROOM) is ROOM
    assert either.validate_json(either.dump_json(ROOM)) == ROOM


def test_a_dict_that_does_not_fit() -> None:
    """What is missing or wrong is refused, field by field."""
    with pytest.raises(ValidationError) as caught:
        Party.model_validate({"host": "amy", "room": {**ROOM.to_dict(), "name": 1, "valid": None}})
    assert [error["loc"] for error in caught.value.errors()] == [
        ("room", "valid"),
        ("room", "name"),
    ]
    with pytest.raises(ValidationError, match="room_id\n  Field required"):
        adapter(Room).validate_python({})
    with pytest.raises(ValidationError, match="dict"):
        adapter(Room).validate_python("room")


def test_a_deep_reply_is_written() -> None:
    """Unknown fields of any depth are written down to the level where `to_dict` cuts them."""
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    room = Room(room_id=1, valid=True, name="tea", creator="amy", extra={"deep": deep})
    once = adapter(Room).validate_json(adapter(Room).dump_json(room))
    assert once.to_dict() == room.to_dict()


# the JSON schema


def shape(kind: Any) -> Any:
    """Return the JSON schema that a type must have, without its texts."""
    if get_origin(kind) is UnionType:
        inner, none = get_args(kind)
        assert none is NoneType
        return {"anyOf": [shape(inner), {"type": "null"}]}
    if get_origin(kind) is tuple:
        return {"type": "array", "items": shape(get_args(kind)[0])}
    if get_origin(kind) is dict and get_args(kind)[1] is not Any:
        return {"type": "object", "additionalProperties": shape(get_args(kind)[1])}
    plain: dict[Any, Any] = {
        Any: {},
        bool: {"type": "boolean"},
        int: {"type": "integer"},
        str: {"type": "string"},
        dict[str, Any]: {"type": "object"},
    }
    if kind in plain:
        return plain[kind]
    if issubclass(kind, Reply):
        return {"$ref": f"#/$defs/{kind.__name__}"}
    return {"type": "integer" if issubclass(kind, OpenIntEnum) else "string"}


def without_texts(schema: Any) -> Any:
    """Leave out what is for people, and what versions of pydantic put differently."""
    if isinstance(schema, list):
        return [without_texts(element) for element in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    left = cast("dict[str, Any]", schema).items()
    texts = {"title", "description"}
    return {
        name: without_texts(value)
        for name, value in left
        if name not in texts and (name, value) != ("additionalProperties", True)
    }


@EACH_REPLY
def test_the_schema_has_every_field(cls: Any) -> None:
    """The schema is an object of the class's name: all fields, their types, and which must be."""
    schema = adapter(cls).json_schema()
    assert (schema["type"], schema["title"]) == ("object", cls.__name__)
    expected = {name: shape(kind) for name, kind in kinds(cls).items()}
    shown = {name: without_texts(member) for name, member in schema["properties"].items()}
    assert shown == expected
    must_be = [a.name for a in fields(cls) if a.default is NOTHING]
    assert schema.get("required", []) == must_be


@EACH_REPLY
def test_the_schema_says_what_things_are(cls: Any) -> None:
    """Class and fields are described as in the docstring, without the names on the wire."""
    schema = adapter(cls).json_schema()
    assert schema["description"] == " ".join((cls.__doc__ or "").partition("\n\n")[0].split())
    for member in schema["properties"].values():
        assert member["description"].endswith(".")
        assert "``" not in member["description"]


@EACH_REPLY
def test_the_schema_is_one(cls: Any) -> None:
    """What is read and what is written has the same schema, so that pages show one class."""
    assert adapter(cls).json_schema(mode="serialization") == adapter(cls).json_schema()


# enumerations


@EACH_ENUM
def test_members_are_written_and_read(cls: Any) -> None:
    """Members with and without a name are written as their values and become members again."""

    @FEW
    @given(members(cls))
    def check(member: Any) -> None:
        read = adapter(cls).validate_json(adapter(cls).dump_json(member))
        assert (read, type(read)) == (member, cls)
        assert adapter(cls).validate_python(member) == member
        assert adapter(cls).validate_python(member.value) == member
        assert json.loads(adapter(cls).dump_json(member)) == member.value

    check()


@EACH_ENUM
def test_the_schema_of_an_enumeration_is_open(cls: Any) -> None:
    """Any number or text fits the schema, which names the values that are known."""
    schema = adapter(cls).json_schema()
    assert without_texts(schema) == shape(cls)
    assert schema["title"] == cls.__name__
    for member in cls:
        assert f"{member.value} ({member.name})" in schema["description"]


def is_number(text: str) -> bool:
    """Return whether pydantic takes a text for a whole number; ``-0`` is one, and ``0-7`` too."""
    try:
        adapter(int).validate_python(text)
    except ValidationError:
        return False
    return True


@given(st.text(min_size=1).filter(lambda text: not is_number(text)))
@example("1.5")
@example("nan")
@example("TEXT")
def test_what_is_no_member(text: str) -> None:
    """A text is not read as a number."""
    with pytest.raises(ValidationError):
        adapter(MessageType).validate_python(text)


# FastAPI


app = FastAPI()
for _class in REPLIES:
    app.add_api_route(f"/classes/{_class.__name__}", lambda: None, response_model=_class)


@app.get("/room")
async def _show() -> Room:
    return ROOM


@app.get("/bare")
async def _lack() -> Room:
    nothing: Any = NOTHING
    return evolve(ROOM, name=nothing, valid=nothing)


@app.get("/rooms")
async def _list(kind: MemberKind = MemberKind.FIXED) -> list[Room]:
    return [ROOM] * kind


@app.post("/party")
async def _hold(party: Party) -> Party:
    return party


@pytest.fixture(name="page", scope="module")
def _page() -> Any:
    """Describe the application as its OpenAPI page does."""
    return app.openapi()


@EACH_REPLY
def test_the_page_names_each_class(cls: Any, page: Any) -> None:
    """A class that a handler returns is a component of its own name, nothing else."""
    (response,) = page["paths"][f"/classes/{cls.__name__}"]["get"]["responses"].values()
    schema = response["content"]["application/json"]["schema"]
    assert schema == {"$ref": f"#/components/schemas/{cls.__name__}"}
    component = page["components"]["schemas"][cls.__name__]
    assert component["properties"].keys() == kinds(cls).keys()


def test_the_page_shows_a_class_once(page: Any) -> None:
    """A model that is both taken and returned makes no second version of the replies in it."""
    # Versions of pydantic differ in whether they show the model itself twice.
    others = ("Party", "HTTPValidationError", "ValidationError")
    shown = {name for name in page["components"]["schemas"] if not name.startswith(others)}
    assert shown == {cls.__name__ for cls in REPLIES}


async def test_handlers_return_replies() -> None:
    """What a handler returns arrives as its dict, in lists and in models too."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as browser:
        assert (await browser.get("/room")).json() == ROOM.to_dict()
        bare = ROOM.to_dict()
        del bare["name"], bare["valid"]
        assert (await browser.get("/bare")).json() == bare
        assert (await browser.get("/rooms?kind=2")).json() == [ROOM.to_dict()] * 2
        assert (await browser.get("/rooms?kind=3")).json() == [ROOM.to_dict()] * 3
        sent = PARTY.model_dump(mode="json")
        assert (await browser.post("/party", json=sent)).json() == sent
        sent["room"]["room_id"] = "x"
        refused = await browser.post("/party", json=sent)
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "room", "room_id"]
