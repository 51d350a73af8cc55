"""The least that a PySide6 program with a decoder does: ``bare_window DECODER`` shows one decoded picture.

Prints a line when it has been painted, and ends.
"""

from __future__ import annotations

import sys

import numpy as np
import onnxruntime
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget


class Window(QWidget):
    """Paints one image."""

    image: QImage | None = None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.image is not None:
            painter.drawImage(self.rect(), self.image)
        painter.end()
        if self.image is not None:
            print("painted", flush=True)
            QTimer.singleShot(0, self.close)


def main() -> None:
    """Open the window, make the session, run it once, paint."""
    app = QApplication(sys.argv[:1])
    window = Window()
    window.resize(1440, 900)
    window.show()
    session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
    port = session.get_inputs()[0]
    (drawn,) = session.run(None, {port.name: np.zeros((1, *port.shape[1:]), np.float32)})
    pixels = np.ascontiguousarray((drawn[0].transpose(1, 2, 0) * 255).clip(0, 255).astype(np.uint8))
    height, width, channels = pixels.shape
    kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    window.image = QImage(pixels.data, width, height, width * channels, kind)
    window.update()
    app.exec()


if __name__ == "__main__":
    main()
