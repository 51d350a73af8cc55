"""What is selected: how many, of which labels, their pictures, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from explorer.ui.parts.furniture import heading, set_heading
from explorer.ui.parts.picture_grid import PictureGrid

_BAR, _MOST_NAMED = 6, 6

Share = tuple[str, int, QColor]
"""A label, how many of the selection have it, and its colour on the map."""


class ShareBar(QWidget):
    """The labels' shares side by side, in their colours; ``share_words`` says the same."""

    def __init__(self) -> None:
        super().__init__()
        self._shares: Sequence[Share] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_shares(self, shares: Sequence[Share]) -> None:
        self._shares = shares
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, _BAR)

    def paintEvent(self, event: QPaintEvent) -> None:
        total = sum(count for _, count, _ in self._shares)
        if not total:
            return
        painter = QPainter(self)
        left = 0.0
        for _, count, color in self._shares:
            width = self.width() * count / total
            # A hair of the ground between neighbours, which may look alike.
            gap = 1.0 if width > 3.0 else 0.0
            painter.fillRect(QRectF(left, 0, width - gap, self.height()), color)
            left += width


class ShareWords(QLabel):
    """The labels' shares in words, as many of the largest as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("quiet")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._shares: Sequence[Share] = ()

    def set_shares(self, shares: Sequence[Share]) -> None:
        self._shares = shares
        self._fit()

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def _fit(self) -> None:
        texts = [share_words(self._shares, most) for most in range(_MOST_NAMED, 0, -1)]
        metrics = self.fontMetrics()
        fitting = (text for text in texts if metrics.horizontalAdvance(text) <= self.width())
        shortened = metrics.elidedText(texts[-1], Qt.TextElideMode.ElideRight, self.width())
        self.setText(next(fitting, shortened))


def share_words(shares: Sequence[Share], most: int = _MOST_NAMED) -> str:
    """The labels' shares, the largest first: ``Coat 61% · Shirt 22% · 3 others 17%``."""
    total = max(sum(count for _, count, _ in shares), 1)
    named = [f"{name} {_percent(count, total)}" for name, count, _ in shares[:most]]
    if len(shares) > most:
        rest = sum(count for _, count, _ in shares[most:])
        others = len(shares) - most
        named.append(f"{others:,} other{'s' * (others > 1)} {_percent(rest, total)}")
    return " · ".join(named)


def _percent(count: int, total: int) -> str:
    share = 100.0 * count / total
    if 0.0 < share < 1.0:
        return "<1%"
    return ">99%" if 99.0 < share < 100.0 else f"{share:.0f}%"


class SelectionPanel(QWidget):
    """A section of the right panel.

    Attributes:
        grid: the pictures.
        fit, table, sample: the buttons.
    """

    def __init__(self, picture_of: Callable[[int], QImage | None], name_of: Callable[[int], str]) -> None:
        super().__init__()
        self._heading, self._bar, self._words = heading(), ShareBar(), ShareWords()
        self.grid = PictureGrid(picture_of, name_of)
        self.fit, self.table, self.sample = (QPushButton(text) for text in ("Fit", "Table…", "Sample…"))
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button, tip in (
            (self.fit, "Show the selected points as large as they fit (Shift+F)"),
            (self.table, "Write names, labels, numbers and places of the selected as CSV or Parquet"),
            (self.sample, "Draw new pictures like the selected ones (Shift+S)"),
        ):
            button.setToolTip(tip)
            button.setAccessibleDescription(tip)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setStyleSheet("padding: 4px 6px")  # three of them fit the narrowest panel
            buttons.addWidget(button, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(6)
        layout.addWidget(self._heading)
        layout.addWidget(self._bar)
        layout.addWidget(self._words)
        layout.addLayout(buttons)
        layout.addWidget(self.grid)

    def set_selection(self, rows: npt.NDArray[np.int64], filtered: int, shares: Sequence[Share]) -> None:
        """Show these rows; ``filtered`` more are selected but hidden by the legend's filter."""
        more = f" · {filtered:,} filtered out" if filtered else ""
        set_heading(self._heading, f"Selection · {len(rows):,}{more}")
        for part in (self._bar, self._words):
            part.setVisible(bool(shares))
        self._bar.set_shares(shares)
        self._words.set_shares(shares)
        self._bar.setToolTip("\n".join(f"{name}: {count:,}" for name, count, _ in shares[:30]))
        self._bar.setAccessibleName(share_words(shares, 10))
        self.grid.set_rows(rows)
