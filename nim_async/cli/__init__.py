"""
The command line, driven by the operation table.

JSON goes to stdout, prose to stderr. Exit status: 0; 1 when the service said no or gave no
usable answer; 2 for wrong usage; 3 when stopped, by Ctrl-C or by an output that takes no more.
Secrets come from the environment only.
"""

from __future__ import annotations

import os
from io import StringIO
from typing import TYPE_CHECKING

import click

from nim_async._version import __version__
from nim_async.cli import terminal
from nim_async.cli.batch import batch_command
from nim_async.cli.bot import bot_command
from nim_async.cli.call import call_command
from nim_async.cli.common import STOPPED
from nim_async.cli.demo.command import demo_command
from nim_async.cli.emulator import emulator_command
from nim_async.cli.operations import operations_command
from nim_async.cli.wechat import wechat_domains_command

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cli", "main"]

_USAGE_CHARACTERS = 1500  # more than any help has
_COMPLETION = "_NIM_ASYNC_COMPLETE"


class _Commands(click.Group):
    def get_help(self, ctx: click.Context) -> str:
        """Return the help in characters that stdout has: click would write others as UTF-8."""
        return terminal.fitting(super().get_help(ctx))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nim-async")
def cli() -> None:
    """
    Work with the server API of NetEase Yunxin IM (网易云信) for chatrooms and accounts.

    Start with `nim-async demo`: it needs no account.

    \b
    Environment:
      NIM_APP_KEY      key of the app
      NIM_APP_SECRET   secret of the app
      NIM_REGION       cn (default) or sg
      NIM_BASE_URL     in place of the region: private clouds, the emulator
    """  # noqa: D301  click wants the character itself


for _command in (
    demo_command,
    call_command,
    batch_command,
    operations_command,
    emulator_command,
    bot_command,
    wechat_domains_command,
):
    cli.add_command(_command)


def main(args: Sequence[str] | None = None) -> int:
    """
    Run the command line.

    Args:
        args: The arguments; those of the process when left out.

    Returns:
        The exit status.
    """
    terminal.prepare()
    try:
        status = cli.main(args, prog_name="nim-async", standalone_mode=False)
        terminal.stdout()  # click passes over one that is closed
    except click.ClickException as error:
        shown = StringIO()
        error.show(shown)
        text = shown.getvalue().removesuffix("\n")
        if isinstance(error, click.UsageError):  # click shows what was given at any length
            text = text[:_USAGE_CHARACTERS] + ("…" if len(text) > _USAGE_CHARACTERS else "")
        terminal.say(text)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return STOPPED
    except SystemExit:
        # click and rich exit by themselves where nobody reads stdout, and click after completion.
        if _COMPLETION in os.environ:
            raise
        return STOPPED
    except OSError as error:
        terminal.let_go(error)
        return STOPPED
    return status if isinstance(status, int) else 0
