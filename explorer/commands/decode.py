"""``latent-explorer decode``: places, samples or latents into a picture."""

from __future__ import annotations

import argparse
from pathlib import Path

from explorer.commands.parsing import command_parser
from explorer.core.errors import ExplorerError


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = command_parser(
        "decode",
        "Decode a place on the map, samples of the prior, or latents into one picture (several: a sheet).",
        "latent-explorer decode work/ --at 3.4,-1.9 --out there.png",
    )  # fmt: skip
    made.add_argument("work", metavar="WORK", type=Path)
    what = made.add_mutually_exclusive_group(required=True)
    what.add_argument("--at", metavar="X,Y", type=_place, help="a place in map units")
    what.add_argument("--prior", metavar="N", type=int, help="samples of the model's prior")
    what.add_argument("--latent", metavar="FILE.npy", type=Path, help="latents: D or N×D numbers")
    made.add_argument("--seed", type=int, default=42, help="of --prior (42)")
    made.add_argument("--out", metavar="FILE.png", type=Path, required=True)
    return made


def run(parsed: argparse.Namespace) -> int:
    """Do it; the exit status."""
    from explorer.console import console_progress
    from explorer.core.arrays import open_array
    from explorer.core.export.look import Look
    from explorer.core.export.sheet import write_sheet_png
    from explorer.core.latent_map import LatentMap
    from explorer.core.opening import pair_of
    from explorer.core.provenance import write_png
    from explorer.core.recipes.document import Kept, Samples, What
    from explorer.core.recipes.gallery import gallery_of
    from explorer.core.recipes.source import Source
    from explorer.core.recipes.writing import Style, recipe_for
    from explorer.core.sampling import check_draws
    from explorer.core.workspace import Workspace

    work = Workspace.open(parsed.work)
    pair = pair_of(work)
    check_draws(pair)
    source = Source((pair,), work)
    if parsed.at is not None:
        positions = work.positions()
        if positions is None:
            raise ExplorerError(
                f"{parsed.work} has no map yet; run “latent-explorer map {parsed.work}” first."
            )
        latent = LatentMap.of(positions, work.latents).inverse.latent_at(parsed.at)
        what: What = Kept(latent[None], places=(parsed.at,))
    elif parsed.prior is not None:
        what = Samples("fitted" if pair.prior == "data" else "prior", parsed.prior, parsed.seed)
    else:
        latents = open_array(parsed.latent)
        if latents.ndim not in (1, 2) or latents.shape[-1] != pair.latent_size or latents.dtype.kind != "f":
            raise ExplorerError(
                f"{parsed.latent} holds {latents.dtype} {latents.shape}; "
                f"{pair.name} decodes latents of {pair.latent_size} numbers."
            )
        what = Kept(latents.reshape(-1, pair.latent_size).astype("float32"))
    gallery = gallery_of(recipe_for(what, source, parsed.out.parent, Style()), source)
    if len(gallery) == 1:
        write_png(parsed.out, gallery.pictures(0, 1)[0], gallery.items[0].provenance())
    else:
        write_sheet_png(gallery, Look(), parsed.out, console_progress())
    return 0


def _place(text: str) -> tuple[float, float]:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is no place; write two numbers as X,Y") from error
    return x, y
