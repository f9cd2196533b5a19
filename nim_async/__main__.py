"""The program ``nim-async``; what it does is in `nim_async.cli`, an optional extra."""

from __future__ import annotations

import sys
from importlib.util import find_spec

_NEEDED = ("click", "rich")


def main() -> int:
    """
    Run the command line.

    Returns:
        The exit status: 0, 1 when the service said no, 2 for wrong usage, 3 when stopped.
    """
    for name in _NEEDED:
        if find_spec(name) is None:
            sys.stderr.write(f'nim-async needs {name}: pip install "nim-async[cli]"\n')
            return 2
    from nim_async import cli  # noqa: PLC0415  an optional extra

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
