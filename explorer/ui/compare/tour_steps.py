"""What the tour asks for, step by step; what it claims is measured by ``core.tour_figures``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from explorer.core.progress import Progress
from explorer.core.tour_figures import Finding, TourFigures


@dataclass(frozen=True)
class Step:
    """One stop.

    Attributes:
        title, text: what it is about.
        ask: what to do.
        deeds: doing one of these, keys of ``CompareLinks.did`` or "sample:" and a source, answers it.
        measure: what it claims.
    """

    title: str
    text: str
    ask: str
    deeds: tuple[str, ...]
    measure: Callable[[TourFigures, Progress], Finding]


STEPS = (
    Step(
        "Three models, one hand",
        "An autoencoder, a VAE and a GAN learnt the same pictures. Each has its own latents and its own map.",
        "Click a point on any map: each model shows that picture as it sees it, beside the original.",
        ("point",),
        TourFigures.reconstructions,
    ),
    Step(
        "Random vectors through the autoencoder",
        "Nobody told its latents where to lie. What does it make of a vector drawn from N(0, I)?",
        "Choose “N(0, I)” and press Sample (S). Look at the row under the autoencoder.",
        ("sample:prior",),
        TourFigures.random_plain,
    ),
    Step(
        "The same through the VAE",
        "Its loss pulls the latents towards N(0, I), so that drawing from there asks for places it knows.",
        "Press Next seed (N) and compare the rows: each has the same random numbers.",
        ("sample:prior",),
        TourFigures.random_all,
    ),
    Step(
        "What a mixture does for the autoencoder",
        "A mixture of normals fitted to its latents asks for places where they really lie.",
        "Choose “A mixture of normals” and press Sample.",
        ("sample:mixture",),
        TourFigures.mixture,
    ),
    Step(
        "Between two pictures",
        "A good latent space has pictures between pictures. Half of the way is the hardest place.",
        "Drag from one group of points to another and watch the three pictures change.",
        ("drag",),
        TourFigures.interpolation,
    ),
    Step(
        "Blur against sharpness",
        "The squared error rewards a mean of all that could be meant. A critic that tells real from drawn "
        "does not.",
        "Click a few points, or draw samples, and look at edges and fabric.",
        ("point", "sample:prior", "sample:mixture", "sample:own"),
        TourFigures.sharpness,
    ),
    Step(
        "Collapse and unsteady training",
        "A VAE may leave dimensions unused; a GAN’s two networks chase each other and may forget kinds of "
        "pictures. Here are the curves that came with these models.",
        "Press Next seed a few times: do all kinds of pictures come?",
        ("sample:prior", "sample:own"),
        TourFigures.training,
    ),
    Step(
        "What to use when",
        "The best of each figure, with its interval. Metrics (M) shows all of them.",
        "Drop a picture of your own on a map, or click a point once more.",
        ("drop", "point", "drag"),
        TourFigures.choosing,
    ),
)
