"""``nim-async batch --dask``: the same rows, called by workers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.needed import needed
from tests.redis_server import Server, redis_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nim_async.emulator import Emulator
    from tests.cli.conftest import Run

distributed = needed("distributed")
dask = needed("dask")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(name="redis")
def _redis(tmp_path: Path) -> Iterator[str]:
    """Run a Redis."""
    server = Server(redis_program(), tmp_path)
    server.start()
    yield server.url
    server.kill()


@pytest.fixture(name="cluster")
def _cluster(emulator: Emulator) -> Iterator[str]:  # noqa: ARG001  workers begin with its environment
    """Run two workers in this process."""
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        dashboard_address="127.0.0.1:0",
        protocol="tcp://",
        host="127.0.0.1",
    ) as running:
        yield running.scheduler_address


def rows(path: Path, room_id: int, count: int) -> str:
    """Write rows of messages."""
    args = {"room_id": room_id, "from_accid": "amy", "msg_type": 0}
    lines = [
        json.dumps({"op": "chatroom.send_msg", "args": args | {"attach": f"m{n}"}, "id": n})
        for n in range(count)
    ]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_workers_call_the_rows(
    run: Run, emulator: Emulator, cluster: str, redis: str, tmp_path: Path
) -> None:
    """Each row is called once by one of the workers, and the output is that of one process."""
    room_id = emulator.add_room("amy")
    file, out = rows(tmp_path / "rows.jsonl", room_id, 40), tmp_path / "done.jsonl"
    status, told, err = run(
        "batch", file, "--out", str(out), "--dask", cluster, "--redis", redis,
        "--rate", "chatroom.send_msg=1000/1",
    )  # fmt: skip
    assert status == 0, err
    assert json.loads(told)["done"] == 40
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert sorted(line["id"] for line in lines) == list(range(40))
    assert sorted(m.attach for m in emulator.messages(room_id)) == sorted(
        f"m{n}" for n in range(40)
    )


def test_a_cluster_that_is_not_there(
    run: Run, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is wrong usage, said before anything is sent."""
    file = rows(tmp_path / "rows.jsonl", emulator.add_room("amy"), 1)
    monkeypatch.setenv("NIM_REDIS_URL", "redis://127.0.0.1:1/0")
    out = str(tmp_path / "done.jsonl")
    with dask.config.set({"distributed.comm.timeouts.connect": 1}):
        status, _, err = run("batch", file, "--out", out, "--dask", "tcp://127.0.0.1:1")
    assert status == 2
    assert "no cluster is reached" in err
    assert emulator.calls == []


def test_workers_need_redis(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it each would use up the limit alone."""
    monkeypatch.delenv("NIM_REDIS_URL", raising=False)
    file = rows(tmp_path / "rows.jsonl", 66, 1)
    out = str(tmp_path / "done.jsonl")
    status, _, err = run("batch", file, "--out", out, "--dask", "tcp://127.0.0.1:1")
    assert status == 2
    assert "--dask needs --redis" in err
