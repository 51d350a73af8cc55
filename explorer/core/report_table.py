"""What the figures of a report are called and mean, and how they read."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.core.judge import Measured


@dataclass(frozen=True)
class Definition:
    """What a figure is: its name, which way is better ("lower", "higher", "1" or ""), and how it is made."""

    name: str
    better: str
    text: str


DEFINITIONS = {
    "reconstruction": Definition(
        "Reconstruction error", "lower",
        "Mean squared error of held-out pictures against their reconstructions, on [0, 1] pixels.",
    ),
    "active_units": Definition(
        "Active units", "",
        "Latent dimensions whose mean moves over the data: Var(E[z|x]) > 0.01 (Burda et al. 2016).",
    ),
    "kl": Definition(
        "KL to the prior, nats", "",
        "Mean KL divergence of the posterior from N(0, I), summed over the dimensions (Kingma and Welling "
        "2014); only of a model with a posterior. The report has each dimension’s own.",
    ),
    "validity": Definition(
        "Validity", "higher",
        "Share of samples whose features lie as near to one of half the data as 95% of the other half do; "
        "so real pictures score 0.95.",
    ),
    "frechet": Definition(
        "Fréchet distance", "lower",
        "Between normal distributions fitted to features of samples and of as many real pictures (Heusel et "
        "al. 2017); compares only within one network and one number of samples.",
    ),
    "recall": Definition(
        "Recall", "higher",
        "Share of real pictures within the 5-neighbour manifold of the samples (Kynkäänniemi et al. 2019).",
    ),
    "coverage": Definition(
        "Coverage", "higher",
        "Share of real pictures with a sample nearer than their own 5th real neighbour (Naeem et al. 2020).",
    ),
    "class_entropy": Definition(
        "Class entropy", "higher",
        "Entropy of the classes that the network sees in the samples, over its maximum: 1 where all are as "
        "frequent.",
    ),
    "sharpness": Definition(
        "Sharpness", "1",
        "Ratio of the geometric mean squared Laplacian of samples to that of real pictures: 1 is as sharp; "
        "noise counts as sharp.",
    ),
}  # fmt: skip
"""Every figure by its key, in the table's order."""

SAMPLERS = {
    "prior": "from the prior",
    "fitted": "from a normal fitted to the latents",
    "mixture": "from a mixture fitted to the latents",
}
"""What samples are drawn from."""


def lines(report: Measured) -> list[tuple[str, str, list[str]]]:
    """The table of a report: name, definition, and a cell for each model, then one for real pictures."""
    models, found = report["models"], []
    for key in ("reconstruction", "active_units", "kl"):
        one = DEFINITIONS[key]
        found.append((one.name, one.text, [*(figure_text(model[key]) for model in models), ""]))
    names = list(dict.fromkeys(name for model in models for name in model["samplers"]))
    for key in list(DEFINITIONS)[3:]:
        one, real = DEFINITIONS[key], figure_text(report["real"][key]) if report["real"] else ""
        for i, name in enumerate(names):
            cells = [figure_text(model["samplers"][name][key]) for model in models]
            found.append((f"{one.name}, {SAMPLERS[name]}", one.text, [*cells, real if not i else ""]))
    return found


def figure_text(figure: Measured | None) -> str:
    """``0.0123 (0.0120–0.0126)``; a dash where there is none."""
    if figure is None:
        return "–"
    figures = [figure[key] for key in ("value", "low", "high")]
    digits = 0 if all(one == int(one) for one in figures) else _digits(figures[0])
    value, low, high = (f"{one:,.{digits}f}" for one in figures)
    return value if low == high == value else f"{value} ({low}–{high})"


def short(value: float) -> str:
    """A number with the digits that matter."""
    return f"{value:,.{_digits(value)}f}" if value else "0"


def _digits(value: float) -> int:
    return next((digits for digits, least in enumerate((100.0, 10.0, 0.05)) if abs(value) >= least), 4)
