"""How far the picture at the cursor is to be believed, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer.core.latent_map import LatentMap
from explorer.core.session import Cursor

_CARRIED = "How much is left here of what the map does not explain of the picture that is carried"
_EXACT = "The latent is as it was given; on a map of two dimensions its place can only be near the truth"
_HARDLY = 0.3
_NO_DATA = "No picture of the data belongs here, so that nothing can be said of how near one would be"
_LEARNT = (
    "Half of the pictures that belong here have latents nearer than {:.2f} to the decoded one; 1 is the "
    "usual distance between the latents of two random pictures.\nLearnt on this map by leaving out some "
    "hundred pictures, each alone and with those around it."
)


@dataclass(frozen=True)
class Belief:
    """What is said of a picture's truth.

    Attributes:
        support: how far the data speak for it, in [0, 1]; None where that cannot be told.
        words: what that support means.
        name, value, tip: the line below: what else is known, how much, and how it is known.
    """

    support: float | None
    words: str
    name: str = ""
    value: str = ""
    tip: str = ""


def belief_in(
    cursor: Cursor, place: tuple[float, float], latent_map: LatentMap, units_per_pixel: float, *, learnt: bool
) -> Belief:
    """What is said of the cursor's picture at ``place``.

    ``learnt`` says that the map's calibration is there: without it only the support of a place is known.
    """
    support = float(latent_map.inverse.support_at(np.asarray([place]))[0])
    if cursor.source == "map":
        if not learnt:
            return Belief(support, support_words(support))
        error = latent_map.inverse.trust_at(place, units_per_pixel).error
        known = _error_words(error) if support > _HARDLY else ("unknown so far away", _NO_DATA)
        return Belief(support, support_words(support), "Expected error", *known)
    own = None
    if learnt:
        placement = latent_map.placement
        own = placement.support_of(float(placement.nearest(cursor.latent, 1)[1][0]))
    if cursor.source == "carried":
        least = support if own is None else min(support, own)
        share = cursor.carried.share_at(place, latent_map.inverse.diameter) if cursor.carried else 1.0
        return Belief(least, support_words(least), "Of its own", f"{share:.0%} is left", _CARRIED)
    words = "How near data is, is still being learnt" if own is None else own_support_words(own)
    if own is not None and own < 0.5:
        return Belief(own, words, "Exact latent", "far from all data", words)
    if cursor.source == "point":
        return Belief(own, words, "Exact latent", "of this data point", "Decoded as the model encoded it")
    return Belief(own, words, "Exact latent", "place on the map approximate", _EXACT)


def support_words(support: float | None) -> str:
    """What the support of a place means."""
    if support is None:
        return "No map yet: how near data is cannot be told"
    if support > 0.95:
        return "Data lie right here: the picture is grounded"
    if support > _HARDLY:
        return "At the edge of the data: believe the picture with care"
    if support > 0:
        return "Hardly any data near: the picture is a guess"
    return "No data here: the decoder makes something up"


def own_support_words(support: float) -> str:
    """What the support of a latent that was given, not worked out from a place, means."""
    if support > 0.95:
        return "This latent lies among those of the data"
    if support >= 0.5:
        return "This latent lies at the edge of the data's"
    return "This latent lies far from all of the data's: its place on the map says little"


def _error_words(error: float | None) -> tuple[str, str]:
    """Value and tip of the error to expect."""
    if error is None:
        return "unknown", "It is learnt by leaving points out, and this map has too few"
    return f"{error:.2f} of a random pair", _LEARNT.format(error)
