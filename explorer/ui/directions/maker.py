"""Where a direction is put together from its two ends, and an analogy from three pictures."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from explorer.core.latent_ops.directions import METHODS, Method
from explorer.core.session import Pictures
from explorer.ui.directions.sources import Source
from explorer.ui.parts.furniture import Choice, quiet
from explorer.ui.parts.pictures import CRISP_BELOW, to_qimage

_ICON, _LEAST_TEXT = 28, 36

Fill = Callable[[QMenu, "Slot"], None]
"""Puts what a slot can take into its menu."""


class Slot(QPushButton):
    """A place for one source; pressing it offers what there is.

    Signals:
        changed: it holds something else.
    """

    changed = Signal()

    def __init__(self, name: str, empty: str, fill: Fill) -> None:
        super().__init__(empty)
        self._name, self._empty = name, empty
        self.source: Source | None = None
        self._text = empty
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setIconSize(QSize(_ICON, _ICON))
        self.setStyleSheet("text-align: left; padding: 5px 22px 5px 8px;")
        self._fill = fill
        self.clicked.connect(self._offer)
        self._tell()

    def set_source(self, source: Source | None) -> None:
        """Hold this."""
        self.source = source
        self._text = source.text if source else self._empty
        self.setIcon(icon_of(source.picture) if source and source.picture is not None else QIcon())
        self._tell()
        self.changed.emit()

    def resizeEvent(self, event: object) -> None:
        self._shorten()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().placeholderText().color(), 1.5))
        x, y = self.width() - 13.0, self.height() / 2.0
        painter.drawLine(round(x - 4), round(y - 2), round(x), round(y + 2))
        painter.drawLine(round(x), round(y + 2), round(x + 4), round(y - 2))

    def _tell(self) -> None:
        self.setAccessibleName(f"{self._name}: {self._text}")
        self.setToolTip(self._text)
        self._shorten()

    def _shorten(self) -> None:
        room = self.width() - 36 - (0 if self.icon().isNull() else _ICON + 6)
        text = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideMiddle, max(room, 10))
        if room < _LEAST_TEXT and not self.icon().isNull():
            text = ""  # the picture says it
        self.setText(text.replace("&", "&&"))

    def _offer(self) -> None:
        menu = QMenu(self)
        self._fill(menu, self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))


class DirectionMaker(QWidget):
    """From, to, how, and the button that makes it.

    Attributes:
        start, end: the two ends.
        make: the button.
    """

    def __init__(self, fill: Fill) -> None:
        super().__init__()
        self.start, self.end = Slot("From", "Choose…", fill), Slot("To", "Choose…", fill)
        self.make = QPushButton("Make")
        self.make.setObjectName("primary")
        self.make.setStyleSheet("padding: 5px 14px;")
        self._method = Choice()
        self._method.setAccessibleName("How the direction is found")
        for key, (name, tip) in METHODS.items():
            self._method.addItem(name, key)
            self._method.setItemData(self._method.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self._method.setToolTip("\n".join(f"{name}: {tip}" for name, tip in METHODS.values()))
        self._method.setMinimumContentsLength(6)
        self._method.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 4)
        grid.setSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, (name, slot) in enumerate((("From", self.start), ("To", self.end))):
            grid.addWidget(quiet(name), row, 0)
            grid.addWidget(slot, row, 1)
        below = QHBoxLayout()
        below.setSpacing(6)
        below.addWidget(self._method, 1)
        below.addWidget(self.make)
        grid.addLayout(below, 2, 0, 1, 2)
        self.start.changed.connect(self._allow)
        self.end.changed.connect(self._allow)
        self._allow()

    @property
    def method(self) -> Method:
        """How it is to be found."""
        found: Method = self._method.currentData()
        return found

    def _allow(self) -> None:
        ends = self.start.source, self.end.source
        self.make.setEnabled(None not in ends)
        self.make.setToolTip("" if self.make.isEnabled() else "Choose where it leads from and to first")
        self._method.setEnabled(not any(one is not None and one.kind == "picture" for one in ends))


class AnalogyMaker(QWidget):
    """a − b + c, of three pictures.

    Attributes:
        slots: for a, b and c.
        show_it: the button.
    """

    def __init__(self, fill: Fill) -> None:
        super().__init__()
        self.slots = [Slot(name, name, fill) for name in ("a", "b", "c")]
        self.show_it = QPushButton("Show")
        self.show_it.setObjectName("primary")
        self.show_it.setStyleSheet("padding: 5px 14px;")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(5)
        for sign, slot in zip(("", "−", "+"), self.slots, strict=True):
            if sign:
                row.addWidget(quiet(sign))
            row.addWidget(slot, 1)
            slot.changed.connect(self._allow)
        below = QHBoxLayout()
        words = quiet("What a has over b, given to c")
        words.setWordWrap(True)
        below.addWidget(words, 1)
        below.addWidget(self.show_it)
        layout.addLayout(row)
        layout.addLayout(below)
        self._allow()

    def _allow(self) -> None:
        self.show_it.setEnabled(all(slot.source is not None for slot in self.slots))


def icon_of(picture: Pictures) -> QIcon:
    """A small picture for a button or a menu."""
    image = to_qimage(picture)
    smooth = max(image.width(), image.height()) >= CRISP_BELOW
    mode = Qt.TransformationMode.SmoothTransformation if smooth else Qt.TransformationMode.FastTransformation
    side = 2 * _ICON
    return QIcon(QPixmap.fromImage(image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode)))
