"""What the LBS is asked, and how its answer is read."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from nim_async._core.lbs import Allocation, allocation, question
from nim_async.errors import ApiError, DecodeError

LBS = "https://lbs.example/srv-sdk/allocate"
ONE, TWO = "https://one.example/nimserver", "https://two.example/nimserver"


def told(code: object = 200, lbs: str = LBS, **data: Any) -> Allocation | None:
    """Read an answer with these data; underscores in names stand for dots."""
    members = {name.replace("_", "."): value for name, value in data.items()}
    return allocation(lbs, json.dumps({"code": code, "data": members}).encode())


def test_the_question() -> None:
    """It names app, version, product and language, and the sum once there is one."""
    asked = question(LBS, app_key="a&b", version="1.2", md5=None)
    assert asked.partition("?")[0] == LBS
    fields = {"k": ["a&b"], "sv": ["1.2"], "biz": ["1"], "p": ["java"]}
    assert parse_qs(urlsplit(asked).query) == fields
    asked = question(LBS, app_key="a&b", version="1.2", md5="x")
    assert parse_qs(urlsplit(asked).query) == fields | {"md5": ["x"]}


def test_the_documented_answer() -> None:
    """The default endpoint comes first, then the backups; time and sum are kept."""
    found = told(default_endpoint=ONE, backup_endpoints=[TWO, ONE + "/"], ttl=90, md5="x")
    assert found == Allocation(urls=(ONE, TWO), whole=False, seconds=90, md5="x")
    found = told(default_endpoint=ONE, backup_endpoints=[TWO], ttl=90, md5="x")
    assert found == Allocation(urls=(ONE, TWO), whole=True, seconds=90, md5="x")


@pytest.mark.parametrize("ttl", [None, 0, -1, 86_401, "90", 1.5, True])
def test_a_time_that_cannot_be_counts_as_thirty_seconds(ttl: object) -> None:
    """So does none; a day is the longest."""
    found = told(default_endpoint=ONE, ttl=ttl)
    longest = told(default_endpoint=ONE, ttl=86_400)
    assert found is not None
    assert longest is not None
    assert (found.seconds, longest.seconds) == (30, 86_400)


def test_nothing_has_changed() -> None:
    """Code 304 tells to keep what there is."""
    assert told(304) is None
    assert told("304") is None


@pytest.mark.parametrize(
    "url",
    [
        "http://one.example/nimserver",  # was asked over TLS
        "https://one.example/elsewhere",
        "https://user:word@one.example/nimserver",
        "https://one.example/nimserver?x=1",
        "https://one.example\r\nx: y/nimserver",
        "ftp://one.example/nimserver",
        "https://a..b/nimserver",
        "https://≠≠/nimserver",
        "https://bücher.example/nimserver",
        "https://\u0627a.com/nimserver",
        "https://[v1.x]/nimserver",
        "https://[::1]%25/nimserver",
        "https://[::1%25eth0]/nimserver",
        "https://[1:2]/nimserver",
        "https://" + "a" * 64 + ".example/nimserver",
        "https://" + "a." * 127 + "com/nimserver",
        "https://" + "h" * 70_000 + "/nimserver",
        "https://one.example/" + "p" * 70_000 + "/nimserver",
        "https://one example/nimserver",
        "https://a\\b/nimserver",
        "https://%zz/nimserver",
        "https://one.example:0/nimserver",
        "https://one.example:99999/nimserver",
        "https://one.example:/nimserver",
        "https://one.example:٨/nimserver",
        "https://-/nimserver",
        "https://-a.example/nimserver",
        "https://.../nimserver",
        "https:///nimserver",
        "https://one.example/../nimserver",
        "https://one.example/%0d%0a/nimserver",
        "https://one.example/nimserver#x",
        "https://one.example/ü/nimserver",
        "https://\ud800/nimserver",
        "",
        7,
        ["https://one.example/nimserver"],
    ],
)
def test_an_endpoint_that_cannot_be_is_left_out(url: object) -> None:
    """The others serve, and the answer does not count as whole; without others it is none."""
    found = told(default_endpoint=url, backup_endpoints=[TWO], md5="x")
    assert found == Allocation(urls=(TWO,), whole=False, seconds=30, md5="x")
    with pytest.raises(DecodeError, match="no usable endpoint"):
        told(default_endpoint=url)


@pytest.mark.parametrize(
    "url",
    [
        "https://one.example./nimserver",
        "https://ONE.example:8443/some/where_1/nimserver",
        "https://1.2.3.4/nimserver",
        "https://[::1]:8085/nimserver",
        "https://xn--bcher-kva.example/nimserver",
        "https://my_host/nimserver",
        "https://" + "a" * 63 + ".example/nimserver",
    ],
)
def test_an_endpoint_that_can_be_is_taken(url: str) -> None:
    """Names, numbers, ports and paths that every session takes are no reason to pass one over."""
    found = told(default_endpoint=url)
    assert found is not None
    assert found.urls == (url,)


@pytest.mark.parametrize("md5", [7, "", "x" * 129, "a b", "\ud800", "é", "a\n"])
def test_a_sum_that_cannot_be_is_not_sent_back(md5: object) -> None:
    """What cannot stand in a question counts as no sum."""
    found = told(default_endpoint=ONE, md5=md5)
    assert found is not None
    assert found.md5 is None


def test_endpoints_without_tls_from_an_lbs_without_tls() -> None:
    """A private LBS on plain HTTP may tell plain endpoints."""
    plain = "http://127.0.0.1:1/nimserver"
    found = told(lbs="http://127.0.0.1:1/srv-sdk/allocate", default_endpoint=plain)
    assert found is not None
    assert found.urls == (plain,)


def test_too_many_endpoints_are_not_all_taken() -> None:
    """A list without end is cut off."""
    many = [f"https://host-{i}.example/nimserver" for i in range(1000)]
    found = told(default_endpoint=ONE, backup_endpoints=many)
    assert found is not None
    assert len(found.urls) == 32
    assert not found.whole


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"<html>", DecodeError),
        (b"[]", DecodeError),
        (b"{}", DecodeError),
        (b'{"code": 200}', DecodeError),
        (b'{"code": 200, "data": []}', DecodeError),
        (b'{"code": 200, "data": {"default.endpoint": null, "backup.endpoints": {}}}', DecodeError),
        (b'{"code": 500}', ApiError),
        (b"[" * 100_000, DecodeError),
    ],
)
def test_an_answer_that_cannot_be(raw: bytes, kind: type[Exception]) -> None:
    """What is no answer, or tells nothing to use, is an error."""
    with pytest.raises(kind):
        allocation(LBS, raw)
