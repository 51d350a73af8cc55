"""The real pictures, arranged to be found by their pixels, and how near to each other they usually are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.core.dataset_sampled import is_sampled
from explorer.core.errors import ExplorerError
from explorer.core.latent_ops.novelty import Novelty, as_rows, judged
from explorer.core.likeness import pictures_of
from explorer.core.progress import Progress
from explorer.core.recipes.source import Source

Pictures = NDArray[np.uint8]

_JUDGED = 128


class RealPictures:
    """The pictures of the data; of more than fit 192 MB a random sample, always the same."""

    def __init__(self, source: Source, progress: Progress) -> None:
        """Read them. Raises ``ExplorerError`` where there are none that are real, and ``Cancelled``."""
        work = source.data
        if is_sampled(work):
            raise ExplorerError("The points are the model’s own samples and not real pictures; open data.")
        self._source, self._progress = source, progress
        self.rows, self._index = pictures_of(work, progress)
        self._usual: Novelty | None = None

    def nearest(self, pictures: Pictures, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows of the data nearest to each of pictures ``(n, H, W, C)``, and how far off, both ``(n, k)``.

        Distances are root mean square differences in [0, 1].
        """
        found, distances = self._index.nearest_of_each(as_rows(pictures), count)
        return self.rows[found], distances

    def percentile(self, distance: float) -> float:
        """Which share of the data's own reconstructions is nearer to a picture of another, in percent."""
        if self._usual is None:
            source, work = self._source, self._source.data
            some = judged(len(self.rows))[:_JUDGED]
            drawn = as_rows(source.pair.decode(np.asarray(work.latents[self.rows[some]]), source.extras))
            looked_up = dict(zip(some.tolist(), drawn, strict=True))
            self._usual = Novelty.learnt(
                self._index, len(self.rows), looked_up.__getitem__, progress=self._progress, most=_JUDGED
            )
        return self._usual.percentile(distance)
