"""``latent-explorer report``: models measured on one data set, each figure with its interval."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.commands.parsing import command_parser
from explorer.console import console_progress
from explorer.core.errors import ExplorerError

if TYPE_CHECKING:
    from explorer.core.judge import Measured


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = command_parser(
        "report",
        "Measure one or more models on the same data: reconstruction, what the latents carry, and what "
        "samples are worth. Each figure has its definition, sample size and 95% bootstrap interval.",
        "latent-explorer report fashion-ae/ fashion-vae/ --data fashion.npz --json --out figures.json",
    )
    made.add_argument(
        "models", metavar="MODEL", type=Path, nargs="+", help="a workspace, or a model's folder"
    )
    made.add_argument(
        "--data", metavar="DATA", type=Path, required=True, help="pictures they have not learnt"
    )
    made.add_argument(
        "--features", metavar="NET.onnx", type=Path,
        help="the network whose features judge the pictures (features/classifier.onnx beside the data, "
        "else the first model's own encoder, which is said)",
    )  # fmt: skip
    made.add_argument("--samples", metavar="N", type=int, default=2000, help="samples of each (2000)")
    made.add_argument("--seed", type=int, default=42)
    made.add_argument("--json", action="store_true", help="all figures as JSON in place of the table")
    made.add_argument("--out", metavar="FILE", type=Path, help="write there instead of printing")
    return made


def run(parsed: argparse.Namespace) -> int:
    """Do it; the exit status."""
    from explorer.core.comparison import sides_on
    from explorer.core.feature_net import features_for
    from explorer.core.files import atomic_path
    from explorer.core.judge import FEWEST
    from explorer.core.report import as_json, measured

    if parsed.samples < FEWEST:
        raise ExplorerError(f"{parsed.samples} samples are too few to measure by; {FEWEST} would work.")
    progress = console_progress()
    sides = sides_on(parsed.models, parsed.data, progress)
    features = features_for(parsed.data, sides[0].pair, sides[0].name, parsed.features)
    found = measured(sides, features, parsed.samples, parsed.seed, progress)
    text = as_json(found) if parsed.json else table(found)
    if parsed.out is None:
        print(text, end="")
        return 0
    with atomic_path(parsed.out) as beside:
        beside.write_text(text, encoding="utf-8")
    print(f"The report is in {parsed.out}", file=sys.stderr)
    return 0


def table(found: Measured) -> str:
    """A report as text: the figures, then what each of them is."""
    from explorer.core.report_table import lines

    heads = ["", *(f"{one['name']} ({one['kind']})" for one in found["models"]), "real pictures"]
    rows = [heads, *([name, *cells] for name, _, cells in lines(found))]
    wide = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    text = "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, wide, strict=True)).rstrip() for row in rows
    )
    kept = [f"{one['name']}: {one['text']}" for one in found["definitions"].values()]
    head = (
        f"{found['data']['name']}, {found['samples']:,} samples and as many real pictures, "
        f"seed {found['seed']}; 95% intervals.\n"
        f"Features: {found['features']['name']}. {found['features']['note']}"
    )
    return "\n\n".join([head, text, "\n".join(kept)]) + "\n"
