"""The spec is whole, and what changes it says why."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from nim_async import OPERATIONS, Idempotency, NotificationType, Operation, Param, ServiceCode
from nim_async._core.operation import Kind
from nim_async._generated import models
from tests.facts import FOLDER, PARTS, SPEC

if TYPE_CHECKING:
    from collections.abc import Iterator

OVERRIDES: dict[str, Any] = tomllib.loads(FOLDER.joinpath("overrides.toml").read_text("utf-8"))
FACTS: dict[str, dict[str, Any]] = {o["path"]: o for o in SPEC["operations"]}
EACH = pytest.mark.parametrize("path", FACTS)


def corrected() -> set[str]:
    """Name the facts that an override corrects, as OPERATION.PARAMETER.FACT."""
    return {
        f"{address.replace('[]', '')}.{fact}"
        for c in OVERRIDES["corrections"]
        for address in c["at"]
        for fact in c["set"]
    }


CORRECTED = corrected()


def is_corrected(short: str, name: str, fact: str) -> bool:
    """Tell whether a fact of a parameter is not what the spec says, on purpose."""
    return bool({f"{short}.{name}.{fact}", f"*.{name}.{fact}"} & CORRECTED)


def pairs() -> Iterator[tuple[str, str, dict[str, Any], Param]]:
    """Go through all parameters with their facts, those inside batches too."""
    for path, facts in FACTS.items():
        short = path.removeprefix("/nimserver/").removesuffix(".action")
        for p, param in zip(facts["params"], OPERATIONS[path].params, strict=True):
            yield short, p["name"], p, param
            for q, inner in zip(p.get("item_fields", ()), param.items, strict=True):
                yield short, f"{p['name']}.{q['name']}", q, inner


PARAMS = list(pairs())


def test_the_counts() -> None:
    """The spec knows so many codes, types and notifications, and no operation twice."""
    assert len(SPEC["operations"]) == len(FACTS)
    assert sum(o["in_tutorial"] for o in SPEC["operations"]) == 23
    assert len(SPEC["codes"]) == len({c["code"] for c in SPEC["codes"]}) == 76
    assert len(SPEC["message_types"]) == 10
    assert len(SPEC["notifications"]) == 26
    assert len(SPEC["platforms"]) == 9


def test_the_origin_is_recorded() -> None:
    """Each file says where its facts are from and when they were gathered."""
    for part in PARTS:
        assert part["origin"]
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", part["collected"])
        assert all(label and text for label, text in part["sources"].items())


def test_the_categories_of_codes() -> None:
    """Each code has a name of its own, a meaning and a known category."""
    categories = {
        "ok",
        "auth",
        "client_error",
        "rate_limit",
        "conflict",
        "server_error",
        "chatroom",
    }
    for code in SPEC["codes"]:
        assert code["category"] in categories
        assert code["retryable"] in {"yes", "no", "only-if-idempotent"}
        assert code["scope"].islower()
        assert code["note"].endswith(".")
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", code["name"])
    assert len({c["name"] for c in SPEC["codes"]}) == 76


def test_codes_and_notifications_are_enumerations() -> None:
    """The enumerations hold what the spec lists, by its names."""
    assert {m.value: m.name for m in ServiceCode} == {c["code"]: c["name"] for c in SPEC["codes"]}
    assert {m.value: m.name for m in NotificationType} == {
        n["id"]: n["name"] for n in SPEC["notifications"]
    }


@EACH
def test_an_operation_is_described(path: str) -> None:
    """Each operation has a path under the base, a summary, evidence, codes and an example."""
    facts = FACTS[path]
    assert re.fullmatch(r"/nimserver(/[a-z]+)+/[a-zA-Z]+\.action", path)
    assert facts["summary"].endswith(".")
    assert facts["evidence"][0] in {"Confidence: high.", "Confidence: medium.", "Confidence: low."}
    assert facts["reply"]["evidence"][0].startswith("Example: ")
    assert ("idempotency_note" in facts) is (facts["idempotency"] != "read")
    assert 200 in facts["codes"]
    assert set(facts["codes"]) <= {c["code"] for c in SPEC["codes"]}
    assert facts["reply"]["example"]["code"] == 200
    assert {p["name"] for p in facts["params"] if p["required"]} <= facts["example_request"].keys()
    assert facts["example_request"].keys() <= {p["name"] for p in facts["params"]}


@EACH
def test_the_table_says_what_the_spec_says(path: str) -> None:
    """Summary, idempotency, limit, codes and parameters of the table are those of the spec."""
    facts, operation = FACTS[path], OPERATIONS[path]
    assert isinstance(operation, Operation)
    assert operation.summary == facts["summary"]
    assert operation.idempotency is Idempotency(facts["idempotency"])
    assert operation.codes == set(facts["codes"])
    assert operation.deduplicated is facts.get("deduplicated", False)
    assert operation.duplicate_is_success is facts.get("duplicate_is_success", False)
    assert [p.wire_name for p in operation.params] == [p["name"] for p in facts["params"]]
    limit = operation.rate_limit
    found = limit and {
        "calls": limit.calls,
        "per_seconds": limit.per_seconds,
        "block_seconds": limit.block_seconds,
    }
    assert found == facts["rate_limit"]


@pytest.mark.parametrize(
    ("short", "name", "facts", "param"), PARAMS, ids=[f"{s}-{n}" for s, n, _, _ in PARAMS]
)
def test_the_limits_of_the_table_are_those_of_the_spec(
    short: str, name: str, facts: dict[str, Any], param: Param
) -> None:
    """Every limit of a parameter is the documented one, unless a correction says otherwise."""
    for fact, value in (
        ("max_length", param.max_length),
        ("min", param.minimum),
        ("max", param.maximum),
        ("max_items", param.max_items),
        ("pattern", param.pattern),
        ("default", param.default),
        ("required", param.required),
    ):
        if not is_corrected(short, name, fact):
            assert value == facts.get(fact), fact
    assert param.empty_clears is facts.get("empty_clears", False)
    assert param.deprecated is facts.get("deprecated", False)
    if not is_corrected(short, name, "choices"):
        assert [str(c) for c in param.choices or ()] == list(facts.get("choices", ()))
    if not is_corrected(short, name, "type"):
        assert (param.kind is Kind.BOOLEAN) == (facts["type"] == "bool")
        assert (param.kind is Kind.INTEGER) == (facts["type"] in {"int", "long"})
        assert (param.kind is Kind.TEXT) == (facts["type"] == "string")


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("chatroom/create.name", 128),
        ("chatroom/create.announcement", 4096),
        ("chatroom/create.broadcasturl", 1024),
        ("chatroom/create.ext", 4096),
        ("chatroom/create.creator", 32),
        ("chatroom/update.notifyExt", 2048),
        ("chatroom/recall.notifyExt", 1024),
        ("chatroom/sendMsg.attach", 4096),
        ("chatroom/sendMsg.ext", 4096),
        ("chatroom/sendMsg.antispamCustom", 5000),
        ("chatroom/sendMsg.yidunAntiCheating", 1024),
        ("chatroom/updateMyRoomRole.nick", 64),
        ("chatroom/queueOffer.key", 128),
        ("chatroom/queueOffer.value", 4096),
        ("user/create.accid", 32),
        ("user/create.token", 128),
        ("user/create.icon", 1024),
        ("user/block.kickNotifyExt", 256),
        ("user/updateUinfo.sign", 256),
    ],
)
def test_documented_lengths(name: str, limit: int) -> None:
    """The lengths of the reference pages, by hand."""
    assert {f"{s}.{n}": p.max_length for s, n, _, p in PARAMS}[name] == limit


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("chatroom/getBatch.roomids", 20),
        ("chatroom/addRobot.accids", 100),
        ("chatroom/removeRobot.accids", 100),
        ("chatroom/queryMembers.accids", 200),
        ("chatroom/batchSendMsg.msgList", 10),
        ("chatroom/sendMsgToSomeone.toAccids", 100),
        ("chatroom/queueBatchUpdateElements.elements", 200),
        ("user/getUinfos.accids", 200),
        ("user/userOnlineStatus.accids", 100),
    ],
)
def test_documented_numbers_of_items(name: str, items: int) -> None:
    """The lengths of lists of the reference pages, by hand."""
    assert {f"{s}.{n}": p.max_items for s, n, _, p in PARAMS}[name] == items


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("chatroom/membersByPage.limit", (1, 100)),
        ("history/queryChatroomMsg.limit", (1, 200)),
        ("chatroom/queueInit.sizeLimit", (0, 1000)),
        ("chatroom/temporaryMute.muteDuration", (0, 2_592_000)),
        ("chatroom/create.delaySeconds", (None, 604_800)),
        ("stats/chatroom/topn.topn", (1, 500)),
        ("chatroom/sendMsg.abandonRatio", (0, 9999)),
    ],
)
def test_documented_ranges(name: str, limits: tuple[int | None, int | None]) -> None:
    """The ranges of the reference pages, by hand."""
    assert {f"{s}.{n}": (p.minimum, p.maximum) for s, n, _, p in PARAMS}[name] == limits


@pytest.mark.parametrize(
    ("short", "limit"),
    [
        ("chatroom/create", (100, 1, 10)),
        ("chatroom/sendMsg", (100, 1, 10)),
        ("chatroom/broadcast", (10, 60, 60)),
        ("history/queryChatroomMsg", (1200, 60, 60)),
        ("chatroom/deleteHistoryMessage", (100, 1, 10)),
        ("stats/chatroom/topn", None),
        ("user/create", (100, 1, 10)),
        ("user/userOnlineStatus", None),
    ],
)
def test_documented_frequencies(short: str, limit: tuple[int, float, float] | None) -> None:
    """The limits of frequency of the reference pages, by hand."""
    found = OPERATIONS[f"/nimserver/{short}.action"].rate_limit
    assert limit == (found and (found.calls, found.per_seconds, found.block_seconds))


# the overrides


@pytest.mark.parametrize(
    "correction", OVERRIDES["corrections"], ids=lambda c: ",".join(c["at"])[:60]
)
def test_corrections_say_why(correction: dict[str, Any]) -> None:
    """A correction names its places, what it sets, and a reason in a sentence."""
    assert correction.keys() == {"at", "set", "reason"}
    assert correction["at"]
    assert correction["set"]
    assert correction["reason"].endswith(".")
    assert len(correction["reason"].split()) >= 5


def test_every_reply_has_one_class() -> None:
    """Each operation's reply is described by one class, which the table names."""
    claimed = [r for m in OVERRIDES["models"].values() for r in m.get("replies", ())]
    shorts = [path.removeprefix("/nimserver/").removesuffix(".action") for path in FACTS]
    assert sorted(claimed) == sorted(shorts)
    for name, m in OVERRIDES["models"].items():
        for short in m.get("replies", ()):
            assert OPERATIONS[f"/nimserver/{short}.action"].reply.__name__ == name


def test_classes_and_enumerations_are_generated() -> None:
    """Everything the overrides name is a class, and nothing else is."""
    named = {*OVERRIDES["models"], *OVERRIDES["enums"], *OVERRIDES["items"]}
    assert named == set(models.__all__)
    assert all(
        OVERRIDES[kind][name]["summary"]
        for kind in ("models", "enums", "items")
        for name in OVERRIDES[kind]
    )
