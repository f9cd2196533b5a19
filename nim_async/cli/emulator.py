"""``nim-async emulator``: the emulator for programs of any language."""

from __future__ import annotations

import os
import signal
from contextlib import AsyncExitStack
from ipaddress import ip_address
from typing import TYPE_CHECKING

import anyio
import click

from nim_async.cli.common import STOPPED, Wrong, needs_uvicorn, run
from nim_async.cli.terminal import say, write_json

if TYPE_CHECKING:
    from nim_async.emulator import Emulator

_MADE_UP_SECRET = "emulator-secret"  # noqa: S105  protects nothing
_LOOPBACK = "127.0.0.1"
_SECRET = "NIM_APP_SECRET"  # noqa: S105  the name of a variable


@click.command("emulator", short_help="Run the emulator.")
@click.option("--port", type=click.IntRange(0, 65535), default=8085, show_default=True)
@click.option(
    "--host",
    default=_LOOPBACK,
    show_default=True,
    metavar="ADDRESS",
    help="Address to listen on; 0.0.0.0 in a container.",
)
@click.option("--app-key", envvar="NIM_APP_KEY", default="emulator", help="Key of the app.")
@click.option(
    "--accounts",
    metavar="ACCID,ACCID",
    help="Registered accounts, '' for none yet; everybody exists for rooms when left out.",
)
@click.option("--rate-limits", is_flag=True, help="Refuse calls that come too fast.")
@click.option("--copies-to", metavar="URL", help="Web server that is told what happens.")
def emulator_command(
    port: int,
    host: str,
    app_key: str,
    accounts: str | None,
    rate_limits: bool,  # noqa: FBT001
    copies_to: str | None,
) -> None:
    """
    Run the emulator until Ctrl-C or SIGTERM.

    Port 0 takes a free one. The secret is taken from NIM_APP_SECRET; without it a made-up one
    is used and shown. When it listens, one line of JSON on stdout says where.

    With --copies-to it sends signed webhooks of what calls do in rooms to that URL.
    """
    needs_uvicorn()
    from nim_async.emulator import Emulator  # noqa: PLC0415  needed here alone

    secret = os.environ.get(_SECRET) or _MADE_UP_SECRET
    registered = None if accounts is None else [a for a in accounts.split(",") if a]

    async def serve() -> int:
        instance = Emulator(
            app_key,
            secret,
            accounts=registered,
            rate_limits=rate_limits,
            copies_to=copies_to,
        )
        return await _serve(instance, host, port, app_key)

    click.get_current_context().exit(run(serve))


async def _serve(instance: Emulator, host: str, port: int, app_key: str) -> int:
    """Serve until a signal comes; return the exit status that belongs to it."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with AsyncExitStack() as stack:
            try:
                base_url = await stack.enter_async_context(instance.serve(port=port, host=host))
            except OSError as error:
                where = f"port {port}" if host == _LOOPBACK else f"{host}, port {port}"
                raise Wrong(f"cannot listen on {where}: {error.strerror}") from None
            warn_of(host, "use the emulator")
            _announce(base_url, app_key)
            async for number in signals:
                return STOPPED if number == signal.SIGINT else 0
    return 0


def warn_of(host: str, what: str) -> None:
    """Say what others can do where they can reach an address."""
    if not _is_loopback(host):
        say(f"Warning: whoever reaches {host} can {what}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _announce(base_url: str, app_key: str) -> None:
    """Say how to reach it; a secret of the user's own is not shown."""
    lines = [f"export NIM_BASE_URL={base_url}", f"export NIM_APP_KEY={app_key}"]
    if os.environ.get(_SECRET):
        lines.append(f"# {_SECRET} is the one of this environment")
    else:
        lines.append(f"export {_SECRET}={_MADE_UP_SECRET}")
    say("\n".join(lines))
    write_json({"base_url": base_url, "app_key": app_key})
