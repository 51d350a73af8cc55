"""Opens a pair, decodes some latents and prints the peak of this process's memory in MiB.

``python -m tests.benchmarks.peak bare|engine FOLDER``
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from tests.benchmarks.first_picture import peak_mib

_LATENTS = 20


def main() -> None:
    """Do it by the bare runtime or by the engine."""
    kind, folder = sys.argv[1], Path(sys.argv[2])
    if kind == "engine":
        from explorer.core.model_pair import ModelPair

        pair = ModelPair.open(folder)
        for latent in np.random.default_rng(0).standard_normal((_LATENTS, 1, pair.latent_size), np.float32):
            pair.decode(latent)
    else:
        from tests.benchmarks.common import bare_session

        bare_session(folder / "encoder.onnx")
        session, port = bare_session(folder / "decoder.onnx")
        shape = [size for size in session.get_inputs()[0].shape if isinstance(size, int)]
        for latent in np.random.default_rng(0).standard_normal((_LATENTS, 1, *shape), np.float32):
            session.run(None, {port: latent})
    print(round(peak_mib(), 1))


if __name__ == "__main__":
    main()
