"""Bookmarks as a list: names that tell them apart, their order, and where they lie on another map."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from explorer.core.latent_map import LatentMap
from explorer.core.session import Bookmark

Bookmarks = tuple[Bookmark, ...]


def new_name(wanted: str, bookmarks: Iterable[Bookmark]) -> str:
    """``wanted``, with a number behind it where there is one of that name already."""
    taken = {one.name for one in bookmarks}
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted} {number}"
    return name


def reordered(bookmarks: Bookmarks, at: int, to: int) -> Bookmarks:
    """The same with the one at ``at`` taken out and put in so that it stands at ``to``."""
    rest = [one for i, one in enumerate(bookmarks) if i != at]
    rest.insert(to, bookmarks[at])
    return tuple(rest)


def placed(bookmarks: Bookmarks, fingerprint: str, latent_map: LatentMap | None) -> Bookmarks:
    """The same on another map; those of another model than that of ``fingerprint`` lie nowhere."""
    own = [i for i, one in enumerate(bookmarks) if one.kept.provenance.fingerprint == fingerprint]
    places: list[tuple[float, float] | None] = [None] * len(bookmarks)
    if own and latent_map is not None:
        latents = np.stack([bookmarks[i].kept.provenance.latent for i in own])
        for i, (x, y) in zip(own, latent_map.placement.place(latents).tolist(), strict=True):
            places[i] = x, y
    return tuple(
        one if one.place is None and place is None else replace(one, place=place)
        for one, place in zip(bookmarks, places, strict=True)
    )
