"""``latent-explorer gallery``: a recipe, or samples of a model, into a sheet, single pictures and more."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.commands.parsing import command_parser
from explorer.console import console_progress
from explorer.core.errors import ExplorerError, Gone

if TYPE_CHECKING:
    from explorer.core.progress import Progress
    from explorer.core.recipes.document import GalleryRecipe
    from explorer.core.recipes.source import Source


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = command_parser(
        "gallery",
        "Make the gallery of a recipe again, or sample a model's prior. An export that was interrupted goes\n"
        "on where it ended.",
        "latent-explorer gallery recipe.json --out gallery/\n"
        "  latent-explorer gallery my-vae/ --prior 48 --seed 3 --out gallery/",
    )
    made.add_argument("source", metavar="RECIPE|MODEL|WORK", type=Path)
    made.add_argument("--prior", metavar="N", type=int, help="how many samples of a model's prior")
    made.add_argument("--seed", type=int, default=42, help="of --prior (42)")
    made.add_argument("--model", metavar="PATH", type=Path, action="append", default=[],
                      help="where a recipe's model lies now; again for each of several")  # fmt: skip
    made.add_argument(
        "--formats", metavar="NAME,…", help="in place of the recipe's: singles, sheet, page, gif, csv, …"
    )
    made.add_argument("--plain", action="store_true", help="let files not say where pictures come from")
    made.add_argument("--out", metavar="DIR", type=Path, required=True)
    return made


def run(parsed: argparse.Namespace) -> int:
    """Do it; the exit status."""
    from dataclasses import replace

    from explorer.core.export.pipeline import Order, check_order
    from explorer.core.export.size import estimate, size_text
    from explorer.core.recipes.gallery import gallery_of
    from explorer.core.recipes.writing import write_gallery

    progress = console_progress()
    if parsed.source.suffix.lower() == ".json":
        if parsed.prior is not None:
            raise ExplorerError(f"{parsed.source} says itself what to draw; leave --prior out.")
        from explorer.core.recipes.writing import open_recipe

        try:
            recipe, source = open_recipe(parsed.source, progress, [(path,) for path in parsed.model])
        except Gone as gone:
            raise ExplorerError(f"{str(gone).rstrip('.')} with --model.") from gone
    else:
        recipe, source = _of_prior(parsed, progress)
    if parsed.formats:
        recipe = replace(recipe, formats=tuple(part.strip() for part in parsed.formats.split(",")))
    recipe = replace(recipe, notes=recipe.notes and not parsed.plain)
    gallery = gallery_of(recipe, source, progress)
    check_order(gallery, Order(recipe.formats, recipe.look, recipe.notes))
    size = size_text(estimate(gallery, recipe.formats, recipe.look, notes=recipe.notes))
    print(f"{len(gallery):,} pictures, {size}", file=sys.stderr)
    done = write_gallery(recipe, source, parsed.out, progress, gallery)
    for remark in done.remarks:
        print(remark, file=sys.stderr)
    print(f"{done.pictures:,} pictures are in {parsed.out}", file=sys.stderr)
    return 0


def _of_prior(parsed: argparse.Namespace, progress: Progress) -> tuple[GalleryRecipe, Source]:
    """The short form: samples of what the model is to be sampled from."""
    from explorer.core.opening import classify, open_now
    from explorer.core.recipes.document import Samples
    from explorer.core.recipes.source import Source
    from explorer.core.recipes.writing import Style, recipe_for
    from explorer.core.sampling import check_draws

    opened = open_now(classify([parsed.source]), None, progress)
    check_draws(opened.pair)
    if parsed.prior is None:
        raise ExplorerError(f"{parsed.source} is a model; say how many samples of it with --prior N.")
    source = Source((opened.pair,), opened.work, opened.map)
    is_plain = opened.pair.prior == "data" and opened.work is not None and len(opened.work) > 0
    what = Samples("fitted" if is_plain else "prior", parsed.prior, parsed.seed)
    return recipe_for(what, source, parsed.out, Style()), source
