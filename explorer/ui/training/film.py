"""The pictures of a training, epoch by epoch: what the model draws, and what it makes of real pictures."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QSlider, QVBoxLayout, QWidget

from explorer.core.training_record import Shown
from explorer.ui.parts.furniture import quiet

DRAWN = "Drawn, from the same latents in every epoch"
AGAIN = "Pictures set aside, and below each what the model makes of it"
_CRISP_FROM = 2.0


class Sheet(QWidget):
    """A picture of pictures, as large as it fits, at the left."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.accessible_role = QAccessible.Role.Graphic
        self.setAccessibleName(name)
        self.setMinimumSize(160, 36)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.image = QImage()

    def sizeHint(self) -> QSize:
        return QSize(480, 80)

    def set_image(self, image: QImage, description: str) -> None:
        """Show another one."""
        self.image = image
        self.setAccessibleDescription(description)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.image.isNull():
            return
        painter = QPainter(self)
        width, height = self.image.width(), self.image.height()
        factor = min(self.width() / width, self.height() / height)
        smooth = factor * self.devicePixelRatioF() < _CRISP_FROM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(QRectF(0, 0, factor * width, factor * height), self.image)


class TrainingFilm(QWidget):
    """Shows the newest epoch, or the one that the slider was moved back to, until it is moved to the end."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: Sequence[Shown] = ()
        self.samples, self.reconstructions = Sheet(DRAWN), Sheet(AGAIN)
        self._captions = [quiet(DRAWN), quiet(AGAIN)]
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Epoch whose pictures are shown")
        self.slider.setToolTip("Look back at the pictures of earlier epochs")
        self.slider.setRange(0, 0)
        self.slider.valueChanged.connect(self._show)
        self.epoch = quiet("No epoch is done yet")
        self.newest = QPushButton("Newest")
        self.newest.setStyleSheet("padding: 2px 10px;")
        self.newest.setToolTip("Show each epoch as it is done")
        self.newest.setEnabled(False)
        self.newest.clicked.connect(lambda: self.slider.setValue(self.slider.maximum()))
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.epoch)
        row.addWidget(self.slider, 1)
        row.addWidget(self.newest)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for caption, sheet in zip(self._captions, (self.samples, self.reconstructions), strict=True):
            layout.addWidget(caption)
            layout.addWidget(sheet, 1)
        layout.addLayout(row)
        self._show_reconstructions(None)

    def set_shown(self, shown: Sequence[Shown]) -> None:
        """The epochs that there are pictures of, the oldest first."""
        if shown is self._shown:
            return
        follows = self.slider.value() == self.slider.maximum()
        self._shown = shown
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(shown) - 1))
        if follows:
            self.slider.setValue(self.slider.maximum())
        self.slider.blockSignals(False)
        if follows:
            self._show()
        self.newest.setEnabled(not follows)

    def _show(self) -> None:
        if not self._shown:
            return
        at = min(self.slider.value(), len(self._shown) - 1)
        one = self._shown[at]
        self.newest.setEnabled(at < len(self._shown) - 1)
        self.epoch.setText(f"Epoch {one.epoch:,}")
        self.samples.set_image(QImage(str(one.samples)), f"epoch {one.epoch}")
        self._show_reconstructions(one)

    def _show_reconstructions(self, one: Shown | None) -> None:
        path = one.reconstructions if one is not None else None
        for widget in (self._captions[1], self.reconstructions):
            widget.setVisible(path is not None)
        if one is not None and path is not None:
            self.reconstructions.set_image(QImage(str(path)), f"epoch {one.epoch}")
