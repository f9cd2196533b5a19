"""Configuration as frozen values."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import fields
from attrs.exceptions import FrozenInstanceError

from nim_async import ConfigurationError, RateLimit, RetryPolicy
from nim_async._core.options import Options
from nim_async._core.regions import endpoints
from nim_async.config import Credentials


def test_the_secret_is_not_shown() -> None:
    """What is printed of credentials has no secret in it."""
    credentials = Credentials(app_key="the-key", app_secret="hunter2")
    assert repr(credentials) == "Credentials(app_key='the-key', app_secret=***)"
    assert "hunter2" not in f"{credentials} {credentials!r}"


@pytest.mark.parametrize("value", ["", "a\nb", "a\r\nX: y", "钥匙", "a\0", "a\x7f", "a\t"])
@pytest.mark.parametrize("name", ["app_key", "app_secret"])
def test_credentials_fit_a_header(name: str, value: str) -> None:
    """Key and secret are printable ASCII; the error names the field and shows no value."""
    given = {"app_key": "k", "app_secret": "s", name: value}
    with pytest.raises(ConfigurationError, match=name) as caught:
        Credentials(**given)
    assert not value or repr(value)[1:-1] not in str(caught.value)


@pytest.mark.parametrize("region", ["cn", "sg"])
def test_regions(region: str) -> None:
    """A region has a main host and backups of its own, all https and ending in /nimserver."""
    urls = endpoints(region, None)
    assert len(urls) == len(set(urls)) == 5
    for url in urls:
        assert url.startswith(f"https://api-{region}")
        assert url.endswith(".yunxinapi.com/nimserver")
    assert urls[0] == f"https://api-{region}.yunxinapi.com/nimserver"


@pytest.mark.parametrize("region", ["", "CN", "us", "cn "])
def test_an_unknown_region(region: str) -> None:
    """Any other region is refused, with those there are."""
    with pytest.raises(ConfigurationError, match="is not one of cn, sg"):
        endpoints(region, None)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://im.example/nimserver", ("https://im.example/nimserver",)),
        ("https://im.example/nimserver/", ("https://im.example/nimserver",)),
        ("http://127.0.0.1:8085/nimserver", ("http://127.0.0.1:8085/nimserver",)),
        ("http://[::1]:8085/nimserver", ("http://[::1]:8085/nimserver",)),
        ("https://im.example/im/nimserver", ("https://im.example/im/nimserver",)),
        (
            ["https://a/nimserver", "https://b/nimserver"],
            ("https://a/nimserver", "https://b/nimserver"),
        ),
        (["https://a/nimserver", "https://a/nimserver/"], ("https://a/nimserver",)),
    ],
    ids=str,
)
def test_urls_of_the_caller(given: Any, used: tuple[str, ...]) -> None:
    """One URL or several go in place of the region's, in their order and each once."""
    assert endpoints("cn", given) == used


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "no http or https URL"),
        ("im.example/nimserver", "no http or https URL"),
        ("ftp://im.example/nimserver", "no http or https URL"),
        ("https:///nimserver", "no http or https URL"),
        ("https://im.example:0/nimserver", "no http or https URL"),
        ("https://im.example:99999/nimserver", "no http or https URL"),
        ("https://im.example:port/nimserver", "no http or https URL"),
        ("https://[::1/nimserver", "no http or https URL"),
        ("https://im.ex ample/nimserver", "no http or https URL"),
        ("https://im.example/nim\nserver", "no http or https URL"),
        ("https://im.example/nimserver\n", "no http or https URL"),
        ("https://amy:hunter2@im.example/nimserver", "scheme, host, port and path only"),
        ("https://amy@im.example/nimserver", "scheme, host, port and path only"),
        ("https://@im.example/nimserver", "scheme, host, port and path only"),
        ("https://im.example/nimserver?a=1", "scheme, host, port and path only"),
        ("https://im.example/nimserver?", "scheme, host, port and path only"),
        ("https://im.example/nimserver#a", "scheme, host, port and path only"),
        ("https://im.example/nimserver#", "scheme, host, port and path only"),
        ("https://im.example", "must end in /nimserver"),
        ("https://im.example/", "must end in /nimserver"),
        ("https://im.example/mynimserver", "must end in /nimserver"),
        ("https://im.example/nimserver/chatroom", "must end in /nimserver"),
    ],
)
def test_urls_that_cannot_be(url: str, why: str) -> None:
    """A URL that cannot be a base is refused with the reason, and its password is not shown."""
    for given in (url, ["https://good.example/nimserver", url]):
        with pytest.raises(ConfigurationError, match=why) as caught:
            endpoints("cn", given)
        assert "hunter2" not in str(caught.value)


def test_no_url_at_all() -> None:
    """An empty list of URLs is a mistake and not the region's."""
    with pytest.raises(ConfigurationError, match="names no URL"):
        endpoints("cn", [])


@pytest.mark.parametrize("value", [0, -1, float("nan")])
@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (RetryPolicy, "max_attempts"),
        (RetryPolicy, "backoff"),
        (RetryPolicy, "longest_backoff"),
        (Options, "timeout"),
        (Options, "deadline"),
    ],
)
def test_numbers_above_nothing(cls: Any, name: str, value: float) -> None:
    """Counts and times are more than 0; the error names the option."""
    with pytest.raises(ConfigurationError, match=f"{name} must be more than 0"):
        cls(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("calls", 0), ("calls", -1), ("per_seconds", 0), ("per_seconds", -1), ("block_seconds", -1)],
)
def test_limits_of_frequency(name: str, value: float) -> None:
    """A limit that lets nothing through, or goes back in time, is refused."""
    given: dict[str, Any] = {"calls": 1, "per_seconds": 1, "block_seconds": 0, name: value}
    with pytest.raises(ConfigurationError, match=name):
        RateLimit(**given)


@pytest.mark.parametrize("trace_id", ["", "x" * 129, "a\nb", "追踪", "a\x7f"])
def test_trace_ids_that_cannot_be(trace_id: str) -> None:
    """A trace id goes into a header, so it is printable ASCII of bounded length."""
    with pytest.raises(ConfigurationError, match="trace_id must be 1 to 128 printable ASCII"):
        Options(trace_id=trace_id)


@pytest.mark.parametrize("trace_id", [None, "x", "x" * 128, "0123-abcd order 7"])
def test_trace_ids(trace_id: str | None) -> None:
    """Anything printable goes, and none means a new one for each call."""
    assert Options(trace_id=trace_id).trace_id == trace_id


def test_values_are_frozen() -> None:
    """Configuration is not changed behind the client's back."""
    values: list[Any] = [Credentials(app_key="k", app_secret="s"), RetryPolicy(), Options()]
    for value in values:
        for field in fields(value.__class__):
            with pytest.raises(FrozenInstanceError):
                setattr(value, field.name, 1)


def test_defaults() -> None:
    """Without a word there are three attempts, five seconds each and thirty in all."""
    options = Options()
    assert (options.timeout, options.deadline, options.validate) == (5.0, 30.0, True)
    assert (options.retry.max_attempts, options.trace_id) == (3, None)
