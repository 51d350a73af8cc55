"""``latent-explorer table``: a workspace's names, labels, numbers and places as CSV or Parquet."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from explorer.commands.parsing import command_parser
from explorer.console import console_progress
from explorer.core.errors import ExplorerError


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = command_parser(
        "table",
        "Write one row for each picture of a workspace: name, file, labels, numbers and place on the map. "
        "The file's name says how: .csv or .parquet.",
        "latent-explorer table work/ --find 'label:coat map_x>3' --out coats.csv",
    )
    made.add_argument("work", metavar="WORK", type=Path)
    made.add_argument("--out", metavar="FILE", type=Path, required=True)
    made.add_argument("--latents", action="store_true", help="with every number of the latents")
    made.add_argument(
        "--find", metavar="TERMS", help="only pictures of which all terms hold, as in the window's Ctrl+F"
    )
    return made


def run(parsed: argparse.Namespace) -> int:
    """Do it; the exit status."""
    import numpy as np

    from explorer.core.search import Columns, search
    from explorer.core.table import columns_of, write_table
    from explorer.core.workspace import Workspace

    work, progress = Workspace.open(parsed.work), console_progress()
    positions, rows = work.positions(), np.arange(len(work))
    if parsed.find is not None:
        rows = search(parsed.find, Columns.of(work, positions), progress)
        if not len(rows):
            raise ExplorerError(f"Nothing in {parsed.work} is found by “{parsed.find}”; try fewer terms.")
    write_table(parsed.out, columns_of(work, positions, latents=parsed.latents), rows, progress)
    print(f"{len(rows):,} rows are in {parsed.out}", file=sys.stderr)
    return 0
