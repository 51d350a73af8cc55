"""What a whole gallery's file says of itself: its title, what made it, and from which recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.core import xmp
from explorer.core.provenance import Provenance

if TYPE_CHECKING:
    from explorer.core.export.item import Gallery, Item


def description(gallery: Gallery) -> str:
    """One line: how many pictures of which models."""
    count, models = 0, dict[str, None]()
    for item in gallery.items:
        if item.role != "empty":
            count += 1
            models[item.model] = None
    by = f" by {', '.join(models)}" if models else ""
    return f"{count:,} {'picture' if count == 1 else 'pictures'}{by}"


def notes_of(gallery: Gallery) -> dict[str, str]:
    """The texts of a PNG."""
    recipe = {"latent-explorer-recipe": gallery.recipe} if gallery.recipe else {}
    title = {"Title": gallery.title} if gallery.title else {}
    return {**title, "Description": description(gallery), "Software": xmp.CREATOR, **recipe}


def packet_of(gallery: Gallery) -> bytes:
    """The same as XMP."""
    return xmp.packet(gallery.title or description(gallery), recipe=gallery.recipe)


def provenance_in(gallery: Gallery, item: Item) -> Provenance:
    """What the file of one picture carries."""
    return item.provenance(gallery.recipe)
