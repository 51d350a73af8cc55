"""Pictures drawn from every model beside each other, with one seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from explorer.core.comparison import Comparison, draw_from
from explorer.core.errors import ExplorerError
from explorer.core.progress import Progress
from explorer.ui.compare.column import CompareColumn
from explorer.ui.compare.links import CompareLinks
from explorer.ui.parts.jobs import Jobs

Floats = npt.NDArray[np.float32]
_Drawn = tuple[Floats, npt.NDArray[np.uint8], str]

SAMPLES = 12


class CompareSamples(QObject):
    """Draws the columns' samples and looks at them.

    Attributes:
        shown: the source and the seed of what is on the screen; None without samples.

    Signals:
        sampled: samples that were asked for are on the screen: the key of what they are drawn from.
    """

    sampled = Signal(str)

    def __init__(
        self, comparison: Comparison, columns: Sequence[CompareColumn], links: CompareLinks, jobs: Jobs
    ) -> None:
        super().__init__()
        self.shown: tuple[str, int] | None = None
        self._comparison, self._columns, self._links, self._jobs = comparison, columns, links, jobs
        self._latents: list[Floats | None] = []
        for column in columns:
            column.sample_chosen.connect(self._look_at)

    def draw(self, source: str, seed: int, *, look: bool) -> None:
        """Draw from each model; ``look`` at the first then."""
        sides = self._comparison.sides

        def draw(progress: Progress) -> list[_Drawn | str]:
            found: list[_Drawn | str] = []
            for side in sides:
                try:
                    drawn = draw_from(side, source, SAMPLES, seed, progress)
                    latents = drawn.latents()
                    found.append((latents, side.pair.decode(latents), drawn.text))
                except ExplorerError as error:
                    found.append(str(error))
            return found

        def show(found: list[_Drawn | str]) -> None:
            self._latents = [None if isinstance(one, str) else one[0] for one in found]
            for column, one in zip(self._columns, found, strict=True):
                if isinstance(one, str):
                    column.set_samples([], one)
                else:
                    column.set_samples(list(one[1]), f"{one[2]} · seed {seed}")
            self.shown = source, seed
            if look:
                self._look_at(0)
                self.sampled.emit(source)

        self._jobs.start("Sampling", draw, show)

    def show(self, wanted: tuple[str, int] | None) -> None:
        """Let these be on the screen, or none; nothing is looked at."""
        if wanted is not None and wanted != self.shown:
            self.draw(*wanted, look=False)
        elif wanted is None and self.shown is not None:
            self.shown, self._latents = None, []
            for column in self._columns:
                column.set_samples([], "")

    def _look_at(self, number: int) -> None:
        latents = [None if one is None else one[number] for one in self._latents]
        for column in self._columns:
            column.strip.set_current(number if column.strip.count() > number else -1)
        self._links.show_latents(latents)
        self._links.did.emit("sample")
