"""Latest-wins decoding on a thread of its own.

1. The hand moves; the controller asks for a latent (``request``).
2. The worker takes the newest request; older ones that it never saw are forgotten.
3. It decodes, which releases the interpreter lock, and the answer comes back through the event loop.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from explorer.core.errors import ExplorerError
from explorer.core.model_pair import ModelPair


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
        self._wake = threading.Condition()
        self._request: tuple[ModelPair, npt.NDArray[np.float32], float] | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="decode", daemon=True)
        self._thread.start()

    def request(
        self, pair: ModelPair, latent: npt.NDArray[np.float32], asked_at: float | None = None
    ) -> None:
        """Ask for the picture of ``latent (D,)``; replaces a request that has not begun."""
        with self._wake:
            self._request = pair, latent, time.perf_counter() if asked_at is None else asked_at
            self._wake.notify()

    def close(self) -> None:
        """Stop and join the worker."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closing or self._request is not None)
                if self._closing:
                    return
                assert self._request is not None
                (pair, latent, asked_at), self._request = self._request, None
            start = time.perf_counter()
            try:
                picture = pair.decode(latent[None])[0]
            except ExplorerError as error:
                self.failed.emit(str(error))
            else:
                self.decoded.emit(Decoded(pair, latent, picture, asked_at, time.perf_counter() - start))
