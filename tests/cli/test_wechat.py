"""The domains of a WeChat mini program."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nim_async import wechat_domains
from nim_async.cli import main
from tests.wire import caller

if TYPE_CHECKING:
    from tests.cli.conftest import Run

LISTS: dict[str, str] = dict.fromkeys(("request", "upload", "download"), "https") | {
    "socket": "wss"
}


def test_the_domains_of_the_service() -> None:
    """The hosts of IM, chatrooms and files are those of the reference pages, by hand."""
    found = wechat_domains()
    assert found["socket"] == ["wss://wlnimsc0.netease.im", "wss://wlnimsc1.netease.im"]
    assert {"https://lbs.netease.im", "https://wlnimsc1.netease.im"} <= {*found["request"]}
    assert "https://wlnimsc1.netease.im:443" in found["request"]
    assert "https://nos.netease.com" in found["upload"]
    assert "https://nim-nosdn.netease.im" in found["download"]


def test_they_can_be_put_into_the_console() -> None:
    """There are four lists, of origins without a path, in the scheme of each, none twice."""
    found = wechat_domains()
    assert found.keys() == LISTS.keys()
    for name, urls in found.items():
        assert len({*urls}) == len(urls) > 0
        for url in urls:
            parts = urlsplit(url)
            assert (parts.scheme, parts.path, parts.query) == (LISTS[name], "", "")


async def test_a_mini_program_reaches_the_address_of_a_room() -> None:
    """The fixed address of chatrooms for mini programs is on the list of sockets."""
    call = caller()
    asked = {"roomid": call.emulator.add_room("amy"), "accid": "amy", "clienttype": 3}
    (address,) = (await call("chatroom/requestAddr", **asked))["addr"]
    assert f"wss://{address.partition(':')[0]}" in wechat_domains()["socket"]


def test_a_change_stays_with_who_makes_it() -> None:
    """Each call returns lists of its own."""
    wechat_domains()["socket"].clear()
    assert wechat_domains()["socket"]


def test_the_command_prints_them(run: Run) -> None:
    """``nim-async wechat-domains`` prints the same as JSON, and needs no credentials."""
    status, out, err = run("wechat-domains")
    assert (status, json.loads(out), err) == (0, wechat_domains(), "")
    assert main(["wechat-domains", "more"]) == 2
