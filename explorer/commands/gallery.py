"""``latent-explorer gallery``: samples into a sheet and single pictures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from explorer.commands.parsing import command_parser
from explorer.console import console_progress


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = command_parser(
        "gallery", "Sample the prior into a contact sheet and single PNGs that know their latents.",
        "latent-explorer gallery my-vae/ --prior 48 --seed 3 --out gallery/",
    )  # fmt: skip
    made.add_argument("model", metavar="MODEL|WORK", type=Path)
    made.add_argument(
        "--prior", metavar="N", type=int, required=True, help="how many samples of the model's prior"
    )
    made.add_argument("--seed", type=int, default=42)
    made.add_argument("--out", metavar="DIR", type=Path, required=True)
    return made


def run(parsed: argparse.Namespace) -> int:
    """Do it; the exit status."""
    from explorer.core.gallery import decoding, export_gallery, provenances
    from explorer.core.opening import classify, open_now
    from explorer.core.sampling import check_draws, prior_recipe

    progress = console_progress()
    opened = open_now(classify([parsed.model]), None, progress)
    check_draws(opened.pair)
    recipe = prior_recipe(opened.pair, opened.work, parsed.prior, parsed.seed)
    places = opened.map.placement.place(recipe.latents()) if opened.map else None
    items = provenances(recipe, opened.pair.name, opened.pair.fingerprint, places)
    export_gallery(decoding(opened.pair.decode), items, parsed.out, progress)
    print(f"{len(items):,} pictures and their sheet are in {parsed.out}", file=sys.stderr)
    return 0
