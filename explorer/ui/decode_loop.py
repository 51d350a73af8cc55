"""Latest-wins decoding on a thread of its own.

1. The hand moves; the controller asks for a latent, or for that of a place (``request``).
2. The worker takes the newest request; older ones that it never saw are forgotten.
3. It decodes, which releases the interpreter lock, and the answer comes back through the event loop.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from explorer.core.aim import Aim
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.session import Session

_SOON = 0.02

Wanted = npt.NDArray[np.float32] | Aim
Extras = Mapping[str, float]
_Request = tuple[ModelPair, Wanted, Extras, float]


@dataclass(frozen=True, eq=False)
class Decoded:
    """One answer: the picture ``uint8 (H, W, C)`` of ``latent``, and when it was asked for and decoded.

    ``extras`` is what the decoder was fed beside the latent.
    """

    pair: ModelPair
    latent: npt.NDArray[np.float32]
    extras: Extras
    picture: npt.NDArray[np.uint8]
    asked_at: float
    seconds: float

    def is_of(self, session: Session) -> bool:
        """Whether this is the picture of what ``session`` looks at."""
        cursor = session.cursor
        same_latent = cursor is not None and self.latent is cursor.latent
        return self.pair is session.pair and same_latent and self.extras is session.extras


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
        self._pair: ModelPair | None = None
        self._thread = threading.Thread(target=self._run, name="decode", daemon=True)
        self._thread.start()

    def request(self, pair: ModelPair, wanted: Wanted, extras: Extras, asked_at: float | None = None) -> None:
        """Ask for the picture of a latent ``(D,)`` or an aim; replaces a request that has not begun."""
        self._requests.put((pair, wanted, extras, time.perf_counter() if asked_at is None else asked_at))

    def close(self) -> None:
        """Stop and join the worker, without waiting for the picture that it is at."""
        self._requests.put(None)
        self._thread.join(_SOON)
        while self._thread.is_alive():
            if self._pair is not None:
                self._pair.stop()
            self._thread.join(_SOON)

    def _run(self) -> None:
        while (newest := self._newest()) is not None:
            pair, wanted, extras, asked_at = newest
            latent = wanted.latent if isinstance(wanted, Aim) else wanted
            start = time.perf_counter()
            self._pair = pair
            try:
                picture = pair.decode(latent[None], extras)[0]
            except Cancelled:
                continue
            except ExplorerError as error:
                self.failed.emit(str(error))
            else:
                seconds = time.perf_counter() - start
                self.decoded.emit(Decoded(pair, latent, extras, picture, asked_at, seconds))

    def _newest(self) -> _Request | None:
        """Wait for a request and take the newest; None when closed."""
        newest = self._requests.get()
        while newest is not None and not self._requests.empty():
            newest = self._requests.get()
        return newest
