"""What is known of a map's quality, as lines of its card."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer.core.map_quality import MapQuality

_TRUSTWORTHINESS = (
    "Are neighbours on the map also neighbours in latent space? 1: always; below about 0.9 the map shows "
    "neighbourhoods that are not there. (Venna and Kaski 2001"
)
_CONTINUITY = (
    "Are neighbours in latent space also neighbours on the map? 1: always; below about 0.9 the map tears "
    "apart what belongs together. (Venna and Kaski 2001"
)
_LABELS = (
    "How often most of a point's {0} neighbours have its own label: on the map, of how often among the "
    "latents. The difference is what the map loses; more than among the latents, where labels pulled the "
    "map, says nothing about them."
)


def quality_lines(quality: MapQuality | None) -> list[tuple[str, str, str]]:
    """``(name, value, tooltip)`` of a quality; dashes where it is not known yet."""
    if quality is None:
        return [("Trustworthiness", "…", "Is being worked out"), ("Continuity", "…", "Is being worked out")]
    how = f"; {quality.neighbours} neighbours of {quality.sampled:,} sampled points)"
    lines = [
        ("Trustworthiness", f"{quality.trustworthiness:.3f}", _wrapped(_TRUSTWORTHINESS + how)),
        ("Continuity", f"{quality.continuity:.3f}", _wrapped(_CONTINUITY + how)),
    ]
    if quality.label_map is not None and quality.label_latent is not None:
        value = f"{quality.label_map:.0%} of {quality.label_latent:.0%}"
        lines.append(("Labels agree", value, _wrapped(_LABELS.format(quality.neighbours))))
    return lines


def _wrapped(text: str) -> str:
    """A tooltip of plain text is as wide as its longest line."""
    return textwrap.fill(text, 64)
