"""Latest-wins decoding on a thread of its own.

1. The hand moves; the controller asks for a latent, or for that of a place (``request``).
2. The worker takes the newest request; older ones that it never saw are forgotten.
3. It decodes, which releases the interpreter lock, and the answer comes back through the event loop.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from explorer.core.aim import Aim
from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair

Wanted = npt.NDArray[np.float32] | Aim
_Request = tuple[ModelPair, Wanted, float]


@dataclass(frozen=True, eq=False)
class Decoded:
    """One answer: the picture ``uint8 (H, W, C)`` of ``latent``, and when it was asked for and decoded."""

    pair: ModelPair
    latent: npt.NDArray[np.float32]
    picture: npt.NDArray[np.uint8]
    asked_at: float
    seconds: float


class DecodeLoop(QObject):
    """Decodes the newest request and forgets the ones it was too slow for.

    Signals:
        decoded: a ``Decoded``.
        failed: a sentence for the user.

    Both are sent by the worker's thread: they arrive on the thread of a receiver that is a ``QObject``.
    """

    decoded = Signal(object)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        # Written in C: a condition's waiting in Python costs a tenth of a small decoder's run.
        self._requests: SimpleQueue[_Request | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="decode", daemon=True)
        self._thread.start()

    def request(self, pair: ModelPair, wanted: Wanted, asked_at: float | None = None) -> None:
        """Ask for the picture of a latent ``(D,)`` or an aim; replaces a request that has not begun."""
        self._requests.put((pair, wanted, time.perf_counter() if asked_at is None else asked_at))

    def close(self) -> None:
        """Stop and join the worker."""
        self._requests.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (newest := self._newest()) is not None:
            pair, wanted, asked_at = newest
            latent = wanted.latent if isinstance(wanted, Aim) else wanted
            start = time.perf_counter()
            try:
                picture = pair.decode(latent[None])[0]
            except ExplorerError as error:
                self.failed.emit(str(error))
            else:
                self.decoded.emit(Decoded(pair, latent, picture, asked_at, time.perf_counter() - start))

    def _newest(self) -> _Request | None:
        """Wait for a request and take the newest; None when closed."""
        newest = self._requests.get()
        while newest is not None and not self._requests.empty():
            newest = self._requests.get()
        return newest
