"""The command line: the window by default, and the same work without one."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from explorer.commands import COMMANDS
from explorer.core.errors import Cancelled, ExplorerError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with ``argv`` (default: the command line); returns the exit status.

    0 for success, 2 for wrong usage, 1 with one sentence on stderr for anything else.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments.pop(0) if arguments and arguments[0] in COMMANDS else "window"
    command = importlib.import_module(f"explorer.commands.{name}")
    try:
        status: int = command.run(command.parser().parse_args(arguments))
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 1
    except (Cancelled, KeyboardInterrupt):
        print("Cancelled; nothing was left half-written.", file=sys.stderr)
        return 1
    return status
