"""What was found, in words: each finding with its source, and the key under which it can be overridden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from explorer.core.detection import settings
from explorer.core.detection.ends import Sourced
from explorer.core.detection.half import Half
from explorer.core.detection.posterior import Posterior
from explorer.core.plan import Fact, Prior, SelfTest, Source


@dataclass(frozen=True)
class Findings:
    """All that is settled about a model; what a half of a pair lacks is None."""

    kind: str
    kind_source: Source
    latent: tuple[int, ...]
    prior: Prior
    prior_source: Source
    taking: Sourced | None = None
    drawing: Sourced | None = None
    posterior: Posterior | None = None
    encoder: Half | None = None
    decoder: Half | None = None
    noise: str = ""
    test: SelfTest | None = None
    accepted: bool = False
    radius: float = 0.0


def facts_of(found: Findings) -> tuple[Fact, ...]:
    """The facts in the order in which they are shown."""
    return tuple(_facts(found))


def test_text(test: SelfTest) -> str:
    """The self-test in words, with its numbers."""
    if test.passed is None:
        return "cannot tell: decoded pictures hardly differ"
    verdict = "passed" if test.passed else "failed"
    return f"{verdict} (MSE {test.error:.4f}, mean picture {test.baseline:.4f})"


def _facts(found: Findings) -> Iterator[Fact]:
    posterior, encoder = found.posterior, found.encoder
    names = [n for n in (posterior.mean, posterior.spread_output) if n] if posterior else []
    is_pair = found.kind in settings.KINDS
    outputs = f" ({', '.join(dict.fromkeys(names))})" if is_pair else ""
    kind_key = ("kind", settings.KINDS) if is_pair else ("", ())
    yield Fact("Kind", f"{found.kind}{outputs}", found.kind_source, *kind_key)
    open_axes = any(half is not None and half.free for half in (encoder, found.decoder))
    yield Fact("Latent", settings.axes_text(found.latent), "graph", "latent_shape" if open_axes else "")
    yield from _pictures(found)
    if posterior is not None and encoder is not None:
        mean = f"{posterior.mean}, first half of its channels" if posterior.halves else posterior.mean
        yield Fact("Mean", mean, posterior.mean_source, "mean_output", encoder.outputs)
        if posterior.spread_output:
            part = "second half" if posterior.halves else posterior.spread_output
            yield Fact("Spread", part, posterior.spread_source, "spread_output", encoder.outputs)
            yield Fact("Spread is", posterior.spread, posterior.spread_source, "spread", settings.SPREADS)
    if found.noise:
        yield Fact("Encoder", found.noise, "trial run")
    yield from _batches(found)
    for half in (encoder, found.decoder):
        yield from half.extra_facts if half is not None else ()
    yield Fact("Prior", found.prior, found.prior_source, "prior", settings.PRIORS)
    if found.prior == "sphere" and found.radius not in (0.0, 1.0):
        yield Fact("Sphere", f"radius {found.radius:.4g}", "trial run")
    if found.test is not None:
        yield Fact("Self-test", test_text(found.test), "trial run", "accept", ("no", "yes"))


def _pictures(found: Findings) -> Iterator[Fact]:
    ends = [(name, end) for name, end in (("in", found.taking), ("out", found.drawing)) if end is not None]
    first = ends[-1][1]
    shape = settings.shape_text(first.spec.height, first.spec.width, first.spec.channels)
    halves = [half for half in (found.encoder, found.decoder) if half is not None]
    is_open = any(end.spec.is_flat for _, end in ends) or any(half.free for half in halves)
    yield Fact("Picture", shape, first.size, "image_shape" if is_open else "")
    for name, end in ends:
        rest = f", {end.spec.rest} values behind the pixels" if end.spec.rest else ""
        choices = ("flat", "flat_hwc") if end.spec.is_flat and end.spec.channels > 1 else ()
        key = f"layout_{name}" if choices else ""
        yield Fact(f"Layout {name}", f"{end.spec.layout}{rest}", end.layout, key, choices)
    for name, end in ends:
        if end.spec.type == "uint8":
            yield Fact(f"Pixels {name}", "uint8", "graph")
            continue
        text = settings.range_text(end.spec.low, end.spec.high)
        yield Fact(f"Pixels {name}", text, end.range, f"range_{name}", tuple(settings.RANGES))


def _batches(found: Findings) -> Iterator[Fact]:
    halves = [half for half in (found.encoder, found.decoder) if half is not None]
    batches = [half.trial.batch for half in halves]
    if any(batch is not None for batch in batches):
        words = ["any" if batch is None else "none" if batch == 0 else str(batch) for batch in batches]
        yield Fact("Batch", ", ".join(dict.fromkeys(words)), "graph")
    types = dict.fromkeys(half.main.type for half in halves)
    if list(types) != ["float32"]:
        yield Fact("Types", ", ".join(types), "graph")
