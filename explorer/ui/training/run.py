"""A training that goes on: its process, listened to by a thread, and what it has told."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from explorer.core.errors import ExplorerError
from explorer.core.training import RUN, Training
from explorer.core.training_record import TrainingRecord, earlier_pictures
from explorer.ui.parts.mailbox import Mailbox

_LEAVE_SECONDS = 3.0
_RATE_SECONDS = 2.0


class TrainingRun(QObject):
    """Starts a training in ``folder``.

    Attributes:
        record: what it has told.
        paused: whether it was asked to wait.
        stopping: whether it was asked to end.
        rate: steps a second, of late; 0 before that is known.

    Signals:
        changed: the record has grown; the event.
        ended: the last event.
    """

    changed = Signal(object)
    ended = Signal(object)

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.record = TrainingRecord(shown=list(earlier_pictures(folder / RUN)))
        self.paused = self.stopping = False
        self.rate, self._since = 0.0, (0.0, 0)
        self._arguments, self._left = arguments, False
        self._training: Training | None = None
        self._told: Mailbox[dict[str, Any]] = Mailbox(self._take)
        self._thread = threading.Thread(target=self._listen, name="Training", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether the last event has come."""
        return bool(self.record.last)

    @property
    def can_be_told(self) -> bool:
        """Whether it can be paused or stopped now."""
        return bool(self.record.kind) and not self.is_over and not self.stopping

    def pause(self) -> None:
        """Hold it, or let it go on."""
        if self._training is not None and self.can_be_told:
            self.paused = not self.paused
            (self._training.pause if self.paused else self._training.go_on)()
            self.rate, self._since = 0.0, (0.0, 0)

    def stop(self) -> None:
        """End it, and keep and export what is done."""
        if self._training is not None and self.can_be_told:
            self.stopping, self.paused = True, False
            self._training.stop()

    def close(self) -> None:
        """Nobody looks on any more: it keeps what is done and ends by itself."""
        self._left = True
        if self._training is not None:
            self._training.leave()
        self._thread.join(_LEAVE_SECONDS)

    def _listen(self) -> None:
        try:
            self._training = Training(self._arguments, self.folder)
        except ExplorerError as error:
            self._told.send(_failed(str(error)))
            return
        except OSError as error:
            self._told.send(_failed(f"The trainer cannot be started ({error}); install the program anew."))
            return
        if self._left:
            self._training.leave()
        try:
            for event in self._training.events():
                self._told.send(event)
        except (ExplorerError, OSError) as error:
            self._told.send(_failed(f"The trainer is not to be heard any more ({error})."))

    def _take(self, event: dict[str, Any]) -> None:
        if self._left:
            return
        self.record.take(event)
        if event["event"] == "step":
            now, (before, done) = time.monotonic(), self._since
            if not before or now - before > _RATE_SECONDS:
                if before:
                    self.rate = (event["done"] - done) / (now - before)
                self._since = now, event["done"]
        self.changed.emit(event)
        if self.is_over:
            self._thread.join()
            self.ended.emit(event)


def _failed(sentence: str) -> dict[str, Any]:
    return {"event": "failed", "sentence": sentence, "checkpoint": None}
