"""The domains that a WeChat mini program talks to."""

from __future__ import annotations


def wechat_domains() -> dict[str, list[str]]:
    """
    Return the domains to put into the console of WeChat for a mini program.

    They are those of the client SDK in mainland China: what it asks for addresses, IM, chatrooms,
    reports, settings and files. IM and chatrooms stand there with their port too, and
    ``dr.netease.im`` is asked by older versions alone. For other regions no such list is known. A
    server that uses this library needs none of them.

    Returns:
        A new dict, ready for ``json.dumps``: ``request``, ``socket``, ``upload`` and ``download``
        to lists of origins, for the lists that the console calls request, socket, uploadFile and
        downloadFile.
    """
    return {
        "request": [
            "https://lbs.netease.im",
            "https://wlnimsc0.netease.im",
            "https://wlnimsc0.netease.im:443",
            "https://wlnimsc1.netease.im",
            "https://wlnimsc1.netease.im:443",
            "https://statistic.live.126.net",
            "https://abt-online.netease.im",
            "https://dr.netease.im",
        ],
        "socket": ["wss://wlnimsc0.netease.im", "wss://wlnimsc1.netease.im"],
        "upload": [
            "https://nos.netease.com",
            "https://oss.chatnos.com",
            "https://fileup.chatnos.com",
            "https://upload.chatnos.com",
        ],
        "download": ["https://nim-nosdn.netease.im", "https://nim.nosdn.127.net"],
    }
