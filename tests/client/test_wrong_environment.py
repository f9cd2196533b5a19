"""Variables of the environment that cannot be: the client's own, proxies and certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nim_async import ConfigurationError, NimClient
from tests.client.misuse import SECRET, told

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        (
            "NIM_REGION",
            "CN",
            "region is not one of cn, sg; given: 'CN'; write 'cn' (from NIM_REGION)",
        ),
        (
            "NIM_APP_SECRET",
            f"{SECRET}\n",
            (
                "app_secret begins or ends with a space or a line break; strip() it "
                "(from NIM_APP_SECRET)"
            ),
        ),
        (
            "NIM_BASE_URL",
            ",",
            "base_url names no URL; given: a list; leave base_url out (from NIM_BASE_URL)",
        ),
        ("NIM_APP_KEY", "", "NIM_APP_KEY is not set"),
    ],
)
def test_variables_that_cannot_be(
    name: str, value: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong variable of the environment is named."""
    monkeypatch.setenv("NIM_APP_KEY", "key")
    monkeypatch.setenv("NIM_APP_SECRET", SECRET)
    monkeypatch.delenv("NIM_REGION", raising=False)
    monkeypatch.delenv("NIM_BASE_URL", raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        NimClient.from_env()
    assert told(caught.value) == text


PROXY = "_PROXY must be a URL such as http://127.0.0.1:3128; given: "


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        (
            {"SSL_CERT_FILE": "/no/such"},
            "SSL_CERT_FILE names no file: '/no/such'; mend or unset it",
        ),
        (
            {"SSL_CERT_DIR": "/no/such"},
            "SSL_CERT_DIR names no folder: '/no/such'; mend or unset it",
        ),
        (
            {"ALL_PROXY": "socks5://amy:hunter2@127.0.0.1:1"},
            "ALL_PROXY: a SOCKS proxy needs socksio: pip install socksio, or name an HTTP proxy",
        ),
        (
            {"HTTPS_PROXY": "ftp://127.0.0.1"},
            f"HTTPS{PROXY}another scheme; or with https or socks5",
        ),
        ({"https_proxy": "http://[::1"}, f"HTTPS{PROXY}another text"),
        ({"ALL_PROXY": "http://amy:hunter2@127.0.0.1:99999"}, f"ALL{PROXY}another text"),
        (
            {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "[::"},
            "NO_PROXY names what is no host; mend it",
        ),
    ],
)
async def test_what_the_environment_names_cannot_be(
    variables: dict[str, str], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proxies and certificates of the environment are looked at by the first call, by name."""
    for name in ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    async with NimClient("key", SECRET, base_url="https://127.0.0.1:1/nimserver") as nim:
        with pytest.raises(ConfigurationError) as caught:
            await nim.chatroom.get(room_id=66)
    assert told(caught.value) == text


async def test_a_file_without_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that holds no certificate is no reason for an error that is not ours."""
    path = tmp_path / "empty.pem"
    path.write_text("nothing", "ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    async with NimClient("key", SECRET, base_url="https://127.0.0.1:1/nimserver") as nim:
        with pytest.raises(ConfigurationError, match="without readable certificates"):
            await nim.chatroom.get(room_id=66)
