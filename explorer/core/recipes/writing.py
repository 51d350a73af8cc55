"""A recipe → files, and a recipe's file → its gallery again; the one way of window and command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from explorer.core.export.item import Gallery
from explorer.core.export.look import Look
from explorer.core.export.pipeline import Exported, Order, export
from explorer.core.progress import Progress
from explorer.core.recipes.document import GalleryRecipe, What
from explorer.core.recipes.file import load_recipe, text_of
from explorer.core.recipes.gallery import gallery_of
from explorer.core.recipes.proof import difference, proof_of
from explorer.core.recipes.source import Source, open_source, references
from explorer.core.session import Session


@dataclass(frozen=True)
class Style:
    """How a gallery is written; see ``GalleryRecipe``."""

    title: str = ""
    formats: tuple[str, ...] = ("singles", "sheet")
    look: Look = Look()  # noqa: RUF009 - frozen
    notes: bool = True


def recipe_for(
    what: What, source: Source, base: Path, style: Style, extras: Mapping[str, float] | None = None
) -> GalleryRecipe:
    """The recipe of ``what`` made from ``source``, as a file in the folder ``base``."""
    models, data, chart = references(source, base)
    inputs = dict(source.extras if extras is None else extras)
    return GalleryRecipe(
        what, models, data, chart, inputs, style.title, style.formats, style.look, style.notes
    )


def write_gallery(
    recipe: GalleryRecipe,
    source: Source,
    folder: Path,
    progress: Progress | None = None,
    gallery: Gallery | None = None,
) -> Exported:
    """Write what ``recipe`` stands for into ``folder``, the recipe beside it.

    ``gallery`` is what ``gallery_of`` gave for it, where that is at hand. Raises ``ExplorerError`` where it
    cannot be, and ``Cancelled``.
    """
    progress = progress or Progress()
    gallery = gallery or gallery_of(recipe, source, progress)
    device = source.pair.device
    remarks = list(source.remarks)
    if recipe.proof is None:
        recipe = replace(recipe, proof=proof_of(gallery, device))
    else:
        told = difference(recipe.proof, gallery, device)
        remarks += [told] if told else []
    models, data, chart = references(source, folder)
    recipe = replace(recipe, models=models, data=data or recipe.data, map=chart or recipe.map)
    order = Order(recipe.formats, recipe.look, recipe.notes, text_of(recipe))
    done = export(gallery, order, folder, progress)
    return replace(done, remarks=(*remarks, *done.remarks))


def open_recipe(
    path: Path,
    progress: Progress,
    moved: Sequence[Sequence[Path]] = (),
    device: str = "auto",
    opened: Session | None = None,
) -> tuple[GalleryRecipe, Source]:
    """A recipe's file, and what it needs opened; see ``open_source``.

    Raises ``ExplorerError`` and ``Cancelled`` as that and ``load_recipe`` do.
    """
    recipe = load_recipe(path)
    return recipe, open_source(recipe, path.absolute().parent, progress, moved, device, opened)
