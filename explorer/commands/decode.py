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
    from explorer.core.arrays import open_array
    from explorer.core.gallery import Recipe, contact_sheet, provenances, write_png
    from explorer.core.latent_map import LatentMap
    from explorer.core.opening import pair_of
    from explorer.core.sampling import check_draws, prior_recipe
    from explorer.core.workspace import Workspace

    work = Workspace.open(parsed.work)
    pair = pair_of(work)
    check_draws(pair)
    places = None
    if parsed.at is not None:
        import numpy as np

        positions = work.positions()
        if positions is None:
            raise ExplorerError(
                f"{parsed.work} has no map yet; run “latent-explorer map {parsed.work}” first."
            )
        recipe = Recipe.kept(LatentMap.of(positions, work.latents).inverse.latent_at(parsed.at)[None])
        places = np.asarray([parsed.at])
    elif parsed.prior is not None:
        recipe = prior_recipe(pair, work, parsed.prior, parsed.seed)
    else:
        latents = open_array(parsed.latent)
        if latents.ndim not in (1, 2) or latents.shape[-1] != pair.latent_size or latents.dtype.kind != "f":
            raise ExplorerError(
                f"{parsed.latent} holds {latents.dtype} {latents.shape}; "
                f"{pair.name} decodes latents of {pair.latent_size} numbers."
            )
        recipe = Recipe.kept(latents.reshape(-1, pair.latent_size).astype("float32"))
    pictures, items = pair.decode(recipe.latents()), provenances(recipe, pair.name, pair.fingerprint, places)
    if len(pictures) == 1:
        write_png(parsed.out, pictures[0], items[0])
    else:
        write_png(parsed.out, contact_sheet(pictures))
    return 0


def _place(text: str) -> tuple[float, float]:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is no place; write two numbers as X,Y") from error
    return x, y
