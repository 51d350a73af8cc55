"""``latent-explorer demo``: the bundled demo, in its window or headless."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from explorer.commands.parsing import command_parser


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = command_parser(
        "demo",
        "Open the bundled demo; with --headless do the whole main job on it without a display: open, encode "
        "afresh, map, drag along a line, drop an image, export a gallery.",
        "latent-explorer demo --headless out/",
    )
    made.add_argument("--headless", metavar="OUT", type=Path,
                        help="write window.png, gallery.png, pictures/ and report.json there")  # fmt: skip
    return made


def run(parsed: argparse.Namespace) -> int:
    """Do it; the exit status."""
    from explorer import bootstrap
    from explorer.core.bundles import FIRST, bundle_folder

    if parsed.headless is None:
        from explorer.commands.window import show

        return show([bundle_folder(FIRST)])
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    bootstrap.ensure_qt()
    from explorer.ui.headless_demo import run as run_headless

    report = run_headless(parsed.headless)
    print(json.dumps(report, indent=1))
    return 0
