"""The headers that sign one attempt."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nim_async._core.signing import Signer, new_id
from nim_async.config import Credentials

VECTORS: dict[str, list[dict[str, str]]] = json.loads(
    (Path(__file__).parent.parent / "vectors" / "signatures.json").read_text("utf-8")
)
CREDENTIALS = Credentials(app_key="the-key", app_secret="s3cr3t-example")


def checksum(app_secret: str, nonce: str, curtime: str) -> str:
    """Make the checksum as a client with the secret does."""
    return Signer(Credentials(app_key="the-key", app_secret=app_secret)).checksum(nonce, curtime)


@pytest.mark.parametrize("vector", VECTORS["valid"], ids=lambda v: v["app_secret"])
def test_the_checksum_of_the_vectors(vector: dict[str, str]) -> None:
    """The checksum is lower-case hex SHA1 over secret, nonce and time, put together."""
    found = checksum(vector["app_secret"], vector["nonce"], vector["curtime"])
    assert found == vector["checksum"]


@pytest.mark.parametrize("vector", VECTORS["invalid"], ids=lambda v: v["why"])
def test_the_checksum_of_what_looks_alike(vector: dict[str, str]) -> None:
    """A change of secret, nonce, time or case makes another checksum."""
    found = checksum(vector["app_secret"], vector["nonce"], vector["curtime"])
    assert found != vector["checksum"]


def test_the_four_headers() -> None:
    """An attempt is signed by key, nonce, time and checksum under their documented names."""
    assert Signer(CREDENTIALS).headers(nonce="1", now=1451217360.0) == [
        ("AppKey", "the-key"),
        ("Nonce", "1"),
        ("CurTime", "1451217360"),
        ("CheckSum", "a96e9e156f97eee51599bdb9ecbef9d6c02f63ed"),
    ]


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.999])
def test_the_time_is_whole_seconds(fraction: float) -> None:
    """CurTime is in whole seconds, cut off and not rounded into the future."""
    headers = dict(Signer(CREDENTIALS).headers(nonce="1", now=1451217360 + fraction))
    assert headers["CurTime"] == "1451217360"


def test_the_secret_is_not_among_the_headers() -> None:
    """Only the checksum tells that the caller knows the secret."""
    headers = Signer(CREDENTIALS).headers(nonce="1", now=1451217360.0)
    assert all(CREDENTIALS.app_secret not in value for _, value in headers)


def test_the_lines_of_an_attempt() -> None:
    """A client signs as the headers do, under a new nonce and the id it is given."""
    first, second = (Signer(CREDENTIALS).header_lines("my-id", 1451217360.5) for _ in range(2))
    assert first != second
    assert CREDENTIALS.app_secret not in first
    names = ("RequestId", "Nonce", "CurTime", "CheckSum")
    matched = re.fullmatch("".join(f"{name}: (.*)\r\n" for name in names), first)
    assert matched is not None
    request_id, nonce, curtime, found = matched.groups()
    assert (request_id, curtime) == ("my-id", "1451217360")
    assert found == checksum(CREDENTIALS.app_secret, nonce, curtime)
    assert re.fullmatch(r"[0-9a-f]{32}", nonce)


def test_an_id_is_32_hex_digits() -> None:
    """Nonces and ids have the length and the letters that the official clients send."""
    assert re.fullmatch(r"[0-9a-f]{32}", new_id())


def test_each_id_is_new() -> None:
    """Two attempts never share a nonce, nor two calls an id."""
    assert len({new_id() for _ in range(1000)}) == 1000
