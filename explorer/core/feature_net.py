"""Features by which pictures are judged: of a named network, or of a model's own encoder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.progress import Progress

if TYPE_CHECKING:
    from explorer.core.engine.network import Network

Floats = npt.NDArray[np.float32]
Pictures = npt.NDArray[np.uint8]

BESIDE = "features/classifier.onnx"
"""Where a network lies beside the data it was trained for."""

_BLOCK = 500


@dataclass(frozen=True, eq=False)
class Features:
    """What makes features of pictures.

    Attributes:
        name: what to call it.
        note: what it is, a sentence.
        file: the network's file; None for a model's encoder.
        classes: how many classes it tells apart; 0 for none.
    """

    name: str
    note: str
    file: Path | None
    classes: int
    _network: Network | None = None
    _pair: ModelPair | None = None

    @classmethod
    def of_network(cls, path: Path) -> Features:
        """An ONNX network that takes pictures ``(N, C, H, W)`` in [0, 1] and gives features ``(N, F)``.

        Its output ``scores`` ``(N, K)``, where it has one, tells classes. Raises ``ExplorerError`` for
        another.
        """
        from explorer.core.engine.network import Network

        network = Network(path, "cpu")
        shapes = [port.shape for port in network.outputs]
        takes = network.inputs[0].shape if len(network.inputs) == 1 else ()
        if len(takes) != 4 or takes[1] not in (1, 3) or None in takes[1:] or len(shapes[0]) != 2:
            raise ExplorerError(
                f"{path} gives no features of pictures; a network from (N, C, H, W) to (N, F) would work."
            )
        scores = next((port.shape[-1] for port in network.outputs if port.name == "scores"), 0)
        facts = network.metadata
        name = facts.get("latent_explorer.name", path.stem)
        note = facts.get("latent_explorer.note", f"Features of the network in {path.name}.")
        return cls(name, note, path, scores or 0, network)

    @classmethod
    def of_encoder(cls, pair: ModelPair, name: str) -> Features:
        """The latents that a model's own encoder gives; for want of a network, and named so."""
        if not pair.can_encode:
            raise ExplorerError(
                f"{name} has no encoder whose latents could judge pictures; name a network with --features."
            )
        note = (
            f"Latents of {name}’s own encoder, for want of a network trained for these data: they favour "
            f"{name}, and what they do not see is not measured."
        )
        return cls(f"the encoder of {name}", note, None, 0, None, pair)

    def of(
        self, pictures: Pictures, progress: Progress | None = None
    ) -> tuple[Floats, npt.NDArray[np.int64] | None]:
        """Features ``(N, F)`` of ``uint8 (N, H, W, C)``, and classes ``(N,)`` where it tells them.

        Raises ``ExplorerError`` for pictures of another size than it takes, ``Cancelled`` after a cancel.
        """
        parts, told = [], []
        for start in range(0, len(pictures), _BLOCK):
            if progress is not None:
                progress.check()
            rows = pictures[start : start + _BLOCK]
            if self._pair is not None:
                parts.append(self._pair.encode(rows)[0])
                continue
            found = self._run(rows)
            parts.append(np.asarray(found[0], np.float32))
            if self.classes:
                told.append(np.asarray(found[1]).argmax(axis=1).astype(np.int64))
        return np.concatenate(parts), np.concatenate(told) if told else None

    def told(self) -> dict[str, Any]:
        """What a report says of it."""
        digest = hashlib.sha256(self.file.read_bytes()).hexdigest() if self.file is not None else None
        named = self.file.name if self.file is not None else None
        return {
            "name": self.name,
            "note": self.note,
            "file": named,
            "sha256": digest,
            "classes": self.classes,
        }

    def _run(self, rows: Pictures) -> list[npt.NDArray[Any]]:
        network = self._network
        assert network is not None
        port = network.inputs[0]
        shape = rows.shape[3], rows.shape[1], rows.shape[2]
        if shape != tuple(port.shape[1:]):
            wants = "×".join(str(size) for size in port.shape[1:])
            raise ExplorerError(
                f"{self.name} takes pictures of {wants} and these are {'×'.join(map(str, shape))} "
                "(channels, height, width); name another network with --features."
            )
        values = np.asarray(rows.transpose(0, 3, 1, 2), np.float32) / np.float32(255.0)
        names = [network.outputs[0].name] + ["scores"] * bool(self.classes)
        return network.run(names, {port.name: np.ascontiguousarray(values)})


def features_for(data: Path, pair: ModelPair, name: str, network: Path | None = None) -> Features:
    """The ``network`` that is named, else the one beside the data, else the encoder of ``pair``."""
    beside = data.parent / BESIDE if data.is_file() else data / BESIDE
    if network is not None:
        return Features.of_network(network)
    return Features.of_network(beside) if beside.is_file() else Features.of_encoder(pair, name)
