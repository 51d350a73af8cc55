"""Pictures along axes of the latent, decoded behind the window while no hand drags."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.latent_ops.axes import STEPS, Axis
from explorer.core.model_pair import ModelPair
from explorer.ui.map.thumbnail_cache import small
from explorer.ui.parts.latest_work import LatestWork

_AT_ONCE_SECONDS = 0.03
_WAIT = 0.01


@dataclass(frozen=True, eq=False)
class Around:
    """What a strip is drawn around: a latent ``(D,)``, the axes of its rows, and what decodes it."""

    pair: ModelPair
    extras: Mapping[str, float]
    latent: npt.NDArray[np.float32]
    axes: tuple[Axis, ...]

    def latents(self, row: int) -> npt.NDArray[np.float32]:
        """The latents ``(9, D)`` of a row."""
        return self.axes[row].moved(self.latent, self.axes[row].places())


@dataclass(frozen=True, eq=False)
class _Wanted:
    around: Around
    rows: tuple[int, ...]


class TraversalPictures(QObject):
    """Decodes rows of strips; the newest request wins.

    ``is_free`` tells, from any thread, whether nobody waits for a picture: only then is anything decoded.

    Attributes:
        seconds: how long the decoding of one picture takes; 0 before the first.

    Signals:
        came: ``(Around, row, column, images)``: some of a row's pictures, from a column on.
        done: the ``Around`` of a request of which all has come.
        failed: a sentence: why the model draws no more.
    """

    came = Signal(object, int, int, object)
    done = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject, is_free: Callable[[], bool]) -> None:
        super().__init__(parent)
        self._is_free = is_free
        self._decoding = LatestWork("strip", self._decode)
        self._from: ModelPair | None = None
        self.seconds = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether anything is still to be decoded."""
        return self._decoding.is_busy

    def request(self, around: Around, rows: tuple[int, ...]) -> None:
        """Decode these rows, in this order, in place of what was asked for before."""
        self._decoding.request(_Wanted(around, rows))

    def forget(self) -> None:
        """Decode no more."""
        self._decoding.forget()

    def stop(self) -> None:
        """Decode no more, and end what is being decoded."""
        self._decoding.forget()
        while not self._decoding.finish(_WAIT):
            if self._from is not None:
                self._from.stop()

    # In the thread

    def _decode(self, wanted: _Wanted) -> None:
        self._from = wanted.around.pair
        try:
            if all(self._decode_row(wanted, row) for row in wanted.rows):
                self.done.emit(wanted.around)
        except Cancelled:
            pass
        except ExplorerError as error:
            self.failed.emit(str(error))

    def _decode_row(self, wanted: _Wanted, row: int) -> bool:
        """Decode a row; whether the request is still wanted then."""
        around, latents, column = wanted.around, wanted.around.latents(row), 0
        while column < STEPS:
            while not self._is_free() and self._decoding.wait(wanted, _WAIT):
                pass
            if not self._decoding.is_wanted(wanted):
                return False
            many = int(_AT_ONCE_SECONDS / self.seconds) if self.seconds else 1
            part = latents[column : column + max(1, many)]
            began = time.perf_counter()
            pictures = around.pair.decode(part, around.extras)
            took = (time.perf_counter() - began) / len(part)
            self.seconds = took if not self.seconds else 0.5 * (self.seconds + took)
            self.came.emit(around, row, column, [small(picture) for picture in pictures])
            column += len(part)
        return True
