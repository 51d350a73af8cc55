"""Dropped pictures: as the model sees them, what it makes of them, and where the two differ."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from explorer.core.samples import difference
from explorer.core.session import DroppedImage
from explorer.ui.parts.furniture import ElidedLabel, heading, quiet
from explorer.ui.parts.pictures import PictureView

_UNLIKE = 4.0
_FAR = "◇ far from all data: its place on the map says little"


class DroppedSection(QWidget):
    """One dropped picture at a time, two by two, with a way to the others.

    Signals:
        stepped: 1 for the next picture, −1 for the one before.
        put_away: the pictures are no longer wanted.
    """

    stepped = Signal(int)
    put_away = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._views = [PictureView(square=True) for _ in range(3)]
        self._captions = [quiet(name) for name in ("Original", "Reconstruction", "Difference")]
        self._count, self._name, self._error, self._far = quiet(), ElidedLabel(), QLabel(), QLabel(_FAR)
        self._times = QLabel()
        self._far.setWordWrap(True)
        self._far.setObjectName("bad")
        self._steps = [
            _button("‹", "Previous dropped image", lambda: self.stepped.emit(-1)),
            _button("›", "Next dropped image", lambda: self.stepped.emit(1)),
        ]
        title = QHBoxLayout()
        title.setSpacing(2)
        title.addWidget(heading("Dropped image"))
        title.addStretch(1)
        title.addWidget(self._steps[0])
        title.addWidget(self._count)
        title.addWidget(self._steps[1])
        title.addWidget(_button("×", "Put the dropped images away", self.put_away.emit))
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        for i, (view, caption) in enumerate(zip(self._views, self._captions, strict=True)):
            view.setAccessibleName(caption.text())
            caption.setContentsMargins(0, 0, 0, 6)
            row, column = divmod(i, 2)
            grid.addWidget(view, 2 * row, column)
            grid.addWidget(caption, 2 * row + 1, column)
            grid.setColumnStretch(column, 1)
        facts = QVBoxLayout()
        facts.setSpacing(4)
        for widget in (self._name, self._error, self._times, self._far):
            facts.addWidget(widget)
        facts.addStretch(1)
        grid.addLayout(facts, 2, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(title)
        layout.addLayout(grid)

    def set_image(self, image: DroppedImage, number: int, count: int, usual: float | None) -> None:
        """Show one dropped picture, the ``number``-th of ``count`` from 1; all are marked on the map.

        ``usual`` is the data's mean squared error, where it is known.
        """
        drawn = image.reconstruction
        self._views[0].set_picture(image.original)
        self._views[1].set_picture(drawn)
        self._views[2].set_picture(None if drawn is None else difference(image.original, drawn))
        for part in (*self._views[1:], *self._captions[1:]):
            part.setVisible(drawn is not None)
        self._name.setText(image.name)
        self._error.setVisible(image.error is not None)
        self._error.setText("" if image.error is None else f"MSE {image.error:.4f}")
        self._error.setToolTip("Mean squared error between original and reconstruction, on [0, 1] pixels")
        times = image.error / usual if image.error is not None and usual else 0.0
        self._times.setVisible(times > 0.0)
        self._times.setText(f"{times:.1f} × the usual" if times < 10.0 else f"{times:,.0f} × the usual")
        self._times.setObjectName("bad" if times > _UNLIKE else "quiet")
        self._times.style().polish(self._times)
        self._times.setToolTip(
            "The error over that of the data's own pictures"
            + (": the model does not know such pictures" if times > _UNLIKE else "")
        )
        self._far.setVisible(image.far)
        self._count.setText(f"{number} of {count}")
        for part in (self._count, *self._steps):
            part.setVisible(count > 1)


def _button(text: str, name: str, pressed: object) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setStyleSheet("padding: 1px 7px;")
    button.clicked.connect(pressed)
    return button
