"""From networks that were tried to the plan for running them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from explorer.core.detection import files, ports, quiet, settings
from explorer.core.detection.ends import (
    DrawingEnd,
    Sourced,
    layout_of,
    size_source,
    spec_of,
    stated_range,
    stated_shape,
)
from explorer.core.detection.facts import Findings, facts_of
from explorer.core.detection.half import Half, describe, open_half, picture_sizes
from explorer.core.detection.hints import Hints
from explorer.core.detection.outputs import see_outputs
from explorer.core.detection.posterior import Posterior, by_name, find_spread
from explorer.core.detection.ranges import range_at_start
from explorer.core.detection.settle import Settled
from explorer.core.detection.sizes import fit_sizes
from explorer.core.errors import ExplorerError, Unsettled
from explorer.core.pixels import Range, to_tensor
from explorer.core.plan import DecoderPlan, EncoderPlan, PairPlan, Prior, Source

Kind = Literal["VAE", "AE", "GAN", "Generator", "Encoder"]
_UNIT_NORM, _SAME_NORM, _ENOUGH = 1e-2, 3e-4, 4
_TRIALS_OF_KNOWN = 4


def plan_of_pair(encoder: Half, decoder: Half, hints: Hints, *, known: bool) -> PairPlan:
    """The plan of an encoder and a decoder.

    Raises ``ExplorerError`` for two that do not belong together, unless they are ``known`` to, or the user
    accepts it.
    """
    wanted = stated_shape(hints)
    fit_sizes(encoder, decoder, wanted)
    inside = ports.frame_of(encoder.shape, encoder.trial.batch != 0, wanted)
    sure = inside.shape if inside and inside.layout != "flat" else None
    drawing = DrawingEnd(decoder, hints, wanted or sure, _TRIALS_OF_KNOWN if known else 0)
    inside = ports.frame_of(encoder.shape, encoder.trial.batch != 0, wanted or drawing.frame.shape)
    if inside is None:
        raise ExplorerError(
            f"{encoder.path} takes no grey or RGB picture ({describe(encoder)}); N×C×H×W, N×H×W×C or a flat "
            "picture of the decoder's size would work."
        )
    ports.same_picture(inside, drawing.frame, encoder.path, decoder.path)
    settled = Settled(encoder, drawing, inside, hints)
    path, noise = encoder.path, ""
    if settled.random:
        calm = _without_noise(encoder, settled.posterior.mean, hints)
        noise = "draws a sample; latents change from run to run"
        if calm is not None:
            again = Settled(calm, drawing, inside, hints)
            if not again.random:
                settled, path, noise = again, calm.path, "drew a sample; its noise is taken out"
    test = settled.self_test
    if test.passed is False and not known and hints.text("accept") != "yes":
        raise Unsettled(
            f"{encoder.path} and {decoder.path} do not belong together: encoding and decoding again misses "
            "by more than always drawing the mean picture "
            f"(MSE {test.error:.3f} against {test.baseline:.3f}); "
            "open an encoder and a decoder from the same training.",
            "accept",
        )
    posterior = settled.posterior
    kind = _kind(hints, posterior, is_drawn=bool(noise))
    radius = _radius(settled.codes)
    prior, prior_source = _prior(hints, "sphere" if radius else "data" if kind == "AE" else "normal")
    findings = Findings(
        kind, _kind_source(hints, posterior), decoder.shape, prior, prior_source,
        taking=settled.taking, drawing=drawing.ends, posterior=posterior, encoder=encoder, decoder=decoder,
        noise=noise, test=test, accepted=hints.text("accept") == "yes", radius=radius,
    )  # fmt: skip
    return PairPlan(
        "", kind, decoder.shape, prior,
        replace(_encoder_plan(encoder, settled.taking, posterior, decoder.main.type), path=path),
        _decoder_plan(drawing), "", test, facts_of(findings), radius=radius or 1.0,
    )  # fmt: skip


def plan_of_decoder(decoder: Half, hints: Hints) -> PairPlan:
    """The plan of a generator, or of a decoder whose encoder is not there."""
    wanted = stated_shape(hints)
    if decoder.free and len(decoder.shape) == 3:
        _fit_decoder(decoder, wanted)
    drawing = DrawingEnd(decoder, hints, wanted)
    prior, source = _prior(hints, "normal")
    findings = Findings(
        "Generator", "graph", decoder.shape, prior, source, drawing=drawing.ends, decoder=decoder
    )
    plan = PairPlan("", "Generator", decoder.shape, prior, None, _decoder_plan(drawing), "")
    return replace(plan, facts=facts_of(findings))


def plan_of_encoder(encoder: Half, hints: Hints) -> PairPlan:
    """The plan of an encoder whose decoder is not there, or was never made."""
    wanted = stated_shape(hints)
    if encoder.free:
        _take_first(encoder, picture_sizes(wanted))
    frame = ports.frame_of(encoder.shape, encoder.trial.batch != 0, wanted)
    if frame is None:
        raise Unsettled(
            f"{encoder.path} takes no grey or RGB picture ({describe(encoder)}); N×C×H×W, N×H×W×C or a flat "
            "square would work, another flat picture with its size as image_shape.",
            "image_shape",
        )
    frame, layout = layout_of(frame, hints, "layout_in", None)
    low, high, range_source = _range_in(encoder, hints)
    taking = Sourced(
        spec_of(frame, low, high, encoder.main.type), layout, range_source, size_source(hints, frame)
    )
    noise = np.random.default_rng(0).integers(0, 256, (4, *taking.spec.picture_shape), np.uint8)
    seen = see_outputs(encoder, to_tensor(noise, taking.spec), None)
    stated = hints.get("mean_output")
    names = list(seen.steady)
    mean = stated[0] if stated and stated[0] in names else by_name(names)
    name, unit, source = find_spread(encoder.graph, seen, mean)
    known: Source = stated[1] if stated else "graph" if len(names) == 1 else "default"
    posterior = Posterior(mean, name, unit, mean_source=known, spread_source=source)
    shape = encoder.sample_shape(mean)
    radius = _radius(seen.steady[mean])
    prior, prior_source = _prior(hints, "sphere" if radius else "data")
    findings = Findings(
        "Encoder", "graph", shape, prior, prior_source, taking=taking, posterior=posterior, encoder=encoder,
        radius=radius,
    )  # fmt: skip
    plan = PairPlan(
        "", "Encoder", shape, prior, _encoder_plan(encoder, taking, posterior, "float32"), None, "",
        radius=radius or 1.0,
    )  # fmt: skip
    return replace(plan, facts=facts_of(findings))


def _without_noise(encoder: Half, output: str, hints: Hints) -> Half | None:
    """The same encoder, written anew without the noise inside it; None where it has none, or cannot be."""
    import platformdirs

    model = encoder.model
    if model is None or not quiet.is_noisy(model, output) or not quiet.can_be_quieted(model):
        return None
    folder = Path(platformdirs.user_cache_dir("latent-explorer")) / "quiet"
    path = folder / f"{files.fingerprint([encoder.path])[:32]}.onnx"
    quiet.write_quiet(model, path)
    calm = open_half(path, hints, trusted=True)
    calm.model, calm.shape = model, encoder.shape
    return calm


def _fit_decoder(decoder: Half, wanted: tuple[int, int, int] | None) -> None:
    """Latents of such height and width that the picture has the wanted or a usual size."""
    name = max(decoder.outputs, key=lambda output: np.prod(decoder.sample_shape(output)))
    frame = ports.frame_of(decoder.sample_shape(name), decoder.trial.gives_batch(name))
    small = decoder.resized(0, 0)
    if frame is None or 0 not in small:
        return
    place = small.index(0)
    stride = max(1, frame.height // decoder.shape[place])
    sizes = [size for size in picture_sizes(wanted) if not any(side % stride for side in size)]
    _take_first(decoder, [(height // stride, width // stride) for height, width in sizes])


def _take_first(half: Half, sizes: list[tuple[int, int]]) -> None:
    """Give ``half`` the first of some heights and widths of its input that runs; as it is where none does."""
    before = half.shape
    for height, width in sizes:
        half.shape = half.resized(height, width)
        try:
            half.trial.run(half.outputs, np.zeros((1, *half.shape), np.float32))
        except ExplorerError:
            half.shape = before
        else:
            return


def _range_in(encoder: Half, hints: Hints) -> tuple[Range, Range, Source]:
    stated = stated_range(hints, "range_in")
    if stated:
        return stated
    known = range_at_start(encoder.graph, encoder.main.name) if encoder.graph is not None else None
    if encoder.main.type == "uint8":
        return 0.0, 255.0, "graph"
    return (*known, "graph") if known else (0.0, 1.0, "default")


def _prior(hints: Hints, otherwise: Prior) -> tuple[Prior, Source]:
    stated = hints.get("prior")
    if stated and stated[0] in settings.PRIORS:
        return stated  # type: ignore[return-value]
    return otherwise, "trial run" if otherwise == "sphere" else "default"


def _kind(hints: Hints, posterior: Posterior, *, is_drawn: bool) -> Kind:
    """What a pair is: as stated, but that an encoder with a spread is no plain autoencoder's."""
    stated = hints.text("kind")
    if stated == "GAN":
        return "GAN"
    if posterior.spread_output or (is_drawn and stated != "AE"):
        return "VAE"
    return "VAE" if stated == "VAE" else "AE"


def _kind_source(hints: Hints, posterior: Posterior) -> Source:
    stated = hints.get("kind")
    return stated[1] if stated else posterior.spread_source


def _radius(codes: npt.NDArray[np.float32]) -> float:
    """The radius of the sphere that ``(N, D)`` lie on; 0 where they lie on none.

    Lengths other than 1 must be far more alike than those of N(0, I) in many dimensions are, and those of
    several codes that differ.
    """
    lengths = np.linalg.norm(codes.astype(np.float64), axis=1)
    mean = float(lengths.mean())
    if codes.shape[1] < 2 or not mean > 0.0:
        return 0.0
    if np.all(np.abs(lengths - 1.0) < _UNIT_NORM):
        return 1.0
    differ = len(codes) >= _ENOUGH and np.linalg.norm(codes - codes[:1], axis=1).max() > _UNIT_NORM * mean
    return mean if differ and float(np.ptp(lengths)) < _SAME_NORM * mean else 0.0


def _encoder_plan(half: Half, taking: Sourced, posterior: Posterior, latent_type: str) -> EncoderPlan:
    return EncoderPlan(
        half.path, half.main.name, posterior.mean, half.port(posterior.mean).type or latent_type, taking.spec,
        half.trial.batch, half.extras, posterior.spread_output, posterior.spread, posterior.halves,
    )  # fmt: skip


def _decoder_plan(drawing: DrawingEnd) -> DecoderPlan:
    half = drawing.half
    return DecoderPlan(
        half.path, half.main.name, drawing.output, half.main.type, drawing.spec, half.trial.batch, half.extras
    )
