"""Latest-wins decoding on a thread of its own.

1. The hand moves; the controller asks for a latent, or for that of a place (``request``).
2. The worker takes the newest request; older ones that it never saw are forgotten.
3. It decodes, which releases the interpreter lock, and the answer comes back as an event.

A decoder of spatial latents that takes longer than a frame draws at half the resolution while the hand moves.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from explorer.core.aim import Aim
from explorer.core.errors import Cancelled, ExplorerError
from explorer.core.model_pair import ModelPair
from explorer.core.session import Session
from explorer.ui.parts.hook import Hook
from explorer.ui.parts.mailbox import Mailbox

_SOON = 0.02
_FRAME = 1 / 30
_AT_REST = 0.12  # seconds without a new place

Wanted = npt.NDArray[np.float32] | Aim
Extras = Mapping[str, float]
_Request = tuple[ModelPair, Wanted, Extras, float]


@dataclass(slots=True, eq=False)
class Decoded:
    """One answer: the picture ``uint8 (H, W, C)`` of ``latent``, and when it was asked for and decoded.

    ``extras`` is what the decoder was fed beside the latent; a ``preview`` has half the height and width.
    """

    pair: ModelPair
    latent: npt.NDArray[np.float32]
    extras: Extras
    picture: npt.NDArray[np.uint8]
    asked_at: float
    seconds: float
    preview: bool = False

    def is_of(self, session: Session) -> bool:
        """Whether this is the whole picture of what ``session`` looks at."""
        cursor = session.cursor
        same_latent = cursor is not None and self.latent is cursor.latent
        same = self.pair is session.pair and same_latent and self.extras is session.extras
        return same and not self.preview


class DecodeLoop(QObject):
    """Decodes the newest request and forgets the ones it was too slow for.

    Hooks:
        decoded: a ``Decoded``.

    Signals:
        failed: a sentence for the user.

    Both are sent on the thread that made the loop.
    """

    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.decoded = Hook()
        # Written in C: a condition's waiting in Python costs a tenth of a small decoder's run.
        self._requests: SimpleQueue[_Request | None] = SimpleQueue()
        self._answers: Mailbox[Decoded | str] = Mailbox(self._take)
        self._pair: ModelPair | None = None
        self._took = self._asked_at = 0.0
        self._is_busy = self._moves = False
        self._thread = threading.Thread(target=self._run, name="decode", daemon=True)
        self._thread.start()

    def request(self, pair: ModelPair, wanted: Wanted, extras: Extras, asked_at: float | None = None) -> None:
        """Ask for the picture of a latent ``(D,)`` or an aim; replaces a request that has not begun."""
        self._requests.put((pair, wanted, extras, time.perf_counter() if asked_at is None else asked_at))

    def is_idle(self) -> bool:
        """Whether no hand drags: no picture is under way, and none was asked for a moment ago."""
        return not self._is_busy and time.perf_counter() - self._asked_at > _AT_REST

    def _take(self, answer: Decoded | str) -> None:
        if isinstance(answer, Decoded):
            self.decoded.emit(answer)
        else:
            self.failed.emit(answer)

    def close(self) -> None:
        """Stop and join the worker, without waiting for the picture that it is at."""
        self._requests.put(None)
        self._thread.join(_SOON)
        while self._thread.is_alive():
            if self._pair is not None:
                self._pair.stop()
            self._thread.join(_SOON)

    def _run(self) -> None:
        newest = self._newest()
        while newest is not None:
            self._is_busy = True
            if self._is_late(newest) and self._preview(newest):
                try:
                    newer = self._newest(_AT_REST)
                except Empty:
                    pass  # the hand rests: now the whole picture
                else:
                    newest = newer
                    continue
            self._whole(newest)
            self._is_busy = False
            newest = self._newest()

    def _is_late(self, request: _Request) -> bool:
        """Whether the hand moves on before a picture is done."""
        return self._moves and request[0] is self._pair and self._took > _FRAME

    def _preview(self, request: _Request) -> bool:
        """Decode at half the resolution, where the decoder can; whether there is a picture."""
        pair, wanted, extras, asked_at = request
        latent = _latent(wanted)
        start = time.perf_counter()
        try:
            pictures = pair.preview(latent[None], 2, extras)
        except (Cancelled, ExplorerError):
            return False
        if pictures is None:
            return False
        seconds = time.perf_counter() - start
        self._answers.send(Decoded(pair, latent, extras, pictures[0], asked_at, seconds, preview=True))
        return True

    def _whole(self, request: _Request) -> None:
        pair, wanted, extras, asked_at = request
        latent = _latent(wanted)
        start = time.perf_counter()
        self._pair, self._took = pair, 0.0
        try:
            picture = pair.decode(latent[None], extras)[0]
        except Cancelled:
            return
        except ExplorerError as error:
            self._answers.send(str(error))
        else:
            self._took = time.perf_counter() - start
            self._answers.send(Decoded(pair, latent, extras, picture, asked_at, self._took))

    def _newest(self, timeout: float | None = None) -> _Request | None:
        """Wait for a request and take the newest; None when closed. Raises ``Empty`` after ``timeout``."""
        newest = self._requests.get(timeout=timeout)
        while newest is not None:
            # Since the request before, even one that was never drawn.
            self._moves, self._asked_at = newest[3] - self._asked_at < _AT_REST, newest[3]
            if self._requests.empty():
                break
            newest = self._requests.get()
        return newest


def _latent(wanted: Wanted) -> npt.NDArray[np.float32]:
    return wanted.latent if isinstance(wanted, Aim) else wanted
