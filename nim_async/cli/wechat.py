"""``nim-async wechat-domains``: what goes into the console of WeChat."""

from __future__ import annotations

import click

from nim_async._core.wechat import wechat_domains
from nim_async.cli.terminal import write_json


@click.command("wechat-domains", short_help="List the domains of a mini program.")
def wechat_domains_command() -> None:
    """
    Print the domains that a WeChat mini program needs in its console, as JSON.

    They are for the lists of request, socket, uploadFile and downloadFile. No account is needed.
    """
    write_json(wechat_domains(), indent=2)
