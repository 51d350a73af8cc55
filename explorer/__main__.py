"""``python -m explorer`` and the command ``latent-explorer``."""

from __future__ import annotations

import sys

from explorer import bootstrap


def main() -> int:
    """Make sure that what the app needs is there, then hand the command line over."""
    bootstrap.ensure_packages()
    from explorer.cli import main as command_line

    return command_line()


if __name__ == "__main__":
    sys.exit(main())
