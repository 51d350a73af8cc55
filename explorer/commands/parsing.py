"""How the commands' parsers look."""

from __future__ import annotations

import argparse


def command_parser(command: str, text: str, example: str) -> argparse.ArgumentParser:
    """A parser of ``latent-explorer command``, with an example under its help."""
    return argparse.ArgumentParser(
        prog=f"latent-explorer {command}", description=text, epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
