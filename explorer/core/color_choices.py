"""What there is to colour by, and exactly what each of it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from explorer.core.coloring import DENSITY, DISTORTION, ERROR, LATENT, PROBE, SUPPORT, VARIANCE
from explorer.core.dataset_sampled import is_sampled
from explorer.core.model_pair import ModelPair
from explorer.core.workspace import Workspace


@dataclass(frozen=True)
class Choice:
    """One thing to colour by.

    Attributes:
        key: what ``Session.color_by`` says; that of a column of the data is its name.
        text: what it is called in a list.
        group: the heading it stands under.
        tip: exactly what is shown.
        missing: why it is not to be had; empty where it is.
    """

    key: str
    text: str
    group: str
    tip: str = ""
    missing: str = ""


def choices(pair: ModelPair | None, work: Workspace | None, probed: Sequence[str] = ()) -> list[Choice]:
    """All there is to colour by, in groups; a latent dimension is one choice, ``LATENT`` without a number.

    ``probed`` are the columns that there are probes of.
    """
    if work is None:
        return []
    found = [Choice("", "One colour", "", "All points alike")]
    found += [Choice(one.name, _read(one.name), "Labels") for one in work.fields if not one.is_text]
    found += [Choice(one.name, _read(one.name), "Numbers", one.note) for one in work.measures]
    told = "What a probe tells of the column from the latents, right or wrong"
    found += [Choice(f"{PROBE}{name}", _read(name), "Told by probes", told) for name in probed]
    model, on_map = "From the model", "From the map"
    return [
        *found,
        Choice(ERROR, "Reconstruction error", model, NOTES[ERROR], _why_no_error(pair, work)),
        Choice(DENSITY, "Log-density", model, NOTES[DENSITY if has_normal_prior(pair) else "fitted"]),
        Choice(LATENT, "Latent dimension", model, "One number of the latent"),
        Choice(SUPPORT, "Support", on_map, NOTES[SUPPORT]),
        Choice(VARIANCE, "Local variance", on_map, NOTES[VARIANCE]),
        Choice(DISTORTION, "Distortion", on_map, NOTES[DISTORTION]),
    ]


NOTES = {
    ERROR: "Mean squared error between a picture and its reconstruction, on [0,\u00a01] pixels",
    DENSITY: "Log-density of the latent (the posterior mean) under the prior N(0,\u00a0I)",
    "fitted": "Log-density of the latent under a Gaussian fitted to all codes; the model has no normal prior",
    SUPPORT: "How far the other points speak for a point's place: 1 amid data, 0 where it stands alone",
    VARIANCE: "Spread of the latents around a point's place on the map; 1 is the typical distance of two",
    DISTORTION: "Share of a point's 15 nearest in latent space that the map put elsewhere",
}


def _read(name: str) -> str:
    """A column's name as one reads it."""
    return name.replace("_", " ") or "(no name)"


def has_normal_prior(pair: ModelPair | None) -> bool:
    """Whether latents were trained towards N(0, I)."""
    return pair is not None and pair.prior == "normal"


def _why_no_error(pair: ModelPair | None, work: Workspace) -> str:
    if pair is None or not (pair.can_encode and pair.can_decode):
        return "It takes an encoder and a decoder."
    return (
        "These points are the model's own samples; there is nothing to compare." if is_sampled(work) else ""
    )
