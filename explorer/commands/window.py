"""``latent-explorer [PATH ...]``: the window."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Sequence
from pathlib import Path

from explorer import __version__
from explorer.commands import COMMANDS


def parser() -> argparse.ArgumentParser:
    """The arguments of the program without a command."""
    made = argparse.ArgumentParser(
        prog="latent-explorer", formatter_class=argparse.RawDescriptionHelpFormatter, epilog=_epilog(),
        description="Drag over a map of your data and see the decoder's pictures as you move. "
        "Without paths the last session opens, or the bundled demo.",
    )  # fmt: skip
    made.add_argument("paths", metavar="PATH", nargs="*", type=Path,
                      help="a model, data, a workspace, a session, a recipe, images")  # fmt: skip
    made.add_argument("--version", action="version", version=f"latent-explorer {__version__}")
    return made


def _epilog() -> str:
    lines = [f"  {name:<9} {text}" for name, text in COMMANDS.items()]
    return (
        "commands without a window (each has its own --help):\n"
        + "\n".join(lines)
        + "\n\nexample:\n  latent-explorer my-vae/ photos/          open a model on a folder of images\n"
    )


def run(parsed: argparse.Namespace) -> int:
    """Show the window until it is closed; the exit status."""
    return show(parsed.paths)


def show(paths: Sequence[Path]) -> int:
    """The window on what ``paths`` name."""
    from explorer import bootstrap

    bootstrap.ensure_qt()
    gc.disable()  # nothing that is imported becomes garbage; the window then collects by itself
    from explorer.ui.start import run as run_window

    return run_window(paths)
