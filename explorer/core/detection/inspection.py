"""What some ONNX files are and how to run them, settled without a question to the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

from explorer.core.bundles import is_bundled
from explorer.core.detection import files, places, settings, sidecar
from explorer.core.detection.half import Half, describe, open_half
from explorer.core.detection.hints import NO_HINTS, PREFIX, Hints, from_configs, from_metadata
from explorer.core.detection.plans import plan_of_decoder, plan_of_encoder, plan_of_pair
from explorer.core.errors import ExplorerError
from explorer.core.plan import Fact, PairPlan


def inspect(paths: Path | Sequence[Path], overrides: Mapping[str, str] | None = None) -> PairPlan:
    """Find out what ``paths`` hold: a folder, one file or two in any order.

    ``overrides`` are settings by their keys (``detection.settings``); they win over the sidecar, that over
    the files' metadata, then configuration files beside the model, the graph, and trial runs.

    Raises ``ExplorerError`` for what cannot be opened, in a sentence: which file, what was found, what would
    work.
    """
    stated = settings.check(overrides or {}, "The model card")
    found = files.find(paths)
    if found.perhaps is None:
        return _inspect(found.files, stated)
    alone = open_half(found.files[0], _hints(found.files, stated))
    try:
        return _inspect((*found.files, found.perhaps), stated)
    except ExplorerError as error:
        if alone.role == "whole":
            return _inspect(found.files, stated)
        plan = _inspect(found.files, stated)
        left = Fact("Left out", f"{found.perhaps.name}: {error}", "trial run")
        return replace(plan, facts=(*plan.facts, left))


def _inspect(paths: Sequence[Path], stated: Mapping[str, str]) -> PairPlan:
    hints = _hints(paths, stated)
    halves = [open_half(path, hints, trusted=is_bundled(path)) for path in paths]
    if len(halves) == 1:
        return _alone(halves[0], hints)
    for half in halves:
        if half.role == "whole":
            raise ExplorerError(
                f"{half.path} gives back as much as it takes ({describe(half)}): a whole autoencoder or an "
                "image-to-image network; open an autoencoder alone, or its encoder and decoder as two files."
            )
    if halves[0].role == halves[1].role:
        both = f"{paths[0]} and {paths[1]}"
        raise ExplorerError(f"{both} are both {halves[0].role}s; one encoder and one decoder would work.")
    encoder, decoder = halves if halves[0].role == "encoder" else halves[::-1]
    for half in (encoder, decoder):
        hints = hints.plus("file metadata", from_metadata(half.network.metadata, half.role))
    known = _one_export(encoder, decoder)
    try:
        plan = plan_of_pair(encoder, decoder, hints, known=known)
    except ExplorerError:
        # A configuration meant for another program may be wrong about these files; they may prove themselves.
        guessing = hints.without("config")
        if guessing == hints:
            raise
        plan = plan_of_pair(encoder, decoder, guessing, known=known)
    return _finish(plan, hints, (encoder.path, decoder.path))


def _alone(half: Half, hints: Hints) -> PairPlan:
    hints = hints.plus("file metadata", from_metadata(half.network.metadata, half.role))
    if half.role == "decoder":
        return _finish(plan_of_decoder(half, hints), hints, (half.path,))
    if half.role == "encoder":
        return _finish(plan_of_encoder(half, hints), hints, (half.path,))
    return _of_whole(half.path, hints)


def _of_whole(path: Path, hints: Hints) -> PairPlan:
    """An autoencoder in one file: cut in two, which are kept in the user's cache."""
    import platformdirs

    from explorer.core.detection.cut import cut

    place = Path(platformdirs.user_cache_dir("latent-explorer")) / "cut" / files.fingerprint([path])[:32]
    halves = [open_half(part, hints) for part in cut(path, place)]
    encoder, decoder = halves
    for half in halves:
        hints = hints.plus("file metadata", from_metadata(half.network.metadata, half.role))
    plan = plan_of_pair(encoder, decoder, hints, known=True)
    cut_fact = Fact(
        "Cut", f"{path.name} was cut in two at {settings.axes_text(plan.latent_shape)} values", "graph"
    )
    return _finish(replace(plan, facts=(*plan.facts, cut_fact)), hints, (path,))


def _finish(plan: PairPlan, hints: Hints, sources: Sequence[Path]) -> PairPlan:
    """``plan`` with the files it comes from, their name and their fingerprint."""
    name = hints.text("name") or files.model_name(sources[-1])
    return replace(plan, name=name, fingerprint=files.fingerprint(sources), files=tuple(sources))


def _hints(paths: Sequence[Path], stated: Mapping[str, str]) -> Hints:
    """What is stated outside of the files themselves."""
    kept: dict[str, str] = {}
    for path in paths:
        kept |= sidecar.read_file(places.beside(path))
    if places.own_folder().is_dir():
        for order in permutations(paths):
            kept |= sidecar.read_file(places.own(files.fingerprint(order)))
    hints = NO_HINTS.plus("override", stated).plus("sidecar", kept)
    return hints.plus("config", from_configs(paths))


def _one_export(encoder: Half, decoder: Half) -> bool:
    """Whether both files' metadata name one export; refuses those that name different ones."""
    ids = [half.network.metadata.get(PREFIX + "pair") for half in (encoder, decoder)]
    if None not in ids and ids[0] != ids[1]:
        raise ExplorerError(
            f"{encoder.path} and {decoder.path} come from different exports and do not belong together; "
            "open the encoder and the decoder of one export."
        )
    return None not in ids
