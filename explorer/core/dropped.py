"""Pictures the user brought: read, encoded, placed on the map, and reconstructed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.placement import Placement
from explorer.core.progress import Progress
from explorer.core.provenance import Provenance, read_provenance
from explorer.core.samples import mean_squared_error, read_sample
from explorer.core.session import DroppedImage

NO_ENCODER = "{} has no encoder, so that a picture cannot be placed on its map; open its encoder with it."


def read_dropped(
    pair: ModelPair,
    placement: Placement | None,
    sources: Sequence[tuple[str, Path | bytes]],
    progress: Progress,
) -> tuple[tuple[DroppedImage, ...], list[str]]:
    """Read, encode, place and reconstruct pictures; what cannot be read is returned as sentences.

    A picture that ``pair`` itself drew has the latent and the place that its file says. Raises
    ``ExplorerError`` where one has to be encoded and the model has no encoder.
    """
    dropped, problems = [], []
    for i, (name, source) in enumerate(sources):
        progress(i, len(sources), "Placing", "images")
        try:
            original = read_sample(source, pair.sample_shape, name)
        except ExplorerError as error:
            problems.append(str(error))
            continue
        own = _drawn_by(pair, source)
        if own is None and not pair.can_encode:
            raise ExplorerError(NO_ENCODER.format(pair.name))
        latent = pair.encode(original[None])[0][0] if own is None else own.latent
        extras = own.extras if own is not None else {}
        reconstruction = pair.decode(latent[None], extras)[0] if pair.can_decode else None
        place, far = None, False
        if placement is not None:
            placed = placement.placed(latent[None])
            place, far = (float(placed.places[0, 0]), float(placed.places[0, 1])), bool(placed.far[0])
            place = (own.place if own is not None else None) or place
        mse = None if reconstruction is None else mean_squared_error(original, reconstruction)
        dropped.append(DroppedImage(name, original, reconstruction, mse, latent, place, far))
    return tuple(dropped), problems


def _drawn_by(pair: ModelPair, source: Path | bytes) -> Provenance | None:
    """What a file says of its picture, where ``pair`` drew it and what it says can be believed."""
    try:
        found = read_provenance(source)
    except ExplorerError:
        return None
    fits = (
        found is not None and found.fingerprint == pair.fingerprint and len(found.latent) == pair.latent_size
    )
    return found if fits else None
